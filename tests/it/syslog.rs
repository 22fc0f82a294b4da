//! Alerts to a syslog receiver and to an OTLP backend, over the wire.

use crate::certificate::Certificate;
use crate::proxy::{Proxy, proxy, proxy_in, until};
use crate::sentinel::leak;
use crate::upstream::{Mood, nobody, upstream};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message as _;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

const KEY: [&str; 2] = ["AKIABLACK", "BAREXAMPLE2"];

/// What a receiver does with a connection instead of taking what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Closes it unread.
    HangUp,
    /// Reads a little, and resets it.
    Reset,
    /// Takes what comes, and leaves it open.
    StayOpen,
}

#[derive(Default)]
struct State {
    script: VecDeque<Manner>,
    messages: Vec<String>,
    connections: usize,
}

/// A syslog receiver: octet counting, over TCP or TLS. Ends when dropped.
struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Receiver {
    async fn start(script: &[Manner], tls: Option<TlsAcceptor>) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), script, tls).await
    }

    async fn start_at(address: SocketAddr, script: &[Manner], tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = script.iter().copied().collect();
        let state = Arc::new(Mutex::new(State { script, ..State::default() }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(receive(stream, tls.clone(), Arc::clone(&shared)));
            }
        });
        Self { address, state, task }
    }

    fn messages(&self) -> Vec<String> {
        self.state.lock().unwrap().messages.clone()
    }

    /// Messages about a rule.
    fn about(&self, rule: &str) -> Vec<String> {
        let all = self.messages().into_iter();
        all.filter(|message| message.contains(&format!("|{rule}|"))).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(stream: TcpStream, tls: Option<TlsAcceptor>, state: Arc<Mutex<State>>) {
    let manner = {
        let mut state = state.lock().unwrap();
        state.connections += 1;
        state.script.pop_front()
    };
    match (manner, tls) {
        (Some(Manner::HangUp), _) => {}
        (Some(Manner::Reset), _) => {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 8]).await;
            stream.set_zero_linger().unwrap();
        }
        (manner, None) => take(stream, manner, &state).await,
        (manner, Some(tls)) => {
            if let Ok(stream) = tls.accept(stream).await {
                take(stream, manner, &state).await;
            }
        }
    }
}

async fn take(mut stream: impl AsyncRead + Unpin, manner: Option<Manner>, state: &Mutex<State>) {
    let mut bytes = Vec::new();
    if stream.read_to_end(&mut bytes).await.is_ok() {
        let messages = messages(&bytes);
        state.lock().unwrap().messages.extend(messages);
    }
    if manner == Some(Manner::StayOpen) {
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
}

/// RFC 6587, 3.4.1. None in the greeting of somebody who speaks TLS.
fn messages(mut bytes: &[u8]) -> Vec<String> {
    let mut messages = Vec::new();
    if bytes.first() == Some(&0x16) {
        return messages;
    }
    while let Some(space) = bytes.iter().position(|byte| *byte == b' ') {
        let length: usize = std::str::from_utf8(&bytes[..space]).unwrap().parse().unwrap();
        let (message, rest) = bytes[space + 1..].split_at(length);
        messages.push(String::from_utf8(message.to_vec()).unwrap());
        bytes = rest;
    }
    assert!(bytes.is_empty(), "half a message");
    messages
}

fn settings(address: SocketAddr, more: &str) -> String {
    format!(
        "[alerts]\nfile = \"off\"\n[[alerts.sinks]]\nname = \"siem\"\ntype = \"syslog\"\naddress = \"localhost:{}\"\n\
         hostname = \"proxy1\"\n{more}\n",
        address.port()
    )
}

fn check_no_secret(text: &str) {
    assert!(!text.contains(&KEY.concat()) && !text.contains("ada@example"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_siem_gets_cef_in_messages_of_rfc_5424() {
    let siem = Receiver::start(&[], None).await;
    let proxy = proxy(&settings(siem.address, "transport = \"tcp\"\nfacility = \"local2\"")).await;
    leak(&proxy, "s1").await;
    until("messages arrive", || !siem.about("aws.access_key_id").is_empty()).await;
    let about = siem.about("aws.access_key_id");
    let (header, event) = about[0].split_once("CEF:0|blackbar|blackbar|").unwrap();
    let header: Vec<_> = header.split(' ').collect();
    let [priority, time, host, app, process, id, structured, ""] = header[..] else { panic!("{header:?}") };
    assert!(["<146>1", "<147>1"].contains(&priority), "{priority}");
    assert!(time.ends_with('Z') && time.len() == "2026-11-29T07:00:00.000Z".len(), "{time}");
    assert_eq!([host, app, process, id, structured], ["proxy1", "blackbar", "-", "alert", "-"]);
    for pair in [" cnt=2 ", " suser=kim@example.org ", " sproc=claude-code ", " cs3Label=session cs3=s1 "] {
        assert!(event.contains(pair), "{pair} in {event}");
    }
    assert!(event.contains(" externalId=") && event.contains(" cs4=log.body "), "{event}");
    siem.messages().iter().for_each(|message| check_no_secret(message));
    assert!(proxy.stop().await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_into_a_broken_connection_is_sent_again() {
    let script = [Manner::HangUp, Manner::Reset, Manner::HangUp, Manner::StayOpen];
    let siem = Receiver::start(&script, None).await;
    let proxy = proxy(&settings(siem.address, "transport = \"tcp\"")).await;
    leak(&proxy, "s1").await;
    until("messages arrive", || siem.about("aws.access_key_id").len() == 1).await;
    leak(&proxy, "s2").await;
    until("and go on arriving", || siem.about("aws.access_key_id").len() == 2).await;
    let (_, metrics) = proxy.admin("/metrics").await;
    assert!(metrics.contains("blackbar_alerts_total{outcome=\"retried\",sink=\"siem\"}"), "{metrics}");
    assert!(!metrics.contains("blackbar_alerts_total{outcome=\"dropped\""), "{metrics}");
    assert!(siem.state.lock().unwrap().connections >= 5);
    assert!(proxy.stop().await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_the_receiver_and_the_proxy_are_down() {
    let address = nobody().await;
    let settings = settings(address, "transport = \"tcp\"\n[drain]\ndeadline = \"200ms\"");
    let first = proxy(&settings).await;
    leak(&first, "s1").await;
    let directory = first.kill();
    let siem = Receiver::start_at(address, &[], None).await;
    let second = proxy_in(directory, &settings).await;
    until("what was raised before arrives", || siem.about("aws.access_key_id").len() == 1).await;
    assert!(siem.about("aws.access_key_id")[0].contains(" cnt=2 "));
    assert!(second.stop().await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_a_receiver_has_to_prove_who_it_is() {
    let (right, wrong) = (Certificate::of("localhost"), Certificate::of("elsewhere.example"));
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        format!("ca_file = {:?}", path.display().to_string())
    };
    let both = write("both.pem", right.pem() + &wrong.pem());
    let other = write("other.pem", wrong.pem());
    let siem = Receiver::start(&[], Some(right.acceptor())).await;
    let stranger = Receiver::start(&[], Some(wrong.acceptor())).await;
    let plain = Receiver::start(&[], None).await;
    let proxy = proxy(&settings(siem.address, &both)).await;
    leak(&proxy, "s1").await;
    until("messages arrive", || siem.about("aws.access_key_id").len() == 1).await;
    siem.messages().iter().for_each(|message| check_no_secret(message));
    assert!(proxy.stop().await.status.success());
    let key = write("key.pem", "-----BEGIN NOTHING-----\nhunter2\n".to_owned());
    for (name, settings, words) in [
        ("right", settings(siem.address, &both), "alerts siem: ok"),
        ("a CA that did not sign it", settings(siem.address, &other), "certificate is not one we trust"),
        ("another host", settings(stranger.address, &both), "certificate is not one we trust"),
        ("no TLS", settings(plain.address, &both), "alerts siem: "),
        ("nobody", settings(nobody().await, &both), "no connection"),
        ("no certificate", settings(siem.address, &key), "it has to hold certificates in PEM"),
        ("no file", settings(siem.address, "ca_file = \"none.pem\""), "ca_file none.pem"),
    ] {
        let (code, said) = check_live(&settings).await;
        assert_eq!(code == Some(0), name == "right", "{name}: {said}");
        assert!(said.contains(words) && !said.contains("hunter2"), "{name}: {words} in {said}");
    }
    assert!(stranger.messages().is_empty() && plain.messages().is_empty());
}

async fn check_live(settings: &str) -> (Option<i32>, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("blackbar.toml");
    std::fs::write(&path, settings).unwrap();
    let mut check = std::process::Command::new(env!("CARGO_BIN_EXE_blackbar"));
    check.args(["check", "--live", "--config"]).arg(&path).current_dir(directory.path());
    let check = tokio::task::spawn_blocking(move || check.output().unwrap()).await.unwrap();
    (check.status.code(), String::from_utf8_lossy(&[check.stdout, check.stderr].concat()).into_owned())
}

fn otlp_settings(address: SocketAddr) -> String {
    let mut settings = "[alerts]\nfile = \"off\"\n".to_owned();
    let _ = writeln!(
        settings,
        "[[alerts.sinks]]\nname = \"logs\"\ntype = \"otlp\"\nurl = \"http://{address}/otlp/v1/logs\"\n\
         headers = {{ x-api-key = \"hunter2-blackbar\" }}"
    );
    settings
}

fn text<'r>(record: &'r LogRecord, key: &str) -> Option<&'r str> {
    let pair = record.attributes.iter().find(|pair| pair.key == key)?;
    match pair.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

async fn records_from(proxy: &Proxy, backend: &crate::upstream::Upstream) -> BTreeMap<String, LogRecord> {
    leak(proxy, "s1").await;
    until("records arrive", || !backend.taken().is_empty()).await;
    let mut records = BTreeMap::new();
    for taken in backend.taken() {
        assert_eq!(taken.path, "/otlp/v1/logs");
        assert_eq!(taken.headers["x-api-key"], "hunter2-blackbar");
        assert_eq!(taken.headers["content-type"], "application/x-protobuf");
        assert_eq!(taken.headers["content-encoding"], "gzip");
        check_no_secret(&String::from_utf8_lossy(&taken.body));
        let request = ExportLogsServiceRequest::decode(&taken.body[..]).unwrap();
        let scopes = request.resource_logs.into_iter().flat_map(|resource| resource.scope_logs);
        for record in scopes.flat_map(|scope| scope.log_records) {
            records.insert(text(&record, "blackbar.rule.id").unwrap().to_owned(), record);
        }
    }
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_gets_alerts_as_log_records() {
    let backend = upstream(Mood::Down(2)).await;
    let proxy = proxy(&otlp_settings(backend.address)).await;
    let records = records_from(&proxy, &backend).await;
    let record = &records["aws.access_key_id"];
    assert_eq!(record.event_name, "blackbar.alert");
    assert_eq!(text(record, "session.id"), Some("s1"));
    assert_eq!(text(record, "user.name"), Some("kim@example.org"));
    assert_eq!(text(record, "blackbar.alert.uid").map(str::len), Some(32));
    assert!(record.severity_number >= 17 && record.time_unix_nano > 0);
    assert_eq!(backend.refused(), 2);
    let (code, said) = check_live(&otlp_settings(backend.address)).await;
    assert!(code == Some(0) && said.contains("alerts logs: ok"), "{said}");
    assert!(proxy.stop().await.status.success());
}
