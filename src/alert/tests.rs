#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::limits;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

const NOON: u64 = 1_795_262_400;

pub(super) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOON)
}

/// Each time it is asked, a second later.
fn ticking() -> SystemTime {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    noon() + Duration::from_secs(TICKS.fetch_add(1, Ordering::SeqCst))
}

pub(super) fn alert() -> Alert {
    Alert {
        rule: "fake.secret".into(),
        rule_name: "A fake secret".into(),
        category: Some(Category::Secret),
        severity: Severity::High,
        confidence: Confidence::Medium,
        action: Action::Mask,
        signal: Signal::Logs,
        path: "log.body".into(),
        principal: Principal::named("laptops"),
        origin: Arc::new(origin()),
        fingerprint: Some("f1".into()),
        fingerprint_key: Some("k1".into()),
        previous_fingerprint: Some("f0".into()),
        previous_fingerprint_key: Some("k0".into()),
        sealed: Some("blackbar-sealed-1:AAAA".into()),
        count: 1,
        records: 1,
    }
}

pub(super) fn origin() -> Origin {
    let text = |text: &str| Some(text.into());
    Origin {
        agent: Some("claude-code".into()),
        agent_version: text("2.1.0"),
        user: text("kim"),
        device: text("laptop-7"),
        session: text("s1"),
        conversation: text("c1"),
        prompt: text("p1"),
        tool: text("Bash"),
        model: text("opus"),
        repository: text("acme/app"),
        service: text("cli"),
        trace_id: text("0af7651916cd43dd8448eb211c80319c"),
        span_id: text("b7ad6b7169203331"),
    }
}

/// An alert of another origin.
pub(super) fn from(change: impl FnOnce(&mut Origin)) -> Alert {
    let mut origin = origin();
    change(&mut origin);
    Alert { origin: Arc::new(origin), ..alert() }
}

pub(super) fn bare() -> Alert {
    Alert {
        principal: Principal::anonymous(),
        origin: Arc::default(),
        fingerprint: None,
        fingerprint_key: None,
        previous_fingerprint: None,
        previous_fingerprint_key: None,
        sealed: None,
        ..alert()
    }
}

pub(super) fn group(alert: Alert) -> Record {
    let (rule_severity, paths) = (alert.severity, vec![Arc::clone(&alert.path)]);
    Record::Group(Box::new(Group {
        uid: "0123456789abcdef".to_owned(),
        alert,
        count: 2,
        records: 1,
        paths,
        more_paths: false,
        first_seen: noon() + Duration::from_millis(5),
        last_seen: noon() + Duration::from_millis(1250),
        rule_severity,
        spread: Spread { users: 1, principals: 1, devices: 1, sessions: 1 },
    }))
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

fn config(dir: &Path, window: Duration, durability: Durability) -> Config {
    let kind = SinkKind::File { path: dir.join("out/alerts.jsonl") };
    let sinks = vec![SinkConfig { name: "file".to_owned(), kind }];
    let key = TokenKey::new(&[7; 32]).unwrap();
    Config { sinks, window, directory: dir.join("alerts"), durability, key }
}

impl Rig {
    fn start(window: Duration, clock: Clock) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), window, clock)
    }

    fn start_in(dir: tempfile::TempDir, window: Duration, clock: Clock) -> Self {
        let metrics = Arc::new(Metrics::new().unwrap());
        let (alerts, running) =
            spawn(&config(dir.path(), window, Durability::PageCache), clock, &metrics).unwrap();
        Self { dir, metrics, alerts, running }
    }

    fn lines(dir: &Path) -> Vec<Value> {
        let text = std::fs::read_to_string(dir.join("out/alerts.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn until(&self, lines: usize) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while Self::lines(self.dir.path()).len() < lines {
            assert!(Instant::now() < deadline, "{:?}", Self::lines(self.dir.path()));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn drain(self) -> (Vec<Value>, Left, String) {
        let left = self.running.drain(Instant::now() + Duration::from_secs(5)).await;
        (Self::lines(self.dir.path()), left, self.metrics.render())
    }

    /// Stops it as a crash would: nothing is drained.
    fn crash(self) -> tempfile::TempDir {
        let Self { dir, alerts, running, .. } = self;
        drop((alerts, running));
        dir
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
            r#""signal":"logs","path":"log.body","principal":"laptops","agent":"claude-code","#,
            r#""agent_version":"2.1.0","user":"kim","device":"laptop-7","session":"s1","#,
            r#""conversation":"c1","prompt":"p1","tool":"Bash","model":"opus","#,
            r#""repository":"acme/app","service":"cli","#,
            r#""trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","#,
            r#""fingerprint":"f1","fingerprint_key":"k1","#,
            r#""previous_fingerprint":"f0","previous_fingerprint_key":"k0","#,
            r#""sealed":"blackbar-sealed-1:AAAA","#,
            r#""count":2,"records":1,"first_seen":"2026-11-21T12:00:00.005Z","#,
            r#""last_seen":"2026-11-21T12:00:01.250Z","#,
            r#""spread":{"users":1,"principals":1,"devices":1,"sessions":1},"uid":"0123456789abcdef"}"#,
            "\n",
        )
    );
    let bare: Value = serde_json::from_str(&line(&group(bare()))).unwrap();
    let kept: Vec<_> = bare.as_object().unwrap().keys().map(String::as_str).collect();
    let always =
        ["time", "rule", "rule_name", "category", "severity", "confidence", "action", "signal", "path"];
    let counted = ["count", "records", "first_seen", "last_seen", "spread", "uid"];
    assert!(kept.iter().all(|key| always.contains(key) || counted.contains(key)), "{kept:?}");
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
        let said = |origin: &mut Origin| (origin.user, origin.session) = (text(), text());
        let hostile_alert = Alert { path: path.into(), rule_name: rule_name.into(), ..from(said) };
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
fn what_is_of_one_secret_and_one_sender_is_one_group() {
    let text = |text: &str| Some(Arc::<str>::from(text));
    for (name, other, merged) in [
        ("same", alert(), true),
        ("trace", from(|origin| origin.trace_id = Some("other".into())), true),
        ("span", from(|origin| origin.span_id = None), true),
        ("confidence", Alert { confidence: Confidence::High, ..alert() }, true),
        ("signal", Alert { signal: Signal::Traces, ..alert() }, true),
        ("path", Alert { path: "other".into(), ..alert() }, true),
        ("rule", Alert { rule: "other".into(), ..alert() }, false),
        ("fingerprint", Alert { fingerprint: text("f2"), ..alert() }, false),
        ("no fingerprint", Alert { fingerprint: None, ..alert() }, false),
        ("action", Alert { action: Action::Drop, ..alert() }, false),
        ("agent", from(|origin| origin.agent = Some("other".into())), false),
        ("user", from(|origin| origin.user = Some("other".into())), false),
        ("principal", Alert { principal: Principal::named("other"), ..alert() }, false),
        ("no principal", Alert { principal: Principal::anonymous(), ..alert() }, false),
        ("session", from(|origin| origin.session = Some("other".into())), false),
        ("device", from(|origin| origin.device = Some("other".into())), false),
        ("tool", from(|origin| origin.tool = Some("other".into())), true),
        ("service", from(|origin| origin.service = Some("other".into())), false),
        ("no fingerprint, another path", Alert { path: "other".into(), fingerprint: None, ..alert() }, false),
    ] {
        let mut groups = Groups::default();
        groups.add(alert(), noon());
        groups.add(other, noon() + LONG);
        let groups = groups.into_parts().groups;
        assert_eq!(groups.len(), if merged { 1 } else { 2 }, "{name}");
        let (first, tally) = &groups[0];
        assert_eq!(first.origin.trace_id, alert().origin.trace_id, "{name}: the first trace is kept");
        let (count, last_seen) = if merged { (2, noon() + LONG) } else { (1, noon()) };
        assert_eq!((tally.count, tally.records), (count, count), "{name}");
        assert_eq!((tally.first_seen, tally.last_seen), (noon(), last_seen), "{name}");
        let expected = if name == "confidence" { Confidence::High } else { Confidence::Medium };
        assert_eq!(tally.confidence, expected, "{name}");
        assert_eq!(tally.paths.len(), if name == "path" { 2 } else { 1 }, "{name}");
    }
}

#[test]
fn places_are_told_up_to_a_bound() {
    for (places, told, more) in
        [(1, 1, false), (limits::ALERT_PATHS, limits::ALERT_PATHS, false), (99, limits::ALERT_PATHS, true)]
    {
        let mut groups = Groups::default();
        for place in (0..places).chain(0..places) {
            groups.add(Alert { path: format!("log.attributes[{place}]").into(), ..alert() }, noon());
        }
        let groups = groups.into_parts().groups;
        assert_eq!((groups[0].1.paths.len(), groups[0].1.more_paths), (told, more), "{places} places");
    }
}

fn numbered(number: usize) -> Alert {
    Alert { fingerprint: Some(format!("f{number}").into()), ..alert() }
}

#[test]
fn past_the_bound_only_what_is_new_is_dropped() {
    let mut groups = Groups::default();
    (0..limits::ALERT_GROUPS).for_each(|number| groups.add(numbered(number), noon()));
    assert!(groups.clone().into_parts().dropped.is_none());
    groups.add(numbered(0), noon());
    groups.add(numbered(limits::ALERT_GROUPS), noon());
    groups.add(numbered(limits::ALERT_GROUPS + 1), noon() + LONG);
    let groups::Parts { groups, dropped, .. } = groups.into_parts();
    assert_eq!((groups.len(), groups[0].1.count), (limits::ALERT_GROUPS, 2));
    let told: Value = serde_json::from_str(&line(&Record::Dropped(dropped.unwrap()))).unwrap();
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
    rig.alerts.raise(vec![]).await;
    rig.alerts.raise(vec![alert(), alert(), numbered(2)]).await;
    rig.alerts.clone().raise(vec![Alert { path: "log.attributes.x".into(), ..alert() }]).await;
    assert_eq!(Rig::lines(rig.dir.path()), Vec::<Value>::new(), "held for the window");
    let (lines, left, metrics) = rig.drain().await;
    let told: Vec<_> =
        lines.iter().map(|line| (line["fingerprint"].as_str(), line["count"].as_u64())).collect();
    assert_eq!(told, [(Some("f1"), Some(3)), (Some("f2"), Some(1))]);
    assert_eq!(lines[0]["paths"], json!(["log.body", "log.attributes.x"]));
    assert_ne!(lines[0]["first_seen"], lines[0]["last_seen"]);
    assert_eq!(left, Left::default());
    assert!(metrics.contains(r#"blackbar_alerts_total{outcome="written",sink="file"} 4"#), "{metrics}");
}

#[tokio::test]
async fn a_window_ends_by_itself() {
    let rig = Rig::start(Duration::from_millis(20), noon);
    for expected in 1..=2 {
        rig.alerts.raise(vec![alert()]).await;
        rig.until(expected).await;
    }
    assert_eq!(rig.drain().await.0.len(), 2);
}

#[tokio::test]
async fn what_was_raised_is_told_after_a_crash_and_has_the_same_name_twice() {
    let rig = Rig::start(LONG, noon);
    rig.alerts.raise(vec![alert()]).await;
    let dir = rig.crash();
    assert_eq!(Rig::lines(dir.path()), Vec::<Value>::new());
    // Its lanes belong to the first until its threads have ended.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let again = Rig::start_in(dir, Duration::ZERO, noon);
    again.until(1).await;
    again.alerts.raise(vec![alert()]).await;
    again.until(2).await;
    let (lines, ..) = again.drain().await;
    assert_eq!(lines[0]["uid"], lines[1]["uid"], "the same alert at the same time");
}

#[tokio::test]
async fn a_secret_in_other_hands_is_worse() {
    let rig = Rig::start(Duration::ZERO, noon);
    let low = Alert { severity: Severity::Low, ..alert() };
    let in_session = |session: &str, user: &str| {
        let said = |origin: &mut Origin| {
            (origin.session, origin.user) = (Some(session.into()), Some(user.into()));
        };
        Alert { severity: Severity::Low, ..from(said) }
    };
    let others = [
        low.clone(),
        in_session("s2", "kim"),
        in_session("s2", "ada"),
        Alert { category: Some(Category::Pii), ..in_session("s3", "kim") },
    ];
    for (at, alert) in others.into_iter().enumerate() {
        rig.alerts.raise(vec![alert]).await;
        rig.until(at + 1).await;
    }
    let (lines, ..) = rig.drain().await;
    let severities: Vec<_> = lines.iter().map(|line| line["severity"].as_str().unwrap()).collect();
    assert_eq!(severities, ["low", "medium", "high", "low"]);
    assert_eq!(lines[2]["spread"], json!({"users": 2, "principals": 1, "devices": 1, "sessions": 2}));
    assert_eq!(lines[3].get("spread"), None, "an address is in all sessions of its person");
}

#[tokio::test]
async fn past_the_rate_of_a_principal_the_rest_is_counted_and_another_is_told() {
    let rig = Rig::start(LONG, noon);
    let most = usize::try_from(limits::ALERTS_AN_HOUR).unwrap();
    rig.alerts.raise((0..most + 5).map(numbered).collect()).await;
    rig.alerts.raise(vec![Alert { principal: Principal::named("other"), ..alert() }]).await;
    rig.alerts.raise(vec![Alert { severity: Severity::Critical, fingerprint: None, ..alert() }]).await;
    let (lines, left, _) = rig.drain().await;
    assert_eq!((lines.len(), left), (most + 3, Left::default()));
    assert_eq!(lines[most]["principal"], "other");
    assert_eq!(lines[most + 1]["severity"], "critical", "a flood of others does not hide it");
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["rule"], &last["count"], &last["principal"]),
        (&json!("blackbar.alerts_limited"), &json!(5), &json!("laptops"))
    );
}

#[tokio::test]
async fn what_cannot_be_written_by_the_deadline_is_kept_for_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let metrics = Arc::new(Metrics::new().unwrap());
    let full = SinkConfig { name: "full".to_owned(), kind: SinkKind::File { path: "/dev/full".into() } };
    let mut config = config(dir.path(), Duration::ZERO, Durability::PageCache);
    config.sinks.push(full);
    let (alerts, running) = spawn(&config, noon, &metrics).unwrap();
    alerts.raise(vec![alert(), alert()]).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    alerts.raise(vec![alert()]).await;
    let begun = Instant::now();
    let left = running.drain(begun + Duration::from_millis(500)).await;
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert_eq!(left, Left { raised: 0, undelivered: 3 });
    assert_eq!(Rig::lines(dir.path()).len(), 2, "the other sink has them");
    assert!(metrics.render().contains(r#"blackbar_alerts_total{outcome="retried",sink="full"}"#));
    drop(alerts);
    tokio::time::sleep(Duration::from_millis(300)).await;
    config.sinks[1].kind = SinkKind::File { path: dir.path().join("out/second.jsonl") };
    let (_alerts, running) = spawn(&config, noon, &metrics).unwrap();
    assert_eq!(running.drain(Instant::now() + Duration::from_secs(5)).await, Left::default());
    let second = std::fs::read_to_string(dir.path().join("out/second.jsonl")).unwrap();
    assert_eq!(second.lines().count(), 2);
    assert_eq!(Rig::lines(dir.path()).len(), 2, "and nothing comes twice after a drain");
}

#[tokio::test]
async fn what_cannot_be_kept_is_counted_and_told_with_the_next() {
    let rig = Rig::start(LONG, noon);
    rig.alerts.overflow.add(3, noon());
    rig.alerts.raise(vec![alert()]).await;
    let (lines, ..) = rig.drain().await;
    assert_eq!((&lines[1]["rule"], &lines[1]["count"]), (&json!("blackbar.alerts_dropped"), &json!(3)));
}

#[tokio::test]
async fn what_concerns_ourselves_is_told_once_a_window_and_over_a_crash() {
    let rig = Rig::start(LONG, noon);
    rig.alerts.notice(What::ReloadFailed).await;
    rig.alerts.raise(vec![alert()]).await;
    rig.alerts.notice(What::ReloadFailed).await;
    let dir = rig.crash();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (lines, left, _) = Rig::start_in(dir, LONG, noon).drain().await;
    assert_eq!((lines.len(), left), (2, Left::default()), "{lines:?}");
    let mut notice = lines[1].clone();
    assert!(notice.as_object_mut().unwrap().remove("time").is_some());
    let expected = json!({
        "rule": "blackbar.reload_failed",
        "rule_name": "The rules that are there now cannot be used: the old ones go on. The log says why",
        "severity": "high",
        "count": 2,
        "first_seen": "2026-11-21T12:00:00.000Z",
        "last_seen": "2026-11-21T12:00:00.000Z",
    });
    assert_eq!(notice, expected);
}

#[tokio::test]
async fn a_sink_that_cannot_be_opened_is_refused_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("out"), "").unwrap();
    let metrics = Arc::new(Metrics::new().unwrap());
    let error = spawn(&config(dir.path(), LONG, Durability::Memory), noon, &metrics).err().unwrap();
    assert!(error.to_string().contains("make the directory writable"), "{error}");
}
