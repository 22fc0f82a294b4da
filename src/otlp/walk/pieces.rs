//! Texts of one record that may be pieces of one: what a model streams, chunk by chunk, into attributes that differ in a
//! number alone (`chunk.0`, `chunk.1`) or into the same attribute of one event after another. They are shown together,
//! before each of them is shown by itself; within one value the opener does the same for its leaves.

use super::values::{Gone, Kept, string};
use super::{Edit, Piece, Visitor};
use crate::numbered;
use crate::path::{Path, Segment};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::span::Event;
use std::collections::{BTreeMap, BTreeSet};

/// Where a text stands: the number of its list, and of its attribute there.
pub(super) type Slot = (usize, usize);

/// Shows what may be pieces in one list of attributes, which stands at `path`.
pub(super) fn in_list<V: Visitor>(visitor: &mut V, path: &Path<'_>, list: &mut Vec<KeyValue>) -> Kept {
    let is_numbered = |attribute: &&KeyValue| numbered::is_numbered(&attribute.key);
    if !visitor.joins() || list.iter().filter(is_numbered).nth(1).is_none() {
        return Ok(());
    }
    in_lists(visitor, &[*path], &mut [list])
}

/// Shows what may be pieces in the attributes of events, which stand at `path`.
pub(super) fn in_events<V: Visitor>(visitor: &mut V, path: &Path<'_>, events: &mut [Event]) -> Kept {
    if !visitor.joins() || events.len() < 2 {
        return Ok(());
    }
    let each: Vec<_> = (0..events.len()).map(|index| path.then(Segment::Index(index))).collect();
    let paths: Vec<_> = each.iter().map(|event| event.then(Segment::Field("attributes"))).collect();
    let mut lists: Vec<_> = events.iter_mut().map(|event| &mut event.attributes).collect();
    in_lists(visitor, &paths, &mut lists)
}

fn in_lists<V: Visitor>(visitor: &mut V, paths: &[Path<'_>], lists: &mut [&mut Vec<KeyValue>]) -> Kept {
    let mut edits = Vec::new();
    for slots in siblings(lists) {
        let attribute = |&(list, at): &Slot| Some((paths.get(list)?, lists.get(list)?.get(at)?));
        let paths: Vec<_> = slots
            .iter()
            .filter_map(attribute)
            .map(|(path, attribute)| path.then(Segment::Key(&attribute.key)))
            .collect();
        let texts = slots.iter().filter_map(attribute).filter_map(|(_, attribute)| text(attribute));
        let pieces: Vec<_> = paths.iter().zip(texts).map(|(path, text)| Piece { path, text }).collect();
        edits.extend(slots.iter().copied().zip(visitor.pieces(&pieces)));
    }
    apply(lists, edits)
}

/// Does with texts in lists what is to become of them.
pub(super) fn apply(lists: &mut [&mut Vec<KeyValue>], edits: impl IntoIterator<Item = (Slot, Edit)>) -> Kept {
    let mut dropped: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for ((number, at), edit) in edits {
        match edit {
            Edit::Keep => {}
            Edit::Replace(new) => replace(lists.get_mut(number).and_then(|list| list.get_mut(at)), new),
            Edit::DropAttribute => {
                dropped.entry(number).or_default().insert(at);
            }
            Edit::DropRecord => return Err(Gone::Record),
        }
    }
    for (number, dropped) in dropped {
        let Some(list) = lists.get_mut(number) else { continue };
        let kept = std::mem::take(*list).into_iter().enumerate().filter(|(at, _)| !dropped.contains(at));
        **list = kept.map(|(_, attribute)| attribute).collect();
    }
    Ok(())
}

fn replace(attribute: Option<&mut KeyValue>, new: Vec<u8>) {
    let value = attribute.and_then(|attribute| attribute.value.as_mut()?.value.as_mut());
    if let Some(Value::StringValue(text)) = value {
        *text = string(new);
    }
}

/// Texts whose keys are the same but for numbers, several of each: in the order of those, each number being the next, or
/// in that of the lists.
fn siblings(lists: &[&mut Vec<KeyValue>]) -> Vec<Vec<Slot>> {
    let mut by_name: BTreeMap<Vec<u8>, Vec<Sibling>> = BTreeMap::new();
    for (number, list) in lists.iter().enumerate() {
        for (at, attribute) in list.iter().enumerate().filter(|(_, attribute)| text(attribute).is_some()) {
            let (name, numbers) = numbered::split(attribute.key.as_bytes());
            by_name.entry(name).or_default().push(Sibling { list: number, numbers, at });
        }
    }
    let mut all = Vec::new();
    for mut same in by_name.into_values() {
        // Senders sort keys as text, where 10 comes before 2.
        same.sort();
        let goes_on = |one: &Sibling, next: &Sibling| {
            one.list != next.list || numbered::follow(&next.numbers, &one.numbers)
        };
        let runs = same.chunk_by(goes_on).filter(|run| run.len() > 1);
        all.extend(runs.map(|run| run.iter().map(|sibling| (sibling.list, sibling.at)).collect()));
    }
    all
}

/// Where a text stands, and the numbers in its key.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Sibling {
    list: usize,
    numbers: Vec<u64>,
    at: usize,
}

pub(super) fn text(attribute: &KeyValue) -> Option<&str> {
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}
