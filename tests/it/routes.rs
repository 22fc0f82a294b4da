//! Every fixture by every route: nothing planted is left, the output is the same, people are told.

use crate::client::{self, Coding, JSON, PROTOBUF, Route};
use crate::fixture::{self, Fixture, Planted, Search};
use crate::measure::{Pieces, Values};
use crate::proxy::{self, PATIENCE, Proxy, Stopped, proxy};
use blackbar::signal::Signal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

/// Members every alert of a finding has, with a value.
const ALWAYS: [&str; 10] = [
    "rule",
    "severity",
    "confidence",
    "action",
    "signal",
    "path",
    "fingerprint",
    "count",
    "first_seen",
    "last_seen",
];

/// Members that have a value where the sender gave one.
const ATTRIBUTION: [&str; 13] = [
    "agent",
    "agent_version",
    "user",
    "device",
    "session",
    "conversation",
    "prompt",
    "tool",
    "model",
    "repository",
    "service",
    "trace_id",
    "span_id",
];

/// An address that names the user is looked for, too.
const NOBODY: &str = "[policy.identity]\n\"user.email\" = \"hash\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_planted_is_left_and_every_route_gives_the_same() {
    let (fixtures, planted) = (fixture::all(), fixture::planted());
    let proxy = proxy(NOBODY).await;
    let mut outputs = Vec::new();
    for route in Route::ALL {
        outputs.push(send_all(&proxy, route, &fixtures).await);
    }
    let metrics = proxy.admin("/metrics").await.1;
    let stopped = proxy.stop().await;
    assert!(stopped.status.success(), "{}", stopped.output);

    check_clean(&outputs, &planted, &stopped);
    check_pieces(&fixtures, &planted, &outputs);
    for (route, output) in Route::ALL.iter().zip(&outputs) {
        assert_eq!(Some(output), outputs.first(), "{route:?} differs from {:?}", Route::ALL[0]);
    }
    check_alerts(&stopped.alerts());
    let told = Search::new(planted.iter().filter(|p| !p.identity && p.tier != "ip"));
    let alerts = std::fs::read_to_string(stopped.data_dir().join("alerts.jsonl")).unwrap();
    for (place, text) in [("alerts", &alerts), ("output", &stopped.output), ("metrics", &metrics)] {
        assert_eq!(told.text(text), BTreeSet::new(), "planted values in the {place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cleaned_stays_as_it_is_when_it_comes_again() {
    let fixtures = fixture::all();
    let first = proxy(NOBODY).await;
    let once = send_all(&first, Route::Json(Coding::Identity), &fixtures).await;
    let again: Vec<Fixture> = fixtures.iter().zip(&once).map(|(of, clean)| cleaned(of, clean)).collect();
    let twice = send_all(&first, Route::Json(Coding::Identity), &again).await;
    assert_eq!(once, twice);
    assert!(first.stop().await.status.success());
}

/// Otherwise nothing is shown by finding nothing.
#[test]
fn what_is_planted_is_found_while_it_is_there() {
    let planted = fixture::planted();
    let plain: Vec<&Planted> = planted.iter().filter(|planted| planted.is_plain()).collect();
    let search = Search::new(plain.iter().copied());
    let documents: Vec<Value> = fixture::all()
        .iter()
        .map(|fixture| String::from_utf8_lossy(&fixture.json).replace(r"\ud83d", "?"))
        .map(|text| serde_json::from_str(&text).unwrap())
        .collect();
    let all: BTreeSet<&str> = plain.iter().map(|planted| planted.id.as_str()).collect();
    assert_eq!(search.lines(&documents), all);
}

/// A fixture with what became of it as its content.
fn cleaned(of: &Fixture, clean: &Value) -> Fixture {
    let request = serde_json::json!({ member(of.signal): [clean] });
    Fixture { name: of.name.clone(), signal: of.signal, json: request.to_string().into_bytes() }
}

/// Sends every fixture by one route. Returns what became of each: one resource each.
async fn send_all(proxy: &Proxy, route: Route, fixtures: &[Fixture]) -> Vec<Value> {
    let before = Signal::ALL.map(|signal| resources(&proxy.data_dir(), signal).len());
    for fixture in fixtures {
        send(proxy, route, fixture).await;
    }
    let mut outputs = Vec::new();
    for (signal, before) in Signal::ALL.into_iter().zip(before) {
        let sent = fixtures.iter().filter(|fixture| fixture.signal == signal).count();
        outputs.push((signal, written(proxy, signal, before, sent).await.into_iter()));
    }
    let next =
        |signal: Signal| outputs.iter_mut().find(|(of, _)| *of == signal).and_then(|(_, of)| of.next());
    fixtures.iter().map(|fixture| fixture.signal).map(next).map(Option::unwrap).collect()
}

async fn send(proxy: &Proxy, route: Route, fixture: &Fixture) {
    let (to, signal, name) = (proxy.address, fixture.signal, &fixture.name);
    let answer = match route {
        Route::Grpc(coding) => {
            let answer = client::export(to, signal, coding, fixture.protobuf()).await;
            assert!(answer.is_ok(), "{name} by {route:?}: {answer:?}");
            return;
        }
        Route::Protobuf(coding) => client::post(to, signal, PROTOBUF, coding, &fixture.protobuf()).await,
        Route::Json(coding) => client::post(to, signal, JSON, coding, &fixture.json).await,
    };
    assert_eq!(answer.status, 200, "{name} by {route:?}: {answer:?}");
    let media = answer.headers["content-type"].to_str().unwrap();
    let asked = if matches!(route, Route::Json(_)) { JSON } else { PROTOBUF };
    assert!(media.starts_with(asked), "{name} by {route:?} is answered in {media}");
}

/// The resources that were written after the first `before`, once there are `sent` of them.
async fn written(proxy: &Proxy, signal: Signal, before: usize, sent: usize) -> Vec<Value> {
    let started = Instant::now();
    loop {
        let mut all = resources(&proxy.data_dir(), signal);
        if all.len() >= before + sent {
            assert_eq!(all.len(), before + sent, "{signal}: more was written than was sent");
            return all.split_off(before);
        }
        assert!(started.elapsed() < PATIENCE, "{signal}: {} of {} written", all.len(), before + sent);
        proxy::pause().await;
    }
}

/// The resources of a signal, in the order they were written, however requests were joined to lines.
fn resources(data: &Path, signal: Signal) -> Vec<Value> {
    let lines = proxy::lines(&data.join(format!("clean/{signal}.jsonl")));
    lines
        .into_iter()
        .flat_map(|mut line| line[member(signal)].as_array_mut().map(std::mem::take).unwrap())
        .collect()
}

fn member(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "resourceSpans",
        Signal::Metrics => "resourceMetrics",
        Signal::Logs => "resourceLogs",
    }
}

fn check_clean(outputs: &[Vec<Value>], planted: &[Planted], stopped: &Stopped) {
    let search = Search::new(planted.iter().filter(|planted| planted.is_plain()));
    for (route, output) in Route::ALL.iter().zip(outputs) {
        assert_eq!(search.lines(output), BTreeSet::new(), "left in clear by {route:?}");
    }
    for signal in Signal::ALL {
        let raw = std::fs::read_to_string(stopped.data_dir().join(format!("clean/{signal}.jsonl"))).unwrap();
        assert_eq!(search.text(&raw), BTreeSet::new(), "left in clear in {signal}.jsonl");
    }
}

/// No piece of what is planted is left, and next to nothing else is gone.
fn check_pieces(fixtures: &[Fixture], planted: &[Planted], outputs: &[Vec<Value>]) {
    let mut benign: String = fixtures.iter().map(|it| String::from_utf8_lossy(&it.json)).collect();
    let mut values: Vec<&str> = planted.iter().map(|planted| planted.value.as_str()).collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values.iter().for_each(|value| benign = benign.replace(value, "\n"));
    let wanted = planted.iter().filter(|planted| planted.tier != "ip");
    let pieces = Pieces::new(wanted.map(|it| (it.id.as_str(), it.value.as_str())), &benign);
    let of_values = Values::new(values.iter().copied());
    let (mut lost, mut all) = (0, 0);
    for (fixture, after) in fixtures.iter().zip(outputs.first().unwrap()) {
        let request = fixture.without_lone_surrogates();
        let changed = of_values.changed(&request[member(fixture.signal)][0], after);
        (lost, all) = (lost + changed.0, all + changed.1);
        assert_eq!(pieces.left(after), BTreeSet::new(), "{}: pieces are left", fixture.name);
    }
    // Fixtures are short and full of secrets; URLs and keys go as a whole, though only part of them is planted.
    assert!(lost * 25 <= all, "{lost} of {all} other bytes changed");
}

fn check_alerts(alerts: &[Value]) {
    assert!(!alerts.is_empty(), "nobody was told");
    let is_ours = |alert: &&Value| alert["rule"].as_str().is_some_and(|rule| rule.starts_with("blackbar."));
    for alert in alerts.iter().filter(|alert| !is_ours(alert)) {
        for member in ALWAYS {
            assert!(alert.get(member).is_some_and(|value| !value.is_null()), "no {member} in {alert}");
        }
    }
    for member in ATTRIBUTION {
        let given = alerts.iter().any(|alert| alert.get(member).is_some_and(|value| !value.is_null()));
        assert!(given, "no alert has a {member}");
    }
    let rules: BTreeSet<&str> = alerts.iter().filter_map(|alert| alert["rule"].as_str()).collect();
    assert!(rules.len() >= 20, "only these rules found something: {rules:?}");
    let agents: BTreeSet<String> = alerts.iter().map(|alert| alert["agent"].to_string()).collect();
    for agent in ["claude", "codex", "copilot", "gemini", "goose", "opencode", "qwen"] {
        assert!(agents.iter().any(|found| found.contains(agent)), "no alert names {agent}: {agents:?}");
    }
}
