//! An alert as an OTLP log record, posted as protobuf to any backend that takes OTLP/HTTP.
//!
//! The resource is blackbar's own (`service.name = "blackbar"`), the event `blackbar.alert`. Attributes that
//! OpenTelemetry has names for have those (`session.id`, `user.name`, `gen_ai.agent.name`, `security_rule.*`:
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/>); the others begin with `blackbar.`.
//! `blackbar.alert.uid` is the same when a record is sent again. The record has the trace and span of the first
//! finding, so that a backend shows it beside what it is about; its time is that of the last.
//!
//! Severities: low is `INFO2` (10), medium `WARN` (13), high `ERROR` (17), critical `ERROR2` (18), as OpenTelemetry
//! maps those of syslog; the text is ours.
//!
//! **Answers** are read by the table of the specification
//! (<https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>): 429, 502, 503 and 504 are tried again, when
//! `Retry-After` says; what a partial success rejects is counted, logged and not sent again; 400 and what else
//! blames the request is for good. One departure, because alerts are few: what a person can put right (a key
//! that is not accepted, a path that is not there), and whatever else is the backend's own fault (500), holds alerts
//! back, and drops none: see [`http`](super::http).
//!
//! Where it must not go is this proxy's own receiver: it would not loop, since an alert holds nothing that makes
//! another, but it would be sent on as telemetry.

use super::asim;
use super::http::{Post, settle};
use super::{Cause, Record, Sink, SinkError};
use crate::alert::Alert;
use crate::alert::groups::{Dropped, Group, Notice};
use crate::alert::json::rfc3339;
use crate::attribution::Origin;
use crate::rule::{Category, Severity};
use crate::upstream::{Body, Endpoint, Failure, NoTrustStore, SecretHeader, gzipped, rejected};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, any_value::Value,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where alerts go. Holds secrets: no `Debug`.
#[derive(Clone)]
pub struct OtlpConfig {
    /// The whole URL, mostly ending in `/v1/logs`.
    pub url: Endpoint,
    /// Sent with every request.
    pub headers: Arc<[SecretHeader]>,
}

pub(in crate::alert) struct Otlp {
    post: Post,
    headers: HeaderMap,
}

impl Otlp {
    pub(super) fn new(config: &OtlpConfig) -> Result<Self, NoTrustStore> {
        let mut headers: HeaderMap = config.headers.iter().map(SecretHeader::pair).collect();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        Ok(Self { post: Post::new(&config.url, "application/x-protobuf")?, headers })
    }
}

impl Sink for Otlp {
    async fn write(&mut self, records: &[Record], now: SystemTime) -> Result<(), SinkError> {
        let retry = |cause| SinkError::Retry { cause, after: None };
        let body = gzipped(&request(records, now).encode_to_vec(), 1)
            .map_err(|error: io::Error| retry(Cause::Write(error.kind())))?;
        let answer = self.post.send(body, self.headers.clone()).await?;
        settle(&answer, now)?;
        match answer.body {
            Body::Whole(bytes) => match rejected(&bytes).min(records.len() as u64) {
                0 => Ok(()),
                rejected => Err(SinkError::Rejected(rejected)),
            },
            Body::TooLong => Ok(()),
            // It may have told of what was rejected, or never have been meant.
            Body::Cut => Err(retry(Cause::Failed(Failure::Broken))),
        }
    }
}

pub(super) fn request(records: &[Record], now: SystemTime) -> ExportLogsServiceRequest {
    let own = [("service.name", "blackbar"), ("service.version", env!("CARGO_PKG_VERSION"))];
    let attributes = own.map(|(key, value)| pair(key, text(value))).into();
    let scope = InstrumentationScope { name: "blackbar.alert".to_owned(), ..InstrumentationScope::default() };
    let log_records = records.iter().map(|record| log_record(record, now)).collect();
    let scope_logs = vec![ScopeLogs { scope: Some(scope), log_records, schema_url: String::new() }];
    let resource = Some(Resource { attributes, ..Resource::default() });
    let resource_logs = vec![ResourceLogs { resource, scope_logs, schema_url: String::new() }];
    ExportLogsServiceRequest { resource_logs }
}

fn log_record(record: &Record, now: SystemTime) -> LogRecord {
    let record = match record {
        Record::Group(group) => of_group(group),
        Record::Dropped(dropped) => of_dropped(dropped),
        Record::Notice(notice) => of_notice(notice),
    };
    LogRecord { observed_time_unix_nano: nanos(now), event_name: "blackbar.alert".to_owned(), ..record }
}

fn of_group(group: &Group) -> LogRecord {
    let alert = &group.alert;
    let mut told = Attributes::default();
    told.add("blackbar.alert.uid", &group.uid);
    told.rule(&alert.rule, &alert.rule_name);
    told.maybe("security_rule.category", alert.category.map(Category::name));
    told.add("blackbar.confidence", alert.confidence.name());
    told.add("blackbar.action", alert.action.name());
    told.add("blackbar.signal", alert.signal.name());
    told.fingerprints(alert);
    told.maybe("blackbar.principal", alert.principal.name());
    told.origin(&alert.origin);
    let paths = group.paths.iter().map(|path| text(path)).collect();
    told.put("blackbar.paths", Value::ArrayValue(ArrayValue { values: paths }));
    told.put("blackbar.paths.more", Value::BoolValue(group.more_paths));
    told.number("blackbar.findings", group.count);
    told.number("blackbar.records", group.records);
    told.number("blackbar.spread.users", group.spread.users as u64);
    told.number("blackbar.spread.principals", group.spread.principals as u64);
    told.number("blackbar.spread.devices", group.spread.devices as u64);
    told.number("blackbar.spread.sessions", group.spread.sessions as u64);
    told.add("blackbar.rule.severity", group.rule_severity.name());
    told.times(group.first_seen, group.last_seen);
    LogRecord {
        trace_id: id(alert.origin.trace_id.as_deref(), 16),
        span_id: id(alert.origin.span_id.as_deref(), 8),
        ..of(told, alert.severity, group.last_seen, &asim::message(group))
    }
}

fn of_dropped(dropped: &Dropped) -> LogRecord {
    let why = &dropped.why;
    let mut told = Attributes::default();
    told.add("blackbar.alert.uid", &asim::dropped_uid(dropped));
    told.rule(why.rule(), why.name());
    told.maybe("blackbar.principal", why.principal());
    told.number("blackbar.findings", dropped.count);
    told.times(dropped.first_seen, dropped.last_seen);
    of(told, why.severity(), dropped.last_seen, &asim::dropped_message(dropped))
}

fn of_notice(notice: &Notice) -> LogRecord {
    let what = notice.what;
    let mut told = Attributes::default();
    told.add("blackbar.alert.uid", &asim::notice_uid(notice));
    told.rule(what.rule(), what.name());
    told.number("blackbar.events", notice.count);
    told.times(notice.first_seen, notice.last_seen);
    of(told, what.severity(), notice.last_seen, what.name())
}

fn of(told: Attributes, severity: Severity, time: SystemTime, message: &str) -> LogRecord {
    LogRecord {
        time_unix_nano: nanos(time),
        severity_number: number(severity),
        severity_text: severity.name().to_owned(),
        body: Some(text(message)),
        attributes: told.0,
        ..LogRecord::default()
    }
}

#[derive(Default)]
struct Attributes(Vec<KeyValue>);

impl Attributes {
    fn rule(&mut self, id: &str, name: &str) {
        self.add("blackbar.rule.id", id);
        self.add("security_rule.name", name);
    }

    fn fingerprints(&mut self, alert: &Alert) {
        self.maybe("blackbar.fingerprint", alert.fingerprint.as_deref());
        self.maybe("blackbar.fingerprint.key", alert.fingerprint_key.as_deref());
        self.maybe("blackbar.fingerprint.previous", alert.previous_fingerprint.as_deref());
        self.maybe("blackbar.fingerprint.previous.key", alert.previous_fingerprint_key.as_deref());
        self.maybe("blackbar.sealed", alert.sealed.as_deref());
    }

    /// `service.name` is that of the resource: the sender's has another key.
    fn origin(&mut self, origin: &Origin) {
        self.maybe("blackbar.sender.service", origin.service.as_deref());
        self.maybe("gen_ai.agent.name", origin.agent.as_deref());
        self.maybe("gen_ai.agent.version", origin.agent_version.as_deref());
        self.maybe("gen_ai.conversation.id", origin.conversation.as_deref());
        self.maybe("gen_ai.tool.name", origin.tool.as_deref());
        self.maybe("gen_ai.request.model", origin.model.as_deref());
        self.maybe("blackbar.sender.prompt", origin.prompt.as_deref());
        self.maybe("blackbar.sender.repository", origin.repository.as_deref());
        self.maybe("host.name", origin.device.as_deref());
        self.maybe("user.name", origin.user.as_deref());
        self.maybe("session.id", origin.session.as_deref());
    }

    fn times(&mut self, first: SystemTime, last: SystemTime) {
        self.add("blackbar.first_seen", &rfc3339(first));
        self.add("blackbar.last_seen", &rfc3339(last));
    }

    fn maybe(&mut self, key: &str, value: Option<&str>) {
        value.into_iter().for_each(|value| self.add(key, value));
    }

    fn number(&mut self, key: &str, value: u64) {
        self.put(key, Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX)));
    }

    fn add(&mut self, key: &str, value: &str) {
        self.0.push(pair(key, text(value)));
    }

    fn put(&mut self, key: &str, value: Value) {
        self.0.push(pair(key, AnyValue { value: Some(value) }));
    }
}

fn pair(key: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

fn text(text: &str) -> AnyValue {
    AnyValue { value: Some(Value::StringValue(text.to_owned())) }
}

/// The bytes of an id in hex; none, if it is not one.
fn id(hex: Option<&str>, bytes: usize) -> Vec<u8> {
    let id = hex.and_then(|hex| data_encoding::HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok());
    id.filter(|id| id.len() == bytes).unwrap_or_default()
}

fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

const fn number(severity: Severity) -> i32 {
    match severity {
        Severity::Low => 10,
        Severity::Medium => 13,
        Severity::High => 17,
        Severity::Critical => 18,
    }
}
