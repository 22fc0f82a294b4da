//! In which form an upstream wants metrics: as they were received, or cumulative ones as deltas, and histograms
//! with explicit bounds as exponential ones.
//!
//! **Converted once, after the queue and before everything that may fail.** A batch that was read from the queue
//! is converted entry by entry, in the order the entries were taken; what is split, trimmed and sent, as often
//! as it takes, is what came out. So a request that is sent again is the same to the byte, halves of one that was
//! too large have the deltas of the whole, and a batch that is given up was counted all the same. Each
//! exporter has a state of its own, as it has a cursor: one that is an hour behind converts what it is sent,
//! when it is sent.
//!
//! Considered and not done: converting before the queue (one state for all, but then those who want metrics as
//! they were received have to be given a copy, and requests of one sender on two connections would have to be
//! put in order); converting in each try (the second would find nothing new).
//!
//! **Over a restart** the state is gone. Nothing is told twice by that where the points of a stream come
//! in order: what began before the oldest entry that still waited for this exporter may have been delivered in part, so
//! its first point is what the next is measured by, and one interval of it is missing. What began later, or at the last
//! point of its stream or after it, cannot have been delivered, and is told from its start. An entry that was delivered
//! and not yet acknowledged when the process ended comes again, as every entry may.
//!
//! **Several proxies** behind one address have to be given all of a stream each: route by sender, or let senders
//! make deltas themselves (`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta`).

use crate::otlp::{Delta, Turned};
use crate::queue::Entry;
use crate::signal::Signal;
use std::time::SystemTime;

/// In which temporality an upstream wants metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Temporality {
    /// As they were received.
    #[default]
    AsReceived,
    /// Cumulative points as what came since the one before.
    Delta,
}

/// Which histograms an upstream wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Histograms {
    /// As they were received.
    #[default]
    AsReceived,
    /// Exponential ones in place of those with explicit bounds, with an error: see
    /// [`Payload::make_exponential`](crate::otlp::Payload::make_exponential).
    Exponential,
}

/// In which form an upstream wants metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Form {
    /// Of sums and histograms.
    pub temporality: Temporality,
    /// Of histograms.
    pub histograms: Histograms,
}

/// Brings the metrics of one exporter into the form it wants.
pub(super) struct Former {
    delta: Option<Delta>,
    exponential: bool,
}

/// A batch after that.
pub(super) struct Formed {
    pub(super) former: Former,
    pub(super) entries: Vec<Entry>,
    pub(super) turned: Turned,
    /// Records in entries that cannot be read.
    pub(super) unread: usize,
}

impl Former {
    /// What makes of metrics what is wanted; `None`, if that is what was received. `since` is when the oldest
    /// entry that waits was taken.
    pub(super) fn new(form: Form, signal: Signal, since: Option<SystemTime>) -> Option<Self> {
        if form == Form::default() || signal != Signal::Metrics {
            return None;
        }
        let delta = || {
            let mut key = [0; 16];
            // Without randomness somebody could make two streams meet who knows this.
            let _ = getrandom::fill(&mut key);
            Delta::new(key, since.unwrap_or_else(SystemTime::now))
        };
        let delta = (form.temporality == Temporality::Delta).then(delta);
        Some(Self { delta, exponential: form.histograms == Histograms::Exponential })
    }

    /// Decodes, and encodes again: for a thread that may block. Entries with nothing left in them are taken out.
    pub(super) fn form(mut self, batch: &[Entry], now: SystemTime) -> Formed {
        let (mut entries, mut turned, mut unread) = (Vec::new(), Turned::default(), 0);
        for entry in batch {
            let Ok(mut payload) = entry.redacted.decode(entry.signal) else {
                unread += entry.records;
                continue;
            };
            if let Some(delta) = &mut self.delta {
                turned += payload.make_delta(delta, now);
            }
            if self.exponential {
                payload.make_exponential();
            }
            let records = payload.inner().records();
            if records > 0 {
                entries.push(Entry { redacted: payload.to_protobuf(), records, ..entry.clone() });
            }
        }
        Formed { former: self, entries, turned, unread }
    }
}
