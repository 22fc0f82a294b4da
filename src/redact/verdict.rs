//! What was decided on one content, in terms that can be kept: no text of it.

use crate::rule::{Action, Confidence, RuleIndex};
use crate::token::Token;
use std::ops::Range;

/// What becomes of a content, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    /// What was found in it, in the order it stands there.
    pub(super) known: Box<[Known]>,
}

/// What becomes of a content.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// These ranges of it are replaced, in order and apart; none if there was nothing but to report.
    Splice(Box<[(Range<usize>, String)]>),
    /// Its attribute is taken out.
    DropAttribute,
    /// Its record is taken out.
    DropRecord,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Whose it is.
    pub rule: RuleIndex,
    /// How sure.
    pub confidence: Confidence,
    /// What was done.
    pub action: Action,
    /// Stands for the secret.
    pub token: Token,
    /// Where it stands in the content, in bytes.
    pub range: Range<usize>,
    /// The way to it inside the content, rendered with clean keys; empty if the content was not opened.
    pub inner: Box<str>,
}

impl Verdict {
    /// Bytes it takes to keep, about.
    pub(super) fn cost(&self) -> usize {
        let edits = match &self.outcome {
            Outcome::Splice(edits) => edits.iter().map(|(_, text)| 48 + text.len()).sum(),
            Outcome::DropAttribute | Outcome::DropRecord => 0,
        };
        128 + edits + self.known.iter().map(|known| 80 + known.inner.len()).sum::<usize>()
    }
}
