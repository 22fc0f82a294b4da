//! What a rule costs everybody: time for a kibibyte of text, alone, with and without what it looks for.
//!
//! The text is made up and always the same: prose, code, logs and paths, as agents send them. **Quiet** is the
//! text as it is; **stirred** has one of the literals of the rule in every line, or an address and a number for
//! rules with an anchor, so that the rule looks again and again and mostly finds nothing. Both are the least of a
//! few measurements, and both hold what any scan costs ([`idle`]): all rules share that.
//!
//! Considered and not done: a bound that fails the linter. A clock says something else on every machine; what is
//! dear shows beside its neighbours.

use crate::rule::{Anchor, Rule, RuleIndex, Ruleset};
use crate::scan::{CompileError, Finding, Scanner};
use std::time::{Duration, Instant};

/// Bytes of the text, about.
const TEXT: usize = 16 << 10;
/// Measurements of which the least counts.
const TIMES: usize = 5;

/// What one rule costs.
#[derive(Debug, Clone)]
pub struct Cost {
    /// Its id.
    pub rule: String,
    /// Nanoseconds for a kibibyte in which nothing tells of it.
    pub quiet: f64,
    /// Nanoseconds for a kibibyte full of what tells of it.
    pub stirred: f64,
    /// Findings in the text in which nothing tells of it: each one is a false one.
    pub findings: usize,
}

/// The cost of each rule, the dearest first.
///
/// # Errors
/// [`CompileError`], as [`Scanner::new`].
pub fn costs<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> Result<Vec<Cost>, CompileError> {
    let quiet = text(&[]);
    let one = |rule: &Rule| {
        let scanner = Scanner::new(Ruleset::new(vec![Rule { enabled: true, ..rule.clone() }]))?;
        let stirred = text(&what_stirs(&scanner, rule));
        let ((quiet, findings), (stirred, _)) = (measure(&scanner, &quiet), measure(&scanner, &stirred));
        Ok(Cost { rule: rule.id.clone(), quiet, stirred, findings })
    };
    let mut costs: Vec<Cost> = rules.into_iter().map(one).collect::<Result<_, CompileError>>()?;
    costs.sort_by(|a, b| b.stirred.total_cmp(&a.stirred));
    Ok(costs)
}

/// Nanoseconds for a kibibyte that a scan costs in which nothing is looked for but one word that is not there.
///
/// # Errors
/// [`CompileError`], as [`Scanner::new`].
pub fn idle() -> Result<f64, CompileError> {
    let nothing = Rule { id: "blackbar.nothing".to_owned(), pattern: "qzjxk".to_owned(), ..Rule::default() };
    let scanner = Scanner::new(Ruleset::new(vec![nothing]))?;
    Ok(measure(&scanner, &text(&[])).0)
}

/// Words that make a rule look.
fn what_stirs(scanner: &Scanner, rule: &Rule) -> Vec<String> {
    match rule.anchor {
        Some(Anchor::At) => vec!["someone@host".to_owned()],
        Some(Anchor::Digits) => vec!["2024 1105 3391 0427".to_owned()],
        None => {
            let word = |literal: &[u8]| String::from_utf8_lossy(literal).into_owned();
            scanner.literals(RuleIndex(0)).map(word).collect()
        }
    }
}

/// Nanoseconds for a kibibyte, and how much is found.
fn measure(scanner: &Scanner, text: &str) -> (f64, usize) {
    let mut scratch = scanner.scratch();
    let mut findings: Vec<Finding> = Vec::new();
    let mut once = || {
        findings.clear();
        let start = Instant::now();
        scanner.scan(text.as_bytes(), &mut scratch, &mut findings);
        start.elapsed()
    };
    // The first fills caches.
    let least = (0..=TIMES).map(|_| once()).min().unwrap_or(Duration::ZERO);
    let kib = u32::try_from(text.len()).map_or(f64::INFINITY, f64::from) / 1024.0;
    (least.as_secs_f64() * 1e9 / kib, findings.len())
}

/// Lines that no rule has anything to find in.
const LINES: [&str; 12] = [
    "the parser reads one line at a time and hands each of them to whoever asked for it",
    "    let mut rows = Vec::with_capacity(columns.len() * 2); // one for each side",
    "INFO  2024-11-05 09:12:44,104 worker-3 finished 1284 of 1302 jobs in 12.4 s",
    "for (const entry of Object.entries(config.plugins)) { visit(entry, depth + 1); }",
    "/usr/local/lib/python3.12/site-packages/requests/adapters.py:486: in send",
    "{\"level\": \"warn\", \"module\": \"render\", \"took_ms\": 48, \"retries\": 0, \"ok\": true}",
    "- [x] write the migration, - [ ] run it against a copy of the data, - [ ] tell the team",
    "SELECT id, title, updated_at FROM articles WHERE state = 'open' ORDER BY updated_at",
    "diff --git a/src/render/table.rs b/src/render/table.rs, index 3f2a9c41..b07d1e55 100644",
    "GET /v2/articles/4481/comments?page=3&order=asc HTTP/1.1 200 5312 \"Mozilla/5.0 (X11)\"",
    "What should happen when the second request arrives before the first one was answered?",
    "test render::table::tests::columns_line_up ... ok (0.03s), 218 passed, 0 failed, 2 ignored",
];

/// The text, with one of these words in every line.
fn text(words: &[String]) -> String {
    let mut text = String::with_capacity(TEXT + 256);
    let mut words = words.iter().cycle();
    for line in LINES.iter().cycle() {
        if text.len() >= TEXT {
            break;
        }
        let (before, after) = line.split_at(line.find(' ').unwrap_or_default());
        text.push_str(before);
        if let Some(word) = words.next() {
            text.push(' ');
            text.push_str(word);
        }
        text.push_str(after);
        text.push('\n');
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn rule(id: &str, pattern: &str) -> Rule {
        Rule { id: id.to_owned(), pattern: pattern.to_owned(), ..Rule::default() }
    }

    #[test]
    fn what_a_rule_looks_for_makes_it_dear() {
        let rules = [rule("a.quiet", "xqz_[a-z]{8}"), rule("a.dear", "(?s)xqy.{1,8000}?xyq")];
        // A machine that is busy may take one measurement for the other once, not three times.
        let dear = |_| costs(&rules).unwrap()[0].rule == "a.dear";
        assert!((0..3).any(dear));
        assert!(idle().unwrap() > 0.0);
    }

    #[test]
    fn the_built_in_rules_find_nothing_in_the_quiet_text() {
        let scanner = Scanner::new(Ruleset::embedded().unwrap()).unwrap();
        let (_, findings) = measure(&scanner, &text(&[]));
        assert_eq!(findings, 0);
    }
}
