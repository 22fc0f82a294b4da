//! Rules that are changed while the program runs.

use crate::client::{self, Coding, JSON};
use crate::proxy::{Proxy, Stopped, lines, proxy, until};
use blackbar::signal::Signal;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the rules of these tests find: a word and what stands behind it.
const WORDS: [&str; 3] = ["alpha", "beta", "gamma"];

/// A rule for one word, called `fake.WORD`.
fn rule(word: &str) -> String {
    format!(
        "[[rule]]\nid = \"fake.{word}\"\nname = \"Fake {word}\"\ncategory = \"secret\"\nseverity = \"high\"\n\
         confidence = \"high\"\npattern = \"{word}_[a-z]{{8}}\"\n\
         examples = [\"{word}_abcdefgh\", \"a {word}_stuvwxyz\"]\n\
         negative_examples = [\"{word}\", \"{word}_ABCDEFGH\"]\n"
    )
}

fn token(word: &str) -> String {
    format!("{word}_blackbar")
}

/// A pack of one file with rules for these words, in this order. It is there whole or not at all.
pub(crate) fn write(pack: &Path, words: &[&str]) {
    let rules: String = words.iter().map(|word| rule(word)).collect();
    fs::write(pack.join(".draft"), rules).unwrap();
    fs::rename(pack.join(".draft"), pack.join("fake.toml")).unwrap();
}

fn settings(pack: &Path, more: &str) -> String {
    format!("[rules]\nembedded = false\ndirectory = {:?}\n{more}\n", pack.display().to_string())
}

/// Sends a record with a token of each word, each in an attribute that is called like it.
async fn send(proxy: std::net::SocketAddr) -> client::Answer {
    let attributes = WORDS.map(|word| json!({"key": word, "value": {"stringValue": token(word)}}));
    let request = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": attributes}]}]}]});
    let body = request.to_string();
    client::post(proxy, Signal::Logs, JSON, Coding::Identity, body.as_bytes()).await
}

/// The words whose tokens were replaced in each record that left, in the order they left.
fn replaced(data: &Path) -> Vec<Vec<&'static str>> {
    let mut all = Vec::new();
    for document in lines(&data.join("clean/logs.jsonl")) {
        let text = document.to_string();
        for record in text.split("\"attributes\":[{").skip(1) {
            let gone = |word: &&&str| record.contains(&format!("[REDACTED:fake.{word}]"));
            let left = |word: &&&str| record.contains(&token(word));
            assert!(WORDS.iter().all(|word| gone(&word) != left(&word)), "{record}");
            all.push(WORDS.iter().filter(gone).copied().collect());
        }
    }
    all
}

/// Sends a record, and says what was replaced in it.
pub(crate) async fn probe(proxy: &Proxy) -> Vec<&'static str> {
    let before = replaced(&proxy.data_dir()).len();
    assert_eq!(send(proxy.address).await.status, 200);
    until("the record leaves", || replaced(&proxy.data_dir()).len() > before).await;
    replaced(&proxy.data_dir()).pop().unwrap()
}

async fn until_loaded(proxy: &Proxy, rules: usize) {
    let wanted = format!("blackbar_rules_loaded {rules}\n");
    for _ in 0..400 {
        if proxy.admin("/metrics").await.1.contains(&wanted) {
            return;
        }
        crate::proxy::pause().await;
    }
    panic!("not loaded: {}\n{}", proxy.admin("/metrics").await.1, proxy.output());
}

fn failures(alerts: &[Value]) -> Vec<&Value> {
    alerts.iter().filter(|alert| alert["rule"] == "blackbar.reload_failed").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_looked_for_as_soon_as_it_is_loaded_also_in_what_was_seen_before() {
    let pack = tempfile::tempdir().unwrap();
    write(pack.path(), &["alpha"]);
    let proxy = proxy(&settings(pack.path(), "watch = false")).await;
    for _ in 0..2 {
        assert_eq!(probe(&proxy).await, ["alpha"]);
    }
    write(pack.path(), &["beta", "alpha"]);
    proxy.hang_up();
    until_loaded(&proxy, 2).await;
    assert_eq!(probe(&proxy).await, ["alpha", "beta"], "after SIGHUP");

    write(pack.path(), &["gamma", "beta", "alpha"]);
    let (status, told) = proxy.reload().await;
    assert_eq!((status, &told["outcome"], &told["loaded"]["rules"]), (200, &json!("loaded"), &json!(3)));
    assert_eq!(probe(&proxy).await, WORDS, "after POST /reload");
    assert_eq!(proxy.reload().await.1["outcome"], "unchanged");

    write(pack.path(), &["gamma"]);
    assert_eq!(proxy.reload().await.0, 200);
    assert_eq!(probe(&proxy).await, ["gamma"], "a rule that is gone finds nothing");

    let metrics = proxy.admin("/metrics").await.1;
    for (outcome, count) in [("loaded", 3), ("unchanged", 1), ("refused", 0)] {
        let counted = format!("blackbar_rules_reloads_total{{outcome=\"{outcome}\"}} {count}\n");
        assert!(metrics.contains(&counted), "{counted}{metrics}");
    }
    assert_eq!(metrics.matches("\nblackbar_rules_loaded_info{").count(), 1, "{metrics}");
    let stopped = proxy.stop().await;
    assert!(stopped.status.success());
    assert_eq!(failures(&stopped.alerts()), Vec::<&Value>::new());
    alerts_are_of_the_rule_that_found_them(&stopped);
}

/// The token of each word stands in the attribute that is called like it.
fn alerts_are_of_the_rule_that_found_them(stopped: &Stopped) {
    for alert in stopped.alerts() {
        let word = alert["path"].as_str().unwrap().strip_prefix("log.attributes.").unwrap();
        let expected = (format!("fake.{word}"), format!("Fake {word}"));
        assert_eq!((&alert["rule"], &alert["rule_name"]), (&json!(expected.0), &json!(expected.1)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_the_directory_is_noticed_and_so_is_a_link_that_is_swapped() {
    let mount = tempfile::tempdir().unwrap();
    let at = |name: &str| mount.path().join(name);
    for (version, words) in [("..2026_1", &WORDS[..1]), ("..2026_2", &WORDS[..2])] {
        fs::create_dir(at(version)).unwrap();
        write(&at(version), words);
    }
    symlink("..2026_1", at("..data")).unwrap();
    symlink("..data/fake.toml", at("fake.toml")).unwrap();
    let proxy = proxy(&settings(mount.path(), "")).await;
    assert_eq!(probe(&proxy).await, ["alpha"]);

    symlink("..2026_2", at("..data_tmp")).unwrap();
    fs::rename(at("..data_tmp"), at("..data")).unwrap();
    until_loaded(&proxy, 2).await;
    assert_eq!(probe(&proxy).await, ["alpha", "beta"]);

    fs::write(at("broken.toml"), "[[rule]]\nid = 1\n").unwrap();
    until("the log says so", || proxy.output().contains("broken.toml:")).await;
    fs::remove_file(at("broken.toml")).unwrap();
    fs::write(at("gamma.toml"), rule("gamma")).unwrap();
    until_loaded(&proxy, 3).await;
    assert_eq!(probe(&proxy).await, WORDS);
    assert_eq!(failures(&proxy.stop().await.alerts()).len(), 1, "one change, one attempt, one alert");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_leaves_the_old_rules_in_place_and_is_told() {
    let pack = tempfile::tempdir().unwrap();
    write(pack.path(), &["alpha"]);
    let good = settings(pack.path(), "watch = false");
    let proxy = proxy(&good).await;
    let unhealthy = "blackbar_rules_last_reload_successful 0\n";
    let broken = pack.path().join("broken.toml");
    let wrong: [(&str, &dyn Fn(), &str); 7] = [
        ("no TOML", &|| fs::write(&broken, "[[rule").unwrap(), "broken.toml:1"),
        ("an unknown key", &|| fs::write(&broken, rule("beta") + "x = 1\n").unwrap(), "unknown field `x`"),
        (
            "an endless pattern",
            &|| fs::write(&broken, rule("beta").replace("{8}", "+")).unwrap(),
            "no longest match",
        ),
        ("an id that is taken", &|| fs::write(&broken, rule("alpha")).unwrap(), "is taken by"),
        (
            "an empty file",
            &|| fs::write(pack.path().join("fake.toml"), "").unwrap(),
            "nothing would be looked for",
        ),
        ("no file", &|| fs::remove_file(pack.path().join("fake.toml")).unwrap(), "holds no .toml file"),
        (
            "a selector of nothing",
            &|| {
                write(pack.path(), &["alpha"]);
                proxy.configure(&settings(pack.path(), "watch = false\ndisable = [\"fake.alfa\"]"));
            },
            "did you mean fake.alpha?",
        ),
    ];
    let count = wrong.len();
    for (what, break_it, word) in wrong {
        break_it();
        for _ in 0..2 {
            let (status, told) = proxy.reload().await;
            assert_eq!((status, &told["outcome"]), (422, &json!("refused")), "{what}");
            assert!(told["errors"].to_string().contains(word), "{what}: {told}");
            assert_eq!(told["loaded"]["rules"], 1, "{what}");
        }
        assert_eq!(probe(&proxy).await, ["alpha"], "{what}");
        assert!(proxy.admin("/metrics").await.1.contains(unhealthy), "{what}");
        assert!(proxy.output().contains("the old ones go on"), "{what}");
        let _ = fs::remove_file(&broken);
    }
    proxy.configure(&good);
    assert_eq!(proxy.reload().await.1["outcome"], "unchanged");
    let metrics = proxy.admin("/metrics").await.1;
    let refused = format!("blackbar_rules_reloads_total{{outcome=\"refused\"}} {}\n", 2 * count);
    assert!(metrics.contains(&refused) && !metrics.contains(unhealthy), "{metrics}");
    let alerts = proxy.stop().await.alerts();
    let told: u64 = failures(&alerts).iter().map(|alert| alert["count"].as_u64().unwrap()).sum();
    assert_eq!(told, count as u64, "each mistake is told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_and_selections_are_read_again_and_the_rest_is_named() {
    let pack = tempfile::tempdir().unwrap();
    write(pack.path(), &WORDS);
    let proxy = proxy(&settings(pack.path(), "watch = false")).await;
    assert_eq!(probe(&proxy).await, WORDS);
    let changed = "watch = false\ndisable = [\"fake.gamma\"]\n[policy.actions]\n\"fake.beta\" = \"report\"\n\
                   [drain]\ndeadline = \"3s\"\n[policy]\nhmac_key = \"0123456789abcdef0123456789abcdef\"";
    proxy.configure(&settings(pack.path(), changed));
    let (status, told) = proxy.reload().await;
    assert_eq!((status, &told["outcome"]), (200, &json!("loaded")), "{told}");
    assert_eq!(told["needs_restart"], json!(["policy", "drain"]));
    until("the log says so, of each", || proxy.output().matches("restart to have it").count() == 2).await;
    assert_eq!(probe(&proxy).await, ["alpha"]);
    let alerts = proxy.stop().await.alerts();
    let of = |word: &str, action: &str| {
        alerts.iter().any(|alert| alert["rule"] == format!("fake.{word}") && alert["action"] == action)
    };
    assert!(of("beta", "mask") && of("beta", "report") && of("gamma", "mask"), "{alerts:?}");
}

/// Which rules there are, and the number of each, changes with every swap. Every request is answered, every
/// record is judged by one ruleset alone, and every alert names the rule that found it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_refused_leaked_or_mixed_up_through_twenty_swaps_under_load() {
    let pack = tempfile::tempdir().unwrap();
    let packs: [&[&str]; 2] = [&["beta", "alpha"], &["alpha", "gamma"]];
    write(pack.path(), packs[0]);
    let proxy = proxy(&settings(pack.path(), "watch = false")).await;
    let done = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (address, done) = (proxy.address, Arc::clone(&done));
            tokio::spawn(async move {
                let mut sent = 0;
                while !done.load(Ordering::Relaxed) {
                    let answer = send(address).await;
                    assert_eq!(answer.status, 200, "{answer:?}");
                    assert_eq!(answer.body, "{}");
                    sent += 1;
                }
                sent
            })
        })
        .collect();
    for swap in 1..=20 {
        write(pack.path(), packs[swap % 2]);
        let (status, told) = proxy.reload().await;
        assert_eq!((status, &told["outcome"]), (200, &json!("loaded")), "swap {swap}");
    }
    done.store(true, Ordering::Relaxed);
    let mut sent = 0;
    for client in clients {
        sent += client.await.unwrap();
    }
    let stopped = proxy.stop().await;
    assert!(stopped.status.success(), "{}", stopped.output);
    let left = replaced(&stopped.data_dir());
    assert_eq!(left.len(), sent, "every record leaves once");
    let by = |words: &[&str]| left.iter().filter(|gone| gone.as_slice() == words).count();
    let (first, second) = (by(&["alpha", "beta"]), by(&["alpha", "gamma"]));
    assert_eq!(first + second, sent, "each is judged by one of the two, whole");
    assert!(first > 0 && second > 0, "{first} {second}");
    alerts_are_of_the_rule_that_found_them(&stopped);
    let told = |word: &str| -> usize {
        let alerts = stopped.alerts().into_iter().filter(|alert| alert["rule"] == format!("fake.{word}"));
        alerts.map(|alert| usize::try_from(alert["count"].as_u64().unwrap()).unwrap()).sum()
    };
    assert_eq!((told("alpha"), told("beta"), told("gamma")), (sent, first, second));
}
