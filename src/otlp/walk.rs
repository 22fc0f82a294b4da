//! The one walk over a request: every place where a sender can put text.
//!
//! [`Payload::rewrite`] shows each content to a [`Visitor`] and does what it answers. There is no
//! other way to text in a payload, and no list of interesting keys: a field that the walk does not
//! visit is a leak, and `tests/canary.rs` fails on it.
//!
//! Two things are not shown. Empty strings and bytes, which hold nothing. And the ids, the one bytes
//! fields that are not text: decoding holds them to 16 and 8 bytes instead. Booleans, times, counts
//! and the numbers a metric measures are not content either.
//!
//! Nothing is allocated unless something is replaced, or texts may belong together. The walk recurses only over values,
//! as deep as decoding let them be.

mod call;
mod logs;
mod metrics;
mod pieces;
mod structured;
mod traces;
mod values;

pub(super) use metrics::{halve_points, points};

use super::tree::{OfResource, OfScope, with_resources};
use super::{Payload, tree};
use crate::path::{Path, Segment};
use crate::tree::Tree;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, EntityRef, InstrumentationScope, KeyValue, any_value::Value,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use std::borrow::Cow;
use values::{Kept, attributes, each, field, text};

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

/// What becomes of a content; of a [`Tree`], what becomes of all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit<T = Vec<u8>> {
    /// It stays.
    Keep,
    /// This stands there instead: text for a text or a number, which becomes a string value; bytes stay
    /// bytes. A tree has as many keys and leaves as the one that was shown, or is a single text and makes
    /// it a string value.
    Replace(T),
    /// The attribute it is in is taken out, whole, however deep in its value the content stands. A field
    /// that is not in an attribute is emptied, and so is a body.
    DropAttribute,
    /// The record it is in is taken out, and nothing more of it is shown. In a field of a metric, the
    /// whole metric; in a resource or scope, that resource or scope with everything below it.
    DropRecord,
}

/// One of several texts that may be pieces of one, or of one call.
#[derive(Clone, Copy)]
pub struct Piece<'a> {
    /// Where it stands.
    pub path: &'a Path<'a>,
    /// What stands there.
    pub text: &'a str,
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
    /// Whether it is to be shown what may be pieces of one text.
    fn joins(&self) -> bool {
        false
    }
    /// What becomes of texts that stand in several attributes and may be pieces of one: for each of them, or for none
    /// if all stay. Each is shown by itself as well, as it is after that.
    fn pieces(&mut self, pieces: &[Piece<'_>]) -> Vec<Edit> {
        let _ = pieces;
        Vec::new()
    }
    /// Whether the attribute of this key may hold a call of a tool, or the result of one.
    fn may_be_of_call(&self, key: &str) -> bool {
        let _ = key;
        false
    }
    /// What becomes of texts in attributes of one list that may be a call of a tool and its result: for each of them, or
    /// for none if all stay. Each is shown by itself as well, as it is after that.
    fn call(&mut self, list: &Path<'_>, texts: &[Piece<'_>]) -> Vec<Edit> {
        let _ = (list, texts);
        Vec::new()
    }
    /// What becomes of this content.
    fn content(&mut self, path: &Path<'_>, content: Content<'_>) -> Edit;
    /// What becomes of this array or kvlist, which is shown as one: what its leaves say may only be told
    /// by those beside them.
    fn tree(&mut self, path: &Path<'_>, tree: &Tree) -> Edit<Tree>;
}

impl Payload {
    /// Walks every content of the payload, and does with each what the visitor says. An attribute's
    /// key is visited before its value, so that a key in a path is the key as it was left.
    pub fn rewrite(&mut self, visitor: &mut impl Visitor) {
        with_resources!(&mut self.0, resources => {
            resources.retain_mut(|resource| rewrite_resource(visitor, resource).is_ok());
        });
    }

    /// Spans, log records or data points in it.
    #[must_use]
    pub fn records(&self) -> usize {
        with_resources!(&self.0, resources => tree::count(resources))
    }

    /// Sets a string attribute on every resource, in place of all of that key.
    pub fn upsert_resource_attribute(&mut self, key: &str, value: &str) {
        with_resources!(&mut self.0, resources => {
            for resource in resources {
                upsert(&mut resource.parts_mut().0.get_or_insert_default().attributes, key, value);
            }
        });
    }
}

/// What a signal has of its own.
pub(super) trait Rewrite {
    /// Enters the record, then visits every content of it.
    fn rewrite<V: Visitor>(&mut self, visitor: &mut V) -> Kept;
}

fn rewrite_resource<V: Visitor, R: OfResource>(visitor: &mut V, node: &mut R) -> Kept {
    let (resource, scopes, schema_url) = node.parts_mut();
    visitor.enter(View {
        level: Level::Resource,
        attributes: Attributes(resource.as_ref().map_or(&[], |resource| &resource.attributes)),
        ..View::NOTHING
    });
    let path = Path::root("resource");
    field(visitor, &path, "schema_url", schema_url)?;
    if let Some(Resource { attributes: list, entity_refs, .. }) = resource {
        attributes(visitor, &path, "attributes", list)?;
        let entities = path.then(Segment::Field("entity_refs"));
        each(entity_refs, &entities, |path, entity| rewrite_entity(visitor, path, entity))?;
    }
    scopes.retain_mut(|scope| rewrite_scope(visitor, scope).is_ok());
    Ok(())
}

/// An entity names attributes of its resource by their keys: a key that is rewritten there is
/// rewritten here, for the same text is the same content.
fn rewrite_entity<V: Visitor>(visitor: &mut V, path: &Path<'_>, entity: &mut EntityRef) -> Kept {
    field(visitor, path, "schema_url", &mut entity.schema_url)?;
    field(visitor, path, "type", &mut entity.r#type)?;
    let ids = path.then(Segment::Field("id_keys"));
    each(&mut entity.id_keys, &ids, |path, key| text(visitor, path, key))?;
    let descriptions = path.then(Segment::Field("description_keys"));
    each(&mut entity.description_keys, &descriptions, |path, key| text(visitor, path, key))
}

fn rewrite_scope<V: Visitor, S: OfScope>(visitor: &mut V, node: &mut S) -> Kept {
    let (scope, records, schema_url) = node.parts_mut();
    visitor.enter(scope.as_ref().map_or(View { level: Level::Scope, ..View::NOTHING }, scope_view));
    let path = Path::root("scope");
    field(visitor, &path, "schema_url", schema_url)?;
    if let Some(scope) = scope {
        field(visitor, &path, "name", &mut scope.name)?;
        field(visitor, &path, "version", &mut scope.version)?;
        attributes(visitor, &path, "attributes", &mut scope.attributes)?;
    }
    records.retain_mut(|record| record.rewrite(visitor).is_ok());
    Ok(())
}

fn scope_view(scope: &InstrumentationScope) -> View<'_> {
    View {
        level: Level::Scope,
        name: &scope.name,
        version: &scope.version,
        attributes: Attributes(&scope.attributes),
        ..View::NOTHING
    }
}

fn upsert(attributes: &mut Vec<KeyValue>, key: &str, value: &str) {
    attributes.retain(|kv| kv.key != key);
    let value = AnyValue { value: Some(Value::StringValue(value.to_owned())) };
    attributes.push(KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() });
}

impl View<'_> {
    const NOTHING: Self = Self {
        level: Level::Resource,
        name: "",
        version: "",
        attributes: Attributes(&[]),
        trace_id: &[],
        span_id: &[],
    };
}

impl<'a> Attributes<'a> {
    /// The attributes by key with their scalar values as text: strings as they are, integers in
    /// decimal. Arrays, kvlists, bytes and the rest are passed over.
    pub fn scalars(self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        self.0.iter().filter_map(|kv| {
            let value = match kv.value.as_ref()?.value.as_ref()? {
                Value::StringValue(text) => Cow::Borrowed(text.as_str()),
                Value::IntValue(int) => Cow::Owned(int.to_string()),
                _ => return None,
            };
            Some((kv.key.as_str(), value))
        })
    }

    /// All the keys.
    pub fn keys(self) -> impl Iterator<Item = &'a str> {
        self.0.iter().map(|kv| kv.key.as_str())
    }
}

#[cfg(test)]
#[path = "walk/tests.rs"]
mod tests;
