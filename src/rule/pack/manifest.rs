//! The manifest of a signed pack: its name, its version, and the SHA-256 of every file in it.
//!
//! ```text
//! blackbar rule pack 1
//! name acme
//! version 7
//! 3fdba35f04dc8c462986c992bcf875546257113072a909c162f7e470e581e278  secrets/acme.toml
//! ```
//!
//! Read strictly: there is one way to write a manifest. From the fourth line on it is what `sha256sum` prints.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What the first line says.
const FORMAT: &str = "blackbar rule pack 1";

type Sum = [u8; 32];

/// What a signed pack is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Whose pack it is: see [`is_name`].
    pub name: String,
    /// Grows with every change.
    pub version: u64,
    files: BTreeMap<String, Sum>,
}

/// Whether it can be the name of a pack: 1 to 64 letters, digits, dots, dashes or underscores.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    !name.is_empty() && name.len() <= 64 && name.bytes().all(allowed)
}

impl Manifest {
    /// The manifest of these files, each with its path below the directory.
    ///
    /// # Errors
    /// For a path that cannot stand in a line.
    pub fn new<'f>(
        name: &str,
        version: u64,
        files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
    ) -> Result<Self, String> {
        let sums = files.into_iter().map(|(path, bytes)| match is_path(path) {
            true => Ok((path.to_owned(), Sha256::digest(bytes).into())),
            false => Err(format!("{path:?} cannot be listed in a manifest: give the file a plain name")),
        });
        Ok(Self { name: name.to_owned(), version, files: sums.collect::<Result<_, _>>()? })
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong with it, by line. Completes a sentence that begins with its name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest = Self::read(text)?;
        if manifest.to_text() == text {
            return Ok(manifest);
        }
        Err("is not written as `blackbar rules sign` writes it".to_owned())
    }

    fn read(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        if lines.next() != Some(FORMAT) {
            return Err(format!("does not begin with `{FORMAT}`"));
        }
        let mut word = |key: &str| lines.next().and_then(|line| line.strip_prefix(key)?.strip_prefix(' '));
        let (name, version) = (word("name"), word("version").and_then(|number| number.parse().ok()));
        let (Some(name), Some(version)) = (name.filter(|name| is_name(name)), version) else {
            return Err("has no name and version in its second and third line".to_owned());
        };
        let mut files = BTreeMap::new();
        for (at, line) in lines.enumerate() {
            let (path, sum) = file(line).ok_or_else(|| format!("has no file in line {}", at + 4))?;
            files.insert(path, sum);
        }
        Ok(Self { name: name.to_owned(), version, files })
    }

    /// How many files it lists.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether it lists none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// As it is written.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FORMAT}\nname {}\nversion {}\n", self.name, self.version);
        for (path, sum) in &self.files {
            text.push_str(&data_encoding::HEXLOWER.encode(sum));
            text.push_str("  ");
            text.push_str(path);
            text.push('\n');
        }
        text
    }

    /// Everything in which a directory differs from what was signed; nothing: it is just that.
    pub fn differences<'f>(&self, files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Vec<String> {
        let mut missing: BTreeMap<&str, &Sum> =
            self.files.iter().map(|(path, sum)| (path.as_str(), sum)).collect();
        let mut wrong = Vec::new();
        for (path, bytes) in files {
            match missing.remove(path) {
                None => wrong.push(format!("{path} is not in the manifest")),
                Some(sum) if Sum::from(Sha256::digest(bytes)) != *sum => {
                    wrong.push(format!("{path} was changed after it was signed"));
                }
                Some(_) => {}
            }
        }
        wrong.extend(missing.keys().map(|path| format!("{path} is missing")));
        wrong
    }
}

fn file(line: &str) -> Option<(String, Sum)> {
    let (sum, path) = line.split_once("  ")?;
    let sum = data_encoding::HEXLOWER.decode(sum.as_bytes()).ok()?.try_into().ok()?;
    is_path(path).then(|| (path.to_owned(), sum))
}

/// Whether it is a path below a directory that can stand in a line.
fn is_path(path: &str) -> bool {
    let segment = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('\\');
    path.split('/').all(segment) && !path.chars().any(char::is_control)
}
