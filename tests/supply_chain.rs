//! Holds what is built in to `.deny.toml`, without cargo-deny and without a network: licences, sources
//! and banned versions. Known vulnerabilities beyond the banned ones need the advisory database, which
//! needs a network: see CONTRIBUTING.md.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::process::Command;
use toml::{Table, Value};

fn read(file: &str) -> Table {
    std::fs::read_to_string(file).unwrap().parse().unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn licences_are_allowed() {
    let allowed = strings(&read(".deny.toml")["licenses"]["allow"]);
    let packages = packages();
    assert!(packages.len() > 50, "the metadata is not whole");
    let bad: Vec<&(String, String)> =
        packages.iter().filter(|(_, licence)| !permits(licence, &allowed)).collect();
    assert!(bad.is_empty(), "not allowed by .deny.toml: {bad:#?}");
}

#[test]
fn everything_comes_from_crates_io_with_a_checksum() {
    let sources = strings(&read(".deny.toml")["sources"]["allow-registry"]);
    for package in locked() {
        let name = package["name"].as_str().unwrap();
        let Some(source) = package.get("source") else {
            assert_eq!(name, "blackbar", "a path dependency");
            continue;
        };
        let source = source.as_str().unwrap();
        assert!(
            sources.iter().any(|allowed| source == format!("registry+{allowed}")),
            "{name} is from {source}"
        );
        assert!(package.get("checksum").is_some(), "{name} has no checksum");
    }
}

#[test]
fn nothing_banned_is_locked() {
    let deny = read(".deny.toml");
    let bans = deny["bans"]["deny"].as_array().unwrap();
    for package in locked() {
        let (name, version) = (package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        let banned = bans.iter().find(|ban| {
            let version_is = |req: &Value| is_below(version, req.as_str().unwrap());
            ban["name"].as_str() == Some(name) && ban.get("version").is_none_or(version_is)
        });
        assert!(banned.is_none(), "{name} {version}: {}", banned.unwrap()["reason"]);
    }
}

fn locked() -> Vec<Value> {
    read("Cargo.lock")["package"].as_array().unwrap().clone()
}

/// Name and licence of every package. Where those of other platforms were never fetched, of those that
/// are built here.
fn packages() -> Vec<(String, String)> {
    let metadata = metadata(&[]).or_else(|_| metadata(&["--filter-platform", &host()]));
    let metadata = metadata.unwrap_or_else(|error| panic!("cargo metadata: {error}"));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (text(&package["id"]), text(&package["license"]))).collect()
}

fn metadata(arguments: &[&str]) -> Result<serde_json::Value, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .args(arguments)
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(output.stdout).unwrap();
    version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// Whether a version is below the one in `<1.2.3`, the one form of requirement used in the list.
fn is_below(version: &str, requirement: &str) -> bool {
    let number = |text: &str| -> Vec<u64> {
        let plain = text.split(['-', '+']).next().unwrap();
        plain.split('.').map(|part| part.parse().unwrap()).collect()
    };
    number(version) < number(requirement.strip_prefix('<').unwrap())
}

/// Whether an SPDX expression can be met with what is allowed. `/` is how `OR` was once written.
fn permits(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any_of(&mut rest, allowed);
    met && rest.is_empty()
}

fn any_of<'w>(words: &mut &'w [&'w str], allowed: &[String]) -> bool {
    let mut met = all_of(words, allowed);
    while take(words, "OR") {
        met |= all_of(words, allowed);
    }
    met
}

fn all_of<'w>(words: &mut &'w [&'w str], allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while take(words, "AND") {
        met &= one(words, allowed);
    }
    met
}

fn one<'w>(words: &mut &'w [&'w str], allowed: &[String]) -> bool {
    if take(words, "(") {
        let met = any_of(words, allowed);
        return take(words, ")") && met;
    }
    let Some((licence, behind)) = words.split_first() else { return false };
    *words = behind;
    // An exception is another licence, allowed under its whole name or not at all.
    if take(words, "WITH") {
        let Some((exception, behind)) = words.split_first() else { return false };
        *words = behind;
        return allowed.contains(&format!("{licence} WITH {exception}"));
    }
    allowed.iter().any(|name| name == licence)
}

fn take<'w>(words: &mut &'w [&'w str], word: &str) -> bool {
    let Some(behind) = words.split_first().filter(|(first, _)| **first == word).map(|(_, behind)| behind)
    else {
        return false;
    };
    *words = behind;
    true
}

#[test]
fn an_expression_is_met_by_what_is_allowed() {
    let allowed = ["MIT".to_owned(), "Unicode-3.0".to_owned()];
    let cases = [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("GPL-3.0-only/MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("(GPL-3.0-only OR Apache-2.0) AND Unicode-3.0", false),
        ("Apache-2.0 AND MIT OR Unicode-3.0", true),
        ("MIT WITH LLVM-exception", false),
        ("MIT WITH LLVM-exception OR MIT", true),
        ("(MIT", false),
        ("MIT )", false),
        ("", false),
    ];
    for (expression, met) in cases {
        assert_eq!(permits(expression, &allowed), met, "{expression}");
    }
}

#[test]
fn versions_are_compared_by_number() {
    let cases =
        [("0.4.15", true), ("0.4.16", false), ("0.4.9", true), ("0.10.0", false), ("0.4.16+x", false)];
    for (version, below) in cases {
        assert_eq!(is_below(version, "<0.4.16"), below, "{version}");
    }
}
