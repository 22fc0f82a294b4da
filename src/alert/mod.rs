//! Telling people: alerts, kept, merged with those like them, and written to sinks.
//!
//! **Promise.** An alert says which rule found something, where, how often, and who sent it. Never what
//! was found, how long it was, or what stood around it. Every text in an [`Alert`] was clean before it
//! got here: paths are rendered with keys that went through the scanner, and what a sender claims of
//! itself (agent, user, session, service) did too. Nothing here looks at it again.
//!
//! **Kept.** The alerts of a request are on the disk (as the queue is) before the request is answered, and
//! until every sink has what was made of them, over crashes and restarts. At least once: a record may be
//! written twice, and has the same `uid` then.
//!
//! **Never in the way.** Telemetry goes on while a sink is down, and so do the other sinks, until
//! [`limits::ALERT_BYTES`] wait for it; then all wait for it. When as much has been raised besides, or the disk
//! takes no more, further alerts are dropped, and that is told: in a metric, and in a
//! record of its own (`blackbar.alerts_dropped`), so that a flood cannot hide that something was hidden.
//!
//! **What was not scanned** is told as a finding would be, of a rule of our own ([`UNSCANNED_RULE`]): the
//! value is gone, and somebody may have made it so that nobody can look inside.
//!
//! **What concerns blackbar itself** ([`What`]) is told by the same way, so that who watches for alerts need
//! watch nothing else.
//!
//! **Merging.** One secret comes by ten to three hundred times in a session: in each turn of a conversation,
//! in a span and its log, in retries. What is found of one secret of one sender within a window is one
//! record with a count, its places, and when it was first and last seen. The severity rises when the
//! secret turns up in other hands, and nobody can raise more in an hour than a person can read ([`watch`]).
//!
//! Two lanes: what was raised, read by the [`aggregate`], and the records, read by each sink at its own speed.
//! Considered and not done: alerts inside the entries of the queue (their reader would read all telemetry to
//! get them); merging before anything is kept (a crash would lose a window of alerts).

mod aggregate;
mod deliver;
mod groups;
mod json;
mod sink;
mod stored;
mod watch;

pub use groups::{Dropped, Group, Notice, Record, Spread, What, Why};
pub(crate) use sink::is_syslog_name;
pub use sink::{OtlpConfig, SentinelConfig, SyslogConfig, SyslogTransport, WebhookConfig};

use crate::attribution::Origin;
use crate::lane::{Durability, Lane, OpenError, Settings};
use crate::limits;
use crate::principal::Principal;
use crate::rule::{Action, Category, Confidence, Severity};
use crate::signal::Signal;
use crate::telemetry::Metrics;
use crate::token::TokenKey;
use crate::upstream::NoTrustStore;
use aggregate::Aggregator;
use deliver::Delivery;
use groups::Groups;
use sink::{AnySink, Sink as _};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use watch::Watch;

/// One finding, as people are told of it. Every text in it is clean: see the module.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Alert {
    /// The id of the rule.
    pub rule: Arc<str>,
    /// Its name, for people.
    pub rule_name: Arc<str>,
    /// Secret or personal data; `None` where nobody can know.
    pub category: Option<Category>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What was done.
    pub action: Action,
    /// In which signal.
    pub signal: Signal,
    /// Where in the record, rendered with clean keys.
    pub path: Arc<str>,
    /// Who sent it, as authenticated.
    pub principal: Principal,
    /// What the record claims of where it comes from.
    #[serde(flatten)]
    pub origin: Arc<Origin>,
    /// The keyed digest by which two findings of a family of rules are called the same secret.
    pub fingerprint: Option<Arc<str>>,
    /// What the key of the fingerprint is known by: those of one key can be compared.
    pub fingerprint_key: Option<Arc<str>>,
    /// While keys are changed: the fingerprint under the key before.
    pub previous_fingerprint: Option<Arc<str>>,
    /// What that key is known by.
    pub previous_fingerprint_key: Option<Arc<str>>,
    /// What was found, encrypted for whoever has the identity it was sealed to: see [`crate::seal`].
    pub sealed: Option<Arc<str>>,
    /// Findings it stands for, at least one.
    pub count: u64,
    /// Records they were in, at least one.
    pub records: u64,
}

/// The id in an alert about a value that could not be scanned.
pub const UNSCANNED_RULE: &str = "blackbar.unscanned";

/// How bad that is: nobody knows what was in it, and it did not leave.
pub const UNSCANNED_SEVERITY: Severity = Severity::Medium;

/// Tells the rule alone: the rest is for sinks.
impl fmt::Debug for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Alert({})", self.rule)
    }
}

/// Where the time comes from: [`SystemTime::now`], but in tests.
pub type Clock = fn() -> SystemTime;

/// How alerts are kept and told.
pub struct Config {
    /// Where they are written; names are unique.
    pub sinks: Vec<SinkConfig>,
    /// Time over which alerts are merged.
    pub window: Duration,
    /// Where they are kept, for a durability that needs a place.
    pub directory: PathBuf,
    /// What survives what.
    pub durability: Durability,
    /// Names records.
    pub key: TokenKey,
}

/// One place where alerts go.
#[derive(Clone)]
pub struct SinkConfig {
    /// The operator's name for it: in metrics, logs, and the name of its cursor.
    pub name: String,
    /// What it is.
    pub kind: SinkKind,
}

/// What alerts are written to.
#[derive(Clone)]
pub enum SinkKind {
    /// JSON lines in a file.
    File {
        /// Which; made, with its directory, if it is not there.
        path: PathBuf,
    },
    /// Rows for Microsoft Sentinel.
    Sentinel(Box<SentinelConfig>),
    /// JSON to a URL.
    Webhook(Box<WebhookConfig>),
    /// CEF in messages of RFC 5424.
    Syslog(Box<SyslogConfig>),
    /// Log records to a backend that takes OTLP/HTTP.
    Otlp(Box<OtlpConfig>),
}

/// Why alerts do not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The file cannot be written.
    #[error("alerts: cannot write {}: make the directory writable for this user", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is no trust store.
    #[error("alerts: sink {name}: {source}")]
    Tls {
        /// The sink's name.
        name: String,
        /// Why.
        source: NoTrustStore,
    },
    /// The directory alerts are kept in.
    #[error("alerts: cannot keep them in {}: {reason}", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// Why not.
        reason: String,
    },
}

/// The side where alerts go in. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Alerts {
    raised: Lane,
    overflow: Arc<Overflow>,
    metrics: Arc<Metrics>,
    clock: Clock,
}

/// Alerts there was no room for, to be told with the next.
#[derive(Default)]
struct Overflow(Mutex<Option<Dropped>>);

impl Overflow {
    fn add(&self, count: u64, now: SystemTime) {
        let more = Dropped { why: Why::Full, count, first_seen: now, last_seen: now };
        more.add_to(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn take(&self) -> Option<Dropped> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The aggregate and the sinks at work.
pub struct Running {
    tasks: JoinSet<()>,
    raised: Lane,
    records: Lane,
    sinks: usize,
}

/// Opens what is kept, and starts everything. Blocks: for start-up.
///
/// # Errors
/// [`StartError`], if a sink cannot be written to or the directory cannot be used.
pub fn spawn(config: &Config, clock: Clock, metrics: &Arc<Metrics>) -> Result<(Alerts, Running), StartError> {
    let sinks: Vec<AnySink> = config.sinks.iter().map(sink::open).collect::<Result<_, _>>()?;
    let raised = open_lane(config, "raised", vec!["aggregate".to_owned()])?;
    let names: Vec<_> = config.sinks.iter().map(|sink| sink.name.clone()).collect();
    let records = open_lane(config, "records", names.clone())?;
    let overflow = Arc::new(Overflow::default());
    let mut tasks = JoinSet::new();
    if let Some(raised) = raised.reader(0) {
        let (records, overflow, key) = (records.clone(), Arc::clone(&overflow), config.key.clone());
        let (window, watch) = (config.window, Watch::default());
        let metrics = Arc::clone(metrics);
        tasks.spawn(Aggregator { raised, records, overflow, window, clock, key, watch, metrics }.run());
    }
    for ((at, sink), name) in sinks.into_iter().enumerate().zip(names) {
        if let Some(reader) = records.reader(at) {
            tasks.spawn(Delivery::new(name, sink, reader, clock, Arc::clone(metrics)).run());
        }
    }
    let alerts = Alerts { raised: raised.clone(), overflow, metrics: Arc::clone(metrics), clock };
    Ok((alerts, Running { tasks, raised, records, sinks: config.sinks.len() }))
}

/// Writes no alerts to a sink: what `check --live` does. What is wrong, in words; nothing for files.
///
/// # Errors
/// [`StartError`], if the sink would not start.
pub async fn probe(config: &SinkConfig) -> Result<Option<String>, StartError> {
    if let SinkKind::File { .. } = config.kind {
        return Ok(None);
    }
    let mut sink = sink::open(config)?;
    let written = sink.write(&[], SystemTime::now()).await;
    Ok(sink.trouble().or_else(|| written.err().map(|error| error.to_string())))
}

fn open_lane(config: &Config, name: &'static str, readers: Vec<String>) -> Result<Lane, StartError> {
    let directory = config.directory.join(name);
    let (durability, segment_bytes) = (config.durability, limits::ALERT_SEGMENT_BYTES);
    let settings = Settings { directory: &directory, durability, segment_bytes };
    let wrong = |reason: OpenError| StartError::Directory {
        directory: directory.clone(),
        reason: reason.to_string(),
    };
    let (lane, noticed) = Lane::open(name, settings, readers).map_err(wrong)?;
    for file in &noticed.aside {
        tracing::error!(file, "a file of alerts is damaged: it was put aside, and the rest goes on");
    }
    for sink in &noticed.strangers {
        tracing::warn!(sink, "this sink is not configured any more: what was kept for it is let go");
    }
    Ok(lane)
}

impl Alerts {
    /// Tells of these findings: when this returns they are kept, or counted as dropped. Never waits for a
    /// sink.
    pub async fn raise(&self, alerts: Vec<Alert>) {
        if alerts.is_empty() {
            return;
        }
        let now = (self.clock)();
        let count = alerts.iter().map(|alert| alert.count).sum();
        let mut groups = Groups::default();
        alerts.into_iter().for_each(|alert| groups.add(alert, now));
        self.keep(groups, count, now).await;
    }

    /// Tells of something about blackbar itself, as surely.
    pub async fn notice(&self, what: What) {
        let now = (self.clock)();
        let mut groups = Groups::default();
        groups.notice(Notice::once(what, now));
        self.keep(groups, 1, now).await;
    }

    async fn keep(&self, groups: Groups, count: u64, now: SystemTime) {
        let item = stored::raised(groups);
        let room = self.raised.held().saturating_add(item.cost()) <= limits::ALERT_BYTES;
        if !room || self.raised.push(item).await.is_err() {
            self.overflow.add(count, now);
            self.metrics.alerts("all", "dropped", count);
        }
    }
}

/// What was left of alerts when they were drained.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Findings that were raised and not merged yet.
    pub raised: usize,
    /// Findings in records that some sink does not have.
    pub undelivered: usize,
}

impl Running {
    /// Takes nothing more, and writes what is there, until the deadline: what is left then is kept if the
    /// durability says so.
    pub async fn drain(mut self, deadline: Instant) -> Left {
        self.raised.close();
        let _ = timeout_at(deadline, async { while self.tasks.join_next().await.is_some() {} }).await;
        self.tasks.shutdown().await;
        // A disk that hangs does not keep the program from ending.
        let settled = async { tokio::join!(self.raised.settle(), self.records.settle()) };
        let _ = timeout_at(deadline.max(Instant::now() + limits::STORE_KEEP), settled).await;
        let undelivered = (0..self.sinks).map(|sink| self.records.backlog(sink).records).max();
        Left { raised: self.raised.backlog(0).records, undelivered: undelivered.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests;
