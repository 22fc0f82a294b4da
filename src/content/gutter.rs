//! What a tool puts before every line: numbers, the signs of a diff, the marks of a quotation, the name of a file.
//!
//! ```text
//!      1→  - name: DB_PASSWORD        +password: |        > requirepass x        app.yml:7:  password: x
//!      2→    value: x                 +  x
//! ```
//!
//! What stands on several lines is told by how they are indented and begin. So lines behind such gutters are shown once
//! more without them, a run of lines of one kind at a time. Gutters in gutters are taken away too, as a tool numbers the
//! lines of a diff: [`DEEPEST`] times. One line alone, also of a file, is read well as it stands.
//!
//! **Bias.** A list or a table of numbers may look the same, and is read twice for it.

use super::{At, Opened, table};
use std::ops::Range;

/// Gutters in one another.
pub(super) const DEEPEST: usize = 2;

/// Bytes of the name of a file before a line, at most.
const LONGEST_NAME: usize = 160;

/// What stands before a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gutter {
    Number,
    /// A diff has lines that it did not change, too: those begin with a space.
    Sign,
    Quotation,
    File,
}

/// Opens the lines of each run in `range` of the text at `at` without what stands before them.
pub(super) fn open(opened: &mut Opened, at: &At<'_>, range: &Range<usize>, depth: usize) {
    let mut from = range.start;
    while let Some(run) = next(at.source.bytes(), &(from..range.end)) {
        opened.layer(at, depth, |text, map| {
            run.lines.iter().for_each(|line| map.copy(text, at.source, line));
        });
        from = run.next;
    }
}

/// Whether there are such lines in a text.
pub(super) fn is_in(text: &[u8]) -> bool {
    first(text, &(0..text.len())).is_some()
}

/// Lines behind gutters of one kind.
struct Run {
    /// Each from behind its gutter to behind its end.
    lines: Vec<Range<usize>>,
    /// Where the line begins that is none of them.
    next: usize,
}

fn next(text: &[u8], range: &Range<usize>) -> Option<Run> {
    let lines: Vec<_> = first(text, range)?.collect();
    let next = lines.last()?.end;
    Some(Run { lines, next })
}

/// The lines of the first run of at least two.
fn first(text: &[u8], range: &Range<usize>) -> Option<impl Iterator<Item = Range<usize>>> {
    let mut start = range.start;
    while let Some((line, end)) = line(text, start, range.end) {
        if let Some(gutter) = gutter(line) {
            let lines = || run(text, gutter, start..end, range.end);
            if lines().nth(1).is_some() {
                return Some(lines());
            }
        }
        start = end;
    }
    None
}

/// The lines of the run that a line begins, behind a gutter of so many bytes.
fn run(
    text: &[u8],
    (kind, len): (Gutter, usize),
    whole: Range<usize>,
    end: usize,
) -> impl Iterator<Item = Range<usize>> {
    let found = text.get(whole.clone()).unwrap_or_default();
    let following = move |before: &Range<usize>| {
        let start = before.end;
        let (line, next) = line(text, start, end)?;
        let same = || gutter(line).filter(|(other, _)| *other == kind).map(|(_, len)| len);
        let len = match kind {
            Gutter::Sign => same().or(line.starts_with(b" ").then_some(1)),
            Gutter::File => same_file_len(line, found),
            Gutter::Number | Gutter::Quotation => same(),
        };
        Some(start + len?..next)
    };
    std::iter::successors(Some(whole.start + len..whole.end), following)
}

/// The line that begins here, and where the next one does.
fn line(text: &[u8], start: usize, end: usize) -> Option<(&[u8], usize)> {
    let rest = text.get(start..end).filter(|rest| !rest.is_empty())?;
    let next = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
    Some((rest.get(..next)?, start + next))
}

/// What stands before a line, and its bytes. Behind the sign of a diff is no other: `---`, `+++` and `->` begin
/// something else, and `- ` an item of a list.
fn gutter(line: &[u8]) -> Option<(Gutter, usize)> {
    match line {
        [b'+', next, ..] if *next != b'+' => Some((Gutter::Sign, 1)),
        [b'-', next, ..] if !b"->\r\n".contains(next) && !is_item(line) => Some((Gutter::Sign, 1)),
        [b'>', ..] => {
            let marks = line.iter().take_while(|byte| matches!(byte, b'>' | b' ')).count();
            // The blanks behind the last mark but the first are those of the line.
            let last = line.get(..marks)?.iter().rposition(|byte| *byte == b'>')? + 1;
            Some((Gutter::Quotation, last + usize::from(line.get(last) == Some(&b' '))))
        }
        [b' ' | b'0'..=b'9', ..] => match table::number_len(line) {
            0 => None,
            len => Some((Gutter::Number, len)),
        },
        _ => file_len(line).map(|len| (Gutter::File, len)),
    }
}

/// `- item`: an item of a list has a blank behind its sign, and no more than one.
fn is_item(line: &[u8]) -> bool {
    matches!(line, [b'-', b' ', next, ..] if *next != b' ')
}

/// Bytes of `src/app.yml:7:`, as grep prints it before a line that it found.
fn file_len(line: &[u8]) -> Option<usize> {
    let near = line.get(..LONGEST_NAME).unwrap_or(line);
    let name = near.iter().position(|byte| *byte <= b' ' || *byte == b':')?;
    let is_name = line.get(..name)?.iter().any(|byte| b"./".contains(byte));
    behind_number(line, name, b':').filter(|_| is_name)
}

/// The same before another line of that file, of which `src/app.yml-8-` stands before one near those that it found.
fn same_file_len(line: &[u8], found: &[u8]) -> Option<usize> {
    let name = found.iter().position(|byte| *byte == b':')?;
    let is_same = line.get(..name) == found.get(..name);
    [b':', b'-'].into_iter().filter(|_| is_same).find_map(|sign| behind_number(line, name, sign))
}

/// Where a number ends with the sign behind it, which stands before it here, too.
fn behind_number(line: &[u8], at: usize, sign: u8) -> Option<usize> {
    let rest = line.get(at..).and_then(|rest| rest.strip_prefix(&[sign]))?;
    let digits = rest.iter().take(DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    ((1..=DIGITS).contains(&digits) && rest.get(digits) == Some(&sign)).then_some(at + digits + 2)
}

/// Digits of the number of a line, at most.
const DIGITS: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some(run) = next(text.as_bytes(), &(from..text.len())) {
            found.push(run.lines.into_iter().filter_map(|line| text.get(line)).collect::<String>());
            from = run.next;
        }
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_stands_before_lines_is_taken_away() {
        check("     1\t- a\n     2\t  b\n", &["- a\n  b\n"]);
        check("  9\u{2192}x\n 10\u{2192}  y", &["x\n  y"]);
        check("@@ -1 +1 @@\n a\n-  b: c\n+  b: d\n e\nend\n", &["  b: c\n  b: d\ne\n"]);
        check("+password: |\n+  x\n", &["password: |\n  x\n"]);
        check("> a\n>>  b\nc\n> d\n> e\n", &["a\n b\n", "d\ne\n"]);
        check("a/b.yml:7:x: y\na/b.yml-8-  z\n", &["x: y\n  z\n"]);
    }

    #[test]
    fn what_begins_a_line_for_itself_stays() {
        for text in [
            "- an item\n- another\n",
            "--- a/x\n+++ b/x\n",
            "->x\n",
            "a line: 7: x\n",
            "src/a.rs:7: one\nsrc/b.rs:7: another\n+ one\n",
            "http://x.example:80\n",
            "2026-11-27 10:00\n",
            "  indented\n  more\n",
            "",
        ] {
            check(text, &[]);
        }
    }
}
