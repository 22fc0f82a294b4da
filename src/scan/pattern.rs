//! Patterns as trees: parsing, and the rewritings that candidates are derived with.
//!
//! Every rewriting keeps or widens what the pattern matches, never narrows it.

use crate::rule::{SEPARATOR, parse_pattern};
use regex_syntax::hir::{
    Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look,
    Repetition,
};
use std::ops::RangeInclusive;

/// Reads a pattern; what is wrong with it, in words.
pub(super) fn parse(pattern: &str) -> Result<Hir, String> {
    parse_pattern(pattern).map_err(|error| error.to_string())
}

/// Reads a pattern as a value is shown to it: behind what it is called, `key: value`. What it finds at the start of a
/// line it finds at the start of a value, too, if it says what of that is the secret.
pub(super) fn read(pattern: &str) -> Result<Hir, String> {
    let hir = parse(pattern)?;
    let is_told = group(&hir, "secret").is_some();
    Ok(is_told.then(|| at_values(&hir)).flatten().unwrap_or(hir))
}

/// The number of a named group, if a pattern has it.
pub(super) fn group(hir: &Hir, name: &str) -> Option<usize> {
    match hir.kind() {
        HirKind::Capture(capture) if capture.name.as_deref() == Some(name) => Some(capture.index as usize),
        HirKind::Capture(capture) => group(&capture.sub, name),
        HirKind::Repetition(repetition) => group(&repetition.sub, name),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().find_map(|part| group(part, name))
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => None,
    }
}

/// `None` if it is the same.
fn at_values(hir: &Hir) -> Option<Hir> {
    match hir.kind() {
        HirKind::Capture(group) if group.name.is_none() => {
            Some(Hir::capture(Capture { sub: Box::new(at_values(&group.sub)?), ..group.clone() }))
        }
        HirKind::Repetition(repetition) => {
            let sub = Box::new(at_values(&repetition.sub)?);
            Some(Hir::repetition(Repetition { sub, ..repetition.clone() }))
        }
        HirKind::Concat(parts) => each(parts, &at_values).map(Hir::concat),
        HirKind::Alternation(parts) if is_line_start(parts) => {
            let others = each(parts, &at_values).unwrap_or_else(|| parts.clone());
            Some(Hir::alternation(others.into_iter().chain([behind_key()]).collect()))
        }
        HirKind::Alternation(parts) => each(parts, &at_values).map(Hir::alternation),
        // A key that has a name is none of what is blacked out.
        HirKind::Capture(_) | HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {
            None
        }
    }
}

/// The parts with those of them rewritten that change; `None` if none does.
fn each(parts: &[Hir], rewrite: &dyn Fn(&Hir) -> Option<Hir>) -> Option<Vec<Hir>> {
    let rewritten: Vec<Option<Hir>> = parts.iter().map(rewrite).collect();
    rewritten.iter().any(Option::is_some).then(|| {
        rewritten.into_iter().zip(parts).map(|(new, old)| new.unwrap_or_else(|| old.clone())).collect()
    })
}

/// `^|\n`: the start of a text or of a line. What a space may stand for finds a value behind its key as it is.
fn is_line_start(parts: &[Hir]) -> bool {
    let may_be = |byte: u8| {
        parts.iter().any(|part| match part.kind() {
            HirKind::Literal(literal) => *literal.0 == [byte],
            HirKind::Class(Class::Bytes(class)) => has(class, byte),
            _ => false,
        })
    };
    let is_start = |part: &Hir| matches!(part.kind(), HirKind::Look(Look::Start));
    parts.iter().any(is_start) && may_be(b'\n') && !may_be(b' ')
}

fn has(class: &ClassBytes, byte: u8) -> bool {
    class.iter().any(|range| (range.start()..=range.end()).contains(&byte))
}

/// The key at the start of a segment, and blanks that the value begins with.
fn behind_key() -> Hir {
    let mut key = ClassBytes::new(
        [b'\t', b'\n', b'\x0b', b'\x0c', b'\r', SEPARATOR].map(|byte| ClassBytesRange::new(byte, byte)),
    );
    key.negate();
    let sub = Box::new(Hir::class(Class::Bytes(key)));
    let key = Hir::repetition(Repetition { min: 1, max: Some(KEY), greedy: false, sub });
    let blank = Box::new(Hir::literal(*b" "));
    let blanks = Hir::repetition(Repetition { min: 0, max: Some(BLANKS), greedy: true, sub: blank });
    Hir::concat(vec![Hir::look(Look::Start), key, Hir::literal(*b": "), blanks])
}

/// Bytes of a key that are shown before a value.
const KEY: u32 = 128;

/// Blanks that a value begins with.
const BLANKS: u32 = 8;

/// The most rounds that a repeat may ask for and still be part of a format: a key of 64 characters has 64, and
/// what may have more is a value, which ends where it does.
const FORMAT: u32 = 128;

/// Lets a secret that something has to stand behind (`</`, `@`, a quote) be longer than its longest match, as
/// long as no white space is in it. The pattern has a longest match so that it does not run over all of a
/// text; of a secret that is longer it would find nothing at all.
pub(super) fn long_secrets(hir: &Hir) -> Hir {
    long(hir, false).unwrap_or_else(|| hir.clone())
}

fn long(hir: &Hir, is_closed: bool) -> Option<Hir> {
    match hir.kind() {
        HirKind::Capture(group) => {
            let is_secret = group.name.as_deref() == Some("secret");
            let sub = if is_secret && is_closed { long_end(&group.sub) } else { long(&group.sub, is_closed) };
            Some(Hir::capture(Capture { sub: Box::new(sub?), ..group.clone() }))
        }
        HirKind::Concat(parts) => {
            let closes = |part: &Hir| part.properties().minimum_len().is_some_and(|least| least > 0);
            let (at, part) = parts.iter().enumerate().find_map(|(at, part)| {
                let is_closed = is_closed || parts.iter().skip(at + 1).any(closes);
                Some((at, long(part, is_closed)?))
            })?;
            let replaced = parts.iter().enumerate().map(|(i, old)| if i == at { &part } else { old });
            Some(Hir::concat(replaced.cloned().collect()))
        }
        _ => None,
    }
}

/// The same with the repeat it ends in without an end.
fn long_end(hir: &Hir) -> Option<Hir> {
    match hir.kind() {
        HirKind::Concat(parts) => {
            let (last, first) = parts.split_last()?;
            Some(Hir::concat(first.iter().cloned().chain([long_end(last)?]).collect()))
        }
        HirKind::Repetition(repetition) if repetition.max.is_some_and(|max| max >= FORMAT) => {
            let HirKind::Class(Class::Bytes(class)) = repetition.sub.kind() else { return None };
            let mut unbroken = class.clone();
            unbroken.difference(&ClassBytes::new([
                ClassBytesRange::new(b'\t', b'\r'),
                ClassBytesRange::new(b' ', b' '),
            ]));
            let sub = Box::new(Hir::class(Class::Bytes(unbroken)));
            let endless = Repetition { max: None, sub, ..repetition.clone() };
            Some(Hir::alternation(vec![hir.clone(), Hir::repetition(endless)]))
        }
        _ => None,
    }
}

/// The parts a match is made of, one after the other: groups are opened, and a repetition that
/// happens at least once is its first round followed by the rest.
pub(super) fn elements(hir: &Hir) -> Vec<Hir> {
    let mut out = Vec::new();
    flatten(hir, &mut out);
    out
}

fn flatten(hir: &Hir, out: &mut Vec<Hir>) {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Capture(group) => flatten(&group.sub, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| flatten(part, out)),
        HirKind::Repetition(repetition) if repetition.min > 0 && is_compound(&repetition.sub) => {
            flatten(&repetition.sub, out);
            if repetition.max != Some(1) {
                out.push(Hir::repetition(one_less(repetition)));
            }
        }
        _ => out.push(hir.clone()),
    }
}

/// Bytes of a part that is the same in all matches, but for the case of a letter.
pub(super) fn letters(hir: &Hir) -> Option<usize> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(literal.0.len()),
        HirKind::Class(Class::Bytes(class)) => {
            let [capital, small] = class.ranges() else { return None };
            let is_one = |range: &ClassBytesRange| range.len() == 1;
            (is_one(capital) && is_one(small) && capital.start().eq_ignore_ascii_case(&small.start()))
                .then_some(1)
        }
        _ => None,
    }
}

/// Whether opening a repetition of it may show a literal.
fn is_compound(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(group) => is_compound(&group.sub),
        HirKind::Concat(_) | HirKind::Alternation(_) | HirKind::Literal(_) => true,
        _ => false,
    }
}

fn one_less(repetition: &Repetition) -> Repetition {
    Repetition {
        min: repetition.min.saturating_sub(1),
        max: repetition.max.map(|max| max.saturating_sub(1)),
        greedy: repetition.greedy,
        sub: repetition.sub.clone(),
    }
}

/// The same with every ASCII letter in lower case: matches the lower-cased text of every match.
pub(super) fn lower(hir: &Hir) -> Hir {
    rewrite(hir, &|leaf| match leaf.kind() {
        HirKind::Literal(literal) => Hir::literal(literal.0.to_ascii_lowercase()),
        HirKind::Class(Class::Bytes(class)) => match (letters(leaf), class.ranges()) {
            (Some(_), [_, small]) => Hir::literal([small.start()]),
            _ => Hir::class(Class::Bytes(lower_bytes(class))),
        },
        HirKind::Class(Class::Unicode(class)) => Hir::class(Class::Unicode(lower_chars(class))),
        _ => leaf.clone(),
    })
}

/// The same without the assertions that look for an edge of the text, so that it may run over a text
/// of several segments: it may then match more, never less.
pub(super) fn without_edges(hir: &Hir) -> Hir {
    rewrite(hir, &|leaf| match leaf.kind() {
        HirKind::Look(
            Look::Start | Look::End | Look::StartLF | Look::EndLF | Look::StartCRLF | Look::EndCRLF,
        ) => Hir::empty(),
        _ => leaf.clone(),
    })
}

/// The same with repeats that have no upper bound where they had one above their least, and that ask for no more than
/// `least` rounds: an automaton then has no state for each round.
pub(super) fn endless(hir: &Hir, least: u32) -> Hir {
    endless_where(hir, least, &|_| true)
}

/// The same for repeats of letters alone: words of any length, and runs of digits that keep theirs.
pub(super) fn endless_words(hir: &Hir, least: u32) -> Hir {
    endless_where(hir, least, &has_letters)
}

fn endless_where(hir: &Hir, least: u32, is_meant: &dyn Fn(&Hir) -> bool) -> Hir {
    let all = |parts: &[Hir]| parts.iter().map(|part| endless_where(part, least, is_meant)).collect();
    match hir.kind() {
        HirKind::Repetition(Repetition { min, max, greedy, sub }) => {
            let (mut min, mut max) = (*min, *max);
            if is_meant(sub) {
                min = min.min(least);
                max = max.filter(|max| *max == min || *max == 1);
            }
            let sub = Box::new(endless_where(sub, least, is_meant));
            Hir::repetition(Repetition { min, max, greedy: *greedy, sub })
        }
        HirKind::Capture(group) => endless_where(&group.sub, least, is_meant),
        HirKind::Concat(parts) => Hir::concat(all(parts)),
        HirKind::Alternation(parts) => Hir::alternation(all(parts)),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => hir.clone(),
    }
}

/// Whether there is a class in a pattern of half the letters of the alphabet, at least.
fn has_letters(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(Class::Bytes(class)) => {
            let letters = |case: RangeInclusive<u8>| case.filter(|letter| has(class, *letter)).count();
            letters(b'a'..=b'z') >= 13 || letters(b'A'..=b'Z') >= 13
        }
        HirKind::Class(Class::Unicode(_)) => true,
        HirKind::Repetition(repetition) => has_letters(&repetition.sub),
        HirKind::Capture(group) => has_letters(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(has_letters),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => false,
    }
}

/// Rebuilds a tree without its groups, with every leaf put through `leaf`.
fn rewrite(hir: &Hir, leaf: &dyn Fn(&Hir) -> Hir) -> Hir {
    match hir.kind() {
        HirKind::Capture(group) => rewrite(&group.sub, leaf),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(|part| rewrite(part, leaf)).collect()),
        HirKind::Alternation(parts) => {
            Hir::alternation(parts.iter().map(|part| rewrite(part, leaf)).collect())
        }
        HirKind::Repetition(repetition) => Hir::repetition(repetition.with(rewrite(&repetition.sub, leaf))),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => leaf(hir),
    }
}

fn lower_bytes(class: &ClassBytes) -> ClassBytes {
    let capitals = ClassBytes::new([ClassBytesRange::new(b'A', b'Z')]);
    let mut shared = class.clone();
    shared.intersect(&capitals);
    let lowered = shared.iter().map(|range| {
        ClassBytesRange::new(range.start().to_ascii_lowercase(), range.end().to_ascii_lowercase())
    });
    let mut out = class.clone();
    out.difference(&capitals);
    out.union(&ClassBytes::new(lowered));
    out
}

fn lower_chars(class: &ClassUnicode) -> ClassUnicode {
    let capitals = ClassUnicode::new([ClassUnicodeRange::new('A', 'Z')]);
    let mut shared = class.clone();
    shared.intersect(&capitals);
    let lowered = shared.iter().map(|range| {
        ClassUnicodeRange::new(range.start().to_ascii_lowercase(), range.end().to_ascii_lowercase())
    });
    let mut out = class.clone();
    out.difference(&capitals);
    out.union(&ClassUnicode::new(lowered));
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_covers_both_cases() {
        let hir = lower(&parse("(?i)Ab[C-E9]").unwrap());
        assert_eq!(hir, lower(&parse("ab[c-e9]").unwrap()));
    }

    #[test]
    fn groups_and_sure_rounds_are_opened() {
        let parts = elements(&parse("(?P<a>x)(?:key=[a-z]{3}){2,5}").unwrap());
        let shown: Vec<String> = parts.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["x", "key=", "[a-z]{3}", "(?:(?:key=)[a-z]{3}){1,4}"]
                .map(|pattern| { parse(pattern).unwrap().to_string() })
        );
    }

    #[test]
    fn a_secret_with_something_behind_it_may_be_of_any_length() {
        for (pattern, long) in [
            ("p>(?P<secret>[^<]{2,200})</", "p>(?P<secret>(?:[^<]{2,200}|[^<\\s]{2,}))</"),
            (
                "(?P<redact>p(?P<secret>x[a-z]{2,200}) ?@)",
                "(?P<redact>p(?P<secret>x(?:[a-z]{2,200}|[a-z]{2,})) ?@)",
            ),
            ("p>(?P<secret>[^<]{2,64})</", "p>(?P<secret>[^<]{2,64})</"),
            ("p>(?P<secret>[^<]{2,200})", "p>(?P<secret>[^<]{2,200})"),
            ("p>[^<]{2,200}</", "p>[^<]{2,200}</"),
        ] {
            assert_eq!(
                long_secrets(&parse(pattern).unwrap()).to_string(),
                parse(long).unwrap().to_string(),
                "{pattern}"
            );
        }
    }

    #[test]
    fn rounds_of_repeats_are_not_counted() {
        for (pattern, all, two) in [
            ("a{3}b{2,9}c?", "a{3}b{2,}c?", "a{2,}b{2,}c?"),
            ("(?:x[ab]{0,4}){1,5}", "(?:x[ab]*)+", "(?:x[ab]*)+"),
        ] {
            for (least, wanted) in [(u32::MAX, all), (2, two)] {
                let endless = endless(&parse(pattern).unwrap(), least);
                assert_eq!(endless.to_string(), parse(wanted).unwrap().to_string(), "{pattern}");
            }
        }
    }

    #[test]
    fn the_start_of_a_line_may_be_that_of_a_value() {
        for (pattern, wanted) in [
            (
                "(?:^|\\n)p (?P<secret>x+)",
                "(?:^|\\n|^[^\\t\\n\\x0b\\x0c\\r\\x1e]{1,128}?:  {0,8})p (?P<secret>x+)",
            ),
            (
                "(?:^|[\\r\\n])(?P<secret>x+)",
                "(?:^|[\\r\\n]|^[^\\t\\n\\x0b\\x0c\\r\\x1e]{1,128}?:  {0,8})(?P<secret>x+)",
            ),
            ("(?:^|[^a-z])(?P<secret>x+)", "(?:^|[^a-z])(?P<secret>x+)"),
            ("(?P<secret>(?:^|\\n)x+)", "(?P<secret>(?:^|\\n)x+)"),
            ("(?:^|\\n)x+", "(?:^|\\n)x+"),
        ] {
            assert_eq!(read(pattern).unwrap().to_string(), parse(wanted).unwrap().to_string(), "{pattern}");
        }
    }

    #[test]
    fn of_letters_no_rounds_are_counted_and_of_digits_all() {
        for (pattern, wanted) in [
            ("[A-Z]{2}[0-9]{9}", "[A-Z]{2}[0-9]{9}"),
            ("[A-Z0-9<]{15}[0-9]{4,7}", "[A-Z0-9<]{2,}[0-9]{4,7}"),
            ("[^0-9]{3,32}(?:[ -]?[0-9]{4}){2,3}[MF]{3}", "[^0-9]{2,}(?:[ -]?[0-9]{4}){2,3}[MF]{3}"),
            ("(?:[a-z]+[0-9]{4}){5}", "(?:[a-z]+[0-9]{4}){2,}"),
        ] {
            let endless = endless_words(&parse(pattern).unwrap(), 2);
            assert_eq!(endless.to_string(), parse(wanted).unwrap().to_string(), "{pattern}");
        }
    }

    #[test]
    fn edges_of_the_text_are_forgotten() {
        assert_eq!(without_edges(&parse(r"^a\b$").unwrap()).to_string(), parse(r"a\b").unwrap().to_string());
    }
}
