//! A rule as it is written: the words of a pack file. Unknown keys are errors.

use super::{Action, Anchor, Category, Confidence, Extend, Severity, TokenKind};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;
use toml::Spanned;

/// One `[[rule]]` table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleSyntax {
    pub(super) id: Spanned<String>,
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) provider: String,
    pub(super) category: Category,
    pub(super) severity: Severity,
    pub(super) confidence: Confidence,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    pub(super) action: Option<Action>,
    #[serde(default)]
    pub(super) token: TokenKind,
    pub(super) pattern: Spanned<String>,
    pub(super) anchor: Option<Anchor>,
    pub(super) extend: Option<Extend>,
    #[serde(default)]
    pub(super) validators: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) references: Vec<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) examples: Vec<Spanned<ExampleSyntax>>,
    pub(super) negative_examples: Vec<Spanned<ExampleSyntax>>,
}

/// `'text'`, or `{ text = 'text', secret = 'what is found in it' }`.
#[derive(Debug)]
pub(super) struct ExampleSyntax {
    pub(super) text: String,
    pub(super) secret: Option<String>,
}

impl<'de> Deserialize<'de> for ExampleSyntax {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnExample)
    }
}

struct AnExample;

impl<'de> Visitor<'de> for AnExample {
    type Value = ExampleSyntax;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or { text = '...', secret = '...' }")
    }

    fn visit_str<E>(self, text: &str) -> Result<ExampleSyntax, E> {
        Ok(ExampleSyntax { text: text.to_owned(), secret: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ExampleSyntax, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Both {
            text: String,
            secret: String,
        }
        let Both { text, secret } = Both::deserialize(MapAccessDeserializer::new(map))?;
        Ok(ExampleSyntax { text, secret: Some(secret) })
    }
}

const fn yes() -> bool {
    true
}
