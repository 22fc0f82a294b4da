//! Contents, values and attributes: what all records are made of.
//!
//! Every function answers `Ok`, or what has to go; whoever holds the list that it is in takes it out.

use super::{Content, Edit, Visitor, call, pieces, structured};
use crate::path::{Path, Segment};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};

/// What a visitor wants taken out around a content.
pub(in crate::otlp) enum Gone {
    /// The attribute it is in, whole: what is left of a list or map without one of its members says
    /// something else.
    Attribute,
    /// The record.
    Record,
}

pub(in crate::otlp) type Kept = Result<(), Gone>;

/// A string. An empty one holds nothing and is not shown.
pub(super) fn text<V: Visitor>(visitor: &mut V, path: &Path<'_>, text: &mut String) -> Kept {
    if text.is_empty() {
        return Ok(());
    }
    let edit = visitor.content(path, Content::Text(text));
    apply(edit, |new| *text = string(new))
}

/// A string that is a field of the schema below `at`: with no attribute around it, it is emptied.
pub(super) fn field<V: Visitor>(
    visitor: &mut V,
    at: &Path<'_>,
    name: &'static str,
    content: &mut String,
) -> Kept {
    emptied(text(visitor, &at.then(Segment::Field(name)), content), || content.clear())
}

/// Empties what has no attribute around it to be taken out.
pub(super) fn emptied(kept: Kept, clear: impl FnOnce()) -> Kept {
    if let Err(Gone::Attribute) = kept {
        clear();
        return Ok(());
    }
    kept
}

/// The field `name` below `at`, a list of attributes.
pub(super) fn attributes<V: Visitor>(
    visitor: &mut V,
    at: &Path<'_>,
    name: &'static str,
    list: &mut Vec<KeyValue>,
) -> Kept {
    let path = at.then(Segment::Field(name));
    pieces::in_list(visitor, &path, list)?;
    call::in_list(visitor, &path, list)?;
    retain(list, |attribute| member(visitor, &path, attribute))
}

fn member<V: Visitor>(visitor: &mut V, path: &Path<'_>, member: &mut KeyValue) -> Kept {
    text(visitor, &path.then(Segment::KeyItself), &mut member.key)?;
    match &mut member.value {
        Some(inner) => value(visitor, &path.then(Segment::Key(&member.key)), &mut inner.value),
        None => Ok(()),
    }
}

/// A value of any shape. As deep as decoding let it be: see [`crate::limits::VALUE_DEPTH`].
pub(super) fn value<V: Visitor>(visitor: &mut V, path: &Path<'_>, slot: &mut Option<Value>) -> Kept {
    match slot {
        Some(Value::StringValue(string)) => text(visitor, path, string),
        Some(Value::BytesValue(bytes)) => {
            if bytes.is_empty() {
                return Ok(());
            }
            let edit = visitor.content(path, Content::Bytes(bytes));
            apply(edit, |new| *bytes = new)
        }
        Some(Value::IntValue(int)) => {
            let edit = visitor.content(path, Content::Int(*int));
            apply(edit, |new| *slot = Some(Value::StringValue(string(new))))
        }
        Some(Value::DoubleValue(double)) => {
            let edit = visitor.content(path, Content::Double(*double));
            apply(edit, |new| *slot = Some(Value::StringValue(string(new))))
        }
        Some(Value::ArrayValue(_) | Value::KvlistValue(_)) => {
            let tree = structured::flatten(slot);
            if tree.leaves().all(<[u8]>::is_empty) {
                return Ok(());
            }
            apply(visitor.tree(path, &tree), |new| structured::replace(slot, &new))
        }
        Some(Value::BoolValue(_) | Value::StringValueStrindex(_)) | None => Ok(()),
    }
}

/// The elements of a list that stands at `path`, each with the index it was sent at.
pub(super) fn each<T>(
    list: &mut Vec<T>,
    path: &Path<'_>,
    mut visit: impl FnMut(&Path<'_>, &mut T) -> Kept,
) -> Kept {
    let mut index = 0;
    retain(list, |item| {
        let kept = visit(&path.then(Segment::Index(index)), item);
        index += 1;
        kept
    })
}

/// Takes out the elements of which the attribute goes; stops at the first of which the record goes.
fn retain<T>(list: &mut Vec<T>, mut visit: impl FnMut(&mut T) -> Kept) -> Kept {
    let mut whole = Ok(());
    list.retain_mut(|item| {
        if whole.is_err() {
            return true;
        }
        match visit(item) {
            Ok(()) => true,
            Err(Gone::Attribute) => false,
            Err(Gone::Record) => {
                whole = Err(Gone::Record);
                true
            }
        }
    });
    whole
}

/// Text stays text when it is replaced by text; anything else would be a mistake of ours, and is made
/// text.
pub(super) fn string(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned())
}

fn apply<T>(edit: Edit<T>, replace: impl FnOnce(T)) -> Kept {
    match edit {
        Edit::Keep => Ok(()),
        Edit::Replace(new) => {
            replace(new);
            Ok(())
        }
        Edit::DropAttribute => Err(Gone::Attribute),
        Edit::DropRecord => Err(Gone::Record),
    }
}
