//! To Azure Monitor: tokens, every kind of refusal, and requests that are too large.

use crate::azure::{Azure, CLIENT, CLIENT_SECRET, IDENTITY_HEADER, Step, TENANT};
use crate::client::{self, Coding, JSON};
use crate::proxy::{Proxy, proxy, proxy_with, until};
use blackbar::signal::Signal;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as OtlpValue;
use serde_json::json;
use std::collections::BTreeSet;

/// An exporter of logs with these keys besides.
fn settings(azure: &Azure, keys: &str) -> String {
    let logs = azure.otlp("logs", "Microsoft-OTLP-Logs");
    format!(
        "[[exporters]]\nname = \"azure\"\ntype = \"azure_monitor\"\nlogs_endpoint = \"{logs}\"\ntimeout = \"700ms\"\n{keys}\n"
    )
}

fn secret(azure: &Azure) -> String {
    format!(
        "auth = \"client_secret\"\ntenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nclient_secret = \"{CLIENT_SECRET}\"\n\
         authority_host = \"http://{}\"",
        azure.address
    )
}

async fn send(proxy: &Proxy, texts: &[String]) {
    let record = |text: &String| json!({"body": {"stringValue": text}, "eventName": "e"});
    let records: Vec<_> = texts.iter().map(record).collect();
    let body = json!({"resourceLogs": [{"scopeLogs": [{"scope": {"name": "s"}, "logRecords": records}]}]});
    let body = body.to_string();
    let answer = client::post(proxy.address, Signal::Logs, JSON, Coding::Gzip, body.as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The bodies of all records that arrived.
fn texts(azure: &Azure) -> Vec<String> {
    let mut texts = Vec::new();
    for taken in azure.taken() {
        assert!(taken.path.ends_with("/streams/Microsoft-OTLP-Logs/otlp/v1/logs"), "as it was written");
        let request: ExportLogsServiceRequest = prost::Message::decode(&*taken.body).unwrap();
        let scopes = request.resource_logs.into_iter().flat_map(|resource| resource.scope_logs);
        for scope in scopes {
            assert_eq!(scope.scope.unwrap().name, "s");
            for record in scope.log_records {
                let Some(OtlpValue::StringValue(text)) = record.body.and_then(|body| body.value) else {
                    panic!("a record without its text")
                };
                texts.push(text);
            }
        }
    }
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn each_identity_gets_a_token_and_telemetry_arrives() {
    let assertion = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(assertion.path(), "hunter2.assertion.x\n").unwrap();
    for kind in ["secret", "assertion", "identity", "machine"] {
        let azure = Azure::start(&[]).await;
        let host = format!("http://{}", azure.address);
        let (keys, variables) = match kind {
            "secret" => (secret(&azure), vec![]),
            "assertion" => (
                "auth = \"workload_identity\"".to_owned(),
                vec![
                    ("AZURE_TENANT_ID", TENANT.to_owned()),
                    ("AZURE_CLIENT_ID", CLIENT.to_owned()),
                    ("AZURE_AUTHORITY_HOST", host),
                    ("AZURE_FEDERATED_TOKEN_FILE", assertion.path().display().to_string()),
                ],
            ),
            "machine" => {
                ("auth = \"managed_identity\"".to_owned(), vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", host)])
            }
            _ => (
                "auth = \"managed_identity\"".to_owned(),
                vec![
                    ("IDENTITY_ENDPOINT", format!("{host}/msi/token")),
                    ("IDENTITY_HEADER", IDENTITY_HEADER.to_owned()),
                ],
            ),
        };
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let proxy = proxy_with(&settings(&azure, &keys), &variables).await;
        for number in 0..3 {
            send(&proxy, &[format!("record {number} of AKIABLACKBAREXAMPLE2")]).await;
        }
        until("everything arrives", || texts(&azure).len() == 3).await;
        assert!(texts(&azure).iter().all(|text| text.ends_with("[REDACTED:aws.access_key_id]")));
        assert_eq!(azure.asked().into_iter().collect::<Vec<_>>(), [(kind.to_owned(), 1)]);
        let stopped = proxy.stop().await;
        assert!(stopped.status.success() && !stopped.output.contains("hunter2"), "{}", stopped.output);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_azure_answers_nothing_is_lost_and_it_is_counted() {
    let azure = Azure::start(&[
        Step::Status(401),
        Step::RetryAfter(429, 1),
        Step::Status(500),
        Step::Take,
        Step::Cut,
        Step::Stall,
        Step::Partial(1),
    ])
    .await;
    let proxy = proxy(&settings(&azure, &secret(&azure))).await;
    send(&proxy, &["one".to_owned(), "two".to_owned()]).await;
    until("it arrives", || texts(&azure) == ["one", "two"]).await;
    azure.revoke();
    send(&proxy, &["three".to_owned()]).await;
    until("it arrives with another token", || texts(&azure) == ["one", "two", "three"]).await;
    let refused: Vec<_> = azure.refused().into_iter().collect();
    assert_eq!(refused, [(401, 2), (429, 1), (500, 1)]);
    assert_eq!(azure.asked()["secret"], 3, "one at first, and one for each 401");
    let (_, metrics) = proxy.admin("/metrics").await;
    for counted in [
        "blackbar_exports_total{exporter=\"azure\",outcome=\"retried\"} 6",
        "blackbar_exports_total{exporter=\"azure\",outcome=\"ok\"} 2",
        "blackbar_export_rejected_records_total{exporter=\"azure\"} 1",
    ] {
        assert!(metrics.contains(counted), "{counted}: {metrics}");
    }
    let stopped = proxy.stop().await;
    assert!(stopped.status.success() && !stopped.output.contains("hunter2"), "{}", stopped.output);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_dropped_counted_and_told() {
    let azure = Azure::start(&[Step::Status(400), Step::Status(415)]).await;
    let proxy = proxy(&settings(&azure, &secret(&azure))).await;
    for number in 0..3 {
        send(&proxy, &[number.to_string()]).await;
        let sent = || azure.taken().len() + azure.refused().len() > number;
        until("it is settled", sent).await;
    }
    assert_eq!(texts(&azure), ["2"]);
    let (_, metrics) = proxy.admin("/metrics").await;
    let counted = "blackbar_export_dropped_records_total{exporter=\"azure\",reason=\"refused\"} 2";
    assert!(metrics.contains(counted), "{metrics}");
    let stopped = proxy.stop().await;
    assert!(
        stopped.output.contains("refused with status 400") && stopped.output.contains("415"),
        "{}",
        stopped.output
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_azure_holds_telemetry_and_says_what_to_do() {
    let azure = Azure::start(&[Step::Status(403); 100]).await;
    let keys = format!("{}\n[drain]\ndeadline = \"500ms\"", secret(&azure));
    let proxy = proxy(&settings(&azure, &keys)).await;
    send(&proxy, &["held".to_owned()]).await;
    until("it is refused", || azure.refused().contains_key(&403)).await;
    let stopped = proxy.stop().await;
    assert!(stopped.output.contains("Monitoring Metrics Publisher"), "{}", stopped.output);
    assert!(
        stopped.output.contains("1 records wait for exporter azure until the next start"),
        "{}",
        stopped.output
    );
    assert!(stopped.status.success(), "nothing is lost");
    azure.recover();
    let settings = settings(&azure, &keys);
    let again = crate::proxy::proxy_in(stopped.into_directory(), &settings).await;
    until("it arrives after the next start", || texts(&azure) == ["held"]).await;
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_split_by_records_and_one_record_is_cut_at_its_longest() {
    // The endpoint takes less than the exporter thinks: both find their size by 413.
    let azure = Azure::start(&[]).await.limit(20_000);
    let proxy = proxy(&settings(&azure, &format!("{}\nmax_request_bytes = \"50KiB\"", secret(&azure)))).await;
    let small: Vec<String> = (0..40).map(|number| format!("{number} {}", "x".repeat(2000))).collect();
    send(&proxy, &small).await;
    until("all records arrive", || texts(&azure).len() == 40).await;
    assert_eq!(texts(&azure), small, "in order");
    send(&proxy, &[format!("long {} AKIABLACKBAREXAMPLE2", "y ".repeat(40_000)), "short".to_owned()]).await;
    until("the long one arrives as well", || texts(&azure).len() == 42).await;
    let last: BTreeSet<_> = texts(&azure).split_off(40).into_iter().collect();
    let long = last.iter().find(|text| text.starts_with("long")).unwrap();
    assert!(last.contains("short") && long.contains("[blackbar: cut, was "), "{last:?}");
    let (_, metrics) = proxy.admin("/metrics").await;
    assert!(metrics.contains("blackbar_trimmed_values_total{exporter=\"azure\"}"), "{metrics}");
    assert!(!metrics.contains("dropped_records_total{exporter=\"azure\""), "{metrics}");
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn check_live_says_in_words_what_is_wrong() {
    for (step, secret_of, status, words) in [
        (None, CLIENT_SECRET, 0, "exporter azure (logs): ok"),
        (Some(Step::Status(403)), CLIENT_SECRET, 1, "Monitoring Metrics Publisher"),
        (Some(Step::Status(404)), CLIENT_SECRET, 1, "there is no such data collection rule or stream"),
        (None, "another secret of blackbar", 1, "the client secret is wrong"),
    ] {
        let azure = Azure::start(&step.into_iter().collect::<Vec<_>>()).await;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("azure.toml");
        std::fs::write(&path, settings(&azure, &secret(&azure).replace(CLIENT_SECRET, secret_of))).unwrap();
        let mut check = std::process::Command::new(env!("CARGO_BIN_EXE_blackbar"));
        check.args(["check", "--live", "--config"]).arg(&path).current_dir(directory.path());
        let check = tokio::task::spawn_blocking(move || check.output().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&[check.stdout, check.stderr].concat()).into_owned();
        assert_eq!(check.status.code(), Some(status), "{said}");
        assert!(said.contains(words) && !said.contains(secret_of), "{words} in {said}");
        assert!(azure.taken().is_empty(), "nothing was sent but an empty request");
    }
}
