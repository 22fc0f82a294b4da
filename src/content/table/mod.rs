//! Tables in text: a row of column names, and rows of as many cells.
//!
//! `name,passport` and twenty lines below it an `X50591899` that looks like nothing: what it is called
//! stands in the header. Each cell is therefore shown to the scanner once more, under the name of its
//! column, as the value of a JSON key would be.
//!
//! | written as | module |
//! |---|---|
//! | lines of cells parted by commas, semicolons or tabs | `delimited` |
//! | lines and a rule under the first, as Markdown and the clients of databases draw them | `ruled` |
//! | lines of cells that begin one below the other | `aligned` |
//! | `INSERT` and `COPY` | `sql` |
//! | `INSERT` without names, with `CREATE TABLE` | `defined` |
//! | names and values in turns, as Redis prints a map | `replies` |
//! | `<th>` and `<td>`, `<dt>` and `<dd>` | `markup` |

mod aligned;
mod defined;
mod delimited;
mod markup;
mod replies;
mod ruled;
mod sql;

use super::look::Look;
use super::role::Role;
use super::{At, Form, NodeId, Opened, Step, trimmed};
use aligned::Aligned;
use delimited::Delimited;
use replies::Replies;
use ruled::Ruled;
use std::ops::{ControlFlow, Range};

/// Bytes of a column's name.
const LONGEST_NAME: usize = 40;

/// Bytes of the shortest cell that is shown: the fewest digits that mean anything beside a name.
const SHORTEST_CELL: usize = 3;

/// Bytes of the longest value with which lines of names and values begin.
const LONGEST_VALUE: usize = 96;

/// Gets the tables that are found in a text: of each the names of its columns, then its rows. Ranges are of that
/// text.
trait Visitor {
    /// Breaks if no more of the text is to be read.
    fn header(&mut self, names: &[Range<usize>]) -> ControlFlow<()>;
    /// At most as many cells as there were names.
    fn row(&mut self, cells: &[Range<usize>]);
    /// A name and its value, in a table of such lines that has no header. Breaks as a header does.
    fn pair(&mut self, name: &Range<usize>, value: &Range<usize>) -> ControlFlow<()>;
}

/// Shows the cells of every table in `range` of the text at `at` under the names of their columns.
pub(super) fn open(opened: &mut Opened, at: &At<'_>, range: &Range<usize>, look: Look) {
    if !may_be_in(at.source.bytes(), range, look) {
        return;
    }
    let mut show = Show { opened, at, columns: Vec::new(), pairs: None };
    // It never breaks.
    let _ = read(at.source.bytes(), range, look, &mut show);
}

/// Whether there is a table in a text.
pub(super) fn is_in(text: &[u8], look: Look) -> bool {
    let all = 0..text.len();
    may_be_in(text, &all, look) && read(text, &all, look, &mut IsIn).is_break()
}

/// Whether there may be one. Most texts are words.
#[inline]
fn may_be_in(text: &[u8], range: &Range<usize>, look: Look) -> bool {
    // One line is no table, but of SQL, or in HTML.
    look.lines || has_sql(range, look) || markup::may_be_in(text, range)
}

fn has_sql(range: &Range<usize>, look: Look) -> bool {
    look.delimiters && look.brackets && range.len() >= sql::SHORTEST
}

fn read(text: &[u8], range: &Range<usize>, look: Look, visitor: &mut impl Visitor) -> ControlFlow<()> {
    let (mut delimited, mut ruled, mut aligned) =
        (Delimited::default(), Ruled::default(), Aligned::default());
    let mut replies = Replies::default();
    let lines = look.lines.then(|| lines(text, range));
    for line in lines.into_iter().flatten().map(|line| Line::of(text, line)) {
        if look.dashes {
            ruled.read(text, line.clone(), visitor)?;
        }
        if ruled.is_open() {
            (delimited, aligned) = (Delimited::default(), Aligned::default());
            continue;
        }
        aligned.read(text, &line, visitor)?;
        replies.read(text, &line.whole, visitor)?;
        if look.delimiters {
            delimited.read(text, &line, visitor)?;
        }
    }
    if has_sql(range, look) {
        sql::read(text, range, visitor)?;
        defined::read(text, range, visitor)?;
    }
    if markup::may_be_in(text, range) {
        markup::read(text, range, visitor)?;
    }
    ControlFlow::Continue(())
}

struct IsIn;

impl Visitor for IsIn {
    fn header(&mut self, _: &[Range<usize>]) -> ControlFlow<()> {
        ControlFlow::Break(())
    }

    fn row(&mut self, _: &[Range<usize>]) {}

    fn pair(&mut self, _: &Range<usize>, _: &Range<usize>) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}

struct Show<'s, 'a> {
    opened: &'s mut Opened,
    at: &'s At<'a>,
    /// None for one whose name is none: it is empty, or longer than any.
    columns: Vec<Option<NodeId>>,
    /// The numbers of those of names and of values, if there are such.
    pairs: Option<(usize, usize)>,
}

impl Visitor for Show<'_, '_> {
    fn header(&mut self, names: &[Range<usize>]) -> ControlFlow<()> {
        let names: Vec<_> = names.iter().map(|name| self.plain(name)).collect();
        let mut name = |inside: &Range<usize>| {
            // What stands there may be anything, and an alert tells the steps of a path.
            let step = Step::Label { inside: inside.clone().into(), shown: None, is_of_words: false };
            self.opened.node(self.at.node, step, 0)
        };
        let is_name = |name: &Range<usize>| (1..=LONGEST_NAME).contains(&name.len());
        self.columns = names.iter().map(|inside| is_name(inside).then(|| name(inside))).collect();
        self.pairs = self.named_values(&names);
        ControlFlow::Continue(())
    }

    fn row(&mut self, cells: &[Range<usize>]) {
        let named = self.columns.iter().zip(cells).filter_map(|(node, cell)| Some((node.as_ref()?, cell)));
        for (node, cell) in named.filter(|(_, cell)| cell.len() >= SHORTEST_CELL) {
            let at = At { node: *node, ..*self.at };
            self.opened.part(&at, Form::Text, |text, map| map.copy(text, at.source, cell));
        }
        if let Some((name, value)) = self.pairs
            && let (Some(name), Some(value)) = (cells.get(name), cells.get(value))
        {
            // It never breaks.
            let _ = self.pair(name, value);
        }
    }

    fn pair(&mut self, name: &Range<usize>, value: &Range<usize>) -> ControlFlow<()> {
        let name = self.plain(name);
        if name.len() <= LONGEST_NAME && value.len() >= SHORTEST_CELL {
            self.opened.called(self.at, &name, value);
        }
        ControlFlow::Continue(())
    }
}

impl Show<'_, '_> {
    /// A name without the colon, or the star for what has to be filled in, that people set around it.
    fn plain(&self, name: &Range<usize>) -> Range<usize> {
        trimmed(self.at.source.bytes(), name.clone(), b" :*")
    }

    /// Which column has names and which their values, by what they are called: of two the first has names in any case.
    fn named_values(&self, columns: &[Range<usize>]) -> Option<(usize, usize)> {
        let mut roles = columns.iter().map(|column| Role::of(self.at.source.slice(column)));
        let value = roles.clone().position(Role::is_value).filter(|value| *value > 0)?;
        match columns.len() {
            2 => Some((0, value)),
            _ => Some((roles.position(|role| role == Role::Name)?, value)),
        }
    }
}

/// Where the lines of a range of a text stand.
fn lines<'t>(text: &'t [u8], range: &Range<usize>) -> impl Iterator<Item = Range<usize>> + use<'t> {
    let Range { start: from, end } = *range;
    let inside = text.get(from..end).unwrap_or_default();
    let ends = memchr::memchr_iter(b'\n', inside).map(move |at| from + at);
    let mut start = from;
    ends.chain(std::iter::once(end)).map(move |end| {
        start..{
            start = end + 1;
            end
        }
    })
}

/// A line of a text, as it stands, and without the number that a tool put before it.
#[derive(Default, Clone)]
struct Line {
    whole: Range<usize>,
    bare: Range<usize>,
}

impl Line {
    fn of(text: &[u8], whole: Range<usize>) -> Self {
        let number = number_len(text.get(whole.clone()).unwrap_or_default());
        Self { bare: whole.start + number..whole.end, whole }
    }
}

/// Bytes of the number that a tool put before a line.
fn number_len(line: &[u8]) -> usize {
    // Most have none.
    if line.first().is_none_or(u8::is_ascii_alphabetic) {
        return 0;
    }
    let spaces = line.iter().take_while(|byte| **byte == b' ').count();
    let rest = line.get(spaces..).unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let after = rest.get(digits..).unwrap_or_default();
    let mark = match after {
        [b':' | b'|', b' ', ..] => 2,
        [b'\t' | b':' | b'|', ..] => 1,
        // U+2192.
        [0xe2, 0x86, 0x92, ..] => 3,
        _ => return 0,
    };
    if digits > 0 { spaces + digits + mark } else { 0 }
}
