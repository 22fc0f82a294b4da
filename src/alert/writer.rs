//! From the table of groups to one sink.

use super::Clock;
use super::groups::{Groups, Record};
use super::sink::Sink;
use crate::backoff::Backoff;
use crate::telemetry::Metrics;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

/// What waits for one sink: filled by everybody, emptied by its writer.
pub(super) struct Desk {
    sink: &'static str,
    metrics: Arc<Metrics>,
    pile: Mutex<Pile>,
    /// The first group is there, or the last that fits, or there will be no more.
    changed: Notify,
}

#[derive(Default)]
struct Pile {
    groups: Groups,
    /// When the first group of the pile came.
    since: Option<Instant>,
    /// Alerts that were taken, and are not written yet.
    writing: u64,
    closed: bool,
}

enum Next {
    Write(Vec<Record>),
    Wait(Option<Instant>),
    Ended,
}

impl Desk {
    pub(super) fn new(sink: &'static str, metrics: Arc<Metrics>) -> Self {
        Self { sink, metrics, pile: Mutex::default(), changed: Notify::new() }
    }

    /// Merges these groups into those that wait. What there is no room for is dropped and counted.
    pub(super) fn put(&self, groups: &Groups) {
        let (dropped, wake) = self.lock().put(groups);
        self.count_dropped(dropped);
        if wake {
            self.changed.notify_waiters();
        }
    }

    /// The writer ends when it has written what is there.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_waiters();
    }

    /// Counts what was not written as dropped, and gives back how many that were.
    pub(super) fn give_up(&self) -> u64 {
        let mut pile = self.lock();
        let waiting = std::mem::take(&mut pile.groups).into_records();
        let waiting = waiting.iter().filter(|record| matches!(record, Record::Group(_)));
        let left = std::mem::take(&mut pile.writing) + waiting.map(Record::count).sum::<u64>();
        drop(pile);
        self.count_dropped(left);
        left
    }

    fn count_dropped(&self, count: u64) {
        if count > 0 {
            self.metrics.alerts(self.sink, "dropped", count);
        }
    }

    async fn next(&self, window: Duration) -> Option<Vec<Record>> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let next = self.lock().next(window, Instant::now());
            match next {
                Next::Write(records) => return Some(records),
                Next::Ended => return None,
                Next::Wait(None) => changed.await,
                Next::Wait(Some(until)) => {
                    let _ = timeout_at(until, changed).await;
                }
            }
        }
    }

    async fn closed(&self) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.lock().closed {
                return;
            }
            changed.await;
        }
    }

    fn written(&self) {
        let written = std::mem::take(&mut self.lock().writing);
        self.metrics.alerts(self.sink, "written", written);
    }

    fn lock(&self) -> MutexGuard<'_, Pile> {
        self.pile.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pile {
    /// How many alerts there was no room for, and whether the writer has to look.
    fn put(&mut self, groups: &Groups) -> (u64, bool) {
        if self.closed {
            return (groups.count(), false);
        }
        let dropped = self.groups.merge(groups);
        let first = self.since.is_none();
        self.since.get_or_insert_with(Instant::now);
        (dropped, first || self.groups.is_full())
    }

    fn next(&mut self, window: Duration, now: Instant) -> Next {
        let Some(since) = self.since else {
            return if self.closed { Next::Ended } else { Next::Wait(None) };
        };
        let due = since + window;
        if due > now && !self.closed && !self.groups.is_full() {
            return Next::Wait(Some(due));
        }
        self.since = None;
        let records = std::mem::take(&mut self.groups).into_records();
        let groups = records.iter().filter(|record| matches!(record, Record::Group(_)));
        self.writing = groups.map(Record::count).sum();
        Next::Write(records)
    }
}

/// Writes to one sink until it is closed.
pub(super) struct Writer<S> {
    sink: S,
    desk: Arc<Desk>,
    window: Duration,
    clock: Clock,
    draining: bool,
}

impl<S: Sink> Writer<S> {
    pub(super) const fn new(sink: S, desk: Arc<Desk>, window: Duration, clock: Clock) -> Self {
        Self { sink, desk, window, clock, draining: false }
    }

    pub(super) async fn run(mut self) {
        while let Some(records) = self.desk.next(self.window).await {
            self.write(&records).await;
            self.desk.written();
        }
    }

    /// Tries until it works: alerts that come meanwhile are merged.
    async fn write(&mut self, records: &[Record]) {
        let (name, mut backoff, mut tries) = (self.sink.name(), Backoff::default(), 0_u32);
        while let Err(error) = self.sink.write(records, (self.clock)()).await {
            if tries == 0 {
                tracing::error!(sink = name, %error, "alerts are held back: will try again until it works");
            }
            tries += 1;
            self.pause(&mut backoff).await;
        }
        if tries > 0 {
            tracing::info!(sink = name, tries, "writing alerts again");
        }
    }

    /// Waits for the next try. When the drain begins this ends at once, and the waits begin again with
    /// the shortest: there is no time to lose.
    async fn pause(&mut self, backoff: &mut Backoff) {
        let wait = backoff.wait(None);
        if self.draining {
            return sleep(wait).await;
        }
        tokio::select! {
            () = sleep(wait) => {}
            () = self.desk.closed() => {
                self.draining = true;
                backoff.reset();
            }
        }
    }
}
