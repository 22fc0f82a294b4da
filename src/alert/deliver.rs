//! From the records to one sink, until it has them.

use super::groups::Record;
use super::sink::{Sink, SinkError};
use super::{Clock, stored};
use crate::backoff::Backoff;
use crate::lane::{Batch, Reader};
use crate::limits;
use crate::telemetry::Metrics;
use std::sync::Arc;

/// One sink at work.
pub(super) struct Delivery<S> {
    pub(super) name: String,
    pub(super) sink: S,
    pub(super) records: Reader,
    pub(super) clock: Clock,
    pub(super) metrics: Arc<Metrics>,
    failing: bool,
    draining: bool,
}

impl<S: Sink> Delivery<S> {
    pub(super) const fn new(
        name: String,
        sink: S,
        records: Reader,
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { name, sink, records, clock, metrics, failing: false, draining: false }
    }

    /// Until there is nothing more.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.records.next(limits::ALERT_BATCH_BYTES, limits::ALERT_LINGER).await {
            self.settle(&batch).await;
            self.records.ack(&batch);
        }
    }

    /// Writes a batch, in as many pieces as it takes.
    async fn settle(&mut self, batch: &Batch) {
        let records: Vec<_> = batch.items.iter().filter_map(stored::read_record).collect();
        self.damaged(batch.damaged + (batch.items.len() - records.len()) as u64);
        let mut pieces = vec![records.as_slice()];
        while let Some(piece) = pieces.pop() {
            if piece.is_empty() || self.write(piece).await {
                continue;
            }
            let (front, back) = piece.split_at(piece.len() / 2);
            pieces.extend([back, front]);
        }
    }

    /// Tries until it is settled; `false`: in smaller pieces, please.
    async fn write(&mut self, records: &[Record]) -> bool {
        let mut backoff = Backoff::default();
        loop {
            match self.sink.write(records, (self.clock)()).await {
                Ok(()) => {
                    self.written(records);
                    return true;
                }
                Err(SinkError::Rejected(rejected)) => {
                    self.metrics.alerts(&self.name, "rejected", rejected);
                    tracing::error!(
                        sink = self.name,
                        rejected,
                        "the sink rejected alerts, and has the others"
                    );
                    self.written(records);
                    return true;
                }
                // One of them may be what the sink does not understand.
                Err(SinkError::TooLarge | SinkError::Refused(_)) if records.len() > 1 => return false,
                Err(error @ (SinkError::TooLarge | SinkError::Refused(_))) => {
                    let count = records.iter().map(Record::count).sum();
                    self.metrics.alerts(&self.name, "dropped", count);
                    tracing::error!(sink = self.name, %error, count, "dropped alerts: the sink will never take them");
                    return true;
                }
                Err(error @ SinkError::Retry { after, .. }) => {
                    self.note(error);
                    let wait = backoff.wait(after);
                    backoff.pause(wait, &mut self.draining, self.records.closed()).await;
                }
            }
        }
    }

    fn damaged(&self, entries: u64) {
        if entries > 0 {
            self.metrics.alerts(&self.name, "damaged", entries);
            tracing::error!(sink = self.name, entries, "alerts on the disk cannot be read: the rest goes on");
        }
    }

    fn written(&mut self, records: &[Record]) {
        self.metrics.alerts(&self.name, "written", records.iter().map(Record::count).sum());
        if std::mem::take(&mut self.failing) {
            tracing::info!(sink = self.name, "writing alerts again");
        }
    }

    /// One line when trouble begins: a line a try would bury everything else.
    fn note(&mut self, error: SinkError) {
        self.metrics.alerts(&self.name, "retried", 1);
        if !std::mem::replace(&mut self.failing, true) {
            tracing::error!(sink = self.name, %error, "alerts are held back: will try again until it works");
        }
    }
}
