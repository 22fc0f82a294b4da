//! Recordings of real agents, with made-up secrets planted in them, through a running proxy by every route.
//!
//! Runs when `BLACKBAR_CAPTURES` names a directory with `planted.json`, a list of
//! `{"id", "kind", "value", "tier", "cls"}`, and `<client>/<n>.<signal>.<pb|json>`. Recordings are not part
//! of this repository; `tests/it/routes.rs` does the same with fixtures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

#[allow(dead_code)]
#[path = "it/client.rs"]
mod client;
#[allow(dead_code)]
#[path = "it/fixture.rs"]
mod fixture;
#[path = "it/measure.rs"]
mod measure;
#[allow(dead_code)]
#[path = "it/proxy.rs"]
mod proxy;

use aho_corasick::AhoCorasick;
use blackbar::otlp::Payload;
use blackbar::signal::Signal;
use client::{Coding, JSON, PROTOBUF, Route};
use measure::{Pieces, Values};
use proxy::{PATIENCE, Proxy, Stopped, proxy};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where the recordings are.
const VARIABLE: &str = "BLACKBAR_CAPTURES";

/// Levels of JSON in strings that are looked through.
const LEVELS: usize = 5;

/// Percent of the bytes of a recording that are none of a value and may change all the same.
const MOST_CHANGED: f64 = 2.0;

/// Addresses are a switch of the policy, off by default.
const SWITCHED_OFF: [&str; 4] = ["ipv4", "ipv6", "mac_address", "bare_line_ipv4"];

const ROUTES: [Route; 6] = [
    Route::Protobuf(Coding::Identity),
    Route::Protobuf(Coding::Gzip),
    Route::Json(Coding::Identity),
    Route::Json(Coding::Gzip),
    Route::Grpc(Coding::Identity),
    Route::Grpc(Coding::Gzip),
];

/// A value in the recordings.
#[derive(Debug, Deserialize)]
struct Planted {
    id: String,
    kind: String,
    value: String,
    tier: String,
    cls: String,
}

/// One request as a client sent it.
struct Recording {
    name: String,
    signal: Signal,
    json: Vec<u8>,
    protobuf: Vec<u8>,
    resources: Vec<Value>,
}

/// Looks for values.
struct Search<'a> {
    planted: Vec<&'a Planted>,
    values: AhoCorasick,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_planted_is_left_of_real_recordings() {
    let Some(directory) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        eprintln!("skipped: {VARIABLE} names no directory with recordings");
        return;
    };
    let planted: Vec<Planted> =
        serde_json::from_slice(&std::fs::read(directory.join("planted.json")).unwrap()).unwrap();
    let recordings = recordings(&directory);
    assert!(!recordings.is_empty() && !planted.is_empty(), "nothing to send in {}", directory.display());

    let proxy = proxy("[policy.identity]\n\"*\" = \"hash\"\n").await;
    let mut outputs = Vec::new();
    for route in ROUTES {
        outputs.push(send_all(&proxy, route, &recordings).await);
    }
    let metrics = proxy.admin("/metrics").await.1;
    let stopped = proxy.stop().await;
    assert!(stopped.status.success(), "{}", stopped.output);

    tell(&planted, &recordings, &outputs[0]);
    let mut wrong = BTreeSet::new();
    differences(&recordings, &outputs, &mut wrong);
    left(&planted, &recordings, &outputs[0], &stopped, &mut wrong);
    told(&planted, &stopped, &metrics, &mut wrong);
    measured(&planted, &recordings, &outputs[0], &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_search_looks_below_escapes() {
    let planted = [("a", "hun\"ter2\n1"), ("b", "p@ss/w"), ("c", "xyz")].map(|(id, value)| Planted {
        id: id.to_owned(),
        kind: String::new(),
        value: value.to_owned(),
        tier: "pattern".to_owned(),
        cls: "secret".to_owned(),
    });
    let search = Search::new(planted.iter());
    let mut text = "hun\"ter2\n1".to_owned();
    for _ in 0..=LEVELS {
        assert_eq!(search.text(&text), BTreeSet::from(["a"]), "{text}");
        text = Value::String(text).to_string();
    }
    assert_eq!(search.text("u%3Ap%40ss%2fw%zz"), BTreeSet::from(["b"]));
    assert_eq!(search.value(&serde_json::json!([{"bytesValue": "eHl6"}])), BTreeSet::from(["c"]));
    assert_eq!(search.text("100% nothing %4"), BTreeSet::new());
}

impl Planted {
    /// Whether no piece of it may be left.
    fn has_to_go_in_pieces(&self) -> bool {
        let tier = matches!(&*self.tier, "pattern" | "keyword" | "prose" | "pem-line" | "encoded-only");
        tier && !SWITCHED_OFF.contains(&&*self.kind)
    }

    /// Whether a rule that is on has to find it.
    fn has_to_go(&self) -> bool {
        matches!(&*self.tier, "pattern" | "keyword") && !SWITCHED_OFF.contains(&&*self.kind)
    }
}

impl<'a> Search<'a> {
    fn new(planted: impl Iterator<Item = &'a Planted>) -> Self {
        let planted: Vec<&Planted> = planted.collect();
        let values = AhoCorasick::new(planted.iter().map(|planted| &planted.value)).unwrap();
        Self { planted, values }
    }

    /// The ids of the values that stand in a text, at any level of escapes, percent-encoded or not.
    fn text(&self, text: &str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut level = text.to_owned();
        for _ in 0..=LEVELS {
            self.bytes(level.as_bytes(), &mut found);
            self.bytes(&percent_decoded(level.as_bytes()), &mut found);
            let inner = fixture::unescape(&level);
            if inner == level {
                break;
            }
            level = inner;
        }
        found
    }

    /// The same in the strings, keys, numbers and bytes of a document.
    fn value(&self, value: &Value) -> BTreeSet<&'a str> {
        let mut text = String::new();
        collect(value, &mut text);
        self.text(&text)
    }

    fn bytes(&self, bytes: &[u8], found: &mut BTreeSet<&'a str>) {
        let hits = self.values.find_overlapping_iter(bytes);
        found.extend(hits.map(|hit| self.planted[hit.pattern().as_usize()].id.as_str()));
    }
}

fn collect(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => into.push_str(text),
        Value::Number(number) => into.push_str(&number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            into.push_str(key);
            into.push('\n');
            match value.as_str().filter(|_| key == "bytesValue") {
                Some(text) => {
                    let bytes = data_encoding::BASE64.decode(text.as_bytes()).unwrap();
                    into.push_str(&String::from_utf8_lossy(&bytes));
                }
                None => collect(value, into),
            }
        }),
        Value::Null | Value::Bool(_) => {}
    }
    into.push('\n');
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let digits = text.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.filter(|_| *byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(*byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    out
}

/// All recordings, in the order of their names.
fn recordings(directory: &Path) -> Vec<Recording> {
    let mut recordings = Vec::new();
    for client in std::fs::read_dir(directory).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for file in std::fs::read_dir(client.path()).unwrap().flatten() {
            let name = format!("{}/{}", client.file_name().display(), file.file_name().display());
            recordings.extend(recording(name, &file.path()));
        }
    }
    recordings.sort_by(|a, b| a.name.cmp(&b.name));
    recordings
}

fn recording(name: String, path: &Path) -> Option<Recording> {
    let mut parts = name.rsplit('.');
    let extension = parts.next()?;
    let signal = parts.next()?;
    let signal = Signal::ALL.into_iter().find(|known| known.name() == signal)?;
    let recorded = std::fs::read(path).unwrap();
    let payload = match extension {
        "pb" => Payload::from_protobuf(signal, &recorded),
        "json" => Payload::from_json(signal, &recorded),
        _ => return None,
    };
    let payload = payload.expect(&name);
    let mut encoded = Vec::new();
    payload.write_json(&mut encoded);
    let resources = resources(signal, serde_json::from_slice(&encoded).unwrap());
    let (json, protobuf) = match extension {
        "pb" => (encoded, recorded),
        _ => (recorded, payload.to_protobuf()),
    };
    Some(Recording { name, signal, json, protobuf, resources })
}

/// Sends every recording by one route. Returns what became of each: its resources.
async fn send_all(proxy: &Proxy, route: Route, recordings: &[Recording]) -> Vec<Vec<Value>> {
    let size =
        |signal: Signal| std::fs::metadata(clean(&proxy.data_dir(), signal)).map_or(0, |file| file.len());
    let before = Signal::ALL.map(size);
    for recording in recordings {
        send(proxy, route, recording).await;
    }
    let mut written = BTreeMap::new();
    for (signal, before) in Signal::ALL.into_iter().zip(before) {
        let of_signal = recordings.iter().filter(|recording| recording.signal == signal);
        let sent = of_signal.map(|recording| recording.resources.len()).sum();
        written.insert(signal.name(), arrived(&proxy.data_dir(), signal, before, sent).await.into_iter());
    }
    let mut outcome = |recording: &Recording| {
        let of_signal = written.get_mut(recording.signal.name()).unwrap();
        of_signal.by_ref().take(recording.resources.len()).collect()
    };
    recordings.iter().map(&mut outcome).collect()
}

async fn send(proxy: &Proxy, route: Route, recording: &Recording) {
    let (to, signal, name) = (proxy.address, recording.signal, &recording.name);
    let answer = match route {
        Route::Grpc(coding) => {
            let answer = client::export(to, signal, coding, recording.protobuf.clone()).await;
            assert!(answer.is_ok(), "{name} by {route:?}: {answer:?}");
            return;
        }
        Route::Protobuf(coding) => client::post(to, signal, PROTOBUF, coding, &recording.protobuf).await,
        Route::Json(coding) => client::post(to, signal, JSON, coding, &recording.json).await,
    };
    assert_eq!(answer.status, 200, "{name} by {route:?}: {answer:?}");
}

/// The resources of a signal that were written after the first `before` bytes, once there are `sent`.
async fn arrived(data: &Path, signal: Signal, before: u64, sent: usize) -> Vec<Value> {
    let started = Instant::now();
    let mut seen = 0;
    loop {
        let bytes = std::fs::read(clean(data, signal)).unwrap_or_default();
        let new = bytes.get(usize::try_from(before).unwrap()..).unwrap_or_default();
        if new.len() > seen || sent == 0 {
            seen = new.len();
            let whole = new.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            let lines = new[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            let all: Vec<Value> =
                lines.flat_map(|line| resources(signal, serde_json::from_slice(line).unwrap())).collect();
            assert!(all.len() <= sent, "{signal}: more was written than was sent");
            if all.len() == sent {
                return all;
            }
        }
        assert!(started.elapsed() < PATIENCE, "{signal}: not all of {sent} was written");
        proxy::pause().await;
    }
}

fn clean(data: &Path, signal: Signal) -> PathBuf {
    data.join(format!("clean/{signal}.jsonl"))
}

fn resources(signal: Signal, mut request: Value) -> Vec<Value> {
    let member = match signal {
        Signal::Traces => "resourceSpans",
        Signal::Metrics => "resourceMetrics",
        Signal::Logs => "resourceLogs",
    };
    request[member].as_array_mut().map(std::mem::take).unwrap_or_default()
}

/// What one route gave that another did not.
fn differences(recordings: &[Recording], outputs: &[Vec<Vec<Value>>], wrong: &mut BTreeSet<String>) {
    for (route, output) in ROUTES.iter().zip(outputs) {
        for ((recording, one), first) in recordings.iter().zip(output).zip(&outputs[0]) {
            if one != first {
                wrong.insert(format!(
                    "{}: {route:?} gives something else than {:?}",
                    recording.name, ROUTES[0]
                ));
            }
        }
    }
}

/// What has to go and is still there: in what became of each recording, and in the files as they are, which
/// have it all by every route.
fn left(
    planted: &[Planted],
    recordings: &[Recording],
    output: &[Vec<Value>],
    stopped: &Stopped,
    wrong: &mut BTreeSet<String>,
) {
    let search = Search::new(planted.iter().filter(|planted| planted.has_to_go()));
    for (recording, output) in recordings.iter().zip(output) {
        let ids: BTreeSet<&str> = output.iter().flat_map(|resource| search.value(resource)).collect();
        if !ids.is_empty() {
            wrong.insert(format!("{}: left in clear: {ids:?}", recording.name));
        }
    }
    for signal in Signal::ALL {
        let raw = std::fs::read_to_string(clean(&stopped.data_dir(), signal)).unwrap_or_default();
        let ids = search.text(&raw);
        if !ids.is_empty() {
            wrong.insert(format!("clean/{signal}.jsonl: left in clear: {ids:?}"));
        }
    }
}

/// Pieces of what has to go, and what went with it: for each recording.
fn measured(
    planted: &[Planted],
    recordings: &[Recording],
    output: &[Vec<Value>],
    wrong: &mut BTreeSet<String>,
) {
    let mut benign: String = recordings.iter().map(|it| String::from_utf8_lossy(&it.json)).collect();
    let mut values: Vec<&str> = planted.iter().map(|planted| &*planted.value).collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    for value in &values {
        benign = benign.replace(value, "\n").replace(Value::from(*value).to_string().trim_matches('"'), "\n");
    }
    let of_values = Values::new(values.iter().copied());
    let wanted = planted.iter().filter(|planted| planted.has_to_go_in_pieces());
    let pieces = Pieces::new(wanted.map(|planted| (&*planted.id, &*planted.value)), &benign);
    for (recording, output) in recordings.iter().zip(output) {
        let ids: BTreeSet<&str> = output.iter().flat_map(|resource| pieces.left(resource)).collect();
        let (lost, all) = recording.resources.iter().zip(output).fold((0, 0), |sum, (before, after)| {
            let (lost, all) = of_values.changed(before, after);
            (sum.0 + lost, sum.1 + all)
        });
        let share = lost as f64 / all as f64 * 100.0;
        eprintln!("  {:40} {share:5.2} % of other bytes changed; pieces left: {ids:?}", recording.name);
        if !ids.is_empty() || share > MOST_CHANGED {
            wrong.insert(format!("{}: {share:.2} % changed, pieces left: {ids:?}", recording.name));
        }
    }
}

/// Secrets where people look.
fn told(planted: &[Planted], stopped: &Stopped, metrics: &str, wrong: &mut BTreeSet<String>) {
    let search = Search::new(planted.iter().filter(|planted| planted.cls == "secret"));
    let alerts = std::fs::read_to_string(stopped.data_dir().join("alerts.jsonl")).unwrap();
    assert!(!alerts.is_empty(), "nobody was told");
    for (place, text) in [("alerts.jsonl", &*alerts), ("output", &stopped.output), ("/metrics", metrics)] {
        let ids = search.text(text);
        if !ids.is_empty() {
            wrong.insert(format!("{place}: {ids:?}"));
        }
    }
}

/// What a value is inside base64 of anything that holds it, however it is aligned there.
fn in_base64(planted: &Planted) -> impl Iterator<Item = Planted> {
    (0..3).filter_map(|shift| {
        let bytes = [&[0; 2][..shift], planted.value.as_bytes()].concat();
        let whole = data_encoding::BASE64_NOPAD.encode(&bytes[..bytes.len() / 3 * 3]);
        let core = whole.get(if shift == 0 { 0 } else { 4 }..).filter(|core| core.len() >= 12)?;
        Some(Planted {
            id: planted.id.clone(),
            kind: planted.kind.clone(),
            value: core.to_owned(),
            tier: format!("{} in base64", planted.tier),
            cls: planted.cls.clone(),
        })
    })
}

/// Prints, by tier, how many values stand in how many recordings before, and which still do after.
fn tell(planted: &[Planted], recordings: &[Recording], output: &[Vec<Value>]) {
    eprintln!("{} recordings; values by recording, before and after:", recordings.len());
    tell_of(planted, recordings, output);
    let encoded: Vec<Planted> = planted.iter().flat_map(in_base64).collect();
    tell_of(&encoded, recordings, output);
}

fn tell_of(planted: &[Planted], recordings: &[Recording], output: &[Vec<Value>]) {
    let search = Search::new(planted.iter());
    let of = |resources: &[Value]| -> BTreeSet<&str> {
        resources.iter().flat_map(|resource| search.value(resource)).collect()
    };
    let tier = |id: &str| {
        let planted = planted.iter().find(|planted| planted.id == id).unwrap();
        if SWITCHED_OFF.contains(&&*planted.kind) { "switched off" } else { &*planted.tier }
    };
    let mut before: BTreeMap<&str, usize> = BTreeMap::new();
    let mut after: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for (recording, clean) in recordings.iter().zip(output) {
        of(&recording.resources).into_iter().for_each(|id| *before.entry(tier(id)).or_default() += 1);
        for id in of(clean) {
            let kind = &planted.iter().find(|planted| planted.id == id).unwrap().kind;
            *after.entry(tier(id)).or_default().entry(format!("{id} {kind}")).or_default() += 1;
        }
    }
    for (tier, before) in before {
        let left = after.get(tier);
        let count: usize = left.map_or(0, |left| left.values().sum());
        let which = left.map(|left| format!("{left:?}")).unwrap_or_default();
        eprintln!("  {tier:24} {before:5} {count:5}  {which}");
    }
}
