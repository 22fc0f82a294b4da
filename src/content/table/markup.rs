//! Tables of HTML: a row of `<th>` and rows of `<td>` below it, a `<th>` with its `<td>` beside it, a `<dt>` with its
//! `<dd>`. Above the names of rows nothing stands. Under no header a `<td>` may be a name, too: with a colon at its end,
//! or alone beside one long word with a digit.
//!
//! Of a cell is shown what stands between the marks around it: `<td><code>x</code></td>` says `x`; of a name what stands
//! before the first mark in it. What is written otherwise than the standard has it (HTML Living Standard, 4.9) may be no
//! table, and stands as a text all the same.

use super::{Visitor, trimmed};
use memchr::memmem;
use std::ops::{ControlFlow, Range};

/// Bytes of the longest mark, with its attributes.
const LONGEST_TAG: usize = 1024;

/// Values in quotes of a mark, at most: one that has more ends at its first `>`.
const QUOTED: usize = 16;

/// Marks around what a cell says, on either side.
const AROUND: usize = 8;

/// Cells of the widest row that is read.
const WIDEST: usize = 64;

/// Bytes of the shortest text with a name and its value: `<dt>PIN<dd>123`.
const SHORTEST: usize = 14;

/// Bytes of the shortest word that has the cell before it for a name.
const SHORTEST_WORD: usize = 8;

/// Whether anything in a range of a text begins as the mark of a cell does.
pub(super) fn may_be_in(text: &[u8], range: &Range<usize>) -> bool {
    let inside = text.get(range.clone()).filter(|inside| inside.len() >= SHORTEST).unwrap_or_default();
    let is_cell = |at: usize| {
        matches!(
            inside.get(at + 1..at + 3),
            Some([b't' | b'T', b'h' | b'H' | b'd' | b'D'] | [b'd' | b'D', b't' | b'T'])
        )
    };
    memchr::memchr_iter(b'<', inside).any(is_cell)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    Table,
    Row,
    Name,
    Cell,
    Term,
    Details,
    /// The end of a row or cell.
    End,
}

/// What a mark says of a cell that stands in the rows below its own, too.
const SPANS: &[u8] = b"rowspan";

/// Reads the tables in a range of a text.
pub(super) fn read(text: &[u8], range: &Range<usize>, visitor: &mut impl Visitor) -> ControlFlow<()> {
    let mut rows = Rows { text, columns: 0, cells: Vec::new(), spans: 0, from_above: 0 };
    let (mut open, mut to): (Option<(Tag, usize)>, usize) = (None, range.start);
    let inside = text.get(range.clone()).unwrap_or_default();
    for start in memchr::memchr_iter(b'<', inside).map(|at| range.start + at) {
        let Some((tag, end)) = tag(text, start, range.end).filter(|_| start >= to) else { continue };
        to = end;
        if let Some((kind, from)) = open.take() {
            rows.cell(kind, of_kind(text, kind, from..start), visitor)?;
        }
        match tag {
            Tag::Name | Tag::Cell | Tag::Term | Tag::Details => {
                open = Some((tag, end));
                let spans = text.get(start..end).is_some_and(|tag| memmem::find(tag, SPANS).is_some());
                rows.spans += usize::from(spans && rows.spans == rows.cells.len());
            }
            Tag::Table => {
                rows.end(visitor)?;
                (rows.columns, rows.from_above) = (0, 0);
            }
            Tag::Row => rows.end(visitor)?,
            Tag::End => {}
        }
    }
    if let Some((kind, from)) = open {
        rows.cell(kind, of_kind(text, kind, from..range.end), visitor)?;
    }
    rows.end(visitor)
}

/// The rows of a table, as they are read.
struct Rows<'t> {
    text: &'t [u8],
    /// Of the header; none if there was none.
    columns: usize,
    cells: Vec<(Tag, Range<usize>)>,
    /// How many of the first of these stand in the rows below, too.
    spans: usize,
    /// The same of the last row that has as many cells as the header.
    from_above: usize,
}

impl Rows<'_> {
    fn cell(&mut self, kind: Tag, inside: Range<usize>, visitor: &mut impl Visitor) -> ControlFlow<()> {
        match (kind, self.cells.last()) {
            (Tag::Details, Some((Tag::Term, term))) => visitor.pair(term, &inside)?,
            (Tag::Details, _) => {}
            (Tag::Term, _) => self.cells = vec![(kind, inside)],
            _ if self.cells.len() < WIDEST => self.cells.push((kind, inside)),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn end(&mut self, visitor: &mut impl Visitor) -> ControlFlow<()> {
        let cells = std::mem::take(&mut self.cells);
        let is_corner = |(kind, cell): &&(Tag, Range<usize>)| *kind == Tag::Cell && cell.is_empty();
        let mut names = cells.iter().skip_while(is_corner).peekable();
        let is_header = names.peek().is_some() && names.all(|(kind, _)| *kind == Tag::Name);
        let mut insides: Vec<_> = cells.iter().map(|(_, inside)| inside.clone()).collect();
        let spans = std::mem::take(&mut self.spans);
        if insides.len() >= self.columns {
            self.from_above = spans;
        } else if insides.len() + self.from_above == self.columns {
            insides.splice(..0, vec![0..0; self.from_above]);
        }
        match cells.as_slice() {
            [] | [_] => {}
            _ if is_header => {
                self.columns = insides.len();
                visitor.header(&insides)?;
            }
            _ if self.columns > 0 => visitor.row(insides.get(..self.columns).unwrap_or(&insides)),
            cells => cells.array_windows().try_for_each(|two| self.pair(two, cells.len() == 2, visitor))?,
        }
        ControlFlow::Continue(())
    }

    /// Reads two cells beside each other, under no header, that may be a name and its value.
    fn pair(
        &self,
        [(kind, name), (of_value, value)]: &[(Tag, Range<usize>); 2],
        are_alone: bool,
        visitor: &mut impl Visitor,
    ) -> ControlFlow<()> {
        let is_label =
            |cell: &Range<usize>| self.text.get(cell.clone()).is_some_and(|cell| cell.ends_with(b":"));
        let name = before_mark(self.text, name.clone());
        let is_name = *kind == Tag::Name || is_label(&name) || are_alone && self.is_word_with_digit(value);
        match *of_value == Tag::Cell && is_name && !is_label(value) {
            true => visitor.pair(&name, value),
            false => ControlFlow::Continue(()),
        }
    }

    /// Whether a cell is one word with a digit, and longer than the names of most types and versions.
    fn is_word_with_digit(&self, cell: &Range<usize>) -> bool {
        let word = self.text.get(cell.clone()).unwrap_or_default();
        word.len() >= SHORTEST_WORD
            && word.iter().any(u8::is_ascii_digit)
            && !word.iter().any(|byte| byte.is_ascii_whitespace() || b"()<>".contains(byte))
    }
}

/// The mark that begins here, if it is one of a table, and where it ends.
fn tag(text: &[u8], start: usize, end: usize) -> Option<(Tag, usize)> {
    let rest = text.get(start + 1..end.min(start + LONGEST_TAG))?;
    let (is_end, name) = rest.strip_prefix(b"/").map_or((false, rest), |name| (true, name));
    let len = name.iter().take(6).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let tag = match name.get(..len)?.to_ascii_lowercase().as_slice() {
        b"tr" => Tag::Row,
        b"table" | b"dl" => Tag::Table,
        b"th" | b"td" | b"dt" | b"dd" if is_end => Tag::End,
        b"th" => Tag::Name,
        b"td" => Tag::Cell,
        b"dt" => Tag::Term,
        b"dd" => Tag::Details,
        _ => return None,
    };
    if !matches!(name.get(len)?, b'>' | b' ' | b'\t' | b'\r' | b'\n' | b'/') {
        return None;
    }
    Some((tag, start + 1 + tag_len(rest)?))
}

/// Bytes of the mark that goes on here: to its first `>`, but for those in quotes.
fn tag_len(rest: &[u8]) -> Option<usize> {
    let first = memchr::memchr(b'>', rest)?;
    let mut at = 0;
    for _ in 0..QUOTED {
        let inside = rest.get(at..)?;
        let Some(found) = memchr::memchr3(b'>', b'"', b'\'', inside) else { break };
        let (before, behind) = (inside.get(..found)?, inside.get(found + 1..)?);
        at += found + 1;
        match inside.get(found) {
            Some(b'>') => return Some(at),
            Some(quote) if before.trim_ascii_end().ends_with(b"=") => match memchr::memchr(*quote, behind) {
                Some(end) => at += end + 1,
                None => break,
            },
            _ => {}
        }
    }
    Some(first + 1)
}

/// What a cell says, and of one that is a name what that is: `Password <i>(plain)</i>` says it in its first word.
fn of_kind(text: &[u8], kind: Tag, cell: Range<usize>) -> Range<usize> {
    let said = said(text, cell);
    if matches!(kind, Tag::Name | Tag::Term) { before_mark(text, said) } else { said }
}

/// A part of a text up to the first mark in it.
fn before_mark(text: &[u8], said: Range<usize>) -> Range<usize> {
    let inside = text.get(said.clone()).unwrap_or_default();
    let end = memchr::memchr(b'<', inside).map_or(said.end, |mark| said.start + mark);
    trimmed(text, said.start..end, b" \t\r\n")
}

/// What a cell says, without the marks around it.
fn said(text: &[u8], cell: Range<usize>) -> Range<usize> {
    let mut cell = trimmed(text, cell, b" \t\r\n");
    for _ in 0..AROUND {
        let inside = text.get(cell.clone()).unwrap_or_default();
        let mut next = cell.clone();
        if inside.first() == Some(&b'<') {
            next.start += tag_len(inside).unwrap_or_default();
        }
        if inside.last() == Some(&b'>')
            && let Some(open) = memchr::memrchr(b'<', inside)
        {
            next.end = (cell.start + open).max(next.start);
        }
        if next == cell {
            break;
        }
        cell = trimmed(text, next, b" \t\r\n");
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes what it is told.
    struct Notes<'t> {
        text: &'t str,
        told: Vec<String>,
    }

    impl Notes<'_> {
        fn note(&mut self, what: &str, cells: &[&Range<usize>]) {
            let cells: Vec<_> = cells.iter().filter_map(|cell| self.text.get((*cell).clone())).collect();
            self.told.push(format!("{what} {}", cells.join("|")));
        }
    }

    impl Visitor for Notes<'_> {
        fn header(&mut self, names: &[Range<usize>]) -> ControlFlow<()> {
            self.note("header", &names.iter().collect::<Vec<_>>());
            ControlFlow::Continue(())
        }

        fn row(&mut self, cells: &[Range<usize>]) {
            self.note("row", &cells.iter().collect::<Vec<_>>());
        }

        fn pair(&mut self, name: &Range<usize>, value: &Range<usize>) -> ControlFlow<()> {
            self.note("pair", &[name, value]);
            ControlFlow::Continue(())
        }
    }

    #[test]
    fn cells_go_by_the_names_above_and_beside_them() {
        for (text, told) in [
            (
                "<table><tr><th>User</th><th>Password</th></tr><tr><td>ada</td><td>x1</td></tr></table>",
                "header User|Password; row ada|x1",
            ),
            (
                "<TABLE>\n<tr class=a>\n <th>User\n <th>PIN\n<tr>\n <td><b>ada</b>\n <td> <code>12</code> \n",
                "header User|PIN; row ada|12",
            ),
            ("<tr><th scope=\"row\">Password</th><td>x1</td></tr>", "pair Password|x1"),
            ("<dl><dt>PIN</dt><dd>12</dd><dt>Name</dt><dd>Ada</dd></dl>", "pair PIN|12; pair Name|Ada"),
            (
                "<table><tr><th>User<th>PIN<tr><th scope=row>ada</th><td>12\n<tr><td>bob<td>34\n</table>",
                "header User|PIN; row ada|12; row bob|34",
            ),
            (
                "<tr><th>All that is in here, and more of it<th>PIN <i class=x>(old)</i></th><tr><td>a<td>12</td></tr>",
                "header All that is in here, and more of it|PIN; row a|12",
            ),
            (
                "<tr><th title='a > b'>User<th>PIN<tr><td><i title=\"x>y\">a</i><td a=\">\" b='\">'>12<td c=\">3</tr>",
                "header User|PIN; row a|12",
            ),
            (
                "<tr><td> <th>PIN<th>Mail<tr><th>ada<td>12<td>x<tr><td></td><td></td></tr>",
                "header |PIN|Mail; row ada|12|x; row |",
            ),
            (
                "<tr><td>PIN: <i>x</i><td>12<td>Mail:<td>Key:<td>y<tr><td>User<td>ada<tr><td>Token<td>x1y2z3w4<tr><td>Key<td>char(64)<tr><td>a<td>b 2",
                "pair PIN:|12; pair Key:|y; pair Token|x1y2z3w4",
            ),
            (
                "<tr><th>Host<th>User<th>PIN<tr><td rowspan=2>db<td>ada<td>12<tr><td>bob<td>34<tr><td>x<td rowspan=2>y",
                "header Host|User|PIN; row db|ada|12; row |bob|34; row |x|y",
            ),
            ("<tr><td>a</td><td>b</td></tr>", ""),
            ("Vec<tr, td> <table <th", ""),
        ] {
            let mut notes = Notes { text, told: Vec::new() };
            let _ = read(text.as_bytes(), &(0..text.len()), &mut notes);
            assert_eq!(notes.told.join("; "), told);
        }
    }
}
