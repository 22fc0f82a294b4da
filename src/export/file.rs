//! OTLP/JSON lines in a file: one request a line, as the collector's file exporter writes them. A line is on
//! the disk when its request counts as delivered: the queue lets go of it then.
//!
//! A request that cannot be written whole is written again, after whatever is left of the first try was
//! ended with a newline: a reader may see a torn line and a line twice, and never misses one.

use super::runner::{Cause, Export, Reason, Request, Sent};
use crate::lines::Lines;
use crate::redact::Redacted;
use crate::signal::Signal;
use bytes::Bytes;
use std::io;
use std::path::{Path, PathBuf};

/// The file of one signal.
pub(super) struct FileExporter {
    path: PathBuf,
    /// Closed after an error, to be looked at again before the next line.
    lines: Option<Lines>,
}

impl FileExporter {
    /// Opens the file, so that one that cannot be written is seen at the start. Blocks.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let lines = Some(Lines::open(&path)?);
        Ok(Self { path, lines })
    }
}

impl Export for FileExporter {
    async fn send(&mut self, request: &Request) -> Sent {
        let (path, lines) = (self.path.clone(), self.lines.take());
        let (signal, redacted) = (request.signal, request.redacted.clone());
        let written = tokio::task::spawn_blocking(move || write(&path, lines, signal, &redacted)).await;
        match written {
            Ok(Ok(lines)) => {
                self.lines = Some(lines);
                Sent::Done { rejected: 0 }
            }
            Ok(Err(sent)) => sent,
            // A panic: the same bytes would bring it again.
            Err(_) => Sent::Drop(Reason::Undecodable),
        }
    }
}

fn write(
    path: &Path,
    lines: Option<Lines>,
    signal: Signal,
    redacted: &Redacted<Bytes>,
) -> Result<Lines, Sent> {
    let payload = redacted.decode(signal).map_err(|_| Sent::Drop(Reason::Undecodable))?;
    let mut line = Vec::with_capacity(2 * redacted.bytes().len());
    payload.write_json(&mut line);
    line.push(b'\n');
    append(path, lines, &line).map_err(|error| Sent::Retry { cause: Cause::Write(error.kind()), after: None })
}

fn append(path: &Path, lines: Option<Lines>, line: &[u8]) -> io::Result<Lines> {
    let mut lines = lines.map_or_else(|| Lines::open(path), Ok)?;
    lines.append(line)?;
    lines.sync()?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::redact::pretend;
    use std::fs;

    fn request(bytes: &'static [u8]) -> Request {
        Request { signal: Signal::Logs, redacted: pretend(Bytes::from_static(bytes)) }
    }

    #[tokio::test]
    async fn what_cannot_be_decoded_is_dropped_and_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logs.jsonl");
        let mut exporter = FileExporter::open(path.clone()).unwrap();
        let sent = exporter.send(&request(b"\xff\xff\xff")).await;
        assert_eq!(sent, Sent::Drop(Reason::Undecodable));
        assert_eq!(fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn a_file_that_went_away_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out/logs.jsonl");
        let lines = append(&path, None, b"{}\n").unwrap();
        append(&path, Some(lines), b"{}\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"{}\n{}\n");
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        append(&path, None, b"{}\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"{}\n");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error_and_not_a_loss() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(append(&dir.path().join("file/logs.jsonl"), None, b"{}\n").is_err());
        assert!(FileExporter::open(dir.path().join("file/logs.jsonl")).is_err());
    }
}
