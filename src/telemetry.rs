//! What blackbar tells of itself: metrics with closed label sets, and never content.
//!
//! A label value here is a `&'static str` of an enum or a name from the configuration (a rule id, an
//! exporter's name). Nothing a sender wrote can become one, because no method takes a `String`.

mod rules;

pub use rules::{Loaded, Reload, RuleMetrics};

use crate::content::Limit;
use crate::signal::Signal;
use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};
use std::time::Duration;

/// All the metrics. One for the program; cheap to share behind an `Arc`.
pub struct Metrics {
    registry: Registry,
    /// Requests by signal and outcome (`accepted`, `malformed`, `busy`, ...).
    requests: IntCounterVec,
    /// Bytes received, by signal, after inflating.
    received_bytes: IntCounterVec,
    /// Records received, by signal.
    records: IntCounterVec,
    /// Findings by rule and action.
    findings: IntCounterVec,
    /// Values that were replaced because they could not be scanned, by the bound they were over.
    unscanned: IntCounterVec,
    /// Requests by exporter and outcome (`ok`, `retried`, `dropped`, ...).
    exports: IntCounterVec,
    /// Records an upstream said it rejected, by exporter.
    export_rejected: IntCounterVec,
    /// Contents cut because their record was too large for the upstream, by exporter.
    trimmed: IntCounterVec,
    /// Cumulative data points by exporter and what became of them (`delta`, `first`, `old`, `unusable`), and
    /// sequences that were `forgotten`.
    delta_points: IntCounterVec,
    /// Records given up after they were accepted, by exporter and reason.
    export_dropped: IntCounterVec,
    /// Bytes waiting, by exporter.
    queue_bytes: IntGaugeVec,
    /// Age of the oldest of them in seconds, by exporter.
    queue_oldest: IntGaugeVec,
    /// Entries that could not be read back, by exporter.
    queue_damaged: IntCounterVec,
    /// Requests refused because the queue could not be written.
    pub queue_unwritten: IntCounter,
    /// Alerts by sink and outcome (`written`, `retried`, `rejected`, `dropped`, `damaged`).
    alerts: IntCounterVec,
    /// Requests refused before their body was read, by reason.
    refused: IntCounterVec,
    /// Open connections.
    pub connections: IntGauge,
    /// Panics caught while processing.
    pub panics: IntCounter,
    /// What is looked for.
    pub rules: RuleMetrics,
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// If two metrics have one name: a mistake in this file.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counters =
            |name: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec, prometheus::Error> {
                let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
                registry.register(Box::new(counter.clone()))?;
                Ok(counter)
            };
        let gauges = |name: &str, help: &str| -> Result<IntGaugeVec, prometheus::Error> {
            let gauge = IntGaugeVec::new(Opts::new(name, help), &["exporter"])?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let queue_unwritten = IntCounter::new(
            "blackbar_queue_unwritten_total",
            "Requests refused because the queue could not be written.",
        )?;
        registry.register(Box::new(queue_unwritten.clone()))?;
        let connections = IntGauge::new("blackbar_connections", "Open connections.")?;
        registry.register(Box::new(connections.clone()))?;
        let panics = IntCounter::new("blackbar_panics_total", "Panics caught while processing a request.")?;
        registry.register(Box::new(panics.clone()))?;
        Ok(Self {
            requests: counters("blackbar_requests_total", "Export requests.", &["signal", "outcome"])?,
            received_bytes: counters("blackbar_received_bytes_total", "Bytes after inflating.", &["signal"])?,
            records: counters("blackbar_records_total", "Spans, log records, data points.", &["signal"])?,
            findings: counters("blackbar_findings_total", "Findings.", &["rule", "action"])?,
            unscanned: counters(
                "blackbar_unscanned_values_total",
                "Values replaced because they could not be scanned.",
                &["reason"],
            )?,
            exports: counters("blackbar_exports_total", "Requests sent on.", &["exporter", "outcome"])?,
            export_rejected: counters(
                "blackbar_export_rejected_records_total",
                "Records an upstream rejected in a partial success.",
                &["exporter"],
            )?,
            export_dropped: counters(
                "blackbar_export_dropped_records_total",
                "Accepted records that were given up.",
                &["exporter", "reason"],
            )?,
            delta_points: counters(
                "blackbar_delta_points_total",
                "Cumulative data points, by what became of them.",
                &["exporter", "outcome"],
            )?,
            trimmed: counters(
                "blackbar_trimmed_values_total",
                "Contents cut because their record was too large for the upstream.",
                &["exporter"],
            )?,
            alerts: counters("blackbar_alerts_total", "Alerts.", &["sink", "outcome"])?,
            refused: counters("blackbar_refused_total", "Requests refused unread.", &["reason"])?,
            queue_bytes: gauges("blackbar_queue_bytes", "Redacted bytes waiting.")?,
            queue_oldest: gauges("blackbar_queue_oldest_seconds", "Age of the oldest entry waiting.")?,
            queue_damaged: counters(
                "blackbar_queue_damaged_entries_total",
                "Entries that could not be read back.",
                &["exporter"],
            )?,
            queue_unwritten,
            connections,
            panics,
            rules: RuleMetrics::new(&registry)?,
            registry,
        })
    }

    /// One request of a signal came to this end.
    pub fn request(&self, signal: Signal, outcome: &'static str) {
        self.requests.with_label_values(&[signal.name(), outcome]).inc();
    }

    /// One request of a signal carried this much.
    pub fn received(&self, signal: Signal, bytes: usize, records: usize) {
        self.received_bytes.with_label_values(&[signal.name()]).inc_by(bytes as u64);
        self.records.with_label_values(&[signal.name()]).inc_by(records as u64);
    }

    /// A rule found something so many times. `rule` is the id of a loaded rule.
    pub fn findings(&self, rule: &str, action: &'static str, count: u64) {
        self.findings.with_label_values(&[rule, action]).inc_by(count);
    }

    /// So many values could not be scanned.
    pub fn unscanned(&self, limit: Limit, count: u64) {
        self.unscanned.with_label_values(&[limit.name()]).inc_by(count);
    }

    /// A request to an upstream came to this end. `exporter` is its configured name.
    pub fn export(&self, exporter: &str, outcome: &'static str) {
        self.exports.with_label_values(&[exporter, outcome]).inc();
    }

    /// An upstream rejected records in a partial success.
    pub fn export_rejected(&self, exporter: &str, records: u64) {
        self.export_rejected.with_label_values(&[exporter]).inc_by(records);
    }

    /// Contents of a record were cut for an upstream.
    pub fn trimmed(&self, exporter: &str, values: usize) {
        self.trimmed.with_label_values(&[exporter]).inc_by(values as u64);
    }

    /// Cumulative points became this for an exporter.
    pub fn delta_points(&self, exporter: &str, outcome: &'static str, points: u64) {
        self.delta_points.with_label_values(&[exporter, outcome]).inc_by(points);
    }

    /// Records that had been accepted were given up.
    pub fn export_dropped(&self, exporter: &str, reason: &'static str, records: usize) {
        self.export_dropped.with_label_values(&[exporter, reason]).inc_by(records as u64);
    }

    /// This many bytes wait for an exporter, the oldest since so long.
    pub fn queue(&self, exporter: &str, bytes: usize, oldest: Duration) {
        self.queue_bytes.with_label_values(&[exporter]).set(i64::try_from(bytes).unwrap_or(i64::MAX));
        let seconds = i64::try_from(oldest.as_secs()).unwrap_or(i64::MAX);
        self.queue_oldest.with_label_values(&[exporter]).set(seconds);
    }

    /// Entries could not be read back for an exporter.
    pub fn queue_damaged(&self, exporter: &str, entries: u64) {
        self.queue_damaged.with_label_values(&[exporter]).inc_by(entries);
    }

    /// Alerts came to this end at a sink. `sink` is its configured name, or `all`.
    pub fn alerts(&self, sink: &str, outcome: &'static str, count: u64) {
        self.alerts.with_label_values(&[sink, outcome]).inc_by(count);
    }

    /// A request was refused before its body was read.
    pub fn refused(&self, reason: &'static str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    /// Everything in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }
}
