//! Where the files of a lane are kept: a directory, or memory.
//!
//! A store asks a shelf for files by name and does not know which it has; the tests have one that breaks.
//! What is in a directory belongs to one process: two of them would number their entries alike. So it is
//! locked, and the lock ends with the process, however that ends.

use redb::StorageBackend;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Error, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The end of the name of a file that could not be read and was put out of the way.
const ASIDE: &str = "damaged";

/// Files by name.
pub(super) trait Shelf: Send + Sync + 'static {
    /// The names of all files, in no order.
    fn names(&self) -> io::Result<Vec<String>>;

    /// A file to read and write; an empty one, if there was none.
    fn open(&self, name: &str) -> io::Result<Backend>;

    /// Gives a file its name: it is there whole or not at all, also after a crash.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Takes a file away. One that is not there is no error.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Puts a file where it is not looked for again, and a person can look at it.
    fn set_aside(&self, name: &str) -> io::Result<()>;
}

/// One open file.
#[derive(Debug)]
pub(super) struct Backend(pub(super) Box<dyn StorageBackend>);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}

/// Files in a directory.
pub(super) struct Directory {
    path: PathBuf,
    /// Whether a commit waits for the disk. Without it, what was committed survives the end of the
    /// process, and not that of the machine.
    sync: bool,
    /// Held for its lock.
    _lock: File,
}

impl Directory {
    /// Takes a directory for this process; makes it where it is not there, for its owner alone.
    pub(super) fn take(path: &Path, sync: bool) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        if sync {
            // It may be new, and so may those around it.
            path.ancestors().skip(1).take(3).filter(|above| above.is_dir()).try_for_each(synced)?;
        }
        let lock = private(&path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), sync, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let message = "another blackbar uses it: give each one a data_dir of its own";
                Err(Error::new(ErrorKind::ResourceBusy, message))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

fn synced(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

impl Shelf for Directory {
    fn names(&self) -> io::Result<Vec<String>> {
        fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn open(&self, name: &str) -> io::Result<Backend> {
        let file = private(&self.path.join(name))?;
        Ok(Backend(Box::new(OnDisk { file, sync: self.sync })))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))?;
        // A name is in the directory, which has to reach the disk as well.
        if self.sync { synced(&self.path) } else { Ok(()) }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn set_aside(&self, name: &str) -> io::Result<()> {
        let free = |path: &PathBuf| !path.exists();
        let names = (0..u32::MAX).map(|copy| self.path.join(format!("{name}.{ASIDE}{copy}")));
        let free = names.into_iter().find(free).ok_or(ErrorKind::AlreadyExists)?;
        fs::rename(self.path.join(name), free)
    }
}

#[derive(Debug)]
struct OnDisk {
    file: File,
    sync: bool,
}

impl StorageBackend for OnDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.sync { self.file.sync_data() } else { Ok(()) }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write_all_at(data, offset)
    }
}

/// Files that end with the process.
#[derive(Default)]
pub(super) struct Memory(Mutex<BTreeMap<String, InMemory>>);

#[derive(Debug, Clone, Default)]
struct InMemory(Arc<RwLock<Vec<u8>>>);

impl Memory {
    fn with<T>(&self, of: impl FnOnce(&mut BTreeMap<String, InMemory>) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shelf for Memory {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.with(|files| files.keys().cloned().collect()))
    }

    fn open(&self, name: &str) -> io::Result<Backend> {
        Ok(Backend(Box::new(self.with(|files| files.entry(name.to_owned()).or_default().clone()))))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let moved =
            |files: &mut BTreeMap<_, _>| files.remove(from).map(|file| files.insert(to.to_owned(), file));
        self.with(moved).map(drop).ok_or(ErrorKind::NotFound.into())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.with(|files| files.remove(name));
        Ok(())
    }

    fn set_aside(&self, name: &str) -> io::Result<()> {
        self.remove(name)
    }
}

impl StorageBackend for InMemory {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let from = bytes.get(range(offset, out.len())?).ok_or(ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(from);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(|_| ErrorKind::OutOfMemory)?;
        self.0.write().unwrap_or_else(PoisonError::into_inner).resize(len, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut bytes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let to = bytes.get_mut(range(offset, data.len())?).ok_or(ErrorKind::UnexpectedEof)?;
        to.copy_from_slice(data);
        Ok(())
    }
}

fn range(offset: u64, len: usize) -> io::Result<std::ops::Range<usize>> {
    let start = usize::try_from(offset).map_err(|_| ErrorKind::UnexpectedEof)?;
    Ok(start..start.saturating_add(len))
}
