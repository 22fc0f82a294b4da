//! The fixtures are what they say: every planted value is valid, stands in the files that `in` names,
//! and in no other.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Planted {
    id: String,
    kind: String,
    category: String,
    tier: String,
    value: String,
    #[serde(default)]
    pieces: Vec<String>,
    whole: Option<String>,
    check: Option<String>,
    #[serde(default, rename = "identity")]
    _identity: bool,
    #[serde(default, rename = "note")]
    _note: String,
    #[serde(rename = "in")]
    files: BTreeSet<String>,
}

#[test]
fn every_value_has_a_tier_and_a_checksum_that_fits() {
    let tiers = ["pattern", "keyword", "prose", "pem-line", "encoded-only", "cut", "split", "ip"];
    let mut ids = BTreeSet::new();
    for planted in planted() {
        let Planted { id, kind, value, .. } = &planted;
        assert!(ids.insert(id.clone()), "{id} is there twice");
        assert!(tiers.contains(&planted.tier.as_str()), "{id}: {}", planted.tier);
        assert!(["secret", "pii"].contains(&planted.category.as_str()), "{id}: {}", planted.category);
        assert_eq!(planted.tier == "split", !planted.pieces.is_empty(), "{id}");
        assert!(planted.pieces.is_empty() || planted.pieces.concat() == *value, "{id}");
        assert_eq!(planted.tier == "cut", planted.whole.is_some(), "{id}");
        assert!(planted.whole.as_ref().is_none_or(|whole| whole.starts_with(value.as_str())), "{id}");
        match planted.check.as_deref() {
            Some("luhn") => assert!(luhn(value), "{id}"),
            Some("mod97") => assert_eq!(mod97(value), 1, "{id}"),
            Some("crc32") => assert_eq!(crc32_base62(&value[4..34]), value[34..], "{id}"),
            other => assert!(other.is_none() && !["card", "iban"].contains(&kind.as_str()), "{id}"),
        }
    }
}

#[test]
fn every_value_stands_where_it_says() {
    let files = files();
    for planted in planted() {
        for (name, layers) in &files {
            let holds = |piece: &String| layers.iter().any(|layer| layer.contains(piece.as_str()));
            let plain = if planted.pieces.is_empty() {
                holds(&planted.value)
            } else {
                planted.pieces.iter().all(holds)
            };
            let named = planted.files.contains(name);
            if planted.tier == "encoded-only" {
                let decoded = layers.iter().any(|layer| decodes_to(layer, &planted.value));
                assert!(!plain && decoded == named, "{} in {name}", planted.id);
            } else {
                assert_eq!(plain, named, "{} in {name}", planted.id);
            }
        }
        assert!(planted.files.iter().all(|name| files.contains_key(name)), "{}", planted.id);
        assert!(!planted.files.is_empty(), "{}", planted.id);
    }
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/otlp")
}

fn planted() -> Vec<Planted> {
    serde_json::from_slice(&std::fs::read(directory().join("planted.json")).unwrap()).unwrap()
}

/// What stands in each fixture: its strings, and what they are after each level of unescaping.
fn files() -> BTreeMap<String, Vec<String>> {
    let mut files = BTreeMap::new();
    for agent in std::fs::read_dir(directory()).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for file in std::fs::read_dir(agent.path()).unwrap().flatten() {
            let name = format!("{}/{}", agent.file_name().display(), file.file_name().display());
            let text = std::fs::read_to_string(file.path()).unwrap();
            // A lone surrogate is what one client really sends, and what this reader takes no more than most.
            let text = text.replace(r"\ud83d", "?");
            let documents = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
            let document = Value::Array(documents.map(Result::unwrap).collect());
            let mut strings = Vec::new();
            collect(&document, &mut strings);
            files.insert(name, strings.iter().flat_map(|string| layers(string)).collect());
        }
    }
    files
}

fn collect(value: &Value, strings: &mut Vec<String>) {
    match value {
        Value::String(text) => strings.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, strings)),
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_str() {
                    Some(text) if key == "bytesValue" => strings.push(decode_base64(text)),
                    _ => collect(value, strings),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn layers(text: &str) -> Vec<String> {
    let mut layers = vec![text.to_owned()];
    for level in 0..4 {
        let inner = unescape(&layers[level]);
        if inner == layers[level] {
            break;
        }
        layers.push(inner);
    }
    layers
}

/// Takes one level of JSON escapes off a text, wherever in it they stand.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        let escaped = if char == '\\' { rest.next() } else { None };
        match escaped {
            None => out.push(char),
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('u') => {
                let code: String = rest.by_ref().take(4).collect();
                out.push(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32).unwrap_or('?'));
            }
            Some(other) => out.push(other),
        }
    }
    out
}

/// Whether a value stands in a text's percent-encoding, or in one of its runs of base64.
fn decodes_to(text: &str, value: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    text.replace("%40", "@").contains(value)
        || text
            .split(|c| !is_base64(c))
            .filter(|run| run.len() >= 16)
            .any(|run| decode_base64(run).contains(value))
}

fn decode_base64(text: &str) -> String {
    let plain = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let bytes = data_encoding::BASE64_NOPAD.decode(plain.as_bytes()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn luhn(card: &str) -> bool {
    let digits = card.chars().rev().filter_map(|c| c.to_digit(10));
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 =
        digits.enumerate().map(|(at, digit)| if at % 2 == 1 { doubled(digit) } else { digit }).sum();
    sum.is_multiple_of(10)
}

fn mod97(iban: &str) -> u32 {
    let plain: String = iban.chars().filter(|c| *c != ' ').collect();
    let turned = format!("{}{}", &plain[4..], &plain[..4]);
    turned.chars().filter_map(|c| c.to_digit(36)).fold(0, |rest, digit| {
        let shift = if digit > 9 { 100 } else { 10 };
        (rest * shift + digit) % 97
    })
}

/// The checksum of GitHub and npm tokens: CRC-32 in six base-62 digits.
fn crc32_base62(body: &str) -> String {
    let mut crc = !0_u32;
    for byte in body.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = !crc;
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = alphabet[(rest % 62) as usize];
        rest /= 62;
    }
    String::from_utf8_lossy(&digits).into_owned()
}
