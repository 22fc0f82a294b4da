#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::otlp::{Otlp, OtlpConfig};
use super::{Cause, Sink as _, SinkError, cef, otlp, syslog};
use crate::alert::tests::{alert, bare, from, group, noon};
use crate::alert::{Alert, Dropped, Record, Why};
use crate::attribution::Origin;
use crate::principal::Principal;
use crate::rule::Severity;
use crate::upstream::{Endpoint, SecretHeader};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

fn limited() -> Record {
    let why = Why::Limited(Principal::named("laptops"), Severity::Critical);
    Record::Dropped(Dropped { why, count: 7, first_seen: noon(), last_seen: noon() + Duration::from_secs(1) })
}

/// Header fields and pairs of an event, read as a receiver reads them.
fn read(event: &str) -> (Vec<String>, BTreeMap<String, String>) {
    let (mut fields, mut rest) = (vec![String::new()], event.chars());
    while fields.len() < 8 {
        match rest.next().unwrap() {
            '\\' => fields.last_mut().unwrap().push(rest.next().unwrap()),
            '|' => fields.push(String::new()),
            char => fields.last_mut().unwrap().push(char),
        }
    }
    fields.pop();
    let (mut parts, mut rest) = (vec![String::new()], rest.as_str().chars());
    while let Some(char) = rest.next() {
        let last = parts.last_mut().unwrap();
        match char {
            '\\' => match rest.next().unwrap() {
                'n' => last.push('\n'),
                'r' => last.push('\r'),
                char => last.push(char),
            },
            '=' => parts.push(String::new()),
            char => last.push(char),
        }
    }
    let mut pairs = BTreeMap::new();
    let mut key = parts.remove(0);
    let last = parts.pop().unwrap();
    for part in parts {
        let (value, next) = part.rsplit_once(' ').unwrap();
        pairs.insert(std::mem::replace(&mut key, next.to_owned()), value.to_owned());
    }
    pairs.insert(key, last);
    (fields, pairs)
}

#[test]
fn an_alert_is_an_event_of_cef() {
    assert_eq!(
        cef::event(&group(alert()), Some("proxy1")),
        concat!(
            "CEF:0|blackbar|blackbar|",
            env!("CARGO_PKG_VERSION"),
            "|fake.secret|A fake secret|8|rt=1795262401250 start=1795262400005 end=1795262401250 cnt=2 ",
            "externalId=0123456789abcdef cat=secret act=mask suser=kim shost=laptop-7 sproc=claude-code sourceServiceName=cli ",
            "cs1Label=fingerprint cs1=f1 cs2Label=principal cs2=laptops cs3Label=session cs3=s1 ",
            "cs4Label=paths cs4=log.body cs5Label=trace cs5=0af7651916cd43dd8448eb211c80319c ",
            "cs6Label=span cs6=b7ad6b7169203331 cn1Label=records cn1=1 ",
            "cn2Label=users seen with it cn2=1 cn3Label=sessions seen with it cn3=1 ",
            "msg=A fake secret in logs of claude-code: 2 findings, 1 record, masked dvchost=proxy1",
        )
    );
    let (_, bare) = read(&cef::event(&group(bare()), None));
    for absent in ["suser", "sproc", "sourceServiceName", "cs1", "cs1Label", "cs2", "cs3", "cs5", "dvchost"] {
        assert!(!bare.contains_key(absent), "{absent}");
    }
    let (header, pairs) = read(&cef::event(&limited(), None));
    assert_eq!(
        header[4..],
        [
            "blackbar.alerts_limited",
            "Alerts of one principal are counted: there are too many to be read",
            "10"
        ]
    );
    assert_eq!((&*pairs["cnt"], &*pairs["cs2"]), ("7", "laptops"));
}

#[test]
fn hostile_text_is_read_back_as_it_was_and_adds_no_field() {
    for hostile in [
        " act=none suser=root",
        "x|10|act=none",
        "a\nb\r\nCEF:0|a|b|c|d|e|0|",
        r"\",
        r"\= \| \\ \n",
        "=",
        "a= b= c=",
        "gr\u{fc}n \u{1f600}",
    ] {
        let text = || Some(Arc::<str>::from(hostile));
        let (rule_name, path) = (Arc::from(hostile.replace(['\n', '\r'], " ")), Arc::from(hostile));
        let said = |origin: &mut Origin| (origin.user, origin.session) = (text(), text());
        let event = cef::event(&group(Alert { rule_name, path, ..from(said) }), None);
        assert!(!event.contains(['\n', '\r']), "{event:?}");
        let (header, pairs) = read(&event);
        assert_eq!(header[5], hostile.replace(['\n', '\r'], " "));
        assert_eq!((&*header[6], &*pairs["act"]), ("8", "mask"));
        for key in ["suser", "cs3", "cs4"] {
            assert_eq!(pairs[key], hostile, "{key}");
        }
        assert_eq!(pairs.len(), read(&cef::event(&group(alert()), None)).1.len(), "{hostile:?}");
    }
}

#[test]
fn the_longest_message_is_one_that_receivers_take() {
    for unit in ["x", "=", "\\", "\n", "\u{1f600}"] {
        let long = || Some(Arc::<str>::from(unit.repeat(100_000)));
        let [rule, rule_name, path] = [(); 3].map(|()| long().unwrap());
        let Record::Group(mut longest) = group(Alert {
            rule,
            rule_name,
            path: Arc::clone(&path),
            fingerprint: long(),
            principal: Principal::named(&path),
            ..from(|origin| {
                *origin = Origin {
                    agent: Some(unit.repeat(100_000).into()),
                    agent_version: long(),
                    user: long(),
                    device: long(),
                    session: long(),
                    conversation: long(),
                    prompt: long(),
                    tool: long(),
                    model: long(),
                    repository: long(),
                    service: long(),
                    trace_id: long(),
                    span_id: long(),
                }
            })
        }) else {
            panic!("a group")
        };
        longest.uid = path.to_string();
        longest.paths = vec![path; 16];
        (longest.count, longest.records) = (u64::MAX, u64::MAX);
        let mut message = Vec::new();
        syslog::frame(&Record::Group(longest), 23, Some(&"h".repeat(255)), &mut message);
        assert!(message.len() <= 8192, "{} bytes of {unit:?}", message.len());
        assert!(std::str::from_utf8(&message).unwrap().contains("...|"), "it was cut");
    }
}

#[test]
fn a_message_is_framed_by_its_length_and_is_the_same_when_sent_again() {
    let message = |record: &Record, facility| {
        let mut message = Vec::new();
        syslog::frame(record, facility, Some("proxy1"), &mut message);
        String::from_utf8(message).unwrap()
    };
    for (severity, facility, priority) in [
        (Severity::Low, 1, 13),
        (Severity::Medium, 20, 164),
        (Severity::High, 20, 163),
        (Severity::Critical, 23, 186),
    ] {
        let record = group(Alert { severity, ..from(|origin| origin.user = Some("gr\u{fc}n".into())) });
        let framed = message(&record, facility);
        let (length, rest) = framed.split_once(' ').unwrap();
        assert_eq!(length.parse(), Ok(rest.len()), "octets, not characters");
        let header = format!("<{priority}>1 2026-11-21T12:00:01.250Z proxy1 blackbar - alert - CEF:0|");
        assert!(rest.starts_with(&header), "{rest}");
        assert_eq!(framed, message(&record, facility));
    }
    let mut nameless = Vec::new();
    syslog::frame(&limited(), 20, None, &mut nameless);
    assert!(String::from_utf8(nameless).unwrap().contains(" <162>1 2026-11-21T12:00:01.000Z - blackbar"));
}

fn attributes(record: &LogRecord) -> BTreeMap<&str, &Value> {
    let pairs = record.attributes.iter();
    pairs.map(|pair| (&*pair.key, pair.value.as_ref().unwrap().value.as_ref().unwrap())).collect()
}

#[test]
fn an_alert_is_a_log_record_of_otlp() {
    let request = otlp::request(&[group(alert()), group(bare()), limited()], noon());
    let resource = &request.resource_logs[0];
    assert_eq!(resource.resource.as_ref().unwrap().attributes[0].key, "service.name");
    let [record, bare, limited] = &resource.scope_logs[0].log_records[..] else { panic!("three records") };
    assert_eq!((record.severity_number, &*record.severity_text), (17, "high"));
    assert_eq!(record.event_name, "blackbar.alert");
    assert_eq!(
        (record.time_unix_nano, record.observed_time_unix_nano),
        (1_795_262_401_250_000_000, 1_795_262_400_000_000_000)
    );
    assert_eq!((record.trace_id.len(), &record.span_id[..2]), (16, &[0xb7, 0xad][..]));
    let told = attributes(record);
    for (key, value) in [
        ("blackbar.alert.uid", "0123456789abcdef"),
        ("blackbar.rule.id", "fake.secret"),
        ("security_rule.name", "A fake secret"),
        ("security_rule.category", "secret"),
        ("blackbar.action", "mask"),
        ("blackbar.signal", "logs"),
        ("blackbar.confidence", "medium"),
        ("blackbar.fingerprint", "f1"),
        ("blackbar.principal", "laptops"),
        ("blackbar.sender.service", "cli"),
        ("gen_ai.agent.name", "claude-code"),
        ("user.name", "kim"),
        ("session.id", "s1"),
        ("blackbar.first_seen", "2026-11-21T12:00:00.005Z"),
    ] {
        assert_eq!(told[key], &Value::StringValue(value.to_owned()), "{key}");
    }
    assert_eq!(told["blackbar.findings"], &Value::IntValue(2));
    assert!(bare.trace_id.is_empty() && bare.span_id.is_empty());
    for absent in ["user.name", "session.id", "blackbar.principal", "blackbar.fingerprint"] {
        assert!(!attributes(bare).contains_key(absent), "{absent}");
    }
    assert_eq!(
        (limited.severity_number, attributes(limited)["blackbar.findings"]),
        (18, &Value::IntValue(7))
    );
}

#[test]
fn an_id_that_is_none_is_left_out() {
    for (trace, expected) in [(Some("0af7"), 0), (Some("not hex"), 0), (Some(""), 0), (None, 0)] {
        let odd = from(|origin| origin.trace_id = trace.map(Arc::from));
        let request = otlp::request(&[group(odd)], noon());
        assert_eq!(
            request.resource_logs[0].scope_logs[0].log_records[0].trace_id.len(),
            expected,
            "{trace:?}"
        );
    }
}

/// Answers one request with these bytes, and closes.
async fn answering(
    status: &'static str,
    headers: &'static str,
    body: &'static [u8],
    length: usize,
) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/logs", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 64 << 10]).await;
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n");
        stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    });
    Endpoint::full(&url).unwrap()
}

#[tokio::test]
async fn an_answer_of_a_backend_is_read_by_the_table_of_otlp() {
    // ExportLogsServiceResponse { partial_success { rejected_log_records: 1, error_message: "x" } }
    let partial: &[u8] = &[0x0a, 5, 0x08, 1, 0x12, 1, b'x'];
    let retry = |code, after| Err(SinkError::Retry { cause: Cause::Status(code), after });
    let wait = Some(Duration::from_secs(7));
    let slowly = Some(crate::limits::RETRY_MISTAKE);
    for (status, headers, body, length, expected) in [
        ("200 OK", "", &b""[..], 0, Ok(())),
        ("200 OK", "", partial, 7, Err(SinkError::Rejected(1))),
        ("200 OK", "", b"<html>", 6, Ok(())),
        (
            "200 OK",
            "",
            b"cut",
            9,
            Err(SinkError::Retry { cause: Cause::Failed(super::Failure::Broken), after: None }),
        ),
        ("429 Slow", "retry-after: 7\r\n", b"", 0, retry(429, wait)),
        ("503 Down", "retry-after: 7\r\n", b"", 0, retry(503, wait)),
        ("504 Late", "", b"", 0, retry(504, None)),
        ("401 Who", "", b"", 0, retry(401, None)),
        ("404 Where", "", b"", 0, retry(404, slowly)),
        ("400 Bad", "", b"", 0, Err(SinkError::Refused(Cause::Status(400)))),
        ("413 Large", "", b"", 0, Err(SinkError::TooLarge)),
    ] {
        let url = answering(status, headers, body, length).await;
        let headers = vec![SecretHeader::new("x-api-key", "hunter2-blackbar").unwrap()];
        let Ok(mut sink) = Otlp::new(&OtlpConfig { url, headers: headers.into() }) else {
            panic!("no client")
        };
        assert_eq!(sink.write(&[group(alert())], noon()).await, expected, "{status} {length}");
    }
}
