//! Builds every part in order, runs them, and drains in reverse.
//!
//! Start: key, ruleset, scanner, policy, queue, exporters, alerts, line, receivers. What can fail fails
//! before a socket is open. Stop: receivers take nothing more and finish what they have; then the queue is
//! closed and exporters deliver what it holds; alerts go last, because the others may still raise some.
//! One deadline over all of it.

mod key;
mod live;
mod parts;
mod reload;
mod seen;

pub use live::{Answer, probe};
pub use parts::{PartError, policy, ruleset, scanner};
pub use seen::{SeenError, admit};

use crate::admin::{self, Asked, Readiness, Reason, Reloads};
use crate::alert;
use crate::config::{self, Config, Source, Upstream};
use crate::export;
use crate::policy::Policy;
use crate::proxy::{Parts, Proxy};
use crate::queue::{self, Durability, Queue};
use crate::receive;
use crate::telemetry::Metrics;
use reload::Reloader;
use std::fmt::Write as _;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// How often it is looked whether the queue is full.
const READINESS_INTERVAL: Duration = Duration::from_millis(500);

/// The program, built and not yet running. Holds its addresses.
pub struct App {
    receivers: receive::Bound,
    admin: admin::Bound,
    readiness: Readiness,
    proxy: Proxy,
    reloads: Reloads,
    asked: mpsc::Receiver<Asked>,
    reloader: Reloader,
    queue: Queue,
    exporters: export::Running,
    alerts: alert::Running,
    metrics: Arc<Metrics>,
    deadline: Duration,
    durable: bool,
    banner: String,
}

/// Why the program does not start. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Rules, policy or key.
    #[error(transparent)]
    Part(#[from] PartError),
    /// A signed pack that is older than one that was loaded.
    #[error(transparent)]
    Seen(#[from] SeenError),
    /// The key file.
    #[error(transparent)]
    Key(#[from] key::KeyError),
    /// A mistake of ours.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The queue's directory.
    #[error(transparent)]
    Queue(#[from] queue::OpenError),
    /// An exporter.
    #[error(transparent)]
    Export(#[from] export::StartError),
    /// The alerts' file.
    #[error(transparent)]
    Alert(#[from] alert::StartError),
    /// An address or a token.
    #[error(transparent)]
    Receive(#[from] receive::BindError),
    /// The operators' address.
    #[error(transparent)]
    Admin(#[from] admin::BindError),
}

/// What was left when the program stopped.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Whether requests were cut off.
    pub requests_cut: bool,
    /// Records that exporters did not deliver, by exporter, and that are lost.
    pub records: Vec<(String, usize)>,
    /// Records that exporters did not deliver, by exporter, and that are kept for the next start.
    pub kept: Vec<(String, usize)>,
    /// Alerts that were not written, and are lost.
    pub alerts: usize,
    /// Alerts that were not written, and are kept for the next start.
    pub alerts_kept: usize,
}

impl Left {
    /// Whether everything that was accepted was delivered or is kept.
    #[must_use]
    pub const fn nothing_lost(&self) -> bool {
        !self.requests_cut && self.records.is_empty() && self.alerts == 0
    }
}

impl App {
    /// Builds everything that a configuration says, and binds every address. The rules in it are read again
    /// from its source when somebody asks.
    ///
    /// # Errors
    /// [`StartError`], with nothing left running.
    pub async fn start(source: Source, config: Config) -> Result<Self, StartError> {
        seen::admit(&config)?;
        let key::Loaded { keys, made: made_key } = key::load_or_make(&config)?;
        let scanner = Arc::new(parts::scanner(&config)?);
        seen::remember(&config)?;
        let loaded = reload::loaded(&config, scanner.ruleset());
        let token_key = keys.now.clone();
        let policy = Arc::new(parts::policy(&config, scanner.ruleset(), keys.clone()));
        let metrics = Arc::new(Metrics::new()?);
        metrics.rules.loaded(&loaded, SystemTime::now());
        let names = config.exporters.iter().map(|exporter| exporter.name.clone()).collect();
        let queue = Queue::open(&parts::queue(&config), names, metrics.clone())?;
        let exporters = export::spawn(parts::exporters(&config)?, &queue, &metrics)?;
        let (raise, alerts) = alert::spawn(&parts::alerts(&config, token_key)?, SystemTime::now, &metrics)?;
        let receivers = receive::Bound::new(parts::receivers(&config)?, metrics.clone()).await?;
        let admin = bind_admin(&config).await?;
        let banner = Banner { config: &config, made_key, policy: &policy }.text(
            scanner.ruleset().rules().count(),
            receivers.addresses(),
            admin.address(),
        );
        let proxy = Proxy::new(Parts {
            scanner,
            policy,
            queue: queue.clone(),
            alerts: raise.clone(),
            metrics: metrics.clone(),
            resource: config.resource.attributes.clone(),
        });
        let readiness = Readiness::starting();
        let (deadline, durable) = (config.drain.deadline, config.queue.durability != Durability::Memory);
        let (reloads, asked) = Reloads::new();
        let reloader = Reloader {
            source,
            running: config,
            keys,
            loaded,
            proxy: proxy.clone(),
            alerts: raise,
            metrics: metrics.clone(),
        };
        Ok(Self {
            receivers,
            admin,
            readiness,
            proxy,
            reloads,
            asked,
            reloader,
            queue,
            exporters,
            alerts,
            metrics,
            deadline,
            durable,
            banner,
        })
    }

    /// What a person is told at the start: where it listens, and where things go.
    #[must_use]
    pub fn banner(&self) -> &str {
        &self.banner
    }

    /// Where to ask for the rules to be read again.
    #[must_use]
    pub fn reloads(&self) -> Reloads {
        self.reloads.clone()
    }

    /// Runs until `stop` is there, then drains within the deadline.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Left {
        let (stopping, stopped) = watch::channel(false);
        let (ended, admin_stopped) = watch::channel(false);
        let reloader = tokio::spawn(self.reloader.run(self.asked, self.reloads.clone()));
        let router = admin::router(self.metrics.clone(), self.readiness.clone());
        let router = router.merge(admin::reload_router(self.reloads));
        let admin = tokio::spawn(self.admin.serve(router, admin_stopped));
        let watcher = tokio::spawn(watch_queue(self.queue.clone(), self.readiness.clone()));
        let receivers = tokio::spawn(self.receivers.serve(Arc::new(self.proxy.clone()), stopped));
        self.readiness.set(Reason::Starting, false);
        stop.await;
        let deadline = Instant::now() + self.deadline;
        self.readiness.set(Reason::Draining, true);
        reloader.abort();
        let _ = stopping.send(true);
        let requests = tokio::time::timeout_at(deadline, receivers).await;
        let _ = tokio::time::timeout_at(deadline, self.proxy.kept()).await;
        let report = self.exporters.drain(deadline).await;
        // A disk that hangs does not keep the program from ending.
        let settled = deadline.max(Instant::now() + Duration::from_millis(500));
        let _ = tokio::time::timeout_at(settled, self.queue.settle()).await;
        let alerts = self.alerts.drain(deadline.max(Instant::now() + Duration::from_millis(500))).await;
        watcher.abort();
        let _ = ended.send(true);
        admin.abort();
        let left = report.left.into_iter().map(|(name, backlog)| (name, backlog.records)).collect();
        let (kept, records) = if self.durable { (left, Vec::new()) } else { (Vec::new(), left) };
        let requests_cut = !matches!(requests, Ok(Ok(receive::Drained::All)));
        let alerts = alerts.raised + alerts.undelivered;
        let (alerts_kept, alerts) = if self.durable { (alerts, 0) } else { (0, alerts) };
        Left { requests_cut, records, kept, alerts, alerts_kept }
    }
}

/// The operators' address. A second instance on one machine is no reason to fail over an address that
/// nobody asked for: it takes a free port, and the banner tells which.
async fn bind_admin(config: &Config) -> Result<admin::Bound, admin::BindError> {
    let listen = config.admin.listen;
    let bound = admin::Bound::new(admin::Config { listen }).await;
    match (bound, listen) {
        (Err(_), Some(taken)) if config.admin.is_default() => {
            let listen = Some(SocketAddr::new(taken.ip(), 0));
            admin::Bound::new(admin::Config { listen }).await
        }
        (bound, _) => bound,
    }
}

/// Tells probes when a request would be refused for want of room.
async fn watch_queue(queue: Queue, readiness: Readiness) {
    loop {
        readiness.set(Reason::QueueFull, queue.is_full());
        queue.observe();
        tokio::time::sleep(READINESS_INTERVAL).await;
    }
}

struct Banner<'a> {
    config: &'a Config,
    made_key: Option<PathBuf>,
    policy: &'a Policy,
}

impl Banner<'_> {
    fn text(&self, rules: usize, listening: &[SocketAddr], admin: Option<SocketAddr>) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let action = self.policy.default_action().name();
        let mut text = format!("blackbar {version}: {rules} rules, default action {action}\n");
        for address in listening {
            let _ = writeln!(text, "  listening on http://{address} (OTLP/HTTP and OTLP/gRPC)");
        }
        if let Some(address) = admin {
            let _ = writeln!(text, "  admin on http://{address} (/healthz /readyz /metrics, POST /reload)");
        }
        for exporter in &self.config.exporters {
            let _ = writeln!(text, "  cleaned telemetry: {}", destination(&exporter.upstream));
        }
        for place in self.config.alerts.places() {
            let _ = writeln!(text, "  alerts:            {place}");
        }
        let _ = writeln!(text, "  queue:             {}", kept(self.config));
        if let Some(path) = &self.made_key {
            let path = path.display();
            let _ = writeln!(text, "  made a new token key in {path}: keep it, or tokens will change");
        }
        if let Some(address) = listening.first() {
            text.push_str(&agents(*address, &self.config.receive));
        }
        text
    }
}

/// What of the queue survives what.
fn kept(config: &Config) -> String {
    let directory = config.queue_dir();
    match config.queue.durability {
        Durability::Fsync => format!("{}, on disk before a request is answered", directory.display()),
        Durability::PageCache => format!("{}, without waiting for the disk", directory.display()),
        Durability::Memory => "in memory".to_owned(),
    }
}

fn destination(upstream: &Upstream) -> String {
    match upstream {
        Upstream::File(file) => format!("{}/{{traces,logs,metrics}}.jsonl", file.directory.display()),
        Upstream::Otlp(otlp) => parts::endpoints(otlp),
        Upstream::ApplicationInsights(to) => format!("{} ({})", to.endpoint, to.whom()),
        Upstream::AzureMonitor(azure) => {
            format!("{} ({})", parts::endpoints(&azure.otlp), azure.credential.name())
        }
    }
}

/// The environment that points agents here.
fn agents(address: SocketAddr, receive: &config::Receive) -> String {
    let host = if address.ip().is_unspecified() { "HOST".to_owned() } else { address.ip().to_string() };
    let base = receive.base_paths.first().map_or("", |base| base.trim_matches('/'));
    let slash = if base.is_empty() { "" } else { "/" };
    let url = format!("http://{host}:{}{slash}{base}", address.port());
    let token = match receive.tokens.is_empty() {
        true => "",
        false => "  all of them  OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20TOKEN\n",
    };
    format!(
        "point agents at it:\n{token}\
         \x20 Claude Code  CLAUDE_CODE_ENABLE_TELEMETRY=1 OTEL_LOGS_EXPORTER=otlp OTEL_METRICS_EXPORTER=otlp \\\n\
         \x20              OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_ENDPOINT={url}\n\
         \x20 Copilot      COPILOT_OTEL_ENABLED=true OTEL_EXPORTER_OTLP_ENDPOINT={url}\n\
         \x20 Codex        codex -c 'otel.exporter={{otlp-http={{endpoint=\"{url}/v1/logs\",protocol=\"binary\"}}}}'\n"
    )
}

/// Makes a directory that only its owner can look into.
fn private_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
