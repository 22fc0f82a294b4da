//! No field of OTLP is missed: what the descriptors say can hold text, the walk rewrites.
//!
//! For every string and bytes field that can be reached from the three export requests, one request
//! is built with a canary in just that field. A visitor that blacks out everything it is shown must
//! leave no trace of the canary in what is encoded again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use blackbar::otlp::{Content, Edit, Payload, View, Visitor};
use blackbar::path::Path;
use blackbar::signal::Signal;
use blackbar::tree::Tree;
use data_encoding::{BASE64, HEXLOWER};
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use std::collections::BTreeSet;

/// No valid length of an id, and nothing that stands anywhere else.
const CANARY: &str = "canary-3f1c-sings-in-the-mine";

/// The fields that are not visited, because their length is law: 16 bytes or 8.
const IDS: [&str; 9] = [
    "opentelemetry.proto.logs.v1.LogRecord.span_id",
    "opentelemetry.proto.logs.v1.LogRecord.trace_id",
    "opentelemetry.proto.metrics.v1.Exemplar.span_id",
    "opentelemetry.proto.metrics.v1.Exemplar.trace_id",
    "opentelemetry.proto.trace.v1.Span.Link.span_id",
    "opentelemetry.proto.trace.v1.Span.Link.trace_id",
    "opentelemetry.proto.trace.v1.Span.parent_span_id",
    "opentelemetry.proto.trace.v1.Span.span_id",
    "opentelemetry.proto.trace.v1.Span.trace_id",
];

/// The way from a request to one field.
type Way = Vec<FieldDescriptor>;

fn request(signal: Signal) -> MessageDescriptor {
    let name = match signal {
        Signal::Traces => "opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest",
        Signal::Metrics => "opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest",
        Signal::Logs => "opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest",
    };
    let pool = DescriptorPool::decode(opentelemetry_proto::DESCRIPTORS).unwrap();
    pool.get_message_by_name(name).unwrap()
}

/// Every way to a string or bytes field, through at most two `AnyValue`s.
fn ways(message: &MessageDescriptor, so_far: &Way, found: &mut Vec<Way>) {
    for field in message.fields() {
        let way: Way = so_far.iter().cloned().chain([field.clone()]).collect();
        match field.kind() {
            Kind::String | Kind::Bytes => found.push(way),
            Kind::Message(inner) if values(&way) <= 2 => ways(&inner, &way, found),
            _ => {}
        }
    }
}

fn values(way: &Way) -> usize {
    let any_value = |field: &&FieldDescriptor| matches!(field.kind(), Kind::Message(inner) if inner.full_name() == "opentelemetry.proto.common.v1.AnyValue");
    way.iter().filter(any_value).count()
}

/// A request with the canary at the end of this way, and nothing else in it.
fn build(message: &MessageDescriptor, way: &[FieldDescriptor]) -> DynamicMessage {
    let (field, rest) = way.split_first().unwrap();
    let value = match field.kind() {
        Kind::String => Value::String(CANARY.to_owned()),
        Kind::Bytes => Value::Bytes(CANARY.as_bytes().to_vec().into()),
        Kind::Message(inner) => Value::Message(build(&inner, rest)),
        other => panic!("{other:?} holds no text"),
    };
    let mut built = DynamicMessage::new(message.clone());
    built.set_field(field, if field.is_list() { Value::List(vec![value]) } else { value });
    built
}

/// Answers the same to every content.
struct Always(Edit);

impl Visitor for Always {
    fn enter(&mut self, _: View<'_>) {}

    fn content(&mut self, _: &Path<'_>, _: Content<'_>) -> Edit {
        self.0.clone()
    }

    fn tree(&mut self, _: &Path<'_>, tree: &Tree) -> Edit<Tree> {
        match &self.0 {
            Edit::Keep => Edit::Keep,
            Edit::Replace(new) => Edit::Replace(tree.edited(|_, _| new.clone().into())),
            Edit::DropAttribute => Edit::DropAttribute,
            Edit::DropRecord => Edit::DropRecord,
        }
    }
}

/// Whether the canary is to be seen in what leaves as protobuf, and in what leaves as JSON.
fn left(payload: &Payload) -> [bool; 2] {
    let mut json = Vec::new();
    payload.write_json(&mut json);
    let holds = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    let canary = CANARY.as_bytes();
    let spellings = [CANARY.to_owned(), BASE64.encode(canary), HEXLOWER.encode(canary)];
    let in_json = spellings.iter().any(|spelling| holds(&json, spelling.as_bytes()));
    [holds(&payload.to_protobuf(), canary), in_json]
}

/// Builds a request for every field of every signal, and gives each that decodes to `check`, with
/// its name; gives back the full names of the fields of those that do not.
fn each_field(mut check: impl FnMut(&str, Payload)) -> BTreeSet<String> {
    let mut refused = BTreeSet::new();
    for signal in Signal::ALL {
        let request = request(signal);
        let mut found = Vec::new();
        ways(&request, &Way::new(), &mut found);
        assert!(found.len() > 40, "{signal}: {} fields", found.len());
        for way in found {
            let body = build(&request, &way).encode_to_vec();
            let name = way.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".");
            match Payload::from_protobuf(signal, &body) {
                Ok(payload) => check(&name, payload),
                Err(_) => drop(refused.insert(way.last().unwrap().full_name().to_owned())),
            }
        }
    }
    refused
}

#[test]
fn no_field_keeps_what_is_blacked_out() {
    let refused = each_field(|name, mut payload| {
        payload.rewrite(&mut Always(Edit::Replace(b"X".to_vec())));
        assert_eq!(left(&payload), [false, false], "{name} is not visited");
    });
    assert_eq!(refused, IDS.map(str::to_owned).into());
}

#[test]
fn every_field_keeps_what_is_kept() {
    each_field(|name, mut payload| {
        payload.rewrite(&mut Always(Edit::Keep));
        assert_eq!(left(&payload), [true, true], "{name} is lost, or the canary is not seen in it");
    });
}

#[test]
fn no_field_keeps_what_is_dropped() {
    for edit in [Edit::DropAttribute, Edit::DropRecord] {
        each_field(|name, mut payload| {
            payload.rewrite(&mut Always(edit.clone()));
            assert_eq!(left(&payload), [false, false], "{name} is kept by {edit:?}");
        });
    }
}
