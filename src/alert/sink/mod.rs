//! Where alerts are written: one file a kind of sink.

mod asim;
mod cef;
mod file;
mod http;
mod otlp;
mod sentinel;
mod syslog;
mod webhook;

pub use otlp::OtlpConfig;
pub use sentinel::SentinelConfig;
pub(crate) use syslog::is_name as is_syslog_name;
pub use syslog::{SyslogConfig, SyslogTransport};
pub use webhook::WebhookConfig;

use super::{Record, SinkConfig, SinkKind, StartError};
use crate::upstream::Failure;
use file::FileSink;
use otlp::Otlp;
use sentinel::Sentinel;
use std::future::Future;
use std::io;
use std::time::{Duration, SystemTime};
use syslog::Syslog;
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
    /// It has all of them but for so many, which it will never take, and nobody knows which.
    #[error("it rejected {0} of them")]
    Rejected(u64),
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
    #[error(
        "its certificate is not one we trust: name the file of the CA in ca_file, and look at the dates and the host"
    )]
    Certificate,
    #[error("it speaks no TLS, or none that we do")]
    Handshake,
}

/// An opened sink.
pub(super) enum AnySink {
    File(FileSink),
    Otlp(Otlp),
    Sentinel(Sentinel),
    Syslog(Syslog),
    Webhook(Webhook),
}

impl AnySink {
    /// Why there is no access token.
    pub(super) fn trouble(&self) -> Option<String> {
        match self {
            Self::Sentinel(sentinel) => sentinel.trouble(),
            Self::File(_) | Self::Otlp(_) | Self::Syslog(_) | Self::Webhook(_) => None,
        }
    }
}

impl Sink for AnySink {
    async fn write(&mut self, records: &[Record], now: SystemTime) -> Result<(), SinkError> {
        match self {
            Self::File(file) => file.write(records, now).await,
            Self::Otlp(otlp) => otlp.write(records, now).await,
            Self::Sentinel(sentinel) => sentinel.write(records, now).await,
            Self::Syslog(syslog) => syslog.write(records, now).await,
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
        SinkKind::Otlp(otlp) => Otlp::new(otlp).map(AnySink::Otlp).map_err(tls),
        SinkKind::Syslog(syslog) => Syslog::new(syslog).map(AnySink::Syslog).map_err(tls),
        SinkKind::Sentinel(sentinel) => Sentinel::new(sentinel).map(AnySink::Sentinel).map_err(tls),
        SinkKind::Webhook(webhook) => Webhook::new(webhook).map(AnySink::Webhook).map_err(tls),
    }
}

#[cfg(test)]
mod tests;
