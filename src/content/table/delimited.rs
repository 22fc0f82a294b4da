//! Lines of cells parted by commas, semicolons or tabs: RFC 4180 and its like.
//!
//! A header is a line of at least three names, each a word without spaces; a label may stand before it (`Output:
//! name,passport`). It costs a look at the first words of each line of a text; prose stops it there. Lines may have
//! numbers or marks before them, as tools show a file: `  12\t`, `+ `.

use super::{LONGEST_NAME, Line, Visitor, trimmed};
use std::ops::{ControlFlow, Range};

/// Columns from which a line of words is taken for a header: prose has lines of two.
const FEWEST_COLUMNS: usize = 3;

/// What stands around a cell.
const OUTER: &[u8] = b"\" \r";

/// The delimiter of the table that is read, and how many columns it has.
#[derive(Default)]
pub(super) struct Delimited(Option<(u8, usize)>);

impl Delimited {
    /// Reads the next line of a text.
    pub(super) fn read(&mut self, text: &[u8], line: &Line, visitor: &mut impl Visitor) -> ControlFlow<()> {
        let Line { whole, bare } = line;
        let inside = bare.start + mark_len(text.get(bare.clone()).unwrap_or_default())..bare.end;
        if let Some(cells) =
            self.0.and_then(|(delimiter, columns)| row(text, [&inside, whole], delimiter, columns))
        {
            visitor.row(&cells);
            return ControlFlow::Continue(());
        }
        let header = header(text, &inside);
        self.0 = header.as_ref().map(|(delimiter, names)| (*delimiter, names.len()));
        header.map_or(ControlFlow::Continue(()), |(_, names)| visitor.header(&names))
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

/// The delimiter of a header, and where its names stand.
fn header(text: &[u8], line: &Range<usize>) -> Option<(u8, Vec<Range<usize>>)> {
    let inside = text.get(line.clone())?;
    let first = name_len(inside);
    let label = if inside.get(first..)?.starts_with(b": ") { first + 2 } else { 0 };
    let first = if label > 0 { name_len(inside.get(label..)?) } else { first };
    let delimiter = *inside.get(label + first)?;
    if first == 0 || !matches!(delimiter, b',' | b';' | b'\t') {
        return None;
    }
    let names = cells(text, &(line.start + label..line.end), delimiter);
    let is_name = |name: &Range<usize>| {
        !name.is_empty() && text.get(name.clone()).is_some_and(|text| name_len(text) == text.len())
    };
    (names.len() >= FEWEST_COLUMNS && names.iter().all(is_name)).then_some((delimiter, names))
}

/// Bytes at the start of a text that a column's name can be made of.
fn name_len(text: &[u8]) -> usize {
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'"');
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
