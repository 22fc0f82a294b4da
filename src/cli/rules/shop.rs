//! What rules are looked at with: the scanner and the policy that would be served, and one rule besides.

use super::chosen;
use crate::app;
use crate::cli::scan::token_key;
use crate::config::{Config, Overrides};
use crate::policy::Policy;
use crate::rule::{Action, Rule, RuleIndex};
use crate::scan::Scanner;
use std::path::Path;

/// See the module. The rule that is asked about is in it even where it is off, and then known to be.
pub(super) struct Shop {
    pub(super) scanner: Scanner,
    pub(super) policy: Policy,
    config: Config,
    off: Option<String>,
}

impl Shop {
    /// The rules at a path, or those of the configuration, under its policy; and the one of that id.
    pub(super) fn open(path: Option<&Path>, config: Option<&Path>, id: Option<&str>) -> Result<Self, String> {
        let ruleset = chosen(path, config)?;
        let config = Config::load(config, &Overrides::default()).map_err(|errors| errors.to_string())?;
        let off = ruleset.resting().map(|rule| &rule.id).find(|off| id == Some(off.as_str())).cloned();
        let ruleset = ruleset.switched(|rule| rule.enabled || id == Some(rule.id.as_str()));
        let scanner = Scanner::new(ruleset).map_err(|error| error.to_string())?;
        let policy = app::policy(&config, scanner.ruleset(), token_key(&config)?.into());
        Ok(Self { scanner, policy, config, off })
    }

    /// The rule of that id, and whether it is on.
    pub(super) fn rule(&self, id: &str) -> Result<(RuleIndex, bool), String> {
        let index = self.scanner.ruleset().index_of(id);
        let index =
            index.ok_or_else(|| format!("there is no rule {id}; `blackbar rules list` shows them"))?;
        Ok((index, self.is_on(id)))
    }

    pub(super) fn is_on(&self, id: &str) -> bool {
        self.off.as_deref() != Some(id)
    }

    /// What is done with findings of a rule, and who says so.
    pub(super) fn action(&self, rule: &Rule, index: RuleIndex) -> (Action, &'static str) {
        let whose = match (self.config.policy.action_for(&rule.id), rule.action) {
            (Some(_), _) => "policy.actions",
            (None, Some(_)) => "the rule",
            (None, None) => "policy.default_action",
        };
        (self.policy.action(index), whose)
    }
}
