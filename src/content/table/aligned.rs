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
        let names = by_gaps(text, line, MOST_COLUMNS);
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
                // One cell is wider than its column.
                let cells = by_gaps(text, line, self.columns.len());
                return (cells.len() == self.columns.len()).then_some(cells);
            }
            cells.push(trimmed(text, line.start + start..line.start + end, OUTER));
        }
        (cells.iter().filter(|cell| !cell.is_empty()).count() > 1).then_some(cells)
    }
}

/// What stands between the gaps of a line: so many at most, and one more if there are more.
fn by_gaps(text: &[u8], line: &Range<usize>, most: usize) -> Vec<Range<usize>> {
    let (mut all, mut at) = (Vec::new(), line.start);
    while at < line.end && all.len() <= most {
        let rest = text.get(at..line.end).unwrap_or_default();
        let end = at + memchr::memmem::find(rest, GAP).unwrap_or(rest.len());
        all.extend(Some(trimmed(text, at..end, OUTER)).filter(|cell| !cell.is_empty()));
        at = end + 1;
    }
    all
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
