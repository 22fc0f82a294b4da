//! What was redacted and not yet exported: on disk, one lane a signal, one cursor an exporter.
//!
//! **Promise.** What [`Queue::push`] took is where the [`Durability`] says it is, and is kept until every
//! exporter has acknowledged it, over restarts and crashes; nothing that was taken is ever dropped here to
//! make room. When there is no room, or the disk does not take it, `push` says so and the sender keeps
//! what it has. Only what was redacted gets in:
//!
//! ```compile_fail,E0308
//! use blackbar::{principal::Principal, queue::Entry, signal::Signal};
//! let received = bytes::Bytes::from_static(b"not redacted");
//! Entry { signal: Signal::Logs, principal: Principal::anonymous(), redacted: received, records: 1 };
//! ```
//!
//! ```
//! use blackbar::{principal::Principal, queue::Entry, redact::Redacted, signal::Signal};
//! fn entry(redacted: Redacted<bytes::Bytes>) -> Entry {
//!     Entry { signal: Signal::Logs, principal: Principal::anonymous(), redacted, records: 1 }
//! }
//! ```
//!
//! **Bounded in bytes and age.** A request may have ten bytes or sixty megabytes: a bound on how many says
//! nothing about space. Each entry counts with its bytes and [`limits::QUEUE_ENTRY_BYTES`]. An entry into
//! an empty queue is always taken, or one bigger than the bound would be refused for ever. When the oldest
//! entry has waited for longer than the bound on age, nothing more is taken until it has left: by then
//! somebody should know.
//!
//! **Every exporter reads at its own speed.** Entries are stored once; an exporter has a cursor in each
//! lane, and space is free when the last cursor has passed. A slow exporter never holds back another's
//! delivery. It does, in the end, hold back acceptance: when its backlog fills the bound, `push` refuses,
//! for all. The other choice would be to drop the backlog of the slow one, and then what was
//! acknowledged would be lost without anybody having decided so. Operators who want that set a time
//! after which its exporter gives up, or take the exporter out: its backlog goes with it.
//!
//! **Fair between signals.** A consumer reads one lane, so no signal waits behind another, and order
//! within a signal is the order of arrival.
//!
//! **At least once.** [`Consumer::next`] gives the same batch, entry by entry, until it is acknowledged,
//! also to a later consumer of the same name. Retried requests are therefore identical to the byte, as
//! long as the batch is.
//!
//! Considered and not done: a queue for each exporter (space times exporters, and `push` into several of
//! them is not atomic); one lane for all signals (a dead endpoint for metrics would pin the files of all);
//! a way of its own for memory (it is the same lane on files that are in memory: one path, one set of
//! tests).

mod stored;

pub use crate::lane::{Backlog, Durability};

use crate::lane::{self, Lane, Settings};
use crate::limits;
use crate::principal::Principal;
use crate::redact::Redacted;
use crate::signal::{PerSignal, Signal};
use crate::telemetry::Metrics;
use bytes::Bytes;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// One redacted request.
#[derive(Clone)]
pub struct Entry {
    /// Its signal: its lane.
    pub signal: Signal,
    /// Who sent it, as authenticated. Part of the entry, so that it lives as long as the telemetry does.
    pub principal: Principal,
    /// The request in protobuf.
    pub redacted: Redacted<Bytes>,
    /// Spans, log records or data points in it.
    pub records: usize,
}

/// Why an entry was not taken. Nothing of it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// A bound is reached: worth a retry.
    #[error("the queue is full: come back in {} ms", retry_after.as_millis())]
    Full {
        /// Not before this has passed.
        retry_after: Duration,
    },
    /// The disk did not take it: worth a retry.
    #[error("the queue cannot be written: come back in {} ms", retry_after.as_millis())]
    Unwritten {
        /// Not before this has passed.
        retry_after: Duration,
    },
    /// The queue is being drained and takes nothing more.
    #[error("the queue is closed")]
    Closed,
}

/// Why a queue cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the queue in {}: {reason}", directory.display())]
pub struct OpenError {
    directory: PathBuf,
    #[source]
    reason: lane::OpenError,
}

/// How the queue is kept.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where, for a durability that needs a place. It is for one process.
    pub directory: PathBuf,
    /// What survives what.
    pub durability: Durability,
    /// The bound in bytes.
    pub max_bytes: usize,
    /// The bound in age, of the oldest entry.
    pub max_age: Duration,
}

impl Config {
    /// In memory, of at most so many bytes.
    #[must_use]
    pub fn in_memory(max_bytes: usize) -> Self {
        let (directory, durability) = (PathBuf::new(), Durability::Memory);
        Self { directory, durability, max_bytes, max_age: limits::QUEUE_AGE }
    }

    /// Files of a sixteenth of the queue: space is free in steps that are small beside it.
    fn segment_bytes(&self) -> u64 {
        (self.max_bytes as u64 / 16).clamp(limits::STORE_WORN_BYTES, limits::STORE_SEGMENT_BYTES)
    }
}

/// Consecutive entries of one signal, to be sent as one request and then acknowledged.
pub struct Batch {
    signal: Signal,
    lane: lane::Batch,
    entries: Vec<Entry>,
}

impl Batch {
    /// The signal of all of them.
    #[must_use]
    pub const fn signal(&self) -> Signal {
        self.signal
    }

    /// The entries, oldest first; at least one.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// The side where entries go in. Cheap to clone; all clones are one queue.
#[derive(Clone)]
pub struct Queue(Arc<Shared>);

struct Shared {
    lanes: PerSignal<Lane>,
    max_bytes: usize,
    max_age: Duration,
    exporters: Vec<String>,
    metrics: Arc<Metrics>,
    closed: AtomicBool,
    /// Held while it is looked whether there is room, until an entry counts.
    door: Mutex<()>,
}

impl Queue {
    /// Opens a queue with what it held, read by exporters of these names. A name that is new has to come
    /// what is held for others, and what is pushed before its exporter starts. Blocks: for start-up.
    ///
    /// # Errors
    /// [`OpenError`], if its directory cannot be used or its files are of a later release.
    pub fn open(config: &Config, exporters: Vec<String>, metrics: Arc<Metrics>) -> Result<Self, OpenError> {
        let lanes = PerSignal::try_from_fn(|signal| open_lane(config, signal, &exporters))?;
        let (max_bytes, max_age, closed) = (config.max_bytes, config.max_age, AtomicBool::new(false));
        let shared = Shared { lanes, max_bytes, max_age, exporters, metrics, closed, door: Mutex::default() };
        shared.gauge();
        Ok(Self(Arc::new(shared)))
    }

    /// Takes an entry for every exporter, or none of it; returns when it is kept. Waits for the disk, never
    /// for room.
    ///
    /// # Errors
    /// [`PushError`], if it was not taken.
    pub async fn push(&self, entry: Entry) -> Result<(), PushError> {
        let lane = self.0.lanes.of(entry.signal);
        let item = stored::encode(&entry);
        if self.0.exporters.is_empty() {
            return if self.is_closed() { Err(PushError::Closed) } else { Ok(()) };
        }
        let kept = {
            let _door = self.0.door.lock().unwrap_or_else(PoisonError::into_inner);
            if self.is_closed() {
                return Err(PushError::Closed);
            }
            if !self.0.has_room(item.cost()) {
                return Err(PushError::Full { retry_after: limits::QUEUE_RETRY_AFTER });
            }
            lane.push(item)
        };
        let kept = kept.await;
        self.0.gauge();
        kept.map_err(|_| {
            self.0.metrics.queue_unwritten.inc();
            PushError::Unwritten { retry_after: limits::QUEUE_RETRY_AFTER }
        })
    }

    /// The consumer of one signal for an exporter. `None` if the exporter is not one the queue was made
    /// for, or somebody reads in its name already.
    #[must_use]
    pub fn consumer(&self, exporter: &str, signal: Signal) -> Option<Consumer> {
        let at = self.0.exporters.iter().position(|name| name == exporter)?;
        let reader = self.0.lanes.of(signal).reader(at)?;
        Some(Consumer { shared: Arc::clone(&self.0), exporter: exporter.to_owned(), signal, reader })
    }

    /// Takes nothing more. Consumers get what is held, without lingering, and then `None`.
    pub fn close(&self) {
        let door = self.0.door.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.closed.store(true, Ordering::Release);
        drop(door);
        Signal::ALL.into_iter().for_each(|signal| self.0.lanes.of(signal).close());
    }

    fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Acquire)
    }

    /// Writes down how far exporters have come, so that nothing is sent again after a restart.
    pub async fn settle(&self) {
        for signal in Signal::ALL {
            self.0.lanes.of(signal).settle().await;
        }
    }

    /// What waits for an exporter, over all signals; nothing for an unknown one.
    #[must_use]
    pub fn backlog(&self, exporter: &str) -> Backlog {
        let at = self.0.exporters.iter().position(|name| name == exporter);
        at.map(|at| self.0.backlog(at)).unwrap_or_default()
    }

    /// Bytes held, over all lanes: what is measured against the bound.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.held()
    }

    /// Whether a request would be refused for want of room, as far as can be said without its size.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.held() >= self.0.max_bytes || self.0.is_old()
    }

    /// Tells metrics how old the backlogs are: time passes without an event.
    pub fn observe(&self) {
        self.0.gauge();
    }
}

fn open_lane(config: &Config, signal: Signal, exporters: &[String]) -> Result<Lane, OpenError> {
    let directory = config.directory.join(signal.name());
    let (durability, segment_bytes) = (config.durability, config.segment_bytes());
    let settings = Settings { directory: &directory, durability, segment_bytes };
    let opened = Lane::open(signal.name(), settings, exporters.to_vec());
    let (lane, noticed) = opened.map_err(|reason| OpenError { directory: directory.clone(), reason })?;
    tell(&noticed, signal, &directory);
    Ok(lane)
}

fn tell(noticed: &lane::Noticed, signal: Signal, directory: &Path) {
    for file in &noticed.aside {
        let directory = directory.display();
        tracing::error!(%signal, file, %directory, "a file of the queue is damaged: it was put aside, and the rest goes on");
    }
    for exporter in &noticed.strangers {
        tracing::warn!(%signal, exporter, "this exporter is not configured any more: what was kept for it is let go");
    }
}

/// The side where one exporter takes the entries of one signal out. Dropping it loses nothing.
pub struct Consumer {
    shared: Arc<Shared>,
    exporter: String,
    signal: Signal,
    reader: lane::Reader,
}

impl Consumer {
    /// The batch that was given and not acknowledged, if there is one. Otherwise waits for entries and
    /// gives as many as `max_bytes` of protobuf hold, at least one; it waits at most `linger` from the
    /// arrival of the oldest for more to come. `None` when the queue is closed and all was acknowledged.
    pub async fn next(&mut self, max_bytes: usize, linger: Duration) -> Option<Batch> {
        loop {
            let lane = self.reader.next(max_bytes, linger).await?;
            if lane.damaged > 0 {
                self.damaged(lane.damaged);
            }
            match lane.items.is_empty() {
                true => self.reader.ack(&lane),
                false => return Some(self.batch(lane)),
            }
        }
    }

    fn batch(&self, lane: lane::Batch) -> Batch {
        let entries = lane.items.iter().map(|item| stored::decode(item, self.signal)).collect();
        Batch { signal: self.signal, entries, lane }
    }

    fn damaged(&self, entries: u64) {
        let (exporter, signal) = (&self.exporter, self.signal);
        self.shared.metrics.queue_damaged(exporter, entries);
        self.shared.gauge();
        tracing::error!(exporter, %signal, entries, "entries of the queue are damaged: the rest goes on");
    }

    /// These entries are delivered: frees what every other exporter has acknowledged too. A batch that
    /// was acknowledged before is ignored.
    pub fn ack(&mut self, batch: &Batch) {
        self.reader.ack(&batch.lane);
        self.shared.gauge();
    }

    /// The signal of its entries.
    #[must_use]
    pub const fn signal(&self) -> Signal {
        self.signal
    }

    /// When the oldest entry that waits was taken; `None`, if none does.
    #[must_use]
    pub fn oldest(&self) -> Option<SystemTime> {
        let at = self.shared.exporters.iter().position(|name| *name == self.exporter)?;
        self.shared.lanes.of(self.signal).oldest(at)
    }

    /// Waits until the queue is closed.
    pub async fn closed(&self) {
        self.reader.closed().await;
    }
}

impl Shared {
    fn has_room(&self, cost: usize) -> bool {
        let (held, pending) = (self.held(), self.pending());
        if pending > 0 && pending.saturating_add(cost) > limits::QUEUE_PENDING_BYTES {
            // The disk is behind: what waits for it is in memory.
            return false;
        }
        held == 0 || (held.saturating_add(cost) <= self.max_bytes && !self.is_old())
    }

    fn is_old(&self) -> bool {
        (0..self.exporters.len()).any(|exporter| self.age(exporter) > self.max_age)
    }

    /// Bytes that are not on their way out of memory yet.
    fn pending(&self) -> usize {
        Signal::ALL.into_iter().map(|signal| self.lanes.of(signal).pending()).sum()
    }

    /// Bytes over all lanes, and being written.
    fn held(&self) -> usize {
        Signal::ALL.into_iter().map(|signal| self.lanes.of(signal).held()).sum()
    }

    fn backlog(&self, exporter: usize) -> Backlog {
        let backlogs = Signal::ALL.into_iter().map(|signal| self.lanes.of(signal).backlog(exporter));
        backlogs.fold(Backlog::default(), |sum, lane| Backlog {
            bytes: sum.bytes + lane.bytes,
            records: sum.records + lane.records,
        })
    }

    /// For how long the oldest entry has waited for an exporter.
    fn age(&self, exporter: usize) -> Duration {
        let oldest =
            Signal::ALL.into_iter().filter_map(|signal| self.lanes.of(signal).oldest(exporter)).min();
        oldest.and_then(|oldest| SystemTime::now().duration_since(oldest).ok()).unwrap_or_default()
    }

    fn gauge(&self) {
        for (at, exporter) in self.exporters.iter().enumerate() {
            self.metrics.queue(exporter, self.backlog(at).bytes, self.age(at));
        }
    }
}

#[cfg(test)]
mod tests;
