//! Findings that count only beside another: see [`Requires`].
//!
//! A placeholder that stands for a companion is one: what was found beside it once is found again.

use super::{Finding, placeholder};
use crate::rule::{Requires, Rule, RuleIndex, Ruleset};
use std::ops::Range;

/// The rules that ask for a companion, and for whom.
#[derive(Debug)]
pub(super) struct Companions(Vec<Asks>);

#[derive(Debug)]
struct Asks {
    rule: RuleIndex,
    requires: Requires,
    /// Never empty: a rule whose companions are all off asks for none.
    companions: Vec<RuleIndex>,
    /// What placeholders of the companions say.
    labels: Vec<String>,
}

impl Companions {
    pub(super) fn new(ruleset: &Ruleset) -> Self {
        let asks = |(rule, requires): (RuleIndex, &Requires)| {
            let is = |(_, rule): &(RuleIndex, &Rule)| requires.asks_for(&rule.id);
            let found = ruleset.rules().filter(is).map(|(index, rule)| (index, rule.label().to_owned()));
            let (companions, labels): (Vec<RuleIndex>, Vec<String>) = found.unzip();
            (!companions.is_empty()).then(|| Asks { rule, requires: requires.clone(), companions, labels })
        };
        let all = ruleset.rules().filter_map(|(index, rule)| Some((index, rule.requires.as_ref()?)));
        Self(all.filter_map(asks).collect())
    }

    /// Takes out of the findings from number `first` on those that miss their companion.
    pub(super) fn part(&self, text: &[u8], first: usize, findings: &mut Vec<Finding>) {
        for asks in &self.0 {
            let Some(new) = findings.get(first..).filter(|new| !new.is_empty()) else { return };
            if !new.iter().any(|finding| finding.rule == asks.rule) {
                continue;
            }
            let found = new.iter().filter(|finding| asks.companions.contains(&finding.rule));
            let found = found.map(|finding| (finding.range.start, finding.range.end));
            let near = Near::new(found.chain(placeholder::labelled(text, &asks.labels)).collect());
            let mut number = 0;
            findings.retain(|finding| {
                number += 1;
                number <= first || finding.rule != asks.rule || near.has(&asks.requires, &finding.range)
            });
        }
    }
}

/// Ranges by start, each with the furthest end of all up to it: whether one is near is found by halving.
struct Near(Vec<(usize, usize)>);

impl Near {
    fn new(mut ranges: Vec<(usize, usize)>) -> Self {
        ranges.sort_unstable();
        let mut furthest = 0;
        for (_, end) in &mut ranges {
            furthest = furthest.max(*end);
            *end = furthest;
        }
        Self(ranges)
    }

    fn has(&self, requires: &Requires, range: &Range<usize>) -> bool {
        let Some(within) = requires.within else { return !self.0.is_empty() };
        let last = range.end.saturating_add(within);
        let before = self.0.partition_point(|(start, _)| *start <= last);
        let furthest = before.checked_sub(1).and_then(|at| self.0.get(at));
        furthest.is_some_and(|(_, end)| range.start <= end.saturating_add(within))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::scan::Scanner;

    fn scanner(within: Option<usize>, companion_is_on: bool) -> Scanner {
        let rule = |id: &str, pattern: &str| Rule {
            id: id.to_owned(),
            pattern: pattern.to_owned(),
            ..Rule::default()
        };
        let requires = Some(Requires { companions: vec!["acme.app".to_owned()], within });
        let rules = vec![
            Rule { requires, ..rule("acme.secret", r"\bsec[0-9]{4}\b") },
            Rule { enabled: companion_is_on, ..rule("acme.app.id", r"\bapp[0-9]{2}\b") },
        ];
        Scanner::new(Ruleset::new(rules)).unwrap()
    }

    fn check(scanner: &Scanner, text: &str, expected: &[&str]) {
        let mut findings = Vec::new();
        scanner.scan(text.as_bytes(), &mut scanner.scratch(), &mut findings);
        let found: Vec<&str> =
            findings.iter().map(|finding| text.get(finding.range.clone()).unwrap()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_finding_counts_beside_its_companion_alone() {
        let near = scanner(Some(6), true);
        check(&near, "sec1234 ", &[]);
        check(&near, "sec1234 app12 ", &["sec1234", "app12"]);
        check(&near, "app12\u{1e}a: sec1234 ", &["app12", "sec1234"]);
        check(&near, "app12 and then sec1234 sec5678 app34 ", &["app12", "sec5678", "app34"]);
        check(&near, "[REDACTED:acme.app.id] sec1234 ", &["sec1234"]);
        check(&near, "[REDACTED:acme.app.idx] sec1234 ", &[]);
        check(&scanner(None, true), "app12 and some way off sec1234 ", &["app12", "sec1234"]);
    }

    #[test]
    fn the_bytes_between_two_are_counted() {
        for (within, one, other, expected) in [
            (Some(5), 0..3, 8..9, true),
            (Some(4), 0..3, 8..9, false),
            (Some(4), 8..9, 0..3, false),
            (Some(0), 0..8, 2..3, true),
            (None, 0..1, 9999..10_000, true),
        ] {
            let requires = Requires { companions: vec!["a.b".to_owned()], within };
            let near = Near::new(vec![(other.start, other.end)]);
            assert_eq!(near.has(&requires, &one), expected, "{within:?} {one:?} {other:?}");
        }
    }

    #[test]
    fn a_companion_that_is_off_is_not_asked_for() {
        check(&scanner(Some(6), false), "sec1234 app12 ", &["sec1234"]);
    }
}
