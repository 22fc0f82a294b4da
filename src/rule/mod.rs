//! Rules: as a security team writes them, and as the scanner wants them.
//!
//! A pack is a list of TOML files, one an issuer or kind, each a list of `[[rule]]` tables. It is loaded
//! whole or not at all: an unknown key, a pattern that cannot run in linear time or an id that is taken
//! twice refuses the pack, with every error in it, each with file and line.
//!
//! This module reads no files: [`Ruleset::from_files`] takes texts that were read, and the pack that is
//! built in is part of the binary. It knows nothing of engines either: what it promises of a pattern is
//! that it parses, has a longest match, and holds a literal, or names an [`Anchor`], or has keywords that can be looked
//! for in place of one (see `lint`).
//!
//! What patterns of one file share is written once, in its `[fragments]` (see `fragment`); `blackbar rules show`
//! prints a pattern with all of them put in.
//!
//! Considered and not done: severities by environment (that is the policy's).

mod builtin;
mod extend;
mod fragment;
mod key_lines;
mod lint;
mod load;
pub mod pack;
mod requires;
mod ruleset;
mod scope;
mod syntax;
pub(crate) mod user_info;
pub mod validate;

pub use extend::Extend;
pub use lint::{RESERVED_LABELS, parse as parse_pattern};
pub use load::LoadError;
pub use requires::Requires;
pub use ruleset::Ruleset;
pub use scope::{Scope, Site};

/// Whether it can be the id of a rule: lower-case words with dots between.
///
/// # Errors
/// If not, with what to write.
pub fn check_id(id: &str) -> Result<(), String> {
    lint::id(id)
}

/// What is wrong with a pattern, with what to do; see the module.
#[must_use]
pub fn check_pattern(pattern: &str, anchor: Option<Anchor>) -> Vec<String> {
    lint::pattern(pattern, anchor.is_some())
}

/// How sure a finding is to be what its rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Shape alone.
    Low,
    /// Shape and context.
    Medium,
    /// A distinctive format, or a checksum.
    High,
}

/// How bad it is that this was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a record.
    Low,
    /// Worth a look.
    Medium,
    /// Rotate it today.
    High,
    /// Rotate it now.
    Critical,
}

/// Secret or personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Opens something.
    Secret,
    /// Says something about a person.
    Pii,
}

/// What is done with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Told, and left as it is.
    Report,
    /// All but a public prefix or the last four characters is blacked out.
    Partial,
    /// Replaced by a placeholder with a keyed token, the same for the same value.
    Hash,
    /// The same; and the value itself, encrypted for the security team, travels in the alert.
    Seal,
    /// Replaced by a placeholder.
    Mask,
    /// The attribute (or, outside one, the field) is taken out.
    Drop,
}

/// How long the token of what a rule finds means the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// As long as the key of the deployment is kept.
    #[default]
    Lasting,
    /// Until the program ends: for what has so few values that whoever gets hold of the key could try them
    /// all, such as a PIN or a date of birth.
    Fleeting,
}

/// How far a rule has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is used.
    #[default]
    Stable,
    /// It is tried out: off, as if it were not [`enabled`](Rule::enabled).
    Experimental,
    /// It is used, and will be taken out: another has its place.
    Deprecated,
}

impl Status {
    /// The word in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Experimental => "experimental",
            Self::Deprecated => "deprecated",
        }
    }
}

impl Severity {
    /// The word in files, metrics and alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// A step worse; the worst stays what it is.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }
}

impl Confidence {
    /// The word in files, metrics and alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Category {
    /// The word in files, metrics and alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Pii => "pii",
        }
    }
}

impl Action {
    /// The word in files, metrics and alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Partial => "partial",
            Self::Hash => "hash",
            Self::Seal => "seal",
            Self::Mask => "mask",
            Self::Drop => "drop",
        }
    }
}

/// The byte between the parts of a scan text. No match crosses it, and no sender can write it there.
pub const SEPARATOR: u8 = 0x1e;

/// The family of secrets that no issuer gave out.
pub const GENERIC: &str = "generic";

/// The number of a rule in its [`Ruleset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIndex(pub u16);

/// One detector.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Stable and dotted: `aws.access_key_id`.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it finds, what it knowingly misses; may be empty.
    pub description: String,
    /// Who issues what it finds; empty where nobody does.
    pub provider: String,
    /// Secret or personal data.
    pub category: Category,
    /// How bad.
    pub severity: Severity,
    /// How sure, before validators raise or lower it.
    pub confidence: Confidence,
    /// Counts what was changed in it, from 1: for people who compare packs.
    pub version: u32,
    /// How far it has come.
    pub status: Status,
    /// Whether it is used unless someone asks for something else.
    pub enabled: bool,
    /// What is done with its findings unless the policy says otherwise; `None` leaves it to the policy.
    pub action: Option<Action>,
    /// What a placeholder says in place of its id.
    pub placeholder: Option<String>,
    /// Names a place that it finds together with others before those of a lower one, whatever their severity.
    pub precedence: i16,
    /// How long its tokens mean the same, unless the policy says otherwise.
    pub token: TokenKind,
    /// A regular expression over bytes, without Unicode unless it asks for it. The group `secret`,
    /// where there is one, is what the finding is made of; the group `redact`, where there is one, is
    /// what is blacked out (it holds `secret`). Without groups the whole match is both.
    pub pattern: String,
    /// How candidates are found when no literal can be read off the pattern, and no keyword tells of a match.
    pub anchor: Option<Anchor>,
    /// How a match goes on beyond the pattern, which then matches a part of it only and has no groups.
    pub extend: Option<Extend>,
    /// Whether a text that ends in the beginning of a secret is taken for cut off there. Not where what stands before it
    /// stands before anything (`echo`), and only what stands behind tells it.
    pub cut: bool,
    /// Words that have to stand near a match, and words that must not.
    pub keywords: Option<Box<validate::Keywords>>,
    /// Characters that a secret has to have.
    pub characters: Option<validate::Characters>,
    /// Another finding that has to stand near.
    pub requires: Option<Requires>,
    /// Where its findings count; everywhere without.
    pub scope: Option<Scope>,
    /// What a match has to pass to be a finding.
    pub validators: Vec<validate::Validator>,
    /// Where the format is published.
    pub references: Vec<String>,
    /// Free labels, such as `cwe-798`.
    pub tags: Vec<String>,
    /// Texts it finds something in.
    pub examples: Vec<Example>,
    /// Texts it finds nothing in; none of them says a secret.
    pub negative_examples: Vec<Example>,
    /// Where it is written.
    pub origin: Origin,
}

impl Rule {
    /// What the rules have in common that find the same kind of thing in different places: of `pii.us_ssn.dashed`
    /// it is `pii.us_ssn`, of `github.app_token` it is `github`. Secrets that no issuer gave out are of one family,
    /// whether a URL, a setting or a sentence holds them.
    #[must_use]
    pub fn family(&self) -> &str {
        if self.category == Category::Secret && self.provider.is_empty() {
            return GENERIC;
        }
        let words = if self.category == Category::Pii { 2 } else { 1 };
        let end = self.id.match_indices('.').nth(words - 1).map_or(self.id.len(), |(at, _)| at);
        self.id.get(..end).unwrap_or(&self.id)
    }

    /// Whether a match of its own pattern may come to nothing for something that stands elsewhere, or for where it stands
    /// itself.
    #[must_use]
    pub const fn is_conditional(&self) -> bool {
        self.requires.is_some() || self.scope.is_some()
    }

    /// What a placeholder for something it found says.
    #[must_use]
    pub fn label(&self) -> &str {
        self.placeholder.as_deref().unwrap_or(&self.id)
    }
}

/// A text by which a rule proves itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Example {
    /// All of it.
    pub text: String,
    /// What exactly is found in it, where the rule says so.
    pub secret: Option<String>,
    /// The line it starts on in its file, from 1.
    pub line: usize,
}

/// Where a rule is written; also the order of a ruleset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Origin {
    /// The name of the file in its pack.
    pub file: String,
    /// The line its table starts on, from 1.
    pub line: usize,
}

impl Default for Rule {
    /// A rule that is still to be written: no id, no pattern.
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            description: String::new(),
            provider: String::new(),
            category: Category::Secret,
            severity: Severity::High,
            confidence: Confidence::Medium,
            version: 1,
            status: Status::default(),
            enabled: true,
            action: None,
            placeholder: None,
            precedence: 0,
            token: TokenKind::default(),
            pattern: String::new(),
            anchor: None,
            extend: None,
            cut: true,
            keywords: None,
            characters: None,
            requires: None,
            scope: None,
            validators: Vec::new(),
            references: Vec::new(),
            tags: Vec::new(),
            examples: Vec::new(),
            negative_examples: Vec::new(),
            origin: Origin::default(),
        }
    }
}

/// How the candidates of a rule without a literal are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Anchor {
    /// An `@` stands in every match.
    At,
    /// At least seven ASCII digits stand within 32 bytes of each other in every match.
    Digits,
}

impl Anchor {
    /// The word in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::At => "at",
            Self::Digits => "digits",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_for_one_kind_of_thing_are_a_family() {
        for (category, provider, id, family) in [
            (Category::Pii, "", "pii.us_ssn.dashed", "pii.us_ssn"),
            (Category::Pii, "", "pii.email", "pii.email"),
            (Category::Secret, "", "generic.password.quoted", "generic"),
            (Category::Secret, "", "url.credentials", "generic"),
            (Category::Secret, "GitHub", "github.app_token", "github"),
            (Category::Secret, "Acme", "alone", "alone"),
        ] {
            let rule = Rule { id: id.to_owned(), category, provider: provider.to_owned(), ..Rule::default() };
            assert_eq!(rule.family(), family);
        }
    }
}
