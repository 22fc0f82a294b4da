//! Where alerts are written: one file a kind of sink.

mod asim;
mod file;
mod http;
mod sentinel;
mod webhook;

pub use sentinel::SentinelConfig;
pub use webhook::WebhookConfig;

use super::{Record, SinkConfig, SinkKind, StartError};
use crate::upstream::Failure;
use file::FileSink;
use sentinel::Sentinel;
use std::future::Future;
use std::io;
use std::time::{Duration, SystemTime};
use webhook::Webhook;

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
    #[error(transparent)]
    Failed(Failure),
    #[error("there is no access token")]
    NoToken,
    #[error("status 403: may this identity write there? A new role takes up to half an hour")]
    Forbidden,
    #[error("status {0}")]
    Status(u16),
}

/// An opened sink.
pub(super) enum AnySink {
    File(FileSink),
    Sentinel(Sentinel),
    Webhook(Webhook),
}

impl AnySink {
    /// Why there is no access token.
    pub(super) fn trouble(&self) -> Option<String> {
        match self {
            Self::Sentinel(sentinel) => sentinel.trouble(),
            Self::File(_) | Self::Webhook(_) => None,
        }
    }
}

impl Sink for AnySink {
    async fn write(&mut self, records: &[Record], now: SystemTime) -> Result<(), SinkError> {
        match self {
            Self::File(file) => file.write(records, now).await,
            Self::Sentinel(sentinel) => sentinel.write(records, now).await,
            Self::Webhook(webhook) => webhook.write(records, now).await,
        }
    }
}

/// Opens a configured sink.
pub(super) fn open(config: &SinkConfig) -> Result<AnySink, StartError> {
    let tls = |source| StartError::Tls { name: config.name.clone(), source };
    match &config.kind {
        SinkKind::File { path } => {
            let path = path.clone();
            let file = FileSink::open(path.clone()).map_err(|source| StartError::File { path, source })?;
            Ok(AnySink::File(file))
        }
        SinkKind::Sentinel(sentinel) => Sentinel::new(sentinel).map(AnySink::Sentinel).map_err(tls),
        SinkKind::Webhook(webhook) => Webhook::new(webhook).map(AnySink::Webhook).map_err(tls),
    }
}
