//! Companions: another finding that has to stand near, or a match says nothing.
//!
//! ```toml
//! id = "acme.app_secret"                      # 32 hexadecimal digits, like any digest
//! requires = { rule = "acme.app_id", within = 200 }
//! ```
//!
//! Bytes are those of the text that is scanned, in which the leaves of one object stand one behind the other; without
//! `within`, anywhere in the same content will do. A rule stands for those below it too: `acme` for `acme.app_id`.
//!
//! A companion is a rule of the same pack. One that is switched off cannot be seen, and is not asked for: to switch
//! off one rule must not blind another.

use serde::Deserialize;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requires {
    /// The id of the companion, or what the ids of several begin with, up to a dot.
    pub rule: String,
    /// Bytes between the two at most.
    pub within: Option<usize>,
}

impl Requires {
    /// Whether a rule is a companion.
    #[must_use]
    pub fn asks_for(&self, id: &str) -> bool {
        id.strip_prefix(self.rule.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_stands_for_those_below_it() {
        for (rule, id, expected) in [
            ("acme.app_id", "acme.app_id", true),
            ("acme", "acme.app_id", true),
            ("acme.app", "acme.app_id", false),
            ("acme.app_id", "acme", false),
        ] {
            assert_eq!(
                Requires { rule: rule.to_owned(), within: None }.asks_for(id),
                expected,
                "{rule} {id}"
            );
        }
    }
}
