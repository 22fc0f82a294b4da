//! `[rules]`: which rules there are, and which of them are looked for.

use super::error::{Error, Place};
use super::nearest::nearest;
use super::substitute::{read_bounded, unreadable};
use super::table::{Table, Text};
use super::units::show_size;
use crate::limits;
use std::path::{Path, PathBuf};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The files of the operator's own pack, in place of the one that is built in.
    pub pack: Option<Vec<RuleFile>>,
    /// Rules not to look for.
    pub disable: Vec<Selector>,
    /// Rules to look for although their pack leaves them off. Between the two, the more exact selector
    /// decides: see [`enabled`](Self::enabled).
    pub enable: Vec<Selector>,
}

/// One file of a pack, read and not yet understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Its path below the directory, with `/`.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// One rule, `aws.access_key_id`, or all whose ids begin so, `aws.*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    written: String,
    place: Place,
}

impl Rules {
    pub(super) fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.disable.iter().chain(&self.enable)
    }

    /// Whether the rule of that id is looked for, given whether its pack says so.
    #[must_use]
    pub fn enabled(&self, id: &str, by_default: bool) -> bool {
        let most = |selectors: &[Selector]| selectors.iter().filter_map(|s| s.selects(id)).max();
        match (most(&self.enable), most(&self.disable)) {
            (None, None) => by_default,
            (enable, disable) => enable > disable,
        }
    }
}

impl Selector {
    /// How exactly it means the rule of that id, if it means it at all: more is more exact.
    #[must_use]
    pub fn selects(&self, id: &str) -> Option<usize> {
        let selected = match self.written.strip_suffix('*') {
            Some(prefix) => id.starts_with(prefix),
            None => id == self.written,
        };
        // The rule itself is more exact than any prefix of it: ids do not end in a dot.
        selected.then_some(self.written.trim_end_matches('*').len())
    }

    pub(super) fn new(written: &str, place: Place) -> Option<Self> {
        let id = written.strip_suffix(".*").unwrap_or(written);
        let word =
            |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        id.split('.').all(word).then(|| Self { written: written.to_owned(), place })
    }

    /// The error to tell if it means none of these.
    pub(super) fn stranger_to(&self, ids: &[&str]) -> Option<Error> {
        if ids.iter().any(|id| self.selects(id).is_some()) {
            return None;
        }
        let hint = match nearest(&self.written, ids.iter().copied()) {
            Some(known) => format!("did you mean {known}?"),
            None => "`blackbar rules list` shows them".to_owned(),
        };
        let message = format!("there is no rule {}; {hint}", self.written);
        Some(Error { place: self.place.clone(), message })
    }
}

pub(super) fn read(table: &mut Table<'_>) -> Rules {
    let pack = table.text("directory").and_then(|text| {
        let path = PathBuf::from(text.value.as_str());
        read_pack(&path).map_err(|why| text.complain(&why)).ok()
    });
    let disable = read_selectors(table, "disable");
    let enable = read_selectors(table, "enable");
    for both in enable.iter().filter(|on| disable.iter().any(|off| off.written == on.written)) {
        table.report("enable", format!("{} is in rules.disable too", both.written));
    }
    Rules { pack, disable, enable }
}

fn read_selectors(table: &mut Table<'_>, key: &'static str) -> Vec<Selector> {
    table.texts(key).unwrap_or_default().iter().filter_map(selector).collect()
}

fn selector(text: &Text<'_>) -> Option<Selector> {
    let selector = Selector::new(&text.value, text.place());
    if selector.is_none() {
        text.refuse(NOT_A_SELECTOR);
    }
    selector
}

pub(super) const NOT_A_SELECTOR: &str =
    "is neither the id of a rule nor the beginning of ids, such as \"aws.access_key_id\" or \"aws.*\"";

/// Every `.toml` file below a directory, by name. Links to directories are not followed: a pack is
/// what lies in it.
fn read_pack(directory: &Path) -> Result<Vec<RuleFile>, String> {
    let mut paths = Vec::new();
    collect(directory, &mut paths)?;
    paths.sort();
    let mut room = limits::RULE_PACK_BYTES;
    let mut pack = Vec::new();
    for path in paths {
        let text = read_bounded(&path, limits::RULE_PACK_BYTES)
            .map_err(|why| format!("{} {why}", path.display()))?;
        room = room.checked_sub(text.len()).ok_or_else(|| too_large(&path))?;
        pack.push(RuleFile { name: name_below(directory, &path), text: text.to_string() });
    }
    if pack.is_empty() {
        return Err("holds no .toml file: nothing would be looked for".to_owned());
    }
    Ok(pack)
}

fn too_large(path: &Path) -> String {
    format!("{} makes the pack larger than {}", path.display(), show_size(limits::RULE_PACK_BYTES))
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("{} {}", directory.display(), unreadable(&error));
    for entry in std::fs::read_dir(directory).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let path = entry.path();
        if entry.file_type().map_err(cannot)?.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
        if paths.len() > limits::RULE_PACK_FILES {
            return Err(format!("holds more than {} rule files", limits::RULE_PACK_FILES));
        }
    }
    Ok(())
}

fn name_below(directory: &Path, path: &Path) -> String {
    let below = path.strip_prefix(directory).unwrap_or(path);
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
