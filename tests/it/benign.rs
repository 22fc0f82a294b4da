//! Text that has to stay: no rule for secrets finds anything in it.

use crate::fixture;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

#[test]
fn benign_text_holds_no_secret() {
    let mut wrong = Vec::new();
    for answer in scan(&texts()) {
        let findings = answer["findings"].as_array().unwrap();
        let secrets = findings.iter().filter(|finding| finding["category"] == "secret");
        wrong.extend(secrets.map(|finding| format!("{}: {}", answer["id"], finding["rule"])));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every line of every benign file on its own, and every file as a whole.
fn texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for file in std::fs::read_dir(fixture::directory().join("benign")).unwrap().flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file.path()).unwrap();
        let lines = text.lines().enumerate();
        texts.extend(lines.map(|(number, line)| (format!("{name}:{}", number + 1), line.to_owned())));
        texts.push((name, text));
    }
    texts
}

/// What `blackbar scan --jsonl` says of texts.
fn scan(texts: &[(String, String)]) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_blackbar"))
        .args(["scan", "--jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = String::new();
    for (id, text) in texts {
        lines.push_str(&json!({"id": id, "text": text}).to_string());
        lines.push('\n');
    }
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), texts.len(), "one answer a line");
    for ((id, _), answer) in texts.iter().zip(&answers) {
        assert_eq!(answer["id"], *id, "in the same order");
    }
    answers
}
