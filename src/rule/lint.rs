//! What the loader asks of an id and of a pattern, beyond being well-formed.
//!
//! A pattern has a longest match (the scanner looks at a window round a candidate, so nothing may be
//! unbounded) and a literal of at least [`LITERAL`] bytes in every match, or an [`Anchor`](super::Anchor), or keywords
//! near every match: a rule with none of them would be run on every byte of every text. A small class (`[pousr]`, or a
//! letter in both cases) counts as a byte of a literal.

use regex_syntax::ParserBuilder;
use regex_syntax::ast;
use regex_syntax::hir::{Class, Hir, HirKind};

/// The shortest literal that is looked for.
const LITERAL: usize = 3;
/// The largest class that still counts as a byte of a literal.
const CLASS: usize = 8;
/// The groups that mean something.
const GROUPS: [&str; 2] = ["secret", "redact"];

/// What placeholders say that stand for no finding: for what was not scanned, and, with a token, for who somebody is.
pub const RESERVED_LABELS: [&str; 2] = ["unscanned", "identity"];

fn are_words(text: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.split('.').all(word)
}

/// What a placeholder may say: `[a-z0-9_]+(\.[a-z0-9_]+)*`.
pub(super) fn label(label: &str) -> Result<(), String> {
    if are_words(label) && !RESERVED_LABELS.contains(&label) {
        return Ok(());
    }
    Err(format!(
        "bad placeholder `{label}`: write lower-case words with dots between, without brackets, and none of {}",
        RESERVED_LABELS.join(", ")
    ))
}

/// Whether it is `[a-z0-9_]+(\.[a-z0-9_]+)+`.
pub(super) fn id(id: &str) -> Result<(), String> {
    if id.contains('.') && are_words(id) {
        return Ok(());
    }
    Err(format!("bad id `{id}`: write lower-case words with dots between, such as `acme.api_key`"))
}

/// Reads a pattern, as everybody does who looks at one: over bytes, without Unicode unless it says `(?u)`.
///
/// # Errors
/// What is wrong with its syntax.
pub fn parse(pattern: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).map_err(Box::new)
}

/// What is wrong with a pattern, whose matches something beside it tells of or not.
pub(super) fn pattern(pattern: &str, is_announced: bool) -> Vec<String> {
    let hir = match parse(pattern) {
        Ok(hir) => hir,
        Err(error) => return vec![explain(&error)],
    };
    let mut wrong = Vec::new();
    if hir.properties().minimum_len().unwrap_or(0) == 0 {
        wrong.push("the pattern matches nothing at all: ask for at least one byte".to_owned());
    }
    if hir.properties().maximum_len().is_none() {
        wrong.push("the pattern has no longest match: bound every repeat, such as `{20,256}`".to_owned());
    }
    if !is_announced && !run(&hir).found {
        wrong.push(format!(
            "no literal of {LITERAL} bytes stands in every match: add one, or say `anchor = \"at\"` or `\"digits\"`, \
             or what stands near it, in `[rule.keywords]`"
        ));
    }
    for group in groups(&hir).into_iter().filter(|group| !GROUPS.contains(&group.as_str())) {
        wrong.push(format!("group `{group}` means nothing: name it `secret` or `redact`, or write `(?:`"));
    }
    wrong
}

fn explain(error: &regex_syntax::Error) -> String {
    let regex_syntax::Error::Parse(error) = error else {
        return format!("bad pattern: {}", last_line(error));
    };
    match error.kind() {
        ast::ErrorKind::UnsupportedLookAround | ast::ErrorKind::UnsupportedBackreference => {
            "look-around and back-references are not there, patterns are linear-time only: \
             match the context too, and put what is to be blacked out in a group `secret`"
                .to_owned()
        }
        kind => format!("bad pattern: {kind}"),
    }
}

fn last_line(error: &regex_syntax::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn groups(hir: &Hir) -> Vec<String> {
    match hir.kind() {
        HirKind::Capture(group) => {
            let mut names: Vec<String> = group.name.iter().map(ToString::to_string).collect();
            names.extend(groups(&group.sub));
            names
        }
        HirKind::Repetition(repeat) => groups(&repeat.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().flat_map(groups).collect(),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => Vec::new(),
    }
}

/// The literal bytes every match of an expression has.
#[derive(Clone, Copy)]
struct Run {
    /// Somewhere in it stands a whole literal.
    found: bool,
    /// It is nothing but literal bytes.
    exact: bool,
    /// How many it starts with.
    first: usize,
    /// How many it ends with.
    last: usize,
}

impl Run {
    const NONE: Self = Self { found: false, exact: false, first: 0, last: 0 };

    const fn bytes(count: usize) -> Self {
        Self { found: count >= LITERAL, exact: true, first: count, last: count }
    }

    fn then(self, next: Self) -> Self {
        Self {
            found: self.found || next.found || self.last + next.first >= LITERAL,
            exact: self.exact && next.exact,
            first: if self.exact { self.first + next.first } else { self.first },
            last: if next.exact { self.last + next.last } else { next.last },
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            found: self.found && other.found,
            exact: self.exact && other.exact,
            first: self.first.min(other.first),
            last: self.last.min(other.last),
        }
    }
}

fn run(hir: &Hir) -> Run {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Run::bytes(0),
        HirKind::Literal(literal) => Run::bytes(literal.0.len()),
        HirKind::Class(class) if members(class) <= CLASS => Run::bytes(1),
        HirKind::Class(_) => Run::NONE,
        HirKind::Capture(group) => run(&group.sub),
        HirKind::Repetition(repeat) if repeat.min == 0 => Run::NONE,
        HirKind::Repetition(repeat) => Run { exact: false, ..run(&repeat.sub) },
        HirKind::Concat(parts) => parts.iter().map(run).fold(Run::bytes(0), Run::then),
        HirKind::Alternation(parts) => parts.iter().map(run).reduce(Run::or).unwrap_or(Run::NONE),
    }
}

fn members(class: &Class) -> usize {
    match class {
        Class::Bytes(class) => class.ranges().iter().map(|range| range.len()).sum(),
        Class::Unicode(class) => class.ranges().iter().map(|range| range.len()).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_dotted_and_lower_case() {
        for good in ["aws.access_key_id", "pii.ip.v4", "a.b"] {
            assert_eq!(id(good), Ok(()), "{good}");
        }
        for bad in ["aws", "Aws.key", "aws..key", "aws.", ".aws", "aws.access-key", ""] {
            assert!(id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_literal_is_found_through_groups_cases_and_branches() {
        for good in [
            "abc[0-9]{4}",
            "(?i)abc",
            "(?i:password|passwd|pwd)=",
            "gh[pousr]_[a-z]{4}",
            "[0-9]{2}(?:abc|xyz)",
        ] {
            assert_eq!(pattern(good, false), Vec::<String>::new(), "{good}");
        }
        for bad in ["[0-9]{4}", "ab[0-9]{4}", "(?:abc)?[0-9]{4}", "(?:abc|[0-9]{3})", "a[0-9]b[0-9]c"] {
            assert_eq!(pattern(bad, false).len(), 1, "{bad}");
            assert_eq!(pattern(bad, true), Vec::<String>::new(), "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_run_is_told_with_the_way_out() {
        for (bad, message) in [
            ("abc(?=d)", "linear-time only"),
            (r"(abc)\1", "linear-time only"),
            ("abc[0-9]+", "no longest match"),
            ("(?P<pw>abc)", "group `pw`"),
            ("abc[", "bad pattern: unclosed character class"),
            ("(?:abc)?", "at least one byte"),
        ] {
            assert!(pattern(bad, false).iter().any(|wrong| wrong.contains(message)), "{bad}");
        }
    }
}
