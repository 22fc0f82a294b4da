//! The rules that are anchored in digits: which of them may match where.
//!
//! Clusters of digits are common (every timestamp is one) and have no place to start from, so one lazy automaton of all
//! these rules goes over a cluster first and says which of them may match at all: one pass, however many there are. On
//! text with a log line in eight it is a fifth of the time of a scan.
//!
//! It keeps [`limits::DIGITS_CACHE_BYTES`] of states, and is thrown away and made anew where a text asks for more: that
//! takes twenty times as long. What multiplies states is counting what stands beside the digits, so the patterns are
//! widened there, and a test holds the states of motley text to half of that.

use super::candidates::{Candidates, Region};
use super::generator::Source;
use super::segment::Segments;
use super::{digits, pattern};
use crate::limits;
use crate::rule::RuleIndex;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::{Input, MatchKind, PatternSet};
use regex_syntax::hir::Hir;
use std::ops::Range;

/// The rules that are anchored in digits.
#[derive(Debug)]
pub(super) struct Numbers {
    rules: Vec<RuleIndex>,
    /// The most bytes of a match that may stand on one side of its digits.
    reach: usize,
    /// All of the patterns, to say which of them may match somewhere. Letters are not counted in them: beside the
    /// digits of the others that would take an automaton of twenty megabytes for the sources of a few libraries.
    any: DFA,
}

/// What it needs for itself, kept between calls.
#[derive(Debug)]
pub(super) struct Room {
    cache: Cache,
    matching: PatternSet,
}

/// The most letters that are counted in a row: those of a country, or of a series.
const WORDS: u32 = 2;

impl Numbers {
    /// Builds the automaton, or says which rule it cannot look for, and why.
    pub(super) fn new(sources: &[Source<'_>]) -> Result<Option<Self>, (RuleIndex, String)> {
        let Some(first) = sources.first() else { return Ok(None) };
        let mut reach = 0;
        for source in sources {
            let longest = source.hir.properties().maximum_len().ok_or_else(|| {
                let advice = "anchor = \"digits\", but a match may be of any length: bound its repeats";
                (source.rule, advice.to_owned())
            })?;
            reach = reach.max(longest.saturating_sub(digits::DIGITS));
        }
        let widened =
            |source: &Source<'_>| pattern::endless_words(&pattern::without_edges(source.hir), WORDS);
        let hirs: Vec<Hir> = sources.iter().map(widened).collect();
        let any = which(&hirs).map_err(|reason| (first.rule, reason))?;
        Ok(Some(Self { rules: sources.iter().map(|source| source.rule).collect(), reach, any }))
    }

    /// Room for one thread.
    pub(super) fn room(&self) -> Room {
        Room { cache: self.any.create_cache(), matching: PatternSet::new(self.rules.len()) }
    }

    /// Whether a rule is one of them.
    pub(super) fn hold(&self, rule: RuleIndex) -> bool {
        self.rules.contains(&rule)
    }

    /// Proposes the regions of a text.
    pub(super) fn propose(&self, text: &[u8], room: &mut Room, out: &mut Candidates) {
        let Room { cache, matching } = room;
        let mut segments = Segments::default();
        digits::each(text, |cluster| {
            let Range { start, end } = self.around(text, &cluster, &mut segments);
            matching.clear();
            let input = Input::new(text).range(start..end);
            if self.any.try_which_overlapping_matches(cache, &input, matching).is_err() {
                self.all(matching);
            }
            if matching.is_empty() {
                return;
            }
            let rules = matching.iter().filter_map(|pattern| self.rules.get(pattern.as_usize()));
            rules.for_each(|rule| by_segment(text, start..end, segments.clone(), *rule, out));
        });
    }

    /// What a match may stand in that has its digits in a cluster: no further from them than a match is long,
    /// and in a segment that holds one of them. Leaves `segments` at that of the first.
    fn around(&self, text: &[u8], cluster: &Range<usize>, segments: &mut Segments) -> Range<usize> {
        let digits = text.get(cluster.clone()).unwrap_or_default();
        let place = |at: Option<usize>| cluster.start + at.unwrap_or_default();
        let first = place(digits.iter().position(u8::is_ascii_digit));
        let last = place(digits.iter().rposition(u8::is_ascii_digit));
        let start = segments.of(text, first).start.max(first.saturating_sub(self.reach));
        let end = segments.clone().of(text, last).end.min((last + 1).saturating_add(self.reach));
        start..end
    }

    /// Where the automaton cannot tell, all of them may match.
    #[cold]
    fn all(&self, matching: &mut PatternSet) {
        for pattern in 0..self.rules.len() {
            if let Ok(pattern) = regex_automata::PatternID::new(pattern) {
                matching.insert(pattern);
            }
        }
    }
}

/// Proposes what of this range lies in each segment.
fn by_segment(
    text: &[u8],
    range: Range<usize>,
    mut segments: Segments,
    rule: RuleIndex,
    out: &mut Candidates,
) {
    let mut place = range.start;
    while place < range.end {
        let segment = segments.of(text, place);
        let (start, end) = (place.max(segment.start), range.end.min(segment.end));
        place = segment.end.max(place) + 1;
        if end >= start + digits::DIGITS {
            out.propose(rule, Region { start, end, segment, exact: false });
        }
    }
}

/// An automaton that tells which of the patterns match somewhere.
fn which(hirs: &[Hir]) -> Result<DFA, String> {
    let nfa = thompson::Compiler::new()
        .configure(thompson::Config::new().utf8(false).which_captures(thompson::WhichCaptures::None))
        .build_many_from_hir(hirs)
        .map_err(|error| error.to_string())?;
    let config = DFA::config()
        .match_kind(MatchKind::All)
        .unicode_word_boundary(true)
        .cache_capacity(limits::DIGITS_CACHE_BYTES)
        .skip_cache_capacity_check(true);
    DFA::builder().configure(config).build_from_nfa(nfa).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::rule::{Anchor, Ruleset};

    /// Words, names, signs and numbers of every length, one behind the other: nothing repeats.
    fn motley(bytes: usize) -> Vec<u8> {
        let mut state = 7_u64;
        let mut roll = |sides: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % sides
        };
        let mut text = Vec::new();
        while text.len() < bytes {
            let (alphabet, longest): (&[u8], u64) = match roll(6) {
                0 | 1 => (b"0123456789", 19),
                2 => (b"abcdefghijklmnopqrstuvwxyz", 12),
                3 => (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 6),
                4 => (b"0123456789ABCDEF<-./: ", 16),
                _ => (b" \n,.:;/-_=+<>()[]{}'\"#|@", 3),
            };
            for _ in 0..=roll(longest) {
                text.push(alphabet[usize::try_from(roll(alphabet.len() as u64)).unwrap()]);
            }
        }
        text
    }

    #[test]
    fn motley_text_asks_for_no_more_states_than_are_kept() {
        let rules = Ruleset::embedded().unwrap();
        let parsed: Vec<_> = rules
            .rules()
            .filter(|(_, rule)| rule.anchor == Some(Anchor::Digits))
            .map(|(index, rule)| (index, pattern::parse(&rule.pattern).unwrap()))
            .collect();
        let source =
            |(rule, hir)| Source { rule, hir, anchor: Some(Anchor::Digits), keywords: None, more: Some(0) };
        let sources: Vec<_> = parsed.iter().map(|(rule, hir)| source((*rule, hir))).collect();
        let numbers = Numbers::new(&sources).unwrap().unwrap();
        let (mut room, mut candidates) = (numbers.room(), Candidates::new(rules.rules().count()));
        numbers.propose(&motley(256 << 10), &mut room, &mut candidates);
        let kept = room.cache.memory_usage();
        assert_eq!(room.cache.clear_count(), 0);
        assert!(kept < limits::DIGITS_CACHE_BYTES / 2, "{kept} bytes");
    }
}
