//! A regex that is built when it is first run.
//!
//! Few texts have a candidate of more than a tenth of the rules of a pack. All of their regexes, built with the pack, are
//! three fifths of the memory of a scanner, and a fifth of the work of compiling it.
//!
//! **Promise.** A pattern that is too large is refused where the pack is compiled, all the same: by what its automaton
//! takes at most, and where that is too much, or not known, by the automaton itself, which is built then and dropped.
//! Should the regex not be built later, then whatever is asked of it matches.

use super::pattern::group;
use crate::limits;
use regex_automata::meta::{Cache, Regex};
use regex_automata::nfa::thompson;
use regex_automata::util::captures::Captures;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::fmt;
use std::sync::LazyLock;

/// See the module.
pub(super) struct Late {
    regex: LazyLock<Option<Regex>, Box<dyn FnOnce() -> Option<Regex> + Send>>,
    /// Number of the group `secret`, if there is one.
    pub(super) secret: Option<usize>,
    /// Number of the group `redact`.
    pub(super) redact: Option<usize>,
}

impl fmt::Debug for Late {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Late").field("secret", &self.secret).finish_non_exhaustive()
    }
}

/// What one thread runs: the regex, with its caches.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) regex: Regex,
    pub(super) cache: Cache,
    pub(super) captures: Captures,
}

impl Late {
    /// The regex of a pattern, or what is wrong with it. The pattern is not kept, and made again when it is needed.
    pub(super) fn new(
        pattern: &Hir,
        again: impl FnOnce() -> Option<Hir> + Send + 'static,
    ) -> Result<Self, String> {
        if most_bytes(pattern).is_none_or(|bytes| bytes > limits::PATTERN_BYTES) {
            fits(pattern, limits::PATTERN_BYTES)?;
        }
        let (secret, redact) = (group(pattern, "secret"), group(pattern, "redact"));
        let regex = LazyLock::new(Box::new(move || again().and_then(|pattern| build(&pattern))) as Box<_>);
        Ok(Self { regex, secret, redact })
    }

    /// For one thread.
    pub(super) fn run(&self) -> Option<Running> {
        let regex = self.regex.clone()?;
        let (cache, captures) = (regex.create_cache(), regex.create_captures());
        Some(Running { regex, cache, captures })
    }
}

/// Whether the automaton of a pattern takes no more than so many bytes, or what is wrong with it.
fn fits(pattern: &Hir, bytes: usize) -> Result<(), String> {
    let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(bytes));
    let built = thompson::Compiler::new().configure(config).build_from_hir(pattern);
    built.map(|_| ()).map_err(|error| reason(&error))
}

/// Bytes the automaton of a pattern takes at most; `None` where that is not known: of characters beyond ASCII.
fn most_bytes(pattern: &Hir) -> Option<usize> {
    let add = |sum: usize, part: &Hir| sum.checked_add(most_bytes(part)?)?.checked_add(STATE);
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(STATE),
        HirKind::Literal(literal) => literal.0.len().checked_mul(STATE),
        HirKind::Class(Class::Bytes(class)) => (class.ranges().len() + 2).checked_mul(STATE),
        HirKind::Class(Class::Unicode(_)) => None,
        HirKind::Capture(group) => most_bytes(&group.sub)?.checked_add(2 * STATE),
        HirKind::Repetition(repetition) => {
            let rounds = repetition.max.unwrap_or(repetition.min) as usize + 1;
            most_bytes(&repetition.sub)?.checked_add(2 * STATE)?.checked_mul(rounds)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().try_fold(2 * STATE, add),
    }
}

/// Bytes of a state of an automaton, and more than those of a way out of one.
const STATE: usize = 40;

/// It has no search for literals of its own: it is run where the literals of its rule were found.
fn build(pattern: &Hir) -> Option<Regex> {
    let config = Regex::config()
        .utf8_empty(false)
        .auto_prefilter(false)
        .nfa_size_limit(None)
        .hybrid_cache_capacity(limits::PATTERN_CACHE_BYTES);
    Regex::builder().configure(config).build_from_hir(pattern).ok()
}

/// The innermost cause: the outer ones only say that it did not work.
fn reason(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), reason)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::pattern;
    use super::*;
    use crate::rule::Ruleset;

    #[test]
    fn groups_have_the_numbers_of_the_regex() {
        for (text, secret) in
            [("(a)(?:(?P<secret>b)|c)", Some(2)), ("(?P<redact>a(?P<secret>b))", Some(2)), ("(a)b", None)]
        {
            let hir = pattern::parse(text).unwrap();
            let late = Late::new(&hir, move || pattern::parse(text).ok()).unwrap();
            let running = late.run().unwrap();
            let number = |name| running.regex.group_info().to_index(regex_automata::PatternID::ZERO, name);
            assert_eq!((late.secret, late.redact), (number("secret"), number("redact")), "{text}");
            assert_eq!(late.secret, secret, "{text}");
        }
    }

    #[test]
    fn a_pattern_too_large_is_refused_at_once() {
        for text in ["(?u:\\w{5000})x", "(?:[a-z]{999}){999}x"] {
            let hir = pattern::parse(text).unwrap();
            assert!(Late::new(&hir, || None).unwrap_err().contains("limit"), "{text}");
        }
    }

    #[test]
    fn no_automaton_takes_more_than_is_said() {
        let parts =
            ["(?:a|bc|d){0,9}", "([a-z0-9_]{3,}?|$)", "[^a]", "(?:[ab]?c*){7}", "(?:|a|(b))+", "a{2}"];
        for text in parts.iter().flat_map(|one| parts.map(|other| format!("{one}{other}|{other}"))) {
            let hir = pattern::parse(&text).unwrap();
            assert_eq!(fits(&hir, most_bytes(&hir).unwrap()), Ok(()), "{text}");
        }
        for (_, rule) in Ruleset::embedded().unwrap().rules() {
            let hir = pattern::parse(&rule.pattern).unwrap();
            let Some(bytes) = most_bytes(&hir) else { continue };
            assert_eq!(fits(&hir, bytes), Ok(()), "{}", rule.id);
        }
    }
}
