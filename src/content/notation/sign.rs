//! Values behind signs: `val phone: String = "..."`, `--phone "..."`, `**Phone**: ...`, and a full-width colon.

use super::{LONGEST_NAME, Pair, call, markup, quoted, rest_of_line, trimmed, word_before};
use memchr::memmem;
use std::ops::Range;

/// Bytes between a name and the sign behind its type.
const LONGEST_TYPE: usize = 48;

/// What a label in Markdown stands in.
const MARKS: [&[u8]; 3] = [b"**", b"__", b"`"];

/// Bytes of a full-width colon.
const WIDE: usize = 3;

/// What is given in quotes by an equals sign behind a type or a colon, in a mark, or in a form, and what is asserted.
pub(super) fn assigned(text: &[u8], sign: usize, value: usize) -> Option<Pair> {
    let name = match text.get(sign.checked_sub(1)?)? {
        b':' => word_before(text, trimmed_end(text, sign - 1, b" "), false),
        b'=' => asserted(text, sign - 1)?,
        _ => match typed(text, sign) {
            Some(name) => name,
            None => return markup::attribute(text, sign),
        },
    };
    Some((name, quoted(text, value)?))
}

/// What a line of Python asserts to be equal to something: `assert user.phone == "..."`.
fn asserted(text: &[u8], sign: usize) -> Option<Range<usize>> {
    let end = trimmed_end(text, sign, b" ");
    let near = end.saturating_sub(2 * LONGEST_NAME);
    let line = text.get(near..end)?.rsplit(|byte| *byte == b'\n').next()?;
    let what = line.trim_ascii_start().strip_prefix(b"assert ")?;
    call::subject(text, end - what.len()..end)
}

/// What stands behind a wide colon, and a label in marks or in Latin letters.
pub(super) fn wide(text: &[u8], at: usize) -> Option<Pair> {
    if text.get(at.checked_sub(1)?)?.is_ascii_alphabetic() {
        return Some((word_before(text, at, false), rest_of_line(text, at + WIDE)?));
    }
    marked(text, at, WIDE)
}

/// The name that stands before a sign, and that before a place: `phone: `, `phone: Option<String> = `.
pub(super) fn name_before(text: &[u8], at: usize) -> Option<Range<usize>> {
    let near = at.checked_sub(text.get(..at)?.iter().rev().take_while(|byte| **byte == b' ').count())?;
    let sign = near.checked_sub(1)?;
    match text.get(sign)? {
        b':' => Some(word_before(text, trimmed_end(text, sign, b" \"'"), false)),
        b'=' => typed(text, sign).or_else(|| Some(word_before(text, trimmed_end(text, sign, b" "), false))),
        _ => None,
    }
    .filter(|name| !name.is_empty())
}

/// The name before a type before a sign.
fn typed(text: &[u8], sign: usize) -> Option<Range<usize>> {
    let end = trimmed_end(text, sign, b" ");
    let near = text.get(end.saturating_sub(LONGEST_TYPE)..end)?;
    let is_of_type = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_<>[]?&'|.: ".contains(byte);
    let len = near.iter().rev().take_while(is_of_type).count();
    let of_type = near.get(near.len() - len..)?;
    // Two of them part the words of a path.
    let colon = memchr::memrchr_iter(b':', of_type).find(|at| {
        of_type.get(at + 1) != Some(&b':') && at.checked_sub(1).and_then(|at| of_type.get(at)) != Some(&b':')
    })?;
    let name = word_before(text, trimmed_end(text, end - len + colon, b" ?!"), false);
    (!name.is_empty() && colon + 1 < len).then_some(name)
}

/// `--phone "..."`, from behind its hyphens.
pub(super) fn option(text: &[u8], start: usize) -> Option<Pair> {
    let near = text.get(start..)?;
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let end = start + near.iter().take(LONGEST_NAME).take_while(is_of_name).count();
    let value = quoted(text, end + 1).filter(|_| text.get(end) == Some(&b' '))?;
    Some((start..end, value))
}

/// The label in marks with a colon at a place, of so many bytes, inside them or behind, and what is left of the line,
/// up to the next label.
pub(super) fn marked(text: &[u8], colon: usize, len: usize) -> Option<Pair> {
    let behind = colon + len;
    let find = |mark: &&'static [u8]| {
        let is_before = text.get(..colon)?.ends_with(mark);
        let is_behind = text.get(behind..)?.starts_with(mark);
        let (end, from) = match (is_before, is_behind) {
            (true, _) => (colon - mark.len(), behind),
            (_, true) => (colon, behind + mark.len()),
            _ => return None,
        };
        let near = end.saturating_sub(LONGEST_NAME);
        let start = near + memmem::rfind(text.get(near..end)?, mark)? + mark.len();
        Some((start..end, from, *mark))
    };
    let (name, from, mark) = MARKS.iter().find_map(find)?;
    let value = rest_of_line(text, from)?;
    let inside = text.get(value.clone())?;
    let value = match (inside.first(), memmem::find(inside, mark)) {
        (Some(b'`'), _) => quoted(text, value.start)?,
        (_, Some(next)) => trimmed(text, value.start..value.start + next, b" ,;|"),
        _ => value,
    };
    Some((trimmed(text, name, b" `"), value))
}

fn trimmed_end(text: &[u8], end: usize, outer: &[u8]) -> usize {
    let near = text.get(end.saturating_sub(LONGEST_TYPE)..end).unwrap_or_default();
    end - near.iter().rev().take_while(|byte| outer.contains(byte)).count()
}
