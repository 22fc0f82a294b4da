//! What two packs find in the same text, and where they differ. Places, never values.

use crate::content::Opened;
use crate::rule::Ruleset;
use crate::scan::{CompileError, Finding, Scanner, Scratch};
use std::collections::BTreeSet;
use std::ops::Range;

/// A finding: where it starts in the text as it was given, its length, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Its first byte.
    pub start: usize,
    /// Its length in bytes.
    pub length: usize,
    /// The id of the rule.
    pub rule: String,
}

/// What one pack finds that the other does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// By the old one alone.
    pub lost: Vec<Spot>,
    /// By the new one alone.
    pub gained: Vec<Spot>,
}

impl Difference {
    /// Between what an old and a new pack find in one text.
    #[must_use]
    pub fn between(old: &BTreeSet<Spot>, new: &BTreeSet<Spot>) -> Self {
        let only = |one: &BTreeSet<Spot>, other| one.difference(other).cloned().collect();
        Self { lost: only(old, new), gained: only(new, old) }
    }
}

/// A scanner for texts that are opened as telemetry is.
pub struct Finder {
    scanner: Scanner,
    scratch: Scratch,
    opened: Opened,
    findings: Vec<Finding>,
}

impl Finder {
    /// For a ruleset.
    ///
    /// # Errors
    /// [`CompileError`], as [`Scanner::new`].
    pub fn new(ruleset: Ruleset) -> Result<Self, CompileError> {
        let scanner = Scanner::new(ruleset)?;
        let scratch = scanner.scratch();
        Ok(Self { scanner, scratch, opened: Opened::default(), findings: Vec::new() })
    }

    /// Everything that is found in a text.
    ///
    /// # Errors
    /// The limit of the opener that the text is over: then it is not scanned.
    pub fn spots(&mut self, text: &[u8]) -> Result<BTreeSet<Spot>, &'static str> {
        self.opened.open(None, text);
        if let Some(limit) = self.opened.limit() {
            return Err(limit.name());
        }
        self.findings.clear();
        self.scanner.scan(self.opened.text(), &mut self.scratch, &mut self.findings);
        let spot = |finding: &Finding| {
            let Range { start, end } = self.raw(&finding.range);
            let rule = self.scanner.ruleset().rule(finding.rule)?.id.clone();
            Some(Spot { start, length: end - start, rule })
        };
        Ok(self.findings.iter().filter_map(spot).collect())
    }

    /// From the first to the last byte that a range was made of; what holds context alone is at the start.
    fn raw(&self, range: &Range<usize>) -> Range<usize> {
        let mut places = Vec::new();
        self.opened.places(range, &mut places);
        let start = places.iter().map(|place| place.range.start).min().unwrap_or_default();
        start..places.iter().map(|place| place.range.end).max().unwrap_or(start)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::rule::Rule;

    fn finder(rules: &[(&str, &str)]) -> Finder {
        let rule = |(id, pattern): &(&str, &str)| Rule {
            id: (*id).to_owned(),
            pattern: (*pattern).to_owned(),
            ..Rule::default()
        };
        Finder::new(Ruleset::new(rules.iter().map(rule).collect())).unwrap()
    }

    #[test]
    fn a_difference_is_what_one_finds_and_the_other_does_not() {
        let text = br#"{"a": "acme_b1ackbar x", "b": "acme_b1ackbar2EXAMPLE"}"#;
        let old =
            finder(&[("acme.key", "acme_[0-9a-z]{8}"), ("acme.gone", "gone[a-z]{3}")]).spots(text).unwrap();
        let new = finder(&[("acme.key", "acme_[0-9a-z]{9}[A-Z]{7}"), ("acme.two", "acme_b1ackbar2")]);
        let new = { new }.spots(text).unwrap();
        let spot = |start, length, rule: &str| Spot { start, length, rule: rule.to_owned() };
        let difference = Difference::between(&old, &new);
        assert_eq!(difference.lost, [spot(7, 13, "acme.key")]);
        assert_eq!(difference.gained, [spot(31, 21, "acme.two")], "a token goes on to the end of its word");
        assert_eq!(Difference::between(&old, &old), Difference::default());
    }
}
