//! Replacing ranges of a text.

use std::ops::Range;

/// The content with each range replaced. Ranges that overlap become one, under the first one's
/// placeholder; ranges that cut a character are widened to it.
pub(super) fn splice(content: &[u8], edits: &[(Range<usize>, String)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let mut at = 0;
    for (range, placeholder) in edits {
        let start = character_start(content, range.start).max(at);
        out.extend_from_slice(content.get(at..start).unwrap_or_default());
        out.extend_from_slice(placeholder.as_bytes());
        at = character_end(content, range.end).max(at);
    }
    out.extend_from_slice(content.get(at..).unwrap_or_default());
    out
}

/// Puts edits in order, and makes one of those that overlap.
pub(super) fn unite(edits: &mut Vec<(Range<usize>, String)>) {
    edits.sort_by(|a, b| a.0.start.cmp(&b.0.start).then(b.0.end.cmp(&a.0.end)));
    edits.dedup_by(|next, first| {
        let overlap = next.0.start < first.0.end;
        if overlap {
            first.0.end = first.0.end.max(next.0.end);
        }
        overlap
    });
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn character_start(content: &[u8], mut at: usize) -> usize {
    while at > 0 && content.get(at).copied().is_some_and(is_continuation) {
        at -= 1;
    }
    at
}

fn character_end(content: &[u8], mut at: usize) -> usize {
    while content.get(at).copied().is_some_and(is_continuation) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_replaced_and_the_rest_stays() {
        for (content, edits, expected) in [
            ("one two three", vec![(4..7, "X")], "one X three"),
            ("one two three", vec![(0..3, "X"), (8..13, "Y")], "X two Y"),
            ("one two three", vec![(4..9, "X"), (0..6, "Y")], "Yhree"),
            ("one two three", vec![(4..7, "X"), (4..9, "Y")], "one Yhree"),
            ("a\u{e9}b\u{1f98a}c", vec![(2..3, "X"), (5..6, "Y")], "aXbYc"),
            ("abc", vec![(3..3, "X")], "abcX"),
        ] {
            let mut edits: Vec<_> = edits.into_iter().map(|(range, by)| (range, by.to_owned())).collect();
            unite(&mut edits);
            assert_eq!(splice(content.as_bytes(), &edits), expected.as_bytes(), "{content}");
        }
    }
}
