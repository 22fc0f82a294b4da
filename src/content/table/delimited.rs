//! Lines of cells parted by commas, semicolons, tabs or bars: RFC 4180 and its like.
//!
//! A header is a line of at least three names, or of two without a capital in the second; a label may stand before it
//! (`Output: name,passport`). Other lines of two cells are names with their values, if there is one below the other; and
//! rows as well, if the first may be a header:
//!
//! ```text
//! Date of birth,1969-05-23
//! Passport,X50591899
//! ```
//!
//! Names of several words, and lines of two, have no space behind what parts them: prose has. It costs a look at the
//! first words of each line of a text; most lines stop it there. Lines may have numbers or marks before them, as tools
//! show a file: `  12\t`, `+ `. Bars part three cells at least: two are a choice.

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
    /// Whether a name has several words: it may be a line of a text above a header.
    has_words: bool,
    /// Whether its first line has a number before it: then all have.
    is_numbered: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Rows below their header.
    Rows,
    /// Names and values, of which one was read.
    FirstPair,
    Pairs,
    /// Either: `Name,Passport number` above `Ada,X50591899`.
    PairsOrRows,
}

impl Delimited {
    /// Reads the next line of a text.
    pub(super) fn read(&mut self, text: &[u8], line: &Line, visitor: &mut impl Visitor) -> ControlFlow<()> {
        let Line { whole, bare } = line;
        let inside = bare.start + mark_len(text.get(bare.clone()).unwrap_or_default())..bare.end;
        let gutter = text.get(whole.start..bare.start).unwrap_or_default();
        let is_numbered = gutter.iter().any(u8::is_ascii_digit);
        let above = self.0.as_ref().filter(|table| table.has_words);
        if let Some(table) = above
            .and_then(|_| first(text, &inside, is_numbered))
            .filter(|table| table.is_of_small_words(text))
        {
            let header = visitor.header(&table.first);
            self.0 = Some(table);
            return header;
        }
        if let Some(table) = &mut self.0
            && let Some(cells) = table.row(text, &inside, whole)
        {
            return table.read(text, &cells, visitor);
        }
        self.0 = first(text, &inside, is_numbered);
        match &self.0 {
            Some(Table { kind: Kind::Rows, first, .. }) => visitor.header(first),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl Table {
    /// Whether it begins with words in small letters, as a header does and hardly a row.
    fn is_of_small_words(&self, text: &[u8]) -> bool {
        let is_word = |name: &Range<usize>| {
            text.get(name.clone())
                .is_some_and(|name| name.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_'))
        };
        self.kind == Kind::Rows && self.first.iter().all(is_word)
    }

    /// The cells of a line in the first of its readings that has so many: what looks like the number of a line may be
    /// the first cell.
    fn row(&self, text: &[u8], inside: &Range<usize>, whole: &Range<usize>) -> Option<Vec<Range<usize>>> {
        let readings = [Some(inside), Some(whole).filter(|_| !self.is_numbered)].into_iter().flatten();
        let cells = readings.map(|line| cells(text, line, self.delimiter));
        cells.into_iter().find(|cells| cells.len() == self.first.len())
    }

    fn read(&mut self, text: &[u8], cells: &[Range<usize>], visitor: &mut impl Visitor) -> ControlFlow<()> {
        if self.kind == Kind::FirstPair
            && let ([name, value], [_, below]) = (self.first.as_slice(), cells)
        {
            visitor.pair(name, value)?;
            let has_digits = |cell: &Range<usize>| {
                text.get(cell.clone()).is_some_and(|cell| cell.iter().any(u8::is_ascii_digit))
            };
            let may_be_header = !has_digits(value) && has_digits(below);
            self.kind = if may_be_header { Kind::PairsOrRows } else { Kind::Pairs };
        }
        match (self.kind, cells) {
            (Kind::Pairs, [name, value]) => visitor.pair(name, value)?,
            (Kind::PairsOrRows, [name, value]) => {
                visitor.pair(name, value)?;
                if let [_, column] = self.first.as_slice() {
                    visitor.pair(column, value)?;
                }
            }
            _ => visitor.row(cells),
        }
        ControlFlow::Continue(())
    }
}

/// Bytes of the mark of a diff or quotation that a tool put before a line, and of the spaces there.
fn mark_len(line: &[u8]) -> usize {
    let is_marked = matches!(line.first(), Some(b'+' | b'-' | b'>' | b'|'));
    let spaces = line.iter().skip(usize::from(is_marked)).take_while(|byte| **byte == b' ').count();
    usize::from(is_marked) + spaces
}

/// The table that a line begins.
fn first(text: &[u8], line: &Range<usize>, is_numbered: bool) -> Option<Table> {
    let inside = text.get(line.clone())?;
    let near = inside.get(..2 * LONGEST_NAME).unwrap_or(inside);
    let at = memchr::memchr3(b',', b';', b'\t', near).or_else(|| memchr::memchr(b'|', near))?;
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
            if !is_name(name) || !is_short || words < WORDS || delimiter == b'|' {
                return None;
            }
            if is_value { Kind::FirstPair } else { Kind::Rows }
        }
        names if names.iter().all(is_name) => Kind::Rows,
        _ => return None,
    };
    let has_words = first.iter().any(|name| cell(name).contains(&b' '));
    Some(Table { delimiter, first, kind, has_words, is_numbered })
}

/// Whether a cell is the name of a column, of so many words. One word has nothing in it that code has.
fn is_name(cell: &[u8], words: usize) -> bool {
    // A bracket behind a space is a remark, and any other a call.
    let is_call = || memchr::memchr(b'(', cell).is_some_and(|at| at == 0 || cell.get(at - 1) != Some(&b' '));
    let is_code = || is_call() || words == 1 && cell.iter().any(|byte| b" /()'#".contains(byte));
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
