//! What opening a content costs: nested messages next to the same bytes as one plain text, texts of every
//! size, and texts that were made to be slow.
//!
//! ```sh
//! cargo bench --bench content
//! ```
//!
//! Ends with a table of nanoseconds for a byte, the best of all rounds. A ratio is taken within one run.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use blackbar::content::Opened;
use blackbar::rule::Ruleset;
use blackbar::scan::{Finding, Scanner, Scratch};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Bytes of the messages that are compared with themselves.
const MESSAGES: usize = 64 << 10;
const SIZES: [usize; 5] = [1 << 10, 8 << 10, 64 << 10, 512 << 10, 8 << 20];
/// Bytes of a hostile text, and of one that is to take as much longer as it is larger.
const HOSTILE: [usize; 2] = [64 << 10, 1 << 20];

/// A small generator: the same text every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.get(self.roll(from.len())).copied().unwrap_or_default()
    }
}

const WORDS: [&str; 24] = [
    "the", "session", "token", "is", "read", "from", "a", "file", "before", "each", "request", "which", "we",
    "return", "when", "build", "fails", "check", "value", "and", "key", "of", "that", "path",
];

/// Prose, code, log lines and paths, with ends of lines.
fn prose(dice: &mut Dice, lines: usize) -> String {
    let mut text = String::new();
    for _ in 0..lines {
        let (a, b, c) = (dice.pick(&WORDS), dice.pick(&WORDS), dice.roll(10_000));
        match dice.roll(5) {
            0 => text.push_str(&format!("    let {a}_{b} = self.{b}({c}, \"{a}\")?;\n")),
            1 => text.push_str(&format!("2026-11-27T10:{:02}:07Z INFO {a}::{b} took {c} ms\n", c % 60)),
            2 => text.push_str(&format!("src/{a}/{b}.rs:{c}: {b}\t{a}\n")),
            _ => {
                (0..6 + dice.roll(10)).for_each(|_| {
                    text.push_str(dice.pick(&WORDS));
                    text.push(' ');
                });
                text.push_str(".\n");
            }
        }
    }
    text
}

/// One round of a conversation: a question, a call of a tool with arguments in a string, in which there
/// is another string of JSON, and what the tool answered.
fn round(dice: &mut Dice) -> [Value; 3] {
    let id = format!("call_{:08x}{:08x}", dice.roll(1 << 30), dice.roll(1 << 30));
    let options = json!({"encoding": "utf-8", "range": [dice.roll(400), dice.roll(400)], "force": false});
    let arguments = json!({
        "path": format!("/work/{}/{}.rs", dice.pick(&WORDS), dice.pick(&WORDS)),
        "old": prose(dice, 2),
        "new": prose(dice, 3),
        "options": options.to_string(),
    });
    let answer = json!({"stdout": prose(dice, 4), "exit_code": 0, "seconds": 0.25, "truncated": false});
    [
        json!({"role": "user", "parts": [{"type": "text", "content": prose(dice, 3)}]}),
        json!({"role": "assistant", "finish_reason": "tool_call", "parts": [
            {"type": "reasoning", "content": prose(dice, 2)},
            {"type": "tool_call", "id": id, "name": "edit", "arguments": arguments.to_string()},
        ]}),
        json!({"role": "tool", "parts": [
            {"type": "tool_call_response", "id": id, "response": answer.to_string()},
        ]}),
    ]
}

/// Messages of about this many bytes.
fn nested(size: usize) -> Vec<u8> {
    let mut dice = Dice(7);
    let mut messages = String::from("[");
    while messages.len() < size {
        for message in round(&mut dice) {
            messages.push_str(&message.to_string());
            messages.push(',');
        }
    }
    messages.pop();
    messages.push(']');
    messages.into_bytes()
}

/// Text of about this many bytes.
fn flat(size: usize) -> Vec<u8> {
    let mut dice = Dice(7);
    let mut text = String::new();
    while text.len() < size {
        text.push_str(&prose(&mut dice, 8));
    }
    text.into_bytes()
}

fn of(piece: &str, size: usize) -> Vec<u8> {
    piece.repeat(size / piece.len()).into_bytes()
}

/// A text, encoded six times over: to about this many bytes.
fn base64_of_base64(size: usize) -> Vec<u8> {
    let mut text = flat(size / 6);
    text.truncate(size / 6);
    (0..6).for_each(|_| text = BASE64.encode(&text).into_bytes());
    text
}

fn runs_of_base64(size: usize) -> Vec<u8> {
    let run = BASE64.encode(BASE64.encode(b"the token is read from a file, each time").as_bytes());
    of(&format!("{run} "), size)
}

/// Array elements under one key, as long as a key is shown.
fn under_one_key(element: &str, size: usize) -> Vec<u8> {
    let mut text = format!("{{\"{}\":[", "k".repeat(128)).into_bytes();
    text.extend(of(element, size));
    text
}

/// How a text that is made to be slow is called, and how it is made.
type Hostile = (&'static str, fn(usize) -> Vec<u8>);

const SHAPES: [Hostile; 36] = [
    ("backslashes", |size| of("\\", size)),
    ("quotes", |size| of("\"", size)),
    ("escaped quotes", |size| of("\\\"", size)),
    ("brackets", |size| of("[", size)),
    ("braces and quotes", |size| of("{\"", size)),
    ("objects in objects", |size| of("{\"a\":", size)),
    ("labels", |size| of("a: {\"", size)),
    ("empty values under one key", |size| under_one_key("\"\",", size)),
    ("numbers under one key", |size| under_one_key("123456789,", size)),
    ("chunks of one character", |size| under_one_key("\"a\",", size)),
    ("strings in strings", strings_in_strings),
    ("escapes of backslashes", |size| of("\\u005c", size)),
    ("base64 of base64", base64_of_base64),
    ("runs of base64", runs_of_base64),
    ("percent of percent", |size| of("%25", size)),
    ("ampersands", |size| of("&amp;amp;", size)),
    ("colours", |size| of("\u{1b}[31m", size)),
    ("rows of a table", |size| [b"a,b,c\n".to_vec(), of("1,2,3\n", size)].concat()),
    ("headers of tables", |size| of("a,b,c\n\n", size)),
    ("rules of tables", |size| of("a|b\n--|--\n", size)),
    ("rows of a ruled table", |size| [b"|a|b|\n|--|--|\n".to_vec(), of("|abc|abc|\n", size)].concat()),
    ("rows that are inserted", |size| [b"(a,b) VALUES".to_vec(), of("('abc','abc'),", size)].concat()),
    ("inserted rows without an end", |size| of("(a,b) VALUES ((',;", size)),
    ("lists without rows", |size| of("(a,b) VALUES", size)),
    ("copies of nothing", |size| {
        [of("(a,b) FROM stdin;", size / 2), b"\n".to_vec(), of("\t", size / 2)].concat()
    }),
    ("comments without an end", |size| of("(a,b)VALUES/*", size)),
    ("lists of commas", |size| of(&format!("({}{}", ",".repeat(2000), ")VALUES".repeat(290)), size)),
    ("tables that are made", |size| of("CREATE TABLE a (b,", size)),
    ("cells of HTML", |size| of("<th>a<td>b", size)),
    ("comments", |size| of("# a:\n#   b\n", size)),
    ("dumps", |size| of("00000000: 6465 6164  dead\n", size)),
    ("keys in keys", |size| {
        of(&format!("{{\"a\":{}", "{\"kty\":1,\"a\":".repeat(99)), 16 << 10).repeat(size >> 14)
    }),
    ("questions", |size| of("a?\nb?\n", size)),
    ("numbered lines", |size| of("1\tabc\n", size)),
    ("quotations", |size| of("> > > > > > > a\n", size)),
    ("diffs of numbers", |size| of("+ 1\t+ 1\tabc\n", size)),
];

/// Broken JSON in a string, in a string: every level is read as JSON, and as it stands.
fn strings_in_strings(size: usize) -> Vec<u8> {
    let mut text = "{\"a\" \"b\" c: [1 2]}".repeat(size >> 10);
    while text.len() * 2 < size {
        text = json!([text, 1]).to_string();
    }
    text.into_bytes()
}

/// What one thread keeps, and the table of what was measured.
struct Bench {
    scanner: Scanner,
    scratch: Scratch,
    findings: Vec<Finding>,
    opened: Opened,
    table: Vec<(String, f64)>,
}

impl Bench {
    fn new() -> Self {
        let scanner = Scanner::new(Ruleset::embedded().unwrap()).unwrap();
        let scratch = scanner.scratch();
        Self { scanner, scratch, findings: Vec::new(), opened: Opened::default(), table: Vec::new() }
    }

    fn open(&mut self, content: &[u8]) {
        self.opened.read(Some("gen_ai.input.messages"), black_box(content));
        black_box(self.opened.text());
    }

    fn scan(&mut self, text: &[u8]) {
        self.findings.clear();
        self.scanner.scan(black_box(text), &mut self.scratch, &mut self.findings);
        black_box(&self.findings);
    }

    fn open_and_scan(&mut self, content: &[u8]) {
        self.open(content);
        self.findings.clear();
        self.scanner.scan(self.opened.text(), &mut self.scratch, &mut self.findings);
        black_box(&self.findings);
    }

    /// Nanoseconds for a byte of `content`, the best of all rounds.
    fn measure(
        &mut self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        name: &str,
        content: &[u8],
        run: fn(&mut Self, &[u8]),
    ) -> f64 {
        let mut best = f64::INFINITY;
        group.throughput(Throughput::BytesDecimal(content.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|rounds| {
                let start = Instant::now();
                (0..rounds).for_each(|_| run(self, content));
                let elapsed = start.elapsed();
                best = best.min(elapsed.as_nanos() as f64 / rounds as f64);
                elapsed
            });
        });
        let best = best / content.len() as f64;
        self.table.push((name.to_owned(), best));
        best
    }
}

fn content(criterion: &mut Criterion) {
    let mut bench = Bench::new();
    let mut group = criterion.benchmark_group("content");
    group.sample_size(10).measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(200));

    let messages = nested(MESSAGES);
    let flat_scan = bench.measure(&mut group, "same bytes, scanned flat", &messages, Bench::scan);
    bench.measure(&mut group, "messages, opened", &messages, Bench::open);
    let both = bench.measure(&mut group, "messages, opened and scanned", &messages, Bench::open_and_scan);
    let mut ratios = vec![("opened and scanned to scanned flat".to_owned(), both / flat_scan)];

    for (name, make) in [("nested", nested as fn(usize) -> Vec<u8>), ("flat", flat)] {
        let costs = SIZES.map(|size| {
            let name = format!("{name}, {} KiB", size >> 10);
            bench.measure(&mut group, &name, &make(size), Bench::open_and_scan)
        });
        ratios.push((format!("{name}, dearest byte to cheapest"), spread(&costs)));
    }
    for (name, make) in SHAPES {
        let [small, large] = HOSTILE.map(|size| {
            let name = format!("{name}, {} KiB", size >> 10);
            bench.measure(&mut group, &name, &make(size), Bench::open_and_scan)
        });
        ratios.push((format!("{name}, large to small"), large / small));
    }
    group.finish();

    // What the command line asked to leave out was not measured.
    bench.table.retain(|(_, cost)| cost.is_finite());
    ratios.retain(|(_, ratio)| ratio.is_finite());
    bench.table.iter().for_each(|(name, cost)| println!("{name:44} {cost:8.2} ns/byte"));
    ratios.iter().for_each(|(name, ratio)| println!("{name:44} x{ratio:.2}"));
}

fn spread(costs: &[f64]) -> f64 {
    let dearest = costs.iter().copied().fold(0.0, f64::max);
    dearest / costs.iter().copied().fold(f64::INFINITY, f64::min)
}

criterion_group!(benches, content);
criterion_main!(benches);
