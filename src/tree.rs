//! An array or map as one text: its leaves side by side, and how they hang together. What a structured
//! value of OTLP and the opener of contents have in common, so that a value that was sent as a kvlist is
//! read like one that was sent as JSON.

use std::borrow::Cow;
use std::ops::Range;

/// Stands between leaves, so that no edit of one reaches into another.
const BETWEEN: u8 = 0;

/// An array or map, flattened.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tree {
    text: Vec<u8>,
    tokens: Vec<Token>,
}

/// One step through a tree. Ranges are of [`Tree::text`].
#[derive(Clone, PartialEq, Eq)]
pub enum Token {
    /// An array or a map begins.
    Open,
    /// It ends.
    Close,
    /// The key of what comes next.
    Key(Range<usize>),
    /// A string, or bytes.
    Text(Range<usize>),
    /// A number, as text.
    Number(Range<usize>),
    /// A value without text: it counts as an element.
    Other,
}

impl Tree {
    /// All leaves and keys, in their order.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The steps.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Takes one step further.
    pub fn push(&mut self, step: Step<'_>) {
        let mut leaf = |bytes: &[u8]| {
            let start = self.text.len();
            self.text.extend_from_slice(bytes);
            let end = self.text.len();
            self.text.push(BETWEEN);
            start..end
        };
        let token = match step {
            Step::Open => Token::Open,
            Step::Close => Token::Close,
            Step::Key(key) => Token::Key(leaf(key.as_bytes())),
            Step::Text(bytes) => Token::Text(leaf(bytes)),
            Step::Number(number) => Token::Number(leaf(number.as_bytes())),
            Step::Other => Token::Other,
        };
        self.tokens.push(token);
    }

    /// What its keys and leaves say, in their order.
    pub fn leaves(&self) -> impl Iterator<Item = &[u8]> {
        let range = |token: &Token| match token {
            Token::Key(range) | Token::Text(range) | Token::Number(range) => Some(range.clone()),
            Token::Open | Token::Close | Token::Other => None,
        };
        self.tokens.iter().filter_map(range).map(|range| self.text.get(range).unwrap_or_default())
    }

    /// The same tree with other keys and leaves: `edit` gets where each stands, and what it says.
    #[must_use]
    pub fn edited<'t>(&'t self, mut edit: impl FnMut(&Range<usize>, &'t [u8]) -> Cow<'t, [u8]>) -> Self {
        let mut edited = Self::default();
        for token in &self.tokens {
            let mut leaf = |range: &Range<usize>| {
                let new = edit(range, self.text.get(range.clone()).unwrap_or_default());
                let start = edited.text.len();
                edited.text.extend_from_slice(&new);
                edited.text.push(BETWEEN);
                start..start + new.len()
            };
            let token = match token {
                Token::Key(range) => Token::Key(leaf(range)),
                Token::Text(range) => Token::Text(leaf(range)),
                Token::Number(range) => Token::Number(leaf(range)),
                other => other.clone(),
            };
            edited.tokens.push(token);
        }
        edited
    }
}

/// One step of building a tree.
#[derive(Clone, Copy)]
pub enum Step<'a> {
    /// An array or a map begins.
    Open,
    /// It ends.
    Close,
    /// The key of what comes next.
    Key(&'a str),
    /// A string, or bytes.
    Text(&'a [u8]),
    /// A number, as text.
    Number(&'a str),
    /// A value without text.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_come_out_as_they_went_in_and_as_they_were_edited() {
        let mut tree = Tree::default();
        let steps =
            [Step::Open, Step::Key("a"), Step::Text(b"one"), Step::Key("b"), Step::Number("2"), Step::Other];
        steps.into_iter().for_each(|step| tree.push(step));
        tree.push(Step::Close);
        assert_eq!(tree.leaves().collect::<Vec<_>>(), [&b"a"[..], b"one", b"b", b"2"]);
        assert_eq!(tree.text(), b"a\0one\0b\x002\0");
        let edited = tree.edited(|range, leaf| match range.start {
            2 => Cow::Owned(b"three".to_vec()),
            _ => Cow::Borrowed(leaf),
        });
        assert_eq!(edited.leaves().collect::<Vec<_>>(), [&b"a"[..], b"three", b"b", b"2"]);
        assert_eq!(edited.tokens().len(), tree.tokens().len());
    }
}
