//! OTLP messages: reading them, walking them, writing them. Knows nothing of rules.
//!
//! [`Payload`] is one decoded export request. The generated protobuf types stay private here: they
//! derive a `Debug` that prints everything a sender wrote.

mod any_value;
mod delta;
mod encode;
mod exponential;
mod json;
mod protobuf;
mod read;
#[cfg(test)]
mod samples;
mod split;
mod tree;
mod walk;

pub use delta::{Delta, Turned};
pub use read::{Event, Kind, Link, Log, Measured, Origin, Point, Record, Span, Status, Structured, Value};
pub use walk::{Attributes, Content, Edit, Level, Piece, View, Visitor};

use crate::limits;
use crate::signal::Signal;
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use std::fmt;

/// One decoded export request: everything a sender wrote, none of it printable.
pub struct Payload(Request);

enum Request {
    Traces(ExportTraceServiceRequest),
    Metrics(ExportMetricsServiceRequest),
    Logs(ExportLogsServiceRequest),
}

/// Why bytes are not an OTLP request. The client's fault, and not worth a retry. Says where, never what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not protobuf, or not of this message.
    #[error("the body is not a valid protobuf message of this signal")]
    Protobuf,
    /// Not JSON.
    #[error("the body is not valid JSON at byte {at}")]
    Json {
        /// Offset into the body.
        at: usize,
    },
    /// A member of a known name holds something of the wrong kind.
    #[error("{path}: {expected}")]
    Shape {
        /// Schema names and indexes only, e.g. `resourceSpans[0].scopeSpans[0].spans[3].traceId`.
        path: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// Values nested deeper than [`crate::limits::VALUE_DEPTH`].
    #[error("values are nested too deeply")]
    TooDeep,
    /// It is a request, but of another signal.
    #[error("this is a {found} request: send it to /v1/{found}")]
    OtherSignal {
        /// What it looks like.
        found: Signal,
    },
    /// There were members, and none of them is one of an export request.
    #[error("nothing in the body is a member of an OTLP export request")]
    NothingUnderstood,
}

/// What a decoder answers when a body is past its [`budget`].
const OVER_BUDGET: &str = "fewer elements for its size";

/// Bytes of messages in memory that a body of this length may become.
const fn budget(body: usize) -> usize {
    body.saturating_mul(limits::GROWTH).saturating_add(limits::GROWTH_FREE)
}

impl Payload {
    /// Reads `ExportXServiceRequest` in protobuf. An empty body is an empty request.
    ///
    /// # Errors
    /// [`DecodeError`], for bytes that are not such a message, or nested too deeply.
    pub fn from_protobuf(signal: Signal, bytes: &[u8]) -> Result<Self, DecodeError> {
        protobuf::decode(signal, bytes)
    }

    /// Reads OTLP/JSON, tolerantly: see [`json`].
    ///
    /// # Errors
    /// [`DecodeError`], with the place in the body.
    pub fn from_json(signal: Signal, bytes: &[u8]) -> Result<Self, DecodeError> {
        json::decode(signal, bytes)
    }

    /// The signal it carries.
    #[must_use]
    pub const fn signal(&self) -> Signal {
        match self.0 {
            Request::Traces(_) => Signal::Traces,
            Request::Metrics(_) => Signal::Metrics,
            Request::Logs(_) => Signal::Logs,
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({}, {} records)", self.signal(), self.records())
    }
}
