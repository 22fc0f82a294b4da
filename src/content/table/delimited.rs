//! Lines of cells parted by commas, semicolons or tabs: RFC 4180 and its like.
//!
//! A header is a line of at least three names, or of two without a capital in the second; a label may stand before it
//! (`Output: name,passport`). Other lines of two cells are names with their values, if there is one below the other:
//!
//! ```text
//! Date of birth,1969-05-23
//! Passport,X50591899
//! ```
//!
//! Names of several words, and lines of two, have no space behind what parts them: prose has. It costs a look at the
//! first words of each line of a text; most lines stop it there. Lines may have numbers or marks before them, as tools
//! show a file: `  12\t`, `+ `.

use super::{LONGEST_NAME, LONGEST_VALUE, Line, Visitor, trimmed};
use std::ops::{ControlFlow, Range};

/// Words of the longest name of a column.
const WORDS: usize = 5;

/// What stands around a cell.
const OUTER: &[u8] = b"\" \r";

/// The table that is read.
#[derive(Default)]
pub(super) struct Delimited(Option<Table>);

struct Table {
    delimiter: u8,
    /// Cells of its first line.
    first: Vec<Range<usize>>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Rows below their header.
    Rows,
    /// Names and values, of which one was read.
    FirstPair,
    Pairs,
}

impl Delimited {
    /// Reads the next line of a text.
    pub(super) fn read(&mut self, text: &[u8], line: &Line, visitor: &mut impl Visitor) -> ControlFlow<()> {
        let Line { whole, bare } = line;
        let inside = bare.start + mark_len(text.get(bare.clone()).unwrap_or_default())..bare.end;
        if let Some(table) = &mut self.0
            && let Some(cells) = row(text, [&inside, whole], table.delimiter, table.first.len())
        {
            return table.read(&cells, visitor);
        }
        self.0 = first(text, &inside);
        match &self.0 {
            Some(Table { kind: Kind::Rows, first, .. }) => visitor.header(first),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl Table {
    fn read(&mut self, cells: &[Range<usize>], visitor: &mut impl Visitor) -> ControlFlow<()> {
        if self.kind == Kind::FirstPair
            && let [name, value] = self.first.as_slice()
        {
            visitor.pair(name, value)?;
            self.kind = Kind::Pairs;
        }
        match cells {
            [name, value] if self.kind == Kind::Pairs => visitor.pair(name, value)?,
            _ => visitor.row(cells),
        }
        ControlFlow::Continue(())
    }
}

/// The cells of a line in the first of its readings that has so many: what looks like the number of a line may be
/// the first cell.
fn row(
    text: &[u8],
    readings: [&Range<usize>; 2],
    delimiter: u8,
    columns: usize,
) -> Option<Vec<Range<usize>>> {
    readings.into_iter().map(|line| cells(text, line, delimiter)).find(|cells| cells.len() == columns)
}

/// Bytes of the mark of a diff or quotation that a tool put before a line, and of the spaces there.
fn mark_len(line: &[u8]) -> usize {
    let is_marked = matches!(line.first(), Some(b'+' | b'-' | b'>' | b'|'));
    let spaces = line.iter().skip(usize::from(is_marked)).take_while(|byte| **byte == b' ').count();
    usize::from(is_marked) + spaces
}

/// The table that a line begins.
fn first(text: &[u8], line: &Range<usize>) -> Option<Table> {
    let inside = text.get(line.clone())?;
    let near = inside.get(..2 * LONGEST_NAME).unwrap_or(inside);
    let at = memchr::memchr3(b',', b';', b'\t', near)?;
    let (before, delimiter) = (inside.get(..at)?, *inside.get(at)?);
    let label =
        before.iter().position(|byte| *byte == b':').filter(|colon| before.get(colon + 1) == Some(&b' '));
    let label = label.filter(|colon| before.get(..*colon).is_some_and(|label| name_len(label) == *colon));
    let label = label.map_or(0, |colon| colon + 2);
    let name = before.get(label..)?;
    // Prose: words, a comma, a space.
    let is_prose = inside.get(at + 1).is_none_or(|byte| *byte == b' ') && name.contains(&b' ');
    if is_prose || name.is_empty() || name_len(name) < name.len() {
        return None;
    }
    let first = cells(text, &(line.start + label..line.end), delimiter);
    let words = if inside.windows(2).any(|two| two == [delimiter, b' ']) { 1 } else { WORDS };
    let cell = |cell: &Range<usize>| text.get(cell.clone()).unwrap_or_default();
    let is_name = |name: &Range<usize>| is_name(cell(name), words);
    let kind = match first.as_slice() {
        [_] => return None,
        [name, value] => {
            let is_value = cell(value).iter().any(u8::is_ascii_uppercase) || !is_name(value);
            let is_short = (1..=LONGEST_VALUE).contains(&value.len());
            if !is_name(name) || !is_short || words < WORDS {
                return None;
            }
            if is_value { Kind::FirstPair } else { Kind::Rows }
        }
        names if names.iter().all(is_name) => Kind::Rows,
        _ => return None,
    };
    Some(Table { delimiter, first, kind })
}

/// Whether a cell is the name of a column, of so many words. One word has nothing in it that code has.
fn is_name(cell: &[u8], words: usize) -> bool {
    let is_code = || words == 1 && cell.iter().any(|byte| b" /()'#".contains(byte));
    !cell.is_empty()
        && name_len(cell) == cell.len()
        && memchr::memchr_iter(b' ', cell).count() < words
        && !is_code()
}

/// Bytes at the start of a text that a column's name can be made of.
fn name_len(text: &[u8]) -> usize {
    let name = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'-' | b'.' | b'"' | b' ' | b'/' | b'(' | b')' | b'\'' | b'#')
            || !byte.is_ascii()
    };
    text.iter().take(LONGEST_NAME).take_while(|byte| name(byte)).count()
}

/// Where the cells of a line stand, without their quotes (RFC 4180).
fn cells(text: &[u8], line: &Range<usize>, delimiter: u8) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let mut start = line.start;
    let mut quoted = false;
    for (at, byte) in text.iter().enumerate().take(line.end).skip(line.start) {
        if *byte == b'"' {
            quoted = !quoted;
        } else if *byte == delimiter && !quoted {
            cells.push(trimmed(text, start..at, OUTER));
            start = at + 1;
        }
    }
    cells.push(trimmed(text, start..line.end, OUTER));
    cells
}
