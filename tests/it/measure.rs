//! How much of what was planted is left, and how much else is gone.
//!
//! A value is left **whole**, **cut** ([`ENOUGH`] characters of it in a row, public prefixes aside) or
//! **split** (the same over the pieces of an array). It is looked for at every level of escapes, in
//! percent-encoding and in base64.

use super::fixture::unescape;
use aho_corasick::AhoCorasick;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a value in a row that are worth something.
pub(crate) const ENOUGH: usize = 12;

/// Levels of escapes that are undone.
const LEVELS: usize = 5;

/// What values begin with that everybody knows.
const PUBLIC: [&str; 20] = [
    "https://hooks.slack.com/services/",
    "DefaultEndpointsProtocol=https;AccountName=",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
    "eyJhbGciOiJIUzI1NiJ9.",
    "AGE-SECRET-KEY-1",
    "github_pat_",
    "sk-ant-api03-",
    "pypi-AgEIcHlwaS5vcmc",
    "postgres://",
    "redis://",
    "sk-proj-",
    "sk_live_",
    "dop_v1_",
    "glpat-",
    "whsec_",
    "xoxb-",
    "ghp_",
    "Basic ",
];

/// Looks for pieces of values.
pub(crate) struct Pieces {
    ids: Vec<String>,
    pieces: AhoCorasick,
}

impl Pieces {
    /// Of these values, by id. A piece that stands in `benign` too, which is everything that was sent but the
    /// values, tells nothing.
    pub(crate) fn new<'a>(values: impl Iterator<Item = (&'a str, &'a str)>, benign: &str) -> Self {
        let mut by_piece = BTreeMap::new();
        for (id, value) in values {
            let secret = PUBLIC.iter().find_map(|public| value.strip_prefix(public)).unwrap_or(value);
            let chars: Vec<char> = secret.chars().collect();
            for piece in chars.windows(ENOUGH).map(|piece| piece.iter().collect::<String>()) {
                let is_public = piece.contains("-----") || benign.contains(&piece);
                if !is_public {
                    by_piece.entry(piece).or_insert(id);
                }
            }
        }
        let (pieces, ids): (Vec<String>, Vec<&str>) = by_piece.into_iter().unzip();
        Self { ids: ids.into_iter().map(str::to_owned).collect(), pieces: AhoCorasick::new(pieces).unwrap() }
    }

    /// The ids of the values of which a piece is left in a document.
    pub(crate) fn left(&self, document: &Value) -> BTreeSet<&str> {
        let mut texts = Vec::new();
        collect(document, &mut texts);
        texts.iter().flat_map(|text| self.of(text)).collect()
    }

    fn of(&self, text: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut level = text.to_owned();
        for _ in 0..=LEVELS {
            for reading in
                [level.as_str(), &percent_decoded(&level), &base64_decoded(&level), &joined(&level)]
            {
                let hits = self.pieces.find_overlapping_iter(reading);
                found.extend(hits.map(|hit| self.ids[hit.pattern().as_usize()].as_str()));
            }
            let inner = unescape(&level);
            if inner == level {
                break;
            }
            level = inner;
        }
        found
    }
}

/// Every string, and the strings of every array one behind the other.
fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => {
            items.iter().for_each(|item| collect(item, texts));
            let leaves: Vec<String> = items.iter().filter_map(only_text).collect();
            texts.push(leaves.concat());
        }
        Value::Object(members) => members.values().for_each(|member| collect(member, texts)),
        Value::Number(number) => texts.push(number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The text of a value that is one, or that has one under a key of OTLP.
fn only_text(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value.get("stringValue")?.as_str()).map(str::to_owned)
}

/// Pieces in an array that is text.
fn joined(text: &str) -> String {
    text.replace("\",\"", "").replace("\", \"", "")
}

pub(crate) fn percent_decoded(text: &str) -> String {
    let text = text.as_bytes();
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let digits = text.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.filter(|_| *byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(*byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What every long run of either alphabet says.
fn base64_decoded(text: &str) -> String {
    let is_digit = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let mut out = String::new();
    for run in text.split(|c| !is_digit(c)).filter(|run| run.len() >= 16) {
        let run = run.replace('-', "+").replace('_', "/");
        let whole = &run[..run.len() / 4 * 4];
        let bytes = data_encoding::BASE64.decode(whole.as_bytes()).unwrap_or_default();
        out.push_str(&String::from_utf8_lossy(&bytes));
        out.push('\n');
    }
    out
}

/// What belongs to values, in whatever dress: their lines, in clear, in base64 and percent-encoded.
pub(crate) struct Values(AhoCorasick);

impl Values {
    pub(crate) fn new<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let mut pieces = BTreeSet::new();
        for value in values {
            for dressed in [base64_of(value, 0), base64_of(value, 1), base64_of(value, 2), percent_of(value)]
            {
                pieces.extend(windows(&dressed, ENOUGH));
            }
            for line in value.split(['\n', '"', '\\']) {
                pieces.extend(windows(line, ENOUGH.min(line.chars().count())));
            }
        }
        pieces.retain(|piece| piece.chars().count() >= 4);
        Self(AhoCorasick::new(pieces).unwrap())
    }

    /// Bytes of strings that changed though they are none of a value, and all bytes of strings.
    pub(crate) fn changed(&self, before: &Value, after: &Value) -> (usize, usize) {
        let (mut old, mut new) = (Vec::new(), Vec::new());
        collect(before, &mut old);
        collect(after, &mut new);
        assert_eq!(old.len(), new.len(), "another structure");
        let mut sum = (0, 0);
        for (old, new) in old.iter().zip(&new) {
            sum.0 += if old == new { 0 } else { self.lost(old, new) };
            sum.1 += old.len();
        }
        sum
    }

    /// Bytes of `old` that are neither in `new`, between its placeholders, nor of a value.
    fn lost(&self, old: &str, new: &str) -> usize {
        let mut is_kept = vec![false; old.len()];
        let mut at = 0;
        for piece in between_placeholders(new).into_iter().filter(|piece| !piece.is_empty()) {
            let Some(found) = old[at..].find(piece) else { continue };
            is_kept[at + found..at + found + piece.len()].fill(true);
            at += found + piece.len();
        }
        // What stands between two lines of a key, or at the border of a group of base64, goes with them.
        let mut end = 0;
        for hit in self.0.find_overlapping_iter(old) {
            let start = if hit.start() <= end + DECORATION { end.min(hit.start()) } else { hit.start() };
            is_kept[start..hit.end()].fill(true);
            end = hit.end();
        }
        is_kept.iter().filter(|kept| !**kept).count()
    }
}

/// Bytes between two pieces of one value: a line break with its escapes, a number, a mark of a diff.
const DECORATION: usize = 12;

fn windows(text: &str, size: usize) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.windows(size.max(1)).map(|window| window.iter().collect()).collect()
}

/// What a value is in base64 behind so many other bytes, less what those have a part in.
fn base64_of(value: &str, shift: usize) -> String {
    let bytes = [&[0; 2][..shift], value.as_bytes()].concat();
    data_encoding::BASE64_NOPAD.encode(&bytes).split_off(if shift == 0 { 0 } else { 4 })
}

fn percent_of(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn between_placeholders(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[REDACTED:") {
        pieces.push(before);
        rest = after.split_once(']').map_or("", |(_, after)| after);
    }
    pieces.push(rest);
    pieces
}
