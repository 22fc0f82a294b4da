//! Texts in the attributes of one record that may be a call of a tool and its result: what the result is says the call
//! alone. They are shown together, before each of them is shown by itself; within one value the opener does the same.
//!
//! Those with numbers in their keys (`llm.input_messages.3.message.content`) are a conversation of their own.

use super::pieces::{Slot, apply, text};
use super::values::Kept;
use super::{Piece, Visitor};
use crate::numbered;
use crate::path::{Path, Segment};
use opentelemetry_proto::tonic::common::v1::KeyValue;

/// Attributes of one list that are shown together: of one call, and of a conversation.
const MOST: usize = 8;
const MOST_NUMBERED: usize = 512;

/// Shows what may be of one call in a list of attributes, which stands at `path`.
pub(super) fn in_list<V: Visitor>(visitor: &mut V, path: &Path<'_>, list: &mut Vec<KeyValue>) -> Kept {
    let is_numbered = |attribute: &KeyValue| numbered::is_numbered(&attribute.key);
    together(visitor, path, list, MOST, |attribute| !is_numbered(attribute))?;
    together(visitor, path, list, MOST_NUMBERED, is_numbered)
}

/// Shows those that are meant together.
fn together<V: Visitor>(
    visitor: &mut V,
    path: &Path<'_>,
    list: &mut Vec<KeyValue>,
    most: usize,
    is_meant: impl Fn(&KeyValue) -> bool,
) -> Kept {
    let is_of_call = |attribute: &KeyValue| {
        is_meant(attribute) && visitor.may_be_of_call(&attribute.key) && text(attribute).is_some()
    };
    if list.iter().filter(|attribute| is_of_call(attribute)).nth(1).is_none() {
        return Ok(());
    }
    let some = list.iter().enumerate().filter(|(_, attribute)| is_of_call(attribute));
    let slots: Vec<Slot> = some.map(|(at, _)| (0, at)).take(most).collect();
    let attributes = || slots.iter().filter_map(|(_, at)| list.get(*at));
    let paths: Vec<_> = attributes().map(|attribute| path.then(Segment::Key(&attribute.key))).collect();
    let texts = attributes().filter_map(text);
    let pieces: Vec<_> = paths.iter().zip(texts).map(|(path, text)| Piece { path, text }).collect();
    let edits = visitor.call(path, &pieces);
    apply(&mut [list], slots.into_iter().zip(edits))
}
