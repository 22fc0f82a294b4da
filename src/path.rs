//! Where in a message something is.
//!
//! A [`Path`] is a chain of segments on the stack: walking a payload allocates nothing for it, and
//! only a finding pays for its rendering. Rendered paths name the record, not its position in the
//! request (`log.attributes["prompt"]`, `span.events[0].name`), because the same secret in the next
//! request should stand at the same path.
//!
//! Keys in a path are a sender's text. [`Path::render`] therefore takes what to print for each key;
//! whoever reports a path passes keys through the scanner first.

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

/// One step down into a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'a> {
    /// A field of the OTLP schema: our text.
    Field(&'static str),
    /// A key of an attribute, a kvlist member or a JSON object: a sender's text.
    Key(&'a str),
    /// An element of an array, a repeated field or a JSON array, from zero.
    Index(usize),
    /// The key of an attribute itself, where the key is the content.
    KeyItself,
}

/// A place in a message, from the record down.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    segment: Segment<'a>,
}

impl<'a> Path<'a> {
    /// The path of one field, with nothing above it.
    #[must_use]
    pub const fn root(field: &'static str) -> Self {
        Self { parent: None, segment: Segment::Field(field) }
    }

    /// One step further down.
    #[must_use]
    pub const fn then(&'a self, segment: Segment<'a>) -> Self {
        Self { parent: Some(self), segment }
    }

    /// The last step.
    #[must_use]
    pub const fn segment(&self) -> Segment<'a> {
        self.segment
    }

    /// The key of the attribute whose value stands here, if this is the value of one: not of something in it.
    #[must_use]
    pub fn attribute(&self) -> Option<&'a str> {
        match (self.segment, self.parent?.segment) {
            (Segment::Key(key), Segment::Field("attributes" | "filtered_attributes" | "metadata")) => {
                Some(key)
            }
            _ => None,
        }
    }

    /// The nearest key at or above this place: what a sender calls the value that stands here.
    /// `{"authorization": ["Bearer …"]}` gives `authorization` for the element of the array.
    #[must_use]
    pub fn key(&self) -> Option<&'a str> {
        let mut at = Some(self);
        while let Some(path) = at {
            match path.segment {
                Segment::Key(key) => return Some(key),
                Segment::Index(_) => at = path.parent,
                Segment::Field(_) | Segment::KeyItself => return None,
            }
        }
        None
    }

    /// Feeds what tells this place from others to a hasher: fields and keys, and no indexes.
    pub fn hash_place(&self, state: &mut impl Hasher) {
        if let Some(parent) = self.parent {
            parent.hash_place(state);
        }
        match self.segment {
            Segment::Field(field) => field.hash(state),
            Segment::Key(key) => key.hash(state),
            Segment::Index(_) => {}
            Segment::KeyItself => 0_u8.hash(state),
        }
    }

    /// Prints the path, with each key as `clean` gives it back.
    #[must_use]
    pub fn render(&self, clean: &mut dyn FnMut(&str) -> String) -> String {
        let mut out = String::new();
        self.render_into(&mut out, true, clean);
        out
    }

    /// The path without its indexes, and its keys as they are: to be compared, and not to be shown.
    #[must_use]
    pub fn place(&self) -> String {
        let mut out = String::new();
        self.render_into(&mut out, false, &mut str::to_owned);
        out
    }

    fn render_into(&self, out: &mut String, indexes: bool, clean: &mut dyn FnMut(&str) -> String) {
        if let Some(parent) = self.parent {
            parent.render_into(out, indexes, clean);
        }
        if indexes || !matches!(self.segment, Segment::Index(_)) {
            write_segment(out, self.segment, clean);
        }
    }
}

/// Appends one segment to a rendered path: `.field`, `["key.with.dots"]`, `[3]`, `.key()`.
pub fn write_segment(out: &mut String, segment: Segment<'_>, clean: &mut dyn FnMut(&str) -> String) {
    match segment {
        Segment::Field(field) => {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(field);
        }
        Segment::Key(key) => {
            let key = clean(key);
            if is_identifier(&key) {
                out.push('.');
                out.push_str(&key);
            } else {
                let _ = write!(out, "[{key:?}]");
            }
        }
        Segment::Index(index) => {
            let _ = write!(out, "[{index}]");
        }
        Segment::KeyItself => out.push_str(".key()"),
    }
}

fn is_identifier(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_from_the_record_down() {
        let root = Path::root("log");
        let attributes = root.then(Segment::Field("attributes"));
        let body = attributes.then(Segment::Key("gen_ai.input.messages"));
        let first = body.then(Segment::Index(0));
        let content = first.then(Segment::Key("content"));
        assert_eq!(
            content.render(&mut str::to_owned),
            r#"log.attributes["gen_ai.input.messages"][0].content"#
        );
        assert_eq!(content.place(), r#"log.attributes["gen_ai.input.messages"].content"#);
        assert_eq!(content.key(), Some("content"));
        assert_eq!(first.key(), Some("gen_ai.input.messages"));
        assert_eq!(body.attribute(), Some("gen_ai.input.messages"));
        assert_eq!((content.attribute(), first.attribute(), attributes.attribute()), (None, None, None));
        assert_eq!(attributes.key(), None);
    }
}
