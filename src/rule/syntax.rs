//! A rule as it is written: the words of a pack file. Unknown keys are errors.

use super::requires::RequiresSyntax;
use super::validate::{Characters, Keywords};
use super::{Action, Anchor, Category, Confidence, Extend, Scope, Severity, Status, TokenKind};
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
    #[serde(default = "first")]
    pub(super) version: u32,
    #[serde(default)]
    pub(super) status: Status,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    pub(super) action: Option<Action>,
    pub(super) placeholder: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) precedence: i16,
    #[serde(default)]
    pub(super) token: TokenKind,
    pub(super) pattern: Spanned<String>,
    pub(super) anchor: Option<Anchor>,
    pub(super) extend: Option<Extend>,
    #[serde(default = "yes")]
    pub(super) cut: bool,
    pub(super) keywords: Option<Spanned<Keywords>>,
    pub(super) characters: Option<Characters>,
    pub(super) requires: Option<Spanned<RequiresSyntax>>,
    pub(super) scope: Option<Scope>,
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

const fn first() -> u32 {
    1
}

const fn yes() -> bool {
    true
}
