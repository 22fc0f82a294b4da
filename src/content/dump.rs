//! What `xxd` and `hexdump -C` print of a file: its bytes in hex, and beside them what they say.
//!
//! ```text
//! 00000000: 4442 5f50 4153 533d  DB_PASS=      00000000  44 42 5f 50 41 53 53 3d  |DB_PASS=|
//! 00000008: 5a78 3951 7561 696c  Zx9Quail      00000008  5a 78 39 51 75 61 69 6c  |Zx9Quail|
//! ```
//!
//! The same of `tcpdump -X`, Wireshark and `od -A x -t x1z`, whose offsets are shorter: where the first line says what its
//! hex does.
//!
//! The bytes are shown twice, once for each of the places where they stand. What goes over lines stands in several, beside
//! the hex; in that it is blacked out from its first digit to its last.

use super::{At, Opened, hex};
use std::ops::Range;

/// Digits of an offset.
const OFFSET: usize = 8;

/// Digits of the shorter ones of other tools.
const SHORTER: [usize; 2] = [4, 6];

/// Blanks before an offset with its mark, at most.
const INDENT: usize = 8;

/// The mark of an offset in hex.
const MARK: &[u8] = b"0x";

/// What every offset of less than a mebibyte begins with, and that of the next one has.
const ZEROS: &[u8] = b"000";

/// Bytes that a line says, at most, and the first of a dump at least.
const MOST: usize = 64;
const LEAST: usize = 4;

/// Bytes of the longest line: so many in hex, with blanks, and as they are.
const LONGEST: usize = 512;

/// Blanks before what a line says, where it says fewer bytes than others.
const PADDING: usize = 3;

/// A line: where each byte stands in hex, and what they say; and bytes of the line before that.
struct Line {
    bytes: Vec<Range<usize>>,
    said: Range<usize>,
    column: usize,
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
                for (index, (byte, said)) in line.bytes.iter().zip(line.said.start..).enumerate() {
                    let value = [value(at.source.slice(byte))];
                    match said < line.said.end {
                        true => map.unit_at(out, at.source, &(said..said + 1), &value, index == 0),
                        // Blanks at the end of a line may be lost.
                        false => out.extend_from_slice(&value),
                    }
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
    let zeros = memchr::memmem::find_iter(inside, ZEROS);
    let mut starts = zeros.filter_map(|at| line_start(inside, at)).map(|at| range.start + at);
    let (mut lines, mut at) = starts.find_map(|at| {
        let first = line(text, at..range.end, None).filter(|(line, _)| line.bytes.len() >= LEAST)?;
        Some((vec![first.0], first.1))
    })?;
    let column = lines.first().map(|line| line.column);
    while let Some((line, next)) = line(text, at + repeated(text, at)..range.end, column) {
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

/// Where the line of a place starts that may be in its offset.
fn line_start(text: &[u8], at: usize) -> Option<usize> {
    let near = at.saturating_sub(INDENT + MARK.len());
    match memchr::memrchr(b'\n', text.get(near..at)?) {
        Some(end) => Some(near + end + 1),
        None => (near == 0).then_some(0),
    }
}

/// The line of a dump that a range begins with, and where the next one does. What it says begins in the same column as
/// what the first line of the dump does, most times.
fn line(text: &[u8], range: Range<usize>, column: Option<usize>) -> Option<(Line, usize)> {
    let rest = text.get(range.clone())?;
    let (from, is_short) = offset(rest)?;
    let near = rest.get(..LONGEST).unwrap_or(rest);
    let end = memchr::memchr(b'\n', near).or_else(|| (near.len() == rest.len()).then_some(rest.len()))?;
    let line = near.get(..end)?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let known = column.and_then(|column| up_to(line, from, column));
    let found = known.or_else(|| guessed(line, from))?;
    if is_short && column.is_none() && !says_its_hex(line, &found) {
        return None;
    }
    let moved = |inside: Range<usize>| range.start + inside.start..range.start + inside.end;
    let Line { bytes, said, column } = found;
    let line = Line { bytes: bytes.into_iter().map(moved).collect(), said: moved(said), column };
    Some((line, range.end.min(range.start + end + 1)))
}

/// Bytes of the offset that a line begins with, and of the marks around it; and whether it is one of the shorter ones.
fn offset(line: &[u8]) -> Option<(usize, bool)> {
    let indent = line.iter().take(INDENT).take_while(|byte| b" \t".contains(byte)).count();
    let mark = line.get(indent..)?.strip_prefix(MARK).map_or(0, |_| MARK.len());
    let digits =
        line.iter().skip(indent + mark).take(OFFSET).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let end = indent + mark + digits;
    let is_short = SHORTER.contains(&digits);
    let is_offset = is_short && (indent == 0 || mark > 0) || digits == OFFSET && indent + mark == 0;
    is_offset.then_some((end + usize::from(line.get(end) == Some(&b':')), is_short))
}

/// Whether a line says its bytes as they are, with dots for those that cannot be.
fn says_its_hex(line: &[u8], found: &Line) -> bool {
    let said = line.get(found.said.clone()).unwrap_or_default();
    let bytes = found.bytes.iter().filter_map(|byte| line.get(byte.clone())).map(value);
    let printed = bytes.map(|byte| if matches!(byte, b' '..=b'~') { byte } else { b'.' });
    said.iter().chain(std::iter::repeat(&b' ')).zip(printed).all(|(said, byte)| *said == byte)
}

/// What a line with its hex from one place on has before and behind a column.
fn up_to(line: &[u8], from: usize, column: usize) -> Option<Line> {
    let hex = line.get(..column).unwrap_or(line);
    let (mut bytes, mut at) = (Vec::new(), from);
    loop {
        let blanks = blanks(hex, at);
        at += blanks;
        if at == hex.len() {
            break;
        }
        let is_byte = is_hex(hex, at) && is_hex(hex, at + 1) && (blanks > 0 || at > from);
        (is_byte && bytes.len() < MOST).then(|| bytes.push(at..at + 2))?;
        at += 2;
    }
    let said = said(line, column, bytes.len())?;
    (!bytes.is_empty()).then_some(Line { bytes, said, column })
}

/// The same, of a line by itself. What it says may look like hex, too, or begin with blanks: it is as long as the bytes
/// are many.
fn guessed(line: &[u8], from: usize) -> Option<Line> {
    let (mut bytes, mut at) = (Vec::new(), from);
    loop {
        let blanks = blanks(line, at);
        let first = at + blanks;
        let is_byte = is_hex(line, first)
            && is_hex(line, first + 1)
            && line.get(first + 2).is_none_or(|byte| *byte == b' ' || byte.is_ascii_hexdigit());
        let is_over = bytes.len() >= MOST || !bytes.is_empty() && blanks >= PADDING || !is_byte;
        if is_over || blanks > 1 && bytes.len() >= LEAST {
            // Of several the one at which it ends with the line.
            let barred =
                matches!(line.get(first), Some(b'|' | b'>')) && line.len() == first + bytes.len() + 2;
            let last = line.len().saturating_sub(bytes.len()).clamp(at, first);
            let is_whole = |column: usize| line.len() == column + bytes.len();
            let column = match blanks {
                _ if barred => Some(first),
                2.. if is_whole(last) && last >= at + 2 => Some(last),
                1.. if is_over => {
                    [first.min(at + 2), first].into_iter().find(|at| said(line, *at, bytes.len()).is_some())
                }
                _ => None,
            };
            let said = column.and_then(|column| Some((said(line, column, bytes.len())?, column)));
            if let Some((said, column)) = said {
                return (!bytes.is_empty()).then_some(Line { bytes, said, column });
            }
        }
        if is_over || blanks == 0 && bytes.is_empty() {
            return None;
        }
        bytes.push(first..first + 2);
        at = first + 2;
    }
}

fn is_hex(line: &[u8], at: usize) -> bool {
    line.get(at).is_some_and(u8::is_ascii_hexdigit)
}

/// Blanks at a place.
fn blanks(line: &[u8], at: usize) -> usize {
    line.iter().skip(at).take_while(|byte| **byte == b' ').count()
}

/// What a line says from a column on, if it is of so many bytes: all of it, or what stands between bars.
fn said(line: &[u8], column: usize, bytes: usize) -> Option<Range<usize>> {
    let start = column.min(line.len());
    let rest = line.get(start..)?;
    match rest {
        [b'|', inside @ .., b'|'] | [b'>', inside @ .., b'<'] if inside.len() == bytes => {
            Some(start + 1..start + 1 + bytes)
        }
        // Blanks at its end may be lost.
        _ if rest.len() <= bytes && bytes <= rest.len() + MOST / 4 => Some(start..line.len()),
        _ => None,
    }
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
        check(
            "00000000: 2020 6161 6161 6161 6161 6161 6161 6120    aaaaaaaaaaaaa \n\
             00000010: 2020 6262 6262 6262 6262 6262 6262 6162    bbbbbbbbbbbbab\n\
             00000020: 2020 2020 2020 2020 2020 2020 2020 2020                  \n\
             00000030: 2020 2020 2020 2020 2020 2020 2020 2020\n\
             00000040: 7c61 6161 6161 6161 6161 6161 6161 617c  |aaaaaaaaaaaaaa|\r\n\
             00000050: 2061 0a                                   a.\n",
            "  aaaaaaaaaaaaa   bbbbbbbbbbbbab                                |aaaaaaaaaaaaaa| a\n",
            &["  aaaaaaaaaaaaa ", "  bbbbbbbbbbbbab", "                ", "", "|aaaaaaaaaaaaaa|", " a."],
        );
        check("00000000: 2064 6561 6420             dead ", " dead ", &[" dead "]);
        for text in [
            "IP a.1 > b.2: Flags\n\t0x0000:  4442 5f50 4153 5357 4f52 443d 5a78 3951  DB_PASSWORD=Zx9Q\n\
             \t0x0010:  7561 696c 0a                             uail.\n",
            "0000   44 42 5f 50 41 53 53 57 4f 52 44 3d 5a 78 39 51   DB_PASSWORD=Zx9Q\n\
             0010   75 61 69 6c 0a                                    uail.\n",
            "000000 44 42 5f 50 41 53 53 57 4f 52 44 3d 5a 78 39 51  >DB_PASSWORD=Zx9Q<\n\
             000010 75 61 69 6c 0a                                   >uail.<\n000015\n",
            "00100000: 4442 5f50 4153 5357 4f52 443d 5a78 3951  DB_PASSWORD=Zx9Q\n\
             00100010: 7561 696c 0a                             uail.\n",
        ] {
            check(text, "DB_PASSWORD=Zx9Quail\n", &["DB_PASSWORD=Zx9Q", "uail."]);
        }
        check("00000000: 6465 6164  dead", "dead", &["dead"]);
        check("00000000: 6465 6164  dead\n00000004: 0a  .\n", "dead\n", &["dead", "."]);
    }

    #[test]
    fn other_numbers_are_none() {
        for text in [
            "00000000",
            "0000 1234 5678",
            "0000 12 34 56 78  abcd",
            "  000000 64 65 61 64  dead",
            "00000000: x",
            "00000000: 12 34",
            "a 00000000: 6465 6164  dead",
            "",
        ] {
            check(text, "", &[]);
        }
    }
}
