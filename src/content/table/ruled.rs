//! Lines with a rule under the first of them: tables of Markdown, and what the clients of databases and shells
//! print.
//!
//! ```text
//! | name | passport |      name | passport      name  passport
//! |------|----------|     ------+----------     ----  --------
//! | Anna | X5059189 |      Anna | X5059189      Anna  X5059189
//! ```
//!
//! The rule is what tells a table, so the names above it may be of several words. Columns are parted by bars, or
//! else stand where the dashes of the rule do.

use super::{LONGEST_NAME, Visitor, trimmed};
use memchr::memmem;
use std::ops::{ControlFlow, Range};

/// Columns of the widest table that is read.
const MOST_COLUMNS: usize = 64;

/// What stands around a cell: spaces, and the marks of Markdown for code and weight.
const OUTER: &[u8] = b" \t\r`*";

/// What there is one of in any rule: `--`, `==` and what lines of boxes are drawn with.
const DASHES: [&str; 4] = ["--", "==", "\u{2500}", "\u{2550}"];

/// The table that is read, and the line above the next.
#[derive(Default)]
pub(super) struct Ruled {
    table: Option<Columns>,
    above: Range<usize>,
}

impl Ruled {
    /// Reads the next line of a text.
    pub(super) fn read(
        &mut self,
        text: &[u8],
        line: &Range<usize>,
        visitor: &mut impl Visitor,
    ) -> ControlFlow<()> {
        let above = std::mem::replace(&mut self.above, line.clone());
        if is_rule(text.get(line.clone()).unwrap_or_default()) {
            let header = if self.table.is_none() { Columns::between(text, &above, line) } else { None };
            if let Some((columns, names)) = header {
                self.table = Some(columns);
                return visitor.header(&names);
            }
        } else if let Some(columns) = &self.table {
            match columns.cells(text, line) {
                Some(cells) => visitor.row(&cells),
                None => self.table = None,
            }
        }
        ControlFlow::Continue(())
    }
}

/// Whether a line is of dashes, and what parts them.
fn is_rule(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let is_drawn = line.iter().all(|byte| b"-=|+: \t".contains(byte) || !byte.is_ascii());
    is_drawn && !is_words(line) && DASHES.iter().any(|dashes| memmem::find(line, dashes.as_bytes()).is_some())
}

/// Whether there is a character in a line that no rule is drawn with: those of boxes are U+2500 to U+257F.
fn is_words(line: &[u8]) -> bool {
    let (mut at, is_box) = (0, |next: &[u8]| matches!(next, [0xe2, 0x94 | 0x95, _, ..]));
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        match rest.first().is_some_and(u8::is_ascii) {
            true => at += 1,
            false if is_box(rest) => at += 3,
            false => return true,
        }
    }
    false
}

/// How the columns of a table are told apart.
enum Columns {
    /// So many, by the bars between them.
    Barred(usize),
    /// By where each begins in a line.
    At(Vec<usize>),
}

impl Columns {
    /// The columns of a table whose names stand above a rule.
    fn between(text: &[u8], names: &Range<usize>, rule: &Range<usize>) -> Option<(Self, Vec<Range<usize>>)> {
        let barred = barred(text, names);
        let (columns, names) = match barred.len() {
            0 | 1 => {
                let columns = Self::At(starts(text.get(rule.clone())?)?);
                let names = columns.cells(text, names)?;
                (columns, names)
            }
            count => (Self::Barred(count), barred),
        };
        let is_name = |name: &Range<usize>| {
            let name = text.get(name.clone()).unwrap_or_default();
            name.len() <= LONGEST_NAME
                && name.iter().any(|byte| !byte.is_ascii() || byte.is_ascii_alphabetic())
        };
        (names.len() <= MOST_COLUMNS && names.iter().any(is_name)).then_some((columns, names))
    }

    /// Where the cells of a line stand, if it is one of the table.
    fn cells(&self, text: &[u8], line: &Range<usize>) -> Option<Vec<Range<usize>>> {
        match self {
            Self::Barred(count) => Some(barred(text, line)).filter(|cells| cells.len() == *count),
            Self::At(starts) => placed(text, line, starts),
        }
    }
}

/// The cells between the bars of a line. Those at its ends stand for the border.
fn barred(text: &[u8], line: &Range<usize>) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let mut start = line.start;
    let mut at = line.start;
    while at < line.end {
        let bar = bar_len(text.get(at..line.end).unwrap_or_default());
        if bar > 0 {
            cells.push(start..at);
            start = at + bar;
        }
        at += bar.max(1);
    }
    cells.push(start..line.end);
    let is_blank = |cell: &Range<usize>| text.get(cell.clone()).unwrap_or_default().trim_ascii().is_empty();
    let is_bordered = cells.len() > 1 && cells.last().is_some_and(is_blank);
    if is_bordered {
        cells.pop();
    }
    if cells.len() > 1 && cells.first().is_some_and(is_blank) {
        cells.remove(0);
    }
    cells.into_iter().map(|cell| trimmed(text, cell, OUTER)).collect()
}

/// Bytes of the bar that a text begins with, if it does.
fn bar_len(text: &[u8]) -> usize {
    match text {
        [b'|', ..] => 1,
        // U+2502, U+2503 and U+2551.
        [0xe2, 0x94, 0x82 | 0x83, ..] | [0xe2, 0x95, 0x91, ..] => 3,
        _ => 0,
    }
}

/// Where the dashes of a rule begin that stand in columns with spaces between.
fn starts(rule: &[u8]) -> Option<Vec<usize>> {
    let is_dash = |byte: Option<&u8>| matches!(byte, Some(b'-' | b'='));
    let begins =
        |at: &usize| is_dash(rule.get(*at)) && !is_dash(at.checked_sub(1).and_then(|at| rule.get(at)));
    let starts: Vec<_> = (0..rule.len()).filter(begins).collect();
    let is_plain = rule.iter().all(|byte| b"-= \t\r".contains(byte));
    (is_plain && starts.len() > 1).then_some(starts)
}

/// The cells of a line that begin at these places in it. Each has a space before it, or the line is none of the
/// table.
fn placed(text: &[u8], line: &Range<usize>, starts: &[usize]) -> Option<Vec<Range<usize>>> {
    let inside = text.get(line.clone())?;
    let parted =
        starts.iter().filter_map(|start| inside.get(start.checked_sub(1)?)).all(|byte| *byte == b' ');
    if !parted || inside.trim_ascii().is_empty() {
        return None;
    }
    let ends = starts.iter().skip(1).copied().chain([inside.len()]);
    let cell = |(start, end): (&usize, usize)| {
        let from = line.start + (*start).min(inside.len());
        trimmed(text, from..line.start + end.min(inside.len()).max(from - line.start), OUTER)
    };
    Some(starts.iter().zip(ends).map(cell).collect())
}
