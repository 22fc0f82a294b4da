//! A cheap second look at a literal that was found: may the pattern match here at all?
//!
//! **Promise.** Never says no where the pattern matches. Words like `token` and `password` are in
//! every other sentence of what coding agents say; this turns nearly all of them down after a
//! few steps, and the regex is not even started.
//!
//! It is an automaton of the pattern from the place of the literal on, entered behind the literal that was found there.
//! The rounds of a repeat are not counted up to its bound: `[a-z]{0,24}=` has 24 states and `[a-z]*=` one. It stops where
//! the pattern has matched, so it never walks a long tail, and says "maybe" after [`limits::GUARD_BYTES`], so that a flood
//! of literals costs a bounded amount each.
//!
//! It is made deterministic, but only in the [`STATES`] that are nearest behind the literals: there it turns down nearly
//! all that it ever does. Made deterministic as a whole, from the literals on, the guards of a pack were two thirds of the
//! work of compiling it, and 50 MB; walked with all states at once, they take a quarter of a scan.

use super::around::{self, Around};
use super::literals::Probe;
use super::{SEPARATOR, pattern};
use crate::limits;
use regex_automata::nfa::thompson::{self, NFA, State};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;
use regex_syntax::hir::Hir;
use std::collections::HashMap;

/// Rounds of a repeat that are counted: a guard need not know a key of 64 characters from one of 16.
const ROUNDS: u32 = 16;
/// Bytes building one may take.
const BUILD_BYTES: usize = 4 << 20;
/// States of one. What is beyond them it cannot tell.
pub(super) const STATES: usize = 128;

/// The state in which the pattern cannot go on.
const NO: u16 = 0;
/// The one in which it has matched, or in which nothing is known.
const MAYBE: u16 = 1;

/// See the module.
#[derive(Debug)]
pub(super) struct Guard {
    /// The class of each byte: those that lead to the same states everywhere have one.
    classes: Box<[u8; 256]>,
    /// Of a row of the table.
    width: usize,
    /// By state and class, the next state. Those that have a row of their own begin at 2.
    table: Box<[u16]>,
}

/// Where a guard is entered: its state behind a literal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry(u16);

impl Entry {
    /// That of what has no guard.
    pub(super) const MAYBE: Self = Self(MAYBE);
}

/// What is looked for at one place of a pattern.
#[derive(Debug)]
pub(super) struct Guarded {
    /// In lower case: one of them stands there in every match.
    pub(super) literals: Vec<Literal>,
    pub(super) guard: Guard,
}

/// One literal of a place.
#[derive(Debug)]
pub(super) struct Literal {
    pub(super) bytes: Vec<u8>,
    pub(super) around: Around,
    /// Where the guard is entered behind it.
    pub(super) entry: Entry,
}

impl Guarded {
    /// The place of a probe, guarded by its parts from there on or by as many of the first of them as fit, in so many
    /// states at most.
    pub(super) fn new(probe: Probe, states: usize) -> Self {
        let Probe { literals, parts: (head, tail), .. } = probe;
        let counts =
            std::iter::successors(Some(tail.len()), |count| Some(count / 2)).take_while(|count| *count > 0);
        let guarded = counts.filter_map(|count| tail.get(..count)).find_map(|parts| {
            let automaton = automaton(parts.iter().map(|part| &part.hir))?;
            let (guard, entries) = Table::new(Places::new(&automaton).all, states).build(&literals);
            Some((guard, entries, around::around(head.iter().map(|part| &part.hir), &automaton, &literals)))
        });
        let (guard, entries, around) = guarded.unwrap_or_else(|| {
            (Guard::of_nothing(), vec![Entry::MAYBE; literals.len()], vec![Around::ALL; literals.len()])
        });
        let literal = |((bytes, around), entry)| Literal { bytes, around, entry };
        Self { literals: literals.into_iter().zip(around).zip(entries).map(literal).collect(), guard }
    }
}

/// An automaton of these parts, if it fits. The rounds of repeats are not counted up to their bounds.
pub(super) fn automaton<'a>(parts: impl Iterator<Item = &'a Hir>) -> Option<NFA> {
    let hir = Hir::concat(parts.map(|part| pattern::endless(part, ROUNDS)).collect());
    let config = thompson::Config::new()
        .utf8(false)
        .nfa_size_limit(Some(BUILD_BYTES))
        .which_captures(thompson::WhichCaptures::None);
    thompson::Compiler::new().configure(config).build_from_hir(&hir).ok()
}

impl Guard {
    /// Turns nothing down.
    fn of_nothing() -> Self {
        Self { classes: Box::new([0; 256]), width: 1, table: Box::new([]) }
    }

    /// Whether the pattern may go on behind a literal that ends at this place. Stops at the end of the segment.
    pub(super) fn may_go_on(&self, text: &[u8], at: usize, entry: Entry) -> bool {
        let Entry(mut state) = entry;
        let behind = text.get(at..).unwrap_or_default();
        for byte in behind.iter().take(limits::GUARD_BYTES) {
            state = self.next(state, *byte);
            if state <= MAYBE {
                return state == MAYBE;
            }
        }
        // The text has ended, or this is as far as one is walked.
        behind.len() > limits::GUARD_BYTES || self.next(state, SEPARATOR) == MAYBE
    }

    #[inline]
    fn next(&self, state: u16, byte: u8) -> u16 {
        let Some(row) = usize::from(state).checked_sub(2) else { return state };
        let class = self.classes.get(usize::from(byte)).copied().unwrap_or_default();
        self.table.get(row * self.width + usize::from(class)).copied().unwrap_or(MAYBE)
    }
}

/// What stands between two bytes. Those kinds that cannot be told of two bytes alone are `Any`.
#[derive(Debug, Clone, Copy)]
enum Edge {
    Start,
    End,
    StartOfLine,
    EndOfLine,
    Word,
    NoWord,
    /// Of letters beyond ASCII, too.
    AnyWord,
    Any,
}

impl Edge {
    const fn of(look: Look) -> Self {
        match look {
            Look::Start => Self::Start,
            Look::End => Self::End,
            Look::StartLF => Self::StartOfLine,
            Look::EndLF => Self::EndOfLine,
            Look::WordAscii => Self::Word,
            Look::WordAsciiNegate => Self::NoWord,
            Look::WordUnicode => Self::AnyWord,
            _ => Self::Any,
        }
    }

    /// Where a kind of bytes begins that edges tell apart.
    const FIRST: [u8; 11] =
        [b'\n', b'\n' + 1, b'0', b'9' + 1, b'A', b'Z' + 1, b'_', b'_' + 1, b'a', b'z' + 1, 128];

    /// The byte that stands for all that are the same to any edge.
    fn like(byte: u8) -> u8 {
        match byte {
            b'\n' => b'\n',
            b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => b'a',
            128.. => 128,
            _ => b' ',
        }
    }

    /// Whether there may be one between two bytes; without one is an edge of the segment.
    fn may_be(self, before: Option<u8>, behind: Option<u8>) -> bool {
        let is_word =
            |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_ascii = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii());
        match self {
            Self::Start => before.is_none(),
            Self::End => behind.is_none(),
            Self::StartOfLine => before.is_none_or(|byte| byte == b'\n'),
            Self::EndOfLine => behind.is_none_or(|byte| byte == b'\n'),
            Self::Word => is_word(before) != is_word(behind),
            Self::NoWord => is_word(before) == is_word(behind),
            // What is beyond ASCII may be a part of a letter.
            Self::AnyWord if is_ascii(before) && is_ascii(behind) => is_word(before) != is_word(behind),
            Self::AnyWord | Self::Any => true,
        }
    }
}

/// A place in a pattern with all places that are reached from it by no byte.
#[derive(Debug, Default)]
struct Place {
    is_end: bool,
    /// To places, by number.
    edges: Vec<(Edge, Number)>,
    branches: Vec<(u8, u8, Number)>,
}

/// The places of an automaton.
struct Places<'a> {
    nfa: &'a NFA,
    /// By state of it: the number of the place.
    numbers: Vec<Option<Number>>,
    /// By state of it: the last place that it was seen to be a part of, counted from 1.
    seen: Vec<usize>,
    /// By place: its state.
    sources: Vec<StateID>,
    /// The first is the one before the literals.
    all: Vec<Place>,
}

impl<'a> Places<'a> {
    fn new(nfa: &'a NFA) -> Self {
        let (numbers, seen) = (vec![None; nfa.states().len()], vec![0; nfa.states().len()]);
        let mut places = Self { nfa, numbers, seen, sources: Vec::new(), all: Vec::new() };
        places.number(nfa.start_anchored());
        while let Some(source) = places.sources.get(places.all.len()) {
            let place = places.place(*source);
            places.all.push(place);
        }
        places
    }

    /// The number of the place of a state.
    fn number(&mut self, source: StateID) -> Number {
        let next = self.sources.len() as Number;
        let Some(number) = self.numbers.get_mut(source.as_usize()) else { return next };
        if number.is_none() {
            self.sources.push(source);
        }
        *number.get_or_insert(next)
    }

    /// What is reached from a state by no byte, as one.
    fn place(&mut self, source: StateID) -> Place {
        let (mut place, mut ranges) = (Place::default(), Vec::new());
        let mut open = vec![source];
        let number = self.all.len() + 1;
        while let Some(state) = open.pop() {
            let next: &[StateID] = match self.nfa.state(state) {
                State::Union { alternates } => alternates,
                State::BinaryUnion { alt1, alt2 } => &[*alt1, *alt2],
                State::Capture { next, .. } => &[*next],
                State::Look { look, next } => {
                    place.edges.push((Edge::of(*look), self.number(*next)));
                    &[]
                }
                State::Match { .. } => {
                    place.is_end = true;
                    &[]
                }
                state => {
                    around::each(state, |low, high, to| ranges.push((low, high, self.number(to))));
                    &[]
                }
            };
            for next in next {
                if let Some(seen) = self.seen.get_mut(next.as_usize()).filter(|seen| **seen != number) {
                    *seen = number;
                    open.push(*next);
                }
            }
        }
        place.branches = parted(ranges);
        place
    }
}

/// The number of a place.
type Number = u32;

/// What tells a state of a guard: the places it may be at, in their order, and behind them the byte that stands before, as
/// far as an edge may ask for it, as a number that no place has.
type Key = Vec<Number>;

/// Makes a guard deterministic.
struct Table {
    places: Vec<Place>,
    classes: [u8; 256],
    /// A byte of each class; for the last one, where the text ends.
    bytes: Vec<Option<u8>>,
    /// By key, the state.
    known: HashMap<Key, u16>,
    /// Those that have a state, in their order: the places, and what stands before.
    states: Vec<(Vec<Number>, Option<u8>)>,
    /// How many there may be.
    most: usize,
    /// Kept between rows.
    now: Vec<Number>,
}

impl Table {
    fn new(places: Vec<Place>, most: usize) -> Self {
        let (classes, bytes) = classes(&places);
        Self { places, most, classes, bytes, known: HashMap::new(), states: Vec::new(), now: Vec::new() }
    }

    /// The guard, and where it is entered behind each of the literals.
    fn build(mut self, literals: &[Vec<u8>]) -> (Guard, Vec<Entry>) {
        let mut entries = Vec::new();
        for literal in literals {
            let mut places = self.behind(literal);
            entries.push(Entry(self.state(&mut places, literal.last().copied())));
        }
        let (mut table, mut done) = (Vec::new(), 0);
        while let Some((places, before)) = self.states.get(done).cloned() {
            self.row(&places, before, &mut table);
            done += 1;
        }
        let width = self.bytes.len();
        let mut classes = Box::new(self.classes);
        // Nothing matches a separator: it ends what the end of a text does.
        if let (Some(class), Some(end)) = (classes.get_mut(usize::from(SEPARATOR)), width.checked_sub(1)) {
            *class = end as u8;
        }
        (Guard { classes, width, table: table.into() }, entries)
    }

    /// Appends where each class leads.
    fn row(&mut self, places: &[Number], before: Option<u8>, table: &mut Vec<u16>) {
        let (mut first, mut led) = (0, Vec::new());
        let mut now = std::mem::take(&mut self.now);
        for end in self.runs(places) {
            led.clear();
            now.clear();
            now.extend_from_slice(places);
            self.lead(&mut now, before, self.byte(first), &mut led);
            if self.has_edges(&led) {
                // They ask for the byte before them.
                for class in first..end {
                    table.push(self.state(&mut led, self.byte(class)));
                }
            } else {
                let state = self.state(&mut led, None);
                table.extend(std::iter::repeat_n(state, end - first));
            }
            first = end;
        }
        self.now = now;
    }

    /// Where the runs of classes end that lead to the same places.
    fn runs(&self, places: &[Number]) -> Vec<usize> {
        let width = self.bytes.len();
        if self.has_edges(places) {
            return (1..=width).collect();
        }
        let branches = places.iter().filter_map(|place| self.place(*place)).flat_map(|place| &place.branches);
        let mut ends: Vec<usize> =
            branches.flat_map(|(low, high, _)| [self.class(*low), self.class(*high) + 1]).collect();
        ends.push(width);
        ends.sort_unstable();
        ends.dedup();
        ends.retain(|end| *end > 0);
        ends
    }

    fn place(&self, number: Number) -> Option<&Place> {
        self.places.get(number as usize)
    }

    fn has_edges(&self, places: &[Number]) -> bool {
        places.iter().filter_map(|place| self.place(*place)).any(|place| !place.edges.is_empty())
    }

    /// Adds the places that a byte leads to from those of `now`, or the end of the text. Edges on the way are crossed if
    /// they may be.
    fn lead(&self, now: &mut Vec<Number>, before: Option<u8>, byte: Option<u8>, led: &mut Vec<Number>) {
        let mut number = 0;
        while let Some(at) = now.get(number).copied() {
            number += 1;
            let Some(place) = self.place(at) else { continue };
            if place.is_end {
                led.clear();
                led.push(at);
                return;
            }
            let open = place.edges.iter().filter(|(edge, _)| edge.may_be(before, byte));
            open.for_each(|(_, to)| enter(now, *to));
            let Some(byte) = byte else { continue };
            let from = place.branches.partition_point(|(_, high, _)| *high < byte);
            let leads = place.branches.iter().skip(from).take_while(|(low, ..)| *low <= byte);
            leads.for_each(|(_, _, to)| enter(led, *to));
        }
    }

    /// A byte of a class, if it is not the end of the text.
    fn byte(&self, class: usize) -> Option<u8> {
        self.bytes.get(class).copied().flatten()
    }

    fn class(&self, byte: u8) -> usize {
        self.classes.get(usize::from(byte)).copied().map_or(0, usize::from)
    }

    /// The state of these places, which it sorts, behind a byte.
    fn state(&mut self, places: &mut Vec<Number>, before: Option<u8>) -> u16 {
        if places.is_empty() {
            return NO;
        }
        if places.iter().filter_map(|place| self.place(*place)).any(|place| place.is_end) {
            return MAYBE;
        }
        let before = before.filter(|_| self.has_edges(places)).map(Edge::like);
        places.sort_unstable();
        let mark = Number::MAX - before.map_or(0, |byte| Number::from(byte) + 1);
        places.push(mark);
        let known = self.known.get(places.as_slice()).copied();
        let state = known.unwrap_or_else(|| self.enter(places, before));
        places.pop();
        state
    }

    /// A new state, if there are not too many.
    fn enter(&mut self, key: &Key, before: Option<u8>) -> u16 {
        if self.states.len() == self.most {
            return MAYBE;
        }
        let state = self.states.len() as u16 + MAYBE + 1;
        self.known.insert(key.clone(), state);
        let places = key.split_last().map(|(_, places)| places.to_vec()).unwrap_or_default();
        self.states.push((places, before));
        state
    }

    /// The places behind a literal in lower case, which may stand there in any.
    fn behind(&self, literal: &[u8]) -> Vec<Number> {
        let (mut now, mut before) = (vec![0], None);
        for byte in literal {
            let (mut number, mut next) = (0, Vec::new());
            while let Some(place) = now.get(number).and_then(|place| self.place(*place)) {
                number += 1;
                for (edge, to) in &place.edges {
                    // What stands before the literal is not known.
                    if before.is_none() || edge.may_be(before, Some(*byte)) {
                        enter(&mut now, *to);
                    }
                }
                let either = [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()];
                for (low, high, to) in &place.branches {
                    if either.iter().any(|byte| (low..=high).contains(&byte)) {
                        enter(&mut next, *to);
                    }
                }
            }
            (now, before) = (next, Some(*byte));
        }
        now
    }
}

/// The class of each byte, and a byte of each class; the last class is that of the end of the text, and of a segment.
fn classes(places: &[Place]) -> ([u8; 256], Vec<Option<u8>>) {
    let mut is_first = [false; 257];
    let mut first =
        |byte: u16| is_first.get_mut(usize::from(byte)).into_iter().for_each(|first| *first = true);
    for place in places {
        place.branches.iter().for_each(|(low, high, _)| {
            first(u16::from(*low));
            first(u16::from(*high) + 1);
        });
        if !place.edges.is_empty() {
            Edge::FIRST.into_iter().for_each(|byte| first(u16::from(byte)));
        }
    }
    // Nothing matches a separator: it begins no class of its own, so that there is a number for the end.
    let separator = usize::from(SEPARATOR);
    if let Some([first, next]) = is_first.get_mut(separator..separator + 2) {
        *next |= std::mem::take(first);
    }
    let (mut classes, mut bytes) = ([0; 256], Vec::new());
    for ((byte, class), is_first) in (0..=u8::MAX).zip(&mut classes).zip(is_first) {
        if bytes.is_empty() || is_first {
            bytes.push(Some(byte));
        }
        *class = (bytes.len() - 1) as u8;
    }
    bytes.push(None);
    (classes, bytes)
}

/// Ranges of bytes, and where they lead, in ranges of which none begins within another, in their order.
fn parted(ranges: Vec<(u8, u8, Number)>) -> Vec<(u8, u8, Number)> {
    // Mostly they are those of one class.
    if ranges.is_sorted_by(|(_, high, _), (low, ..)| high < low) {
        return ranges;
    }
    let ends = |(low, high, _): &(u8, u8, Number)| [u16::from(*low), u16::from(*high) + 1];
    let mut edges: Vec<u16> = ranges.iter().flat_map(ends).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut parted = Vec::new();
    for (low, end) in edges.iter().zip(edges.iter().skip(1)) {
        let (Ok(low), Ok(high)) = (u8::try_from(*low), u8::try_from(end - 1)) else { continue };
        let within = ranges.iter().filter(|(first, last, _)| *first <= low && high <= *last);
        parted.extend(within.map(|(_, _, to)| (low, high, *to)));
    }
    parted
}

/// Adds one that is not there yet.
fn enter(places: &mut Vec<Number>, place: Number) {
    if !places.contains(&place) {
        places.push(place);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::literals;
    use super::*;
    use proptest::prelude::*;
    use regex_automata::{Anchored, Input, meta};

    fn guarded(pattern: &str) -> Vec<Guarded> {
        let hir = pattern::parse(pattern).unwrap();
        literals::probes(&hir, None).unwrap().into_iter().map(|probe| Guarded::new(probe, STATES)).collect()
    }

    /// Whether a pattern may match where one of its literals stands.
    fn may_match(places: &[Guarded], text: &[u8], at: usize) -> bool {
        places.iter().any(|place| {
            place.literals.iter().any(|literal| {
                let end = at + literal.bytes.len();
                let stands =
                    text.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(&literal.bytes));
                stands && place.guard.may_go_on(text, end, literal.entry)
            })
        })
    }

    #[test]
    fn says_no_where_nothing_matches() {
        let words = guarded(r"(?i)token[=:]\w{4,99}\b");
        assert!(may_match(&words, b"a Token=abcd", 2));
        assert!(!may_match(&words, b"a Token abcd", 2));
        assert!(may_match(&words, b"a\x1etoken=abcd\x1eb", 2));
        assert!(!may_match(&words, b"token=abc\x1ed", 0));
        assert!(!may_match(&words, b"token", 0));
        let edges = guarded(r"key\b(?:$|[ ]x|(?m:$)\ny)");
        assert!(may_match(&edges, b"key", 0));
        assert!(may_match(&edges, b"key\x1e", 0));
        assert!(may_match(&edges, b"key x", 0));
        assert!(may_match(&edges, b"key\ny", 0));
        assert!(!may_match(&edges, b"keys", 0));
        assert!(!may_match(&edges, b"key y", 0));
        assert!(!may_match(&edges, b"key\nx", 0));
    }

    #[test]
    fn what_goes_on_depends_on_the_literal() {
        let either = guarded("(?:red_[0-9]|blue_[a-z])");
        assert!(may_match(&either, b"red_1", 0) && may_match(&either, b"blue_x", 0));
        assert!(!may_match(&either, b"red_x", 0) && !may_match(&either, b"blue_1", 0));
    }

    #[test]
    fn says_maybe_after_a_while() {
        let long = guarded("eyJ[a-z]{5,}!");
        let text = |n: usize| [b"eyJ".as_slice(), &vec![b'a'; n]].concat();
        assert!(!may_match(&long, &text(limits::GUARD_BYTES), 0));
        assert!(may_match(&long, &text(limits::GUARD_BYTES + 1), 0));
    }

    #[test]
    fn a_pattern_too_large_is_guarded_by_its_first_parts() {
        let large = guarded(&format!("key={}!", "(?u:\\w)".repeat(200)));
        let text = |n: usize| [b"key=".as_slice(), &vec![b'a'; n]].concat();
        assert!(!may_match(&large, b"keys", 0));
        assert!(!may_match(&large, &text(1), 0));
        assert!(may_match(&large, &text(190), 0));
    }

    #[test]
    fn a_part_too_large_is_not_guarded() {
        let word = "(?u:\\w)".repeat(200);
        let large = guarded(&format!("(?:akey{word}|bkey{word})"));
        assert!(may_match(&large, b"akey", 0));
        let literals: Vec<_> = large.iter().flat_map(|place| &place.literals).collect();
        assert!(!literals.is_empty());
        for literal in literals {
            assert!((0..=u8::MAX).all(|byte| literal.around.behind.iter().all(|behind| behind.has(byte))));
        }
    }

    const PATTERNS: [&str; 6] = [
        r"(?i)\bkey[=:]{1,2}(?:a|bb){2,20}\b",
        r"(?m)key(?:$|=b\B)",
        r"(?:akey|bkey)[ab]{0,3}(?:=|\n)",
        r"key(?u:\b)[a-z ]*=(?:a|ab|abb|b.)k",
        r"[ab]{2}key=(?P<secret>(?:a?b?){3})y",
        r"^key|key\z|key=a",
    ];

    proptest! {
        #[test]
        fn never_says_no_where_the_pattern_matches(text in "([abkKy= \n\u{1e}\u{e9}]|key|KEY=){0,24}") {
            for pattern in PATTERNS {
                let hir = pattern::parse(pattern).unwrap();
                let regex = meta::Builder::new().build_from_hir(&hir).unwrap();
                let (places, text) = (guarded(pattern), text.as_bytes());
                for segment in text.split(|byte| *byte == SEPARATOR) {
                    for start in 0..=segment.len() {
                        let input = Input::new(segment).range(start..).anchored(Anchored::Yes);
                        let Some(found) = regex.search(&input) else { continue };
                        let may = found.range().any(|at| may_match(&places, segment, at));
                        prop_assert!(may, "{pattern} in {:?}", String::from_utf8_lossy(segment));
                    }
                }
            }
        }
    }
}
