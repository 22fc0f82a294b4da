//! A chosen selection of rules, and how it is chosen.

use super::{LoadError, Rule, RuleIndex, builtin, load};
use std::fmt;

/// A chosen selection of rules, checked and in a fixed order.
///
/// Rules that are switched off are kept aside, so that they can be switched on by id; only the others
/// have a number.
#[derive(Debug, Clone, Default)]
pub struct Ruleset {
    rules: Vec<Rule>,
    resting: Vec<Rule>,
}

impl Ruleset {
    /// These rules, in this order; those that are not `enabled` rest.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        let (rules, resting) = rules.into_iter().partition(|rule| rule.enabled);
        Self { rules, resting }
    }

    /// The pack that is built in.
    ///
    /// # Errors
    /// Never, as a test of every build shows; the caller decides what to do all the same.
    pub fn embedded() -> Result<Self, LoadError> {
        Self::from_files(builtin::files())
    }

    /// A pack of files that were read: name and text. The order is by name, then by position.
    ///
    /// # Errors
    /// [`LoadError`] with everything that is wrong with the pack.
    pub fn from_files(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, LoadError> {
        load::load(files.into_iter().collect()).map(Self::new)
    }

    /// The rule of that number.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.rules.get(usize::from(index.0))
    }

    /// All that are switched on.
    pub fn rules(&self) -> impl Iterator<Item = (RuleIndex, &Rule)> {
        self.rules.iter().enumerate().map(|(i, rule)| (RuleIndex(u16::try_from(i).unwrap_or(u16::MAX)), rule))
    }

    /// Those that are switched off.
    pub fn resting(&self) -> impl Iterator<Item = &Rule> {
        self.resting.iter()
    }

    /// Whether it is the id of a rule here, on or off.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.rules.iter().chain(&self.resting).any(|rule| rule.id == id)
    }

    /// Without the rules of these ids, or of every id under them: `pii.ip` is `pii.ip.v4` and `pii.ip.v6`.
    ///
    /// # Errors
    /// [`UnknownRule`] with every name that means no rule here: a typing error must not go unseen.
    pub fn without(self, names: &[String]) -> Result<Self, UnknownRule> {
        self.switched(names, false)
    }

    /// With the rules of these ids, or of every id under them, switched on.
    ///
    /// # Errors
    /// As [`Ruleset::without`].
    pub fn with(self, names: &[String]) -> Result<Self, UnknownRule> {
        self.switched(names, true)
    }

    /// Only the rules of these ids, or of every id under them, whether they were on or off.
    ///
    /// # Errors
    /// As [`Ruleset::without`].
    pub fn select(self, names: &[String]) -> Result<Self, UnknownRule> {
        let mut rules = self.all();
        rules.iter_mut().for_each(|rule| rule.enabled = false);
        Self::new(rules).with(names)
    }

    fn switched(self, names: &[String], on: bool) -> Result<Self, UnknownRule> {
        let mut rules = self.all();
        let unknown: Vec<String> = names
            .iter()
            .filter(|name| !rules.iter().any(|rule| names_rule(name, &rule.id)))
            .cloned()
            .collect();
        if !unknown.is_empty() {
            return Err(UnknownRule(unknown));
        }
        for rule in &mut rules {
            if names.iter().any(|name| names_rule(name, &rule.id)) {
                rule.enabled = on;
            }
        }
        Ok(Self::new(rules))
    }

    fn all(self) -> Vec<Rule> {
        let mut rules = self.rules;
        rules.extend(self.resting);
        rules.sort_by(|a, b| a.origin.cmp(&b.origin));
        rules
    }
}

/// Whether `name` is this id, or the start of it up to a dot.
fn names_rule(name: &str, id: &str) -> bool {
    id.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Names that mean no rule of a ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRule(pub Vec<String>);

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no such rule, nor any under it: {}", self.0.join(", "))
    }
}

impl std::error::Error for UnknownRule {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ruleset() -> Ruleset {
        let rule = |id: &str, line, enabled| Rule {
            id: id.into(),
            enabled,
            origin: crate::rule::Origin { file: "a.toml".into(), line },
            ..Rule::default()
        };
        Ruleset::new(vec![
            rule("a.one", 1, true),
            rule("pii.ip.v4", 2, false),
            rule("pii.ip.v6", 3, false),
            rule("pii.ipod", 4, true),
        ])
    }

    fn on(ruleset: &Ruleset) -> Vec<&str> {
        ruleset.rules().map(|(_, rule)| rule.id.as_str()).collect()
    }

    #[test]
    fn what_is_off_by_default_has_no_number() {
        assert_eq!(on(&ruleset()), ["a.one", "pii.ipod"]);
        assert!(ruleset().knows("pii.ip.v4"));
    }

    #[test]
    fn a_prefix_switches_on_all_under_it_and_the_order_stays() {
        let ruleset = ruleset().with(&["pii.ip".into()]).unwrap();
        assert_eq!(on(&ruleset), ["a.one", "pii.ip.v4", "pii.ip.v6", "pii.ipod"]);
    }

    #[test]
    fn rules_are_switched_off_by_id_and_selected_by_prefix() {
        assert_eq!(on(&ruleset().without(&["a.one".into()]).unwrap()), ["pii.ipod"]);
        assert_eq!(
            on(&ruleset().select(&["pii.ip".into(), "a".into()]).unwrap()),
            ["a.one", "pii.ip.v4", "pii.ip.v6"]
        );
    }

    #[test]
    fn every_name_that_means_nothing_is_told() {
        let error = ruleset().without(&["pii.i".into(), "a.one".into(), "b".into()]).unwrap_err();
        assert_eq!(error.to_string(), "no such rule, nor any under it: pii.i, b");
    }
}
