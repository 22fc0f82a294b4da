//! Where alerts are written.

use super::{Record, SinkConfig, StartError};
use crate::lines::Lines;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

/// Something alerts can be written to.
pub(super) trait Sink: Send + 'static {
    /// The metric label.
    fn name(&self) -> &'static str;

    /// Writes all of these records. After an error all of them are written again, later. `now` is the
    /// time of writing.
    fn write(
        &mut self,
        records: &[Record],
        now: SystemTime,
    ) -> impl Future<Output = Result<(), SinkError>> + Send;
}

/// Why records were not written. Worth a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SinkError {
    #[error("cannot write alerts: {0}")]
    Write(io::ErrorKind),
}

/// Opens a configured sink.
pub(super) fn open(config: &SinkConfig) -> Result<FileSink, StartError> {
    let SinkConfig::File { path } = config;
    let path = path.clone();
    FileSink::open(path.clone()).map_err(|source| StartError::File { path, source })
}

/// JSON lines in a file only the owner can read.
pub(super) struct FileSink {
    path: PathBuf,
    /// Closed after an error, to be looked at again before the next line.
    lines: Option<Lines>,
}

impl FileSink {
    /// Opens the file, so that one that cannot be written is seen at the start. Blocks.
    fn open(path: PathBuf) -> io::Result<Self> {
        let lines = Some(Lines::open(&path)?);
        Ok(Self { path, lines })
    }

    /// As after an error.
    #[cfg(test)]
    pub(super) fn close(&mut self) {
        self.lines = None;
    }
}

impl Sink for FileSink {
    fn name(&self) -> &'static str {
        "file"
    }

    async fn write(&mut self, records: &[Record], now: SystemTime) -> Result<(), SinkError> {
        let mut text = Vec::new();
        records.iter().for_each(|record| record.write_json(now, &mut text));
        let (path, lines) = (self.path.clone(), self.lines.take());
        let written = tokio::task::spawn_blocking(move || {
            let mut lines = lines.map_or_else(|| Lines::open(&path), Ok)?;
            lines.append(&text)?;
            Ok(lines)
        });
        let written: io::Result<Lines> = written.await.unwrap_or_else(|error| Err(error.into()));
        self.lines = Some(written.map_err(|error| SinkError::Write(error.kind()))?);
        Ok(())
    }
}
