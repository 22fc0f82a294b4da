//! Packs that are taken from whoever signed them, and from nobody else.

use crate::proxy::{Proxy, lines, proxy, proxy_in};
use crate::reload::{probe, write};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Runs the program: whether it succeeded, and what it said.
fn blackbar(arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_blackbar"));
    let output = command.args(arguments).env_clear().output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// A directory with two keys and two packs, each signed with the first key.
struct Packs(TempDir);

impl Packs {
    fn new() -> Self {
        let packs = Self(tempfile::tempdir().unwrap());
        for key in ["ours", "theirs"] {
            let (made, said) = blackbar(&["rules", "keygen", "--key", &packs.text(&format!("{key}.key"))]);
            assert!(made, "{said}");
        }
        for (pack, words) in [("acme", &["alpha", "beta"]), ("other", &["alpha", "gamma"])] {
            fs::create_dir(packs.at(pack)).unwrap();
            write(&packs.at(pack), words);
            fs::write(packs.at(pack).join("README.md"), "Not a rule, and signed as well.\n").unwrap();
            packs.sign(pack, "ours", 2);
        }
        packs
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.at(name).display().to_string()
    }

    fn sign(&self, pack: &str, key: &str, version: u64) {
        let (key, version) = (self.text(&format!("{key}.key")), version.to_string());
        let words = ["rules", "sign", "--key", &key, "--pack-version", &version, &self.text(pack)];
        let (signed, said) = blackbar(&words);
        assert!(signed, "{said}");
    }

    fn settings(&self, pack: &str, more: &str) -> String {
        let public = fs::read_to_string(self.at("ours.pub")).unwrap();
        let public = public.lines().last().unwrap();
        format!(
            "[rules]\nembedded = false\ndirectory = {:?}\nrequire_signed = true\ntrusted_keys = [{public:?}]\nwatch = false\n{more}\n",
            self.text(pack)
        )
    }

    /// Puts a pack back as it was.
    fn restore(&self, from: &Path, pack: &str) {
        fs::remove_dir_all(self.at(pack)).unwrap();
        copy(from, &self.at(pack));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// What is done to a pack, and a word of what is said of it.
type Tampering<'t> = (&'t str, &'t dyn Fn(&Path), &'t str);

/// Each is refused at the start and when the program runs: the old rules go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_pack_that_is_not_what_was_signed_is_refused_at_the_start_and_at_a_reload() {
    let packs = Packs::new();
    let good = packs.at("good");
    copy(&packs.at("acme"), &good);
    fs::create_dir(packs.at("outside")).unwrap();
    fs::copy(good.join("fake.toml"), packs.at("outside/fake.toml")).unwrap();
    let resign = |key: &'static str, version| {
        let packs = &packs;
        move |_: &Path| packs.sign("acme", key, version)
    };
    let (theirs, older, same) = (resign("theirs", 3), resign("ours", 1), resign("ours", 2));
    let swapped = |pack: &Path, files: &[&str]| {
        for file in files {
            fs::copy(packs.at("other").join(file), pack.join(file)).unwrap();
        }
    };
    let manifest = ["pack.manifest", "pack.manifest.minisig"];
    let table: [Tampering<'_>; 13] = [
        ("a changed byte", &|at| edit(&at.join("fake.toml"), "{8}", "{9}"), "fake.toml was changed after"),
        (
            "a changed file without rules",
            &|at| edit(&at.join("README.md"), "a rule", "A rule"),
            "README.md was",
        ),
        ("a file more", &|at| fs::write(at.join("x.toml"), "").unwrap(), "x.toml is not in the manifest"),
        ("a file less", &|at| fs::remove_file(at.join("README.md")).unwrap(), "README.md is missing"),
        (
            "a link out of the directory",
            &|at| {
                fs::remove_file(at.join("fake.toml")).unwrap();
                symlink(packs.at("outside/fake.toml"), at.join("fake.toml")).unwrap();
            },
            "fake.toml is a link out of the directory",
        ),
        (
            "a manifest that was edited",
            &|at| edit(&at.join(manifest[0]), "version 2", "version 9"),
            "does not fit",
        ),
        ("no signature", &|at| fs::remove_file(at.join(manifest[1])).unwrap(), "is not signed"),
        ("no manifest", &|at| fs::remove_file(at.join(manifest[0])).unwrap(), "is not signed"),
        ("another key", &theirs, "which is not in rules.trusted_keys"),
        ("the signature of another pack", &|at| swapped(at, &manifest[1..]), "does not fit"),
        ("the manifest of another pack", &|at| swapped(at, &manifest), "fake.toml was changed after"),
        (
            "another pack",
            &|at| swapped(at, &["pack.manifest", "pack.manifest.minisig", "fake.toml"]),
            "acme was loaded before",
        ),
        ("an older version", &older, "is version 1 of acme, and version 2 was loaded before"),
    ];
    let settings = packs.settings("acme", "");
    let mut proxy = proxy(&settings).await;
    assert_eq!(probe(&proxy).await, ["alpha", "beta"]);
    for (what, tamper, word) in &table {
        tamper(&packs.at("acme"));
        let (status, told) = proxy.reload().await;
        assert_eq!((status, &told["outcome"]), (422, &json!("refused")), "{what}");
        assert!(told["errors"].to_string().contains(word), "{what}: {told}");
        assert_eq!((&told["loaded"]["pack"], &told["loaded"]["version"]), (&json!("acme"), &json!(2)));
        packs.restore(&good, "acme");
    }
    assert_eq!(probe(&proxy).await, ["alpha", "beta"]);
    assert_eq!(proxy.reload().await.1["outcome"], "unchanged");
    // The same number, and other contents.
    write(&packs.at("acme"), &["alpha"]);
    same(&good);
    assert!(proxy.reload().await.1["errors"].to_string().contains("loaded before with other contents"));
    packs.restore(&good, "acme");
    proxy = starts_refused(&packs, proxy, &table, &good).await;
    let alerts = lines(&proxy.data_dir().join("alerts.jsonl"));
    let told = alerts.iter().filter(|alert| alert["rule"] == "blackbar.reload_failed");
    assert_eq!(told.map(|alert| alert["count"].as_u64().unwrap()).sum::<u64>(), table.len() as u64 + 1);
}

/// The same at a start with the same data directory, and a start that is not refused.
async fn starts_refused(packs: &Packs, proxy: Proxy, table: &[Tampering<'_>], good: &Path) -> Proxy {
    let directory = proxy.stop().await.into_directory();
    let config = directory.path().join("blackbar.toml").display().to_string();
    for (what, tamper, word) in table {
        tamper(&packs.at("acme"));
        for command in ["check", "serve"] {
            let (ran, said) = blackbar(&[command, "--config", &config]);
            assert!(!ran && said.contains(word), "{what}: {command}: {said}");
        }
        packs.restore(good, "acme");
    }
    proxy_in(directory, &packs.settings("acme", "")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_is_taken_and_the_name_and_the_least_version_are_what_the_configuration_says() {
    let packs = Packs::new();
    let proxy = proxy(&packs.settings("acme", "name = \"acme\"\nminimum_version = 2")).await;
    write(&packs.at("acme"), &["beta"]);
    packs.sign("acme", "ours", 5);
    let (status, told) = proxy.reload().await;
    let loaded = (&told["outcome"], &told["loaded"]["version"]);
    assert_eq!((status, loaded), (200, (&json!("loaded"), &json!(5))));
    assert_eq!(probe(&proxy).await, ["beta"]);
    let metrics = proxy.admin("/metrics").await.1;
    assert!(metrics.contains("pack=\"acme\",version=\"5\"} 1\n"), "{metrics}");

    for (settings, word) in [
        (packs.settings("acme", "minimum_version = 6"), "rules.minimum_version is 6"),
        (packs.settings("acme", "name = \"other\""), "rules.name is other"),
        (packs.settings("other", ""), "is the pack other, and acme was loaded before"),
    ] {
        proxy.configure(&settings);
        let (status, told) = proxy.reload().await;
        assert!(status == 422 && told["errors"].to_string().contains(word), "{word}: {told}");
    }
    proxy.configure(&packs.settings("other", "name = \"other\""));
    assert_eq!(proxy.reload().await.0, 200, "another pack, and the configuration says so");
    assert_eq!(probe(&proxy).await, ["alpha", "gamma"]);
}

#[test]
fn a_pack_is_signed_only_if_it_can_be_loaded_and_no_key_is_overwritten() {
    let packs = Packs::new();
    let key = packs.text("ours.key");
    let secret = fs::read(&key).unwrap();
    let (made, said) = blackbar(&["rules", "keygen", "--key", &key]);
    assert!(!made && said.contains("ours.key cannot be made"), "{said}");
    assert_eq!(fs::read(&key).unwrap(), secret);

    let sign = |more: &[&str]| blackbar(&[&["rules", "sign"], more, &[&packs.text("acme")]].concat());
    let (signed, said) = sign(&["--key", &key]);
    assert!(signed && said.contains("acme version 3: 2 files"), "one more than before: {said}");
    let (signed, said) = sign(&["--manifest-only"]);
    assert!(signed && said.contains("minisign -S"), "{said}");
    assert!(!packs.at("acme/pack.manifest.minisig").exists(), "the old signature is of another manifest");
    fs::write(packs.at("acme/bad.toml"), "[[rule]]\n").unwrap();
    let (signed, said) = sign(&["--key", &key]);
    assert!(!signed && said.contains("bad.toml:1"), "{said}");
    let (signed, said) = sign(&["--key", &packs.text("ours.pub")]);
    assert!(!signed && said.contains("is not a key of minisign"), "{said}");
}
