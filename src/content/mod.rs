//! Opening content: from the text that stands in a message to the text a person would read.
//!
//! Agents put JSON in strings, in JSON, in strings. A pattern that runs over such text misses the
//! token that follows `\n`, and an edit that parses and prints it again changes what it did not mean
//! to. So a content is opened: its string leaves, each with its key before it, are decoded into one
//! *scan text* with a map back to the bytes they came from. Findings are ranges of the scan text;
//! [`Opened::places`] turns them into ranges of the content as it stands, and nothing but those
//! ranges is ever touched.
//!
//! ```text
//! content    {"env": "A=1\nDB_PASS=x", "port": 5432}
//! scan text  env: A=1
//!            DB_PASS=x<separator>port: 5432<separator>
//! ```
//!
//! The bias is to open too much: what merely looks like JSON is opened *and* scanned as it stands,
//! because a wrong guess must cost time, never a secret. The opener refuses to know rules, and its
//! work depends on the bytes alone.
//!
//! Considered and not done: one engine call a leaf (calls cost more than leaves, and a rule would not
//! see the key); a document tree (it would have to be printed again).

mod ansi;
mod document;
mod json;
mod map;
mod table;

use crate::limits::OPEN_DEPTH;
use crate::rule::SEPARATOR;
use map::{Map, Source};
use std::ops::Range;

/// What a content looks like from inside. One for each thread, reused: opening allocates only while
/// its buffers grow.
#[derive(Default)]
pub struct Opened {
    /// What the scanner sees.
    text: Vec<u8>,
    /// From `text` to the content.
    map: Map,
    /// The parts of `text`, by start.
    parts: Vec<Part>,
    /// How the parts hang together; the first is the content itself.
    nodes: Vec<Node>,
    /// Buffers for strings in strings, kept between calls.
    spare: Vec<(Vec<u8>, Map)>,
}

/// One key with its value in the scan text, up to its separator.
struct Part {
    start: usize,
    value: Range<usize>,
    node: NodeId,
    form: Form,
}

/// What has to be kept when something in a part is replaced.
#[derive(Clone, Copy)]
enum Form {
    /// Inside quotes, or not in JSON at all: a placeholder fits anywhere.
    Text,
    /// A bare JSON number or literal. It can only be replaced whole, by a string, at this depth of
    /// strings in strings.
    Bare { depth: usize },
}

/// One step of a path inside the content.
struct Node {
    parent: NodeId,
    step: Step,
    /// The nearest key at or above it; the root if there is none.
    named: NodeId,
}

/// An index into [`Opened::nodes`].
#[derive(Clone, Copy, PartialEq, Eq)]
struct NodeId(u32);

enum Step {
    Root,
    /// A JSON key: where it stands between its quotes, and where in the scan text it was first shown.
    Key {
        inside: Range<usize>,
        shown: Option<Range<usize>>,
    },
    Index(u32),
}

/// Where in the content something is opened.
#[derive(Clone, Copy)]
struct At<'a> {
    source: &'a Source<'a>,
    /// What stands here is called by the nearest key above this node, or else by this.
    outer: &'a [u8],
    node: NodeId,
}

/// One step of the path to a finding inside an opened content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InnerStep<'a> {
    /// A JSON key, decoded: a sender's text.
    Key(&'a [u8]),
    /// An element of a JSON array.
    Index(usize),
}

/// Bytes of a content that are to be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where in the content as it stands.
    pub range: Range<usize>,
    /// What goes before and after the placeholder: the quotes a bare JSON number has to be given.
    pub quote: String,
}

const ROOT: NodeId = NodeId(0);

/// Bytes of a key, from its end, that are shown with a value once the key itself was shown: what a value
/// is called stands at the end, and a long key over many values must not make a long text.
const CONTEXT_BYTES: usize = 128;

impl Opened {
    /// Opens a content. `key` is what a sender calls it: an attribute's key, or the nearest above it.
    pub fn open(&mut self, key: Option<&str>, content: &[u8]) {
        self.clear();
        let source = Source::content(content);
        let at = At { source: &source, outer: key.unwrap_or_default().as_bytes(), node: ROOT };
        self.text_or_json(&at, 0);
    }

    /// Opens a text: as JSON where it is, as it stands where it is not, and both ways where that is not
    /// sure. JSON may begin after a label (`[TOOL RESULT: Bash]`, `payload: {...}`).
    fn text_or_json(&mut self, at: &At<'_>, depth: usize) {
        let all = 0..at.source.bytes().len();
        let start = if depth > OPEN_DEPTH { None } else { json::start(at.source.bytes()) };
        match start {
            Some(start) if document::open(self, at, start, depth) => {
                if start > 0 {
                    self.readings(at, &(0..start));
                }
            }
            _ => self.readings(at, &all),
        }
    }

    /// Bytes its buffers hold on to, about.
    #[must_use]
    pub fn capacity(&self) -> usize {
        let spare: usize = self.spare.iter().map(|(bytes, map)| bytes.capacity() + map.capacity()).sum();
        let nodes = self.nodes.capacity() * size_of::<Node>() + self.parts.capacity() * size_of::<Part>();
        self.text.capacity() + self.map.capacity() + spare + nodes
    }

    /// What the scanner is to see.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Appends where the bytes of the content stand that `range` of the scan text was made of: more
    /// than one place if it holds a key and its value, none if it holds only context.
    pub fn places(&self, range: &Range<usize>, places: &mut Vec<Place>) {
        let Some(part) = self.part_at(range.start) else { return };
        let name = self.map.back(&clip(range, &(part.start..part.value.start)));
        let (value, quote) = match part.form {
            Form::Text => (clip(range, &part.value), String::new()),
            Form::Bare { depth } if range.end > part.value.start => (part.value.clone(), json::quote(depth)),
            Form::Bare { .. } => (0..0, String::new()),
        };
        places.extend(name.map(|range| Place { range, quote: String::new() }));
        places.extend(self.map.back(&value).map(|range| Place { range, quote }));
    }

    /// The way to a finding that starts at `at` in the scan text, from the content down.
    pub fn inner_path(&self, at: usize, visit: &mut dyn FnMut(InnerStep<'_>)) {
        let Some(part) = self.part_at(at) else { return };
        let mut chain = Vec::new();
        let mut id = part.node;
        while let Some(node) = self.nodes.get(id.0 as usize).filter(|_| id != ROOT) {
            chain.push(&node.step);
            id = node.parent;
        }
        for step in chain.into_iter().rev() {
            match step {
                Step::Key { shown, .. } => {
                    let key = shown.clone().and_then(|shown| self.text.get(shown));
                    visit(InnerStep::Key(key.unwrap_or_default()));
                }
                Step::Index(index) => visit(InnerStep::Index(*index as usize)),
                Step::Root => {}
            }
        }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.map.clear();
        self.parts.clear();
        self.nodes.clear();
        self.nodes.push(Node { parent: ROOT, step: Step::Root, named: ROOT });
    }

    fn part_at(&self, at: usize) -> Option<&Part> {
        let after = self.parts.partition_point(|part| part.start <= at);
        self.parts.get(after.checked_sub(1)?)
    }

    fn node(&mut self, parent: NodeId, step: Step) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(0));
        let named = match step {
            Step::Key { .. } => id,
            Step::Root | Step::Index(_) => self.nodes.get(parent.0 as usize).map_or(ROOT, |node| node.named),
        };
        self.nodes.push(Node { parent, step, named });
        id
    }

    fn is_unshown_key(&self, id: NodeId) -> bool {
        let step = self.nodes.get(id.0 as usize).map(|node| &node.step);
        matches!(step, Some(Step::Key { shown: None, .. }))
    }

    /// A text as it stands, and once more with its escapes undone if it has any: in a text that is
    /// not JSON, the `n` of `\n` is glued to what follows; so is the `m` of a terminal's colours.
    fn readings(&mut self, at: &At<'_>, range: &Range<usize>) {
        let bytes = at.source.slice(range);
        self.part(at, Form::Text, |text, map| map.copy(text, at.source, range));
        table::open(self, at, range);
        if memchr::memchr(b'\\', bytes).is_some() {
            self.part(at, Form::Text, |text, map| json::decode(text, map, at.source, range));
        }
        if memchr::memchr(ansi::ESCAPE, bytes).is_some() {
            self.part(at, Form::Text, |text, map| ansi::strip(text, map, at.source, range));
        }
    }

    /// Appends one part: key, `: `, value, separator.
    fn part(&mut self, at: &At<'_>, form: Form, value: impl FnOnce(&mut Vec<u8>, &mut Map)) {
        let start = self.text.len();
        self.name(at);
        if self.text.len() > start {
            self.text.extend_from_slice(b": ");
        }
        let from = self.text.len();
        value(&mut self.text, &mut self.map);
        self.parts.push(Part { start, value: from..self.text.len(), node: at.node, form });
        self.text.push(SEPARATOR);
    }

    /// Appends what a place is called: the nearest key above it. The first time a key is shown to the
    /// scanner it is mapped to where it stands; after that it is context, and a copy.
    fn name(&mut self, at: &At<'_>) {
        let named = self.nodes.get(at.node.0 as usize).map_or(ROOT, |node| node.named);
        match self.nodes.get_mut(named.0 as usize).map(|node| &mut node.step) {
            Some(Step::Key { shown: Some(shown), .. }) => {
                let context = shown.start.max(shown.end.saturating_sub(CONTEXT_BYTES))..shown.end;
                self.text.extend_from_within(context);
            }
            Some(Step::Key { inside, shown }) => {
                let start = self.text.len();
                json::decode(&mut self.text, &mut self.map, at.source, inside);
                *shown = Some(start..self.text.len());
            }
            _ => {
                let (_, context) = at.outer.split_at(at.outer.len().saturating_sub(CONTEXT_BYTES));
                let start = self.text.len();
                self.text.extend_from_slice(context);
                map::hide_separators(self.text.get_mut(start..).unwrap_or_default());
            }
        }
    }
}

fn clip(range: &Range<usize>, to: &Range<usize>) -> Range<usize> {
    range.start.max(to.start)..range.end.min(to.end)
}

#[cfg(test)]
mod tests;
