//! Between the queue and the upstreams: one that is dead holds no other back, a full queue pushes
//! back, and stopping loses nothing.

use crate::client::{self, Answer, Coding, PROTOBUF};
use crate::fixture::{self, Search};
use crate::proxy::{self, proxy, until};
use crate::upstream::{Mood, Upstream, nobody, upstream};
use blackbar::otlp::Payload;
use blackbar::signal::Signal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use tonic_types::StatusExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_upstream_holds_no_other_back() {
    let alive = upstream(Mood::Well).await;
    let proxy = proxy(&exporters(&[("alive", alive.address), ("dead", nobody().await)])).await;
    let fixture = fixture::named("codex/logs.json");
    for _ in 0..3 {
        let answer =
            client::post(proxy.address, Signal::Logs, PROTOBUF, Coding::Identity, &fixture.protobuf()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    until("the living upstream has it all", || records(&alive) == 15).await;
    for taken in alive.taken() {
        assert_eq!(taken.path, "/v1/logs");
        assert_eq!(taken.headers["content-type"], PROTOBUF);
        assert!(taken.headers.contains_key("content-length"), "Azure Monitor takes no chunked body");
    }
    let planted = fixture::planted();
    let search = Search::new(planted.iter().filter(|planted| planted.is_plain()));
    let seen: Vec<Value> = alive.taken().iter().map(|taken| as_json(&taken.body)).collect();
    assert_eq!(search.lines(&seen), BTreeSet::new());
    assert!(proxy.is_healthy().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_sends_what_is_held_first() {
    let slow = upstream(Mood::Down(1)).await;
    let proxy = proxy(&exporters(&[("slow", slow.address)])).await;
    let fixture = fixture::named("goose/logs.json");
    for _ in 0..4 {
        let sent = client::export(proxy.address, Signal::Logs, Coding::Gzip, fixture.protobuf()).await;
        assert!(sent.is_ok(), "{sent:?}");
    }
    let stopped = proxy.stop().await;
    assert!(stopped.status.success(), "{}", stopped.output);
    assert_eq!(slow.refused(), 1, "the first try was refused, and tried again");
    assert_eq!(records(&slow), 4 * 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_writes_what_is_held_first() {
    let proxy = proxy("").await;
    let fixture = fixture::named("goose/logs.json");
    for _ in 0..20 {
        let answer =
            client::post(proxy.address, Signal::Logs, PROTOBUF, Coding::Gzip, &fixture.protobuf()).await;
        assert_eq!(answer.status, 200);
    }
    let stopped = proxy.stop().await;
    assert!(stopped.status.success(), "{}", stopped.output);
    let lines = proxy::lines(&stopped.data_dir().join("clean/logs.jsonl"));
    let resources: usize = lines.iter().map(|line| line["resourceLogs"].as_array().unwrap().len()).sum();
    assert_eq!(resources, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_when_to_come_back() {
    let silent = upstream(Mood::Silent).await;
    let settings = format!(
        "{}[queue]\nmax_bytes = \"32KiB\"\n[drain]\ndeadline = \"1s\"\n",
        exporters(&[("silent", silent.address)])
    );
    let proxy = proxy(&settings).await;
    let body = fixture::named("gemini-cli/logs.json").protobuf();

    let refused = fill(proxy.address, &body).await;
    assert!(matches!(refused.status, 429 | 503), "{refused:?}");
    let seconds: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "Retry-After: {seconds}");

    let status = client::export(proxy.address, Signal::Logs, Coding::Identity, body).await.unwrap_err();
    assert!(matches!(status.code(), tonic::Code::ResourceExhausted | tonic::Code::Unavailable), "{status:?}");
    assert!(status.get_details_retry_info().is_some(), "without RetryInfo nobody comes back: {status:?}");

    assert!(proxy.is_healthy().await);
    proxy.stop().await;
}

/// Sends until it is refused.
async fn fill(to: SocketAddr, body: &[u8]) -> Answer {
    for _ in 0..64 {
        let answer = client::post(to, Signal::Logs, PROTOBUF, Coding::Identity, body).await;
        if answer.status != 200 {
            return answer;
        }
    }
    panic!("64 requests fit into a queue made for three");
}

fn exporters(all: &[(&str, SocketAddr)]) -> String {
    let mut settings = "[policy.identity]\n\"*\" = \"hash\"\n".to_owned();
    for (name, address) in all {
        let _ = writeln!(
            settings,
            "[[exporters]]\nname = \"{name}\"\ntype = \"otlp\"\nendpoint = \"http://{address}\""
        );
    }
    settings
}

/// Log records an upstream has.
fn records(upstream: &Upstream) -> usize {
    let of = |body: &[u8]| Payload::from_protobuf(Signal::Logs, body).unwrap().records();
    upstream.taken().iter().map(|taken| of(&taken.body)).sum()
}

fn as_json(body: &[u8]) -> Value {
    let mut json = Vec::new();
    Payload::from_protobuf(Signal::Logs, body).unwrap().write_json(&mut json);
    serde_json::from_slice(&json).unwrap()
}
