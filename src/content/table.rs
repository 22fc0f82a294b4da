//! Tables in text: a line of column names, and lines of as many cells.
//!
//! `name,passport` and twenty lines below it an `X50591899` that looks like nothing: what it is called
//! stands in the header. Each cell is therefore shown to the scanner once more, under the name of its
//! column, as the value of a JSON key would be.
//!
//! A header is a line of at least three names, parted by commas, semicolons or tabs, each a word without
//! spaces; a label may stand before it (`Output: name,passport`). It costs a look at the first words of
//! each line of a text; prose stops it there. Lines may have numbers or marks before them, as tools show a
//! file: `  12\t`, `+ `.

use super::map::Source;
use super::{At, Form, NodeId, Opened, Step};
use std::ops::Range;

/// Columns from which a line of words is taken for a header: prose has lines of two.
const FEWEST_COLUMNS: usize = 3;

/// Bytes of a column's name.
const LONGEST_NAME: usize = 40;

/// Shows the cells of every table in `range` of the text at `at` under the names of their columns.
pub(super) fn open(opened: &mut Opened, at: &At<'_>, range: &Range<usize>) {
    let mut table: Option<Table> = None;
    for line in lines(at.source, range) {
        let columns = table.as_ref().map(|table| (table.delimiter, table.columns.len()));
        let cells = columns.and_then(|(delimiter, count)| {
            let cells = cells(at.source.bytes(), &line, delimiter);
            (cells.len() == count).then_some(cells)
        });
        match (&table, cells) {
            (Some(table), Some(cells)) => table.show(opened, at, &cells),
            _ => table = header(at.source, &line).map(|header| Table::new(opened, at, header)),
        }
    }
}

/// Whether there is a table in a text.
pub(super) fn is_in(text: &[u8]) -> bool {
    let source = Source::content(text);
    lines(&source, &(0..text.len())).any(|line| header(&source, &line).is_some())
}

struct Table {
    delimiter: u8,
    columns: Vec<NodeId>,
}

impl Table {
    fn new(opened: &mut Opened, at: &At<'_>, (delimiter, names): (u8, Vec<Range<usize>>)) -> Self {
        let name = |inside| opened.node(at.node, Step::Key { inside, shown: None }, 0);
        Self { delimiter, columns: names.into_iter().map(name).collect() }
    }

    fn show(&self, opened: &mut Opened, at: &At<'_>, cells: &[Range<usize>]) {
        for (node, cell) in self.columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            let at = At { node: *node, ..*at };
            opened.part(&at, Form::Text, |text, map| map.copy(text, at.source, cell));
        }
    }
}

/// Bytes of the number, and of the mark of a diff or quotation, that a tool put before a line.
fn decoration_len(line: &[u8]) -> usize {
    let spaces = line.iter().take_while(|byte| **byte == b' ').count();
    let rest = line.get(spaces..).unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let after = rest.get(digits..).unwrap_or_default();
    let number = [&b"\t"[..], b": ", b":", b"| ", b"|", "\u{2192}".as_bytes()];
    let mark = number.iter().find(|mark| digits > 0 && after.starts_with(mark)).map_or(0, |mark| mark.len());
    let numbered = if mark > 0 { spaces + digits + mark } else { 0 };
    let rest = line.get(numbered..).unwrap_or_default();
    let is_marked = matches!(rest.first(), Some(b'+' | b'-' | b'>' | b'|'));
    let spaces = rest.iter().skip(usize::from(is_marked)).take_while(|byte| **byte == b' ').count();
    numbered + usize::from(is_marked) + spaces
}

fn lines<'s>(source: &'s Source<'_>, range: &Range<usize>) -> impl Iterator<Item = Range<usize>> + use<'s> {
    let text = source.slice(range);
    let mut start = range.start;
    let end = range.end;
    let ends = memchr::memchr_iter(b'\n', text).map({
        let from = range.start;
        move |at| from + at
    });
    ends.chain(std::iter::once(end)).map(move |end| {
        let line = start + decoration_len(source.slice(&(start..end)))..end;
        start = end + 1;
        line
    })
}

/// The delimiter of a header, and where its names stand.
fn header(source: &Source<'_>, line: &Range<usize>) -> Option<(u8, Vec<Range<usize>>)> {
    let text = source.slice(line);
    let first = name_len(text);
    let label = if text.get(first..)?.starts_with(b": ") { first + 2 } else { 0 };
    let first = if label > 0 { name_len(text.get(label..)?) } else { first };
    let delimiter = *text.get(label + first)?;
    if first == 0 || !b",;\t".contains(&delimiter) {
        return None;
    }
    let line = &(line.start + label..line.end);
    let names = cells(source.bytes(), line, delimiter);
    let is_name = |name: &Range<usize>| !name.is_empty() && name_len(source.slice(name)) == name.len();
    (names.len() >= FEWEST_COLUMNS && names.iter().all(is_name)).then_some((delimiter, names))
}

/// Bytes at the start of a text that a column's name can be made of.
fn name_len(text: &[u8]) -> usize {
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.\"".contains(byte);
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
            cells.push(trimmed(text, start..at));
            start = at + 1;
        }
    }
    cells.push(trimmed(text, start..line.end));
    cells
}

fn trimmed(text: &[u8], mut cell: Range<usize>) -> Range<usize> {
    let outer = |byte: Option<&u8>| byte.is_some_and(|byte| b"\" \r".contains(byte));
    while cell.start < cell.end && outer(text.get(cell.start)) {
        cell.start += 1;
    }
    while cell.start < cell.end && outer(text.get(cell.end - 1)) {
        cell.end -= 1;
    }
    cell
}
