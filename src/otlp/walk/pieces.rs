//! Texts of one record that may be pieces of one: what a model streams, chunk by chunk, into attributes that differ in a
//! number alone (`chunk.0`, `chunk.1`) or into the same attribute of one event after another. They are shown together,
//! before each of them is shown by itself; within one value the opener does the same for its leaves.

use super::values::{Gone, Kept, string};
use super::{Edit, Piece, Visitor};
use crate::path::{Path, Segment};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::span::Event;
use std::collections::{BTreeMap, BTreeSet};

/// Where a text stands: the number of its list, and of its attribute there.
type Slot = (usize, usize);

/// Shows what may be pieces in one list of attributes, which stands at `path`.
pub(super) fn in_list<V: Visitor>(visitor: &mut V, path: &Path<'_>, list: &mut Vec<KeyValue>) -> Kept {
    let is_numbered = |attribute: &&KeyValue| attribute.key.bytes().any(|byte| byte.is_ascii_digit());
    if list.iter().filter(is_numbered).nth(1).is_none() {
        return Ok(());
    }
    in_lists(visitor, &[*path], &mut [list])
}

/// Shows what may be pieces in the attributes of events, which stand at `path`.
pub(super) fn in_events<V: Visitor>(visitor: &mut V, path: &Path<'_>, events: &mut [Event]) -> Kept {
    if events.len() < 2 {
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
    let mut dropped = BTreeSet::new();
    for ((list, at), edit) in edits {
        match edit {
            Edit::Keep => {}
            Edit::Replace(new) => {
                let attribute = lists.get_mut(list).and_then(|list| list.get_mut(at));
                if let Some(Value::StringValue(text)) =
                    attribute.and_then(|it| it.value.as_mut()?.value.as_mut())
                {
                    *text = string(new);
                }
            }
            Edit::DropAttribute => {
                dropped.insert((list, at));
            }
            Edit::DropRecord => return Err(Gone::Record),
        }
    }
    if !dropped.is_empty() {
        for (number, list) in lists.iter_mut().enumerate() {
            let mut slots = (0..).map(|at| (number, at));
            list.retain(|_| slots.next().is_none_or(|slot| !dropped.contains(&slot)));
        }
    }
    Ok(())
}

/// Texts whose keys are the same but for numbers, in the order of those: several of each.
fn siblings(lists: &[&mut Vec<KeyValue>]) -> Vec<Vec<Slot>> {
    let mut by_name: BTreeMap<String, Vec<(usize, Vec<u64>, usize)>> = BTreeMap::new();
    for (number, list) in lists.iter().enumerate() {
        for (at, attribute) in list.iter().enumerate().filter(|(_, attribute)| text(attribute).is_some()) {
            let (name, numbers) = unnumbered(&attribute.key);
            by_name.entry(name).or_default().push((number, numbers, at));
        }
    }
    let several = by_name.into_values().filter(|same| same.len() > 1);
    several
        .map(|mut same| {
            // Senders sort keys as text, where 10 comes before 2.
            same.sort();
            same.into_iter().map(|(list, _, at)| (list, at)).collect()
        })
        .collect()
}

/// A key with a sign for each number in it, and the numbers.
fn unnumbered(key: &str) -> (String, Vec<u64>) {
    let mut name = String::with_capacity(key.len());
    let mut numbers = Vec::new();
    let mut rest = key;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        let (number, behind) = number.split_at(end);
        name.push_str(before);
        name.push('0');
        numbers.push(number.parse().unwrap_or(u64::MAX));
        rest = behind;
    }
    name.push_str(rest);
    (name, numbers)
}

fn text(attribute: &KeyValue) -> Option<&str> {
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_but_for_numbers() {
        for (key, name, numbers) in [
            ("chunk.0", "chunk.0", vec![0]),
            ("chunk.17", "chunk.0", vec![17]),
            ("llm.3.part12", "llm.0.part0", vec![3, 12]),
            ("4", "0", vec![4]),
            ("text", "text", vec![]),
            ("n99999999999999999999999", "n0", vec![u64::MAX]),
        ] {
            assert_eq!(unnumbered(key), (name.to_owned(), numbers));
        }
    }
}
