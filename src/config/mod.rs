//! The configuration: from what was written to what the program runs on.
//!
//! **Promise.** The whole file is read, every error in it is told at once with its line and key, and
//! nothing starts unless there is none. A [`Config`] is complete, typed and consistent; nobody looks
//! at text again. No message and no `Debug` shows a secret. This is the only place that reads files
//! and environment for the sake of configuration.
//!
//! **Bias.** The defaults are the safe ones: loopback only, everything masked, nothing leaves the
//! machine. What weakens that has to be said in so many words (`allow_open`, `allow_plain_http`).
//! An unknown key is an error, because a mistyped protection protects nothing.
//!
//! Relative paths are relative to the working directory, on the command line and in the file alike.
//! Without `--config` the embedded default is used: a file that happens to lie in the working
//! directory is not looked for. Not done: several files, includes, defaults inside `${env:...}`.

mod alerts;
mod application_insights;
mod azure;
mod error;
mod exporters;
mod nearest;
mod pack;
mod parts;
mod policy;
mod raw;
mod receive;
mod rules;
mod substitute;
mod suppressions;
mod table;
mod units;

pub use crate::secret::Secret;
pub use crate::upstream::Endpoint;
pub use alerts::{AlertSink, AlertSinkKind, Alerts};
pub use error::{Error, Errors, Origin, Place};
pub use exporters::{
    ApplicationInsightsExporter, AzureMonitorExporter, Compression, Exporter, FileExporter, OtlpExporter,
    Upstream,
};
pub use pack::{Signed, Stamp, pack_at, pack_files, text_at};
pub use parts::{Drain, Log, LogFormat, LogLevel, Queue, Resource};
pub use policy::Policy;
pub use receive::{Admin, Receive, Token};
pub use rules::{Profile, RuleFile, Rules, Selector};
pub use suppressions::Suppression;

use crate::limits;
use crate::rule::Ruleset;
use raw::RawConfig;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use table::{Table, Text};

/// Everything that can be configured, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where what is kept is kept.
    pub data_dir: PathBuf,
    /// Where requests come in.
    pub receive: Receive,
    /// What is looked for.
    pub rules: Rules,
    /// What is done with what was found.
    pub policy: Policy,
    /// What is set on every resource.
    pub resource: Resource,
    /// Where clean telemetry goes; never empty, names unique.
    pub exporters: Vec<Exporter>,
    /// How people are told.
    pub alerts: Alerts,
    /// What is held between receivers and exporters.
    pub queue: Queue,
    /// How we stop.
    pub drain: Drain,
    /// Health and metrics.
    pub admin: Admin,
    /// Our own log.
    pub log: Log,
}

/// What the command line says over the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Addresses to listen on, in place of all of the file's.
    pub listen: Vec<String>,
    /// In place of the file's.
    pub data_dir: Option<PathBuf>,
}

/// What a configuration is read from: it can be read again.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// `None`: the embedded default.
    pub file: Option<PathBuf>,
    /// What stands over it.
    pub overrides: Overrides,
}

impl Source {
    /// Reads it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(&self) -> Result<Config, Errors> {
        Config::load(self.file.as_deref(), &self.overrides)
    }
}

impl Config {
    /// Reads the configuration of a file, or the embedded default, with the environment of the process.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(file: Option<&Path>, overrides: &Overrides) -> Result<Self, Errors> {
        let variables = |name: &str| std::env::var_os(name);
        let Some(file) = file else { return Self::parse("embedded default", "", overrides, &variables) };
        let name = file.display().to_string();
        let text = substitute::read_bounded(file, limits::CONFIG_BYTES)
            .map_err(|why| Errors::one(Origin::File(name.as_str().into()), why))?;
        // Selectors are held against the built-in rules at once, so that a mistyped one is told with the rest.
        let embedded = Ruleset::embedded().ok();
        Self::parse_for(embedded.as_ref(), &name, &text, overrides, &variables)
    }

    /// Reads the configuration of a text. `name` is what errors call it; `variables` the environment.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(
        name: &str,
        text: &str,
        overrides: &Overrides,
        variables: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Errors> {
        Self::parse_for(None, name, text, overrides, variables)
    }

    /// The same, for a ruleset; a configuration with a pack of its own is held against that later.
    fn parse_for(
        ruleset: Option<&Ruleset>,
        name: &str,
        text: &str,
        overrides: &Overrides,
        variables: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Errors> {
        let raw = RawConfig::parse(name, text, variables)?;
        let mut root = raw.root();
        let config = Self::read(&mut root, overrides);
        root.unknown_keys();
        drop(root);
        let ruleset = ruleset.filter(|_| config.rules.pack.is_none());
        let strangers = ruleset.map_or(Ok(()), |ruleset| config.check_rules(ruleset));
        let mut errors: Vec<Error> = [raw.finish(), strangers]
            .into_iter()
            .filter_map(Result::err)
            .flat_map(|errors| errors.0)
            .collect();
        errors.sort_by_key(|error| error.place.line());
        if errors.is_empty() { Ok(config) } else { Err(Errors(errors)) }
    }

    /// Holds what the configuration says of rules against the rules there are.
    ///
    /// # Errors
    /// For every selector that no rule answers to: a mistyped one would change nothing, silently. For a rule that
    /// seals, when there is nobody to seal to.
    pub fn check_rules(&self, ruleset: &Ruleset) -> Result<(), Errors> {
        let on = ruleset.rules().map(|(_, rule)| rule);
        let ids: Vec<&str> = on.chain(ruleset.resting()).map(|rule| rule.id.as_str()).collect();
        let selectors = self.rules.selectors().chain(self.policy.selectors());
        let mut errors: Vec<Error> = selectors.filter_map(|selector| selector.stranger_to(&ids)).collect();
        errors.sort_by_key(|error| error.place.line());
        errors.extend(self.policy.nobody_to_seal_to(ruleset));
        if errors.is_empty() { Ok(()) } else { Err(Errors(errors)) }
    }

    /// This configuration with what can be changed while the program runs as `new` has it: which rules there
    /// are, which of them are looked for, and what is done with what they find.
    #[must_use]
    pub fn with_rules_of(&self, new: &Self) -> Self {
        let Policy { hmac_key, previous_hmac_key, .. } = self.policy.clone();
        let policy = Policy { hmac_key, previous_hmac_key, ..new.policy.clone() };
        Self { rules: new.rules.clone(), policy, ..self.clone() }
    }

    /// The sections that differ from those of another configuration.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> Vec<&'static str> {
        let Self { data_dir, receive, rules, policy, resource, exporters, .. } = self;
        let Self { alerts, queue, drain, admin, log, .. } = self;
        let differ = [
            ("data_dir", *data_dir != other.data_dir),
            ("receive", *receive != other.receive),
            ("rules", *rules != other.rules),
            ("policy", *policy != other.policy),
            ("resource", *resource != other.resource),
            ("exporters", *exporters != other.exporters),
            ("alerts", *alerts != other.alerts),
            ("queue", *queue != other.queue),
            ("drain", *drain != other.drain),
            ("admin", *admin != other.admin),
            ("log", *log != other.log),
        ];
        differ.into_iter().filter_map(|(section, differs)| differs.then_some(section)).collect()
    }

    /// Where what was accepted and is not delivered yet is kept.
    #[must_use]
    pub fn queue_dir(&self) -> PathBuf {
        self.data_dir.join("queue")
    }

    /// Where alerts are kept until they are written.
    #[must_use]
    pub fn alerts_dir(&self) -> PathBuf {
        self.data_dir.join("alerts")
    }

    fn read(root: &mut Table<'_>, overrides: &Overrides) -> Self {
        let written = parts::path(root, "data_dir", || PathBuf::from("blackbar-data"));
        let data_dir = overrides.data_dir.clone().unwrap_or(written);
        let receive = root.section("receive", |table| receive::read(table, overrides));
        Self {
            rules: root.section("rules", rules::read),
            policy: root.section("policy", policy::read),
            resource: root.section("resource", parts::read_resource),
            exporters: exporters::read(root, &data_dir),
            alerts: root.section("alerts", |table| alerts::read(table, &data_dir)),
            queue: root.section("queue", parts::read_queue),
            drain: root.section("drain", parts::read_drain),
            admin: root.section("admin", |table| receive::read_admin(table, &receive)),
            log: root.section("log", parts::read_log),
            receive,
            data_dir,
        }
    }
}

/// A name that can be a metric label and a file name, and that none of `taken` is.
fn unique_name<'n>(text: &Text<'_>, mut taken: impl Iterator<Item = &'n str>) -> Option<String> {
    let name = text.value.as_str();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
        text.refuse("is not a name; write 1 to 64 letters, digits, dots, dashes or underscores");
        return None;
    }
    if taken.any(|other| other == name) {
        text.refuse("is the name of another one; names are unique");
        return None;
    }
    Some(name.to_owned())
}
