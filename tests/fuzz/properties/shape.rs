//! JSON as it is written: members in their order, and every one of two with the same name.

use super::MARK;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Levels of JSON in strings that keep their structure. What stands deeper is text to the opener.
const LEVELS: usize = blackbar::limits::OPEN_DEPTH;

/// A document, or a part of one.
#[derive(Debug, PartialEq)]
pub(crate) enum Shape {
    /// A number or a literal.
    Bare(String),
    Text(String),
    Array(Vec<Shape>),
    Object(Vec<(String, Shape)>),
}

impl Shape {
    /// Reads a document, if it is one.
    pub(crate) fn of(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Whether `after` is the same document but for what was blacked out in it; the path to the first
    /// place where it is not.
    pub(crate) fn is_kept(&self, after: &Self) -> Result<(), String> {
        kept(self, after, 0, "$")
    }
}

fn kept(before: &Shape, after: &Shape, level: usize, path: &str) -> Result<(), String> {
    let differ = || Err(format!("{path}: {before:?} became {after:?}"));
    match (before, after) {
        (Shape::Bare(before), Shape::Bare(after)) if before == after => Ok(()),
        (Shape::Bare(_), Shape::Text(after)) if after.contains(MARK) => Ok(()),
        (Shape::Text(before), Shape::Text(after)) => text_kept(before, after, level, path),
        (Shape::Array(before), Shape::Array(after)) if before.len() == after.len() => {
            let pairs = before.iter().zip(after).enumerate();
            pairs.into_iter().try_for_each(|(index, (b, a))| kept(b, a, level, &format!("{path}[{index}]")))
        }
        (Shape::Object(before), Shape::Object(after)) if before.len() == after.len() => {
            before.iter().zip(after).try_for_each(|((key, b), (new, a))| {
                if key != new && !new.contains(MARK) {
                    return Err(format!("{path}: the key {key:?} became {new:?}"));
                }
                kept(b, a, level, &format!("{path}.{key}"))
            })
        }
        _ => differ(),
    }
}

fn text_kept(before: &str, after: &str, level: usize, path: &str) -> Result<(), String> {
    match Shape::of(before) {
        _ if before == after => Ok(()),
        Some(inner @ (Shape::Text(_) | Shape::Array(_) | Shape::Object(_))) if level < LEVELS => {
            let Some(after) = Shape::of(after) else {
                return Err(format!("{path}: JSON in a string is JSON no more: {before} became {after}"));
            };
            kept(&inner, &after, level + 1, &format!("{path}<json>"))
        }
        _ if after.contains(MARK) => Ok(()),
        _ => Err(format!("{path}: {before:?} became {after:?}")),
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Shape, E> {
        Ok(Shape::Bare("null".to_owned()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Shape, E> {
        Ok(Shape::Bare(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Shape, E> {
        Ok(Shape::Bare(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Shape, E> {
        Ok(Shape::Bare(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Shape, E> {
        Ok(Shape::Bare(value.to_string()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Shape, E> {
        Ok(Shape::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Shape, A::Error> {
        let mut all = Vec::new();
        while let Some(element) = access.next_element()? {
            all.push(element);
        }
        Ok(Shape::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Shape, A::Error> {
        let mut all = Vec::new();
        while let Some(member) = access.next_entry()? {
            all.push(member);
        }
        Ok(Shape::Object(all))
    }
}
