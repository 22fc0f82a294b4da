//! Lines of cells that stand one below the other, parted by blanks alone, as `kubectl`, `docker` and `column -t` print
//! them.
//!
//! ```text
//! NAME    PASSWORD     AGE
//! db1     X50591899    3d
//! ```
//!
//! A header is a line of at least two names with two blanks between them, above a line whose cells begin where they do.
//! Columns are told by that, so a cell may have blanks in it; a column that is aligned at its right is none. Names of
//! several words begin with a capital: below others may be help.

use super::{LONGEST_NAME, Line, Visitor, trimmed};
use std::ops::{ControlFlow, Range};

/// Columns of the widest table that is read.
const MOST_COLUMNS: usize = 24;

/// Words of the longest name.
const WORDS: usize = 3;

/// What parts two columns.
const GAP: &[u8] = b"  ";

/// What stands around a cell.
const OUTER: &[u8] = b" \r";

/// The table that is read, or the line that may be the header of one.
#[derive(Default)]
pub(super) struct Aligned(Option<Table>);

struct Table {
    /// By where each begins in its line.
    columns: Vec<usize>,
    /// Their names, until there is a row.
    names: Option<Vec<Range<usize>>>,
}

impl Aligned {
    /// Reads the next line of a text.
    #[inline]
    pub(super) fn read(&mut self, text: &[u8], line: &Line, visitor: &mut impl Visitor) -> ControlFlow<()> {
        let inside = text.get(line.bare.clone()).unwrap_or_default();
        match self.0.is_some() || begins_with_name(inside.trim_ascii_start()) {
            true => self.read_on(text, line, visitor),
            false => ControlFlow::Continue(()),
        }
    }

    fn read_on(&mut self, text: &[u8], line: &Line, visitor: &mut impl Visitor) -> ControlFlow<()> {
        if let Some(table) = &mut self.0
            && let Some(cells) = table.row(text, &line.bare)
        {
            if let Some(names) = table.names.take() {
                visitor.header(&names)?;
            }
            visitor.row(&cells);
            return ControlFlow::Continue(());
        }
        self.0 = Table::below(text, &line.bare);
        ControlFlow::Continue(())
    }
}

impl Table {
    /// The one that has this line for its header.
    fn below(text: &[u8], line: &Range<usize>) -> Option<Self> {
        let inside = text.get(line.clone())?;
        let indent = inside.iter().take_while(|byte| **byte == b' ').count();
        let mut names = Vec::new();
        let mut at = indent;
        while at < inside.len() && names.len() <= MOST_COLUMNS {
            let rest = inside.get(at..)?;
            let end = at + memchr::memmem::find(rest, GAP).unwrap_or(rest.len());
            names.push(trimmed(text, line.start + at..line.start + end, OUTER));
            at = end + inside.get(end..)?.iter().take_while(|byte| matches!(byte, b' ' | b'\r')).count();
        }
        let are_names = names.iter().all(|name| text.get(name.clone()).is_some_and(is_name));
        let has_capital = |name: &Range<usize>| text.get(name.start).is_some_and(u8::is_ascii_uppercase);
        // Two words in small letters are more often the first of a list.
        let are_names = are_names && (names.len() > 2 || names.iter().all(has_capital));
        (are_names && (2..=MOST_COLUMNS).contains(&names.len())).then(|| Self {
            // Numbers may begin before their name.
            columns: std::iter::once(0)
                .chain(names.iter().skip(1).map(|name| name.start - line.start))
                .collect(),
            names: Some(names),
        })
    }

    /// The cells of a line, if it is one of the table.
    fn row(&self, text: &[u8], line: &Range<usize>) -> Option<Vec<Range<usize>>> {
        let inside = text.get(line.clone())?.trim_ascii_end();
        let ends = self.columns.iter().skip(1).chain([&usize::MAX]);
        let mut cells = Vec::with_capacity(self.columns.len());
        for (start, end) in self.columns.iter().zip(ends) {
            let (start, end) = (*start.min(&inside.len()), *end.min(&inside.len()));
            let is_parted = start == 0 || start == inside.len() || inside.get(start - 1) == Some(&b' ');
            if !is_parted {
                return self.row_by_gaps(text, line);
            }
            cells.push(trimmed(text, line.start + start..line.start + end, OUTER));
        }
        (cells.iter().filter(|cell| !cell.is_empty()).count() > 1).then_some(cells)
    }
}

impl Table {
    /// The cells of a line in which one is wider than its column, if there are as many.
    fn row_by_gaps(&self, text: &[u8], line: &Range<usize>) -> Option<Vec<Range<usize>>> {
        let inside = text.get(line.clone())?;
        let (mut cells, mut at) = (Vec::new(), 0);
        while at < inside.len() && cells.len() <= self.columns.len() {
            let rest = inside.get(at..)?;
            let end = rest.windows(GAP.len()).position(|two| two == GAP).unwrap_or(rest.len());
            let cell = trimmed(text, line.start + at..line.start + at + end, OUTER);
            if !cell.is_empty() {
                cells.push(cell);
            }
            at += end + 1;
        }
        (cells.len() == self.columns.len()).then_some(cells)
    }
}

/// Whether there is a gap behind what a line begins with, and that may be a name. Most lines are turned down in their
/// first words.
#[inline]
fn begins_with_name(line: &[u8]) -> bool {
    let (mut blanks, mut before) = (0, b' ');
    for byte in line.iter().take(LONGEST_NAME) {
        if *byte == b' ' {
            blanks += 1;
            if before == b' ' || blanks > WORDS {
                return before == b' ';
            }
        } else if !is_of_name(byte) {
            return false;
        }
        before = *byte;
    }
    false
}

const fn is_of_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'(' | b')' | b'%' | b'#' | b' ')
}

/// Whether this may be what a column is called.
fn is_name(name: &[u8]) -> bool {
    name.len() <= LONGEST_NAME
        && name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(is_of_name)
        && !name.ends_with(b".")
        && name.iter().filter(|byte| **byte == b' ').count() < WORDS
        && (name.first().is_some_and(u8::is_ascii_uppercase) || !name.contains(&b' '))
}
