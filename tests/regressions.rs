//! Every case that fuzzing starts from or once failed on, asked again: see `tests/fuzz/README.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "fuzz/properties/mod.rs"]
mod properties;

use properties::{CANARY, TARGETS};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

fn directory(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(kind)
}

/// The cases of a target in one of the directories, by name.
fn cases(kind: &str, target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(directory(kind).join(target)) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// What a case fails with.
fn failure(check: fn(&str, &[u8]), target: &str, case: &[u8]) -> Option<String> {
    let panic = catch_unwind(|| check(target, case)).err()?;
    let said = panic.downcast_ref::<String>().cloned();
    Some(said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned())).unwrap_or_default())
}

#[test]
fn what_was_kept_holds() {
    for (target, _) in TARGETS {
        assert!(!cases("corpus", target).is_empty(), "nothing to start {target} from");
        for (path, case) in cases("corpus", target).into_iter().chain(cases("regressions", target)) {
            if let Some(why) = failure(properties::check, target, &case) {
                panic!("{}: {why}", path.display());
            }
        }
    }
}

#[test]
fn what_is_known_to_fail_still_does() {
    let mut mended = Vec::new();
    for (target, _) in TARGETS {
        for (path, case) in cases("known", target) {
            if failure(properties::check, target, &case).is_none() {
                mended.push(path);
            }
        }
    }
    assert!(mended.is_empty(), "hold now, move them to regressions/: {mended:#?}");
}

#[test]
fn what_is_kept_belongs_to_a_target() {
    for kind in ["corpus", "regressions", "known"] {
        for entry in std::fs::read_dir(directory(kind)).into_iter().flatten().flatten() {
            let name = entry.file_name();
            assert!(TARGETS.iter().any(|(target, _)| name == *target), "{kind}/{name:?}: no such target");
        }
    }
}

#[test]
fn the_canary_is_seen_in_pieces() {
    assert!(properties::shows_canary(&CANARY[20..34]));
    assert!(!properties::shows_canary(&CANARY[20..31]));
    assert!(!properties::shows_canary("ghp_[REDACTED:github.personal_access_token]"));
}
