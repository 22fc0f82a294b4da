//! Connections that are slow, silent, cut, too many, or open when it is time to stop.

use crate::support::*;
use blackbar::limits;
use blackbar::receive::{Config, Drained, Limits};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const HEAD: &str = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
const NONE_OPEN: &str = "blackbar_connections 0";

fn impatient() -> Config {
    let limits = Limits {
        header_timeout: Duration::from_millis(300),
        body_timeout: Duration::from_millis(300),
        idle_timeout: Duration::from_millis(900),
        ..limits()
    };
    Config { limits, ..config() }
}

/// Reads to the end, and says how long that took.
async fn closed_after(stream: &mut TcpStream) -> Duration {
    let start = Instant::now();
    let mut rest = Vec::new();
    let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await.expect("closed");
    start.elapsed()
}

#[tokio::test]
async fn what_is_begun_and_not_ended_is_closed_in_time() {
    let proxy = Proxy::start(Answers::Accept, impatient()).await;
    for beginning in ["", "P", "POST /v1/tra", HEAD, "PRI * HT"] {
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let time = closed_after(&mut stream).await;
        assert!(time > Duration::from_millis(250), "{beginning:?} {time:?}");
        assert!(time < Duration::from_secs(3), "{beginning:?} {time:?}");
    }
    assert!(proxy.counts(NONE_OPEN).await);
}

#[tokio::test]
async fn a_head_in_drops_is_closed_in_time() {
    let proxy = Proxy::start(Answers::Accept, impatient()).await;
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    let start = Instant::now();
    for byte in HEAD.bytes().cycle() {
        if stream.write_all(&[byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_millis(20)).await;
        assert!(start.elapsed() < Duration::from_secs(5), "still open");
    }
    assert!(proxy.counts(NONE_OPEN).await);
}

#[tokio::test]
async fn a_head_past_the_bound_is_not_taken() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    for (padding, taken) in [(limits::HEADER_BYTES - 300, 1), (limits::HEADER_BYTES + 300, 0)] {
        let padding = "x".repeat(padding);
        let sent = request("POST", "/v1/logs", &[JSON, ("x-team", &padding)], Framing::Length, b"{}");
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        // The other side may close before all of it is sent.
        let _ = stream.write_all(&sent).await;
        closed_after(&mut stream).await;
        assert_eq!(proxy.take_all().len(), taken, "{} bytes", padding.len());
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_is_told_so() {
    let proxy = Proxy::start(Answers::Accept, impatient()).await;
    for rest in ["content-length: 10\r\n\r\n{", "transfer-encoding: chunked\r\n\r\n1\r\n{\r\n"] {
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        stream.write_all(format!("{HEAD}{rest}").as_bytes()).await.unwrap();
        let reply = read_reply(&mut stream).await;
        assert_eq!((reply.status, reply.header("connection")), (408, Some("close")));
    }
    assert!(proxy.taken().is_empty());
    assert!(proxy.counts("blackbar_refused_total{reason=\"body_timeout\"} 2").await);
}

#[tokio::test]
async fn an_http2_connection_without_requests_goes_idle() {
    let proxy = Proxy::start(Answers::Accept, impatient()).await;
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let time = closed_after(&mut stream).await;
    assert!(time > Duration::from_millis(800) && time < Duration::from_secs(4), "{time:?}");
    assert!(proxy.counts(NONE_OPEN).await);
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another_with_pauses() {
    let proxy = Proxy::start(Answers::Accept, impatient()).await;
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    for _ in 0..3 {
        stream.write_all(format!("{HEAD}content-length: 2\r\n\r\n{{}}").as_bytes()).await.unwrap();
        let mut buffer = [0; 1000];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(buffer[..read].starts_with(b"HTTP/1.1 200"));
        // Longer than a head may take, shorter than a connection may stand idle.
        sleep(Duration::from_millis(500)).await;
    }
    let time = closed_after(&mut stream).await;
    assert!(time < Duration::from_secs(3), "{time:?}");
}

#[tokio::test]
async fn a_client_that_leaves_without_its_answer_has_its_request_taken() {
    let proxy = Proxy::start(Answers::Slowly(Duration::from_millis(200)), config()).await;
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    stream.write_all(format!("{HEAD}content-length: 2\r\n\r\n{{}}").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    drop(stream);
    sleep(Duration::from_millis(500)).await;
    assert_eq!(proxy.only().body, "{}");
    assert!(proxy.counts(NONE_OPEN).await);
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_its_body_has_nothing_taken() {
    let proxy = Proxy::start(Answers::Accept, config()).await;
    for rest in ["content-length: 10\r\n\r\n{}", "transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n"] {
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        stream.write_all(format!("{HEAD}{rest}").as_bytes()).await.unwrap();
        drop(stream);
    }
    assert!(proxy.counts(NONE_OPEN).await);
    assert!(proxy.taken().is_empty());
}

#[tokio::test]
async fn a_client_that_closes_its_half_has_its_answer() {
    let proxy = Proxy::start(Answers::Slowly(Duration::from_millis(100)), config()).await;
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    stream.write_all(format!("{HEAD}content-length: 2\r\n\r\n{{}}").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(read_reply(&mut stream).await.status, 200);
    assert!(proxy.counts(NONE_OPEN).await);
}

#[tokio::test]
async fn connections_past_the_cap_are_closed_and_the_others_live() {
    let limits = Limits { connections: 2, ..limits() };
    let proxy = Proxy::start(Answers::Accept, Config { limits, ..config() }).await;
    let first = TcpStream::connect(proxy.address).await.unwrap();
    let mut second = TcpStream::connect(proxy.address).await.unwrap();
    assert!(proxy.counts("blackbar_connections 2").await);
    let mut third = TcpStream::connect(proxy.address).await.unwrap();
    assert!(closed_after(&mut third).await < Duration::from_secs(1));
    assert!(proxy.counts("blackbar_refused_total{reason=\"connections\"} 1").await);
    let sent = request("POST", "/v1/traces", &[JSON], Framing::Length, b"{}");
    second.write_all(&sent).await.unwrap();
    assert_eq!(read_reply(&mut second).await.status, 200);
    drop((first, second));
    assert!(proxy.counts(NONE_OPEN).await);
    assert_eq!(post(proxy.address, "/v1/traces", &[JSON], b"{}").await.status, 200);
}

#[tokio::test]
async fn stopping_finishes_what_is_under_way_and_takes_nothing_new() {
    let proxy = Proxy::start(Answers::Slowly(Duration::from_millis(1500)), config()).await;
    let address = proxy.address;
    let under_way = tokio::spawn(async move { post(address, "/v1/traces", &[JSON], b"{}").await });
    let _idle = TcpStream::connect(address).await.unwrap();
    let mut left = TcpStream::connect(address).await.unwrap();
    left.write_all(format!("{HEAD}content-length: 2\r\n\r\n[]").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(200)).await;
    drop(left);
    proxy.stop();
    sleep(Duration::from_millis(100)).await;
    assert!(TcpStream::connect(address).await.is_err(), "still listening");
    assert_eq!(under_way.await.unwrap().status, 200);
    let line = proxy.taken().len();
    assert_eq!((timeout(Duration::from_secs(4), proxy.drained()).await.unwrap(), line), (Drained::All, 2));
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let limits = Limits { drain: Duration::from_millis(300), ..limits() };
    let answers = Answers::Slowly(Duration::from_secs(60));
    let proxy = Proxy::start(answers, Config { limits, ..config() }).await;
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    stream.write_all(format!("{HEAD}content-length: 2\r\n\r\n{{}}").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    proxy.stop();
    assert_eq!(timeout(Duration::from_secs(4), proxy.drained()).await.unwrap(), Drained::CutShort);
    assert!(closed_after(&mut stream).await < Duration::from_secs(1));
}
