#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;
use proptest::prelude::*;

/// The scan text, with separators as `|`.
fn opened(key: &str, content: &str) -> String {
    let mut opened = Opened::default();
    opened.open(Some(key).filter(|key| !key.is_empty()), content.as_bytes());
    String::from_utf8_lossy(opened.text()).replace('\u{1e}', "|")
}

/// The content with every place that `needle` was made of replaced by `X`.
fn edited(content: &str, needle: &str) -> String {
    let mut opened = Opened::default();
    opened.open(None, content.as_bytes());
    let mut places = Vec::new();
    for start in memchr::memmem::find_iter(opened.text(), needle) {
        opened.places(&(start..start + needle.len()), &mut places);
    }
    places.sort_by_key(|place| std::cmp::Reverse(place.range.start));
    places.dedup();
    let mut out = content.as_bytes().to_vec();
    for Place { range, quote, .. } in places {
        out.splice(range, format!("{quote}X{quote}").into_bytes());
    }
    String::from_utf8(out).unwrap()
}

fn path_of(content: &str, needle: &str) -> String {
    let mut opened = Opened::default();
    opened.open(None, content.as_bytes());
    let at = memchr::memmem::find(opened.text(), needle.as_bytes()).unwrap();
    let mut path = String::new();
    opened.inner_path(at, &mut |step| match step {
        InnerStep::Key(key) => path.push_str(&format!(".{}", String::from_utf8_lossy(key))),
        InnerStep::Index(index) => path.push_str(&format!("[{index}]")),
    });
    path
}

#[test]
fn what_was_only_read_has_the_same_text_and_no_places_but_the_whole() {
    let content = r#"{"a":"x\u0041","b":"{\"c\":\"aGVsbG8gd29ybGQgYW5k\"}","d":["e","f"]}"#;
    let (mut opened, mut read) = (Opened::default(), Opened::default());
    let all_of = |opened: &Opened| {
        let mut places = Vec::new();
        (0..opened.text().len()).for_each(|at| opened.places(&(at..at + 1), &mut places));
        places.dedup();
        places
    };
    opened.open(Some("key"), content.as_bytes());
    read.read(Some("key"), content.as_bytes());
    assert_eq!(read.text(), opened.text());
    let whole = Place { range: 0..content.len(), quote: String::new(), apart: false };
    assert_eq!(all_of(&read), [whole]);
    assert!(all_of(&opened).len() > 10);
    // A buffer that was read into keeps nothing of that.
    read.open(Some("key"), content.as_bytes());
    assert_eq!(all_of(&read), all_of(&opened));
}

#[test]
fn a_content_opens_to_what_a_person_would_read() {
    for (key, content, expected) in [
        ("", "plain text", "plain text|"),
        ("prompt", "plain text", "prompt: plain text|"),
        ("", r"a\nAKIA", "a\\nAKIA|a\nAKIA|"),
        ("", r#"{"a":"b"}"#, "a: b|"),
        ("outer", r#"{"a":"b"}"#, "a: b|"),
        ("outer", r#"["b"]"#, "outer: b|"),
        ("", r#"{"a":["b",{"c":"d"}]}"#, "a: |a: b|c: d|"),
        ("", r#"{"a":"x\ny"}"#, "a: x\ny|"),
        ("", r#"{"a":1,"b":true,"c":[1,2,1234567890]}"#, "a: 1|b: true|c: |c: 1234567890|"),
        ("", r#"{"a":"{\"b\":\"c\\nd\"}"}"#, "a: |b: c\nd|"),
        ("", r#""{\"b\":\"c\"}""#, "b: c|"),
        ("", r#"{"a":"cut off"#, "a: cut off|"),
        ("", r#"{"a":{"ghp_x":{}}}"#, "a: |ghp_x: |"),
        ("", "\u{1b}[1;31mAKIA\u{1b}[0m.", "       AKIA    .|AKIA.|"),
        ("", r#"{"a":"\u001b[31mb"}"#, "a: |a:      b|a: b|"),
        ("", "[4111 1111 1111]", "[4111 1111 1111]|"),
        ("", "{\"a\":4111 1111}", "a: 4111|{\"a\":4111 1111}|"),
        ("", "{\"a\":\"b\"}\n{\"c\":\"d\"}", "a: b|c: d|"),
        (
            "",
            "Output: id,name,pass\n101,bob,cob",
            "Output: id,name,pass\n101,bob,cob|id: 101|name: bob|pass: cob|",
        ),
        ("", r"[INFO] done", "[INFO] done|"),
        ("", "[TOOL RESULT: Bash]\n{\"a\":\"b\"}", "a: b|[TOOL RESULT: Bash]\n|"),
        (
            "",
            "log: {\"a\":\"{\\\"b\\\":1}\"} done",
            "log: |a: |b: 1|log: {\"a\":\"{\\\"b\\\":1}\"} done|log: |a: |a: {|log: :1}|log: {\"a\":\"{\"b\":1}\"} done|",
        ),
        ("key\u{1e}", "v", "key\u{1f}: v|"),
        (
            "k",
            "x\nid,name,pass\n101,\"a, b\",cob\n",
            "k: x\nid,name,pass\n101,\"a, b\",cob\n|id: 101|name: a, b|pass: cob|",
        ),
        ("", "one, two and three, four\na, b, c", "one, two and three, four\na, b, c|"),
        ("", r#"{"a":"Se\u00e1n \ud83e\udd8a \ud83e"}"#, "a: Se\u{e1}n \u{1f98a} \u{fffd}|"),
    ] {
        assert_eq!(opened(key, content), expected, "{content}");
    }
}

#[test]
fn layers_are_opened_in_whatever_order_they_stand() {
    use data_encoding::BASE64;
    let json = |text: &str| serde_json::json!({ "a": text }).to_string();
    let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let entities = |text: &str| text.chars().map(|c| format!("&#{};", u32::from(c))).collect::<String>();
    let base64 = |text: &str| format!("x {} y", BASE64.encode(text.as_bytes()));
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let escaped = |text: &str| format!("say {text:?}");
    let put = |layer: &str, text: &str| match layer {
        "json" => json(text),
        "percent" => percent(text),
        "entities" => entities(text),
        "base64" => base64(text),
        "hex" => hex(text),
        _ => escaped(text),
    };
    let mut compositions: Vec<(String, String)> = vec![("plain".into(), "x\nNEEDLE and more".into())];
    for _ in 0..4 {
        let next = compositions.iter().flat_map(|(name, text)| {
            ["json", "percent", "entities", "base64", "hex", "escaped"]
                .map(|layer| (format!("{layer} of {name}"), put(layer, text)))
        });
        compositions = next.collect();
        for (name, text) in &compositions {
            let edited = edited(text, "NEEDLE");
            assert_ne!(&edited, text, "{name}");
            assert!(!opened("", &edited).contains("NEEDLE"), "{name}: {edited}");
        }
    }
}

#[test]
fn a_layer_is_edited_where_it_stands() {
    for (content, needle, expected) in [
        ("a=p%40ss&b=1", "p@ss", "a=X&b=1"),
        ("a=p%40ss&b=1", "@", "a=pXss&b=1"),
        ("p&#64;ss", "p@ss", "X"),
        ("\u{1b}[31msec\u{1b}[1mret\u{1b}[0m", "secret", "\u{1b}[31mX\u{1b}[0m"),
        // "user:secret and more"
        ("Basic dXNlcjpzZWNyZXQgYW5kIG1vcmU=", "secret", "Basic dXNlXYW5kIG1vcmU="),
        (r#"{"a":"dXNlcjpzZWNyZXQgYW5kIG1vcmU="}"#, "secret", r#"{"a":"dXNlXYW5kIG1vcmU="}"#),
        (r"curl -H \\nsecret", "secret", r"curl -H \\nX"),
    ] {
        assert_eq!(edited(content, needle), expected, "{content}");
    }
}

#[test]
fn pieces_of_a_stream_are_one_text() {
    for (content, expected) in [
        (r#"[{"t":"a sec","n":1},{"t":"ret b","n":2}]"#, r#"[{"t":"a X","n":1},{"t":"X b","n":2}]"#),
        (r#"[{"t":["s","e","c"]},{"t":["ret"]}]"#, r#"[{"t":["X","X","X"]},{"t":["X"]}]"#),
        ("{\"t\":\"sec\"}\n{\"t\":\"ret\"}", "{\"t\":\"X\"}\n{\"t\":\"X\"}"),
        (r#"["{\"t\":\"sec\"}","{\"t\":\"ret\"}"]"#, r#"["{\"t\":\"X\"}","{\"t\":\"X\"}"]"#),
        (r#"[{"a":"{\"k\":\"sec"},{"a":"ret\"}"}]"#, r#"[{"a":"{\"k\":\"X"},{"a":"X\"}"}]"#),
        (r#"[{"a":"x\\"},{"a":"nsecret"}]"#, r#"[{"a":"x\\"},{"a":"nX"}]"#),
        (r#"["[\"se","c\",\"re","t\"]"]"#, r#"["[\"X","X\",\"X","X\"]"]"#),
        (r#"[{"a":"sec"},{"b":"ret"}]"#, r#"[{"a":"sec"},{"b":"ret"}]"#),
    ] {
        assert_eq!(edited(content, "secret"), expected, "{content}");
    }
    let long = "word ".repeat(100);
    let content = serde_json::json!([format!("{long}sec"), format!("ret {long}")]).to_string();
    assert_eq!(edited(&content, "secret"), content.replace("sec\"", "X\"").replace("\"ret ", "\"X "));
}

#[test]
fn a_command_is_edited_in_its_elements() {
    for (content, needle, expected) in [
        (r#"["su","-p","a\u0062c"]"#, "-p abc", r#"["su","X","X"]"#),
        (r#"{"args":["-p","abc"],"command":"su"}"#, "su -p abc", r#"{"args":["X","X"],"command":"X"}"#),
        (r#"{"c":"[\"su\",\"-p\",\"abc\"]"}"#, "p abc", r#"{"c":"[\"su\",\"-X\",\"X\"]"}"#),
        ("run(['su', '-pa b'])", "-pa\u{1f}b", "run(['su', 'X'])"),
    ] {
        assert_eq!(edited(content, needle), expected, "{content}");
    }
}

#[test]
fn a_leaf_is_called_by_what_stands_beside_it() {
    for (content, expected) in [
        ("db password: [\"a\", \"b\"]", "password: b"),
        ("PASSWORD = {\"value\": \"x\"}", "PASSWORD: x"),
        ("{\"c\":1}\ntoken: ['x']", "token: x"),
        (r#"{"out":"log\ntoken: [\"x\"]"}"#, "token: x"),
        (r#"{"token":{"type":"string","value":"x"}}"#, "token: x"),
        (r#"{"token":[{"value":{"stringValue":"x"}}]}"#, "token: x"),
        (r#"{"value":"x","of":1}"#, "value: x"),
        (r#"{"variable_name":"API_KEY","variable_value":"x"}"#, "API_KEY: x"),
        (r#"{"name":"API_KEY","data":"x"}"#, "API_KEY: x"),
        (r#"{"name":"API_KEY","data":"x"}"#, "data: x"),
        (r#"[["a","b"],["X-Api-Key","x9 y"]]"#, "X-Api-Key: x9 y"),
        (r#"["mysql","-px","a b"]"#, "mysql -px a\u{1f}b"),
        (r#"{"argv":["net","user","x"]}"#, "argv: net user x"),
        (r#"{"command":"su","args":["-p","x"]}"#, "args: su -p x"),
        (r#"{"args":["x"],"command":"su"}"#, "args: su x"),
        (r#"{"cmd":["su","-p","{\"a\":1}","x"]}"#, "cmd: su -p - x"),
        (r#"["su","-p","x"#, "su -p x"),
        (r#"["run","--token","abc","-v"]"#, "token: abc"),
        (r#"{"name":"API_KEY","value":"x"}"#, "API_KEY: x"),
        (r#"{"value":"x","name":"API_KEY"}"#, "API_KEY: x"),
        (r#"{"key":"API_KEY","value":{"stringValue":"x"}}"#, "API_KEY: x"),
        (r#"[{"name":"a","value":"b"},{"name":"API_KEY","value":"x"}]"#, "API_KEY: x"),
        ("{'name': 'API_KEY', 'value': 'it\\'s'}", "API_KEY: it's"),
    ] {
        assert!(
            opened("", content).split('|').any(|part| part == expected),
            "{content}: {}",
            opened("", content)
        );
    }
    assert!(!opened("", r#"["--token=a","b"]"#).contains("token: b"));
    // No options, and not called like a command; not only strings; no pair in a list.
    for content in [r#"{"required":["su","p"]}"#, r#"["su","-p",123456789]"#, r#"{"a":["su","p"]}"#] {
        let text = opened("", content);
        assert!(!text.contains("su -p") && !text.contains("su p") && !text.contains("su: p"), "{text}");
    }
    assert_eq!(path_of("password: [{\"a\":\"needle\"}]", "needle"), "[0].a");
    assert_eq!(path_of(r#"{"password":{"value":"needle"}}"#, "needle"), ".password.value");
}

#[test]
fn what_is_too_much_is_told() {
    let limit = |content: &str| {
        let mut opened = Opened::default();
        opened.open(None, content.as_bytes());
        opened.limit()
    };
    let leaves = |count: usize| format!("[{}]", vec![r#""""#; count].join(","));
    let nested = |levels: usize| {
        let mut text = "hunter2 and some more words to be long".to_owned();
        for _ in 0..levels {
            text = data_encoding::BASE64.encode(text.as_bytes());
        }
        text
    };
    for (content, expected) in [
        (leaves(OPEN_LEAVES - 4), None),
        (leaves(OPEN_LEAVES + 4), Some(Limit::Leaves)),
        (nested(OPEN_DEPTH), None),
        (nested(OPEN_DEPTH + 2), Some(Limit::Depth)),
        ("\\".repeat(1 << 16) + "n", None),
        ("%25".repeat(1 << 16) + "40", None),
        ("[".repeat(1 << 16), None),
    ] {
        assert_eq!(limit(&content), expected, "{} bytes", content.len());
    }
}

#[test]
fn a_tree_opens_like_the_json_it_could_be() {
    use crate::tree::{Step, Tree};
    let mut tree = Tree::default();
    for step in [
        Step::Open,
        Step::Key("parts"),
        Step::Open,
        Step::Text(b"a\nsec"),
        Step::Text(b"ret"),
        Step::Close,
        Step::Key("args"),
        Step::Text(br#"{"n":411111111}"#),
        Step::Key("card"),
        Step::Number("4111"),
        Step::Key("on"),
        Step::Other,
        Step::Close,
    ] {
        tree.push(step);
    }
    let mut opened = Opened::default();
    opened.open_tree(Some("body"), &tree);
    let text = String::from_utf8_lossy(opened.text()).replace('\u{1e}', "|");
    assert_eq!(text, "parts: |parts: a\nsec|parts: ret|args: |n: 411111111|card: 4111|on: |a\nsecret|");
    for (needle, expected) in
        [("secret", vec!["sec", "ret"]), ("4111111", vec!["411111111"]), ("4111|", vec![])]
    {
        let mut places = Vec::new();
        let at = memchr::memmem::find(opened.text(), needle.as_bytes());
        at.into_iter().for_each(|at| opened.places(&(at..at + needle.len()), &mut places));
        let found: Vec<_> = places
            .iter()
            .map(|place| std::str::from_utf8(&tree.text()[place.range.clone()]).unwrap())
            .collect();
        assert_eq!(found, expected, "{needle}");
    }
}

#[test]
fn an_edit_touches_nothing_but_what_was_found() {
    for (content, needle, expected) in [
        ("a secret here", "secret", "a X here"),
        (r#"{ "a" : "a secret here" , "b":1.0 }"#, "secret", r#"{ "a" : "a X here" , "b":1.0 }"#),
        (r#"{"a":"\"secret\"\n"}"#, "secret", r#"{"a":"\"X\"\n"}"#),
        (r#"{"a":"1\nsecret\t2"}"#, "secret", r#"{"a":"1\nX\t2"}"#),
        (r#"{"a":"sec\u0072et"}"#, "secret", r#"{"a":"X"}"#),
        (r#"{"a":"{\"b\":\"c\\nsecret\\\"\"}"}"#, "secret", r#"{"a":"{\"b\":\"c\\nX\\\"\"}"}"#),
        (r#"{"a":"{\"b\":\"se\\\"cret\"}"}"#, "se\"cret", r#"{"a":"{\"b\":\"X\"}"}"#),
        (r#"{"secret":{"secret":1}}"#, "secret", r#"{"X":{"X":1}}"#),
        (r#"{"n":4111111111111111}"#, "4111111111111111", r#"{"n":"X"}"#),
        (r#"{"a":"{\"n\":411111111}"}"#, "411111111", r#"{"a":"{\"n\":\"X\"}"}"#),
        (
            r#"{"a":"[{\"b\":\"{\\\"n\\\":411111111}\"}]"}"#,
            "11111",
            r#"{"a":"[{\"b\":\"{\\\"n\\\":\\\"X\\\"}\"}]"}"#,
        ),
        (r#"{"a":"key: secret"#, "secret", r#"{"a":"key: X"#),
        (r"echo \nsecret", "secret", r"echo \nX"),
        (r#"{"t":"id,name,pass\n1,2,secret"}"#, "pass: secret", r#"{"t":"id,name,X\n1,2,X"}"#),
        ("{'a': 'secret'}", "secret", "{'a': 'X'}"),
    ] {
        assert_eq!(edited(content, needle), expected, "{content}");
    }
}

#[test]
fn a_finding_knows_its_way() {
    let content = r#"{"messages":[{"a":1},{"parts":["{\"text\":[\"needle\"]}"]}]}"#;
    assert_eq!(path_of(content, "needle"), ".messages[1].parts[0].text[0]");
}

#[test]
fn a_key_and_its_value_are_two_places() {
    let mut opened = Opened::default();
    opened.open(None, br#"{"key":"value"}"#);
    let mut places = Vec::new();
    opened.places(&(0..10), &mut places);
    let ranges: Vec<_> = places.into_iter().map(|place| place.range).collect();
    assert_eq!(ranges, [2..5, 8..13]);
}

#[test]
fn a_sender_cannot_write_separators() {
    assert_eq!(opened("", "a\u{1e}b"), "a\u{1f}b|");
    assert_eq!(opened("", r#"["a\u001eb"]"#), "a\u{1f}b|");
}

fn arbitrary_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        "[a-z\"\\\\\n\u{e9}\u{1f98a}]{0,12}".prop_map(serde_json::Value::from),
        Just(serde_json::Value::from("x NEEDLE y")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[a-z\"\n]{0,4}", inner.clone(), 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            inner.prop_map(|value| serde_json::Value::from(value.to_string())),
        ]
    })
}

fn is_printed(value: &serde_json::Value, text: &str) -> bool {
    let printed = value.to_string();
    printed == text
}

/// The same edit, made by parsing, replacing in every leaf of every level, and printing.
fn parse_edit_print(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::String(text) => match serde_json::from_str::<serde_json::Value>(text) {
            // Printing would change white space around it; what is not as printed is edited as text.
            Ok(inner) if is_printed(&inner, text) && json::looks_like_json(text.as_bytes()) => {
                parse_edit_print(&inner).to_string().into()
            }
            _ => text.replace("NEEDLE", "X").into(),
        },
        serde_json::Value::Array(all) => all.iter().map(parse_edit_print).collect(),
        serde_json::Value::Object(all) => serde_json::Value::Object(
            all.iter().map(|(key, value)| (key.clone(), parse_edit_print(value))).collect(),
        ),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn splicing_is_parsing_editing_printing(value in arbitrary_json()) {
        let spliced: serde_json::Value = serde_json::from_str(&edited(&value.to_string(), "NEEDLE")).unwrap();
        prop_assert_eq!(spliced, parse_edit_print(&value));
    }

    #[test]
    fn no_cut_hides_what_stands_before_it(value in arbitrary_json(), cut in 0.0..1.0) {
        let text = value.to_string();
        let mut at = (text.len() as f64 * cut) as usize;
        while !text.is_char_boundary(at) { at -= 1; }
        prop_assert!(!edited(&text[..at], "NEEDLE").contains("NEEDLE"));
    }

    #[test]
    fn any_bytes_open(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        Opened::default().open(None, &bytes);
    }
}

#[test]
fn many_names_beside_one_value_are_paid_for() {
    let names: String = (0..6000).map(|n| format!(",\"n{n}name\":\"x\"")).collect();
    let content = format!("{{\"value\":\"{}\"{names}}}", "a b ".repeat(16 << 10));
    let mut opened = Opened::default();
    opened.open(None, content.as_bytes());
    assert_eq!(opened.limit().map(Limit::name), Some(Limit::Decoded.name()));
    assert!(opened.text().len() < 64 * content.len() + OPEN_FREE_BYTES, "{}", opened.text().len());
}

#[test]
fn the_head_of_a_column_is_no_step_of_a_path() {
    for content in
        ["| a | b c-7x |\n|---|---|\n| x | needle |", "a,b,c\nd,e,needle", "(a,b) VALUES (1,'needle')"]
    {
        let mut opened = Opened::default();
        opened.open(None, content.as_bytes());
        let at = memchr::memmem::rfind(opened.text(), b"needle").unwrap();
        opened.inner_path(at, &mut |step| panic!("{content}: {step:?}"));
    }
}

#[test]
fn a_long_key_is_not_read_for_each_document_below_it() {
    let time = |key: &str, content: &str| {
        let start = std::time::Instant::now();
        Opened::default().open(Some(key), content.as_bytes());
        start.elapsed()
    };
    let long = "k".repeat(60_000);
    for document in ["{} ", "[] ", "[\"a\"] ", "{\"args\":[\"a\"]}\n", "1 ", "[[1]] "] {
        let content = document.repeat(40_000 / document.len());
        let inside = |key: &str| serde_json::json!({key: content}).to_string();
        let least = |key: &str, content: &str| (0..2).map(|_| time(key, content)).min().unwrap();
        let attribute = ["k", &long].map(|key| least(key, &content));
        let member = ["k", &long].map(|key| least("k", &inside(key)));
        for [short, long] in [attribute, member] {
            // Short times are noise.
            let most = short * 3 + std::time::Duration::from_millis(100);
            assert!(long < most, "{document:?}: {short:?}, {long:?}");
        }
    }
}
