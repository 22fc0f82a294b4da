#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::otlp::samples;
use crate::signal::Signal;

fn full(signal: Signal) -> Payload {
    Payload::from_json(signal, samples::full(signal).as_bytes()).unwrap()
}

/// Keys and values as text.
fn told(attributes: Attributes<'_>) -> Vec<(&str, String)> {
    attributes.iter().map(|(key, value)| (key, value.to_text().into_owned())).collect()
}

#[test]
fn a_span_is_read_with_what_it_stands_under() {
    let payload = full(Signal::Traces);
    let mut read = payload.read();
    let Some((origin, Record::Span(span))) = read.next() else { panic!("no span") };
    assert!(read.next().is_none());
    let resource = [("service.name", "agent".to_owned()), ("process.command_args", r#"["-p",5]"#.to_owned())];
    assert_eq!(told(origin.resource()), resource);
    assert_eq!((told(origin.scope()), origin.library()), (vec![("k", "false".to_owned())], ("lib", "1.0")));
    assert_eq!((origin.resource_schema_url, origin.scope_schema_url), ("resource-url", "scope-url"));
    assert_eq!(origin.dropped(), (1, 2));
    assert!(origin.entities().unwrap().starts_with(r#"[{"schemaUrl":"entity-url","type":"service""#));
    assert_eq!((span.name(), span.kind(), span.flags()), ("chat", Kind::Client, 1));
    assert_eq!(span.end_time_unix_nano() - span.start_time_unix_nano(), 1);
    assert_eq!((span.status(), span.status_message()), (Status::Error, "failed"));
    assert_eq!((span.trace_id().len(), span.span_id()[0], span.parent_span_id()[0]), (16, 0, 8));
    assert_eq!((span.trace_state(), told(span.attributes())), ("a=b", vec![("cost", "1.5".to_owned())]));
    let event = span.events().next().unwrap();
    assert_eq!((event.name(), event.time_unix_nano(), event.dropped_attributes_count()), ("exception", 1, 4));
    assert_eq!(event.attributes().text("exception.message"), Some("no"));
    let link = span.links().next().unwrap();
    assert_eq!((link.trace_state(), link.flags(), link.dropped_attributes_count()), ("c=d", 7, 6));
    assert_eq!((told(link.attributes()), span.dropped()), (vec![("raw", "aGk=".to_owned())], [3, 5, 8]));
}

#[test]
fn a_log_record_is_read_with_its_body() {
    let payload = full(Signal::Logs);
    let bodies: Vec<_> = payload
        .read()
        .map(|(_, record)| {
            let Record::Log(log) = record else { panic!("not a log record") };
            (log.event_name(), log.severity_number(), log.body().to_text().into_owned())
        })
        .collect();
    let nested = r#"{"content":[{"text":"hello"}],"none":null}"#.to_owned();
    assert_eq!(bodies, [("said", 9, nested), ("", 0, "plain".to_owned())]);
}

#[test]
fn every_data_point_is_read_with_its_metric() {
    let payload = full(Signal::Metrics);
    let points: Vec<_> = payload
        .read()
        .map(|(_, record)| {
            let Record::Point(point) = record else { panic!("not a data point") };
            (
                point.name(),
                point.kind(),
                format!("{:?}", point.measured()),
                point.details().unwrap_or_default(),
            )
        })
        .collect();
    let exemplar = r#"{"exemplars":[{"filteredAttributes":[{"key":"user","value":{"stringValue":"u"}}],"timeUnixNano":"3","asInt":"0","spanId":"0001020304050607","traceId":"000102030405060708090a0b0c0d0e0f"}]}"#;
    let expected = [
        ("g", "gauge", "Double(0.0)", exemplar),
        ("s", "sum", "Int(-1)", ""),
        ("s", "sum", "Double(NaN)", ""),
        (
            "h",
            "histogram",
            "Many { count: 2, sum: Some(0.0), min: Some(-1.0), max: Some(inf) }",
            r#"{"bucketCounts":["1","1"],"explicitBounds":[0.5]}"#,
        ),
        (
            "e",
            "exponential_histogram",
            "Many { count: 3, sum: Some(1e300), min: None, max: None }",
            r#"{"scale":-2,"zeroCount":"1","positive":{"offset":-1,"bucketCounts":["1"]},"negative":{},"zeroThreshold":1e-7}"#,
        ),
        (
            "q",
            "summary",
            "Many { count: 1, sum: Some(1.0), min: None, max: None }",
            r#"{"quantileValues":[{"quantile":0.5,"value":2.0}]}"#,
        ),
    ];
    let expected =
        expected.map(|(name, kind, measured, details)| (name, kind, measured.to_owned(), details.to_owned()));
    assert_eq!(points, expected);
    let Some((_, Record::Point(sum))) = payload.read().nth(1) else { panic!("no sum") };
    assert_eq!((sum.temporality(), sum.is_monotonic()), (Some("cumulative"), Some(true)));
    let Some((_, Record::Point(gauge))) = payload.read().next() else { panic!("no gauge") };
    assert_eq!(
        (gauge.temporality(), gauge.is_monotonic(), gauge.unit(), gauge.flags()),
        (None, None, "s", 1)
    );
    assert_eq!(told(gauge.metadata()), [("m", "metadata".to_owned())]);
}

#[test]
fn as_many_are_read_as_are_counted() {
    for signal in Signal::ALL {
        assert_eq!(full(signal).read().count(), full(signal).records(), "{signal}");
    }
}
