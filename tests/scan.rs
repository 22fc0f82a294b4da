//! `blackbar scan` as other programs use it: what it reads, what it prints, how it ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use blackbar::otlp::Payload;
use blackbar::signal::Signal;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Made up; it stands with the rule as its example.
const TOKEN: &str = "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";
const MASKED: &str = "[REDACTED:github.personal_access_token]";

/// Far more than any of this takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a run came to.
#[derive(Debug)]
struct Ran {
    status: i32,
    out: String,
    err: String,
}

impl Ran {
    fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[test]
fn findings_are_printed_with_their_place_and_without_their_value() {
    let directory = tempfile::tempdir().unwrap();
    let text = format!(
        "one\n  key {TOKEN} end\n\u{e9}\u{e9} ada@example.org and 4111 1111 1111 1111\r\n{{\"a\":{{\"b\":[\"{TOKEN}\"]}}}}\n{TOKEN}"
    );
    std::fs::write(directory.path().join("a.txt"), text).unwrap();
    std::fs::write(directory.path().join("b.txt"), "nothing to see\n").unwrap();
    let expected = "\
        a.txt:2:7: github.personal_access_token [critical] key [REDACTED] end\n\
        a.txt:3:6: pii.email [medium] \u{e9}\u{e9} [REDACTED] and [REDACTED]\n\
        a.txt:3:26: pii.payment_card [high] \u{e9}\u{e9} [REDACTED] and [REDACTED]\n\
        a.txt:4:13: github.personal_access_token [critical] a.b[0] {\"a\":{\"b\":[\"[REDACTED]\"]}}\n\
        a.txt:5:1: github.personal_access_token [critical] [REDACTED]\n";
    let ran = scan(directory.path(), &["b.txt", "a.txt"], b"");
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (1, expected, ""));
}

#[test]
fn the_way_inside_a_document_is_printed() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.json"), format!(r#"{{"a":{{"b":["x","{TOKEN}"]}}}}"#)).unwrap();
    let ran = scan(directory.path(), &["a.json"], b"");
    let start = "a.json:1:17: github.personal_access_token [critical] ";
    assert!(ran.out.starts_with(start) && !ran.out.contains(TOKEN), "{ran:?}");
    assert!(ran.out[start.len()..].contains("a.b[1] "), "{ran:?}");
}

#[test]
fn a_long_line_is_not_printed_whole() {
    let directory = tempfile::tempdir().unwrap();
    let text = format!("{}{TOKEN} {}\n", "word ".repeat(400), "word ".repeat(400));
    std::fs::write(directory.path().join("a.txt"), text).unwrap();
    let ran = scan(directory.path(), &["a.txt"], b"");
    assert!(ran.out.starts_with("a.txt:1:2001: "), "{ran:?}");
    assert!(ran.out.len() < 200, "{ran:?}");
}

#[test]
fn the_status_tells_whether_there_are_findings() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("clean.txt"), "nothing to see\n").unwrap();
    std::fs::write(directory.path().join("empty.txt"), "").unwrap();
    std::fs::write(directory.path().join("found.bin"), [b"\xff\x00 ", TOKEN.as_bytes(), b"\xfe"].concat())
        .unwrap();
    for (files, status) in [
        (&["clean.txt"][..], 0),
        (&["empty.txt", "clean.txt"], 0),
        (&["clean.txt", "found.bin"], 1),
        (&["found.bin", "clean.txt"], 1),
    ] {
        let ran = scan(directory.path(), files, b"");
        assert_eq!((ran.status, ran.err.as_str()), (status, ""), "{files:?}");
        assert_eq!(ran.out.is_empty(), status == 0, "{files:?}");
        assert!(!ran.out.contains(TOKEN));
    }
}

#[test]
fn a_file_that_cannot_be_read_holds_no_other_back() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.txt"), format!("{TOKEN}\n")).unwrap();
    std::fs::create_dir(directory.path().join("sub")).unwrap();
    for missing in ["no.txt", "sub"] {
        for files in [[missing, "a.txt"], ["a.txt", missing]] {
            let ran = scan(directory.path(), &files, b"");
            let expected = "a.txt:1:1: github.personal_access_token [critical] [REDACTED]\n";
            assert_eq!((ran.status, ran.out.as_str()), (2, expected), "{files:?}: {ran:?}");
            assert!(ran.err.contains(missing), "{files:?}: {ran:?}");
            assert_eq!(ran.err.lines().count(), 1, "{files:?}: {ran:?}");
        }
    }
}

#[test]
fn a_line_of_json_is_answered_in_so_many_bytes() {
    let email = r#"{"rule":"pii.email","category":"pii","start":START,"end":END,"severity":"medium","confidence":"high"}"#;
    let at = |start: usize, end: usize| {
        email.replace("START", &start.to_string()).replace("END", &end.to_string())
    };
    let token = |start: usize| {
        let end = start + TOKEN.len();
        format!(
            r#"{{"rule":"github.personal_access_token","category":"secret","start":{start},"end":{end},"severity":"critical","confidence":"high"}}"#
        )
    };
    let rows = [
        (
            r#"{"id":"a","text":"nothing"}"#.to_owned(),
            r#"{"id":"a","text":"nothing","findings":[]}"#.to_owned(),
        ),
        (
            format!(r#"{{"text":"see {TOKEN}","id":7}}"#),
            format!(r#"{{"id":7,"text":"see {MASKED}","findings":[{}]}}"#, token(4)),
        ),
        (
            format!("{{\"id\":[1],\"text\":\"\u{e9}\u{1f98a} {TOKEN} ada@example.org\"}}"),
            format!(
                "{{\"id\":[1],\"text\":\"\u{e9}\u{1f98a} {MASKED} [REDACTED:pii.email]\",\"findings\":[{},{}]}}",
                token(7),
                at(48, 63)
            ),
        ),
        (
            format!(r#"{{"id":null,"text":"\u00e9 \"\n{TOKEN}","more":{{"is":"ignored"}}}}"#),
            format!("{{\"id\":null,\"text\":\"\u{e9} \\\"\\n{MASKED}\",\"findings\":[{}]}}", token(5)),
        ),
    ];
    let input: String = rows.iter().map(|(line, _)| format!("{line}\n")).collect();
    let expected: String = rows.iter().map(|(_, answer)| format!("{answer}\n")).collect();
    let ran = jsonl(input.as_bytes());
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, expected.as_str(), ""));
}

#[test]
fn an_id_comes_back_as_it_was() {
    let ids = [
        r#""a""#,
        r#""""#,
        r#""\u00e9\n\"""#,
        "0",
        "-7",
        "18446744073709551615",
        "9007199254740993",
        "1.5",
        "true",
        "null",
        "[]",
        r#"[1,"b",null]"#,
        r#"{"a":{"b":[1]}}"#,
    ];
    let input: String = ids.iter().map(|id| format!("{{\"id\":{id},\"text\":\"x\"}}\n")).collect();
    let ran = jsonl(input.as_bytes());
    assert_eq!(ran.status, 0, "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines.len(), ids.len());
    for (id, line) in ids.iter().zip(lines) {
        assert_eq!(line["id"], serde_json::from_str::<Value>(id).unwrap(), "{id}");
    }
    let without = jsonl(b"{\"text\":\"x\"}");
    assert_eq!((without.status, without.out.as_str()), (0, "{\"id\":null,\"text\":\"x\",\"findings\":[]}\n"));
}

#[test]
fn what_is_redacted_is_what_the_findings_say() {
    for fixture in ["copilot-chat/traces.json", "claude-code/logs.json", "codex/logs.json"] {
        let whole = std::fs::read_to_string(fixtures().join(fixture)).unwrap();
        let whole = whole.replace(r"\ud83d", "?");
        let texts: Vec<&str> = whole.lines().chain([whole.as_str()]).collect();
        let input: String =
            texts.iter().map(|text| json!({"id": 1, "text": text}).to_string() + "\n").collect();
        let ran = jsonl(input.as_bytes());
        assert_eq!(ran.status, 0, "{fixture}");
        let answers = ran.lines();
        assert_eq!(answers.len(), texts.len(), "{fixture}");
        let mut findings = 0;
        for (text, answer) in texts.iter().zip(&answers) {
            check_ranges(fixture, text, answer);
            findings += answer["findings"].as_array().unwrap().len();
        }
        assert!(findings > 8, "{fixture}: {findings}");
    }
}

/// More layers than are opened, behind a token that is seen at once.
fn too_deep() -> String {
    let text = "the beginning of a long text".to_owned();
    let deep = (0..14).fold(text, |text, _| data_encoding::BASE64.encode(text.as_bytes()));
    format!("{TOKEN} [\"{deep}\"]")
}

#[test]
fn what_cannot_be_scanned_is_a_finding_and_is_not_printed() {
    let directory = tempfile::tempdir().unwrap();
    let text = too_deep();
    std::fs::write(directory.path().join("a.txt"), format!("one\n{text}\n")).unwrap();
    let ran = scan(directory.path(), &["a.txt"], b"");
    let expected = "a.txt:1:1: blackbar.unscanned [medium] too_deep\n";
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (1, expected, ""));

    let line = json!({"id": 1, "text": text}).to_string();
    let finding = json!({
        "rule": "blackbar.unscanned", "category": null, "start": 0, "end": text.len(),
        "severity": "medium", "confidence": "high",
    });
    let answer = json!({"id": 1, "text": "[REDACTED:unscanned]", "findings": [finding]});
    assert_eq!(jsonl(line.as_bytes()).lines(), [answer]);
}

#[test]
fn what_cannot_be_scanned_of_a_recording_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let record = json!({"body": {"stringValue": too_deep()}, "severityText": "beside"});
    let request = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record, record]}]}]});
    let lines = format!("{request}\n{}\n", json!({"not": "otlp", "text": too_deep()}));
    std::fs::write(directory.path().join("logs.jsonl"), lines).unwrap();
    let ran = otlp(directory.path(), &["logs.jsonl"]);
    let told = "logs.jsonl: blackbar.unscanned: values over a limit, replaced whole: 3\n";
    assert_eq!((ran.status, ran.err.as_str()), (0, told));
    assert_eq!(ran.out.matches("[REDACTED:unscanned]").count(), 3);
    assert_eq!(ran.out.matches("beside").count(), 2);
    assert!(!ran.out.contains(TOKEN), "{ran:?}");
}

#[test]
fn a_bad_line_has_an_error_in_its_place() {
    let rows: [(&[u8], Value); 8] = [
        (br#"{"id":7,"txt":"SECRET"}"#, json!(7)),
        (br#"{"id":"a","text":["SECRET"]}"#, json!("a")),
        (br#"{"text":null,"id":{"b":1}}"#, json!({"b": 1})),
        (br#"{"id":"c","text":"SECRET"#, Value::Null),
        (br#""SECRET""#, Value::Null),
        (br"[]", Value::Null),
        (b"SECRET", Value::Null),
        (b"\xff\xfe", Value::Null),
    ];
    let mut input = Vec::new();
    for (bad, _) in &rows {
        input.extend_from_slice(String::from_utf8_lossy(bad).replace("SECRET", TOKEN).as_bytes());
        input.extend_from_slice(b"\n{\"id\":\"good\",\"text\":\"x\"}\n \n");
    }
    let ran = jsonl(&input);
    assert_eq!(ran.status, 2, "a program that only looks at the status has to notice");
    assert!(!ran.out.contains(TOKEN) && !ran.err.contains(TOKEN), "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines.len(), 2 * rows.len());
    for (row, ((bad, id), pair)) in rows.iter().zip(lines.chunks(2)).enumerate() {
        let bad = String::from_utf8_lossy(bad);
        assert_eq!(pair[0]["id"], *id, "{bad}");
        let number = 3 * row + 1;
        let error = pair[0]["error"].as_str().unwrap_or_default();
        assert!(error.starts_with(&format!("line {number}: ")), "{bad}: {}", pair[0]);
        assert_eq!(pair[0].as_object().unwrap().len(), 2, "neither text nor findings: {bad}");
        assert_eq!(pair[1], json!({"id": "good", "text": "x", "findings": []}));
    }
}

#[test]
fn half_a_surrogate_pair_is_read_as_a_replacement_character() {
    let input = format!(
        "{{\"id\":1,\"text\":\"a\\ud83d {TOKEN}\"}}\n{{\"id\":2,\"text\":\"\\udc00\\ud83d\\ude00 {TOKEN}\"}}\n"
    );
    let ran = jsonl(input.as_bytes());
    assert_eq!(ran.status, 0, "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines[0]["text"], format!("a\u{fffd} {MASKED}"));
    assert_eq!(lines[0]["findings"][0]["start"], 5, "of the text with the replacement in it");
    assert_eq!(lines[1]["text"], format!("\u{fffd}\u{1f600} {MASKED}"));
    assert_eq!(lines[1]["findings"][0]["start"], 8);
}

#[test]
fn recordings_are_cleaned_whatever_they_are_written_in() {
    let directory = tempfile::tempdir().unwrap();
    for (signal, fixture) in [
        (Signal::Traces, "copilot-chat/traces.json"),
        (Signal::Logs, "claude-code/logs.json"),
        (Signal::Metrics, "gemini-cli/metrics.json"),
    ] {
        let json = std::fs::read(fixtures().join(fixture)).unwrap();
        let payload = || Payload::from_json(signal, &json).unwrap();
        let mut line = Vec::new();
        payload().write_json(&mut line);
        let name = |extension: &str| format!("{signal}.{extension}");
        std::fs::write(directory.path().join(name("json")), &json).unwrap();
        std::fs::write(directory.path().join(name("pb")), payload().to_protobuf()).unwrap();
        std::fs::write(directory.path().join(name("jsonl")), [&line[..], b"\n", &line, b"\n"].concat())
            .unwrap();
        // Nothing in this name says which signal it is.
        std::fs::write(directory.path().join("recorded.json"), &json).unwrap();
        let once = otlp(directory.path(), &[&name("json")]);
        assert_eq!((once.status, once.err.as_str()), (0, ""), "{fixture}");
        assert_eq!(once.out.lines().count(), 1, "{fixture}");
        check_clean(fixture, &once.out);
        let reread = Payload::from_json(signal, once.out.as_bytes()).unwrap();
        assert_eq!(reread.records(), payload().records(), "{fixture}");
        for (file, times) in [(name("pb"), 1), (name("jsonl"), 2), ("recorded.json".to_owned(), 1)] {
            let ran = otlp(directory.path(), &[&file]);
            assert_eq!((ran.status, ran.out), (0, once.out.repeat(times)), "{fixture} as {file}");
        }
        let both = otlp(directory.path(), &[&name("pb"), &name("json")]);
        assert_eq!((both.status, both.out), (0, once.out.repeat(2)), "{fixture}");
    }
}

#[test]
fn what_copilots_file_exporter_wrote_is_cleaned_line_by_line() {
    let file = "copilot-chat/file-exporter.jsonl";
    let ran = otlp(&fixtures(), &[file]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    check_clean(file, &ran.out);
    let before = std::fs::read_to_string(fixtures().join(file)).unwrap();
    let before: Vec<Value> = before.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let after = ran.lines();
    assert_eq!(after.len(), before.len(), "one line each");
    for (before, after) in before.iter().zip(&after) {
        for member in ["type", "traceId", "spanId", "parentSpanId", "name", "startTime", "resource", "status"]
        {
            assert_eq!(before[member], after[member], "{member}");
        }
        assert_ne!(before, after);
    }
    let messages = after[0]["attributes"]["gen_ai.input.messages"].as_str().unwrap();
    let messages: Value = serde_json::from_str(messages).expect("what stands in a string is still JSON");
    assert_eq!(
        messages[0]["parts"][0]["content"],
        "Why does the deploy fail? I exported OPENAI_API_KEY=[REDACTED:openai.api_key]"
    );
    assert_eq!(messages[1]["parts"][0]["arguments"]["env"]["region"], "westeurope");
}

#[test]
fn what_is_no_recording_is_refused_without_a_word_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let open = r#"{"arrayValue":{"values":["#.repeat(5_000);
    let value = format!("{open}{{\"stringValue\":\"{TOKEN}\"}}{}", "]}}".repeat(5_000));
    let deep = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{value}}}]}}]}}]}}"#);
    let rows: [(&str, Vec<u8>); 5] = [
        ("broken.pb", [b"\x01\x02", TOKEN.as_bytes()].concat()),
        ("unknown.bin", format!("\u{1}{TOKEN}").into_bytes()),
        ("text.txt", format!("token {TOKEN}").into_bytes()),
        ("deep.json", deep.clone().into_bytes()),
        ("deep-logs.json", deep.into_bytes()),
    ];
    for (name, content) in rows {
        std::fs::write(directory.path().join(name), content).unwrap();
        let ran = otlp(directory.path(), &[name]);
        assert_eq!((ran.status, ran.out.len()), (2, 0), "{name}: {}", ran.err);
        assert!(ran.err.contains(name) && !ran.err.contains("ghp_"), "{name}: {ran:?}");
    }
    let ran = otlp(directory.path(), &["missing.pb"]);
    assert_eq!((ran.status, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("missing.pb"), "{ran:?}");
}

/// That an answer's text is the original with the ranges replaced. Findings that overlap are one range.
fn check_ranges(fixture: &str, text: &str, answer: &Value) {
    let place = |finding: &Value, end: &str| usize::try_from(finding[end].as_u64().unwrap()).unwrap();
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for finding in answer["findings"].as_array().unwrap() {
        let (start, end) = (place(finding, "start"), place(finding, "end"));
        assert!(start < end && text.get(start..end).is_some(), "{fixture}: {finding}");
        match ranges.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => ranges.push((start, end)),
        }
    }
    let mut rest = answer["text"].as_str().unwrap();
    let mut at = 0;
    for (start, end) in ranges {
        rest = rest
            .strip_prefix(&text[at..start])
            .unwrap_or_else(|| panic!("{fixture}: differs before {start}"));
        // A number that is redacted gets quotes: the document stays a document.
        rest = rest.strip_prefix('"').filter(|rest| rest.starts_with("[REDACTED:")).unwrap_or(rest);
        assert!(rest.starts_with("[REDACTED:"), "{fixture}: no placeholder at {start}");
        rest = &rest[rest.find(']').unwrap() + 1..];
        at = end;
    }
    assert_eq!(rest.trim_start_matches('"'), text[at..].trim_start_matches('"'), "{fixture}");
}

/// That no planted value of a shape, or under a name, is left. Addresses that say who somebody is stay.
fn check_clean(fixture: &str, clean: &str) {
    let planted = std::fs::read(fixtures().join("planted.json")).unwrap();
    let planted: Vec<Value> = serde_json::from_slice(&planted).unwrap();
    let is_plain = |planted: &&Value| {
        (planted["tier"] == "pattern" || planted["tier"] == "keyword") && planted["identity"] != true
    };
    for planted in planted.iter().filter(is_plain) {
        assert!(!clean.contains(planted["value"].as_str().unwrap()), "{fixture}: {}", planted["id"]);
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/otlp")
}

fn jsonl(input: &[u8]) -> Ran {
    scan(Path::new("."), &["--jsonl"], input)
}

fn otlp(directory: &Path, files: &[&str]) -> Ran {
    scan(directory, &[&["--otlp"], files].concat(), b"")
}

/// Runs `blackbar scan` in a directory. Ended if it takes too long.
fn scan(directory: &Path, arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_blackbar"))
        .arg("scan")
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let (out, err) = (follow(child.stdout.take().unwrap()), follow(child.stderr.take().unwrap()));
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("scan {arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let _ = writer.join().unwrap();
    Ran { status: status.code().unwrap(), out: out.join().unwrap(), err: err.join().unwrap() }
}

fn follow(mut stream: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    })
}
