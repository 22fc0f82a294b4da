//! A tolerant reader of OTLP/JSON, from bytes to messages in one pass without a tree.
//!
//! Bias: take what agents really send, and refuse loudly what would be lost quietly. Every byte that
//! leaves is encoded again from the messages, so what is passed over here is not forwarded, scanned or
//! not; being tolerant can lose data but cannot leak it. Hence:
//!
//! - `null` is absent. Members of unknown names are passed over; `snake_case` names are known.
//! - Of two members of one name the last wins; of a repeated field both are taken. Of several members
//!   of a oneof the last wins.
//! - Integers may be strings or numbers, `1e3` and `1.0` too; doubles numbers or strings; enums
//!   numbers or names. An `intValue` or `asInt` that is no 64-bit integer becomes a double: JavaScript
//!   sends 1e21 as one.
//! - Ids are hex in any case, empty, or base64 of the right length. Any other id is refused, for ids
//!   are the one content that is not scanned.
//! - A scalar where an `AnyValue` should be is taken for the value it looks like.
//! - What the lexer forgives is in [`lexer`].
//!
//! Refused: a request of another signal; a request without records that has members we do not know,
//! for its records are likely in them (as in OTLP before 0.15).
//!
//! Considered and not done: serde, whose derived readers of OTLP refuse `"arrayValue": {}`, lone
//! surrogates and duplicate members, and take snake_case for an empty request; a tree of values
//! first, which costs more than all the rest; `NaN` as a bare word, which no exporter writes.

mod common;
mod lexer;
mod logs;
mod metrics;
mod reader;
#[cfg(test)]
mod tests;
mod traces;

use super::tree::{self, OfResource, OfScope};
use super::{DecodeError, Payload, Request};
use crate::signal::Signal;
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
pub(super) use reader::Reader;

pub(super) type Read<T> = Result<T, DecodeError>;

/// What a signal has of its own.
pub(super) trait FromJson: Sized {
    /// Reads a record.
    fn from_json(reader: &mut Reader<'_>) -> Read<Self>;
}

pub(super) fn decode(signal: Signal, bytes: &[u8]) -> Result<Payload, DecodeError> {
    Ok(Payload(match signal {
        Signal::Traces => Request::Traces(ExportTraceServiceRequest { resource_spans: request(bytes)? }),
        Signal::Metrics => {
            Request::Metrics(ExportMetricsServiceRequest { resource_metrics: request(bytes)? })
        }
        Signal::Logs => Request::Logs(ExportLogsServiceRequest { resource_logs: request(bytes)? }),
    }))
}

fn request<R: OfResource>(bytes: &[u8]) -> Read<Vec<R>> {
    let mut reader = Reader::new(bytes);
    let mut resources = Vec::new();
    reader.object(|reader, name| match name {
        _ if name == R::NAME => reader.list(R::NAME, &mut resources, of_resource),
        _ => foreign(reader, name),
    })?;
    reader.end()?;
    if reader.met_strangers() && tree::count(&resources) == 0 {
        return Err(DecodeError::NothingUnderstood);
    }
    Ok(resources)
}

/// A member of the request that is not of this signal.
fn foreign(reader: &mut Reader<'_>, name: &str) -> Read<()> {
    let found = match name {
        "resourceSpans" => Signal::Traces,
        "resourceMetrics" => Signal::Metrics,
        "resourceLogs" => Signal::Logs,
        _ => return reader.stranger(),
    };
    Err(DecodeError::OtherSignal { found })
}

fn of_resource<R: OfResource>(reader: &mut Reader<'_>) -> Read<R> {
    let mut node = R::default();
    let (resource, scopes, schema_url) = node.parts_mut();
    reader.object(|reader, name| match name {
        "resource" => reader.some("resource", resource, common::resource),
        "schemaUrl" => reader.field("schemaUrl", schema_url, Reader::text),
        _ if name == R::Scoped::NAME => reader.list(R::Scoped::NAME, scopes, of_scope),
        _ => reader.stranger(),
    })?;
    Ok(node)
}

fn of_scope<S: OfScope>(reader: &mut Reader<'_>) -> Read<S> {
    let mut node = S::default();
    let (scope, records, schema_url) = node.parts_mut();
    reader.object(|reader, name| match name {
        "scope" => reader.some("scope", scope, common::scope),
        "schemaUrl" => reader.field("schemaUrl", schema_url, Reader::text),
        _ if name == S::RECORDS => reader.list(S::RECORDS, records, FromJson::from_json),
        _ => reader.stranger(),
    })?;
    Ok(node)
}
