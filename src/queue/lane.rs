//! The entries of one signal, and how far each exporter has come. Plain data: no lock, no clock.

use super::{Backlog, Entry};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// What a cursor sees ahead of it.
pub(super) enum Look {
    /// Entries to send, and the number of the first of them.
    Ready { first: u64, entries: Vec<Entry> },
    /// Nothing to send yet: wait for an arrival, or until then.
    Wait { until: Option<Instant> },
    /// Closed, and nothing left.
    Ended,
}

pub(super) struct Lane {
    held: VecDeque<Held>,
    /// The number of the oldest held entry. Entries are numbered from zero as they arrive.
    first: u64,
    cursors: Vec<Cursor>,
}

struct Held {
    entry: Entry,
    arrived: Instant,
}

#[derive(Clone, Default)]
struct Cursor {
    /// The number of the oldest entry that was not acknowledged.
    at: u64,
    /// How many entries from there were given out, and may be being sent.
    given: usize,
    backlog: Backlog,
    attached: bool,
}

impl Lane {
    pub(super) fn new(cursors: usize) -> Self {
        Self { held: VecDeque::new(), first: 0, cursors: vec![Cursor::default(); cursors] }
    }

    /// Appends an entry. Gives back the bytes that are free again at once.
    pub(super) fn push(&mut self, entry: Entry, now: Instant) -> usize {
        for cursor in &mut self.cursors {
            cursor.backlog.bytes += entry.cost();
            cursor.backlog.records += entry.records;
        }
        self.held.push_back(Held { entry, arrived: now });
        self.free()
    }

    /// What a cursor can send now. No `linger` means that nothing more will come.
    pub(super) fn look(
        &mut self,
        cursor: usize,
        max_bytes: usize,
        linger: Option<Duration>,
        now: Instant,
    ) -> Look {
        let Some(cursor) = self.cursors.get_mut(cursor) else { return Look::Ended };
        let skip = usize::try_from(cursor.at.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let Some(oldest) = self.held.get(skip) else {
            return if linger.is_some() { Look::Wait { until: None } } else { Look::Ended };
        };
        let ripe = linger.map_or(now, |linger| oldest.arrived + linger);
        if cursor.given == 0 && ripe > now && cursor.backlog.bytes < max_bytes {
            return Look::Wait { until: Some(ripe) };
        }
        let ahead = self.held.range(skip..).map(|held| &held.entry);
        if cursor.given == 0 {
            cursor.given = fitting(ahead.clone(), max_bytes);
        }
        Look::Ready { first: cursor.at, entries: ahead.take(cursor.given).cloned().collect() }
    }

    /// Moves a cursor past what it was given. Gives back the bytes this freed.
    pub(super) fn ack(&mut self, cursor: usize, first: u64, count: usize) -> usize {
        let Some(cursor) = self.cursors.get_mut(cursor) else { return 0 };
        if cursor.at != first || cursor.given != count {
            return 0;
        }
        let skip = usize::try_from(first.saturating_sub(self.first)).unwrap_or(usize::MAX);
        for held in self.held.iter().skip(skip).take(count) {
            cursor.backlog.bytes -= held.entry.cost();
            cursor.backlog.records -= held.entry.records;
        }
        cursor.at += count as u64;
        cursor.given = 0;
        self.free()
    }

    pub(super) fn attach(&mut self, cursor: usize) -> bool {
        self.cursors.get_mut(cursor).is_some_and(|cursor| !std::mem::replace(&mut cursor.attached, true))
    }

    pub(super) fn detach(&mut self, cursor: usize) {
        if let Some(cursor) = self.cursors.get_mut(cursor) {
            cursor.attached = false;
        }
    }

    pub(super) fn backlog(&self, cursor: usize) -> Backlog {
        self.cursors.get(cursor).map(|cursor| cursor.backlog).unwrap_or_default()
    }

    /// Lets go of what every cursor has passed.
    fn free(&mut self) -> usize {
        let slowest = self.cursors.iter().map(|cursor| cursor.at).min().unwrap_or(u64::MAX);
        let mut freed = 0;
        while self.first < slowest {
            let Some(held) = self.held.pop_front() else { break };
            freed += held.entry.cost();
            self.first += 1;
        }
        freed
    }
}

/// How many entries fit: at least one.
fn fitting<'a>(entries: impl Iterator<Item = &'a Entry>, max_bytes: usize) -> usize {
    let mut bytes = 0_usize;
    let fit = entries.take_while(|entry| {
        bytes = bytes.saturating_add(entry.redacted.bytes().len());
        bytes <= max_bytes
    });
    fit.count().max(1)
}
