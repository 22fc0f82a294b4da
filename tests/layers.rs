//! Holds the code to its layers: imports point only downwards, and what stands below `telemetry` logs
//! nothing, awaits nothing, and reads no clock, no file and no environment.
//!
//! A module this test does not know fails it: whoever adds one decides how high it stands.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "layers/source.rs"]
mod source;

use source::{Named, names};
use std::path::Path;

/// How high each module stands. It may import what stands lower, and nothing else but itself.
const RANKS: [(&str, u8); 37] = [
    // Words.
    ("side_by_side", 0),
    ("numbered", 0),
    ("signal", 0),
    ("path", 0),
    ("agent", 0),
    ("limits", 0),
    ("untrusted", 0),
    ("principal", 0),
    ("secret", 0),
    ("tree", 0),
    // Data.
    ("otlp", 1),
    ("rule", 1),
    ("token", 1),
    ("seal", 1),
    // Mind.
    ("content", 2),
    ("attribution", 2),
    ("scan", 3),
    ("policy", 4),
    ("redact", 5),
    ("pipeline", 6),
    // Doors.
    ("telemetry", TELEMETRY),
    ("backoff", 8),
    ("lane", 8),
    ("lines", 8),
    ("pack", 8),
    ("upstream", 8),
    ("azure", 9),
    ("queue", 10),
    ("alert", 10),
    ("export", 11),
    ("proxy", 12),
    ("receive", 13),
    ("admin", 13),
    // House.
    ("config", 14),
    ("harden", 14),
    ("app", 15),
    ("cli", 16),
];

const TELEMETRY: u8 = 7;

#[test]
fn the_code_keeps_to_its_layers() {
    let mut violations = Vec::new();
    let mut files = 0;
    visit(Path::new("src"), &mut |path, text| {
        files += 1;
        violations.extend(violations_in(path, text));
    });
    assert!(files > 5, "src is not here");
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

fn visit(directory: &Path, each: &mut dyn FnMut(&str, &str)) {
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            visit(&path, each);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let below: Vec<_> = path.iter().skip(1).map(|part| part.to_str().unwrap()).collect();
            each(&below.join("/"), &std::fs::read_to_string(&path).unwrap());
        }
    }
}

fn rank(module: &str) -> Option<u8> {
    RANKS.iter().find(|(name, _)| *name == module).map(|(_, rank)| *rank)
}

/// What a file below `src` does that it may not, as `file:line: what`.
fn violations_in(file: &str, text: &str) -> Vec<String> {
    if matches!(file, "lib.rs" | "main.rs") {
        return Vec::new();
    }
    let modules = modules(file);
    let Some(rank) = rank(modules[0]) else {
        return vec![format!("{file}: module {} has no rank; give it one in tests/layers.rs", modules[0])];
    };
    let is_test_file = modules.contains(&"tests");
    let judge = |named: Named| {
        let clean = is_test_file || named.in_test || rank >= TELEMETRY;
        let wrong =
            import(&named, &modules, rank).or_else(|| if clean { None } else { forbidden(&named.path) });
        wrong.map(|wrong| format!("{file}:{}: {wrong}", named.line))
    };
    let mut violations: Vec<String> = names(text).into_iter().filter_map(judge).collect();
    violations.dedup();
    violations
}

/// The path of the module a file holds: `scan/mod.rs` is `scan`, `scan/text.rs` is `scan::text`.
fn modules(file: &str) -> Vec<&str> {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    path.strip_suffix("/mod").unwrap_or(path).split('/').collect()
}

fn import(named: &Named, modules: &[&str], rank_here: u8) -> Option<String> {
    let target = target(&named.path, modules.len() + named.inline)?;
    let here = modules[0];
    match rank(target) {
        _ if target == here => None,
        None => Some(format!("imports {target}, which has no rank; give it one in tests/layers.rs")),
        Some(rank) if rank < rank_here => None,
        Some(rank) => Some(format!("{here} (rank {rank_here}) imports {target} (rank {rank})")),
    }
}

/// The top-level module a path leads to, if it leads through the root of the crate.
fn target(path: &[String], depth: usize) -> Option<&str> {
    let ups = path.iter().take_while(|segment| *segment == "super").count();
    let from_root = match path.first()?.as_str() {
        "crate" => 1,
        "super" if ups >= depth => ups,
        _ => return None,
    };
    path.get(from_root).map(String::as_str)
}

/// What nothing below `telemetry` may name.
fn forbidden(path: &[String]) -> Option<String> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let why = match path.as_slice() {
        ["std", "fs", ..] => "touches files",
        ["std", "env", ..] => "reads the environment",
        [.., "TcpStream" | "TcpListener" | "UdpSocket"] => "touches the network",
        ["tracing", ..] => "logs",
        ["async" | "await"] => "waits",
        [.., "SystemTime" | "Instant", "now"] => "reads the clock",
        _ => return None,
    };
    Some(format!("{} {why}, below telemetry", path.join("::")))
}

fn check(file: &str, text: &str, expected: &[&str]) {
    assert_eq!(violations_in(file, text), expected, "{file}:\n{text}");
}

#[test]
fn an_import_upwards_or_sideways_is_seen_however_it_is_written() {
    let up = ["scan/text.rs:1: scan (rank 3) imports policy (rank 4)"];
    for text in [
        "use crate::policy::Decision;",
        "pub(crate) use crate::policy;",
        "use crate::{otlp, policy::{self, Decision as D}};",
        "use {crate::otlp::Payload, crate::policy::Decision};",
        "use super::super::policy::Decision;",
        "fn f(x: &crate::policy::Decision) {}",
        "fn f() { g::<crate::policy::Decision>() }",
        "mod inner { use super::super::super::policy; }",
        "#[cfg(test)] mod tests { use crate::policy::Decision; }",
    ] {
        check("scan/text.rs", text, &up);
    }
    check(
        "queue/mod.rs",
        "\nuse crate::alert::Alert;",
        &["queue/mod.rs:2: queue (rank 10) imports alert (rank 10)"],
    );
    check("policy.rs", "use super::redact;", &["policy.rs:1: policy (rank 4) imports redact (rank 5)"]);
    check(
        "path.rs",
        "use crate::{limits, signal};",
        &[
            "path.rs:1: path (rank 0) imports limits (rank 0)",
            "path.rs:1: path (rank 0) imports signal (rank 0)",
        ],
    );
}

#[test]
fn an_import_downwards_or_of_itself_is_fine() {
    for text in [
        "use crate::otlp::{Payload, any::*};\nuse crate::scan::engine::Engine;",
        "use super::engine::Engine;",
        "mod inner { use super::super::engine; use super::*; }",
        "use self::engine::Engine; pub(crate) fn f() {}",
        "// use crate::policy;\n/* crate::policy::x /* crate::app */ */",
        "/// See [`crate::policy::Decision`].",
        "const A: &str = \"crate::policy::x \\\" crate::app::x\"; const B: char = '\"'; use std::fmt;",
        "const A: &str = r#\"crate::policy \"quoted\" crate::app\"#; fn f<'a>(x: &'a str) {}",
        "fn crate_policy() { policy::f(); x.policy() }",
    ] {
        check("scan/text.rs", text, &[]);
    }
}

#[test]
fn an_unknown_module_is_an_error() {
    check("novel.rs", "", &["novel.rs: module novel has no rank; give it one in tests/layers.rs"]);
    let unknown = "app.rs:1: imports novel, which has no rank; give it one in tests/layers.rs";
    check("app.rs", "use crate::novel::Thing;", &[unknown]);
}

/// `Redacted` says that a scanner and a policy have been over something. One way around that exists, for
/// what was redacted before it was written.
#[test]
fn only_the_queue_reads_back_what_was_redacted() {
    let mut files = Vec::new();
    visit(Path::new("src"), &mut |path, text| {
        if text.contains("Redacted::read_back") {
            files.push(path.to_owned());
        }
    });
    files.sort();
    assert_eq!(files, ["queue/stored.rs", "redact/mod.rs"]);
}

#[test]
fn the_core_does_not_touch_the_world() {
    let cases = [
        ("use std::fs;", "std::fs touches files"),
        ("use std::{fmt, fs::File};", "std::fs::File touches files"),
        ("fn f() { let _ = std::env::var(\"X\"); }", "std::env::var reads the environment"),
        ("fn f() { let _ = Instant::now(); }", "Instant::now reads the clock"),
        ("fn f() { std::time::SystemTime::now(); }", "std::time::SystemTime::now reads the clock"),
        ("fn f() { tracing::info!(\"x\"); }", "tracing::info logs"),
        ("use tracing;", "tracing logs"),
        ("async fn f() {}", "async waits"),
        ("fn f() { g().await }", "await waits"),
        ("use tokio::net::TcpStream;", "tokio::net::TcpStream touches the network"),
    ];
    for (text, wrong) in cases {
        check("redact.rs", text, &[&format!("redact.rs:1: {wrong}, below telemetry")]);
        check("queue/disk.rs", text, &[]);
        check("redact.rs", &format!("#[cfg(test)]\n#[allow(unused)]\nmod tests {{ {text} }}"), &[]);
        check("redact/tests.rs", text, &[]);
    }
    check("redact.rs", "use std::time::{Duration, Instant}; fn f(now: Instant) {}", &[]);
    let behind = "#[cfg(test)]\nmod tests { fn f() {} }\nuse std::fs;";
    check("redact.rs", behind, &["redact.rs:3: std::fs touches files, below telemetry"]);
}
