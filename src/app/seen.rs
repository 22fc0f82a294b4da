//! The newest version of each signed pack that was ever loaded, kept in the data directory: an older one, whose
//! signature is as good, is not taken again.
//!
//! A version is one content: another one under the same number is refused too. So is a pack of another name,
//! unless the configuration says the name: whoever signs several packs with one key did not mean them to
//! stand for one another.
//!
//! The bound is the file: who can write the data directory can forget what was seen.
//! `rules.minimum_version` holds also then, and on a new machine.

use super::private_directory;
use crate::config::{Config, Signed};
use crate::limits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// What was loaded.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// The name of the last.
    last: String,
    packs: BTreeMap<String, Version>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    version: u64,
    manifest: String,
}

/// Why a pack is not taken whose signature is good.
#[derive(Debug, thiserror::Error)]
pub enum SeenError {
    /// It is an older one.
    #[error(
        "rules.directory: is version {version} of {name}, and version {newest} was loaded before: sign it \
         again with a higher one"
    )]
    Older {
        /// The pack.
        name: String,
        /// What is there.
        version: u64,
        /// What was there.
        newest: u64,
    },
    /// It is not what that version was.
    #[error(
        "rules.directory: version {version} of {name} was loaded before with other contents: sign it again \
         with a higher one"
    )]
    Changed {
        /// The pack.
        name: String,
        /// What is there, and was there.
        version: u64,
    },
    /// It is another pack.
    #[error(
        "rules.directory: is the pack {name}, and {last} was loaded before: set rules.name if that is meant"
    )]
    Renamed {
        /// The pack.
        name: String,
        /// What was there.
        last: String,
    },
    /// What was loaded cannot be read or kept.
    #[error("{}: what was loaded before cannot be read or kept: {source}; make the directory writable", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "{}: is damaged: remove it, and set rules.minimum_version to the version that was loaded last",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// Whether the pack of a configuration may be loaded after those that were. One without a signature may: that
/// none is required is the configuration's word.
///
/// # Errors
/// [`SeenError`].
pub fn admit(config: &Config) -> Result<(), SeenError> {
    config.rules.signed.as_ref().map_or(Ok(()), |signed| read(config)?.admits(signed))
}

/// Keeps that the pack of a configuration is loaded.
pub(super) fn remember(config: &Config) -> Result<(), SeenError> {
    let Some(signed) = &config.rules.signed else { return Ok(()) };
    let before = read(config)?;
    let mut seen = before.clone();
    let Signed { name, version, manifest, .. } = signed.clone();
    seen.last.clone_from(&name);
    seen.packs.insert(name, Version { version, manifest });
    if seen == before {
        return Ok(());
    }
    let failed = |source| SeenError::File { path: path(config), source };
    private_directory(&config.data_dir).and_then(|()| write(&path(config), &seen)).map_err(failed)
}

impl Seen {
    fn admits(&self, signed: &Signed) -> Result<(), SeenError> {
        let Signed { name, version, manifest, expected } = signed.clone();
        if !expected && !self.last.is_empty() && self.last != name {
            return Err(SeenError::Renamed { name, last: self.last.clone() });
        }
        match self.packs.get(&name) {
            Some(newest) if version < newest.version => {
                Err(SeenError::Older { name, version, newest: newest.version })
            }
            Some(newest) if version == newest.version && manifest != newest.manifest => {
                Err(SeenError::Changed { name, version })
            }
            _ => Ok(()),
        }
    }
}

fn path(config: &Config) -> PathBuf {
    config.data_dir.join("rules.seen.json")
}

fn read(config: &Config) -> Result<Seen, SeenError> {
    let path = path(config);
    let mut text = String::new();
    let read = File::open(&path)
        .and_then(|file| file.take(limits::SUBSTITUTED_BYTES as u64).read_to_string(&mut text));
    match read {
        Ok(_) => serde_json::from_str(&text).map_err(|_| SeenError::Damaged { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Seen::default()),
        Err(source) => Err(SeenError::File { path, source }),
    }
}

/// Whole or not at all: under another name first.
fn write(path: &Path, seen: &Seen) -> io::Result<()> {
    let draft = path.with_extension("new");
    let text = serde_json::to_string(seen).map_err(io::Error::other)?;
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Overrides;

    fn signed(name: &str, version: u64, manifest: &str, expected: bool) -> Option<Signed> {
        Some(Signed { name: name.to_owned(), version, manifest: manifest.to_owned(), expected })
    }

    fn config(directory: &Path) -> Config {
        let overrides = Overrides { data_dir: Some(directory.join("data")), ..Overrides::default() };
        Config::load(None, &overrides).unwrap()
    }

    #[test]
    fn no_version_is_taken_that_is_older_than_one_that_was_loaded() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = config(directory.path());
        for (pack, answer) in [
            (None, "ok"),
            (signed("acme", 3, "c", false), "ok"),
            (signed("acme", 3, "c", false), "ok"),
            (signed("acme", 3, "x", false), "version 3 of acme was loaded before with other contents"),
            (signed("acme", 2, "b", false), "is version 2 of acme, and version 3 was loaded before"),
            (signed("acme", 5, "e", false), "ok"),
            (signed("acme", 4, "d", true), "is version 4 of acme, and version 5 was loaded before"),
            (signed("other", 9, "o", false), "is the pack other, and acme was loaded before"),
            (signed("other", 1, "o", true), "ok"),
            (signed("acme", 6, "f", false), "is the pack acme, and other was loaded before"),
            (signed("acme", 4, "d", true), "is version 4 of acme, and version 5 was loaded before"),
            (signed("acme", 5, "e", true), "ok"),
            (None, "ok"),
        ] {
            config.rules.signed.clone_from(&pack);
            let admitted = admit(&config).and_then(|()| remember(&config));
            let told = admitted.map_or_else(|error| error.to_string(), |()| "ok".to_owned());
            assert!(told.contains(answer), "{pack:?}: {told}");
        }
    }

    #[test]
    fn what_was_seen_and_cannot_be_read_admits_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = config(directory.path());
        config.rules.signed = signed("acme", 3, "c", false);
        remember(&config).unwrap();
        for damaged in ["", "{}", "{\"last\":\"acme\",\"packs\":{}", "[]"] {
            fs::write(path(&config), damaged).unwrap();
            assert!(matches!(admit(&config), Err(SeenError::Damaged { .. })), "{damaged}");
        }
        fs::remove_file(path(&config)).unwrap();
        fs::create_dir(path(&config)).unwrap();
        assert!(matches!(admit(&config), Err(SeenError::File { .. })));
        assert!(matches!(remember(&config), Err(SeenError::File { .. })));
    }
}
