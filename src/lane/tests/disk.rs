//! A disk that fails: it can run full, refuse everything from a certain moment on, and lose power.
//!
//! When the power goes, what was not synced is there or not, write by write, and of a write any run of
//! sectors may be; a file that was removed may be back. This is more than disks do to redb's files, and
//! all of it is allowed to them.

use crate::lane::shelf::{Backend, Shelf};
use redb::StorageBackend;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

const SECTOR: usize = 512;

#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    /// By name, their place in `all`.
    files: BTreeMap<String, usize>,
    removed: BTreeMap<String, usize>,
    all: Vec<File>,
    aside: Vec<String>,
    /// Operations that still work.
    left: Option<usize>,
    /// Bytes all files together may have.
    capacity: Option<usize>,
    random: u64,
}

#[derive(Debug, Clone, Default)]
struct File {
    synced: Vec<u8>,
    now: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Length(usize),
    Write(usize, Vec<u8>),
}

impl Disk {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Refuses every write after so many more.
    pub(super) fn fail_after(&self, operations: Option<usize>) {
        self.inner().left = operations;
    }

    /// Has no room for more than it holds and so many bytes; or has room again.
    pub(super) fn fill(&self, spare: Option<usize>) {
        let mut inner = self.inner();
        let used = inner.used();
        inner.capacity = spare.map(|spare| used + spare);
    }

    /// The power goes, and comes back.
    pub(super) fn crash(&self, seed: u64) {
        let mut inner = self.inner();
        inner.random = seed;
        (inner.left, inner.capacity) = (None, None);
        for (name, file) in std::mem::take(&mut inner.removed) {
            if inner.chance() {
                inner.files.entry(name).or_insert(file);
            }
        }
        for file in 0..inner.all.len() {
            let mut lost = std::mem::take(&mut inner.all[file]);
            inner.lose(&mut lost);
            inner.all[file] = lost;
        }
    }

    /// What was put aside.
    pub(super) fn aside(&self) -> Vec<String> {
        self.inner().aside.clone()
    }

    /// The names of the files there are.
    pub(super) fn list(&self) -> Vec<String> {
        self.inner().files.keys().cloned().collect()
    }

    /// Flips bits of a file.
    pub(super) fn damage(&self, name: &str, range: std::ops::Range<usize>) {
        let mut inner = self.inner();
        let file = inner.files[name];
        let file = &mut inner.all[file];
        let end = range.end.min(file.now.len());
        file.now[range.start.min(end)..end].iter_mut().for_each(|byte| *byte ^= 0x55);
        file.synced = file.now.clone();
    }
}

impl Inner {
    fn used(&self) -> usize {
        self.files.values().map(|&file| self.all[file].now.len()).sum()
    }

    fn chance(&mut self) -> bool {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.random >> 40 & 1 == 1
    }

    fn spend(&mut self) -> io::Result<()> {
        match &mut self.left {
            Some(0) => Err(ErrorKind::Other.into()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn lose(&mut self, file: &mut File) {
        let mut bytes = std::mem::take(&mut file.synced);
        for change in std::mem::take(&mut file.unsynced) {
            match change {
                Change::Length(length) if self.chance() => bytes.resize(length, 0),
                Change::Length(_) => {}
                Change::Write(offset, data) => self.tear(&mut bytes, offset, &data),
            }
        }
        (file.synced, file.now) = (bytes.clone(), bytes);
    }

    fn tear(&mut self, bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
        let whole = self.chance();
        for (at, sector) in (offset..).step_by(SECTOR).zip(data.chunks(SECTOR)) {
            if whole || self.chance() {
                bytes.resize(bytes.len().max(at + sector.len()), 0);
                bytes[at..at + sector.len()].copy_from_slice(sector);
            }
        }
    }
}

impl Shelf for Disk {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.list())
    }

    fn open(&self, name: &str) -> io::Result<Backend> {
        let mut inner = self.inner();
        let made = inner.all.len();
        let file = *inner.files.entry(name.to_owned()).or_insert(made);
        if file == made {
            inner.all.push(File::default());
        }
        Ok(Backend(Box::new(Handle { disk: self.clone(), file })))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.inner();
        inner.spend()?;
        let file = inner.files.remove(from).ok_or(ErrorKind::NotFound)?;
        inner.files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut inner = self.inner();
        if let Some(file) = inner.files.remove(name) {
            inner.removed.insert(name.to_owned(), file);
        }
        Ok(())
    }

    fn set_aside(&self, name: &str) -> io::Result<()> {
        let mut inner = self.inner();
        inner.files.remove(name);
        inner.aside.push(name.to_owned());
        Ok(())
    }
}

#[derive(Debug)]
struct Handle {
    disk: Disk,
    file: usize,
}

impl Handle {
    fn with<T>(&self, of: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
        of(&mut self.disk.inner().all[self.file])
    }

    fn room_for(&self, length: usize) -> io::Result<()> {
        let inner = self.disk.inner();
        let grows = length.saturating_sub(inner.all[self.file].now.len());
        let full = inner.capacity.is_some_and(|capacity| inner.used() + grows > capacity);
        if full { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl StorageBackend for Handle {
    fn len(&self) -> io::Result<u64> {
        self.with(|file| Ok(file.now.len() as u64))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        self.with(|file| {
            let bytes = file.now.get(offset..offset + out.len()).ok_or(ErrorKind::UnexpectedEof)?;
            out.copy_from_slice(bytes);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).unwrap();
        self.disk.inner().spend()?;
        self.room_for(len)?;
        self.with(|file| {
            file.now.resize(len, 0);
            file.unsynced.push(Change::Length(len));
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.inner().spend()?;
        self.with(|file| {
            file.synced = file.now.clone();
            file.unsynced.clear();
            Ok(())
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        self.disk.inner().spend()?;
        self.with(|file| {
            let to = file.now.get_mut(offset..offset + data.len()).ok_or(ErrorKind::UnexpectedEof)?;
            to.copy_from_slice(data);
            file.unsynced.push(Change::Write(offset, data.to_vec()));
            Ok(())
        })
    }
}
