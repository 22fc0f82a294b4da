//! MB/s of the scanner with the embedded pack by size of message, on made-up developer text: with nothing
//! to find, and with one finding in ten kilobytes.
//!
//! ```sh
//! cargo bench --bench scan                      # made-up text
//! BLACKBAR_TEXTS=DIR cargo bench --bench scan   # and the files of a directory, in messages of 4 KiB
//! ```
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use blackbar::rule::Ruleset;
use blackbar::scan::Scanner;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

const SIZES: [usize; 5] = [64, 512, 4 << 10, 64 << 10, 1 << 20];
/// Bytes of text that are gone through in messages of each size.
const CORPUS: usize = 4 << 20;
/// Bytes of files that are read.
const TEXTS: usize = 32 << 20;

/// A small generator: the same text every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const NAMES: [&str; 64] = [
    "parser",
    "token",
    "buffer",
    "handler",
    "config",
    "client",
    "index",
    "value",
    "session",
    "message",
    "keys",
    "secretName",
    "password_hint",
    "user",
    "result",
    "error",
    "path",
    "node",
    "retry",
    "queue",
    "worker",
    "response",
    "schema",
    "input_tokens",
    "next",
    "state",
    "request",
    "span",
    "builder",
    "visitor",
    "writer",
    "reader",
    "stream",
    "frame",
    "header",
    "status",
    "method",
    "offset",
    "length",
    "capacity",
    "entry",
    "bucket",
    "cursor",
    "window",
    "record",
    "field",
    "column",
    "table",
    "matrix",
    "vector",
    "adapter",
    "context",
    "runtime",
    "signal",
    "listener",
    "timeout",
    "interval",
    "deadline",
    "attempt",
    "backoff",
    "payload",
    "encoder",
    "decoder",
    "fragment",
];
const WORDS: [&str; 78] = [
    "the", "a", "of", "to", "and", "in", "is", "that", "for", "it", "with", "as", "on", "be", "this", "we",
    "need", "function", "should", "return", "when", "file", "test", "change", "line", "which", "because",
    "token", "error", "call", "tool", "result", "first", "then", "value", "user", "build", "basic", "key",
    "update", "before", "after", "here", "there", "only", "also", "more", "than", "into", "from", "what",
    "where", "how", "many", "some", "each", "other", "same", "new", "old", "run", "check", "read", "write",
    "add", "remove", "fix", "make", "keep", "find", "look", "see", "use", "want", "know", "still", "never",
    "always",
];
const SECRETS: [&str; 4] = [
    "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "AKIAQWERTYUIOPASDFGH",
    "password = \"correct-horse-battery\"",
    "someone@mail.example.com",
];

/// Code, JSON, log lines and prose, a line at a time.
fn line(dice: &mut Dice) -> String {
    match dice.roll(8) {
        0 => format!(
            "    let {} = map({}, &{}, |{}| {}::new({}))?;\n",
            dice.pick(&NAMES),
            dice.pick(&NAMES),
            dice.pick(&NAMES),
            dice.pick(&NAMES),
            dice.pick(&NAMES),
            dice.roll(99)
        ),
        1 => format!(
            "fn {}_{}({}: &str, {}: usize) -> Result<{}, Error> {{\n",
            dice.pick(&NAMES),
            dice.pick(&NAMES),
            dice.pick(&NAMES),
            dice.pick(&NAMES),
            dice.pick(&NAMES)
        ),
        2 => format!(
            "{{\"{}\": \"{}\", \"{}\": {}, \"{}\": [\"{}\", \"{}\"], \"ok\": true}}\n",
            dice.pick(&NAMES),
            dice.pick(&WORDS),
            dice.pick(&NAMES),
            dice.roll(100_000),
            dice.pick(&NAMES),
            dice.pick(&WORDS),
            dice.pick(&WORDS)
        ),
        3 => format!(
            "2026-11-21T{:02}:{:02}:{:02}.{:03}Z INFO {}::{} {} {} took {} ms\n",
            dice.roll(24),
            dice.roll(60),
            dice.roll(60),
            dice.roll(1000),
            dice.pick(&NAMES),
            dice.pick(&NAMES),
            dice.pick(&WORDS),
            dice.pick(&WORDS),
            dice.roll(5000)
        ),
        4 => format!(
            "See https://docs.example.org/{}/{}?{}={} for more.\n",
            dice.pick(&WORDS),
            dice.pick(&NAMES),
            dice.pick(&NAMES),
            dice.roll(1000)
        ),
        _ => {
            let count = 6 + dice.roll(14);
            let words: Vec<&str> = (0..count).map(|_| dice.pick(&WORDS)).collect();
            words.join(" ") + ".\n"
        }
    }
}

/// Messages of this size, with a secret in each of these so many bytes.
fn messages(size: usize, every: Option<usize>) -> Vec<Vec<u8>> {
    let mut dice = Dice(7);
    let (mut text, mut next) = (String::with_capacity(CORPUS), 0);
    while text.len() < CORPUS {
        text.push_str(&line(&mut dice));
        if every.is_some_and(|_| text.len() >= next) {
            text.push_str(dice.pick(&SECRETS));
            text.push('\n');
            next += every.unwrap_or(CORPUS);
        }
    }
    text.as_bytes().chunks_exact(size).map(<[u8]>::to_vec).collect()
}

fn scan(criterion: &mut Criterion) {
    let scanner = Scanner::new(Ruleset::embedded().unwrap()).unwrap();
    for (name, every) in [("clean", None), ("found", Some(10_000))] {
        let mut group = criterion.benchmark_group(name);
        group
            .measurement_time(Duration::from_secs(2))
            .warm_up_time(Duration::from_millis(500))
            .sample_size(20);
        for size in SIZES {
            let messages = messages(size, every);
            let bytes: usize = messages.iter().map(Vec::len).sum();
            let (mut scratch, mut findings) = (scanner.scratch(), Vec::new());
            group.throughput(Throughput::BytesDecimal(bytes as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.iter(|| {
                    findings.clear();
                    for message in &messages {
                        scanner.scan(black_box(message), &mut scratch, &mut findings);
                    }
                    findings.len()
                });
            });
            println_found(name, size, findings.len(), messages.len());
        }
        group.finish();
    }
    if let Ok(directory) = std::env::var("BLACKBAR_TEXTS") {
        texts(criterion, &scanner, Path::new(&directory));
    }
}

/// Files as they are: source, documents, lock files.
fn texts(criterion: &mut Criterion, scanner: &Scanner, directory: &Path) {
    let mut text = Vec::new();
    read(directory, &mut text);
    let messages: Vec<&[u8]> = text.chunks(4 << 10).collect();
    let (mut scratch, mut findings) = (scanner.scratch(), Vec::new());
    let mut group = criterion.benchmark_group("texts");
    group.sample_size(10).throughput(Throughput::BytesDecimal(text.len() as u64));
    group.bench_function(BenchmarkId::from_parameter(4 << 10), |bencher| {
        bencher.iter(|| {
            findings.clear();
            for message in &messages {
                scanner.scan(black_box(message), &mut scratch, &mut findings);
            }
            findings.len()
        });
    });
    group.finish();
    println_found("texts", text.len(), findings.len(), messages.len());
}

fn read(directory: &Path, text: &mut Vec<u8>) {
    let mut entries: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if text.len() > TEXTS {
            return;
        }
        if path.is_dir() {
            read(&path, text);
        } else if let Ok(file) = std::fs::read_to_string(&path) {
            text.extend_from_slice(file.as_bytes());
        }
    }
}

#[allow(clippy::print_stdout)]
fn println_found(name: &str, size: usize, findings: usize, messages: usize) {
    println!("{name}/{size}: {findings} findings in {messages} messages");
}

criterion_group!(benches, scan);
criterion_main!(benches);
