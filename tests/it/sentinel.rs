//! Alerts to Microsoft Sentinel and to a webhook.

use crate::azure::{Azure, CLIENT, CLIENT_SECRET, RULE, Step, TENANT};
use crate::client::{self, Coding, JSON};
use crate::proxy::{Proxy, proxy, until};
use crate::upstream::{Mood, upstream};
use blackbar::signal::Signal;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeSet;

const KEY: [&str; 2] = ["AKIABLACK", "BAREXAMPLE2"];

/// The columns of `ASimAlertEventLogs` we know of
/// (<https://learn.microsoft.com/azure/azure-monitor/reference/tables/asimalerteventlogs>), but `EventSchema`, which the
/// schema has and the table does not.
const COLUMNS: [&str; 46] = [
    "AdditionalFields",
    "AlertName",
    "AlertOriginalStatus",
    "AlertStatus",
    "AlertVerdict",
    "AttackRemediationSteps",
    "AttackTactics",
    "AttackTechniques",
    "DetectionMethod",
    "DvcAction",
    "DvcHostname",
    "DvcOriginalAction",
    "EventCount",
    "EventEndTime",
    "EventMessage",
    "EventOriginalSeverity",
    "EventProduct",
    "EventProductVersion",
    "EventReportUrl",
    "EventResult",
    "EventSchema",
    "EventSchemaVersion",
    "EventSeverity",
    "EventStartTime",
    "EventSubType",
    "EventType",
    "EventUid",
    "EventVendor",
    "IndicatorAssociation",
    "IndicatorType",
    "RuleDescription",
    "RuleName",
    "ThreatCategory",
    "ThreatConfidence",
    "ThreatFirstReportedTime",
    "ThreatId",
    "ThreatIsActive",
    "ThreatLastReportedTime",
    "ThreatName",
    "ThreatOriginalCategory",
    "ThreatRiskLevel",
    "TimeGenerated",
    "UserId",
    "UserSessionId",
    "Username",
    "UsernameType",
];

fn settings(azure: &Azure) -> String {
    let host = format!("http://{}", azure.address);
    format!(
        "[[alerts.sinks]]\nname = \"soc\"\ntype = \"sentinel\"\nendpoint = \"{host}\"\nrule = \"{RULE}\"\nauth = \"client_secret\"\n\
         tenant_id = \"{TENANT}\"\nclient_id = \"{CLIENT}\"\nclient_secret = \"{CLIENT_SECRET}\"\nauthority_host = \"{host}\"\n"
    )
}

/// Two records with a secret and an address in each.
pub(crate) async fn leak(proxy: &Proxy, session: &str) {
    let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let text = format!("use {} and mail ada@example.com", KEY.concat());
    let attributes = [attribute("session.id", session), attribute("user.email", "kim@example.org")];
    let record = json!({"body": {"stringValue": text}, "attributes": attributes});
    let resource = json!({"attributes": [attribute("service.name", "claude-code")]});
    let body =
        json!({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record, record]}]}]});
    let answer =
        client::post(proxy.address, Signal::Logs, JSON, Coding::Gzip, body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn rows(azure: &Azure) -> Vec<Value> {
    let taken = azure.taken().into_iter();
    taken.flat_map(|taken| serde_json::from_slice::<Vec<Value>>(&taken.body).unwrap()).collect()
}

fn about<'r>(rows: &'r [Value], rule: &str) -> Vec<&'r Value> {
    rows.iter().filter(|row| row["ThreatId"] == rule).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_soc_gets_one_row_a_secret_and_sender_and_no_secret() {
    let azure = Azure::start(&[Step::Status(503), Step::Status(401), Step::Cut]).await;
    let proxy = proxy(&settings(&azure)).await;
    leak(&proxy, "s1").await;
    leak(&proxy, "s1").await;
    until("rows arrive", || !about(&rows(&azure), "aws.access_key_id").is_empty()).await;
    leak(&proxy, "s2").await;
    until("more rows arrive", || about(&rows(&azure), "aws.access_key_id").len() == 2).await;
    let (rows, taken) = (rows(&azure), azure.taken());
    let path = format!("/dataCollectionRules/{RULE}/streams/Microsoft-ASimAlertEventLogs");
    assert!(taken.iter().all(|taken| taken.path == path));

    let keys = about(&rows, "aws.access_key_id");
    let first = keys[0];
    for (column, value) in [
        ("EventType", json!("Alert")),
        ("EventSchemaVersion", json!("0.1")),
        ("EventCount", json!(4)),
        ("DetectionMethod", json!("Data Loss Prevention")),
        ("ThreatOriginalCategory", json!("secret")),
        ("AttackTechniques", json!("Unsecured Credentials (T1552)")),
        ("Username", json!("kim@example.org")),
        ("UsernameType", json!("UPN")),
        ("UserSessionId", json!("s1")),
        ("DvcAction", json!("Masked")),
        ("ThreatIsActive", json!(false)),
    ] {
        assert_eq!(first[column], value, "{column} in {first}");
    }
    let more = &first["AdditionalFields"];
    assert_eq!((&more["RecordCount"], &more["AttributePaths"]), (&json!(4), &json!(["log.body"])));
    assert_eq!(more["AgentName"], "claude-code");
    assert_eq!(keys[1]["AdditionalFields"]["SpreadSessions"], 2);
    assert!(keys[1]["ThreatRiskLevel"].as_u64() > first["ThreatRiskLevel"].as_u64(), "{keys:?}");
    assert_eq!(keys[1]["AdditionalFields"]["SecretFingerprint"], more["SecretFingerprint"]);

    let uids: BTreeSet<_> = rows.iter().map(|row| row["EventUid"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), rows.len(), "a name for each");
    for row in &rows {
        let strangers: Vec<_> =
            row.as_object().unwrap().keys().filter(|column| !COLUMNS.contains(&column.as_str())).collect();
        assert!(strangers.is_empty(), "{strangers:?} would be dropped without a word");
        let text = row.to_string();
        assert!(!text.contains(&KEY.concat()) && !text.contains("ada@example"), "{text}");
    }
    let refused: Vec<_> = azure.refused().into_iter().collect();
    assert_eq!(refused, [(401, 1), (503, 1)]);
    let stopped = proxy.stop().await;
    assert!(stopped.status.success() && !stopped.output.contains("hunter2"), "{}", stopped.output);
    assert!(!stopped.alerts().is_empty(), "the file has them as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_gets_what_the_file_gets_and_can_tell_who_sent_it() {
    let hook = upstream(Mood::Down(1)).await;
    let secret = "blackbar-example-signing-secret";
    let settings = format!(
        "[alerts]\nfile = \"off\"\n[[alerts.sinks]]\nname = \"hook\"\ntype = \"webhook\"\nurl = \"http://{}/in?key=x\"\n\
         secret = \"{secret}\"\nheaders = {{ x-team = \"soc\" }}\n",
        hook.address
    );
    let proxy = proxy(&settings).await;
    leak(&proxy, "s1").await;
    until("alerts arrive", || !hook.taken().is_empty()).await;
    let taken = &hook.taken()[0];
    assert_eq!((taken.path.as_str(), &taken.headers["x-team"]), ("/in", &"soc".parse().unwrap()));
    let alerts: Value = serde_json::from_slice(&taken.body).unwrap();
    let rules: BTreeSet<_> =
        alerts["alerts"].as_array().unwrap().iter().map(|alert| alert["rule"].as_str().unwrap()).collect();
    assert!(rules.contains("aws.access_key_id") && rules.contains("pii.email"), "{rules:?}");
    let signature = taken.headers["blackbar-signature"].to_str().unwrap();
    let (time, digest) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let expected = mac.chain_update(format!("{time}.")).chain_update(&taken.body).finalize().into_bytes();
    assert_eq!(digest, data_encoding::HEXLOWER.encode(&expected));
    let stopped = proxy.stop().await;
    assert!(stopped.status.success() && stopped.alerts().is_empty(), "{}", stopped.output);
}
