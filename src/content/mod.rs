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
//! # Layers
//!
//! | layer | module | blacked out is |
//! |---|---|---|
//! | JSON, and what Python prints of a dict; behind a label; several documents; cut off anywhere | `document`, `json` | the bytes of the finding, escaped or not |
//! | an array or kvlist of OTLP | `document`, by way of [`Tree`] | the same |
//! | escapes, percent-encoding, character references, colours of terminals, what is not seen | `soft` | the spellings of the finding |
//! | base64, also of UTF-16, gzip and zlib | `base64` | groups of four characters; of what is compressed the whole run |
//! | strings that hold the quote they stand in, of CSV, SQL and shells | `doubled` | the spellings of the finding |
//! | hex | `hex` | the digits of the finding |
//! | what `xxd` and `hexdump -C` print | `dump` | the digits, and what stands beside them |
//! | pieces of a stream in sibling leaves | `join` | each piece |
//! | lines behind numbers, signs of a diff or of a comment, marks of a quotation, names of files, processes and authors, times, bars | `gutter` | the same place |
//! | words broken at the edge of a screen or a mail | `wrap` | all of the word, with the breaks |
//! | arrays that are commands | `command` | each element |
//! | columns of a table, answers, options, `{"name": ..., "value": ...}`, a label before JSON, what stands below `credentials`, arguments, labels in marks or on lines of their own | `table`, `question`, `document`, `label`, `holder`, `notation` | the same place, called by its name |
//! | a command and what it printed, in two strings | `call`, `printed` | the same place |
//! | text before a mark of something left out | `marker` | |
//!
//! Each layer is one reading more of a part of the text, with a map back; what it gives is opened again,
//! so layers may stand in one another in any order, down to [`crate::limits::OPEN_DEPTH`].
//!
//! # Bias
//!
//! To open too much: what merely looks like JSON is opened *and* scanned as it stands, because a wrong
//! guess must cost time, never a secret. What cannot be opened to its end ([`Opened::limit`]) must not be
//! passed on. The opener refuses to know rules, and its work depends on the bytes alone: its bounds are
//! counts, not clocks, or the same content would leave whole from one machine and not from another.
//!
//! Considered and not done: one engine call a leaf (calls cost more than leaves, and a rule would not
//! see the key); a document tree (it would have to be printed again); encoding a placeholder into the
//! layer it stands in (a reader of telemetry is to see the bar, not base64 of it).

mod base64;
mod border;
mod call;
mod command;
mod document;
mod doubled;
mod dump;
mod gutter;
mod hex;
mod holder;
mod join;
mod json;
mod keys;
mod label;
mod limit;
mod look;
mod map;
mod marker;
mod near;
mod notation;
mod printed;
mod question;
mod range32;
mod role;
mod soft;

mod table;
mod wrap;

pub use call::{Side, beginning, side};
pub use join::{is_of_words, runs};
pub use limit::Limit;

use crate::limits::{OPEN_DEPTH, OPEN_FREE_BYTES, OPEN_LEAVES, OPEN_RATIO};
use crate::rule::SEPARATOR;
use crate::tree::Tree;
use base64::Inside;
use border::Pieces;
use call::Noted;
use document::Document;
use join::Leaf;
use keys::Keys;
use look::Look;
use map::{Map, Source};
use range32::{Range32, small};
use soft::Round;
use std::collections::BTreeSet;
use std::ops::Range;

/// What a content looks like from inside. One for each thread, reused: opening allocates only while
/// its buffers grow.
#[derive(Default)]
pub struct Opened {
    /// What the scanner sees.
    text: Vec<u8>,
    /// From `text` to the content.
    map: Map,
    /// Bytes of the content.
    length: usize,
    /// The parts of `text`, by start.
    parts: Vec<Part>,
    /// How the parts hang together; the first is the content itself.
    nodes: Vec<Node>,
    /// Texts that may be pieces of one.
    leaves: Vec<Leaf>,
    /// Commands and outputs, in their order.
    calls: Vec<Noted>,
    /// Where in `text` outputs are shown under their commands.
    printed: Range<usize>,
    /// What keys say, from one content to the next.
    keys: Keys,
    /// Buffers for strings in strings, kept between calls.
    spare: Vec<(Vec<u8>, Map)>,
    /// Bytes that may still be decoded.
    budget: usize,
    /// Rounds of `soft` that what is opened went through.
    rounds: usize,
    /// Gutters of lines that were taken away from what is opened.
    gutters: usize,
    /// The bound that the content is over.
    limit: Option<Limit>,
}

/// One key with its value in the scan text, up to its separator.
struct Part {
    start: u32,
    value: Range32,
    node: NodeId,
    form: Form,
    pieces: Pieces,
}

/// What has to be kept when something in a part is replaced.
#[derive(Clone, Copy)]
enum Form {
    /// Inside quotes, or not in JSON at all: a placeholder fits anywhere.
    Text,
    /// A bare number or literal. It can only be replaced whole, by a string; in JSON in quotes, at this
    /// depth of strings in strings.
    Bare { quotes: Option<u8> },
}

/// One step of a path inside the content.
struct Node {
    parent: NodeId,
    step: Step,
    /// The nearest node at or above it that has a name; the root if there is none.
    named: NodeId,
    /// The same for nodes at the same path but for the indexes.
    kind: u64,
    /// A better name than its key, somewhere in the scan text; empty if there is none.
    called: Range32,
}

/// An index into [`Opened::nodes`].
#[derive(Clone, Copy, PartialEq, Eq)]
struct NodeId(u32);

#[derive(Clone, Copy)]
enum Step {
    Root,
    /// A JSON key: where it stands between its quotes, and where in the scan text it was first shown.
    Key {
        inside: Range32,
        shown: Option<Range32>,
        /// Whether its values are one of a few words: see [`join`].
        is_of_words: bool,
    },
    Index(u32),
    /// The word before a document: it is called by that, and it is no step of a path. What stands before a sign in a
    /// text may be anything, such as the end of a key in base64, and nobody scans it as what it is there.
    Label {
        inside: Range32,
        shown: Option<Range32>,
        is_of_words: bool,
    },
}

/// Where in the content something is opened.
#[derive(Clone, Copy)]
struct At<'a> {
    source: &'a Source<'a>,
    /// What stands here is called by the nearest key above this node, or else by this: [`end_of`] a key.
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
    /// Whether it is a further piece of what was joined: it stands somewhere else than the place before.
    pub apart: bool,
}

const ROOT: NodeId = NodeId(0);

/// Bytes of a key, from its end, that are shown with a value once the key itself was shown: what a value
/// is called stands at the end, and a long key over many values must not make a long text.
const CONTEXT_BYTES: usize = 128;

/// Rounds in which the pluses of a form are read both ways: each doubles what is read of the next.
const FORM_ROUNDS: usize = 2;

/// Borders of pieces that are looked at in one finding.
const BORDERS: usize = 64;

/// Bytes of the longest line that is shown as it stands though it ends in a document.
const LONGEST_LINE: usize = 512;

impl Opened {
    /// Opens a content. `key` is what a sender calls it: an attribute's key, or the nearest above it.
    pub fn open(&mut self, key: Option<&str>, content: &[u8]) {
        self.text_of(key, content, true);
    }

    /// Opens an array or kvlist as one content: its text is that of the tree.
    pub fn open_tree(&mut self, key: Option<&str>, tree: &Tree) {
        self.text_of_tree(key, tree, true);
    }

    /// Opens a content to look at its text, which is that of [`Self::open`]. The way back is a sixth of
    /// the time, and is asked for only where something was found: here it is not kept, and every
    /// [place](Self::places) is the whole content.
    pub fn read(&mut self, key: Option<&str>, content: &[u8]) {
        self.text_of(key, content, false);
    }

    /// What [`Self::read`] is to [`Self::open`], for [`Self::open_tree`].
    pub fn read_tree(&mut self, key: Option<&str>, tree: &Tree) {
        self.text_of_tree(key, tree, false);
    }

    fn text_of(&mut self, key: Option<&str>, content: &[u8], mapped: bool) {
        self.begin(content.len(), mapped);
        let source = Source::content(content);
        let at = At { source: &source, outer: end_of(key.unwrap_or_default().as_bytes()), node: ROOT };
        self.text_or_json(&at, &(0..content.len()), 0);
        self.finish();
    }

    fn text_of_tree(&mut self, key: Option<&str>, tree: &Tree, mapped: bool) {
        self.begin(tree.text().len(), mapped);
        let source = Source::content(tree.text());
        let at = At { source: &source, outer: end_of(key.unwrap_or_default().as_bytes()), node: ROOT };
        document::open_tree(self, &at, tree);
        self.finish();
    }

    /// The bound that the content is over. If there is one the scan text is not whole, and what it was
    /// made of must not be passed on.
    #[must_use]
    pub const fn limit(&self) -> Option<Limit> {
        self.limit
    }

    fn finish(&mut self) {
        join::open(self);
        printed::open(self);
        soft::blank_colours(&mut self.text);
        marker::part(&mut self.text);
    }

    /// Opens a text: as JSON where it is, as it stands where it is not, and both ways where that is not
    /// sure. Gives back the number of the part in which it stands as it is, if it may be a piece of
    /// something: a text, or JSON that goes on elsewhere.
    fn text_or_json(&mut self, at: &At<'_>, range: &Range<usize>, depth: usize) -> Option<usize> {
        if is_word(at.source.slice(range)) {
            let shown = self.parts.len();
            self.part(at, Form::Text, |text, map| map.copy(text, at.source, range));
            return Some(shown);
        }
        let bytes = at.source.bytes();
        let end = marker::at_end(bytes, range);
        let inside = range.start..end;
        // What begins as JSON does is not looked at before it is read.
        let text = at.source.slice(&inside);
        let look = if json::looks_like_json(text) { None } else { Some(Look::at(text)) };
        let may_be_json = depth <= OPEN_DEPTH && look.is_none_or(|look| look.json);
        let start = if may_be_json { json::start(bytes, &inside) } else { None };
        let leaves = self.leaves.len();
        let read = start.and_then(|start| {
            self.show_key(at);
            document::open(self, at, start, &inside, depth)
        });
        if read != Some(Document::Whole) && self.leaves.len() > leaves {
            // A quotation in a text is no piece of what the text is a piece of.
            let inner = self.leaves.split_off(leaves);
            self.leaves.extend(inner.into_iter().filter(|leaf| leaf.node != at.node));
        }
        let shown = self.parts.len();
        match read {
            Some(_) if start > Some(range.start) => {
                let before = range.start..start.unwrap_or(end);
                self.readings(at, &before, Look::at(at.source.slice(&before)), depth);
                self.line_with(at, &before, &inside);
                // What a dump shows of a document looks like one that is broken.
                if depth <= OPEN_DEPTH {
                    dump::open(self, at, &inside, depth + 1);
                }
            }
            Some(_) => {}
            None => {
                let found = self.leaves.len();
                self.readings(at, &inside, look.unwrap_or_else(|| Look::at(text)), depth);
                self.forget_again(leaves, found);
            }
        }
        let piece = self.parts.len();
        // The content itself is a piece of nothing.
        if read == Some(Document::Cut) && (depth > 0 || at.node != ROOT) {
            self.part(at, Form::Text, |text, map| map.copy(text, at.source, &inside));
        }
        if end < range.end {
            self.part(at, Form::Text, |text, map| map.copy(text, at.source, &(end..range.end)));
        }
        match read {
            None => Some(shown),
            Some(Document::Cut) => Some(piece),
            Some(Document::Whole) => None,
        }
    }

    /// Shows a short document as it stands, with the line before it, which may take it as its block or its last word.
    /// One with a name is shown by that.
    fn line_with(&mut self, at: &At<'_>, before: &Range<usize>, all: &Range<usize>) {
        let bracket = at.source.bytes().get(before.end).copied().unwrap_or_default();
        let text = at.source.slice(before);
        if label::before(text, bracket).is_some() {
            return;
        }
        // A list says nothing of itself: the line above it may.
        let near = if bracket == b'[' { text.trim_ascii_end() } else { text };
        let line = memchr::memrchr(b'\n', near).map_or(before.start, |end| before.start + end + 1);
        let is_bare = at.source.slice(&(line..before.end)).trim_ascii().is_empty();
        let line = line..all.end;
        if !is_bare && line.len() <= LONGEST_LINE && self.spend(line.len()) {
            self.part(at, Form::Text, |text, map| map.copy(text, at.source, &line));
        }
    }

    /// Takes the leaves from number `found` on from those that may be pieces, as far as they say what leaves from `first`
    /// to there do, at the same paths: they are those once more, read in another way.
    fn forget_again(&mut self, first: usize, found: usize) {
        if first < found && found < self.leaves.len() {
            let again = self.leaves.split_off(found);
            let text = |leaf: &Leaf| (leaf.kind, self.text.get(leaf.value.range()).unwrap_or_default());
            let known: BTreeSet<(u64, &[u8])> = self.leaves.iter().skip(first).map(text).collect();
            // The other reading may end at a quote.
            let is_known = |leaf: &Leaf| {
                let (kind, beginning) = text(leaf);
                let next = known.range((kind, beginning)..).next();
                next.is_some_and(|(other, whole)| *other == kind && whole.starts_with(beginning))
            };
            let new: Vec<Leaf> = again.into_iter().filter(|leaf| !is_known(leaf)).collect();
            self.leaves.extend(new);
        }
    }

    /// Takes so many decoded bytes from what the content may be decoded to.
    fn spend(&mut self, bytes: usize) -> bool {
        match self.budget.checked_sub(bytes) {
            Some(left) => self.budget = left,
            None => self.limit = self.limit.or(Some(Limit::Decoded)),
        }
        self.limit.is_none()
    }

    /// Bytes its buffers hold on to, about.
    #[must_use]
    pub fn capacity(&self) -> usize {
        let spare: usize = self.spare.iter().map(|(bytes, map)| bytes.capacity() + map.capacity()).sum();
        let nodes = self.nodes.capacity() * size_of::<Node>() + self.parts.capacity() * size_of::<Part>();
        let leaves = self.leaves.capacity() * size_of::<Leaf>() + self.calls.capacity() * size_of::<Noted>();
        self.text.capacity() + self.map.capacity() + self.keys.capacity() + spare + nodes + leaves
    }

    /// What the scanner is to see.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether a range of the scan text is of an output that is shown under its command, and of nothing else.
    #[must_use]
    pub const fn is_printed(&self, range: &Range<usize>) -> bool {
        self.printed.start <= range.start && range.end <= self.printed.end
    }

    /// Leaves nothing to look at unless an output is shown under its command.
    pub fn keep_printed(&mut self) {
        if self.printed.is_empty() {
            self.text.clear();
        }
    }

    /// Appends where the bytes of the content stand that `range` of the scan text was made of: more
    /// than one place if it holds a key and its value or was joined of pieces, none if it holds only
    /// context.
    pub fn places(&self, range: &Range<usize>, places: &mut Vec<Place>) {
        if !self.map.is_kept() {
            places.push(Place { range: 0..self.length, quote: String::new(), apart: false });
            return;
        }
        let Some(part) = self.part_at(range.start) else { return };
        let value = part.value.range();
        let name = clip(range, &(part.start as usize..value.start));
        self.map.back(&name, |range| places.push(Place { range, quote: String::new(), apart: false }));
        let (value, quote) = match part.form {
            Form::Text => (clip(range, &value), String::new()),
            Form::Bare { quotes } if range.end > value.start => {
                (value, quotes.map(json::quote).unwrap_or_default())
            }
            Form::Bare { .. } => return,
        };
        let mut apart = false;
        self.map.back(&value, |range| {
            places.push(Place { range, quote: quote.clone(), apart });
            apart = true;
        });
    }

    /// Where in a range of the scan text the first of the pieces ends that its part was joined of, if what stands
    /// behind need not be more of it: see [`border`].
    pub fn border(&self, range: &Range<usize>) -> Option<usize> {
        let part = self.part_at(range.start)?;
        let value = part.value.range();
        let begins_anew = part.pieces.begins_anew()?;
        let first = self.map.second(&clip(range, &value))?;
        let is_sure = self.text.get(clip(&first, &value)).is_some_and(border::is_sure);
        let mut at = range.start;
        // What goes on at a later border goes on at all of them, unless the first is sure and that is a word.
        while let Some(second) = self.map.second(&clip(&(at..range.end), &value)) {
            let before = self.text.get(at..second.start).unwrap_or_default();
            let behind = self.text.get(clip(&second, &value))?;
            let goes_on = !begins_anew(behind) && (!is_sure || border::is_of_token(behind));
            if border::is_open(before, behind) || goes_on {
                return None;
            }
            at = second.start;
        }
        Some(first.start)
    }

    /// Whether a mail address that begins with a piece may have begun before it, in these pieces.
    pub fn may_go_on_to_mail(&self, before: &Range<usize>, piece: &Range<usize>) -> bool {
        let text = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        border::may_go_on_to_mail(text(before), text(piece))
    }

    /// Where in a range of the scan text pieces begin that may each be whole, behind its start, and whether that is an
    /// address, which goes on with nothing before it. Of very many the first.
    pub fn borders(&self, range: &Range<usize>) -> Vec<(usize, bool)> {
        let mut borders = Vec::new();
        let Some(part) = self.part_at(range.start).filter(|part| part.pieces.begins_anew().is_some()) else {
            return borders;
        };
        let range = clip(range, &part.value.range());
        let mut at = range.start;
        while let Some(second) = self.map.second(&(at..range.end)).filter(|_| borders.len() < BORDERS) {
            let is_address = self.text.get(second.clone()).is_some_and(border::is_address);
            borders.push((second.start, is_address));
            at = second.start;
        }
        borders
    }

    /// Whether a piece begins with something of its own.
    pub fn begins_anew(&self, piece: &Range<usize>) -> bool {
        self.text.get(piece.clone()).is_some_and(border::begins_anew)
    }

    /// The piece that begins at a border in the scan text.
    pub fn piece_behind(&self, border: usize) -> Option<Range<usize>> {
        let part = self.part_at(border)?;
        let piece = self.map.second(&(border.checked_sub(1)?..border + 1))?;
        Some(clip(&piece, &part.value.range()))
    }

    /// Whether a piece begins at a place of the scan text.
    pub fn begins_piece(&self, at: usize) -> bool {
        let Some(part) = self.part_at(at) else { return false };
        let value = part.value.range();
        let before = at.saturating_sub(1)..value.end;
        at == value.start || self.map.second(&before).is_some_and(|second| second.start == at)
    }

    /// Whether what a finding begins with is something else than what stands before it: it begins where a piece does,
    /// behind a placeholder, or with a name of its own.
    pub fn begins_behind_border(&self, range: &Range<usize>) -> bool {
        let part = self.part_at(range.start).filter(|part| part.pieces.begins_anew().is_some());
        let Some(part) = part else { return false };
        let value = part.value.range();
        let last = range.start.saturating_sub(1)..value.end;
        let second = self.map.second(&last).filter(|second| second.start == range.start);
        let Some(behind) = second.and_then(|second| self.text.get(clip(&second, &value))) else {
            return false;
        };
        let is_behind_placeholder = last.start > value.start && self.text.get(last.start) == Some(&b']');
        border::is_named(behind) || is_behind_placeholder && border::begins_anew(behind)
    }

    /// Takes note of what the parts from a number on were joined of.
    fn are_of(&mut self, pieces: Pieces, first: usize) {
        self.parts.iter_mut().skip(first).for_each(|part| part.pieces = pieces);
    }

    /// Whether two places of the scan text are in one reading of one leaf.
    #[must_use]
    pub fn are_of_one_part(&self, one: usize, other: usize) -> bool {
        self.parts_up_to(one) == self.parts_up_to(other)
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
                    let key = shown.and_then(|shown| self.text.get(shown.range()));
                    visit(InnerStep::Key(key.unwrap_or_default()));
                }
                Step::Index(index) => visit(InnerStep::Index(*index as usize)),
                Step::Root | Step::Label { .. } => {}
            }
        }
    }

    fn begin(&mut self, content: usize, mapped: bool) {
        self.text.clear();
        self.map.begin(mapped);
        self.length = content;
        self.parts.clear();
        self.leaves.clear();
        self.calls.clear();
        self.printed = 0..0;
        self.nodes.clear();
        self.nodes.push(Node {
            parent: ROOT,
            step: Step::Root,
            named: ROOT,
            kind: 0,
            called: Range32::default(),
        });
        self.budget = content.saturating_mul(OPEN_RATIO).saturating_add(OPEN_FREE_BYTES);
        self.rounds = 0;
        self.gutters = 0;
        self.limit = None;
    }

    /// A buffer for a string in a string.
    fn spare(&mut self) -> (Vec<u8>, Map) {
        let (mut bytes, mut map) = self.spare.pop().unwrap_or_default();
        bytes.clear();
        map.begin(self.map.is_kept());
        (bytes, map)
    }

    fn part_at(&self, at: usize) -> Option<&Part> {
        self.parts.get(self.parts_up_to(at).checked_sub(1)?)
    }

    /// How many parts begin at a place of the scan text or before it.
    fn parts_up_to(&self, at: usize) -> usize {
        self.parts.partition_point(|part| part.start as usize <= at)
    }

    /// A step further down. `kind` tells its siblings from other nodes: see [`Node::kind`].
    fn node(&mut self, parent: NodeId, step: Step, kind: u64) -> NodeId {
        let above = self.nodes.get(parent.0 as usize);
        let (named, above) = above.map_or((ROOT, 0), |node| (node.named, node.kind));
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(0));
        let named = if matches!(step, Step::Key { .. } | Step::Label { .. }) { id } else { named };
        if self.nodes.len() >= OPEN_LEAVES {
            self.limit = self.limit.or(Some(Limit::Leaves));
            return ROOT;
        }
        let kind = (above ^ kind).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        self.nodes.push(Node { parent, step, named, kind, called: Range32::default() });
        id
    }

    /// Gives what stands at and below a node a better name.
    fn call(&mut self, id: NodeId, name: &Range<usize>) {
        if let Some(node) = self.nodes.get_mut(id.0 as usize).filter(|_| id != ROOT && !name.is_empty()) {
            node.named = id;
            node.called = name.clone().into();
        }
    }

    /// Shows a key to the scanner that is not shown with a value.
    fn show_key(&mut self, at: &At<'_>) {
        if self.is_unshown_key(at.node) {
            self.part(at, Form::Text, |_, _| ());
        }
    }

    fn is_unshown_key(&self, id: NodeId) -> bool {
        let step = self.nodes.get(id.0 as usize).map(|node| &node.step);
        matches!(step, Some(Step::Key { shown: None, .. } | Step::Label { shown: None, .. }))
    }

    /// A text as it stands, with what may be read in it besides.
    fn readings(&mut self, at: &At<'_>, range: &Range<usize>, look: Look, depth: usize) {
        if self.limit.is_some() {
            return;
        }
        self.part(at, Form::Text, |text, map| map.copy(text, at.source, range));
        table::open(self, at, range, look);
        if look.lines {
            wrap::open(self, at, range);
            holder::open(self, at, range);
        }
        if look.lines && look.questions {
            question::open(self, at, range);
        }
        notation::open(self, at, range);
        if self.gutters < gutter::DEEPEST && gutter::may_be_in(at.source.slice(range), look) {
            self.gutters += 1;
            gutter::open(self, at, range, depth);
            self.gutters -= 1;
        }
        if look.spelled || look.unseen && soft::hides(at.source.slice(range)) {
            self.soft_layers(at, range, depth);
        }
        doubled::open(self, at, range, depth);
        self.base64_layers(at, range, depth);
        if depth <= OPEN_DEPTH {
            dump::open(self, at, range, depth + 1);
        }
    }

    /// Lines with escapes and the like once more, with those undone: in a text that is not JSON, the `n`
    /// of `\n` is glued to what follows; so is the `m` of a terminal's colours.
    fn soft_layers(&mut self, at: &At<'_>, range: &Range<usize>, depth: usize) {
        let mut rest = range.clone();
        let rounds = self.rounds;
        self.rounds += 1;
        let round = if depth < OPEN_DEPTH { Round::One } else { Round::All };
        while let Some(window) = soft::window(at.source.bytes(), &rest) {
            if depth > OPEN_DEPTH {
                self.limit = self.limit.or(Some(Limit::Depth));
                return;
            }
            // What stands on a later line is not what the value begins with: it keeps the end of the line before.
            let window = window.start.saturating_sub(1).max(range.start)..window.end;
            self.layer(at, depth + 1, |text, map| soft::decode(text, map, at.source, &window, round));
            let mut forms = window.clone();
            while let Some(form) = soft::form(at.source.bytes(), &forms).filter(|_| rounds < FORM_ROUNDS) {
                self.layer(at, depth + 1, |text, map| soft::spaced(text, map, at.source, &form));
                forms.start = form.end;
            }
            rest.start = window.end.saturating_add(1).min(range.end);
        }
        self.rounds = rounds;
    }

    fn base64_layers(&mut self, at: &At<'_>, range: &Range<usize>, depth: usize) {
        let mut rest = range.clone();
        let rounds = std::mem::take(&mut self.rounds);
        while let Some((run, inside)) = base64::next(at.source.bytes(), &rest) {
            if depth > OPEN_DEPTH || inside == Inside::TooMuch {
                let limit = if depth > OPEN_DEPTH { Limit::Depth } else { Limit::Decoded };
                self.limit = self.limit.or(Some(limit));
                return;
            }
            self.layer(at, depth + 1, |text, map| match &inside {
                Inside::Text => base64::decode(text, map, at.source, &run),
                Inside::Hex => hex::decode(text, map, at.source, &run),
                Inside::Utf16 => base64::decode_utf16(text, map, at.source, &run),
                Inside::Compressed(inflated) => map.unit(text, at.source, &run, inflated),
                Inside::TooMuch => {}
            });
            rest.start = run.end;
        }
        self.rounds = rounds;
    }

    /// Opens a text that has to be decoded, at this depth: see [`Self::text_or_json`]. It is decoded to
    /// where it is scanned, and goes from there to a buffer only if there is more to open in it.
    fn decoded(
        &mut self,
        at: &At<'_>,
        depth: usize,
        decode: impl FnOnce(&mut Vec<u8>, &mut Map),
    ) -> Option<usize> {
        let shown = self.parts.len();
        let shows_key = self.is_unshown_key(at.node);
        self.part(at, Form::Text, decode);
        let value = self.parts.last()?.value.range();
        if !self.spend(value.len()) {
            return None;
        }
        if is_plain(self.text.get(value.clone())?) {
            return Some(shown);
        }
        let (mut bytes, mut map) = self.spare();
        bytes.extend_from_slice(self.text.get(value.clone()).unwrap_or_default());
        self.map.take(&mut map, value.start);
        self.forget(shows_key);
        let all = 0..bytes.len();
        let source = Source::decoded(&bytes, &map);
        let piece = self.text_or_json(&At { source: &source, ..*at }, &all, depth);
        self.spare.push((bytes, map));
        piece
    }

    /// Takes the value of the last part back; and its key, unless it is the first time that this is shown.
    fn forget(&mut self, shows_key: bool) {
        let Some(part) = self.parts.last_mut().filter(|_| shows_key) else {
            let start = self.parts.pop().map_or(0, |part| part.start as usize);
            self.text.truncate(start);
            return;
        };
        let start = part.value.start();
        part.value = (start..start).into();
        self.text.truncate(start);
        self.text.push(SEPARATOR);
    }

    /// Opens what a layer holds, at this depth: see [`Self::text_or_json`].
    fn layer(
        &mut self,
        at: &At<'_>,
        depth: usize,
        decode: impl FnOnce(&mut Vec<u8>, &mut Map),
    ) -> Option<usize> {
        let (mut bytes, mut map) = self.spare();
        decode(&mut bytes, &mut map);
        let mut piece = None;
        if self.spend(bytes.len()) {
            let source = Source::decoded(&bytes, &map);
            let all = 0..bytes.len();
            piece = self.text_or_json(&At { source: &source, ..*at }, &all, depth);
        }
        self.spare.push((bytes, map));
        piece
    }

    /// Appends one part: key, `: `, value, separator.
    fn part(&mut self, at: &At<'_>, form: Form, value: impl FnOnce(&mut Vec<u8>, &mut Map)) {
        let start = self.text.len();
        self.name(at);
        self.value_of(start, at.node, form, value);
    }

    /// Shows one range of a text under what stands in another, which is no step of a path and is shown by itself.
    fn called(&mut self, at: &At<'_>, name: &Range<usize>, value: &Range<usize>) {
        let show = |text: &mut Vec<u8>, map: &mut Map| map.copy(text, at.source, value);
        self.part_called(at.node, at.source.slice(name), show);
    }

    /// Shows a value under a name that is shown by itself, or made up of such.
    fn part_called(&mut self, node: NodeId, name: &[u8], value: impl FnOnce(&mut Vec<u8>, &mut Map)) {
        let start = self.text.len();
        self.text.extend_from_slice(name);
        map::hide_separators(self.text.get_mut(start..).unwrap_or_default());
        self.value_of(start, node, Form::Text, value);
    }

    /// Appends the value of the part whose name begins at `start`, and ends it.
    fn value_of(
        &mut self,
        start: usize,
        node: NodeId,
        form: Form,
        value: impl FnOnce(&mut Vec<u8>, &mut Map),
    ) {
        if self.text.len() > start {
            self.text.extend_from_slice(b": ");
        }
        let from = self.text.len();
        value(&mut self.text, &mut self.map);
        map::hide_separators(self.text.get_mut(from..).unwrap_or_default());
        let value = (from..self.text.len()).into();
        self.parts.push(Part { start: small(start), value, node, form, pieces: Pieces::One });
        self.text.push(SEPARATOR);
    }

    /// Appends what a place is called: the nearest key above it, or what is better. The first time a key
    /// is shown to the scanner it is mapped to where it stands; after that it is context, and a copy.
    fn name(&mut self, at: &At<'_>) {
        let named = self.nodes.get(at.node.0 as usize).map_or(ROOT, |node| node.named);
        let Some(node) = self.nodes.get_mut(named.0 as usize) else { return };
        if !node.called.is_empty() {
            self.text.extend_from_within(node.called.range());
            return;
        }
        match &mut node.step {
            Step::Key { shown: Some(shown), .. } | Step::Label { shown: Some(shown), .. } => {
                let shown = shown.range();
                let context = shown.start.max(shown.end.saturating_sub(CONTEXT_BYTES))..shown.end;
                self.text.extend_from_within(context);
            }
            Step::Key { inside, shown, .. } | Step::Label { inside, shown, .. } => {
                let start = self.text.len();
                json::decode(&mut self.text, &mut self.map, at.source, &inside.range());
                map::hide_separators(self.text.get_mut(start..).unwrap_or_default());
                *shown = Some((start..self.text.len()).into());
            }
            Step::Root | Step::Index(_) => {
                let start = self.text.len();
                self.text.extend_from_slice(at.outer);
                map::hide_separators(self.text.get_mut(start..).unwrap_or_default());
            }
        }
    }
}

/// What of a key is looked at wherever it says something: a long one over many values is not read for each of them.
fn end_of(key: &[u8]) -> &[u8] {
    key.get(key.len().saturating_sub(CONTEXT_BYTES)..).unwrap_or_default()
}

/// Whether a text is so short and plain that nothing else can be in it, as most of what stands in JSON is.
#[inline]
fn is_word(text: &[u8]) -> bool {
    text.len() < base64::SHORTEST
        && Look::at(text).is_as_it_stands()
        && !marker::may_end(text.trim_ascii_end())
}

/// Whether there is nothing in a text but what it says as it stands.
fn is_plain(text: &[u8]) -> bool {
    let all = 0..text.len();
    let look = Look::at(text);
    let may_be_more = look.spelled
        || look.unseen && soft::hides(text)
        || table::is_in(text, look)
        || look.lines
            && (wrap::is_in(text) || holder::is_in(text) || look.questions && question::is_in(text))
        || gutter::is_in(text, look)
        || dump::is_in(text)
        || doubled::is_in(text)
        || look.json && json::start(text, &all).is_some()
        || marker::at_end(text, &all) < text.len();
    !may_be_more && base64::next(text, &all).is_none() && !notation::is_in(text)
}

/// A range of a text without what stands around it.
fn trimmed(text: &[u8], mut range: Range<usize>, outer: &[u8]) -> Range<usize> {
    let is_outer = |byte: Option<&u8>| byte.is_some_and(|byte| outer.contains(byte));
    while range.start < range.end && is_outer(text.get(range.start)) {
        range.start += 1;
    }
    while range.start < range.end && is_outer(text.get(range.end - 1)) {
        range.end -= 1;
    }
    range
}

fn clip(range: &Range<usize>, to: &Range<usize>) -> Range<usize> {
    range.start.max(to.start)..range.end.min(to.end)
}

#[cfg(test)]
mod tests;
