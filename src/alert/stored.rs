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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::alert::groups::Group;

    /// As it was written before alerts had a device, a key of their fingerprint, or a sealed value.
    const RAISED: &str = r#"{"groups":[[
        {"rule":"fake.secret","rule_name":"A fake secret","category":"secret","severity":"high",
        "confidence":"medium","action":"mask","signal":"logs","path":"log.body","agent":"claude-code","user":"kim",
        "principal":"laptops","session":"s1","service":null,"trace_id":null,"span_id":null,"fingerprint":"f1",
        "count":2,"records":1},
        {"confidence":"medium","count":2,"records":1,"paths":["log.body"],"more_paths":false,
        "first_seen":{"secs_since_epoch":1795262400,"nanos_since_epoch":0},
        "last_seen":{"secs_since_epoch":1795262401,"nanos_since_epoch":0}}]],"dropped":null}"#;

    const RECORD: &str = r#"{"group":{"uid":"u1","alert":
        {"rule":"fake.secret","rule_name":"A fake secret","category":"secret","severity":"high",
        "confidence":"medium","action":"mask","signal":"logs","path":"log.body","agent":"claude-code","user":"kim",
        "principal":"laptops","session":"s1","service":null,"trace_id":null,"span_id":null,"fingerprint":"f1",
        "count":2,"records":1},"count":2,"records":1,"paths":["log.body"],"more_paths":false,
        "first_seen":{"secs_since_epoch":1795262400,"nanos_since_epoch":0},
        "last_seen":{"secs_since_epoch":1795262401,"nanos_since_epoch":0},
        "rule_severity":"high","spread":{"users":1,"principals":1,"sessions":1}}}"#;

    fn stored(text: &'static str) -> Item {
        Item { head: Bytes::new(), body: Bytes::from_static(text.as_bytes()), records: 2 }
    }

    fn check(alert: &Alert) {
        let origin = &alert.origin;
        assert_eq!((origin.agent.as_deref(), origin.user.as_deref()), (Some("claude-code"), Some("kim")));
        assert_eq!((origin.session.as_deref(), alert.fingerprint.as_deref()), (Some("s1"), Some("f1")));
        assert_eq!((&origin.device, &alert.fingerprint_key, &alert.sealed), (&None, &None, &None));
        assert_eq!(alert.principal.name(), Some("laptops"));
    }

    #[test]
    fn what_an_older_version_kept_is_read() {
        let mut groups = Groups::default();
        assert!(merge(&stored(RAISED), &mut groups));
        let (alert, tally) = groups.into_parts().groups.swap_remove(0);
        assert_eq!(tally.count, 2);
        check(&alert);
        let Some(Record::Group(group)) = read_record(&stored(RECORD)) else { unreachable!() };
        let Group { uid, alert, count, spread, .. } = *group;
        assert_eq!((uid.as_str(), count, spread.users, spread.devices), ("u1", 2, 1, 0));
        check(&alert);
    }
}
