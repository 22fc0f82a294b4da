//! How far each reader of a lane has come, in memory. Plain data: no lock, no clock, no file.

use super::segment::Chunk;
use super::store::{Found, Owed};
use super::{Backlog, Item};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// What a reader sees ahead of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Entries, from this number on; so many, if they were given out before.
    Ready { from: u64, given: Option<u64> },
    /// Nothing to send yet: wait for an arrival, or until then.
    Wait { until: Option<Instant> },
    /// Closed, and nothing left.
    Ended,
}

pub(super) struct State {
    next: u64,
    readers: Vec<Reader>,
    /// What was handed in and is not committed yet.
    pub(super) pending: usize,
    pub(super) closed: bool,
}

#[derive(Clone, Default)]
struct Reader {
    /// What it has to come, from the number of the oldest entry that was not acknowledged.
    owed: Owed,
    /// What was given out from there, and may be being sent.
    given: Option<Given>,
    attached: bool,
    /// Since when there is something for it.
    waiting: Option<Instant>,
}

#[derive(Clone, Copy)]
struct Given {
    count: u64,
    bytes: u64,
    records: u64,
}

impl State {
    pub(super) fn new(found: &Found, now: Instant) -> Self {
        let reader = |&owed: &Owed| Reader { owed, waiting: Some(now), ..Reader::default() };
        let readers = found.readers.iter().map(reader).collect();
        Self { next: found.next, readers, pending: 0, closed: false }
    }

    /// Entries were committed.
    pub(super) fn append(&mut self, items: &[Item], now: Instant, taken: SystemTime) {
        let bytes = items.iter().map(|item| item.cost() as u64).sum::<u64>();
        let records = items.iter().map(|item| item.records).sum::<u64>();
        for reader in &mut self.readers {
            if reader.owed.at == self.next {
                reader.waiting = Some(now);
                reader.owed.oldest = Some(taken);
            }
            reader.owed.bytes += bytes;
            reader.owed.records += records;
        }
        self.next += items.len() as u64;
    }

    /// What a reader can send now.
    pub(super) fn look(&self, reader: usize, max_bytes: usize, linger: Duration, now: Instant) -> Look {
        let Some(reader) = self.readers.get(reader) else { return Look::Ended };
        let from = reader.owed.at;
        if from >= self.next {
            let over = self.closed && self.pending == 0;
            return if over { Look::Ended } else { Look::Wait { until: None } };
        }
        let ripe = reader.waiting.map_or(now, |since| since + linger);
        if reader.given.is_none() && !self.closed && ripe > now && reader.owed.bytes < max_bytes as u64 {
            return Look::Wait { until: Some(ripe) };
        }
        Look::Ready { from, given: reader.given.map(|given| given.count) }
    }

    /// Entries were read for a reader, and are given out.
    pub(super) fn give(&mut self, reader: usize, from: u64, chunk: &Chunk) {
        let Some(reader) = self.readers.get_mut(reader).filter(|reader| reader.owed.at == from) else {
            return;
        };
        let records = chunk.items.iter().map(|item| item.records).sum();
        reader.given = Some(Given { count: chunk.count, bytes: chunk.bytes, records });
        reader.owed.oldest = chunk.oldest.or(reader.owed.oldest);
    }

    /// Moves a reader past what it was given. Says whether it did: what was acknowledged before is ignored.
    pub(super) fn ack(&mut self, reader: usize, first: u64, count: u64, now: Instant) -> bool {
        let next = self.next;
        let Some(reader) = self.readers.get_mut(reader) else { return false };
        let Some(given) = reader.given.filter(|given| given.count == count) else { return false };
        if reader.owed.at != first {
            return false;
        }
        reader.owed.bytes = reader.owed.bytes.saturating_sub(given.bytes);
        reader.owed.records = reader.owed.records.saturating_sub(given.records);
        reader.move_to(first + count, next, now);
        true
    }

    /// Moves a reader to a number before which there is nothing to be had. Says how many it passed.
    pub(super) fn skip(&mut self, reader: usize, to: u64, now: Instant) -> u64 {
        let next = self.next;
        let Some(reader) = self.readers.get_mut(reader) else { return 0 };
        let from = reader.owed.at;
        reader.move_to(to.clamp(from, next), next, now);
        reader.owed.at - from
    }

    pub(super) fn attach(&mut self, reader: usize) -> bool {
        self.readers.get_mut(reader).is_some_and(|reader| !std::mem::replace(&mut reader.attached, true))
    }

    pub(super) fn detach(&mut self, reader: usize) {
        if let Some(reader) = self.readers.get_mut(reader) {
            reader.attached = false;
        }
    }

    /// The number of each reader.
    pub(super) fn numbers(&self) -> Vec<u64> {
        self.readers.iter().map(|reader| reader.owed.at).collect()
    }

    pub(super) fn backlog(&self, reader: usize) -> Backlog {
        let count = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let backlog = |Owed { bytes, records, .. }| Backlog { bytes: count(bytes), records: count(records) };
        self.readers.get(reader).map(|reader| backlog(reader.owed)).unwrap_or_default()
    }

    pub(super) fn oldest(&self, reader: usize) -> Option<SystemTime> {
        let reader = self.readers.get(reader)?;
        reader.owed.oldest.filter(|_| reader.owed.at < self.next)
    }

    /// Bytes of the longest backlog, and what is about to be added to it.
    pub(super) fn held(&self) -> usize {
        let backlogs = (0..self.readers.len()).map(|reader| self.backlog(reader).bytes);
        backlogs.max().unwrap_or_default().saturating_add(self.pending)
    }
}

impl Reader {
    fn move_to(&mut self, at: u64, next: u64, now: Instant) {
        (self.owed.at, self.given, self.waiting) = (at, None, Some(now));
        if at >= next {
            // Damaged entries counted for something, and nobody can tell for how much.
            self.owed = Owed { at, ..Owed::default() };
        }
    }
}
