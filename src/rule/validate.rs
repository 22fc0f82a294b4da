//! Validators: what a match of a pattern has to pass to be a finding.

use std::ops::Range;

/// A match of a pattern, and what stands around it.
#[derive(Clone, Copy)]
pub struct Match<'a> {
    /// The whole text that is scanned.
    pub text: &'a [u8],
    /// The start of the secret in it.
    pub start: usize,
    /// The end of the secret in it.
    pub end: usize,
}

impl<'a> Match<'a> {
    /// A match of this range.
    #[must_use]
    pub const fn new(text: &'a [u8], range: &Range<usize>) -> Self {
        Self { text, start: range.start, end: range.end }
    }

    /// The secret.
    #[must_use]
    pub fn secret(&self) -> &'a [u8] {
        self.text.get(self.start..self.end).unwrap_or_default()
    }
}

/// What a validator says of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is not what the rule looks for.
    Reject,
    /// It may be.
    Keep,
    /// It is: a checksum fits. Raises the confidence to high.
    Certain,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validator {}

impl Validator {
    /// Judges a match.
    #[must_use]
    pub fn judge(&self, matched: Match<'_>) -> Verdict {
        let _ = matched;
        match *self {}
    }
}
