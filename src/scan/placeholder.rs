//! Placeholders that stand in a text already are left alone, so that redacting twice is redacting once.
//!
//! One of ours is `[REDACTED:<rule>]`, `[REDACTED:<rule>:<token>]` or `[REDACTED:<rule>:..<part>]` with the
//! id of a rule **of this ruleset** (or what the rule says in its place, or `identity`), a token of sixteen characters
//! of lower-case base32 or a part of at most four letters and digits, or `[REDACTED:unscanned]`. Text that merely looks like one is text.
//!
//! What a finding and a placeholder share is taken out of the finding. What is left of it stays a
//! finding, in one or more pieces, unless fewer than [`LEAST`] letters and digits are left in all: that
//! is the quote or the comma a loose pattern took along. So
//! - `password=[REDACTED:jwt]` has no finding left, and is not redacted again;
//! - `password=[REDACTED:jwt]hunter2` still has one over `hunter2`: a placeholder somebody writes
//!   himself hides nothing that stands beside it.
//!
//! A placeholder tells of nothing either: in `[REDACTED:github.personal_access_token]: value` the word `token` is
//! ours, and makes no secret of the value; and a keyword of a rule that stands in one is none.
//!
//! Considered and not done: to take placeholders for separators. It would hide the second example,
//! since the key and the value would stand in two segments. What remains: where a rule matched less of
//! a text before something in the middle of it was blacked out than after, a second pass blacks out
//! more than the first. It never shows more. The same holds for a rule that reaches over other findings:
//! a placeholder may be shorter than what it stands for, and bring the ends of a match closer.

use super::Finding;
use crate::limits::PARTIAL_KEEPS;
use crate::rule::{RESERVED_LABELS, Rule, Ruleset};
use crate::token::Token;
use memchr::memmem;
use std::collections::HashSet;
use std::ops::Range;

const OPENING: &[u8] = b"[REDACTED:";
/// Letters and digits that must be left of a finding for it to stay one.
const LEAST: usize = 4;

/// The placeholders a ruleset knows.
#[derive(Debug)]
pub(super) struct Placeholders {
    ids: HashSet<Vec<u8>>,
    longest: usize,
    opening: memmem::Finder<'static>,
}

impl Placeholders {
    pub(super) fn new(ruleset: &Ruleset) -> Self {
        let said = |rule: &Rule| [rule.id.as_str(), rule.label()].map(|said| said.as_bytes().to_vec());
        let mut ids: HashSet<Vec<u8>> = ruleset.rules().flat_map(|(_, rule)| said(rule)).collect();
        ids.extend(RESERVED_LABELS.map(Into::into));
        let longest = ids.iter().map(Vec::len).max().unwrap_or(0) + 1 + Token::CHARACTERS + 1;
        Self { ids, longest, opening: memmem::Finder::new(OPENING) }
    }

    /// Takes placeholders out of the findings from number `first` on.
    pub(super) fn spare(
        &self,
        text: &[u8],
        first: usize,
        placeholders: &mut Vec<Range<usize>>,
        findings: &mut Vec<Finding>,
    ) {
        placeholders.clear();
        placeholders.extend(self.opening.find_iter(text).filter_map(|at| self.at(text, at)));
        if placeholders.is_empty() {
            return;
        }
        for finding in findings.split_off(first.min(findings.len())) {
            take_out(text, &finding, placeholders, findings);
        }
    }

    /// Whether what tells of a secret is words in a placeholder: a match starts in one, and the secret
    /// stands behind it.
    pub(super) fn tell_of(&self, text: &[u8], start: usize, secret: &Range<usize>) -> bool {
        self.around(text, start).is_some_and(|found| found.end <= secret.start)
    }

    /// Whether a byte is one of a placeholder.
    pub(super) fn hold(&self, text: &[u8], at: usize) -> bool {
        self.around(text, at).is_some()
    }

    /// The placeholder that a byte is one of.
    fn around(&self, text: &[u8], at: usize) -> Option<Range<usize>> {
        let from = at.saturating_sub(self.longest + OPENING.len());
        let near = text.get(from..text.len().min(at + OPENING.len())).unwrap_or_default();
        let placeholder = self.at(text, from + memmem::rfind(near, OPENING)?);
        placeholder.filter(|found| found.contains(&at))
    }

    /// The placeholder that starts here.
    fn at(&self, text: &[u8], start: usize) -> Option<Range<usize>> {
        let inside = start + OPENING.len();
        let rest = text.get(inside..)?;
        let rest = rest.get(..self.longest).unwrap_or(rest);
        let (body, _) = rest.split_at(memchr::memchr(b']', rest)?);
        let known = match memchr::memrchr(b':', body).map(|colon| body.split_at(colon)) {
            Some((id, token)) => self.ids.contains(id) && is_token(token.get(1..).unwrap_or_default()),
            None => self.ids.contains(body),
        };
        known.then(|| start..inside + body.len() + 1)
    }
}

/// Where placeholders begin that say one of these, and where the words of them end.
pub(super) fn labelled<'a>(
    text: &'a [u8],
    labels: &'a [String],
) -> impl Iterator<Item = (usize, usize)> + 'a {
    memmem::find_iter(text, OPENING).filter_map(|at| {
        let rest = text.get(at + OPENING.len()..)?;
        let label = labels.iter().find(|label| {
            let rest = rest.strip_prefix(label.as_bytes());
            rest.is_some_and(|rest| matches!(rest.first(), Some(b']' | b':')))
        })?;
        Some((at, at + OPENING.len() + label.len()))
    })
}

/// A token, or the last characters that the policy leaves of what is redacted in part.
fn is_token(bytes: &[u8]) -> bool {
    let token = Token::is_one(bytes);
    let part = bytes.strip_prefix(b"..").is_some_and(|kept| {
        (1..=PARTIAL_KEEPS).contains(&kept.len()) && kept.iter().all(u8::is_ascii_alphanumeric)
    });
    token || part
}

/// Appends what is left of a finding. The placeholders are in order and do not overlap.
fn take_out(text: &[u8], finding: &Finding, placeholders: &[Range<usize>], out: &mut Vec<Finding>) {
    let first = placeholders.partition_point(|placeholder| placeholder.end <= finding.range.start);
    let mut inside = placeholders
        .iter()
        .skip(first)
        .take_while(|placeholder| placeholder.start < finding.range.end)
        .peekable();
    if inside.peek().is_none() {
        out.push(finding.clone());
        return;
    }
    let mut pieces = Vec::new();
    let mut start = finding.range.start;
    for placeholder in inside {
        pieces.push(start..placeholder.start.max(start));
        start = placeholder.end;
    }
    pieces.push(start..finding.range.end.max(start));
    pieces.retain(|piece| letters(text, piece) > 0);
    if pieces.iter().map(|piece| letters(text, piece)).sum::<usize>() >= LEAST {
        out.extend(pieces.into_iter().map(|piece| part(finding, piece)));
    }
}

fn letters(text: &[u8], range: &Range<usize>) -> usize {
    let bytes = text.get(range.clone()).unwrap_or_default();
    bytes.iter().filter(|byte| !byte.is_ascii_whitespace() && !b"\"'`,;:()[]{}<>\\".contains(byte)).count()
}

fn part(finding: &Finding, range: Range<usize>) -> Finding {
    let secret = finding.secret.start.max(range.start)..finding.secret.end.min(range.end);
    let secret = if secret.is_empty() { range.clone() } else { secret };
    Finding { rule: finding.rule, range, secret, confidence: finding.confidence }
}
