//! What was redacted and not yet exported: bounded memory, one lane a signal, one cursor an exporter.
//!
//! **Promise.** What [`Queue::push`] took is kept until every exporter has acknowledged it; nothing that
//! was taken is ever dropped here to make room. When there is no room, [`Queue::push`] says so at once
//! and the sender keeps what it has: it never waits. Only what was redacted gets in:
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
//! **Bounded in bytes.** A request may have ten bytes or sixty megabytes: a bound on how many says
//! nothing about memory. Each entry counts with its bytes and [`limits::QUEUE_ENTRY_BYTES`]. An entry
//! into an empty queue is always taken, or one bigger than the bound would be refused for ever.
//!
//! **Every exporter reads at its own speed.** Entries are stored once; an exporter has a cursor in each
//! lane, and memory is freed when the last cursor has passed. A slow exporter never holds back another's
//! delivery. It does, in the end, hold back acceptance: when its backlog fills the bound, `push` refuses,
//! for all. The other choice would be to drop the backlog of the slow one, and then what was
//! acknowledged would be lost without anybody having decided so. Operators who want that set a time
//! after which its exporter gives up.
//!
//! **Fair between signals.** A consumer reads one lane, so no signal waits behind another, and order
//! within a signal is the order of arrival.
//!
//! **At least once.** [`Consumer::next`] gives the same batch, entry by entry, until it is acknowledged,
//! also to a later consumer of the same name. Retried requests are therefore identical to the byte, as
//! long as the batch is.
//!
//! Considered and not done: a queue for each exporter (memory times exporters, and `push` into several
//! of them is not atomic); a channel (`tokio::sync::broadcast` drops for laggards, `mpsc` counts items
//! and has one reader); cursors made on first use (what came before would be missed).

mod lane;

use crate::limits;
use crate::principal::Principal;
use crate::redact::Redacted;
use crate::signal::{PerSignal, Signal};
use crate::telemetry::Metrics;
use bytes::Bytes;
use lane::{Lane, Look};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

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

impl Entry {
    /// Bytes it counts for.
    fn cost(&self) -> usize {
        self.redacted.bytes().len().saturating_add(limits::QUEUE_ENTRY_BYTES)
    }
}

/// Why an entry was not taken. Nothing of it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The bound is reached: worth a retry.
    #[error("the queue is full: come back in {} ms", retry_after.as_millis())]
    Full {
        /// Not before this has passed.
        retry_after: Duration,
    },
    /// The queue is being drained and takes nothing more.
    #[error("the queue is closed")]
    Closed,
}

/// What waits for one exporter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Bytes, as they count against the bound.
    pub bytes: usize,
    /// Spans, log records and data points.
    pub records: usize,
}

/// Consecutive entries of one signal, to be sent as one request and then acknowledged.
pub struct Batch {
    signal: Signal,
    first: u64,
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
    bound: usize,
    exporters: Vec<String>,
    metrics: Arc<Metrics>,
    state: Mutex<State>,
    /// A lane got an entry, or the queue was closed.
    arrived: PerSignal<Notify>,
    /// The queue was closed, or memory was freed.
    changed: Notify,
}

struct State {
    lanes: PerSignal<Lane>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    /// A queue of at most `bound` bytes, read by exporters of these names. Each name has its cursors
    /// from the beginning, so that what is pushed before its exporter starts is not missed.
    #[must_use]
    pub fn new(bound: usize, exporters: Vec<String>, metrics: Arc<Metrics>) -> Self {
        let lane = || Lane::new(exporters.len());
        let lanes = PerSignal { traces: lane(), metrics: lane(), logs: lane() };
        let state = Mutex::new(State { lanes, bytes: 0, closed: false });
        let (arrived, changed) = (PerSignal::default(), Notify::new());
        Self(Arc::new(Shared { bound, exporters, metrics, state, arrived, changed }))
    }

    /// Takes an entry for every exporter, or none of it. Never waits.
    ///
    /// # Errors
    /// [`PushError`], if it was not taken.
    pub fn push(&self, entry: Entry) -> Result<(), PushError> {
        let signal = entry.signal;
        let mut state = self.0.lock();
        if state.closed {
            return Err(PushError::Closed);
        }
        let after = state.bytes.saturating_add(entry.cost());
        if after > self.0.bound && state.bytes > 0 {
            return Err(PushError::Full { retry_after: limits::QUEUE_RETRY_AFTER });
        }
        // Without an exporter the lane frees it at once: nobody is owed it.
        state.bytes = after.saturating_sub(state.lanes.of_mut(signal).push(entry, Instant::now()));
        self.0.gauge(&state);
        drop(state);
        self.0.arrived.of(signal).notify_waiters();
        Ok(())
    }

    /// The consumer of one signal for an exporter. `None` if the exporter is not one the queue was made
    /// for, or somebody reads in its name already.
    #[must_use]
    pub fn consumer(&self, exporter: &str, signal: Signal) -> Option<Consumer> {
        let cursor = self.0.exporters.iter().position(|name| name == exporter)?;
        let attached = self.0.lock().lanes.of_mut(signal).attach(cursor);
        attached.then(|| Consumer { shared: Arc::clone(&self.0), cursor, signal })
    }

    /// Takes nothing more. Consumers get what is held, without lingering, and then `None`.
    pub fn close(&self) {
        self.0.lock().closed = true;
        for signal in Signal::ALL {
            self.0.arrived.of(signal).notify_waiters();
        }
        self.0.changed.notify_waiters();
    }

    /// Waits until the queue is closed and every exporter has acknowledged everything.
    pub async fn drained(&self) {
        self.0.until(|state| state.closed && state.bytes == 0).await;
    }

    /// What waits for an exporter, over all signals; nothing for an unknown one.
    #[must_use]
    pub fn backlog(&self, exporter: &str) -> Backlog {
        let cursor = self.0.exporters.iter().position(|name| name == exporter);
        cursor.map(|cursor| self.0.lock().backlog(cursor)).unwrap_or_default()
    }

    /// Bytes held, over all lanes: what is measured against the bound.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.lock().bytes
    }
}

/// The side where one exporter takes the entries of one signal out. Dropping it loses nothing.
pub struct Consumer {
    shared: Arc<Shared>,
    cursor: usize,
    signal: Signal,
}

impl Consumer {
    /// The batch that was given and not acknowledged, if there is one. Otherwise waits for entries and
    /// gives as many as `max_bytes` of protobuf hold, at least one; it waits at most `linger` from the
    /// arrival of the oldest for more to come. `None` when the queue is closed and all was acknowledged.
    pub async fn next(&mut self, max_bytes: usize, linger: Duration) -> Option<Batch> {
        let shared = Arc::clone(&self.shared);
        loop {
            // Registered before looking: what arrives in between is not missed.
            let arrived = shared.arrived.of(self.signal).notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            match self.look(max_bytes, linger, Instant::now()) {
                Look::Ready { first, entries } => {
                    return Some(Batch { signal: self.signal, first, entries });
                }
                Look::Ended => return None,
                Look::Wait { until: None } => arrived.await,
                Look::Wait { until: Some(until) } => {
                    let _ = tokio::time::timeout_at(until, arrived).await;
                }
            }
        }
    }

    /// These entries are delivered: frees what every other exporter has acknowledged too. A batch that
    /// was acknowledged before is ignored.
    pub fn ack(&mut self, batch: Batch) {
        let mut state = self.shared.lock();
        let freed = state.lanes.of_mut(batch.signal).ack(self.cursor, batch.first, batch.entries.len());
        state.bytes = state.bytes.saturating_sub(freed);
        self.shared.gauge(&state);
        drop(state);
        self.shared.changed.notify_waiters();
    }

    /// Waits until the queue is closed.
    pub async fn closed(&self) {
        self.shared.until(|state| state.closed).await;
    }

    fn look(&mut self, max_bytes: usize, linger: Duration, now: Instant) -> Look {
        let mut state = self.shared.lock();
        let linger = if state.closed { None } else { Some(linger) };
        state.lanes.of_mut(self.signal).look(self.cursor, max_bytes, linger, now)
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.shared.lock().lanes.of_mut(self.signal).detach(self.cursor);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gauge(&self, state: &State) {
        for (cursor, exporter) in self.exporters.iter().enumerate() {
            self.metrics.queue_bytes(exporter, state.backlog(cursor).bytes);
        }
    }

    async fn until(&self, true_of: impl Fn(&State) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if true_of(&self.lock()) {
                return;
            }
            changed.await;
        }
    }
}

impl State {
    fn backlog(&self, cursor: usize) -> Backlog {
        Signal::ALL.into_iter().map(|signal| self.lanes.of(signal).backlog(cursor)).fold(
            Backlog::default(),
            |sum, lane| Backlog { bytes: sum.bytes + lane.bytes, records: sum.records + lane.records },
        )
    }
}

#[cfg(test)]
mod tests;
