//! What holds of any content, whoever wrote it.
//!
//! A target is one way to make a content of a row of bytes. Whatever comes of it, these are asked:
//!
//! - every place the opener names lies in the content, and its scan text is not much longer than the content;
//! - redacting twice is redacting once;
//! - what stands between placeholders stood there before, byte for byte and in that order;
//! - valid JSON stays valid JSON of the same structure, and so does the JSON in its strings;
//! - a canary, which is a token nobody can take for anything else, survives in no layer.
//!
//! libFuzzer asks them of cases it makes up (`tests/fuzz/run`), and `tests/regressions.rs` of every case
//! that was kept. A case is what a target reads, not a content: a change of what a target reads changes
//! what the kept cases mean.

mod choice;
mod layers;
mod shape;

use blackbar::content::Opened;
use blackbar::otlp::Payload;
use blackbar::policy::{Policy, Settings};
use blackbar::redact::{Found, Redacted, Redactor, Witness};
use blackbar::rule::{Ruleset, SEPARATOR};
use blackbar::scan::Scanner;
use blackbar::signal::Signal;
use blackbar::token::TokenKey;
use choice::Choice;
pub(crate) use layers::Layer;
use serde_json::{Value, json};
use shape::Shape;
use std::cell::RefCell;
use std::sync::Arc;

/// A GitHub token that nobody issued. No twelve characters of it are likely to be made up by chance.
pub(crate) const CANARY: &str = "ghp_blackbarFuzz7Qm2Xw9Rk4Tz6Ls1Vn3Bc5Hd";

/// Characters of the canary in a row that nobody may see. Its public prefix is not among them.
const WINDOW: usize = 12;

/// What every placeholder begins with.
const MARK: &str = "[REDACTED:";

/// Bytes of scan text for a byte of content, and for free. A key is shown with each of its values, 128
/// bytes of it at most, and the shortest value takes three; and a few torn strings under a stack of backslashes
/// are read in every round.
const GROWTH: usize = 128;
const GROWTH_FREE: usize = 1 << 16;

/// Levels of escapes that are undone to look for a canary.
const LEVELS: usize = 12;

/// Layers in a composition.
const DEEPEST: usize = 4;

/// What is made of a case.
type Target = (&'static str, fn(&[u8]));

/// The targets, by name.
pub(crate) const TARGETS: [Target; 21] = [
    ("open", open),
    ("text", |case| drop(text(&Choice::of(case).text()))),
    ("json", json_document),
    ("payload", payload),
    ("kvlist", kvlist),
    ("stream", stream),
    ("layers", composition),
    ("json_string", |case| layered(&[Layer::JsonString], case)),
    ("json_in_json", |case| layered(&[Layer::JsonString; 3], case)),
    ("percent", |case| layered(&[Layer::Percent], case)),
    ("entities", |case| layered(&[Layer::Entities], case)),
    ("base64", |case| layered(&[Layer::Base64], case)),
    ("base64url", |case| layered(&[Layer::Base64Url], case)),
    ("gzip", |case| layered(&[Layer::Gzip], case)),
    ("ansi", |case| layered(&[Layer::Ansi], case)),
    ("python", |case| layered(&[Layer::Python], case)),
    ("rust_debug", |case| layered(&[Layer::RustDebug], case)),
    ("chunks", |case| layered(&[Layer::Chunks], case)),
    ("hex", |case| layered(&[Layer::Hex], case)),
    ("hex_layers", hex_composition),
    ("doubled", |case| layered(&[Layer::JsonString, Layer::Doubled], case)),
];

/// Asks everything that is promised of one case of a target. Panics where it does not hold, and says what.
pub(crate) fn check(target: &str, case: &[u8]) {
    let found = TARGETS.iter().find(|(name, _)| *name == target);
    let (_, run) = found.unwrap_or_else(|| panic!("no target is called {target}"));
    run(case);
}

thread_local! {
    static REDACTOR: RefCell<Redactor> = RefCell::new(redactor());
}

fn redactor() -> Redactor {
    let scanner = Arc::new(Scanner::new(Ruleset::embedded().unwrap()).unwrap());
    let key = TokenKey::new(&[7; 32]).unwrap();
    let policy = Arc::new(Policy::new(scanner.ruleset(), &Settings::default(), key));
    Redactor::forgetful(scanner, policy)
}

/// Any bytes, under a key or none.
fn open(case: &[u8]) {
    let mut choice = Choice::of(case);
    let key = choice.of_these(&[None, Some("password"), Some("gen_ai.input.messages")]);
    opened(key, choice.rest());
}

/// A JSON document with canaries in it, whole and cut off.
fn json_document(case: &[u8]) {
    let mut choice = Choice::of(case);
    let cut = choice.byte();
    let pretty = choice.below(2) == 1;
    let document = value(&mut choice, 6);
    let printed = if pretty { format!("{document:#}") } else { document.to_string() };
    assert_clean(&unescaped_to_the_bottom(text(&printed)), &printed);
    let at = printed.floor_char_boundary(printed.len() * usize::from(cut) / 256);
    let left = unescaped_to_the_bottom(text(&printed[..at]));
    if left.contains(CANARY) {
        fails(&printed[..at], "a cut hides a canary", &left);
    }
}

fn value(choice: &mut Choice<'_>, depth: usize) -> Value {
    let kinds = if depth == 0 || choice.is_over() { 5 } else { 9 };
    let inner = |choice: &mut Choice<'_>| value(choice, depth - 1);
    match choice.below(kinds) {
        0 => json!(format!("{}{CANARY}{}", words(choice), words(choice))),
        1 => choice.of_these(&[None, Some(true), Some(false)]).into(),
        2 => json!(i64::from(choice.byte()) * 16_843_009_000_001),
        3 => json!(words(choice)),
        4 => json!(f64::from(choice.byte()) / 7.0),
        5 => (0..choice.below(4)).map(|_| inner(choice)).collect(),
        6 => (0..choice.below(4)).map(|at| (format!("{}{at}", words(choice)), inner(choice))).collect(),
        7 => json!(inner(choice).to_string()),
        _ => json!(format!("{:#}", inner(choice))),
    }
}

/// A few words such as stand round a secret.
fn words(choice: &mut Choice<'_>) -> String {
    const WORDS: [&str; 20] = [
        "",
        " ",
        "\n",
        "\\",
        "\"",
        "\t",
        "password",
        "=",
        ": ",
        "{",
        "}",
        "[",
        "\u{e9}",
        "\u{1f98a}",
        "4111 1111 1111 1111",
        "x@blackbar.example",
        "<p>",
        "'",
        "[REDACTED:jwt]",
        "\u{1b}[31m",
    ];
    (0..choice.below(4)).map(|_| choice.of_these(&WORDS)).collect()
}

/// A request: protobuf or JSON of any signal.
fn payload(case: &[u8]) {
    let mut choice = Choice::of(case);
    let signal = choice.of_these(&Signal::ALL);
    let decoded = match choice.below(2) {
        0 => Payload::from_json(signal, choice.rest()),
        _ => Payload::from_protobuf(signal, choice.rest()),
    };
    let Ok(decoded) = decoded else { return };
    let once = redacted(decoded).to_protobuf();
    let read = |bytes: &[u8]| Payload::from_protobuf(signal, bytes).expect("what leaves can be read");
    let twice = redacted(read(once.bytes())).to_protobuf();
    let settles = once.bytes() == twice.bytes();
    assert!(settles, "redacting a request twice is not redacting it once");
    let mut json = Vec::new();
    once.decode(signal).unwrap().write_json(&mut json);
    let again = Payload::from_json(signal, &json).expect("what leaves as JSON can be read");
    assert_eq!(once.bytes(), &again.to_protobuf(), "the two encodings differ");
}

/// A canary in a structured value: as a value, in a list of names and values, in bytes, in pieces.
fn kvlist(case: &[u8]) {
    let mut choice = Choice::of(case);
    let kind = choice.below(4);
    let size = 1 + choice.below(24);
    let Some((before, after)) = sides(&mut choice) else { return };
    let secret = format!("{before}{CANARY}{after}");
    let string = |text: &str| json!({ "stringValue": text });
    let list = |pairs: &[(&str, Value)]| {
        let values: Vec<Value> =
            pairs.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        json!({ "kvlistValue": { "values": values } })
    };
    let body = match kind {
        0 => list(&[("role", string("user")), ("content", list(&[("text", string(&secret))]))]),
        1 => list(&[("name", string("API_KEY")), ("value", string(&secret))]),
        2 => list(&[("raw", json!({ "bytesValue": data_encoding::BASE64.encode(secret.as_bytes()) }))]),
        _ => {
            let chars: Vec<char> = secret.chars().collect();
            let pieces: Vec<Value> =
                chars.chunks(size).map(|piece| string(&piece.iter().collect::<String>())).collect();
            json!({ "arrayValue": { "values": pieces } })
        }
    };
    let request = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [{ "body": body }] }] }] });
    let decoded = Payload::from_json(Signal::Logs, request.to_string().as_bytes()).unwrap();
    let mut json = Vec::new();
    redacted(decoded).write_json(&mut json);
    let left: Value = serde_json::from_slice(&json).expect("what leaves is JSON");
    assert_clean(&strings(&left), &secret);
}

/// A canary in pieces, in the events of a span or in numbered attributes of it.
fn stream(case: &[u8]) {
    let mut choice = Choice::of(case);
    let are_events = choice.below(2) == 0;
    let size = 1 + choice.below(48);
    let Some((before, after)) = sides(&mut choice) else { return };
    let secret = format!("{before}{CANARY}{after}");
    let chars: Vec<char> = secret.chars().collect();
    let texts = chars.chunks(size).map(|piece| piece.iter().collect::<String>());
    let attribute = |key: &str, text: &str| json!({ "key": key, "value": { "stringValue": text } });
    let span = if are_events {
        let events = texts.map(|text| json!({ "attributes": [attribute("text", &text)] }));
        json!({ "events": events.collect::<Vec<_>>() })
    } else {
        let attributes = texts.enumerate().map(|(at, text)| attribute(&format!("text.{at}"), &text));
        json!({ "attributes": attributes.collect::<Vec<_>>() })
    };
    let request = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] });
    let once = redacted(Payload::from_json(Signal::Traces, request.to_string().as_bytes()).unwrap());
    let mut json = Vec::new();
    once.write_json(&mut json);
    let twice = redacted(Payload::from_json(Signal::Traces, &json).expect("what leaves can be read"));
    assert_eq!(
        once.to_protobuf().bytes(),
        twice.to_protobuf().bytes(),
        "redacting twice is not redacting once"
    );
    let left: Value = serde_json::from_slice(&json).expect("what leaves is JSON");
    assert_clean(&values(&left), &secret);
}

/// Every string value of attributes, one after the other.
fn values(value: &Value) -> String {
    match value {
        Value::Array(all) => all.iter().map(values).collect(),
        Value::Object(all) => {
            let of = |(key, value): (&String, &Value)| match value {
                Value::String(text) if key == "stringValue" => text.clone(),
                other => values(other),
            };
            all.iter().map(of).collect()
        }
        _ => String::new(),
    }
}

/// Every string in a document, and what it says in base64; one after the other with nothing in between.
fn strings(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(strings).collect(),
        Value::Object(all) => all
            .iter()
            .map(|(key, value)| match key.as_str() {
                "bytesValue" => Layer::Base64.unwrap(&strings(value)),
                _ => strings(value),
            })
            .collect(),
        _ => String::new(),
    }
}

/// Up to [`DEEPEST`] layers, each in the next.
fn composition(case: &[u8]) {
    let mut choice = Choice::of(case);
    let count = 1 + choice.below(DEEPEST);
    let layers: Vec<Layer> = (0..count).map(|_| choice.of_these(&Layer::ALL)).collect();
    layered(&layers, choice.rest());
}

/// Hex among up to three other layers.
fn hex_composition(case: &[u8]) {
    let mut choice = Choice::of(case);
    let count = 1 + choice.below(DEEPEST - 1);
    let mut layers: Vec<Layer> = (0..count).map(|_| choice.of_these(&Layer::ALL)).collect();
    layers.insert(choice.below(count + 1), Layer::Hex);
    layered(&layers, choice.rest());
}

/// A canary in these layers, the first of them the innermost.
fn layered(layers: &[Layer], case: &[u8]) {
    if let Some(survivor) = survivor(layers, case) {
        fails(&survivor.content, &format!("a canary survives in {layers:?}"), &survivor.out);
    }
}

/// A content with a canary in these layers, redacted, if there is a layer in which it survives.
pub(crate) fn survivor(layers: &[Layer], case: &[u8]) -> Option<Survivor> {
    let mut choice = Choice::of(case);
    let mut dress = [0; 2 * DEEPEST];
    dress.fill_with(|| choice.byte());
    let (before, after) = sides(&mut choice)?;
    // Half a colour in front of the canary would take its first letter for its end.
    let is_split = layers.contains(&Layer::Ansi) && before.contains('\u{1b}');
    let (before, after) = if is_split { Default::default() } else { (before, after) };
    let mut dress = Choice::of(&dress);
    let plain = format!("{before}{CANARY}{after}");
    let content = layers.iter().fold(plain, |inner, layer| layer.wrap(&inner, &mut dress));
    let out = text(&content);
    let mut reading = out.clone();
    let mut seen = shows_canary(&reading);
    for layer in layers.iter().rev() {
        reading = layer.unwrap(&reading);
        seen |= shows_canary(&reading);
    }
    seen.then_some(Survivor { content, out })
}

/// A content in which a canary survived.
#[derive(Debug)]
pub(crate) struct Survivor {
    content: String,
    out: String,
}

/// What stands before and after a canary; nothing if that holds a small piece of it already, which a layer
/// may make a larger one of.
fn sides(choice: &mut Choice<'_>) -> Option<(String, String)> {
    let split = usize::from(choice.byte());
    let around = choice.text();
    let at = around.floor_char_boundary(around.len().min(split));
    (!shows_piece(&around, WINDOW / 3)).then(|| (around[..at].to_owned(), around[at..].to_owned()))
}

/// Panics because of what became of a content.
fn fails(before: &str, why: &str, after: &str) -> ! {
    panic!("{why}\n in: {before}\nout: {after}");
}

/// Redacts a text and asks everything of it that does not depend on what is in it.
fn text(before: &str) -> String {
    opened(None, before.as_bytes());
    let after = redacted_text(before);
    let again = redacted_text(&after);
    if again != after {
        fails(before, "redacting twice is not redacting once", &format!("{after}\n{again}"));
    }
    if let Err(piece) = untouched(before, &after) {
        fails(before, &format!("{piece:?} was not there before"), &after);
    }
    // A bare number that is all there is is a text.
    if let Some(shape) = Shape::of(before).filter(|shape| !matches!(shape, Shape::Bare(_))) {
        match Shape::of(&after).map(|now| shape.is_kept(&now)) {
            Some(Ok(())) => {}
            Some(Err(difference)) => fails(before, &format!("another structure: {difference}"), &after),
            None => fails(before, "JSON is JSON no more", &after),
        }
    }
    after
}

/// Everything that holds of an opened content.
fn opened(key: Option<&str>, content: &[u8]) {
    let mut opened = Opened::default();
    opened.open(key, content);
    let text = opened.text();
    assert!(
        text.len() <= GROWTH * content.len() + GROWTH_FREE,
        "{} bytes open to {}",
        content.len(),
        text.len()
    );
    let mut read = Opened::default();
    read.read(key, content);
    assert!(read.text() == text && read.limit() == opened.limit(), "read, it is another text than opened");
    let mut places = Vec::new();
    let mut start = 0;
    for segment in text.split_inclusive(|byte| *byte == SEPARATOR) {
        let end = start + segment.len();
        opened.places(&(start..end), &mut places);
        (start..end).take(256).for_each(|at| opened.places(&(at..at + 1), &mut places));
        start = end;
    }
    for place in places {
        let range = place.range;
        assert!(range.start <= range.end && range.end <= content.len(), "{range:?} of {}", content.len());
    }
}

/// Whether all that stands between placeholders stood there before, in that order; the first that did not.
fn untouched(before: &str, after: &str) -> Result<(), String> {
    let pieces = pieces(after);
    let last = pieces.len() - 1;
    let mut at = 0;
    for (index, piece) in pieces.iter().enumerate() {
        // A bare number is given quotes along with its placeholder.
        let quotes = |c: char| "\\\"".contains(c);
        let piece = if index > 0 { piece.trim_start_matches(quotes) } else { piece };
        let piece = if index < last { piece.trim_end_matches(quotes) } else { piece };
        let rest = &before[at..];
        let found = match (index == 0, index == last) {
            (true, true) => (rest == piece).then_some(0),
            (true, false) => rest.starts_with(piece).then_some(0),
            (false, true) => rest.ends_with(piece).then(|| rest.len() - piece.len()),
            (false, false) => rest.find(piece),
        };
        at += found.ok_or_else(|| piece.to_owned())? + piece.len();
    }
    Ok(())
}

/// What stands before, between and after placeholders.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(MARK).map(|at| from + at) {
        let inside = start + MARK.len();
        let end = text[inside..].find(|c: char| !(c.is_ascii_alphanumeric() || "_.:".contains(c)));
        pieces.push(&text[from..start]);
        from = end.map_or(text.len(), |end| inside + end);
        from += usize::from(text[from..].starts_with(']'));
    }
    pieces.push(&text[from..]);
    pieces
}

/// Whether enough of the canary stands in a text to be worth something.
pub(crate) fn shows_canary(text: &str) -> bool {
    shows_piece(text, WINDOW)
}

fn shows_piece(text: &str, len: usize) -> bool {
    let secret = CANARY.trim_start_matches("ghp_");
    (0..=secret.len() - len).any(|at| text.contains(&secret[at..at + len]))
}

fn assert_clean(after: &str, before: &str) {
    if shows_canary(after) {
        fails(before, "a canary survives", after);
    }
}

/// A text and every text that comes of it when its escapes are undone.
fn unescaped_to_the_bottom(text: String) -> String {
    let mut all = text.clone();
    let mut level = text;
    for _ in 0..LEVELS {
        let inner = layers::unescaped(&level);
        if inner == level {
            break;
        }
        all = all + "\n" + &inner;
        level = inner;
    }
    all
}

fn redacted_text(text: &str) -> String {
    let mut witness = InBounds(text.len());
    REDACTOR.with_borrow_mut(|redactor| redactor.text(text, &mut witness).inner().clone())
}

fn redacted(payload: Payload) -> Redacted<Payload> {
    REDACTOR.with_borrow_mut(|redactor| redactor.payload(payload, &mut InBounds(usize::MAX)))
}

/// Sees that every finding lies in the content.
struct InBounds(usize);

impl Witness for InBounds {
    fn found(&mut self, found: Found<'_>) {
        let range = &found.known.range;
        assert!(range.start <= range.end && range.end <= self.0, "a finding at {range:?} of {}", self.0);
    }
}
