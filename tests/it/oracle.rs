//! What was acknowledged arrives, whatever happens: the oracle.
//!
//! Clients send numbered records and note which were acknowledged. Meanwhile the proxy is killed with
//! SIGKILL at random moments and started again on what it left; two upstreams stall, refuse, throttle and
//! hang up in turn; and the queue runs full. In the end every acknowledged record is at both upstreams, as
//! its redaction and nothing else, and no secret is anywhere on the disk.
//!
//! `cargo test` kills a few times; `tests/oracle/run` two hundred, on a disk that also runs full.

#![allow(clippy::print_stdout)] // how far it is: the full run takes minutes

use crate::client::{Coding, JSON};
use crate::proxy::{PATIENCE, alive_in, pause};
use crate::upstream::{Mood, Upstream, upstream};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::watch;

const CLIENTS: u64 = 4;
/// What every record hides, in two halves so that the test's own binary does not hold it.
const SECRET: [&str; 2] = ["AKIABLACK", "BARORACLE2A"];
const REDACTED: &str = "[REDACTED:aws.access_key_id]";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_arrives_at_every_upstream() {
    let kills = std::env::var("BLACKBAR_ORACLE_KILLS").map_or(5, |kills| kills.parse().unwrap());
    let seed = std::env::var("BLACKBAR_ORACLE_SEED").map_or(1, |seed| seed.parse().unwrap());
    let upstreams = [upstream(Mood::Well).await, upstream(Mood::Well).await];
    let settings = settings(&upstreams);
    let mut random = Random(seed);
    let (address, clients) = Clients::start();
    let mut directory = workplace();
    for kill in 0..kills {
        moods(&upstreams, &mut random);
        let proxy = alive_in(directory, &settings).await;
        address.send_replace(Some(proxy.address));
        let ballast = ballast(&proxy.data_dir(), &mut random);
        tokio::time::sleep(Duration::from_millis(random.below(900))).await;
        ballast.inspect(|path| std::fs::remove_file(path).unwrap());
        address.send_replace(None);
        directory = proxy.kill();
        if kill % 20 == 19 {
            println!("{} kills, {} acknowledged", kill + 1, clients.acknowledged().len());
        }
    }
    let Some(acknowledged) = clients.stop().await else { panic!("a client did not end") };
    upstreams.iter().for_each(|upstream| upstream.set_mood(Mood::Well));
    let proxy = alive_in(directory, &settings).await;
    wait_for(&acknowledged, &upstreams).await;
    assert_eq!(proxy.admin("/metrics").await.1.matches("damaged_entries_total{").count(), 0);
    let stopped = proxy.stop().await;
    assert!(stopped.status.success(), "{}", stopped.output);
    no_secret_in(&stopped.data_dir());
    println!("{kills} kills: {} records acknowledged, all of them at both upstreams", acknowledged.len());
    assert!(acknowledged.len() >= kills, "hardly anything was acknowledged: nothing was tested");
}

/// Where the proxy keeps things: a directory of the system's, or one below a given place.
fn workplace() -> TempDir {
    std::env::var_os("BLACKBAR_ORACLE_DIR")
        .map_or_else(|| tempfile::tempdir().unwrap(), |place| tempfile::tempdir_in(place).unwrap())
}

/// Fills the disk, one time in four, where that harms nobody else.
fn ballast(data: &Path, random: &mut Random) -> Option<PathBuf> {
    let fill = random.below(4) == 0 && std::env::var_os("BLACKBAR_ORACLE_FILL").is_some();
    fill.then(|| {
        let path = data.join("ballast");
        let mut file = std::fs::File::create(&path).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        path
    })
}

fn settings(upstreams: &[Upstream; 2]) -> String {
    // Small, so that clients feel an outage too.
    let mut settings = "[queue]\nmax_bytes = \"4MB\"\n".to_owned();
    for (name, upstream) in ["one", "two"].into_iter().zip(upstreams) {
        settings += &format!(
            "[[exporters]]\nname = \"{name}\"\ntype = \"otlp\"\nendpoint = \"http://{}\"\ntimeout = \"500ms\"\n",
            upstream.address
        );
    }
    settings
}

fn moods(upstreams: &[Upstream; 2], random: &mut Random) {
    for upstream in upstreams {
        let moods = [Mood::Well, Mood::Well, Mood::Down(usize::MAX), Mood::Silent, Mood::Rude];
        upstream.set_mood(moods[usize::try_from(random.below(5)).unwrap()]);
    }
}

struct Clients {
    acknowledged: Arc<Mutex<BTreeSet<u64>>>,
    stop: watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Clients {
    fn start() -> (watch::Sender<Option<SocketAddr>>, Self) {
        let acknowledged = Arc::default();
        let (address, addresses) = watch::channel(None);
        let (stop, stopped) = watch::channel(false);
        let tasks = (0..CLIENTS).map(|client| {
            let client = Client {
                next: client,
                addresses: addresses.clone(),
                acknowledged: Arc::clone(&acknowledged),
            };
            tokio::spawn(client.run(stopped.clone()))
        });
        let tasks = tasks.collect();
        (address, Self { acknowledged, stop, tasks })
    }

    fn acknowledged(&self) -> BTreeSet<u64> {
        self.acknowledged.lock().unwrap().clone()
    }

    async fn stop(self) -> Option<BTreeSet<u64>> {
        self.stop.send_replace(true);
        for task in self.tasks {
            tokio::time::timeout(PATIENCE, task).await.ok()?.ok()?;
        }
        Some(self.acknowledged.lock().unwrap().clone())
    }
}

/// Sends record after record, each once, on whatever connection there is.
struct Client {
    next: u64,
    addresses: watch::Receiver<Option<SocketAddr>>,
    acknowledged: Arc<Mutex<BTreeSet<u64>>>,
}

impl Client {
    async fn run(mut self, stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            let address = *self.addresses.borrow();
            match address {
                Some(address) => self.send(address).await.unwrap_or(()),
                None => pause().await,
            }
        }
    }

    /// Records on one connection, until it breaks or one is refused.
    async fn send(&mut self, address: SocketAddr) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let stream = TokioIo::new(TcpStream::connect(address).await?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
        tokio::spawn(connection);
        while *self.addresses.borrow() == Some(address) {
            let number = self.next;
            self.next += CLIENTS;
            let request = Request::post("/v1/logs")
                .header(header::HOST, address.to_string())
                .header(header::CONTENT_TYPE, JSON)
                .body(Full::new(Bytes::from(Coding::Identity.encode(&record(number)))))?;
            let answer = sender.send_request(request).await?;
            if answer.status() != 200 {
                pause().await;
                continue;
            }
            answer.into_body().collect().await?;
            self.acknowledged.lock().unwrap().insert(number);
        }
        Ok(())
    }
}

/// A record of its number, from 10 bytes to 40 kB, with a secret in it.
fn record(number: u64) -> Vec<u8> {
    let padding = "and more ".repeat(usize::try_from(number * 37 % 4400).unwrap());
    let text = format!("record {number} with {} {padding}", SECRET.concat());
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": text}}]}]}]})
        .to_string()
        .into_bytes()
}

fn redacted(number: u64) -> String {
    let padding = "and more ".repeat(usize::try_from(number * 37 % 4400).unwrap());
    format!("record {number} with {REDACTED} {padding}")
}

async fn wait_for(acknowledged: &BTreeSet<u64>, upstreams: &[Upstream; 2]) {
    let started = Instant::now();
    for (at, upstream) in upstreams.iter().enumerate() {
        let mut arrived = Arrived::default();
        loop {
            arrived.look(upstream);
            let missing = acknowledged.iter().filter(|number| !arrived.numbers.contains_key(number));
            let missing: Vec<_> = missing.take(10).collect();
            if missing.is_empty() {
                break;
            }
            assert!(started.elapsed() < PATIENCE, "upstream {at} never got {missing:?}");
            pause().await;
        }
    }
}

/// What an upstream has, by number; every one is held against what it should be.
#[derive(Default)]
struct Arrived {
    requests: usize,
    numbers: BTreeMap<u64, usize>,
}

impl Arrived {
    fn look(&mut self, upstream: &Upstream) {
        use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
        let taken = upstream.taken();
        for request in &taken[self.requests..] {
            let request: ExportLogsServiceRequest = prost::Message::decode(&*request.body).unwrap();
            let scopes = request.resource_logs.into_iter().flat_map(|resource| resource.scope_logs);
            for record in scopes.flat_map(|scope| scope.log_records) {
                use opentelemetry_proto::tonic::common::v1::any_value::Value;
                let Some(Value::StringValue(text)) = record.body.and_then(|body| body.value) else {
                    panic!("a record without its text")
                };
                let number: u64 = text.split(' ').nth(1).unwrap().parse().unwrap();
                assert_eq!(text, redacted(number));
                *self.numbers.entry(number).or_default() += 1;
            }
        }
        self.requests = taken.len();
    }
}

fn no_secret_in(directory: &Path) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_secret_in(&path);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let found = memchr::memmem::find(&bytes, SECRET.concat().as_bytes());
        assert_eq!(found, None, "{} holds it", path.display());
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
