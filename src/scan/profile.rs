//! Where the time of scans goes, rule by rule, over texts of somebody's choice.
//!
//! It does what a scan does, with a clock beside it: the same search, guards and confirms, one rule after the other. For
//! whoever writes rules; telemetry is scanned without clocks.

use super::{Finding, Scanner, Scratch, confirm};
use crate::rule::RuleIndex;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Tells the time.
pub type Clock = fn() -> Instant;

/// What one rule took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effort {
    /// Places where something stood that it is found by: one of its literals with what may stand around it, or an at sign
    /// where that is its anchor.
    pub hits: usize,
    /// Of these, how many each literal had, in lower case.
    pub literals: BTreeMap<Vec<u8>, usize>,
    /// Regions that its pattern was run in.
    pub regions: usize,
    /// For a second look at the hits, and for the pattern.
    pub time: Duration,
    /// What it found.
    pub findings: usize,
}

/// What the scans of some texts took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Bytes of the texts.
    pub bytes: usize,
    /// For the search for the literals of all rules.
    pub search: Duration,
    /// For looking which of the rules anchored in digits may match.
    pub digits: Duration,
    /// For secrets cut off at the end of a text.
    pub ends: Duration,
    /// By number of the rule.
    pub rules: Vec<Effort>,
}

impl Scanner {
    /// Adds to a profile what a scan of this text takes, by this clock. With caches as the texts before it left them:
    /// whoever asks scans a good many first, or sees what it takes to fill them.
    pub fn profile(&self, text: &[u8], scratch: &mut Scratch, now: Clock, profile: &mut Profile) {
        profile.bytes += text.len();
        profile.rules.resize(self.confirms.len(), Effort::default());
        let mut findings: Vec<Finding> = Vec::new();
        // A scan makes the scratch its own.
        self.scan(&[], scratch, &mut findings);
        self.generator.profile(text, &mut scratch.generator, &mut scratch.candidates, now, profile);
        self.confirm(text, scratch, &confirm::validators, |run, regions, room| {
            let Some(effort) = profile.rule(run.index) else { return };
            findings.clear();
            let start = now();
            run.over(regions, room, &mut findings, &mut ());
            effort.time += start.elapsed();
            effort.regions += regions.len();
            effort.findings += findings.len();
        });
        findings.clear();
        let start = now();
        self.cuts.find(text, &self.ruleset, &self.placeholders, 0, &mut scratch.cuts, &mut findings);
        profile.ends += start.elapsed();
    }
}

impl Profile {
    /// What was spent on one rule.
    pub(super) fn rule(&mut self, rule: RuleIndex) -> Option<&mut Effort> {
        self.rules.get_mut(usize::from(rule.0))
    }
}
