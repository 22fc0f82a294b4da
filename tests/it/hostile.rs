//! Bad input: each is refused in so many words, the process stays up and small, and nothing of what
//! was sent is kept.

use crate::client::{self, Answer, Coding, JSON, PROTOBUF};
use crate::fixture;
use crate::proxy::{Proxy, proxy};
use blackbar::signal::Signal;
use flate2::{Compression, write::GzEncoder};
use http::Method;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Stands in everything hostile that can hold it; found again nowhere.
const CANARY: &str = "raw-canary-1f0c9d";

/// Far above what a proxy at rest has, far below what a bomb would make of it.
const PEAK_MIB: u64 = 200;

/// A body, how it is announced, and the statuses that refuse it.
struct Bad {
    what: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
    statuses: &'static [u16],
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_and_leave_no_trace() {
    let proxy = proxy("").await;
    for bad in bad_requests() {
        let answer = client::request(proxy.address, Method::POST, bad.path, &bad.headers, bad.body).await;
        assert!(bad.statuses.contains(&answer.status), "{}: {answer:?}", bad.what);
        assert!(!shows_canary(&answer.body), "{}: the answer shows what was sent", bad.what);
    }
    check_unharmed(proxy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_calls_are_refused_and_leave_no_trace() {
    let proxy = proxy("").await;
    let to = proxy.address;
    let rows: [(&str, Coding, Vec<u8>, &[tonic::Code]); 4] = [
        ("cut off", Coding::Identity, truncated_protobuf(), &[tonic::Code::InvalidArgument]),
        ("noise", Coding::Gzip, noise(), &[tonic::Code::InvalidArgument]),
        ("deep", Coding::Identity, deep_kvlists(60), &[tonic::Code::InvalidArgument]),
        // tonic compresses it: a bomb of zeros, which are no protobuf either.
        (
            "bomb",
            Coding::Gzip,
            vec![0; 100 << 20],
            &[tonic::Code::ResourceExhausted, tonic::Code::InvalidArgument],
        ),
    ];
    for (what, coding, message, codes) in rows {
        let status = client::export(to, Signal::Logs, coding, message).await.unwrap_err();
        assert!(codes.contains(&status.code()), "{what}: {status:?}");
        assert!(!shows_canary(status.message().as_bytes()), "{what}");
    }
    let unknown = "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export";
    let status = client::call(to, unknown, Coding::Identity, Vec::new()).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unimplemented);
    check_unharmed(proxy).await;
}

/// Values no agent sends: each is replaced whole, counted and told; what stands beside it is passed on.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_scanned_is_replaced_counted_and_told() {
    let proxy = proxy("").await;
    let values =
        [("too_deep", too_deep()), ("too_many_leaves", too_many_leaves()), ("too_much_decoded", bomb())];
    for (reason, value) in &values {
        let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        let record = json!({"body": {"stringValue": "beside"}, "attributes": [attribute(reason, value)]});
        let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).to_string();
        for _ in 0..2 {
            let answer =
                client::post(proxy.address, Signal::Logs, JSON, Coding::Identity, body.as_bytes()).await;
            assert_eq!(answer.status, 200, "{reason}: {answer:?}");
        }
    }
    let metrics = proxy.admin("/metrics").await.1;
    let stopped = proxy.stop().await;
    let alerts = stopped.alerts();
    let clean = std::fs::read_to_string(stopped.data_dir().join("clean/logs.jsonl")).unwrap();
    for (reason, value) in values {
        let counted = format!("blackbar_unscanned_values_total{{reason=\"{reason}\"}} 2");
        assert!(metrics.contains(&counted), "{reason}: {metrics}");
        let about = |alert: &&Value| alert["path"] == format!("log.attributes.{reason}");
        let alerts: Vec<_> = alerts.iter().filter(about).collect();
        for alert in &alerts {
            let told = (&alert["rule"], &alert["severity"], &alert["action"]);
            let expected = (&json!("blackbar.unscanned"), &json!("medium"), &json!("mask"));
            assert_eq!(told, expected, "{reason}");
            assert!(alert.get("fingerprint").or(alert.get("category")).is_none(), "{reason}: {alert}");
            assert!(!alert.to_string().contains(&value[..64]), "{reason}");
        }
        let count: u64 = alerts.iter().map(|alert| alert["count"].as_u64().unwrap()).sum();
        assert_eq!(count, 2, "{reason}");
        let left = json!({"key": reason, "value": {"stringValue": "[REDACTED:unscanned]"}}).to_string();
        assert_eq!(clean.matches(&left).count(), 2, "{reason}");
        assert!(!clean.contains(&value[..64]), "{reason}");
    }
    assert_eq!(clean.matches("beside").count(), 6);
}

/// Read again for each of them, this takes minutes.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_key_is_not_read_for_each_finding_below_it() {
    let proxy = proxy("").await;
    let (key, value) = ("k ".repeat(64 << 10), "someone@example.org ".repeat(10_000));
    let text = json!({ key: value }).to_string();
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": text}}]}]}]});
    let answer =
        client::post(proxy.address, Signal::Logs, JSON, Coding::Identity, body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let alerts = proxy.stop().await.alerts();
    let paths: Vec<_> = alerts.iter().map(|alert| alert["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["log.body[\"[REDACTED:unscanned]\"]"]);
}

/// base64 of base64, and so on.
fn too_deep() -> String {
    let text = "the beginning of a long text".to_owned();
    (0..14).fold(text, |text, _| data_encoding::BASE64.encode(text.as_bytes()))
}

fn too_many_leaves() -> String {
    format!("[{}]", vec!["\"\""; 1 << 20].join(","))
}

/// gzip of more than may be looked at, in base64.
fn bomb() -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b'a'; 64 << 20]).unwrap();
    data_encoding::BASE64.encode(&encoder.finish().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_and_paths_that_are_not_ours_are_refused() {
    let proxy = proxy("").await;
    let rows: [(Method, &str, &[u16]); 7] = [
        (Method::GET, "/v1/traces", &[405]),
        (Method::PUT, "/v1/logs", &[405]),
        (Method::DELETE, "/v1/metrics", &[405]),
        (Method::POST, "/v1development/profiles", &[404]),
        (Method::POST, "/v1/nothing", &[404]),
        (Method::POST, "/", &[404]),
        (Method::POST, "/v1/logs/../../etc/passwd", &[400, 404]),
    ];
    for (method, path, statuses) in rows {
        let answer =
            client::request(proxy.address, method.clone(), path, &[("content-type", JSON)], b"{}".to_vec())
                .await;
        assert!(statuses.contains(&answer.status), "{method} {path}: {answer:?}");
    }
    check_unharmed(proxy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_request_is_a_success() {
    let proxy = proxy("").await;
    for signal in Signal::ALL {
        for (media, body) in
            [(PROTOBUF, &b""[..]), (JSON, b"{}"), ("application/json; charset=utf-8", b" {} ")]
        {
            let answer = client::post(proxy.address, signal, media, Coding::Identity, body).await;
            assert_eq!(answer.status, 200, "{signal} {media}: {answer:?}");
        }
        let answer = client::export(proxy.address, signal, Coding::Identity, Vec::new()).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_connections_hold_nobody_up() {
    let proxy = proxy("").await;
    let mut held = Vec::new();
    for start in half_requests() {
        for _ in 0..16 {
            let mut stream = TcpStream::connect(proxy.address).await.unwrap();
            stream.write_all(start.as_bytes()).await.unwrap();
            held.push(stream);
        }
    }
    let fixture = fixture::named("cursor/logs.json");
    let answer = client::post(proxy.address, fixture.signal, JSON, Coding::Identity, &fixture.json).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    drop(held);
    check_unharmed(proxy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_announced_too_large_is_refused_unread() {
    let proxy = proxy("").await;
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    let head = "POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::time::timeout(Duration::from_secs(20), stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    check_unharmed(proxy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_asked_for_before_a_body_is_read() {
    let token = "an-operators-own-token-1f0c9d";
    let proxy = proxy(&format!("[[receive.tokens]]\nname = \"builder\"\ntoken = \"{token}\"\n")).await;
    let fixture = fixture::named("cursor/logs.json");
    let send = async |authorization: &str, body: Vec<u8>| -> Answer {
        let headers = [("content-type", JSON), ("authorization", authorization)];
        client::request(proxy.address, Method::POST, "/v1/logs", &headers, body).await
    };
    assert_eq!(send("Bearer wrong", fixture.json.clone()).await.status, 401);
    assert_eq!(send("Bearer wrong", deep_json()).await.status, 401, "the body was looked at");
    assert_eq!(send(token, fixture.json.clone()).await.status, 401);
    assert_eq!(send(&format!("Bearer {token}"), fixture.json.clone()).await.status, 200);
    let (_, metrics) = proxy.admin("/metrics").await;
    let stopped = proxy.stop().await;
    assert!(!stopped.output.contains(token) && !metrics.contains(token));
}

fn bad_requests() -> Vec<Bad> {
    let proto = || vec![("content-type", PROTOBUF)];
    let json = || vec![("content-type", JSON)];
    let coded = |media, coding| vec![("content-type", media), ("content-encoding", coding)];
    let logs = |what, headers, body, statuses| Bad { what, path: "/v1/logs", headers, body, statuses };
    let object = |text: &str| text.replace("CANARY", CANARY).into_bytes();
    let good = fixture::named("codex/logs.json");
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    vec![
        logs("protobuf cut off", proto(), truncated_protobuf(), &[400]),
        logs("noise", proto(), noise(), &[400]),
        logs("kvlists too deep", proto(), deep_kvlists(60), &[400]),
        logs("kvlists past the stack", proto(), deep_kvlists(5_000), &[400]),
        logs("JSON 10,000 deep", json(), deep_json(), &[400]),
        logs("JSON values 10,000 deep", json(), deep_json_values(), &[400]),
        logs("JSON cut off", json(), half(good.json.clone()), &[400]),
        logs("JSON of nothing known", json(), object(r#"{"what": "CANARY"}"#), &[400]),
        logs("JSON in snake case", json(), object(r#"{"resource_logs": [{"note": "CANARY"}]}"#), &[400]),
        logs("JSON of another signal", json(), fixture::named("codex/traces.json").json, &[400]),
        logs("a JSON string", json(), object(r#""CANARY""#), &[400]),
        logs(
            "JSON that is not UTF-8",
            json(),
            b"{\"resourceLogs\": [\"\xff\xfe raw-canary-1f0c9d\"]}".to_vec(),
            &[400],
        ),
        logs("gzip of 200 MB", coded(PROTOBUF, "gzip"), gzip_bomb(200), &[413]),
        logs("gzip of 200 MB of JSON", coded(JSON, "gzip"), gzip_bomb(200), &[413]),
        logs("zstd of 200 MB", coded(PROTOBUF, "zstd"), zstd_bomb(200), &[413]),
        logs("not gzip", coded(PROTOBUF, "gzip"), noise(), &[400]),
        logs("gzip cut off", coded(JSON, "gzip"), half(Coding::Gzip.encode(&good.json)), &[400]),
        logs("zstd cut off", coded(JSON, "zstd"), half(Coding::Zstd.encode(&good.json)), &[400]),
        logs("brotli", coded(JSON, "br"), object("{}"), &[415]),
        logs("gzip twice", coded(JSON, "gzip, gzip"), twice(&good.json), &[415]),
        logs("plain text", vec![("content-type", "text/plain")], object("CANARY"), &[415]),
        logs("no content type", vec![], object("CANARY"), &[415]),
        Bad {
            what: "protobuf of another signal",
            path: "/v1/traces",
            headers: proto(),
            body: good.protobuf(),
            statuses: &[400],
        },
    ]
}

fn half_requests() -> Vec<String> {
    let head = "POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    vec![
        String::new(),
        "POST /v1/lo".to_owned(),
        head.to_owned(),
        format!("{head}content-length: 5000\r\n\r\n{{\"resourceLogs\": [\"{CANARY}"),
        format!("{head}transfer-encoding: chunked\r\n\r\n1000\r\n{{\"{CANARY}"),
        format!("{head}transfer-encoding: chunked\r\n\r\nnot a length\r\n{CANARY}"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
    ]
}

/// A logs request that ends in the middle of a string.
fn truncated_protobuf() -> Vec<u8> {
    let mut bytes = fixture::named("claude-code/logs.json").protobuf();
    bytes.truncate(bytes.len() - 7);
    bytes
}

/// Bytes that are nothing, and the same every time.
fn noise() -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 11) as u8
    };
    (0..4096).map(|_| next() | 0x80).collect()
}

/// Opening brackets, and text in the middle of them.
fn deep_json() -> Vec<u8> {
    let mut text = String::from("{\"resourceLogs\":");
    text.push_str(&"[".repeat(10_000));
    text.push_str(&format!("\"{CANARY}\""));
    text.push_str(&"]".repeat(10_000));
    text.push('}');
    text.into_bytes()
}

/// A body that is an array of an array of ...
fn deep_json_values() -> Vec<u8> {
    let mut text = String::from("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":");
    text.push_str(&"{\"arrayValue\":{\"values\":[".repeat(10_000));
    text.push_str(&format!("{{\"stringValue\":\"{CANARY}\"}}"));
    text.push_str(&"]}}".repeat(10_000));
    text.push_str("}]}]}]}");
    text.into_bytes()
}

/// A log record whose body is a kvlist in a kvlist in ...
fn deep_kvlists(levels: usize) -> Vec<u8> {
    let mut value = field(1, CANARY.as_bytes());
    for _ in 0..levels {
        let mut pair = field(1, b"k");
        pair.extend(field(2, &value));
        value = field(6, &field(1, &pair));
    }
    let record = field(5, &value);
    field(1, &field(2, &field(2, &record)))
}

/// A length-delimited protobuf field.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(content);
    bytes
}

/// That many MB of zeros, in gzip; made in pieces.
fn gzip_bomb(megabytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let piece = vec![0; 1_000_000];
    for _ in 0..megabytes {
        encoder.write_all(&piece).unwrap();
    }
    encoder.finish().unwrap()
}

/// The same in zstd.
fn zstd_bomb(megabytes: usize) -> Vec<u8> {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    let piece = vec![0; 1_000_000];
    for _ in 0..megabytes {
        encoder.write_all(&piece).unwrap();
    }
    encoder.finish().unwrap()
}

fn twice(body: &[u8]) -> Vec<u8> {
    Coding::Gzip.encode(&Coding::Gzip.encode(body))
}

fn shows_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

/// The proxy is up, small, and keeps and says nothing of what it was sent.
async fn check_unharmed(proxy: Proxy) {
    assert!(proxy.is_healthy().await);
    let peak = proxy.peak_mib();
    assert!(peak < PEAK_MIB, "it took {peak} MiB");
    let (_, metrics) = proxy.admin("/metrics").await;
    assert!(!shows_canary(metrics.as_bytes()));
    let stopped = proxy.stop().await;
    assert!(stopped.status.success(), "{}", stopped.output);
    assert!(!shows_canary(stopped.output.as_bytes()), "{}", stopped.output);
    check_directory(&stopped.data_dir());
}

fn check_directory(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            check_directory(&entry.path());
        } else {
            assert!(
                !shows_canary(&std::fs::read(entry.path()).unwrap()),
                "{} holds it",
                entry.path().display()
            );
        }
    }
}
