//! The pack that is built in, rule by rule, each alone; and what the loader says of packs that are wrong.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use blackbar::pack;
use blackbar::rule::validate::{Match, Verdict};
use blackbar::rule::{Category, Rule, Ruleset};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

/// The ranges of the secrets one rule finds, by the plainest matcher there is.
fn secrets(rule: &Rule, text: &str) -> Vec<Range<usize>> {
    let syntax = syntax::Config::new().unicode(false).utf8(false);
    let config = Regex::config().utf8_empty(false);
    let regex = Regex::builder().syntax(syntax).configure(config).build(&rule.pattern).unwrap();
    let group = |captures: &regex_automata::util::captures::Captures| {
        captures
            .get_group_by_name("secret")
            .or_else(|| captures.get_match().map(|whole| whole.span()))
            .unwrap()
    };
    regex
        .captures_iter(text)
        .map(|captures| group(&captures).range())
        .map(|range| rule.extend.map_or(range.clone(), |extend| extend.range(text.as_bytes(), range)))
        .filter(|range| {
            let matched = Match::new(text.as_bytes(), range);
            rule.keywords.as_ref().is_none_or(|keywords| keywords.objection(matched, &|_| false).is_none())
                && rule.characters.is_none_or(|characters| characters.are_in(matched.secret()))
                && rule.validators.iter().all(|validator| validator.judge(matched) != Verdict::Reject)
        })
        .collect()
}

fn every_rule() -> Vec<Rule> {
    let ruleset = Ruleset::embedded().unwrap();
    let mut rules: Vec<Rule> = ruleset.rules().map(|(_, rule)| rule.clone()).collect();
    rules.extend(ruleset.resting().cloned());
    rules
}

/// What `blackbar rules lint` says of it.
#[test]
fn every_rule_does_what_it_says_alone_and_among_all() {
    let problems = pack::lint(&Ruleset::embedded().unwrap());
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_rule_says_what_it_is_and_where_its_format_is_published() {
    let rules = every_rule();
    assert!(rules.len() >= 40);
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids.len(), rules.len());
    for rule in &rules {
        assert!(!rule.name.is_empty() && !rule.references.is_empty(), "{}", rule.id);
        assert_eq!(rule.category == Category::Pii, rule.id.starts_with("pii."), "{}", rule.id);
        assert!(rule.examples.len() >= 2 && rule.negative_examples.len() >= 2, "{}", rule.id);
        assert!(rule.pattern.is_ascii(), "{}", rule.id);
    }
}

#[test]
fn what_is_everywhere_is_off_until_someone_asks() {
    let ruleset = Ruleset::embedded().unwrap();
    let resting: Vec<&str> = ruleset.resting().map(|rule| rule.id.as_str()).collect();
    assert_eq!(
        resting,
        [
            "pii.ip.v4",
            "pii.ip.v6",
            "pii.mac",
            "pii.person.name.mail",
            "pii.person.name.commit",
            "pii.person.account.key",
            "pii.person.name.known",
            "generic.secret.key_alone"
        ]
    );
    let ruleset = ruleset.switched(|rule| rule.enabled || rule.id.starts_with("pii.ip"));
    assert!(ruleset.rules().any(|(_, rule)| rule.id == "pii.ip.v6"));
    assert!(!ruleset.rules().any(|(_, rule)| rule.id == "pii.mac"));
}

#[test]
fn what_is_built_in_is_what_stands_in_the_directory() {
    let mut stand = BTreeSet::new();
    for category in ["secrets", "pii"] {
        for file in
            std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(category)).unwrap()
        {
            let file = file.unwrap();
            // Examples in other scripts are written as escapes.
            assert!(std::fs::read(file.path()).unwrap().is_ascii(), "{}", file.path().display());
            stand.insert(format!("{category}/{}", file.file_name().to_string_lossy()));
        }
    }
    let built: BTreeSet<String> = every_rule().into_iter().map(|rule| rule.origin.file).collect();
    assert_eq!(built, stand, "a file was added: touch src/rule/builtin.rs");
}

/// `BLACKBAR_WRITE=1 cargo test --test rules` writes it anew.
#[test]
fn the_schema_for_editors_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/rule.schema.json");
    if std::env::var_os("BLACKBAR_WRITE").is_some() {
        std::fs::write(&path, pack::schema()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == pack::schema(), "rules/rule.schema.json is old: see the head of this test");
}

/// The whole value of an assignment is blacked out, whatever it holds: no tail stays.
#[test]
fn a_value_is_found_to_its_end() {
    let rules = every_rule();
    for (text, value) in [
        ("ADMIN_PASSWORD=Tr0ub4dor&ZYXKw#aWFi\"x", "Tr0ub4dor&ZYXKw#aWFi\"x"),
        ("password: Tr0ub4dor&ZYXKw#aWFi\"x", "Tr0ub4dor&ZYXKw#aWFi\"x"),
        ("\"password\": \"hunter2-NRtGqF8v\",", "hunter2-NRtGqF8v"),
        ("password: \"a b\\\"c'd\" # note", "a b\\\"c'd"),
        ("DB_PASSWORD: x y", "x y"),
        ("db_password: 1qwVgrC8S!r3jjbk", "1qwVgrC8S!r3jjbk"),
        (
            "API_SECRET=70de0ea82822b07c47337324dafc430212b0e5c73c520df3",
            "70de0ea82822b07c47337324dafc430212b0e5c73c520df3",
        ),
        ("export X_TOKEN='faae5fde9721780f21ebf55e1481af04'", "faae5fde9721780f21ebf55e1481af04"),
        ("DB_PASS=letmein", "letmein"),
        ("mysql --password hunter2 -h db", "hunter2"),
        ("mysql --password=hunter2 -h db", "hunter2"),
        ("redis://:pw@host/0", "pw"),
        ("https://u:a@b@git.example/x", "a@b"),
        ("\\nAKIABLACKBAREXAMPLE2\\n", "AKIABLACKBAREXAMPLE2"),
        ("\\n+442079460158\\n", "+442079460158"),
        ("a\u{1e}token: b1ackbar2\u{1e}c", "b1ackbar2"),
        ("password: hunter2&&ls", "hunter2&&ls"),
        ("the db password is ZxEZVw9p1oQadB9", "ZxEZVw9p1oQadB9"),
    ] {
        let found = rules.iter().flat_map(|rule| secrets(rule, text)).any(|range| &text[range] == value);
        assert!(found, "{text}");
    }
}

/// What stands between the groups of a number says nothing of it.
#[test]
fn a_number_is_found_however_its_groups_are_parted() {
    let rules = every_rule();
    for (number, id) in [
        ("4111 1111 1111 1111", "pii.payment_card"),
        ("DE89 3704 0044 0532 0130 00", "pii.iban"),
        ("+49 30 23125 417", "pii.phone.international"),
        ("NHS: 943 476 5919", "pii.gb.nhs.keyword"),
        ("TFN: 123 456 782", "pii.au.tfn.keyword"),
    ] {
        for space in [" ", "-", "\u{a0}", "\u{2009}", "\u{202f}", "\u{2011}"] {
            let text = number.replace(' ', space);
            let text = text.replacen(&format!(":{space}"), ": ", 1);
            let rule = rules.iter().find(|rule| rule.id == id).unwrap();
            assert!(!secrets(rule, &text).is_empty(), "{id} {text:?}");
        }
    }
}

const GOOD: &str = r#"
[[rule]]
id = "acme.api_key"
name = "Acme key"
category = "secret"
severity = "high"
confidence = "high"
pattern = 'acme_[0-9a-z]{8,64}'
validators = ["not_placeholder"]
examples = ["acme_12345678", "acme_abcdefgh"]
negative_examples = ["acme_", "acme"]
"#;

fn errors(text: &str) -> Vec<String> {
    match Ruleset::from_files([("acme.toml".to_owned(), text.to_owned())]) {
        Ok(_) => Vec::new(),
        Err(error) => error.0,
    }
}

#[test]
fn a_pack_is_loaded_in_order_of_names_then_positions() {
    let second = GOOD.replace("acme.api_key", "acme.b");
    let files = [("b.toml", GOOD.replace("acme.api_key", "acme.z")), ("a.toml", format!("{GOOD}{second}"))];
    let ruleset = Ruleset::from_files(files.map(|(name, text)| (name.to_owned(), text))).unwrap();
    let ids: Vec<&str> = ruleset.rules().map(|(_, rule)| rule.id.as_str()).collect();
    assert_eq!(ids, ["acme.api_key", "acme.b", "acme.z"]);
}

#[test]
fn what_is_wrong_with_a_pack_is_told_with_file_and_line() {
    assert_eq!(errors(GOOD), Vec::<String>::new());
    for (from, to, message) in [
        ("severity =", "sevrity =", "acme.toml:6: unknown field `sevrity`"),
        ("\"high\"\nconf", "\"awful\"\nconf", "acme.toml:6: unknown variant `awful`"),
        (
            "acme.api_key",
            "Acme.Key",
            "acme.toml:3: bad id `Acme.Key`: write lower-case words with dots between",
        ),
        (
            "acme_[0-9a-z]",
            "(?<=x)acme[a-z]",
            "acme.toml:8: look-around and back-references are not there, patterns are linear-time only",
        ),
        ("{8,64}", "+", "acme.toml:8: the pattern has no longest match: bound every repeat"),
        ("acme_[0-9a-z]", "[0-9a-z]", "acme.toml:8: no literal of 3 bytes stands in every match"),
        (
            "pattern = 'acme_[0-9a-z]",
            "extend = \"pem\"\npattern = 'acme_(?P<secret>[0-9a-z])",
            "acme.toml:9: `extend` and groups do not go together",
        ),
        ("acme_[", "acme_[[", "acme.toml:8: bad pattern: unclosed character class"),
        (
            "\"not_placeholder\"",
            "\"luck\"",
            "acme.toml:9: no validator `luck`: there are payment_card, iban,",
        ),
        ("\"acme_\", ", "", "acme.toml:2: `negative_examples` has 1 of at least 2: add some"),
        (
            "\"acme_12345678\"",
            "{ text = \"acme_12345678\", secret = \"acme_1x\" }",
            "acme.toml:10: the `secret` of an example is a part of its `text`",
        ),
        (
            "\"acme_\"",
            "{ text = \"acme_\", secret = \"acme_\" }",
            "acme.toml:11: nothing is found in a negative example: take out its `secret`",
        ),
        ("\"acme_\"", "{ txt = \"acme_\" }", "acme.toml:11: unknown field `txt`"),
        (
            "\"acme_\"",
            "1",
            "acme.toml:11: invalid type: integer `1`, expected a text, or { text = '...', secret",
        ),
        ("[[rule]]", "[rule]", "acme.toml:2: `rule` is not a list: write `[[rule]]`"),
        ("[[rule]]", "x = 1\n[[rule]]", "acme.toml:2: unknown key `x`"),
        ("acme_[0", "{{word}}[0", "acme.toml:8: no fragment `word` in this file: [fragments] has none"),
        (
            "[[rule]]",
            "[fragments]\nword = 'acme_'\n[[rule]]",
            "acme.toml:3: fragment `word` is in no pattern",
        ),
        ("[[rule]]", "[fragments]\nWord = 'acme_'\n[[rule]]", "acme.toml:3: bad name of a fragment `Word`"),
        ("[[rule]]", "[fragments]\nword = 1\n[[rule]]", "acme.toml:3: fragment `word` is not a text"),
        ("[[rule]]", "fragments = 1\n[[rule]]", "acme.toml:2: `fragments` is not a table"),
        (
            "validators =",
            "keywords.before = ['ab']\nvalidators =",
            "acme.toml:9: bad keyword `ab`: write 3 bytes or more",
        ),
        (
            "'acme_[0-9a-z]{8,64}'",
            "'[0-9]{8,64}'\nkeywords.without = ['acme']",
            "acme.toml:8: no literal of 3 bytes stands in every match: add one, or say `anchor = \"at\"` or \
             `\"digits\"`, or what stands near it",
        ),
        (
            "validators =",
            "requires.rule = 'emca'\nvalidators =",
            "acme.toml:2: `requires` asks for `emca`: there is no such rule in this pack",
        ),
        (
            "validators =",
            "requires.rule = 'acme'\nvalidators =",
            "acme.toml:2: `requires` asks for `acme`: it asks for a companion too",
        ),
        (
            "validators =",
            "scope.agents = ['claude']\nvalidators =",
            "acme.toml:9: no agent `claude` is told from others: there are claude-code,",
        ),
        (
            "validators =",
            "placeholder = '[X]'\nvalidators =",
            "acme.toml:9: bad placeholder `[X]`: write lower-case words",
        ),
        (
            "validators =",
            "placeholder = 'unscanned'\nvalidators =",
            "acme.toml:9: bad placeholder `unscanned`: write lower-case words",
        ),
        ("name = \"Acme key\"\n", "", "acme.toml:2: missing field `name`"),
        ("[[rule]]", "[[rule", "acme.toml:2:"),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let errors = errors(&text);
        assert!(errors.iter().any(|error| error.starts_with(message)), "{message}\n{errors:?}");
    }
}

#[test]
fn what_stands_near_is_looked_for_in_place_of_a_literal() {
    let text = GOOD.replacen("'acme_[0-9a-z]{8,64}'", "'[0-9]{8,64}'\nkeywords.before = ['acme no']", 1);
    assert_eq!(errors(&text), Vec::<String>::new());
}

#[test]
fn what_is_tried_out_is_off_until_someone_asks() {
    let text = GOOD.replacen("severity =", "status = 'experimental'\nseverity =", 1);
    let ruleset = Ruleset::from_files([("acme.toml".to_owned(), text)]).unwrap();
    assert_eq!((ruleset.rules().count(), ruleset.resting().count()), (0, 1));
}

#[test]
fn a_fragment_is_put_into_the_patterns_of_its_file() {
    let text = GOOD.replacen("[[rule]]", "[fragments]\nword = 'acme|emca'\n[[rule]]", 1);
    let text = text.replacen("acme_[", "(?i:{{word}})_[", 1);
    let ruleset = Ruleset::from_files([("acme.toml".to_owned(), text)]).unwrap();
    let pattern = ruleset.rules().map(|(_, rule)| rule.pattern.clone()).next().unwrap();
    assert_eq!(pattern, "(?i:(?:acme|emca))_[0-9a-z]{8,64}");
}

#[test]
fn an_id_is_taken_once_and_all_errors_are_told() {
    let twice = errors(&format!("{GOOD}{GOOD}"));
    assert_eq!(
        twice,
        ["acme.toml:13: id `acme.api_key` is taken by acme.toml:2: choose another, ids are never shared"]
    );
    let both =
        errors(&format!("{}{}", GOOD.replace("acme.api_key", "X"), GOOD.replace("severity", "sevrity")));
    assert_eq!(both.len(), 2, "{both:?}");
}
