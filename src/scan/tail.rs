//! Tails: the greedy repeat a pattern ends in, taken off it and walked in code.
//!
//! Nearly every rule ends in something like `[^\s]{2,1023}`. A counted repeat is as many states as it
//! counts to: automata grow by the thousand, caches overflow, and slow engines that follow every state
//! take over. Here the pattern keeps the least it asks for, and the rest is a loop over a table.
//!
//! **Promise.** Head and walk together match what the whole pattern does, byte for byte: only the very
//! last part is taken, only where it is greedy, and only where the first byte of a round says which way
//! the round goes, so there is one way to walk and the longest one is the one a search prefers.

use regex_syntax::hir::{Capture, Class, Hir, HirKind, Repetition};

/// What is walked after a match of the head.
#[derive(Debug)]
pub(super) struct Tail {
    round: Round,
    /// Most rounds; `None` if there is no most.
    rounds: Option<usize>,
    /// Names of the groups it is the end of.
    groups: Vec<Box<str>>,
}

/// One round of the repeat: a byte, or an escaping byte and the one behind it.
#[derive(Debug)]
struct Round {
    single: Box<[bool; 256]>,
    escape: Option<(u8, Box<[bool; 256]>)>,
}

impl Tail {
    /// Whether the group of this name ends where the tail does.
    pub(super) fn ends(&self, group: &str) -> bool {
        self.groups.iter().any(|name| &**name == group)
    }

    /// Whether it goes on over all of these.
    pub(super) fn takes(&self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| is_in(&self.round.single, *byte))
    }

    /// Whether it goes on over a quote that is escaped.
    pub(super) fn goes_over_quotes(&self) -> bool {
        self.round.escape.as_ref().is_some_and(|(escape, then)| *escape == b'\\' && is_in(then, b'"'))
    }

    /// The most bytes it adds to a match, if there is a most.
    pub(super) fn longest(&self) -> Option<usize> {
        self.rounds?.checked_mul(if self.round.escape.is_some() { 2 } else { 1 })
    }

    /// Where a match ends whose head ends here.
    pub(super) fn walk(&self, text: &[u8], from: usize) -> usize {
        self.rounds(text, from, self.rounds.unwrap_or(usize::MAX))
    }

    /// Where the rounds end that go on at the end of a match that has as many as it may: so many more at most.
    pub(super) fn walk_on(&self, text: &[u8], from: usize, most: usize) -> usize {
        self.rounds(text, from, most)
    }

    fn rounds(&self, text: &[u8], from: usize, most: usize) -> usize {
        let rest = text.get(from..).unwrap_or_default();
        if self.round.escape.is_none() {
            let most = rest.get(..most).unwrap_or(rest);
            return from
                + most.iter().position(|byte| !is_in(&self.round.single, *byte)).unwrap_or(most.len());
        }
        let (mut at, mut left) = (0, most);
        while left > 0 {
            let width = self.round.width(rest.get(at..).unwrap_or_default());
            if width == 0 {
                break;
            }
            at += width;
            left -= 1;
        }
        from + at
    }
}

impl Round {
    /// Bytes of the round that starts here; none if none does.
    fn width(&self, rest: &[u8]) -> usize {
        match (rest, &self.escape) {
            ([first, ..], _) if is_in(&self.single, *first) => 1,
            ([first, second, ..], Some((escape, then))) if first == escape && is_in(then, *second) => 2,
            _ => 0,
        }
    }

    fn of(hir: &Hir) -> Option<Self> {
        let HirKind::Alternation(branches) = hir.kind() else {
            return Some(Self { single: set(hir)?, escape: None });
        };
        let [one, other] = branches.as_slice() else { return None };
        let (single, pair) = match (set(one), set(other)) {
            (Some(single), None) => (single, other),
            (None, Some(single)) => (single, one),
            _ => return None,
        };
        let HirKind::Concat(parts) = pair.kind() else { return None };
        let [first, then] = parts.as_slice() else { return None };
        let HirKind::Literal(literal) = first.kind() else { return None };
        let [escape] = *literal.0 else { return None };
        (!is_in(&single, escape)).then_some(())?;
        Some(Self { single, escape: Some((escape, set(then)?)) })
    }
}

fn is_in(set: &[bool; 256], byte: u8) -> bool {
    set.get(usize::from(byte)).is_some_and(|is| *is)
}

/// The bytes an expression of one byte matches.
fn set(hir: &Hir) -> Option<Box<[bool; 256]>> {
    let mut set = Box::new([false; 256]);
    let mut add = |byte: u8| {
        if let Some(is) = set.get_mut(usize::from(byte)) {
            *is = true;
        }
    };
    match hir.kind() {
        HirKind::Literal(literal) if literal.0.len() == 1 => literal.0.iter().for_each(|byte| add(*byte)),
        HirKind::Class(Class::Bytes(class)) => {
            class.iter().for_each(|range| (range.start()..=range.end()).for_each(&mut add));
        }
        _ => return None,
    }
    Some(set)
}

/// Takes the tail off a pattern, if it has one.
pub(super) fn split(hir: &Hir) -> (Hir, Option<Tail>) {
    match cut(hir) {
        Some((head, tail)) => (head, Some(tail)),
        None => (hir.clone(), None),
    }
}

fn cut(hir: &Hir) -> Option<(Hir, Tail)> {
    match hir.kind() {
        HirKind::Concat(parts) => {
            let (last, first) = parts.split_last()?;
            let (head, tail) = cut(last)?;
            Some((Hir::concat(first.iter().cloned().chain([head]).collect()), tail))
        }
        HirKind::Capture(group) => {
            let (head, mut tail) = cut(&group.sub)?;
            tail.groups.extend(group.name.clone());
            let group = Capture { index: group.index, name: group.name.clone(), sub: Box::new(head) };
            Some((Hir::capture(group), tail))
        }
        HirKind::Repetition(repeat) if repeat.greedy && repeat.max != Some(repeat.min) => {
            let rounds = repeat.max.map(|max| usize::try_from(max.saturating_sub(repeat.min))).transpose();
            let tail = Tail { round: Round::of(&repeat.sub)?, rounds: rounds.ok()?, groups: Vec::new() };
            let least = Repetition { max: Some(repeat.min), ..repeat.clone() };
            Some((Hir::repetition(least), tail))
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::pattern::parse;
    use super::*;

    fn check(pattern: &str, head: &str, longest: Option<usize>, walked: (&str, usize)) {
        let (cut, tail) = split(&parse(pattern).unwrap());
        assert_eq!(cut.to_string(), parse(head).unwrap().to_string(), "{pattern}");
        let tail = tail.unwrap();
        assert_eq!(tail.longest(), longest, "{pattern}");
        assert_eq!(tail.walk(walked.0.as_bytes(), 1), walked.1, "{pattern}");
    }

    #[test]
    fn the_last_repeat_is_taken_off() {
        check("key_[a-z]{4,9}", "key_[a-z]{4}", Some(5), ("_abcdefgh", 6));
        check("key_[a-z]{4,9}", "key_[a-z]{4}", Some(5), ("_ab\x1ecd", 3));
        check("k(?P<redact>x(?P<secret>[a-z]+))", "k(?P<redact>x(?P<secret>[a-z]{1}))", None, ("_ab1", 3));
        check(r#"="(?:[^\\"]|\\.){1,9}"#, r#"="(?:[^\\"]|\\.){1}"#, Some(16), (r#"_a\"b"c"#, 5));
        check(r#"="(?:[^\\"]|\\.){1,3}"#, r#"="(?:[^\\"]|\\.){1}"#, Some(4), (r#"_a\"b"c"#, 4));
    }

    #[test]
    fn groups_are_told_that_end_with_it() {
        let (_, tail) = split(&parse("(?P<redact>k(?P<secret>x)[a-z]+)").unwrap());
        let tail = tail.unwrap();
        assert!(tail.ends("redact") && !tail.ends("secret"));
    }

    #[test]
    fn what_can_be_walked_in_two_ways_stays() {
        for whole in [
            "x[a-z]{4}",
            "x[a-z]+?",
            r"x[a-z]+\b",
            "x(?:a|ab)+",
            r"x(?:[^b]|a.)+",
            "x[a-z]+|y",
            "x(?:[a-z]+)?",
        ] {
            assert!(split(&parse(whole).unwrap()).1.is_none(), "{whole}");
        }
    }
}
