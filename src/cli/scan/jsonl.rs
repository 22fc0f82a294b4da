//! Lines of `{"id", "text"}` in, lines of `{"id", "text", "findings"}` out.

use super::{Findings, ScanError};
use crate::redact::{Known, Redactor};
use crate::rule::Ruleset;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Write};

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    id: serde_json::Value,
    text: String,
}

#[derive(Serialize)]
struct Output<'a> {
    id: serde_json::Value,
    text: &'a str,
    findings: Vec<Report<'a>>,
}

/// One finding. Offsets are bytes of the text as it was given.
#[derive(Serialize)]
struct Report<'a> {
    rule: &'a str,
    category: crate::rule::Category,
    start: usize,
    end: usize,
    severity: crate::rule::Severity,
    confidence: crate::rule::Confidence,
}

/// What is written for a line that is not such an object. It tells where, and never what.
#[derive(Serialize)]
struct Unreadable {
    id: (),
    error: String,
}

/// Redacts each line, in order. Gives the number of lines that could not be read; each of those has an
/// object with an `error` in its place.
///
/// # Errors
/// [`ScanError::Stream`].
pub(super) fn jsonl(
    redactor: &mut Redactor,
    input: &mut impl BufRead,
    out: &mut impl Write,
) -> Result<usize, ScanError> {
    let mut unreadable = 0;
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Input>(&line) {
            Ok(input) => one(redactor, input, out)?,
            Err(error) => {
                unreadable += 1;
                let what = "expected an object with \"id\" and a string \"text\"";
                let error = format!("line {number}, column {}: {what}", error.column());
                write_line(out, &Unreadable { id: (), error })?;
            }
        }
    }
    out.flush()?;
    Ok(unreadable)
}

fn one(redactor: &mut Redactor, input: Input, out: &mut impl Write) -> Result<(), ScanError> {
    let mut findings = Findings::default();
    let clean = redactor.text(&input.text, &mut findings);
    findings.0.sort_by_key(|found| (found.range.start, found.range.end));
    let ruleset = redactor.scanner().ruleset();
    let findings = findings.0.iter().filter_map(|found| report(ruleset, found)).collect();
    write_line(out, &Output { id: input.id, text: clean.inner(), findings })
}

fn report<'a>(ruleset: &'a Ruleset, found: &Known) -> Option<Report<'a>> {
    let rule = ruleset.rule(found.rule)?;
    Some(Report {
        rule: &rule.id,
        category: rule.category,
        start: found.range.start,
        end: found.range.end,
        severity: rule.severity,
        confidence: found.confidence,
    })
}

fn write_line(out: &mut impl Write, value: &impl Serialize) -> Result<(), ScanError> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}
