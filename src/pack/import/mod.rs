//! Rules of other scanners, carried over into ours as far as they go.
//!
//! gitleaks (and betterleaks) write TOML, Nosey Parker and Kingfisher YAML. What they share is a pattern, and that is
//! what is carried, changed where ours have to be bounded ([`pattern`]); so are names, references, tags and examples.
//! Everything else that a rule says is named as lost, in a comment on the rule and in the report: allowlists, paths,
//! thresholds of entropy, rules that need other rules, checks against the issuer.
//!
//! **Promise.** What comes out loads. A rule that cannot be carried stands in it as a comment with the reason.
//! Examples that are missing are made from the pattern ([`example`]), and say so.
//!
//! **Bias.** Where a rule has several groups and does not say which of them is the secret, all of the match is
//! blacked out.
//!
//! Considered and not done: allowlists as negative examples (they are patterns over findings, not texts), and
//! thresholds of entropy as they are: what they mean depends on alphabet and length, which our validator knows.

mod example;
mod gitleaks;
mod pattern;
mod rules_yaml;
mod write;
mod yaml;

pub use write::Imported;

/// Whose rules a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// TOML of gitleaks or betterleaks.
    Gitleaks,
    /// YAML of Kingfisher.
    Kingfisher,
    /// YAML of Nosey Parker.
    NoseyParker,
}

impl Format {
    /// Its name, in ids and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gitleaks => "gitleaks",
            Self::Kingfisher => "kingfisher",
            Self::NoseyParker => "noseyparker",
        }
    }
}

/// Carries a file of rules over.
///
/// # Errors
/// If it is not of that format, with file and line where they are known.
pub fn import(text: &str, format: Format) -> Result<Imported, String> {
    let (rules, lost) = match format {
        Format::Gitleaks => gitleaks::read(text)?,
        Format::Kingfisher | Format::NoseyParker => rules_yaml::read(text)?,
    };
    Ok(write::write(rules, lost, format))
}

/// A rule of another scanner, in what all of them share.
#[derive(Debug, Default)]
struct Foreign {
    id: String,
    name: String,
    description: String,
    pattern: String,
    /// Which of its groups is the secret.
    group: Group,
    confidence: Option<String>,
    references: Vec<String>,
    tags: Vec<String>,
    examples: Vec<String>,
    negative_examples: Vec<String>,
    /// Whether it asks for random characters.
    entropy: bool,
    off: bool,
    /// What it says besides, and we do not.
    lost: Vec<String>,
}

/// Which group of a pattern is the secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Group {
    /// The only one; if there are several, all of the match.
    #[default]
    Only,
    /// The first.
    First,
    /// The one of this number, from one.
    Number(u32),
    /// The one of this name, or else the first.
    Named(&'static str),
}
