//! Segments: the parts of a scan text that no match crosses.

use super::SEPARATOR;
use std::ops::Range;

/// Finds the segment of one place after the other. While none falls before the segment found last, all the
/// looking together is linear in the text.
#[derive(Debug, Clone, Default)]
pub(super) struct Segments {
    current: Range<usize>,
}

impl Segments {
    /// The segment this place is in. A separator belongs to the segment it ends.
    pub(super) fn of(&mut self, text: &[u8], place: usize) -> Range<usize> {
        if place < self.current.start {
            self.current = 0..0;
        }
        if place >= self.current.end {
            self.current = find(text, self.current.end, place);
        }
        self.current.clone()
    }
}

/// All segments of a text.
pub(super) fn segments(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    memchr::memchr_iter(SEPARATOR, text).chain(std::iter::once(text.len())).map(move |end| {
        let segment = start..end;
        start = end + 1;
        segment
    })
}

fn find(text: &[u8], known: usize, place: usize) -> Range<usize> {
    let (head, tail) = text.split_at(place.min(text.len()));
    let between = head.get(known..).unwrap_or_default();
    let start = memchr::memrchr(SEPARATOR, between).map_or(known, |offset| known + offset + 1);
    let end = memchr::memchr(SEPARATOR, tail).map_or(text.len(), |offset| place + offset);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_lies_between_separators() {
        let text = b"ab\x1e\x1ecde\x1ef";
        let expected = [0..2, 0..2, 0..2, 3..3, 4..7, 4..7, 4..7, 4..7, 8..9];
        let mut segments = Segments::default();
        for (place, segment) in expected.iter().enumerate() {
            let found = segments.of(text, place);
            if text.get(place) != Some(&SEPARATOR) {
                assert_eq!(&found, segment, "{place}");
            }
        }
        for place in [8, 0, 5, 3] {
            assert_eq!(segments.of(text, place), expected[place], "{place} behind others");
        }
        assert_eq!(Segments::default().of(text, 5), 4..7);
        assert_eq!(Segments::default().of(text, 8), 8..9);
    }
}
