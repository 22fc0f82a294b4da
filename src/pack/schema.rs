//! The JSON Schema of files of rules, for editors: they complete keys and words, and say what each means.
//!
//! It stands in `rules/rule.schema.json`, and a test holds that to what is made here, and what is made here to what
//! the loader takes. What the loader says of patterns a schema cannot say: `blackbar rules lint` does.

use crate::agent::AGENTS;
use crate::limits::KEYWORD_WITHIN;
use crate::rule::validate::{Keywords, Validator};
use crate::rule::{Action, Anchor, Category, Confidence, Extend, Severity, Status};
use crate::signal::Signal;
use serde_json::{Map, Value, json};

/// The schema, as a file.
#[must_use]
pub fn schema() -> String {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Rules of blackbar",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "rule": { "type": "array", "items": rule(), "description": "Detectors." },
            "fragments": {
                "type": "object",
                "description": "Parts of patterns that rules of this file share: {{name}} in a pattern stands for \
                    the fragment, in a group.",
                "propertyNames": { "pattern": "^[a-z][a-z0-9_]*$" },
                "additionalProperties": { "type": "string" },
            },
            "companions": {
                "type": "object",
                "description": "Lists of rules, of which one has to stand near: `one_of` in `requires` names a list.",
                "additionalProperties": {
                    "type": "array",
                    "minItems": 1,
                    "items": { "type": "string", "description": "An id, or what several begin with up to a dot." },
                },
            },
        },
    });
    format!("{schema:#}\n")
}

fn rule() -> Value {
    let mut properties = Map::new();
    for (key, mut value, description) in fields() {
        if let Value::Object(value) = &mut value {
            value.insert("description".to_owned(), description.into());
        }
        properties.insert(key.to_owned(), value);
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": [
            "id", "name", "category", "severity", "confidence", "pattern", "examples", "negative_examples"
        ],
        "properties": properties,
    })
}

/// A key of a rule, what it holds, and what it means.
type Field = (&'static str, Value, &'static str);

/// The keys of a rule.
fn fields() -> impl Iterator<Item = Field> {
    said().into_iter().chain(found()).chain(proved())
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn texts() -> Value {
    json!({ "type": "array", "items": text() })
}

/// What it is, and what is done.
fn said() -> Vec<Field> {
    vec![
        (
            "id",
            json!({ "type": "string", "pattern": "^[a-z0-9_]+(\\.[a-z0-9_]+)+$" }),
            "Stable and dotted: aws.access_key_id. Policies and alerts refer to it.",
        ),
        ("name", json!({ "type": "string", "minLength": 1 }), "What people read in an alert."),
        ("description", text(), "What it finds, and what it knowingly misses."),
        ("provider", text(), "Who issues what it finds."),
        (
            "version",
            json!({ "type": "integer", "minimum": 0, "default": 1 }),
            "Counts what was changed in it: for people who compare packs.",
        ),
        (
            "status",
            words([Status::Stable, Status::Experimental, Status::Deprecated].map(Status::name)),
            "experimental: off until [rules] enable or the profile strict asks for it; deprecated: used, and will \
             be taken out.",
        ),
        (
            "category",
            words([Category::Secret, Category::Pii].map(Category::name)),
            "Secret or personal data.",
        ),
        (
            "severity",
            words([Severity::Low, Severity::Medium, Severity::High, Severity::Critical].map(Severity::name)),
            "How bad it is that this was sent.",
        ),
        (
            "confidence",
            words([Confidence::Low, Confidence::Medium, Confidence::High].map(Confidence::name)),
            "low: shape alone; medium: shape and context; high: a format of its own, or a checksum.",
        ),
        (
            "enabled",
            json!({ "type": "boolean", "default": true }),
            "false: off until [rules] enable asks for it.",
        ),
        (
            "action",
            words(
                [Action::Report, Action::Partial, Action::Hash, Action::Seal, Action::Mask, Action::Drop]
                    .map(Action::name),
            ),
            "What is done with a finding, unless the policy says otherwise.",
        ),
        (
            "placeholder",
            json!({ "type": "string", "pattern": "^[a-z0-9_]+(\\.[a-z0-9_]+)*$" }),
            "What stands between the brackets of a placeholder, in place of the id.",
        ),
        (
            "precedence",
            json!({ "type": "integer", "minimum": i16::MIN, "maximum": i16::MAX, "default": 0 }),
            "Of findings that overlap, that of the highest names the place, whatever their severity.",
        ),
        (
            "token",
            json!({ "enum": ["lasting", "fleeting"], "default": "lasting" }),
            "fleeting: fingerprints mean the same until the program ends, for what has so few values that \
             whoever gets hold of the key could try them all.",
        ),
    ]
}

/// How it is found.
fn found() -> Vec<Field> {
    vec![
        (
            "pattern",
            text(),
            "A regular expression over bytes, in linear time: no look-around, no back-references. It needs a \
             literal of three bytes in every match (or an anchor) and a longest match. Group secret: what is found; \
             group redact: what is blacked out.",
        ),
        (
            "anchor",
            words([Anchor::At, Anchor::Digits].map(Anchor::name)),
            "at: an @ in every match; digits: seven digits within 32 bytes in every match.",
        ),
        (
            "extend",
            words([Extend::Pem, Extend::PemTail, Extend::PemLines].map(Extend::name)),
            "How a match goes on behind the pattern, which then has no groups.",
        ),
        (
            "cut",
            json!({ "type": "boolean", "default": true }),
            "Whether a text that ends in the beginning of a secret is cut off there; false where only what stands behind \
             a secret tells it.",
        ),
        ("keywords", keywords(), "Words that have to stand near a match, and words that must not."),
        ("characters", characters(), "How many of each a secret has to have at least."),
        (
            "requires",
            json!({
                "type": "object",
                "additionalProperties": false,
                "oneOf": [{ "required": ["rule"] }, { "required": ["one_of"] }],
                "properties": {
                    "rule": { "type": "string", "description": "An id, or what several begin with up to a dot." },
                    "one_of": { "type": "string", "description": "A list of the file's [companions], of which one will do." },
                    "within": {
                        "type": "integer",
                        "minimum": 0,
                        "description": "Bytes between the two at most; without, anywhere in the same content.",
                    },
                },
            }),
            "Another finding that has to stand near.",
        ),
        ("scope", scope(), "Where its findings count; each list that is there has to hold."),
        ("validators", validators(), "What a match has to pass to be a finding, in this order."),
    ]
}

/// Where it is from, and what proves it.
fn proved() -> Vec<Field> {
    vec![
        ("references", texts(), "Where the format is published."),
        ("tags", texts(), "Free labels, such as cwe-798."),
        ("examples", examples(true), "Texts it finds something in; and the secret, where that is said."),
        ("negative_examples", examples(false), "Texts that look like it, and in which it finds nothing."),
    ]
}

fn keywords() -> Value {
    let words = |description: &str| {
        json!({
            "type": "array",
            "items": { "type": "string", "minLength": 3 },
            "description": description,
        })
    };
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "before": words("One of these before the secret, or one of `after` behind it, or one of `in_key` in \
                what the value is called. A blank stands for one of ` _-.`, or for nothing."),
            "after": words("One of these behind the secret."),
            "in_key": words("One of these in what the value is called."),
            "without": words("None of these on either side."),
            "within": {
                "type": "integer",
                "minimum": 1,
                "maximum": KEYWORD_WITHIN,
                "default": Keywords::default().within.0,
                "description": "Bytes on each side in which a word counts.",
            },
        },
    })
}

fn characters() -> Value {
    let least = |description: &str| json!({ "type": "integer", "minimum": 0, "default": 0, "description": description });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "digits": least("ASCII digits."),
            "capitals": least("ASCII capitals."),
            "small": least("ASCII small letters."),
            "others": least("Bytes that are no ASCII letters or digits."),
            "distinct": least("Bytes that differ from each other."),
        },
    })
}

fn scope() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "signals": { "type": "array", "items": words(Signal::ALL.map(Signal::name)) },
            "agents": {
                "type": "array",
                "items": words(AGENTS),
                "description": "Of which agents. A record that names none is of each of them.",
            },
            "paths": {
                "type": "array",
                "items": { "type": "string" },
                "description": "As alerts tell them, without indexes; * stands for anything.",
            },
        },
    })
}

fn words<const N: usize>(words: [&str; N]) -> Value {
    json!({ "type": "string", "enum": words.as_slice() })
}

/// With what each asks, where an editor knows how to show it.
fn validators() -> Value {
    let names: Vec<&str> = Validator::all().map(Validator::name).collect();
    let asks: Vec<String> = Validator::all().map(|one| format!("Is it {}?", one.asks())).collect();
    let docs = json!({ "docs": { "enumValues": asks } });
    json!({ "type": "array", "items": { "type": "string", "enum": names, "x-taplo": docs } })
}

fn examples(secret: bool) -> Value {
    let both = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["text", "secret"],
        "properties": { "text": { "type": "string" }, "secret": { "type": "string" } },
    });
    let one =
        if secret { json!({ "anyOf": [{ "type": "string" }, both] }) } else { json!({ "type": "string" }) };
    json!({ "type": "array", "minItems": 2, "items": one })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::rule::Ruleset;

    /// The keys the loader names when it meets one that it does not know.
    fn known(text: &str) -> Vec<String> {
        let error = Ruleset::from_files([("a.toml".to_owned(), text.to_owned())]).unwrap_err();
        let (_, known) = error.0[0].split_once("expected").unwrap();
        let mut known: Vec<String> = known.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        known.sort();
        known
    }

    #[test]
    fn the_schema_has_the_keys_that_the_loader_takes() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let rule = &schema["properties"]["rule"]["items"];
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&rule["properties"]), known("[[rule]]\nzzz = 1"));
        let both = &rule["properties"]["examples"]["items"]["anyOf"][1]["properties"];
        assert_eq!(keys(both), ["secret", "text"]);
        assert_eq!(keys(both), known("[[rule]]\nexamples = [{ zzz = 1 }]"));
        for table in ["keywords", "characters", "requires", "scope"] {
            let keys = keys(&rule["properties"][table]["properties"]);
            assert_eq!(keys, known(&format!("[[rule]]\n{table}.zzz = 1")));
        }
    }

    #[test]
    fn the_schema_requires_what_the_loader_misses() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let required = schema["properties"]["rule"]["items"]["required"].as_array().unwrap().clone();
        let sample = |key: &str| match key {
            "examples" | "negative_examples" => "['a', 'b']",
            "category" => "'secret'",
            "severity" | "confidence" => "'high'",
            "pattern" => "'abcd'",
            _ => "'a.b'",
        };
        for missing in &required {
            let keys = required.iter().filter(|key| *key != missing).map(|key| key.as_str().unwrap());
            let lines: String = keys.map(|key| format!("{key} = {}\n", sample(key))).collect();
            let error =
                Ruleset::from_files([("a.toml".to_owned(), format!("[[rule]]\n{lines}"))]).unwrap_err();
            let message = format!("missing field `{}`", missing.as_str().unwrap());
            assert!(error.0.iter().any(|error| error.contains(&message)), "{error}");
        }
    }
}
