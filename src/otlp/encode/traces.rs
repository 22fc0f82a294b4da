//! Spans.

use super::common::key_value;
use super::json::{Object, ToJson};
use opentelemetry_proto::tonic::trace::v1::{
    Span, Status,
    span::{Event, Link},
};

impl ToJson for Span {
    fn to_json(&self, out: &mut Object<'_>) {
        out.id("traceId", &self.trace_id);
        out.id("spanId", &self.span_id);
        out.text("traceState", &self.trace_state);
        out.id("parentSpanId", &self.parent_span_id);
        out.int("flags", self.flags);
        out.text("name", &self.name);
        out.int("kind", self.kind);
        out.long("startTimeUnixNano", self.start_time_unix_nano);
        out.long("endTimeUnixNano", self.end_time_unix_nano);
        out.list("attributes", &self.attributes, key_value);
        out.int("droppedAttributesCount", self.dropped_attributes_count);
        out.list("events", &self.events, event);
        out.int("droppedEventsCount", self.dropped_events_count);
        out.list("links", &self.links, link);
        out.int("droppedLinksCount", self.dropped_links_count);
        out.message("status", self.status.as_ref(), status);
    }
}

fn event(out: &mut Object<'_>, event: &Event) {
    out.long("timeUnixNano", event.time_unix_nano);
    out.text("name", &event.name);
    out.list("attributes", &event.attributes, key_value);
    out.int("droppedAttributesCount", event.dropped_attributes_count);
}

fn link(out: &mut Object<'_>, link: &Link) {
    out.id("traceId", &link.trace_id);
    out.id("spanId", &link.span_id);
    out.text("traceState", &link.trace_state);
    out.list("attributes", &link.attributes, key_value);
    out.int("droppedAttributesCount", link.dropped_attributes_count);
    out.int("flags", link.flags);
}

fn status(out: &mut Object<'_>, status: &Status) {
    out.text("message", &status.message);
    out.int("code", status.code);
}
