//! Leaves that belong together: the pieces of a stream.
//!
//! A model's answer comes in pieces, and some agents send the pieces as they came: a token of forty
//! characters stands in three leaves, with objects, roles and token counts between them. So leaves that
//! stand at the same path but for the indexes on it (`[0].text`, `[1].text`) are opened once more as one
//! text, in the order they stand in.
//!
//! Leaves short enough to be pieces are joined whole, unless they are several whole lines of words. Of other ones the
//! ends are: what may be cut by their border, and a few words before it; if they end with their line, as the output of
//! tools does, that line, where it announces something. What stands under keys that take one of a few words (`role`) is
//! not joined. So joining costs little where nothing was split.
//!
//! A short one behind a question is shown under that, too: `question` does so within one text. Elements of an array of
//! which one is indented are lines, as of a patch, and are shown as those as well.
//!
//! What stands under names of its own is no piece: the words of a command, variables, values beside their names.
//!
//! **Bias.** Whatever else looks like siblings is joined: messages of a conversation, too. What is whole before a border
//! ends there where something begins behind it (`border`), unless the pieces say that they are a stream: one begins or
//! ends with a blank, as words do in a sentence, or they are many and short.

use super::border::{self, Pieces};
use super::map::Source;
use super::question;
use super::range32::Range32;
use super::{At, Form, Node, NodeId, Opened, ROOT, Step};
use crate::limits::{JOINED_LEAF_BYTES, JOINED_RUN_BYTES};
use crate::numbered;
use std::ops::Range;

/// Bytes before a border, in a long leaf, that may say what stands behind it.
const WORDS: usize = 48;

/// Bytes that the pieces of a stream have at most, on the average, and how many such there are, at least, if none
/// begins or ends with a blank.
const SHORT: usize = 8;
const MANY: usize = 8;

/// Pieces in what was put together of pieces.
const LEVELS: usize = 4;

/// Keys whose values are one of a few words, or an id: nothing that a model wrote piece by piece.
const KEYS_OF_WORDS: [&[u8]; 12] = [
    b"role",
    b"type",
    b"id",
    b"name",
    b"kind",
    b"status",
    b"model",
    b"finish_reason",
    b"finishReason",
    b"call_id",
    b"tool_call_id",
    b"timestamp",
];

/// Whether the leaves under a key belong to themselves alone.
#[must_use]
pub fn is_of_words(key: &[u8]) -> bool {
    KEYS_OF_WORDS.contains(&key)
}

/// Bytes of the longest of several texts that is looked at whole: a frame of JSON may be around a piece in it.
const WHOLE: usize = 2 << 10;

/// Several texts as runs of what may be pieces of one: the number of each text, and what part of it. A text is whole in
/// one run; or, if it is long, its beginning ends one, and its end, behind that, begins the next.
#[must_use]
pub fn runs(texts: &[&[u8]]) -> Vec<Vec<(usize, Range<usize>)>> {
    let mut runs = vec![Vec::new()];
    for (number, text) in texts.iter().enumerate() {
        let all = 0..text.len();
        let (head, tail) = (head(text, &all), tail(text, &all));
        let mut add = |part: Range<usize>| {
            if !part.is_empty() {
                runs.last_mut().into_iter().for_each(|run| run.push((number, part.clone())));
            }
        };
        if text.len() <= WHOLE || tail.start < head.end {
            add(all);
        } else {
            // A word with a blank behind it says that the pieces are a stream.
            let word = text.get(head.clone()).unwrap_or_default().trim_ascii_end().len();
            add(head.start..head.start + word);
            runs.push(Vec::from_iter(Some((number, tail)).filter(|(_, tail)| !tail.is_empty())));
        }
    }
    runs.retain(|run| run.len() > 1);
    runs
}

/// A text leaf.
#[derive(Clone)]
pub(super) struct Leaf {
    /// The same for leaves at the same path but for the indexes.
    pub(super) kind: u64,
    pub(super) node: NodeId,
    /// Where in the scan text its text stands.
    pub(super) value: Range32,
}

/// Opens what stands in pieces; then the pieces in that.
pub(super) fn open(opened: &mut Opened) {
    for _ in 0..LEVELS {
        let mut leaves = std::mem::take(&mut opened.leaves);
        // By the place in the text second: pieces stay in their order.
        leaves.sort_unstable_by_key(|leaf| (leaf.kind, leaf.value.start()));
        for siblings in leaves.chunk_by(|one, next| one.kind == next.kind) {
            if siblings.len() > 1 {
                chain(opened, siblings);
            }
        }
        if opened.leaves.is_empty() {
            leaves.clear();
            opened.leaves = leaves;
            return;
        }
    }
    opened.leaves.clear();
}

/// Joins siblings, as far as they are pieces; any other ends a join and begins the next.
fn chain(opened: &mut Opened, siblings: &[Leaf]) {
    lines(opened, siblings);
    let mut joined = Joined::default();
    let mut before: Option<NodeId> = None;
    for leaf in siblings {
        let is_apart = |before| {
            opened.are_called_apart(before, leaf.node) || opened.are_numbered_apart(before, leaf.node)
        };
        if before.replace(leaf.node).is_some_and(is_apart) {
            joined.open(opened);
        }
        let value = leaf.value.range();
        if is_piece(&opened.text, &value) {
            joined.push(leaf, value);
            continue;
        }
        let head = head(&opened.text, &value);
        let is_unbroken = head == value;
        joined.push(leaf, head);
        if is_unbroken {
            continue;
        }
        joined.ends_in_head = true;
        joined.open(opened);
        joined.push(leaf, tail(&opened.text, &value));
    }
    joined.open(opened);
}

/// Shows the elements of an array as lines, if they are such: each is one, and one of them is indented, behind the sign
/// of a diff or none.
fn lines(opened: &mut Opened, siblings: &[Leaf]) {
    let line = |leaf: &Leaf| opened.text.get(leaf.value.range()).unwrap_or_default();
    let is_indented = |leaf: &Leaf| matches!(line(leaf), [b' ' | b'+' | b'-', b' ', b' ', ..]);
    let is_line = |leaf: &&Leaf| {
        let is_element =
            opened.nodes.get(leaf.node.0 as usize).is_some_and(|node| matches!(node.step, Step::Index(_)));
        let line = line(leaf);
        is_element && line.len() <= JOINED_LEAF_BYTES && !line.contains(&b'\n')
    };
    if !siblings.iter().any(is_indented) {
        return;
    }
    let lines: Vec<&Leaf> = siblings.iter().filter(is_line).collect();
    let arrays = lines.chunk_by(|one, next| opened.parent(one.node) == opened.parent(next.node));
    let arrays: Vec<_> = arrays.filter(|array| array.len() > 1).map(<[&Leaf]>::to_vec).collect();
    for array in arrays {
        let Some(first) = array.first() else { continue };
        let node = opened.unnamed_element(first.node);
        let pieces: Vec<_> = array.iter().map(|leaf| leaf.value.range()).collect();
        read(opened, node, &pieces, b"\n");
    }
}

/// Opens ranges of the scan text as one text, with something between them.
fn read(opened: &mut Opened, node: NodeId, pieces: &[Range<usize>], between: &[u8]) {
    let first = opened.parts.len();
    put_together(opened, node, pieces, between, |opened, at, all| {
        opened.text_or_json(at, all, 1);
    });
    // How deep in strings a piece stands is not known here: nothing in it is given quotes.
    opened.parts.iter_mut().skip(first).for_each(|part| part.form = Form::Text);
}

/// Ranges of the scan text that make one text.
#[derive(Default)]
struct Joined {
    node: Option<NodeId>,
    pieces: Vec<Range<usize>>,
    /// Whether the last is the first word of a long text, which is no piece of a stream.
    ends_in_head: bool,
}

impl Joined {
    fn push(&mut self, leaf: &Leaf, piece: Range<usize>) {
        if !piece.is_empty() {
            self.node.get_or_insert(leaf.node);
            self.pieces.push(piece);
        }
    }

    /// Opens what was pushed, unless it is one piece alone.
    fn open(&mut self, opened: &mut Opened) {
        if let Some(node) = self.node.take().filter(|_| self.pieces.len() > 1) {
            let node = opened.unnamed_element(node);
            let (first, is_stream) = (opened.parts.len(), self.is_stream(&opened.text));
            read(opened, node, &self.pieces, b"");
            if !is_stream {
                self.beginnings(opened, node);
                opened.are_of(Pieces::Leaves, first);
            }
            self.answers(opened, node);
        }
        self.pieces.clear();
        self.ends_in_head = false;
    }

    /// Reads those pieces together once more that stand between two of which each begins anew: what is whole there may
    /// run on in all of them.
    fn beginnings(&self, opened: &mut Opened, node: NodeId) {
        let begins =
            |piece: &Range<usize>| border::begins_anew(opened.text.get(piece.clone()).unwrap_or_default());
        let runs = self.pieces.chunk_by(|_, next| !begins(next));
        let some = runs.filter(|run| run.len() > 1 && run.len() < self.pieces.len());
        let some: Vec<_> = some.map(<[_]>::to_vec).collect();
        some.iter().for_each(|run| read(opened, node, run, b""));
    }

    /// Whether the pieces are those of one text for sure.
    fn is_stream(&self, text: &[u8]) -> bool {
        let is_open = |piece: &Range<usize>| {
            let piece = text.get(piece.clone()).unwrap_or_default();
            matches!(piece, [b' ', first, ..] if !first.is_ascii_whitespace())
                || matches!(piece, [.., last, b' '] if !last.is_ascii_whitespace())
        };
        let bytes: usize = self.pieces.iter().map(Range::len).sum();
        let pieces = self.pieces.len() - usize::from(self.ends_in_head).min(self.pieces.len());
        self.pieces.len() >= MANY && bytes <= SHORT * self.pieces.len()
            || self.pieces.iter().take(pieces).any(is_open)
    }

    /// Shows each short piece that stands behind a question under that: the messages of a chat.
    fn answers(&self, opened: &mut Opened, node: NodeId) {
        let pairs = self.pieces.iter().zip(self.pieces.iter().skip(1));
        for (asked, said) in pairs.filter(|(_, said)| said.len() <= question::ANSWER) {
            if opened.text.get(asked.clone()).is_some_and(|asked| asked.trim_ascii_end().ends_with(b"?")) {
                let end = asked.start.max(asked.end.saturating_sub(2 * question::QUESTION))..asked.end;
                put_together(opened, node, &[end, said.clone()], b"\n", question::open);
            }
        }
    }
}

/// Opens ranges of the scan text as one text, with something between them.
fn put_together(
    opened: &mut Opened,
    node: NodeId,
    pieces: &[Range<usize>],
    between: &[u8],
    open: impl FnOnce(&mut Opened, &At<'_>, &Range<usize>),
) {
    let (mut bytes, mut map) = opened.spare();
    let text = Source::decoded(&opened.text, &opened.map);
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 {
            bytes.extend_from_slice(between);
        }
        map.join(&mut bytes, &text, piece);
    }
    if opened.spend(bytes.len()) {
        let source = Source::decoded(&bytes, &map);
        open(opened, &At { source: &source, outer: b"", node }, &(0..bytes.len()));
    }
    opened.spare.push((bytes, map));
}

impl Opened {
    fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.nodes.get(id.0 as usize).map(|node| node.parent)
    }

    /// Whether names stand beside two values that are not the same: `{"name": "user", "value": ...}`.
    fn are_called_apart(&self, one: NodeId, other: NodeId) -> bool {
        let name = |id: NodeId| {
            let called = self.nodes.get(id.0 as usize).map(|node| node.called.range()).unwrap_or_default();
            self.text.get(called).unwrap_or_default()
        };
        let is_key = |id: NodeId| {
            self.nodes.get(id.0 as usize).is_some_and(|node| matches!(node.step, Step::Key { .. }))
        };
        is_key(one) && is_key(other) && name(one) != name(other)
    }

    /// Whether two values stand under keys that differ in a number, and none of them is the next.
    fn are_numbered_apart(&self, one: NodeId, other: NodeId) -> bool {
        let key = |id: NodeId| match self.nodes.get(id.0 as usize).map(|node| node.step) {
            Some(Step::Key { shown: Some(shown), .. }) => self.text.get(shown.range()),
            _ => None,
        };
        let (Some(one), Some(other)) = (key(one), key(other)) else { return false };
        one != other && !numbered::follow(&numbered::split(other).1, &numbered::split(one).1)
    }

    /// The same place without the name of its key, if it is an element of an array, or one of several keys with numbers.
    /// What stands under a name like `password` there is several values, and no pieces of one: `["required", "min:8"]`.
    fn unnamed_element(&mut self, id: NodeId) -> NodeId {
        let Some(&Node { parent, step, kind, .. }) = self.nodes.get(id.0 as usize) else { return id };
        let is_one_of_several = match step {
            Step::Index(_) => true,
            Step::Key { shown, .. } => {
                let key = shown.and_then(|shown| self.text.get(shown.range())).unwrap_or_default();
                key.iter().any(u8::is_ascii_digit)
            }
            Step::Root | Step::Label { .. } => false,
        };
        if !is_one_of_several {
            return id;
        }
        let element = self.node(parent, step, kind);
        if let Some(node) = self.nodes.get_mut(element.0 as usize) {
            node.named = ROOT;
        }
        element
    }
}

/// Whether a leaf is so short that it may be a piece, and is not whole lines of words, as a tool prints them. Of a line
/// without a blank a key may be made, with the lines before it.
fn is_piece(text: &[u8], value: &Range<usize>) -> bool {
    let inside = text.get(value.clone()).unwrap_or_default();
    let is_key = |last: &[u8]| !last.contains(&b' ') || last.ends_with(b"--");
    let is_of_words = |last: &[u8]| last.len() + 1 < inside.len() && !is_key(last);
    inside.len() <= JOINED_LEAF_BYTES && !last_line(inside).is_some_and(is_of_words)
}

/// The last of the lines that a text is of, without its end; none if the text goes on behind the end of a line.
fn last_line(text: &[u8]) -> Option<&[u8]> {
    let lines = text.strip_suffix(b"\n")?;
    lines.rsplit(|byte| *byte == b'\n').next()
}

/// What a border may have cut off the token before it, with the blank behind, which says that a word ends there.
fn head(text: &[u8], value: &Range<usize>) -> Range<usize> {
    let inside = text.get(value.clone()).unwrap_or_default();
    let token = inside.iter().take(JOINED_RUN_BYTES).take_while(|byte| !byte.is_ascii_whitespace()).count();
    let blank = inside.get(token).is_some_and(u8::is_ascii_whitespace);
    value.start..value.start + token + usize::from(token > 0 && blank)
}

/// Whether the last line of a leaf may say what comes in the next: it ends in a sign that something follows, or, a few
/// words in a leaf that may be a piece, in none at all.
fn announces(last: &[u8], may_be_piece: bool) -> bool {
    let end = last.trim_ascii_end().last();
    last.len() <= JOINED_LEAF_BYTES
        && end.is_some_and(|end| {
            b"-:=,|>{([?\"\\".contains(end)
                || may_be_piece && last.len() <= WORDS && end.is_ascii_alphanumeric()
        })
}

/// The last token, and the words before it; of whole lines the last, if it may say what comes next.
fn tail(text: &[u8], value: &Range<usize>) -> Range<usize> {
    let inside = text.get(value.clone()).unwrap_or_default();
    if let Some(last) = last_line(inside) {
        let shown = if announces(last, inside.len() <= JOINED_LEAF_BYTES) { last.len() + 1 } else { 0 };
        return value.end - shown..value.end;
    }
    let token =
        inside.iter().rev().take(JOINED_RUN_BYTES).take_while(|byte| !byte.is_ascii_whitespace()).count();
    let mut start = inside.len().saturating_sub(token + WORDS);
    // A character is not cut.
    while inside.get(start).is_some_and(|byte| byte & 0xc0 == 0x80) {
        start += 1;
    }
    value.start + start..value.end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_hold_short_texts_whole_and_the_ends_of_long_ones() {
        let long = format!("{} {} {}", "a".repeat(10), "words ".repeat(WHOLE), "b".repeat(10));
        let solid = "c".repeat(WHOLE + 1);
        let check = |texts: &[&str], expected: &[&[(usize, &str)]]| {
            let bytes: Vec<_> = texts.iter().map(|text| text.as_bytes()).collect();
            let runs = runs(&bytes);
            let told: Vec<Vec<_>> = runs
                .iter()
                .map(|run| {
                    run.iter()
                        .filter_map(|(at, part)| Some((*at, texts.get(*at)?.get(part.clone())?)))
                        .collect()
                })
                .collect();
            assert_eq!(told, expected);
        };
        check(&["x", "y"], &[&[(0, "x"), (1, "y")]]);
        check(&["x"], &[]);
        check(&["x", &solid, "y"], &[&[(0, "x"), (1, &solid), (2, "y")]]);
        let tail = long.get(tail(long.as_bytes(), &(0..long.len()))).unwrap_or_default();
        assert!(tail.len() < 64 && tail.ends_with("words  bbbbbbbbbb"), "{tail}");
        check(&["x", &long, "y"], &[&[(0, "x"), (1, "aaaaaaaaaa")], &[(1, tail), (2, "y")]]);
    }
}
