//! Applying decisions, and the type that says it was done.

use crate::otlp::Payload;
use crate::signal::Signal;
use bytes::{Bytes, BytesMut};

/// Something with every finding in it decided on and applied. Only this module makes one out of
/// what was received; the queue takes nothing else.
#[derive(Clone)]
pub struct Redacted<T>(T);

impl Redacted<Payload> {
    /// Sets a resource attribute that the operator configured: the one thing that is added after
    /// redaction, and not a sender's text.
    pub fn upsert_resource_attribute(&mut self, key: &str, value: &str) {
        self.0.upsert_resource_attribute(key, value);
    }

    /// The request in protobuf.
    #[must_use]
    pub fn to_protobuf(&self) -> Redacted<Bytes> {
        Redacted(Bytes::from(self.0.to_protobuf()))
    }

    /// Appends the request as OTLP/JSON on one line.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        self.0.write_json(out);
    }

    /// Spans, log records or data points in it.
    #[must_use]
    pub fn records(&self) -> usize {
        self.0.records()
    }

    /// The signal it carries.
    #[must_use]
    pub const fn signal(&self) -> Signal {
        self.0.signal()
    }
}

impl Redacted<Bytes> {
    /// The bytes, for writing them out.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// Several requests of one signal as one: protobuf messages concatenate.
    #[must_use]
    pub fn concat(parts: &[Self]) -> Self {
        if let [one] = parts {
            return one.clone();
        }
        let mut all = BytesMut::with_capacity(parts.iter().map(|part| part.0.len()).sum());
        for part in parts {
            all.extend_from_slice(&part.0);
        }
        Self(all.freeze())
    }

    /// Reads a request back.
    ///
    /// # Errors
    /// If the bytes are not a request of this signal: they were not made by
    /// [`Redacted::<Payload>::to_protobuf`] of one.
    pub fn decode(&self, signal: Signal) -> Result<Redacted<Payload>, crate::otlp::DecodeError> {
        Payload::from_protobuf(signal, &self.0).map(Redacted)
    }
}

/// For the tests of what stands after redaction: makes a `Redacted` of anything.
#[cfg(test)]
pub(crate) fn pretend<T>(value: T) -> Redacted<T> {
    Redacted(value)
}
