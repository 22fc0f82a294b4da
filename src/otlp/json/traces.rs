//! Spans.

use super::common::{key_value, span_id, trace_id};
use super::reader::{Reader, members};
use super::{FromJson, Read};
use opentelemetry_proto::tonic::trace::v1::{
    Span, Status,
    span::{Event, Link, SpanKind},
    status::StatusCode,
};

impl FromJson for Span {
    fn from_json(reader: &mut Reader<'_>) -> Read<Self> {
        let mut span = Self::default();
        members!(reader:
            "traceId" => field(span.trace_id, trace_id),
            "spanId" => field(span.span_id, span_id),
            "traceState" => field(span.trace_state, Reader::text),
            "parentSpanId" => field(span.parent_span_id, span_id),
            "flags" => field(span.flags, Reader::int),
            "name" => field(span.name, Reader::text),
            "kind" => field(span.kind, kind),
            "startTimeUnixNano" => field(span.start_time_unix_nano, Reader::int),
            "endTimeUnixNano" => field(span.end_time_unix_nano, Reader::int),
            "attributes" => list(span.attributes, key_value),
            "droppedAttributesCount" => field(span.dropped_attributes_count, Reader::int),
            "events" => list(span.events, event),
            "droppedEventsCount" => field(span.dropped_events_count, Reader::int),
            "links" => list(span.links, link),
            "droppedLinksCount" => field(span.dropped_links_count, Reader::int),
            "status" => some(span.status, status),
        )?;
        Ok(span)
    }
}

fn event(reader: &mut Reader<'_>) -> Read<Event> {
    let mut event = Event::default();
    members!(reader:
        "timeUnixNano" => field(event.time_unix_nano, Reader::int),
        "name" => field(event.name, Reader::text),
        "attributes" => list(event.attributes, key_value),
        "droppedAttributesCount" => field(event.dropped_attributes_count, Reader::int),
    )?;
    Ok(event)
}

fn link(reader: &mut Reader<'_>) -> Read<Link> {
    let mut link = Link::default();
    members!(reader:
        "traceId" => field(link.trace_id, trace_id),
        "spanId" => field(link.span_id, span_id),
        "traceState" => field(link.trace_state, Reader::text),
        "attributes" => list(link.attributes, key_value),
        "droppedAttributesCount" => field(link.dropped_attributes_count, Reader::int),
        "flags" => field(link.flags, Reader::int),
    )?;
    Ok(link)
}

fn status(reader: &mut Reader<'_>) -> Read<Status> {
    let mut status = Status::default();
    members!(reader:
        "message" => field(status.message, Reader::text),
        "code" => field(status.code, code),
    )?;
    Ok(status)
}

fn kind(reader: &mut Reader<'_>) -> Read<i32> {
    reader.enumeration(|name| SpanKind::from_str_name(name).map(i32::from))
}

fn code(reader: &mut Reader<'_>) -> Read<i32> {
    reader.enumeration(|name| StatusCode::from_str_name(name).map(i32::from))
}
