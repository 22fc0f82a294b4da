//! Alerts that say the same, counted.

use super::Alert;
use crate::limits;
use crate::rule::Confidence;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::time::SystemTime;

/// What a sink writes.
#[derive(Debug, Clone)]
pub enum Record {
    /// Findings that say the same.
    Group(Group),
    /// Alerts of which nothing more can be told.
    Dropped(Dropped),
}

/// Alerts that differ in nothing a reader acts on.
#[derive(Debug, Clone)]
pub struct Group {
    /// The first of them, with its trace and span; the confidence is the highest of all.
    pub alert: Alert,
    /// How many.
    pub count: u64,
    /// When the first was raised.
    pub first_seen: SystemTime,
    /// When the last was raised.
    pub last_seen: SystemTime,
}

/// Alerts there was no room for.
#[derive(Debug, Clone, Copy)]
pub struct Dropped {
    /// How many.
    pub count: u64,
    /// When the first was raised.
    pub first_seen: SystemTime,
    /// When the last was raised.
    pub last_seen: SystemTime,
}

impl Record {
    /// Findings it stands for.
    #[must_use]
    pub const fn count(&self) -> u64 {
        match self {
            Self::Group(group) => group.count,
            Self::Dropped(dropped) => dropped.count,
        }
    }
}

/// A bounded table of groups. Keys are hashed with a random key: senders choose what is in them.
#[derive(Default, Clone)]
pub(super) struct Groups {
    tallies: HashMap<Key, Tally>,
    dropped: Option<Dropped>,
}

/// An alert, equal to those it is merged with.
#[derive(Clone)]
struct Key(Alert);

#[derive(Clone, Copy)]
struct Tally {
    /// Position among the groups, as they came.
    number: usize,
    confidence: Confidence,
    count: u64,
    first_seen: SystemTime,
    last_seen: SystemTime,
}

impl Key {
    fn parts(&self) -> impl Hash + PartialEq + '_ {
        let Alert {
            rule, fingerprint, action, signal, path, agent, user, principal, session, service, ..
        } = &self.0;
        ((rule, fingerprint, action, signal, path), (agent, user, principal, session, service))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // What nearly always tells one from another; equality looks at the rest.
        let Alert { rule, fingerprint, path, .. } = &self.0;
        (rule, fingerprint, path).hash(state);
    }
}

impl Groups {
    /// Counts an alert, or drops it when it is unlike all others and the table is full.
    pub(super) fn add(&mut self, alert: Alert, now: SystemTime) {
        let Alert { confidence, count, .. } = alert;
        let tally = Tally { number: 0, confidence, count, first_seen: now, last_seen: now };
        self.insert(Key(alert), tally);
    }

    /// Adds all groups of another table, in their order. Gives back how many alerts had no room here.
    pub(super) fn merge(&mut self, other: &Self) -> u64 {
        let before = self.dropped_count();
        let mut tallies: Vec<_> = other.tallies.iter().collect();
        tallies.sort_unstable_by_key(|(_, tally)| tally.number);
        for (key, tally) in tallies {
            self.insert(key.clone(), *tally);
        }
        if let Some(dropped) = other.dropped {
            self.drop_more(dropped);
        }
        self.dropped_count() - before
    }

    fn insert(&mut self, key: Key, tally: Tally) {
        if let Some(there) = self.tallies.get_mut(&key) {
            there.merge(tally);
        } else if !self.is_full() {
            let number = self.tallies.len();
            self.tallies.insert(key, Tally { number, ..tally });
        } else {
            let Tally { count, first_seen, last_seen, .. } = tally;
            self.drop_more(Dropped { count, first_seen, last_seen });
        }
    }

    fn drop_more(&mut self, more: Dropped) {
        let there = self.dropped.get_or_insert(Dropped { count: 0, ..more });
        there.count += more.count;
        there.first_seen = there.first_seen.min(more.first_seen);
        there.last_seen = there.last_seen.max(more.last_seen);
    }

    pub(super) fn is_full(&self) -> bool {
        self.tallies.len() >= limits::ALERT_GROUPS
    }

    /// Alerts in it, those it dropped among them.
    pub(super) fn count(&self) -> u64 {
        self.tallies.values().map(|tally| tally.count).sum::<u64>() + self.dropped_count()
    }

    fn dropped_count(&self) -> u64 {
        self.dropped.map_or(0, |dropped| dropped.count)
    }

    /// The records, in the order they came; what was dropped is told last.
    pub(super) fn into_records(self) -> Vec<Record> {
        let mut tallies: Vec<_> = self.tallies.into_iter().collect();
        tallies.sort_unstable_by_key(|(_, tally)| tally.number);
        let groups = tallies.into_iter().map(|(key, tally)| {
            let Tally { confidence, count, first_seen, last_seen, .. } = tally;
            Record::Group(Group { alert: Alert { confidence, ..key.0 }, count, first_seen, last_seen })
        });
        groups.chain(self.dropped.map(Record::Dropped)).collect()
    }
}

impl Tally {
    fn merge(&mut self, more: Self) {
        self.confidence = self.confidence.max(more.confidence);
        self.count += more.count;
        self.first_seen = self.first_seen.min(more.first_seen);
        self.last_seen = self.last_seen.max(more.last_seen);
    }
}
