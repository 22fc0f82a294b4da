//! Shapes of content and what becomes of them: every row of `fixtures/content/*.toml`.
//!
//! A row is one value of a log record: a text (`input`) or an `AnyValue` in OTLP/JSON (`value`), under a key
//! or as the body; or it is a whole span in OTLP/JSON (`span`). It is redacted as it came in either encoding, and
//! once more: nothing may change then. In `output` a `*` stands for the id of any rule.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use blackbar::otlp::Payload;
use blackbar::pipeline::process;
use blackbar::policy::{Policy, Settings};
use blackbar::redact::Redactor;
use blackbar::rule::Ruleset;
use blackbar::scan::{Engine, Scanner};
use blackbar::signal::Signal;
use blackbar::token::TokenKey;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    row: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// What it shows.
    name: String,
    /// The attribute it is the value of; without one it is the body.
    key: Option<String>,
    input: Option<String>,
    value: Option<String>,
    span: Option<String>,
    output: String,
}

impl Row {
    /// What stands in a request, and what it is to become.
    fn values(&self) -> (Value, Value) {
        match (&self.input, &self.value, &self.span) {
            (Some(text), None, None) => (json!({"stringValue": text}), json!({"stringValue": self.output})),
            (None, Some(value), None) | (None, None, Some(value)) => {
                (serde_json::from_str(value).unwrap(), serde_json::from_str(&self.output).unwrap())
            }
            _ => panic!("{}: a row has one of `input`, `value` and `span`", self.name),
        }
    }

    fn request(&self, value: Value) -> Payload {
        let (signal, request) = match &self.key {
            _ if self.span.is_some() => {
                (Signal::Traces, json!({"resourceSpans": [{"scopeSpans": [{"spans": [value]}]}]}))
            }
            Some(key) => (Signal::Logs, log(json!({"attributes": [{"key": key, "value": value}]}))),
            None => (Signal::Logs, log(json!({"body": value}))),
        };
        Payload::from_json(signal, request.to_string().as_bytes()).unwrap()
    }

    fn signal(&self) -> Signal {
        if self.span.is_some() { Signal::Traces } else { Signal::Logs }
    }
}

fn log(record: Value) -> Value {
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})
}

/// With the engine that this program was built for, if it was built for one.
fn redactor() -> Redactor {
    let engine = Engine::built_in().last().unwrap();
    let scanner = Arc::new(Scanner::with_engine(Ruleset::embedded().unwrap(), engine).unwrap());
    assert_eq!(scanner.engine(), engine);
    let key = TokenKey::new(&[7; 32]).unwrap();
    let policy = Arc::new(Policy::new(scanner.ruleset(), &Settings::default(), key));
    Redactor::new(scanner, policy)
}

/// What becomes of the value in a request, or of the span.
fn redacted(redactor: &mut Redactor, request: Payload) -> Value {
    let mut out = Vec::new();
    process(request, redactor).payload.write_json(&mut out);
    let request: Value = serde_json::from_slice(&out).unwrap();
    let record = &request["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
    let span = &request["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    match record.get("body") {
        _ if span.is_object() => span.clone(),
        Some(body) => body.clone(),
        None => record["attributes"][0]["value"].clone(),
    }
}

/// What is wrong with a row, if anything is.
fn check(row: &Row, redactor: &mut Redactor) -> Option<String> {
    let (value, expected) = row.values();
    let from_json = row.request(value);
    let from_protobuf = Payload::from_protobuf(row.signal(), &from_json.to_protobuf()).unwrap();
    let once = redacted(redactor, from_json);
    let wrong =
        |what: &str, is: &Value| Some(format!("{}: {what}\n  is     {is}\n  not    {expected}", row.name));
    if !is_like(&expected.to_string(), &once.to_string()) {
        return wrong("another outcome", &once);
    }
    if redacted(redactor, from_protobuf) != once {
        return wrong("another outcome from protobuf", &once);
    }
    let twice = redacted(redactor, row.request(once.clone()));
    if twice != once { wrong("another outcome the second time", &twice) } else { None }
}

/// Whether a text is as expected, where `[REDACTED:*]` stands for any placeholder.
fn is_like(expected: &str, text: &str) -> bool {
    let mut rest = text;
    let mut parts = expected.split("[REDACTED:*]");
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    for part in parts {
        let Some(inside) = rest.strip_prefix("[REDACTED:") else { return false };
        let Some((id, after)) = inside.split_once(']') else { return false };
        let is_id = id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._".contains(&byte));
        match after.strip_prefix(part) {
            Some(after) if is_id => rest = after,
            _ => return false,
        }
    }
    rest.is_empty()
}

#[test]
fn every_shape_becomes_what_its_row_says() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/content");
    let mut redactor = redactor();
    let (mut wrong, mut names, mut rows) = (Vec::new(), BTreeSet::new(), 0);
    let mut files: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let table: Table =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for row in table.row {
            rows += 1;
            assert!(names.insert(row.name.clone()), "two rows are called {:?}", row.name);
            wrong.extend(check(&row, &mut redactor).map(|why| format!("{}: {why}", file.display())));
        }
    }
    assert!(rows > 100, "only {rows} rows");
    assert!(wrong.is_empty(), "{} of {rows} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_star_stands_for_the_id_of_a_rule_and_for_nothing_else() {
    for (expected, text, is) in [
        ("a [REDACTED:*] b", "a [REDACTED:jwt.token] b", true),
        ("a [REDACTED:*] b", "a [REDACTED:jwt.token] c", false),
        ("a [REDACTED:*]", "a secret", false),
        ("[REDACTED:*][REDACTED:*]", "[REDACTED:a][REDACTED:b]", true),
        ("[REDACTED:*]", "[REDACTED:a b]", false),
        ("a", "ab", false),
    ] {
        assert_eq!(is_like(expected, text), is, "{expected} {text}");
    }
}

/// An example of a rule is found as its format stands in telemetry, too: as the whole of a text, which may be JSON.
#[test]
fn what_a_rule_shows_of_its_format_is_redacted() {
    // In text alone: a name of its own stands before the list, and shows the value by that.
    let in_text_alone = ["file.magento"];
    let mut redactor = redactor();
    let ruleset = Ruleset::embedded().unwrap();
    let mut left = Vec::new();
    for (_, rule) in ruleset.rules() {
        for example in rule.examples.iter().filter(|example| !example.text.contains('\u{1e}')) {
            let text = json!({"stringValue": example.text});
            let request = Payload::from_json(Signal::Logs, log(json!({"body": text})).to_string().as_bytes());
            if redacted(&mut redactor, request.unwrap()) == text && !in_text_alone.contains(&rule.id.as_str())
            {
                left.push(format!("{}: {}", rule.id, example.text));
            }
        }
    }
    assert!(left.is_empty(), "{} examples:\n{}", left.len(), left.join("\n"));
}
