//! What `xxd` and `hexdump -C` print of a file: its bytes in hex, and beside them what they say.
//!
//! ```text
//! 00000000: 4442 5f50 4153 533d  DB_PASS=      00000000  44 42 5f 50 41 53 53 3d  |DB_PASS=|
//! 00000008: 5a78 3951 7561 696c  Zx9Quail      00000008  5a 78 39 51 75 61 69 6c  |Zx9Quail|
//! ```
//!
//! The bytes are shown twice, once for each of the places where they stand. What goes over lines stands in several, beside
//! the hex; in that it is blacked out from its first digit to its last.

use super::{At, Opened, hex};
use std::ops::Range;

/// Digits of an offset.
const OFFSET: usize = 8;

/// What every offset of less than a mebibyte begins with.
const ZEROS: &[u8] = b"000";

/// Bytes that a line says, at most, and the first of a dump at least.
const MOST: usize = 64;
const LEAST: usize = 4;

/// Bytes of the longest line: so many in hex, with blanks, and as they are.
const LONGEST: usize = 512;

/// Blanks before what a line says, where it says fewer bytes than others.
const PADDING: usize = 3;

/// A line: where each byte stands in hex, and what they say.
struct Line {
    bytes: Vec<Range<usize>>,
    said: Range<usize>,
}

/// Opens each dump in `range` of the text at `at`.
pub(super) fn open(opened: &mut Opened, at: &At<'_>, range: &Range<usize>, depth: usize) {
    let text = at.source.bytes();
    let mut from = range.start;
    while let Some((lines, next)) = next(text, &(from..range.end)) {
        opened.layer(at, depth, |out, map| {
            for byte in lines.iter().flat_map(|line| &line.bytes) {
                map.unit(out, at.source, byte, &[value(at.source.slice(byte))]);
            }
        });
        opened.layer(at, depth, |out, map| {
            for line in &lines {
                for (index, (byte, said)) in line.bytes.iter().zip(line.said.clone()).enumerate() {
                    let value = [value(at.source.slice(byte))];
                    map.unit_at(out, at.source, &(said..said + 1), &value, index == 0);
                }
            }
        });
        from = next;
    }
}

/// Whether there is one in a text.
pub(super) fn is_in(text: &[u8]) -> bool {
    next(text, &(0..text.len())).is_some()
}

/// The lines of the first dump in a range, and where the text goes on behind it.
fn next(text: &[u8], range: &Range<usize>) -> Option<(Vec<Line>, usize)> {
    let inside = text.get(range.clone())?;
    let begins = |at: &usize| *at == range.start || text.get(at - 1) == Some(&b'\n');
    let mut starts = memchr::memmem::find_iter(inside, ZEROS).map(|at| range.start + at).filter(begins);
    let (mut lines, mut at) = starts.find_map(|at| {
        let (line, next) = line(text, at, range.end).filter(|(line, _)| line.bytes.len() >= LEAST)?;
        Some((vec![line], next))
    })?;
    while let Some((line, next)) = line(text, at + repeated(text, at), range.end) {
        lines.push(line);
        at = next;
    }
    Some((lines, at))
}

/// Bytes of the line that stands for lines like the one before.
fn repeated(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    [&b"*\n"[..], b"*\r\n"].iter().find(|line| rest.starts_with(line)).map_or(0, |line| line.len())
}

/// The line of a dump that begins here, and where the next one does.
fn line(text: &[u8], start: usize, end: usize) -> Option<(Line, usize)> {
    let rest = text.get(start..end)?;
    if !rest.get(..OFFSET)?.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let near = rest.get(..LONGEST).unwrap_or(rest);
    let next = memchr::memchr(b'\n', near)
        .map(|at| start + at + 1)
        .or_else(|| (near.len() == rest.len()).then_some(end))?;
    let line = text.get(..next)?.trim_ascii_end();
    let is_hex = |at: usize| line.get(at).is_some_and(u8::is_ascii_hexdigit);
    let mut at = start + OFFSET + usize::from(line.get(start + OFFSET) == Some(&b':'));
    let mut bytes = Vec::new();
    loop {
        let blanks = line.get(at..)?.iter().take_while(|byte| **byte == b' ').count();
        let is_said = |at: usize| {
            !(is_hex(at) && is_hex(at + 1))
                || matches!(line.get(at + 2), Some(byte) if *byte != b' ' && !byte.is_ascii_hexdigit())
        };
        let is_over = bytes.len() >= MOST || !bytes.is_empty() && blanks >= PADDING || is_said(at + blanks);
        if blanks > 0 && is_over || blanks == 0 && bytes.is_empty() {
            let said = said(line, at + blanks, bytes.len())?;
            return (!bytes.is_empty()).then_some((Line { bytes, said }, next));
        }
        if blanks == 0 && is_said(at) {
            return None;
        }
        // What is said may look like hex, too: it is as long as the bytes are many.
        if blanks > 1
            && let Some(said) = said(line, at + blanks, bytes.len()).filter(|_| bytes.len() >= LEAST)
        {
            return Some((Line { bytes, said }, next));
        }
        at += blanks;
        bytes.push(at..at + 2);
        at += 2;
    }
}

/// What a line says from a place on, if it is of so many bytes: all of it, or what stands between bars.
fn said(line: &[u8], start: usize, bytes: usize) -> Option<Range<usize>> {
    let rest = line.get(start..)?;
    let inside = rest.strip_prefix(b"|").and_then(|rest| rest.strip_suffix(b"|"));
    let (start, len) = inside.map_or((start, rest.len()), |inside| (start + 1, inside.len()));
    // Blanks at its end went with those of the line.
    let is_as_long = len == bytes || inside.is_none() && len < bytes && bytes <= len + MOST / 4;
    is_as_long.then_some(start..start + len)
}

fn value(digits: &[u8]) -> u8 {
    digits.try_into().map_or(0, hex::byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, hex: &str, said: &[&str]) {
        let found = next(text.as_bytes(), &(0..text.len()));
        let lines = found.map(|(lines, _)| lines).unwrap_or_default();
        let bytes = lines.iter().flat_map(|line| &line.bytes);
        let bytes: Vec<u8> =
            bytes.filter_map(|byte| text.get(byte.clone())).map(|it| value(it.as_bytes())).collect();
        assert_eq!(String::from_utf8_lossy(&bytes), hex, "{text}");
        let told: Vec<_> = lines.iter().filter_map(|line| text.get(line.said.clone())).collect();
        assert_eq!(told, said, "{text}");
    }

    #[test]
    fn a_dump_is_read_in_hex_and_as_it_says() {
        check(
            "00000000: 4442 5f50 4153 5357 4f52 443d 5a78 3951  DB_PASSWORD=Zx9Q\n\
             00000010: 7561 696c 0a                             uail.\n",
            "DB_PASSWORD=Zx9Quail\n",
            &["DB_PASSWORD=Zx9Q", "uail."],
        );
        check(
            "x\n00000000  44 42 5f 50 41 53 53 57  4f 52 44 3d 5a 78 39 51  |DB_PASSWORD=Zx9Q|\n\
             00000010  75 61 69 6c 0a                                    |uail.|\n00000015\n",
            "DB_PASSWORD=Zx9Quail\n",
            &["DB_PASSWORD=Zx9Q", "uail."],
        );
        check(
            "00000000  64 65 61 64  |dead|\n*\n00000040  0a                       |.|\n",
            "dead\n",
            &["dead", "."],
        );
        check("00000000: 6465 6164  dead", "dead", &["dead"]);
        check("00000000: 6465 6164  dead\n00000004: 0a  .\n", "dead\n", &["dead", "."]);
    }

    #[test]
    fn other_numbers_are_none() {
        for text in [
            "00000000",
            "0000 1234 5678",
            "00000000: x",
            "00000000: 12 34",
            "a 00000000: 6465 6164  dead",
            "",
        ] {
            check(text, "", &[]);
        }
    }
}
