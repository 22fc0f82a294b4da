//! The keys of tokens and fingerprints: the configured ones, or one that is made once and kept.
//!
//! To change a kept key, its file is renamed to [`PREVIOUS`]: the next start makes a new one, and tells the
//! fingerprints of both until that file is taken away.

use super::private_directory;
use crate::config::Config;
use crate::limits::TOKEN_KEY_BYTES;
use crate::token::{Keys, ShortKey, TokenKey};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file of the key, in the data directory.
const CURRENT: &str = "hmac.key";

/// The file of the key before.
const PREVIOUS: &str = "hmac.previous.key";

/// The keys, and where that of today was kept if it is new.
pub(super) struct Loaded {
    pub(super) keys: Keys,
    pub(super) made: Option<PathBuf>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("the token key {}: {source}; make the directory writable, or set policy.hmac_key", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file holds something else.
    #[error("the token key {} is not {TOKEN_KEY_BYTES} bytes in hex: put the right one back, or remove it to get a new one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The configured key is too short.
    #[error(transparent)]
    Short(#[from] ShortKey),
}

/// The configured keys; otherwise those in the data directory. The first is made at the first start.
pub(super) fn load_or_make(config: &Config) -> Result<Loaded, KeyError> {
    let before = match &config.policy.previous_hmac_key {
        Some(secret) => Some(TokenKey::new(secret.expose())?),
        None => read(&config.data_dir.join(PREVIOUS))?,
    };
    if let Some(secret) = &config.policy.hmac_key {
        return Ok(Loaded { keys: Keys::new(TokenKey::new(secret.expose())?, before), made: None });
    }
    let path = config.data_dir.join(CURRENT);
    if let Some(now) = read(&path)? {
        return Ok(Loaded { keys: Keys::new(now, before), made: None });
    }
    let now = make(&path).map_err(|source| KeyError::File { path: path.clone(), source })?;
    Ok(Loaded { keys: Keys::new(TokenKey::new(&*now)?, before), made: Some(path) })
}

/// The key in a file, if there is one.
fn read(path: &Path) -> Result<Option<TokenKey>, KeyError> {
    match fs::read(path) {
        Ok(text) => parse(path, text).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(KeyError::File { path: path.to_owned(), source }),
    }
}

fn parse(path: &Path, text: Vec<u8>) -> Result<TokenKey, KeyError> {
    let text = Zeroizing::new(text);
    let damaged = || KeyError::Damaged { path: path.to_owned() };
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim_ascii()).map_err(|_| damaged())?;
    TokenKey::new(&Zeroizing::new(bytes)).map_err(|_| damaged())
}

/// Makes a key that nobody else can read, and never over one that is there. It is in place whole or
/// not at all: it is written under another name first.
fn make(path: &Path) -> io::Result<Zeroizing<[u8; TOKEN_KEY_BYTES]>> {
    let mut key = Zeroizing::new([0; TOKEN_KEY_BYTES]);
    getrandom::fill(&mut *key).map_err(io::Error::other)?;
    let text = Zeroizing::new(format!("{}\n", data_encoding::HEXLOWER.encode(&*key)));
    if let Some(directory) = path.parent() {
        private_directory(directory)?;
    }
    let draft = path.with_extension("key.new");
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::hard_link(&draft, path)?;
    fs::remove_file(&draft)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Overrides;
    use std::os::unix::fs::PermissionsExt as _;

    fn config(directory: &Path) -> Config {
        let overrides = Overrides { data_dir: Some(directory.to_owned()), ..Overrides::default() };
        Config::load(None, &overrides).unwrap()
    }

    #[test]
    fn a_key_is_made_once_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(&directory.path().join("data"));
        let first = load_or_make(&config).unwrap();
        let path = first.made.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let second = load_or_make(&config).unwrap();
        assert_eq!(second.made, None);
        assert_eq!(first.keys.now.id(), second.keys.now.id());
    }

    #[test]
    fn a_key_that_is_put_aside_is_the_one_before() {
        let directory = tempfile::tempdir().unwrap();
        let config = config(directory.path());
        let first = load_or_make(&config).unwrap().keys;
        assert!(first.before.is_none());
        fs::rename(directory.path().join(CURRENT), directory.path().join(PREVIOUS)).unwrap();
        let second = load_or_make(&config).unwrap().keys;
        assert_eq!(second.before.unwrap().id(), first.now.id());
        assert_ne!(second.now.id(), first.now.id());
    }

    #[test]
    fn a_damaged_key_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("hmac.key"), "abc").unwrap();
        assert!(matches!(load_or_make(&config(directory.path())), Err(KeyError::Damaged { .. })));
    }
}
