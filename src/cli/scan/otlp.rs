//! Recorded OTLP, cleaned: one request a line, as OTLP/JSON.

use super::{ScanError, read};
use crate::alert::UNSCANNED_RULE;
use crate::attribution::Claims;
use crate::otlp::{DecodeError, Payload, View};
use crate::redact::{Found, Redactor, Unscanned, Witness};
use crate::signal::Signal;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Cleans recordings: a request in protobuf (`.pb`, or anything that is not text), a request in OTLP/JSON,
/// or lines of either OTLP/JSON or whatever else an agent's own file exporter writes (Copilot's has one
/// JSON object a span), which is cleaned as JSON. Values that could not be scanned are counted on `err`.
///
/// # Errors
/// [`ScanError`], at the first file that cannot be read or understood. Nothing of it is printed.
pub(super) fn otlp(
    redactor: &mut Redactor,
    paths: &[PathBuf],
    out: &mut impl Write,
    err: &mut dyn Write,
) -> Result<(), ScanError> {
    for path in paths {
        let bytes = read(path)?;
        let mut clean = Clean::new();
        recording(redactor, path, &bytes, &mut clean)
            .map_err(|cause| ScanError::Decode { path: path.clone(), cause })?;
        out.write_all(&clean.lines)?;
        if clean.unscanned > 0 {
            let (path, count) = (path.display(), clean.unscanned);
            writeln!(err, "{path}: {UNSCANNED_RULE}: values over a limit, replaced whole: {count}")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// What is left of a recording. Of what was found in it nothing is kept: it shows.
struct Clean {
    lines: Vec<u8>,
    /// What the records claim: some rules count for some agents only.
    claims: Claims,
    /// Values that could not be scanned.
    unscanned: usize,
}

impl Clean {
    fn new() -> Self {
        Self { lines: Vec::new(), claims: Claims::new([].into()), unscanned: 0 }
    }
}

impl Witness for Clean {
    fn enter(&mut self, view: View<'_>) {
        self.claims.enter(view);
    }

    fn agent(&self) -> Option<&'static str> {
        self.claims.agent()
    }

    fn found(&mut self, _: Found<'_>) {}

    fn unscanned(&mut self, _: Unscanned<'_>) {
        self.unscanned += 1;
    }
}

fn recording(
    redactor: &mut Redactor,
    path: &Path,
    bytes: &[u8],
    clean: &mut Clean,
) -> Result<(), DecodeError> {
    if !is_json(bytes) {
        let payload = any_signal(path, |signal| Payload::from_protobuf(signal, bytes))?;
        write(redactor, payload, clean);
        return Ok(());
    }
    match any_signal(path, |signal| Payload::from_json(signal, bytes)) {
        Ok(payload) => write(redactor, payload, clean),
        Err(DecodeError::TooDeep) => return Err(DecodeError::TooDeep),
        // One document over several lines: a key and its value may stand on two of them.
        Err(_) if serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() => {
            other(redactor, bytes, clean)
        }
        Err(_) => {
            bytes.split(|byte| *byte == b'\n').try_for_each(|line| json_line(redactor, path, line, clean))?
        }
    }
    Ok(())
}

fn json_line(
    redactor: &mut Redactor,
    path: &Path,
    line: &[u8],
    clean: &mut Clean,
) -> Result<(), DecodeError> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    match any_signal(path, |signal| Payload::from_json(signal, line)) {
        Ok(payload) => write(redactor, payload, clean),
        Err(DecodeError::TooDeep) => return Err(DecodeError::TooDeep),
        Err(_) => other(redactor, line, clean),
    }
    Ok(())
}

/// JSON that is not OTLP, as it stands.
fn other(redactor: &mut Redactor, json: &[u8], clean: &mut Clean) {
    let text = String::from_utf8_lossy(json.trim_ascii_end());
    let text = redactor.text(&text, clean);
    clean.lines.extend_from_slice(text.inner().as_bytes());
    clean.lines.push(b'\n');
}

fn write(redactor: &mut Redactor, payload: Payload, clean: &mut Clean) {
    redactor.payload(payload, clean).write_json(&mut clean.lines);
    clean.lines.push(b'\n');
}

fn is_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| b"{[".contains(first))
}

/// Reads a request of the signal the file's name tells, or else of the first that fits.
fn any_signal(
    path: &Path,
    read: impl Fn(Signal) -> Result<Payload, DecodeError>,
) -> Result<Payload, DecodeError> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let mut signals = Signal::ALL;
    signals.sort_by_key(|signal| !name.contains(signal.name()));
    let mut first_error = None;
    for signal in signals {
        match read(signal) {
            Ok(payload) => return Ok(payload),
            // Too deep is too deep in any signal; other errors may be those of the wrong one.
            Err(DecodeError::TooDeep) => return Err(DecodeError::TooDeep),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.unwrap_or(DecodeError::NothingUnderstood))
}
