//! What was decided on one content, in terms that can be kept: no text of it.

use crate::content::Limit;
use crate::policy::Tokens;
use crate::rule::{Action, Confidence, RuleIndex};

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

/// What becomes of a content, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    /// What was found in it, in the order it stands there.
    pub(super) known: Box<[Known]>,
    /// The rules of what was found and somebody answers for.
    pub(super) suppressed: Box<[RuleIndex]>,
    /// What becomes of what is left: a token glued to another shows only when that is blacked out.
    pub(super) again: Option<Arc<Verdict>>,
}

/// What becomes of a content.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// These ranges of it are replaced, in order and apart; none if there was nothing but to report.
    Splice(Box<[(Range<usize>, String)]>),
    /// It is replaced whole: it is over a bound, and could not be scanned.
    Unscanned(Limit),
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
    /// Stand for the secret.
    pub tokens: Tokens,
    /// The secret, for whoever has the identity it was sealed to.
    pub sealed: Option<Arc<str>>,
    /// Where it stands in the content, in bytes.
    pub range: Range<usize>,
    /// The way to it inside the content, rendered with clean keys; empty if the content was not opened.
    pub inner: Box<str>,
}

impl Verdict {
    /// On a content that is over a bound.
    pub(super) fn unscanned(limit: Limit) -> Self {
        let outcome = Outcome::Unscanned(limit);
        Self { outcome, known: Box::default(), suppressed: Box::default(), again: None }
    }

    /// The same, with every finding told by where it stands in the content before `edits` were made.
    pub(super) fn told_of(mut self, edits: &[(Range<usize>, String)]) -> Self {
        for known in &mut self.known {
            known.range = before(edits, known.range.start)..before(edits, known.range.end);
        }
        self.again = self.again.and_then(Arc::into_inner).map(|again| Arc::new(again.told_of(edits)));
        self
    }

    /// The same less what was known before: what is reported alone is found again as long as it stands there.
    /// `None` if nothing is left to tell or to do.
    pub(super) fn without(mut self, before: &[Known]) -> Option<Self> {
        let place = |known: &Known| (known.rule, known.range.start, known.range.end);
        let before: HashSet<_> = before.iter().map(place).collect();
        self.known = std::mem::take(&mut self.known)
            .into_iter()
            .filter(|known| !before.contains(&place(known)))
            .collect();
        let idle = matches!(&self.outcome, Outcome::Splice(edits) if edits.is_empty());
        (!self.known.is_empty() || !idle).then_some(self)
    }

    /// Bytes it takes to keep, about.
    pub(super) fn cost(&self) -> usize {
        let edits = match &self.outcome {
            Outcome::Splice(edits) => edits.iter().map(|(_, text)| 48 + text.len()).sum(),
            Outcome::Unscanned(_) | Outcome::DropAttribute | Outcome::DropRecord => 0,
        };
        let again = self.again.as_ref().map_or(0, |again| again.cost());
        128 + edits + again + self.known.iter().map(Known::cost).sum::<usize>()
    }
}

impl Known {
    fn cost(&self) -> usize {
        96 + self.inner.len() + self.sealed.as_ref().map_or(0, |sealed| sealed.len())
    }
}

/// Where a place of an edited text stood before; a place inside a placeholder, where that range ended.
fn before(edits: &[(Range<usize>, String)], at: usize) -> usize {
    let mut shift = 0_isize;
    for (range, placeholder) in edits {
        let start = range.start.saturating_add_signed(shift);
        if at < start + usize::from(placeholder.is_empty()) {
            break;
        }
        if at < start + placeholder.len() {
            return range.end;
        }
        shift += placeholder.len().cast_signed() - range.len().cast_signed();
    }
    at.saturating_add_signed(-shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again() {
        // "aa SECRET bb KEY cc" became "aa [X] bb [LONGER] cc".
        let edits = [(3..9, "[X]".to_owned()), (13..16, "[LONGER]".to_owned())];
        for (at, expected) in [(0, 0), (2, 2), (4, 9), (6, 9), (7, 10), (9, 12), (12, 16), (18, 16), (20, 18)]
        {
            assert_eq!(before(&edits, at), expected, "{at}");
        }
    }
}
