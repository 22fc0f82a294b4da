//! What each action leaves, whichever way a secret came and whatever it was wrapped in.

use crate::client::{self, Coding, JSON, PROTOBUF};
use crate::proxy::{self, Proxy, proxy, proxy_in, until};
use crate::upstream::{Mood, upstream};
use blackbar::otlp::Payload;
use blackbar::seal::Identity;
use blackbar::signal::Signal;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Two made-up tokens of the same kind; they stand with the rule as its examples.
const TOKEN: &str = "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";
const OTHER: &str = "ghp_EXAMPLEblackbarEXAMPLEblackbar00xyz0";
const RULE: &str = "github.personal_access_token";
const CARD: &str = "4111 1111 1111 1111";

const HASH: &str = "[policy]\ndefault_action = \"hash\"\n";

/// The encodings a request comes in.
#[derive(Debug, Clone, Copy)]
enum By {
    Protobuf,
    Json,
    Grpc,
}

const WAYS: [By; 3] = [By::Protobuf, By::Json, By::Grpc];

/// What was rejected, and whether there is a word on why.
#[derive(Debug, PartialEq, Eq)]
struct Rejected(Option<i64>, bool);

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_has_one_token_wherever_it_stands() {
    let proxy = proxy(HASH).await;
    let mut all = BTreeSet::new();
    for way in WAYS {
        for (what, value) in wrapped(TOKEN) {
            let clean = attribute(&proxy, way, "x", value).await;
            let tokens = tokens(&clean);
            assert_eq!(tokens.len(), 1, "{what} by {way:?}: {clean}");
            all.extend(tokens);
        }
    }
    assert_eq!(all.len(), 1, "{all:?}");
    let token = all.first().unwrap();
    assert_eq!(token.len(), 16, "{token}");
    assert!(token.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')), "{token}");

    let other = tokens(&attribute(&proxy, By::Json, "x", json!({"stringValue": OTHER})).await);
    assert_eq!(other.len(), 1);
    assert!(all.is_disjoint(&other), "another secret has another token");
    assert!(proxy.stop().await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_has_one_token_whichever_name_found_it() {
    let proxy = proxy(HASH).await;
    let secret = "Gx4-blackbar-tQ9zW";
    let member = json!({"key": "password", "value": {"stringValue": secret}});
    let forms = [
        ("a line", json!({"stringValue": format!("password={secret}")})),
        ("quoted", json!({"stringValue": format!("password = \"{secret}\"")})),
        ("JSON", json!({"stringValue": json!({"password": secret}).to_string()})),
        ("escaped", json!({"stringValue": format!(r#"{{"password":"\u0047{}"}}"#, &secret[1..])})),
        ("a kvlist", json!({"kvlistValue": {"values": [member]}})),
    ];
    let mut all = BTreeSet::new();
    for way in WAYS {
        for (what, value) in &forms {
            let clean = attribute(&proxy, way, "x", value.clone()).await;
            let tokens = tokens(&clean);
            assert_eq!(tokens.len(), 1, "{what} by {way:?}: {clean}");
            all.extend(tokens);
        }
    }
    assert_eq!(all.len(), 1, "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_has_one_token_however_it_is_written() {
    let proxy = proxy(HASH).await;
    let mut all = BTreeSet::new();
    for value in [
        json!({"stringValue": "4111 1111 1111 1111"}),
        json!({"stringValue": "4111-1111-1111-1111"}),
        json!({"stringValue": "4111111111111111"}),
        json!({"intValue": "4111111111111111"}),
    ] {
        all.extend(tokens(&attribute(&proxy, By::Json, "x", value).await));
    }
    assert_eq!(all.len(), 1, "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lasts_as_long_as_its_key() {
    let value = || json!({"stringValue": TOKEN});
    let first = proxy(HASH).await;
    let before = tokens(&attribute(&first, By::Json, "x", value()).await);
    assert_eq!(before.len(), 1);
    let directory = first.stop().await.into_directory();

    let again = proxy_in(directory, HASH).await;
    let after = tokens(&attribute(&again, By::Json, "x", value()).await);
    assert_eq!(before, after, "the key in the data directory is the same");
    let directory = again.stop().await.into_directory();

    let key = "0123456789abcdef0123456789abcdef";
    let settings = format!("[policy]\ndefault_action = \"hash\"\nhmac_key = \"{key}\"\n");
    let keyed = proxy_in(directory, &settings).await;
    let configured = tokens(&attribute(&keyed, By::Json, "x", value()).await);
    assert_eq!(configured.len(), 1);
    assert!(configured.is_disjoint(&before), "another key gives another token");
    assert!(!keyed.output().contains(key));

    let fresh = proxy(HASH).await;
    let made = tokens(&attribute(&fresh, By::Json, "x", value()).await);
    assert_eq!(made.len(), 1);
    assert!(made.is_disjoint(&before), "each deployment makes a key of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_leaves_the_end_of_what_is_long_enough() {
    let proxy = proxy("[policy]\ndefault_action = \"partial\"\n").await;
    for (sent, expected) in [
        (format!("card {CARD} ok"), "card [REDACTED:pii.payment_card:..1111] ok".to_owned()),
        (TOKEN.to_owned(), format!("[REDACTED:{RULE}:..gTlS]")),
        ("it is 508-67-3720".to_owned(), "it is [REDACTED:pii.us_ssn.dashed]".to_owned()),
    ] {
        let clean = attribute(&proxy, By::Protobuf, "x", json!({"stringValue": sent})).await;
        assert_eq!(clean, json!({"stringValue": expected}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_value_takes_its_attribute_with_it() {
    let proxy = proxy(&dropping("attribute")).await;
    let member = |key: &str, text: &str| json!({"key": key, "value": {"stringValue": text}});
    let in_array = json!({"arrayValue": {"values": [{"stringValue": "a"}, {"stringValue": TOKEN}]}});
    let in_list = json!({"kvlistValue": {"values": [member("k", TOKEN), member("l", "b")]}});
    let deep = json!({"arrayValue": {"values": [in_list.clone(), {"stringValue": "c"}]}});
    let as_key = json!({"kvlistValue": {"values": [member(TOKEN, "v"), member("l", "b")]}});
    for way in WAYS {
        for (what, value) in [
            ("a string", json!({"stringValue": format!("the token is {TOKEN}")})),
            ("JSON", json!({"stringValue": json!({"t": [TOKEN]}).to_string()})),
            ("bytes", json!({"bytesValue": base64(TOKEN.as_bytes())})),
            ("an element", in_array.clone()),
            ("a member", in_list.clone()),
            ("an element's member", deep.clone()),
            ("a member's key", as_key.clone()),
        ] {
            let record = json!({
                "body": {"stringValue": "stays"},
                "attributes": [member("before", "1"), {"key": "x", "value": value}, member("after", "2")],
            });
            let (clean, rejected) = sent(&proxy, way, &[record]).await;
            let kept = json!([member("before", "1"), member("after", "2")]);
            assert_eq!(clean[0]["attributes"], kept, "{what} by {way:?}");
            assert_eq!(clean[0]["body"], json!({"stringValue": "stays"}), "{what} by {way:?}");
            assert_eq!(rejected, Rejected(None, false), "an attribute is no record: {what} by {way:?}");
        }
    }
    let others = attribute(&proxy, By::Json, "x", json!({"stringValue": CARD})).await;
    assert_eq!(others, json!({"stringValue": "[REDACTED:pii.payment_card]"}), "only one rule drops");
    let stopped = proxy.stop().await;
    assert_eq!(actions(&stopped.alerts(), RULE), BTreeSet::from(["drop".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_record_is_counted_in_the_answer() {
    let proxy = proxy(&dropping("record")).await;
    let body = |text: &str| json!({"body": {"stringValue": text}});
    let nested = json!({"body": {"kvlistValue": {"values": [
        {"key": "k", "value": {"arrayValue": {"values": [{"stringValue": TOKEN}]}}},
    ]}}});
    let records = [body("one"), body(&format!("two {TOKEN}")), body("three"), nested];
    for way in WAYS {
        let (clean, rejected) = sent(&proxy, way, &records).await;
        assert_eq!(clean, [body("one"), body("three")].map(|kept| kept["body"].clone()).map(bare), "{way:?}");
        assert_eq!(rejected, Rejected(Some(2), true), "{way:?}");
        let (_, rejected) = sent(&proxy, way, &[body("nothing here")]).await;
        assert_eq!(rejected, Rejected(None, false), "a success in full says nothing: {way:?}");
    }
    for signal in [Signal::Traces, Signal::Metrics] {
        for way in WAYS {
            let rejected = answer(&proxy, way, signal, &elsewhere(signal)).await;
            assert_eq!(rejected, Rejected(Some(1), true), "{signal} by {way:?}");
        }
    }
    let stopped = proxy.stop().await;
    assert!(stopped.status.success());
    for signal in Signal::ALL {
        let path = stopped.data_dir().join(format!("clean/{signal}.jsonl"));
        assert!(!std::fs::read_to_string(path).unwrap_or_default().contains(TOKEN), "{signal}");
    }
    assert_eq!(actions(&stopped.alerts(), RULE), BTreeSet::from(["drop".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reported_value_stays_and_someone_is_told() {
    let proxy = proxy(&format!("[policy.actions]\n\"{RULE}\" = \"report\"\n")).await;
    let text = format!("see {TOKEN} and {CARD}");
    let clean = attribute(&proxy, By::Grpc, "x", json!({"stringValue": text})).await;
    let expected = format!("see {TOKEN} and [REDACTED:pii.payment_card]");
    assert_eq!(clean, json!({"stringValue": expected}));
    let metrics = proxy.admin("/metrics").await.1;
    let stopped = proxy.stop().await;
    let alerts = std::fs::read_to_string(stopped.data_dir().join("alerts.jsonl")).unwrap();
    assert_eq!(actions(&stopped.alerts(), RULE), BTreeSet::from(["report".to_owned()]));
    assert_eq!(actions(&stopped.alerts(), "pii.payment_card"), BTreeSet::from(["mask".to_owned()]));
    for (place, text) in [("an alert", &alerts), ("the output", &stopped.output), ("metrics", &metrics)] {
        assert!(!text.contains(TOKEN) && !text.contains(CARD), "{place} holds the value");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_value_is_opened_by_its_identity_and_stands_nowhere_else() {
    let identity = Identity::new();
    let settings = format!(
        "[policy]\nseal_to = \"{}\"\n[policy.actions]\n\"{RULE}\" = \"seal\"\n",
        identity.recipient()
    );
    let proxy = proxy(&settings).await;
    let clean = attribute(&proxy, By::Grpc, "x", json!({"stringValue": format!("see {TOKEN}")})).await;
    let again = attribute(&proxy, By::Json, "x", json!({"stringValue": format!("see {TOKEN}")})).await;
    assert_eq!(clean, again);
    attribute(&proxy, By::Json, "x", json!({"stringValue": CARD})).await;
    let stopped = proxy.stop().await;
    let alerts = stopped.alerts();
    let of = |rule: &str| alerts.iter().find(|alert| alert["rule"] == rule).unwrap();
    let sealed = of(RULE);
    assert_eq!((&sealed["action"], of("pii.payment_card").get("sealed")), (&json!("seal"), None));
    assert_eq!(tokens(&clean), BTreeSet::from([sealed["fingerprint"].as_str().unwrap().to_owned()]));
    let opened = identity.open(sealed["sealed"].as_str().unwrap()).unwrap();
    assert_eq!((opened.rule.as_str(), &**opened.secret), (RULE, TOKEN.as_bytes()));
    let everywhere = format!("{clean}{alerts:?}{}", stopped.output);
    assert!(!everywhere.contains(TOKEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_attributes_replace_the_senders() {
    let up = upstream(Mood::Well).await;
    let data = tempfile::tempdir().unwrap();
    let settings = format!(
        "[resource.attributes]\n\"deployment.environment\" = \"test\"\n\
         [[exporters]]\nname = \"up\"\ntype = \"otlp\"\nendpoint = \"http://{}\"\n\
         [[exporters]]\nname = \"clean\"\ntype = \"file\"\ndirectory = {:?}\n",
        up.address,
        data.path().display().to_string(),
    );
    let proxy = proxy(&settings).await;
    let senders = json!({"key": "deployment.environment", "value": {"stringValue": "prod"}});
    let service = json!({"key": "service.name", "value": {"stringValue": "app"}});
    for (way, attributes) in [(By::Json, json!([service, senders])), (By::Grpc, json!([service]))] {
        let mut request = request(&[json!({"body": {"stringValue": "x"}})]);
        request["resourceLogs"][0]["resource"] = json!({"attributes": attributes});
        answer(&proxy, way, Signal::Logs, &request).await;
    }
    until("the upstream has both", || {
        records(up.taken().iter().map(|taken| as_json(&taken.body))).len() == 2
    })
    .await;
    let stopped = proxy.stop().await;
    assert!(stopped.status.success(), "{}", stopped.output);
    let expected = json!([service, {"key": "deployment.environment", "value": {"stringValue": "test"}}]);
    let upstream: Vec<Value> = up.taken().iter().map(|taken| as_json(&taken.body)).collect();
    for (place, documents) in
        [("upstream", upstream), ("file", proxy::lines(&data.path().join("logs.jsonl")))]
    {
        let resources: Vec<&Value> =
            documents.iter().flat_map(|document| document["resourceLogs"].as_array().unwrap()).collect();
        assert_eq!(resources.len(), 2, "{place}");
        for resource in resources {
            assert_eq!(resource["resource"]["attributes"], expected, "{place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_a_card_becomes_a_placeholder() {
    let proxy = proxy("").await;
    let number = json!({"intValue": "4111111111111111"});
    let placeholder = json!({"stringValue": "[REDACTED:pii.payment_card]"});
    for way in WAYS {
        let record = json!({
            "body": number,
            "attributes": [
                {"key": "card", "value": number},
                {"key": "order", "value": {"intValue": "4111111111111112"}},
            ],
        });
        let (clean, _) = sent(&proxy, way, &[record]).await;
        assert_eq!(clean[0]["body"], placeholder, "{way:?}");
        assert_eq!(clean[0]["attributes"][0]["value"], placeholder, "{way:?}");
        let kept = json!({"intValue": "4111111111111112"});
        assert_eq!(clean[0]["attributes"][1]["value"], kept, "no card, no placeholder: {way:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_around_a_finding_stay_as_they_are() {
    let proxy = proxy("").await;
    let around = |middle: &str| [b"\xff\x00\xc3 ", middle.as_bytes(), b" \xfe\x80\xff"].concat();
    for way in WAYS {
        let clean = attribute(&proxy, way, "x", json!({"bytesValue": base64(&around(TOKEN))})).await;
        let expected = base64(&around(&format!("[REDACTED:{RULE}]")));
        assert_eq!(clean, json!({"bytesValue": expected}), "{way:?}");
    }
}

/// The ways a secret is wrapped; each has it once.
fn wrapped(secret: &str) -> Vec<(&'static str, Value)> {
    let escaped: String = secret.chars().map(|char| format!("\\u{:04x}", u32::from(char))).collect();
    let inner = json!({"t": secret}).to_string();
    let member = json!({"key": "t", "value": {"stringValue": secret}});
    vec![
        ("a string", json!({"stringValue": secret})),
        ("a sentence", json!({"stringValue": format!("the one {secret} is old")})),
        ("bytes", json!({"bytesValue": base64(secret.as_bytes())})),
        ("bytes around it", json!({"bytesValue": base64(format!("a {secret} b").as_bytes())})),
        ("JSON", json!({"stringValue": inner})),
        ("escaped JSON", json!({"stringValue": format!(r#"{{"t":"{escaped}"}}"#)})),
        ("escaped in part", json!({"stringValue": format!(r#"["\u0067{}"]"#, &secret[1..])})),
        ("JSON in JSON", json!({"stringValue": json!({"args": inner}).to_string()})),
        ("a key in JSON", json!({"stringValue": json!({secret: 1}).to_string()})),
        ("an element", json!({"arrayValue": {"values": [{"stringValue": secret}]}})),
        ("a member", json!({"kvlistValue": {"values": [member]}})),
        ("a key", json!({"kvlistValue": {"values": [{"key": secret, "value": {"stringValue": "v"}}]}})),
        ("JSON in bytes", json!({"bytesValue": base64(inner.as_bytes())})),
    ]
}

fn dropping(scope: &str) -> String {
    format!("[policy]\ndrop = \"{scope}\"\n[policy.actions]\n\"{RULE}\" = \"drop\"\n")
}

fn base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

/// A record that has nothing but a body.
fn bare(body: Value) -> Value {
    json!({ "body": body })
}

fn request(records: &[Value]) -> Value {
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})
}

/// Two records of another signal, one with the secret in it.
fn elsewhere(signal: Signal) -> Value {
    let secret = json!([{"key": "x", "value": {"stringValue": TOKEN}}]);
    let ids =
        |span: &str| json!({"traceId": "069b8041eb4b64b8f72456ac0407052a", "spanId": span, "name": "s"});
    match signal {
        Signal::Traces => {
            let mut with = ids("c52458799794a109");
            with["attributes"] = secret;
            json!({"resourceSpans": [{"scopeSpans": [{"spans": [with, ids("c52458799794a10a")]}]}]})
        }
        Signal::Metrics => {
            let points = json!([{"asInt": "1", "attributes": secret}, {"asInt": "2"}]);
            let metric = json!({"name": "m", "gauge": {"dataPoints": points}});
            json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})
        }
        Signal::Logs => request(&[json!({"attributes": secret}), json!({"body": {"stringValue": "x"}})]),
    }
}

/// What became of the value of the one attribute of a record; null if it is gone.
async fn attribute(proxy: &Proxy, way: By, key: &str, value: Value) -> Value {
    let (clean, _) = sent(proxy, way, &[json!({"attributes": [{"key": key, "value": value}]})]).await;
    clean[0]["attributes"][0]["value"].clone()
}

/// Sends records. Returns what became of them, without what a decoder adds, and what was rejected.
async fn sent(proxy: &Proxy, way: By, of: &[Value]) -> (Vec<Value>, Rejected) {
    let path = proxy.data_dir().join("clean/logs.jsonl");
    let before = records(proxy::lines(&path)).len();
    let rejected = answer(proxy, way, Signal::Logs, &request(of)).await;
    let expected = before + of.len() - usize::try_from(rejected.0.unwrap_or(0)).unwrap();
    until("it is written", || records(proxy::lines(&path)).len() >= expected).await;
    let clean = records(proxy::lines(&path)).split_off(before);
    let kept = |record: Value| {
        let mut kept = json!({});
        for member in ["body", "attributes"] {
            if record.get(member).is_some_and(|value| value.as_array().is_none_or(|all| !all.is_empty())) {
                kept[member] = record[member].clone();
            }
        }
        kept
    };
    (clean.into_iter().map(kept).collect(), rejected)
}

/// Sends a request. Returns what the answer says was rejected.
async fn answer(proxy: &Proxy, way: By, signal: Signal, request: &Value) -> Rejected {
    let json = request.to_string().into_bytes();
    let protobuf = Payload::from_json(signal, &json).unwrap().to_protobuf();
    let body = match way {
        By::Grpc => client::export(proxy.address, signal, Coding::Gzip, protobuf).await.unwrap(),
        By::Protobuf | By::Json => {
            let (media, body) = if matches!(way, By::Json) { (JSON, json) } else { (PROTOBUF, protobuf) };
            let answer = client::post(proxy.address, signal, media, Coding::Identity, &body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            answer.body
        }
    };
    if matches!(way, By::Json) { rejected_json(signal, &body) } else { rejected_protobuf(&body) }
}

fn rejected_json(signal: Signal, body: &[u8]) -> Rejected {
    let body: Value = serde_json::from_slice(body).unwrap();
    let member = match signal {
        Signal::Traces => "rejectedSpans",
        Signal::Metrics => "rejectedDataPoints",
        Signal::Logs => "rejectedLogRecords",
    };
    let partial = &body["partialSuccess"];
    let count = partial[member].as_str().map(|count| count.parse().unwrap());
    assert!(partial.is_null() || count.is_some(), "{body}");
    Rejected(count, partial["errorMessage"].as_str().is_some_and(|message| !message.is_empty()))
}

/// The answers of the three signals have the same fields.
fn rejected_protobuf(body: &[u8]) -> Rejected {
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
    let answer: ExportLogsServiceResponse = prost::Message::decode(body).unwrap();
    match answer.partial_success {
        None => Rejected(None, false),
        Some(partial) => Rejected(Some(partial.rejected_log_records), !partial.error_message.is_empty()),
    }
}

/// The log records of documents, however requests were joined to them.
fn records(documents: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let all = |value: Value| match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    documents
        .into_iter()
        .flat_map(|mut document| all(document["resourceLogs"].take()))
        .flat_map(|mut resource| all(resource["scopeLogs"].take()))
        .flat_map(|mut scope| all(scope["logRecords"].take()))
        .collect()
}

fn as_json(body: &[u8]) -> Value {
    let mut json = Vec::new();
    Payload::from_protobuf(Signal::Logs, body).unwrap().write_json(&mut json);
    serde_json::from_slice(&json).unwrap()
}

/// The tokens in the placeholders of a value, also in its bytes.
fn tokens(value: &Value) -> BTreeSet<String> {
    let mut text = value.to_string();
    if let Some(bytes) = value["bytesValue"].as_str() {
        text = String::from_utf8(data_encoding::BASE64.decode(bytes.as_bytes()).unwrap()).unwrap();
    }
    let placeholders = text.split("[REDACTED:").skip(1).filter_map(|rest| rest.split_once(']'));
    placeholders.map(|(inside, _)| inside.split_once(':').unwrap().1.to_owned()).collect()
}

/// The actions in the alerts of a rule.
fn actions(alerts: &[Value], rule: &str) -> BTreeSet<String> {
    let of_rule = alerts.iter().filter(|alert| alert["rule"] == rule);
    of_rule.map(|alert| alert["action"].as_str().unwrap().to_owned()).collect()
}
