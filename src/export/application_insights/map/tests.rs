//! One request of each kind, and what is made of it, to the letter.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::signal::Signal;
use serde_json::{Value as Json, json};

const KEY: &str = "00000000-aaaa-bbbb-cccc-0000000000ff";

/// 2026-11-20T17:16:40Z in nanoseconds, as text.
const AT: &str = "1795195000000000000";

fn made(signal: Signal, request: &Json) -> Vec<Json> {
    let payload = Payload::from_json(signal, request.to_string().as_bytes()).unwrap();
    let now = Timestamp::from_second(1_795_195_060).unwrap();
    let mapper = Mapper { key: KEY.into(), now };
    let items = seeds(&payload).flat_map(|seed| mapper.items(&seed)).collect::<Vec<_>>();
    items.iter().map(|item| serde_json::from_slice(&item.line()).unwrap()).collect()
}

fn attribute(key: &str, value: &str) -> Json {
    json!({"key": key, "value": {"stringValue": value}})
}

fn resource() -> Json {
    json!({"attributes": [
        attribute("service.name", "agent"),
        attribute("service.namespace", "team"),
        attribute("service.instance.id", "i-1"),
        attribute("host.name", "h"),
    ]})
}

/// What every item has of the resource.
const ORIGIN: [(&str, &str); 4] = [
    ("service.name", "agent"),
    ("service.namespace", "team"),
    ("service.instance.id", "i-1"),
    ("host.name", "h"),
];

fn with_origin(mut properties: Json) -> Json {
    for (key, value) in ORIGIN {
        properties[key] = json!(value);
    }
    properties
}

fn pairs(pairs: &[(&str, &str)]) -> Json {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn spans(span: &Json) -> Vec<Json> {
    let mut span = span.clone();
    for (name, value) in [
        ("traceId", "000102030405060708090a0b0c0d0e0f"),
        ("spanId", "0001020304050607"),
        ("startTimeUnixNano", AT),
    ] {
        span[name] = json!(value);
    }
    let scope = json!({"scope": {"name": "lib", "version": "1", "attributes": [attribute("k", "scope")]}, "spans": [span]});
    made(Signal::Traces, &json!({"resourceSpans": [{"resource": resource(), "scopeSpans": [scope]}]}))
}

fn logs(log: &Json) -> Vec<Json> {
    let mut log = log.clone();
    log["timeUnixNano"] = json!(AT);
    made(
        Signal::Logs,
        &json!({"resourceLogs": [{"resource": resource(), "scopeLogs": [{"logRecords": [log]}]}]}),
    )
}

fn metric(metric: &Json) -> Vec<Json> {
    made(
        Signal::Metrics,
        &json!({"resourceMetrics": [{"resource": resource(), "scopeMetrics": [{"metrics": [metric]}]}]}),
    )
}

#[test]
fn a_server_span_is_a_request() {
    let span = json!({
        "parentSpanId": "08090a0b0c0d0e0f", "name": "GET /orders", "kind": 2, "traceState": "a=b", "flags": 1,
        "endTimeUnixNano": "1795295002000000100",
        "attributes": [
            attribute("http.request.method", "GET"), attribute("url.scheme", "https"), attribute("url.path", "/orders"),
            attribute("url.query", "a=b"), attribute("server.address", "shop"), attribute("client.address", "10.0.0.1"),
            attribute("enduser.id", "u1"), attribute("session.id", "s1"), attribute("k", "record"),
            {"key": "http.response.status_code", "value": {"intValue": "404"}},
            {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a\"b"}, {"intValue": "5"}]}}},
            {"key": "map", "value": {"kvlistValue": {"values": [{"key": "x", "value": {"doubleValue": 0.5}}]}}},
            {"key": "raw", "value": {"bytesValue": "aGk="}}, {"key": "yes", "value": {"boolValue": true}},
            {"key": "none"}
        ],
        "links": [{"traceId": "0f0e0d0c0b0a09080706050403020100", "spanId": "0706050403020100"}],
        "droppedEventsCount": 2
    });
    let expected = json!([{
        "ver": 1, "name": "Microsoft.ApplicationInsights.Request", "time": "2026-11-20T17:16:40.0000000Z", "iKey": KEY,
        "tags": {
            "ai.operation.id": "000102030405060708090a0b0c0d0e0f", "ai.operation.parentId": "08090a0b0c0d0e0f",
            "ai.cloud.role": "team.agent", "ai.cloud.roleInstance": "i-1", "ai.user.authUserId": "u1",
            "ai.session.id": "s1", "ai.internal.sdkVersion": SDK, "ai.operation.name": "GET /orders"
        },
        "data": {"baseType": "RequestData", "baseData": {
            "ver": 2, "id": "0001020304050607", "name": "GET /orders", "duration": "1.03:46:42.0000001",
            "responseCode": "404", "success": false, "url": "https://shop/orders?a=b", "source": "10.0.0.1",
            "properties": with_origin(pairs(&[
                ("http.request.method", "GET"), ("url.scheme", "https"), ("url.path", "/orders"), ("url.query", "a=b"),
                ("server.address", "shop"), ("client.address", "10.0.0.1"), ("enduser.id", "u1"), ("session.id", "s1"),
                ("http.response.status_code", "404"), ("list", r#"["a\"b",5]"#), ("map", r#"{"x":0.5}"#), ("raw", "aGk="),
                ("yes", "true"), ("none", ""), ("k", "record"), ("scope.k", "scope"), ("span.kind", "server"),
                ("otel.trace_state", "a=b"), ("otel.flags", "1"), ("otel.dropped_events_count", "2"),
                ("_MS.links", r#"[{"id":"0706050403020100","operation_Id":"0f0e0d0c0b0a09080706050403020100"}]"#),
                ("otel.scope.name", "lib"), ("otel.scope.version", "1")
            ])),
            "measurements": {"http.response.status_code": 404.0}
        }}
    }]);
    assert_eq!(Json::from(spans(&span)), expected);
}

#[test]
fn other_spans_are_dependencies_by_what_they_call() {
    let text =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| attribute(key, value)).collect::<Vec<_>>();
    for (kind, attributes, expected) in [
        (1, text(&[]), ["InProc", "work", "", "0", "true"]),
        (0, text(&[]), ["InProc", "work", "", "0", "true"]),
        (1, text(&[("gen_ai.provider.name", "openai")]), ["GenAI | openai", "work", "openai", "0", "true"]),
        (
            3,
            text(&[("gen_ai.system", "openai"), ("server.address", "api"), ("http.method", "POST")]),
            ["GenAI | openai", "work", "api", "0", "true"],
        ),
        (
            3,
            text(&[
                ("http.method", "GET"),
                ("http.url", "https://h/x"),
                ("http.status_code", "503"),
                ("net.peer.name", "h"),
                ("net.peer.port", "8443"),
            ]),
            ["HTTP", "https://h/x", "h:8443", "503", "false"],
        ),
        (
            3,
            text(&[("db.system", "mysql"), ("db.statement", "select 1"), ("db.name", "shop")]),
            ["mysql", "select 1", "shop", "0", "true"],
        ),
        (
            3,
            text(&[
                ("rpc.system", "grpc"),
                ("rpc.service", "S"),
                ("rpc.method", "M"),
                ("rpc.grpc.status_code", "14"),
            ]),
            ["grpc", "M", "S", "14", "true"],
        ),
        (
            4,
            text(&[("messaging.system", "kafka"), ("messaging.destination.name", "orders")]),
            ["kafka", "work", "orders", "0", "true"],
        ),
        (
            3,
            text(&[("peer.service", "other"), ("error.type", "timeout")]),
            ["", "work", "other", "timeout", "true"],
        ),
    ] {
        let items = spans(&json!({"name": "work", "kind": kind, "attributes": attributes}));
        let base = &items[0]["data"]["baseData"];
        let said = ["type", "data", "target", "resultCode", "success"].map(|name| {
            base.get(name)
                .map(|value| value.as_str().map_or(value.to_string(), str::to_owned))
                .unwrap_or_default()
        });
        assert_eq!((said, items.len()), (expected.map(str::to_owned), 1), "{attributes:?}");
        assert_eq!(items[0]["data"]["baseType"], "RemoteDependencyData");
    }
    let failed = spans(&json!({"name": "work", "kind": 3, "status": {"code": 2, "message": "no"}}));
    let base = &failed[0]["data"]["baseData"];
    assert_eq!((&base["success"], &base["resultCode"]), (&json!(false), &json!("2")));
    assert_eq!(base["properties"]["otel.status_description"], "no");
    assert_eq!(base["properties"]["otel.status_code"], "ERROR");
}

#[test]
fn events_of_a_span_are_items_below_it_and_links_keep_what_they_say() {
    let items = spans(&json!({
        "name": "work", "kind": 1, "parentSpanId": "08090a0b0c0d0e0f",
        "attributes": [attribute("session.id", "s1")],
        "events": [
            {"name": "exception", "timeUnixNano": AT, "attributes": [
                attribute("exception.type", "E"), attribute("exception.message", "m"),
                attribute("exception.stacktrace", "at x"), attribute("more", "1")
            ]},
            {"name": "gen_ai.choice", "timeUnixNano": AT, "attributes": [{"key": "index", "value": {"intValue": "0"}}]}
        ],
        "links": [{"traceId": "0f0e0d0c0b0a09080706050403020100", "spanId": "0706050403020100", "traceState": "c=d",
                   "attributes": [attribute("why", "retry")]}]
    }));
    let of = |item: usize, name: &str| items[item]["data"]["baseData"][name].clone();
    assert_eq!(items.len(), 3);
    let thrown = json!([{"typeName": "E", "message": "m", "hasFullStack": true, "stack": "at x"}]);
    assert_eq!((&items[1]["data"]["baseType"], of(1, "exceptions")), (&json!("ExceptionData"), thrown));
    assert_eq!(of(1, "properties")["more"], "1");
    assert_eq!(
        (&items[2]["data"]["baseType"], of(2, "message")),
        (&json!("MessageData"), json!("gen_ai.choice"))
    );
    assert_eq!(
        (of(2, "properties")["index"].clone(), of(2, "properties")["otel.span.name"].clone()),
        (json!("0"), json!("work"))
    );
    for item in &items[1..] {
        assert_eq!(item["tags"]["ai.operation.parentId"], "0001020304050607");
        assert_eq!(
            (&item["tags"]["ai.session.id"], &item["tags"]["ai.cloud.role"]),
            (&json!("s1"), &json!("team.agent"))
        );
    }
    let links: Json = serde_json::from_str(of(0, "properties")["otel.links"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&links[0]["trace_state"], &links[0]["attributes"]),
        (&json!("c=d"), &json!([["why", "retry"]]))
    );
}

#[test]
fn log_records_are_messages_events_or_exceptions() {
    let body = |text: &str| json!({"stringValue": text});
    for (log, kind, name, value) in [
        (json!({"body": body("hello"), "severityNumber": 13}), "MessageData", "message", json!("hello")),
        (
            json!({"body": body("hello"), "severityNumber": 13}),
            "MessageData",
            "severityLevel",
            json!("Warning"),
        ),
        (
            json!({"body": {"kvlistValue": {"values": [{"key": "a", "value": body("b")}]}}}),
            "MessageData",
            "message",
            json!("{\"a\":\"b\"}"),
        ),
        (json!({}), "MessageData", "message", json!("(none)")),
        (json!({"body": body("b"), "eventName": "event src/a.rs:12"}), "MessageData", "message", json!("b")),
        (json!({"eventName": "event src/a.rs:12"}), "MessageData", "message", json!("event src/a.rs:12")),
        (json!({"body": body("b"), "eventName": "said"}), "EventData", "name", json!("said")),
        (
            json!({"attributes": [attribute("event.name", "prompt")], "eventName": "event src/a.rs:12"}),
            "EventData",
            "name",
            json!("prompt"),
        ),
        (
            json!({"attributes": [attribute("microsoft.custom_event.name", "own"), attribute("event.name", "x")]}),
            "EventData",
            "name",
            json!("own"),
        ),
        (
            json!({"body": body("it failed"), "attributes": [attribute("exception.type", "E")], "severityNumber": 17}),
            "ExceptionData",
            "exceptions",
            json!([{"typeName": "E", "message": "it failed", "hasFullStack": false}]),
        ),
    ] {
        let items = logs(&log);
        assert_eq!((items.len(), &items[0]["data"]["baseType"]), (1, &json!(kind)), "{log}");
        assert_eq!(items[0]["data"]["baseData"][name], value, "{log}");
        let body = items[0]["data"]["baseData"]["properties"].get("otel.body").is_some();
        assert_eq!(body, kind != "MessageData" && log.get("body").is_some(), "{log}");
    }
    for (number, level) in [
        (0, None),
        (1, Some("Verbose")),
        (8, Some("Verbose")),
        (9, Some("Information")),
        (16, Some("Warning")),
        (20, Some("Error")),
        (24, Some("Critical")),
        (25, None),
    ] {
        assert_eq!(
            logs(&json!({"severityNumber": number}))[0]["data"]["baseData"].get("severityLevel"),
            level.map(|level| json!(level)).as_ref()
        );
    }
}

#[test]
fn a_named_record_with_a_long_body_is_an_event_and_a_message() {
    let long = "x".repeat(30_000);
    let items = logs(
        &json!({"body": {"stringValue": long}, "eventName": "gen_ai.user.message", "spanId": "0001020304050607"}),
    );
    assert_eq!(items.len(), 2);
    let (event, message) = (&items[0]["data"]["baseData"], &items[1]["data"]["baseData"]);
    assert!(
        event["properties"]["otel.body"].as_str().unwrap().ends_with("...[blackbar: cut, was 30000 bytes]")
    );
    assert_eq!(message["message"], long);
    assert_eq!(message["properties"]["otel.event.name"], "gen_ai.user.message");
    assert_eq!(items[0]["tags"], items[1]["tags"]);
}

#[test]
fn data_points_are_metrics_with_what_a_metric_cannot_say_beside_them() {
    let point = |value: Json| {
        let mut point =
            json!({"timeUnixNano": AT, "startTimeUnixNano": AT, "attributes": [attribute("model", "m")]});
        value.as_object().unwrap().iter().for_each(|(name, value)| point[name] = value.clone());
        point
    };
    let number = |value: f64| json!([{"name": "m", "kind": "Measurement", "value": value}]);
    for (data, measured, properties) in [
        (
            json!({"gauge": {"dataPoints": [point(json!({"asDouble": 0.5}))]}}),
            number(0.5),
            json!({"otel.metric.type": "gauge"}),
        ),
        (
            json!({"sum": {"dataPoints": [point(json!({"asInt": "9007199254740993"}))], "aggregationTemporality": 2, "isMonotonic": true}}),
            number(9_007_199_254_740_992.0),
            json!({"otel.metric.value": "9007199254740993", "otel.metric.temporality": "cumulative", "otel.metric.monotonic": "true"}),
        ),
        (
            json!({"histogram": {"dataPoints": [point(json!({"count": "2", "sum": 3.0, "min": 1.0, "max": 2.0, "bucketCounts": ["1", "1"], "explicitBounds": [1.5]}))], "aggregationTemporality": 1}}),
            json!([{"name": "m", "kind": "Aggregation", "value": 3.0, "count": 2, "min": 1.0, "max": 2.0}]),
            json!({"otel.metric.details": "{\"bucketCounts\":[\"1\",\"1\"],\"explicitBounds\":[1.5]}", "otel.metric.temporality": "delta"}),
        ),
        (
            json!({"summary": {"dataPoints": [point(json!({"count": "2", "sum": 3.0, "quantileValues": [{"quantile": 0.0, "value": 1.0}, {"quantile": 1.0, "value": 2.0}]}))]}}),
            json!([{"name": "m", "kind": "Aggregation", "value": 3.0, "count": 2, "min": 1.0, "max": 2.0}]),
            json!({"otel.metric.type": "summary"}),
        ),
        (
            json!({"gauge": {"dataPoints": [point(json!({"asDouble": "NaN"}))]}}),
            Json::Null,
            json!({"otel.metric.value": "NaN"}),
        ),
        (
            json!({"gauge": {"dataPoints": [point(json!({"flags": 1}))]}}),
            Json::Null,
            json!({"otel.flags": "1"}),
        ),
    ] {
        let mut sent = data.clone();
        (sent["name"], sent["unit"], sent["description"]) = (json!("m"), json!("s"), json!("d"));
        let items = metric(&sent);
        assert_eq!(items.len(), 1);
        let base = &items[0]["data"]["baseData"];
        let kind = if measured.is_null() { "EventData" } else { "MetricData" };
        assert_eq!(
            (&items[0]["data"]["baseType"], base.get("metrics").unwrap_or(&Json::Null)),
            (&json!(kind), &measured),
            "{data}"
        );
        let common = with_origin(
            json!({"model": "m", "otel.metric.unit": "s", "otel.metric.description": "d", "otel.metric.start_time": "2026-11-20T17:16:40Z"}),
        );
        for (name, value) in common.as_object().unwrap().iter().chain(properties.as_object().unwrap()) {
            assert_eq!(&base["properties"][name], value, "{name} of {data}");
        }
    }
}

#[test]
fn what_waited_too_long_has_the_time_it_is_sent_at_and_tells_its_own() {
    let logs = |at: &str| {
        made(
            Signal::Logs,
            &json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": at}]}]}]}),
        )
    };
    for (at, time, own) in [
        ("1795025860000000000", "2026-11-18T18:17:40.0000000Z", None),
        ("1795025859999999999", "2026-11-20T17:17:40.0000000Z", Some("2026-11-18T18:17:39.999999999Z")),
        ("0", "2026-11-20T17:17:40.0000000Z", None),
        ("18446744073709551615", "2554-07-21T23:34:33.7095516Z", None),
    ] {
        let item = &logs(at)[0];
        assert_eq!(item["time"], time, "{at}");
        assert_eq!(item["data"]["baseData"]["properties"]["otel.time"].as_str(), own, "{at}");
    }
}

#[test]
fn a_duration_is_written_as_the_service_reads_it() {
    for (nanos, expected) in [
        (0, "0.00:00:00.0000000"),
        (99, "0.00:00:00.0000000"),
        (100, "0.00:00:00.0000001"),
        (59_999_999_900, "0.00:00:59.9999999"),
        (3_661_500_000_000, "0.01:01:01.5000000"),
        (86_400_000_000_000, "1.00:00:00.0000000"),
        (u64::MAX, "999.23:59:59.9999999"),
    ] {
        assert_eq!(duration(0, nanos), expected);
    }
    assert_eq!(duration(5, 4), "0.00:00:00.0000000", "a clock went back");
}
