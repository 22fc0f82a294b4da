//! The issuers of secrets that scanners know by name, each with the rules that find what it issues: of its own,
//! where the format is distinctive, or those that know a key by its context. `rules/PROVIDERS.md` is made of it:
//!
//! ```sh
//! BLACKBAR_WRITE_PROVIDERS=1 cargo test --test providers
//! ```

#![allow(clippy::unwrap_used)]

use blackbar::rule::Ruleset;
use regex_automata::meta::Regex;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// How the rules begin that take a provider's name for context.
const CONTEXT: &str = "context.provider_key.";

/// Provider, and the rules for it: ids, or beginnings of ids that end in a dot.
const PROVIDERS: &str = include_str!("providers.txt");

fn providers() -> Vec<(&'static str, Vec<&'static str>)> {
    let lines = PROVIDERS.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            (words.next().unwrap(), words.collect())
        })
        .collect()
}

/// The ids of the rules that one word of the list stands for.
fn named<'a>(word: &str, ids: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let is = |id: &&&str| **id == word || (word.ends_with('.') && id.starts_with(word));
    ids.iter().filter(is).copied().collect()
}

fn table(ids: &BTreeSet<&str>) -> String {
    let mut text = "# Issuers of secrets, and the rules that find them\n\n\
        Made by `tests/providers.rs`. `context` are the rules `context.provider_key.*`: the name of the issuer, a word\n\
        for a key, and letters and digits as random as a key.\n\n\
        | Issuer | Rules |\n|---|---|\n"
        .to_owned();
    for (provider, words) in providers() {
        let rules: Vec<String> = words
            .iter()
            .flat_map(|word| if *word == "context" { vec!["context"] } else { named(word, ids) })
            .map(|id| if id == "context" { id.to_owned() } else { format!("`{id}`") })
            .collect();
        writeln!(text, "| {provider} | {} |", rules.join(", ")).unwrap();
    }
    text
}

#[test]
fn every_provider_has_a_rule_of_its_own_or_is_known_by_its_context() {
    let ruleset = Ruleset::embedded().unwrap();
    let ids: BTreeSet<&str> = ruleset.rules().map(|(_, rule)| rule.id.as_str()).collect();
    let context: Vec<Regex> = ruleset
        .rules()
        .filter(|(_, rule)| rule.id.starts_with(CONTEXT))
        .map(|(_, rule)| Regex::new(&rule.pattern).unwrap())
        .collect();
    let mut wrong = Vec::new();
    for (provider, words) in providers() {
        if words.is_empty() {
            wrong.push(format!("{provider} has no rule"));
        }
        for word in words {
            if word == "context" {
                let text = format!("{provider}_api_key=faae5fde9721780f21ebf55e1481af04");
                if !context.iter().any(|rule| rule.is_match(&text)) {
                    wrong.push(format!("no rule of {CONTEXT} knows {provider}"));
                }
            } else if named(word, &ids).is_empty() {
                wrong.push(format!("{provider} names {word}, and there is no such rule"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_provider_stands_once_in_the_list() {
    let names: Vec<&str> = providers().into_iter().map(|(provider, _)| provider).collect();
    let once: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), once.len());
}

#[test]
fn the_table_is_what_the_rules_are() {
    let ruleset = Ruleset::embedded().unwrap();
    let made = table(&ruleset.rules().map(|(_, rule)| rule.id.as_str()).collect());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/PROVIDERS.md");
    if std::env::var_os("BLACKBAR_WRITE_PROVIDERS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == made,
        "rules/PROVIDERS.md is stale: BLACKBAR_WRITE_PROVIDERS=1 cargo test --test providers"
    );
}
