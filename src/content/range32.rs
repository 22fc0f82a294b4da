//! Ranges as they are kept by the thousand, for as long as a content is open: in half the bytes.

use std::ops::Range;

/// A range of a content or of its scan text.
///
/// Offsets fit: a request is at most [`crate::limits::INFLATED_BYTES`], and a scan text a small multiple of it.
/// Saturating keeps the impossible harmless: the ranges would be refused by `get`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Range32 {
    start: u32,
    end: u32,
}

impl Range32 {
    pub(super) const fn is_empty(self) -> bool {
        self.start >= self.end
    }

    pub(super) const fn start(self) -> usize {
        self.start as usize
    }

    pub(super) const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl From<Range<usize>> for Range32 {
    fn from(range: Range<usize>) -> Self {
        Self { start: small(range.start), end: small(range.end) }
    }
}

/// An offset that is kept by the thousand: see [`Range32`].
pub(super) fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
