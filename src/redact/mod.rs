//! Applying decisions, and the type that says it was done.
//!
//! A [`Redactor`] sees every content of a payload, scans it, lets the policy decide and does what it
//! decided; what comes out is [`Redacted`]. Nothing else makes one of what was received, so holding a
//! `Redacted<T>` is the proof that a scanner and a policy have been over all of it. (The queue reads back what
//! it wrote when it was redacted: see `Redacted::read_back`.)
//!
//! ```compile_fail
//! // Nobody else can wrap what was received:
//! let payload = blackbar::otlp::Payload::from_protobuf(blackbar::signal::Signal::Logs, &[])?;
//! let clean = blackbar::redact::Redacted(payload);
//! # Ok::<(), blackbar::otlp::DecodeError>(())
//! ```
//!
//! Edits are ranges of the content as it stands, in order and apart. Nothing is printed again that did
//! not change.

mod memory;
mod pieces;
mod splice;
mod subject;
mod trim;
mod verdict;

pub(crate) use trim::cut_to_units;
pub use verdict::Known;

use crate::content::{self, InnerStep, Limit, Opened, Place};
use crate::limits::{CLAIM_BYTES, KEPT_BUFFER_BYTES, SCAN_TEXT_BYTES, SEALS};
use crate::otlp::{Content, Delta, Edit, Payload, Piece, Turned, View, Visitor};
use crate::path::{self, Path, Segment};
use crate::policy::{Decision, Identity, Policy, Replacement, Tokens, UNSCANNED};
use crate::rule::{Action, Anchor, Rule, RuleIndex, Ruleset, Site};
use crate::scan::{Finding, Scanner, Scratch};
use crate::signal::Signal;
use crate::token::Token;
use crate::tree::Tree;
use bytes::{Bytes, BytesMut};
use memory::Memory;
use splice::{splice, unite};
use std::borrow::{Borrow as _, Cow};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, Hasher, RandomState};
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;
use subject::{Subject, Weight};
use verdict::{Outcome, Verdict};

/// Keys that are remembered.
const KEYS: usize = 1024;

/// How often what is left of a content is looked at again. Once is nearly always enough.
const PASSES: usize = 3;

/// Findings before one that are compared with it, to tell of one secret once.
const NEIGHBOURS: usize = 16;

/// The rule for what a user may be told by.
const EMAIL: &str = "pii.email";

/// What is left of an address that stands alone.
pub const JUST_AN_ADDRESS: &str = "[REDACTED:pii.email]";

/// Bytes of a key that are printed in a path; keys can be as long as a sender likes.
const PATH_KEY_BYTES: usize = 96;

/// Bytes of the longest key that is looked at for that. A longer one is shown as nothing that anybody knows: it would be
/// read again for each finding below it.
const LONGEST_KEY: usize = 1 << 10;

/// Something with every finding in it decided on and applied. The queue takes nothing else.
#[derive(Clone)]
pub struct Redacted<T>(T);

/// What one thread needs to redact: scanner, policy, and what is kept between calls.
pub struct Redactor {
    policy: Arc<Policy>,
    reader: Reader,
    opened: Opened,
    memory: Option<Memory>,
    /// Whether some rule counts in some places only.
    is_scoped: bool,
    /// The signal of the payload; `None` for a text that is part of none.
    signal: Option<Signal>,
    /// Which agent the record that is walked claims to be of.
    agent: Option<&'static str>,
    /// What was sealed in this payload, by rule and token: a secret comes many times, and is sealed once.
    sealed: HashMap<(RuleIndex, Token), Arc<str>>,
}

/// The scanner with its buffers.
struct Reader {
    scanner: Arc<Scanner>,
    scratch: Scratch,
    findings: Vec<Finding>,
    /// For keys: they are opened like any other text.
    key: Opened,
    /// Bytes that a content may open to.
    longest: usize,
    /// What is shown of keys that were looked at. There are few, and they come again.
    keys: HashMap<u64, Box<str>>,
    /// What keys are known by, under a key of its own.
    keyed: RandomState,
}

/// What a content is called.
#[derive(Debug, Clone, Copy)]
struct Name<'a> {
    key: Option<&'a str>,
    /// Whether it says who somebody is, and may do so by an address.
    identifies: bool,
    /// Where it stands; `None` where that does not matter, because no rule has a scope.
    site: Option<Site<'a>>,
}

/// Is told of everything that was found, as it is found.
pub trait Witness {
    /// A level of the payload begins; nothing in it was rewritten yet.
    fn enter(&mut self, view: View<'_>) {
        let _ = view;
    }
    /// Which agent the level that was entered last is of, if it says so.
    fn agent(&self) -> Option<&'static str> {
        None
    }
    /// Something was found.
    fn found(&mut self, found: Found<'_>);
    /// Something was found in a content that somebody answers for: it stays as it is.
    fn suppressed(&mut self, rule: RuleIndex) {
        let _ = rule;
    }
    /// A content could not be scanned, and was replaced whole.
    fn unscanned(&mut self, unscanned: Unscanned<'_>) {
        let _ = unscanned;
    }
}

/// A content that could not be scanned, and where it stands. Gives no text away.
pub struct Unscanned<'a> {
    /// The bound it was over.
    pub limit: Limit,
    content: &'a Path<'a>,
    reader: &'a mut Reader,
}

impl Unscanned<'_> {
    /// Feeds its place to a hasher: see [`Found::hash_place`].
    pub fn hash_place(&self, state: &mut impl Hasher) {
        self.content.hash_place(state);
    }

    /// Where it stands in its record, rendered with clean keys.
    #[must_use]
    pub fn path(self) -> String {
        self.content.render(&mut |key| self.reader.clean_key(key))
    }
}

/// One finding, and where it stands. Gives no text away.
pub struct Found<'a> {
    /// What is known of it.
    pub known: &'a Known,
    content: &'a Path<'a>,
    reader: &'a mut Reader,
}

impl Found<'_> {
    /// Feeds the place of its content to a hasher: the same for the same attribute of any record.
    pub fn hash_place(&self, state: &mut impl Hasher) {
        self.content.hash_place(state);
    }

    /// Where it stands in its record, rendered with clean keys.
    #[must_use]
    pub fn path(self) -> String {
        let mut path = self.content.render(&mut |key| self.reader.clean_key(key));
        path.push_str(&self.known.inner);
        path
    }
}

impl Redactor {
    /// What one thread needs. Make one for each, not for each call.
    #[must_use]
    pub fn new(scanner: Arc<Scanner>, policy: Arc<Policy>) -> Self {
        let reader = Reader {
            scratch: scanner.scratch(),
            scanner,
            findings: Vec::new(),
            key: Opened::default(),
            longest: SCAN_TEXT_BYTES,
            keys: HashMap::new(),
            keyed: RandomState::new(),
        };
        let is_scoped = reader.scanner.ruleset().rules().any(|(_, rule)| rule.scope.is_some());
        Self {
            policy,
            reader,
            opened: Opened::default(),
            memory: Memory::new(),
            is_scoped,
            signal: None,
            agent: None,
            sealed: HashMap::new(),
        }
    }

    /// The same, without a memory: for measuring what a text costs that was never seen.
    #[must_use]
    pub fn forgetful(scanner: Arc<Scanner>, policy: Arc<Policy>) -> Self {
        Self { memory: None, ..Self::new(scanner, policy) }
    }

    /// The same, for contents that open to this many bytes at most: a test of the bound need not be as long.
    #[cfg(test)]
    pub(crate) fn within(mut self, longest: usize) -> Self {
        self.reader.longest = longest;
        self
    }

    /// What it looks for.
    #[must_use]
    pub fn scanner(&self) -> &Scanner {
        &self.reader.scanner
    }

    /// Gives back buffers that one unusual request has grown.
    pub fn shrink(&mut self) {
        if self.opened.capacity() > KEPT_BUFFER_BYTES {
            self.opened = Opened::default();
            self.reader.findings = Vec::new();
            self.reader.scratch = self.reader.scanner.scratch();
        }
    }

    /// Redacts a payload: every content in it.
    pub fn payload(&mut self, mut payload: Payload, witness: &mut impl Witness) -> Redacted<Payload> {
        self.sealed.clear();
        (self.signal, self.agent) = (Some(payload.signal()), None);
        payload.rewrite(&mut Visit { redactor: self, witness });
        Redacted(payload)
    }

    /// Redacts one text that is not part of a payload.
    pub fn text(&mut self, text: &str, witness: &mut impl Witness) -> Redacted<String> {
        self.sealed.clear();
        (self.signal, self.agent) = (None, None);
        match self.content(&Path::root(""), text.as_bytes(), witness) {
            Edit::Keep => Redacted(text.to_owned()),
            Edit::Replace(clean) => Redacted(into_text(clean)),
            Edit::DropAttribute | Edit::DropRecord => Redacted(String::new()),
        }
    }

    /// A text fit for an alert. Whatever the policy says, what is found is masked; what cannot be scanned is
    /// replaced whole.
    #[must_use]
    pub fn clean(&mut self, text: &str) -> String {
        self.masked(text, |_| true)
    }

    /// What a user is called, fit for an alert: it may be an e-mail address.
    #[must_use]
    pub fn clean_user(&mut self, text: &str) -> String {
        self.masked(text, |rule| rule.id != EMAIL)
    }

    /// What stands for a text, were it found by this rule.
    #[must_use]
    pub fn tokens(&self, index: RuleIndex, text: &[u8]) -> Option<Tokens> {
        let rule = self.reader.scanner.ruleset().rule(index)?;
        Some(self.policy.tokens(index, rule, text))
    }

    /// Whether what this rule finds is what a user may be told by.
    #[must_use]
    pub fn finds_addresses(&self, index: RuleIndex) -> bool {
        self.reader.scanner.ruleset().rule(index).is_some_and(|rule| rule.id == EMAIL)
    }

    /// What is done with what is found.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// A token glued to another shows only when that is blacked out: what was masked is looked at again, until
    /// nothing is found. What goes on and on is not told at all.
    fn masked(&mut self, text: &str, mask: impl Fn(&Rule) -> bool) -> String {
        let mut text = text.to_owned();
        for _ in 0..=PASSES {
            let Some(masked) = self.masked_once(&text, &mask) else { return UNSCANNED.to_owned() };
            if masked == text {
                text.truncate(text.floor_char_boundary(CLAIM_BYTES));
                return text;
            }
            text = masked;
        }
        UNSCANNED.to_owned()
    }

    fn masked_once(&mut self, text: &str, mask: &impl Fn(&Rule) -> bool) -> Option<String> {
        self.opened.open(None, text.as_bytes());
        if self.reader.over(&self.opened).is_some() {
            return None;
        }
        let findings = self.reader.scan(self.opened.text());
        let ruleset = self.reader.scanner.ruleset();
        let mut edits = Vec::new();
        let mut places = Vec::new();
        for finding in &findings {
            let Some(rule) = ruleset.rule(finding.rule).filter(|rule| mask(rule)) else { continue };
            self.opened.places(&finding.range, &mut places);
            edits.extend(places.drain(..).map(|place| (place.range, format!("[REDACTED:{}]", rule.id))));
        }
        self.reader.findings = findings;
        unite(&mut edits);
        Some(into_text(splice(text.as_bytes(), &edits)))
    }

    /// Decides on one content, or remembers what was decided, and tells of what was found.
    fn content<S: Subject + ?Sized>(
        &mut self,
        path: &Path<'_>,
        content: &S,
        witness: &mut impl Witness,
    ) -> Edit<S::Owned> {
        let identity = path.attribute().and_then(|key| self.policy.identity(key));
        let whole = self.is_scoped.then(|| path.place());
        let site = whole.as_deref().map(|path| Site { signal: self.signal, agent: self.agent, path });
        let name = Name { key: path.key(), identifies: identity.is_some(), site };
        let edit = self.decided(path, name, content, witness);
        match (identity, &edit) {
            (None | Some(Identity::Keep), _) | (_, Edit::DropAttribute | Edit::DropRecord) => edit,
            (Some(Identity::Remove), _) => Edit::DropAttribute,
            (Some(Identity::Hash), Edit::Keep | Edit::Replace(_)) => content
                .as_one(|text| self.policy.pseudonym(text))
                .map_or(Edit::Keep, |pseudonym| Edit::Replace(S::text(&pseudonym))),
        }
    }

    fn decided<S: Subject + ?Sized>(
        &mut self,
        path: &Path<'_>,
        name: Name<'_>,
        content: &S,
        witness: &mut impl Witness,
    ) -> Edit<S::Owned> {
        let Some(verdict) = self.verdict(name, content) else { return Edit::Keep };
        verdict.suppressed.iter().for_each(|rule| witness.suppressed(*rule));
        let mut edit = Edit::Keep;
        let mut next = Some(&verdict);
        while let Some(verdict) = next {
            for known in &verdict.known {
                witness.found(Found { known, content: path, reader: &mut self.reader });
            }
            edit = match (&verdict.outcome, edit) {
                (Outcome::DropAttribute, _) => Edit::DropAttribute,
                (Outcome::DropRecord, _) => Edit::DropRecord,
                (Outcome::Unscanned(limit), _) => {
                    let reader = &mut self.reader;
                    witness.unscanned(Unscanned { limit: *limit, content: path, reader });
                    Edit::Replace(S::text(UNSCANNED))
                }
                (Outcome::Splice(edits), edit) if edits.is_empty() => edit,
                (Outcome::Splice(edits), Edit::Replace(left)) => Edit::Replace(left.borrow().spliced(edits)),
                (Outcome::Splice(edits), _) => Edit::Replace(content.spliced(edits)),
            };
            next = verdict.again.as_ref();
        }
        edit
    }

    fn verdict<S: Subject + ?Sized>(&mut self, name: Name<'_>, content: &S) -> Option<Arc<Verdict>> {
        let digest = self.memory.as_ref().map(|memory| memory.digest(name, content));
        if let (Some(memory), Some(digest)) = (&mut self.memory, digest)
            && let Some(known) = memory.recall(digest)
        {
            return known;
        }
        let verdict = self.judge(name, content, PASSES).map(Arc::new);
        // What there was no room left to seal is looked at again when it comes again.
        if let (Some(memory), Some(digest)) = (&mut self.memory, digest)
            && self.sealed.len() < SEALS
        {
            memory.remember(digest, verdict.clone());
        }
        verdict
    }

    /// Opens a content, scans it, and lets the policy decide; then looks at what is left of it. `None` if
    /// there is nothing in it.
    fn judge<S: Subject + ?Sized>(&mut self, name: Name<'_>, content: &S, passes: usize) -> Option<Verdict> {
        let mut verdict = self.judge_once(name, content)?;
        if let Outcome::Splice(edits) = &verdict.outcome
            && !edits.is_empty()
            && passes > 1
        {
            let again = self.judge(name, content.spliced(edits).borrow(), passes - 1);
            let again = again.and_then(|again| again.told_of(edits).without(&verdict.known));
            verdict.again = again.map(Arc::new);
        }
        Some(verdict)
    }

    fn judge_once<S: Subject + ?Sized>(&mut self, name: Name<'_>, content: &S) -> Option<Verdict> {
        content.read(&mut self.opened, name.key);
        if let Some(limit) = self.reader.over(&self.opened) {
            return Some(Verdict::unscanned(limit));
        }
        let mut findings = self.reader.scan(self.opened.text());
        let suppressed = self.take_out(name, &mut findings);
        let any = !findings.is_empty() || !suppressed.is_empty();
        let verdict = any.then(|| {
            // The same text, with the way back from it: most contents have nothing in them and need none.
            content.open(&mut self.opened, name.key);
            self.end_at_borders(&mut findings);
            let ruleset = self.reader.scanner.ruleset();
            content.keep_counted(&self.opened, &|rule| self.weight(rule), &mut findings);
            let outcome = match self.policy.decide(ruleset, self.opened.text(), &findings) {
                Decision::DropAttribute => Outcome::DropAttribute,
                Decision::DropRecord => Outcome::DropRecord,
                Decision::Rewrite(replacements) => Outcome::Splice(self.edits(&replacements)),
            };
            Verdict { outcome, known: self.known(&findings), suppressed, again: None }
        });
        self.reader.findings = findings;
        verdict
    }

    /// Takes out of the findings in the text that is open what an attribute may name somebody by, what does not
    /// count there, what is harmless, and what somebody answers for: the rules of that.
    fn take_out(&self, name: Name<'_>, findings: &mut Vec<Finding>) -> Box<[RuleIndex]> {
        let (ruleset, text) = (self.reader.scanner.ruleset(), self.opened.text());
        let mut suppressed = Vec::new();
        let mut said = Said::new();
        findings.retain(|finding| {
            let Some(rule) = ruleset.rule(finding.rule) else { return true };
            if (name.identifies && rule.id == EMAIL) || !self.counts(rule, finding, name, &mut said) {
                return false;
            }
            let secret = text.get(finding.secret.clone()).unwrap_or_default();
            if self.policy.is_harmless(rule, secret) {
                return false;
            }
            let answered = self.policy.suppresses(finding.rule, rule, secret);
            if answered {
                suppressed.push(finding.rule);
            }
            !answered
        });
        suppressed.sort_unstable();
        suppressed.dedup();
        suppressed.into_boxed_slice()
    }

    fn weight(&self, rule: RuleIndex) -> Weight {
        let asks = |rule: &Rule| rule.requires.is_some() || rule.scope.is_some();
        match self.policy.action(rule) {
            Action::Report => Weight::Told,
            _ if self.reader.scanner.ruleset().rule(rule).is_some_and(asks) => Weight::Maybe,
            _ => Weight::Sure,
        }
    }

    /// Whether what a rule found in the text that is open is in its scope. What was said of a place holds for all that the
    /// rule finds there: the way to it may be as long as the text.
    fn counts(&self, rule: &Rule, finding: &Finding, name: Name<'_>, said: &mut Said) -> bool {
        let (Some(scope), Some(site)) = (&rule.scope, name.site) else { return true };
        let mut inner = String::new();
        self.opened.inner_path(finding.range.start, &mut |step| {
            if let InnerStep::Key(key) = step {
                path::write_segment(&mut inner, Segment::Key(&key_text(key)), &mut str::to_owned);
            }
        });
        *said.entry((finding.rule, inner)).or_insert_with_key(|(_, inner)| {
            let path = [site.path, inner].concat();
            scope.holds(Site { path: &path, ..site })
        })
    }

    /// Lets what was whole before the border of pieces end there, if something else may begin behind it, and begin there
    /// if it is whole behind it; takes out what is nothing but that. The beginning of a secret that goes on is found at
    /// the end of its piece, too: that is not whole.
    fn end_at_borders(&mut self, findings: &mut Vec<Finding>) {
        findings.retain(|finding| !self.opened.begins_behind_border(&finding.secret));
        let borders: Vec<_> = findings.iter().map(|finding| self.opened.borders(&finding.range)).collect();
        if borders.iter().all(Vec::is_empty) {
            return;
        }
        let mut alone = Vec::new();
        self.reader.scanner.scan_whole(self.opened.text(), &mut self.reader.scratch, &mut alone);
        let over = alone.extract_if(.., |finding| !self.opened.borders(&finding.range).is_empty());
        let over: HashSet<_> = over.map(|finding| (finding.rule, finding.range.start)).collect();
        let mut whole = Whole::default();
        for finding in &alone {
            self.place(&finding.range).into_iter().for_each(|place| whole.add(place, finding.rule));
        }
        let mut borders = borders.into_iter();
        findings.retain_mut(|finding| {
            let borders = borders.next().unwrap_or_default();
            if borders.is_empty() {
                return true;
            }
            let is_cut = !over.contains(&(finding.rule, finding.range.start));
            self.begin_at_border(finding, &borders, &whole);
            let is_left = self.end_at_address(finding, &borders, &whole);
            self.end_before_mail(finding, &borders, &whole);
            self.end_at_border(finding, is_cut, &whole);
            is_left
        });
    }

    /// The place of a range of the scan text in the content, if it is one.
    fn place(&self, range: &Range<usize>) -> Option<(usize, usize)> {
        let mut places = Vec::new();
        self.opened.places(range, &mut places);
        match places.as_slice() {
            [Place { range, .. }] => Some((range.start, range.end)),
            _ => None,
        }
    }

    /// Of a mail address the names are none of it that stand as whole pieces before that in which it is whole.
    fn begin_at_border(&self, finding: &mut Finding, borders: &[(usize, bool)], whole: &Whole) {
        let is_rest_of_mail = || {
            let first = borders.first().map_or(finding.range.end, |(border, _)| *border);
            let place = self.place(&(finding.range.start..first));
            place.is_some_and(|place| whole.has_around(place, finding.rule))
        };
        if !self.opened.begins_piece(finding.range.start) && !is_rest_of_mail() {
            return;
        }
        let ends = borders.iter().skip(1).map(|(border, _)| *border).chain([finding.range.end]);
        let pieces = borders.iter().zip(ends).map(|((border, _), end)| *border..end);
        let start_before = |piece: &Range<usize>| {
            let mut before = borders.iter().map(|(border, _)| *border).rev();
            before.find(|border| *border < piece.start).unwrap_or(finding.range.start)
        };
        let is_whole = |piece: &Range<usize>| {
            self.place(piece).is_some_and(|place| whole.holds(place, |rule| rule == finding.rule))
                && !self.opened.may_go_on_to_mail(&(start_before(piece)..piece.start), piece)
        };
        if let Some(piece) = pieces.filter(|piece| finding.secret.end > piece.start).find(is_whole) {
            finding.range.start = piece.start;
            finding.secret.start = finding.secret.start.max(piece.start);
        }
    }

    /// An address behind a border is none of what stands before it. Whether anything is left of the finding that was
    /// not found before that border was read over.
    fn end_at_address(&self, finding: &mut Finding, borders: &[(usize, bool)], whole: &Whole) -> bool {
        let start = finding.range.start;
        let behind = borders.iter().filter(|(border, _)| *border > start);
        let Some((border, _)) = behind.clone().find(|(_, is_address)| *is_address) else { return true };
        end_at(finding, *border);
        let is_in_pieces = behind.clone().any(|(other, _)| other < border);
        finding.secret.start < *border
            && (is_in_pieces || self.place(&finding.range).is_some_and(|place| whole.holds(place, |_| true)))
    }

    /// A mail address that is whole before a border ends there if a piece behind it has one of its own, and begins with
    /// that or with something else.
    fn end_before_mail(&self, finding: &mut Finding, borders: &[(usize, bool)], whole: &Whole) {
        let rule = self.reader.scanner.ruleset().rule(finding.rule);
        let is_mail = rule.is_some_and(|rule| rule.anchor == Some(Anchor::At));
        let behind = borders.iter().map(|(border, _)| *border).filter(|border| *border > finding.range.start);
        let Some(first) = behind.clone().next().filter(|_| is_mail) else { return };
        let is_whole = |range: &Range<usize>| {
            self.place(range).is_some_and(|place| whole.holds(place, |rule| rule == finding.rule))
        };
        let has_mail = |(before, border): (usize, usize)| {
            let Some(piece) = self.opened.piece_behind(border) else { return false };
            let Some(place) = self.place(&piece) else { return false };
            whole.has_in(place, finding.rule)
                && (whole.has_at(place.0, finding.rule) || self.opened.begins_anew(&piece))
                && (border == first || !self.opened.may_go_on_to_mail(&(before..border), &piece))
        };
        let starts = std::iter::once(finding.range.start).chain(behind.clone());
        if is_whole(&(finding.range.start..first)) && starts.zip(behind).any(has_mail) {
            end_at(finding, first);
        }
    }

    /// Ends a secret at the first border that it was whole before to a rule of its family; one that was found by its
    /// beginning alone, before which any rule found something whole.
    fn end_at_border(&self, finding: &mut Finding, is_cut: bool, whole: &Whole) {
        let border = self.opened.border(&finding.range).filter(|border| finding.secret.start < *border);
        let Some(border) = border else { return };
        // The full stop of a sentence is none of it, and no quote or bracket that closes before the border.
        let last = border.checked_sub(1);
        let closes =
            |last: &usize| self.opened.text().get(*last).is_some_and(|byte| b".`'\")]}>".contains(byte));
        let mut ends = [Some(border), last.filter(closes)].into_iter().flatten();
        let is_whole = |end: &usize| {
            let before = self.place(&(finding.range.start..*end));
            let is_same = |rule| is_cut || finds_the_same(self.reader.scanner.ruleset(), rule, finding.rule);
            before.is_some_and(|before| whole.holds(before, is_same))
        };
        if let Some(end) = ends.find(is_whole) {
            end_at(finding, end);
        }
    }

    /// From ranges of the scan text to ranges of the content.
    fn edits(&self, replacements: &[Replacement]) -> Box<[(Range<usize>, String)]> {
        let mut edits = Vec::new();
        let mut places = Vec::new();
        for Replacement { range, placeholder } in replacements {
            self.opened.places(range, &mut places);
            edits.extend(
                places
                    .drain(..)
                    .map(|Place { range, quote, .. }| (range, format!("{quote}{placeholder}{quote}"))),
            );
        }
        unite(&mut edits);
        edits.into_boxed_slice()
    }

    /// Each finding once, though a text that was read in two ways shows most of them twice; one that stands
    /// in pieces once for each of them. A piece goes by the whole secret, where that was seen. Several secrets in one
    /// place, such as the run of base64 that all of them are in, are told each.
    fn known(&mut self, findings: &[Finding]) -> Box<[Known]> {
        let mut places = Vec::new();
        let mut placed: Vec<(Range<usize>, &Finding)> = Vec::new();
        for finding in findings {
            self.opened.places(&finding.range, &mut places);
            for pieces in places.chunk_by(|_, next| !next.apart) {
                let start = pieces.iter().map(|place| place.range.start).min();
                let end = pieces.iter().map(|place| place.range.end).max();
                placed.extend(start.zip(end).map(|(start, end)| (start..end, finding)));
            }
            places.clear();
        }
        placed.sort_by_key(|(range, finding)| (finding.rule, range.start, range.end));
        placed.dedup_by(|(next, after), (first, before)| {
            let overlap = after.rule == before.rule && next.start < first.end;
            let same = overlap && !are_apart(&self.opened, &before.range, &after.range);
            if same {
                first.end = first.end.max(next.end);
                *before = std::cmp::max_by_key(*after, *before, |finding| finding.secret.len());
            }
            same
        });
        placed.sort_by_key(|(range, _)| (range.start, range.end));
        self.tell_once(&mut placed);
        // The pieces of one secret have one token: to make it is the work of the whole secret.
        let mut tokens: HashMap<(RuleIndex, &Range<usize>), Tokens> = HashMap::new();
        let mut known = Vec::with_capacity(placed.len());
        for (range, finding) in placed {
            let whole = (finding.rule, &finding.secret);
            let tokens = *tokens.entry(whole).or_insert_with(|| self.tokens_of(finding));
            known.push(self.known_of(finding, range, tokens));
        }
        known.into_boxed_slice()
    }

    /// Leaves one of those that are about the same secret in the same place, of several rules, for all that they cover.
    /// Of very many that overlap only the nearest are compared.
    fn tell_once(&self, placed: &mut Vec<(Range<usize>, &Finding)>) {
        let (ruleset, text) = (self.reader.scanner.ruleset(), self.opened.text());
        let mut told: Vec<(Range<usize>, &Finding)> = Vec::with_capacity(placed.len());
        for (range, finding) in placed.drain(..) {
            let near = told.iter_mut().rev().take(NEIGHBOURS).filter(|before| range.start < before.0.end);
            let tells =
                |before: &(Range<usize>, _)| self.policy.tells_of_both(ruleset, text, before.1, finding);
            let same = near.filter_map(|before| Some((tells(before)?, before))).next();
            match same {
                Some((teller, before)) => {
                    before.0.end = before.0.end.max(range.end);
                    before.1 = teller;
                }
                None => told.push((range, finding)),
            }
        }
        *placed = told;
    }

    fn tokens_of(&self, finding: &Finding) -> Tokens {
        let secret = self.opened.text().get(finding.secret.clone()).unwrap_or_default();
        self.tokens(finding.rule, secret).unwrap_or(Tokens { now: Token::NONE, before: None })
    }

    fn known_of(&mut self, finding: &Finding, range: Range<usize>, tokens: Tokens) -> Known {
        let sealed = self.seal(finding, tokens.now);
        let Self { reader, opened, .. } = self;
        let mut inner = String::new();
        opened.inner_path(finding.range.start, &mut |step| {
            let key;
            let segment = match step {
                InnerStep::Key(bytes) => {
                    key = key_text(bytes);
                    Segment::Key(&key)
                }
                InnerStep::Index(index) => Segment::Index(index),
            };
            path::write_segment(&mut inner, segment, &mut |key| reader.clean_key(key));
        });
        Known {
            rule: finding.rule,
            confidence: finding.confidence,
            action: self.policy.action(finding.rule),
            tokens,
            sealed,
            range,
            inner: inner.into_boxed_str(),
        }
    }
}

impl Redactor {
    /// A secret, for whom its rule seals to; `None`: for nobody, or there is no room for another.
    fn seal(&mut self, finding: &Finding, token: Token) -> Option<Arc<str>> {
        let recipient = self.policy.seals(finding.rule)?;
        let key = (finding.rule, token);
        if let Some(sealed) = self.sealed.get(&key) {
            return Some(Arc::clone(sealed));
        }
        let rule = self.reader.scanner.ruleset().rule(finding.rule).filter(|_| self.sealed.len() < SEALS)?;
        let secret = self.opened.text().get(finding.secret.clone())?;
        let sealed: Arc<str> = recipient.seal(&rule.id, secret)?.into();
        self.sealed.insert(key, Arc::clone(&sealed));
        Some(sealed)
    }
}

impl Reader {
    /// The bound that a content is over. What is over one was not opened whole, or is too long to be looked
    /// through: nothing of it may be shown.
    fn over(&self, opened: &Opened) -> Option<Limit> {
        let too_long = opened.text().len() > self.longest;
        opened.limit().or(too_long.then_some(Limit::Length))
    }

    /// The findings in a text, in the buffer that is kept for them; give it back.
    fn scan(&mut self, text: &[u8]) -> Vec<Finding> {
        let mut findings = std::mem::take(&mut self.findings);
        findings.clear();
        self.scanner.scan(text, &mut self.scratch, &mut findings);
        findings
    }

    /// A key fit to be printed in a path: the name of a rule in its place if there is anything in it, and
    /// [`UNSCANNED`] if nobody can know. Of keys seen before only what is shown of them is kept.
    fn clean_key(&mut self, key: &str) -> String {
        if key.len() > LONGEST_KEY {
            return UNSCANNED.to_owned();
        }
        let seen = self.keyed.hash_one(key);
        if let Some(shown) = self.keys.get(&seen) {
            return shown.as_ref().to_owned();
        }
        let shown = self.looked_at(key);
        if self.keys.len() >= KEYS {
            self.keys.clear();
        }
        self.keys.insert(seen, shown.as_str().into());
        shown
    }

    fn looked_at(&mut self, key: &str) -> String {
        let mut findings = Vec::new();
        self.key.read(None, key.as_bytes());
        if self.over(&self.key).is_some() {
            return UNSCANNED.to_owned();
        }
        self.scanner.scan(self.key.text(), &mut self.scratch, &mut findings);
        let rule = findings.first().and_then(|finding| self.scanner.ruleset().rule(finding.rule));
        rule.map_or_else(|| shortened(key), |rule| format!("[REDACTED:{}]", rule.id))
    }
}

/// Lets what is blacked out end at a place, and the secret in it no later.
fn end_at(finding: &mut Finding, end: usize) {
    finding.range.end = end;
    finding.secret.end = finding.secret.end.min(end);
}

/// What was found whole in one place of the content, by which rules.
#[derive(Default)]
struct Whole(BTreeMap<(usize, usize), Vec<RuleIndex>>);

impl Whole {
    fn add(&mut self, place: (usize, usize), rule: RuleIndex) {
        self.0.entry(place).or_default().push(rule);
    }

    /// Whether a rule found something within a place. Of very many findings there the first are looked at.
    fn has_in(&self, (start, end): (usize, usize), rule: RuleIndex) -> bool {
        let mut near = self.0.range((start, 0)..(end, 0)).take(NEIGHBOURS);
        near.any(|((_, last), rules)| *last <= end && rules.contains(&rule))
    }

    /// Whether a rule found something that begins at a place.
    fn has_at(&self, start: usize, rule: RuleIndex) -> bool {
        self.0.range((start, 0)..(start + 1, 0)).take(NEIGHBOURS).any(|(_, rules)| rules.contains(&rule))
    }

    /// Whether a rule found something that begins before a place and has all of it.
    fn has_around(&self, (start, end): (usize, usize), rule: RuleIndex) -> bool {
        let mut near = self.0.range(..(start, 0)).rev().take(NEIGHBOURS);
        near.any(|((_, last), rules)| *last >= end && rules.contains(&rule))
    }

    /// Whether a rule that this holds of found something that is all of a place.
    fn holds(&self, place: (usize, usize), is_meant: impl Fn(RuleIndex) -> bool) -> bool {
        self.0.get(&place).is_some_and(|rules| rules.iter().any(|rule| is_meant(*rule)))
    }
}

/// Whether a rule finds what another does, in whatever place, and finds it whole.
fn finds_the_same(ruleset: &Ruleset, one: RuleIndex, other: RuleIndex) -> bool {
    let (Some(one), Some(other)) = (ruleset.rule(one), ruleset.rule(other)) else { return false };
    one.family() == other.family() && !one.id.ends_with(".cut")
}

/// Walks a payload with a redactor.
struct Visit<'a, W> {
    redactor: &'a mut Redactor,
    witness: &'a mut W,
}

impl<W: Witness> Visitor for Visit<'_, W> {
    fn enter(&mut self, view: View<'_>) {
        self.witness.enter(view);
        self.redactor.agent = self.witness.agent();
    }

    fn joins(&self) -> bool {
        true
    }

    fn pieces(&mut self, pieces: &[Piece<'_>]) -> Vec<Edit> {
        self.redactor.pieces(pieces, self.witness)
    }

    fn may_be_of_call(&self, key: &str) -> bool {
        content::side(key).is_some()
    }

    fn call(&mut self, list: &Path<'_>, texts: &[Piece<'_>]) -> Vec<Edit> {
        self.redactor.call(list, texts, self.witness)
    }

    fn content(&mut self, path: &Path<'_>, content: Content<'_>) -> Edit {
        match content {
            Content::Text(text) => self.redactor.content(path, text.as_bytes(), self.witness),
            Content::Bytes(bytes) => self.redactor.content(path, bytes, self.witness),
            Content::Int(number) => self.redactor.content(path, number.to_string().as_bytes(), self.witness),
            Content::Double(number) => {
                self.redactor.content(path, number.to_string().as_bytes(), self.witness)
            }
        }
    }

    fn tree(&mut self, path: &Path<'_>, tree: &Tree) -> Edit<Tree> {
        self.redactor.content(path, tree, self.witness)
    }
}

/// Whether two ranges of a text stand one behind the other in one reading of it: they are not the same, read twice.
fn are_apart(opened: &Opened, one: &Range<usize>, other: &Range<usize>) -> bool {
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    first.end <= second.start && opened.are_of_one_part(first.start, second.start)
}

/// Text that was spliced at character borders is text.
fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned())
}

/// Whether a place is in the scope of a rule, by the rule and the way inside the text.
type Said = HashMap<(RuleIndex, String), bool>;

/// A key of JSON as a step of a path: of one that is too long to be looked at, no more than tells that.
fn key_text(key: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(key.get(..=LONGEST_KEY).unwrap_or(key))
}

fn shortened(key: &str) -> String {
    match key.char_indices().find(|(at, _)| *at >= PATH_KEY_BYTES) {
        Some((at, _)) => format!("{}...", key.get(..at).unwrap_or_default()),
        None => key.to_owned(),
    }
}

impl<T> Redacted<T> {
    /// What was redacted, for looking at.
    #[must_use]
    pub const fn inner(&self) -> &T {
        &self.0
    }
}

impl Redacted<Payload> {
    /// Sets a resource attribute that the operator configured: the one thing that is added after
    /// redaction, and not a sender's text.
    pub fn upsert_resource_attribute(&mut self, key: &str, value: &str) {
        self.0.upsert_resource_attribute(key, value);
    }

    /// Makes deltas of cumulative points: numbers change, and no text.
    pub fn make_delta(&mut self, delta: &mut Delta, now: SystemTime) -> Turned {
        self.0.make_delta(delta, now)
    }

    /// Makes exponential histograms of those with explicit bounds: numbers change, and no text.
    pub fn make_exponential(&mut self) -> usize {
        self.0.make_exponential()
    }

    /// The request in protobuf.
    #[must_use]
    pub fn to_protobuf(&self) -> Redacted<Bytes> {
        Redacted(Bytes::from(self.0.to_protobuf()))
    }

    /// Appends the request as OTLP/JSON on one line.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        self.0.write_json(out);
    }
}

impl Redacted<Bytes> {
    /// The bytes, for writing them out.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// What the queue wrote when it was redacted, and now reads. Nobody else may call this;
    /// `tests/layers.rs` holds the code to it.
    pub(crate) const fn read_back(written: Bytes) -> Self {
        Self(written)
    }

    /// Several requests of one signal as one: protobuf messages concatenate.
    #[must_use]
    pub fn concat(parts: &[Self]) -> Self {
        if let [one] = parts {
            return one.clone();
        }
        let mut all = BytesMut::with_capacity(parts.iter().map(|part| part.0.len()).sum());
        for part in parts {
            all.extend_from_slice(&part.0);
        }
        Self(all.freeze())
    }

    /// Reads a request back.
    ///
    /// # Errors
    /// If the bytes are not a request of this signal: they were not made by
    /// [`Redacted::<Payload>::to_protobuf`] of one.
    pub fn decode(&self, signal: Signal) -> Result<Redacted<Payload>, crate::otlp::DecodeError> {
        Payload::from_protobuf(signal, &self.0).map(Redacted)
    }
}

/// For the tests of what stands after redaction: makes a `Redacted` of anything.
#[cfg(test)]
pub(crate) fn pretend<T>(value: T) -> Redacted<T> {
    Redacted(value)
}
