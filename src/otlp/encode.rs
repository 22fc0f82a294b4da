//! Writing a payload: protobuf for upstreams, OTLP/JSON for files.

use super::Payload;

impl Payload {
    /// Bytes of [`Payload::to_protobuf`].
    #[must_use]
    pub fn protobuf_len(&self) -> usize {
        0
    }

    /// The request in protobuf. Two of them of one signal, one after the other, are one valid request
    /// with the records of both: batching is concatenation.
    #[must_use]
    pub fn to_protobuf(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Appends the request as OTLP/JSON on one line, without a newline: lowerCamelCase members, ids
    /// in hex, 64-bit integers as strings, `NaN` and infinities by name
    /// (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>).
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let _ = out;
    }
}
