//! Where alerts are written: one file a kind of sink.

mod file;

pub(super) use file::FileSink;

use super::{Record, SinkConfig, SinkKind, StartError};
use std::future::Future;
use std::io;
use std::time::{Duration, SystemTime};

/// Something alerts can be written to.
pub(super) trait Sink: Send + 'static {
    /// Writes all of these records. `now` is the time of writing.
    fn write(
        &mut self,
        records: &[Record],
        now: SystemTime,
    ) -> impl Future<Output = Result<(), SinkError>> + Send;
}

/// Why records were not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SinkError {
    /// All of them again, later; not before `after`, if the other side said so.
    #[error("{cause}")]
    Retry { cause: Cause, after: Option<Duration> },
    /// It may work in smaller pieces.
    #[error("one record is too large for it")]
    TooLarge,
    /// It will never work.
    #[error("{0}")]
    Refused(Cause),
}

/// What went wrong. Never a URL, nor anything of an answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Cause {
    #[error("cannot write alerts: {0}")]
    Write(io::ErrorKind),
}

/// An opened sink.
pub(super) enum AnySink {
    File(FileSink),
}

impl Sink for AnySink {
    async fn write(&mut self, records: &[Record], now: SystemTime) -> Result<(), SinkError> {
        match self {
            Self::File(file) => file.write(records, now).await,
        }
    }
}

/// Opens a configured sink.
pub(super) fn open(config: &SinkConfig) -> Result<AnySink, StartError> {
    match &config.kind {
        SinkKind::File { path } => {
            let path = path.clone();
            let file = FileSink::open(path.clone()).map_err(|source| StartError::File { path, source })?;
            Ok(AnySink::File(file))
        }
    }
}
