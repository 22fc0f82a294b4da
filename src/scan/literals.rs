//! Required literals: what has to stand in a text for a pattern to match there.
//!
//! **Promise.** Every match of the pattern holds, at the place a [`Probe`] describes, one of the
//! literals of one of its probes (in lower case: the search for them ignores ASCII case).
//!
//! They are read off the pattern itself. Keywords written down beside a rule are not implied by its
//! pattern: of 388 matches of a published ruleset, 14 do not hold the keyword published with them.
//!
//! Considered and not done: literals in the middle of an optional part, and literals with a gap in
//! them. No rule so far is helped by either.

use super::pattern;
use crate::rule::Anchor;
use regex_syntax::hir::literal::{Extractor, Literal, Seq, rank};
use regex_syntax::hir::{Hir, HirKind};
use std::rc::Rc;

/// A literal shorter than this stands everywhere.
const MIN_BYTES: usize = 3;
/// Bytes of a literal that are looked at; the pattern looks at the rest.
pub(super) const MAX_BYTES: usize = 12;
/// Literals one place of a pattern may need.
const MAX_LITERALS: usize = 300;
/// Those that are looked at to find them. Of more, four bytes of each would be left.
const MAX_STARTS: usize = 1000;
/// Probes one pattern may need.
const MAX_PROBES: usize = 32;
/// Bits of rarity past which a literal is rare enough.
const ENOUGH_BITS: f64 = 26.0;

/// One way a pattern may match: literals, and what stands around them.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    /// In lower case, one of them in every match.
    pub(super) literals: Vec<Vec<u8>>,
    /// Least and most bytes from the start of a match to the start of the literal.
    pub(super) before: (usize, usize),
    /// Most bytes from the start of the literal to the end of the match; `None` if there is no most.
    pub(super) after: Option<usize>,
    /// The parts of the pattern before the literal, and from it on.
    pub(super) parts: (Vec<Rc<Part>>, Vec<Rc<Part>>),
}

/// Why there are no probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// No literal of three bytes is in every match.
    Literal,
    /// There is one, but any number of bytes may stand before it.
    Bound,
    /// No `@` is in every match.
    At,
}

impl Missing {
    /// What is wrong, and what to do.
    pub(super) const fn advice(self) -> &'static str {
        match self {
            Self::Literal => {
                "no literal of at least three bytes stands in every match: add one, \
                 or declare anchor = \"at\" or \"digits\""
            }
            Self::Bound => {
                "any number of bytes may stand before the required literal: \
                 bound the repeats before it, like {0,32} for *"
            }
            Self::At => {
                "anchor = \"at\", but no '@' with a bounded number of bytes before it stands in every match"
            }
        }
    }
}

/// A part of a pattern. Alternations that are taken apart share those around them.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) hir: Hir,
    /// What a match of it may start with, in lower case.
    starts: Seq,
}

impl Part {
    fn of(hir: Hir) -> Rc<Self> {
        Rc::new(Self { starts: starts(&hir), hir })
    }

    /// Those of a pattern. A word in any case is one: none of its letters but the first is a place to look for.
    fn all(hir: &Hir) -> Vec<Rc<Self>> {
        let is_word = |part: &Hir| pattern::letters(part).is_some();
        let mut words: Vec<Vec<Hir>> = Vec::new();
        for part in pattern::elements(hir) {
            match words.last_mut().filter(|word| is_word(&part) && word.last().is_some_and(is_word)) {
                Some(word) => word.push(part),
                None => words.push(vec![part]),
            }
        }
        words.into_iter().map(|word| Self::of(Hir::concat(word))).collect()
    }
}

/// The probes of a pattern. With the anchor [`Anchor::At`] the literal is a single `@`.
pub(super) fn probes(hir: &Hir, anchor: Option<Anchor>) -> Result<Vec<Probe>, Missing> {
    let mut out = Vec::new();
    let at = anchor == Some(Anchor::At);
    derive(&Part::all(hir), at, &mut out)?;
    Ok(out)
}

/// Takes the best place of a sequence of parts; where there is none, takes its alternations apart.
fn derive(parts: &[Rc<Part>], at: bool, out: &mut Vec<Probe>) -> Result<(), Missing> {
    let missing = match best_place(parts, at) {
        Ok(probe) => {
            out.push(probe);
            return Ok(());
        }
        Err(missing) => missing,
    };
    let Some((index, branches)) = first_alternation(parts) else { return Err(missing) };
    if out.len() + branches.len() > MAX_PROBES {
        return Err(missing);
    }
    let (before, behind) = (parts.get(..index), parts.get(index + 1..));
    for branch in branches {
        let way = [before.unwrap_or_default(), &Part::all(branch), behind.unwrap_or_default()].concat();
        derive(&way, at, out)?;
    }
    Ok(())
}

fn first_alternation(parts: &[Rc<Part>]) -> Option<(usize, &[Hir])> {
    parts.iter().enumerate().find_map(|(index, part)| match part.hir.kind() {
        HirKind::Alternation(branches) => Some((index, branches.as_slice())),
        _ => None,
    })
}

fn best_place(parts: &[Rc<Part>], at: bool) -> Result<Probe, Missing> {
    let mut best: Option<(f64, Place)> = None;
    let mut missing = if at { Missing::At } else { Missing::Literal };
    for index in 0..parts.len() {
        let (head, tail) = parts.split_at(index);
        let before = bounds(head);
        let slack = before.map_or(f64::MAX, |(least, most)| ((most - least + 1) as f64).log2() / 2.0);
        // The farther on, the more may stand before it.
        if best.as_ref().is_some_and(|(score, _)| ENOUGH_BITS - slack <= *score) {
            break;
        }
        let starts = joined(tail);
        let Some((literals, rarity)) = (if at { at_sign(starts) } else { rarest(&starts) }) else { continue };
        let Some(before) = before else {
            missing = if at { Missing::At } else { Missing::Bound };
            continue;
        };
        let score = rarity - slack;
        if best.as_ref().is_none_or(|(other, _)| score > *other) {
            best = Some((score, Place { index, literals, before }));
        }
    }
    let (_, Place { index, literals, before }) = best.ok_or(missing)?;
    let (head, tail) = parts.split_at(index);
    let after = longest(tail.iter().map(|part| &part.hir));
    Ok(Probe { literals, before, after, parts: (head.to_vec(), tail.to_vec()) })
}

/// A place in a sequence of parts that may become a [`Probe`].
struct Place {
    index: usize,
    literals: Vec<Vec<u8>>,
    before: (usize, usize),
}

/// The least and the most bytes these parts match, if there is a most.
fn bounds(parts: &[Rc<Part>]) -> Option<(usize, usize)> {
    let least = parts.iter().map(|part| part.hir.properties().minimum_len().unwrap_or(0)).sum();
    Some((least, longest(parts.iter().map(|part| &part.hir))?))
}

/// The most bytes these parts match, if there is a most.
pub(super) fn longest<'a>(mut parts: impl Iterator<Item = &'a Hir>) -> Option<usize> {
    parts.try_fold(0_usize, |sum, part| sum.checked_add(part.properties().maximum_len()?))
}

/// Whether all of these are an `@` and more.
fn at_sign(mut starts: Seq) -> Option<(Vec<Vec<u8>>, f64)> {
    starts.keep_first_bytes(1);
    starts.dedup();
    let all = starts.literals()?;
    (!all.is_empty() && all.iter().all(|literal| literal.as_bytes() == b"@"))
        .then(|| (vec![b"@".to_vec()], 0.0))
}

/// The literals of these starts. Those that share a beginning are cut down to it where that
/// makes them better to look for, and where they are too many.
fn rarest(starts: &Seq) -> Option<(Vec<Vec<u8>>, f64)> {
    let mut literals: Vec<&[u8]> = starts.literals()?.iter().map(Literal::as_bytes).collect();
    if literals.is_empty() || literals.iter().any(|literal| literal.len() < MIN_BYTES) {
        return None;
    }
    literals.sort_unstable();
    literals.dedup();
    let mut tally = literals.iter().fold(Tally::default(), |tally, literal| tally.with(literal));
    for len in (MIN_BYTES..MAX_BYTES).rev() {
        for beginning in shared(&literals, len) {
            let first = literals.partition_point(|literal| *literal < beginning);
            let cut = literals.iter().skip(first).take_while(|literal| literal.starts_with(beginning));
            let (many, others) = cut.fold((0, tally), |(many, tally), cut| (many + 1, tally.without(cut)));
            let with = others.with(beginning);
            if with.score() > tally.score() {
                literals.splice(first..first + many, [beginning]);
                tally = with;
            }
        }
    }
    let mut longest = MAX_BYTES;
    while literals.len() > MAX_LITERALS && longest > MIN_BYTES {
        longest -= 1;
        literals.iter_mut().for_each(|literal| *literal = literal.get(..longest).unwrap_or(literal));
        literals.dedup();
        tally = literals.iter().fold(Tally::default(), |tally, literal| tally.with(literal));
    }
    let few = literals.len() <= MAX_LITERALS;
    few.then(|| (literals.into_iter().map(<[u8]>::to_vec).collect(), tally.score()))
}

/// What makes literals good to look for.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// How often one of them stands at a place.
    seen: f64,
    count: f64,
    /// Those of three bytes.
    short: f64,
}

impl Tally {
    fn with(self, literal: &[u8]) -> Self {
        let short = if literal.len() < 4 { 1.0 } else { 0.0 };
        Self { seen: self.seen + often(literal), count: self.count + 1.0, short: self.short + short }
    }

    fn without(self, literal: &[u8]) -> Self {
        let short = if literal.len() < 4 { 1.0 } else { 0.0 };
        Self { seen: self.seen - often(literal), count: self.count - 1.0, short: self.short - short }
    }

    /// How rare they are together, in bits. Twice as many have to be twice as rare, and one of three bytes has very
    /// many flags in a table.
    fn score(self) -> f64 {
        // What is left of a sum may be nothing, or a little less.
        let rarity = -self.seen.max(f64::MIN_POSITIVE).log2();
        rarity.min(ENOUGH_BITS) - self.count.log2() - 2.0 * self.short
    }
}

/// The beginnings of this length that more than one of the sorted literals has.
fn shared<'a>(literals: &[&'a [u8]], len: usize) -> Vec<&'a [u8]> {
    let next = literals.iter().skip(1);
    let beginning =
        |(one, next): (&&'a [u8], &&[u8])| one.get(..len).filter(|beginning| next.starts_with(beginning));
    let mut beginnings: Vec<&[u8]> = literals.iter().zip(next).filter_map(beginning).collect();
    beginnings.dedup();
    beginnings
}

/// What a match of this part may start with, in lower case.
fn starts(part: &Hir) -> Seq {
    let mut extractor = Extractor::new();
    extractor.limit_class(40).limit_repeat(8).limit_literal_len(MAX_BYTES).limit_total(MAX_STARTS);
    extractor.extract(&pattern::lower(part))
}

/// What a match of parts may start with, one after the other.
fn joined(parts: &[Rc<Part>]) -> Seq {
    let mut all = Seq::singleton(Literal::exact(Vec::new()));
    for part in parts {
        if all.is_inexact() {
            break;
        }
        let mut next = part.starts.clone();
        if all.len() > Some(1) && all.max_cross_len(&next).is_some_and(|len| len > MAX_LITERALS) {
            next.make_infinite();
        }
        all.cross_forward(&mut next);
        all.keep_first_bytes(MAX_BYTES);
    }
    all
}

/// How often a literal stands at a place.
fn often(literal: &[u8]) -> f64 {
    let bits: f64 = literal.iter().map(|byte| 3.0 + f64::from(u8::MAX - rank(*byte)) / 40.0).sum();
    (-bits).exp2()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(pattern: &str, literals: &[&str], before: (usize, usize), after: Option<usize>) {
        let found = probes(&pattern::parse(pattern).unwrap(), None).unwrap();
        let mut all: Vec<String> = found
            .iter()
            .flat_map(|probe| &probe.literals)
            .map(|literal| String::from_utf8_lossy(literal).into_owned())
            .collect();
        all.sort();
        assert_eq!(all, literals, "{pattern}");
        for probe in &found {
            assert_eq!((probe.before, probe.after), (before, after), "{pattern}");
        }
    }

    #[test]
    fn literals_are_read_off_the_pattern() {
        check("ghp_[0-9A-Za-z]{36}", &["ghp_"], (0, 0), Some(40));
        check(r"\bxox[bp]-[0-9]{10}", &["xoxb-", "xoxp-"], (0, 0), Some(15));
        check("AKIA[A-Z2-7]{16}", &["akia"], (0, 0), Some(20));
        check(
            r"(?i)\b(?:password|pwd)\s{0,2}[=:]\s{0,2}\S{6,64}",
            &["password", "pwd\t", "pwd\n", "pwd\u{b}", "pwd\u{c}", "pwd\r", "pwd ", "pwd:", "pwd="],
            (0, 0),
            Some(77),
        );
        check("[a-z]{1,20}://x", &["://x"], (1, 20), Some(4));
        check("eyJ.{10,}", &["eyj"], (0, 0), None);
        check("eyJ[A-C].{10,}", &["eyja", "eyjb", "eyjc"], (0, 0), None);
        check("(?:(?P<x>foo_)[a-z]{2}){1,3}", &["foo_"], (0, 0), Some(18));
        check("(?u)stra\u{df}e[0-9]{4}", &["stra\u{df}e"], (0, 0), Some(11));
    }

    #[test]
    fn alternations_are_taken_apart_where_they_must_be() {
        let found = probes(&pattern::parse(r"(?:[a-z]{0,9}secret|token\d?)=\w{9}").unwrap(), None).unwrap();
        let all: Vec<&[u8]> = found.iter().flat_map(|probe| &probe.literals).map(Vec::as_slice).collect();
        assert_eq!(found.len(), 2);
        assert!(all.first().unwrap().starts_with(b"secret"));
        assert_eq!(found.first().unwrap().before, (0, 9));
        assert!(all.last().unwrap().starts_with(b"token"));
    }

    #[test]
    fn what_cannot_be_found_is_refused_with_advice() {
        let missing = |pattern: &str, anchor| {
            probes(&pattern::parse(pattern).unwrap(), anchor).map(|_| ()).unwrap_err()
        };
        assert_eq!(missing("[0-9]{13}", None), Missing::Literal);
        assert_eq!(missing("ab.{13}", None), Missing::Literal);
        assert_eq!(missing("(?:abc)?[a-z]{3,9}", None), Missing::Literal);
        assert_eq!(missing("[a-z]*token", None), Missing::Bound);
        assert_eq!(missing("a+@b", Some(Anchor::At)), Missing::At);
        assert_eq!(missing("abc", Some(Anchor::At)), Missing::At);
    }

    #[test]
    fn an_at_sign_is_a_literal_of_its_own() {
        let hir = pattern::parse(r"[\w.]{1,64}@\w{1,63}\.\w{2,24}").unwrap();
        let found = probes(&hir, Some(Anchor::At)).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found.first().unwrap().literals, [b"@"]);
        assert_eq!((found.first().unwrap().before, found.first().unwrap().after), ((1, 64), Some(89)));
    }
}
