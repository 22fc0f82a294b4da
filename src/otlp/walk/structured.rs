//! Arrays and kvlists as one content.

use super::values::string;
use crate::tree::{Step, Token, Tree};
use opentelemetry_proto::tonic::common::v1::any_value::Value;

/// All of a value. As deep as decoding let it be: see [`crate::limits::VALUE_DEPTH`].
pub(super) fn flatten(value: &Option<Value>) -> Tree {
    let mut tree = Tree::default();
    push(&mut tree, value);
    tree
}

fn push(tree: &mut Tree, value: &Option<Value>) {
    match value {
        Some(Value::StringValue(text)) => tree.push(Step::Text(text.as_bytes())),
        Some(Value::BytesValue(bytes)) => tree.push(Step::Text(bytes)),
        Some(Value::IntValue(number)) => tree.push(Step::Number(&number.to_string())),
        Some(Value::DoubleValue(number)) => tree.push(Step::Number(&number.to_string())),
        Some(Value::ArrayValue(array)) => {
            tree.push(Step::Open);
            array.values.iter().for_each(|item| push(tree, &item.value));
            tree.push(Step::Close);
        }
        Some(Value::KvlistValue(list)) => {
            tree.push(Step::Open);
            for member in &list.values {
                tree.push(Step::Key(&member.key));
                push(tree, member.value.as_ref().map_or(&None, |value| &value.value));
            }
            tree.push(Step::Close);
        }
        Some(Value::BoolValue(_) | Value::StringValueStrindex(_)) | None => tree.push(Step::Other),
    }
}

/// Puts another tree in the place of a value: the same one with other keys and leaves, or one of a single
/// text, which becomes a string value.
pub(super) fn replace(value: &mut Option<Value>, new: &Tree) {
    match new.tokens() {
        [Token::Text(_)] => {
            let text = new.leaves().next().unwrap_or_default();
            *value = Some(Value::StringValue(string(text.to_vec())));
        }
        _ => write(value, &mut new.leaves()),
    }
}

/// Writes keys and leaves back, in the order of [`flatten`]. A number that says something else now is a
/// string.
fn write<'l>(value: &mut Option<Value>, leaves: &mut impl Iterator<Item = &'l [u8]>) {
    match value {
        Some(Value::StringValue(text)) => write_text(text, leaves),
        Some(Value::BytesValue(bytes)) => {
            if let Some(leaf) = leaves.next().filter(|leaf| *leaf != bytes.as_slice()) {
                *bytes = leaf.to_vec();
            }
        }
        Some(Value::IntValue(number)) => {
            let before = number.to_string();
            write_number(value, &before, leaves);
        }
        Some(Value::DoubleValue(number)) => {
            let before = number.to_string();
            write_number(value, &before, leaves);
        }
        Some(Value::ArrayValue(array)) => {
            array.values.iter_mut().for_each(|item| write(&mut item.value, leaves));
        }
        Some(Value::KvlistValue(list)) => {
            for member in &mut list.values {
                write_text(&mut member.key, leaves);
                if let Some(inner) = &mut member.value {
                    write(&mut inner.value, leaves);
                }
            }
        }
        Some(Value::BoolValue(_) | Value::StringValueStrindex(_)) | None => {}
    }
}

fn write_text<'l>(text: &mut String, leaves: &mut impl Iterator<Item = &'l [u8]>) {
    if let Some(leaf) = leaves.next().filter(|leaf| *leaf != text.as_bytes()) {
        *text = string(leaf.to_vec());
    }
}

fn write_number<'l>(value: &mut Option<Value>, before: &str, leaves: &mut impl Iterator<Item = &'l [u8]>) {
    if let Some(leaf) = leaves.next().filter(|leaf| *leaf != before.as_bytes()) {
        *value = Some(Value::StringValue(string(leaf.to_vec())));
    }
}
