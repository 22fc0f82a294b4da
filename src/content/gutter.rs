//! What stands before every line: numbers, the signs of a diff, the marks of a quotation or of a comment, the name of a
//! file, of what wrote the line or of who did, the time.
//!
//! ```text
//!      1→  - name: DB_PASSWORD        +password: |        > requirepass x        app.yml:7:  password: x
//!      2→    value: x                 +  x                                       web-1  | password: x
//! ```
//!
//! What stands on several lines is told by how they are indented and begin. So lines behind such gutters are shown once
//! more without them, a run of lines of one kind at a time; of those with numbers, neighbours alone. Gutters in gutters
//! are taken away too, as a tool numbers the lines of a diff: [`DEEPEST`] times. One line alone is read well as it stands,
//! but for one that is all of its text: there are rules for what begins a text. Of a diff is shown what was and what is,
//! each with the lines around it: what stands behind a name in one does not in both together.
//!
//! **Bias.** A list or a table of numbers may look the same, and is read twice for it.

use super::border::begins_like;
use super::{At, Look, Opened};
use std::ops::Range;

/// Gutters in one another.
pub(super) const DEEPEST: usize = 2;

/// Bytes of a name before a line, at most.
const LONGEST_NAME: usize = 160;

/// Lines of a diff before the first sign that are shown with it.
const CONTEXT: usize = 8;

/// Digits of the number of a line, at most.
const DIGITS: usize = 7;

/// Blanks between a number and a bar behind it, at most but one.
const BLANKS: usize = 3;

/// Blanks before a number that nothing but a blank parts from its line, at least.
const MARGIN: usize = 3;

/// What stands before a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `7:`, `7|`, `L7:`, and the like.
    Number,
    /// `7-`: the number of a line near one that was found. `     7 `: one in a margin.
    NumberNear,
    Sign,
    /// `>`, and `<` as some show what was.
    Mark,
    /// `src/app.yml:7:`.
    FileNumber,
    /// `Makefile:7:`, `src/app.yml:`. Much else looks so: the next line has to begin with the same name.
    File,
    /// `web-1  | `, `[pod/web-1/app] `.
    Process,
    /// `2026-11-30T19:15:22Z `, `Nov 30 19:15:22 web1 app[71]: `.
    Time,
    /// `15c38fe2 (Ada Kern 2026-11-30 10:00:00 +0100 7) `.
    Blame,
    /// `# `, `// `, `; `: what was switched off, or says what it is.
    Comment,
    /// A line drawn from above to below.
    Bar,
}

#[derive(Debug, Clone, Copy)]
struct Gutter {
    kind: Kind,
    len: usize,
    /// Bytes of the name that it begins with.
    name: usize,
}

impl Gutter {
    const fn new(kind: Kind, len: usize) -> Self {
        Self { kind, len, name: 0 }
    }
}

/// Opens the lines of each run in `range` of the text at `at` without what stands before them.
pub(super) fn open(opened: &mut Opened, at: &At<'_>, range: &Range<usize>, depth: usize) {
    let mut from = range.start;
    while let Some(run) = next(at.source.bytes(), &(from..range.end), usize::MAX) {
        for lines in run.texts() {
            opened
                .layer(at, depth, |text, map| lines.iter().for_each(|line| map.copy(text, at.source, line)));
        }
        from = run.next;
    }
}

/// Whether a text may have lines behind gutters: of one line alone, if it begins with a number, or a name and a number.
pub(super) fn may_be_in(text: &[u8], look: Look) -> bool {
    look.lines || may_be_alone(text)
}

fn may_be_alone(text: &[u8]) -> bool {
    let near = text.get(..LONGEST_NAME).unwrap_or(text);
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    memchr::memchr(b':', near).is_some_and(|at| is_digit(near.first()) || is_digit(near.get(at + 1)))
}

/// Whether there are such lines in a text.
pub(super) fn is_in(text: &[u8], look: Look) -> bool {
    may_be_in(text, look) && next(text, &(0..text.len()), 2).is_some()
}

/// The side of a diff that a line stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
    Both,
}

/// Lines behind gutters of one kind.
struct Run {
    lines: Vec<Line>,
    /// Where the line begins that is none of them.
    next: usize,
}

/// A line of a run.
struct Line {
    side: Side,
    /// From behind its gutter to behind its end.
    inside: Range<usize>,
    /// Whether it is not the one that comes behind the line before it: there are others between, or it is of another file.
    is_apart: bool,
}

impl Line {
    const fn new(side: Side, inside: Range<usize>) -> Self {
        Self { side, inside, is_apart: false }
    }
}

impl Run {
    /// What there is to be shown: lines that stand one behind the other; of a diff both sides, if it has them.
    fn texts(&self) -> Vec<Vec<Range<usize>>> {
        let has = |wanted: Side| self.lines.iter().any(|line| line.side == wanted);
        let (old, new) = (has(Side::Old), has(Side::New));
        let sides =
            [(Side::Old, old), (Side::New, new || !old)].into_iter().filter(|(_, is_shown)| *is_shown);
        let texts = sides.flat_map(|(side, _)| {
            self.lines.chunk_by(|_, next| !next.is_apart).map(move |lines| {
                let shown = lines.iter().filter(|line| [side, Side::Both].contains(&line.side));
                shown.map(|line| line.inside.clone()).collect()
            })
        });
        texts.collect()
    }

    /// Whether something in it may go over its lines: one is indented, a command or a row of a table, a key begins, or a
    /// colon ends a line.
    fn goes_over_lines(&self, text: &[u8]) -> bool {
        self.lines.iter().any(|line| {
            let inside = text.get(line.inside.clone()).unwrap_or_default();
            matches!(inside, [b' ' | b'\t' | b'|', ..] | [b'$' | b'#', b' ', ..])
                || inside.starts_with(b"-----BEGIN ")
                || inside.trim_ascii_end().ends_with(b":")
        })
    }

    /// Whether a setting in it goes over its lines: a name, and below it what is indented, or an item of a list.
    fn has_settings(&self, text: &[u8]) -> bool {
        let line = |line: &Line| text.get(line.inside.clone()).unwrap_or_default();
        self.lines.iter().zip(self.lines.iter().skip(1)).any(|(name, next)| {
            let (name, next) = (line(name), line(next));
            let is_name = matches!(name.trim_ascii_end(), [.., b':' | b'|' | b'>' | b'{' | b'[']);
            let blanks = |line: &[u8]| line.iter().take_while(|byte| b" \t".contains(byte)).count();
            let said = next.trim_ascii();
            let is_deeper = blanks(next) > blanks(name) && !said.is_empty();
            is_name && (is_deeper || said.starts_with(b"- "))
                || is_deeper && name.trim_ascii_start().starts_with(b"- ")
        })
    }
}

/// The first run in a range, of at least two lines or of all of it, with so many of its lines.
fn next(text: &[u8], range: &Range<usize>, most: usize) -> Option<Run> {
    let mut start = range.start;
    while let Some((line, mut end)) = line(text, start, range.end) {
        if let Some(gutter) = gutter(line) {
            let run = match gutter.kind {
                Kind::Sign => diff(text, start, range, most),
                Kind::Time | Kind::Comment => run(text, gutter, start..end, range.end, usize::MAX),
                _ => run(text, gutter, start..end, range.end, most),
            };
            let is_all = start == range.start && end == range.end;
            let is_sure = matches!(gutter.kind, Kind::Number | Kind::FileNumber);
            // Logs and comments are many, and little in them goes over lines.
            let is_of_lines = match gutter.kind {
                Kind::Time => !run.goes_over_lines(text),
                Kind::Comment => !run.has_settings(text),
                _ => false,
            };
            if (run.lines.len() > 1 && !is_of_lines) || (is_all && is_sure) {
                return Some(run);
            }
            end = if is_of_lines { run.next } else { end };
        }
        start = end;
    }
    None
}

/// The lines of the run that a line begins.
fn run(text: &[u8], gutter: Gutter, first: Range<usize>, end: usize, most: usize) -> Run {
    let lines = vec![Line::new(Side::Both, first.start + gutter.len..first.end)];
    let mut run = Run { lines, next: first.end };
    let (mut before, mut len_before) = (text.get(first).unwrap_or_default(), gutter.len);
    while run.lines.len() < most
        && let Some((line, next)) = line(text, run.next, end)
        && let Some(len) = len_behind(line, before, gutter)
    {
        let is_apart = match gutter.kind {
            Kind::Number | Kind::NumberNear => !are_neighbours(number(line), number(before)),
            Kind::FileNumber | Kind::File => !is_behind(line.get(..len), before.get(..len_before)),
            _ => false,
        };
        run.lines.push(Line { is_apart, ..Line::new(Side::Both, run.next + len..next) });
        run.next = next;
        (before, len_before) = (line, len);
    }
    // A blank behind all gutters belongs to them.
    let is_apart = |line: &Range<usize>| matches!(text.get(line.start), None | Some(b' ' | b'\r' | b'\n'));
    if run.lines.iter().all(|line| is_apart(&line.inside)) {
        let blank = |line: &mut Range<usize>| line.start += usize::from(text.get(line.start) == Some(&b' '));
        run.lines.iter_mut().for_each(|line| blank(&mut line.inside));
    }
    run
}

/// Whether of two gutters with names the first tells of the line behind that of the other: in the same file, with the
/// next number if they have any.
fn is_behind(gutter: Option<&[u8]>, before: Option<&[u8]>) -> bool {
    let (Some(gutter), Some(before)) = (gutter, before) else { return false };
    let ((name, number), (name_before, number_before)) = (parts(gutter), parts(before));
    name == name_before && are_neighbours(number, number_before)
}

/// The name that a gutter begins with, and the number behind it.
fn parts(gutter: &[u8]) -> (&[u8], Option<usize>) {
    let inside = gutter.split_last().map_or(&[][..], |(_, inside)| inside);
    let sign = inside.iter().rposition(|byte| !byte.is_ascii_digit()).unwrap_or(0);
    // A name may end in digits, too.
    let is_sign = matches!(inside.get(sign), Some(b':' | b'-'));
    let number = inside.get(sign + 1..).filter(|digits| is_sign && !digits.is_empty()).and_then(number);
    (inside.get(..sign).filter(|_| number.is_some()).unwrap_or(inside), number)
}

/// Whether a number is that of the next line, or of no line at all: one that writes all of them has the same in each.
fn are_neighbours(number: Option<usize>, before: Option<usize>) -> bool {
    number == before || number == before.map(|before| before + 1)
}

/// Bytes of the gutter of a line that stands behind another one, if it is of the same run.
fn len_behind(line: &[u8], before: &[u8], first: Gutter) -> Option<usize> {
    let found = gutter(line);
    let same = found.filter(|found| found.kind == first.kind).map(|found| found.len);
    let is_named = |other: &Gutter| line.get(..other.name) == before.get(..other.name);
    match first.kind {
        Kind::Number | Kind::NumberNear => {
            let found = found.filter(|found| matches!(found.kind, Kind::Number | Kind::NumberNear))?;
            // Dates have a sign behind their year, too.
            let is_next = number(line) == number(before).map(|number| number + 1);
            (found.kind == Kind::Number && first.kind == Kind::Number || is_next).then_some(found.len)
        }
        // Behind the name alone may be a blank, too, in all lines but the first.
        Kind::File if first.len == first.name + 1 => {
            (line.get(..first.len) == before.get(..first.len)).then_some(first.len)
        }
        Kind::File | Kind::Process => {
            found.filter(|found| found.kind == first.kind && is_named(found)).map(|found| found.len)
        }
        Kind::Sign | Kind::Mark | Kind::FileNumber | Kind::Time | Kind::Blame | Kind::Comment | Kind::Bar => {
            same
        }
    }
}

/// The lines of a diff around the one at `start`, which has a sign.
fn diff(text: &[u8], start: usize, range: &Range<usize>, most: usize) -> Run {
    let mut run = Run { lines: Vec::new(), next: start };
    for _ in 0..CONTEXT {
        let Some(end) = run.next.checked_sub(1).filter(|end| *end >= range.start) else { break };
        let before = text.get(range.start..end).unwrap_or_default();
        let first = memchr::memrchr(b'\n', before).map_or(range.start, |at| range.start + at + 1);
        if !text.get(first..).is_some_and(|line| matches!(line, [b' ' | b'+' | b'-' | b'\r' | b'\n', ..])) {
            break;
        }
        run.next = first;
    }
    let mut has_sign = false;
    while let Some((line, next)) = line(text, run.next, range.end).filter(|_| run.lines.len() < most) {
        let (side, len) = match line {
            [b'+', ..] => (Side::New, 1),
            [b'-', ..] => (Side::Old, 1),
            [b' ', ..] => (Side::Both, 1),
            [b'\r' | b'\n', ..] => (Side::Both, 0),
            // `\ No newline at end of file`.
            [b'\\', ..] if has_sign => {
                run.next = next;
                continue;
            }
            _ => break,
        };
        has_sign |= side != Side::Both;
        run.lines.push(Line::new(side, run.next + len..next));
        run.next = next;
    }
    run
}

/// The line that begins here, and where the next one does.
fn line(text: &[u8], start: usize, end: usize) -> Option<(&[u8], usize)> {
    let rest = text.get(start..end).filter(|rest| !rest.is_empty())?;
    let next = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
    Some((rest.get(..next)?, start + next))
}

/// What stands before a line. A diff begins with no `---`, `+++` and `->`, which are something else, nor with `- `, an
/// item of a list.
fn gutter(line: &[u8]) -> Option<Gutter> {
    match line {
        [b'+', next, ..] if *next != b'+' => Some(Gutter::new(Kind::Sign, 1)),
        [b'-', next, ..] if !b"->\r\n".contains(next) && !is_item(line) => Some(Gutter::new(Kind::Sign, 1)),
        [b'<', b' ', ..] => Some(Gutter::new(Kind::Mark, 1)),
        [b'>', ..] => {
            let marks = line.iter().take_while(|byte| matches!(byte, b'>' | b' ')).count();
            let last = line.get(..marks)?.iter().rposition(|byte| *byte == b'>')?;
            Some(Gutter::new(Kind::Mark, last + 1))
        }
        // U+2502.
        [0xe2, 0x94, 0x82, b' ', ..] => Some(Gutter::new(Kind::Bar, 3)),
        [b' ', ..] => numbered(line).or_else(|| comment(line)),
        [b'L', b'0'..=b'9', ..] => numbered(line),
        [b'0'..=b'9', ..] => {
            let time = time_len(line).map(|len| Gutter::new(Kind::Time, len));
            time.or_else(|| numbered(line)).or_else(|| blame(line)).or_else(|| named(line))
        }
        [b'#' | b';' | b'\t', ..] | [b'/', b'/', ..] => comment(line),
        [b'^', ..] => blame(line),
        [b'[', ..] => container(line),
        [b'A'..=b'Z' | b'a'..=b'z' | b'.' | b'/' | b'_' | b'~', ..] => {
            let time = syslog_len(line).map(|len| Gutter::new(Kind::Time, len));
            time.or_else(|| blame(line)).or_else(|| named(line))
        }
        _ => None,
    }
}

/// `- item`: an item of a list has a blank behind its sign, and no more than one.
fn is_item(line: &[u8]) -> bool {
    matches!(line, [b'-', b' ', next, ..] if *next != b' ')
}

/// The number of a line that begins with one, behind blanks or an `L`.
fn number(line: &[u8]) -> Option<usize> {
    let digits = line
        .iter()
        .skip_while(|byte| b" L".contains(byte))
        .take(DIGITS)
        .take_while(|byte| byte.is_ascii_digit());
    digits.fold(None, |number, digit| Some(number.unwrap_or(0) * 10 + usize::from(digit - b'0')))
}

fn numbered(line: &[u8]) -> Option<Gutter> {
    let before = line.iter().take_while(|byte| b" L".contains(byte)).count();
    let rest = line.get(before..).filter(|rest| rest.first().is_some_and(u8::is_ascii_digit))?;
    let digits = rest.iter().take(DIGITS).take_while(|byte| byte.is_ascii_digit()).count();
    let (kind, sign) = match rest.get(digits..)? {
        [b':' | b'|' | b'\t', ..] => (Kind::Number, 1),
        [b' ', b'|', ..] => (Kind::Number, 2),
        // U+2192, and U+2502.
        [0xe2, 0x86, 0x92, ..] => (Kind::Number, 3),
        [b'-', ..] if before == 0 => (Kind::NumberNear, 1),
        [b' ', more @ ..] => {
            let blanks = 1 + more.iter().take(BLANKS).take_while(|byte| **byte == b' ').count();
            match rest.get(digits + blanks..)? {
                [0xe2, 0x94, 0x82, ..] => (Kind::Number, blanks + 3),
                // As `less` shows them: numbers below one another, each the next.
                _ if before >= MARGIN => (Kind::NumberNear, 1),
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(Gutter::new(kind, before + digits + sign))
}

/// What begins with a name: of a file, as grep prints it before a line that it found, or of a process.
fn named(line: &[u8]) -> Option<Gutter> {
    let near = line.get(..LONGEST_NAME).unwrap_or(line);
    let name = near.iter().position(|byte| *byte <= b' ' || *byte == b':').filter(|name| *name > 0)?;
    let (name, behind) = near.split_at_checked(name)?;
    let is_path = name.iter().any(|byte| b"./".contains(byte));
    let with = |kind, len: usize| Some(Gutter { kind, len, name: name.len() });
    if let Some(len) = behind_number(line, name.len(), b':') {
        let kind = if is_path { Kind::FileNumber } else { Kind::File };
        return with(kind, len).filter(|_| is_path || name.iter().any(u8::is_ascii_alphabetic));
    }
    if let Some(len) = near_number(name, line).filter(|_| is_path) {
        return with(Kind::FileNumber, len);
    }
    if behind.starts_with(b":") {
        let is_line = is_path && !matches!(behind, [b':', b'/' | b' ', ..]);
        return with(Kind::File, name.len() + 1).filter(|_| is_line);
    }
    let blanks = behind.iter().take_while(|byte| **byte == b' ').count();
    let is_name = |name: &[u8]| name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte));
    let is_process = blanks > 0 && behind.get(blanks..)?.starts_with(b"| ") && is_name(name);
    with(Kind::Process, name.len() + blanks + 1).filter(|_| is_process)
}

/// `src/app.yml-8-`, as grep prints it before a line near one that it found.
fn near_number(word: &[u8], line: &[u8]) -> Option<usize> {
    let path = word.iter().position(|byte| b"./".contains(byte))?;
    let signs = word.iter().enumerate().skip(path).filter(|(_, byte)| **byte == b'-');
    signs.take(8).find_map(|(at, _)| behind_number(line, at, b'-'))
}

/// Where a number ends with the sign behind it, which stands before it here, too.
fn behind_number(line: &[u8], at: usize, sign: u8) -> Option<usize> {
    let rest = line.get(at..).and_then(|rest| rest.strip_prefix(&[sign]))?;
    let digits = rest.iter().take(DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    ((1..=DIGITS).contains(&digits) && rest.get(digits) == Some(&sign)).then_some(at + digits + 2)
}

/// Bytes of a time (RFC 3339, section 5.6) and the blank behind it, with what else stands before a line there: the host
/// and process of a journal, the stream of a container.
fn time_len(line: &[u8]) -> Option<usize> {
    let form = b"0000-00-00T00:00:00";
    let rest = line.get(form.len()..).filter(|_| begins_like(line, form))?;
    let more =
        rest.iter().take(16).take_while(|byte| byte.is_ascii_digit() || b".Z+:-".contains(byte)).count();
    let len = (rest.get(more) == Some(&b' ')).then_some(form.len() + more + 1)?;
    let behind = line.get(len..)?;
    let stream = [&b"stdout F "[..], b"stderr F ", b"stdout P ", b"stderr P "];
    let stream = stream.iter().find(|stream| behind.starts_with(stream)).map(|stream| stream.len());
    Some(len + stream.or_else(|| process_len(behind, true)).unwrap_or(0))
}

/// The same of a time as syslog writes it (RFC 3164, section 4.1.2): `Nov 30 19:15:22 web1 app[71]: `.
fn syslog_len(line: &[u8]) -> Option<usize> {
    let (month, rest) = line.split_at_checked(4)?;
    let is_month = matches!(month, [b'A'..=b'Z', b'a'..=b'z', b'a'..=b'z', b' ']);
    let is_time = begins_like(rest, b"00 00:00:00 ") || begins_like(rest, b" 0 00:00:00 ");
    let len = (is_month && is_time).then_some(month.len() + 12)?;
    Some(len + process_len(line.get(len..)?, false)?)
}

/// Bytes of a host and a process, up to behind the blank after them: `web1 app[71]: `. The process has a number, unless it
/// is sure that it is one.
fn process_len(text: &[u8], needs_number: bool) -> Option<usize> {
    let near = text.get(..LONGEST_NAME).unwrap_or(text);
    let host = memchr::memchr(b' ', near).filter(|host| *host > 0)?;
    let behind = near.get(host + 1..)?;
    let process = memchr::memchr(b' ', behind)?;
    let name = behind.get(..process)?.strip_suffix(b":")?;
    let is_numbered = name.strip_suffix(b"]").is_some_and(|name| {
        let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        digits > 0 && name.get(..name.len() - digits).is_some_and(|name| name.ends_with(b"["))
    });
    (is_numbered || !needs_number).then_some(host + process + 2)
}

/// `[pod/web-1/app] `, as `kubectl logs --prefix` has it, and the time behind it.
fn container(line: &[u8]) -> Option<Gutter> {
    let near = line.get(..LONGEST_NAME).unwrap_or(line);
    let name = memchr::memchr(b']', near).filter(|_| near.starts_with(b"[pod/"))? + 1;
    let behind = line.get(name..)?.strip_prefix(b" ")?;
    Some(Gutter { kind: Kind::Process, len: name + 1 + time_len(behind).unwrap_or(0), name })
}

/// What git prints before a line of which it says who wrote it.
fn blame(line: &[u8]) -> Option<Gutter> {
    let near = line.get(..LONGEST_NAME).unwrap_or(line);
    let commit =
        near.iter().skip_while(|byte| **byte == b'^').take_while(|byte| byte.is_ascii_hexdigit()).count();
    let open = memchr::memchr(b'(', near).filter(|_| commit >= 7)?;
    let close = memchr::memchr(b')', near).filter(|close| *close > open)?;
    let mut words = near.get(open..close)?.rsplit(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let is_number = words.next()?.iter().all(u8::is_ascii_digit);
    let is_zone = matches!(words.next()?, [b'+' | b'-', zone @ ..] if begins_like(zone, b"0000"));
    (is_number && is_zone).then(|| Gutter::new(Kind::Blame, close + 1))
}

/// The sign of a comment, with the blanks before it. Those of documentation have one more.
fn comment(line: &[u8]) -> Option<Gutter> {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let len = match line.get(blanks..)? {
        [b'#', b'!', ..] | [b'/', b'/', b'/', b'/', ..] => return None,
        [b'/', b'/', b'/' | b'!', ..] => 3,
        [b'/', b'/', ..] => 2,
        [b'#' | b';', ..] => 1,
        _ => return None,
    };
    Some(Gutter::new(Kind::Comment, blanks + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some(run) = next(text.as_bytes(), &(from..text.len()), usize::MAX) {
            let shown =
                |lines: Vec<Range<usize>>| lines.into_iter().filter_map(|line| text.get(line)).collect();
            found.extend(run.texts().into_iter().map(shown).collect::<Vec<String>>());
            from = run.next;
        }
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_stands_before_lines_is_taken_away() {
        check("     1\t- a\n     2\t  b\n", &["- a\n  b\n"]);
        check("  9\u{2192}x\n 10\u{2192}  y", &["x\n  y"]);
        check("L7: x\nL8:   y\n", &["x\n  y\n"]);
        check("  9 | x\n 10 |   y\n", &["x\n  y\n"]);
        check("   9   \u{2502} x\n  10   \u{2502}   y\n", &["x\n  y\n"]);
        check("      9 x\n     10   y\n", &["x\n  y\n"]);
        check("      9 x\n     12   y\n", &[]);
        check("11-x\n12:  y\n13-z\n", &["x\n  y\nz\n"]);
        check("+password: |\n+  x\n", &["password: |\n  x\n"]);
        check("> a\n>>  b\nc\n> d\n> e\n", &["a\n b\n", "d\ne\n"]);
        check("< a\n<   b\n", &["a\n  b\n"]);
        check("a/b.yml:7:x: y\na/b.yml-8-  z\n", &["x: y\n  z\n"]);
        check("a/b-1.yml-6-x:\na/b-1.yml:7:  y\nc.d:1:z\n", &["x:\n  y\n", "z\n"]);
        check("a.yml:7:x:\na.yml:9:  y\na.yml:10:z\n", &["x:\n", "  y\nz\n"]);
        check("7:x:\n9:  y\n", &["x:\n", "  y\n"]);
        check("0: x:\n0:   y\n", &["x:\n  y\n"]);
        check("dir/a2:x:\ndir/a2:  y\n", &["x:\n  y\n"]);
        check(
            "2026-11-30T19:15:22Z -----BEGIN X-----\n2026-11-30T19:15:23Z MIIC\n",
            &["-----BEGIN X-----\nMIIC\n"],
        );
        check("Makefile:7:x\nMakefile:8:  y\n", &["x\n  y\n"]);
        check("a/b.conf:x\na/b.conf:  y\n", &["x\n  y\n"]);
        check("web-1  | x\nweb-1  |   y\ndb-1   | z\n", &["x\n  y\n"]);
        check("\u{2502} x\n\u{2502}   y\n", &["x\n  y\n"]);
        check("# a:\n#   b\n#\n# c\nd\n", &["a:\n  b\n\nc\n"]);
        check("#a:\n#  b\n", &["a:\n  b\n"]);
        check("\t// a:\n\t//   b\n", &["a:\n  b\n"]);
        check("; a: |\n;   b\n", &["a: |\n  b\n"]);
        check("# - name: a\n#   value: b\n", &["- name: a\n  value: b\n"]);
        check("Nov 30 19:15:22 web1 app[71]: a:\nNov 30 19:15:22 web1 app[71]:   b\n", &["a:\n  b\n"]);
        check(
            "2026-11-30T19:15:22+0100 web1 app[71]: a:\n2026-11-30T19:15:22+0100 web1 app[71]:   b\n",
            &["a:\n  b\n"],
        );
        check("2026-11-30T19:15:22.1Z stdout F a:\n2026-11-30T19:15:22.1Z stdout F   b\n", &["a:\n  b\n"]);
        check(
            "15c38fe2 (Ada Kern 2026-11-30 10:00:00 +0100  9) a:\n^5c38fe2 (Bo   2026-11-30 10:00:00 +0100 10)   b\n",
            &["a:\n  b\n"],
        );
        check("2026-11-30T19:15:22.125Z x\n2026-11-30T19:15:23+01:00   y\n", &["x\n  y\n"]);
    }

    #[test]
    fn both_sides_of_a_diff_are_shown() {
        check("@@ -1 +1 @@\n a\n-  b: c\n+  b: d\n e\nend\n", &["a\n  b: c\ne\n", "a\n  b: d\ne\n"]);
        check("+a:\n+  b\n", &["a:\n  b\n"]);
        check(" a:\n-\n---flag\n\n+++i\n+x\n\\ No newline\n", &["a:\n\n--flag\n\n", "a:\n\n++i\nx\n"]);
        check("@@\n    - name: x\n-      value: y\n", &["   - name: x\n      value: y\n"]);
    }

    #[test]
    fn one_line_alone_is_shown_if_it_is_all() {
        check("41:requirepass x", &["requirepass x"]);
        check("etc/redis.conf:41:requirepass x\n", &["requirepass x\n"]);
        check("-x\n", &[]);
    }

    #[test]
    fn what_begins_a_line_for_itself_stays() {
        for text in [
            "- an item\n- another\n",
            "--- a/x\n+++ b/x\n",
            "->x\n",
            "a line: 7: x\n",
            "Makefile:7: one\nDockerfile:7: another\n+ one\n",
            "key.a: x\nkey.a: y\n",
            "http://a\nhttp://b\n",
            "2026-11-30T19:15:22Z one\n2026-11-30T19:15:23Z another\n",
            "http://x.example:80\n",
            "2026-11-27 10:00\n",
            "# One line\n# and another.\n",
            "// For example:\n//\n//     let x;\n",
            "#!/bin/sh\n# a\n",
            "  indented\n  more\n",
            "",
        ] {
            check(text, &[]);
        }
    }
}
