//! The program itself: what it prints where, and the exit status other programs rely on.

#![allow(clippy::unwrap_used)]

use data_encoding::BASE64;
use std::process::Command;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_blackbar")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn check_tells_every_error_and_fails() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("b.toml");
    std::fs::write(&path, "[log]\nlevel = \"loud\"\nformt = \"text\"\n").unwrap();
    let path = path.to_str().unwrap();
    let expected = format!(
        "{path}:2: log.level: \"loud\" is not one of error, warn, info, debug\n\
         {path}:3: log.formt: unknown key; did you mean format?\n"
    );
    assert_eq!(run(&["check", "--config", path]), (1, String::new(), expected));
}

#[test]
fn check_tells_what_would_run() {
    let (status, out, err) = run(&["check", "--data-dir", "somewhere", "--listen", "127.0.0.1:9"]);
    assert_eq!((status, err.as_str()), (0, ""));
    for line in [
        "ok\n",
        "listens on      127.0.0.1:9 (no authentication)\n",
        "admin on        127.0.0.1:4319\n",
        "telemetry goes  to somewhere/clean (file)\n",
        "alerts go       to somewhere/alerts.jsonl\n",
    ] {
        assert!(out.contains(line), "{line} in {out}");
    }
    assert!(!std::path::Path::new("somewhere").exists(), "check writes nothing");
}

#[test]
fn rules_are_listed() {
    let (status, out, err) = run(&["rules", "list"]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.starts_with("ID "), "{out}");
}

const ACME: &str = r#"
[[rule]]
id = "acme.key"
name = "Acme key"
category = "secret"
severity = "high"
confidence = "high"
pattern = 'acme_(?P<secret>[0-9a-z]{8,64})'
validators = ["not_placeholder"]
examples = ["acme_b1ackbar2", { text = "x acme_b1ackbar2.", secret = "b1ackbar2" }]
negative_examples = ["acme_b1ack", "acme_placeholder"]
"#;

#[test]
fn a_pack_is_linted_with_what_its_rules_cost() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    std::fs::write(directory.path().join("acme.toml"), ACME).unwrap();
    let (status, out, err) = run(&["rules", "lint", path]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.starts_with("ok: 1 rule\n\nns/KiB of a built-in text"), "{out}");
    assert!(out.contains("acme.key"), "{out}");

    std::fs::write(directory.path().join("acme.toml"), ACME.replace("acme_b1ack\"", "acme_b1ackbar2\""))
        .unwrap();
    let problem = "acme.toml:11: acme.key: finds something in this negative example\n";
    assert_eq!(run(&["rules", "lint", path]), (1, problem.to_owned(), "1 rule, 1 problem\n".to_owned()));

    std::fs::write(directory.path().join("acme.toml"), ACME.replace("{8,64}", "+")).unwrap();
    let (status, out, err) = run(&["rules", "lint", path]);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(err.starts_with("acme.toml:8: the pattern has no longest match"), "{err}");
    let (status, _, err) = run(&["rules", "lint", &format!("{path}/none.toml")]);
    assert_eq!((status, err.contains("cannot be read")), (1, true), "{err}");
}

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| std::fs::write(directory.path().join(name), text).unwrap());
    directory
}

#[test]
fn examples_and_tables_of_cases_are_put_to_rules() {
    let cases = "[[case]]\ntext = 'acme_b1ackbar2'\nrule = 'acme.key'\nsecret = 'b1ackbar2'\n";
    let pack = directory(&[("acme.toml", ACME), ("cases.toml", cases)]);
    let path = pack.path().to_str().unwrap();
    assert_eq!(run(&["rules", "test", path]), (0, "ok: 4 examples, 1 cases\n".to_owned(), String::new()));

    let file = format!("{path}/cases.toml");
    std::fs::write(&file, cases.replace("acme.key", "acme.kye")).unwrap();
    let wrong = format!("{file}:1: case 1: rule acme.kye is not there\n");
    let asked = "4 examples, 1 cases, 1 wrong\n".to_owned();
    assert_eq!(run(&["rules", "test", path]), (1, wrong, asked));
}

/// A pack of two rules, one of them off, and the configuration that has it.
fn configured() -> (tempfile::TempDir, String) {
    let quoted = ACME
        .replace("acme.key", "acme.quoted")
        .replace("acme_(?P<secret>[0-9a-z]{8,64})", "acme=\"(?P<secret>[^\"]{4,64})");
    let quoted = quoted
        .replace("acme_b1ackbar2\", {", "acme=\\\"b1ackbar2\", {")
        .replace("x acme_b1ackbar2.", "x acme=\\\"b1ackbar2");
    let off = ACME.replace("acme.key", "acme.off").replace("severity", "enabled = false\nseverity");
    let rules = directory(&[("acme.toml", &format!("{ACME}{quoted}{off}"))]);
    let config = rules.path().join("blackbar.conf");
    std::fs::write(&config, format!("[rules]\nembedded = false\ndirectory = {:?}\n", rules.path())).unwrap();
    let config = config.to_str().unwrap().to_owned();
    (rules, config)
}

#[test]
fn rules_of_ones_own_stand_beside_those_that_are_built_in() {
    let own = ACME.replace("acme.key", "aws.access_key_id");
    let rules = directory(&[("acme.toml", &format!("{ACME}{own}"))]);
    let config = rules.path().join("blackbar.conf");
    std::fs::write(&config, format!("[rules]\ndirectory = {:?}\n", rules.path())).unwrap();
    let (status, out, err) = run(&["rules", "list", "--config", config.to_str().unwrap()]);
    assert_eq!((status, err.as_str()), (0, ""));
    let named = |start: &str| out.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((named("acme.key "), named("aws.access_key_id "), named("pii.email ")), (1, 1, 1), "{out}");
    assert!(
        out.lines().any(|line| line.starts_with("aws.access_key_id ") && line.ends_with("Acme key")),
        "{out}"
    );
}

#[test]
fn a_rule_is_shown_with_what_it_is_found_by_and_what_is_done() {
    let (_rules, config) = configured();
    let (status, out, err) = run(&["rules", "show", "acme.key", "--config", &config]);
    assert_eq!((status, err.as_str()), (0, ""));
    for line in [
        "acme.key: Acme key\n",
        "  file         acme.toml:2\n",
        "  state        on\n",
        "  action       mask (policy.default_action)\n",
        "  found by     one of \"acme_\" in every match, in any case\n",
        "  validator    not_placeholder: is it a secret",
        "  example      acme_b1ackbar2\n               -> b1ackbar2\n",
        "  nothing in   acme_placeholder\n",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    let (status, out, _) = run(&["rules", "show", "acme.off", "--config", &config]);
    assert!(status == 0 && out.contains("off: [rules] enable = [\"acme.off\"] switches it on"), "{out}");
    let (status, _, err) = run(&["rules", "show", "acme.kye", "--config", &config]);
    assert_eq!((status, err.as_str()), (1, "there is no rule acme.kye; `blackbar rules list` shows them\n"));
}

#[test]
fn a_text_is_explained_without_its_secrets() {
    let (_rules, config) = configured();
    let texts = directory(&[
        ("hit.txt", "x\n{\"env\": \"KEY=acme_b1ackbar2x x\"}\n"),
        ("spared.txt", "acme=\"<your password>\"\n"),
        ("miss.txt", "see acme_short, it is\n"),
    ]);
    let explain = |more: &[&str], file: &str| {
        let path = texts.path().join(file);
        let words = [&["rules", "explain", "--config", &config], more, &[path.to_str().unwrap()]].concat();
        let (status, out, err) = run(&words);
        assert_eq!((status, err.as_str()), (0, ""), "{words:?}");
        out
    };
    let hit = explain(&[], "hit.txt");
    for line in [
        "2:19: acme.key: found, confidence high\n",
        "  match        2:14, 15 bytes\n",
        "  secret       2:19, 10 bytes\n",
        "  action       mask (policy.default_action)\n",
        "2:19, 10 bytes: [REDACTED:acme.key] stands there instead\n",
    ] {
        assert!(hit.contains(line), "{line}\n{hit}");
    }
    assert!(!hit.contains("b1ackbar2"), "{hit}");
    assert!(explain(&["--show"], "hit.txt").contains("  text         b1ackbar2x\n"));

    let spared = explain(&[], "spared.txt");
    let refused = "acme.quoted: refused, because not_placeholder says: it is not a secret";
    assert!(spared.contains(refused) && !spared.contains("your password"), "{spared}");

    let miss = explain(&["--rule", "acme.off"], "miss.txt");
    for line in [
        "acme.off is off: it finds nothing until [rules] enable switches it on; if it were on:\n",
        "acme.off: matches nowhere\n",
        "  found by     what stands at 1:5\n",
        "  pattern      1 of 2 parts match at 1:5, 5 bytes\n",
        "  but not      ",
        "nothing is found in it\n",
    ] {
        assert!(miss.contains(line), "{line}\n{miss}");
    }
}

#[test]
fn a_new_rule_is_printed_and_two_packs_are_compared() {
    let (status, template, err) = run(&["rules", "new", "acme.token"]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(template.contains("id = \"acme.token\""), "{template}");
    assert_eq!(run(&["rules", "new", "Acme"]).0, 1);

    let stricter = ACME.replace("{8,64}", "{9,64}").replace("acme_b1ack\"", "acme_b1ackbar\"");
    let (old, new) = (directory(&[("acme.toml", ACME)]), directory(&[("acme.toml", &stricter)]));
    let texts = directory(&[("a.txt", "acme_b1ackbar2\nacme_b1ackbar.\n")]);
    let [old, new, texts] = [&old, &new, &texts].map(|directory| directory.path().to_str().unwrap());
    let (status, out, err) = run(&["rules", "diff", old, new, texts]);
    assert_eq!((status, err.as_str()), (1, ""));
    let lost = format!("- {texts}/a.txt:2:6: acme.key, 8 bytes\n1 files: 1 findings lost, 0 gained\n");
    assert_eq!(out, lost);
    assert_eq!(run(&["rules", "diff", old, old, texts]).0, 0);
}

#[test]
fn the_cost_of_rules_is_told_over_texts_of_ones_own() {
    let pack = directory(&[("acme.toml", ACME)]);
    // Half a message of a kibibyte: the literal stands there thrice, twice with what may follow in a key, and once it is one.
    let texts = directory(&[("a.txt", &format!("acme_b1ackbar2 acme_b1! acme_!{}", " ".repeat(512 - 30)))]);
    let [pack, texts] = [&pack, &texts].map(|directory| directory.path().to_str().unwrap());
    let (status, out, err) = run(&["rules", "cost", "--path", pack, texts]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.contains("  the search for literals\n"), "{out}");
    let row: Vec<&str> = out.lines().last().unwrap().split_whitespace().collect();
    let [id, hits, runs, _, findings, literal, often] = row.as_slice() else { panic!("{out}") };
    assert_eq!((*id, *hits, *runs, *findings), ("acme.key", "4.000", "2.000", "1"), "{out}");
    assert_eq!((*literal, *often), ("\"acme_\"", "4.00"), "{out}");
}

#[test]
fn rules_of_another_scanner_are_carried_over_once() {
    let theirs = "[[rules]]\nid = 'acme-token'\nregex = '''acme_([0-9a-z]{20})'''\n\
        [[rules]]\nid = 'acme-file'\npath = 'x'\n";
    let directory = directory(&[("theirs.toml", theirs)]);
    let path = directory.path().to_str().unwrap();
    let (file, out) = (format!("{path}/theirs.toml"), format!("{path}/rules"));
    let (status, text, err) = run(&["rules", "import", &file, "--from", "gitleaks"]);
    assert!(status == 0 && text.contains("id = \"gitleaks.acme_token\""), "{text}");
    assert!(err.ends_with("theirs.toml: 1 rules carried over, 1 left out\n"), "{err}");
    let words = ["rules", "import", &file, "--from", "gitleaks", "--out", &out];
    assert_eq!((run(&words).0, run(&words).0), (0, 1), "never over a file that is there");
    assert_eq!(run(&["rules", "lint", &out]).0, 0);
}

#[test]
fn a_wrong_command_line_is_status_two() {
    for arguments in [&["--listne", "x"][..], &["sevre"], &["scan"], &["rules"], &["scan", "--jsonl", "file"]]
    {
        let (status, out, _) = run(arguments);
        assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}");
    }
}

#[test]
fn an_identity_is_made_once_and_opens_what_was_sealed_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("soc.identity");
    let path = file.to_str().unwrap();
    let (status, out, _) = run(&["seal-key", path]);
    assert_eq!(status, 0);
    let recipient = out.trim().strip_prefix("seal_to = \"").and_then(|rest| rest.strip_suffix('"')).unwrap();
    let recipient: blackbar::seal::Recipient = recipient.parse().unwrap();
    let alerts = directory.path().join("alerts.jsonl");
    let sealed = recipient.seal("fake.rule", b"hunter2\nhunter3").unwrap();
    std::fs::write(&alerts, format!("{{\"rule\":\"fake.rule\",\"sealed\":\"{sealed}\"}}\n")).unwrap();
    let alerts = alerts.to_str().unwrap();
    let opened = "{\"rule\":\"fake.rule\",\"secret\":\"hunter2\\nhunter3\"}\n";
    assert_eq!(run(&["unseal", "--identity", path, alerts]), (0, opened.to_owned(), String::new()));

    let (status, out, err) = run(&["seal-key", path]);
    assert_eq!((status, out.as_str()), (2, ""), "{err}");
    let other = directory.path().join("other.identity");
    run(&["seal-key", other.to_str().unwrap()]);
    let (status, out, err) = run(&["unseal", "--identity", other.to_str().unwrap(), alerts]);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(err.contains("sealed to another"), "{err}");
}

#[test]
fn each_of_the_secrets_in_one_run_of_base64_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.txt");
    let keys = "keys: AKIABLACKBAREXAMPLE2 AKIABLACKBAREXAMPLE3 AKIABLACKBAREXAMPLE4 are ours";
    std::fs::write(&path, BASE64.encode(keys.as_bytes())).unwrap();
    let (status, out, err) = run(&["scan", path.to_str().unwrap()]);
    assert_eq!((status, err.as_str()), (1, ""));
    assert_eq!(out.matches("aws.access_key_id").count(), 3, "{out}");
    assert!(!out.contains("BLACKBAR"), "{out}");
}
