//! The linter of packs: whether every rule does what it says, alone and among the others.
//!
//! What can be said of a file by reading it is said by the loader: words, ids, patterns, how many examples. Here
//! rules are run. Each is asked twice: alone, so that nobody else finds its secret for it, and in the whole
//! set, where others may stand in its way; and both with every engine this program has.
//!
//! **Bias.** Rules that are off are held to the same: somebody will switch them on.
//!
//! An example is asked what the patterns find in it, not what is cut off at its end: any beginning of a token at
//! the end of a text is taken for one, which negative examples are allowed to have.

use super::Problem;
use crate::rule::{Example, Rule, RuleIndex, Ruleset, parse_pattern};
use crate::scan::{Engine, Finding, Scanner, Scratch};
use regex_syntax::hir::{Hir, HirKind};

/// Everything that is wrong with the rules of a loaded pack, in their order. None of it depends on the machine.
#[must_use]
pub fn lint(ruleset: &Ruleset) -> Vec<Problem> {
    let all = ruleset.clone().switched(|_| true);
    let mut problems: Vec<Problem> = all.rules().flat_map(|(_, rule)| alone(rule)).collect();
    if problems.is_empty() {
        problems = together(&all);
    }
    problems.sort();
    problems
}

/// What is wrong with a rule when nobody stands in its way.
fn alone(rule: &Rule) -> Vec<Problem> {
    let ruleset = Ruleset::new(vec![Rule { enabled: true, ..rule.clone() }]);
    let mut problems = words(rule);
    problems.extend(with_each_engine(|engine| match Scanner::with_engine(ruleset.clone(), engine) {
        Ok(scanner) => match scanner.refusal() {
            Some(why) => {
                let message = format!("cannot be looked for with the engine hyperscan: {why}");
                vec![Problem::of(rule, rule.origin.line, &message)]
            }
            None => Trial::new(&scanner, "").of(rule, RuleIndex(0)),
        },
        Err(error) => vec![Problem::of(rule, rule.origin.line, &error.to_string())],
    }));
    problems
}

/// What is wrong with rules among each other.
fn together(all: &Ruleset) -> Vec<Problem> {
    with_each_engine(|engine| match Scanner::with_engine(all.clone(), engine) {
        Ok(scanner) => {
            let mut trial = Trial::new(&scanner, " among all rules");
            all.rules().flat_map(|(index, rule)| trial.of(rule, index)).collect()
        }
        Err(error) => {
            let at = all.rules().next().map(|(_, rule)| rule.origin.clone()).unwrap_or_default();
            vec![Problem { at, message: error.to_string() }]
        }
    })
}

/// What is wrong with the first engine in which something is.
fn with_each_engine(problems: impl Fn(Engine) -> Vec<Problem>) -> Vec<Problem> {
    Engine::built_in().map(problems).find(|problems| !problems.is_empty()).unwrap_or_default()
}

fn words(rule: &Rule) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |message: &str| problems.push(Problem::of(rule, rule.origin.line, message));
    if rule.name.trim().is_empty() {
        wrong("`name` is empty: it is what people read in an alert");
    }
    if parse_pattern(&rule.pattern).is_ok_and(|pattern| has_beside(&pattern, "secret", "redact")) {
        wrong("group `secret` is not in group `redact`: what is blacked out has to hold what is found");
    }
    problems
}

/// Whether a pattern has a group called `outer` and another, `inner`, that is not in it.
fn has_beside(pattern: &Hir, inner: &str, outer: &str) -> bool {
    let count = |hir: &Hir| groups(hir, inner).len();
    let outer = groups(pattern, outer);
    !outer.is_empty() && count(pattern) > outer.into_iter().map(count).sum()
}

/// What stands in the groups of this name.
fn groups<'h>(pattern: &'h Hir, name: &str) -> Vec<&'h Hir> {
    match pattern.kind() {
        HirKind::Capture(group) if group.name.as_deref() == Some(name) => vec![&group.sub],
        HirKind::Capture(group) => groups(&group.sub, name),
        HirKind::Repetition(repeat) => groups(&repeat.sub, name),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().flat_map(|part| groups(part, name)).collect()
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => Vec::new(),
    }
}

/// Examples, put to a scanner.
struct Trial<'a> {
    scanner: &'a Scanner,
    scratch: Scratch,
    findings: Vec<Finding>,
    /// Completes a sentence.
    among: String,
}

impl<'a> Trial<'a> {
    fn new(scanner: &'a Scanner, among: &str) -> Self {
        let engine = match scanner.engine() {
            Engine::Portable => "",
            Engine::Hyperscan => " with the engine hyperscan",
        };
        let among = format!("{among}{engine}");
        Self { scanner, scratch: scanner.scratch(), findings: Vec::new(), among }
    }

    /// What is wrong with the examples of the rule of that number.
    fn of(&mut self, rule: &Rule, index: RuleIndex) -> Vec<Problem> {
        let mut problems = Vec::new();
        for example in &rule.examples {
            let wrong = self.missed(example, index);
            problems.extend(wrong.map(|wrong| Problem::of(rule, example.line, &wrong)));
        }
        for example in &rule.negative_examples {
            self.scan(&example.text, index);
            if !self.findings.is_empty() {
                let message = format!("finds something in this negative example{}", self.among);
                problems.push(Problem::of(rule, example.line, &message));
            }
        }
        problems
    }

    fn missed(&mut self, example: &Example, index: RuleIndex) -> Option<String> {
        self.scan(&example.text, index);
        let secret = |finding: &Finding| example.text.as_bytes().get(finding.secret.clone());
        let wanted = example.secret.as_ref().map(String::as_bytes);
        if self.findings.is_empty() {
            let advice = "`blackbar rules explain` says why";
            return Some(format!("finds nothing in this example{}: {advice}", self.among));
        }
        let found = wanted.is_none() || self.findings.iter().any(|finding| secret(finding) == wanted);
        (!found).then(|| format!("finds something else than the `secret` of this example{}", self.among))
    }

    /// Leaves what this rule finds in the text.
    fn scan(&mut self, text: &str, index: RuleIndex) {
        self.findings.clear();
        self.scanner.scan_whole(text.as_bytes(), &mut self.scratch, &mut self.findings);
        self.findings.retain(|finding| finding.rule == index);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[[rule]]
id = "acme.key"
name = "Acme key"
category = "secret"
severity = "high"
confidence = "high"
pattern = 'acme=(?P<secret>[0-9a-z]{8,64})'
validators = ["not_placeholder"]
examples = ["acme=b1ackbar2", { text = "x acme=b1ackbar2 y", secret = "b1ackbar2" }]
negative_examples = ["acme=b1ack", "acme=placeholder"]
"#;

    fn check(from: &str, to: &str, expected: &[&str]) {
        let text = GOOD.replacen(from, to, 1);
        let ruleset = Ruleset::from_files([("a.toml".to_owned(), text)]).unwrap();
        let problems: Vec<String> = lint(&ruleset).iter().map(ToString::to_string).collect();
        assert_eq!(problems, expected, "{to}");
    }

    #[test]
    fn what_a_rule_does_not_do_is_told_with_its_line() {
        check("", "", &[]);
        check("Acme key", " ", &["a.toml:2: acme.key: `name` is empty: it is what people read in an alert"]);
        check(
            "\"acme=b1ackbar2\"",
            "\"acme b1ackbar2\"",
            &["a.toml:10: acme.key: finds nothing in this example: `blackbar rules explain` says why"],
        );
        check(
            "secret = \"b1ackbar2\"",
            "secret = \"b1ackbar\"",
            &["a.toml:10: acme.key: finds something else than the `secret` of this example"],
        );
        check(
            "\"acme=b1ack\"",
            "\n  \"acme=b1ackbar\"",
            &["a.toml:12: acme.key: finds something in this negative example"],
        );
        check(
            "acme=(?P<secret>[0-9a-z]{8,64})",
            "(?P<redact>acme=)(?P<secret>[0-9a-z]{8,64})",
            &["a.toml:2: acme.key: group `secret` is not in group `redact`: \
                what is blacked out has to hold what is found"],
        );
    }

    #[test]
    fn a_rule_that_is_off_is_held_to_the_same() {
        let line = "a.toml:11: acme.key: finds nothing in this example: `blackbar rules explain` says why";
        let off = "severity = \"high\"\nenabled = false";
        let text = GOOD.replacen("severity = \"high\"", off, 1).replacen("\"acme=b1ackbar2\"", "\"x\"", 1);
        let ruleset = Ruleset::from_files([("a.toml".to_owned(), text)]).unwrap();
        assert_eq!(lint(&ruleset).iter().map(ToString::to_string).collect::<Vec<_>>(), [line]);
    }

    #[test]
    fn what_another_rule_prevents_is_seen_among_all() {
        // The placeholder of a rule of this pack is spared by the others.
        let masked = GOOD
            .replacen("acme.key", "acme.other", 1)
            .replacen("\"acme=b1ackbar2\"", "\"acme=[REDACTED:acme.key]\"", 1)
            .replacen("[0-9a-z]{8,64}", "[0-9A-Za-z:.\\[\\]]{8,64}", 1)
            .replacen("validators = [\"not_placeholder\"]\n", "", 1)
            .replacen("\"acme=placeholder\"", "\"acme=\"", 1);
        let files = [("a.toml", GOOD.to_owned()), ("b.toml", masked)];
        let ruleset = Ruleset::from_files(files.map(|(name, text)| (name.to_owned(), text))).unwrap();
        let problems: Vec<String> = lint(&ruleset).iter().map(ToString::to_string).collect();
        let expected = "b.toml:9: acme.other: finds nothing in this example among all rules: \
            `blackbar rules explain` says why";
        assert_eq!(problems, [expected]);
    }
}
