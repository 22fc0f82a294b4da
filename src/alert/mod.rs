//! Telling people: alerts, merged for a moment with those like them, and written to sinks.
//!
//! **Promise.** An alert says which rule found something, where, how often, and who sent it. Never what
//! was found, how long it was, or what stood around it. Every text in an [`Alert`] was clean before it
//! got here: paths are rendered with keys that went through the scanner, and what a sender claims of
//! itself (agent, user, session, service) did too. Nothing here looks at it again.
//!
//! **Never in the way.** [`Alerts::raise`] merges into a bounded table and returns; it does not wait for
//! a sink. When the table is full, alerts unlike any in it are dropped, and that is told: in a metric,
//! and in a record of its own (`blackbar.alerts_dropped`), so that a flood cannot hide that something
//! was hidden. Telemetry goes on while a sink is down.
//!
//! **What was not scanned** is told as a finding would be, of a rule of our own ([`UNSCANNED_RULE`]): the
//! value is gone, and somebody may have made it so that nobody can look inside.
//!
//! **At least once.** A sink that fails is tried again until it works; a record may be there twice.
//!
//! **Merging.** One secret comes by ten to thirty times in a session: in each turn of a conversation, in
//! a span and its log, in retries. Alerts that differ in nothing a reader acts on are one record with a
//! count. First for one request, outside the lock, then for a window of time across requests.
//!
//! Considered and not done: a bounded channel to the writer (a table bounds memory just as well, and
//! keeps merging while the writer waits for a sink); a table on disk.

mod groups;
mod json;
mod sink;
mod writer;

pub use groups::{Dropped, Group, Record};

use crate::principal::Principal;
use crate::rule::{Action, Category, Confidence, Severity};
use crate::signal::Signal;
use crate::telemetry::Metrics;
use groups::Groups;
use sink::Sink as _;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use writer::{Desk, Writer};

/// One finding, as people are told of it. Every text in it is clean: see the module.
#[derive(Clone, PartialEq, Eq)]
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
    /// The coding agent, as it calls itself.
    pub agent: Option<Arc<str>>,
    /// The user the sender claims.
    pub user: Option<Arc<str>>,
    /// Who sent it, as authenticated.
    pub principal: Principal,
    /// The session the sender claims.
    pub session: Option<Arc<str>>,
    /// The service the sender claims.
    pub service: Option<Arc<str>>,
    /// In hex.
    pub trace_id: Option<Arc<str>>,
    /// In hex.
    pub span_id: Option<Arc<str>>,
    /// The keyed digest by which two findings are called the same secret.
    pub fingerprint: Option<Arc<str>>,
    /// Findings it stands for, at least one.
    pub count: u64,
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

/// Where alerts go.
#[derive(Debug, Clone)]
pub enum SinkConfig {
    /// JSON lines in a file.
    File {
        /// Which; made, with its directory, if it is not there.
        path: PathBuf,
    },
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
}

/// The side where alerts go in. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Alerts {
    desks: Arc<[Arc<Desk>]>,
    clock: Clock,
}

/// The writers at work, one a sink.
pub struct Running {
    tasks: JoinSet<()>,
    desks: Arc<[Arc<Desk>]>,
}

/// Starts a writer for each sink; they hold alerts for `window` to merge them.
///
/// # Errors
/// [`StartError`], if a sink cannot be written to.
pub fn spawn(
    sinks: &[SinkConfig],
    window: Duration,
    clock: Clock,
    metrics: &Arc<Metrics>,
) -> Result<(Alerts, Running), StartError> {
    let sinks: Vec<_> = sinks.iter().map(sink::open).collect::<Result<_, _>>()?;
    let mut tasks = JoinSet::new();
    let desks = sinks.into_iter().map(|sink| {
        let desk = Arc::new(Desk::new(sink.name(), Arc::clone(metrics)));
        tasks.spawn(Writer::new(sink, Arc::clone(&desk), window, clock).run());
        desk
    });
    let desks: Arc<[_]> = desks.collect();
    Ok((Alerts { desks: Arc::clone(&desks), clock }, Running { tasks, desks }))
}

impl Alerts {
    /// Tells of these findings. Never waits for a sink.
    pub fn raise(&self, alerts: Vec<Alert>) {
        if alerts.is_empty() {
            return;
        }
        let now = (self.clock)();
        let mut groups = Groups::default();
        for alert in alerts {
            groups.add(alert, now);
        }
        for desk in self.desks.iter() {
            desk.put(&groups);
        }
    }
}

impl Running {
    /// Takes nothing more, writes what is held, and gives the rest up at the deadline: how many alerts,
    /// over all sinks.
    pub async fn drain(mut self, deadline: Instant) -> u64 {
        self.desks.iter().for_each(|desk| desk.close());
        let _ = timeout_at(deadline, async { while self.tasks.join_next().await.is_some() {} }).await;
        self.tasks.shutdown().await;
        self.desks.iter().map(|desk| desk.give_up()).sum()
    }
}

#[cfg(test)]
mod tests;
