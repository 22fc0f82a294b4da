//! A directory of rules, read as it stands at one moment.
//!
//! Names that begin with a dot are nobody's rules: editors lock and save under them, and a ConfigMap that is
//! mounted as a volume keeps its files in `..2026_11_29_.../`, with links to them beside it. Links to files
//! are followed, links to directories are not: a pack is what lies in its directory.
//!
//! **Promise.** What is read is what stood there together: when something changes meanwhile, it is read
//! again, and then refused. Of a signed pack, what was verified is what is loaded: each file is read once.

use super::rules::RuleFile;
use super::substitute::{read_bounded, unreadable};
use super::units::show_size;
use crate::limits;
use crate::rule::pack::{self, MANIFEST, Manifest, PublicKey, SIGNATURE};
use sha2::{Digest as _, Sha256};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// How often a directory is read that changes meanwhile.
const TRIES: usize = 3;

/// How a directory of rules looks from outside. One that compares equal some seconds later holds the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    wanted: Wanted,
    looks: Result<Vec<(PathBuf, Option<Look>)>, String>,
}

/// Which files of a directory make up its pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Those with rules.
    Rules,
    /// All: a signed pack lists every one.
    All,
}

/// What a signed pack has to be.
pub(super) struct Demands {
    /// Who may have signed it.
    pub(super) keys: Vec<PublicKey>,
    /// What it is called, if that is said.
    pub(super) name: Option<String>,
    /// The oldest that is taken.
    pub(super) minimum_version: u64,
}

/// What the signature of a pack says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// The SHA-256 of its manifest, in hex.
    pub manifest: String,
    /// Whether the configuration says that it is to be called so.
    pub expected: bool,
}

/// A pack that was read.
pub(super) struct Pack {
    pub(super) files: Vec<RuleFile>,
    pub(super) signed: Option<Signed>,
    pub(super) stamp: Stamp,
}

/// Device, inode, size, and when content and inode were changed last, in seconds and nanoseconds. Who writes
/// a file can set the former back, and not the latter.
type Look = ([u64; 3], [i64; 4]);

impl Stamp {
    /// Looks at a directory again, and opens nothing in it.
    #[must_use]
    pub fn again(&self, directory: &Path) -> Self {
        Self::of(directory, self.wanted)
    }

    fn of(directory: &Path, wanted: Wanted) -> Self {
        let stamped = |path: PathBuf| {
            let look = std::fs::metadata(&path).ok().map(|file| look(&file));
            (path, look)
        };
        let looks = paths(directory, wanted).map(|paths| paths.into_iter().map(stamped).collect());
        Self { wanted, looks }
    }
}

fn look(file: &Metadata) -> Look {
    let times = [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()];
    ([file.dev(), file.ino(), file.size()], times)
}

/// Every `.toml` file below a directory, by name, and how it looked. If there are demands, a pack that does not
/// meet them is refused. Each error completes a sentence that begins with its name.
pub(super) fn read(directory: &Path, demands: Option<&Demands>) -> Result<Pack, Vec<String>> {
    let wanted = if demands.is_some() { Wanted::All } else { Wanted::Rules };
    for _ in 0..TRIES {
        let stamp = Stamp::of(directory, wanted);
        let read = read_once(directory, demands);
        if stamp.again(directory) == stamp {
            let (files, signed) = read?;
            return Ok(Pack { files, signed, stamp });
        }
    }
    Err(vec!["changes while it is read: try again when it is complete".to_owned()])
}

fn read_once(
    directory: &Path,
    demands: Option<&Demands>,
) -> Result<(Vec<RuleFile>, Option<Signed>), Vec<String>> {
    let wanted = if demands.is_some() { Wanted::All } else { Wanted::Rules };
    let one = |error| vec![error];
    let mut files = texts(directory, &paths(directory, wanted).map_err(one)?).map_err(one)?;
    let signed = demands.map(|demands| {
        inside(directory).map_err(one)?;
        signed(&mut files, demands)
    });
    let signed = signed.transpose()?;
    files.retain(|file| is_rules(Path::new(&file.name)));
    if files.is_empty() {
        return Err(vec!["holds no .toml file: nothing would be looked for".to_owned()]);
    }
    Ok((files, signed))
}

/// The rules at a path: in a directory of files, or in one file.
///
/// # Errors
/// What cannot be read, and why.
pub fn pack_at(path: &Path) -> Result<Vec<RuleFile>, String> {
    let name = path.display().to_string();
    if path.is_dir() {
        let pack = read(path, None).map_err(|why| format!("{name} {}", why.join("; ")))?;
        return Ok(pack.files);
    }
    Ok(vec![RuleFile { name, text: text_at(path)? }])
}

/// The text of a file that is no larger than a pack may be.
///
/// # Errors
/// Of the file system, and for one that is larger or no text.
pub fn text_at(path: &Path) -> Result<String, String> {
    let text = read_bounded(path, limits::RULE_PACK_BYTES);
    Ok(text.map_err(|why| format!("{} {why}", path.display()))?.to_string())
}

/// Every file of a pack that is to be signed, by name.
///
/// # Errors
/// What stands against signing it. Completes a sentence that begins with its name.
pub fn pack_files(directory: &Path) -> Result<Vec<RuleFile>, String> {
    inside(directory)?;
    texts(directory, &paths(directory, Wanted::All)?)
}

fn texts(directory: &Path, paths: &[PathBuf]) -> Result<Vec<RuleFile>, String> {
    let mut room = limits::RULE_PACK_BYTES;
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let text =
            read_bounded(path, limits::RULE_PACK_BYTES).map_err(|why| format!("{} {why}", path.display()))?;
        room = room.checked_sub(text.len()).ok_or_else(|| too_large(path))?;
        files.push(RuleFile { name: name_below(directory, path), text: text.to_string() });
    }
    Ok(files)
}

/// Every file of a signed pack lies in its directory. What is read through a link would be verified like the
/// rest, but whoever owns its target decides when the pack is refused.
fn inside(directory: &Path) -> Result<(), String> {
    let real = |path: &Path| {
        path.canonicalize().map_err(|error| format!("{} {}", path.display(), unreadable(&error)))
    };
    let root = real(directory)?;
    for path in paths(directory, Wanted::All)? {
        if !real(&path)?.starts_with(&root) {
            return Err(format!("{} is a link out of the directory: a signed pack has none", path.display()));
        }
    }
    Ok(())
}

/// Holds the files of a signed pack against its manifest, and takes that out.
fn signed(files: &mut Vec<RuleFile>, demands: &Demands) -> Result<Signed, Vec<String>> {
    let mut take = |name: &str| {
        let at = files.iter().position(|file| file.name == name);
        at.map(|at| files.remove(at).text)
            .ok_or_else(|| vec![format!("is not signed: it has no {name}, and rules.require_signed is set")])
    };
    let (text, signature) = (take(MANIFEST)?, take(SIGNATURE)?);
    let of = |name: &'static str| move |why: String| vec![format!("is not taken: {name} {why}")];
    pack::verify(text.as_bytes(), &signature, &demands.keys).map_err(|why| of(SIGNATURE)(why.to_string()))?;
    let manifest = Manifest::parse(&text).map_err(of(MANIFEST))?;
    let wrong = manifest.differences(files.iter().map(|file| (&*file.name, file.text.as_bytes())));
    if !wrong.is_empty() {
        return Err(wrong.into_iter().map(|wrong| format!("is not what was signed: {wrong}")).collect());
    }
    meets(&manifest, demands).map_err(|why| vec![why])?;
    let sum = data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
    let Manifest { name, version, .. } = manifest;
    Ok(Signed { name, version, manifest: sum, expected: demands.name.is_some() })
}

fn meets(manifest: &Manifest, demands: &Demands) -> Result<(), String> {
    let Manifest { name, version, .. } = manifest;
    if let Some(expected) = demands.name.as_ref().filter(|expected| *expected != name) {
        return Err(format!("is the pack {name}, and rules.name is {expected}"));
    }
    if *version < demands.minimum_version {
        let least = demands.minimum_version;
        return Err(format!("is version {version} of {name}, and rules.minimum_version is {least}"));
    }
    Ok(())
}

fn too_large(path: &Path) -> String {
    format!("{} makes the pack larger than {}", path.display(), show_size(limits::RULE_PACK_BYTES))
}

fn paths(directory: &Path, wanted: Wanted) -> Result<Vec<PathBuf>, String> {
    let mut paths = Vec::new();
    collect(directory, wanted, &mut paths)?;
    paths.sort();
    Ok(paths)
}

fn collect(directory: &Path, wanted: Wanted, paths: &mut Vec<PathBuf>) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("{} {}", directory.display(), unreadable(&error));
    for entry in std::fs::read_dir(directory).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type().map_err(cannot)?.is_dir() {
            collect(&path, wanted, paths)?;
        } else if wanted == Wanted::All || is_rules(&path) {
            paths.push(path);
        }
        if paths.len() > limits::RULE_PACK_FILES {
            return Err(format!("holds more than {} rule files", limits::RULE_PACK_FILES));
        }
    }
    Ok(())
}

fn is_rules(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

fn name_below(directory: &Path, path: &Path) -> String {
    let below = path.strip_prefix(directory).unwrap_or(path);
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn names(directory: &Path) -> Vec<String> {
        read(directory, None).unwrap().files.into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn a_mounted_config_map_is_a_pack_and_its_update_shows() {
        let mount = tempfile::tempdir().unwrap();
        let at = |name: &str| mount.path().join(name);
        for (version, text) in [("..2026_1", "# one"), ("..2026_2", "# two")] {
            fs::create_dir(at(version)).unwrap();
            fs::write(at(version).join("a.toml"), text).unwrap();
        }
        symlink("..2026_1", at("..data")).unwrap();
        symlink("..data/a.toml", at("a.toml")).unwrap();
        assert_eq!(names(mount.path()), ["a.toml"]);
        let before = Stamp::of(mount.path(), Wanted::Rules);
        assert_eq!(before, Stamp::of(mount.path(), Wanted::Rules));
        symlink("..2026_2", at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
        assert_ne!(before, Stamp::of(mount.path(), Wanted::Rules));
        assert_eq!(read(mount.path(), None).unwrap().files.first().unwrap().text, "# two");
    }

    #[test]
    fn every_change_shows_and_what_is_hidden_is_nobodys() {
        let above = tempfile::tempdir().unwrap();
        let directory = above.path().join("pack");
        let at = |name: &str| directory.join(name);
        fs::create_dir_all(at("inner")).unwrap();
        fs::write(at("inner/a.toml"), "# a").unwrap();
        let changes: [(&str, &dyn Fn(), bool); 7] = [
            ("another text", &|| fs::write(at("inner/a.toml"), "# b").unwrap(), true),
            ("another file", &|| fs::write(at("b.toml"), "# b").unwrap(), true),
            ("another name", &|| fs::rename(at("b.toml"), at("c.toml")).unwrap(), true),
            ("a broken link", &|| symlink("nowhere", at("d.toml")).unwrap(), true),
            ("a file less", &|| fs::remove_file(at("d.toml")).unwrap(), true),
            ("an editor's lock", &|| symlink("ada@host.1", at(".#c.toml")).unwrap(), false),
            ("the directory gone", &|| fs::rename(&directory, above.path().join("gone")).unwrap(), true),
        ];
        for (what, change, shows) in changes {
            let before = Stamp::of(&directory, Wanted::Rules);
            // Longer than a tick of the clock that files are stamped by.
            std::thread::sleep(std::time::Duration::from_millis(20));
            change();
            assert_eq!(Stamp::of(&directory, Wanted::Rules) != before, shows, "{what}");
        }
    }
}
