//! Why a text was hit, or was not: a scan that is told step by step.
//!
//! There is no second scanner here. [`Scanner::explain`] takes the steps of [`Scanner::scan`] in their order,
//! listens to the confirm, and looks at what is there between two steps; so what it tells is what happens. It holds
//! ranges and numbers of rules, and no text.

use super::confirm::{self, Judged, Watch};
use super::{Candidates, Confidence, Finding, Refusal, SEPARATOR, Scanner, Scratch, pattern};
use crate::rule::RuleIndex;
use regex_automata::Input;
use regex_automata::meta::Regex;
use regex_syntax::hir::Hir;
use std::ops::Range;

/// What happened to a text.
#[derive(Debug, Default)]
pub struct Explained {
    /// What each rule had to do with it, in their order; only of rules that took a look at it.
    pub accounts: Vec<Account>,
    /// What [`Scanner::scan`] finds in it.
    pub findings: Vec<Finding>,
}

/// What one rule had to do with a text.
#[derive(Debug)]
pub struct Account {
    /// Which.
    pub rule: RuleIndex,
    /// Its matches, each with what became of it.
    pub told: Vec<Told>,
}

/// A match, or the beginning of one that the text ends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// All that the pattern matches.
    pub whole: Range<usize>,
    /// The secret in it.
    pub secret: Range<usize>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is a finding.
    Found(Confidence),
    /// It is a finding, although this speaks against it: so much was rejected here before that nothing may be
    /// any more.
    Unjudged(Refusal),
    /// It is a finding, because the text ends in the middle of it.
    CutOff(Confidence),
    /// It is none.
    Refused(Refusal),
    /// It is none: it is a placeholder of ours.
    Spared,
    /// It is none: the finding that its rule requires does not stand near.
    Alone,
}

/// How far a pattern comes in a text that it does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Furthest {
    /// What its first parts match.
    pub range: Range<usize>,
    /// How many of its parts they are, and of how many.
    pub parts: (usize, usize),
    /// The part that does not match there, as a pattern.
    pub next: String,
}

/// Keeps what the confirm says.
#[derive(Default)]
struct Notes(Vec<(RuleIndex, Told)>);

impl Watch for Notes {
    fn matched(&mut self, rule: RuleIndex, whole: Range<usize>, secret: Range<usize>, judged: Judged) {
        let outcome = match judged {
            Judged::Taken(confidence) => Outcome::Found(confidence),
            Judged::TakenUnjudged(refusal) => Outcome::Unjudged(refusal),
            Judged::Refused(refusal) => Outcome::Refused(refusal),
        };
        self.0.push((rule, Told { whole, secret, outcome }));
    }
}

impl Scanner {
    /// Tells what every rule that takes a look at a text makes of it.
    #[must_use]
    pub fn explain(&self, text: &[u8], scratch: &mut Scratch) -> Explained {
        let (mut notes, mut findings) = (Notes::default(), Vec::new());
        self.find(text, scratch, &mut findings, &confirm::validators, &mut notes);
        self.go_on(text, 0, &mut findings);
        for (rule, told) in &mut notes.0 {
            let grown =
                findings.iter().find(|found| found.rule == *rule && found.secret.start == told.secret.start);
            if let Some(grown) = grown.filter(|_| !matches!(told.outcome, Outcome::Refused(_))) {
                told.secret.end = grown.secret.end;
            }
        }
        let whole = findings.len();
        self.cuts.find(text, &self.ruleset, &self.placeholders, 0, &mut scratch.cuts, &mut findings);
        for cut in findings.iter().skip(whole) {
            let outcome = Outcome::CutOff(cut.confidence);
            notes.0.push((cut.rule, Told { whole: cut.range.clone(), secret: cut.secret.clone(), outcome }));
        }
        let before = findings.clone();
        self.companions.part(text, 0, &mut findings);
        for (rule, told) in
            notes.0.iter_mut().filter(|(_, told)| !matches!(told.outcome, Outcome::Refused(_)))
        {
            let is = |found: &Finding| found.rule == *rule && found.secret.start == told.secret.start;
            if before.iter().any(is) && !findings.iter().any(is) {
                told.outcome = Outcome::Alone;
            }
        }
        self.settle(text, scratch, 0, &mut findings);
        Explained { accounts: self.accounts(text, notes, &findings), findings }
    }

    fn accounts(&self, text: &[u8], mut notes: Notes, findings: &[Finding]) -> Vec<Account> {
        for (rule, told) in &mut notes.0 {
            let touches = |found: &Finding| {
                found.rule == *rule
                    && found.range.start < told.secret.end
                    && told.secret.start < found.range.end
            };
            if !matches!(told.outcome, Outcome::Refused(_) | Outcome::Alone) && !findings.iter().any(touches)
            {
                told.outcome = Outcome::Spared;
            }
        }
        let mut accounts: Vec<Account> =
            self.looked(text).into_iter().map(|rule| Account { rule, told: Vec::new() }).collect();
        for (rule, told) in notes.0 {
            match accounts.iter_mut().find(|account| account.rule == rule) {
                Some(account) => account.told.push(told),
                None => accounts.push(Account { rule, told: vec![told] }),
            }
        }
        accounts.sort_by_key(|account| account.rule);
        accounts
    }

    /// The rules that take a look at a text.
    fn looked(&self, text: &[u8]) -> Vec<RuleIndex> {
        let (mut candidates, mut rules) = (Candidates::new(self.confirms.len()), Vec::new());
        self.generator.propose(text, &mut self.generator.room(), &mut candidates);
        candidates.drain(|rule, _| rules.push(rule));
        rules
    }

    /// Where in a text something stands that tells of a rule: one of its literals, an `@`, digits.
    #[must_use]
    pub fn signs(&self, text: &[u8], rule: RuleIndex) -> Vec<Range<usize>> {
        self.generator.signs(text, rule)
    }

    /// How far the pattern of a rule comes in a text that it does not match; `None` if not even its first part
    /// stands there.
    #[must_use]
    pub fn furthest(&self, text: &[u8], rule: RuleIndex) -> Option<Furthest> {
        let parts = pattern::elements(&pattern::read(&self.ruleset.rule(rule)?.pattern).ok()?);
        // The more parts, the fewer matches: there is a last number of parts that match.
        let (mut least, mut most, mut best) = (0, parts.len(), None);
        while least < most {
            let count = (least + most).div_ceil(2);
            match first_parts(text, parts.get(..count)?) {
                Some(range) => (least, best) = (count, Some(range)),
                None => most = count - 1,
            }
        }
        let next = parts.get(least)?.to_string();
        // An edge of a word stands anywhere.
        let range = best.filter(|range| !range.is_empty())?;
        Some(Furthest { range, parts: (least, parts.len()), next })
    }
}

/// Where these parts match, in any segment.
fn first_parts(text: &[u8], parts: &[Hir]) -> Option<Range<usize>> {
    let regex = Regex::builder()
        .configure(Regex::config().utf8_empty(false))
        .build_from_hir(&Hir::concat(parts.to_vec()))
        .ok()?;
    let mut base = 0;
    for segment in text.split(|byte| *byte == SEPARATOR) {
        if let Some(found) = regex.search(&Input::new(segment)) {
            return Some(base + found.start()..base + found.end());
        }
        base += segment.len() + 1;
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::rule::validate::{Objection, Validator};
    use crate::rule::{Requires, Rule, Ruleset};

    fn scanner() -> Scanner {
        let rule = |id: &str, pattern: &str| Rule {
            id: id.to_owned(),
            pattern: pattern.to_owned(),
            confidence: Confidence::Medium,
            validators: vec![Validator::NotPlaceholder],
            ..Rule::default()
        };
        let bare = Rule { validators: Vec::new(), ..rule("acme.bare", r"bare=(?P<secret>[^\s]{8,64})") };
        let rules = vec![
            rule("acme.key", r"acme[=:] ?(?P<secret>[0-9A-Z_a-z\[\]:.]{8,64})"),
            rule("acme.two", r"\bacme_[0-9a-z]{12}\b"),
            bare,
        ];
        Scanner::new(Ruleset::new(rules)).unwrap()
    }

    fn told(text: &str) -> Vec<(u16, Vec<Outcome>)> {
        let scanner = scanner();
        let explained = scanner.explain(text.as_bytes(), &mut scanner.scratch());
        let mut findings = Vec::new();
        scanner.scan(text.as_bytes(), &mut scanner.scratch(), &mut findings);
        assert_eq!(explained.findings, findings, "{text}");
        let outcomes = |account: &Account| account.told.iter().map(|told| told.outcome).collect();
        explained.accounts.iter().map(|account| (account.rule.0, outcomes(account))).collect()
    }

    #[test]
    fn what_became_of_every_match_is_told() {
        let found = Outcome::Found(Confidence::Medium);
        let refused = |refusal| Outcome::Refused(refusal);
        for (text, expected) in [
            ("nothing", vec![]),
            ("acme=b1ackbar2 x", vec![(0, vec![found])]),
            ("acme=placeholder x", vec![(0, vec![refused(Refusal::Validator(Validator::NotPlaceholder))])]),
            ("acme=[REDACTED] x", vec![(0, vec![refused(Refusal::Mask)])]),
            ("bare=[REDACTED:acme.two] x", vec![(2, vec![Outcome::Spared])]),
            ("acme_b1ackbar2 x", vec![]),
            ("acme_b1ackbar2", vec![(1, vec![Outcome::CutOff(Confidence::Medium)])]),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn what_speaks_against_a_match_beside_its_pattern_is_told() {
        let rule = |id: &str, pattern: &str| Rule {
            id: id.to_owned(),
            pattern: pattern.to_owned(),
            confidence: Confidence::Medium,
            ..Rule::default()
        };
        let keywords = Some(toml::from_str("before = ['badge']\nwithout = ['ticket']").unwrap());
        let rules = vec![
            Rule { keywords, ..rule("acme.badge", r"\b[0-9]{6}\b") },
            Rule {
                characters: Some(toml::from_str("digits = 2").unwrap()),
                ..rule("acme.pin", "pin-[0-9a-z]{3}")
            },
            Rule {
                requires: Some(Requires { companions: vec!["acme.pin".to_owned()], within: None }),
                ..rule("acme.door", "door-[0-9]{2}")
            },
        ];
        let scanner = Scanner::new(Ruleset::new(rules)).unwrap();
        let found = Outcome::Found(Confidence::Medium);
        let keywords = |objection| Outcome::Refused(Refusal::Keywords(objection));
        for (text, expected) in [
            ("badge 471103 x", vec![found]),
            ("badge, ticket 471103 x", vec![keywords(Objection::Excluded)]),
            ("badges 471103 x", vec![keywords(Objection::Unannounced)]),
            ("pin-a12 x", vec![found]),
            ("pin-abc x", vec![Outcome::Refused(Refusal::Characters)]),
            ("door-12 x", vec![Outcome::Alone]),
            ("pin-a12 door-12 x", vec![found, found]),
        ] {
            let explained = scanner.explain(text.as_bytes(), &mut scanner.scratch());
            let told = explained.accounts.iter().flat_map(|account| &account.told);
            assert_eq!(told.map(|told| told.outcome).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn signs_and_the_furthest_place_say_what_was_missing() {
        let scanner = scanner();
        let text = b"see acme_b1ack\x1eacme_";
        assert_eq!(
            scanner.signs(text, RuleIndex(1)).iter().map(|sign| sign.start).collect::<Vec<_>>(),
            [4, 15]
        );
        assert!(scanner.signs(b"nothing", RuleIndex(1)).is_empty());
        let furthest = scanner.furthest(text, RuleIndex(1)).unwrap();
        assert_eq!((furthest.range, furthest.parts), (4..9, (2, 4)));
        assert_eq!(furthest.next, "(?-u:[0-9a-z]){12}");
        assert_eq!(scanner.furthest(b"nothing", RuleIndex(1)), None);
    }
}
