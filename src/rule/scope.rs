//! Scopes: where the findings of a rule count.
//!
//! ```toml
//! [rule.scope]
//! signals = ["logs"]
//! agents = ["codex", "gemini-cli"]
//! paths = ["log.attributes.arguments*", "span.*"]
//! ```
//!
//! Each list that is there has to hold. A path reads as it does in an alert, without its indexes; `*` stands for
//! anything. What agent a record is of is what the record claims: a scope makes a noisy rule quiet where it is
//! noisy, and is no boundary of security. **Bias:** what is not known is in every scope, such as the agent of a record
//! that names none, and a text that stands in no telemetry.

use crate::agent::AGENTS;
use crate::signal::Signal;
use serde::Deserialize;
use std::fmt;

/// What the paths of contents begin with.
const RECORDS: [&str; 6] = ["resource", "scope", "span", "metric", "datapoint", "log"];

/// See the module. An empty list holds everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Signals it counts in.
    pub signals: Vec<Signal>,
    /// Agents it counts for.
    pub agents: Vec<Agent>,
    /// Paths it counts at.
    pub paths: Vec<PathPattern>,
}

/// One of [`AGENTS`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Agent(Box<str>);

/// A path, with `*` for anything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PathPattern(Box<str>);

/// Where something was found. A path holds keys, which are a sender's text: it is not printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Site<'a> {
    /// In which signal; `None` outside of telemetry.
    pub signal: Option<Signal>,
    /// Of which agent, where its record says so.
    pub agent: Option<&'a str>,
    /// At which path, without indexes.
    pub path: &'a str,
}

impl fmt::Debug for Site<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} [{} bytes]", self.signal, self.agent, self.path.len())
    }
}

impl TryFrom<String> for Agent {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let known = AGENTS.contains(&name.as_str());
        let told = || format!("no agent `{name}` is told from others: there are {}", AGENTS.join(", "));
        if known { Ok(Self(name.into())) } else { Err(told()) }
    }
}

impl TryFrom<String> for PathPattern {
    type Error = String;

    fn try_from(pattern: String) -> Result<Self, String> {
        let first = pattern.split(['.', '[', '*']).next().unwrap_or_default();
        if pattern.starts_with('*') || RECORDS.contains(&first) {
            return Ok(Self(pattern.into()));
        }
        Err(format!("no path begins as `{pattern}` does: write `*`, or begin with {}", RECORDS.join(", ")))
    }
}

impl Scope {
    /// Whether a finding counts that was found there.
    #[must_use]
    pub fn holds(&self, site: Site<'_>) -> bool {
        let Some(signal) = site.signal else { return true };
        let of = |agent: &str| self.agents.iter().any(|known| &*known.0 == agent);
        (self.signals.is_empty() || self.signals.contains(&signal))
            && (self.agents.is_empty() || site.agent.is_none_or(of))
            && (self.paths.is_empty() || self.paths.iter().any(|pattern| pattern.matches(site.path)))
    }

    /// What it holds for, for people; each list a line.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let signals = self.signals.iter().map(|signal| signal.name()).collect();
        let agents = self.agents.iter().map(|agent| &*agent.0).collect();
        let paths = self.paths.iter().map(|path| &*path.0).collect();
        let told =
            |what: &str, all: Vec<&str>| (!all.is_empty()).then(|| format!("{what} {}", all.join(", ")));
        [told("signals", signals), told("agents", agents), told("paths", paths)]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl PathPattern {
    /// Whether it matches all of a path. Goes back to the last `*` only, which is enough for patterns without
    /// choices.
    fn matches(&self, path: &str) -> bool {
        let (pattern, path) = (self.0.as_bytes(), path.as_bytes());
        let (mut at, mut in_path) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while in_path < path.len() {
            match pattern.get(at) {
                Some(b'*') => {
                    star = Some((at, in_path));
                    at += 1;
                }
                Some(byte) if path.get(in_path) == Some(byte) => {
                    at += 1;
                    in_path += 1;
                }
                _ => {
                    let Some((last, from)) = star else { return false };
                    star = Some((last, from + 1));
                    at = last + 1;
                    in_path = from + 1;
                }
            }
        }
        pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, path, expected) in [
            ("log.body", "log.body", true),
            ("log.body", "log.body.text", false),
            ("log.body*", "log.body.text", true),
            ("*", "", true),
            ("*.prompt", "log.attributes.prompt", true),
            ("*.prompt", "log.attributes.prompts", false),
            ("span.*messages*content", r#"span.attributes["gen_ai.input.messages"].content"#, true),
            ("span.*a*b*c", "span.a.b.b", false),
            ("log.attributes.tool_*", "log.attributes.tool_input.command", true),
        ] {
            let pattern = PathPattern::try_from(pattern.to_owned()).unwrap();
            assert_eq!(pattern.matches(path), expected, "{pattern:?} {path}");
        }
    }

    #[test]
    fn every_list_that_is_there_has_to_hold_and_what_is_not_known_holds() {
        let all = "signals = ['logs']\nagents = ['codex']\npaths = ['log.body*']";
        let site = |signal, agent, path| Site { signal, agent, path };
        let logs = Some(Signal::Logs);
        for (scope, site, expected) in [
            (all, site(logs, Some("codex"), "log.body"), true),
            (all, site(logs, None, "log.body"), true),
            (all, site(logs, Some("goose"), "log.body"), false),
            (all, site(Some(Signal::Traces), Some("codex"), "log.body"), false),
            (all, site(logs, Some("codex"), "log.attributes.a"), false),
            (all, site(None, None, ""), true),
            ("", site(logs, Some("goose"), "span.name"), true),
        ] {
            let scope: Scope = toml::from_str(scope).unwrap();
            assert_eq!(scope.holds(site), expected, "{scope:?} {site:?}");
        }
    }

    #[test]
    fn what_no_telemetry_can_be_in_is_refused() {
        for (scope, part) in [
            ("agents = ['claude']", "no agent `claude` is told from others"),
            ("paths = ['logs.body']", "no path begins as `logs.body` does"),
            ("signals = ['profiles']", "unknown variant"),
            ("resource = []", "unknown field"),
        ] {
            let error = toml::from_str::<Scope>(scope).unwrap_err().to_string();
            assert!(error.contains(part), "{scope}: {error}");
        }
    }
}
