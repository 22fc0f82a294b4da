//! A proxy with a line that takes notes, and clients that send just the bytes they are told to.

use blackbar::principal::Principal;
use blackbar::proxy::{Accepted, Encoding, Line, Received, Refusal};
use blackbar::receive::{Bound, Config, Drained, Limits, Token};
use blackbar::signal::Signal;
use blackbar::telemetry::Metrics;
use bytes::Bytes;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use std::collections::HashMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the line was handed.
#[derive(Clone)]
pub(crate) struct Note {
    pub(crate) principal: Principal,
    pub(crate) signal: Signal,
    pub(crate) encoding: Encoding,
    pub(crate) body: Bytes,
}

/// How the line answers.
#[derive(Clone, Copy)]
pub(crate) enum Answers {
    Accept,
    Reject(u64),
    Refuse(fn() -> Refusal),
    Panic,
    /// Accepts, after this long.
    Slowly(Duration),
}

/// A line that takes notes.
pub(crate) struct Notes {
    answers: Answers,
    taken: Mutex<Vec<Note>>,
}

impl Line for Notes {
    async fn take(&self, received: Received) -> Result<Accepted, Refusal> {
        if let Answers::Slowly(time) = self.answers {
            tokio::time::sleep(time).await;
        }
        let Received { principal, signal, encoding, body } = received;
        self.taken.lock().unwrap().push(Note { principal, signal, encoding, body });
        match self.answers {
            Answers::Accept | Answers::Slowly(_) => Ok(Accepted::default()),
            Answers::Reject(rejected) => Ok(Accepted { rejected }),
            Answers::Refuse(refusal) => Err(refusal()),
            Answers::Panic => panic!("the line broke"),
        }
    }
}

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) metrics: Arc<Metrics>,
    line: Arc<Notes>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<Drained>,
}

impl Proxy {
    pub(crate) async fn start(answers: Answers, config: Config) -> Self {
        let metrics = Arc::new(Metrics::new().unwrap());
        let bound = Bound::new(config, Arc::clone(&metrics)).await.unwrap();
        let addresses = bound.addresses().to_vec();
        let line = Arc::new(Notes { answers, taken: Mutex::default() });
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(bound.serve(Arc::clone(&line), stopped));
        Self { address: addresses[0], addresses, metrics, line, stop, serving }
    }

    pub(crate) fn taken(&self) -> Vec<Note> {
        self.line.taken.lock().unwrap().clone()
    }

    /// The requests the line was handed since last asked.
    pub(crate) fn take_all(&self) -> Vec<Note> {
        std::mem::take(&mut *self.line.taken.lock().unwrap())
    }

    /// The one request the line was handed since last asked.
    pub(crate) fn only(&self) -> Note {
        let taken = self.take_all();
        assert_eq!(taken.len(), 1, "requests that reached the line");
        taken[0].clone()
    }

    pub(crate) fn stop(&self) {
        self.stop.send(true).unwrap();
    }

    pub(crate) async fn drained(self) -> Drained {
        self.serving.await.unwrap()
    }

    /// Whether the metrics come to hold this line, sooner or later.
    pub(crate) async fn counts(&self, line: &str) -> bool {
        for _ in 0..200 {
            if self.metrics.render().lines().any(|found| found == line) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }
}

/// One free loopback port, and no patience.
pub(crate) fn config() -> Config {
    Config { listen: vec![free_port()], limits: limits(), ..Config::default() }
}

pub(crate) fn free_port() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

pub(crate) fn limits() -> Limits {
    Limits { drain: Duration::from_secs(5), ..Limits::default() }
}

/// With a token named `laptops`.
pub(crate) fn guarded() -> Config {
    Config { tokens: vec![Token::new("laptops", "one"), Token::new("ci", "two")], ..config() }
}

/// An answer over HTTP/1.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { status, headers, body: bytes[end + 4..].to_vec() }
    }
}

/// How a body is delimited.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Framing {
    Length,
    Chunked,
}

/// A request over HTTP/1, byte for byte.
pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    framing: Framing,
    body: &[u8],
) -> Vec<u8> {
    let mut bytes =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n").into_bytes();
    for (name, value) in headers {
        write!(bytes, "{name}: {value}\r\n").unwrap();
    }
    match framing {
        Framing::Length => {
            write!(bytes, "content-length: {}\r\n\r\n", body.len()).unwrap();
            bytes.extend_from_slice(body);
        }
        Framing::Chunked => {
            bytes.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
            for chunk in body.chunks(1000) {
                write!(bytes, "{:x}\r\n", chunk.len()).unwrap();
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        }
    }
    bytes
}

/// Sends these bytes whole, then reads until the other side closes.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    read_reply(&mut stream).await
}

/// Reads until the other side closes, which it must do soon.
pub(crate) async fn read_reply(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes));
    read.await.expect("an answer in time").expect("an answer and not a reset");
    Reply::parse(&bytes)
}

/// Posts a body.
pub(crate) async fn post(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    exchange(address, &request("POST", path, headers, Framing::Length, body)).await
}

pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");
pub(crate) const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// A gzip stream of this many zero bytes, made without holding them.
pub(crate) fn gzip_bomb(len: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..len >> 20 {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}
