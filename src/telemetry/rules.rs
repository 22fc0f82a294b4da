//! What is counted of the rules: which are loaded, since when, and what became of loading others.

use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use std::time::SystemTime;

/// The rules that are loaded, as metrics and people know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// What they are called: the name in a signed pack, else `embedded` or `directory`.
    pub pack: String,
    /// The version of a signed pack.
    pub version: Option<u64>,
    /// Tells one content of a pack from another: the beginning of its SHA-256, in hex.
    pub digest: String,
    /// Rules that are looked for.
    pub rules: usize,
}

/// What became of loading rules again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// Others are looked for now.
    Loaded,
    /// They are the same.
    Unchanged,
    /// They are wrong: the old ones stay.
    Refused,
}

/// The metrics of it.
pub struct RuleMetrics {
    /// Reloads by outcome.
    reloads: IntCounterVec,
    /// Rules that are looked for.
    rules: IntGauge,
    /// 1 for what is loaded.
    info: IntGaugeVec,
    /// When it was loaded, in seconds since 1970.
    loaded_at: IntGauge,
    /// Whether the last reload was no failure.
    healthy: IntGauge,
}

impl Reload {
    /// The label.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
        }
    }
}

impl RuleMetrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let reloads = Opts::new("blackbar_rules_reloads_total", "Reloads of the rules.");
        let reloads = IntCounterVec::new(reloads, &["outcome"])?;
        registry.register(Box::new(reloads.clone()))?;
        let info = Opts::new("blackbar_rules_loaded_info", "What is loaded; always 1.");
        let info = IntGaugeVec::new(info, &["pack", "version", "digest"])?;
        registry.register(Box::new(info.clone()))?;
        for outcome in [Reload::Loaded, Reload::Unchanged, Reload::Refused] {
            reloads.with_label_values(&[outcome.name()]);
        }
        Ok(Self {
            reloads,
            info,
            rules: gauge("blackbar_rules_loaded", "Rules that are looked for.")?,
            loaded_at: gauge("blackbar_rules_loaded_timestamp_seconds", "When the rules were loaded.")?,
            healthy: gauge("blackbar_rules_last_reload_successful", "0 while rules that are wrong wait.")?,
        })
    }

    /// These are looked for from now on.
    pub fn loaded(&self, loaded: &Loaded, now: SystemTime) {
        let version = loaded.version.map(|version| version.to_string()).unwrap_or_default();
        self.info.reset();
        self.info.with_label_values(&[&loaded.pack, &version, &loaded.digest]).set(1);
        self.rules.set(i64::try_from(loaded.rules).unwrap_or(i64::MAX));
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        self.loaded_at.set(i64::try_from(seconds).unwrap_or(i64::MAX));
        self.healthy.set(1);
    }

    /// Rules were read again.
    pub fn reloaded(&self, outcome: Reload) {
        self.reloads.with_label_values(&[outcome.name()]).inc();
        self.healthy.set(i64::from(outcome != Reload::Refused));
    }
}
