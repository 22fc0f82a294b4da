//! Writing carried rules down, and holding them to what ours are held to.

use super::example::{Dice, matching};
use super::pattern::carry;
use super::{Foreign, Format};
use crate::rule::validate::Validator;
use crate::rule::{Category, Confidence, Rule, RuleIndex, Ruleset, Severity, check_id, check_pattern};
use crate::scan::{Finding, Scanner};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Examples of either sort.
const EXAMPLES: usize = 2;
/// Texts that are made until enough of them are examples.
const TRIES: u64 = 60;

/// What came of an import.
#[derive(Debug)]
pub struct Imported {
    /// A file of rules that loads.
    pub text: String,
    /// Rules in it.
    pub carried: usize,
    /// Rules that stand in it as comments.
    pub left_out: usize,
    /// What was changed and lost, by rule.
    pub report: Vec<String>,
}

/// A rule of ours, nearly.
struct Draft {
    rule: Rule,
    notes: Vec<String>,
    examples: Vec<String>,
    negative_examples: Vec<String>,
}

pub(super) fn write(rules: Vec<Foreign>, lost: Vec<String>, format: Format) -> Imported {
    let mut imported = Imported { text: String::new(), carried: 0, left_out: 0, report: Vec::new() };
    imported.report.extend(lost.iter().map(|what| format!("not carried: {what}")));
    let _ = writeln!(imported.text, "# Carried over from {} by `blackbar rules import`.", format.name());
    lost.iter().for_each(|what| comment(&mut imported.text, &format!("Not carried: {what}.")));
    let mut taken = BTreeSet::new();
    for foreign in rules {
        let id = id(&foreign.id, format, &mut taken);
        imported.text.push('\n');
        match draft(&id, &foreign) {
            Ok(draft) => {
                imported.report.extend(draft.notes.iter().map(|note| format!("{id}: {note}")));
                imported.text.push_str(&draft.text());
                imported.carried += 1;
            }
            Err(why) => {
                imported.report.push(format!("{id}: left out: {why}"));
                imported.text.push_str(&left_out(&id, &foreign, &why));
                imported.left_out += 1;
            }
        }
    }
    imported
}

/// An id of ours that nobody has yet.
fn id(theirs: &str, format: Format, taken: &mut BTreeSet<String>) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '_' };
    let mut id: String = theirs.chars().map(word).collect();
    if check_id(&id).is_err() {
        id = format!("{}.{}", format.name(), id.replace('.', "_"));
    }
    let mut unique = id.clone();
    let mut number = 2;
    while !taken.insert(unique.clone()) {
        unique = format!("{id}_{number}");
        number += 1;
    }
    unique
}

fn draft(id: &str, foreign: &Foreign) -> Result<Draft, String> {
    if foreign.pattern.is_empty() {
        return Err("it has no pattern for what is in a text".to_owned());
    }
    let carried = carry(&foreign.pattern, &foreign.group)?;
    let wrong = check_pattern(&carried.pattern, None);
    if let Some(wrong) = wrong.first() {
        return Err(wrong.clone());
    }
    let mut notes = carried.changed;
    notes.extend(foreign.lost.iter().map(|what| format!("not carried: {what}")));
    let mut rule = Rule {
        id: id.to_owned(),
        name: if foreign.name.trim().is_empty() { id.to_owned() } else { foreign.name.clone() },
        description: foreign.description.clone(),
        category: Category::Secret,
        severity: Severity::High,
        confidence: match foreign.confidence.as_deref() {
            Some("high") => Confidence::High,
            Some("low") => Confidence::Low,
            _ => Confidence::Medium,
        },
        pattern: carried.pattern,
        validators: foreign.entropy.then_some(Validator::Entropy).into_iter().collect(),
        references: foreign.references.clone(),
        tags: foreign.tags.clone(),
        ..Rule::default()
    };
    let proof = match prove(&rule, foreign, &mut notes) {
        Err(_) if foreign.entropy => {
            rule.validators.clear();
            notes.push("the validator `entropy` would refuse all examples, and is left out".to_owned());
            prove(&rule, foreign, &mut notes)
        }
        proof => proof,
    };
    let (examples, negative_examples) = proof?;
    rule.enabled = !foreign.off;
    Ok(Draft { rule, notes, examples, negative_examples })
}

/// Examples and negative ones that a rule keeps to: its own, and where those do not do, made ones.
fn prove(
    rule: &Rule,
    foreign: &Foreign,
    notes: &mut Vec<String>,
) -> Result<(Vec<String>, Vec<String>), String> {
    let scanner = Scanner::new(Ruleset::new(vec![rule.clone()])).map_err(|error| error.to_string())?;
    let found = |text: &str| found(&scanner, text).is_some();
    let (mut good, missed): (Vec<String>, Vec<String>) =
        foreign.examples.iter().cloned().partition(|text| found(text));
    let (mut bad, hit): (Vec<String>, Vec<String>) =
        foreign.negative_examples.iter().cloned().partition(|text| !found(text));
    let made = (1..=TRIES).filter_map(|seed| matching(&rule.pattern, &mut Dice::new(seed)));
    let made: Vec<String> = made.filter(|text| found(text)).collect();
    if good.len() < EXAMPLES {
        good.extend(made.iter().take(EXAMPLES - good.len()).cloned());
        notes.push("examples are made from the pattern: put true ones in their place".to_owned());
    }
    good.dedup();
    if good.len() < EXAMPLES {
        return Err("no two examples could be made that it finds: it needs some".to_owned());
    }
    let spoilt = good.iter().filter_map(|text| spoilt(&scanner, text)).chain([format!("see {}", rule.name)]);
    let spoilt: Vec<String> = spoilt.filter(|text| !found(text)).collect();
    if bad.len() < EXAMPLES {
        bad.extend(spoilt.into_iter().take(EXAMPLES - bad.len()));
        notes.push("negative examples are made of the others: put true ones in their place".to_owned());
    }
    for (count, what) in
        [(missed.len(), "examples are not found"), (hit.len(), "negative examples are found")]
    {
        if count > 0 {
            notes.push(format!("{count} of its {what}, and are left out"));
        }
    }
    if bad.len() < EXAMPLES {
        Err("no two texts are known that it does not find".to_owned())
    } else {
        Ok((good, bad))
    }
}

/// What is found in a text.
fn found(scanner: &Scanner, text: &str) -> Option<Finding> {
    let mut findings = Vec::new();
    scanner.scan_whole(text.as_bytes(), &mut scanner.scratch(), &mut findings);
    findings.into_iter().find(|finding| finding.rule == RuleIndex(0))
}

/// An example without the second half of its secret.
fn spoilt(scanner: &Scanner, text: &str) -> Option<String> {
    let secret = found(scanner, text)?.secret;
    text.get(..secret.start + secret.len() / 2).map(str::to_owned)
}

impl Draft {
    fn text(&self) -> String {
        let Self { rule, notes, examples, negative_examples } = self;
        let mut out = String::new();
        notes.iter().for_each(|note| comment(&mut out, note));
        out.push_str("[[rule]]\n");
        let mut line = |key: &str, value: String| {
            let _ = writeln!(out, "{key} = {value}");
        };
        line("id", quoted(&rule.id));
        line("name", quoted(&rule.name));
        if !rule.description.is_empty() {
            line("description", quoted(&rule.description));
        }
        line("category", quoted(rule.category.name()));
        line("severity", quoted(rule.severity.name()));
        line("confidence", quoted(rule.confidence.name()));
        if !rule.enabled {
            line("enabled", "false".to_owned());
        }
        line("pattern", quoted(&rule.pattern));
        let validators: Vec<String> = rule.validators.iter().map(|one| one.name().to_owned()).collect();
        for (key, list) in
            [("validators", &validators), ("references", &rule.references), ("tags", &rule.tags)]
        {
            if !list.is_empty() {
                line(key, array(list));
            }
        }
        line("examples", array(examples));
        line("negative_examples", array(negative_examples));
        out
    }
}

/// A rule that cannot be carried, as a comment.
fn left_out(id: &str, foreign: &Foreign, why: &str) -> String {
    let mut out = String::new();
    comment(&mut out, &format!("Left out: {id}, because {why}"));
    if !foreign.pattern.is_empty() {
        comment(&mut out, &format!("pattern = {}", quoted(&foreign.pattern)));
    }
    out
}

fn comment(out: &mut String, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "# {}", line.chars().filter(|c| !c.is_control()).collect::<String>());
    }
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn array(list: &[String]) -> String {
    let lines: String = list.iter().map(|text| format!("    {},\n", quoted(text))).collect();
    format!("[\n{lines}]")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::import;
    use super::*;
    use crate::pack::lint;

    const GITLEAKS: &str = r#"
title = "ours, in their format"
[allowlist]
paths = ['''\.lock$''']
[[rules]]
id = "acme-token"
description = "A token of Acme"
regex = '''(?i)\bacme[_-]?key\s*[:=]\s*["']?([0-9a-z]{32})["']?'''
entropy = 3.5
keywords = ["acme"]
tags = ["acme"]
[rules.allowlist]
stopwords = ["example"]
[[rules]]
id = "acme-file"
path = '''acme\.pem$'''
[[rules]]
id = "acme-ahead"
regex = '''acme_(?=x)[a-z]+'''
[[rules]]
id = "any-hex"
regex = '''\b[0-9a-f]{64}\b'''
"#;

    const NOSEY: &str = "
rules:
  - name: Acme Token
    id: acme.token.1
    pattern: |
      (?x)
      \\b
      ( acmetok_ [0-9a-zA-Z]{24} )   # the token
      \\b
    references:
      - https://acme.example/docs
    categories: [api, secret]
    examples:
      - 'token: acmetok_b1ackbarEXAMPLE0b1ackbar'
      - 'acmetok_short'
    negative_examples:
      - 'acmetok_'
  - name: Acme Pair
    id: acme.pair.1
    pattern: 'acme_id=([0-9]{8});acme_secret=([0-9a-z]{16,})'
    min_entropy: 3.0
    validation: {type: Http}
";

    fn check(text: &str, format: Format, carried: usize, left_out: usize) -> Imported {
        let imported = import(text, format).unwrap();
        assert_eq!((imported.carried, imported.left_out), (carried, left_out), "{}", imported.text);
        let ruleset = Ruleset::from_files([("i.toml".to_owned(), imported.text.clone())]);
        let ruleset = ruleset.unwrap_or_else(|error| panic!("{error}\n{}", imported.text));
        assert_eq!(ruleset.rules().count() + ruleset.resting().count(), carried);
        assert_eq!(lint(&ruleset), [], "{}", imported.text);
        imported
    }

    fn reported(imported: &Imported, expected: &[&str]) {
        for line in expected {
            assert!(imported.report.iter().any(|told| told.contains(line)), "{line}: {:#?}", imported.report);
        }
    }

    #[test]
    fn rules_of_gitleaks_are_carried_or_left_out_with_the_reason() {
        let imported = check(GITLEAKS, Format::Gitleaks, 1, 3);
        assert!(imported.text.contains("id = \"gitleaks.acme_token\""), "{}", imported.text);
        assert!(imported.text.contains("(?P<secret>[0-9a-z]{32})"), "{}", imported.text);
        reported(
            &imported,
            &[
                "not carried: `allowlist` of the file",
                "gitleaks.acme_token: not carried: `allowlist`",
                "gitleaks.acme_token: not carried: the threshold of `entropy`",
                "gitleaks.acme_token: repeats without an end are bounded",
                "gitleaks.acme_file: left out: it has no pattern for what is in a text",
                "gitleaks.acme_ahead: left out: it looks around",
                "gitleaks.any_hex: left out: no literal of 3 bytes",
            ],
        );
    }

    #[test]
    fn rules_of_nosey_parker_and_kingfisher_are_carried() {
        for format in [Format::NoseyParker, Format::Kingfisher] {
            let imported = check(NOSEY, format, 2, 0);
            assert!(imported.text.contains("# the token"), "{}", imported.text);
            reported(
                &imported,
                &[
                    "acme.token.1: 1 of its examples are not found, and are left out",
                    "acme.token.1: examples are made from the pattern",
                    "acme.pair.1: it has several groups: all of the match is the secret",
                    "acme.pair.1: not carried: `validation`",
                ],
            );
        }
    }

    #[test]
    fn what_is_no_file_of_rules_is_refused() {
        for (text, format, why) in [
            ("title = 1", Format::Gitleaks, "[[rules]]"),
            ("a = ", Format::Gitleaks, "line 1"),
            ("a: b", Format::Kingfisher, "no `rules:`"),
            ("rules: [", Format::NoseyParker, "line"),
        ] {
            assert!(import(text, format).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn two_rules_of_one_id_get_two() {
        let twice = GITLEAKS.replace("acme-file", "acme-token");
        assert!(
            import(&twice, Format::Gitleaks)
                .unwrap()
                .report
                .iter()
                .any(|line| line.starts_with("gitleaks.acme_token_2"))
        );
    }
}
