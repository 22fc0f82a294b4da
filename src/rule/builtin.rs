//! The pack that is built in: what stood in `rules/` when the binary was built.
//!
//! Cargo rebuilds when one of these files changes, but does not see a new one; `tests/rules.rs` compares
//! what is built in with the directory, so that a stale build shows.

use include_dir::{Dir, include_dir};

static RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// Every file: its name below `rules/`, and its text.
pub(super) fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    collect(&RULES, &mut files);
    files
}

fn collect(dir: &Dir<'_>, files: &mut Vec<(String, String)>) {
    for file in dir.files() {
        if file.path().extension().is_some_and(|extension| extension == "toml") {
            let text = String::from_utf8_lossy(file.contents()).into_owned();
            files.push((file.path().to_string_lossy().into_owned(), text));
        }
    }
    for inner in dir.dirs() {
        collect(inner, files);
    }
}
