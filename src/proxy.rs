//! The inline path of one request: process it, tell of what was found, queue what is clean.
//!
//! The order is the promise. A request is decoded and redacted before anything of it is kept; it is
//! queued before people are told of what it held, because an alert about telemetry that was refused
//! would be raised again by the retry; and it is acknowledged last.
//!
//! Scanning is CPU work: as many requests are processed at once as there are cores, large ones on
//! blocking threads so that sockets are served meanwhile. A panic refuses the one request it was
//! raised by. The bytes would raise it again, so the refusal is one that is not retried.
//!
//! Rules change while requests are on their way. What judges them ([`Mind`]: scanner, policy, and all that
//! was learned with them) is replaced whole, and a request keeps the one it began with until people are
//! told of it: the number of a rule means nothing to another ruleset.

use crate::alert::{self, Alert, Alerts};
use crate::attribution::Origin;
use crate::limits;
use crate::otlp::{DecodeError, Payload};
use crate::pipeline::{self, Blank, Detection};
use crate::policy::Policy;
use crate::principal::Principal;
use crate::queue::{Entry, PushError, Queue};
use crate::redact::{Redacted, Redactor};
use crate::rule::{Action, Confidence, RuleIndex};
use crate::scan::Scanner;
use crate::signal::Signal;
use crate::telemetry::Metrics;
use bytes::Bytes;
use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How a request is encoded; the answer is encoded the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`, or gRPC.
    Protobuf,
    /// `application/json`.
    Json,
}

/// One authenticated, inflated, bounded request.
pub struct Received {
    /// Who sent it.
    pub principal: Principal,
    /// From the path or method it was sent to.
    pub signal: Signal,
    /// From its content type.
    pub encoding: Encoding,
    /// The body, inflated.
    pub body: Bytes,
}

/// It is ours now: redacted, and queued for every exporter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Records a rule or limit took out; told to the sender as `partial_success`.
    pub rejected: u64,
}

/// It is not ours, and nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The sender's fault; the same bytes will be refused again.
    #[error("{0}")]
    Malformed(#[from] DecodeError),
    /// No room; worth a retry.
    #[error("busy: come back in {} ms", retry_after.as_millis())]
    Busy {
        /// Not before this has passed.
        retry_after: Duration,
    },
    /// We are stopping, or not ready; worth a retry, elsewhere or later.
    #[error("not taking requests")]
    Unavailable,
    /// Our fault. Nothing was passed on.
    #[error("the request could not be processed")]
    Internal,
}

/// Where receivers hand requests in.
pub trait Line: Send + Sync + 'static {
    /// Takes one request. When this answers [`Accepted`], what was clean in it is queued.
    fn take(&self, received: Received) -> impl Future<Output = Result<Accepted, Refusal>> + Send;
}

/// What the line is made of.
pub struct Parts {
    /// Finds.
    pub scanner: Arc<Scanner>,
    /// Decides.
    pub policy: Arc<Policy>,
    /// Takes what is clean.
    pub queue: Queue,
    /// Is told of what was found.
    pub alerts: Alerts,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Resource attributes that are set on everything, key and value: the operator's own.
    pub resource: Vec<(String, String)>,
}

/// The line itself. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Proxy(Arc<Inner>);

struct Inner {
    /// What judges the requests that begin now.
    mind: RwLock<Arc<Mind>>,
    queue: Queue,
    alerts: Alerts,
    metrics: Arc<Metrics>,
    resource: Vec<(String, String)>,
    cores: Semaphore,
    /// Requests that are being kept, also of senders that hung up.
    keeping: Arc<Semaphore>,
}

/// What requests are judged by, and everything that was learned by it: one ruleset, and nothing of another.
struct Mind {
    scanner: Arc<Scanner>,
    policy: Arc<Policy>,
    /// Id and name of every rule, shared by all alerts of it.
    names: Vec<(Arc<str>, Arc<str>)>,
    /// Redactors that are not at work: as many as requests were ever processed at once.
    idle: Mutex<Vec<Redactor>>,
}

/// Rules that were replaced. Requests that began with them may still hold them.
pub struct Replaced(Arc<Mind>);

/// More than there are connections and streams.
const KEEPING: u32 = 1 << 20;

/// As what, and by whom, a request was sent.
struct Sent {
    signal: Signal,
    principal: Principal,
}

/// A request that was processed, and is not ours yet.
struct Cleaned {
    from: Sent,
    /// Whose rules the detections are of.
    mind: Arc<Mind>,
    redacted: Redacted<Bytes>,
    records: usize,
    rejected: u64,
    detections: Vec<Detection>,
    suppressed: HashMap<RuleIndex, u64>,
    blanks: Vec<Blank>,
}

impl Cleaned {
    /// What of it is to be queued.
    fn entry(&self) -> Option<Entry> {
        let Sent { signal, principal } = &self.from;
        let (redacted, records) = (self.redacted.clone(), self.records);
        let entry = Entry { signal: *signal, principal: principal.clone(), redacted, records };
        (!entry.redacted.bytes().is_empty()).then_some(entry)
    }
}

impl Proxy {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let keeping = Arc::new(Semaphore::new(KEEPING as usize));
        let Parts { scanner, policy, queue, alerts, metrics, resource } = parts;
        let mind = RwLock::new(Arc::new(Mind::new(scanner, policy)));
        let cores = Semaphore::new(cores);
        Self(Arc::new(Inner { mind, queue, alerts, metrics, resource, cores, keeping }))
    }
}

impl Proxy {
    /// From now on requests are judged by these. Those that have begun keep what they began with.
    pub fn judge_by(&self, scanner: Arc<Scanner>, policy: Arc<Policy>) -> Replaced {
        let mut mind = Arc::new(Mind::new(scanner, policy));
        std::mem::swap(&mut mind, &mut *self.0.mind.write().unwrap_or_else(PoisonError::into_inner));
        Replaced(mind)
    }

    /// Waits until every request that was processed is kept and told, also of senders that hung up.
    pub async fn kept(&self) {
        let _ = self.0.keeping.acquire_many(KEEPING).await;
    }
}

impl Line for Proxy {
    async fn take(&self, received: Received) -> Result<Accepted, Refusal> {
        let signal = received.signal;
        let answer = self.process(received).await;
        let outcome = match &answer {
            Ok(Accepted { rejected: 0 }) => "accepted",
            Ok(_) => "partial",
            Err(refusal) => refusal.name(),
        };
        self.0.metrics.request(signal, outcome);
        answer
    }
}

impl Proxy {
    async fn process(&self, received: Received) -> Result<Accepted, Refusal> {
        let cleaned = self.clean(received).await?;
        // A task of its own: a sender that hangs up now has its entry kept, and people have to be told of it.
        let place = Arc::clone(&self.0.keeping).acquire_owned().await.map_err(|_| Refusal::Unavailable)?;
        let inner = Arc::clone(&self.0);
        let kept = tokio::spawn(async move {
            let kept = inner.keep(cleaned).await;
            drop(place);
            kept
        })
        .await;
        kept.unwrap_or(Err(Refusal::Internal))
    }

    /// The CPU's share of it. Whoever waits for the disk afterwards keeps no core from others.
    async fn clean(&self, received: Received) -> Result<Cleaned, Refusal> {
        let _core = self.0.cores.acquire().await.map_err(|_| Refusal::Unavailable)?;
        let inner = Arc::clone(&self.0);
        if received.body.len() <= limits::INLINE_BYTES {
            return inner.guarded(&received);
        }
        let cleaned = tokio::task::spawn_blocking(move || inner.guarded(&received)).await;
        cleaned.unwrap_or(Err(Refusal::Internal))
    }
}

impl Inner {
    async fn keep(self: Arc<Self>, cleaned: Cleaned) -> Result<Accepted, Refusal> {
        let accepted = Accepted { rejected: cleaned.rejected };
        if let Some(entry) = cleaned.entry() {
            self.queue.push(entry).await?;
        }
        self.tell(cleaned).await;
        Ok(accepted)
    }

    /// Processes a request; a panic is a refusal. The redactor it happened in is not used again.
    fn guarded(&self, received: &Received) -> Result<Cleaned, Refusal> {
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| self.one(received)));
        result.unwrap_or_else(|_| {
            self.metrics.panics.inc();
            tracing::error!(signal = received.signal.name(), "a request made the scanner panic: refused");
            Err(Refusal::Internal)
        })
    }

    fn one(&self, received: &Received) -> Result<Cleaned, Refusal> {
        let payload = match received.encoding {
            Encoding::Protobuf => Payload::from_protobuf(received.signal, &received.body),
            Encoding::Json => Payload::from_json(received.signal, &received.body),
        }?;
        let mind = self.mind();
        let mut redactor = mind.redactor();
        let mut processed = pipeline::process(payload, &mut redactor);
        mind.retire(redactor);
        for (key, value) in &self.resource {
            processed.payload.upsert_resource_attribute(key, value);
        }
        self.metrics.received(received.signal, received.body.len(), processed.received);
        let (records, redacted) = (processed.payload.inner().records(), processed.payload.to_protobuf());
        Ok(Cleaned {
            from: Sent { signal: received.signal, principal: received.principal.clone() },
            mind,
            redacted,
            records,
            rejected: processed.dropped as u64,
            detections: processed.detections,
            suppressed: processed.suppressed,
            blanks: processed.blanks,
        })
    }

    async fn tell(&self, cleaned: Cleaned) {
        let Cleaned { from, mind, detections, blanks, suppressed, .. } = cleaned;
        for (rule, count) in suppressed {
            if let Some((id, _)) = mind.names.get(usize::from(rule.0)) {
                self.metrics.findings(id, "suppressed", count);
            }
        }
        let alerts = detections.into_iter().filter_map(|detection| mind.alert(&from, detection));
        let mut alerts: Vec<Alert> = alerts.collect();
        for alert in &alerts {
            self.metrics.findings(&alert.rule, alert.action.name(), alert.count);
        }
        for blank in &blanks {
            self.metrics.unscanned(blank.limit, blank.count);
        }
        alerts.extend(blanks.into_iter().map(|blank| unscanned(&from, blank)));
        // The disk may take its time, and rules that were replaced need not wait for it.
        drop(mind);
        self.alerts.raise(alerts).await;
    }

    fn mind(&self) -> Arc<Mind> {
        Arc::clone(&self.mind.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Mind {
    fn new(scanner: Arc<Scanner>, policy: Arc<Policy>) -> Self {
        let rules = scanner.ruleset().rules();
        let names = rules.map(|(_, rule)| (Arc::from(&*rule.id), Arc::from(&*rule.name))).collect();
        Self { scanner, policy, names, idle: Mutex::default() }
    }

    /// What people are told of a detection: the rule's words, the record's claims, and who sent it.
    fn alert(&self, from: &Sent, detection: Detection) -> Option<Alert> {
        let rule = self.scanner.ruleset().rule(detection.rule)?;
        let (id, name) = self.names.get(usize::from(detection.rule.0))?;
        let (key, key_before) = self.policy.key_ids(detection.rule);
        Some(Alert {
            rule: Arc::clone(id),
            rule_name: Arc::clone(name),
            category: Some(rule.category),
            severity: rule.severity,
            confidence: detection.confidence,
            action: detection.action,
            path: detection.path.into(),
            fingerprint: Some(detection.tokens.now.as_str().into()),
            fingerprint_key: Some(key.into()),
            previous_fingerprint: detection.tokens.before.map(|token| token.as_str().into()),
            sealed: detection.sealed,
            previous_fingerprint_key: key_before.map(Arc::from),
            count: detection.count,
            records: detection.records,
            ..claimed(from, detection.origin)
        })
    }

    fn redactor(&self) -> Redactor {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| Redactor::new(self.scanner.clone(), self.policy.clone()))
    }

    fn retire(&self, mut redactor: Redactor) {
        redactor.shrink();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(redactor);
    }
}

impl Replaced {
    /// Whether no request is judged by them any more: what is dropped then takes nobody's time.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

/// What people are told of a value that could not be scanned.
fn unscanned(from: &Sent, blank: Blank) -> Alert {
    Alert {
        path: blank.path.into(),
        count: blank.count,
        records: blank.records,
        ..claimed(from, blank.origin)
    }
}

/// An alert with what a record claims of itself, and who sent it; of a value that could not be scanned, as
/// far as that goes.
fn claimed(from: &Sent, origin: Arc<Origin>) -> Alert {
    Alert {
        rule: alert::UNSCANNED_RULE.into(),
        rule_name: "A value was replaced unscanned: it is over a limit".into(),
        category: None,
        severity: alert::UNSCANNED_SEVERITY,
        confidence: Confidence::High,
        action: Action::Mask,
        signal: from.signal,
        path: "".into(),
        principal: from.principal.clone(),
        origin,
        fingerprint: None,
        fingerprint_key: None,
        previous_fingerprint: None,
        previous_fingerprint_key: None,
        sealed: None,
        count: 1,
        records: 1,
    }
}

impl From<PushError> for Refusal {
    fn from(refused: PushError) -> Self {
        match refused {
            PushError::Full { retry_after } | PushError::Unwritten { retry_after } => {
                Self::Busy { retry_after }
            }
            PushError::Closed => Self::Unavailable,
        }
    }
}

impl Refusal {
    /// For metrics.
    const fn name(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Busy { .. } => "busy",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}
