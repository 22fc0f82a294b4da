//! JSON lines in a file only the owner can read.

use super::{Cause, Record, Sink, SinkError};
use crate::lines::Lines;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

pub(in crate::alert) struct FileSink {
    path: PathBuf,
    /// Closed after an error, to be looked at again before the next line.
    lines: Option<Lines>,
}

impl FileSink {
    /// Opens the file, so that one that cannot be written is seen at the start. Blocks.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let lines = Some(Lines::open(&path)?);
        Ok(Self { path, lines })
    }
}

impl Sink for FileSink {
    async fn write(&mut self, records: &[Record], now: SystemTime) -> Result<(), SinkError> {
        let mut text = Vec::new();
        records.iter().for_each(|record| record.write_json(now, &mut text));
        let (path, lines) = (self.path.clone(), self.lines.take());
        let written = tokio::task::spawn_blocking(move || {
            let mut lines = lines.map_or_else(|| Lines::open(&path), Ok)?;
            lines.append(&text)?;
            lines.sync()?;
            Ok(lines)
        });
        let written: io::Result<Lines> = written.await.unwrap_or_else(|error| Err(error.into()));
        let retry = |error: io::Error| SinkError::Retry { cause: Cause::Write(error.kind()), after: None };
        self.lines = Some(written.map_err(retry)?);
        Ok(())
    }
}
