//! What may stand right before and right behind a literal of a pattern.
//!
//! **Promise.** In every match, the byte before the literal and the two behind it are among those told here; where the
//! text or its segment ends before them, anything goes.
//!
//! Read off the pattern: backwards over the parts before the literal, and forwards through an automaton of the parts
//! from it on, which is walked with all of its states at once and never made deterministic. Most places where a literal
//! stands are turned down so, in two steps in memory that is at hand: `" st"` of `" street"` is in every second line of
//! a program, and an `r` behind it in none of an address.

use regex_automata::nfa::thompson::{NFA, State};
use regex_automata::util::look::Look as Edge;
use regex_automata::util::primitives::StateID;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// What may stand around a literal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    pub(super) before: Bytes,
    /// The first byte behind it, and the second.
    pub(super) behind: [Bytes; 2],
}

impl Around {
    /// Anything.
    pub(super) const ALL: Self = Self { before: Bytes::ALL, behind: [Bytes::ALL; 2] };
}

/// What may stand around each of the literals that a pattern begins with behind the parts of `head`; `tail` is the
/// automaton of the pattern from there on.
pub(super) fn around<'a>(
    head: impl DoubleEndedIterator<Item = &'a Hir> + Clone,
    tail: &NFA,
    literals: &[Vec<u8>],
) -> Vec<Around> {
    let mut walk = Walk::new(tail);
    let around = |literal: &Vec<u8>| {
        let first = literal.first().copied().unwrap_or_default();
        Around { before: before(head.clone(), first), behind: walk.behind(literal) }
    };
    literals.iter().map(around).collect()
}

/// Bytes of some kind, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bytes([u64; 4]);

impl Bytes {
    pub(super) const ALL: Self = Self([u64::MAX; 4]);
    const NONE: Self = Self([0; 4]);

    #[inline]
    pub(super) fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_none_or(|bits| bits >> (byte & 63) & 1 == 1)
    }

    fn of(byte: u8) -> Self {
        Self::range(byte, byte)
    }

    /// Those from `first` to `last`.
    fn range(first: u8, last: u8) -> Self {
        let mut all = Self::NONE;
        for (bits, low) in all.0.iter_mut().zip([0_u8, 64, 128, 192]) {
            let (from, to) = (first.max(low), last.min(low + 63));
            if from <= to {
                *bits = u64::MAX >> (63 - (to - from)) << (from - low);
            }
        }
        all
    }

    /// What words are made of, and beyond ASCII what may be a part of a letter.
    fn word(beyond: bool) -> Self {
        let beyond = if beyond { Self::range(128, 255) } else { Self::NONE };
        let letters = Self::range(b'A', b'Z').or(Self::range(b'a', b'z'));
        Self::range(b'0', b'9').or(letters).or(Self::of(b'_')).or(beyond)
    }

    pub(super) const fn or(self, other: Self) -> Self {
        let (Self([a, b, c, d]), Self([e, f, g, h])) = (self, other);
        Self([a | e, b | f, c | g, d | h])
    }

    const fn and(self, other: Self) -> Self {
        let (Self([a, b, c, d]), Self([e, f, g, h])) = (self, other);
        Self([a & e, b & f, c & g, d & h])
    }

    const fn but(self, other: Self) -> Self {
        let Self([a, b, c, d]) = other;
        self.and(Self([!a, !b, !c, !d]))
    }

    const fn is_none(self) -> bool {
        let Self([a, b, c, d]) = self;
        a | b | c | d == 0
    }
}

/// What may stand before a literal that begins with this byte, in any case, behind these parts.
fn before<'a>(head: impl DoubleEndedIterator<Item = &'a Hir>, first: u8) -> Bytes {
    let (inside, through) = last_of(head, Bytes::ALL, first);
    through.map_or(inside, |through| inside.or(through))
}

/// The bytes of `kept` that the parts may end in, and those that may stand before them where they match nothing.
fn last_of<'a>(
    parts: impl DoubleEndedIterator<Item = &'a Hir>,
    kept: Bytes,
    first: u8,
) -> (Bytes, Option<Bytes>) {
    let (mut all, mut through) = (Bytes::NONE, Some(kept));
    for part in parts.rev() {
        let Some(kept) = through else { break };
        let (inside, next) = last(part, kept, first);
        (all, through) = (all.or(inside), next);
    }
    (all, through)
}

fn last(hir: &Hir, kept: Bytes, first: u8) -> (Bytes, Option<Bytes>) {
    match hir.kind() {
        HirKind::Empty => (Bytes::NONE, Some(kept)),
        HirKind::Look(look) => (Bytes::NONE, Some(kept.and(before_edge(*look, first)))),
        HirKind::Literal(literal) => (literal.0.last().map_or(kept, |last| kept.and(Bytes::of(*last))), None),
        HirKind::Class(class) => (kept.and(last_of_class(class)), None),
        HirKind::Capture(group) => last(&group.sub, kept, first),
        HirKind::Repetition(repetition) => {
            let (inside, through) = last(&repetition.sub, kept, first);
            (inside, if repetition.min == 0 { Some(kept) } else { through })
        }
        HirKind::Concat(parts) => last_of(parts.iter(), kept, first),
        HirKind::Alternation(branches) => {
            branches.iter().fold((Bytes::NONE, None), |(all, through), branch| {
                let (inside, next) = last(branch, kept, first);
                let through = through.map_or(next, |one| Some(next.map_or(one, |other| one.or(other))));
                (all.or(inside), through)
            })
        }
    }
}

fn last_of_class(class: &Class) -> Bytes {
    match class {
        Class::Bytes(class) => {
            class.iter().fold(Bytes::NONE, |all, range| all.or(Bytes::range(range.start(), range.end())))
        }
        Class::Unicode(class) => class.iter().fold(Bytes::NONE, |all, range| {
            let ascii = |char: char| u8::try_from(char).ok().filter(u8::is_ascii);
            let beyond = if range.end().is_ascii() { Bytes::NONE } else { Bytes::range(128, 255) };
            let within =
                ascii(range.start()).map(|first| Bytes::range(first, ascii(range.end()).unwrap_or(127)));
            all.or(within.unwrap_or(Bytes::NONE)).or(beyond)
        }),
    }
}

/// What may stand before an edge with this byte behind it. Edges of the text are for whoever asks.
fn before_edge(edge: Look, first: u8) -> Bytes {
    match edge {
        Look::Start => Bytes::NONE,
        Look::StartLF => Bytes::of(b'\n'),
        Look::StartCRLF => Bytes::of(b'\n').or(Bytes::of(b'\r')),
        _ => across(edge == Look::WordAscii, edge == Look::WordUnicode, first),
    }
}

/// What may stand behind an edge with this byte before it.
fn behind_edge(edge: Edge, last: u8) -> Bytes {
    match edge {
        Edge::End => Bytes::NONE,
        Edge::EndLF => Bytes::of(b'\n'),
        Edge::EndCRLF => Bytes::of(b'\n').or(Bytes::of(b'\r')),
        _ => across(edge == Edge::WordAscii, edge == Edge::WordUnicode, last),
    }
}

/// What may stand across the edge of a word from a byte; any byte if it is none.
fn across(is_ascii: bool, is_unicode: bool, byte: u8) -> Bytes {
    let is_word = byte.is_ascii_alphanumeric() || byte == b'_';
    match () {
        () if !byte.is_ascii() || !(is_ascii || is_unicode) => Bytes::ALL,
        () if is_word => Bytes::ALL.but(Bytes::word(false)),
        () => Bytes::word(is_unicode),
    }
}

/// The states an automaton may be in.
#[derive(Debug)]
struct Reached {
    /// Those that a byte leads on from, and which bytes may come there.
    states: Vec<(StateID, Bytes)>,
    /// Which bytes may come where a match has ended.
    matched: Bytes,
}

/// A walk through an automaton with all of its states at once.
struct Walk<'a> {
    nfa: &'a NFA,
    /// By state: the step it was last reached in, and before which bytes.
    seen: Vec<(usize, Bytes)>,
    step: usize,
    /// The bytes of the last literal.
    path: Vec<u8>,
    /// Where it was before them, and behind each.
    reached: Vec<Reached>,
}

impl<'a> Walk<'a> {
    fn new(nfa: &'a NFA) -> Self {
        let seen = vec![(0, Bytes::NONE); nfa.states().len()];
        let mut walk = Self { nfa, seen, step: 0, path: Vec::new(), reached: Vec::new() };
        let start = walk.enter(vec![(nfa.start_anchored(), Bytes::ALL)], None);
        walk.reached.push(start);
        walk
    }

    /// What may stand behind a literal in lower case, where that may stand in any.
    fn behind(&mut self, literal: &[u8]) -> [Bytes; 2] {
        let shared = self.path.iter().zip(literal).take_while(|(one, other)| one == other).count();
        self.path.truncate(shared);
        self.reached.truncate(shared + 1);
        for byte in literal.iter().skip(shared) {
            let either = Bytes::of(byte.to_ascii_lowercase()).or(Bytes::of(byte.to_ascii_uppercase()));
            let next = self.go_on(either, Some(*byte));
            self.path.push(*byte);
            self.reached.push(next);
        }
        let first = self.reached.last().map_or(Bytes::ALL, |reached| self.first(reached));
        let is_over = self.reached.last().is_none_or(|reached| !reached.matched.is_none());
        // Behind the end of a match is any byte.
        if is_over {
            return [first, Bytes::ALL];
        }
        let then = self.go_on(Bytes::ALL, None);
        [first, self.first(&then)]
    }

    /// The bytes that may come next.
    fn first(&self, reached: &Reached) -> Bytes {
        let mut all = reached.matched;
        for (state, kept) in &reached.states {
            each(self.nfa.state(*state), |low, high, _| all = all.or(Bytes::range(low, high).and(*kept)));
        }
        all
    }

    /// Takes one of these bytes, which is told if it is known.
    fn go_on(&mut self, bytes: Bytes, last: Option<u8>) -> Reached {
        let mut next = Vec::new();
        for (state, kept) in self.reached.last().into_iter().flat_map(|reached| &reached.states) {
            let kept = kept.and(bytes);
            each(self.nfa.state(*state), |low, high, to| {
                if !Bytes::range(low, high).and(kept).is_none() {
                    next.push((to, Bytes::ALL));
                }
            });
        }
        self.enter(next, last)
    }

    /// Enters states before these bytes, and those reached from them without one, behind `last`.
    fn enter(&mut self, mut open: Vec<(StateID, Bytes)>, last: Option<u8>) -> Reached {
        self.step += 1;
        let mut reached = Reached { states: Vec::new(), matched: Bytes::NONE };
        while let Some((state, kept)) = open.pop() {
            let Some((step, seen)) = self.seen.get_mut(state.as_usize()) else { continue };
            let before = if *step == self.step { *seen } else { Bytes::NONE };
            if kept.but(before).is_none() {
                continue;
            }
            (*step, *seen) = (self.step, before.or(kept));
            match self.nfa.state(state) {
                State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) => {
                    reached.states.push((state, kept));
                }
                State::Look { look, next } => {
                    let across = last.map_or(Bytes::ALL, |last| behind_edge(*look, last));
                    open.push((*next, kept.and(across)));
                }
                State::Union { alternates } => open.extend(alternates.iter().map(|next| (*next, kept))),
                State::BinaryUnion { alt1, alt2 } => open.extend([(*alt1, kept), (*alt2, kept)]),
                State::Capture { next, .. } => open.push((*next, kept)),
                State::Fail => {}
                State::Match { .. } => reached.matched = reached.matched.or(kept),
            }
        }
        reached
    }
}

/// The ranges of bytes that lead on from a state, and where to.
pub(super) fn each(state: &State, mut to: impl FnMut(u8, u8, StateID)) {
    match state {
        State::ByteRange { trans } => to(trans.start, trans.end, trans.next),
        State::Sparse(sparse) => {
            sparse.transitions.iter().for_each(|trans| to(trans.start, trans.end, trans.next));
        }
        State::Dense(dense) => {
            let leads_on =
                dense.transitions.iter().zip(0..=u8::MAX).filter(|(next, _)| **next != StateID::ZERO);
            leads_on.for_each(|(next, byte)| to(byte, byte, *next));
        }
        _ => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::guard::automaton;
    use super::super::pattern;
    use super::*;

    /// The bytes of a kind, as a class of a regex.
    fn class(bytes: Bytes) -> String {
        let all: Vec<u8> = (0..=u8::MAX).filter(|byte| bytes.has(*byte)).collect();
        let runs = all.chunk_by(|one, next| one + 1 == *next);
        let show = |byte: u8| {
            if byte.is_ascii_graphic() { char::from(byte).to_string() } else { format!("\\{byte}") }
        };
        runs.map(|run| match run {
            [one] => show(*one),
            [first, .., last] => format!("{}-{}", show(*first), show(*last)),
            [] => String::new(),
        })
        .collect()
    }

    /// What may stand around a literal that the second of two patterns begins with.
    fn check(head: &str, tail: &str, literal: &str, before: &str, first: &str, second: &str) {
        let parts = |pattern: &str| pattern::elements(&pattern::parse(pattern).unwrap());
        let from_there = automaton(parts(tail).iter()).unwrap();
        let found = around(parts(head).iter(), &from_there, &[literal.as_bytes().to_vec()]);
        let found = found.first().unwrap();
        assert_eq!(
            [class(found.before), class(found.behind[0]), class(found.behind[1])],
            [before, first, second],
            "{head} {tail}"
        );
    }

    const ANY: &str = "\\0-\\255";
    const NO_WORD: &str = "\\0-/:-@[-^`{-\\255";

    #[test]
    fn what_may_stand_behind_a_literal() {
        check("", "token[=:][0-9]", "token", ANY, ":=", "0-9");
        check("", "token(?:=|[ ]is[ ])x", "token", ANY, "\\32=", "ix");
        check("", "token[ ]{0,2}=", "token", ANY, "\\32=", ANY);
        check("", "token[ ]{1,2}=", "token", ANY, "\\32", "\\32=");
        check("", "(?i)stre(?:et|\\.)", "stre", ANY, ".Ee", ANY);
        check("", "(?:a1b2|a2c3d4)", "a1b2", ANY, ANY, ANY);
        check("", "(?:a1b2|a2c3d4)", "a2c3", ANY, "d", "4");
        check("", "(?:ab){3}c", "abab", ANY, "a", "b");
        check("", "[a-z]{20}=", "abcd", ANY, "a-z", "a-z");
    }

    #[test]
    fn what_may_stand_before_a_literal() {
        check("(?:^[^a-z])", "key=", "key", "\\0-`{-\\255", "=", ANY);
        check("\\b", "key=", "key", NO_WORD, "=", ANY);
        check("x[0-9]{0,3}", "key=", "key", "0-9x", "=", ANY);
        check("x[0-9]{1,3}", "key=", "key", "0-9", "=", ANY);
        check("[0-9]{0,3}", "key=", "key", ANY, "=", ANY);
        check("(?:(?:my|a)_)?", "key=", "key", ANY, "=", ANY);
        check("(?:my_|a)", "key=", "key", "_a", "=", ANY);
        check("(?u:[\u{e9}x])", "key=", "key", "x\\128-\\255", "=", ANY);
    }

    #[test]
    fn edges_of_words_and_lines() {
        check("", "key\\b[^k]", "key", ANY, "\\0-/:-@[-^`{-\\255", ANY);
        check("", "key\\b", "key", ANY, NO_WORD, ANY);
        check("", "=\\bx?", "=", ANY, "0-9A-Z_a-z", ANY);
        check("(?u:\\b)", "=x", "=", "0-9A-Z_a-z\\128-\\255", "x", ANY);
        check("(?m:^)", "key", "key", "\\10", ANY, ANY);
        check("^", "key$", "key", "", "", "");
        check("", "key(?m:$)[^a]", "key", ANY, "\\10", ANY);
    }
}
