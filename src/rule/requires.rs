//! Companions: another finding that has to stand near, or a match says nothing.
//!
//! ```toml
//! [companions]
//! app = ["acme.app_id", "acme.tenant"]
//!
//! [[rule]]
//! id = "acme.app_secret"                      # 32 hexadecimal digits, like any digest
//! requires = { rule = "acme.app_id", within = 200 }
//!
//! [[rule]]
//! id = "acme.app_key"
//! requires = { one_of = "app", within = 200 }
//! ```
//!
//! Bytes are those of the text that is scanned, in which the leaves of one object stand one behind the other; without
//! `within`, anywhere in the same content will do. A rule stands for those below it too: `acme` for `acme.app_id`. Where
//! one of several will do, they are a list of the file, and `one_of` names it.
//!
//! A companion is a rule of the same pack. One that is switched off cannot be seen, and is not asked for: to switch
//! off one rule must not blind another.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requires {
    /// Of which one has to stand near: ids, or what the ids of several begin with, up to a dot.
    pub companions: Vec<String>,
    /// Bytes between the two at most.
    pub within: Option<usize>,
}

impl Requires {
    /// Whether a rule is a companion.
    #[must_use]
    pub fn asks_for(&self, id: &str) -> bool {
        self.companions.iter().any(|rule| stands_for(rule, id))
    }
}

/// What a rule requires, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequiresSyntax {
    rule: Option<String>,
    one_of: Option<String>,
    within: Option<usize>,
}

/// The lists of a file, and which of them were asked for.
#[derive(Debug, Default)]
pub(super) struct Lists {
    companions: BTreeMap<String, Vec<String>>,
    used: BTreeSet<String>,
}

impl Lists {
    pub(super) fn add(&mut self, name: &str, companions: Vec<String>) {
        self.companions.insert(name.to_owned(), companions);
    }

    /// What is required, with the companions of its list.
    ///
    /// # Errors
    /// For a list that is not there or empty, and where it is not said, or said twice, what has to stand near.
    pub(super) fn put_in(&mut self, syntax: RequiresSyntax) -> Result<Requires, String> {
        let companions = match (syntax.rule, syntax.one_of) {
            (Some(rule), None) => vec![rule],
            (None, Some(name)) => self.list(name)?,
            _ => {
                return Err(
                    "`requires` names a `rule`, or a list in `one_of`: write one of the two".to_owned()
                );
            }
        };
        Ok(Requires { companions, within: syntax.within })
    }

    fn list(&mut self, name: String) -> Result<Vec<String>, String> {
        let list = self.companions.get(&name).filter(|list| !list.is_empty()).cloned();
        let list = list.ok_or_else(|| {
            let known: Vec<&str> = self.companions.keys().map(String::as_str).collect();
            format!(
                "no list `{name}` under [companions] in this file, or an empty one: [{}]",
                known.join(", ")
            )
        })?;
        self.used.insert(name);
        Ok(list)
    }

    /// Those that no rule asked for.
    pub(super) fn unused(&self) -> impl Iterator<Item = &str> {
        self.companions.keys().map(String::as_str).filter(|name| !self.used.contains(*name))
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
            let requires = Requires { companions: vec![rule.to_owned()], within: None };
            assert_eq!(requires.asks_for(id), expected, "{rule} {id}");
            let requires = Requires { companions: vec!["other".to_owned(), rule.to_owned()], within: None };
            assert_eq!(requires.asks_for(id), expected, "other or {rule}, {id}");
        }
    }

    #[test]
    fn companions_are_a_rule_or_a_list() {
        let check = |written: &str, expected: Result<&[&str], &str>| {
            let mut lists = Lists::default();
            lists.add("two", vec!["a.b".to_owned(), "c.d".to_owned()]);
            lists.add("none", Vec::new());
            let found = lists.put_in(toml::from_str(written).unwrap()).map(|requires| requires.companions);
            let found = found.as_deref().map_err(String::as_str);
            assert_eq!(
                found.map(<[String]>::to_vec),
                expected.map(|list| list.iter().map(|one| (*one).to_owned()).collect())
            );
            let unused: Vec<&str> = lists.unused().collect();
            assert_eq!(unused.contains(&"two"), !written.contains("two") || expected.is_err(), "{written}");
        };
        check("rule = 'a.b'", Ok(&["a.b"]));
        check("one_of = 'two'\nwithin = 9", Ok(&["a.b", "c.d"]));
        let no = |name: &str| {
            format!("no list `{name}` under [companions] in this file, or an empty one: [none, two]")
        };
        check("one_of = 'three'", Err(&no("three")));
        check("one_of = 'none'", Err(&no("none")));
        let both = "`requires` names a `rule`, or a list in `one_of`: write one of the two";
        check("rule = 'a.b'\none_of = 'two'", Err(both));
        check("within = 9", Err(both));
    }
}
