//! From the queue to upstreams, until they have it.
//!
//! **Promise.** Every entry of the queue is sent to every exporter until the exporter's upstream took
//! it, or said for good that it will not, or (only if the configuration sets one) the time to give up
//! has passed, or we stop and the deadline of the drain is over. Each record that is given up is
//! counted, with its reason.
//!
//! **Isolated.** An exporter has one task for each signal, with its own cursor: a dead upstream delays
//! nobody else, and an endpoint that refuses metrics does not delay traces. Within one signal requests
//! go one after the other: order is kept, an upstream in trouble sees three connections and not three
//! hundred, and throughput is a batch a round trip (4 MiB each 50 ms are 80 MB/s, far more than agents
//! write). Considered and not done for that reason: several requests in flight for one signal.
//!
//! A task that panicked stops; its backlog stays counted, and in the end the queue refuses. Nothing is
//! lost unseen, and nothing is restarted to stumble over the same batch.
//!
//! **Bias: confidentiality.** Logs and metrics tell an exporter's configured name, a signal, a status
//! code or a class of error. Never a URL, a header, or anything of an answer's body: upstreams echo.

pub mod application_insights;
pub mod azure_monitor;
mod file;
mod form;
pub mod otlp;
mod probe;
mod runner;
mod shrink;

pub use form::{Form, Histograms, Temporality};
pub use probe::{Probe, probe};

use crate::limits;
use crate::queue::{Backlog, Queue};
use crate::signal::Signal;
use crate::telemetry::Metrics;
use crate::upstream::NoTrustStore;
use runner::{Export, Request, Runner, Sent, Tally};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// One exporter, as configured. Holds secrets: no `Debug`.
pub struct Config {
    /// The operator's name for it: in metrics, logs, and the name of its cursor in the queue.
    pub name: String,
    /// What it sends to.
    pub kind: Kind,
    /// How entries become requests.
    pub batching: Batching,
    /// What happens when the upstream is in trouble.
    pub retry: Retry,
    /// In which form it wants metrics.
    pub form: Form,
}

/// What an exporter sends to.
pub enum Kind {
    /// OTLP/JSON lines in `traces.jsonl`, `metrics.jsonl` and `logs.jsonl` of a directory.
    File {
        /// Where; made if it is not there.
        dir: PathBuf,
    },
    /// OTLP over HTTP, in protobuf.
    Otlp(Box<otlp::Config>),
    /// Azure Monitor's OTLP ingestion.
    AzureMonitor(Box<azure_monitor::Config>),
    /// Application Insights, by its own ingestion.
    ApplicationInsights(Box<application_insights::Config>),
}

/// How entries become requests.
#[derive(Debug, Clone, Copy)]
pub struct Batching {
    /// Protobuf bytes in one request, before compression.
    pub max_bytes: usize,
    /// Time an entry waits for others.
    pub linger: Duration,
}

impl Default for Batching {
    fn default() -> Self {
        Self { max_bytes: limits::EXPORT_BATCH_BYTES, linger: limits::EXPORT_LINGER }
    }
}

/// What happens when an upstream is in trouble.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// The first wait between two tries, before jitter; it doubles.
    pub first: Duration,
    /// The longest wait, before jitter.
    pub longest: Duration,
    /// Time after which a request is dropped and counted. `None`: never. Then the queue fills, and
    /// senders are told to come back.
    pub give_up_after: Option<Duration>,
}

impl Default for Retry {
    fn default() -> Self {
        let (first, longest) = limits::RETRY_BACKOFF;
        Self { first, longest, give_up_after: None }
    }
}

impl Config {
    /// An exporter with the defaults.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        let (batching, retry, form) = Default::default();
        Self { name: name.into(), kind, batching, retry, form }
    }
}

/// Why exporters do not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Two of one name, or one the queue was not made for.
    #[error("exporter {name}: the queue has no free cursor of that name: give each exporter its own")]
    Cursor {
        /// Its name.
        name: String,
    },
    /// The files cannot be written.
    #[error("exporter {name}: cannot write {}: make the directory writable for this user", path.display())]
    File {
        /// Its name.
        name: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is no trust store.
    #[error("exporter {name}: {source}")]
    Tls {
        /// Its name.
        name: String,
        /// Why.
        source: NoTrustStore,
    },
}

/// Starts every exporter, or none. The queue was made with the names of all of them. Opens files and
/// reads the trust store: for start-up, not for the path of a request.
///
/// # Errors
/// [`StartError`] of the first that does not start.
pub fn spawn(configs: Vec<Config>, queue: &Queue, metrics: &Arc<Metrics>) -> Result<Running, StartError> {
    let exporters = configs.iter().map(|config| config.name.clone()).collect();
    let mut runners = Vec::new();
    for config in configs {
        runners.extend(runners_of(&config, queue, metrics)?);
    }
    let mut tasks = JoinSet::new();
    for runner in runners {
        tasks.spawn(runner.run());
    }
    Ok(Running { tasks, queue: queue.clone(), exporters })
}

fn runners_of(
    config: &Config,
    queue: &Queue,
    metrics: &Arc<Metrics>,
) -> Result<Vec<Runner<Exporter>>, StartError> {
    let exporters = exporters_of(config)?;
    exporters
        .into_iter()
        .map(|(signal, exporter)| {
            let consumer = queue.consumer(&config.name, signal);
            let consumer = consumer.ok_or_else(|| StartError::Cursor { name: config.name.clone() })?;
            Ok(Runner::new(config, exporter, consumer, Arc::clone(metrics)))
        })
        .collect()
}

fn exporters_of(config: &Config) -> Result<Vec<(Signal, Exporter)>, StartError> {
    match &config.kind {
        Kind::File { dir } => Signal::ALL
            .into_iter()
            .map(|signal| {
                let path = dir.join(format!("{signal}.jsonl"));
                let file = file::FileExporter::open(path.clone()).map_err(|source| StartError::File {
                    name: config.name.clone(),
                    path,
                    source,
                })?;
                Ok((signal, Exporter::File(file)))
            })
            .collect(),
        Kind::Otlp(otlp) => {
            let exporter = otlp::OtlpExporter::new(otlp)
                .map_err(|source| StartError::Tls { name: config.name.clone(), source })?;
            Ok(Signal::ALL.map(|signal| (signal, Exporter::Otlp(exporter.clone()))).into())
        }
        Kind::AzureMonitor(azure) => {
            let exporter = azure_monitor::AzureMonitor::new(azure)
                .map_err(|source| StartError::Tls { name: config.name.clone(), source })?;
            Ok(Signal::ALL.map(|signal| (signal, Exporter::AzureMonitor(exporter.clone()))).into())
        }
        Kind::ApplicationInsights(insights) => {
            let each = application_insights::ApplicationInsights::each(insights)
                .map_err(|source| StartError::Tls { name: config.name.clone(), source })?;
            Ok(each.into_iter().map(|(signal, one)| (signal, Exporter::ApplicationInsights(one))).collect())
        }
    }
}

enum Exporter {
    File(file::FileExporter),
    Otlp(otlp::OtlpExporter),
    AzureMonitor(azure_monitor::AzureMonitor),
    ApplicationInsights(application_insights::ApplicationInsights),
}

impl Export for Exporter {
    async fn send(&mut self, request: &Request) -> Sent {
        match self {
            Self::File(file) => file.send(request).await,
            Self::Otlp(otlp) => otlp.send(request).await,
            Self::AzureMonitor(azure) => azure.send(request).await,
            Self::ApplicationInsights(insights) => insights.send(request).await,
        }
    }

    fn tally(&mut self) -> Tally {
        match self {
            Self::File(_) | Self::Otlp(_) | Self::AzureMonitor(_) => Tally::default(),
            Self::ApplicationInsights(insights) => insights.tally(),
        }
    }
}

/// The exporters at work. Dropping it stops them at once; what they had not delivered stays in the
/// queue.
pub struct Running {
    tasks: JoinSet<()>,
    queue: Queue,
    exporters: Vec<String>,
}

/// What was left when the drain was over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The exporters that did not deliver everything, by name.
    pub left: Vec<(String, Backlog)>,
}

impl Running {
    /// Closes the queue, delivers what it holds, and stops at the deadline whatever is left.
    pub async fn drain(mut self, deadline: Instant) -> Report {
        self.queue.close();
        let _ = timeout_at(deadline, async { while self.tasks.join_next().await.is_some() {} }).await;
        self.tasks.shutdown().await;
        let backlogs = self.exporters.into_iter().map(|name| {
            let backlog = self.queue.backlog(&name);
            (name, backlog)
        });
        Report { left: backlogs.filter(|(_, backlog)| *backlog != Backlog::default()).collect() }
    }
}

#[cfg(test)]
mod tests;
