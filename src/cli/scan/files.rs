//! Findings in files, one a line, as a compiler prints them.

use super::{Findings, ScanError, read};
use crate::redact::{Known, Redactor};
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;

/// Bytes of a line that are shown on each side of a finding.
const AROUND: usize = 40;

/// Prints `FILE:LINE:COLUMN: RULE [SEVERITY] PATH LINE` for each finding, the line with every value in it
/// blacked out. Lines and columns count from one, columns in bytes. Gives the number of findings.
///
/// # Errors
/// [`ScanError`], at the first file that cannot be read.
pub(super) fn files(
    redactor: &mut Redactor,
    paths: &[PathBuf],
    out: &mut impl Write,
) -> Result<usize, ScanError> {
    let mut total = 0;
    for path in paths {
        let bytes = read(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut findings = Findings::default();
        redactor.text(&text, &mut findings);
        let mut findings = findings.0;
        findings.sort_by_key(|found| found.range.start);
        for found in &findings {
            let line = Line::of(&text, &found.range);
            let rule = redactor.scanner().ruleset().rule(found.rule);
            let id = rule.map_or("", |rule| &*rule.id);
            let severity = rule.map_or("", |rule| rule.severity.name());
            let shown = line.blacked_out(&text, &findings, &found.range);
            let inner = if found.inner.is_empty() { String::new() } else { format!(" {}", found.inner) };
            writeln!(
                out,
                "{}:{}:{}: {id} [{severity}]{inner} {shown}",
                path.display(),
                line.number,
                line.column
            )?;
        }
        total += findings.len();
    }
    Ok(total)
}

/// The line a finding begins in.
struct Line {
    number: usize,
    column: usize,
    range: Range<usize>,
}

impl Line {
    fn of(text: &str, found: &Range<usize>) -> Self {
        let before = text.as_bytes().get(..found.start).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let after = text.as_bytes().get(found.start..).unwrap_or_default();
        let end = found.start + memchr::memchr(b'\n', after).unwrap_or(after.len());
        let number = memchr::memchr_iter(b'\n', before).count() + 1;
        Self { number, column: found.start - start + 1, range: start..end }
    }

    /// What stands around the finding, with this and every other finding in it as a black bar.
    fn blacked_out(&self, text: &str, findings: &[Known], found: &Range<usize>) -> String {
        let from = self.range.start.max(found.start.saturating_sub(AROUND));
        let to = self.range.end.min(found.end.saturating_add(AROUND)).max(from);
        let covered = |at: usize| findings.iter().any(|other| other.range.contains(&at));
        let mut shown = String::new();
        let mut in_bar = false;
        for (at, character) in
            text.char_indices().skip_while(|(at, _)| *at < from).take_while(|(at, _)| *at < to)
        {
            let bar = (at..at + character.len_utf8()).any(covered);
            match (bar, in_bar) {
                (true, false) => shown.push_str("[REDACTED]"),
                (false, _) if !character.is_control() => shown.push(character),
                _ => {}
            }
            in_bar = bar;
        }
        shown.trim().to_owned()
    }
}
