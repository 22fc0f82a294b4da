//! Findings in files, one a line, as a compiler prints them.

use super::{Findings, ScanError, read};
use crate::alert::{UNSCANNED_RULE, UNSCANNED_SEVERITY};
use crate::redact::{Known, Redactor};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes of a line that are shown on each side of a finding.
const AROUND: usize = 40;

/// Prints `FILE:LINE:COLUMN: RULE [SEVERITY] PATH LINE` for each finding, the line with every value in it
/// blacked out. Lines and columns count from one, columns in bytes. A file that cannot be read does not
/// keep the others from being scanned. One that is over a limit of the opener is a finding on its first line,
/// with the limit for its path, and no line of it is printed. Gives the number of findings.
///
/// # Errors
/// [`ScanError`]: the first file that could not be read, when all are done; or the output, at once.
pub(super) fn files(
    redactor: &mut Redactor,
    paths: &[PathBuf],
    out: &mut impl Write,
) -> Result<usize, ScanError> {
    let mut total = 0;
    let mut unreadable = None;
    for path in paths {
        match read(path) {
            Ok(bytes) => total += file(redactor, path, &String::from_utf8_lossy(&bytes), out)?,
            Err(error) => unreadable = unreadable.or(Some(error)),
        }
    }
    unreadable.map_or(Ok(total), Err)
}

fn file(redactor: &mut Redactor, path: &Path, text: &str, out: &mut impl Write) -> Result<usize, ScanError> {
    let (Findings { known: findings, limit }, _) = Findings::of(redactor, text);
    let bars = bars(&findings);
    if let Some(limit) = limit {
        let (severity, limit) = (UNSCANNED_SEVERITY.name(), limit.name());
        writeln!(out, "{}:1:1: {UNSCANNED_RULE} [{severity}] {limit}", path.display())?;
    }
    let mut lines = Lines::new(text);
    for found in &findings {
        let rule = redactor.scanner().ruleset().rule(found.rule);
        let id = rule.map_or("", |rule| &*rule.id);
        let severity = rule.map_or("", |rule| rule.severity.name());
        let (number, line) = lines.of(found.range.start);
        let column = found.range.start - line.start + 1;
        let shown = match limit {
            Some(_) => "[REDACTED]".to_owned(),
            None => blacked_out(text, &line, &bars, &found.range),
        };
        let inner = found.inner.trim_start_matches('.');
        let space = if inner.is_empty() { "" } else { " " };
        writeln!(out, "{}:{number}:{column}: {id} [{severity}]{space}{inner} {shown}", path.display())?;
    }
    Ok(findings.len() + usize::from(limit.is_some()))
}

/// What is covered by any finding: ranges in order and apart.
fn bars(findings: &[Known]) -> Vec<Range<usize>> {
    let mut bars: Vec<Range<usize>> = Vec::new();
    for Known { range, .. } in findings {
        match bars.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => bars.push(range.clone()),
        }
    }
    bars
}

/// The lines of a text, asked for in order.
struct Lines<'t> {
    text: &'t [u8],
    number: usize,
    start: usize,
}

impl<'t> Lines<'t> {
    const fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), number: 1, start: 0 }
    }

    /// The number of the line that a place is in, and where it stands.
    fn of(&mut self, at: usize) -> (usize, Range<usize>) {
        let passed = self.text.get(self.start..at).unwrap_or_default();
        self.number += memchr::memchr_iter(b'\n', passed).count();
        self.start += memchr::memrchr(b'\n', passed).map_or(0, |newline| newline + 1);
        let rest = self.text.get(at..).unwrap_or_default();
        (self.number, self.start..at + memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
    }
}

/// What stands around a finding in its line, with a black bar over this and every other finding.
fn blacked_out(text: &str, line: &Range<usize>, bars: &[Range<usize>], found: &Range<usize>) -> String {
    let from = line.start.max(found.start.saturating_sub(AROUND));
    let to = line.end.min(found.end.saturating_add(AROUND));
    let first = bars.partition_point(|bar| bar.end <= from);
    let mut shown = String::new();
    let mut at = from;
    for bar in bars.iter().skip(first).take_while(|bar| bar.start < to) {
        clear(text, at..bar.start, &mut shown);
        shown.push_str("[REDACTED]");
        at = bar.end;
    }
    clear(text, at..to, &mut shown);
    shown.trim().to_owned()
}

/// Appends a part of the text that nothing was found in. Characters that were cut are left out.
fn clear(text: &str, range: Range<usize>, shown: &mut String) {
    let bytes = text.as_bytes().get(range).unwrap_or_default();
    let whole = String::from_utf8_lossy(bytes);
    let printable = |c: &char| !c.is_control() && *c != char::REPLACEMENT_CHARACTER;
    shown.extend(whole.chars().filter(printable));
}
