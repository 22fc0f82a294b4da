//! Text for terminals: colours and cursor movements stand between the words.
//!
//! `git diff --color` writes `ESC [ 3 1 m` before a token, and the `m` is a letter: no word begins after
//! it. A text with such sequences is shown to the scanner once more without them.

use super::map::{Map, Source};
use std::ops::Range;

/// What every sequence begins with.
pub(super) const ESCAPE: u8 = 0x1b;

/// Appends the text without its control sequences (ECMA-48, section 5.4): `ESC [`, parameters, one final
/// byte.
pub(super) fn strip(text: &mut Vec<u8>, map: &mut Map, source: &Source<'_>, range: &Range<usize>) {
    let mut at = range.start;
    for found in memchr::memchr_iter(ESCAPE, source.slice(range)) {
        let escape = range.start + found;
        if let Some(len) = sequence(source.slice(&(escape..range.end))).filter(|_| escape >= at) {
            map.copy(text, source, &(at..escape));
            at = escape + len;
        }
    }
    map.copy(text, source, &(at..range.end));
}

/// Bytes of the control sequence at the start of a text.
fn sequence(text: &[u8]) -> Option<usize> {
    let parameters = text.strip_prefix(b"\x1b[")?;
    let end = parameters.iter().take(32).position(|byte| (0x40..=0x7e).contains(byte))?;
    Some(2 + end + 1)
}
