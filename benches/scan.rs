//! MB/s of the scanner by size of message, on made-up developer text: with nothing to find, and with
//! one finding in ten kilobytes. `cargo bench --bench scan`.
//!
//! Uses the embedded pack; where there is none, made-up rules with the literals of one.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use blackbar::rule::{Anchor, Category, Confidence, Rule, Ruleset, Severity};
use blackbar::scan::Scanner;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;

const SIZES: [usize; 5] = [64, 512, 4 << 10, 64 << 10, 1 << 20];
/// Bytes of text that are gone through in messages of each size.
const CORPUS: usize = 4 << 20;

const RULES: [(&str, Option<Anchor>); 37] = [
    (r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b", None),
    (r"AIza[0-9A-Za-z_-]{35}", None),
    (r"gh[pousr]_[0-9A-Za-z]{36,255}", None),
    (r"github_pat_[0-9A-Za-z_]{22,255}", None),
    (r"glpat-[0-9A-Za-z_-]{20,64}", None),
    (r"xox[baprs]-[0-9A-Za-z-]{10,250}", None),
    (r"xapp-[0-9]-[0-9A-Za-z-]{10,250}", None),
    (r"hooks\.slack\.com/services/[A-Za-z0-9/]{20,80}", None),
    (r"[sr]k_live_[0-9A-Za-z]{16,250}", None),
    (r"whsec_[0-9A-Za-z+/]{32,64}", None),
    (r"sk-proj-[0-9A-Za-z_-]{40,250}", None),
    (r"sk-ant-[0-9A-Za-z_-]{40,250}", None),
    (r"npm_[0-9A-Za-z]{36}", None),
    (r"pypi-[0-9A-Za-z_-]{50,250}", None),
    (r"hf_[A-Za-z]{34}", None),
    (r"SG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}", None),
    (r"\bSK[0-9a-f]{32}\b", None),
    (r"\bAC[0-9a-f]{32}\b", None),
    (r"do[por]_v1_[0-9a-f]{64}", None),
    (r"hv[sb]\.[0-9A-Za-z_-]{24,250}", None),
    (r"AGE-SECRET-KEY-1[0-9A-Z]{58}", None),
    (r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", None),
    (r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]{20,}-----END", None),
    (r"AccountKey=(?P<secret>[0-9A-Za-z+/]{86}==)", None),
    (r"[?&]sig=(?P<secret>[0-9A-Za-z%+/]{40,90})", None),
    (r"[a-z][a-z0-9+.-]{1,20}://[^\s:@/]{1,64}:(?P<secret>[^\s@/]{1,128})@", None),
    (r#"(?i)\b(?:password|passwd|pwd)["']?\s{0,4}[=:]\s{0,4}["']?(?P<secret>[^\s"']{6,128})"#, None),
    (
        r#"(?i)(?:secret|api_?key|api-key|access_key|private_key|credential|token)["']?\s{0,4}[=:]\s{0,4}["']?(?P<secret>[\w+/=.-]{16,128})"#,
        None,
    ),
    (
        r#"(?i)[\w.-]{0,32}(?:secret|token)[\w.-]{0,16}["']?\s{0,4}[=:]\s{0,4}(?P<secret>[\w+/=-]{24,128})"#,
        None,
    ),
    (r"(?i)authorization:\s{0,4}(?P<secret>[^\s]{1,20} [^\s]{8,200})", None),
    (r"(?i)\bbearer\s{1,4}(?P<secret>[\w+/=.~-]{16,250})", None),
    (r"(?i)\bbasic\s{1,4}(?P<secret>[A-Za-z0-9+/]{12,250}={0,2})", None),
    (r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}\b", Some(Anchor::At)),
    (r"\b(?:[0-9][ -]?){12,18}[0-9]\b", Some(Anchor::Digits)),
    (r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", Some(Anchor::Digits)),
    (r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", Some(Anchor::Digits)),
    (r"\+[0-9]{1,3}[ .-]?(?:\(?[0-9]{2,4}\)?[ .-]?){2,4}[0-9]{2,4}\b", Some(Anchor::Digits)),
];

fn ruleset() -> Ruleset {
    match Ruleset::embedded() {
        Ok(pack) if pack.rules().next().is_some() => pack,
        _ => Ruleset::new(RULES.iter().enumerate().map(|(number, rule)| made_up(number, rule)).collect()),
    }
}

fn made_up(number: usize, (pattern, anchor): &(&str, Option<Anchor>)) -> Rule {
    Rule {
        id: format!("bench.rule_{number}"),
        name: String::new(),
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        pattern: (*pattern).to_owned(),
        anchor: *anchor,
        validators: Vec::new(),
        ..Rule::default()
    }
}

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
    let scanner = Scanner::new(ruleset()).unwrap();
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
}

#[allow(clippy::print_stdout)]
fn println_found(name: &str, size: usize, findings: usize, messages: usize) {
    println!("{name}/{size}: {findings} findings in {messages} messages");
}

criterion_group!(benches, scan);
criterion_main!(benches);
