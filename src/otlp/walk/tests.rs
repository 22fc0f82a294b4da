#![allow(clippy::unwrap_used)]

use super::*;
use crate::otlp::samples;
use crate::signal::Signal;
use crate::tree::Token;

/// Notes what it is shown, and answers what it is told to.
struct Notes<F: FnMut(&str, &str) -> Edit> {
    seen: Vec<String>,
    answer: F,
}

impl<F: FnMut(&str, &str) -> Edit> Visitor for Notes<F> {
    fn enter(&mut self, view: View<'_>) {
        let keys = view.attributes.keys().count();
        self.seen.push(format!("{:?} {:?} {keys}", view.level, view.name));
    }

    fn content(&mut self, path: &Path<'_>, content: Content<'_>) -> Edit {
        let path = path.render(&mut str::to_owned);
        let content = match content {
            Content::Text(text) => text.to_owned(),
            Content::Bytes(bytes) => format!("{bytes:?}"),
            Content::Int(int) => int.to_string(),
            Content::Double(double) => double.to_string(),
        };
        self.seen.push(format!("{path} = {content}"));
        (self.answer)(&path, &content)
    }

    fn tree(&mut self, path: &Path<'_>, tree: &Tree) -> Edit<Tree> {
        let path = path.render(&mut str::to_owned);
        self.seen.push(format!("{path} = {}", shown(tree)));
        let mut dropped = Edit::Keep;
        let edited = tree.edited(|_, leaf| match (self.answer)(&path, &String::from_utf8_lossy(leaf)) {
            Edit::Keep => leaf.into(),
            Edit::Replace(new) => new.into(),
            Edit::DropAttribute => {
                dropped = Edit::DropAttribute;
                leaf.into()
            }
            Edit::DropRecord => {
                dropped = Edit::DropRecord;
                leaf.into()
            }
        });
        if dropped == Edit::Keep { Edit::Replace(edited) } else { dropped }
    }
}

/// A tree as it would be written: maps and arrays alike in parentheses.
fn shown(tree: &Tree) -> String {
    let text = |range: &std::ops::Range<usize>| {
        String::from_utf8_lossy(tree.text().get(range.clone()).unwrap()).into_owned()
    };
    let words = tree.tokens().iter().map(|token| match token {
        Token::Open => "(".to_owned(),
        Token::Close => ")".to_owned(),
        Token::Key(range) => format!("{}:", text(range)),
        Token::Text(range) | Token::Number(range) => text(range),
        Token::Other => "-".to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn walk(signal: Signal, answer: impl FnMut(&str, &str) -> Edit) -> (Vec<String>, String, usize) {
    let mut payload = Payload::from_json(signal, samples::full(signal).as_bytes()).unwrap();
    let mut notes = Notes { seen: Vec::new(), answer };
    payload.rewrite(&mut notes);
    let mut json = Vec::new();
    payload.write_json(&mut json);
    (notes.seen, String::from_utf8(json).unwrap(), payload.records())
}

fn check(signal: Signal, expected: &[&str]) {
    let (seen, json, _) = walk(signal, |_, _| Edit::Keep);
    assert_eq!(seen, expected);
    assert_eq!(json, samples::full(signal));
}

#[test]
fn spans_are_visited_from_the_outside_in() {
    check(
        Signal::Traces,
        &[
            r#"Resource "" 2"#,
            "resource.schema_url = resource-url",
            "resource.attributes.key() = service.name",
            r#"resource.attributes["service.name"] = agent"#,
            "resource.attributes.key() = process.command_args",
            r#"resource.attributes["process.command_args"] = ( -p 5 )"#,
            "resource.entity_refs[0].schema_url = entity-url",
            "resource.entity_refs[0].type = service",
            "resource.entity_refs[0].id_keys[0] = id-key",
            "resource.entity_refs[0].description_keys[0] = description-key",
            r#"Scope "lib" 1"#,
            "scope.schema_url = scope-url",
            "scope.name = lib",
            "scope.version = 1.0",
            "scope.attributes.key() = k",
            r#"Record "chat" 1"#,
            "span.name = chat",
            "span.trace_state = a=b",
            "span.attributes.key() = cost",
            "span.attributes.cost = 1.5",
            "span.events[0].name = exception",
            "span.events[0].attributes.key() = exception.message",
            r#"span.events[0].attributes["exception.message"] = no"#,
            "span.links[0].trace_state = c=d",
            "span.links[0].attributes.key() = raw",
            "span.links[0].attributes.raw = [104, 105]",
            "span.status.message = failed",
        ],
    );
}

#[test]
fn log_records_are_visited_from_the_outside_in() {
    check(
        Signal::Logs,
        &[
            r#"Resource "" 1"#,
            "resource.attributes.key() = service.name",
            r#"resource.attributes["service.name"] = agent"#,
            r#"Scope "lib" 0"#,
            "scope.name = lib",
            r#"Record "said" 1"#,
            "log.event_name = said",
            "log.severity_text = INFO",
            "log.body = ( content: ( ( text: hello ) ) none: - )",
            "log.attributes.key() = prompt",
            r#"Record "plain" 0"#,
            "log.body = plain",
        ],
    );
}

#[test]
fn data_points_are_visited_from_the_outside_in() {
    check(
        Signal::Metrics,
        &[
            r#"Resource "" 0"#,
            r#"Scope "meter" 0"#,
            "scope.name = meter",
            r#"Record "g" 1"#,
            "metric.name = g",
            "metric.description = d",
            "metric.unit = s",
            "metric.metadata.key() = m",
            "metric.metadata.m = metadata",
            "datapoint.attributes.key() = model",
            "datapoint.attributes.model = m",
            "datapoint.exemplars[0].filtered_attributes.key() = user",
            "datapoint.exemplars[0].filtered_attributes.user = u",
            r#"Record "s" 1"#,
            "metric.name = s",
            "datapoint.attributes.key() = a",
            "datapoint.attributes.a = 1",
            r#"Record "s" 0"#,
            r#"Record "h" 1"#,
            "metric.name = h",
            "datapoint.attributes.key() = b",
            "datapoint.attributes.b = h1",
            r#"Record "e" 1"#,
            "metric.name = e",
            "datapoint.attributes.key() = c",
            "datapoint.attributes.c = e1",
            r#"Record "q" 1"#,
            "metric.name = q",
            "datapoint.attributes.key() = d",
            "datapoint.attributes.d = q1",
        ],
    );
}

/// Answers `edit` to one content, and `Keep` to all others.
fn edit(signal: Signal, content: &'static str, edit: Edit) -> (String, usize) {
    let (_, json, records) = walk(signal, |_, seen| if seen == content { edit.clone() } else { Edit::Keep });
    (json, records)
}

#[test]
fn what_is_replaced_keeps_its_place() {
    let table = [
        (Signal::Traces, "agent", r#"{"key":"service.name","value":{"stringValue":"X"}}"#),
        (Signal::Traces, "service.name", r#"{"key":"X","value":{"stringValue":"agent"}}"#),
        (Signal::Traces, "5", r#"[{"stringValue":"-p"},{"stringValue":"X"}]"#),
        (Signal::Traces, "1.5", r#"{"key":"cost","value":{"stringValue":"X"}}"#),
        (Signal::Traces, "[104, 105]", r#"{"key":"raw","value":{"bytesValue":"WA=="}}"#),
        (Signal::Traces, "failed", r#""status":{"message":"X","code":2}"#),
        (Signal::Logs, "plain", r#""body":{"stringValue":"X"}"#),
        (Signal::Metrics, "u", r#"{"key":"user","value":{"stringValue":"X"}}"#),
    ];
    for (signal, content, expected) in table {
        let (json, _) = edit(signal, content, Edit::Replace(b"X".to_vec()));
        assert!(json.contains(expected), "{content}: {json}");
    }
}

#[test]
fn the_attribute_is_dropped_whole() {
    let table = [
        (Signal::Traces, "agent", r#""attributes":[{"key":"process.command_args""#),
        (Signal::Traces, "service.name", r#""attributes":[{"key":"process.command_args""#),
        (Signal::Traces, "-p", r#"{"resource":{"attributes":[{"key":"service.name""#),
        (Signal::Traces, "id-key", r#""type":"service","descriptionKeys""#),
        (Signal::Traces, "chat", r#""flags":1,"kind":3"#),
        (Signal::Traces, "failed", r#""status":{"code":2}"#),
        (Signal::Logs, "hello", r#""body":{}"#),
        (Signal::Logs, "content", r#""body":{}"#),
        (Signal::Logs, "plain", r#"{"timeUnixNano":"3","body":{}}"#),
    ];
    for (signal, content, expected) in table {
        let (json, _) = edit(signal, content, Edit::DropAttribute);
        assert!(json.contains(expected), "{content}: {json}");
    }
}

#[test]
fn a_dropped_record_takes_what_is_below_it() {
    let table = [
        (Signal::Logs, "hello", 1),
        (Signal::Logs, "lib", 0),
        (Signal::Logs, "agent", 0),
        (Signal::Traces, "no", 0),
        (Signal::Metrics, "model", 5),
        (Signal::Metrics, "1", 5),
        (Signal::Metrics, "s", 4),
    ];
    for (signal, content, records) in table {
        let (json, left) = edit(signal, content, Edit::DropRecord);
        // "s" is the unit of the first metric, and the name of the second.
        let gone = if content == "s" { 3 } else { records };
        assert_eq!(left, gone, "{content}: {json}");
    }
    let (json, _) = edit(Signal::Metrics, "m", Edit::DropRecord);
    assert!(!json.contains(r#""name":"g""#), "a metric without data points is left: {json}");
    let (json, _) = edit(Signal::Logs, "agent", Edit::DropRecord);
    assert_eq!(json, "{}");
}

#[test]
fn a_resource_attribute_is_set_on_every_resource() {
    let json = r#"{"resourceLogs":[{},{"resource":{"attributes":[{"key":"k"},{"key":"a"},{"key":"k"}]}}]}"#;
    let mut payload = Payload::from_json(Signal::Logs, json.as_bytes()).unwrap();
    payload.upsert_resource_attribute("k", "v");
    let mut out = Vec::new();
    payload.write_json(&mut out);
    let set = r#"{"key":"k","value":{"stringValue":"v"}}"#;
    let expected = format!(
        r#"{{"resourceLogs":[{{"resource":{{"attributes":[{set}]}}}},{{"resource":{{"attributes":[{{"key":"a"}},{set}]}}}}]}}"#
    );
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn scalars_are_strings_and_integers() {
    let attribute = |key: &str, value| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value }),
        ..KeyValue::default()
    };
    let list = [
        attribute("a", Some(Value::StringValue("x".to_owned()))),
        attribute("b", Some(Value::IntValue(-7))),
        attribute("c", Some(Value::BoolValue(true))),
        attribute("d", None),
    ];
    let attributes = Attributes(&list);
    let scalars: Vec<_> = attributes.scalars().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(scalars, ["a=x", "b=-7"]);
    assert_eq!(attributes.keys().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
}
