//! Companions: another finding that has to stand near, or a match says nothing.
//!
//! ```toml
//! id = "acme.app_secret"                      # 32 hexadecimal digits, like any digest
//! requires = { rule = "acme.app_id", within = 200 }
//! ```
//!
//! Bytes are those of the text that is scanned, in which the leaves of one object stand one behind the other; without
//! `within`, anywhere in the same content will do. A rule stands for those below it too: `acme` for `acme.app_id`. Where
//! one of several will do, the others are named in `or`.
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
    /// Others, of which one does as well.
    #[serde(default)]
    pub or: Vec<String>,
    /// Bytes between the two at most.
    pub within: Option<usize>,
}

impl Requires {
    /// Whether a rule is a companion.
    #[must_use]
    pub fn asks_for(&self, id: &str) -> bool {
        self.companions().any(|rule| stands_for(rule, id))
    }

    /// Those of which one has to stand near.
    pub fn companions(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.rule).chain(&self.or).map(String::as_str)
    }
}

/// Whether a rule, or what its id begins with up to a dot, is meant by a name.
pub(super) fn stands_for(rule: &str, id: &str) -> bool {
    id.strip_prefix(rule).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
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
            let requires = Requires { rule: rule.to_owned(), or: Vec::new(), within: None };
            assert_eq!(requires.asks_for(id), expected, "{rule} {id}");
            let requires = Requires { rule: "other".to_owned(), or: vec![rule.to_owned()], within: None };
            assert_eq!(requires.asks_for(id), expected, "other or {rule}, {id}");
        }
    }
}
