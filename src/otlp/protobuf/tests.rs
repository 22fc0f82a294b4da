#![allow(clippy::unwrap_used)]

use super::*;
use crate::limits::VALUE_DEPTH;
use crate::otlp::samples;

fn full(signal: Signal) -> Vec<u8> {
    Payload::from_json(signal, samples::full(signal).as_bytes()).unwrap().to_protobuf()
}

fn field(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag << 3 | 2];
    prost::encoding::encode_varint(content.len() as u64, &mut out);
    out.extend_from_slice(content);
    out
}

/// `content` in these fields, the first one outermost.
fn within(tags: &[u8], content: Vec<u8>) -> Vec<u8> {
    tags.iter().rev().fold(content, |inner, tag| field(*tag, &inner))
}

#[test]
fn an_empty_body_is_an_empty_request() {
    for signal in Signal::ALL {
        assert_eq!(Payload::from_protobuf(signal, b"").unwrap().records(), 0);
    }
}

#[test]
fn a_request_of_another_signal_is_recognised() {
    for found in Signal::ALL {
        for signal in Signal::ALL.into_iter().filter(|signal| *signal != found) {
            let error = Payload::from_protobuf(signal, &full(found)).unwrap_err();
            assert_eq!(error, DecodeError::OtherSignal { found }, "{found} sent as {signal}");
        }
    }
}

#[test]
fn what_is_not_understood_is_refused() {
    let legacy =
        within(&[1], field(1, &field(1, &field(1, b"k"))).into_iter().chain(field(9, b"spans")).collect());
    let table = [
        (field(9, b"unknown"), DecodeError::NothingUnderstood),
        (legacy, DecodeError::NothingUnderstood),
        (b"\x0a\x05ab".to_vec(), DecodeError::Protobuf),
        (b"{\"resourceSpans\":[]}".to_vec(), DecodeError::Protobuf),
        (within(&[1, 2, 2, 5], b"\xFF".to_vec()), DecodeError::Protobuf),
    ];
    for (body, expected) in table {
        assert_eq!(Payload::from_protobuf(Signal::Traces, &body).unwrap_err(), expected, "{body:?}");
    }
}

#[test]
fn unknown_fields_are_not_forwarded() {
    let stranger = [&[0xFA, 0x3E, 0x06], b"secret" as &[u8]].concat();
    let span = [field(5, b"name"), stranger].concat();
    let payload = Payload::from_protobuf(Signal::Traces, &within(&[1, 2, 2], span)).unwrap();
    assert_eq!(payload.to_protobuf(), within(&[1, 2, 2, 5], b"name".to_vec()));
}

#[test]
fn ids_have_their_length() {
    type Case = (Signal, &'static [u8], usize, &'static str);
    let table: [Case; 9] = [
        (Signal::Traces, &[1], 16, "traceId"),
        (Signal::Traces, &[2], 8, "spanId"),
        (Signal::Traces, &[4], 8, "parentSpanId"),
        (Signal::Traces, &[13, 1], 16, "links[0].traceId"),
        (Signal::Traces, &[13, 2], 8, "links[0].spanId"),
        (Signal::Logs, &[9], 16, "traceId"),
        (Signal::Logs, &[10], 8, "spanId"),
        (Signal::Metrics, &[9, 1, 8, 5], 16, "histogram.dataPoints[0].exemplars[0].traceId"),
        (Signal::Metrics, &[9, 1, 8, 4], 8, "histogram.dataPoints[0].exemplars[0].spanId"),
    ];
    for (signal, inner, length, path) in table {
        let decode = |length| {
            let body = within(&[1, 2, 2], within(inner, vec![0xFF; length]));
            Payload::from_protobuf(signal, &body).map(|payload| payload.records())
        };
        assert_eq!(decode(length), Ok(1), "{path}");
        for wrong in [1, length - 1, length + 1, 40] {
            match decode(wrong) {
                Err(DecodeError::Shape { path: found, .. }) => assert!(found.ends_with(path), "{found}"),
                other => assert_eq!(other, Ok(0), "{path} of {wrong} bytes"),
            }
        }
    }
}

#[test]
fn values_are_as_deep_as_the_limit_and_no_deeper() {
    // An exemplar's attribute has the longest way to it, and a kvlist level takes most messages.
    let nested = |levels: usize| {
        let value = (0..levels).fold(field(1, b"x"), |inner, _| within(&[6, 1, 2], inner));
        within(&[1, 2, 2, 9, 1, 8, 7, 2], value)
    };
    let decode = |levels| Payload::from_protobuf(Signal::Metrics, &nested(levels)).map(drop);
    assert_eq!(decode(VALUE_DEPTH), Ok(()));
    assert_eq!(decode(VALUE_DEPTH + 1), Err(DecodeError::TooDeep));
    assert_eq!(decode(2_000), Err(DecodeError::TooDeep));
    let arrays = |levels: usize| {
        let value = (0..levels).fold(field(1, b"x"), |inner, _| within(&[5, 1], inner));
        Payload::from_protobuf(Signal::Logs, &within(&[1, 2, 2, 5], value)).map(drop)
    };
    assert_eq!(arrays(VALUE_DEPTH), Ok(()));
    assert_eq!(arrays(VALUE_DEPTH + 1), Err(DecodeError::TooDeep));
}

#[test]
fn a_body_of_empty_elements_is_refused() {
    let spans = |count: usize| {
        let spans = field(2, b"").repeat(count);
        Payload::from_protobuf(Signal::Traces, &within(&[1, 2], spans)).map(|payload| payload.records())
    };
    assert_eq!(spans(1000), Ok(1000));
    assert!(matches!(spans(1_000_000), Err(DecodeError::Shape { .. })));
}

#[test]
fn what_only_profiles_have_is_cleared() {
    let strindex = vec![0x18, 0x05, 0x12, 0x02, 0x40, 0x07];
    let body = within(&[1, 2, 2, 6], [field(1, b"k"), strindex].concat());
    let payload = Payload::from_protobuf(Signal::Logs, &body).unwrap();
    let mut json = Vec::new();
    payload.write_json(&mut json);
    assert!(String::from_utf8(json).unwrap().contains(r#""attributes":[{"key":"k","value":{}}]"#));
    assert_eq!(payload.protobuf_len(), body.len() - 4);
}
