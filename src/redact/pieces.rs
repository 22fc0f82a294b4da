//! What stands in several attributes of a record, and is looked at together before each is looked at by itself: the pieces
//! of a stream, as an array of them would be; of long texts the ends are. And a call of a tool with its result, as a map
//! would be; of those the beginnings are, and what counts is what a command printed, for all else is found without it.

use super::subject::{Subject, Weight};
use super::verdict::Known;
use super::{Found, Name, Redactor, Unscanned, Witness, splice};
use crate::content::{self, Opened, Place, Side};
use crate::numbered;
use crate::otlp::{Edit, Piece};
use crate::path::Path;
use crate::rule::{Action, RuleIndex, Site};
use crate::scan::Finding;
use crate::tree::{Step, Token, Tree};
use std::collections::BTreeSet;
use std::hash::Hasher;
use std::ops::Range;

/// The parts of a run of pieces: the number of each piece, and what part of it.
type Parts = Vec<(usize, Range<usize>)>;

/// A run of pieces, as an array of them; or texts of a call, by their keys.
#[derive(Clone)]
struct Run {
    tree: Tree,
    /// Where each stands in the text of the tree.
    leaves: Vec<Range<usize>>,
    /// Those that are cut in a word at their beginning, and at their end.
    cut: (BTreeSet<usize>, BTreeSet<usize>),
    /// Of a call, the steps of the path to each in the tree.
    steps: Vec<usize>,
    is_call: bool,
}

impl Run {
    /// The texts of a call.
    fn of_call(parts: &Parts, texts: &[Piece<'_>]) -> Self {
        let mut tree = Tree::default();
        let mut cut = (BTreeSet::new(), BTreeSet::new());
        let mut steps = Vec::new();
        let mut above: Vec<&str> = Vec::new();
        tree.push(Step::Open);
        for (at, (number, part)) in parts.iter().enumerate() {
            let Some(Piece { path, text }) = texts.get(*number) else { continue };
            let (way, key) = way(path);
            let common = above.iter().zip(&way).take_while(|(one, other)| one == other).count();
            above.drain(common..).for_each(|_| tree.push(Step::Close));
            for step in way.iter().skip(common) {
                key_or_index(&mut tree, step);
                tree.push(Step::Open);
                above.push(step);
            }
            key_or_index(&mut tree, key);
            tree.push(Step::Text(text.as_bytes().get(part.clone()).unwrap_or_default()));
            cut.1.extend((part.end < text.len()).then_some(at));
            steps.push(way.len() + 1);
        }
        above.iter().for_each(|_| tree.push(Step::Close));
        tree.push(Step::Close);
        Self { leaves: leaves(&tree), tree, cut, steps, is_call: true }
    }

    /// What its pieces say, in their order.
    fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.leaves.iter().map(|leaf| self.tree.text().get(leaf.clone()).unwrap_or_default())
    }

    fn of(parts: &Parts, texts: &[&[u8]]) -> Self {
        let mut tree = Tree::default();
        let mut cut = (BTreeSet::new(), BTreeSet::new());
        tree.push(Step::Open);
        for (at, (number, part)) in parts.iter().enumerate() {
            let text = texts.get(*number).copied().unwrap_or_default();
            tree.push(Step::Text(text.get(part.clone()).unwrap_or_default()));
            let goes_on = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii_whitespace());
            cut.0.extend(goes_on(part.start.checked_sub(1).and_then(|at| text.get(at))).then_some(at));
            cut.1.extend(goes_on(text.get(part.end)).then_some(at));
        }
        tree.push(Step::Close);
        Self { leaves: leaves(&tree), tree, cut, steps: Vec::new(), is_call: false }
    }

    /// The number of the piece at a place, or of the last before it.
    fn piece_at(&self, at: usize) -> usize {
        self.leaves.partition_point(|leaf| leaf.start <= at).saturating_sub(1)
    }

    /// The number of the piece in which something was found, and the same finding by where it stands there.
    fn in_piece(&self, known: &Known, parts: &Parts) -> Option<(usize, Known)> {
        let at = self.piece_at(known.range.start);
        let (leaf, (number, part)) = (self.leaves.get(at)?, parts.get(at)?);
        let place = |at: usize| at.clamp(leaf.start, leaf.end) - leaf.start + part.start;
        let steps = self.steps.get(at).copied().unwrap_or(1);
        let inner = (0..steps).fold(&*known.inner, |inner, _| behind_first_step(inner)).into();
        let range = place(known.range.start)..place(known.range.end);
        Some((*number, Known { range, inner, ..known.clone() }))
    }

    /// Whether places are all in one piece, and at an end where that was cut.
    fn is_cut_off(&self, places: &[Place]) -> bool {
        let number = |place: &Place| self.piece_at(place.range.start);
        let is_in_one = places.iter().all(|place| places.first().map(number) == Some(number(place)));
        is_in_one && places.iter().any(|place| self.is_cut(&place.range))
    }

    /// Whether a place ends where its piece was cut, or begins there.
    fn is_cut(&self, place: &Range<usize>) -> bool {
        let at = self.piece_at(place.start);
        let Some(leaf) = self.leaves.get(at) else { return false };
        let (begins, ends) = (place.start <= leaf.start, place.end >= leaf.end);
        begins && self.cut.0.contains(&at) || ends && self.cut.1.contains(&at)
    }
}

/// Where something that was found stands.
fn places(opened: &Opened, finding: &Finding) -> Vec<Place> {
    let mut places = Vec::new();
    opened.places(&finding.range, &mut places);
    places
}

/// The way to a text of a call in the tree of it, and its key there. A key with numbers in it is one of several, as
/// `llm.input_messages.3.message.content`.
fn way<'p>(path: &Path<'p>) -> (Vec<&'p str>, &'p str) {
    let key = path.key().unwrap_or_default();
    if !numbered::is_numbered(key) {
        return (Vec::new(), key);
    }
    let mut steps: Vec<_> = key.split('.').collect();
    let key = steps.pop().unwrap_or_default();
    (steps, key)
}

/// Whether a step of a key is the number of an element.
fn is_index(step: &str) -> bool {
    !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit())
}

fn key_or_index(tree: &mut Tree, step: &str) {
    if !is_index(step) {
        tree.push(Step::Key(step));
    }
}

/// How steps of keys follow one another: numbers in their order, and everything below a step together.
fn order<'p>(path: &Path<'p>) -> Vec<(u64, &'p str)> {
    let (way, key) = way(path);
    let order = |step: &'p str| (if is_index(step) { step.parse().unwrap_or(u64::MAX) } else { 0 }, step);
    way.into_iter().chain([key]).map(order).collect()
}

/// A path without its first step: the number of a piece, or its key, which its own path says.
fn behind_first_step(inner: &str) -> &str {
    let end = match inner.as_bytes() {
        [b'[', b'"', ..] => inner.find("\"]").map(|at| at + 2),
        [b'[', ..] => inner.find(']').map(|at| at + 1),
        _ => inner.get(1..).and_then(|rest| rest.find(['.', '['])).map(|at| at + 1),
    };
    end.and_then(|end| inner.get(end..)).unwrap_or_default()
}

fn leaves(tree: &Tree) -> Vec<Range<usize>> {
    let range = |token: &Token| match token {
        Token::Text(range) => Some(range.clone()),
        _ => None,
    };
    tree.tokens().iter().filter_map(range).collect()
}

impl Subject for Run {
    fn read(&self, opened: &mut Opened, key: Option<&str>) {
        opened.read_tree(key, &self.tree);
        if self.is_call {
            opened.keep_printed();
        }
    }

    fn open(&self, opened: &mut Opened, key: Option<&str>) {
        opened.open_tree(key, &self.tree);
    }

    fn hash(&self, state: &mut impl Hasher) {
        // Not to be taken for a tree, of which more may count.
        state.write_u8(if self.is_call { 3 } else { 2 });
        Subject::hash(&self.tree, state);
        for cut in [&self.cut.0, &self.cut.1] {
            state.write_usize(cut.len());
            cut.iter().for_each(|at| state.write_usize(*at));
        }
    }

    fn spliced(&self, edits: &[(Range<usize>, String)]) -> Self {
        let tree = self.tree.spliced(edits);
        Self { leaves: leaves(&tree), tree, ..self.clone() }
    }

    /// What stands in one piece alone, at an end where it was cut, is found there, whole. Of a call what was printed
    /// counts, with what else was found in it: everything else is found without the command.
    fn keep_counted(
        &self,
        opened: &Opened,
        weigh: &impl Fn(RuleIndex) -> Weight,
        findings: &mut Vec<Finding>,
    ) {
        if !self.is_call {
            return findings.retain(|finding| !self.is_cut_off(&places(opened, finding)));
        }
        let spot = |finding: &Finding| {
            let places = places(opened, finding);
            Spot {
                is_printed: opened.is_printed(&finding.range),
                is_cut_off: self.is_cut_off(&places),
                weight: weigh(finding.rule),
                places,
            }
        };
        let spots: Vec<Spot> = findings.iter().map(spot).collect();
        let mut keep = counted(&spots).into_iter();
        findings.retain(|_| keep.next().unwrap_or_default());
    }

    fn text(text: &str) -> Self {
        let tree = <Tree as Subject>::text(text);
        Self { leaves: leaves(&tree), tree, cut: Default::default(), steps: Vec::new(), is_call: false }
    }

    fn as_one<T>(&self, make: impl FnOnce(&[u8]) -> T) -> T {
        self.tree.as_one(make)
    }
}

/// What was found in a call.
struct Spot {
    /// In an output that was shown with its command.
    is_printed: bool,
    is_cut_off: bool,
    weight: Weight,
    places: Vec<Place>,
}

/// Which findings in a call count: what was printed, and what else was found in that.
fn counted(spots: &[Spot]) -> Vec<bool> {
    let others = || spots.iter().filter(|spot| !spot.is_printed);
    let told_anyhow: Vec<&Place> = others().flat_map(|spot| &spot.places).collect();
    // What goes on behind a cut is found whole without the command, and only then to its end.
    let goes_on = others().filter(|spot| spot.is_cut_off && spot.weight == Weight::Sure);
    let going_on: Vec<&Place> = goes_on.flat_map(|spot| &spot.places).collect();
    let counts = |spot: &&Spot| {
        let is_told_twice = spot.weight == Weight::Told && are_in(&spot.places, &told_anyhow);
        spot.is_printed && !spot.is_cut_off && !is_told_twice && !are_in(&spot.places, &going_on)
    };
    let printed: Vec<&Place> = spots.iter().filter(counts).flat_map(|spot| &spot.places).collect();
    let touches = |one: &Place| {
        printed.iter().any(|other| one.range.start < other.range.end && other.range.start < one.range.end)
    };
    let is_in_it = |spot: &Spot| !spot.is_printed && !spot.is_cut_off && spot.places.iter().any(touches);
    spots.iter().map(|spot| counts(&spot) || is_in_it(spot)).collect()
}

/// Whether each of some places is in one of others.
fn are_in(places: &[Place], others: &[&Place]) -> bool {
    let covers = |place: &Place, other: &Place| {
        other.range.start <= place.range.start && place.range.end <= other.range.end
    };
    places.iter().all(|place| others.iter().any(|other| covers(place, other)))
}

impl Redactor {
    /// Redacts pieces together: what becomes of each, or nothing if all stay.
    pub(super) fn pieces(&mut self, pieces: &[Piece<'_>], witness: &mut impl Witness) -> Vec<Edit> {
        let Some(path) = pieces.first().map(|piece| piece.path) else { return Vec::new() };
        let key = path.key().unwrap_or_default();
        if content::is_of_words(key.rsplit('.').next().unwrap_or_default().as_bytes()) {
            return Vec::new();
        }
        let texts: Vec<&[u8]> = pieces.iter().map(|piece| piece.text.as_bytes()).collect();
        let identifies = path.attribute().is_some_and(|key| self.policy.identity(key).is_some());
        let whole = self.is_scoped.then(|| path.place());
        let site = whole.as_deref().map(|path| Site { signal: self.signal, agent: self.agent, path });
        let name = Name { key: Some(key), identifies, site };
        let left = content::runs(&texts);
        self.runs(path, name, pieces, left, |parts| Run::of(parts, &texts), witness)
    }

    /// Redacts a call of a tool and its result together: what becomes of each text, or nothing if all stay.
    pub(super) fn call(
        &mut self,
        list: &Path<'_>,
        texts: &[Piece<'_>],
        witness: &mut impl Witness,
    ) -> Vec<Edit> {
        let is_on =
            |side| texts.iter().any(|text| content::side(text.path.key().unwrap_or_default()) == Some(side));
        if !(is_on(Side::Called) && is_on(Side::Printed)) {
            return Vec::new();
        }
        let mut parts: Parts = texts.iter().map(|text| content::beginning(text.text)).enumerate().collect();
        // Of one call they stay as they stand: an output may come first.
        if texts.iter().any(|text| !way(text.path).0.is_empty()) {
            parts.sort_by_cached_key(|(number, _)| texts.get(*number).map(|text| order(text.path)));
        }
        let whole = self.is_scoped.then(|| list.place());
        let site = whole.as_deref().map(|path| Site { signal: self.signal, agent: self.agent, path });
        let name = Name { key: None, identifies: false, site };
        self.runs(list, name, texts, vec![parts], |parts| Run::of_call(parts, texts), witness)
    }

    /// Redacts runs of texts, each together.
    fn runs(
        &mut self,
        path: &Path<'_>,
        name: Name<'_>,
        pieces: &[Piece<'_>],
        mut left: Vec<Parts>,
        make: impl Fn(&Parts) -> Run,
        witness: &mut impl Witness,
    ) -> Vec<Edit> {
        let mut edited = Edited::new(pieces.len());
        while let Some(parts) = left.pop() {
            let run = make(&parts);
            let mut noted = Noted { is_all: run.is_call, ..Noted::default() };
            let edit = self.decided(path, name, &run, &mut noted);
            if noted.is_unscanned {
                // Each is looked at by itself, and what is over a bound there is replaced.
                let half = parts.len() / 2;
                let halves = parts.split_at_checked(half).map(|(one, other)| [one.to_vec(), other.to_vec()]);
                left.extend(halves.into_iter().flatten().filter(|half| half.len() > 1));
                continue;
            }
            let is_dropping = matches!(edit, Edit::DropAttribute);
            let mut dropped = BTreeSet::new();
            for known in noted.known.iter().filter(|known| !is_dropping || known.action == Action::Drop) {
                let Some((number, known)) = run.in_piece(known, &parts) else { continue };
                let Some(piece) = pieces.get(number) else { continue };
                dropped.insert(number);
                witness.found(Found { known: &known, content: piece.path, reader: &mut self.reader });
            }
            match edit {
                Edit::Keep => {}
                Edit::DropRecord => return vec![Edit::DropRecord],
                Edit::Replace(new) => edited.replace(&parts, &run, &new),
                Edit::DropAttribute => {
                    // What else was found is decided on without them.
                    let kept = parts.into_iter().filter(|(number, _)| !dropped.contains(number)).collect();
                    left.extend(Some(kept).filter(|kept: &Parts| kept.len() > 1 && !dropped.is_empty()));
                    edited.dropped.append(&mut dropped);
                }
            }
        }
        edited.finish(pieces)
    }
}

/// What becomes of pieces, as it is decided run by run.
struct Edited {
    /// By piece: parts of it, and what stands there instead.
    replaced: Vec<Vec<(Range<usize>, String)>>,
    /// Those with something in them for which their attribute goes.
    dropped: BTreeSet<usize>,
}

impl Edited {
    fn new(pieces: usize) -> Self {
        Self { replaced: vec![Vec::new(); pieces], dropped: BTreeSet::new() }
    }

    /// The leaves of a run became others.
    fn replace(&mut self, parts: &Parts, old: &Run, new: &Run) {
        for (((number, part), before), after) in parts.iter().zip(old.texts()).zip(new.texts()) {
            let edits = self.replaced.get_mut(*number).filter(|_| after != before);
            let after = || String::from_utf8_lossy(after).into_owned();
            edits.into_iter().for_each(|edits| edits.push((part.clone(), after())));
        }
    }

    fn finish(self, pieces: &[Piece<'_>]) -> Vec<Edit> {
        let Self { replaced, dropped } = self;
        if dropped.is_empty() && replaced.iter().all(Vec::is_empty) {
            return Vec::new();
        }
        let mut all = Vec::new();
        for ((number, piece), mut edits) in pieces.iter().enumerate().zip(replaced) {
            edits.sort_by_key(|(part, _)| part.start);
            all.push(match edits.as_slice() {
                _ if dropped.contains(&number) => Edit::DropAttribute,
                [] => Edit::Keep,
                edits => Edit::Replace(splice(piece.text.as_bytes(), edits)),
            });
        }
        all
    }
}

/// What was found in a run, until it is known what becomes of it.
#[derive(Default)]
struct Noted {
    known: Vec<Known>,
    is_unscanned: bool,
    /// Whether what it is told is seen nowhere else.
    is_all: bool,
}

impl Witness for Noted {
    fn found(&mut self, found: Found<'_>) {
        // What is left as it is is told of where its piece is looked at by itself.
        if self.is_all || found.known.action != Action::Report {
            self.known.push(found.known.clone());
        }
    }

    /// The same.
    fn suppressed(&mut self, _: RuleIndex) {}

    fn unscanned(&mut self, _: Unscanned<'_>) {
        self.is_unscanned = true;
    }
}
