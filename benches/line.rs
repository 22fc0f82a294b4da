//! The middle of the line on recorded requests: decode, process, encode; and the parts of it.
//!
//! ```sh
//! cargo bench --bench line                          # fixtures/otlp
//! BLACKBAR_RECORDINGS=DIR cargo bench --bench line  # any directory of recorded OTLP
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use blackbar::content::Opened;
use blackbar::otlp::{Content, Edit, Payload, View, Visitor};
use blackbar::path::Path as ContentPath;
use blackbar::pipeline::process;
use blackbar::policy::{Policy, Settings};
use blackbar::redact::Redactor;
use blackbar::rule::Ruleset;
use blackbar::scan::Scanner;
use blackbar::signal::Signal;
use blackbar::token::TokenKey;
use blackbar::tree::Tree;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::{Compression, write::GzEncoder};
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct Recording {
    signal: Signal,
    protobuf: Vec<u8>,
}

fn recordings(directory: &Path, found: &mut Vec<Recording>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let signal = Signal::ALL.into_iter().find(|signal| name.contains(signal.name()));
        let extension = path.extension().map(|extension| extension.to_string_lossy().into_owned());
        match (signal, extension.as_deref()) {
            _ if path.is_dir() => recordings(&path, found),
            (Some(signal), Some("pb" | "json")) => {
                let bytes = std::fs::read(&path).unwrap();
                let payload = if name.ends_with(".pb") {
                    Payload::from_protobuf(signal, &bytes)
                } else {
                    Payload::from_json(signal, &bytes)
                };
                found.push(Recording { signal, protobuf: payload.unwrap().to_protobuf() });
            }
            _ => {}
        }
    }
}

/// Every text of a payload, with its key.
#[derive(Default)]
struct Texts(Vec<(Option<String>, Vec<u8>)>);

impl Visitor for Texts {
    fn enter(&mut self, _: View<'_>) {}
    fn content(&mut self, path: &ContentPath<'_>, content: Content<'_>) -> Edit {
        if let Content::Text(text) = content {
            self.0.push((path.key().map(str::to_owned), text.as_bytes().to_vec()));
        }
        Edit::Keep
    }
    fn tree(&mut self, path: &ContentPath<'_>, tree: &Tree) -> Edit<Tree> {
        let leaves = tree.leaves().map(|leaf| (path.key().map(str::to_owned), leaf.to_vec()));
        self.0.extend(leaves);
        Edit::Keep
    }
}

fn redactor(make: fn(Arc<Scanner>, Arc<Policy>) -> Redactor) -> Redactor {
    let scanner = Arc::new(Scanner::new(Ruleset::embedded().unwrap()).unwrap());
    let key = TokenKey::new(&[7; 32]).unwrap();
    let policy = Arc::new(Policy::new(scanner.ruleset(), &Settings::default(), key));
    make(scanner, policy)
}

fn gzip(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn line(criterion: &mut Criterion) {
    let directory = std::env::var("BLACKBAR_RECORDINGS").unwrap_or_else(|_| "fixtures/otlp".to_owned());
    let mut all = Vec::new();
    recordings(Path::new(&directory), &mut all);
    let bytes: usize = all.iter().map(|recording| recording.protobuf.len()).sum();
    let decode = || all.iter().map(|one| Payload::from_protobuf(one.signal, &one.protobuf).unwrap());
    let mut texts = Texts::default();
    decode().for_each(|mut payload| payload.rewrite(&mut texts));

    let mut group = criterion.benchmark_group("line");
    group.sample_size(20).throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("decode and encode", |bencher| {
        bencher.iter(|| decode().for_each(|payload| drop(black_box(payload.to_protobuf()))));
    });
    let kinds = [
        ("decode, process, encode: seen before", redactor(Redactor::new)),
        ("decode, process, encode: never seen", redactor(Redactor::forgetful)),
    ];
    for (name, mut redactor) in kinds {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                decode().for_each(|payload| {
                    drop(black_box(process(payload, &mut redactor).payload.to_protobuf()));
                });
            });
        });
    }
    let encoded: Vec<Vec<u8>> = decode().map(|payload| payload.to_protobuf()).collect();
    for level in [1, 6] {
        group.bench_function(format!("gzip at level {level}"), |bencher| {
            bencher.iter(|| encoded.iter().for_each(|bytes| drop(black_box(gzip(bytes, level)))));
        });
    }
    let mut opened = Opened::default();
    group.bench_function("open", |bencher| {
        bencher.iter(|| {
            for (key, text) in &texts.0 {
                opened.read(key.as_deref(), text);
                black_box(opened.text());
            }
        });
    });
    let scanner = Scanner::new(Ruleset::embedded().unwrap()).unwrap();
    let mut scratch = scanner.scratch();
    let mut findings = Vec::new();
    let opened: Vec<Vec<u8>> = texts
        .0
        .iter()
        .map(|(key, text)| {
            opened.read(key.as_deref(), text);
            opened.text().to_vec()
        })
        .collect();
    let scan_bytes: usize = opened.iter().map(Vec::len).sum();
    eprintln!("{} texts, {bytes} bytes as sent, {scan_bytes} bytes of scan text", opened.len());
    group.bench_function("scan", |bencher| {
        bencher.iter(|| {
            for text in &opened {
                findings.clear();
                scanner.scan(text, &mut scratch, &mut findings);
                black_box(&findings);
            }
        });
    });
    group.finish();
}

criterion_group!(benches, line);
criterion_main!(benches);
