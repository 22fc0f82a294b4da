//! What the built-in pack knows of personal data, by kind: `rules/PERSONAL_DATA.md` is made here, and is what
//! the rules say.
//!
//! ```sh
//! BLACKBAR_WRITE=1 cargo test --test personal_data    # writes it anew
//! ```

#![allow(clippy::unwrap_used)]

use blackbar::rule::{Category, Rule, Ruleset};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// The kinds the pack promises, at least.
const KINDS: usize = 80;

/// What a tag says of how a rule comes to its findings, surest first.
const EVIDENCE: [(&str, &str); 3] =
    [("evidence-certain", "certain"), ("evidence-likely", "likely"), ("evidence-weak", "weak")];

/// Endings of an id that tell how something is found, not what it is.
const WAYS: [&str; 24] = [
    "keyword",
    "before",
    "key",
    "text",
    "mail",
    "commit",
    "honorific",
    "prose",
    "signoff",
    "role",
    "cut",
    "broken",
    "greeting",
    "self",
    "closing",
    "known",
    "near",
    "lives",
    "label",
    "other",
    "script",
    "list",
    "vcard",
    "payment",
];

const HEAD: &str = "\
# Personal data that is looked for

Made from the rules by `tests/personal_data.rs`; to make it anew: `BLACKBAR_WRITE=1 cargo test --test personal_data`.

- **certain**: found wherever it stands. It has letters, a date or separators in places of its own, and mostly a
  checksum besides.
- **likely**: found behind its name (in English or the language of the country) or under its key. Bare numbers
  are always so, and a checksum is asked for where there is one, but right behind the name.
- **weak**: the shape alone.

A rule that is off is switched on by `[rules] enable`.

| kind | rules | evidence | on |
|---|---|---|---|
";

/// One line of the table.
struct Kind {
    name: String,
    rules: Vec<String>,
    evidence: Vec<&'static str>,
    on: bool,
}

#[test]
fn the_table_is_what_the_rules_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/PERSONAL_DATA.md");
    let table = table();
    if std::env::var_os("BLACKBAR_WRITE").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == table, "rules/PERSONAL_DATA.md is old: see the head of this test");
}

#[test]
fn there_are_as_many_kinds_as_promised() {
    let kinds = kinds();
    let on = kinds.values().filter(|kind| kind.on).count();
    assert!(on >= KINDS, "{on} of {}", kinds.len());
}

#[test]
fn every_rule_for_personal_data_says_how_sure_it_is_and_weak_ones_are_off() {
    for rule in rules() {
        let tags: Vec<&str> = EVIDENCE.iter().map(|(tag, _)| *tag).filter(|tag| has(&rule, tag)).collect();
        assert!(tags.len() == 1 && has(&rule, "personal-data"), "{}: {tags:?}", rule.id);
        assert!(!(rule.enabled && has(&rule, "evidence-weak")), "{} is weak and on", rule.id);
    }
}

fn has(rule: &Rule, tag: &str) -> bool {
    rule.tags.iter().any(|other| other == tag)
}

fn rules() -> Vec<Rule> {
    let ruleset = Ruleset::embedded().unwrap();
    let all = ruleset.rules().map(|(_, rule)| rule).chain(ruleset.resting());
    all.filter(|rule| rule.category == Category::Pii).cloned().collect()
}

/// By what the ids of their rules share.
fn kinds() -> BTreeMap<String, Kind> {
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    let mut rules = rules();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    for rule in rules {
        let last = rule.id.rsplit_once('.').filter(|(_, last)| WAYS.contains(last));
        let id = last.map_or(rule.id.as_str(), |(id, _)| id).to_owned();
        let name = rule.name.split(" by its name").next().unwrap_or_default().to_owned();
        let evidence = EVIDENCE.iter().filter(|(tag, _)| has(&rule, tag)).map(|(_, word)| *word);
        let kind =
            kinds.entry(id).or_insert(Kind { name, rules: Vec::new(), evidence: Vec::new(), on: false });
        kind.evidence.extend(evidence);
        kind.rules.push(rule.id);
        kind.on |= rule.enabled;
    }
    kinds
}

fn table() -> String {
    let kinds = kinds();
    let mut out = HEAD.to_owned();
    for kind in kinds.values() {
        let rules: Vec<String> = kind.rules.iter().map(|id| format!("`{id}`")).collect();
        let mut evidence = kind.evidence.clone();
        evidence.sort_unstable();
        evidence.dedup();
        let on = if kind.on { "yes" } else { "no" };
        writeln!(out, "| {} | {} | {} | {on} |", kind.name, rules.join(", "), evidence.join(", ")).unwrap();
    }
    let count = kinds.values().map(|kind| kind.rules.len()).sum::<usize>();
    writeln!(out, "\n{} kinds, {count} rules.", kinds.len()).unwrap();
    out
}
