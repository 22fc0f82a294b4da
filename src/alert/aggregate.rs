//! From the alerts of single requests to the records people read.
//!
//! Everything that was raised within a window is merged, judged by what is remembered, named, and handed
//! on. What was raised is let go of when the records of it are kept: a crash in between makes its records again,
//! with more in them if more was raised meanwhile, under the same names.

use super::groups::{Group, Groups, Parts, Record, Spread, Tally};
use super::watch::{self, Watch};
use super::{Alert, Clock, Overflow, stored};
use crate::backoff::Backoff;
use crate::lane::{Batch, Lane, Reader};
use crate::limits;
use crate::telemetry::Metrics;
use crate::token::TokenKey;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::sleep;

/// Merges what is raised into records.
pub(super) struct Aggregator {
    pub(super) raised: Reader,
    pub(super) records: Lane,
    pub(super) overflow: Arc<Overflow>,
    pub(super) window: Duration,
    pub(super) clock: Clock,
    pub(super) key: TokenKey,
    pub(super) watch: Watch,
    pub(super) metrics: Arc<Metrics>,
}

impl Aggregator {
    /// Until nothing more is raised and everything is handed on.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.raised.next(limits::ALERT_BATCH_BYTES, self.window).await {
            self.hand_on(self.merge(&batch)).await;
            self.raised.ack(&batch);
        }
        let mut last = Groups::default();
        self.overflow.take().into_iter().for_each(|dropped| last.drop(dropped));
        self.watch.end();
        self.hand_on(last).await;
        self.records.close();
    }

    fn damaged(&self, entries: u64) {
        if entries > 0 {
            self.metrics.alerts("all", "damaged", entries);
            tracing::error!(entries, "alerts on the disk cannot be read: the rest goes on");
        }
    }

    fn merge(&self, batch: &Batch) -> Groups {
        let mut groups = Groups::default();
        let unread = batch.items.iter().filter(|item| !stored::merge(item, &mut groups)).count();
        self.damaged(batch.damaged + unread as u64);
        self.overflow.take().into_iter().for_each(|dropped| groups.drop(dropped));
        groups
    }

    /// Keeps the records of these groups for every sink. Does not give up: what was raised waits meanwhile.
    async fn hand_on(&mut self, groups: Groups) {
        let mut records = self.judge(groups, (self.clock)());
        let mut backoff = Backoff::default();
        while !records.is_empty() {
            if self.records.held() > limits::ALERT_BYTES {
                sleep(backoff.wait(None)).await;
                continue;
            }
            let pushed: Vec<_> =
                records.iter().map(|record| self.records.push(stored::record(record))).collect();
            let mut refused = Vec::new();
            for (record, pushed) in records.into_iter().zip(pushed) {
                if pushed.await.is_err() {
                    refused.push(record);
                }
            }
            records = refused;
            if !records.is_empty() {
                sleep(backoff.wait(None)).await;
            }
        }
    }

    fn judge(&mut self, groups: Groups, now: SystemTime) -> Vec<Record> {
        let Parts { groups, dropped, notices } = groups.into_parts();
        let mut records = Vec::with_capacity(groups.len());
        for (alert, tally) in groups {
            let spread = self.watch.spread(&alert, now);
            if self.watch.admits(&alert, &tally, now) {
                records.push(Record::Group(Box::new(self.group(alert, tally, spread))));
            }
        }
        records.extend(dropped.into_iter().chain(self.watch.limited(now)).map(Record::Dropped));
        records.extend(notices.into_iter().map(Record::Notice));
        records
    }

    fn group(&self, alert: Alert, tally: Tally, spread: Spread) -> Group {
        let Tally { confidence, count, records, paths, more_paths, first_seen, last_seen, .. } = tally;
        let uid = self.uid(&alert, first_seen);
        let (rule_severity, severity) = (alert.severity, watch::raised(alert.severity, spread));
        let alert = Alert { confidence, severity, ..alert };
        Group { uid, alert, count, records, paths, more_paths, first_seen, last_seen, rule_severity, spread }
    }

    /// The same whenever the same alerts are merged again.
    fn uid(&self, alert: &Alert, first_seen: SystemTime) -> String {
        let Alert { rule, fingerprint, path, action, principal, origin, .. } = alert;
        let millis = first_seen.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let what = fingerprint.as_ref().unwrap_or(path).as_bytes();
        let (agent, claims) = origin.sender();
        let agent = agent.unwrap_or_default().as_bytes();
        let [user, device, session, service] =
            claims.map(|claim| claim.map(|claim| claim.as_bytes()).unwrap_or_default());
        let principal = principal.name().unwrap_or_default().as_bytes();
        let (rule, action, millis) = (rule.as_bytes(), action.name().as_bytes(), millis.to_le_bytes());
        self.key.name(&[rule, what, action, agent, user, device, session, service, principal, &millis])
    }
}
