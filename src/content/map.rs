//! The way back from decoded text to the bytes it was made of.

use crate::rule::SEPARATOR;
use std::cell::Cell;
use std::ops::Range;

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

    pub(super) fn slice(&self, range: &Range<usize>) -> &'a [u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// Calls `piece` for every run and unit that `range` overlaps, clipped where they can be.
    fn pieces(&self, range: &Range<usize>, mut piece: impl FnMut(Piece)) {
        let Some(map) = self.map else {
            return piece(Piece::run(range.start, range.start, range.len()));
        };
        let mut at = map.seek(self.last.get(), range.start);
        self.last.set(at);
        while let Some(found) = map.pieces.get(at).filter(|found| (found.text as usize) < range.end) {
            if let Some(clipped) = found.clip(range) {
                piece(clipped);
            }
            at += 1;
        }
    }
}

/// A sorted list of pieces: which bytes of the content each stretch of a text came from. Stretches
/// with no piece were made up by the opener.
#[derive(Default)]
pub(super) struct Map {
    pieces: Vec<Piece>,
}

/// One stretch. Where both lengths are equal it is a run, copied byte for byte; otherwise it is a
/// unit (one escape sequence), which cannot be cut.
#[derive(Clone, Copy)]
struct Piece {
    text: u32,
    text_len: u32,
    raw: u32,
    raw_len: u32,
}

impl Map {
    pub(super) fn capacity(&self) -> usize {
        self.pieces.capacity() * size_of::<Piece>()
    }

    pub(super) fn clear(&mut self) {
        self.pieces.clear();
    }

    /// Appends `range` of `source` to `text` as it stands there.
    pub(super) fn copy(&mut self, text: &mut Vec<u8>, source: &Source<'_>, range: &Range<usize>) {
        let shift = text.len();
        text.extend_from_slice(source.slice(range));
        if let Some(copied) = text.get_mut(shift..) {
            hide_separators(copied);
        }
        source.pieces(range, |piece| {
            let start = (piece.text as usize).max(range.start);
            self.push(Piece { text: small(shift + start - range.start), ..piece });
        });
    }

    /// Appends `decoded` to `text`, in place of `range` of `source`, all or nothing.
    pub(super) fn unit(
        &mut self,
        text: &mut Vec<u8>,
        source: &Source<'_>,
        range: &Range<usize>,
        decoded: &[u8],
    ) {
        let mut raw: Option<Range<u32>> = None;
        source.pieces(range, |piece| {
            let end = piece.raw + piece.raw_len;
            raw = Some(raw.as_ref().map_or(piece.raw..end, |raw| raw.start..end));
        });
        if let Some(raw) = raw {
            let text_len = small(decoded.len());
            self.pieces.push(Piece {
                text: small(text.len()),
                text_len,
                raw: raw.start,
                raw_len: raw.end - raw.start,
            });
        }
        let start = text.len();
        text.extend_from_slice(decoded);
        if let Some(copied) = text.get_mut(start..) {
            hide_separators(copied);
        }
    }

    /// The bytes of the content that `range` of the text was made of, from the first to the last.
    pub(super) fn back(&self, range: &Range<usize>) -> Option<Range<usize>> {
        if range.start >= range.end {
            return None;
        }
        let mut whole: Option<Range<usize>> = None;
        let first = self.pieces.partition_point(|piece| piece.text_end() <= range.start);
        for piece in self.pieces.get(first..)?.iter().take_while(|piece| (piece.text as usize) < range.end) {
            let Some(clipped) = piece.clip(range) else { continue };
            let raw = clipped.raw as usize..(clipped.raw + clipped.raw_len) as usize;
            whole =
                Some(whole.map_or(raw.clone(), |whole| whole.start.min(raw.start)..whole.end.max(raw.end)));
        }
        whole
    }

    /// The first piece that ends after `at`, looked for from a guess.
    fn seek(&self, guess: usize, at: usize) -> usize {
        let starts_before = |index: usize| self.pieces.get(index).is_none_or(|piece| piece.text_end() <= at);
        let good_guess = guess == 0 || starts_before(guess - 1);
        if !good_guess {
            return self.pieces.partition_point(|piece| piece.text_end() <= at);
        }
        let mut index = guess;
        while index < self.pieces.len() && starts_before(index) {
            index += 1;
        }
        index
    }

    fn push(&mut self, piece: Piece) {
        if let Some(last) = self.pieces.last_mut().filter(|last| last.is_run() && piece.is_run()) {
            let follows = last.text + last.text_len == piece.text && last.raw + last.raw_len == piece.raw;
            if follows {
                last.text_len += piece.text_len;
                last.raw_len += piece.raw_len;
                return;
            }
        }
        self.pieces.push(piece);
    }
}

impl Piece {
    fn run(text: usize, raw: usize, len: usize) -> Self {
        let len = small(len);
        Self { text: small(text), text_len: len, raw: small(raw), raw_len: len }
    }

    const fn is_run(&self) -> bool {
        self.text_len == self.raw_len
    }

    const fn text_end(&self) -> usize {
        (self.text + self.text_len) as usize
    }

    /// The part of it that lies in `range`: cut if it is a run, whole if it is a unit.
    fn clip(&self, range: &Range<usize>) -> Option<Self> {
        let start = (self.text as usize).max(range.start);
        let end = self.text_end().min(range.end);
        if start >= end {
            return None;
        }
        if !self.is_run() {
            return Some(*self);
        }
        Some(Self::run(start, self.raw as usize + start - self.text as usize, end - start))
    }
}

/// A sender may not write separators: no match would cross them.
pub(super) fn hide_separators(text: &mut [u8]) {
    if memchr::memchr(SEPARATOR, text).is_some() {
        text.iter_mut().filter(|byte| **byte == SEPARATOR).for_each(|byte| *byte = b'\x1f');
    }
}

/// Offsets fit: a request is at most [`crate::limits::INFLATED_BYTES`], and a scan text a small
/// multiple of it. Saturating keeps the impossible harmless: the ranges would be refused by `get`.
fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
