//! Rows in SQL: `INSERT INTO users (name, passport) VALUES ('Anna', 'X5059189'), (...)`, and what `pg_dump` writes,
//! `COPY users (name, passport) FROM stdin;` with lines of cells parted by tabs.
//!
//! A list of names in brackets before `VALUES` or `FROM stdin;` is what tells a table; what stands before that is not
//! looked at, since each database has its own. Of a row the strings are shown, without what says their type before them,
//! and the numbers in decimal digits: anything else is code that makes a value.

use super::{Visitor, lines, trimmed};
use memchr::memmem;
use std::ops::{ControlFlow, Range};

/// Bytes of the longest list of names.
const LONGEST_LIST: usize = 4 << 10;

/// Bytes of a text that something is inserted in: `(a,b)values(1,2)`.
pub(super) const SHORTEST: usize = 16;

/// Bytes of the longest comment that is passed over.
const LONGEST_COMMENT: usize = 256;

/// Bytes of the longest mark of a type before a quote: `_utf8mb4`, `timestamp`.
const LONGEST_TYPE: usize = 16;

/// What stands around a name: its quotes.
const AROUND_NAME: &[u8] = b" \t\r\n\"`[]'\\";

/// What ends the rows that are copied.
const END: &[u8] = b"\\.";

/// Reads the tables in a range of a text: what stands behind each bracket that may end a list of names.
pub(super) fn read(text: &[u8], range: &Range<usize>, visitor: &mut impl Visitor) -> ControlFlow<()> {
    let text = text.get(..range.end).unwrap_or_default();
    let mut at = range.start;
    // Up to where rows were read. Those of one kind may go on to the end where a quote is not closed: others do not.
    let (mut inserted_to, mut copied_to) = (at, at);
    while let Some(bracket) = memchr::memchr(b')', text.get(at..).unwrap_or_default()) {
        at += bracket + 1;
        let list = range.start..at;
        if let Some(rows) = behind(text, at, b"VALUES").filter(|_| at > inserted_to) {
            let Some(names) = names(text, &list) else { continue };
            visitor.header(&names)?;
            inserted_to = inserted(text, names.len(), rows, visitor);
        } else if let Some(rows) = copied_from(text, at).filter(|_| at > copied_to) {
            let Some(names) = names(text, &list) else { continue };
            visitor.header(&names)?;
            copied_to = copied(text, names.len(), rows, visitor);
        }
    }
    ControlFlow::Continue(())
}

/// Where the line ends behind a place that says that lines follow.
fn copied_from(text: &[u8], at: usize) -> Option<usize> {
    let end = behind(text, at, b"FROM").and_then(|at| behind(text, at, b"STDIN;"))?;
    matches!(text.get(end..), Some([b'\n', ..] | [b'\r', b'\n', ..])).then_some(end)
}

/// Where a word ends, in any case of its letters, that stands behind white space at a place in a text.
pub(super) fn behind(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    let start = at + text.get(at..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let end = start + word.len();
    text.get(start..end)?.eq_ignore_ascii_case(word).then_some(end)
}

/// Reads the rows of so many columns that are inserted from a place on, and says where they end.
pub(super) fn inserted(text: &[u8], columns: usize, rows: usize, visitor: &mut impl Visitor) -> usize {
    let mut at = rows;
    while let Some((cells, end)) = row(text, at) {
        visitor.row(cells.get(..columns).unwrap_or(&cells));
        at = end;
    }
    at
}

/// The same of the lines below a place that are copied.
fn copied(text: &[u8], columns: usize, rows: usize, visitor: &mut impl Visitor) -> usize {
    let mut at = rows;
    for line in lines(text, &(at..text.len())).skip(1) {
        let cells = tabbed(text, &trimmed(text, line.clone(), b"\r"));
        let is_end = text.get(line.clone()).is_some_and(|line| line.trim_ascii() == END);
        if is_end || cells.len() != columns {
            break;
        }
        visitor.row(&cells);
        at = line.end;
    }
    at
}

/// The cells of a line that tabs part.
fn tabbed(text: &[u8], line: &Range<usize>) -> Vec<Range<usize>> {
    let inside = text.get(line.clone()).unwrap_or_default();
    let mut start = line.start;
    let ends = memchr::memchr_iter(b'\t', inside).map(|tab| line.start + tab).chain([line.end]);
    ends.map(|end| std::mem::replace(&mut start, end + 1)..end).collect()
}

/// The names in the brackets that a text ends with. From the last on: most times that is none.
fn names(text: &[u8], before: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let near = text.get(before.start.max(before.end.saturating_sub(LONGEST_LIST))..before.end)?;
    let list = near.trim_ascii_end().strip_suffix(b")")?;
    let from = before.end - near.len();
    let open = memchr::memrchr(b'(', list)?;
    let mut end = list.len();
    let mut names = Vec::new();
    let starts = memchr::memrchr_iter(b',', list.get(open..)?).map(|comma| open + comma).chain([open]);
    for start in starts {
        let name = from + start + 1..from + std::mem::replace(&mut end, start);
        let name = trimmed(text, name, AROUND_NAME);
        names.push(Some(name).filter(|name| text.get(name.clone()).is_some_and(is_name))?);
    }
    names.reverse();
    Some(names)
}

fn is_name(text: &[u8]) -> bool {
    let is_of_name = |byte: &u8| !byte.is_ascii() || byte.is_ascii_alphanumeric() || b"_$. -".contains(byte);
    !text.is_empty() && text.iter().all(is_of_name)
}

/// The cells of the row in brackets that begins at a place in a text, but for white space and a comma; and where it
/// ends: with its bracket, or with the statement, or the text.
pub(super) fn row(text: &[u8], from: usize) -> Option<(Vec<Range<usize>>, usize)> {
    let open = from + between(text.get(from..)?);
    if text.get(open) != Some(&b'(') {
        return None;
    }
    let (mut cells, mut start, mut depth) = (Vec::new(), open + 1, 0_usize);
    let mut at = start;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\'' | b'"' => at = quoted_end(text, at, *byte),
            b'(' | b'[' => depth += 1,
            b')' | b']' if depth > 0 => depth -= 1,
            b')' | b';' => break,
            b',' if depth == 0 => {
                cells.push(value(text, start..at));
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    let end = at.min(text.len());
    cells.push(value(text, start..end));
    Some((cells, end + 1))
}

/// Bytes between two rows that a text begins with: white space, commas and comments.
fn between(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let near = rest.get(..LONGEST_COMMENT).unwrap_or(rest);
        let ends = |end: &[u8]| memmem::find(near, end).map_or(near.len(), |found| found + end.len());
        at += match rest {
            [byte, ..] if byte.is_ascii_whitespace() || b",\\".contains(byte) => 1,
            [b'-', b'-', ..] if at < LONGEST_COMMENT => ends(b"\n"),
            [b'/', b'*', ..] if at < LONGEST_COMMENT => ends(b"*/"),
            _ => break,
        };
    }
    at
}

/// Where the quote stands that ends what begins with one: not one that is doubled, or behind a backslash.
pub(super) fn quoted_end(text: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 1,
            byte if *byte == quote && text.get(at + 1) == Some(&quote) => at += 1,
            byte if *byte == quote => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Where the value of a cell stands: what is in its quotes, behind a mark of its type (`N'...'`, `_binary '...'`) and
/// before a cast. Nowhere, if it is neither that nor a number.
fn value(text: &[u8], cell: Range<usize>) -> Range<usize> {
    let cell = trimmed(text, cell, b" \t\r\n");
    let inside = text.get(cell.clone()).unwrap_or_default();
    let open = type_len(inside);
    match inside.get(open) {
        Some(quote @ (b'\'' | b'"')) => {
            let start = cell.start + open;
            start + 1..quoted_end(text, start, *quote).clamp(start + 1, cell.end.max(start + 1))
        }
        _ if is_number(inside) => cell,
        _ => cell.start..cell.start,
    }
}

/// Bytes of the mark of a type before a quote: one of any sort, or a word with blanks behind it.
fn type_len(cell: &[u8]) -> usize {
    match cell {
        [b'\'' | b'"', ..] => return 0,
        [_, b'\'' | b'"', ..] => return 1,
        _ => {}
    }
    let is_of_word = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let word = cell.iter().take(LONGEST_TYPE).take_while(is_of_word).count();
    let blanks = cell.iter().skip(word).take_while(|byte| **byte == b' ').count();
    word + blanks
}

/// Whether a cell is a number, with a sign and a fraction or without.
fn is_number(cell: &[u8]) -> bool {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && memchr::memchr_iter(b'.', digits).take(2).count() < 2
}
