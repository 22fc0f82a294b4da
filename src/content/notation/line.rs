//! Values on lines: `Phone ........ ...`, `CVV - ...`, `phone           | ...`, `Phone<tab>...`, and the line below a
//! label.

use super::{LONGEST_NAME, Pair, is_name, quoted, rest_of_line, trimmed};
use std::ops::Range;

/// What parts a label from its value, what it may go on with, and how the value has to begin.
const PARTS: [(&[u8], &[u8], Begins); 8] = [
    (b"\t", b" ", Begins::Somehow),
    (b"    ", b" ", Begins::Somehow),
    (b"....", b". :", Begins::Somehow),
    (b" ...", b". :", Begins::Somehow),
    (" \u{2026}\u{2026}".as_bytes(), "\u{2026} :".as_bytes(), Begins::Somehow),
    (b" - ", b" ", Begins::WithDigits),
    (" \u{2013} ".as_bytes(), b" ", Begins::WithDigits),
    (" \u{2014} ".as_bytes(), b" ", Begins::WithDigits),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    Somehow,
    /// With a digit, or soon: what is set apart by a dash is more often prose.
    WithDigits,
}

/// Bytes before a label that are passed over.
const BULLETS: usize = 24;

/// What those are.
const BULLET: &[u8] = b" \t-*+>|#:.`";

/// Bytes of the longest gap between a label and its value.
const LONGEST_GAP: usize = 96;

/// Bytes of the longest label that has its value on the next line.
const LONGEST_ABOVE: usize = 32;

/// Bytes of the longest value below a label with a colon.
const LONGEST_BELOW: usize = 64;

/// Words of a label that has its value on the next line.
const WORDS_ABOVE: usize = 4;

/// Bytes of a value in which a digit comes.
const SOON: usize = 6;

/// A label at the start of a line, and what stands behind what parts them, from this place on.
pub(super) fn parted(text: &[u8], at: usize) -> Option<Pair> {
    let inside = text.get(at..)?;
    let (part, more, begins) = PARTS.iter().find(|(part, ..)| inside.starts_with(part))?;
    let start = line_start(text, at, LONGEST_NAME + BULLETS)?;
    let name = trimmed(text, start..at, BULLET);
    is_name(text.get(name.clone())?).then_some(())?;
    let behind = inside.get(part.len()..)?;
    let gap = behind.iter().take(LONGEST_GAP).take_while(|byte| more.contains(byte)).count();
    let value = rest_of_line(text, at + part.len() + gap)?;
    // One sign may stand before it.
    let value = match text.get(value.clone())? {
        [b'|' | b'=' | b':', ..] => trimmed(text, value.start + 1..value.end, b" \t"),
        _ => value,
    };
    let inside = text.get(value.clone())?;
    // There are more columns.
    if inside.windows(3).any(|three| three == b"   ") || inside.iter().any(|byte| b"\t|".contains(byte)) {
        return None;
    }
    let value = match inside.first()? {
        b'"' | b'\'' | b'`' => quoted(text, value.start)?,
        _ => value,
    };
    (*begins == Begins::Somehow || begins_with_digits(text, &value)).then_some((name, value))
}

/// The label that stands alone on the line that ends here, and the value on the next. It begins with a capital.
pub(super) fn below(text: &[u8], end: usize) -> Option<Pair> {
    let value = rest_of_line(text, end + 1).filter(|value| begins_with_digits(text, value))?;
    let name = alone(text, end)?;
    let first = text.get(name.start)?;
    (first.is_ascii_uppercase() || !first.is_ascii()).then_some((name, value))
}

/// The label before the colon that a line ends in, and the value on the next, alone or first of a list. What code has
/// there is none.
pub(super) fn below_colon(text: &[u8], colon: usize) -> Option<Pair> {
    let end = colon + 1 + usize::from(text.get(colon + 1) == Some(&b'\r'));
    let value = rest_of_line(text, end + 1).filter(|_| text.get(end) == Some(&b'\n'))?;
    let inside = text.get(value.clone())?;
    let item = if inside.starts_with(b"- ") { 2 } else { 0 };
    let value = trimmed(text, value.start + item..value.end, b" \"'`");
    let is_code = inside.iter().any(|byte| b"=(){}[];:".contains(byte)) || inside.len() > LONGEST_BELOW;
    (!is_code).then_some((alone(text, colon)?, value))
}

/// The label that a line consists of up to here.
fn alone(text: &[u8], end: usize) -> Option<Range<usize>> {
    let line = line_start(text, end, LONGEST_ABOVE)?..end;
    let name = trimmed(text, line, b" \t\r#*-\"'`");
    let inside = text.get(name.clone())?;
    let is_label = !inside.iter().any(|byte| byte.is_ascii_digit() || b"()".contains(byte))
        && inside.iter().filter(|byte| **byte == b' ').count() < WORDS_ABOVE
        && !inside.ends_with(b".");
    is_label.then_some(name)
}

/// Where the line begins that a place is in, if that is near.
fn line_start(text: &[u8], at: usize, most: usize) -> Option<usize> {
    let from = at.saturating_sub(most + 1);
    match memchr::memrchr(b'\n', text.get(from..at)?) {
        Some(end) => Some(from + end + 1),
        None => (at <= most).then_some(0),
    }
}

fn begins_with_digits(text: &[u8], value: &Range<usize>) -> bool {
    let inside = text.get(value.clone()).unwrap_or_default();
    inside.iter().take(SOON).any(u8::is_ascii_digit)
}
