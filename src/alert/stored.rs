//! Alerts as they lie in a lane: JSON, because it is small beside telemetry and a field more does not make it
//! unreadable. Everything in an alert is clean, so everything here is.

use super::Alert;
use super::groups::{Dropped, Groups, Notice, Parts, Record, Tally};
use crate::lane::Item;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The alerts of one request.
#[derive(Serialize, Deserialize)]
struct Raised {
    groups: Vec<(Alert, Tally)>,
    dropped: Option<Dropped>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notices: Vec<Notice>,
}

/// The alerts of one request, to be merged with others.
pub(super) fn raised(groups: Groups) -> Item {
    let Parts { groups, dropped, notices } = groups.into_parts();
    let findings: u64 = groups.iter().map(|(_, tally)| tally.count).sum();
    let count = findings + notices.iter().map(|notice| notice.count).sum::<u64>();
    item(&Raised { groups, dropped, notices }, count)
}

/// Counts the alerts of a request among others. `false`: they cannot be read.
pub(super) fn merge(item: &Item, into: &mut Groups) -> bool {
    let Some(raised) = read::<Raised>(item) else { return false };
    raised.groups.into_iter().for_each(|(alert, tally)| into.insert(alert, tally));
    raised.dropped.into_iter().for_each(|dropped| into.drop(dropped));
    raised.notices.into_iter().for_each(|notice| into.notice(notice));
    true
}

/// A record for sinks.
pub(super) fn record(record: &Record) -> Item {
    item(record, record.count())
}

/// What was stored with [`record`].
pub(super) fn read_record(item: &Item) -> Option<Record> {
    read(item)
}

fn item(value: &impl Serialize, records: u64) -> Item {
    // Neither strings nor numbers can fail; a time before 1970 can, and clocks do not go there.
    let body = serde_json::to_vec(value).unwrap_or_default();
    Item { head: Bytes::new(), body: body.into(), records }
}

fn read<T: DeserializeOwned>(item: &Item) -> Option<T> {
    serde_json::from_slice(&item.body).ok()
}
