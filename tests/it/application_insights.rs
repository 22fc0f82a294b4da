//! To Application Insights: nothing is lost on the way but what is said to be, and every answer has its meaning.

use crate::azure::{Azure, CLIENT, CLIENT_SECRET, Step, TENANT};
use crate::client::{self, Coding, JSON};
use crate::fixture::{self, Search};
use crate::proxy::{self, Proxy, proxy, until};
use crate::track::{KEY, PATH};
use blackbar::signal::Signal;
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// An exporter with these keys besides.
fn settings(azure: &Azure, keys: &str) -> String {
    let connection = format!("InstrumentationKey={KEY};IngestionEndpoint=http://{}/", azure.address);
    format!(
        "[[exporters]]\nname = \"insights\"\ntype = \"application_insights\"\nconnection_string = \"{connection}\"\n\
         timeout = \"700ms\"\n{keys}\n"
    )
}

/// A proxy with few rules: what is looked at here is what becomes of what is clean, and it starts sooner.
async fn quick(settings: &str) -> Proxy {
    let directory = tempfile::tempdir().unwrap();
    let rules = directory.path().join("rules");
    std::fs::create_dir(&rules).unwrap();
    std::fs::copy(fixture::directory().join("../rules/secrets/aws.toml"), rules.join("aws.toml")).unwrap();
    let settings =
        format!("{settings}\n[rules]\nembedded = false\ndirectory = {:?}\n", rules.display().to_string());
    proxy::proxy_in(directory, &settings).await
}

fn secret(azure: &Azure) -> String {
    format!(
        "auth = \"client_secret\"\ntenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nclient_secret = \"{CLIENT_SECRET}\"\n\
         authority_host = \"http://{}\"",
        azure.address
    )
}

async fn send(proxy: &Proxy, texts: &[&str]) {
    let records: Vec<_> = texts.iter().map(|text| json!({"body": {"stringValue": text}})).collect();
    let resource = json!({"attributes": [{"key": "service.name", "value": {"stringValue": "agent"}}]});
    let body = json!({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]});
    let body = body.to_string();
    let answer = client::post(proxy.address, Signal::Logs, JSON, Coding::Gzip, body.as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The items that were taken, in order.
fn items(azure: &Azure) -> Vec<Value> {
    let mut items = Vec::new();
    for taken in azure.taken() {
        assert_eq!(taken.path, PATH);
        let lines = String::from_utf8(taken.body).unwrap();
        items.extend(lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    items
}

fn messages(azure: &Azure) -> Vec<String> {
    let message = |item: &Value| item["data"]["baseData"]["message"].as_str().unwrap_or_default().to_owned();
    items(azure).iter().map(message).collect()
}

/// Every number of the metrics that has to be there.
async fn counted(proxy: &Proxy, lines: &[&str]) {
    let (_, metrics) = proxy.admin("/metrics").await;
    for line in lines {
        assert!(metrics.contains(line), "no {line} in\n{metrics}");
    }
}

/// Who sends is kept in the clear unless it is asked for.
const NOBODY: &str = "[policy.identity]\n\"user.email\" = \"hash\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn every_client_arrives_whole_and_clean() {
    let azure = Azure::start(&[]).await;
    // As received, to be compared with what the other exporter writes.
    let clean = "metrics_temporality = \"as_received\"\n[[exporters]]\nname = \"file\"\ntype = \"file\"";
    let proxy = proxy(&(settings(&azure, clean) + NOBODY)).await;
    let mut sent: Vec<Signal> = Vec::new();
    for fixture in fixture::all() {
        let answer = client::post(proxy.address, fixture.signal, JSON, Coding::Gzip, &fixture.json).await;
        assert_eq!(answer.status, 200, "{}: {answer:?}", fixture.name);
        sent.push(fixture.signal);
        let number = sent.iter().filter(|signal| **signal == fixture.signal).count();
        let written = redacted(&proxy, fixture.signal, number).await;
        let lacks = || Told::of(&items(&azure)).lacks(&written);
        for _ in 0..200 {
            if lacks().is_empty() {
                break;
            }
            proxy::pause().await;
        }
        assert_eq!(
            lacks(),
            Vec::<String>::new(),
            "{} does not arrive whole: {:?}",
            fixture.name,
            azure.faults()
        );
    }
    // No agent answers requests.
    let server = json!({"name": "GET /", "kind": 2, "traceId": "01".repeat(16), "spanId": "02".repeat(8)});
    let server = json!({"resourceSpans": [{"scopeSpans": [{"spans": [server]}]}]}).to_string();
    client::post(proxy.address, Signal::Traces, JSON, Coding::Gzip, server.as_bytes()).await;
    until("a request arrives", || items(&azure).iter().any(|item| item["data"]["baseType"] == "RequestData"))
        .await;
    assert_eq!(azure.faults(), Vec::<String>::new());
    let planted = fixture::planted();
    let plain = Search::new(planted.iter().filter(|planted| planted.is_plain()));
    assert_eq!(plain.lines(&items(&azure)), BTreeSet::new());
    counted(&proxy, &["blackbar_exports_total{exporter=\"insights\",outcome=\"ok\"}"]).await;
    let (_, metrics) = proxy.admin("/metrics").await;
    assert!(!metrics.contains("records_total{exporter=\"insights\""), "{metrics}");
    let kinds: BTreeSet<String> =
        items(&azure).iter().map(|item| item["data"]["baseType"].to_string()).collect();
    let all =
        ["EventData", "ExceptionData", "MessageData", "MetricData", "RemoteDependencyData", "RequestData"];
    assert_eq!(kinds, all.map(|kind| format!("{kind:?}")).into());
    assert!(proxy.stop().await.status.success());
}

/// The resource of that number the file exporter wrote, when it is there.
async fn redacted(proxy: &Proxy, signal: Signal, number: usize) -> Value {
    let path = proxy.data_dir().join(format!("clean/{signal}.jsonl"));
    let member = match signal {
        Signal::Traces => "resourceSpans",
        Signal::Metrics => "resourceMetrics",
        Signal::Logs => "resourceLogs",
    };
    let resources = || -> Vec<Value> {
        let lines = proxy::lines(&path);
        lines.iter().flat_map(|line| line[member].as_array().unwrap().clone()).collect()
    };
    until("it is written", || resources().len() >= number).await;
    resources().swap_remove(number - 1)
}

/// All the texts and numbers of items, those in JSON texts as well.
#[derive(Default)]
struct Told {
    texts: BTreeSet<String>,
}

impl Told {
    fn of(items: &[Value]) -> Self {
        let mut told = Self::default();
        items.iter().for_each(|item| told.add(item));
        told
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.texts.insert(text.clone());
                if text.starts_with(['[', '{'])
                    && let Ok(inner) = serde_json::from_str::<Value>(text)
                {
                    self.add(&inner);
                }
            }
            Value::Number(number) => _ = self.texts.insert(number.to_string()),
            Value::Bool(bool) => _ = self.texts.insert(bool.to_string()),
            Value::Array(values) => values.iter().for_each(|value| self.add(value)),
            Value::Object(members) => members.iter().for_each(|(key, value)| {
                self.texts.insert(key.clone());
                self.add(value);
            }),
            Value::Null => {}
        }
    }

    fn has(&self, text: &str) -> bool {
        text.is_empty() || self.texts.contains(text) || self.has_cut(text)
    }

    /// What is too long is there to a length that says what was cut.
    fn has_cut(&self, text: &str) -> bool {
        let mark = format!("...[blackbar: cut, was {} bytes]", text.len());
        let cut = self.texts.iter().filter_map(|there| there.strip_suffix(&mark));
        text.len() > 8192 && cut.into_iter().any(|there| there.len() > 2000 && text.starts_with(there))
    }

    /// What of a request of OTLP is not there.
    fn lacks(&self, request: &Value) -> Vec<String> {
        let mut lacks = Vec::new();
        self.look_for("", request, &mut lacks);
        lacks
    }

    fn look_for(&self, name: &str, value: &Value, lacks: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, value)| self.look_for(name, value, lacks));
            }
            Value::Array(values) => values.iter().for_each(|value| self.look_for(name, value, lacks)),
            // Told in other words: times, enums, and what are fields of an exception.
            _ if name.ends_with("UnixNano") => {}
            Value::String(text) if name == "key" && text.starts_with("exception.") => {}
            Value::Number(_) if ["kind", "code", "aggregationTemporality"].contains(&name) => {}
            Value::String(text) if name == "bytesValue" => {
                let same = BASE64.decode(text.as_bytes()).is_ok() && self.has(text);
                if !same {
                    lacks.push(format!("{name}: {text}"));
                }
            }
            Value::String(text) => {
                if !self.has(text) && !self.has_number(text) {
                    lacks.push(format!("{name}: {text}"));
                }
            }
            Value::Number(number) => {
                if !self.has_number(&number.to_string()) {
                    lacks.push(format!("{name}: {number}"));
                }
            }
            Value::Bool(bool) => {
                if !self.has(&bool.to_string()) {
                    lacks.push(format!("{name}: {bool}"));
                }
            }
            Value::Null => {}
        }
    }

    /// `5`, `"5"` and `5.0` are the same.
    fn has_number(&self, text: &str) -> bool {
        let Ok(number) = text.parse::<f64>() else { return false };
        self.texts.contains(text)
            || self.texts.contains(&number.to_string())
            || self.texts.contains(&format!("{number:?}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_status_of_a_request_has_its_action_and_its_counter() {
    let (ok, retried) = (
        "exports_total{exporter=\"insights\",outcome=\"ok\"}",
        "exports_total{exporter=\"insights\",outcome=\"retried\"}",
    );
    let split = "exports_total{exporter=\"insights\",outcome=\"split\"}";
    let never = "exports_total{exporter=\"insights\",outcome=\"dropped\"}";
    let dropped = "export_dropped_records_total{exporter=\"insights\",reason=\"refused\"}";
    let azure = Azure::start(&[]).await;
    let proxy = quick(&settings(&azure, "")).await;
    for (at, (step, counted)) in [
        (Step::Take, vec![(ok, 1)]),
        (Step::Status(408), vec![(ok, 1), (retried, 1)]),
        (Step::RetryAfter(429, 1), vec![(ok, 1), (retried, 1)]),
        (Step::RetryAfter(439, 1), vec![(ok, 1), (retried, 1)]),
        (Step::RetryAfter(402, 1), vec![(ok, 1), (retried, 1)]),
        (Step::RetryAfter(401, 1), vec![(ok, 1), (retried, 1)]),
        (Step::RetryAfter(403, 1), vec![(ok, 1), (retried, 1)]),
        (Step::RetryAfter(404, 1), vec![(ok, 1), (retried, 1)]),
        (Step::Bad("Invalid instrumentation key"), vec![(ok, 1), (retried, 1)]),
        (Step::Status(500), vec![(ok, 1), (retried, 1)]),
        (Step::Status(502), vec![(ok, 1), (retried, 1)]),
        (Step::Status(503), vec![(ok, 1), (retried, 1)]),
        (Step::Status(504), vec![(ok, 1), (retried, 1)]),
        (Step::Cut, vec![(ok, 1), (retried, 1)]),
        (Step::Stall, vec![(ok, 1), (retried, 1)]),
        (Step::Status(413), vec![(ok, 1), (split, 1)]),
        (Step::Status(400), vec![(never, 1), (dropped, 2)]),
        (Step::Status(405), vec![(never, 1), (dropped, 2)]),
        (Step::Status(415), vec![(never, 1), (dropped, 2)]),
        (Step::Bad("110: Field 'x' is too long"), vec![(never, 1), (dropped, 2)]),
        (Step::Status(303), vec![(never, 1), (dropped, 2)]),
    ]
    .into_iter()
    .enumerate()
    {
        let before = numbers(&proxy).await;
        azure.then(step);
        let texts = [format!("{at} one"), format!("{at} two")];
        send(&proxy, &[&texts[0], &texts[1]]).await;
        let mut expected = before.clone();
        for (name, more) in &counted {
            *expected.entry(format!("blackbar_{name}")).or_default() += more;
        }
        for _ in 0..2400 {
            if numbers(&proxy).await == expected {
                break;
            }
            proxy::pause().await;
        }
        assert_eq!(numbers(&proxy).await, expected, "{step:?}");
        assert_eq!(messages(&azure).ends_with(&texts), counted[0].0 == ok, "{step:?}");
    }
    let stopped = proxy.stop().await;
    assert!(stopped.status.success() && !stopped.output.contains(KEY), "{}", stopped.output);
    // A wait of ours would be half a minute: the service asked for a shorter one.
    for words in ADVICE {
        assert!(stopped.output.contains(words), "{words}: {}", stopped.output);
    }
}

/// What is said of what somebody has to put right.
const ADVICE: [&str; 5] = [
    "status 401: local authentication is off",
    "status 403: give the identity the role Monitoring Metrics Publisher on the Application Insights resource",
    "status 404: nothing takes telemetry there: compare IngestionEndpoint",
    "status 439: the quota or daily cap",
    "status 400: there is no resource of this InstrumentationKey",
];

/// The metrics of the exporter.
async fn numbers(proxy: &Proxy) -> BTreeMap<String, u64> {
    let (_, metrics) = proxy.admin("/metrics").await;
    let of = |line: &str| {
        let (name, number) = line.rsplit_once(' ')?;
        name.contains("{exporter=\"insights\",").then(|| Some((name.to_owned(), number.parse().ok()?)))?
    };
    metrics.lines().filter_map(of).collect()
}

/// The exporter counts after the service has answered.
async fn until_counted(proxy: &Proxy, lines: &[&str]) {
    for _ in 0..200 {
        let (_, metrics) = proxy.admin("/metrics").await;
        if lines.iter().all(|line| metrics.contains(line)) {
            return;
        }
        proxy::pause().await;
    }
    counted(proxy, lines).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_partial_success_only_what_may_be_taken_later_is_sent_again() {
    let azure = Azure::start(&[
        Step::Items(&[(0, 429), (2, 400), (3, 503), (5, 439), (6, 408), (7, 500)]),
        Step::Items(&[(1, 500), (4, 400)]),
        Step::Take,
    ])
    .await;
    let proxy = quick(&settings(&azure, "")).await;
    send(&proxy, &["0", "1", "2", "3", "4", "5", "6", "7"]).await;
    // First 1 and 4; then of 0, 3, 5, 6, 7 all but the second and the last; then 3.
    until("all that is taken is there", || messages(&azure).len() == 6).await;
    assert_eq!(messages(&azure), ["1", "4", "0", "5", "6", "3"]);
    let lines = [
        "blackbar_exports_total{exporter=\"insights\",outcome=\"retried\"} 2",
        "blackbar_exports_total{exporter=\"insights\",outcome=\"ok\"} 1",
        "blackbar_export_rejected_records_total{exporter=\"insights\"} 2",
    ];
    until_counted(&proxy, &lines).await;
    assert_eq!(azure.refused().into_iter().collect::<Vec<_>>(), [(206, 2)]);
    let stopped = proxy.stop().await;
    assert!(stopped.output.contains("the upstream rejected records"), "{}", stopped.output);
    assert!(!stopped.output.contains("not repeated"), "{}", stopped.output);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_account_for_all_items_settles_none_and_is_not_believed_for_ever() {
    // There is no tenth item: one was refused, and it is not said which.
    const UNCLEAR: Step = Step::Items(&[(9, 500)]);
    let azure = Azure::start(&[UNCLEAR]).await;
    let proxy = quick(&settings(&azure, "")).await;
    send(&proxy, &["one", "two"]).await;
    until("they are sent again", || messages(&azure).len() == 4).await;
    assert_eq!(messages(&azure), ["one", "two", "one", "two"]);
    until_counted(&proxy, &["blackbar_exports_total{exporter=\"insights\",outcome=\"ok\"} 1"]).await;
    counted(&proxy, &["blackbar_exports_total{exporter=\"insights\",outcome=\"retried\"} 1"]).await;
    (0..3).for_each(|_| azure.then(UNCLEAR));
    send(&proxy, &["three", "four"]).await;
    until("they were sent three times", || messages(&azure).len() == 10).await;
    until_counted(&proxy, &["blackbar_export_rejected_records_total{exporter=\"insights\"} 2"]).await;
    send(&proxy, &["five"]).await;
    until("the next is sent", || messages(&azure).len() == 11).await;
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_grows_too_old_between_two_tries_is_sent_with_the_time_of_sending() {
    let azure = Azure::start(&[Step::RetryAfter(503, 6)]).await;
    let proxy = quick(&settings(&azure, "")).await;
    // Four seconds short of the 47 hours after which an item has the time it is sent at.
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(47 * 3600 - 4);
    let record = json!({"timeUnixNano": at.as_nanosecond().to_string(), "body": {"stringValue": "old"}});
    let body = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).to_string();
    let answer = client::post(proxy.address, Signal::Logs, JSON, Coding::Gzip, body.as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for _ in 0..400 {
        if !messages(&azure).is_empty() {
            break;
        }
        proxy::pause().await;
    }
    let item = items(&azure).remove(0);
    let time: jiff::Timestamp = item["time"].as_str().unwrap().parse().unwrap();
    assert!(time > at + jiff::SignedDuration::from_hours(46), "{item}");
    assert_eq!(item["data"]["baseData"]["properties"]["otel.time"], at.to_string());
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_followed_and_remembered_while_somebody_answers_there() {
    let there = Azure::start(&[]).await;
    let here = Azure::start(&[Step::Moved(308, there.address)]).await;
    let proxy = quick(&settings(&here, "")).await;
    for text in ["one", "two"] {
        send(&proxy, &[text]).await;
        until("it arrives there", || messages(&there).last().is_some_and(|last| last == text)).await;
    }
    assert_eq!(here.refused().into_iter().collect::<Vec<_>>(), [(308, 1)], "asked once");
    there.then(Step::Cut);
    send(&proxy, &["three"]).await;
    until("it arrives here when nobody answers there", || messages(&here) == ["three"]).await;
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_redirects_is_given_up() {
    let azure = Azure::start(&[]).await;
    (0..20).for_each(|_| azure.then(Step::Moved(307, azure.address)));
    let proxy = quick(&settings(&azure, "[drain]\ndeadline = \"300ms\"")).await;
    send(&proxy, &["held"]).await;
    until("it is said", || proxy.output().contains("status 307")).await;
    assert_eq!(azure.refused()[&307], 6, "five are followed");
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_local_authentication_a_token_is_sent_and_renewed() {
    let azure = Azure::start(&[Step::Status(401)]).await.without_local_auth();
    let proxy = quick(&settings(&azure, &secret(&azure))).await;
    send(&proxy, &["one"]).await;
    until("it arrives", || messages(&azure) == ["one"]).await;
    azure.revoke();
    send(&proxy, &["two"]).await;
    until("it arrives with another token", || messages(&azure) == ["one", "two"]).await;
    assert_eq!((azure.refused()[&401], azure.asked()["secret"]), (2, 3));
    let stopped = proxy.stop().await;
    assert!(stopped.status.success() && !stopped.output.contains("hunter2"), "{}", stopped.output);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_elsewhere_is_not_followed_and_telemetry_waits() {
    let azure = Azure::start(&[Step::Moved(307, ([192, 0, 2, 1], 443).into())]).await;
    let proxy = quick(&settings(&azure, "[drain]\ndeadline = \"300ms\"")).await;
    send(&proxy, &["held"]).await;
    until("it is said", || proxy.output().contains("a host that is not Azure's")).await;
    (0..20).for_each(|_| azure.then(Step::Status(503)));
    let stopped = proxy.stop().await;
    let waits = "1 records wait for exporter insights until the next start";
    assert!(stopped.output.contains(waits), "{}", stopped.output);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_sent_in_pieces_and_one_item_is_cut_at_its_longest() {
    // The service takes less than it says.
    let azure = Azure::start(&[]).await.limit(20_000);
    let proxy = quick(&settings(&azure, "max_request_bytes = \"100KiB\"")).await;
    let small: Vec<String> = (0..40).map(|number| format!("{number} {}", "x ".repeat(1000))).collect();
    send(&proxy, &small.iter().map(String::as_str).collect::<Vec<_>>()).await;
    until("all records arrive", || messages(&azure).len() == 40).await;
    assert_eq!(messages(&azure), small, "in order, and once");
    let long = format!("long {} AKIABLACKBAREXAMPLE2", "y ".repeat(15_000));
    send(&proxy, &[&long, "short"]).await;
    until("the long one arrives as well", || messages(&azure).len() == 42).await;
    let last = messages(&azure).split_off(40);
    assert!(last[0].starts_with("long y") && last[0].contains("[blackbar: cut, was ") && last[1] == "short");
    until_counted(&proxy, &["blackbar_trimmed_values_total{exporter=\"insights\"}"]).await;
    let (_, metrics) = proxy.admin("/metrics").await;
    assert!(!metrics.contains("records_total{exporter=\"insights\""), "{metrics}");
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn check_live_says_in_words_what_is_wrong() {
    let open = Azure::start(&[]).await;
    let closed = Azure::start(&[]).await.without_local_auth();
    let forbidden = Azure::start(&[Step::Status(403); 3]).await;
    let gone = Azure::start(&[Step::Status(404); 3]).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("insights.toml");
    let named = |azure: &Azure, name: &str, keys: &str| {
        settings(azure, keys).replace("\"insights\"", &format!("{name:?}"))
    };
    let settings = [
        named(&open, "open", ""),
        named(&closed, "token", &secret(&closed)),
        named(&closed, "closed", ""),
        named(&forbidden, "forbidden", ""),
        named(&gone, "gone", ""),
    ];
    std::fs::write(&path, settings.concat()).unwrap();
    let mut check = std::process::Command::new(env!("CARGO_BIN_EXE_blackbar"));
    check.args(["check", "--live", "--config"]).arg(&path).current_dir(directory.path());
    let check = tokio::task::spawn_blocking(move || check.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&[check.stdout, check.stderr].concat()).into_owned();
    assert_eq!(check.status.code(), Some(1), "{said}");
    for words in [
        "exporter open (logs): ok",
        "exporter token (logs): ok",
        "exporter closed (logs): status 401: local authentication is off",
        "exporter forbidden (traces): status 403: give the identity the role Monitoring Metrics Publisher",
        "exporter gone (metrics): status 404: nothing takes telemetry there: compare IngestionEndpoint",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    assert!(!said.contains(KEY) && !said.contains("hunter2"), "{said}");
    assert!(
        [open, closed, forbidden, gone].iter().all(|azure| azure.taken().is_empty()),
        "only empty requests"
    );
}
