//! Writing a payload: protobuf for upstreams, OTLP/JSON for files.
//!
//! Protobuf is prost's. JSON is written straight into the buffer, each message by one function over
//! [`json::Object`]: proto3's JSON with OTLP's three exceptions (ids in hex, enums as numbers,
//! lowerCamelCase only). What a decoder would fill in by itself is left out, but for members of a
//! oneof, which say which of them it is.
//!
//! Considered and not done: the derived serde writers, which lose `NaN` and go through a value tree
//! for what we write in one pass.

mod common;
mod json;
mod logs;
mod metrics;
mod plain;
mod traces;

pub(super) use json::ToJson;
pub(super) use plain::{entities_json, point_json, write_plain};

use super::tree::{OfResource, OfScope, with_resources};
use super::{Payload, Request};
use json::Object;
use prost::Message;

impl Payload {
    /// Bytes of [`Payload::to_protobuf`].
    #[must_use]
    pub fn protobuf_len(&self) -> usize {
        match &self.0 {
            Request::Traces(request) => request.encoded_len(),
            Request::Metrics(request) => request.encoded_len(),
            Request::Logs(request) => request.encoded_len(),
        }
    }

    /// The request in protobuf. Two of them of one signal, one after the other, are one valid request
    /// with the records of both: batching is concatenation.
    #[must_use]
    pub fn to_protobuf(&self) -> Vec<u8> {
        match &self.0 {
            Request::Traces(request) => request.encode_to_vec(),
            Request::Metrics(request) => request.encode_to_vec(),
            Request::Logs(request) => request.encode_to_vec(),
        }
    }

    /// Appends the request as OTLP/JSON on one line, without a newline: lowerCamelCase members, ids
    /// in hex, 64-bit integers as strings, `NaN` and infinities by name
    /// (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let mut request = Object::open(out);
        with_resources!(&self.0, resources => write_resources(&mut request, resources));
        request.close();
    }
}

fn write_resources<R: OfResource>(request: &mut Object<'_>, resources: &[R]) {
    request.list(R::NAME, resources, |out, node| {
        let (resource, scopes, schema_url) = node.parts();
        out.message("resource", resource, common::resource);
        out.list(R::Scoped::NAME, scopes, of_scope);
        out.text("schemaUrl", schema_url);
    });
}

fn of_scope<S: OfScope>(out: &mut Object<'_>, node: &S) {
    let (scope, records, schema_url) = node.parts();
    out.message("scope", scope, common::scope);
    out.list(S::RECORDS, records, |out, record| record.to_json(out));
    out.text("schemaUrl", schema_url);
}

#[cfg(test)]
#[path = "encode/tests.rs"]
mod tests;
