//! Lines of `{"id", "text"}` in, lines of `{"id", "text", "findings"}` out.

use super::{Findings, ScanError};
use crate::alert::{UNSCANNED_RULE, UNSCANNED_SEVERITY};
use crate::redact::{Known, Redactor};
use crate::rule::{Category, Confidence, Ruleset, Severity};
use serde::Serialize;
use serde_json::Value;
use std::io::{BufRead, Write};

#[derive(Serialize)]
struct Output<'a> {
    id: Value,
    text: &'a str,
    findings: Vec<Report<'a>>,
}

/// One finding. Offsets are bytes of the text as it was given.
#[derive(Serialize)]
struct Report<'a> {
    rule: &'a str,
    /// Null where nobody can know.
    category: Option<Category>,
    start: usize,
    end: usize,
    severity: Severity,
    confidence: Confidence,
}

/// What is written for a line that is not such an object. It tells where, and never what.
#[derive(Serialize)]
struct Unreadable {
    id: Value,
    error: String,
}

/// Redacts each line, in order. Gives the number of lines that could not be read; each of those has an
/// object with an `error` in its place, and the id if there was one.
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
        match read(&mut line) {
            Ok((id, text)) => one(redactor, id, &text, out)?,
            Err(id) => {
                unreadable += 1;
                let error = format!("line {number}: expected an object with \"id\" and a string \"text\"");
                write_line(out, &Unreadable { id, error })?;
            }
        }
    }
    Ok(unreadable)
}

/// The id and the text of a line; without a text the id, or null.
fn read(line: &mut [u8]) -> Result<(Value, String), Value> {
    let parsed = serde_json::from_slice(line).or_else(|_| {
        mend_surrogates(line);
        serde_json::from_str(&String::from_utf8_lossy(line))
    });
    let Ok(Value::Object(mut members)) = parsed else { return Err(Value::Null) };
    let id = members.remove("id").unwrap_or_default();
    match members.remove("text") {
        Some(Value::String(text)) => Ok((id, text)),
        _ => Err(id),
    }
}

/// Writes `\ufffd` over half a surrogate pair: JavaScript cuts strings in the middle of a character, and
/// the parser takes the whole line for broken.
fn mend_surrogates(line: &mut [u8]) {
    let mut at = 0;
    while let Some(found) = line.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += found;
        let half = |at: usize| {
            let digits = line.get(at..at + 6)?.strip_prefix(b"\\u")?;
            let code = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            (0xd800..0xe000).contains(&code).then_some(code)
        };
        let paired =
            half(at).is_some_and(|high| high < 0xdc00) && half(at + 6).is_some_and(|low| low >= 0xdc00);
        let step = match half(at) {
            Some(_) if paired => 12,
            Some(_) => {
                if let Some(escape) = line.get_mut(at..at + 6) {
                    escape.copy_from_slice(b"\\ufffd");
                }
                6
            }
            None => 2,
        };
        at += step;
    }
}

fn one(redactor: &mut Redactor, id: Value, text: &str, out: &mut impl Write) -> Result<(), ScanError> {
    let (found, clean) = Findings::of(redactor, text);
    let ruleset = redactor.scanner().ruleset();
    let whole = found.limit.map(|_| unscanned(text));
    let findings = found.known.iter().filter_map(|found| report(ruleset, found));
    let findings = whole.into_iter().chain(findings).collect();
    write_line(out, &Output { id, text: clean.inner(), findings })
}

fn report<'a>(ruleset: &'a Ruleset, found: &Known) -> Option<Report<'a>> {
    let rule = ruleset.rule(found.rule)?;
    Some(Report {
        rule: &rule.id,
        category: Some(rule.category),
        start: found.range.start,
        end: found.range.end,
        severity: rule.severity,
        confidence: found.confidence,
    })
}

/// That a text could not be scanned, and is gone whole.
const fn unscanned(text: &str) -> Report<'static> {
    Report {
        rule: UNSCANNED_RULE,
        category: None,
        start: 0,
        end: text.len(),
        severity: UNSCANNED_SEVERITY,
        confidence: Confidence::High,
    }
}

fn write_line(out: &mut impl Write, value: &impl Serialize) -> Result<(), ScanError> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    // Whoever asks line by line waits for the answer before the next.
    Ok(out.flush()?)
}
