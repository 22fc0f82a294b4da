//! Rows in SQL: `INSERT INTO users (name, passport) VALUES ('Anna', 'X5059189'), (...)`, and what `pg_dump` writes,
//! `COPY users (name, passport) FROM stdin;` with lines of cells parted by tabs.
//!
//! A list of names in brackets before `VALUES` or `FROM stdin` is what tells a table; what stands before that is not
//! looked at, since each database has its own.

use super::{LONGEST_NAME, Visitor, lines, trimmed};
use memchr::memmem::Finder;
use std::ops::{ControlFlow, Range};
use std::sync::LazyLock;

/// Bytes of the longest list of names.
const LONGEST_LIST: usize = 4 << 10;

/// Bytes of a text that something is inserted in: `(a,b)values(1,2)`.
pub(super) const SHORTEST: usize = 16;

/// What stands around a name: its quotes.
const AROUND_NAME: &[u8] = b" \t\r\n\"`[]'\\";

/// What `VALUES` is told by: most of it, in either case.
static VALUES: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| ["ALUES", "alues"].map(Finder::new));
static STDIN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("stdin;"));

/// Reads the tables in a range of a text.
pub(super) fn read(text: &[u8], range: &Range<usize>, visitor: &mut impl Visitor) -> ControlFlow<()> {
    let text = text.get(..range.end).unwrap_or_default();
    for word in VALUES.iter() {
        inserted(text, range.start, word, visitor)?;
    }
    copied(text, range.start, visitor)
}

/// The range of the next word in a text, from a place on.
fn next(text: &[u8], from: usize, word: &Finder<'_>) -> Option<Range<usize>> {
    let start = from + word.find(text.get(from..)?)?;
    Some(start..start + word.needle().len())
}

/// Reads what is inserted.
fn inserted(text: &[u8], from: usize, word: &Finder<'_>, visitor: &mut impl Visitor) -> ControlFlow<()> {
    let mut at = from;
    while let Some(values) = next(text, at, word) {
        at = values.end;
        let before = from..values.start.saturating_sub(1).max(from);
        let is_word = matches!(text.get(before.end), Some(b'v' | b'V'));
        let Some(names) = is_word.then(|| names(text, &before)).flatten() else { continue };
        visitor.header(&names)?;
        while let Some((cells, end)) = row(text, at) {
            visitor.row(cells.get(..names.len()).unwrap_or(&cells));
            at = end;
        }
    }
    ControlFlow::Continue(())
}

/// Reads what is copied.
fn copied(text: &[u8], from: usize, visitor: &mut impl Visitor) -> ControlFlow<()> {
    let mut at = from;
    while let Some(stdin) = next(text, at, &STDIN) {
        at = stdin.end;
        let before = text.get(from..stdin.start).unwrap_or_default().trim_ascii_end();
        let before = before.strip_suffix(b"FROM").or_else(|| before.strip_suffix(b"from"));
        let Some(names) = before.and_then(|before| names(text, &(from..from + before.len()))) else {
            continue;
        };
        visitor.header(&names)?;
        for line in lines(text, &(at..text.len())).skip(1) {
            let cells = tabbed(text, &line);
            if cells.len() != names.len() {
                break;
            }
            visitor.row(&cells);
            at = line.end;
        }
    }
    ControlFlow::Continue(())
}

/// The cells of a line that tabs part.
fn tabbed(text: &[u8], line: &Range<usize>) -> Vec<Range<usize>> {
    let inside = text.get(line.clone()).unwrap_or_default();
    let mut start = line.start;
    let ends = memchr::memchr_iter(b'\t', inside).map(|tab| line.start + tab).chain([line.end]);
    ends.map(|end| std::mem::replace(&mut start, end + 1)..end).collect()
}

/// The names in the brackets that a text ends with.
fn names(text: &[u8], before: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let near = text.get(before.start.max(before.end.saturating_sub(LONGEST_LIST))..before.end)?;
    let list = near.trim_ascii_end().strip_suffix(b")")?;
    let end = before.end - near.len() + list.len();
    let open = memchr::memrchr(b'(', list)?;
    let mut start = end - list.len() + open + 1;
    let ends = memchr::memchr_iter(b',', list.get(open..)?).map(|comma| end - list.len() + open + comma);
    let ends: Vec<_> = ends.chain([end]).collect();
    let cells = ends.into_iter().map(|end| std::mem::replace(&mut start, end + 1)..end);
    let names: Vec<_> = cells.map(|cell| trimmed(text, cell, AROUND_NAME)).collect();
    names.iter().all(|name| is_name(text.get(name.clone()).unwrap_or_default())).then_some(names)
}

fn is_name(text: &[u8]) -> bool {
    let is_of_name = |byte: &u8| !byte.is_ascii() || byte.is_ascii_alphanumeric() || b"_$. -".contains(byte);
    !text.is_empty() && text.len() <= LONGEST_NAME && text.iter().all(is_of_name)
}

/// The cells of the row in brackets that begins at a place in a text, but for white space and a comma; and where it
/// ends: with its bracket, or with the statement, or the text.
fn row(text: &[u8], from: usize) -> Option<(Vec<Range<usize>>, usize)> {
    let between =
        text.get(from..)?.iter().take_while(|byte| byte.is_ascii_whitespace() || b",\\".contains(byte));
    let open = from + between.count();
    if text.get(open) != Some(&b'(') {
        return None;
    }
    let (mut cells, mut start, mut depth) = (Vec::new(), open + 1, 0_usize);
    let mut at = start;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\'' | b'"' => at = quoted_end(text, at, *byte),
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
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

/// Where the quote stands that ends what begins with one: not one that is doubled, or behind a backslash.
fn quoted_end(text: &[u8], open: usize, quote: u8) -> usize {
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

/// Where the value of a cell stands: what is in its quotes, behind a mark of its type (`N'...'`) and before a cast.
fn value(text: &[u8], cell: Range<usize>) -> Range<usize> {
    let cell = trimmed(text, cell, b" \t\r\n");
    let inside = text.get(cell.clone()).unwrap_or_default();
    match inside {
        [b'\'' | b'"', ..] | [_, b'\'' | b'"', ..] => {
            let open = usize::from(!matches!(inside.first(), Some(b'\'' | b'"')));
            let quote = inside.get(open).copied().unwrap_or_default();
            let start = cell.start + open;
            start + 1..quoted_end(text, start, quote).clamp(start + 1, cell.end)
        }
        _ => cell,
    }
}
