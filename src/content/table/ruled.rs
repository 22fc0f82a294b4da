//! Lines with a rule under the first of them: tables of Markdown, and what the clients of databases and shells
//! print.
//!
//! ```text
//! | name | passport |      name | passport      name  passport
//! |------|----------|     ------+----------     ----  --------
//! | Anna | X5059189 |      Anna | X5059189      Anna  X5059189
//! ```
//!
//! The rule is what tells a table, so the names above it may be of several words. Columns are parted by as many bars
//! as part the rule, or else stand where its dashes do. Lines may have numbers before them, as tools show a file. Two
//! cells between three bars are a name and its value, with a rule or without.

use super::{LONGEST_NAME, Line, Visitor, trimmed};
use std::ops::{ControlFlow, Range};

/// Columns of the widest table that is read.
const MOST_COLUMNS: usize = 64;

/// What stands around a cell: spaces, and the marks of Markdown for code and weight.
const OUTER: &[u8] = b" \t\r`*";

/// The table that is read, and the lines above the next.
#[derive(Default)]
pub(super) struct Ruled {
    table: Option<Table>,
    above: Line,
    /// Whether the line above is a rule.
    below_rule: bool,
}

struct Table {
    columns: Columns,
    /// Whether numbers stand before its lines.
    is_numbered: bool,
}

impl Ruled {
    /// Whether the lines that come are those of a table.
    pub(super) const fn is_open(&self) -> bool {
        self.table.is_some()
    }

    /// Reads the next line of a text.
    pub(super) fn read(&mut self, text: &[u8], line: Line, visitor: &mut impl Visitor) -> ControlFlow<()> {
        let is_rule = |line: &Range<usize>| is_rule(text.get(line.clone()).unwrap_or_default());
        let is_numbered = !is_rule(&line.whole);
        let is_rule = !is_numbered || line.bare != line.whole && is_rule(&line.bare);
        let below_rule = std::mem::replace(&mut self.below_rule, is_rule);
        let above = std::mem::replace(&mut self.above, line);
        let line = &self.above;
        if !is_rule {
            if let Some(Table { columns, is_numbered }) = &self.table {
                match columns.row(text, line.reading(*is_numbered)) {
                    Row::Cells(cells) => visitor.row(&cells),
                    Row::Other => {}
                    Row::End => self.table = None,
                }
            } else if let [name, value] = framed(text, &line.whole).as_slice() {
                visitor.pair(name, value)?;
            }
        } else if below_rule {
            // One table ends there, and another begins.
            self.table = None;
        } else if self.table.is_none()
            && let [names, rule] = [&above, line].map(|line| line.reading(is_numbered))
            && let Some((columns, names)) = Columns::between(text, names, rule)
        {
            self.table = Some(Table { columns, is_numbered });
            return visitor.header(&names);
        }
        ControlFlow::Continue(())
    }
}

impl Line {
    const fn reading(&self, is_numbered: bool) -> &Range<usize> {
        if is_numbered { &self.bare } else { &self.whole }
    }
}

/// Whether a line is of dashes, and what parts them.
fn is_rule(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let is_drawn = |byte: &u8| b"-=|+: \t".contains(byte) || !byte.is_ascii();
    line.iter().all(is_drawn)
        && drawn(line).is_some_and(|drawn| drawn.dashes > 1 || drawn.bars > 0 && drawn.dashes > 0)
}

/// What a rule is made of.
struct Drawn {
    dashes: usize,
    /// What parts its columns, borders included.
    bars: usize,
}

/// Counts what a line is drawn with; `None` if there is a character that no rule is drawn with. Those of boxes are
/// U+2500 to U+257F.
fn drawn(line: &[u8]) -> Option<Drawn> {
    let mut drawn = Drawn { dashes: 0, bars: 0 };
    let mut rest = line;
    while let Some(first) = rest.first() {
        let len = match rest {
            // U+2500, U+2501 and U+2550 are dashes, and nearly all others part them.
            [0xe2, 0x94 | 0x95, _, ..] => 3,
            _ if first.is_ascii() => 1,
            _ => return None,
        };
        match rest {
            [b'-' | b'=', ..] | [0xe2, 0x94, 0x80 | 0x81, ..] | [0xe2, 0x95, 0x90, ..] => drawn.dashes += 1,
            [b'|' | b'+', ..] => drawn.bars += 1,
            _ if len == 3 => drawn.bars += 1,
            _ => {}
        }
        rest = rest.get(len..)?;
    }
    Some(drawn)
}

/// How the columns of a table are told apart.
enum Columns {
    /// By the bars between so many.
    Barred { count: usize, border: Border },
    /// By where each begins in a line, in characters.
    At(Vec<usize>),
}

/// At which ends of a line a bar stands that parts nothing.
#[derive(Clone, Copy)]
struct Border {
    start: bool,
    end: bool,
}

/// What a line is to a table.
enum Row {
    Cells(Vec<Range<usize>>),
    /// A line of it that cannot be read.
    Other,
    /// None of it.
    End,
}

impl Columns {
    /// The columns of a table whose names stand above a rule, and the names.
    fn between(text: &[u8], names: &Range<usize>, rule: &Range<usize>) -> Option<(Self, Vec<Range<usize>>)> {
        let line = text.get(names.clone())?.trim_ascii();
        let bars = bars(text, names).count();
        let columns = if bars == 0 {
            Self::At(starts(text.get(rule.clone())?)?)
        } else if drawn(text.get(rule.clone())?.trim_ascii())?.bars == bars {
            let border = Border { start: bar_len(line) > 0, end: ends_with_bar(line) };
            Self::Barred { count: bars + 1 - usize::from(border.start) - usize::from(border.end), border }
        } else {
            return None;
        };
        let Row::Cells(names) = columns.row(text, names) else { return None };
        let is_name = |name: &Range<usize>| {
            let name = text.get(name.clone()).unwrap_or_default();
            name.len() <= LONGEST_NAME
                && name.iter().any(|byte| !byte.is_ascii() || byte.is_ascii_alphabetic())
        };
        let is_header = match columns {
            Self::At(_) => names.iter().all(is_name),
            Self::Barred { .. } => names.iter().any(is_name),
        };
        (is_header && (2..=MOST_COLUMNS).contains(&names.len())).then_some((columns, names))
    }

    fn row(&self, text: &[u8], line: &Range<usize>) -> Row {
        match self {
            Self::Barred { count, border } => {
                let cells = barred(text, line, *border);
                match cells.len() {
                    1 if bars(text, line).next().is_none() => Row::End,
                    len if len == *count => Row::Cells(cells),
                    _ => Row::Other,
                }
            }
            Self::At(starts) => placed(text, line, starts),
        }
    }
}

/// Where the bars of a line stand, and their bytes. One behind a backslash is a character of a cell.
fn bars<'t>(text: &'t [u8], line: &Range<usize>) -> impl Iterator<Item = (usize, usize)> + use<'t> {
    let Range { start, end } = *line;
    (start..end).filter_map(move |at| {
        let len = bar_len(text.get(at..end)?);
        let is_escaped = at > start && text.get(at - 1) == Some(&b'\\');
        (len > 0 && !is_escaped).then_some((at, len))
    })
}

/// The cells between the bars of a line, and its borders where there are any.
fn barred(text: &[u8], line: &Range<usize>, border: Border) -> Vec<Range<usize>> {
    let mut start = line.start;
    let ends = bars(text, line).chain([(line.end, 0)]);
    let cells = ends.map(|(at, len)| std::mem::replace(&mut start, at + len)..at);
    let mut cells: Vec<_> = cells.map(|cell| trimmed(text, cell, OUTER)).collect();
    // What has no border there has a cell.
    if border.end && cells.last().is_some_and(Range::is_empty) {
        cells.pop();
    }
    if border.start && cells.first().is_some_and(Range::is_empty) {
        cells.remove(0);
    }
    cells
}

/// The cells of a line that a bar stands before, and one behind.
fn framed(text: &[u8], line: &Range<usize>) -> Vec<Range<usize>> {
    let inside = trimmed(text, line.clone(), b" \t\r");
    let said = text.get(inside.clone()).unwrap_or_default();
    if bar_len(said) == 0 || !ends_with_bar(said) {
        return Vec::new();
    }
    barred(text, &inside, Border { start: true, end: true })
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

fn ends_with_bar(line: &[u8]) -> bool {
    [1, 3].into_iter().any(|len| {
        line.len().checked_sub(len).and_then(|at| line.get(at..)).is_some_and(|end| bar_len(end) == len)
    })
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

/// The cells of a line that begin at these characters of it. Each has a space before it, or it cannot be read. A
/// blank line ends a table, and so does one with bars.
fn placed(text: &[u8], line: &Range<usize>, starts: &[usize]) -> Row {
    let inside = text.get(line.clone()).unwrap_or_default();
    if inside.trim_ascii().is_empty() || bars(text, line).next().is_some() {
        return Row::End;
    }
    let begins: Vec<usize> = starts.iter().map(|start| place(inside, *start)).collect();
    let parted = begins.iter().filter_map(|at| inside.get(at.checked_sub(1)?)).all(|byte| *byte == b' ');
    if !parted {
        return Row::Other;
    }
    let ends = begins.iter().skip(1).copied().chain([inside.len()]);
    let cells = begins.iter().zip(ends);
    Row::Cells(cells.map(|(at, end)| trimmed(text, line.start + at..line.start + end, OUTER)).collect())
}

/// Where the character of a line stands that so many stand before.
fn place(line: &[u8], characters: usize) -> usize {
    let begins = line.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80).map(|(at, _)| at);
    begins.chain([line.len()]).take(characters + 1).last().unwrap_or_default()
}
