//! Rules: as a security team writes them, and as the scanner wants them.

pub mod validate;

use std::fmt;

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
    /// Replaced by a placeholder.
    Mask,
    /// The attribute (or, outside one, the field) is taken out.
    Drop,
}

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
    /// Secret or personal data.
    pub category: Category,
    /// How bad.
    pub severity: Severity,
    /// How sure, before validators raise or lower it.
    pub confidence: Confidence,
    /// What is done with its findings unless the policy says otherwise; `None` leaves it to the policy.
    pub action: Option<Action>,
    /// A regular expression over bytes, without Unicode unless it asks for it. The group `secret`,
    /// where there is one, is what the finding is made of; the group `redact`, where there is one, is
    /// what is blacked out (it holds `secret`). Without groups the whole match is both.
    pub pattern: String,
    /// How candidates are found when no literal can be read off the pattern.
    pub anchor: Option<Anchor>,
    /// What a match has to pass to be a finding.
    pub validators: Vec<validate::Validator>,
    /// Texts it finds something in.
    pub examples: Vec<String>,
    /// Texts it finds nothing in.
    pub negative_examples: Vec<String>,
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

/// A chosen selection of rules, checked and in a fixed order.
#[derive(Debug, Clone, Default)]
pub struct Ruleset {
    rules: Vec<Rule>,
}

impl Ruleset {
    /// These rules, in this order.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules }
    }

    /// The pack that is built in.
    ///
    /// # Errors
    /// Never, as a test of every build shows; the caller decides what to do all the same.
    pub fn embedded() -> Result<Self, LoadError> {
        Ok(Self::default())
    }

    /// The rule of that number.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.rules.get(usize::from(index.0))
    }

    /// All of them.
    pub fn rules(&self) -> impl Iterator<Item = (RuleIndex, &Rule)> {
        self.rules.iter().enumerate().map(|(i, rule)| (RuleIndex(u16::try_from(i).unwrap_or(u16::MAX)), rule))
    }

    /// Whether it is the id of a rule here.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.rules.iter().any(|rule| rule.id == id)
    }
}

/// Why a pack cannot be loaded: every error in it, with file and line.
#[derive(Debug)]
pub struct LoadError(pub Vec<String>);

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for LoadError {}
