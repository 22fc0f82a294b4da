//! A chosen selection of rules, and how it is chosen.

use super::load::{self, Linted};
use super::{LoadError, Origin, Rule, RuleIndex, Status, builtin};
use std::collections::HashSet;

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
        load::load(builtin::files(), Linted::Before).map(Self::new)
    }

    /// A pack of files that were read: name and text. The order is by name, then by position.
    ///
    /// # Errors
    /// [`LoadError`] with everything that is wrong with the pack.
    pub fn from_files(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, LoadError> {
        load::load(files.into_iter().collect(), Linted::Now).map(Self::new)
    }

    /// These rules and those of another pack, which takes the place of each that has the same id.
    ///
    /// # Errors
    /// [`LoadError`] if they are more than a ruleset holds, or if a rule that is only tried out would switch off the one
    /// in whose place it is.
    pub fn with(self, own: Self) -> Result<Self, LoadError> {
        let tried = own.every().filter(|rule| rule.status == Status::Experimental && self.knows(&rule.id));
        let wrong: Vec<String> = tried
            .map(|rule| {
                let Origin { file, line } = &rule.origin;
                let id = &rule.id;
                format!("{file}:{line}: `{id}` is built in: give it another id while it is experimental")
            })
            .collect();
        if !wrong.is_empty() {
            return Err(LoadError(wrong));
        }
        let taken: HashSet<&str> = own.every().map(|rule| rule.id.as_str()).collect();
        let mut all: Vec<Rule> =
            self.every().filter(|rule| !taken.contains(rule.id.as_str())).cloned().collect();
        all.extend(own.every().cloned());
        load::check_count(all.len()).map_err(|wrong| LoadError(vec![wrong]))?;
        Ok(Self::new(all))
    }

    /// All, on and off.
    fn every(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().chain(&self.resting)
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

    /// The number of the rule of that id, if it is switched on.
    #[must_use]
    pub fn index_of(&self, id: &str) -> Option<RuleIndex> {
        self.rules().find(|(_, rule)| rule.id == id).map(|(index, _)| index)
    }

    /// Those that are switched off.
    pub fn resting(&self) -> impl Iterator<Item = &Rule> {
        self.resting.iter()
    }

    /// Whether it is the id of a rule here, on or off.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.every().any(|rule| rule.id == id)
    }

    /// The same rules, each switched on or off as `on` says.
    #[must_use]
    pub fn switched(self, on: impl Fn(&Rule) -> bool) -> Self {
        let mut all = self.rules;
        all.extend(self.resting);
        all.sort_by(|a, b| a.origin.cmp(&b.origin));
        for rule in &mut all {
            rule.enabled = on(rule);
        }
        Self::new(all)
    }
}

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
    fn the_built_in_pack_was_linted() {
        let linted = load::load(builtin::files(), Linted::Now).map(Ruleset::new).unwrap();
        assert_eq!(linted.rules().count(), Ruleset::embedded().unwrap().rules().count());
    }

    #[test]
    fn what_is_off_by_default_has_no_number() {
        assert_eq!(on(&ruleset()), ["a.one", "pii.ipod"]);
        assert!(ruleset().knows("pii.ip.v4"));
    }

    #[test]
    fn a_rule_of_ones_own_takes_the_place_of_the_one_with_its_id() {
        let own = |id: &str, enabled| Rule {
            id: id.into(),
            name: "own".into(),
            enabled,
            origin: crate::rule::Origin { file: "own.toml".into(), line: 1 },
            ..Rule::default()
        };
        let both = ruleset().with(Ruleset::new(vec![own("a.one", false), own("b.two", true)])).unwrap();
        assert_eq!(on(&both), ["pii.ipod", "b.two"]);
        assert_eq!(both.resting().filter(|rule| rule.id == "a.one").count(), 1);
        assert!(both.resting().any(|rule| rule.name == "own"));
        let tried = Rule { status: Status::Experimental, ..own("a.one", false) };
        let error = ruleset().with(Ruleset::new(vec![tried])).unwrap_err();
        assert_eq!(error.0, ["own.toml:1: `a.one` is built in: give it another id while it is experimental"]);
    }

    #[test]
    fn switching_keeps_the_order() {
        let switched =
            ruleset().switched(|rule| rule.enabled != (rule.id == "a.one" || rule.id == "pii.ip.v6"));
        assert_eq!(on(&switched), ["pii.ip.v6", "pii.ipod"]);
        assert!(switched.knows("a.one"));
    }
}
