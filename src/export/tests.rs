#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod server;

use super::*;
use crate::otlp::Payload;
use crate::principal::Principal;
use crate::queue::Entry;
use crate::redact::pretend;
use bytes::Bytes;
use prost::Message as _;
use server::{Reply, Server};
use std::io::Read as _;
use std::time::SystemTime;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

struct Rig {
    queue: Queue,
    metrics: Arc<Metrics>,
    running: Running,
}

impl Rig {
    fn start(configs: Vec<Config>) -> Self {
        let metrics = Arc::new(Metrics::new().unwrap());
        let names = configs.iter().map(|config| config.name.clone()).collect();
        let config = crate::queue::Config::in_memory(1 << 30);
        let queue = Queue::open(&config, names, Arc::clone(&metrics)).unwrap();
        let running = spawn(configs, &queue, &metrics).unwrap();
        Self { queue, metrics, running }
    }

    async fn push(&self, signal: Signal, bytes: &[u8]) {
        let redacted = pretend(Bytes::copy_from_slice(bytes));
        let entry = Entry { signal, principal: Principal::anonymous(), redacted, records: 2 };
        self.queue.push(entry).await.unwrap();
    }

    async fn drain(self) -> (Report, String) {
        let report = self.running.drain(Instant::now() + Duration::from_secs(5)).await;
        (report, self.metrics.render())
    }
}

fn exporter(name: &str, url: &str) -> Config {
    let mut otlp = otlp::Config::new(otlp::Endpoint::below(url).unwrap());
    otlp.gzip = None;
    otlp.timeout = Duration::from_secs(5);
    let mut config = Config::new(name, Kind::Otlp(Box::new(otlp)));
    config.batching.linger = ms(0);
    config.retry = Retry { first: ms(10), longest: ms(40), give_up_after: None };
    config
}

fn otlp_of(config: &mut Config) -> &mut otlp::Config {
    match &mut config.kind {
        Kind::Otlp(otlp) => otlp,
        _ => panic!("not an OTLP exporter"),
    }
}

/// An address nobody listens on.
async fn nowhere() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn partial_success(rejected: i64) -> Vec<u8> {
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceResponse,
    };
    let error_message = "secret".to_owned();
    let partial = ExportTracePartialSuccess { rejected_spans: rejected, error_message };
    ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec()
}

#[tokio::test]
async fn each_answer_does_what_its_status_says() {
    let with = |status, headers, body| Reply::With { status, headers, body };
    for (name, reply, requests, counted) in [
        ("ok", Reply::Status(200), 1, vec![r#"exports_total{exporter="up",outcome="ok"} 1"#]),
        ("accepted", Reply::Status(202), 1, vec![r#"exports_total{exporter="up",outcome="ok"} 1"#]),
        ("too many", Reply::Status(429), 2, vec![r#"outcome="retried"} 1"#, r#"outcome="ok"} 1"#]),
        ("gateway", Reply::Status(502), 2, vec![r#"outcome="retried"} 1"#, r#"outcome="ok"} 1"#]),
        ("unavailable", Reply::Status(503), 2, vec![r#"outcome="retried"} 1"#, r#"outcome="ok"} 1"#]),
        ("slow gateway", Reply::Status(504), 2, vec![r#"outcome="retried"} 1"#, r#"outcome="ok"} 1"#]),
        ("cut", Reply::Cut, 2, vec![r#"outcome="retried"} 1"#, r#"outcome="ok"} 1"#]),
        (
            "partial",
            with(200, vec![], partial_success(1)),
            1,
            vec![r#"rejected_records_total{exporter="up"} 1"#, r#"outcome="ok"} 1"#],
        ),
        (
            "more rejected than sent",
            with(200, vec![], partial_success(i64::MAX)),
            1,
            vec![r#"rejected_records_total{exporter="up"} 2"#],
        ),
        ("bad", Reply::Status(400), 1, vec![r#"dropped_records_total{exporter="up",reason="refused"} 2"#]),
        ("who", Reply::Status(401), 1, vec![r#"dropped_records_total{exporter="up",reason="refused"} 2"#]),
        ("broken", Reply::Status(500), 1, vec![r#"dropped_records_total{exporter="up",reason="refused"} 2"#]),
        (
            "large",
            Reply::Status(413),
            1,
            vec![r#"dropped_records_total{exporter="up",reason="too_large"} 2"#, r#"outcome="dropped"} 1"#],
        ),
        (
            "elsewhere",
            with(307, vec![("location", "/other".to_owned())], vec![]),
            1,
            vec![r#"dropped_records_total{exporter="up",reason="refused"} 2"#],
        ),
        (
            "endless",
            with(200, vec![], vec![b'x'; limits::EXPORT_ANSWER_BYTES + 1]),
            1,
            vec![r#"outcome="ok"} 1"#],
        ),
    ] {
        let server = Server::start(vec![reply]).await;
        let rig = Rig::start(vec![exporter("up", &server.url())]);
        rig.push(Signal::Traces, b"abc").await;
        let (report, metrics) = rig.drain().await;
        assert_eq!(report, Report::default(), "{name}");
        let seen = server.seen(requests).await;
        assert_eq!(seen.len(), requests, "{name}");
        assert!(seen.iter().all(|seen| seen.body == b"abc" && seen.path == "/v1/traces"), "{name}");
        for line in counted {
            assert!(metrics.contains(line), "{name}: no {line} in\n{metrics}");
        }
    }
}

#[tokio::test]
async fn no_answer_in_time_is_tried_again() {
    let server = Server::start(vec![Reply::Late(Duration::from_secs(3))]).await;
    let mut config = exporter("up", &server.url());
    otlp_of(&mut config).timeout = ms(100);
    let rig = Rig::start(vec![config]);
    rig.push(Signal::Logs, b"abc").await;
    let (report, metrics) = rig.drain().await;
    assert_eq!(report, Report::default());
    assert!(metrics.contains(r#"outcome="retried"} 1"#), "{metrics}");
    assert_eq!(server.seen(2).await.len(), 2);
}

#[tokio::test]
async fn retry_after_is_waited_for_even_while_draining() {
    let headers = vec![("retry-after", "1".to_owned())];
    let server = Server::start(vec![Reply::With { status: 503, headers, body: vec![] }]).await;
    let rig = Rig::start(vec![exporter("up", &server.url())]);
    rig.push(Signal::Logs, b"abc").await;
    rig.drain().await;
    let seen = server.seen(2).await;
    let waited = seen[1].at - seen[0].at;
    assert!(waited >= ms(990) && waited < ms(3000), "{waited:?}");
}

#[tokio::test]
async fn the_request_says_what_it_is() {
    let server = Server::start(vec![]).await;
    let mut config = exporter("up", &format!("{}/base/", server.url()));
    let otlp = otlp_of(&mut config);
    otlp.gzip = Some(1);
    otlp.headers.push(otlp::SecretHeader::new("X-Api-Key", "secret\n").unwrap());
    let rig = Rig::start(vec![config]);
    let body = b"telemetry ".repeat(10_000);
    rig.push(Signal::Metrics, &body).await;
    let (_, metrics) = rig.drain().await;
    let seen = server.seen(1).await.remove(0);
    let length = seen.body.len().to_string();
    assert_eq!(seen.path, "/base/v1/metrics");
    for (name, expected) in [
        ("content-type", "application/x-protobuf"),
        ("content-encoding", "gzip"),
        ("content-length", &length),
        ("user-agent", concat!("blackbar/", env!("CARGO_PKG_VERSION"))),
        ("x-api-key", "secret"),
    ] {
        assert_eq!(seen.headers.get(name).unwrap(), expected, "{name}");
    }
    assert!(seen.headers.get("transfer-encoding").is_none());
    assert!(seen.body.len() < body.len() / 10);
    let mut inflated = Vec::new();
    flate2::read::GzDecoder::new(&seen.body[..]).read_to_end(&mut inflated).unwrap();
    assert_eq!(inflated, body);
    assert!(!metrics.contains("secret") && !metrics.contains("127.0.0.1"), "{metrics}");
}

#[tokio::test]
async fn each_signal_may_have_its_own_endpoint() {
    let server = Server::start(vec![]).await;
    let mut config = exporter("up", &server.url());
    let full = format!("{}/in?key=secret", server.url());
    otlp_of(&mut config).endpoints.logs = Some(otlp::Endpoint::full(&full).unwrap());
    let rig = Rig::start(vec![config]);
    for signal in Signal::ALL {
        rig.push(signal, signal.name().as_bytes()).await;
    }
    rig.drain().await;
    let mut seen: Vec<_> = server.seen(3).await.into_iter().map(|seen| (seen.path, seen.body)).collect();
    seen.sort();
    let expected = [("/in?key=secret", "logs"), ("/v1/metrics", "metrics"), ("/v1/traces", "traces")];
    assert_eq!(seen, expected.map(|(path, body)| (path.to_owned(), body.as_bytes().to_vec())));
}

#[tokio::test]
async fn a_request_too_large_is_sent_in_halves_in_order() {
    let large = || Reply::Status(413);
    // abcd, ab, a, b, cd, c, d: "b" alone is still too large.
    let script = vec![large(), large(), Reply::Status(200), large(), Reply::Status(200)];
    let server = Server::start(script).await;
    let mut config = exporter("up", &server.url());
    config.batching.linger = ms(100);
    let rig = Rig::start(vec![config]);
    for entry in [b"a", b"b", b"c", b"d"] {
        rig.push(Signal::Logs, entry).await;
    }
    let seen = server.seen(5).await;
    let (report, metrics) = rig.drain().await;
    let bodies: Vec<_> = seen.iter().map(|seen| seen.body.as_slice()).collect();
    assert_eq!(bodies, [&b"abcd"[..], b"ab", b"a", b"b", b"cd"]);
    assert_eq!(report, Report::default());
    for line in [r#"outcome="split"} 2"#, r#"outcome="ok"} 2"#, r#"reason="too_large"} 2"#] {
        assert!(metrics.contains(line), "no {line} in\n{metrics}");
    }
}

#[tokio::test]
async fn a_dead_upstream_delays_nobody_else_and_is_reported() {
    let server = Server::start(vec![]).await;
    let rig = Rig::start(vec![exporter("dead", &nowhere().await), exporter("up", &server.url())]);
    for number in 0..50_u8 {
        rig.push(Signal::Logs, &[number]).await;
        if number % 10 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut received = Vec::new();
    while received.len() < 50 {
        received.extend(server.seen(1).await.into_iter().flat_map(|seen| seen.body));
    }
    assert_eq!(received, (0..50).collect::<Vec<u8>>());
    let begun = Instant::now();
    let report = rig.running.drain(begun + ms(300)).await;
    assert!(begun.elapsed() < ms(1000), "{:?}", begun.elapsed());
    let bytes = 50 * (1 + limits::QUEUE_ENTRY_BYTES);
    assert_eq!(report.left, [("dead".to_owned(), Backlog { bytes, records: 100 })]);
}

#[tokio::test]
async fn a_drain_does_not_sleep_through_its_deadline() {
    let server = Server::start(vec![Reply::Status(503)]).await;
    let mut config = exporter("up", &server.url());
    config.retry =
        Retry { first: Duration::from_secs(3), longest: Duration::from_secs(30), give_up_after: None };
    let rig = Rig::start(vec![config]);
    rig.push(Signal::Logs, b"abc").await;
    server.seen(1).await;
    tokio::time::sleep(ms(50)).await;
    let report = rig.running.drain(Instant::now() + ms(1000)).await;
    assert_eq!(report, Report::default());
    assert_eq!(server.seen(1).await.len(), 1);
}

#[tokio::test]
async fn giving_up_is_counted_and_makes_way() {
    let mut config = exporter("dead", &nowhere().await);
    config.retry.give_up_after = Some(ms(50));
    let rig = Rig::start(vec![config]);
    rig.push(Signal::Logs, b"abc").await;
    let (report, metrics) = rig.drain().await;
    assert_eq!(report, Report::default());
    assert!(metrics.contains(r#"dropped_records_total{exporter="dead",reason="gave_up"} 2"#), "{metrics}");
}

#[tokio::test]
async fn one_signal_in_trouble_does_not_delay_another() {
    let server = Server::start(vec![]).await;
    let mut config = exporter("up", &server.url());
    let dead = otlp::Endpoint::full(&nowhere().await).unwrap();
    otlp_of(&mut config).endpoints.metrics = Some(dead);
    let rig = Rig::start(vec![config]);
    rig.push(Signal::Metrics, b"stuck").await;
    rig.push(Signal::Traces, b"abc").await;
    assert_eq!(server.seen(1).await[0].body, b"abc");
}

#[tokio::test]
async fn exporters_start_together_or_not_at_all() {
    let metrics = Arc::new(Metrics::new().unwrap());
    let config = crate::queue::Config::in_memory(1000);
    let queue = Queue::open(&config, vec!["up".to_owned()], Arc::clone(&metrics)).unwrap();
    let url = nowhere().await;
    let twice = vec![exporter("up", &url), exporter("up", &url)];
    assert!(matches!(spawn(twice, &queue, &metrics), Err(StartError::Cursor { .. })));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let file = Config::new("up", Kind::File { dir: dir.path().join("file") });
    assert!(matches!(spawn(vec![file], &queue, &metrics), Err(StartError::File { .. })));
    assert!(spawn(vec![exporter("up", &url)], &queue, &metrics).is_ok(), "nothing was left attached");
}

#[tokio::test]
async fn a_failed_handshake_is_no_connection() {
    let server = Server::start(vec![]).await;
    let https = server.url().replace("http://", "https://");
    let Ok(upstream) = crate::upstream::Upstream::new(false) else { panic!("no client") };
    let uri = https.parse().unwrap();
    let answer =
        upstream.send(http::Method::POST, &uri, &http::HeaderMap::new(), Bytes::new(), 10, ms(2000)).await;
    assert_eq!(answer.err(), Some(crate::upstream::Failure::Unreachable));
}

#[tokio::test]
async fn no_more_of_an_answer_is_read_than_asked_for() {
    use crate::upstream::{Body, Upstream};
    let Ok(upstream) = Upstream::new(false) else { panic!("no client") };
    for (length, whole) in [(0, true), (9, true), (10, true), (11, false)] {
        let reply = Reply::With { status: 200, headers: vec![], body: vec![b'x'; length] };
        let uri = Server::start(vec![reply]).await.url().parse().unwrap();
        let answer = upstream
            .send(http::Method::POST, &uri, &http::HeaderMap::new(), Bytes::new(), 10, ms(5000))
            .await;
        let body = answer.map(|answer| answer.body);
        assert_eq!(matches!(body, Ok(Body::Whole(_))), whole, "{length} bytes");
        assert_eq!(matches!(body, Ok(Body::TooLong)), !whole, "{length} bytes");
    }
}

#[tokio::test]
async fn a_file_exporter_writes_a_line_a_request_for_each_signal() {
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
    use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
    let record = LogRecord { event_name: "line\nbreak".to_owned(), ..LogRecord::default() };
    let scope = ScopeLogs { log_records: vec![record], ..ScopeLogs::default() };
    let resource = ResourceLogs { scope_logs: vec![scope], ..ResourceLogs::default() };
    let request = ExportLogsServiceRequest { resource_logs: vec![resource] }.encode_to_vec();
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::new("files", Kind::File { dir: dir.path().join("out") });
    config.batching = Batching { max_bytes: 2 * request.len(), linger: ms(50) };
    let rig = Rig::start(vec![config]);
    for _ in 0..3 {
        rig.push(Signal::Logs, &request).await;
    }
    let (report, metrics) = rig.drain().await;
    assert_eq!(report, Report::default(), "{metrics}");
    let text = std::fs::read_to_string(dir.path().join("out/logs.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["resourceLogs"].as_array().unwrap().len()).sum::<usize>(), 3);
    let written = &lines[0]["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["eventName"];
    assert_eq!(written, "line\nbreak");
    assert!(lines.len() <= 3 && text.ends_with('\n'));
    assert_eq!(std::fs::read(dir.path().join("out/traces.jsonl")).unwrap(), b"");
}

fn nanos() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_nanos()).unwrap()
}

/// A request with cumulative sums, one for each value, that began after the proxy did.
fn cumulative(minute: u64, values: &[u64]) -> Vec<u8> {
    static BEGAN: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    cumulative_since(*BEGAN.get_or_init(|| nanos() + 3_600_000_000_000), "m", minute, values)
}

fn cumulative_since(began: u64, name: &str, minute: u64, values: &[u64]) -> Vec<u8> {
    let metrics = values.iter().enumerate().map(|(stream, value)| {
        let point = serde_json::json!({
            "startTimeUnixNano": began.to_string(),
            "timeUnixNano": (began + minute * 60_000_000_000).to_string(),
            "asInt": value.to_string(),
        });
        serde_json::json!({"name": format!("{name}{stream}"), "sum": {
            "dataPoints": [point], "isMonotonic": true, "aggregationTemporality": 2,
        }})
    });
    let metrics: Vec<_> = metrics.collect();
    let request = serde_json::json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]});
    Payload::from_json(Signal::Metrics, request.to_string().as_bytes()).unwrap().to_protobuf()
}

/// Name and value of every sum, all of them deltas.
fn sums(body: &[u8]) -> Vec<(String, i64)> {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point::Value};
    let request = ExportMetricsServiceRequest::decode(body).unwrap();
    let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
    let mut sums = Vec::new();
    for metric in scopes.flat_map(|scope| scope.metrics) {
        let Some(Data::Sum(sum)) = metric.data else { panic!("a sum") };
        assert_eq!(sum.aggregation_temporality, 1);
        for point in sum.data_points {
            let Some(Value::AsInt(value)) = point.value else { panic!("an integer") };
            sums.push((metric.name.clone(), value));
        }
    }
    sums
}

fn deltas(name: &str, url: &str) -> Config {
    let form = Form { temporality: Temporality::Delta, ..Form::default() };
    Config { form, ..exporter(name, url) }
}

#[tokio::test]
async fn a_request_that_is_sent_again_has_the_same_deltas() {
    let server = Server::start(vec![Reply::Status(503), Reply::Cut, Reply::Status(200)]).await;
    let rig = Rig::start(vec![deltas("up", &server.url())]);
    rig.push(Signal::Metrics, &cumulative(1, &[5, 7])).await;
    let first = server.seen(3).await;
    rig.push(Signal::Metrics, &cumulative(2, &[8, 7])).await;
    rig.push(Signal::Metrics, &cumulative(2, &[8, 7])).await;
    let (report, metrics) = rig.drain().await;
    let expected = [("m0".to_owned(), 5), ("m1".to_owned(), 7)];
    assert!(first.iter().all(|seen| sums(&seen.body) == expected && seen.body == first[0].body));
    assert_eq!(sums(&server.seen(1).await[0].body), [("m0".to_owned(), 3), ("m1".to_owned(), 0)]);
    assert_eq!(report, Report::default());
    for line in [r#"outcome="delta"} 4"#, r#"outcome="old"} 2"#, r#"outcome="first"} 0"#] {
        assert!(
            metrics.contains(&format!("blackbar_delta_points_total{{exporter=\"up\",{line}")),
            "{metrics}"
        );
    }
}

#[tokio::test]
async fn halves_of_what_is_too_large_have_the_deltas_of_the_whole() {
    let server = Server::start(vec![Reply::Status(200), Reply::Status(413), Reply::Status(413)]).await;
    let mut config = deltas("up", &server.url());
    config.batching.linger = ms(100);
    let rig = Rig::start(vec![config]);
    rig.push(Signal::Metrics, &cumulative(1, &[1, 2, 3, 4])).await;
    server.seen(1).await;
    rig.push(Signal::Metrics, &cumulative(2, &[2, 4, 6, 8])).await;
    rig.push(Signal::Metrics, &cumulative(3, &[3, 6, 9, 12])).await;
    rig.drain().await;
    // Both, the first of them, its halves, and the second.
    let seen = server.seen(5).await;
    let halves: Vec<_> = seen[2..].iter().flat_map(|seen| sums(&seen.body)).collect();
    assert_eq!(sums(&seen[0].body), halves, "in order");
    assert_eq!(halves.iter().map(|(_, value)| value).sum::<i64>(), 30 - 10);
}

#[tokio::test]
async fn each_exporter_has_metrics_in_its_own_form_and_what_is_left_empty_is_not_sent() {
    let (plain, delta) = (Server::start(vec![]).await, Server::start(vec![]).await);
    let rig = Rig::start(vec![exporter("plain", &plain.url()), deltas("delta", &delta.url())]);
    let request = cumulative(1, &[5]);
    for _ in 0..2 {
        rig.push(Signal::Metrics, &request).await;
        assert_eq!(plain.seen(1).await[0].body, request);
    }
    rig.push(Signal::Metrics, b"not metrics").await;
    rig.push(Signal::Logs, b"logs are left alone").await;
    let (report, metrics) = rig.drain().await;
    assert_eq!(report, Report::default());
    let mut bodies: Vec<_> = delta.seen(2).await.into_iter().map(|seen| seen.body).collect();
    bodies.sort_by_key(Vec::len);
    assert_eq!((&bodies[0][..], sums(&bodies[1])), (&b"logs are left alone"[..], vec![("m0".to_owned(), 5)]));
    let dropped = r#"dropped_records_total{exporter="delta",reason="undecodable"} 2"#;
    assert!(metrics.contains(dropped), "{metrics}");
    assert!(metrics.contains(r#"exports_total{exporter="delta",outcome="ok"} 2"#), "{metrics}");
}

#[tokio::test]
async fn after_a_restart_only_what_began_since_the_oldest_that_waits_is_told_whole() {
    let dir = tempfile::tempdir().unwrap();
    let metrics = Arc::new(Metrics::new().unwrap());
    let open = |url: &str| {
        let durability = crate::queue::Durability::PageCache;
        let config = crate::queue::Config {
            directory: dir.path().to_owned(),
            durability,
            ..crate::queue::Config::in_memory(1 << 30)
        };
        let queue = Queue::open(&config, vec!["up".to_owned()], Arc::clone(&metrics)).unwrap();
        let running = spawn(vec![deltas("up", url)], &queue, &metrics).unwrap();
        Rig { queue, metrics: Arc::clone(&metrics), running }
    };
    let rig = open(&nowhere().await);
    rig.push(Signal::Metrics, &cumulative(1, &[5])).await;
    tokio::time::sleep(ms(20)).await;
    let began = nanos();
    rig.push(Signal::Metrics, &cumulative_since(began - 1_000_000_000, "before", 1, &[5])).await;
    rig.push(Signal::Metrics, &cumulative_since(began, "since", 1, &[5])).await;
    let report = rig.running.drain(Instant::now() + ms(200)).await;
    assert_eq!(report.left.len(), 1);
    drop(rig.queue);
    tokio::time::sleep(ms(300)).await;
    let server = Server::start(vec![]).await;
    let rig = open(&server.url());
    let whole = [("m0".to_owned(), 5), ("since0".to_owned(), 5)];
    assert_eq!(sums(&server.seen(1).await[0].body), whole);
    rig.push(Signal::Metrics, &cumulative_since(began, "since", 2, &[8])).await;
    rig.drain().await;
    assert_eq!(sums(&server.seen(1).await[0].body), [("since0".to_owned(), 3)]);
}

#[tokio::test]
async fn an_upstream_may_have_exponential_histograms() {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    let server = Server::start(vec![]).await;
    let form = Form { temporality: Temporality::Delta, histograms: Histograms::Exponential };
    let rig = Rig::start(vec![Config { form, ..exporter("up", &server.url()) }]);
    let began = nanos() + 1_000_000_000;
    for (time, count, counts) in [(1, "5", ["1", "4", "0"]), (2, "15", ["2", "12", "1"])] {
        let point = serde_json::json!({
            "startTimeUnixNano": began.to_string(), "timeUnixNano": (began + time).to_string(),
            "count": count, "explicitBounds": [1.0, 2.0], "bucketCounts": counts,
        });
        let metric = serde_json::json!({"name": "h", "histogram": {"dataPoints": [point], "aggregationTemporality": 2}});
        let request = serde_json::json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]});
        let request = Payload::from_json(Signal::Metrics, request.to_string().as_bytes()).unwrap();
        rig.push(Signal::Metrics, &request.to_protobuf()).await;
    }
    rig.drain().await;
    let bodies: Vec<u8> = server.seen(1).await.into_iter().flat_map(|seen| seen.body).collect();
    let request = ExportMetricsServiceRequest::decode(&bodies[..]).unwrap();
    let metric = |at: usize| request.resource_metrics[at].scope_metrics[0].metrics[0].data.clone();
    let Some(Data::ExponentialHistogram(last)) = metric(1) else { panic!("exponential") };
    assert_eq!(last.aggregation_temporality, 1);
    let positive = last.data_points[0].positive.clone().unwrap();
    assert_eq!((positive.offset, positive.bucket_counts), (-1, vec![1, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
}
