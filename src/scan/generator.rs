//! The generator of candidates: by literals, at signs and runs of digits.
//!
//! **Promise.** Keeps the one of [`Candidates`]: every match of every rule that its keywords do not speak against
//! lies in a region it proposes. A property test holds it to that.
//!
//! Where the pattern of a rule has no literal and no anchor, the keywords that have to stand near its matches are
//! looked for in place of one, and the region is as wide as they may be off.
//!
//! A hit becomes a region by the bounds of its probe, after a [`Guard`] has had a look. Where the
//! literal stands at a fixed distance from the start of the match, or nearly so ([`STARTS`]), the region says where
//! the match starts, and no search is needed: a search that starts anywhere reads on to the end of its region, which
//! may be a kilobyte away, where one that starts here ends where the pattern does.
//!
//! What the rules anchored in digits are looked for with is in `numbers`.

use super::around::Around;
use super::candidates::{Candidates, Region};
use super::dictionary::{Dictionary, Wanted};
use super::digits;
use super::guard::{self, Entry, Guard, Guarded, Literal};
use super::hyperscan::{self, Hyperscan};
use super::literals::{self, Probe};
use super::numbers::{self, Numbers};
use super::prefilter::Prefilter;
use super::profile::{Clock, Profile};
use super::segment::Segments;
use crate::rule::validate::Keywords;
use crate::rule::{Anchor, RuleIndex};
use crate::side_by_side;
use regex_syntax::hir::Hir;
use std::ops::Range;

/// See the module.
#[derive(Debug)]
pub(super) struct Generator {
    prefilter: Prefilter,
    /// Who looks for the literals instead, where that was asked for and could be had.
    hyperscan: Option<Hyperscan>,
    /// By target number of the prefilter.
    marks: Vec<Mark>,
    /// Those of at signs.
    at: Vec<Mark>,
    aims: Vec<Aim>,
    numbers: Option<Numbers>,
}

/// What it needs for itself, kept between calls.
#[derive(Debug)]
pub(super) struct Room {
    hyperscan: Option<hyperscan::Room>,
    numbers: Option<numbers::Room>,
}

#[cfg(all(test, feature = "hyperscan"))]
impl Room {
    /// One in which Hyperscan fails.
    pub(super) fn failing(mut self) -> Self {
        self.hyperscan = Some(hyperscan::Room::default());
        self
    }
}

/// A pattern as the generator is given it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) rule: RuleIndex,
    pub(super) hir: &'a Hir,
    pub(super) anchor: Option<Anchor>,
    pub(super) keywords: Option<&'a Keywords>,
    /// Most bytes of a match behind what `hir` matches; `None` if there is no most.
    pub(super) more: Option<usize>,
}

impl Generator {
    /// Builds the generator, or says which rule it cannot look for, and why.
    pub(super) fn new(sources: &[Source<'_>]) -> Result<Self, (RuleIndex, String)> {
        let (mut wanted, mut marks, mut at) = (Vec::new(), Vec::new(), Vec::new());
        let (mut all, mut digits) = (Vec::new(), Vec::new());
        for (source, aims) in sources.iter().zip(side_by_side::map(sources, aims_of)) {
            if source.anchor == Some(Anchor::Digits) {
                digits.push(*source);
            }
            for (literals, aim) in aims.map_err(|advice| (source.rule, advice))? {
                for Literal { bytes: literal, around, entry } in literals {
                    let mark = Mark { aim: all.len(), entry };
                    if source.anchor == Some(Anchor::At) {
                        at.push(mark);
                    } else {
                        wanted.push(Wanted { literal, around, target: marks.len() });
                        marks.push(mark);
                    }
                }
                all.push(aim);
            }
        }
        let numbers = Numbers::new(&digits)?;
        let prefilter = Prefilter::new(Dictionary::new(wanted));
        Ok(Self { prefilter, hyperscan: None, marks, at, aims: all, numbers })
    }

    /// Has Hyperscan look for the literals, or says why it cannot.
    pub(super) fn use_hyperscan(&mut self) -> Result<(), String> {
        self.hyperscan = Some(Hyperscan::new(self.prefilter.dictionary())?);
        Ok(())
    }

    /// Whether Hyperscan looks for the literals.
    pub(super) fn uses_hyperscan(&self) -> bool {
        self.hyperscan.is_some()
    }

    /// Whether keywords near its matches are looked for in place of something in them.
    pub(super) fn is_announced(&self, rule: RuleIndex) -> bool {
        self.aims.iter().any(|aim| aim.rule == rule && aim.guard.is_none())
    }

    /// What stands in or near every match of a rule, one of it at least: none for a rule with an anchor.
    pub(super) fn literals(&self, rule: RuleIndex) -> impl Iterator<Item = &[u8]> {
        let is_of = move |target| self.marks.get(target).is_some_and(|mark| self.is_of(mark, rule));
        self.prefilter
            .dictionary()
            .wanted()
            .filter(move |(_, target)| is_of(*target))
            .map(|(literal, _)| literal)
    }

    /// Where in a text something stands that makes it look for a rule.
    pub(super) fn signs(&self, text: &[u8], rule: RuleIndex) -> Vec<Range<usize>> {
        let mut signs = Vec::new();
        for literal in self.literals(rule) {
            let found = text.windows(literal.len()).enumerate();
            let found = found.filter(|(_, window)| window.eq_ignore_ascii_case(literal));
            signs.extend(found.map(|(at, _)| at..at + 1));
        }
        if self.at.iter().any(|mark| self.is_of(mark, rule)) {
            signs.extend(memchr::memchr_iter(b'@', text).map(|at| at..at + 1));
        }
        if self.numbers.as_ref().is_some_and(|numbers| numbers.hold(rule)) {
            digits::each(text, |cluster| signs.push(cluster));
        }
        signs.sort_unstable_by_key(|sign| sign.start);
        signs
    }

    /// Room for one thread.
    pub(super) fn room(&self) -> Room {
        Room {
            hyperscan: self.hyperscan.as_ref().map(Hyperscan::room),
            numbers: self.numbers.as_ref().map(Numbers::room),
        }
    }

    /// Proposes the regions of a text.
    pub(super) fn propose(&self, text: &[u8], room: &mut Room, candidates: &mut Candidates) {
        let mut segments = Segments::default();
        self.each_literal(text, room, |mark, place| self.take(mark, text, place, &mut segments, candidates));
        if !self.at.is_empty() {
            let mut segments = Segments::default();
            for place in memchr::memchr_iter(b'@', text) {
                let sign = || place..place + 1;
                self.at.iter().for_each(|mark| self.take(mark, text, sign(), &mut segments, candidates));
            }
        }
        if let (Some(numbers), Some(room)) = (&self.numbers, &mut room.numbers) {
            numbers.propose(text, room, candidates);
        }
    }
}

impl Generator {
    fn is_of(&self, mark: &Mark, rule: RuleIndex) -> bool {
        self.aims.get(mark.aim).is_some_and(|aim| aim.rule == rule)
    }

    /// Tells where the literals of which marks stand. Where Hyperscan fails, some are told twice.
    #[inline]
    fn each_literal<'a>(&'a self, text: &[u8], room: &Room, mut hit: impl FnMut(&'a Mark, Range<usize>)) {
        let mut hit =
            |target, at, end| self.marks.get(target).into_iter().for_each(|mark| hit(mark, at..end));
        let dictionary = self.prefilter.dictionary();
        let told = self
            .hyperscan
            .as_ref()
            .zip(room.hyperscan.as_ref())
            .is_some_and(|(hyperscan, room)| hyperscan.each(dictionary, text, room, &mut hit));
        if !told {
            self.prefilter.each(text, hit);
        }
    }

    /// Proposes a region for a literal that stands at a place.
    #[inline]
    fn take(
        &self,
        mark: &Mark,
        text: &[u8],
        place: Range<usize>,
        segments: &mut Segments,
        candidates: &mut Candidates,
    ) {
        if let Some(aim) = self.aims.get(mark.aim) {
            aim.take(text, place, mark.entry, segments, candidates);
        }
    }

    /// Proposes the regions of a text as [`Self::propose`] does, and tells what each rule took.
    pub(super) fn profile(
        &self,
        text: &[u8],
        room: &mut Room,
        candidates: &mut Candidates,
        now: Clock,
        to: &mut Profile,
    ) {
        let start = now();
        let mut hits: Vec<(&Mark, Range<usize>)> = Vec::new();
        self.each_literal(text, room, |mark, place| hits.push((mark, place)));
        to.search += start.elapsed();
        let signs = memchr::memchr_iter(b'@', text).map(|at| at..at + 1);
        hits.extend(signs.flat_map(|sign| self.at.iter().map(move |mark| (mark, sign.clone()))));
        hits.sort_by_key(|(mark, _)| mark.aim);
        for hits in hits.chunk_by(|one, next| one.0.aim == next.0.aim) {
            let Some(aim) = hits.first().and_then(|(mark, _)| self.aims.get(mark.aim)) else { continue };
            let Some(effort) = to.rule(aim.rule) else { continue };
            let (mut segments, start) = (Segments::default(), now());
            for (mark, place) in hits {
                aim.take(text, place.clone(), mark.entry, &mut segments, candidates);
            }
            effort.time += start.elapsed();
            effort.hits += hits.len();
            for literal in hits.iter().filter_map(|(_, place)| text.get(place.clone())) {
                *effort.literals.entry(literal.to_ascii_lowercase()).or_default() += 1;
            }
        }
        if let (Some(numbers), Some(room)) = (&self.numbers, &mut room.numbers) {
            let start = now();
            numbers.propose(text, room, candidates);
            to.digits += start.elapsed();
        }
    }
}

/// Places where a match may start that are tried one by one: `(?:^|[^0-9a-z])name` takes two.
const STARTS: usize = 3;

/// A literal that is looked for.
#[derive(Debug)]
struct Mark {
    /// What follows from it: a number in the aims of all.
    aim: usize,
    /// Where the guard of that is entered.
    entry: Entry,
}

/// What follows from a literal that was found.
#[derive(Debug)]
struct Aim {
    rule: RuleIndex,
    /// Most bytes from the start of a match to the literal.
    before: usize,
    after: Option<usize>,
    /// How many places a match may start at, if they are few.
    starts: Option<usize>,
    /// Tells where the pattern cannot go on; `None` where the literal stands near a match and not in it.
    guard: Option<Guard>,
}

/// Literals, and what follows from any of them.
type Aimed = (Vec<Literal>, Aim);

/// The aims of a rule: none if it is looked for by its digits; or else what is to be done about it.
fn aims_of(source: &Source<'_>) -> Result<Vec<Aimed>, String> {
    if source.anchor == Some(Anchor::Digits) {
        return Ok(Vec::new());
    }
    match literals::probes(source.hir, source.anchor) {
        Ok(probes) => Ok(aims(source, probes)),
        Err(missing) => Some(announced(source))
            .filter(|aims| source.anchor.is_none() && !aims.is_empty())
            .ok_or_else(|| missing.advice().to_owned()),
    }
}

/// The aims of the probes of one rule: all say where a match starts, or none. How long a match may be does not matter here:
/// the confirm sees to it that a flood of places with long tails does not cost the square.
fn aims(source: &Source<'_>, probes: Vec<Probe>) -> Vec<Aimed> {
    let starts = |probe: &Probe| probe.before.1 - probe.before.0 + 1;
    let exact = probes.iter().all(|probe| starts(probe) <= STARTS);
    let aim = |probe: Probe| {
        let after = probe.after.and_then(|after| after.checked_add(source.more?));
        let (starts, before) = (exact.then_some(starts(&probe)), probe.before.1);
        let Guarded { literals, guard } = Guarded::new(probe, guard::STATES);
        (literals, Aim { rule: source.rule, before, after, starts, guard: Some(guard) })
    };
    probes.into_iter().map(aim).collect()
}

/// The aims of what has to stand near the matches of a rule: none if it has no keywords that can be looked for.
fn announced(source: &Source<'_>) -> Vec<Aimed> {
    let longest =
        literals::longest(std::iter::once(source.hir)).and_then(|longest| longest.checked_add(source.more?));
    let aim = |(literal, reach): (String, usize)| {
        let off = longest.map(|longest| longest.saturating_add(reach));
        let before = off.unwrap_or(usize::MAX);
        let aim = Aim { rule: source.rule, before, after: off, starts: None, guard: None };
        (vec![Literal { bytes: literal.into_bytes(), around: Around::ALL, entry: Entry::MAYBE }], aim)
    };
    source.keywords.map(|keywords| keywords.literals().into_iter().map(aim).collect()).unwrap_or_default()
}

impl Aim {
    /// Proposes a region for a literal that stands at a place, unless the pattern cannot match there.
    #[inline]
    fn take(
        &self,
        text: &[u8],
        place: Range<usize>,
        entry: Entry,
        segments: &mut Segments,
        candidates: &mut Candidates,
    ) {
        let at = place.start;
        let end = self.after.map_or(text.len(), |after| at.saturating_add(after));
        let may_match = || self.guard.as_ref().is_none_or(|guard| guard.may_go_on(text, place.end, entry));
        if let Some(starts) = self.starts {
            if may_match() {
                for start in (0..starts).filter_map(|sooner| at.checked_sub(self.before - sooner)) {
                    self.propose(start, end, segments.of(text, at), candidates);
                }
            }
            return;
        }
        let start = at.saturating_sub(self.before);
        if !candidates.covers(self.rule, at, start, end) && may_match() {
            self.propose(start, end, segments.of(text, at), candidates);
        }
    }

    #[cold]
    fn propose(&self, start: usize, end: usize, segment: Range<usize>, candidates: &mut Candidates) {
        let exact = self.starts.is_some();
        if exact && start < segment.start {
            return;
        }
        let (start, end) = (start.max(segment.start), end.min(segment.end));
        candidates.propose(self.rule, Region { start, end, segment, exact });
    }
}
