//! Opening JSON text: every string leaf of it, and the JSON in those.

use super::json::{self, Lexer, Token};
use super::map::Source;
use super::{At, Form, NodeId, Opened, Step};
use std::ops::Range;

/// Array elements that are numbers of fewer bytes than this are passed over: embeddings have
/// thousands of them, and no rule asks for less without a key (an SSN has nine digits).
const SHORTEST_NUMBER: usize = 9;

/// Levels of objects and arrays whose nesting is followed. What is deeper is opened as well, but its
/// path stops there: no agent writes so deep, and a hostile sender pays for it himself.
const FOLLOWED_DEPTH: usize = 128;

/// Opens the JSON text of `top.source` from `start` on into `opened`. Says whether all of it was
/// understood: if not, the text is to be scanned as it stands, too. A text that was merely cut off is
/// understood.
pub(super) fn open(opened: &mut Opened, top: &At<'_>, start: usize, depth: usize) -> bool {
    let first_part = opened.parts.len();
    let mut document =
        Document { opened, top, depth, containers: Vec::new(), key: None, filled: false, understood: true };
    for token in Lexer::new(top.source.bytes(), start) {
        document.token(token);
    }
    document.flush_key();
    let understood = document.understood;
    if !understood {
        // It is no JSON, so a number in it is text: it needs no quotes when it is replaced.
        opened.parts.iter_mut().skip(first_part).for_each(|part| part.form = Form::Text);
    }
    understood
}

/// A reader's place in one document, or in several that stand one after the other.
struct Document<'d, 's> {
    opened: &'d mut Opened,
    top: &'d At<'s>,
    depth: usize,
    containers: Vec<Container>,
    /// A key whose value has not come yet.
    key: Option<NodeId>,
    /// Whether a value has come since the last comma: JSON has no two side by side.
    filled: bool,
    understood: bool,
}

struct Container {
    node: NodeId,
    elements: u32,
}

impl Document<'_, '_> {
    fn token(&mut self, token: Token) {
        match token {
            Token::Text { inside, is_key: true } => {
                self.flush_key();
                self.understood &= !self.filled;
                let parent = self.container();
                self.key = Some(self.opened.node(parent, Step::Key { inside, shown: None }));
            }
            Token::Text { inside, is_key: false } => {
                let node = self.value();
                self.string(node, &inside);
            }
            Token::Scalar(range) => self.scalar(&range),
            Token::Open => {
                let node = match self.containers.last() {
                    Some(deepest) if self.containers.len() >= FOLLOWED_DEPTH => deepest.node,
                    _ => self.value(),
                };
                self.flush_key();
                self.show_key(node);
                self.containers.push(Container { node, elements: 0 });
                self.filled = false;
            }
            Token::Close => {
                self.flush_key();
                self.understood &= self.containers.pop().is_some();
                // Documents may stand one after the other.
                self.filled = !self.containers.is_empty();
            }
            Token::Comma => {
                self.flush_key();
                self.filled = false;
            }
            Token::Junk => self.understood = false,
        }
    }

    fn container(&self) -> NodeId {
        self.containers.last().map_or(self.top.node, |container| container.node)
    }

    /// The node of the value that comes now: that of its key, or the next element of an array.
    fn value(&mut self) -> NodeId {
        self.understood &= !self.filled;
        self.filled = true;
        if let Some(key) = self.key.take() {
            return key;
        }
        let Some(container) = self.containers.last_mut() else { return self.top.node };
        let (parent, index) = (container.node, container.elements);
        container.elements += 1;
        self.opened.node(parent, Step::Index(index))
    }

    /// Shows a key to the scanner that has no value of its own to be shown with.
    fn flush_key(&mut self) {
        if let Some(node) = self.key.take() {
            self.show_key(node);
        }
    }

    fn show_key(&mut self, node: NodeId) {
        if self.opened.is_unshown_key(node) {
            let at = At { node, ..*self.top };
            self.opened.part(&at, Form::Text, |_, _| ());
        }
    }

    fn scalar(&mut self, range: &Range<usize>) {
        let has_key = self.key.is_some();
        let at = At { node: self.value(), ..*self.top };
        if has_key || range.len() >= SHORTEST_NUMBER {
            let form = match self.containers.is_empty() {
                true => Form::Text,
                false => Form::Bare { depth: self.depth },
            };
            self.opened.part(&at, form, |text, map| map.copy(text, at.source, range));
        }
    }

    /// A string leaf: as it is where it has no escapes, otherwise decoded, and opened again if what it
    /// says is JSON.
    fn string(&mut self, node: NodeId, inside: &Range<usize>) {
        let at = At { node, ..*self.top };
        let raw = at.source.slice(inside);
        let escaped = memchr::memchr(b'\\', raw).is_some();
        if escaped || json::looks_like_json(raw) {
            self.nested(&at, inside);
        } else {
            // Without escapes there is no second line, and so no table.
            self.opened.part(&at, Form::Text, |text, map| map.copy(text, at.source, inside));
        }
    }

    fn nested(&mut self, at: &At<'_>, inside: &Range<usize>) {
        let (mut bytes, mut map) = self.opened.spare.pop().unwrap_or_default();
        bytes.clear();
        map.clear();
        json::decode(&mut bytes, &mut map, at.source, inside);
        self.show_key(at.node);
        let source = Source::decoded(&bytes, &map);
        let inner = At { source: &source, ..*at };
        self.opened.text_or_json(&inner, self.depth + 1);
        self.opened.spare.push((bytes, map));
    }
}
