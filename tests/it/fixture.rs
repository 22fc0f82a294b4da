//! The fixtures, what is planted in them, and how to look for it under layers of escapes.

use aho_corasick::AhoCorasick;
use blackbar::otlp::Payload;
use blackbar::signal::Signal;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Levels of JSON in strings that are looked through.
const LEVELS: usize = 4;

/// One request as one client writes it.
pub(crate) struct Fixture {
    /// `<agent>/<signal>.json`.
    pub(crate) name: String,
    pub(crate) signal: Signal,
    pub(crate) json: Vec<u8>,
}

impl Fixture {
    /// The request as it is read, which has no half characters.
    pub(crate) fn without_lone_surrogates(&self) -> Value {
        let mut json = Vec::new();
        Payload::from_json(self.signal, &self.json).expect(&self.name).write_json(&mut json);
        serde_json::from_slice(&json).unwrap()
    }

    pub(crate) fn protobuf(&self) -> Vec<u8> {
        Payload::from_json(self.signal, &self.json).expect(&self.name).to_protobuf()
    }
}

/// One value that is planted in fixtures; see `fixtures/README.md`.
#[derive(Debug, Deserialize)]
pub(crate) struct Planted {
    pub(crate) id: String,
    pub(crate) tier: String,
    pub(crate) value: String,
    #[serde(default)]
    pub(crate) identity: bool,
}

impl Planted {
    /// Whether a rule has to find it by its own shape, or by a name next to it.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.tier.as_str(), "pattern" | "keyword")
    }
}

pub(crate) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// All fixtures, in the order of their names.
pub(crate) fn all() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for agent in std::fs::read_dir(directory().join("otlp")).unwrap().flatten() {
        for signal in Signal::ALL {
            let path = agent.path().join(format!("{signal}.json"));
            if let Ok(json) = std::fs::read(path) {
                let name = format!("{}/{signal}.json", agent.file_name().to_string_lossy());
                fixtures.push(Fixture { name, signal, json });
            }
        }
    }
    fixtures.sort_by(|a, b| a.name.cmp(&b.name));
    fixtures
}

/// The fixture of that name.
pub(crate) fn named(name: &str) -> Fixture {
    all().into_iter().find(|fixture| fixture.name == name).unwrap()
}

pub(crate) fn planted() -> Vec<Planted> {
    serde_json::from_slice(&std::fs::read(directory().join("otlp/planted.json")).unwrap()).unwrap()
}

/// Looks for values in text, and in what the text is once unescaped.
pub(crate) struct Search {
    ids: Vec<String>,
    values: AhoCorasick,
}

impl Search {
    pub(crate) fn new<'a>(planted: impl Iterator<Item = &'a Planted>) -> Self {
        let (ids, values): (Vec<String>, Vec<&str>) =
            planted.map(|p| (p.id.clone(), p.value.as_str())).unzip();
        Self { ids, values: AhoCorasick::new(values).unwrap() }
    }

    /// The ids of the values that stand in a text, at any level.
    pub(crate) fn text(&self, text: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut level = text.to_owned();
        for _ in 0..=LEVELS {
            let hits = self.values.find_overlapping_iter(&level);
            found.extend(hits.map(|hit| self.ids[hit.pattern().as_usize()].as_str()));
            let inner = unescape(&level);
            if inner == level {
                break;
            }
            level = inner;
        }
        found
    }

    /// The ids of the values that stand in lines of OTLP/JSON: in the lines as they are, in their
    /// strings at any level, and in their bytes.
    pub(crate) fn lines(&self, lines: &[Value]) -> BTreeSet<&str> {
        let mut strings = Vec::new();
        lines.iter().for_each(|line| collect_strings(line, &mut strings));
        self.text(&strings.join("\n"))
    }
}

fn collect_strings(value: &Value, strings: &mut Vec<String>) {
    match value {
        Value::String(text) => strings.push(text.clone()),
        Value::Number(number) => strings.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect_strings(item, strings)),
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            if key == "bytesValue" {
                let bytes =
                    value.as_str().and_then(|text| data_encoding::BASE64.decode(text.as_bytes()).ok());
                strings.push(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned());
            } else {
                collect_strings(value, strings);
            }
        }),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Takes one level of JSON escapes off a text, wherever in it they stand.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('u') => {
                let code: String = rest.clone().take(4).collect();
                match u32::from_str_radix(&code, 16) {
                    Ok(code) => {
                        out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                        rest.nth(3);
                    }
                    Err(_) => out.push('u'),
                }
            }
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}
