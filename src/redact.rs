//! Applying decisions, and the type that says it was done.
//!
//! A [`Redactor`] sees every content of a payload, scans it, lets the policy decide and does what it
//! decided; what comes out is [`Redacted`]. Nothing else makes one of what was received, so holding a
//! `Redacted<T>` is the proof that a scanner and a policy have been over all of it.
//!
//! ```compile_fail
//! // Nobody else can wrap what was received:
//! let payload = blackbar::otlp::Payload::from_protobuf(blackbar::signal::Signal::Logs, &[])?;
//! let clean = blackbar::redact::Redacted(payload);
//! # Ok::<(), blackbar::otlp::DecodeError>(())
//! ```
//!
//! Edits are ranges of the content as it stands, spliced from right to left. Nothing is printed again
//! that did not change.

use crate::content::{InnerStep, Opened, Place};
use crate::otlp::{Content, Edit, Payload, View, Visitor};
use crate::path::{self, Path, Segment};
use crate::policy::{Decision, Policy};
use crate::rule::{Action, Category};
use crate::scan::{Finding, Scanner, Scratch};
use crate::signal::Signal;
use crate::token::Token;
use bytes::{Bytes, BytesMut};
use std::ops::Range;
use std::sync::Arc;

/// Bytes of a key that are printed in a path; keys can be as long as a sender likes.
const PATH_KEY_BYTES: usize = 96;

/// Something with every finding in it decided on and applied. The queue takes nothing else.
#[derive(Clone)]
pub struct Redacted<T>(T);

/// What one thread needs to redact: scanner, policy, and buffers kept between calls.
pub struct Redactor {
    scanner: Arc<Scanner>,
    policy: Arc<Policy>,
    scratch: Scratch,
    opened: Opened,
    findings: Vec<Finding>,
}

/// Is told of everything that was found, as it is found.
pub trait Witness {
    /// A level of the payload begins; nothing in it was rewritten yet.
    fn enter(&mut self, view: View<'_>) {
        let _ = view;
    }
    /// Something was found.
    fn found(&mut self, found: Found);
}

/// One finding, in terms that can be told: no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The match, in the scan text of its content.
    pub finding: Finding,
    /// Where it stands in the content itself. Empty for a number.
    pub range: Range<usize>,
    /// What was done.
    pub action: Action,
    /// Stands for the secret.
    pub token: Token,
    /// Where the content stands in its record, with clean keys.
    pub path: String,
}

impl Redactor {
    /// Buffers for one thread. Make one for each, not for each call.
    #[must_use]
    pub fn new(scanner: Arc<Scanner>, policy: Arc<Policy>) -> Self {
        let scratch = scanner.scratch();
        Self { scanner, policy, scratch, opened: Opened::default(), findings: Vec::new() }
    }

    /// What it looks for.
    #[must_use]
    pub fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// Redacts a payload: every content in it.
    pub fn payload(&mut self, mut payload: Payload, witness: &mut impl Witness) -> Redacted<Payload> {
        payload.rewrite(&mut Visit { redactor: self, witness });
        Redacted(payload)
    }

    /// Redacts one text that is not part of a payload. `key` is what it is called, if anything.
    pub fn text(&mut self, key: Option<&str>, text: &str, witness: &mut impl Witness) -> Redacted<String> {
        let root = Path::root("");
        let path = key.map(|key| root.then(Segment::Key(key)));
        match self.content(path.as_ref().unwrap_or(&root), text.as_bytes(), witness) {
            Edit::Keep => Redacted(text.to_owned()),
            Edit::Replace(clean) => Redacted(clean),
            Edit::DropAttribute | Edit::DropRecord => Redacted(String::new()),
        }
    }

    /// A text fit for an alert: without secrets, and if `personal` is false without personal data.
    /// Whatever the policy says, what is found is masked.
    #[must_use]
    pub fn clean(&mut self, text: &str, personal: bool) -> String {
        let Self { scanner, scratch, findings, .. } = self;
        findings.clear();
        scanner.scan(text.as_bytes(), scratch, findings);
        let ruleset = scanner.ruleset();
        let mut edits: Vec<(Range<usize>, String)> = findings
            .iter()
            .filter_map(|finding| Some((finding, ruleset.rule(finding.rule)?)))
            .filter(|(_, rule)| !personal || rule.category == Category::Secret)
            .map(|(finding, rule)| (finding.range.clone(), format!("[REDACTED:{}]", rule.id)))
            .collect();
        splice(text.as_bytes(), &mut edits)
    }

    /// Scans one content, decides, and tells of what was found.
    fn content(&mut self, path: &Path<'_>, content: &[u8], witness: &mut impl Witness) -> Edit {
        self.opened.open(path.key(), content);
        self.findings.clear();
        self.scanner.scan(self.opened.text(), &mut self.scratch, &mut self.findings);
        if self.findings.is_empty() {
            return Edit::Keep;
        }
        let findings = std::mem::take(&mut self.findings);
        let decision = self.policy.decide(self.scanner.ruleset(), self.opened.text(), &findings);
        self.tell(path, &findings, witness);
        self.findings = findings;
        match decision {
            Decision::DropAttribute => Edit::DropAttribute,
            Decision::DropRecord => Edit::DropRecord,
            Decision::Rewrite(replacements) if replacements.is_empty() => Edit::Keep,
            Decision::Rewrite(replacements) => {
                let mut edits = Vec::new();
                let mut places = Vec::new();
                for replacement in &replacements {
                    self.opened.places(&replacement.range, &mut places);
                    edits.extend(places.drain(..).map(|Place { range, quote }| {
                        (range, format!("{quote}{}{quote}", replacement.placeholder))
                    }));
                }
                if edits.is_empty() { Edit::Keep } else { Edit::Replace(splice(content, &mut edits)) }
            }
        }
    }

    /// Tells of each finding once: a text that was scanned in two readings shows most of them twice.
    fn tell(&mut self, path: &Path<'_>, findings: &[Finding], witness: &mut impl Witness) {
        let mut told: Vec<(&Finding, Range<usize>)> = Vec::new();
        let mut places = Vec::new();
        for finding in findings {
            places.clear();
            self.opened.places(&finding.range, &mut places);
            let (Some(first), Some(last)) = (places.first(), places.last()) else { continue };
            let range = first.range.start.min(last.range.start)..last.range.end.max(first.range.end);
            let same = |(other, at): &(&Finding, Range<usize>)| {
                other.rule == finding.rule && at.start < range.end && range.start < at.end
            };
            if told.iter().any(same) {
                continue;
            }
            told.push((finding, range));
        }
        for (finding, range) in told {
            let secret = self.opened.text().get(finding.secret.clone()).unwrap_or_default();
            let token = self.policy.key().token(secret);
            let action = self.policy.action(finding.rule);
            let path = self.path_to(path, finding);
            witness.found(Found { finding: finding.clone(), range, action, token, path });
        }
    }

    fn path_to(&mut self, path: &Path<'_>, finding: &Finding) -> String {
        let Self { scanner, scratch, opened, .. } = self;
        let mut found = Vec::new();
        let mut clean = |key: &str| {
            found.clear();
            scanner.scan(key.as_bytes(), scratch, &mut found);
            let rule = found.first().and_then(|finding| scanner.ruleset().rule(finding.rule));
            rule.map_or_else(|| shortened(key), |rule| format!("[REDACTED:{}]", rule.id))
        };
        let mut out = path.render(&mut clean);
        opened.inner_path(finding.range.start, &mut |step| match step {
            InnerStep::Key(key) => {
                path::write_segment(&mut out, Segment::Key(&String::from_utf8_lossy(key)), &mut clean);
            }
            InnerStep::Index(index) => path::write_segment(&mut out, Segment::Index(index), &mut clean),
        });
        out
    }
}

/// Walks a payload with a redactor.
struct Visit<'a, W> {
    redactor: &'a mut Redactor,
    witness: &'a mut W,
}

impl<W: Witness> Visitor for Visit<'_, W> {
    fn enter(&mut self, view: View<'_>) {
        self.witness.enter(view);
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
}

/// The content with each range replaced. Ranges that overlap become one, under the first one's
/// placeholder; ranges that cut a character are widened to it.
fn splice(content: &[u8], edits: &mut Vec<(Range<usize>, String)>) -> String {
    edits.sort_by(|a, b| a.0.start.cmp(&b.0.start).then(b.0.end.cmp(&a.0.end)));
    edits.dedup_by(|next, first| {
        let overlap = next.0.start < first.0.end;
        if overlap {
            first.0.end = first.0.end.max(next.0.end);
        }
        overlap
    });
    let mut out = Vec::with_capacity(content.len());
    let mut at = 0;
    for (range, placeholder) in edits {
        let start = character_start(content, range.start).max(at);
        out.extend_from_slice(content.get(at..start).unwrap_or_default());
        out.extend_from_slice(placeholder.as_bytes());
        at = character_end(content, range.end);
    }
    out.extend_from_slice(content.get(at..).unwrap_or_default());
    String::from_utf8(out).unwrap_or_else(|bytes| String::from_utf8_lossy(bytes.as_bytes()).into_owned())
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn character_start(content: &[u8], mut at: usize) -> usize {
    while at > 0 && content.get(at).copied().is_some_and(is_continuation) {
        at -= 1;
    }
    at
}

fn character_end(content: &[u8], mut at: usize) -> usize {
    while content.get(at).copied().is_some_and(is_continuation) {
        at += 1;
    }
    at
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
