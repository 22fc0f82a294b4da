//! The key of tokens and fingerprints: the configured one, or one that is made once and kept.

use super::private_directory;
use crate::config::Config;
use crate::limits::TOKEN_KEY_BYTES;
use crate::token::{ShortKey, TokenKey};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The key, and where it was kept if it is new.
pub(super) struct Key {
    pub(super) key: TokenKey,
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

/// The configured key; otherwise that in the data directory, which is made at the first start.
pub(super) fn load_or_make(config: &Config) -> Result<Key, KeyError> {
    if let Some(secret) = &config.policy.hmac_key {
        return Ok(Key { key: TokenKey::new(secret.expose())?, made: None });
    }
    let path = config.data_dir.join("hmac.key");
    match fs::read(&path) {
        Ok(text) => Ok(Key { key: parse(&path, text)?, made: None }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = make(&path).map_err(|source| KeyError::File { path: path.clone(), source })?;
            Ok(Key { key: TokenKey::new(&*key)?, made: Some(path) })
        }
        Err(source) => Err(KeyError::File { path, source }),
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
        assert_eq!(first.key.token(b"x"), second.key.token(b"x"));
    }

    #[test]
    fn a_damaged_key_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("hmac.key"), "abc").unwrap();
        assert!(matches!(load_or_make(&config(directory.path())), Err(KeyError::Damaged { .. })));
    }
}
