//! A file of lines that is only added to, and only its owner can read.
//!
//! **Promise.** A line is there whole or, after a crash or a full disk in the middle of it, cut off and
//! ended by the next open: what follows never runs into it. What was written survives the end of this
//! process; after [`Lines::sync`] also the end of the machine.
//!
//! Only redacted telemetry and alerts are written here, and still the file is 0600 in a directory that
//! is made with 0700: what they tell about people is nobody else's business. A directory that is there
//! already is left as it is.
//!
//! Rotation is outside work: the file is opened for appending, so copying and truncating it is safe.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::Path;

/// An open file of lines.
pub(crate) struct Lines(File);

impl Lines {
    /// Opens the file, and makes it and its directory where they are not there yet. Blocks.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if let Some(dir) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        let mut file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)?;
        if is_torn(&file)? {
            file.write_all(b"\n")?;
        }
        Ok(Self(file))
    }

    /// Appends whole lines, each with its newline. After an error the file has to be opened again:
    /// the last line may be torn. Blocks.
    pub(crate) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.0.write_all(lines)
    }

    /// Waits until what was appended is on the disk. Blocks.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// Whether the last line has no end.
fn is_torn(file: &File) -> io::Result<bool> {
    let Some(last) = file.metadata()?.len().checked_sub(1) else { return Ok(false) };
    let mut byte = [0];
    Ok(file.read_at(&mut byte, last)? == 1 && byte != *b"\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_torn_line_is_ended_before_the_next() {
        for (before, after) in
            [("", "new\n"), ("old\n", "old\nnew\n"), ("torn", "torn\nnew\n"), ("old\nto", "old\nto\nnew\n")]
        {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("lines");
            fs::write(&path, before).unwrap();
            Lines::open(&path).unwrap().append(b"new\n").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after, "{before:?}");
        }
    }

    #[test]
    fn only_the_owner_can_read_what_was_made() {
        let dir = tempfile::tempdir().unwrap();
        let made = dir.path().join("a/b");
        Lines::open(&made.join("lines")).unwrap();
        assert_eq!(mode(&made), 0o700);
        assert_eq!(mode(&made.join("lines")), 0o600);
    }

    #[test]
    fn two_writers_do_not_overwrite_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lines");
        let (mut one, mut two) = (Lines::open(&path).unwrap(), Lines::open(&path).unwrap());
        one.append(b"1\n").unwrap();
        two.append(b"2\n").unwrap();
        one.append(b"3\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n3\n");
    }
}
