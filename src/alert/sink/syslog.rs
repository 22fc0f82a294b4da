//! Syslog: messages of RFC 5424 with a CEF event in each ([`cef`]), over TCP with octet counting (RFC 6587,
//! section 3.4.1) or over TLS (RFC 5425).
//!
//! **What is promised, and what is not.** Syslog acknowledges nothing. Each batch goes over a connection of its
//! own: it is written, our side is closed, and the receiver closes its own side when it has read to the end. Then
//! the batch counts as delivered: the receiver had every byte, and whether it kept them nobody can say. A receiver
//! that leaves the connection open for [`limits::SYSLOG_CLOSE`] without a fault counts as well, and then all
//! that is known is that the bytes were sent. A connection that is refused, breaks, or ends before its batch was
//! written whole is tried again, with a backoff, with all of the batch: what arrived of it before arrives twice.
//! The `externalId` of an event is the same then, as is every byte of its message.
//!
//! Severities: low is `notice` (5), medium `warning` (4), high `error` (3), critical `critical` (2).
//!
//! The message has no byte order mark: RFC 5424 lets it be any octets then, and receivers look for `CEF:`.
//! Structured data is empty, because an id of our own in it needs an enterprise number.
//!
//! Considered and not done: UDP (it loses without a word); one connection for all batches (what was written last
//! before it breaks would be lost); framing by newlines (a message may then be taken for two); client
//! certificates.

use super::cef;
use super::{Cause, Record, Sink, SinkError};
use crate::alert::json::rfc3339;
use crate::limits;
use crate::rule::Severity;
use crate::upstream::{Failure, NoTrustStore, tls};
use rustls::pki_types::ServerName;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyslogConfig {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How it gets there.
    pub transport: SyslogTransport,
    /// The facility of every message, 0 to 23.
    pub facility: u8,
    /// What the machine is called in every message; `None`: as it calls itself.
    pub hostname: Option<String>,
}

/// How messages get to a syslog receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyslogTransport {
    /// For all to read.
    Tcp,
    /// TLS 1.2 or 1.3, with a certificate for the host.
    Tls {
        /// The certificates that are trusted, in PEM; `None`: the machine's own trust store.
        ca_file: Option<PathBuf>,
    },
}

pub(in crate::alert) struct Syslog {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    facility: u8,
    hostname: Option<String>,
}

impl Syslog {
    /// Reads the trust store. Blocks.
    pub(super) fn new(config: &SyslogConfig) -> Result<Self, NoTrustStore> {
        let SyslogConfig { host, port, transport, facility, hostname } = config.clone();
        let tls = match transport {
            SyslogTransport::Tcp => None,
            SyslogTransport::Tls { ca_file } => {
                let client = TlsConnector::from(Arc::new(tls::client(ca_file.as_deref())?));
                Some((client, tls::server_name(&host)?))
            }
        };
        let own = || rustix::system::uname().nodename().to_string_lossy().into_owned();
        let hostname = Some(hostname.unwrap_or_else(own)).filter(|name| is_name(name));
        Ok(Self { host, port, tls, facility, hostname })
    }

    async fn deliver(&self, messages: &[u8]) -> Result<(), Cause> {
        let unreachable = |_| Cause::Failed(Failure::Unreachable);
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(unreachable)?;
        match &self.tls {
            None => send(tcp, messages, |stream| stream).await,
            Some((client, name)) => {
                let stream = client.connect(name.clone(), tcp).await.map_err(|error| handshake(&error))?;
                send(stream, messages, |stream| stream.get_ref().0).await
            }
        }
    }
}

impl Sink for Syslog {
    async fn write(&mut self, records: &[Record], _: SystemTime) -> Result<(), SinkError> {
        let mut messages = Vec::new();
        let host = self.hostname.as_deref();
        records.iter().for_each(|record| frame(record, self.facility, host, &mut messages));
        let delivered = timeout(limits::ALERT_TIMEOUT, self.deliver(&messages)).await;
        let delivered = delivered.unwrap_or(Err(Cause::Failed(Failure::TimedOut)));
        delivered.map_err(|cause| SinkError::Retry { cause, after: None })
    }
}

/// Appends the message of a record, with its length before it.
pub(super) fn frame(record: &Record, facility: u8, host: Option<&str>, out: &mut Vec<u8>) {
    let (severity, time) = match record {
        Record::Group(group) => (group.alert.severity, group.last_seen),
        Record::Dropped(dropped) => (dropped.why.severity(), dropped.last_seen),
        Record::Notice(notice) => (notice.what.severity(), notice.last_seen),
    };
    let priority = u16::from(facility) * 8 + u16::from(level(severity));
    let (time, event) = (rfc3339(time), cef::event(record, host));
    let message = format!("<{priority}>1 {time} {} blackbar - alert - {event}", host.unwrap_or("-"));
    out.extend_from_slice(format!("{} {message}", message.len()).as_bytes());
}

/// Writes all of it, and waits until the other side has read to the end.
async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    messages: &[u8],
    tcp: fn(&S) -> &TcpStream,
) -> Result<(), Cause> {
    let broken = |_: io::Error| Cause::Failed(Failure::Broken);
    stream.write_all(messages).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    stream.shutdown().await.map_err(broken)?;
    if let Ok(closed) = timeout(limits::SYSLOG_CLOSE, until_closed(&mut stream)).await {
        closed.map_err(broken)?;
        // Whoever closes before reading is told of what comes then, and resets the connection.
        sleep(limits::SYSLOG_RESET).await;
    }
    match tcp(&stream).take_error() {
        Ok(None) => Ok(()),
        Ok(Some(error)) | Err(error) => Err(broken(error)),
    }
}

/// A TLS receiver may leave out to say that it closes: rustls calls that an unexpected end.
async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut unwanted = [0; 512];
    loop {
        match stream.read(&mut unwanted).await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn handshake(error: &io::Error) -> Cause {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => Cause::Certificate,
        Some(_) => Cause::Handshake,
        None => Cause::Failed(Failure::Broken),
    }
}

/// What may stand for a machine: printable ASCII without spaces, of at most 255 bytes.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=255).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

const fn level(severity: Severity) -> u8 {
    match severity {
        Severity::Low => 5,
        Severity::Medium => 4,
        Severity::High => 3,
        Severity::Critical => 2,
    }
}
