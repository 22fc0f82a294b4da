//! Spans, and what happened during them.

use super::super::envelope::{Base, Dependency, Envelope, Measurements, Message, Properties, Request};
use super::{
    Mapper, count, duration, exception, first, hex, is_exception, named, put_attributes, put_origin, tags,
};
use crate::limits;
use crate::otlp::{Attributes, Event, Kind, Link, Origin, Span, Status};
use serde_json::{Value, json};
use std::borrow::Cow;

pub(super) fn span(mapper: &Mapper, origin: Origin<'_>, span: Span<'_>) -> Envelope {
    let attributes = span.attributes();
    let (mut properties, mut measurements) = (Properties::default(), Measurements::default());
    put_attributes(&mut properties, Some(&mut measurements), attributes, &[]);
    put_fields(&mut properties, span);
    put_origin(&mut properties, origin);
    let mut tags = tags(origin, attributes, span.trace_id(), span.parent_span_id());
    let base = match span.kind() {
        Kind::Server | Kind::Consumer => {
            tags.put("ai.operation.name", span.name(), limits::TRACK_NAME);
            Base::Request(request(span, properties, measurements))
        }
        _ => Base::Dependency(dependency(span, properties, measurements)),
    };
    mapper.item(span.start_time_unix_nano(), tags, base)
}

fn put_fields(properties: &mut Properties, span: Span<'_>) {
    properties.tell("span.kind", kind(span.kind()));
    let status = match span.status() {
        Status::Unset => "",
        Status::Ok => "OK",
        Status::Error => "ERROR",
    };
    properties.tell("otel.status_code", status);
    properties.tell("otel.status_description", span.status_message());
    properties.tell("otel.trace_state", span.trace_state());
    count(properties, "otel.flags", span.flags());
    let [attributes, events, links] = span.dropped();
    count(properties, "otel.dropped_attributes_count", attributes);
    count(properties, "otel.dropped_events_count", events);
    count(properties, "otel.dropped_links_count", links);
    put_links(properties, span);
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Unspecified => "",
        Kind::Internal => "internal",
        Kind::Server => "server",
        Kind::Client => "client",
        Kind::Producer => "producer",
        Kind::Consumer => "consumer",
    }
}

/// The ids in the form the portal reads; whatever else links say, beside it.
fn put_links(properties: &mut Properties, span: Span<'_>) {
    let id = |link: Link<'_>| json!({"operation_Id": hex(link.trace_id()), "id": hex(link.span_id())});
    let ids: Vec<Value> = span.links().map(id).collect();
    if ids.is_empty() {
        return;
    }
    properties.tell("_MS.links", &Value::Array(ids).to_string());
    let says_more = |link: Link<'_>| {
        link.attributes().iter().len() > 0 || !link.trace_state().is_empty() || link.flags() > 0
    };
    if span.links().any(says_more) {
        let links: Vec<Value> = span.links().map(whole_link).collect();
        properties.tell("otel.links", &Value::Array(links).to_string());
    }
}

fn whole_link(link: Link<'_>) -> Value {
    let attributes = link.attributes().iter().map(|(key, value)| json!([key, value.to_text()]));
    json!({
        "trace_id": hex(link.trace_id()),
        "span_id": hex(link.span_id()),
        "trace_state": link.trace_state(),
        "flags": link.flags(),
        "attributes": attributes.collect::<Vec<_>>(),
        "dropped_attributes_count": link.dropped_attributes_count(),
    })
}

fn request(span: Span<'_>, mut properties: Properties, measurements: Measurements) -> Request {
    let attributes = span.attributes();
    let source = first(attributes, &DESTINATION)
        .filter(|_| span.kind() == Kind::Consumer)
        .or_else(|| first(attributes, &["client.address", "net.peer.name", "net.peer.ip"]));
    let mut fitting = |text: &str, most| properties.fitting(text, most);
    Request {
        ver: 2,
        id: id(span),
        name: fitting(named(span.name()), limits::TRACK_NAME),
        duration: duration(span.start_time_unix_nano(), span.end_time_unix_nano()),
        response_code: fitting(&result_code(span), limits::TRACK_NAME),
        success: success(span),
        url: fitting(&url(attributes).unwrap_or_default(), limits::TRACK_URL),
        source: fitting(&source.unwrap_or_default(), limits::TRACK_NAME),
        properties,
        measurements,
    }
}

fn dependency(span: Span<'_>, mut properties: Properties, measurements: Measurements) -> Dependency {
    let Called { kind, data, target } = called(span);
    let mut fitting = |text: &str, most| properties.fitting(text, most);
    Dependency {
        ver: 2,
        id: id(span),
        name: fitting(named(span.name()), limits::TRACK_NAME),
        duration: duration(span.start_time_unix_nano(), span.end_time_unix_nano()),
        result_code: fitting(&result_code(span), limits::TRACK_NAME),
        success: success(span),
        data: fitting(data.as_deref().unwrap_or(span.name()), limits::TRACK_VALUE),
        target: fitting(&target.unwrap_or_default(), limits::TRACK_NAME),
        kind: fitting(&kind, limits::TRACK_NAME),
        properties,
        measurements,
    }
}

/// The service wants an id: of a span without one, that of none.
fn id(span: Span<'_>) -> String {
    hex(if span.span_id().is_empty() { &[0; 8] } else { span.span_id() })
}

const HTTP_STATUS: [&str; 2] = ["http.response.status_code", "http.status_code"];

const DESTINATION: [&str; 2] = ["messaging.destination.name", "messaging.destination"];

/// What the protocol said; else what the application calls the error; else OTLP's status as a number.
fn result_code(span: Span<'_>) -> Cow<'_, str> {
    let attributes = span.attributes();
    let code = first(attributes, &HTTP_STATUS)
        .or_else(|| first(attributes, &["rpc.response.status_code", "rpc.grpc.status_code"]))
        .or_else(|| first(attributes, &["error.type"]));
    code.unwrap_or(Cow::Borrowed(match span.status() {
        Status::Unset => "0",
        Status::Ok => "1",
        Status::Error => "2",
    }))
}

fn success(span: Span<'_>) -> bool {
    let http = first(span.attributes(), &HTTP_STATUS).and_then(|code| code.parse::<u16>().ok());
    span.status() != Status::Error && http.is_none_or(|code| code < 400)
}

/// Whom a span called, and with what.
struct Called<'a> {
    kind: Cow<'a, str>,
    data: Option<Cow<'a, str>>,
    target: Option<Cow<'a, str>>,
}

fn called(span: Span<'_>) -> Called<'_> {
    let attributes = span.attributes();
    let of = |keys: &[&str]| first(attributes, keys);
    let peer = || of(&["peer.service"]).or_else(|| address(attributes));
    if let Some(provider) = of(&["gen_ai.provider.name", "gen_ai.system"]) {
        let target = peer().or_else(|| Some(provider.clone()));
        return Called { kind: format!("GenAI | {provider}").into(), data: None, target };
    }
    if span.kind() == Kind::Internal || span.kind() == Kind::Unspecified {
        return Called { kind: "InProc".into(), data: None, target: None };
    }
    if let Some(system) = of(&["db.system.name", "db.system"]) {
        let target = peer().or_else(|| of(&["db.namespace", "db.name"]));
        return Called { kind: system, data: of(&["db.query.text", "db.statement"]), target };
    }
    if let Some(system) = of(&["rpc.system"]) {
        return Called {
            kind: system,
            data: of(&["rpc.method"]),
            target: peer().or_else(|| of(&["rpc.service"])),
        };
    }
    if let Some(system) = of(&["messaging.system"]) {
        let target = of(&DESTINATION).or_else(peer);
        return Called { kind: system, data: of(&["messaging.url"]), target };
    }
    let http = of(&["http.request.method", "http.method", "http.url", "url.full"]).is_some();
    Called { kind: if http { "HTTP" } else { "" }.into(), data: url(attributes), target: peer() }
}

/// The other side, as `host` or `host:port`.
fn address(attributes: Attributes<'_>) -> Option<Cow<'_, str>> {
    let host = first(attributes, &["server.address", "net.peer.name", "http.host", "net.peer.ip"])?;
    match first(attributes, &["server.port", "net.peer.port"]) {
        Some(port) => Some(format!("{host}:{port}").into()),
        None => Some(host),
    }
}

/// The URL as it stands, or put together from its parts.
fn url(attributes: Attributes<'_>) -> Option<Cow<'_, str>> {
    let whole = first(attributes, &["url.full", "http.url"]);
    whole.or_else(|| {
        let path = first(attributes, &["url.path", "http.target"])?;
        let query = first(attributes, &["url.query"]).map(|query| format!("?{query}"));
        let scheme = first(attributes, &["url.scheme", "http.scheme"]);
        let host = first(attributes, &["net.host.name"]).or_else(|| address(attributes));
        let origin = match (scheme, host) {
            (Some(scheme), Some(host)) => format!("{scheme}://{host}"),
            _ => String::new(),
        };
        Some(format!("{origin}{path}{}", query.unwrap_or_default()).into())
    })
}

/// Something that happened during a span: an item of its own, with the span as parent.
pub(super) fn event(mapper: &Mapper, origin: Origin<'_>, span: Span<'_>, event: Event<'_>) -> Envelope {
    let attributes = event.attributes();
    let is_exception = is_exception(attributes);
    let but: &[&str] = if is_exception { &super::EXCEPTION } else { &[] };
    let (mut properties, mut measurements) = (Properties::default(), Measurements::default());
    put_attributes(&mut properties, is_exception.then_some(&mut measurements), attributes, but);
    count(&mut properties, "otel.dropped_attributes_count", event.dropped_attributes_count());
    properties.tell("otel.span.name", span.name());
    let base = if is_exception {
        properties.tell("otel.event.name", event.name());
        put_origin(&mut properties, origin);
        exception(properties, measurements, attributes, event.name(), None)
    } else {
        put_origin(&mut properties, origin);
        let message = properties.fitting(named(event.name()), limits::TRACK_MESSAGE);
        Base::Message(Message { ver: 2, message, severity_level: None, properties })
    };
    let tags = tags(origin, span.attributes(), span.trace_id(), span.span_id());
    mapper.item(event.time_unix_nano(), tags, base)
}
