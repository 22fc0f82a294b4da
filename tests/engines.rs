//! The whole pack that is built in, with each engine: what they find is the same, byte for byte.
//!
//! A program has a second engine if it was built with the feature `hyperscan`; without it there is nothing to compare.

#![cfg(feature = "hyperscan")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use blackbar::rule::{Rule, Ruleset, SEPARATOR};
use blackbar::scan::{Engine, Scanner, Scratch};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Every rule there is, also those that are off until somebody asks for them.
static SCANNERS: LazyLock<Vec<Scanner>> =
    LazyLock::new(|| scanners(&Ruleset::embedded().unwrap().switched(|_| true)));

/// What the rules find and what they do not find by their own words.
static EXAMPLES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of = |rule: &Rule| [rule.examples.clone(), rule.negative_examples.clone()].concat();
    let rules = SCANNERS[0].ruleset().rules();
    rules.flat_map(|(_, rule)| of(rule)).map(|example| example.text).collect()
});

/// The same rules with each engine, and what a thread needs for it.
struct Pair<'a>(Vec<(&'a Scanner, Scratch)>);

impl<'a> Pair<'a> {
    fn new(scanners: &'a [Scanner]) -> Self {
        Self(scanners.iter().map(|scanner| (scanner, scanner.scratch())).collect())
    }

    /// Compares the engines on a text, and counts what they find.
    fn compare(&mut self, text: &[u8]) -> usize {
        let found = self.0.iter_mut().map(|(scanner, scratch)| {
            let mut findings = Vec::new();
            scanner.scan(text, scratch, &mut findings);
            findings
        });
        let found: Vec<_> = found.collect();
        assert_eq!(found[0], found[1], "{}", String::from_utf8_lossy(text));
        found[0].len()
    }
}

fn scanners(ruleset: &Ruleset) -> Vec<Scanner> {
    let scanner = |engine| Scanner::with_engine(ruleset.clone(), engine).unwrap();
    let scanners: Vec<_> = Engine::built_in().map(scanner).collect();
    assert!(scanners.iter().map(Scanner::engine).eq([Engine::Portable, Engine::Hyperscan]));
    scanners
}

fn files(directory: &Path, to: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, to) } else { to.push(path) }
    }
}

#[test]
fn in_every_example() {
    let mut pair = Pair::new(&SCANNERS);
    let found: usize = EXAMPLES.iter().map(|example| pair.compare(example.as_bytes())).sum();
    assert!(found > EXAMPLES.len() / 3, "{found}");
}

#[test]
fn in_fixtures_rules_and_sources() {
    let (mut all, mut pair) = (Vec::new(), Pair::new(&SCANNERS));
    ["fixtures", "rules", "src", "tests/fuzz/regressions"]
        .iter()
        .for_each(|name| files(Path::new(name), &mut all));
    let texts = all.iter().map(|path| std::fs::read(path).unwrap());
    let found: usize =
        texts.map(|text| text.chunks(8192).map(|text| pair.compare(text)).sum::<usize>()).sum();
    assert!(found > 1000, "{found}");
}

/// What is done to a text at a place.
#[derive(Debug, Clone, Copy)]
enum Change {
    Remove,
    Insert(u8),
    OtherCase,
    Cut,
}

fn changes() -> impl Strategy<Value = (Change, usize)> {
    let inserted = prop::sample::select(b" \n\"'=:@-_.0aZ\xc3\xa9\x00".to_vec());
    let change = prop_oneof![
        3 => Just(Change::Remove),
        3 => prop_oneof![inserted, Just(SEPARATOR)].prop_map(Change::Insert),
        6 => Just(Change::OtherCase),
        1 => Just(Change::Cut),
    ];
    (change, any::<prop::sample::Index>().prop_map(|place| place.index(1 << 20)))
}

fn change(text: &mut Vec<u8>, (change, place): (Change, usize)) {
    if text.is_empty() {
        return;
    }
    let place = place % text.len();
    match change {
        Change::Remove => drop(text.remove(place)),
        Change::Insert(byte) => text.insert(place, byte),
        Change::OtherCase => text[place] ^= if text[place].is_ascii_alphabetic() { 0x20 } else { 0 },
        Change::Cut => text.truncate(place),
    }
}

#[test]
fn with_few_rules() {
    // Of those Hyperscan makes something else than of many.
    let ids: Vec<String> = SCANNERS[0].ruleset().rules().map(|(_, rule)| rule.id.clone()).collect();
    let text = EXAMPLES.join("\n").into_bytes();
    let mut found = 0;
    for (number, few) in ids.chunks(13).enumerate() {
        let some = if number % 4 == 0 { &few[..1] } else { few };
        let ruleset = Ruleset::embedded().unwrap().switched(|rule| some.contains(&rule.id));
        let scanners = scanners(&ruleset);
        let mut pair = Pair::new(&scanners);
        found += text.chunks(8192).map(|text| pair.compare(text)).sum::<usize>();
    }
    assert!(found > 1000, "{found}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn in_examples_that_were_changed(
        some in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
        between in prop::sample::select(vec!["", " ", "\n", "\u{1e}", "\\n", "\", \""]),
        changed in prop::collection::vec(changes(), 0..12),
    ) {
        let some: Vec<&str> = some.iter().map(|index| index.get(&EXAMPLES).as_str()).collect();
        let mut text = some.join(between).into_bytes();
        changed.into_iter().for_each(|one| change(&mut text, one));
        Pair::new(&SCANNERS).compare(&text);
    }

    #[test]
    fn in_any_bytes(text in prop::collection::vec(any::<u8>(), 0..300)) {
        Pair::new(&SCANNERS).compare(&text);
    }
}
