//! What is tolerated, as tables: what is sent, and what is understood, in our own spelling.
#![allow(clippy::unwrap_used)]

use crate::limits::VALUE_DEPTH;
use crate::otlp::{DecodeError, Payload, samples};
use crate::signal::Signal;

const LOG: (&str, &str) = (r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":["#, "]}]}]}");
const SPAN: (&str, &str) = (r#"{"resourceSpans":[{"scopeSpans":[{"spans":["#, "]}]}]}");
const METRIC: (&str, &str) = (r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":["#, "]}]}]}");

/// Reads a record in a request, and writes the record again.
fn record(signal: Signal, json: &[u8]) -> Result<String, DecodeError> {
    let (before, after) = match signal {
        Signal::Traces => SPAN,
        Signal::Metrics => METRIC,
        Signal::Logs => LOG,
    };
    let request = [before.as_bytes(), json, after.as_bytes()].concat();
    let mut out = Vec::new();
    Payload::from_json(signal, &request)?.write_json(&mut out);
    let out = String::from_utf8(out).unwrap();
    Ok(out.strip_prefix(before).unwrap().strip_suffix(after).unwrap().to_owned())
}

fn check(signal: Signal, table: &[(&str, &str)]) {
    for (sent, expected) in table {
        assert_eq!(record(signal, sent.as_bytes()).as_deref(), Ok(*expected), "{sent}");
    }
}

#[test]
fn null_is_absent() {
    check(
        Signal::Logs,
        &[
            ("{}", "{}"),
            (r#"{"body":null,"severityText":null,"attributes":null,"spanId":null,"flags":null}"#, "{}"),
            (r#"{"body":{"stringValue":null}}"#, r#"{"body":{}}"#),
            (r#"{"attributes":[null,{"key":"a","value":null}]}"#, r#"{"attributes":[{"key":"a"}]}"#),
        ],
    );
}

#[test]
fn values_come_in_many_spellings() {
    let table = [
        (r#"{"arrayValue":{}}"#, r#"{"arrayValue":{}}"#),
        (r#"{"kvlistValue":{}}"#, r#"{"kvlistValue":{}}"#),
        (r#"{"kvlistValue":{"values":[{"key":"a"}]}}"#, r#"{"kvlistValue":{"values":[{"key":"a"}]}}"#),
        (r#"{"stringValue":""}"#, r#"{"stringValue":""}"#),
        (r#"{"stringValue":7}"#, r#"{"stringValue":"7"}"#),
        (r#"{"intValue":5}"#, r#"{"intValue":"5"}"#),
        (r#"{"intValue":"-5"}"#, r#"{"intValue":"-5"}"#),
        (r#"{"intValue":1e3}"#, r#"{"intValue":"1000"}"#),
        (r#"{"intValue":1.0}"#, r#"{"intValue":"1"}"#),
        (r#"{"intValue":0}"#, r#"{"intValue":"0"}"#),
        (r#"{"intValue":9223372036854775807}"#, r#"{"intValue":"9223372036854775807"}"#),
        (r#"{"intValue":1e21}"#, r#"{"doubleValue":1e21}"#),
        (r#"{"intValue":1.5}"#, r#"{"doubleValue":1.5}"#),
        (r#"{"doubleValue":3}"#, r#"{"doubleValue":3.0}"#),
        (r#"{"doubleValue":"2.5"}"#, r#"{"doubleValue":2.5}"#),
        (r#"{"doubleValue":"NaN"}"#, r#"{"doubleValue":"NaN"}"#),
        (r#"{"doubleValue":"Infinity"}"#, r#"{"doubleValue":"Infinity"}"#),
        (r#"{"doubleValue":"-Infinity"}"#, r#"{"doubleValue":"-Infinity"}"#),
        (r#"{"boolValue":false}"#, r#"{"boolValue":false}"#),
        (r#"{"boolValue":"true"}"#, r#"{"boolValue":true}"#),
        (r#"{"bytesValue":"+/8="}"#, r#"{"bytesValue":"+/8="}"#),
        (r#"{"bytesValue":"-_8"}"#, r#"{"bytesValue":"+/8="}"#),
        (r#"{"bytesValue":""}"#, r#"{"bytesValue":""}"#),
        (r#"{"stringValue":"a","intValue":"1"}"#, r#"{"intValue":"1"}"#),
        (r#"{"stringValueStrindex":3}"#, "{}"),
        (r#"{"string_value":"a"}"#, r#"{"stringValue":"a"}"#),
        ("{}", "{}"),
        (r#""bare""#, r#"{"stringValue":"bare"}"#),
        ("12", r#"{"intValue":"12"}"#),
        ("1.25", r#"{"doubleValue":1.25}"#),
        ("true", r#"{"boolValue":true}"#),
        (r#"{"stringValue":"cut \ud83d"}"#, "{\"stringValue\":\"cut \u{fffd}\"}"),
    ];
    for (sent, expected) in table {
        let sent = format!(r#"{{"body":{sent}}}"#);
        let expected = format!(r#"{{"body":{expected}}}"#);
        assert_eq!(record(Signal::Logs, sent.as_bytes()), Ok(expected), "{sent}");
    }
}

#[test]
fn members_come_in_many_spellings() {
    check(
        Signal::Logs,
        &[
            (r#"{"severityNumber":"SEVERITY_NUMBER_INFO"}"#, r#"{"severityNumber":9}"#),
            (r#"{"severityNumber":"9"}"#, r#"{"severityNumber":9}"#),
            (r#"{"severityNumber":"NO_SUCH"}"#, "{}"),
            (
                r#"{"severity_text":"x","observed_time_unix_nano":5,"event_name":"e"}"#,
                r#"{"observedTimeUnixNano":"5","severityText":"x","eventName":"e"}"#,
            ),
            (r#"{"severity\u0054ext":"x"}"#, r#"{"severityText":"x"}"#),
            (r#"{"severityText":"a","severityText":"b"}"#, r#"{"severityText":"b"}"#),
            (
                r#"{"attributes":[{"key":"a"}],"attributes":[{"key":"b"}]}"#,
                r#"{"attributes":[{"key":"a"},{"key":"b"}]}"#,
            ),
            (
                r#"{"x":{"y":[1,{"z":null}]},"severityText":"a","a_name_that_is_longer_than_any_known_one":[]}"#,
                r#"{"severityText":"a"}"#,
            ),
            (
                r#"{"traceId":"00FF02030405060708090A0B0C0D0E0F","spanId":"AAECAwQFBgc="}"#,
                r#"{"traceId":"00ff02030405060708090a0b0c0d0e0f","spanId":"0001020304050607"}"#,
            ),
            (
                r#"{"traceId":"AAECAwQFBgcICQoLDA0ODw","spanId":""}"#,
                r#"{"traceId":"000102030405060708090a0b0c0d0e0f"}"#,
            ),
        ],
    );
    check(
        Signal::Traces,
        &[(
            r#"{"kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"},"startTimeUnixNano":1e3}"#,
            r#"{"kind":2,"startTimeUnixNano":"1000","status":{"code":2}}"#,
        )],
    );
    check(
        Signal::Metrics,
        &[
            (
                r#"{"sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","dataPoints":[{"asInt":3}]}}"#,
                r#"{"sum":{"dataPoints":[{"asInt":"3"}],"aggregationTemporality":1}}"#,
            ),
            (
                r#"{"gauge":{"data_points":[{"as_int":1.5},{"asDouble":"NaN"}]}}"#,
                r#"{"gauge":{"dataPoints":[{"asDouble":1.5},{"asDouble":"NaN"}]}}"#,
            ),
        ],
    );
}

#[test]
fn bytes_that_are_not_utf8_are_replaced() {
    let log = record(Signal::Logs, b"{\"severityText\":\"a\xFF\"}");
    assert_eq!(log.as_deref(), Ok("{\"severityText\":\"a\u{fffd}\"}"));
}

#[test]
fn what_has_the_wrong_shape_is_refused_with_its_path() {
    let at = "resourceLogs[0].scopeLogs[0].logRecords[0]";
    let table = [
        (r#"{"traceId":"hunter2"}"#, ".traceId"),
        (r#"{"spanId":"000102030405060708090a0b0c0d0e0f"}"#, ".spanId"),
        (r#"{"spanId":"zz01020304050607"}"#, ".spanId"),
        (r#"{"attributes":[{"key":"a"},{"key":{}}]}"#, ".attributes[1].key"),
        (
            r#"{"attributes":[{"key":"secret","value":{"intValue":"hunter2"}}]}"#,
            ".attributes[0].value.intValue",
        ),
        (r#"{"body":{"bytesValue":"hunter2!"}}"#, ".body.bytesValue"),
        (r#"{"body":{"arrayValue":{"values":{}}}}"#, ".body.arrayValue.values"),
        (r#"{"body":[]}"#, ".body"),
        (r#"{"flags":-1}"#, ".flags"),
        (r#"{"timeUnixNano":"soon"}"#, ".timeUnixNano"),
        ("7", ""),
    ];
    for (sent, path) in table {
        match record(Signal::Logs, sent.as_bytes()) {
            Err(DecodeError::Shape { path: found, .. }) => assert_eq!(found, format!("{at}{path}"), "{sent}"),
            other => assert_eq!(other, Ok("a shape error".to_owned()), "{sent}"),
        }
    }
}

#[test]
fn errors_hold_nothing_that_was_sent() {
    for sent in [
        r#"{"traceId":"hunter2"}"#,
        r#"{"hunter2":{"hunter2":"hunter2"#,
        r#"{"body":{"intValue":"hunter2"}}"#,
    ] {
        let error = record(Signal::Logs, sent.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[test]
fn what_is_not_a_request_of_this_signal_is_refused() {
    use DecodeError::{Json, NothingUnderstood, OtherSignal};
    let spans =
        |json: &str| Payload::from_json(Signal::Traces, json.as_bytes()).map(|payload| payload.records());
    let table = [
        ("{}", Ok(0)),
        ("\u{feff} {} ", Ok(0)),
        (r#"{"resourceSpans":null}"#, Ok(0)),
        (r#"{"resourceSpans":[{"resource":{}}]}"#, Ok(0)),
        (r#"{"resource_spans":[{"scope_spans":[{"spans":[{}]}]}]}"#, Ok(1)),
        (r#"{"foo":1}"#, Err(NothingUnderstood)),
        (r#"{"resourceSpans":[{"instrumentationLibrarySpans":[{}]}]}"#, Err(NothingUnderstood)),
        (r#"{"resourceLogs":[]}"#, Err(OtherSignal { found: Signal::Logs })),
        (r#"{"resource_metrics":[]}"#, Err(OtherSignal { found: Signal::Metrics })),
        ("", Err(Json { at: 0 })),
        ("{} x", Err(Json { at: 3 })),
        (r#"{"resourceSpans":[}"#, Err(Json { at: 18 })),
        ("[]", Err(DecodeError::Shape { path: "body".to_owned(), expected: "an object" })),
    ];
    for (sent, expected) in table {
        assert_eq!(spans(sent), expected, "{sent}");
    }
}

/// Kvlists in the place with the longest way to it.
fn nested(depth: usize) -> String {
    let value = (0..depth).fold("{}".to_owned(), |inner, _| {
        format!(r#"{{"kvlistValue":{{"values":[{{"key":"k","value":{inner}}}]}}}}"#)
    });
    format!(
        r#"{{"histogram":{{"dataPoints":[{{"exemplars":[{{"filteredAttributes":[{{"value":{value}}}]}}]}}]}}}}"#
    )
}

#[test]
fn values_are_as_deep_as_the_limit_and_no_deeper() {
    assert!(record(Signal::Metrics, nested(VALUE_DEPTH).as_bytes()).is_ok());
    assert_eq!(record(Signal::Metrics, nested(VALUE_DEPTH + 1).as_bytes()), Err(DecodeError::TooDeep));
    let deep = r#"{"arrayValue":{"values":["#.repeat(10_000);
    let deep = format!(r#"{{"body":{deep}"#);
    assert_eq!(record(Signal::Logs, deep.as_bytes()), Err(DecodeError::TooDeep));
}

#[test]
fn a_body_of_empty_elements_is_refused() {
    let spans = |count: usize| record(Signal::Traces, vec!["{}"; count].join(",").as_bytes());
    assert!(spans(1000).is_ok());
    assert!(matches!(spans(100_000), Err(DecodeError::Shape { .. })));
}

#[test]
fn a_full_request_is_understood() {
    for signal in Signal::ALL {
        let payload = Payload::from_json(signal, samples::full(signal).as_bytes()).unwrap();
        assert!(payload.records() > 0);
    }
}
