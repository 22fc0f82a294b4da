//! Texts in the attributes of one record that may be a call of a tool and its result: what the result is says the call
//! alone. They are shown together, before each of them is shown by itself; within one value the opener does the same.

use super::pieces::{Slot, apply, text};
use super::values::Kept;
use super::{Piece, Visitor};
use crate::path::{Path, Segment};
use opentelemetry_proto::tonic::common::v1::KeyValue;

/// Attributes of one list that are shown together.
const MOST: usize = 8;

/// Shows what may be of one call in a list of attributes, which stands at `path`.
pub(super) fn in_list<V: Visitor>(visitor: &mut V, path: &Path<'_>, list: &mut Vec<KeyValue>) -> Kept {
    let is_of_call =
        |attribute: &&KeyValue| visitor.may_be_of_call(&attribute.key) && text(attribute).is_some();
    if list.iter().filter(is_of_call).nth(1).is_none() {
        return Ok(());
    }
    let slots: Vec<Slot> = list
        .iter()
        .enumerate()
        .filter(|(_, attribute)| is_of_call(attribute))
        .map(|(at, _)| (0, at))
        .take(MOST)
        .collect();
    let attributes = || slots.iter().filter_map(|(_, at)| list.get(*at));
    let paths: Vec<_> = attributes().map(|attribute| path.then(Segment::Key(&attribute.key))).collect();
    let texts = attributes().filter_map(text);
    let pieces: Vec<_> = paths.iter().zip(texts).map(|(path, text)| Piece { path, text }).collect();
    let edits = visitor.call(path, &pieces);
    apply(&mut [list], slots.into_iter().zip(edits))
}
