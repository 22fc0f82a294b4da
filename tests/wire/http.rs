//! What OTLP/HTTP requests become, and the answers to what was accepted.

use crate::support::*;
use blackbar::proxy::Encoding;
use blackbar::receive::Config;
use blackbar::signal::Signal;
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceResponse, metrics::v1::ExportMetricsServiceResponse,
    trace::v1::ExportTraceServiceResponse,
};
use prost::Message;

type Encode = fn(&[u8]) -> Vec<u8>;

const ENCODINGS: [(Option<&str>, Encode); 8] = [
    (None, <[u8]>::to_vec),
    (Some("identity"), <[u8]>::to_vec),
    (Some("gzip"), gzip),
    (Some("GZIP"), gzip),
    (Some("x-gzip"), gzip),
    (Some("deflate"), zlib),
    (Some("deflate"), raw_deflate),
    (Some("zstd"), zst),
];

#[tokio::test]
async fn every_encoding_compression_and_framing_arrives_whole() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    let body = "what was said, and said again. ".repeat(3000).into_bytes();
    for signal in Signal::ALL {
        for (content_type, encoding) in [
            ("application/x-protobuf", Encoding::Protobuf),
            ("application/protobuf", Encoding::Protobuf),
            ("application/json", Encoding::Json),
            ("application/json; charset=utf-8", Encoding::Json),
        ] {
            for (content_encoding, encode) in ENCODINGS {
                for framing in [Framing::Length, Framing::Chunked] {
                    let mut headers = vec![("Content-Type", content_type)];
                    headers.extend(content_encoding.map(|name| ("Content-Encoding", name)));
                    let path = format!("/v1/{signal}");
                    let sent = request("POST", &path, &headers, framing, &encode(&body));
                    let reply = exchange(proxy.address, &sent).await;
                    let case = format!("{signal} {content_type} {content_encoding:?} {framing:?}");
                    let note = proxy.only();
                    assert_eq!((reply.status, note.signal, note.encoding), (200, signal, encoding), "{case}");
                    assert!(note.body == body, "{case}: the body changed");
                    assert_eq!(note.principal.name(), None, "{case}");
                    let (answer, answer_type) = match encoding {
                        Encoding::Protobuf => (&b""[..], "application/x-protobuf"),
                        Encoding::Json => (&b"{}"[..], "application/json"),
                    };
                    assert_eq!(reply.body, answer, "{case}");
                    assert_eq!(reply.header("content-type"), Some(answer_type), "{case}");
                }
            }
        }
    }
}

#[tokio::test]
async fn large_bodies_arrive_whole() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    let body = noise(5 << 20);
    for (content_encoding, encode) in ENCODINGS {
        let headers = [PROTOBUF, ("content-encoding", content_encoding.unwrap_or_default())];
        let reply = post(proxy.address, "/v1/traces", &headers, &encode(&body)).await;
        assert_eq!(reply.status, 200, "{content_encoding:?}");
        assert!(proxy.only().body == body, "{content_encoding:?}: the body changed");
    }
}

#[tokio::test]
async fn an_empty_request_is_a_success() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    for (content_encoding, _) in ENCODINGS {
        for framing in [Framing::Length, Framing::Chunked] {
            let headers = [PROTOBUF, ("content-encoding", content_encoding.unwrap_or_default())];
            let sent = request("POST", "/v1/logs", &headers, framing, b"");
            assert_eq!(exchange(proxy.address, &sent).await.status, 200, "{content_encoding:?} {framing:?}");
            assert!(proxy.only().body.is_empty());
        }
    }
}

#[tokio::test]
async fn a_partial_success_says_how_many_and_never_what() {
    let proxy = Proxy::start(Answers::Reject(7), config()).await;
    let message = "records were rejected by the rules in force here; the others were accepted";
    for (signal, key) in [
        (Signal::Traces, "rejectedSpans"),
        (Signal::Metrics, "rejectedDataPoints"),
        (Signal::Logs, "rejectedLogRecords"),
    ] {
        let path = format!("/v1/{signal}");
        let reply = post(proxy.address, &path, &[JSON], b"{}").await;
        let json: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        let expected = serde_json::json!({"partialSuccess": {key: "7", "errorMessage": message}});
        assert_eq!((reply.status, json), (200, expected), "{signal}");

        let reply = post(proxy.address, &path, &[PROTOBUF], b"").await;
        let body = reply.body.as_slice();
        let (rejected, told) = match signal {
            Signal::Traces => {
                let partial = ExportTraceServiceResponse::decode(body).unwrap().partial_success.unwrap();
                (partial.rejected_spans, partial.error_message)
            }
            Signal::Metrics => {
                let partial = ExportMetricsServiceResponse::decode(body).unwrap().partial_success.unwrap();
                (partial.rejected_data_points, partial.error_message)
            }
            Signal::Logs => {
                let partial = ExportLogsServiceResponse::decode(body).unwrap().partial_success.unwrap();
                (partial.rejected_log_records, partial.error_message)
            }
        };
        assert_eq!((reply.status, rejected, told.as_str()), (200, 7, message), "{signal}");
    }
}

#[tokio::test]
async fn base_paths_lead_to_the_same_place() {
    let base_paths = vec![String::new(), "/api/public/otel".to_owned()];
    let proxy = Proxy::start(Answers::Accept, Config { base_paths, ..config() }).await;
    for (path, status) in [
        ("/v1/traces", 200),
        ("/v1/traces?x=y", 200),
        ("/api/public/otel/v1/traces", 200),
        ("/api/public/v1/traces", 404),
        ("/api/public/otel/", 404),
    ] {
        assert_eq!(post(proxy.address, path, &[JSON], b"{}").await.status, status, "{path}");
    }
}

#[tokio::test]
async fn every_listener_serves() {
    let listen = vec![free_port(), free_port()];
    let proxy = Proxy::start(Answers::Accept, Config { listen, ..config() }).await;
    for &address in &proxy.addresses {
        assert_eq!(post(address, "/v1/traces", &[JSON], b"{}").await.status, 200);
        assert_eq!(proxy.only().signal, Signal::Traces);
    }
}

#[tokio::test]
async fn web_views_send_from_the_origins_allowed() {
    let origin = "https://office.example";
    let cors_origins = vec![origin.to_owned()];
    let proxy = Proxy::start(Answers::Accept, Config { cors_origins, ..guarded() }).await;
    let preflight = |origin: &str| {
        let asked = [("origin", origin), ("access-control-request-method", "POST")];
        request("OPTIONS", "/v1/traces", &asked, Framing::Length, b"")
    };
    let allowed = exchange(proxy.address, &preflight(origin)).await;
    assert_eq!(allowed.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", origin),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "content-type, authorization, content-encoding"),
        ("vary", "origin"),
    ] {
        assert_eq!(allowed.header(name), Some(value));
    }

    let denied = exchange(proxy.address, &preflight("https://evil.example")).await;
    assert_eq!((denied.status, denied.header("access-control-allow-origin")), (403, None));

    for (authorization, status) in [("Bearer one", 200), ("Bearer three", 401)] {
        let headers = [JSON, ("origin", origin), ("authorization", authorization)];
        let reply = post(proxy.address, "/v1/traces", &headers, b"{}").await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (status, Some(origin)));
    }
}

#[tokio::test]
async fn without_origins_there_is_no_cors() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    let headers = [JSON, ("origin", "https://office.example")];
    let preflight = request("OPTIONS", "/v1/traces", &headers, Framing::Length, b"");
    for (reply, status) in [
        (exchange(proxy.address, &preflight).await, 403),
        (post(proxy.address, "/v1/traces", &headers, b"{}").await, 200),
    ] {
        assert_eq!(reply.status, status);
        assert!(!reply.headers.keys().any(|name| name.starts_with("access-control")));
    }
}

/// Bytes that do not compress.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}
