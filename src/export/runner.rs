//! The loop every exporter runs in: take a batch, send it until it is settled, acknowledge it.
//!
//! An exporter only tries once and says how it went; when to try again, when to make a request smaller
//! and when to give up is decided here, once for all of them.
//!
//! While an upstream is in trouble one line is logged when it begins and one when it ends, and one when it turns
//! out that somebody has to put something right: a line a try would bury everything else. What was dropped
//! is always logged.
//!
//! Metrics are brought into the form an exporter wants first, once for each batch: see [`form`](super::form).
//!
//! A request that is too large is sent again as two of half the entries; an entry as two of half the
//! records; and of one record the longest contents are cut, until it fits or nothing is left to cut.

use super::form::{Formed, Former};
use super::shrink::{self, Smaller};
use super::{Config, Form, Retry};
use crate::backoff::Backoff;
use crate::otlp::Turned;
use crate::queue::{Batch, Consumer, Entry};
use crate::redact::Redacted;
use crate::signal::Signal;
use crate::telemetry::Metrics;
use crate::upstream::Failure;
use bytes::Bytes;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep};

/// Something that can be sent to.
pub(super) trait Export: Send + 'static {
    /// Sends a request once. After [`Sent::Retry`] the same is given again, and whatever the upstream has of it by
    /// then need not be sent twice.
    fn send(&mut self, request: &Request) -> impl Future<Output = Sent> + Send;

    /// What it did to requests by itself since this was asked last.
    fn tally(&mut self) -> Tally {
        Tally::default()
    }
}

/// What an exporter did to make requests fit, where it makes them itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Requests sent as two.
    pub(super) split: usize,
    /// Contents cut.
    pub(super) trimmed: usize,
}

/// One request for an upstream, of one signal.
pub(super) struct Request {
    pub(super) signal: Signal,
    pub(super) redacted: Redacted<Bytes>,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// The upstream has it, but for so many records.
    Done { rejected: u64 },
    /// It may work later; not before `after`, if the upstream said so.
    Retry { cause: Cause, after: Option<Duration> },
    /// It may work in smaller pieces.
    TooLarge,
    /// It will never work.
    Drop(Reason),
}

/// Why it may work later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Status(u16),
    Failed(Failure),
    NoToken,
    Unauthorized,
    Forbidden,
    NotThere,
    /// A status that somebody has to do something about, and what.
    Mistake(u16, &'static str),
    Write(std::io::ErrorKind),
}

impl Cause {
    /// Whether somebody has to put something right: the wait is ours then, nobody asked for it.
    const fn is_mistake(self) -> bool {
        matches!(self, Self::Forbidden | Self::NotThere | Self::Mistake(..))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => write!(f, "status {code}"),
            Self::Failed(failure) => failure.fmt(f),
            Self::NoToken => f.write_str("there is no access token"),
            Self::Unauthorized => f.write_str("status 401: the access token is not accepted"),
            Self::Forbidden => f.write_str(
                "status 403: give the identity the role Monitoring Metrics Publisher on the data collection \
                 rule; a new assignment takes up to half an hour",
            ),
            Self::NotThere => f.write_str(
                "status 404: there is no such data collection rule or stream: compare the URL with the rule's",
            ),
            Self::Mistake(code, advice) => write!(f, "status {code}: {advice}"),
            Self::Write(kind) => write!(f, "cannot write: {kind}"),
        }
    }
}

/// Why it was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Status(u16),
    TooLarge,
    GaveUp,
    Undecodable,
}

impl Reason {
    /// The metric label.
    const fn label(self) -> &'static str {
        match self {
            Self::Status(_) => "refused",
            Self::TooLarge => "too_large",
            Self::GaveUp => "gave_up",
            Self::Undecodable => "undecodable",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => write!(f, "refused with status {code}"),
            Self::TooLarge => f.write_str("one record is too large for the upstream, whatever is cut of it"),
            Self::GaveUp => f.write_str("the time to give up has passed"),
            Self::Undecodable => f.write_str("it cannot be decoded again: please report this"),
        }
    }
}

/// What happens to a request after it was sent for the last time.
enum Settled {
    Over,
    TooLarge,
}

/// One signal of one exporter.
pub(super) struct Runner<E> {
    name: String,
    exporter: E,
    consumer: Consumer,
    metrics: Arc<Metrics>,
    batching: super::Batching,
    retry: Retry,
    /// Makes of metrics what the upstream wants, if that is not what was received.
    former: Option<Former>,
    form: Form,
    /// Why the last try failed, if it did.
    failing: Option<Cause>,
    draining: bool,
}

impl<E: Export> Runner<E> {
    pub(super) fn new(config: &Config, exporter: E, consumer: Consumer, metrics: Arc<Metrics>) -> Self {
        let (name, batching, retry) = (config.name.clone(), config.batching, config.retry);
        let former = Former::new(config.form, consumer.signal(), consumer.oldest());
        let form = config.form;
        Self {
            name,
            exporter,
            consumer,
            metrics,
            batching,
            retry,
            former,
            form,
            failing: None,
            draining: false,
        }
    }

    /// Until the queue is closed and everything is settled.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.consumer.next(self.batching.max_bytes, self.batching.linger).await {
            self.settle(&batch).await;
            self.consumer.ack(&batch);
        }
    }

    /// Sends a batch, in as many pieces as it takes.
    async fn settle(&mut self, batch: &Batch) {
        let mut pieces = vec![self.form(batch).await];
        while let Some(piece) = pieces.pop() {
            if piece.is_empty() {
                continue;
            }
            if let Settled::TooLarge = self.settle_piece(batch.signal(), &piece).await {
                pieces.extend(self.smaller(piece).await);
            }
        }
    }

    /// The entries as the upstream wants them: none, if there is nothing left to send.
    async fn form(&mut self, batch: &Batch) -> Vec<Entry> {
        let entries = batch.entries().to_vec();
        let Some(former) = self.former.take() else { return entries };
        let (signal, now) = (batch.signal(), SystemTime::now());
        let records = records(&entries);
        match tokio::task::spawn_blocking(move || former.form(&entries, now)).await {
            Ok(Formed { former, entries, turned, unread }) => {
                self.former = Some(former);
                self.note_turned(turned);
                if unread > 0 {
                    self.drop_records(signal, unread, Reason::Undecodable);
                }
                entries
            }
            // A panic: the same bytes would bring it again. What was remembered is gone with it.
            Err(_) => {
                self.former = Former::new(self.form, signal, None);
                self.drop_records(signal, records, Reason::Undecodable);
                Vec::new()
            }
        }
    }

    fn note_turned(&self, turned: Turned) {
        let Turned { deltas, first, old, unusable, forgotten } = turned;
        for (outcome, points) in [
            ("delta", deltas),
            ("first", first),
            ("old", old),
            ("unusable", unusable),
            ("forgotten", forgotten),
        ] {
            self.metrics.delta_points(&self.name, outcome, points);
        }
    }

    /// The same in smaller pieces, the last first; nothing, if there are none.
    async fn smaller(&self, mut piece: Vec<Entry>) -> Vec<Vec<Entry>> {
        if piece.len() > 1 {
            self.metrics.export(&self.name, "split");
            let back = piece.split_off(piece.len() / 2);
            return vec![back, piece];
        }
        let Some(one) = piece.pop() else { return Vec::new() };
        let (signal, records) = (one.signal, one.records);
        match tokio::task::spawn_blocking(move || shrink::smaller(&one)).await {
            Ok(Smaller::Halves([front, back])) => {
                self.metrics.export(&self.name, "split");
                vec![vec![back], vec![front]]
            }
            Ok(Smaller::Trimmed(one, values)) => {
                self.metrics.trimmed(&self.name, values);
                tracing::warn!(exporter = self.name, %signal, values, "cut contents of a record that is too large");
                vec![vec![one]]
            }
            Ok(Smaller::Never) | Err(_) => {
                self.drop_records(signal, records, Reason::TooLarge);
                Vec::new()
            }
        }
    }

    async fn settle_piece(&mut self, signal: Signal, entries: &[Entry]) -> Settled {
        let request = request(signal, entries);
        let mut backoff = Backoff::new(self.retry.first, self.retry.longest);
        let begun = Instant::now();
        loop {
            let sent = self.exporter.send(&request).await;
            self.note_tally();
            match sent {
                Sent::Done { rejected } => return self.done(signal, entries, rejected),
                Sent::TooLarge => return Settled::TooLarge,
                Sent::Drop(reason) => return self.give_up(signal, entries, reason),
                Sent::Retry { cause, after } => {
                    self.note_trouble(signal, cause);
                    let (wait, asked) = (backoff.wait(after), after.is_some() && !cause.is_mistake());
                    if self.retry.give_up_after.is_some_and(|limit| begun.elapsed() + wait > limit) {
                        return self.give_up(signal, entries, Reason::GaveUp);
                    }
                    match asked {
                        // The upstream asked for this wait itself.
                        true => sleep(wait).await,
                        false => backoff.pause(wait, &mut self.draining, self.consumer.closed()).await,
                    }
                }
            }
        }
    }

    fn note_tally(&mut self) {
        let Tally { split, trimmed } = self.exporter.tally();
        for _ in 0..split {
            self.metrics.export(&self.name, "split");
        }
        if trimmed > 0 {
            self.metrics.trimmed(&self.name, trimmed);
        }
    }

    fn done(&mut self, signal: Signal, entries: &[Entry], rejected: u64) -> Settled {
        self.metrics.export(&self.name, "ok");
        let rejected = rejected.min(records(entries) as u64);
        if rejected > 0 {
            self.metrics.export_rejected(&self.name, rejected);
            tracing::warn!(exporter = self.name, %signal, rejected, "the upstream rejected records");
        }
        if self.failing.take().is_some() {
            tracing::info!(exporter = self.name, %signal, "exporting again");
        }
        Settled::Over
    }

    fn note_trouble(&mut self, signal: Signal, cause: Cause) {
        self.metrics.export(&self.name, "retried");
        let before = self.failing.replace(cause);
        if before.is_none() || (cause.is_mistake() && before != Some(cause)) {
            tracing::warn!(exporter = self.name, %signal, %cause, "cannot export: trying again");
        }
    }

    fn give_up(&mut self, signal: Signal, entries: &[Entry], reason: Reason) -> Settled {
        self.drop_records(signal, records(entries), reason);
        Settled::Over
    }

    fn drop_records(&self, signal: Signal, records: usize, reason: Reason) {
        self.metrics.export(&self.name, "dropped");
        self.metrics.export_dropped(&self.name, reason.label(), records);
        tracing::error!(exporter = self.name, %signal, %reason, records, "dropped accepted records");
    }
}

fn request(signal: Signal, entries: &[Entry]) -> Request {
    let parts: Vec<_> = entries.iter().map(|entry| entry.redacted.clone()).collect();
    Request { signal, redacted: Redacted::concat(&parts) }
}

fn records(entries: &[Entry]) -> usize {
    entries.iter().map(|entry| entry.records).sum()
}
