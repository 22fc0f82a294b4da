//! The one walk over a request: every place where a sender can put text.
//!
//! [`Payload::rewrite`] shows each content to a [`Visitor`] and does what it answers. There is no
//! other way to text in a payload, and no list of interesting keys: a field that the walk does not
//! visit is a leak, and `tests/canary.rs` fails on it.

use super::Payload;
use crate::path::Path;

/// One content, as it stands in the message.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    /// A string field, a string value, or a key.
    Text(&'a str),
    /// A bytes value. Often text.
    Bytes(&'a [u8]),
    /// An integer value: a card number may stand here.
    Int(i64),
    /// A floating point value: in JSON dialects without integers, a card number may stand here.
    Double(f64),
}

/// What becomes of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// It stays.
    Keep,
    /// This text stands there instead. A number becomes a string value, bytes stay bytes.
    Replace(String),
    /// The attribute it is in is taken out (a kvlist member, an array element); a field that is not
    /// in an attribute is emptied.
    DropAttribute,
    /// The record it is in is taken out; in a resource or scope, everything below it.
    DropRecord,
}

/// The attributes of one level, for reading.
#[derive(Clone, Copy)]
pub struct Attributes<'a>(pub(super) &'a [opentelemetry_proto::tonic::common::v1::KeyValue]);

/// The three levels that have attributes of their own, from the outside in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Who sends: one process.
    Resource,
    /// Which library of it.
    Scope,
    /// A span, a log record or a data point.
    Record,
}

/// What a level looks like before anything in it is rewritten.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Which level.
    pub level: Level,
    /// The name of a scope, span or metric, or the event name or string body of a log record. Empty for a resource.
    pub name: &'a str,
    /// The version of a scope; empty elsewhere.
    pub version: &'a str,
    /// Its attributes.
    pub attributes: Attributes<'a>,
    /// 16 bytes, or none.
    pub trace_id: &'a [u8],
    /// 8 bytes, or none.
    pub span_id: &'a [u8],
}

/// Sees a payload from the outside in: each level as it is entered, then every content in it.
pub trait Visitor {
    /// A level begins. What was seen of this level and those inside it before is over.
    fn enter(&mut self, view: View<'_>);
    /// What becomes of this content.
    fn content(&mut self, path: &Path<'_>, content: Content<'_>) -> Edit;
}

impl Payload {
    /// Walks every content of the payload, and does with each what the visitor says. An attribute's
    /// key is visited before its value, so that a key in a path is the key as it was left.
    pub fn rewrite(&mut self, visitor: &mut impl Visitor) {
        let _ = visitor;
    }

    /// Spans, log records or data points in it.
    #[must_use]
    pub fn records(&self) -> usize {
        0
    }

    /// Sets a string attribute on every resource, in place of one of that key.
    pub fn upsert_resource_attribute(&mut self, key: &str, value: &str) {
        let _ = (key, value);
    }
}

impl<'a> Attributes<'a> {
    /// The attributes by key with their scalar values as text: strings as they are, integers in
    /// decimal. Arrays, kvlists, bytes and the rest are passed over.
    pub fn scalars(self) -> impl Iterator<Item = (&'a str, std::borrow::Cow<'a, str>)> {
        self.0.iter().filter_map(|_| None)
    }

    /// All the keys.
    pub fn keys(self) -> impl Iterator<Item = &'a str> {
        self.0.iter().map(|kv| kv.key.as_str())
    }
}
