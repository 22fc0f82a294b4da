//! Alerts about the same secret of the same sender, counted.

use super::Alert;
use crate::limits;
use crate::principal::Principal;
use crate::rule::{Confidence, Severity};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::SystemTime;

/// What a sink writes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// Findings of one secret of one sender.
    Group(Box<Group>),
    /// Alerts of which nothing more can be told.
    Dropped(Dropped),
    /// Something about blackbar itself.
    Notice(Notice),
}

/// Alerts about the same secret of the same sender.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Group {
    /// The same for the same group, however often it is sent.
    pub uid: String,
    /// The first of them, with its trace and span; the confidence is the highest of all, and the severity
    /// has risen with the spread.
    pub alert: Alert,
    /// Findings.
    pub count: u64,
    /// Records they were in.
    pub records: u64,
    /// Where, the first [`limits::ALERT_PATHS`] different places.
    pub paths: Vec<Arc<str>>,
    /// Whether there were more places than that.
    pub more_paths: bool,
    /// When the first was raised.
    pub first_seen: SystemTime,
    /// When the last was raised.
    pub last_seen: SystemTime,
    /// What the rule says of the severity, before the spread.
    pub rule_severity: Severity,
    /// How far it has spread.
    pub spread: Spread,
}

/// In how many hands a secret was seen, of late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// Different claimed users.
    pub users: usize,
    /// Different authenticated principals.
    pub principals: usize,
    /// Different machines.
    #[serde(default)]
    pub devices: usize,
    /// Different sessions.
    pub sessions: usize,
}

/// Alerts that are not told one by one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dropped {
    /// Why not.
    pub why: Why,
    /// How many.
    pub count: u64,
    /// When the first was raised.
    pub first_seen: SystemTime,
    /// When the last was raised.
    pub last_seen: SystemTime,
}

/// Why alerts are not told one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// There were too many at once, or they could not be kept.
    Full,
    /// One principal raised more of this severity than a person can read.
    Limited(Principal, Severity),
}

/// Something about blackbar itself that somebody should look into. It is no finding.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Notice {
    /// What happened.
    pub what: What,
    /// How often.
    pub count: u64,
    /// When it happened first.
    pub first_seen: SystemTime,
    /// When it happened last.
    pub last_seen: SystemTime,
}

/// What people are told of blackbar itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Rules were to be read again, and could not be used: the old ones go on.
    ReloadFailed,
}

impl Record {
    /// Findings, or events, it stands for.
    #[must_use]
    pub const fn count(&self) -> u64 {
        match self {
            Self::Group(group) => group.count,
            Self::Dropped(dropped) => dropped.count,
            Self::Notice(notice) => notice.count,
        }
    }
}

impl Notice {
    pub(super) const fn once(what: What, now: SystemTime) -> Self {
        Self { what, count: 1, first_seen: now, last_seen: now }
    }

    fn merge(&mut self, more: &Self) {
        self.count += more.count;
        self.first_seen = self.first_seen.min(more.first_seen);
        self.last_seen = self.last_seen.max(more.last_seen);
    }
}

impl Dropped {
    /// Counts them with those that are there already, whose reason stays.
    pub(super) fn add_to(self, there: &mut Option<Self>) {
        let Some(there) = there else {
            *there = Some(self);
            return;
        };
        there.count += self.count;
        there.first_seen = there.first_seen.min(self.first_seen);
        there.last_seen = there.last_seen.max(self.last_seen);
    }
}

/// A bounded table of groups. Keys are hashed with a random key: senders choose what is in them.
#[derive(Default, Clone)]
pub(super) struct Groups {
    tallies: HashMap<Key, Tally>,
    dropped: Option<Dropped>,
    notices: Vec<Notice>,
}

/// What is in a table of groups.
pub(super) struct Parts {
    /// Every group in the order it came.
    pub(super) groups: Vec<(Alert, Tally)>,
    /// What there was no room for.
    pub(super) dropped: Option<Dropped>,
    /// One of a kind at most.
    pub(super) notices: Vec<Notice>,
}

/// An alert, equal to those it is merged with.
#[derive(Clone)]
struct Key(Alert);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Position among the groups, as they came.
    #[serde(skip)]
    number: usize,
    pub(super) confidence: Confidence,
    pub(super) count: u64,
    pub(super) records: u64,
    pub(super) paths: Vec<Arc<str>>,
    pub(super) more_paths: bool,
    pub(super) first_seen: SystemTime,
    pub(super) last_seen: SystemTime,
}

impl Key {
    fn parts(&self) -> impl Hash + PartialEq + '_ {
        let Alert { rule, fingerprint, action, principal, origin, .. } = &self.0;
        // Without a fingerprint nothing says that two are the same: then the place does.
        let place = fingerprint.is_none().then_some(&self.0.path);
        ((rule, fingerprint, place, action), principal, origin.sender())
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
        self.parts().hash(state);
    }
}

impl Groups {
    /// Counts an alert, or drops it when it is unlike all others and the table is full.
    pub(super) fn add(&mut self, alert: Alert, now: SystemTime) {
        self.insert(alert.clone(), Tally::of(&alert, now));
    }

    /// Counts alerts that were counted before.
    pub(super) fn insert(&mut self, alert: Alert, tally: Tally) {
        let key = Key(alert);
        if let Some(there) = self.tallies.get_mut(&key) {
            there.merge(tally);
        } else if self.tallies.len() < limits::ALERT_GROUPS {
            let number = self.tallies.len();
            self.tallies.insert(key, Tally { number, ..tally });
        } else {
            let Tally { count, first_seen, last_seen, .. } = tally;
            self.drop(Dropped { why: Why::Full, count, first_seen, last_seen });
        }
    }

    /// Counts what is not told one by one.
    pub(super) fn drop(&mut self, more: Dropped) {
        more.add_to(&mut self.dropped);
    }

    /// Counts something about ourselves.
    pub(super) fn notice(&mut self, more: Notice) {
        match self.notices.iter_mut().find(|there| there.what == more.what) {
            Some(there) => there.merge(&more),
            None => self.notices.push(more),
        }
    }

    /// Everything that was counted.
    pub(super) fn into_parts(self) -> Parts {
        let mut tallies: Vec<_> = self.tallies.into_iter().collect();
        tallies.sort_unstable_by_key(|(_, tally)| tally.number);
        let groups = tallies.into_iter().map(|(key, tally)| (key.0, tally)).collect();
        Parts { groups, dropped: self.dropped, notices: self.notices }
    }
}

impl Tally {
    fn of(alert: &Alert, now: SystemTime) -> Self {
        let Alert { confidence, count, records, .. } = *alert;
        let paths = vec![Arc::clone(&alert.path)];
        Self {
            number: 0,
            confidence,
            count,
            records,
            paths,
            more_paths: false,
            first_seen: now,
            last_seen: now,
        }
    }

    fn merge(&mut self, more: Self) {
        self.confidence = self.confidence.max(more.confidence);
        self.count += more.count;
        self.records += more.records;
        self.first_seen = self.first_seen.min(more.first_seen);
        self.last_seen = self.last_seen.max(more.last_seen);
        self.more_paths |= more.more_paths;
        for path in more.paths {
            match self.paths.contains(&path) {
                true => {}
                false if self.paths.len() < limits::ALERT_PATHS => self.paths.push(path),
                false => self.more_paths = true,
            }
        }
    }
}
