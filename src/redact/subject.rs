//! What is opened, decided on and rewritten as one: a text, or a tree of them.

use super::splice::splice;
use crate::content::Opened;
use crate::rule::RuleIndex;
use crate::scan::Finding;
use crate::tree::{Step, Token, Tree};
use std::hash::Hasher;
use std::ops::Range;

/// What a finding of a rule comes to, where the text that it is in is looked at by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// It is blacked out.
    Sure,
    /// It is, if what the rule asks for besides is there, too.
    Maybe,
    /// It is told, and stays.
    Told,
}

/// See the module. What is owned of it can be looked at again.
pub(super) trait Subject: ToOwned {
    /// Opens it to be looked at.
    fn read(&self, opened: &mut Opened, key: Option<&str>);
    /// Opens it to be rewritten.
    fn open(&self, opened: &mut Opened, key: Option<&str>);
    /// Feeds all of it to a hasher.
    fn hash(&self, state: &mut impl Hasher);
    /// The same with each range replaced: see [`splice`].
    fn spliced(&self, edits: &[(Range<usize>, String)]) -> Self::Owned;
    /// Leaves of what was found in it, as it was opened, what is to be told here.
    fn keep_counted(
        &self,
        opened: &Opened,
        weigh: &impl Fn(RuleIndex) -> Weight,
        findings: &mut Vec<Finding>,
    ) {
        let _ = (opened, weigh, findings);
    }
    /// One that is nothing but this text.
    fn text(text: &str) -> Self::Owned;
    /// Makes something of all the text in it.
    fn as_one<T>(&self, make: impl FnOnce(&[u8]) -> T) -> T;
}

impl Subject for [u8] {
    fn read(&self, opened: &mut Opened, key: Option<&str>) {
        opened.read(key, self);
    }

    fn open(&self, opened: &mut Opened, key: Option<&str>) {
        opened.open(key, self);
    }

    fn hash(&self, state: &mut impl Hasher) {
        state.write_u8(0);
        state.write(self);
    }

    fn spliced(&self, edits: &[(Range<usize>, String)]) -> Vec<u8> {
        splice(self, edits)
    }

    fn text(text: &str) -> Vec<u8> {
        text.into()
    }

    fn as_one<T>(&self, make: impl FnOnce(&[u8]) -> T) -> T {
        make(self)
    }
}

impl Subject for Tree {
    fn read(&self, opened: &mut Opened, key: Option<&str>) {
        opened.read_tree(key, self);
    }

    fn open(&self, opened: &mut Opened, key: Option<&str>) {
        opened.open_tree(key, self);
    }

    fn hash(&self, state: &mut impl Hasher) {
        // Not to be taken for bytes, which may be anything.
        state.write_u8(1);
        state.write(Tree::text(self));
        for token in self.tokens() {
            let (kind, end) = match token {
                Token::Open => (0, 0),
                Token::Close => (1, 0),
                Token::Other => (2, 0),
                Token::Key(range) => (3, range.end),
                Token::Text(range) => (4, range.end),
                Token::Number(range) => (5, range.end),
            };
            state.write_u8(kind);
            state.write_usize(end);
        }
    }

    fn spliced(&self, edits: &[(Range<usize>, String)]) -> Self {
        self.edited(|range, leaf| {
            let first = edits.partition_point(|(edit, _)| edit.end <= range.start);
            let inside = edits.iter().skip(first).take_while(|(edit, _)| edit.start < range.end);
            let edits: Vec<_> = inside
                .map(|(edit, text)| {
                    let start = edit.start.saturating_sub(range.start);
                    (start..edit.end.min(range.end) - range.start, text.clone())
                })
                .collect();
            if edits.is_empty() { leaf.into() } else { splice(leaf, &edits).into() }
        })
    }

    fn text(text: &str) -> Self {
        let mut tree = Self::default();
        tree.push(Step::Text(text.as_bytes()));
        tree
    }

    fn as_one<T>(&self, make: impl FnOnce(&[u8]) -> T) -> T {
        make(Tree::text(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_of_a_tree_stay_in_their_leaves() {
        let mut tree = Tree::default();
        [Step::Open, Step::Text(b"one"), Step::Key("two"), Step::Text(b"three"), Step::Close]
            .into_iter()
            .for_each(|step| tree.push(step));
        assert_eq!(Tree::text(&tree), b"one\0two\0three\0");
        let edits = [(0..3, "X".to_owned()), (9..11, "Y".to_owned()), (12..13, "Z".to_owned())];
        assert_eq!(tree.spliced(&edits).leaves().collect::<Vec<_>>(), [&b"X"[..], b"two", b"tYeZ"]);
    }
}
