//! What is refused over HTTP: the status, the headers, and the body to the byte.

use crate::support::*;
use blackbar::otlp::DecodeError;
use blackbar::proxy::Refusal;
use blackbar::receive::{Config, Limits};
use blackbar::signal::Signal;
use prost::Message;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;

/// The `google.rpc.Status` in an answer, whichever way it is encoded.
fn status(reply: &Reply) -> (i32, String) {
    match reply.header("content-type") {
        Some("application/json") => {
            let json: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            let code = json["code"].as_i64().unwrap();
            (i32::try_from(code).unwrap(), json["message"].as_str().unwrap().to_owned())
        }
        Some("application/x-protobuf") => {
            let status = tonic_types::Status::decode(reply.body.as_slice()).unwrap();
            (status.code, status.message)
        }
        other => panic!("content type {other:?}"),
    }
}

#[tokio::test]
async fn what_the_line_refuses_has_its_status_in_both_encodings() {
    type Case = (fn() -> Refusal, u16, Code, Option<&'static str>, &'static str);
    let refusals: [Case; 6] = [
        (
            || Refusal::Malformed(DecodeError::Json { at: 3 }),
            400,
            Code::InvalidArgument,
            None,
            "the body is not valid JSON at byte 3",
        ),
        (
            || Refusal::Malformed(DecodeError::OtherSignal { found: Signal::Logs }),
            400,
            Code::InvalidArgument,
            None,
            "this is a logs request: send it to /v1/logs",
        ),
        (
            || Refusal::Busy { retry_after: Duration::from_millis(1) },
            429,
            Code::ResourceExhausted,
            Some("1"),
            "busy: come back in 1 ms",
        ),
        (
            || Refusal::Busy { retry_after: Duration::from_secs(60) },
            429,
            Code::ResourceExhausted,
            Some("2"),
            "busy: come back in 60000 ms",
        ),
        (|| Refusal::Unavailable, 503, Code::Unavailable, Some("1"), "not taking requests"),
        (|| Refusal::Internal, 500, Code::Internal, None, "the request could not be processed"),
    ];
    for (refusal, http, code, retry_after, message) in refusals {
        let proxy = Proxy::start(Answers::Refuse(refusal), config()).await;
        for content_type in [JSON, PROTOBUF] {
            let reply = post(proxy.address, "/v1/traces", &[content_type], b"").await;
            assert_eq!(reply.status, http, "{message}");
            assert_eq!(reply.header("content-type"), Some(content_type.1), "{message}");
            assert_eq!(reply.header("retry-after"), retry_after, "{message}");
            assert_eq!(status(&reply), (code as i32, message.to_owned()));
        }
    }
}

#[tokio::test]
async fn a_refusal_in_json_is_this_to_the_byte() {
    let proxy = Proxy::start(Answers::Refuse(|| Refusal::Unavailable), config()).await;
    let reply = post(proxy.address, "/v1/traces", &[JSON], b"").await;
    assert_eq!(reply.body, br#"{"code":14,"message":"not taking requests"}"#);
}

#[tokio::test]
async fn a_panic_in_the_line_refuses_one_request_and_ends_nothing() {
    let proxy = Proxy::start(Answers::Panic, config()).await;
    for _ in 0..2 {
        let reply = post(proxy.address, "/v1/traces", &[JSON], b"{}").await;
        assert_eq!(reply.status, 500);
        assert_eq!(status(&reply), (Code::Internal as i32, "the request could not be processed".to_owned()));
    }
    assert!(proxy.counts("blackbar_panics_total 2").await);
}

#[tokio::test]
async fn tokens_name_the_sender_and_nobody_else_gets_in() {
    let proxy = Proxy::start(Answers::Accept, guarded()).await;
    for (authorization, name) in
        [("Bearer one", "laptops"), ("bearer two", "ci"), ("BEARER  one", "laptops"), ("Bearer%20two", "ci")]
    {
        let reply = post(proxy.address, "/v1/logs", &[JSON, ("Authorization", authorization)], b"{}").await;
        assert_eq!(reply.status, 200, "{authorization}");
        assert_eq!(proxy.only().principal.name(), Some(name));
    }
    for (authorization, reason) in [
        (None, "token_missing"),
        (Some("Bearer three"), "token_unknown"),
        (Some("Basic b25lOnR3bw=="), "token_malformed"),
    ] {
        for content_type in [JSON, PROTOBUF] {
            let mut headers = vec![content_type];
            headers.extend(authorization.map(|value| ("authorization", value)));
            let reply = post(proxy.address, "/v1/logs", &headers, b"{}").await;
            assert_eq!(reply.status, 401, "{reason}");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
            assert_eq!(reply.header("connection"), Some("close"));
            let (code, message) = status(&reply);
            assert_eq!(code, Code::Unauthenticated as i32);
            let sent = authorization.and_then(|value| value.split(' ').next_back());
            assert!(sent.is_none_or(|token| !message.contains(token)), "the token came back");
        }
        assert!(proxy.counts(&format!("blackbar_refused_total{{reason=\"{reason}\"}} 2")).await);
    }
    assert!(proxy.taken().is_empty());
}

#[tokio::test]
async fn a_stranger_is_answered_before_the_body_comes() {
    let proxy = Proxy::start(Answers::Accept, guarded()).await;
    for rest in ["content-length: 1000000\r\n\r\n", "transfer-encoding: chunked\r\n\r\n"] {
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        let head = format!("POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{rest}");
        stream.write_all(head.as_bytes()).await.unwrap();
        let start = Instant::now();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 401");
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on_only_if_it_may() {
    let proxy = Proxy::start(Answers::Accept, guarded()).await;
    for (token, first_line) in [("one", b"HTTP/1.1 100"), ("three", b"HTTP/1.1 401")] {
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        let head = format!(
            "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             authorization: Bearer {token}\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, first_line);
    }
}

#[tokio::test]
async fn a_stranger_in_the_middle_of_a_large_body_sees_the_answer() {
    let proxy = Proxy::start(Answers::Accept, guarded()).await;
    let body = vec![b'x'; 5 << 20];
    for framing in [Framing::Length, Framing::Chunked] {
        let reply = exchange(proxy.address, &request("POST", "/v1/traces", &[JSON], framing, &body)).await;
        assert_eq!(reply.status, 401, "{framing:?}");
        assert_eq!(reply.header("connection"), Some("close"));
    }
}

#[tokio::test]
async fn what_is_sent_wrongly_is_told_apart() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    let (plain, web) = (("content-type", "text/plain"), ("content-type", "application/grpc-web+proto"));
    let grpc = ("content-type", "application/grpc");
    let brotli = ("content-encoding", "br");
    let traces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    for (method, path, headers, http, code) in [
        ("POST", "/v1/trace", vec![JSON], 404, Code::Unimplemented),
        ("POST", "/", vec![JSON], 404, Code::Unimplemented),
        ("POST", "/v1/profiles", vec![JSON], 404, Code::Unimplemented),
        ("POST", "/v1development/profiles", vec![JSON], 404, Code::Unimplemented),
        ("GET", "/v1/traces", vec![JSON], 405, Code::Unimplemented),
        ("PUT", "/v1/traces", vec![JSON], 405, Code::Unimplemented),
        ("DELETE", "/v1/traces", vec![], 405, Code::Unimplemented),
        ("POST", "/v1/traces", vec![], 415, Code::InvalidArgument),
        ("POST", "/v1/traces", vec![plain], 415, Code::InvalidArgument),
        ("POST", "/v1/traces", vec![web], 415, Code::InvalidArgument),
        ("POST", "/v1/traces", vec![grpc], 400, Code::InvalidArgument),
        ("POST", traces, vec![JSON], 415, Code::InvalidArgument),
        ("POST", traces, vec![web], 415, Code::InvalidArgument),
        ("POST", traces, vec![grpc], 400, Code::InvalidArgument),
        ("POST", "/v1/traces", vec![JSON, brotli], 415, Code::Unimplemented),
        ("POST", "/v1/traces", vec![JSON, ("content-encoding", "gzip, gzip")], 415, Code::Unimplemented),
        (
            "POST",
            "/v1/traces",
            vec![PROTOBUF, ("content-encoding", "gzip,identity")],
            415,
            Code::Unimplemented,
        ),
        ("POST", "/v1/traces", vec![JSON, ("content-encoding", "gzip"), brotli], 415, Code::Unimplemented),
    ] {
        let reply = exchange(proxy.address, &request(method, path, &headers, Framing::Length, b"{}")).await;
        assert_eq!(reply.status, http, "{method} {path} {headers:?}");
        assert_eq!(status(&reply).0, code as i32, "{method} {path} {headers:?}");
        let allow = (http == 405).then_some("POST, OPTIONS");
        assert_eq!(reply.header("allow"), allow, "{method} {path}");
        let encodings = (code == Code::Unimplemented && http == 415).then_some("identity,deflate,gzip,zstd");
        assert_eq!(reply.header("accept-encoding"), encodings, "{method} {path} {headers:?}");
    }
    assert!(proxy.taken().is_empty());
}

#[tokio::test]
async fn a_missed_path_is_told_the_right_ones_and_not_itself() {
    let base_paths = vec!["/otel".to_owned()];
    let proxy = Proxy::start(Answers::Accept, Config { base_paths, ..config() }).await;
    let reply = post(proxy.address, "/hunter2/v1/traces?hunter2", &[JSON], b"hunter2").await;
    let expected = "this path takes nothing: send POST to /otel/v1/{traces,metrics,logs}";
    assert_eq!(status(&reply), (Code::Unimplemented as i32, expected.to_owned()));
    assert!(reply.headers.values().all(|value| !value.contains("hunter2")));
}

#[tokio::test]
async fn sizes_hold_at_the_bound_and_past_it() {
    let limits = Limits { wire_bytes: 100_000, inflated_bytes: 2 << 20, inflate_ratio: 50, ..limits() };
    let proxy = Proxy::start(Answers::Accept, Config { limits, ..config() }).await;
    let gzipped = ("content-encoding", "gzip");
    let under_ratio: Vec<u8> = (0..200_000_u32).flat_map(u32::to_be_bytes).collect();
    for (name, headers, body, expected) in [
        ("at the wire bound", vec![JSON], vec![b'x'; 100_000], None),
        (
            "past the wire bound",
            vec![JSON],
            vec![b'x'; 100_001],
            Some("larger than 100000 bytes on the wire"),
        ),
        ("under the free bytes", vec![JSON, gzipped], gzip(&vec![0; 1 << 20]), None),
        ("past the ratio", vec![JSON, gzipped], gzip(&vec![0; (1 << 20) + 1]), Some("more than 50 times")),
        ("inflated, in bounds", vec![JSON, gzipped], gzip(&vec![0; 300_000]), None),
        ("incompressible", vec![JSON, gzipped], gzip(&under_ratio), Some("on the wire")),
    ] {
        for framing in [Framing::Length, Framing::Chunked] {
            let reply = exchange(proxy.address, &request("POST", "/v1/logs", &headers, framing, &body)).await;
            match expected {
                None => assert_eq!(reply.status, 200, "{name} {framing:?}"),
                Some(text) => {
                    assert_eq!(reply.status, 413, "{name} {framing:?}");
                    assert_eq!(reply.header("retry-after"), None);
                    let (code, message) = status(&reply);
                    assert_eq!(code, Code::ResourceExhausted as i32);
                    assert!(message.contains(text), "{name}: {message}");
                }
            }
        }
    }
}

#[tokio::test]
async fn too_large_is_told_by_the_length_alone() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    let head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                content-length: 99999999999\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(read_reply(&mut stream).await.status, 413);
}

#[tokio::test]
async fn a_bomb_of_200_mb_is_refused_within_little() {
    // The budget proves that no more than this was ever held.
    let limits = Limits { in_flight_bytes: 70 << 20, ..limits() };
    let proxy = Proxy::start(Answers::Accept, Config { limits, ..config() }).await;
    let bomb = gzip_bomb(200 << 20);
    for _ in 0..3 {
        let headers = [PROTOBUF, ("content-encoding", "gzip")];
        let reply = post(proxy.address, "/v1/traces", &headers, &bomb).await;
        assert_eq!(reply.status, 413);
    }
    assert!(proxy.taken().is_empty());
}

#[tokio::test]
async fn a_body_that_does_not_inflate_is_malformed() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    let body = b"what was said".repeat(100);
    for (encoding, wire) in [
        ("gzip", gzip(&body)),
        ("deflate", zlib(&body)),
        ("deflate", raw_deflate(&body)),
        ("zstd", zst(&body)),
    ] {
        let headers = [JSON, ("content-encoding", encoding)];
        for wire in [&wire[..wire.len() - 1], &wire[1..], &[&wire[..], b"more"].concat()] {
            let reply = post(proxy.address, "/v1/traces", &headers, wire).await;
            let expected = format!("the body is not complete, valid {encoding}");
            assert_eq!((reply.status, status(&reply)), (400, (Code::InvalidArgument as i32, expected)));
        }
    }
    assert!(proxy.taken().is_empty());
}

#[tokio::test]
async fn no_room_is_told_at_once_and_passes() {
    let limits = Limits { in_flight_bytes: 1000, ..limits() };
    let answers = Answers::Slowly(Duration::from_millis(1500));
    let proxy = Proxy::start(answers, Config { limits, ..config() }).await;
    let address = proxy.address;
    let first = tokio::spawn(async move { post(address, "/v1/traces", &[JSON], &[b'x'; 900]).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    for framing in [Framing::Length, Framing::Chunked] {
        let sent = request("POST", "/v1/traces", &[JSON], framing, &[b'x'; 200]);
        let reply = exchange(address, &sent).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, Some("1")), "{framing:?}");
        assert_eq!(status(&reply).0, Code::ResourceExhausted as i32);
    }
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(post(address, "/v1/traces", &[JSON], &[b'x'; 900]).await.status, 200, "room was given back");
}
