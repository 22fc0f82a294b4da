//! Marks of something left out: `...[truncated, original 70000 chars]`, `[TRUNCATED - Content exceeds 60KB
//! limit]`, `[... telemetry preview truncated ...]`, `\u{2026}[1895 chars]`, and dots at the end.
//!
//! What stands before such a mark was cut, in the middle of whatever it was: to the scanner the text ends
//! there, so that the rest of a cut secret is told by its beginning.

use crate::rule::SEPARATOR;
use aho_corasick::{AhoCorasick, MatchKind};
use std::ops::Range;
use std::sync::LazyLock;

/// Bytes of the longest mark, from its bracket to the end.
const LONGEST: usize = 96;

/// Bytes before dots that may be the beginning of a secret.
const GLUED: usize = 10;

/// Words that a mark is told by, in any case.
const WORDS: [&str; 7] = ["truncated", "omitted", "elided", "clipped", "chars]", "characters]", "bytes]"];

/// What is looked for to find marks in the middle of a text: parts of their words, and dots. All at once: one by one
/// they took a quarter of the time of opening a plain text.
const SIGNS: [&str; 6] = ["runcated", "RUNCATED", " chars]", "mitted", "...", "\u{2026}"];

#[allow(clippy::expect_used)] // Only millions of words would be too many.
static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    // Of this kind the search is by vectors.
    let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(SIGNS);
    builder.expect("six short words")
});

/// The start of the mark that a range of a text ends in; the end of the range if there is none.
pub(super) fn at_end(text: &[u8], range: &Range<usize>) -> usize {
    let inside = text.get(range.clone()).unwrap_or_default().trim_ascii_end();
    if !may_end(inside) {
        return range.end;
    }
    let bracket = match inside.last() {
        Some(b']' | b')' | b'>') => bracket(inside).unwrap_or(inside.len()),
        _ => inside.len(),
    };
    let start = before_dots(inside.get(..bracket).unwrap_or_default());
    if start == inside.len() { range.end } else { range.start + start }
}

/// Whether a text may end in a mark: in a bracket, a dot, or the last byte of an ellipsis.
#[inline]
pub(super) fn may_end(text: &[u8]) -> bool {
    matches!(text.last(), Some(b']' | b')' | b'>' | b'.' | 0xa6))
}

/// The bracket that opens the mark that ends a text.
fn bracket(text: &[u8]) -> Option<usize> {
    let from = text.len().saturating_sub(LONGEST);
    let near = text.get(from..)?;
    let open = near.iter().rposition(|byte| matches!(byte, b'[' | b'(' | b'<'))?;
    let mark = String::from_utf8_lossy(near.get(open..)?).to_ascii_lowercase();
    // A list of strings is no mark, whatever they say.
    if mark.contains('"') {
        return None;
    }
    WORDS.iter().any(|word| mark.contains(word)).then_some(from + open)
}

/// The length of a text without the dots and the white space it ends in.
fn before_dots(text: &[u8]) -> usize {
    let mut rest = text.trim_ascii_end();
    while let Some(shorter) = rest.strip_suffix("\u{2026}".as_bytes()).or_else(|| rest.strip_suffix(b"...")) {
        rest = shorter.trim_ascii_end();
    }
    rest.len()
}

/// Ends the segments of a scan text at every mark in it: the first byte of the mark becomes a separator,
/// so nothing moves.
pub(super) fn part(text: &mut [u8]) {
    let signs: Vec<usize> = FINDER.find_iter(&*text).map(|sign| sign.start()).collect();
    let (dots, words): (Vec<usize>, Vec<usize>) =
        signs.into_iter().partition(|at| matches!(text.get(*at), Some(b'.' | 0xe2)));
    for at in words {
        if let Some(byte) = first_byte(text, at).and_then(|start| text.get_mut(start)) {
            *byte = SEPARATOR;
        }
    }
    dots.into_iter().for_each(|at| part_at_dots(text, at));
}

/// Dots that are glued to what may be a secret say the same: `ghp_blackbarEXA...`.
fn part_at_dots(text: &mut [u8], at: usize) {
    let before = text.get(..at).unwrap_or_default().iter().rev().take(GLUED);
    let token = before.take_while(|byte| byte.is_ascii_alphanumeric() || b"+/=_-@.".contains(byte));
    let (mut length, mut is_word) = (0, true);
    for byte in token {
        length += 1;
        is_word &= byte.is_ascii_lowercase();
    }
    if let Some(byte) = text.get_mut(at).filter(|_| length == GLUED && !is_word) {
        *byte = SEPARATOR;
    }
}

/// Where the mark begins that has one of its words here: at its dots, or at its bracket.
fn first_byte(text: &[u8], word: usize) -> Option<usize> {
    let from = word.saturating_sub(LONGEST);
    let near = text.get(from..word)?;
    let open = near.iter().rposition(|byte| matches!(byte, b'[' | b'(' | b'<' | b'\n' | &SEPARATOR))?;
    let bracket = near.get(open).is_some_and(|byte| matches!(byte, b'[' | b'(' | b'<'));
    bracket.then(|| from + before_dots(near.get(..open).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_text_ends_where_it_was_cut() {
        for (kept, mark) in [
            ("{\"a\":\"b", "\n\n[TRUNCATED - Content exceeds 60KB limit]"),
            ("glpat-a", "...[truncated, original 70000 chars]"),
            ("glpat-a", "...[TRUNCATED: original length 70000]"),
            ("glpat-a", "\n[... telemetry preview truncated ...]\n"),
            ("glpat-a", "\u{2026}[1895 chars]"),
            ("glpat-a", "..."),
            ("glpat-a", "\u{2026}"),
            ("glpat-a", " ... "),
            ("glpat-a", "... (output truncated)"),
            ("glpat-a [link](x)", ""),
            ("glpat-a\n", ""),
            ("[\"elided\",\"glpat-a\"]", ""),
            ("", ""),
        ] {
            let text = format!("{kept}{mark}");
            assert_eq!(at_end(text.as_bytes(), &(0..text.len())), kept.len(), "{text}");
        }
    }

    #[test]
    fn a_mark_in_the_middle_ends_a_segment() {
        for (text, expected) in [
            ("ghp_a\n...[120 lines omitted]...\nb", "ghp_a|...[120 lines omitted]...\nb"),
            ("ghp_a...[truncated]b", "ghp_a|..[truncated]b"),
            ("ghp_a\u{2026}[1895 chars], b", "ghp_a|[1895 chars], b"),
            ("ghp_blackbarEXA... 9 more", "ghp_blackbarEXA|.. 9 more"),
            ("and so on, documentation... yes", "and so on, documentation... yes"),
            ("was truncated here", "was truncated here"),
            ("[a]\nwas truncated", "[a]\nwas truncated"),
        ] {
            let mut bytes = text.as_bytes().to_vec();
            part(&mut bytes);
            let shown = String::from_utf8_lossy(&bytes).replace('\u{1e}', "|").replace('\u{fffd}', "");
            assert_eq!(shown, expected, "{text}");
        }
    }
}
