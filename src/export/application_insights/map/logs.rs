//! Log records.

use super::super::envelope::{self, Base, Envelope, Measurements, Message, Properties};
use super::{
    Mapper, count, exception, first, is_exception, named, put_attributes, put_origin, tags, timestamp,
};
use crate::limits;
use crate::otlp::{Log, Origin};
use std::borrow::Cow;

pub(super) fn log(mapper: &Mapper, origin: Origin<'_>, log: Log<'_>) -> Vec<Envelope> {
    let (body, severity) = (log.body().to_text(), severity(log.severity_number()));
    let item = |base| {
        let tags = tags(origin, log.attributes(), log.trace_id(), log.span_id());
        mapper.item(time(log), tags, base)
    };
    if is_exception(log.attributes()) {
        let (mut properties, measurements) = properties(origin, log, &super::EXCEPTION, &body);
        properties.tell("otel.event.name", log.event_name());
        return vec![item(exception(properties, measurements, log.attributes(), &body, severity))];
    }
    let Some(name) = name(log) else {
        let (mut properties, _) = properties(origin, log, &[], "");
        properties.tell("otel.event.name", log.event_name());
        return vec![item(message(properties, &body, log.event_name(), severity))];
    };
    let (mut properties, measurements) = properties(origin, log, &[], &body);
    properties.tell("otel.event.name", log.event_name());
    // What does not fit into a property may fit into a message.
    let long = (body.len() > limits::TRACK_VALUE).then(|| {
        let mut properties = Properties::default();
        properties.tell("otel.event.name", &name);
        put_origin(&mut properties, origin);
        item(message(properties, &body, "", severity))
    });
    let name = properties.fitting(&name, limits::TRACK_EVENT);
    let event = Base::Event(envelope::Event { ver: 2, name, properties, measurements });
    std::iter::once(item(event)).chain(long).collect()
}

fn properties(origin: Origin<'_>, log: Log<'_>, but: &[&str], body: &str) -> (Properties, Measurements) {
    let (mut properties, mut measurements) = (Properties::default(), Measurements::default());
    put_attributes(&mut properties, Some(&mut measurements), log.attributes(), but);
    properties.tell("otel.body", body);
    properties.tell("otel.severity_text", log.severity_text());
    if log.severity_number() != 0 {
        properties.tell("otel.severity_number", &log.severity_number().to_string());
    }
    count(&mut properties, "otel.flags", log.flags());
    count(&mut properties, "otel.dropped_attributes_count", log.dropped_attributes_count());
    if log.time_unix_nano() != 0 && log.observed_time_unix_nano() != log.time_unix_nano() {
        let observed = timestamp(log.observed_time_unix_nano()).map(|at| at.to_string());
        properties.tell("otel.observed_time", &observed.unwrap_or_default());
    }
    put_origin(&mut properties, origin);
    (properties, measurements)
}

/// The service wants a message: of a record without a body, its name.
fn message(mut properties: Properties, body: &str, name: &str, severity: Option<&'static str>) -> Base {
    let text = if body.is_empty() { name } else { body };
    let message = properties.fitting(named(text), limits::TRACK_MESSAGE);
    Base::Message(Message { ver: 2, message, severity_level: severity, properties })
}

const fn time(log: Log<'_>) -> u64 {
    match log.time_unix_nano() {
        0 => log.observed_time_unix_nano(),
        time => time,
    }
}

/// What a record calls itself, if it is named at all.
fn name(log: Log<'_>) -> Option<Cow<'_, str>> {
    let attribute = first(log.attributes(), &["microsoft.custom_event.name", "event.name"]);
    let field = Some(log.event_name()).filter(|name| !name.is_empty() && !is_place(name));
    attribute.or_else(|| field.map(Cow::Borrowed))
}

/// `event src/main.rs:12`: what Rust's tracing writes for an event that nobody named.
fn is_place(name: &str) -> bool {
    let line = name.strip_prefix("event ").and_then(|place| place.rsplit_once(':'));
    line.is_some_and(|(_, line)| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()))
}

/// <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>
const fn severity(number: i32) -> Option<&'static str> {
    match number {
        1..=8 => Some("Verbose"),
        9..=12 => Some("Information"),
        13..=16 => Some("Warning"),
        17..=20 => Some("Error"),
        21..=24 => Some("Critical"),
        _ => None,
    }
}
