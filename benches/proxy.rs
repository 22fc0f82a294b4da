//! The CPU that the whole proxy takes for a megabyte, next to one that only decodes and encodes.
//!
//! Both are processes of their own: blackbar as it is built, and this program started again as the plain
//! proxy (`prost` decode, `prost` encode, the same HTTP server and client). The same requests, protobuf in and
//! protobuf out to a loopback sink, uncompressed, over 8 connections, in turns; CPU is user and system time
//! from `/proc/<pid>/stat`. Prints CSV; `benches/record/` keeps dated runs.
//!
//! ```sh
//! cargo bench --bench proxy -- [DIR of recorded OTLP, default fixtures/otlp] [rounds, default 5] [MB a round, default 200]
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr
)]

use blackbar::otlp::Payload;
use blackbar::signal::Signal;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use prost::Message;
use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const CONNECTIONS: usize = 8;

type Http = Client<HttpConnector, Full<Bytes>>;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if args.first().map(String::as_str) == Some("--plain-proxy") {
        runtime.block_on(plain_proxy(args[1].clone()));
        return;
    }
    let directory = args.first().map_or("fixtures/otlp", String::as_str);
    let rounds = args.get(1).map_or(5, |arg| arg.parse().unwrap());
    let megabytes: f64 = args.get(2).map_or(200.0, |arg| arg.parse().unwrap());
    let requests = Arc::new(recordings(Path::new(directory)));
    let bytes: usize = requests.iter().map(|(_, body)| body.len()).sum();
    let times = ((megabytes * 1e6 / bytes as f64).ceil() as usize).max(1);
    eprintln!("{} requests, {:.2} MB, {times} times a round", requests.len(), bytes as f64 / 1e6);
    runtime.block_on(compare(requests, bytes, times, rounds));
}

async fn compare(requests: Arc<Vec<(Signal, Bytes)>>, bytes: usize, times: usize, rounds: usize) {
    let sink = sink().await;
    let plain = Started::plain(sink);
    let blackbar = Started::blackbar(sink);
    let total = bytes as f64 * times as f64 / 1e6;
    println!("round,plain_ms_per_mb,blackbar_ms_per_mb,ratio");
    let mut ratios = Vec::new();
    for proxy in [&plain, &blackbar] {
        replay(proxy.address, &requests, 1).await;
    }
    for round in 1..=rounds {
        let mut cost = [0.0; 2];
        for (proxy, cost) in [&plain, &blackbar].into_iter().zip(&mut cost) {
            let before = proxy.cpu();
            replay(proxy.address, &requests, times).await;
            tokio::time::sleep(Duration::from_millis(1500)).await;
            *cost = (proxy.cpu() - before).as_secs_f64() * 1e3 / total;
        }
        let ratio = cost[1] / cost[0];
        println!("{round},{:.3},{:.3},{ratio:.2}", cost[0], cost[1]);
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median,,,{:.2}", ratios[ratios.len() / 2]);
}

/// Every recording below a directory, in protobuf.
fn recordings(directory: &Path) -> Vec<(Signal, Bytes)> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(recordings(&path));
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(signal) = Signal::ALL.into_iter().find(|signal| name.contains(signal.name())) else {
            continue;
        };
        let bytes = std::fs::read(&path).unwrap();
        let payload = match name.rsplit('.').next() {
            Some("pb") => Payload::from_protobuf(signal, &bytes),
            Some("json") => Payload::from_json(signal, &bytes),
            _ => continue,
        };
        found.push((signal, Bytes::from(payload.unwrap().to_protobuf())));
    }
    found
}

async fn replay(to: SocketAddr, requests: &Arc<Vec<(Signal, Bytes)>>, times: usize) {
    let mut tasks = Vec::new();
    for connection in 0..CONNECTIONS {
        let requests = requests.clone();
        tasks.push(tokio::spawn(async move {
            let client: Http = Client::builder(TokioExecutor::new()).build_http();
            for at in (0..requests.len() * times).skip(connection).step_by(CONNECTIONS) {
                let (signal, body) = &requests[at % requests.len()];
                send(&client, to, *signal, body.clone()).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

async fn send(client: &Http, to: SocketAddr, signal: Signal, body: Bytes) {
    loop {
        let request = Request::post(format!("http://{to}/v1/{signal}"))
            .header("content-type", "application/x-protobuf")
            .body(Full::new(body.clone()))
            .unwrap();
        let response = client.request(request).await.unwrap();
        let status = response.status();
        response.into_body().collect().await.unwrap();
        match status.as_u16() {
            200 => return,
            429 | 503 => tokio::time::sleep(Duration::from_millis(20)).await,
            other => panic!("status {other}"),
        }
    }
}

async fn sink() -> SocketAddr {
    serve(|request: Request<Incoming>| async {
        request.into_body().collect().await.unwrap();
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
    })
    .await
}

async fn plain_proxy(sink: String) {
    let client: Http = Client::builder(TokioExecutor::new()).build_http();
    let address = serve(move |request: Request<Incoming>| {
        let (client, sink) = (client.clone(), sink.clone());
        async move {
            let path = request.uri().path().to_owned();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let encoded = match path.as_str() {
                "/v1/traces" => ExportTraceServiceRequest::decode(body).unwrap().encode_to_vec(),
                "/v1/metrics" => ExportMetricsServiceRequest::decode(body).unwrap().encode_to_vec(),
                _ => ExportLogsServiceRequest::decode(body).unwrap().encode_to_vec(),
            };
            let onward = Request::post(format!("http://{sink}{path}"))
                .header("content-type", "application/x-protobuf")
                .body(Full::new(Bytes::from(encoded)))
                .unwrap();
            client.request(onward).await.unwrap().into_body().collect().await.unwrap();
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
        }
    })
    .await;
    println!("listening on http://{address}");
    std::future::pending::<()>().await;
}

/// Serves on a free port until the process ends.
async fn serve<S, F>(service: S) -> SocketAddr
where
    S: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let service = service_fn(service.clone());
            tokio::spawn(async move {
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

/// A proxy in a process of its own, ended with this value.
struct Started {
    child: Child,
    address: SocketAddr,
    _directory: tempfile::TempDir,
}

impl Started {
    fn plain(sink: SocketAddr) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--plain-proxy", &sink.to_string()]);
        Self::start(command, tempfile::tempdir().unwrap())
    }

    fn blackbar(sink: SocketAddr) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("blackbar.toml");
        let text = format!(
            "[receive]\nlisten = [\"127.0.0.1:0\"]\n[admin]\nlisten = \"off\"\n\
             [[exporters]]\nname = \"sink\"\ntype = \"otlp\"\nendpoint = \"http://{sink}\"\ncompression = \"none\"\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_blackbar"));
        command.arg("serve").arg("--config").arg(&config).arg("--data-dir").arg(directory.path());
        Self::start(command, directory)
    }

    fn start(mut command: Command, directory: tempfile::TempDir) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the proxy says where it listens").unwrap();
            if let Some((_, rest)) = line.split_once("listening on http://") {
                break rest.split(' ').next().unwrap().parse().unwrap();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address, _directory: directory }
    }

    /// User and system time so far, in ticks of a hundredth of a second.
    fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let after_name = stat.rsplit(')').next().unwrap();
        let fields: Vec<i64> = after_name.split_whitespace().filter_map(|field| field.parse().ok()).collect();
        // After the name comes the state, then numbers: utime and stime are the 11th and 12th of those
        // (proc(5), fields 14 and 15).
        Duration::from_millis((fields[10] + fields[11]).unsigned_abs() * 10)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
