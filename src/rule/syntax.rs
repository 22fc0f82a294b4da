//! A rule as it is written: the words of a pack file. Unknown keys are errors.

use super::{Action, Anchor, Category, Confidence, Extend, Severity, TokenKind};
use serde::Deserialize;
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
    pub(super) examples: Vec<String>,
    pub(super) negative_examples: Vec<String>,
}

const fn yes() -> bool {
    true
}
