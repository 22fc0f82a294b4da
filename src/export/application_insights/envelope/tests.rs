#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use serde_json::Value;

fn message(text: &str, properties: Properties) -> Envelope {
    let base = Base::Message(Message { ver: 2, message: text.to_owned(), severity_level: None, properties });
    Envelope::new(&"key".into(), None, Timestamp::UNIX_EPOCH, Tags::default(), base)
}

fn written(envelope: &Envelope) -> Value {
    serde_json::from_slice(&envelope.line()).unwrap()
}

fn properties(envelope: &Envelope) -> Value {
    written(envelope)["data"]["baseData"]["properties"].clone()
}

#[test]
fn values_and_names_are_as_long_as_they_may_be_and_no_longer() {
    for (length, cut) in [(limits::TRACK_VALUE, 0), (limits::TRACK_VALUE + 1, 1)] {
        let mut of = Properties::default();
        of.put("", "k", &"\u{20ac}".repeat(length));
        assert_eq!(of.cuts(), cut);
        let there = properties(&message("m", of));
        let there = there["k"].as_str().unwrap();
        assert!(units(there) <= limits::TRACK_VALUE && there.contains("[blackbar: cut, was") == (cut > 0));
    }
    for (length, whole) in [(limits::TRACK_KEY, true), (limits::TRACK_KEY + 1, false)] {
        let (mut of, name) = (Properties::default(), "k".repeat(length));
        of.put("", &name, "v");
        let there = properties(&message("m", of));
        let key = there.as_object().unwrap().keys().next().unwrap();
        assert_eq!(
            (key == &name, key.ends_with("..."), units(key) <= limits::TRACK_KEY),
            (whole, !whole, true)
        );
    }
}

#[test]
fn two_values_of_one_name_are_both_kept_and_the_same_one_once() {
    let (mut of, long) = (Properties::default(), "k".repeat(200));
    for (level, name, value) in [
        ("", "k", "record"),
        ("scope", "k", "scope"),
        ("resource", "k", "resource"),
        ("resource", "k", "record"),
        ("resource", "k", "another"),
        ("", "", "nameless"),
        ("", &long, "1"),
        ("resource", &long, "2"),
        ("resource", &long, "3"),
    ] {
        of.put(level, name, value);
    }
    let expected = [
        ("k", "record"),
        ("scope.k", "scope"),
        ("resource.k", "resource"),
        ("resource.k#2", "another"),
        ("(empty)", "nameless"),
    ];
    let there = properties(&message("m", of));
    for (name, value) in expected {
        assert_eq!(there[name], value, "{name}");
    }
    let values: Vec<_> = there.as_object().unwrap().values().filter_map(Value::as_str).collect();
    assert!(["1", "2", "3"].iter().all(|value| values.contains(value)) && values.len() == 8, "{values:?}");
}

#[test]
fn a_flood_of_properties_is_counted_and_the_rest_told() {
    let mut of = Properties::default();
    for number in 0..limits::TRACK_PROPERTIES + 7 {
        of.put("", "same", &number.to_string());
    }
    assert_eq!(of.cuts(), 7);
    let there = properties(&message("m", of));
    assert_eq!(
        (there[LEFT_OUT].as_str(), there.as_object().unwrap().len()),
        (Some("7"), limits::TRACK_PROPERTIES + 1)
    );
}

#[test]
fn an_item_is_made_to_fit_by_its_longest_texts() {
    let mut of = Properties::default();
    for number in 0..20 {
        of.put("", &format!("long{number}"), &"x\"".repeat(4000));
        of.put("", &format!("short{number}"), &"y".repeat(200));
    }
    let mut envelope = message(&"m".repeat(30_000), of);
    assert!(envelope.line().len() > limits::TRACK_ITEM);
    assert!(envelope.fit(limits::TRACK_ITEM) && envelope.line().len() <= limits::TRACK_ITEM);
    assert!(envelope.cuts() > 0);
    let there = properties(&envelope);
    assert!((0..20).all(|number| there[format!("short{number}")] == "y".repeat(200)), "what is short stays");
    assert!((0..20).all(|number| there[format!("long{number}")].as_str().unwrap().contains("cut, was")));
    let before = envelope.cuts();
    assert!(envelope.fit(limits::TRACK_ITEM) && envelope.cuts() == before, "it fits");
}

#[test]
fn an_item_of_any_script_is_made_to_fit() {
    let (cjk, emoji) = ("\u{4e2d}", "\u{1f600}");
    let mixed = format!("a{cjk}\u{e9}{emoji}\"\u{1}");
    for text in ["x", cjk, emoji, "\u{e9}", "\u{1}", &mixed] {
        for (body, values, longest) in
            [(30_000, 0, 32_768), (1, 8, 8192), (32_768, 12, 8192), (300, 30, 6000)]
        {
            let each = units(text);
            for most in [limits::TRACK_ITEM, 20_000, 4000] {
                let mut of = Properties::default();
                (0..values)
                    .for_each(|number| of.put("", &format!("k{number}"), &text.repeat(longest / each)));
                let mut envelope = message(&text.repeat(body / each), of);
                let (large, before) = (envelope.line().len() > most, envelope.cuts());
                assert!(envelope.fit(most), "{text:?} {body} {values} {most}");
                assert!(envelope.line().len() <= most);
                assert_eq!(envelope.cuts() > before, large, "{text:?} {body} {values} {most}");
            }
        }
    }
}

#[test]
fn of_an_exception_what_has_more_units_is_cut() {
    let (message, stack) = ("\u{4e2d}".repeat(20_000), "x".repeat(30_000));
    let exceptions = [Thrown { type_name: "T".to_owned(), message, has_full_stack: true, stack }];
    let (properties, measurements) = (Properties::default(), Measurements::default());
    let base = Exception { ver: 2, exceptions, severity_level: None, properties, measurements };
    let mut envelope =
        Envelope::new(&"key".into(), None, Timestamp::UNIX_EPOCH, Tags::default(), Base::Exception(base));
    assert!(envelope.fit(limits::TRACK_ITEM) && envelope.cuts() > 0);
    assert!(!envelope.fit(100), "it is as small as it gets");
}

#[test]
fn an_item_of_many_short_texts_leaves_out_the_last_and_says_how_many() {
    let mut of = Properties::default();
    for number in 0..limits::TRACK_PROPERTIES {
        of.put("", &format!("key{number}"), &"y".repeat(100));
    }
    let mut envelope = message("m", of);
    assert!(envelope.line().len() > limits::TRACK_ITEM);
    assert!(envelope.fit(limits::TRACK_ITEM) && envelope.line().len() <= limits::TRACK_ITEM);
    let there = properties(&envelope);
    let left = there.as_object().unwrap().len() - 1;
    assert!(left > 400, "{left}");
    assert_eq!(there[LEFT_OUT].as_str().unwrap(), (limits::TRACK_PROPERTIES - left).to_string());
    assert_eq!(there["key0"], "y".repeat(100));
    assert!(!envelope.fit(10), "it is as small as it gets");
}

#[test]
fn numbers_are_finite_and_named_once() {
    let mut of = Measurements::default();
    for (name, value) in
        [("a", 1.0), ("a", 2.0), ("b", f64::NAN), ("c", f64::INFINITY), ("", 1.0), ("d", -0.5)]
    {
        of.put(name, value);
    }
    assert_eq!(serde_json::to_string(&of).unwrap(), r#"{"a":1.0,"d":-0.5}"#);
}
