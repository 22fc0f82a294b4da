//! What is remembered of alerts over windows: how far a secret has spread, and how much a principal has
//! raised. In memory, bounded; a restart begins anew.
//!
//! **Spread.** The same secret with a second user, principal, machine or session is worse than with one: somebody
//! passed it on. Each of the four raises the severity of its alerts by a step. Of secrets only: an address
//! of a person is in all of the person's sessions.
//!
//! **Rate.** A broken agent, or one that wants to hide something, can raise more than a person reads. Past
//! [`limits::ALERTS_AN_HOUR`] records of one principal in an hour the rest is counted and told together. Each
//! severity has an hour of its own: a flood of addresses does not hide a key.

use super::Alert;
use super::groups::{Dropped, Spread, Tally, Why};
use crate::limits;
use crate::principal::Principal;
use crate::rule::{Category, Severity};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const HOUR: Duration = Duration::from_secs(3600);

/// What is remembered.
#[derive(Default)]
pub(super) struct Watch {
    /// By fingerprint.
    secrets: HashMap<Arc<str>, Seen>,
    hours: HashMap<(Principal, Severity), Hour>,
    hasher: RandomState,
}

/// Where a secret was seen.
struct Seen {
    users: HashSet<u64>,
    principals: HashSet<u64>,
    devices: HashSet<u64>,
    sessions: HashSet<u64>,
    last: SystemTime,
}

struct Hour {
    since: SystemTime,
    records: u64,
    limited: Option<Dropped>,
    /// When that was told last.
    told: Option<SystemTime>,
}

impl Watch {
    /// Notes where a secret was seen, and says how far it has spread.
    pub(super) fn spread(&mut self, alert: &Alert, now: SystemTime) -> Spread {
        let (Some(Category::Secret), Some(fingerprint)) = (alert.category, &alert.fingerprint) else {
            return Spread::default();
        };
        if !self.secrets.contains_key(fingerprint) {
            self.make_room(now);
        }
        let seen = self.secrets.entry(Arc::clone(fingerprint)).or_insert_with(|| Seen::new(now));
        seen.last = now;
        note(&mut seen.users, &self.hasher, alert.origin.user.as_ref());
        note(&mut seen.principals, &self.hasher, alert.principal.name());
        note(&mut seen.devices, &self.hasher, alert.origin.device.as_ref());
        note(&mut seen.sessions, &self.hasher, alert.origin.session.as_ref());
        seen.spread()
    }

    /// Forgets what is a day old; when that is not enough, the half that was not seen for longest.
    fn make_room(&mut self, now: SystemTime) {
        if self.secrets.len() < limits::ALERT_SECRETS {
            return;
        }
        let day = 24 * HOUR;
        self.secrets.retain(|_, seen| now.duration_since(seen.last).is_ok_and(|age| age < day));
        if self.secrets.len() >= limits::ALERT_SECRETS {
            let mut times: Vec<_> = self.secrets.values().map(|seen| seen.last).collect();
            let middle = times.len() / 2;
            let (_, median, _) = times.select_nth_unstable(middle);
            let median = *median;
            self.secrets.retain(|_, seen| seen.last > median);
        }
    }

    /// Whether a group of a principal may be told by itself. If not, it is counted.
    pub(super) fn admits(&mut self, alert: &Alert, tally: &Tally, now: SystemTime) -> bool {
        let fresh = || Hour { since: now, records: 0, limited: None, told: None };
        let key = (alert.principal.clone(), alert.severity);
        let hour = self.hours.entry(key).or_insert_with(fresh);
        if now.duration_since(hour.since).is_ok_and(|age| age >= HOUR) {
            (hour.since, hour.records) = (now, 0);
        }
        hour.records += 1;
        if hour.records <= limits::ALERTS_AN_HOUR {
            return true;
        }
        let Tally { count, first_seen, last_seen, .. } = *tally;
        let why = Why::Limited(alert.principal.clone(), alert.severity);
        Dropped { why, count, first_seen, last_seen }.add_to(&mut hour.limited);
        false
    }

    /// What was counted and is to be told: at once, and then every [`limits::ALERT_SUMMARY`]. Principals are
    /// names of the configuration: there are few.
    pub(super) fn limited(&mut self, now: SystemTime) -> Vec<Dropped> {
        let due = |hour: &Hour| {
            hour.told
                .is_none_or(|told| now.duration_since(told).is_ok_and(|age| age >= limits::ALERT_SUMMARY))
        };
        let hours = self.hours.values_mut().filter(|hour| hour.limited.is_some() && due(hour));
        let told = hours.filter_map(|hour| {
            hour.told = Some(now);
            hour.limited.take()
        });
        told.collect()
    }

    /// Nothing more comes: what was counted is due.
    pub(super) fn end(&mut self) {
        self.hours.values_mut().for_each(|hour| hour.told = None);
    }
}

impl Seen {
    fn new(now: SystemTime) -> Self {
        let none = HashSet::new;
        Self { users: none(), principals: none(), devices: none(), sessions: none(), last: now }
    }

    fn spread(&self) -> Spread {
        Spread {
            users: self.users.len(),
            principals: self.principals.len(),
            devices: self.devices.len(),
            sessions: self.sessions.len(),
        }
    }
}

fn note<T: Hash>(set: &mut HashSet<u64>, hasher: &RandomState, value: Option<T>) {
    if let Some(value) = value.filter(|_| set.len() < limits::ALERT_SPREAD) {
        set.insert(hasher.hash_one(value));
    }
}

/// A severity after the spread.
pub(super) fn raised(severity: Severity, spread: Spread) -> Severity {
    let Spread { users, principals, devices, sessions } = spread;
    let steps = [users, principals, devices, sessions].into_iter().filter(|&seen| seen > 1).count();
    (0..steps).fold(severity, |severity, _| severity.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_spreading_is_a_step_and_the_last_step_is_critical() {
        let spread = |users, principals, sessions| Spread { users, principals, devices: 1, sessions };
        for (severity, spread, expected) in [
            (Severity::Low, spread(0, 0, 0), Severity::Low),
            (Severity::Low, spread(1, 1, 1), Severity::Low),
            (Severity::Low, spread(1, 1, 2), Severity::Medium),
            (Severity::Low, Spread { devices: 2, ..spread(1, 1, 1) }, Severity::Medium),
            (Severity::Low, spread(2, 1, 2), Severity::High),
            (Severity::Low, spread(9, 9, 9), Severity::Critical),
            (Severity::High, spread(2, 2, 2), Severity::Critical),
        ] {
            assert_eq!(raised(severity, spread), expected, "{severity:?} {spread:?}");
        }
    }
}
