//! The scanner against a plain reference, on made-up rules; and against hostile text.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::confirm::Judge;
use super::*;
use crate::rule::validate::Match;
use crate::rule::{Anchor, Category, Requires, Severity};
use proptest::prelude::*;
use regex_automata::meta::Regex;
use regex_automata::{Input, util::syntax};
use std::collections::HashSet;
use std::time::{Duration, Instant};

fn rule(id: &str, pattern: &str, anchor: Option<Anchor>) -> Rule {
    Rule {
        id: id.to_owned(),
        name: id.to_owned(),
        category: Category::Secret,
        severity: Severity::High,
        confidence: Confidence::Medium,
        pattern: pattern.to_owned(),
        anchor,
        validators: Vec::new(),
        ..Rule::default()
    }
}

fn ruleset(rules: &[(&str, &str, Option<Anchor>)]) -> Ruleset {
    Ruleset::new(rules.iter().map(|(id, pattern, anchor)| rule(id, pattern, *anchor)).collect())
}

fn scanner(rules: &[(&str, &str, Option<Anchor>)]) -> Scanner {
    Scanner::new(ruleset(rules)).unwrap()
}

/// One for each engine that this program has.
fn scanners(ruleset: Ruleset) -> Vec<Scanner> {
    let scanner = |engine| Scanner::with_engine(ruleset.clone(), engine).unwrap();
    let scanners: Vec<_> = Engine::built_in().map(scanner).collect();
    assert!(scanners.iter().map(Scanner::engine).eq(Engine::built_in()));
    scanners
}

/// Rules of every kind the generator treats on its own.
const RULES: [(&str, &str, Option<Anchor>); 16] = [
    ("prefix", r"\bkey_[a-z0-9]{4,8}\b", None),
    ("prefix.loose", "key_[a-z]{2}", None),
    ("issuers", "(?:abx|aby|acz)-[0-9]{2,5}", None),
    ("case", r"(?i)\bpass(?:word)?\s{0,2}[=:]\s{0,2}(?P<secret>[a-z0-9]{3,8})", None),
    ("context", r"[a-z_]{0,6}token[a-z]{0,3}=(?P<redact>(?P<secret>[a-z0-9]{2,9})(?:\.[a-z]+)?)", None),
    ("endless", "eyJ[a-z]{2,}\\.(?:[a-z]{2,})?", None),
    ("lines", "(?s)--BEGIN.{0,20}?--END", None),
    ("url", r"[a-z]{2,5}://[a-z]{1,8}:(?P<secret>[^@\s]{1,8})@", None),
    ("edges", "^start[a-z]{0,3}$", None),
    ("mail", r"[a-z0-9.]{1,12}@[a-z]{1,9}\.[a-z]{2,4}", Some(Anchor::At)),
    ("card", r"\b[0-9]{4}(?:[ -]?[0-9]{4}){2,3}\b", Some(Anchor::Digits)),
    ("phone", r"\+[0-9][0-9 ]{6,14}", Some(Anchor::Digits)),
    ("account", "[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,5}", Some(Anchor::Digits)),
    ("branches", r"(?:[a-z]{0,4}secret|cred\d?)=[a-z]{3,6}", None),
    // Literals at one place, from which their ways go on to different ends.
    ("ends", "(?:[^b][a-z]{2}klmn[a-z0-9. ]{4,60}|[^a]ijklmnopqrst[0-9]{1,3})", None),
    ("starts", "(?:[^a]wey_id_[a-z]{2,4}[0-9._ ][a-z0-9._ ]{4,40}|[^b]wey_[a-z_0-9]{5,7})", None),
];

/// A judge that rejects about a third and is certain of about a third, by the bytes of the match alone.
fn picky(rule: &Rule, matched: Match<'_>) -> Result<Confidence, Refusal> {
    match matched.secret().iter().map(|byte| u32::from(*byte)).sum::<u32>() % 3 {
        0 => Err(Refusal::Mask),
        1 => Ok(Confidence::High),
        _ => Ok(rule.confidence),
    }
}

/// What the module doc of the confirm says, in the plainest words.
fn reference(scanner: &Scanner, text: &[u8], judge: &Judge) -> Vec<(RuleIndex, Range<usize>)> {
    let mut out = Vec::new();
    for (index, rule) in scanner.ruleset().rules() {
        let syntax = syntax::Config::new().utf8(false).unicode(false);
        let regex = Regex::builder().syntax(syntax).build(&rule.pattern).unwrap();
        let mut base = 0;
        for segment in text.split(|byte| *byte == SEPARATOR) {
            let mut next = 0;
            while next <= segment.len() {
                let mut groups = regex.create_captures();
                regex.search_captures(&Input::new(segment).range(next..), &mut groups);
                let Some(whole) = groups.get_match() else { break };
                let secret = groups.get_group_by_name("secret").map_or(whole.range(), |group| group.range());
                let range = groups.get_group_by_name("redact").map_or(secret.clone(), |group| group.range());
                let matched = Match { text, start: base + secret.start, end: base + secret.end };
                next = whole.start() + 1;
                let spoken =
                    rule.keywords.as_ref().is_none_or(|words| words.objection(matched, &|_| false).is_none());
                let anchored = rule.anchor != Some(Anchor::Digits) || digits::dense(&segment[whole.range()]);
                if anchored && spoken && judge(rule, matched).is_ok() {
                    next = next.max(range.end);
                    out.push((index, base + range.start..base + range.end));
                }
            }
            base += segment.len() + 1;
        }
    }
    out.sort_by_key(|(rule, range)| (range.start, *rule, range.end));
    out
}

fn found(scanner: &Scanner, text: &[u8], judge: &Judge) -> Vec<(RuleIndex, Range<usize>)> {
    let mut findings = Vec::new();
    let mut scratch = scanner.scratch();
    scanner.find(text, &mut scratch, &mut findings, judge, &mut ());
    scanner.settle(text, &mut scratch, 0, &mut findings);
    findings.into_iter().map(|finding| (finding.rule, finding.range)).collect()
}

/// Things the rules look for, and parts of them.
fn things() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "key_abcd1",
        "key_",
        "KEY_abc",
        "aby-123",
        "acz-1",
        "Password: ab12",
        "pass=",
        "PASS=hunter2",
        "my_tokens=abc.de",
        "token=",
        "tokentoken=ab9",
        "eyJabc.de",
        "eyJeyJ",
        "eyJ",
        "--BEGIN",
        "--END",
        "--BEGIN x\n--END",
        "ftp://me:pw1@",
        "://",
        "start",
        "startab",
        "a.b@c.de",
        "@@",
        "@x.yz",
        "me@x",
        "4111 1111 1111 1111",
        "4111-1111-1111",
        "411111111111",
        "+1 555 0100 22",
        "+49 30 123",
        "DE89 3704 0044 0532",
        "DE89370400440532",
        "secret=abcd",
        "mysecret=abc",
        "cred4=abcdef",
        "cred=ab",
        "xijklmnopqrst1 23 4567",
        "ijklmn",
        "xwey_id_abc.defgh ijkl",
        "wey_",
        "2026-11-21 10:20:30.123",
        "1234567",
        "12345678901234567890",
    ])
    .prop_map(str::to_owned)
}

/// Texts of such things, and of what stands between.
fn texts() -> impl Strategy<Value = String> {
    let between = prop::sample::select(vec![
        "\u{1e}",
        "\u{1e}\u{1e}",
        " ",
        "\n",
        "",
        "",
        "x",
        "9",
        "_",
        ".",
        ":",
        "=",
        "\u{e9}",
        "lorem ipsum ",
        "and so on and on and on, for a while, until more than a few blocks of text have gone by ",
    ])
    .prop_map(str::to_owned);
    let noise = "[a-zA-Z0-9 @:=._/-]{0,12}";
    prop::collection::vec(prop_oneof![3 => things(), 3 => between, 1 => noise], 0..60)
        .prop_map(|parts| parts.concat())
}

/// Rules that nothing in their matches tells of.
fn announced() -> Ruleset {
    let announced = |id: &str, pattern: &str, keywords: &str| Rule {
        keywords: Some(Box::new(toml::from_str(keywords).unwrap())),
        ..rule(id, pattern, None)
    };
    Ruleset::new(vec![
        announced("badge", r"\b[0-9]{4,6}\b", "before = ['badge no']\nafter = ['is mine']\nwithin = 12"),
        announced(
            "desk",
            "[a-z](?P<secret>[0-9]{2,5})[a-z]?",
            "in_key = ['desk', 'seat row']\nwithout = ['map']",
        ),
        announced("both", "lot-[0-9]{2}", "before = ['badge no', 'desk']\nwithin = 9"),
    ])
}

/// Texts of what announces them, of what they match, and of what stands between.
fn announcements() -> impl Strategy<Value = String> {
    let things = prop::sample::select(vec![
        "badge no",
        "Badge-No: ",
        "badgeNo=",
        "a badge",
        "is mine",
        " is mine ",
        "desk",
        "desk: ",
        "my_desk = ",
        "seatRow: ",
        "\"seat-row\": \"",
        "map",
        "MAP",
        "1234",
        "123456",
        "1234567",
        "a12",
        "b12345c",
        "lot-12",
        "\u{1e}",
        " ",
        "\n",
        "\"",
        ", ",
        "x",
        "and so on and on ",
    ]);
    prop::collection::vec(things, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_keywords_tell_of_is_what_a_plain_search_finds(text in announcements()) {
        let judge = &confirm::validators;
        for scanner in scanners(announced()) {
            prop_assert_eq!(found(&scanner, text.as_bytes(), judge), reference(&scanner, text.as_bytes(), judge));
        }
    }

    #[test]
    fn finds_what_a_plain_search_finds(text in texts()) {
        let judges: [&Judge; 2] = [&confirm::validators, &picky];
        for scanner in scanners(ruleset(&RULES)) {
            for judge in judges {
                prop_assert_eq!(found(&scanner, text.as_bytes(), judge), reference(&scanner, text.as_bytes(), judge));
            }
        }
    }

    #[test]
    fn the_prefilter_has_no_false_negative(text in texts()) {
        let all: &Judge = &|rule, _| Ok(rule.confidence);
        for scanner in scanners(ruleset(&RULES)) {
            let mut candidates = Candidates::new(RULES.len());
            scanner.generator.propose(text.as_bytes(), &mut scanner.generator.room(), &mut candidates);
            let mut regions = Vec::new();
            candidates.drain(|rule, some| regions.extend(some.iter().map(|region| (rule, region.clone()))));
            for (rule, range) in reference(&scanner, text.as_bytes(), all) {
                prop_assert!(
                    regions.iter().any(|(of, region)| *of == rule
                        && region.start <= range.start && range.end <= region.end
                        && region.segment.start <= region.start && region.end <= region.segment.end),
                    "{:?} {:?} not in {:?}", rule, range, regions
                );
            }
        }
    }

    #[test]
    fn redacting_twice_is_redacting_once(parts in prop::collection::vec(things(), 0..20)) {
        // Without the rule that reaches over other findings: `a_match_over_a_placeholder` tells why.
        let scanner = scanner(&RULES.into_iter().filter(|rule| rule.0 != "lines").collect::<Vec<_>>());
        let once = redact(&scanner, &parts.join(", "));
        prop_assert_eq!(redact(&scanner, &once), once);
    }

    #[test]
    fn redacting_again_never_shows_more(text in texts()) {
        let scanner = scanner(&RULES);
        let once = redact(&scanner, &text);
        let mut again = vec![once.clone(), redact(&scanner, &once)].into_iter().map(|text| shown(&text));
        let (once, twice) = (again.next().unwrap(), again.next().unwrap());
        let mut left = once.bytes();
        prop_assert!(twice.bytes().all(|byte| left.any(|other| other == byte)), "{:?} {:?}", once, twice);
    }

    #[test]
    fn segments_do_not_touch_each_other(parts in prop::collection::vec(texts(), 0..4)) {
        let scanner = scanner(&RULES);
        let apart: usize = parts.iter().map(|part| found(&scanner, part.as_bytes(), &picky).len()).sum();
        prop_assert_eq!(found(&scanner, parts.join("\u{1e}").as_bytes(), &picky).len(), apart);
    }
}

/// What stands outside placeholders.
fn shown(text: &str) -> String {
    text.split('[').map(|part| part.split_once(']').map_or(part, |(_, shown)| shown)).collect()
}

/// Blacks out the united findings, each under the first rule that found it.
fn redact(scanner: &Scanner, text: &str) -> String {
    let mut findings = Vec::new();
    scanner.scan(text.as_bytes(), &mut scanner.scratch(), &mut findings);
    let mut united: Vec<(Range<usize>, String)> = Vec::new();
    for finding in findings {
        let id = scanner.ruleset().rule(finding.rule).unwrap().id.clone();
        match united.last_mut() {
            Some((range, _)) if finding.range.start < range.end => {
                range.end = range.end.max(finding.range.end)
            }
            _ => united.push((finding.range, id)),
        }
    }
    let mut out = text.as_bytes().to_vec();
    for (range, id) in united.into_iter().rev() {
        out.splice(range, format!("[REDACTED:{id}]").into_bytes());
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Known, and on the safe side: a placeholder may be shorter than what it stands for, and so bring the
/// ends of another match within reach of each other. The second pass hides more, never less.
#[test]
fn a_match_over_a_placeholder_may_be_found_by_the_second_pass_only() {
    let scanner = scanner(&RULES);
    let once = redact(&scanner, "--BEGIN, 4111 1111 1111 1111, --END");
    assert_eq!(once, "--BEGIN, [REDACTED:card], --END");
    assert_eq!(redact(&scanner, &once), "[REDACTED:lines][REDACTED:card][REDACTED:lines]");
}

#[test]
fn placeholders_stay() {
    let scanner =
        scanner(&[("pw.simple", r#"pw=(?P<secret>[^\s"]{4,200})"#, None), ("tok", "tok_[a-z]{4}", None)]);
    let check = |text: &str, expected: &str| assert_eq!(redact(&scanner, text), expected, "{text}");
    check("pw=hunter2", "pw=[REDACTED:pw.simple]");
    check("pw=[REDACTED:pw.simple]", "pw=[REDACTED:pw.simple]");
    check("pw=[REDACTED:tok],", "pw=[REDACTED:tok],");
    check("pw=[REDACTED:unscanned]", "pw=[REDACTED:unscanned]");
    check("pw=[REDACTED:tok:abcdefghijklmn27]", "pw=[REDACTED:tok:abcdefghijklmn27]");
    // A token of another length or alphabet, an unknown rule, or no end: text like any other.
    check("pw=[REDACTED:tok:abcdefghijklmn2]", "pw=[REDACTED:pw.simple]");
    check("pw=[REDACTED:tok:ABCDEFGHIJKLMN27]", "pw=[REDACTED:pw.simple]");
    check("pw=[REDACTED:tok:tok_abcdefghijkl]", "pw=[REDACTED:pw.simple]");
    check("pw=[REDACTED:other]", "pw=[REDACTED:pw.simple]");
    check("pw=[REDACTED:tok", "pw=[REDACTED:pw.simple]");
    // What is glued to a placeholder is found all the same.
    check("pw=[REDACTED:tok]hunter2", "pw=[REDACTED:tok][REDACTED:pw.simple]");
    check("pw=hunt[REDACTED:tok]er2", "pw=[REDACTED:pw.simple][REDACTED:tok][REDACTED:pw.simple]");
    check("[REDACTED:tok]tok_abcd", "[REDACTED:tok][REDACTED:tok]");
}

#[test]
fn a_placeholder_in_the_words_of_its_rule_stays() {
    let rule = Rule { placeholder: Some("badge".to_owned()), ..rule("acme.badge", "badge.{4,9}", None) };
    let scanner = Scanner::new(Ruleset::new(vec![rule])).unwrap();
    for (text, expected) in
        [("[REDACTED:badge]", 0), ("[REDACTED:acme.badge]", 0), ("[REDACTED:badge_owners]", 1)]
    {
        assert_eq!(found(&scanner, text.as_bytes(), &confirm::validators).len(), expected, "{text}");
    }
}

#[test]
fn a_placeholder_announces_nothing() {
    let keywords = toml::from_str("in_key = ['badge']\nbefore = ['badge no']").unwrap();
    let rule = Rule { keywords: Some(Box::new(keywords)), ..rule("acme.badge", r"\b[0-9]{6}\b", None) };
    let scanner = Scanner::new(Ruleset::new(vec![rule])).unwrap();
    for (text, expected) in [
        ("badge: 471103 471104", 1),
        ("[REDACTED:acme.badge] 471104", 0),
        ("[REDACTED:acme.badges] badge no 471104", 1),
    ] {
        assert_eq!(found(&scanner, text.as_bytes(), &confirm::validators).len(), expected, "{text}");
    }
}

#[test]
fn what_may_come_to_nothing_stands_in_the_way_of_no_cut_secret() {
    let scope = Some(toml::from_str("signals = ['metrics']").unwrap());
    let requires = Some(Requires { companions: vec!["acme.app".to_owned()], within: None });
    for narrow in [
        Rule { scope, ..rule("acme.narrow", "acme_[0-9a-z]{6,40}", None) },
        Rule { requires, ..rule("acme.narrow", "acme_[0-9a-z]{6,40}", None) },
    ] {
        let rules =
            vec![narrow, rule("acme.key", "acme_[0-9a-z]{40}", None), rule("acme.app", "app-[0-9]{4}", None)];
        let scanner = Scanner::new(Ruleset::new(rules)).unwrap();
        for text in ["clone with acme_b1ackbarexamp1e", "acme_b1ackbarexam"] {
            let mut findings = Vec::new();
            scanner.scan(text.as_bytes(), &mut scanner.scratch(), &mut findings);
            assert!(findings.iter().any(|finding| finding.rule == RuleIndex(1)), "{text}: {findings:?}");
        }
    }
}

#[test]
fn a_placeholder_tells_of_nothing() {
    let scanner = scanner(&[
        ("a.token", r"token[\]]?[=:] ?(?P<secret>[a-z0-9]{4,20})", None),
        ("b", "REDACTED[a-z:.]{0,20}[\\]] (?P<secret>[a-z0-9]{4})", None),
    ]);
    let check = |text: &str, expected: &str| assert_eq!(redact(&scanner, text), expected, "{text}");
    check("token: abcd", "token: [REDACTED:a.token]");
    check("[REDACTED:a.token]: abcd", "[REDACTED:a.token]: abcd");
    check("[REDACTED:a.token] abcd", "[REDACTED:a.token] abcd");
    check("[REDACTED:a.token:abcdefghijklmn27]: abcd", "[REDACTED:a.token:abcdefghijklmn27]: abcd");
    check("[REDACTED:x.token]: abcd", "[REDACTED:x.token]: [REDACTED:a.token]");
    check("[REDACTED:a.token] token: abcd", "[REDACTED:a.token] token: [REDACTED:a.token]");
}

#[test]
fn masks_of_others_are_no_findings_whatever_the_rule() {
    let scanner = Scanner::new(Ruleset::embedded().unwrap()).unwrap();
    for mask in
        ["<REDACTED>", "[REDACTED]", "__REDACTED__", "******", "REDACTED", "(redacted)", "**REDACTED**"]
    {
        for context in [
            "password=#",
            "password: #",
            "token = \"#\"",
            "Authorization: Bearer #",
            "https://x.example/c?sig=#",
            "https://x.example/c?sig=#&se=2",
            "postgres://app:#@db.example/x",
            "https://user:#@x.example/a",
            "--password # --x",
            "<password>#</password>",
            "identified by '#'",
            "curl -u admin:# https://x.example",
            "use ghp_#",
            "sk-ant-api03-#",
            "pw: #",
            "write to #@mail.example, please",
        ] {
            let text = context.replace('#', mask);
            assert_eq!(redact(&scanner, &text), text);
            if context.contains("--password") || context.contains("://app") {
                let beside = context.replace('#', &format!("{mask}hunter2x9K"));
                assert_ne!(redact(&scanner, &beside), beside);
            }
        }
    }
}

#[test]
fn groups_say_what_is_blacked_out_and_what_the_secret_is() {
    let scanner = scanner(&[("both", "id=(?P<redact>[a-z]+:(?P<secret>[0-9]+))!", None)]);
    let mut findings = Vec::new();
    scanner.scan(b"x id=ab:12! id=cd:3!", &mut scanner.scratch(), &mut findings);
    let ranges: Vec<_> = findings.iter().map(|found| (found.range.clone(), found.secret.clone())).collect();
    assert_eq!(ranges, [(5..10, 8..10), (15..19, 18..19)]);
}

#[test]
fn findings_are_appended() {
    let scanner = scanner(&[("a", "key_[a-z]{2}", None)]);
    let (mut findings, mut scratch) = (Vec::new(), scanner.scratch());
    scanner.scan(b"___key_ab", &mut scratch, &mut findings);
    scanner.scan(b"key_ab", &mut scratch, &mut findings);
    assert_eq!(findings.iter().map(|finding| finding.range.start).collect::<Vec<_>>(), [3, 0]);
}

#[test]
fn a_scratch_of_another_scanner_is_made_anew() {
    let (one, other) = (scanner(&RULES), scanner(&[("a", "(?P<secret>key_)[a-z]{2}", None)]));
    let mut scratch = one.scratch();
    for scanner in [&one, &other, &one] {
        let mut findings = Vec::new();
        scanner.scan(b"key_abcd", &mut scratch, &mut findings);
        assert!(!findings.is_empty());
    }
}

#[test]
fn what_cannot_be_scanned_for_is_refused_by_name() {
    let refused = |pattern: &str, anchor| {
        let error = Scanner::new(Ruleset::new(vec![rule("bad.rule", pattern, anchor)])).unwrap_err();
        error.to_string()
    };
    assert!(refused("[0-9]{16}", None).starts_with("rule bad.rule: no literal"));
    assert!(refused("[a-z]*token", None).contains("{0,32}"));
    assert!(refused("[0-9]{7,}", Some(Anchor::Digits)).contains("bound its repeats"));
    assert!(refused("abc", Some(Anchor::At)).contains("'@'"));
    assert!(refused("(abc", None).contains("unclosed group"));
    assert!(refused("(?:abc)?", None).contains("empty text"));
}

#[test]
fn an_engine_that_is_not_there_is_told_and_its_work_is_done() {
    for (name, engine) in Engine::ALL {
        let scanner = Scanner::with_engine(ruleset(&RULES), engine).unwrap();
        assert_eq!(scanner.engine() == engine, engine.is_built_in(), "{name}");
        assert_eq!(scanner.refusal().is_none(), engine.is_built_in(), "{name}");
        assert!(!found(&scanner, b"a key_abcd1 b", &confirm::validators).is_empty(), "{name}");
    }
}

#[cfg(feature = "hyperscan")]
#[test]
fn what_hyperscan_fails_at_is_done_by_the_other_engine() {
    let scanner = Scanner::with_engine(ruleset(&RULES), Engine::Hyperscan).unwrap();
    let mut candidates = [Candidates::new(RULES.len()), Candidates::new(RULES.len())];
    let rooms = [scanner.generator.room(), scanner.generator.room().failing()];
    let text = b"a key_abcd1 b secret=abcd eyJabc.de me: tokens=abc.de";
    let proposed = candidates.iter_mut().zip(rooms).map(|(candidates, mut room)| {
        let mut all = Vec::new();
        scanner.generator.propose(text, &mut room, candidates);
        candidates.drain(|rule, regions| all.push((rule, regions.to_vec())));
        all.sort_by_key(|(rule, _)| *rule);
        all
    });
    let proposed: Vec<_> = proposed.collect();
    assert!(proposed[0].len() >= 3);
    assert_eq!(proposed[0], proposed[1]);
}

#[test]
fn scanners_are_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    fn owned<T: Send>() {}
    shared::<Scanner>();
    owned::<Scratch>();
}

#[test]
fn a_flood_of_places_with_long_tails_is_searched_as_one() {
    let scanner = scanner(&[("a", "eyJ[a-zJ]*[.](?P<secret>[0-9])", None)]);
    let all: &Judge = &|rule, _| Ok(rule.confidence);
    // The places of `n` that come to nothing cost n * 3n / 2 of the 16 * 3n + 65536 they may.
    for places in [100, 200, 250, 400, 3000] {
        for end in ["", ".", ".7", " eyJa.7"] {
            let text = "eyJ".repeat(places) + end + " eyJa.5 eyJeyJ";
            assert_eq!(
                found(&scanner, text.as_bytes(), all),
                reference(&scanner, text.as_bytes(), all),
                "{places} {end:?}"
            );
        }
    }
}

#[test]
fn matches_stand_once_the_budget_for_rejecting_is_spent() {
    let scanner = scanner(&[("a", "aaa[a-z]*", None)]);
    let all: &Judge = &|_, _| Err(Refusal::Mask);
    // Of 500 bytes, each start is rejected with all of the rest: 125 thousand bytes of 96 thousand.
    assert!(found(&scanner, &[b'a'; 300], all).is_empty());
    let spent = found(&scanner, &[b'a'; 500], all);
    assert_eq!(spent.len(), 1);
    assert_eq!(spent[0].1.end, 500);
}

#[test]
fn a_pattern_that_is_too_large_is_refused() {
    let sized = |times: usize| {
        Scanner::new(Ruleset::new(vec![rule("large", &format!("abc(?u:\\w{{{times}}})"), None)]))
    };
    assert!(sized(10).is_ok());
    let refused = sized(5000).unwrap_err().to_string();
    assert!(refused.starts_with("rule large: ") && refused.contains("limit"), "{refused}");
}

/// Rules with tails as long as the linter lets them be.
fn long_tails() -> Scanner {
    scanner(&[
        ("context", r#"(?i)(?:api_?key|token)["']?\s{0,4}[=:]\s{0,4}(?P<secret>[^\s"']{8,276})"#, None),
        ("before", r"[\w.-]{0,32}secret[\w.-]{0,32}[=:]\s{0,3}(?P<secret>[\w=+/-]{16,276})", None),
        ("jwt", r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", None),
        ("pem", r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]+-----END", None),
        ("prefix", "ghp_[A-Za-z0-9]{36,292}", None),
        ("mail", r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}\b", Some(Anchor::At)),
        ("card", r"\b(?:[0-9][ -]?){12,18}[0-9]\b", Some(Anchor::Digits)),
        ("url", r"[a-z][a-z0-9+.-]{1,20}://[^\s:@/]{1,64}:(?P<secret>[^\s@/]{1,128})@", None),
    ])
}

#[test]
fn hostile_text_takes_time_in_proportion() {
    let scanner = long_tails();
    let floods = [
        "api_key=",
        "a",
        "eyJ",
        "eyJaaaaaaaaaaaa.",
        "-----BEGIN PRIVATE KEY-----",
        "ghp_",
        "@",
        "a@",
        "a@a.",
        "1",
        "1 ",
        "4111-",
        "://",
        "a://a:a",
        "secret",
        "secret=",
        "ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "\u{1e}",
        "token\u{1e}",
        "1234567\u{1e}",
        "@\u{1e}",
        "[REDACTED:",
        "api_key=aaaaaaaa[REDACTED:jwt] ",
    ];
    for flood in floods {
        for judge in [&confirm::validators as &Judge, &|_, _| Err(Refusal::Mask)] {
            let time = |bytes: usize| {
                let text = flood.repeat(bytes / flood.len());
                (0..2).map(|_| once(&scanner, text.as_bytes(), judge)).min().unwrap()
            };
            let (half, whole) = (time(60_000), time(120_000));
            // Twice would be linear, four times quadratic. Short times are noise.
            assert!(
                whole < half * 3 + Duration::from_millis(100),
                "{flood:?}: {half:?} for half of it, {whole:?} for all"
            );
        }
    }
}

fn once(scanner: &Scanner, text: &[u8], judge: &Judge) -> Duration {
    let (mut scratch, mut findings) = (scanner.scratch(), Vec::new());
    let start = Instant::now();
    scanner.find(text, &mut scratch, &mut findings, judge, &mut ());
    scanner.settle(text, &mut scratch, 0, &mut findings);
    start.elapsed()
}

#[test]
fn a_secret_longer_than_its_pattern_is_found_to_its_end() {
    let scanner = Scanner::new(Ruleset::embedded().unwrap()).unwrap();
    let mut scratch = scanner.scratch();
    for (before, body, times, after) in [
        ("password=", "blackbarEXAMPLE0", 270, " and more"),
        ("password: ", "blackbarEXAMPLE0", 140, "\x1enext: value"),
        ("ghp_", "blackbarEXAMPLE0", 40, ", more"),
        ("glpat-", "blackbarEXAMPLE0", 40, "\nmore"),
        ("hf_", "blackbarEXAMPLE0", 40, " more"),
        ("sk-proj-", "blackbarEXAMPLE0", 40, "\" more"),
        ("Authorization: Bearer ", "blackbarEXAMPLE0", 300, " more"),
        ("<password>", "blackbarEXAMPLE0", 300, "</password>"),
        ("identified by '", "blackbarEXAMPLE0", 40, "' more"),
        (r#"<add key="Db:Password" value=""#, "blackbarEXAMPLE0", 40, "\" />"),
    ] {
        let secret = body.repeat(times);
        let text = format!("{before}{secret}{after}");
        let mut findings = Vec::new();
        scanner.scan(text.as_bytes(), &mut scratch, &mut findings);
        let end = before.len() + secret.len();
        assert!(findings.iter().all(|finding| finding.range.end == end), "{before} {findings:?}");
        assert_eq!(findings.iter().map(|finding| finding.rule).collect::<HashSet<_>>().len(), findings.len());
        assert!(!findings.is_empty(), "{before}");
    }
}

#[test]
fn a_long_password_in_a_url_is_found() {
    let scanner = Scanner::new(Ruleset::embedded().unwrap()).unwrap();
    for scheme in ["postgres", "https"] {
        let text = format!("{scheme}://app:{}@db.example/x", "blackbarEXAMPLE0".repeat(40));
        let mut findings = Vec::new();
        scanner.scan(text.as_bytes(), &mut scanner.scratch(), &mut findings);
        let secret = scheme.len() + 7..text.len() - 13;
        let covers = |range: &Range<usize>| range.start <= secret.start && secret.end <= range.end;
        assert!(findings.iter().any(|finding| covers(&finding.range)), "{scheme} {findings:?}");
    }
}

#[test]
fn hostile_text_takes_time_in_proportion_with_the_rules_that_are_built_in() {
    let scanner = Scanner::new(Ruleset::embedded().unwrap()).unwrap();
    let line = "b1ackBARExAMPLE0b1ackBARExAMPLE0b1ackBARExAMPLE0b1ackBARExAMPLE0\n";
    let certificate = format!("{}\n{}-----END CERTIFICATE-----\n", ".pem".repeat(100), line.repeat(200));
    for flood in [
        "<password>a",
        "postgres://a:b",
        "https://a:b",
        "identified by 'ab",
        ".pem",
        "id_rsa\n",
        "Private-Lines: 1",
        "-----END PRIVATE KEY-----",
        "a\n-----END PRIVATE KEY-----\n",
        "[REDACTED:generic.secret.bare]: b1ackbarEXAMPLE0 ",
        "token=[REDACTED:",
        "password=***",
        "password=abc12345&",
        "password=abc12345&x1=",
        "password=abc12345;ab=",
        "@REDACTED",
        line,
        &format!("id_rsa\n{line}"),
        &certificate,
    ] {
        let time = |bytes: usize| {
            let text = flood.repeat(bytes / flood.len());
            (0..2).map(|_| once(&scanner, text.as_bytes(), &confirm::validators)).min().unwrap()
        };
        // Another program may take the processor from one measurement, and hardly from all three.
        let mut pairs = (0..3).map(|_| (time(60_000), time(120_000)));
        let in_proportion = pairs.any(|(half, whole)| whole < half * 3 + Duration::from_millis(100));
        assert!(in_proportion, "{:?}", flood.get(..20).unwrap_or(flood));
    }
}
