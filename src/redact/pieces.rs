//! What stands in several attributes of a record: the pieces of a stream. Only what none of them holds alone is found
//! here; each is looked at by itself after that.

use super::subject::Subject;
use super::verdict::Known;
use super::{Found, Name, Redactor, Unscanned, Witness, splice, unite};
use crate::content::{self, Opened};
use crate::otlp::{Edit, Piece};
use crate::path::Path;
use crate::rule::{Action, RuleIndex, Site};
use crate::scan::Finding;
use crate::tree::{Step, Token, Tree};
use std::collections::BTreeSet;
use std::hash::Hasher;
use std::ops::Range;

/// A run of pieces, as an array of them.
#[derive(Clone)]
struct Run {
    tree: Tree,
    /// Where each stands in the text of the tree.
    leaves: Vec<Range<usize>>,
}

impl Run {
    fn of<'t>(pieces: impl Iterator<Item = &'t [u8]>) -> Self {
        let mut tree = Tree::default();
        tree.push(Step::Open);
        pieces.for_each(|piece| tree.push(Step::Text(piece)));
        tree.push(Step::Close);
        Self::from(tree)
    }

    /// The number of the piece at a place, or of the last before it.
    fn piece_at(&self, at: usize) -> usize {
        self.leaves.partition_point(|leaf| leaf.start <= at).saturating_sub(1)
    }
}

impl From<Tree> for Run {
    fn from(tree: Tree) -> Self {
        let range = |token: &Token| match token {
            Token::Text(range) => Some(range.clone()),
            _ => None,
        };
        let leaves = tree.tokens().iter().filter_map(range).collect();
        Self { tree, leaves }
    }
}

impl Subject for Run {
    fn read(&self, opened: &mut Opened, key: Option<&str>) {
        opened.read_tree(key, &self.tree);
    }

    fn open(&self, opened: &mut Opened, key: Option<&str>) {
        opened.open_tree(key, &self.tree);
    }

    fn hash(&self, state: &mut impl Hasher) {
        // Not to be taken for a tree, of which more counts.
        state.write_u8(2);
        Subject::hash(&self.tree, state);
    }

    fn spliced(&self, edits: &[(Range<usize>, String)]) -> Self {
        self.tree.spliced(edits).into()
    }

    /// What stands in one piece is found there.
    fn counts(&self, opened: &Opened, finding: &Finding) -> bool {
        let mut places = Vec::new();
        opened.places(&finding.range, &mut places);
        let mut pieces = places.iter().map(|place| self.piece_at(place.range.start));
        let first = pieces.next();
        pieces.any(|piece| Some(piece) != first)
    }

    fn text(text: &str) -> Self {
        <Tree as Subject>::text(text).into()
    }

    fn as_one<T>(&self, make: impl FnOnce(&[u8]) -> T) -> T {
        self.tree.as_one(make)
    }
}

impl Redactor {
    /// Redacts what is found in several pieces: what becomes of each, or nothing if all stay.
    pub(super) fn pieces(&mut self, pieces: &[Piece<'_>], witness: &mut impl Witness) -> Vec<Edit> {
        let Some(path) = pieces.first().map(|piece| piece.path) else { return Vec::new() };
        let key = path.key().unwrap_or_default();
        let last = key.rsplit('.').next().unwrap_or_default();
        if content::is_of_words(last.as_bytes()) {
            return Vec::new();
        }
        let texts: Vec<&[u8]> = pieces.iter().map(|piece| piece.text.as_bytes()).collect();
        let whole = self.is_scoped.then(|| path.place());
        let site = whole.as_deref().map(|path| Site { signal: self.signal, agent: self.agent, path });
        let name = Name { key: Some(key), identifies: false, site };
        let mut edited = Edited::new(pieces.len());
        for run in content::runs(&texts) {
            let text = |(number, range): &(usize, Range<usize>)| {
                texts.get(*number).and_then(|text| text.get(range.clone())).unwrap_or_default()
            };
            let subject = Run::of(run.iter().map(text));
            let mut told = Told { witness, pieces, parts: &run, run: &subject, dropped: &mut edited.dropped };
            match self.decided(path, name, &subject, &mut told) {
                Edit::Keep => {}
                Edit::DropRecord => return vec![Edit::DropRecord],
                Edit::DropAttribute => {}
                Edit::Replace(new) => edited.replace(&run, &subject.tree, &new.tree),
            }
        }
        edited.finish(&texts)
    }
}

/// What becomes of pieces, as it is decided run by run.
struct Edited {
    replaced: Vec<Vec<(Range<usize>, String)>>,
    /// Those with something in them for which their attribute goes.
    dropped: BTreeSet<usize>,
}

impl Edited {
    fn new(pieces: usize) -> Self {
        Self { replaced: vec![Vec::new(); pieces], dropped: BTreeSet::new() }
    }

    /// The leaves of a run became others; or it became a single text, which stands for each of them then.
    fn replace(&mut self, run: &[(usize, Range<usize>)], old: &Tree, new: &Tree) {
        let is_single = matches!(new.tokens(), [Token::Text(_)]);
        let single = new.leaves().next().unwrap_or_default();
        let mut leaves = new.leaves();
        for ((number, range), before) in run.iter().zip(old.leaves()) {
            let after = if is_single { single } else { leaves.next().unwrap_or_default() };
            if after != before
                && let Some(edits) = self.replaced.get_mut(*number)
            {
                edits.push((range.clone(), String::from_utf8_lossy(after).into_owned()));
            }
        }
    }

    fn finish(mut self, texts: &[&[u8]]) -> Vec<Edit> {
        if self.dropped.is_empty() && self.replaced.iter().all(Vec::is_empty) {
            return Vec::new();
        }
        let edit = |(number, text): (usize, &&[u8])| {
            let edits = self.replaced.get_mut(number).map(std::mem::take).unwrap_or_default();
            match edits {
                _ if self.dropped.contains(&number) => Edit::DropAttribute,
                edits if edits.is_empty() => Edit::Keep,
                mut edits => {
                    unite(&mut edits);
                    Edit::Replace(splice(text, &edits))
                }
            }
        };
        texts.iter().enumerate().map(edit).collect()
    }
}

/// Tells of what was found in a run by the places of its pieces.
struct Told<'r, W> {
    witness: &'r mut W,
    pieces: &'r [Piece<'r>],
    /// What of which piece is in the run.
    parts: &'r [(usize, Range<usize>)],
    run: &'r Run,
    dropped: &'r mut BTreeSet<usize>,
}

impl<'r, W> Told<'r, W> {
    /// The number and path of the piece in which something was found, and the same finding by where it stands there.
    fn in_piece(&self, known: &Known) -> Option<(usize, &'r Path<'r>, Known)> {
        let at = self.run.piece_at(known.range.start);
        let (leaf, (number, part)) = (self.run.leaves.get(at)?, self.parts.get(at)?);
        let place = |at: usize| at.clamp(leaf.start, leaf.end) - leaf.start + part.start;
        // The first step is the number of the piece, which its path says.
        let inner = known.inner.split_once(']').map_or("", |(_, inner)| inner).into();
        let range = place(known.range.start)..place(known.range.end);
        Some((*number, self.pieces.get(*number)?.path, Known { range, inner, ..known.clone() }))
    }
}

impl<W: Witness> Witness for Told<'_, W> {
    fn found(&mut self, Found { known, content, reader }: Found<'_>) {
        let Some((number, content, known)) = self.in_piece(known) else {
            return self.witness.found(Found { known, content, reader });
        };
        if known.action == Action::Drop {
            self.dropped.insert(number);
        }
        self.witness.found(Found { known: &known, content, reader });
    }

    /// It is told of where its piece is looked at by itself.
    fn suppressed(&mut self, _: RuleIndex) {}

    fn unscanned(&mut self, Unscanned { limit, content, reader }: Unscanned<'_>) {
        self.witness.unscanned(Unscanned { limit, content, reader });
    }
}
