//! Tables of cases: texts, and what is to be found in them.
//!
//! A rule proves itself by its own examples; a table holds a pack to what a team has seen, whatever rules do it.
//!
//! ```toml
//! [[case]]
//! name = "deploy log of May"
//! text = 'export ACME_KEY=acme_b1ackbar2'
//! rule = "acme.key"                # has to find something
//! secret = "b1ackbar2"             # and this exactly; may be left out
//!
//! [[case]]
//! key = "acme_key"                 # the attribute it stands in
//! text = 'b1ack'
//! not = ["acme.*"]                 # may find nothing
//!
//! [[case]]
//! text = 'nothing in here'         # without either, no rule may
//! ```
//!
//! Unlike an example, the text of a case is opened as telemetry is: JSON in it is read, base64 decoded.

use super::Problem;
use crate::content::Opened;
use crate::rule::{Origin, RuleIndex};
use crate::scan::{Finding, Scanner, Scratch};
use serde::Deserialize;
use toml::Spanned;

/// A table of cases, in one file.
#[derive(Debug)]
pub struct Cases {
    file: String,
    cases: Vec<Case>,
}

/// One case.
#[derive(Debug)]
struct Case {
    written: CaseSyntax,
    line: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSyntax {
    case: Vec<Spanned<CaseSyntax>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseSyntax {
    name: Option<String>,
    key: Option<String>,
    text: String,
    rule: Option<String>,
    secret: Option<String>,
    #[serde(default)]
    not: Vec<String>,
}

impl Cases {
    /// Whether a file is a table of cases, and not of rules.
    #[must_use]
    pub fn is_table(text: &str) -> bool {
        text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("case"))
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`Problem`]: the first thing that is wrong with it.
    pub fn read(file: &str, text: &str) -> Result<Self, Problem> {
        let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        let problem = |at: usize, message: &str| {
            let at = Origin { file: file.to_owned(), line: line(at) };
            Problem { at, message: message.to_owned() }
        };
        let read: FileSyntax = toml::from_str(text)
            .map_err(|error| problem(error.span().map_or(0, |span| span.start), error.message()))?;
        let mut cases = Vec::new();
        for case in read.case {
            let at = case.span().start;
            let written = case.into_inner();
            if written.secret.is_some() && written.rule.is_none() {
                return Err(problem(at, "`secret` without a `rule` that finds it: name one"));
            }
            cases.push(Case { written, line: line(at) });
        }
        Ok(Self { file: file.to_owned(), cases })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.cases.len()
    }

    /// What does not come out as the table says.
    #[must_use]
    pub fn run(&self, scanner: &Scanner) -> Vec<Problem> {
        let mut trial =
            Trial { scanner, scratch: scanner.scratch(), opened: Opened::default(), findings: Vec::new() };
        let mut problems = Vec::new();
        for (number, case) in self.cases.iter().enumerate() {
            let name = case.written.name.clone().unwrap_or_else(|| format!("case {}", number + 1));
            let at = Origin { file: self.file.clone(), line: case.line };
            let wrong = trial.of(&case.written);
            problems.extend(
                wrong
                    .into_iter()
                    .map(|wrong| Problem { at: at.clone(), message: format!("{name}: {wrong}") }),
            );
        }
        problems
    }
}

/// Cases, put to a scanner.
struct Trial<'a> {
    scanner: &'a Scanner,
    scratch: Scratch,
    opened: Opened,
    findings: Vec<Finding>,
}

impl Trial<'_> {
    fn of(&mut self, case: &CaseSyntax) -> Vec<String> {
        self.opened.open(case.key.as_deref(), case.text.as_bytes());
        if let Some(limit) = self.opened.limit() {
            return vec![format!("the text cannot be scanned: {}", limit.name())];
        }
        self.findings.clear();
        self.scanner.scan(self.opened.text(), &mut self.scratch, &mut self.findings);
        let mut wrong: Vec<String> = case.rule.iter().filter_map(|id| self.missed(id, case)).collect();
        wrong.extend(case.not.iter().filter_map(|selector| self.stranger(selector)));
        let nothing = case.rule.is_none() && case.not.is_empty();
        for finding in self.findings.iter().filter(|finding| self.excluded(finding.rule, &case.not, nothing))
        {
            wrong.push(format!("{} finds something", self.id(finding.rule)));
        }
        wrong.dedup();
        wrong
    }

    fn missed(&self, id: &str, case: &CaseSyntax) -> Option<String> {
        let Some(index) = self.scanner.ruleset().index_of(id) else {
            let off = self.scanner.ruleset().resting().any(|rule| rule.id == id);
            let why = if off { "is off: switch it on with [rules] enable" } else { "is not there" };
            return Some(format!("rule {id} {why}"));
        };
        let own: Vec<&Finding> = self.findings.iter().filter(|finding| finding.rule == index).collect();
        if own.is_empty() {
            let others = self.findings.iter().map(|finding| self.id(finding.rule)).collect::<Vec<_>>();
            let others =
                if others.is_empty() { "nor does any other".to_owned() } else { others.join(", ") + " does" };
            return Some(format!("{id} finds nothing, {others}"));
        }
        let wanted = case.secret.as_ref()?.as_bytes();
        let is_wanted = |finding: &&Finding| self.opened.text().get(finding.secret.clone()) == Some(wanted);
        (!own.iter().any(is_wanted)).then(|| format!("{id} finds something else than `secret`"))
    }

    /// A selector that means no rule would exclude nothing, silently.
    fn stranger(&self, selector: &str) -> Option<String> {
        let ruleset = self.scanner.ruleset();
        let mut ids = ruleset.rules().map(|(_, rule)| rule).chain(ruleset.resting());
        (!ids.any(|rule| selects(selector, &rule.id))).then(|| format!("there is no rule {selector}"))
    }

    fn excluded(&self, rule: RuleIndex, not: &[String], nothing: bool) -> bool {
        nothing || not.iter().any(|selector| selects(selector, self.id(rule)))
    }

    fn id(&self, rule: RuleIndex) -> &str {
        self.scanner.ruleset().rule(rule).map_or("", |rule| &rule.id)
    }
}

/// `acme.key` means itself, `acme.*` all ids that begin so.
fn selects(selector: &str, id: &str) -> bool {
    selector.strip_suffix('*').map_or(id == selector, |beginning| id.starts_with(beginning))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::rule::{Rule, Ruleset};

    fn problems(cases: &str) -> Vec<String> {
        let rule = |id: &str, enabled| Rule {
            id: id.to_owned(),
            pattern: "acme=(?P<secret>[0-9a-z]{8,64})".to_owned(),
            enabled,
            ..Rule::default()
        };
        let scanner =
            Scanner::new(Ruleset::new(vec![rule("acme.key", true), rule("acme.off", false)])).unwrap();
        match Cases::read("c.toml", cases) {
            Ok(cases) => cases.run(&scanner).iter().map(ToString::to_string).collect(),
            Err(problem) => vec![problem.to_string()],
        }
    }

    #[test]
    fn a_case_is_held_against_what_is_found() {
        let text = "[[case]]\ntext = '{\"x\": \"acme=b1ackbar2\"}'\n";
        for (rest, expected) in [
            ("rule = 'acme.key'", vec![]),
            ("rule = 'acme.key'\nsecret = 'b1ackbar2'", vec![]),
            (
                "rule = 'acme.key'\nsecret = 'b1ack'",
                vec!["case 1: acme.key finds something else than `secret`"],
            ),
            ("rule = 'acme.off'", vec!["case 1: rule acme.off is off: switch it on with [rules] enable"]),
            ("rule = 'acme.no'", vec!["case 1: rule acme.no is not there"]),
            ("not = ['acme.off']", vec![]),
            ("name = 'may'\nnot = ['acme.*']", vec!["may: acme.key finds something"]),
            ("not = ['other.*']", vec!["case 1: there is no rule other.*"]),
            ("", vec!["case 1: acme.key finds something"]),
        ] {
            let expected: Vec<String> =
                expected.into_iter().map(|wrong| format!("c.toml:1: {wrong}")).collect();
            assert_eq!(problems(&format!("{text}{rest}")), expected, "{rest}");
        }
        let nothing = "c.toml:1: case 1: acme.key finds nothing, nor does any other";
        assert_eq!(problems("[[case]]\ntext = 'x'\nrule = 'acme.key'"), [nothing]);
        assert_eq!(problems("[[case]]\nkey = 'acme'\ntext = 'b1ackbar2'\n"), Vec::<String>::new());
    }

    #[test]
    fn a_table_that_cannot_be_read_is_told_with_its_line() {
        for (cases, problem) in [
            ("[[case]]\ntxt = 'x'", "c.toml:2: unknown field `txt`"),
            (
                "[[case]]\ntext = 'x'\n\n[[case]]\ntext = 'x'\nsecret = 'x'",
                "c.toml:4: `secret` without a `rule`",
            ),
        ] {
            let found = problems(cases);
            assert!(matches!(found.as_slice(), [one] if one.starts_with(problem)), "{found:?}");
        }
        assert!(Cases::is_table("[[case]]\n") && !Cases::is_table("[[rule]]\n"));
    }
}
