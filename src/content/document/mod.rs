//! Opening JSON text: every string leaf of it, and the JSON in those. And what else has leaves and keys: a
//! [`Tree`] goes the same way, its leaves being as they are.
//!
//! What stands beside a leaf may say what it is: the option before it in an array (`["--token", "..."]`),
//! the name beside it in an object (`{"name": "API_KEY", "value": "..."}`), or that of its column, in rows whose names
//! stand beside them or come first (`{"columns": [...], "rows": [[...]]}`). It is then shown under that name. What stands
//! under a key like `value` without a name beside it goes by the key above (`{"password": {"value": "..."}}`), what
//! stands below a key like `credentials` is shown under both: see [`again`]. An array that is a command is shown as one: see
//! [`commands`].

mod again;
mod commands;

use super::call::Frame;
use super::command;
use super::holder;
use super::join::Leaf;
use super::json::{self, Lexer, Token};
use super::keys::Meaning;
use super::label;
use super::map::Map;
use super::role::Role;
use super::{At, Form, Node, NodeId, Opened, ROOT, Step};
use crate::tree::{self, Tree};
use std::ops::Range;

/// Array elements that are numbers of fewer bytes than this are passed over: embeddings have
/// thousands of them, and no rule asks for less without a key (an SSN has nine digits).
const SHORTEST_NUMBER: usize = 9;

/// Levels of objects and arrays whose nesting is followed. What is deeper is opened as well, but its
/// path stops there: no agent writes so deep, and a hostile sender pays for it himself.
const FOLLOWED_DEPTH: usize = 128;

/// Tokens of no JSON after which a text is given up as JSON: it is source code, or a sentence.
const JUNK: usize = 64;

/// Bytes of the longest text that names what stands beside it.
const LONGEST_NAME: usize = 128;

/// Values that wait for a name in one object.
const WAITING: usize = 4;

/// Columns of the widest table that is read, and of the narrowest whose names are its first row.
const COLUMNS: usize = 64;
const LEAST_COLUMNS: usize = 3;

/// Bytes of the longest value that is shown once more under a name that stands beside it.
const LONGEST_PAIRED: usize = 1024;

/// What tells a key in JSON: see [`Reader::jwk`].
const JWK_TYPE: &[u8] = b"kty";

/// What a value goes by whose object tells what it is.
const NUMBER: &[u8] = b"number";

/// Keys of numbers that are no secret.
const TIMES: [&[u8]; 5] = [b"expires", b"expirationDate", b"maxAge", b"max_age", b"ttl"];

/// Bytes of the longest string in the brackets of an index in code.
const LONGEST_INDEX: usize = 64;

/// JSON that was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Document {
    /// From end to end.
    Whole,
    /// Up to where it was cut off.
    Cut,
}

/// Opens the JSON text that begins at `start` in a range of `top.source` into `opened`. If it was not
/// understood as a document, the text is to be scanned as it stands, too.
pub(super) fn open(
    opened: &mut Opened,
    top: &At<'_>,
    start: usize,
    range: &Range<usize>,
    depth: usize,
) -> Option<Document> {
    let mut document = Reader::new(opened, top, depth, true);
    let mut lexer = Lexer::new(top.source.bytes(), &(start..range.end));
    // The leaves before an index in code, while that is read: what stands in one is a piece of nothing.
    let mut indexed = None;
    while let Some(token) = lexer.next() {
        if token == Token::Open && document.containers.is_empty() {
            document.begin(range.start..lexer.opened_at());
            lexer.look_at_quotes();
            let is_one = is_index(top.source.bytes(), lexer.opened_at());
            indexed = Some(document.opened.leaves.len()).filter(|_| is_one);
        } else if token == Token::Open && is_index(top.source.bytes(), lexer.opened_at()) {
            // `'PASSWORD': environ['DB']`: what stands in it is called nothing.
            document.flush_key();
        }
        document.at = lexer.opened_at();
        document.unclosed |= matches!(&token, Token::Text { inside, .. } if inside.end == range.end);
        document.token(token);
        if document.containers.is_empty()
            && let Some(leaves) = indexed.take()
        {
            document.opened.leaves.truncate(leaves);
        }
        if document.junk > JUNK || document.opened.limit.is_some() {
            break;
        }
    }
    document.understood &= !lexer.has_arrow();
    document.flush_key();
    document.settle();
    let is_whole = document.containers.is_empty() && !document.unclosed;
    let end = if is_whole { Document::Whole } else { Document::Cut };
    document.cut(range.end);
    document.understood.then_some(end)
}

/// Whether the bracket at a place is that of an index, with one string in it: `environ["PATH"]`.
fn is_index(text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    let behind = text.get(at..).unwrap_or_default();
    let [b'[', quote @ (b'"' | b'\''), inside @ ..] = behind else { return false };
    let inside = inside.get(..LONGEST_INDEX).unwrap_or(inside);
    let end = memchr::memchr(*quote, inside);
    before.is_some_and(|before| before.is_ascii_alphanumeric() || b"_)".contains(before))
        && end.is_some_and(|end| inside.get(end + 1) == Some(&b']'))
}

/// Opens a tree.
pub(super) fn open_tree(opened: &mut Opened, top: &At<'_>, tree: &Tree) {
    let mut document = Reader::new(opened, top, 0, false);
    for token in tree.tokens() {
        match token.clone() {
            tree::Token::Open => document.token(Token::Open),
            tree::Token::Close => document.token(Token::Close),
            tree::Token::Key(inside) => {
                document.token(Token::Text { inside, is_key: true, is_escaped: false });
            }
            tree::Token::Text(inside) => {
                document.token(Token::Text { inside, is_key: false, is_escaped: false });
            }
            tree::Token::Number(range) => document.token(Token::Scalar(range)),
            tree::Token::Other if document.key.is_some() => document.flush_key(),
            tree::Token::Other => document.pass_over(),
        }
        // There are no commas: each value ends where the next begins.
        document.filled = false;
    }
    document.flush_key();
}

/// A reader's place in one document, or in several that stand one after the other.
struct Reader<'d, 's> {
    opened: &'d mut Opened,
    top: &'d At<'s>,
    depth: usize,
    /// Whether it is JSON text: strings are escaped, and a number can only be replaced in quotes.
    is_text: bool,
    /// Open objects and arrays, as far as their nesting is followed.
    containers: Vec<Container>,
    /// How many are open below those.
    deeper: usize,
    /// A key whose value has not come yet.
    key: Option<NodeId>,
    /// The name that stands before the document.
    label: Option<NodeId>,
    /// Whether a value has come since the last comma: JSON has no two side by side.
    filled: bool,
    /// Where the bracket stands that comes now.
    at: usize,
    /// Where the last key ends that was shown.
    jwk_end: usize,
    /// Whether any token has come.
    begun: bool,
    /// Whether the text is JSON from its first token on.
    understood: bool,
    /// Whether its last string has no end.
    unclosed: bool,
    /// Whether the document that is being read is not.
    broken: bool,
    /// The first part of that document.
    first_part: usize,
    /// Tokens of no JSON inside objects and arrays.
    junk: usize,
    /// The elements of the arrays that are open and may be commands: where each stands in the scan text.
    words: Vec<Range<usize>>,
}

struct Container {
    node: NodeId,
    /// Where its bracket stands.
    start: usize,
    /// Whether it is a key in JSON.
    is_jwk: bool,
    /// Whether it holds a value that another member may tell of.
    is_told: bool,
    /// Whether the value that comes next is a time.
    is_time: bool,
    /// Whether there is a number in it that is none.
    has_number: bool,
    /// Bytes of what is in it that were shown as they stand.
    shown: usize,
    elements: u32,
    beside: Beside,
    /// What it says of a call of a tool.
    call: Frame,
    /// Its first of [`Reader::words`].
    words: usize,
    /// Whether there is an option among them.
    has_option: bool,
    /// What its leaves stand below: see [`holder`]. Most times nothing.
    holder: Vec<u8>,
    /// What the columns of the rows in it are called: ranges of the scan text. Most times there are none.
    columns: Vec<Range<usize>>,
}

/// What the leaves of a container say of one another. Ranges are of the scan text.
#[derive(Default)]
struct Beside {
    /// The option that stood last, without its dashes.
    option: Range<usize>,
    /// What stands under a key like `name`; better than what stands under one that ends in it.
    name: Range<usize>,
    other_name: Range<usize>,
    /// What came under keys like `value` before there was a name, up to [`WAITING`].
    values: Vec<(NodeId, Range<usize>)>,
    /// The key whose value comes next is like `name`, or like `value`.
    next: Role,
    /// The program that is called.
    program: Range<usize>,
    /// Its arguments, which came before it.
    arguments: Option<(NodeId, Vec<Range<usize>>)>,
}

impl Beside {
    /// What a value here goes by.
    fn called(&self) -> Range<usize> {
        if self.name.is_empty() { self.other_name.clone() } else { self.name.clone() }
    }
}

impl<'d, 's> Reader<'d, 's> {
    fn new(opened: &'d mut Opened, top: &'d At<'s>, depth: usize, is_text: bool) -> Self {
        Self {
            first_part: opened.parts.len(),
            opened,
            top,
            depth,
            is_text,
            containers: Vec::new(),
            deeper: 0,
            key: None,
            label: None,
            filled: false,
            at: 0,
            jwk_end: 0,
            begun: false,
            understood: true,
            unclosed: false,
            broken: false,
            junk: 0,
            words: Vec::new(),
        }
    }

    fn token(&mut self, token: Token) {
        let begun = std::mem::replace(&mut self.begun, true);
        match token {
            Token::Text { inside, is_key: true, .. } => {
                self.flush_key();
                // A member by itself is none of JSON: the text is a piece of it.
                let is_alone = self.is_text && self.containers.is_empty();
                self.demand(!(self.filled || is_alone));
                self.key(inside);
            }
            // A string between documents: a quotation in a text.
            Token::Text { .. } if begun && self.containers.is_empty() && self.key.is_none() => {
                self.demand(false);
            }
            Token::Text { inside, is_key: false, is_escaped } => {
                let is_element = self.key.is_none();
                let node = self.value();
                let shown = self.string(node, &inside, is_escaped);
                if is_element {
                    self.element(shown);
                }
            }
            Token::Scalar(range) => self.scalar(&range),
            Token::Open => self.open(),
            Token::Close => {
                self.flush_key();
                self.close();
                // Documents may stand one after the other.
                self.filled = !self.containers.is_empty();
                if !self.filled {
                    self.settle();
                }
            }
            Token::Comma => {
                self.flush_key();
                self.filled = false;
            }
            Token::Junk => {
                self.demand(false);
                self.junk += usize::from(!self.containers.is_empty());
            }
        }
    }

    /// Takes note of whether something is as JSON has it.
    fn demand(&mut self, holds: bool) {
        self.understood &= holds;
        self.broken |= !holds && !self.containers.is_empty();
    }

    /// Ends a document. If it was none, a number in it is text: it needs no quotes when it is replaced.
    fn settle(&mut self) {
        if std::mem::take(&mut self.broken) {
            self.opened.parts.iter_mut().skip(self.first_part).for_each(|part| part.form = Form::Text);
        }
        self.first_part = self.opened.parts.len();
    }

    /// A document begins behind this range of the text, where its name may stand.
    fn begin(&mut self, before: Range<usize>) {
        let bracket = self.top.source.bytes().get(before.end).copied().unwrap_or_default();
        let name = label::before(self.top.source.slice(&before), bracket);
        self.label = name.map(|name| {
            let inside = before.start + name.start..before.start + name.end;
            let Meaning { kind, is_of_words, .. } = self.opened.keys.meaning(self.top.source.slice(&inside));
            self.opened.node(
                self.top.node,
                Step::Label { inside: inside.into(), shown: None, is_of_words },
                kind,
            )
        });
    }

    fn open(&mut self) {
        if self.containers.len() >= FOLLOWED_DEPTH {
            self.flush_key();
            self.deeper += 1;
        } else {
            let node = self.value();
            self.show_key(node);
            let holder = self.holder(node);
            let words = self.words.len();
            let beside = Beside::default();
            let call = Frame::begin(self.opened, self.key_in_call());
            self.containers.push(Container {
                node,
                start: self.at,
                is_jwk: false,
                is_told: false,
                is_time: false,
                has_number: false,
                shown: 0,
                elements: 0,
                beside,
                call,
                words,
                has_option: false,
                holder,
                columns: Vec::new(),
            });
        }
        self.filled = false;
    }

    fn close(&mut self) {
        match self.deeper.checked_sub(1) {
            Some(left) => self.deeper = left,
            None => {
                let closed = self.containers.pop();
                self.demand(closed.is_some());
                closed.into_iter().for_each(|mut array| {
                    self.columns(&array);
                    self.pair(&array);
                    self.command(&array);
                    self.jwk(&array);
                    self.told(&mut array);
                    self.list(&array);
                    self.end_call(&array);
                    if let Some(above) = self.containers.last_mut() {
                        above.shown += array.shown;
                        above.has_number |= array.has_number;
                    }
                });
            }
        }
    }

    fn key(&mut self, inside: Range<usize>) {
        let parent = self.containers.last().map_or(self.top.node, |container| container.node);
        let text = self.top.source.slice(&inside);
        let Meaning { kind, role, is_spelled, is_of_words, in_call } = self.opened.keys.meaning(text);
        let inherits = matches!(role, Role::Value | Role::Type);
        let step = Step::Key { inside: inside.clone().into(), shown: None, is_of_words };
        let node = self.opened.node(parent, step, kind);
        if is_spelled {
            self.spelled_key(node, &inside);
        }
        if inherits {
            // Its own name says nothing of it: it is shown, and then it goes by what stands above.
            self.show_key(node);
            self.opened.inherit(node, parent, self.top.outer);
        }
        if let Some(container) = self.containers.last_mut() {
            container.beside.next = role;
            container.call.next = in_call;
            container.is_jwk |= text == JWK_TYPE;
            container.is_told |= text == NUMBER;
            container.is_time = TIMES.contains(&text);
            if role == Role::Value {
                let name = container.beside.called();
                self.opened.call(node, &name);
            }
        }
        self.key = Some(node);
    }

    /// Opens a key with layers in it.
    fn spelled_key(&mut self, node: NodeId, inside: &Range<usize>) {
        self.show_key(node);
        let at = At { node, ..*self.top };
        let (depth, decode) = (self.depth + 1, self.decode(inside));
        self.opened.layer(&at, depth, decode);
    }

    /// Appends a leaf or a key that stands here: in JSON it may be escaped, in a tree it is as it is.
    fn decode<'r>(&self, inside: &'r Range<usize>) -> impl FnOnce(&mut Vec<u8>, &mut Map) + use<'r, 's> {
        let (source, is_text) = (self.top.source, self.is_text);
        move |text, map| match is_text {
            true => json::decode(text, map, source, inside),
            false => map.copy(text, source, inside),
        }
    }

    /// The node of the value that comes now: that of its key, or the next element of an array.
    fn value(&mut self) -> NodeId {
        self.demand(!self.filled);
        self.filled = true;
        if let Some(key) = self.key.take() {
            return key;
        }
        let Some(container) = self.containers.last_mut() else {
            return self.label.take().unwrap_or(self.top.node);
        };
        container.beside.next = Role::None;
        let (parent, index) = (container.node, container.elements);
        let option = std::mem::take(&mut container.beside.option);
        container.elements += 1;
        let node = self.opened.node(parent, Step::Index(index), 0);
        let name = if option.is_empty() { self.column(index) } else { option };
        self.opened.call(node, &name);
        node
    }

    /// What the column is called that an element of the row that is open stands in, if it is one.
    fn column(&self, index: u32) -> Range<usize> {
        let mut open = self.containers.iter().rev();
        let row = open.next().filter(|row| self.opened.is_index(row.node));
        let (Some(_), Some(rows)) = (row, open.next()) else { return 0..0 };
        let names = match open.next() {
            Some(table) if rows.columns.is_empty() => &table.columns,
            _ => &rows.columns,
        };
        names.get(index as usize).cloned().unwrap_or_default()
    }

    /// Takes note of what an array that was closed calls the columns beside it, or below it.
    fn columns(&mut self, array: &Container) {
        let Some(words) = self.words.get(array.words..) else { return };
        let text = |word: &Range<usize>| self.opened.text.get(word.clone()).unwrap_or_default();
        let are_names =
            words.len() == array.elements as usize && words.iter().all(|word| is_name(text(word)));
        if words.is_empty() || !are_names || words.len() > COLUMNS {
            return;
        }
        let words = words.to_vec();
        let is_row = self.opened.is_index(array.node);
        let Some(above) = self.containers.last_mut() else { return };
        let is_header = is_row && above.elements == 1 && words.len() >= LEAST_COLUMNS;
        if is_header || !is_row && above.beside.next == Role::Columns {
            above.columns = words;
        }
    }

    /// Shows a key to the scanner that has no value of its own to be shown with.
    fn flush_key(&mut self) {
        if let Some(node) = self.key.take() {
            self.show_key(node);
        }
    }

    fn show_key(&mut self, node: NodeId) {
        self.opened.show_key(&At { node, ..*self.top });
    }

    fn scalar(&mut self, range: &Range<usize>) {
        let is_number = self.top.source.slice(range).iter().any(u8::is_ascii_digit);
        if let Some(container) = self.containers.last_mut().filter(|_| is_number) {
            container.has_number |= !container.is_time;
        }
        let has_key = self.key.is_some();
        if !has_key && range.len() < SHORTEST_NUMBER {
            self.pass_over();
            return;
        }
        let at = At { node: self.value(), ..*self.top };
        let quotes = self.is_text.then(|| u8::try_from(self.depth).unwrap_or(u8::MAX));
        let form = match self.containers.is_empty() {
            true => Form::Text,
            false => Form::Bare { quotes },
        };
        self.opened.part(&at, form, |text, map| map.copy(text, at.source, range));
    }

    /// Counts an element that is not looked at.
    fn pass_over(&mut self) {
        self.demand(!self.filled);
        self.filled = true;
        if let Some(container) = self.containers.last_mut() {
            container.elements += 1;
            container.beside.option = 0..0;
        }
    }

    /// A string leaf: as it is where it has no escapes, otherwise decoded, and opened again if what it
    /// says is JSON. Gives back where it stands in the scan text, if it stands there as one.
    fn string(&mut self, node: NodeId, inside: &Range<usize>, is_escaped: bool) -> Option<Range<usize>> {
        let at = At { node, ..*self.top };
        let raw = at.source.slice(inside);
        // The leaf of a tree stands by itself: JSON in it is in no string.
        let depth = if self.is_text { self.depth + 1 } else { self.depth };
        let decode = |text: &mut Vec<u8>, map: &mut Map| json::decode(text, map, at.source, inside);
        let leaf = if !is_escaped {
            self.opened.text_or_json(&at, inside, depth)
        } else if json::looks_like_json(raw) {
            self.show_key(node);
            self.opened.layer(&at, depth, decode)
        } else {
            self.opened.decoded(&at, depth, decode)
        };
        let value = leaf.and_then(|leaf| self.opened.parts.get(leaf)).map(|part| part.value.range())?;
        self.leaf(node, inside, value.clone());
        Some(value)
    }

    /// Takes note of an element of an array that may be a command.
    fn element(&mut self, shown: Option<Range<usize>>) {
        let Some(container) = self.containers.last_mut() else { return };
        let text = shown.clone().and_then(|shown| self.opened.text.get(shown)).unwrap_or_default();
        container.has_option |= command::is_option(text);
        if self.words.len() - container.words < command::MOST_WORDS {
            self.words.push(shown.unwrap_or_default());
        }
    }

    /// Closes the objects and arrays that the text was cut off in.
    fn cut(&mut self, end: usize) {
        self.at = end.saturating_sub(1);
        while let Some(container) = self.containers.pop() {
            self.command(&container);
            self.jwk(&container);
            self.end_call(&container);
        }
    }

    /// What stands in the container at a node stands below.
    fn holder(&self, node: NodeId) -> Vec<u8> {
        let above = self.containers.last().map_or(&[][..], |container| &container.holder);
        let own = self.opened.own_name(node, self.top.outer);
        let is_held = !above.is_empty() || holder::is_one(own);
        if is_held { holder::below(above, own) } else { Vec::new() }
    }

    /// Takes note of a text leaf, and of what it says of others.
    fn leaf(&mut self, node: NodeId, inside: &Range<usize>, value: Range<usize>) {
        self.opened.leaf(node, value.clone());
        self.below(node, inside);
        self.in_call(node, &value);
        let Some(container) = self.containers.last_mut() else { return };
        let text = self.opened.text.get(value.clone()).unwrap_or_default();
        let is_name = !text.is_empty() && text.len() <= LONGEST_NAME && !text.contains(&b'\n');
        let beside = &mut container.beside;
        match beside.next {
            Role::Name | Role::OtherName if is_name => {
                // One that is better may come yet: then the values that waited are shown by both.
                let is_other = beside.next == Role::OtherName;
                let values = match is_other {
                    true => beside.values.clone(),
                    false => std::mem::take(&mut beside.values),
                };
                match is_other {
                    true => beside.other_name = value.clone(),
                    false => beside.name = value.clone(),
                }
                values.into_iter().for_each(|(node, inside)| self.again(node, &value, &inside));
            }
            Role::Value | Role::OtherValue => {
                if beside.next == Role::Value {
                    container.is_told = true;
                }
                if beside.name.is_empty() && beside.values.len() < WAITING {
                    beside.values.push((node, inside.clone()));
                }
                let name = beside.called();
                // A value is called by its name already.
                if beside.next == Role::OtherValue && !name.is_empty() && inside.len() <= LONGEST_PAIRED {
                    self.again(node, &name, inside);
                }
            }
            Role::Command if is_name => self.program(value),
            Role::None if is_name => beside.option = option(text, value.start),
            _ => {}
        }
    }
}

/// Whether a text is one word that a header or a variable may be called by.
fn is_name(text: &[u8]) -> bool {
    text.len() <= LONGEST_NAME
        && text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte))
}

impl Opened {
    /// The end of the name that a node has itself, where it was shown; that of the root is `outer`.
    fn own_name<'n>(&'n self, id: NodeId, outer: &'n [u8]) -> &'n [u8] {
        match self.nodes.get(id.0 as usize).map(|node| &node.step) {
            Some(Step::Key { shown: Some(shown), .. } | Step::Label { shown: Some(shown), .. }) => {
                super::end_of(self.text.get(shown.range()).unwrap_or_default())
            }
            Some(Step::Root) => outer,
            _ => &[],
        }
    }

    fn is_index(&self, id: NodeId) -> bool {
        self.nodes.get(id.0 as usize).is_some_and(|node| matches!(node.step, Step::Index(_)))
    }

    /// Calls what stands at and below a node by what its parent is called by, if that is anything.
    fn inherit(&mut self, id: NodeId, parent: NodeId, outer: &[u8]) {
        let named = self.nodes.get(parent.0 as usize).map(|above| above.named);
        let Some(named) = named.filter(|named| *named != ROOT || !outer.is_empty()) else { return };
        if let Some(node) = self.nodes.get_mut(id.0 as usize).filter(|_| id != ROOT) {
            node.named = named;
        }
    }

    /// Takes the elements of the array at a node, which were the last leaves, from those that may be pieces.
    fn part_leaves(&mut self, array: NodeId) {
        let is_element = |leaf: &mut Leaf| {
            let node = self.nodes.get(leaf.node.0 as usize);
            node.is_some_and(|node| node.parent == array && matches!(node.step, Step::Index(_)))
        };
        while self.leaves.pop_if(is_element).is_some() {}
    }

    fn leaf(&mut self, node: NodeId, value: Range<usize>) {
        let Some(Node { kind, step, .. }) = self.nodes.get(node.0 as usize) else { return };
        if !matches!(step, Step::Key { is_of_words: true, .. } | Step::Label { is_of_words: true, .. }) {
            self.leaves.push(Leaf { kind: *kind, node, value: value.into() });
        }
    }
}

/// Where the name of an option of a command line stands, in a text that is nothing else: `--token`, `-p`.
fn option(text: &[u8], at: usize) -> Range<usize> {
    let name = text.strip_prefix(b"--").or_else(|| text.strip_prefix(b"-")).unwrap_or_default();
    let is_name = name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte));
    let end = at + text.len();
    if is_name { end - name.len()..end } else { 0..0 }
}
