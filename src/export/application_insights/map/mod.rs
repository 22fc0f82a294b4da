//! From OTLP to what Application Insights calls things.
//!
//! The mapping of the collector's exporter, bettered where it loses something:
//!
//! | OTLP | item |
//! |---|---|
//! | server and consumer spans | `Request` |
//! | client, producer, internal and other spans | `RemoteDependency` |
//! | events of spans | `Exception`, or `Message` |
//! | log records with an exception | `Exception` |
//! | log records with a name | `Event`; with a long body a `Message` as well |
//! | other log records | `Message` |
//! | data points | `Metric`; without a finite number `Event` |
//!
//! Attributes of record, scope and resource are properties under their own keys; numbers are measurements as
//! well. Lists and maps are JSON texts. What OTLP says besides is told under `otel.` names, those of
//! <https://opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp/> where it has some. Links stand where
//! the portal looks for them, in `_MS.links`. Buckets and exemplars are told as OTLP/JSON.
//!
//! **Bias: nothing is left out without a word.** What is too long is cut with a mark and counted.

mod logs;
mod metrics;
mod spans;
#[cfg(test)]
mod tests;

use super::envelope::{Base, Envelope, Exception, Measurements, Properties, Tags, Thrown};
use crate::limits;
use crate::otlp::{Attributes, Event, Log, Origin, Payload, Point, Record, Span, Value};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use std::borrow::Cow;
use std::sync::Arc;

const SDK: &str = concat!("blackbar:", env!("CARGO_PKG_VERSION"));

/// The attributes that tell of an exception; they become fields of an item.
const EXCEPTION: [&str; 3] = ["exception.type", "exception.message", "exception.stacktrace"];

/// What makes items out of seeds.
pub(super) struct Mapper {
    /// The instrumentation key.
    pub(super) key: Arc<str>,
    pub(super) now: Timestamp,
}

/// What one item, or two, are made of. Cheap to make and to pass over.
pub(super) struct Seed<'a> {
    /// The number of its record in the payload.
    pub(super) record: usize,
    origin: Origin<'a>,
    of: Of<'a>,
}

enum Of<'a> {
    Span(Span<'a>),
    Event(Span<'a>, Event<'a>),
    Log(Log<'a>),
    Point(Point<'a>),
}

/// The seeds of a payload, in order.
pub(super) fn seeds(payload: &Payload) -> impl Iterator<Item = Seed<'_>> {
    payload.read().enumerate().flat_map(|(number, (origin, record))| {
        let (itself, span) = match record {
            Record::Span(span) => (Of::Span(span), Some(span)),
            Record::Log(log) => (Of::Log(log), None),
            Record::Point(point) => (Of::Point(point), None),
        };
        let events = span.into_iter().flat_map(|span| span.events().map(move |event| Of::Event(span, event)));
        std::iter::once(itself).chain(events).map(move |of| Seed { record: number, origin, of })
    })
}

impl Mapper {
    /// The items of a seed.
    pub(super) fn items(&self, seed: &Seed<'_>) -> Vec<Envelope> {
        let origin = seed.origin;
        match seed.of {
            Of::Span(span) => vec![spans::span(self, origin, span)],
            Of::Event(span, event) => vec![spans::event(self, origin, span, event)],
            Of::Log(log) => logs::log(self, origin, log),
            Of::Point(point) => vec![metrics::point(self, origin, point)],
        }
    }

    /// An item of a time.
    fn item(&self, nanos: u64, tags: Tags, base: Base) -> Envelope {
        Envelope::new(&self.key, timestamp(nanos), self.now, tags, base)
    }
}

/// `None` for zero: not known.
fn timestamp(nanos: u64) -> Option<Timestamp> {
    (nanos > 0).then(|| Timestamp::from_nanosecond(i128::from(nanos)).ok()).flatten()
}

/// `d.hh:mm:ss.fffffff`, and less than a thousand days.
fn duration(start: u64, end: u64) -> String {
    let ticks = (end.saturating_sub(start) / 100).min(1000 * DAY - 1);
    let (days, rest) = (ticks / DAY, ticks % DAY);
    let (seconds, ticks) = (rest / SECOND, rest % SECOND);
    format!("{days}.{:02}:{:02}:{:02}.{ticks:07}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A second in ticks of 100 ns, and a day.
const SECOND: u64 = 10_000_000;
const DAY: u64 = 24 * 3600 * SECOND;

/// Some texts must not be empty.
const fn named(text: &str) -> &str {
    if text.is_empty() { "(none)" } else { text }
}

fn hex(id: &[u8]) -> String {
    HEXLOWER.encode(id)
}

/// The first of these attributes that says something.
fn first<'a>(attributes: Attributes<'a>, keys: &[&str]) -> Option<Cow<'a, str>> {
    keys.iter().find_map(|key| {
        let (_, value) = attributes.iter().find(|(there, _)| there == key)?;
        Some(value.to_text()).filter(|text| !text.is_empty())
    })
}

/// Attributes as properties; numbers as measurements as well, where an item has those. Those in `but` are told
/// elsewhere.
fn put_attributes(
    properties: &mut Properties,
    mut measurements: Option<&mut Measurements>,
    attributes: Attributes<'_>,
    but: &[&str],
) {
    for (key, value) in attributes.iter().filter(|(key, _)| !but.contains(key)) {
        properties.put("", key, &value.to_text());
        if let (Some(measurements), Some(number)) = (measurements.as_deref_mut(), number(value)) {
            measurements.put(key, number);
        }
    }
}

fn number(value: Value<'_>) -> Option<f64> {
    match value {
        #[allow(clippy::cast_precision_loss, reason = "the property beside it has every digit")]
        Value::Int(int) => Some(int as f64),
        Value::Double(double) => Some(double),
        _ => None,
    }
}

/// What a record stands under. Told last: where there is no room it goes first, for it is the same in every item.
fn put_origin(properties: &mut Properties, origin: Origin<'_>) {
    let (name, version) = origin.library();
    properties.tell("otel.scope.name", name);
    properties.tell("otel.scope.version", version);
    properties.tell("otel.scope.schema_url", origin.scope_schema_url);
    for (key, value) in origin.scope().iter() {
        properties.put("scope", key, &value.to_text());
    }
    for (key, value) in origin.resource().iter() {
        properties.put("resource", key, &value.to_text());
    }
    properties.tell("otel.resource.schema_url", origin.resource_schema_url);
    properties.tell("otel.resource.entities", &origin.entities().unwrap_or_default());
    let (resource, scope) = origin.dropped();
    count(properties, "otel.resource.dropped_attributes_count", resource);
    count(properties, "otel.scope.dropped_attributes_count", scope);
}

/// A number, unless it is zero.
fn count(properties: &mut Properties, name: &'static str, number: u32) {
    if number > 0 {
        properties.tell(name, &number.to_string());
    }
}

/// What every item of a record is part of. Users and sessions by the names agents give them; what the record says
/// comes before what its resource says.
fn tags(origin: Origin<'_>, attributes: Attributes<'_>, trace_id: &[u8], parent: &[u8]) -> Tags {
    let mut tags = Tags::default();
    tags.put("ai.operation.id", &hex(trace_id), limits::TRACK_ID);
    tags.put("ai.operation.parentId", &hex(parent), limits::TRACK_ID);
    let resource = origin.resource();
    let role = match (resource.text("service.namespace"), resource.text("service.name")) {
        (Some(namespace), Some(name)) => format!("{namespace}.{name}"),
        (_, name) => name.unwrap_or_default().to_owned(),
    };
    tags.put("ai.cloud.role", &role, limits::TRACK_ROLE);
    let of = |keys: &[&str]| first(attributes, keys).or_else(|| first(resource, keys)).unwrap_or_default();
    for (name, keys, most) in TAGS {
        tags.put(name, &of(keys), most);
    }
    tags.put("ai.internal.sdkVersion", SDK, limits::TRACK_SDK);
    tags
}

const TAGS: [(&str, &[&str], usize); 5] = [
    ("ai.cloud.roleInstance", &["service.instance.id", "host.name"], limits::TRACK_ROLE),
    ("ai.application.ver", &["service.version"], limits::TRACK_NAME),
    ("ai.user.id", &["enduser.pseudo.id", "user.id", "cursor.user.id"], limits::TRACK_ID),
    (
        "ai.user.authUserId",
        &["enduser.id", "user.email", "user_email", "user.account_uuid", "user.account_id"],
        limits::TRACK_NAME,
    ),
    (
        "ai.session.id",
        &["session.id", "gen_ai.conversation.id", "conversation.id", "conversation_id", "thread.id"],
        limits::TRACK_SESSION,
    ),
];

/// Whether these attributes tell of an exception.
fn is_exception(attributes: Attributes<'_>) -> bool {
    let [kind, message, _] = EXCEPTION;
    first(attributes, &[kind, message]).is_some()
}

/// An exception with everything but its properties, and what is to be told of it if it says nothing itself.
fn exception(
    mut properties: Properties,
    measurements: Measurements,
    attributes: Attributes<'_>,
    otherwise: &str,
    severity_level: Option<&'static str>,
) -> Base {
    let [kind, message, stack] = EXCEPTION.map(|key| first(attributes, &[key]));
    let type_name = properties.fitting(kind.as_deref().unwrap_or("Exception"), limits::TRACK_NAME);
    let message = properties.fitting(named(message.as_deref().unwrap_or(otherwise)), limits::TRACK_MESSAGE);
    let stack = properties.fitting(stack.as_deref().unwrap_or_default(), limits::TRACK_MESSAGE);
    let has_full_stack = !stack.is_empty();
    let exceptions = [Thrown { type_name, message, has_full_stack, stack }];
    Base::Exception(Exception { ver: 2, exceptions, severity_level, properties, measurements })
}
