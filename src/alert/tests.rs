#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::limits;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

const NOON: u64 = 1_795_262_400;

fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOON)
}

/// Each time it is asked, a second later.
fn ticking() -> SystemTime {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    noon() + Duration::from_secs(TICKS.fetch_add(1, Ordering::SeqCst))
}

fn alert() -> Alert {
    Alert {
        rule: "fake.secret".into(),
        rule_name: "A fake secret".into(),
        category: Some(Category::Secret),
        severity: Severity::High,
        confidence: Confidence::Medium,
        action: Action::Mask,
        signal: Signal::Logs,
        path: "log.body".into(),
        agent: Some("claude-code".into()),
        user: Some("kim".into()),
        principal: Principal::named("laptops"),
        session: Some("s1".into()),
        service: Some("cli".into()),
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".into()),
        span_id: Some("b7ad6b7169203331".into()),
        fingerprint: Some("f1".into()),
        count: 1,
    }
}

fn bare() -> Alert {
    let principal = Principal::anonymous();
    let (agent, user, session, service) = (None, None, None, None);
    let (trace_id, span_id, fingerprint) = (None, None, None);
    Alert { principal, agent, user, session, service, trace_id, span_id, fingerprint, ..alert() }
}

fn group(alert: Alert) -> Record {
    Record::Group(Group {
        alert,
        count: 2,
        first_seen: noon() + Duration::from_millis(5),
        last_seen: noon() + Duration::from_millis(1250),
    })
}

fn line(record: &Record) -> String {
    let mut out = Vec::new();
    record.write_json(noon() + Duration::from_secs(2), &mut out);
    String::from_utf8(out).unwrap()
}

struct Rig {
    dir: tempfile::TempDir,
    metrics: Arc<Metrics>,
    alerts: Alerts,
    running: Running,
}

impl Rig {
    fn start(window: Duration, clock: Clock) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let metrics = Arc::new(Metrics::new().unwrap());
        let sinks = [SinkConfig::File { path: dir.path().join("out/alerts.jsonl") }];
        let (alerts, running) = spawn(&sinks, window, clock, &metrics).unwrap();
        Self { dir, metrics, alerts, running }
    }

    fn lines(dir: &Path) -> Vec<Value> {
        let text = std::fs::read_to_string(dir.join("out/alerts.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn drain(self) -> (Vec<Value>, u64, String) {
        let left = self.running.drain(Instant::now() + Duration::from_secs(5)).await;
        (Self::lines(self.dir.path()), left, self.metrics.render())
    }
}

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn a_record_is_one_line_with_what_is_known() {
    assert_eq!(
        line(&group(alert())),
        concat!(
            r#"{"time":"2026-11-21T12:00:02.000Z","rule":"fake.secret","rule_name":"A fake secret","#,
            r#""category":"secret","severity":"high","confidence":"medium","action":"mask","#,
            r#""signal":"logs","path":"log.body","agent":"claude-code","user":"kim","#,
            r#""principal":"laptops","session":"s1","service":"cli","#,
            r#""trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","#,
            r#""fingerprint":"f1","count":2,"first_seen":"2026-11-21T12:00:00.005Z","#,
            r#""last_seen":"2026-11-21T12:00:01.250Z"}"#,
            "\n",
        )
    );
    let bare: Value = serde_json::from_str(&line(&group(bare()))).unwrap();
    for absent in ["agent", "user", "principal", "session", "service", "trace_id", "span_id", "fingerprint"] {
        assert!(bare.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn hostile_text_stays_on_one_line_and_is_read_back_as_it_was() {
    for hostile in [
        "a\nb\r\nc",
        "\u{0}\u{1b}[2J\u{7}\u{8}",
        "\u{7f}\u{85}\u{9b}",
        "\u{2028}\u{2029}",
        "\u{202e}txt.exe\u{2066}\u{feff}\u{200b}",
        r#"","severity":"low"}"#,
        r"\u000a\",
        "gr\u{fc}n \u{1f600}",
        "",
    ] {
        let text = || Some(Arc::<str>::from(hostile));
        let (path, rule_name) = (hostile.to_owned(), hostile.to_owned());
        let hostile_alert = Alert {
            path: path.into(),
            rule_name: rule_name.into(),
            user: text(),
            session: text(),
            ..alert()
        };
        let line = line(&group(hostile_alert));
        let plain = |char: char| !char.is_control() && !"\u{2028}\u{2029}\u{202e}\u{2066}".contains(char);
        assert!(line.trim_end_matches('\n').chars().all(plain), "{line:?}");
        let read: Value = serde_json::from_str(&line).unwrap();
        for field in ["path", "rule_name", "user", "session"] {
            assert_eq!(read[field], hostile, "{field}");
        }
        assert_eq!(read["severity"], "high");
    }
}

#[test]
fn debug_tells_the_rule_alone() {
    assert_eq!(format!("{:?}", alert()), "Alert(fake.secret)");
}

#[test]
fn what_differs_in_nothing_a_reader_acts_on_is_one_record() {
    let text = |text: &str| Some(Arc::<str>::from(text));
    for (name, other, merged) in [
        ("same", alert(), true),
        ("trace", Alert { trace_id: text("other"), ..alert() }, true),
        ("span", Alert { span_id: None, ..alert() }, true),
        ("confidence", Alert { confidence: Confidence::High, ..alert() }, true),
        ("rule", Alert { rule: "other".into(), ..alert() }, false),
        ("fingerprint", Alert { fingerprint: text("f2"), ..alert() }, false),
        ("no fingerprint", Alert { fingerprint: None, ..alert() }, false),
        ("action", Alert { action: Action::Drop, ..alert() }, false),
        ("signal", Alert { signal: Signal::Traces, ..alert() }, false),
        ("path", Alert { path: "other".into(), ..alert() }, false),
        ("agent", Alert { agent: text("other"), ..alert() }, false),
        ("user", Alert { user: text("other"), ..alert() }, false),
        ("principal", Alert { principal: Principal::named("other"), ..alert() }, false),
        ("no principal", Alert { principal: Principal::anonymous(), ..alert() }, false),
        ("session", Alert { session: text("other"), ..alert() }, false),
        ("service", Alert { service: text("other"), ..alert() }, false),
    ] {
        let mut groups = Groups::default();
        groups.add(alert(), noon());
        groups.add(other, noon() + LONG);
        let records = groups.into_records();
        assert_eq!(records.len(), if merged { 1 } else { 2 }, "{name}");
        let Record::Group(first) = &records[0] else { panic!("{name}") };
        assert_eq!(first.alert.trace_id, alert().trace_id, "{name}: the first trace is kept");
        let (count, last_seen) = if merged { (2, noon() + LONG) } else { (1, noon()) };
        assert_eq!((first.count, first.first_seen, first.last_seen), (count, noon(), last_seen), "{name}");
        let expected = if name == "confidence" { Confidence::High } else { Confidence::Medium };
        assert_eq!(first.alert.confidence, expected, "{name}");
    }
}

fn numbered(number: usize) -> Alert {
    Alert { path: format!("log.attributes[{number}]").into(), ..alert() }
}

#[test]
fn past_the_bound_only_what_is_new_is_dropped_and_that_is_told() {
    let mut groups = Groups::default();
    (0..limits::ALERT_GROUPS).for_each(|number| groups.add(numbered(number), noon()));
    assert_eq!(groups.clone().into_records().len(), limits::ALERT_GROUPS);
    groups.add(numbered(0), noon());
    groups.add(numbered(limits::ALERT_GROUPS), noon());
    groups.add(numbered(limits::ALERT_GROUPS + 1), noon() + LONG);
    let records = groups.into_records();
    assert_eq!(records.len(), limits::ALERT_GROUPS + 1);
    assert_eq!(records[0].count(), 2);
    let told: Value = serde_json::from_str(&line(records.last().unwrap())).unwrap();
    let expected = json!({
        "time": "2026-11-21T12:00:02.000Z",
        "rule": "blackbar.alerts_dropped",
        "rule_name": "Alerts were dropped: there were too many at once",
        "severity": "high",
        "count": 2,
        "first_seen": "2026-11-21T12:00:00.000Z",
        "last_seen": "2026-11-21T13:00:00.000Z",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn requests_of_one_window_are_merged_and_drained() {
    let rig = Rig::start(LONG, ticking);
    rig.alerts.raise(vec![]);
    rig.alerts.raise(vec![alert(), alert(), numbered(1)]);
    rig.alerts.clone().raise(vec![Alert { trace_id: None, ..alert() }]);
    assert_eq!(Rig::lines(rig.dir.path()), Vec::<Value>::new(), "held for the window");
    let (lines, left, metrics) = rig.drain().await;
    let told: Vec<_> = lines.iter().map(|line| (line["path"].as_str(), line["count"].as_u64())).collect();
    assert_eq!(told, [(Some("log.body"), Some(3)), (Some("log.attributes[1]"), Some(1))]);
    assert_ne!(lines[0]["first_seen"], lines[0]["last_seen"]);
    assert_eq!(left, 0);
    assert!(metrics.contains(r#"blackbar_alerts_total{outcome="written",sink="file"} 4"#), "{metrics}");
}

#[tokio::test]
async fn a_window_ends_by_itself() {
    let rig = Rig::start(Duration::from_millis(20), noon);
    for expected in 1..=2 {
        rig.alerts.raise(vec![alert()]);
        let deadline = Instant::now() + Duration::from_secs(5);
        while Rig::lines(rig.dir.path()).len() < expected {
            assert!(Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    assert_eq!(rig.drain().await.0.len(), 2);
}

#[tokio::test]
async fn a_full_table_is_written_before_its_window_ends() {
    let rig = Rig::start(LONG, noon);
    rig.alerts.raise((0..limits::ALERT_GROUPS + 1).map(numbered).collect());
    let deadline = Instant::now() + Duration::from_secs(20);
    while Rig::lines(rig.dir.path()).len() < limits::ALERT_GROUPS + 1 {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    rig.alerts.raise(vec![alert()]);
    let (lines, left, metrics) = rig.drain().await;
    assert_eq!((lines.len(), left), (limits::ALERT_GROUPS + 2, 0));
    assert!(metrics.contains(r#"blackbar_alerts_total{outcome="dropped",sink="file"} 1"#), "{metrics}");
}

#[tokio::test]
async fn a_sink_in_trouble_gets_everything_when_it_is_well_again() {
    let rig = Rig::start(Duration::ZERO, noon);
    let out = rig.dir.path().join("out");
    // A directory where the file should be: what is open still works, what is opened again does not.
    let break_it = |sink: &mut sink::FileSink| {
        std::fs::remove_dir_all(&out).unwrap();
        std::fs::create_dir_all(out.join("alerts.jsonl")).unwrap();
        sink.close();
    };
    let desk = Arc::new(Desk::new("file", Arc::clone(&rig.metrics)));
    let mut sink = sink::open(&SinkConfig::File { path: out.join("alerts.jsonl") }).unwrap();
    break_it(&mut sink);
    let writer = tokio::spawn(Writer::new(sink, Arc::clone(&desk), Duration::ZERO, noon).run());
    let mut groups = Groups::default();
    groups.add(alert(), noon());
    desk.put(&groups);
    tokio::time::sleep(Duration::from_millis(50)).await;
    desk.put(&groups);
    std::fs::remove_dir(out.join("alerts.jsonl")).unwrap();
    desk.close();
    tokio::time::timeout(Duration::from_secs(5), writer).await.unwrap().unwrap();
    assert_eq!(Rig::lines(rig.dir.path()).len(), 2);
    assert_eq!(desk.give_up(), 0);
}

#[tokio::test]
async fn what_cannot_be_written_by_the_deadline_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let metrics = Arc::new(Metrics::new().unwrap());
    let mut sink = sink::open(&SinkConfig::File { path: dir.path().join("out/alerts.jsonl") }).unwrap();
    std::fs::remove_dir_all(dir.path().join("out")).unwrap();
    std::fs::create_dir_all(dir.path().join("out/alerts.jsonl")).unwrap();
    sink.close();
    let desk = Arc::new(Desk::new("file", Arc::clone(&metrics)));
    let mut tasks = JoinSet::new();
    tasks.spawn(Writer::new(sink, Arc::clone(&desk), Duration::ZERO, noon).run());
    let desks: Arc<[_]> = Arc::new([desk]);
    let alerts = Alerts { desks: Arc::clone(&desks), clock: noon };
    let running = Running { tasks, desks };
    alerts.raise(vec![alert(), alert()]);
    tokio::time::sleep(Duration::from_millis(50)).await;
    alerts.raise(vec![alert()]);
    let begun = Instant::now();
    assert_eq!(running.drain(begun + Duration::from_millis(200)).await, 3);
    assert!(begun.elapsed() < Duration::from_secs(2));
    alerts.raise(vec![alert()]);
    let rendered = metrics.render();
    assert!(rendered.contains(r#"blackbar_alerts_total{outcome="dropped",sink="file"} 4"#), "{rendered}");
}

#[tokio::test]
async fn a_sink_that_cannot_be_opened_is_refused_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let sinks = [SinkConfig::File { path: dir.path().join("file/alerts.jsonl") }];
    let metrics = Arc::new(Metrics::new().unwrap());
    let error = spawn(&sinks, LONG, noon, &metrics).err().unwrap();
    assert!(error.to_string().contains("make the directory writable"), "{error}");
}
