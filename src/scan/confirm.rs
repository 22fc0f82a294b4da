//! The confirm: decides which candidates are findings. There is one, whoever proposed them.
//!
//! In each segment the findings of a rule are the ones a plain search would give that runs the pattern
//! from the left, takes the leftmost match (of those, the one the pattern prefers), judges it, and goes
//! on: behind the range of a finding, or one byte past the start of a rejected match. So findings of one
//! rule never overlap each other. The segment is all the pattern sees: `^`, `$` and `\b` take its edges
//! for edges of the text. Validators see the whole text.
//!
//! **Order of judging.** First the anchor: a match of a rule anchored in digits has to keep what the
//! anchor promises, so that an engine with better eyes finds no more. Then masks that others left, which no
//! rule finds. Then the characters that the rule asks for, its keywords, of which each is looked for on both sides, and
//! the validators as they are listed: the first to reject ends it; one that is certain raises the confidence to high,
//! and the ones after it are still asked. Last, what only a placeholder of ours tells of is no finding.
//!
//! **Bias.** Validators may spare text only while there is budget ([`limits::REJECTED_RATIO`]); past it
//! a match is a finding as it stands. Long matches, all rejected, cannot be used to keep us busy.
//!
//! Not bounded here: a pattern whose tail is both optional and endless (`a(?:[^z]*z)?`) looks at all of
//! the text for each of its short matches. The linter of rules caps repeats.

use super::candidates::Region;
use super::late::{Late, Running};
use super::placeholder::Placeholders;
use super::tail::Tail;
use super::{Finding, digits, field, mask};
use crate::limits;
use crate::rule::validate::{Match, Objection, Validator, Verdict};
use crate::rule::{Anchor, Confidence, Extend, Rule, RuleIndex};
use regex_automata::{Anchored, Input};
use std::ops::Range;

/// Rounds of a tail that are walked at first to see whether a field follows.
const LEAST_WALK: usize = 64;

/// Judges a match.
pub(super) type Judge = dyn Fn(&Rule, Match<'_>) -> Result<Confidence, Refusal> + Send + Sync;

/// Why a match is no finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The rule is anchored in digits, and no seven of them stand within 32 bytes.
    Sparse,
    /// It is what somebody else wrote in place of a secret: `***`, `<REDACTED>`.
    Mask,
    /// Its keywords speak against it.
    Keywords(Objection),
    /// It has not the characters that its rule asks for.
    Characters,
    /// This validator rejects it.
    Validator(Validator),
    /// What tells of it is a word in a placeholder of ours.
    Placeholder,
}

/// Is told of every match and of what became of it. Nobody listens while telemetry is scanned.
pub(super) trait Watch {
    /// The ranges of the whole match and of its secret.
    fn matched(&mut self, rule: RuleIndex, whole: Range<usize>, secret: Range<usize>, judged: Judged);
}

impl Watch for () {
    fn matched(&mut self, _: RuleIndex, _: Range<usize>, _: Range<usize>, _: Judged) {}
}

/// What became of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    Taken(Confidence),
    /// Nothing may be rejected here any more: it is taken, although this speaks against it.
    TakenUnjudged(Refusal),
    Refused(Refusal),
}

/// The validators of the rule in their order.
pub(super) fn validators(rule: &Rule, matched: Match<'_>) -> Result<Confidence, Refusal> {
    let mut confidence = rule.confidence;
    for validator in &rule.validators {
        match validator.judge(matched) {
            Verdict::Reject => return Err(Refusal::Validator(*validator)),
            Verdict::Keep => {}
            Verdict::Certain => confidence = Confidence::High,
        }
    }
    Ok(confidence)
}

/// The pattern of one rule, ready to run.
#[derive(Debug)]
pub(super) struct Confirm {
    regex: Late,
    secret: Group,
    redact: Group,
    tail: Option<Tail>,
    extend: Option<Extend>,
    /// Whether a match has to hold seven digits within 32 bytes.
    digits: bool,
}

/// Caches of one rule for one thread, made when it is first needed.
#[derive(Debug)]
pub(super) struct Room(Option<Running>);

impl Confirm {
    /// Confirms what the regex of the head of a pattern, and its tail, match.
    pub(super) fn new(regex: Late, tail: Option<Tail>, rule: &Rule) -> Self {
        let group =
            |index, name: &str| Group { index, grows: tail.as_ref().is_some_and(|tail| tail.ends(name)) };
        let (secret, redact) = (group(regex.secret, "secret"), group(regex.redact, "redact"));
        let digits = rule.anchor == Some(Anchor::Digits);
        Self { regex, secret, redact, tail, extend: rule.extend, digits }
    }

    /// Most bytes of a match behind its head, not counting what it is extended by.
    pub(super) fn more(&self) -> Option<usize> {
        self.tail.as_ref().map_or(Some(0), Tail::longest)
    }

    /// Where a secret ends that a match of the pattern ends with: a pattern has a longest match, and what is
    /// longer goes on in the same characters.
    pub(super) fn goes_on_to(&self, segment: &[u8], secret: &Range<usize>) -> usize {
        let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let end = secret.end;
        match &self.tail {
            Some(tail) if field::ends(tail) => Self::goes_on_to_field(tail, segment, secret),
            Some(tail) => {
                Self::closed(tail, segment, &(secret.start..tail.walk_on(segment, end, usize::MAX)))
            }
            None => {
                let (before, after) = segment.split_at(end.min(segment.len()));
                match before.last() {
                    Some(last) if in_word(last) => {
                        end + after.iter().take_while(|byte| in_word(byte)).count()
                    }
                    _ => end,
                }
            }
        }
    }

    /// Bit by bit: where a field follows the next secret may, and what was read beyond it is read again.
    fn goes_on_to_field(tail: &Tail, segment: &[u8], secret: &Range<usize>) -> usize {
        let (mut end, mut most) = (secret.end, LEAST_WALK);
        loop {
            let next = tail.walk_on(segment, end, most);
            let field = field::end(segment, &(secret.start..next), end);
            if field < next || next == end {
                return field;
            }
            (end, most) = (next, most * 2);
        }
    }

    pub(super) fn room(&self) -> Room {
        Room(self.regex.run())
    }

    /// The leftmost match in the input: all of it, what is blacked out, and the secret.
    fn find(&self, input: &Input<'_>, room: &mut Room) -> Option<Found> {
        let Some(Running { regex, cache, captures }) = &mut room.0 else {
            return Some(Found {
                whole: input.get_range(),
                range: input.get_range(),
                secret: input.get_range(),
            });
        };
        if self.secret.index.is_none() && self.redact.index.is_none() {
            let head = regex.search_with(cache, input)?.range();
            let hay = input.haystack();
            let range = match self.extend {
                Some(extend) => extend.range(hay, head.clone()),
                None => head.start..self.end(hay, head.end),
            };
            let whole = head.start..head.end.max(range.end);
            return Some(Found { range: range.clone(), secret: range, whole });
        }
        regex.search_captures_with(cache, input, captures);
        let head = captures.get_match()?.range();
        let whole = head.start..self.end(input.haystack(), head.end);
        let group = |group: &Group| {
            let span = captures.get_group(group.index?)?;
            let range = span.start..if group.grows { whole.end } else { span.end };
            (!range.is_empty())
                .then(|| if group.grows { self.of_field(input.haystack(), range) } else { range })
        };
        let (secret, redact) = (group(&self.secret), group(&self.redact));
        let range = redact.or_else(|| secret.clone()).unwrap_or_else(|| whole.clone());
        let secret = secret.unwrap_or_else(|| whole.clone());
        Some(Found { range, secret, whole })
    }

    /// Whether the fields behind a value of the rule are none of it.
    pub(super) fn ends_at_field(&self) -> bool {
        self.tail.as_ref().is_some_and(field::ends)
    }

    /// A value that the tail of the pattern ends, without the fields behind it: all that stands in quotes or between
    /// signs ends sooner than the tail does.
    fn of_field(&self, segment: &[u8], value: Range<usize>) -> Range<usize> {
        match &self.tail {
            Some(tail) if field::ends(tail) => value.start..field::end(segment, &value, value.start),
            Some(tail) => value.start..Self::closed(tail, segment, &value),
            None => value,
        }
    }

    /// The end of a value that a tail ends: sooner, if an escaped quote is closed before.
    fn closed(tail: &Tail, segment: &[u8], value: &Range<usize>) -> usize {
        let closing = if tail.goes_over_quotes() { field::closing(segment, value) } else { None };
        closing.unwrap_or(value.end)
    }

    /// The end of the match whose head ends here.
    fn end(&self, hay: &[u8], head: usize) -> usize {
        self.tail.as_ref().map_or(head, |tail| tail.walk(hay, head))
    }
}

/// A group of the pattern.
#[derive(Debug)]
struct Group {
    index: Option<usize>,
    /// Whether it ends where the tail does.
    grows: bool,
}

/// A match, by offsets into its segment.
struct Found {
    whole: Range<usize>,
    range: Range<usize>,
    secret: Range<usize>,
}

/// One rule over one text.
pub(super) struct Run<'a> {
    pub(super) text: &'a [u8],
    pub(super) rule: &'a Rule,
    pub(super) index: RuleIndex,
    pub(super) confirm: &'a Confirm,
    pub(super) placeholders: &'a Placeholders,
    pub(super) judge: &'a Judge,
}

impl Run<'_> {
    /// Appends the findings in these regions, which are in order.
    pub(super) fn over(
        &self,
        regions: &[Region],
        room: &mut Room,
        findings: &mut Vec<Finding>,
        watch: &mut impl Watch,
    ) {
        for regions in regions.chunk_by(|one, next| one.segment == next.segment) {
            self.segment(regions, room, findings, watch);
        }
    }

    /// Tries the places one by one while that is affordable, and then searches what is left as a whole.
    /// Both find the same.
    fn segment(
        &self,
        regions: &[Region],
        room: &mut Room,
        findings: &mut Vec<Finding>,
        watch: &mut impl Watch,
    ) {
        let Some(first) = regions.first() else { return };
        let mut place = Place::new(first.segment.clone());
        for (tried, region) in regions.iter().enumerate() {
            if region.exact && place.tries == 0 {
                let rest = regions.iter().skip(tried).map(|region| region.end).max();
                let whole = Region { end: rest.unwrap_or(region.end), exact: false, ..region.clone() };
                return self.region(&whole, &mut place, room, findings, watch);
            }
            self.region(region, &mut place, room, findings, watch);
        }
    }

    fn region(
        &self,
        region: &Region,
        place: &mut Place,
        room: &mut Room,
        findings: &mut Vec<Finding>,
        watch: &mut impl Watch,
    ) {
        let base = place.segment.start;
        let hay = self.text.get(place.segment.clone()).unwrap_or_default();
        let (first, end) = (region.start - base, region.end.saturating_sub(base).min(hay.len()));
        if region.exact && first < place.next {
            return;
        }
        let anchored = if region.exact { Anchored::Yes } else { Anchored::No };
        loop {
            let start = first.max(place.next);
            if start >= end {
                return;
            }
            let input = Input::new(hay).range(start..end).anchored(anchored);
            let Some(found) = self.confirm.find(&input, room) else {
                place.tries = place.tries.saturating_sub(end - start);
                return;
            };
            place.next = found.whole.start + 1;
            let shift = |range: &Range<usize>| base + range.start..base + range.end;
            let (whole, secret) = (shift(&found.whole), shift(&found.secret));
            let judged = self.judged(&whole, &secret, place);
            watch.matched(self.index, whole, secret.clone(), judged);
            match judged {
                Judged::Refused(_) => place.tries = place.tries.saturating_sub(found.whole.len()),
                Judged::Taken(confidence) => {
                    self.take(shift(&found.range), secret, confidence, place, findings);
                }
                Judged::TakenUnjudged(_) => {
                    self.take(shift(&found.range), secret, self.rule.confidence, place, findings);
                }
            }
            if region.exact {
                return;
            }
        }
    }

    fn judged(&self, whole: &Range<usize>, secret: &Range<usize>, place: &mut Place) -> Judged {
        let bytes = self.text.get(whole.clone()).unwrap_or_default();
        if self.confirm.digits && !digits::dense(bytes) {
            return Judged::Refused(Refusal::Sparse);
        }
        let matched = Match::new(self.text, secret);
        let judged = if self.is_mask(secret) {
            Err(Refusal::Mask)
        } else if self.rule.characters.is_some_and(|characters| !characters.are_in(matched.secret())) {
            Err(Refusal::Characters)
        } else if let Some(objection) = self.objection(matched) {
            Err(Refusal::Keywords(objection))
        } else {
            (self.judge)(self.rule, matched)
        };
        match judged {
            Ok(_) if self.placeholders.tell_of(self.text, whole.start, secret) => {
                Judged::Refused(Refusal::Placeholder)
            }
            Ok(confidence) => Judged::Taken(confidence),
            Err(refusal) if place.may_reject(whole.len()) => Judged::Refused(refusal),
            Err(refusal) => Judged::TakenUnjudged(refusal),
        }
    }

    /// What the keywords of the rule say against it. What stands in a placeholder says nothing.
    fn objection(&self, matched: Match<'_>) -> Option<Objection> {
        let keywords = self.rule.keywords.as_ref()?;
        keywords.objection(matched, &|at| self.placeholders.hold(self.text, at))
    }

    fn take(
        &self,
        range: Range<usize>,
        secret: Range<usize>,
        confidence: Confidence,
        place: &mut Place,
        findings: &mut Vec<Finding>,
    ) {
        let range = range.start.min(secret.start)..range.end.max(secret.end);
        place.next = place.next.max(range.end - place.segment.start);
        findings.push(Finding { rule: self.index, range, secret, confidence });
    }

    /// Of an address its user is, also where the match starts in the middle of it.
    fn is_mask(&self, secret: &Range<usize>) -> bool {
        let bytes = self.text.get(secret.clone()).unwrap_or_default();
        match memchr::memchr(b'@', bytes).filter(|_| self.rule.anchor == Some(Anchor::At)) {
            Some(at) => mask::ends_in_mask(self.text.get(..secret.start + at).unwrap_or_default()),
            None => mask::is_mask(bytes),
        }
    }
}

/// How far the search has come in a segment.
struct Place {
    segment: Range<usize>,
    /// No match may start before this offset.
    next: usize,
    /// Bytes of matches that may still be rejected.
    budget: usize,
    /// Bytes of candidates that may still come to nothing one by one.
    tries: usize,
}

impl Place {
    fn new(segment: Range<usize>) -> Self {
        let of = |ratio| segment.len().saturating_mul(ratio).saturating_add(limits::REJECTED_FREE_BYTES);
        let (budget, tries) = (of(limits::REJECTED_RATIO), of(limits::TRIED_RATIO));
        Self { segment, next: 0, budget, tries }
    }

    fn may_reject(&mut self, bytes: usize) -> bool {
        let left = self.budget.checked_sub(bytes);
        self.budget = left.unwrap_or(0);
        left.is_some()
    }
}
