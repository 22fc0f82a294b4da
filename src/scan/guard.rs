//! A cheap second look at a literal that was found: may the pattern match here at all?
//!
//! **Promise.** Never says no where the pattern matches. Words like `token` and `password` are in
//! every other sentence of what coding agents say; this turns nearly all of them down after a
//! few steps of a small table, and the regex is not even started.
//!
//! It is an anchored, fully built automaton over the parts of the pattern from the literal on (or,
//! where a match starts at one of a few places, over all of it). The rounds of a repeat are not counted up to its bound:
//! `[a-z]{0,24}=` has 24 states and `[a-z]*=` one. It stops at the first accepting state, so it never walks a long
//! tail, and says "maybe" after [`limits::GUARD_BYTES`], so that a flood of literals costs a bounded amount each.
//!
//! The automata of a pack are most of the work of compiling it, and few texts have a literal of every rule: each is
//! built where it is first asked, unless somebody has that done before ([`Guard::warm`]).

use super::{SEPARATOR, pattern};
use crate::limits;
use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::Hir;
use std::fmt;
use std::sync::LazyLock;

/// Bytes one guard may take. A pattern that needs more is guarded by its first parts only.
const TABLE_BYTES: usize = 512 << 10;
/// Rounds of a repeat that are counted: a guard need not know a key of 64 characters from one of 16.
const ROUNDS: u32 = 16;
/// Bytes building one may take.
const BUILD_BYTES: usize = 4 << 20;

type Automaton = dense::DFA<Vec<u32>>;

/// See the module.
pub(super) struct Guard(LazyLock<Option<Automaton>, Box<dyn FnOnce() -> Option<Automaton> + Send>>);

impl fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Guard").finish_non_exhaustive()
    }
}

impl Guard {
    /// Guards these parts, or as many of the first of them as fit.
    pub(super) fn new(parts: Vec<Hir>) -> Self {
        Self(LazyLock::new(Box::new(move || largest(&parts))))
    }

    /// Builds what is asked, if that was not done yet.
    pub(super) fn warm(&self) {
        LazyLock::force(&self.0);
    }

    /// Whether the parts may match at this place. Stops at the end of the segment.
    pub(super) fn may_match(&self, text: &[u8], at: usize) -> bool {
        let Some(dfa) = &*self.0 else { return true };
        let behind = at.checked_sub(1).and_then(|i| text.get(i)).copied().filter(|byte| *byte != SEPARATOR);
        let start = start::Config::new().anchored(Anchored::Yes).look_behind(behind);
        let Ok(mut state) = dfa.start_state(&start) else { return true };
        let rest = text.get(at..).unwrap_or_default();
        for &byte in rest.iter().take(limits::GUARD_BYTES) {
            if byte == SEPARATOR {
                return accepts(dfa, dfa.next_eoi_state(state));
            }
            state = dfa.next_state(state, byte);
            if dfa.is_special_state(state) {
                return accepts(dfa, state);
            }
        }
        rest.len() > limits::GUARD_BYTES || accepts(dfa, dfa.next_eoi_state(state))
    }
}

/// A quit state means that it cannot tell: then it does not turn it down.
fn accepts(dfa: &Automaton, state: regex_automata::util::primitives::StateID) -> bool {
    dfa.is_match_state(state) || dfa.is_quit_state(state)
}

/// An automaton of these parts, or of as many of the first of them as fit.
fn largest(parts: &[Hir]) -> Option<Automaton> {
    let counts =
        std::iter::successors(Some(parts.len()), |count| Some(count / 2)).take_while(|count| *count > 0);
    counts.filter_map(|count| parts.get(..count)).find_map(build)
}

/// An automaton of these parts, if it fits.
fn build(parts: &[Hir]) -> Option<Automaton> {
    let hir = Hir::concat(parts.iter().map(|part| pattern::endless(part, ROUNDS)).collect());
    let nfa = thompson::Compiler::new()
        .configure(
            thompson::Config::new()
                .utf8(false)
                .nfa_size_limit(Some(BUILD_BYTES))
                .which_captures(thompson::WhichCaptures::None),
        )
        .build_from_hir(&hir)
        .ok()?;
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .match_kind(MatchKind::LeftmostFirst)
        .accelerate(false)
        .unicode_word_boundary(true)
        .dfa_size_limit(Some(TABLE_BYTES))
        .determinize_size_limit(Some(BUILD_BYTES));
    dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn guard(pattern: &str) -> Guard {
        Guard::new(pattern::elements(&pattern::parse(pattern).unwrap()))
    }

    #[test]
    fn says_no_only_where_nothing_matches() {
        let words = guard(r"(?i)\btoken[=:]\w{4,99}\b");
        assert!(words.may_match(b"a Token=abcd", 2));
        assert!(!words.may_match(b"a Token abcd", 2));
        assert!(!words.may_match(b"aToken=abcd", 1));
        assert!(words.may_match(b"a\x1etoken=abcd\x1eb", 2));
        assert!(!words.may_match(b"token=abc\x1ed", 0));
        assert!(!words.may_match(b"token", 99));
    }

    #[test]
    fn says_maybe_after_a_while() {
        let long = guard("eyJ[a-z]{5,}!");
        let text = |n: usize| [b"eyJ".as_slice(), &vec![b'a'; n]].concat();
        assert!(!long.may_match(&text(limits::GUARD_BYTES - 3), 0));
        assert!(long.may_match(&text(limits::GUARD_BYTES - 2), 0));
    }

    #[test]
    fn a_pattern_too_large_is_guarded_by_its_first_parts() {
        let large = guard("key=(?u:\\w{3000})x");
        assert!(!large.may_match(b"keys", 0));
        assert!(large.may_match(b"key=", 0) || large.0.is_some());
    }
}
