//! How much the queue takes, with every request synced to the disk, next to the same bytes written and synced
//! plainly.
//!
//! *Alone*: each request is written to one file and synced for itself, one after the other. *Together*: what
//! has come meanwhile is written and synced at once, which is the most a disk gives. *Queue*: the same requests
//! into the queue, nobody reading (an outage); and with an exporter that takes them all. In turns, two seconds
//! each, on the disk of the system's temporary directory. Prints CSV; `benches/record/` keeps dated runs.
//!
//! ```sh
//! cargo bench --bench queue -- [seconds, default 2] [rounds, default 3]
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use blackbar::otlp::Payload;
use blackbar::pipeline;
use blackbar::policy::{Policy, Settings};
use blackbar::principal::Principal;
use blackbar::queue::{Config, Durability, Entry, Queue};
use blackbar::redact::{Redacted, Redactor};
use blackbar::rule::Ruleset;
use blackbar::scan::Scanner;
use blackbar::signal::Signal;
use blackbar::telemetry::Metrics;
use blackbar::token::TokenKey;
use bytes::Bytes;
use serde_json::json;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const CLIENTS: [usize; 3] = [1, 8, 64];
const SIZES: [usize; 2] = [4 << 10, 64 << 10];

fn main() {
    let args: Vec<f64> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let time = Duration::from_secs_f64(args.first().copied().unwrap_or(2.0));
    let rounds = args.get(1).copied().unwrap_or(3.0);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!("bytes,clients,round,alone_per_s,together_per_s,queue_per_s,queue_read_per_s,queue_to_together");
    for size in SIZES {
        let request = request(size);
        for clients in CLIENTS {
            for round in 1..=rounds as usize {
                let alone = plain(request.bytes(), clients, time, 1);
                let together = plain(request.bytes(), clients, time, usize::MAX);
                let unread = runtime.block_on(queue(&request, clients, time, false));
                let read = runtime.block_on(queue(&request, clients, time, true));
                let ratio = unread / together;
                println!(
                    "{size},{clients},{round},{alone:.0},{together:.0},{unread:.0},{read:.0},{ratio:.2}"
                );
            }
        }
    }
}

/// A redacted request of about so many bytes.
fn request(size: usize) -> Redacted<Bytes> {
    let scanner = Arc::new(Scanner::new(Ruleset::embedded().unwrap()).unwrap());
    let key = TokenKey::new(&[7; 32]).unwrap();
    let policy = Arc::new(Policy::new(scanner.ruleset(), &Settings::default(), key));
    let mut text: String = (0..size / 16).map(|n| format!("line {n} of what an agent said; ")).collect();
    text.truncate(size - 32);
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": text}}]}]}]});
    let payload = Payload::from_json(Signal::Logs, body.to_string().as_bytes()).unwrap();
    pipeline::process(payload, &mut Redactor::new(scanner, policy)).payload.to_protobuf()
}

/// Requests a second, written to a file and synced by at most so many.
fn plain(request: &[u8], clients: usize, time: Duration, most: usize) -> f64 {
    let directory = tempfile::tempdir().unwrap();
    let mut file = File::create(directory.path().join("plain")).unwrap();
    let (jobs, inbox) = mpsc::channel::<(Vec<u8>, mpsc::Sender<()>)>();
    let (begun, mut done) = (Instant::now(), 0_u32);
    std::thread::scope(|scope| {
        for _ in 0..clients {
            let jobs = jobs.clone();
            scope.spawn(move || {
                while begun.elapsed() < time {
                    let (answer, answered) = mpsc::channel();
                    jobs.send((request.to_vec(), answer)).unwrap();
                    answered.recv().unwrap();
                }
            });
        }
        drop(jobs);
        while let Ok(first) = inbox.recv() {
            let group: Vec<_> = std::iter::once(first).chain(inbox.try_iter().take(most - 1)).collect();
            group.iter().for_each(|(bytes, _)| file.write_all(bytes).unwrap());
            file.sync_data().unwrap();
            group.iter().for_each(|(_, answer)| answer.send(()).unwrap());
            done += u32::try_from(group.len()).unwrap();
        }
    });
    f64::from(done) / begun.elapsed().as_secs_f64()
}

fn open(directory: &Path) -> Queue {
    let (durability, max_age) = (Durability::Fsync, Duration::from_secs(3600));
    let config = Config { directory: directory.to_owned(), durability, max_bytes: 64 << 30, max_age };
    Queue::open(&config, vec!["up".to_owned()], Arc::new(Metrics::new().unwrap())).unwrap()
}

/// Requests a second into the queue.
async fn queue(request: &Redacted<Bytes>, clients: usize, time: Duration, read: bool) -> f64 {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(directory.path());
    let reader = read.then(|| tokio::spawn(take_all(queue.clone())));
    let (begun, done) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let clients = (0..clients).map(|_| {
        let (queue, redacted, done) = (queue.clone(), request.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            while begun.elapsed() < time {
                let (signal, principal) = (Signal::Logs, Principal::anonymous());
                queue
                    .push(Entry { signal, principal, redacted: redacted.clone(), records: 1 })
                    .await
                    .unwrap();
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let rate = done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    queue.close();
    if let Some(reader) = reader {
        reader.await.unwrap();
    }
    rate
}

async fn take_all(queue: Queue) {
    let mut consumer = queue.consumer("up", Signal::Logs).unwrap();
    while let Some(batch) = consumer.next(4 << 20, Duration::from_millis(20)).await {
        consumer.ack(&batch);
    }
}
