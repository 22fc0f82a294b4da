//! The way back from decoded text to the bytes it was made of.

use super::near;
use super::range32::small;
use crate::rule::SEPARATOR;
use std::cell::Cell;
use std::ops::Range;

/// Pieces that are looked at one by one before a binary search.
const NEAR: usize = 8;

/// Text that is being opened: the content itself, or something decoded from it.
pub(super) struct Source<'a> {
    bytes: &'a [u8],
    /// `None` where the bytes are the content's own.
    map: Option<&'a Map>,
    /// The piece the last question was answered from: questions come in order.
    last: Cell<usize>,
}

impl<'a> Source<'a> {
    pub(super) const fn content(bytes: &'a [u8]) -> Self {
        Self { bytes, map: None, last: Cell::new(0) }
    }

    pub(super) const fn decoded(bytes: &'a [u8], map: &'a Map) -> Self {
        Self { bytes, map: Some(map), last: Cell::new(0) }
    }

    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    #[inline]
    pub(super) fn slice(&self, range: &Range<usize>) -> &'a [u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// Calls `piece` for every run and unit that `range` overlaps, clipped to it.
    #[inline]
    fn pieces(&self, range: &Range<usize>, mut piece: impl FnMut(Piece)) {
        let Some(map) = self.map else {
            return piece(Piece::run(range.start, range.start, range.len()));
        };
        let mut at = map.seek(self.last.get(), range.start);
        map.walk(&mut at, range, piece);
        self.last.set(at);
    }
}

/// A sorted list of pieces: which bytes of the content each stretch of a text came from. Stretches
/// with no piece were made up by the opener.
#[derive(Default)]
pub(super) struct Map {
    pieces: Vec<Piece>,
    /// Whether it is kept at all: of a text that is only looked at nobody asks the way back.
    kept: bool,
}

/// One stretch.
#[derive(Clone, Copy)]
struct Piece {
    text: u32,
    text_len: u32,
    raw: u32,
    raw_len: u32,
    kind: Kind,
    /// Which of the places it is from that a text was joined of. What stands in the content between two of
    /// them is none of the text.
    place: u32,
}

/// How the bytes of a stretch belong to those of the content.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Byte for byte: it can be cut anywhere.
    Run,
    /// As a whole: an escape sequence, a group of base64. A part of the text stands for all of it.
    Unit,
}

impl Map {
    pub(super) fn capacity(&self) -> usize {
        self.pieces.capacity() * size_of::<Piece>()
    }

    /// Begins a new one.
    pub(super) fn begin(&mut self, kept: bool) {
        self.pieces.clear();
        self.kept = kept;
    }

    pub(super) const fn is_kept(&self) -> bool {
        self.kept
    }

    /// Appends `range` of `source` to `text` as it stands there.
    #[inline]
    pub(super) fn copy(&mut self, text: &mut Vec<u8>, source: &Source<'_>, range: &Range<usize>) {
        let shift = text.len();
        text.extend_from_slice(source.slice(range));
        if !self.kept {
            return;
        }
        source.pieces(range, |piece| {
            self.push(Piece { text: small(shift + piece.text as usize - range.start), ..piece });
        });
    }

    /// The same, for what does not go on from what was appended before it; what was joined already keeps its
    /// places apart.
    pub(super) fn join(&mut self, text: &mut Vec<u8>, source: &Source<'_>, range: &Range<usize>) {
        let shift = text.len();
        let place = self.pieces.last().map_or(1, |last| last.place + 1);
        text.extend_from_slice(source.slice(range));
        if !self.kept {
            return;
        }
        source.pieces(range, |piece| {
            let text = small(shift + piece.text as usize - range.start);
            self.push(Piece { text, place: place.saturating_add(piece.place), ..piece });
        });
    }

    /// Appends `decoded` to `text`, in place of `range` of `source`, all or nothing.
    #[inline]
    pub(super) fn unit(
        &mut self,
        text: &mut Vec<u8>,
        source: &Source<'_>,
        range: &Range<usize>,
        decoded: &[u8],
    ) {
        self.unit_of(text, source, range, decoded, |piece| piece);
    }

    /// The same, of what stands somewhere else than what was appended before it; or at the same place as that.
    pub(super) fn unit_at(
        &mut self,
        text: &mut Vec<u8>,
        source: &Source<'_>,
        range: &Range<usize>,
        decoded: &[u8],
        is_elsewhere: bool,
    ) {
        let place = self.pieces.last().map_or(0, |last| last.place.saturating_add(u32::from(is_elsewhere)));
        self.unit_of(text, source, range, decoded, |piece| Piece { place, ..piece });
    }

    /// What both do, with each piece of the source made one of this map.
    #[inline]
    fn unit_of(
        &mut self,
        text: &mut Vec<u8>,
        source: &Source<'_>,
        range: &Range<usize>,
        decoded: &[u8],
        own: impl Fn(Piece) -> Piece,
    ) {
        let (at, text_len) = (small(text.len()), small(decoded.len()));
        text.extend_from_slice(decoded);
        if !self.kept {
            return;
        }
        let first = self.pieces.len();
        source.pieces(range, |piece| self.extend_unit(first, at, text_len, own(piece)));
    }

    /// Takes one more piece into a unit of so many bytes at `text`, the first piece of which is at `first`.
    #[inline]
    fn extend_unit(&mut self, first: usize, text: u32, text_len: u32, piece: Piece) {
        match self.pieces.get_mut(first..).and_then(<[_]>::last_mut) {
            Some(unit) if piece.goes_on_from(unit.place, unit.raw) => {
                unit.raw_len = piece.raw + piece.raw_len - unit.raw;
            }
            _ => self.pieces.push(Piece { text, text_len, kind: Kind::Unit, ..piece }),
        }
    }

    /// Calls `visit` for every piece that `range` overlaps, clipped to it, and moves `at` past those that
    /// end with it.
    #[inline]
    fn walk(&self, at: &mut usize, range: &Range<usize>, mut visit: impl FnMut(Piece)) {
        let mut index = *at;
        while let Some(piece) = self.pieces.get(index).filter(|piece| (piece.text as usize) < range.end) {
            if let Some(clipped) = piece.clip(range) {
                visit(clipped);
            }
            index += 1;
            // Of two pieces for one text the first is as long as the second.
            if piece.text_end() <= range.end {
                *at = index;
            }
        }
    }

    /// Moves what belongs to the text from `start` on to another map, of that text alone.
    pub(super) fn take(&mut self, other: &mut Self, start: usize) {
        other.begin(self.kept);
        let first = self.pieces.partition_point(|piece| (piece.text as usize) < start);
        let moved = self.pieces.drain(first..);
        other.pieces.extend(moved.map(|piece| Piece { text: piece.text - small(start), ..piece }));
    }

    /// Calls `place` with the bytes of the content that `range` of the text was made of: once, from the
    /// first to the last, unless the text was joined.
    pub(super) fn back(&self, range: &Range<usize>, mut place: impl FnMut(Range<usize>)) {
        if range.start >= range.end {
            return;
        }
        let mut whole: Option<Range<usize>> = None;
        let mut before = 0;
        let first = self.pieces.partition_point(|piece| piece.text_end() <= range.start);
        for piece in self.pieces.get(first..).unwrap_or_default() {
            if piece.text as usize >= range.end {
                break;
            }
            let Some(clipped) = piece.clip(range) else { continue };
            let raw = clipped.raw as usize..(clipped.raw + clipped.raw_len) as usize;
            let goes_on = |whole: &Range<usize>| clipped.goes_on_from(before, small(whole.start));
            whole = match whole {
                Some(whole) if goes_on(&whole) => Some(whole.start..whole.end.max(raw.end)),
                Some(whole) => {
                    place(whole);
                    Some(raw)
                }
                None => Some(raw),
            };
            before = clipped.place;
        }
        whole.into_iter().for_each(place);
    }

    /// The second of the stretches in `range` of the text that do not go on from one another in the content, up to its
    /// end; none if there is one alone. It begins behind the start of the range: where one byte of the text is from
    /// several places, all of them are of the first.
    pub(super) fn second(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let first = self.pieces.partition_point(|piece| piece.text_end() <= range.start);
        let pieces = self.pieces.get(first..).unwrap_or_default();
        let goes_on =
            |one: &Piece, next: &Piece| one.place == next.place && one.raw + one.raw_len == next.raw;
        let begins_behind =
            |stretch: &&[Piece]| stretch.first().is_some_and(|piece| piece.text as usize > range.start);
        let second = pieces.chunk_by(goes_on).skip(1).find(begins_behind)?;
        let (start, end) = (second.first()?.text as usize, second.last()?.text_end());
        (start < range.end).then_some(start..end)
    }

    /// The first piece that ends after `at`: most times the guess, or one of the next.
    fn seek(&self, guess: usize, at: usize) -> usize {
        let is_before = |piece: &Piece| piece.text_end() <= at;
        let near = self.pieces.get(guess..).unwrap_or_default().iter().take(NEAR);
        let passed = near.take_while(|piece| is_before(piece)).count();
        let starts_before = guess.checked_sub(1).and_then(|last| self.pieces.get(last)).is_none_or(is_before);
        if starts_before && passed < NEAR {
            return guess + passed;
        }
        self.pieces.partition_point(is_before)
    }

    #[inline]
    fn push(&mut self, piece: Piece) {
        if let Some(last) = self.pieces.last_mut().filter(|last| last.goes_on_in(&piece)) {
            last.text_len += piece.text_len;
            last.raw_len += piece.raw_len;
            return;
        }
        self.pieces.push(piece);
    }
}

/// Appends a stretch of a source to a text, bit by bit: [`Map::copy`] and [`Map::unit`] for what is made of
/// many of them.
pub(super) struct Writer<'w> {
    text: &'w mut Vec<u8>,
    map: &'w mut Map,
    source: &'w Source<'w>,
    /// Where in the source it goes on.
    at: usize,
    /// The piece of the source that holds that.
    piece: usize,
}

impl<'w> Writer<'w> {
    pub(super) fn new(text: &'w mut Vec<u8>, map: &'w mut Map, source: &'w Source<'w>, at: usize) -> Self {
        let piece = source.map.filter(|_| map.kept).map_or(0, |map| map.seek(source.last.get(), at));
        Self { text, map, source, at, piece }
    }

    /// Appends what comes before `end` as it stands.
    #[inline]
    pub(super) fn run(&mut self, end: usize) {
        let range = self.at..end;
        if range.is_empty() {
            return;
        }
        let start = self.text.len();
        extend(self.text, self.source.bytes(), &range);
        self.at = end;
        if !self.map.kept {
            return;
        }
        match self.source.map {
            None => self.map.push(Piece::run(start, range.start, range.len())),
            Some(map) => {
                let Self { piece, map: own, .. } = self;
                map.walk(piece, &range, |found| {
                    own.push(Piece { text: small(start + found.text as usize - range.start), ..found });
                });
            }
        }
    }

    /// Appends `decoded` in place of what comes before `end`.
    #[inline]
    pub(super) fn unit(&mut self, end: usize, decoded: &[u8]) {
        let range = self.at..end;
        let (text, text_len) = (small(self.text.len()), small(decoded.len()));
        match decoded {
            // Nearly always: no call to copy one byte.
            [byte] => self.text.push(*byte),
            _ => self.text.extend_from_slice(decoded),
        }
        self.at = end;
        if !self.map.kept {
            return;
        }
        let first = self.map.pieces.len();
        match self.source.map {
            None => self.map.pieces.push(Piece {
                text,
                text_len,
                kind: Kind::Unit,
                ..Piece::run(0, range.start, range.len())
            }),
            Some(map) => {
                let Self { piece, map: own, .. } = self;
                map.walk(piece, &range, |found| own.extend_unit(first, text, text_len, found));
            }
        }
    }
}

/// Appends a range of other bytes. Between escapes there are most times few of them: those are copied with what
/// stands behind them, so that no length has to be looked at.
#[inline]
fn extend(text: &mut Vec<u8>, bytes: &[u8], range: &Range<usize>) {
    let near = bytes.get(range.start..).and_then(<[u8]>::first_chunk::<AT_ONCE>);
    match near.filter(|_| range.len() <= AT_ONCE) {
        Some(near) => {
            let end = text.len() + range.len();
            text.extend_from_slice(near);
            text.truncate(end);
        }
        None => text.extend_from_slice(bytes.get(range.clone()).unwrap_or_default()),
    }
}

/// Bytes that are copied at once.
const AT_ONCE: usize = 16;

impl Piece {
    #[inline]
    fn run(text: usize, raw: usize, len: usize) -> Self {
        let len = small(len);
        let (text, raw) = (small(text), small(raw));
        Self { text, text_len: len, raw, raw_len: len, kind: Kind::Run, place: 0 }
    }

    const fn text_end(&self) -> usize {
        (self.text + self.text_len) as usize
    }

    /// Whether it stands in the content behind what began at `raw`, and at the same place. It may stand before
    /// it: of a unit that holds two pieces each part stands for both.
    const fn goes_on_from(&self, place: u32, raw: u32) -> bool {
        self.place == place && self.raw >= raw
    }

    fn goes_on_in(&self, next: &Self) -> bool {
        let runs = self.kind == Kind::Run && next.kind == Kind::Run && self.place == next.place;
        runs && self.text + self.text_len == next.text && self.raw + self.raw_len == next.raw
    }

    /// The part of it that lies in `range`: of a unit, part of the text and all of the content.
    #[inline]
    fn clip(&self, range: &Range<usize>) -> Option<Self> {
        let start = (self.text as usize).max(range.start);
        let end = self.text_end().min(range.end);
        if start >= end {
            return None;
        }
        let (before, text_len) = (small(start) - self.text, small(end - start));
        let (raw, raw_len) = match self.kind {
            Kind::Run => (self.raw + before, text_len),
            Kind::Unit => (self.raw, self.raw_len),
        };
        Some(Self { text: small(start), text_len, raw, raw_len, ..*self })
    }
}

/// A sender may not write separators: no match would cross them.
#[inline]
pub(super) fn hide_separators(text: &mut [u8]) {
    if near::find(SEPARATOR, text).is_some() {
        text.iter_mut().filter(|byte| **byte == SEPARATOR).for_each(|byte| *byte = b'\x1f');
    }
}
