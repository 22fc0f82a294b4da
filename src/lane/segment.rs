//! One file of consecutive entries.
//!
//! A segment is a redb database that is only added to and, when every reader has passed it, removed whole.
//! So the disk has its space back at once, a crash leaves one small file to recover and not one as large as
//! the backlog, and damage ends where its file ends.
//!
//! An entry is kept in pieces that fill the pages of the store: as one value of 64 KiB it takes a page of
//! 128 (2.4 times its size on disk, measured, against 1.06 in pieces).

use super::item::Item;
use super::shelf::Shelf;
use super::trouble::{Trouble, reading};
use crate::limits;
use bytes::Bytes;
use redb::{
    Builder, Database, DatabaseError, ReadOnlyDatabase, ReadOnlyTable, ReadTransaction,
    ReadableDatabase as _, TableDefinition, TableError,
};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Number of an entry and of a piece of it.
const ENTRIES: TableDefinition<'_, (u64, u16), &[u8]> = TableDefinition::new("entries");

const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");
const LAYOUT: &str = "layout";
const NEXT: &str = "next";
const BYTES: &str = "bytes";
const RECORDS: &str = "records";

/// The layout of these tables. A later one is refused, not guessed at.
const THIS_LAYOUT: u64 = 1;

/// Bytes of one piece: with what the store adds to it, a little less than a page of 32 KiB.
const PIECE: usize = (32 << 10) - 256;

const ENDING: &str = ".redb";

/// What a file is called before it is one.
const DRAFT: &str = "draft.redb";

/// What is in a segment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// The number after its last entry.
    pub(super) next: u64,
    /// What its entries count for.
    pub(super) bytes: u64,
    /// Records in them.
    pub(super) records: u64,
}

/// How much to read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Portion {
    /// As many entries as have bodies of so many bytes, and at least one.
    Bytes(usize),
    /// So many entries.
    Count(u64),
}

/// Consecutive entries.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// Those that are sound.
    pub(super) items: Vec<Item>,
    /// Numbers that were passed, of sound entries and of others.
    pub(super) count: u64,
    /// What the passed entries count for, as far as they can be read.
    pub(super) bytes: u64,
    /// When the first sound one was taken.
    pub(super) oldest: Option<SystemTime>,
}

impl Chunk {
    /// Entries that were passed and could not be read.
    pub(super) fn damaged(&self) -> u64 {
        self.count.saturating_sub(self.items.len() as u64)
    }

    fn add(&mut self, item: Item, taken: SystemTime) {
        self.bytes = self.bytes.saturating_add(item.cost() as u64);
        self.oldest.get_or_insert(taken);
        self.items.push(item);
    }
}

/// A file, and how it is open.
pub(super) struct Segment {
    first: u64,
    totals: Mutex<Totals>,
    handle: Mutex<Handle>,
}

enum Handle {
    Closed,
    Writing(Arc<Database>),
    Reading(ReadOnlyDatabase),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(limits::STORE_CACHE_BYTES);
    builder
}

/// Opens a file to write to it. One that was not closed is put right first.
pub(super) fn open(shelf: &dyn Shelf, name: &str) -> Result<Database, Trouble> {
    builder().create_with_backend(shelf.open(name)?).map_err(Trouble::of)
}

/// Makes a file anew, in place of one that may be there.
pub(super) fn create(shelf: &dyn Shelf, name: &str) -> Result<Database, Trouble> {
    shelf.remove(DRAFT)?;
    let database = open(shelf, DRAFT)?;
    shelf.rename(DRAFT, name)?;
    Ok(database)
}

/// The number a segment's name says it begins with.
pub(super) fn first_of(name: &str) -> Option<u64> {
    name.strip_suffix(ENDING).filter(|number| number.len() == 20)?.parse().ok()
}

/// The name of the segment that begins with a number.
pub(super) fn name_of(first: u64) -> String {
    format!("{first:020}{ENDING}")
}

impl Segment {
    /// A new file, and the way to write to it. It gets its name when it is a sound database.
    pub(super) fn create(shelf: &dyn Shelf, first: u64) -> Result<(Arc<Self>, Arc<Database>), Trouble> {
        let database = Arc::new(create(shelf, &name_of(first))?);
        let handle = Mutex::new(Handle::Writing(Arc::clone(&database)));
        let totals = Mutex::new(Totals { next: first, ..Totals::default() });
        Ok((Arc::new(Self { first, totals, handle }), database))
    }

    /// A file that is there.
    pub(super) fn find(shelf: &dyn Shelf, first: u64) -> Result<Self, Trouble> {
        let totals = reading(|| read_totals(&open_to_read(shelf, &name_of(first))?, first))?;
        Ok(Self { first, totals: Mutex::new(totals), handle: Mutex::new(Handle::Closed) })
    }

    pub(super) fn name(&self) -> String {
        name_of(self.first)
    }

    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn totals(&self) -> Totals {
        *lock(&self.totals)
    }

    /// Says what is in it from now on.
    pub(super) fn set_totals(&self, totals: Totals) {
        *lock(&self.totals) = totals;
    }

    /// Lets go of the file. Waits for readers.
    pub(super) fn close(&self) {
        *lock(&self.handle) = Handle::Closed;
    }

    /// Entries from a number on. Readers of one segment take turns.
    pub(super) fn read(&self, shelf: &dyn Shelf, from: u64, portion: Portion) -> Result<Chunk, Trouble> {
        let next = self.totals().next;
        reading(|| self.read_until(shelf, from..next, portion))
    }

    fn read_until(&self, shelf: &dyn Shelf, numbers: Range<u64>, portion: Portion) -> Result<Chunk, Trouble> {
        let mut handle = lock(&self.handle);
        if let Handle::Closed = &*handle {
            *handle = Handle::Reading(open_to_read(shelf, &self.name())?);
        }
        let transaction = match &*handle {
            Handle::Writing(database) => database.begin_read(),
            Handle::Reading(database) => database.begin_read(),
            Handle::Closed => return Err(Trouble::Unavailable(std::io::ErrorKind::Other)),
        };
        let chunk = read_entries(&transaction.map_err(Trouble::of)?, numbers.clone(), portion)?;
        let over = numbers.start.saturating_add(chunk.count) >= numbers.end;
        if over && matches!(&*handle, Handle::Reading(_)) {
            *handle = Handle::Closed;
        }
        Ok(chunk)
    }

    /// What is owed to a reader that has come so far: bytes, records, and since when.
    pub(super) fn owed(&self, shelf: &dyn Shelf, from: u64) -> Result<(Totals, Option<SystemTime>), Trouble> {
        let all = self.totals();
        if from <= self.first {
            let oldest = self.read(shelf, self.first, Portion::Count(1))?.oldest;
            return Ok((all, oldest));
        }
        let (mut at, mut left, mut oldest) = (from, Totals { next: all.next, ..Totals::default() }, None);
        while at < all.next {
            let chunk = self.read(shelf, at, Portion::Bytes(limits::STORE_GROUP_BYTES))?;
            at = at.saturating_add(chunk.count.max(1));
            left.bytes += chunk.bytes;
            left.records += chunk.items.iter().map(|item| item.records).sum::<u64>();
            oldest = oldest.or(chunk.oldest);
        }
        Ok((left, oldest))
    }
}

/// A database that is not written to. One that its last writer did not close has to be put right first.
fn open_to_read(shelf: &dyn Shelf, name: &str) -> Result<ReadOnlyDatabase, Trouble> {
    match builder().open_read_only_with_backend(shelf.open(name)?) {
        Err(DatabaseError::RepairAborted) => {
            open(shelf, name)?.close().map_err(Trouble::of)?;
            builder().open_read_only_with_backend(shelf.open(name)?).map_err(Trouble::of)
        }
        opened => opened.map_err(Trouble::of),
    }
}

fn read_totals(database: &ReadOnlyDatabase, first: u64) -> Result<Totals, Trouble> {
    let transaction = database.begin_read().map_err(Trouble::of)?;
    let about = match transaction.open_table(ABOUT) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(Totals { next: first, ..Totals::default() }),
        about => about.map_err(Trouble::of)?,
    };
    let number = |key| -> Result<Option<u64>, Trouble> {
        Ok(about.get(key).map_err(Trouble::of)?.map(|value| value.value()))
    };
    if number(LAYOUT)?.is_some_and(|layout| layout > THIS_LAYOUT) {
        return Err(Trouble::Newer);
    }
    let number = |key| number(key)?.ok_or(Trouble::Damaged);
    Ok(Totals { next: number(NEXT)?.max(first), bytes: number(BYTES)?, records: number(RECORDS)? })
}

/// Adds entries, numbered from where the totals end. When this returns they are committed, all or none.
pub(super) fn append(database: &Database, after: Totals, encoded: &[Vec<u8>]) -> Result<(), Trouble> {
    let transaction = database.begin_write().map_err(Trouble::of)?;
    {
        let mut entries = transaction.open_table(ENTRIES).map_err(Trouble::of)?;
        let first = after.next.saturating_sub(encoded.len() as u64);
        for (number, bytes) in (first..).zip(encoded) {
            for (piece, bytes) in (0_u16..).zip(bytes.chunks(PIECE)) {
                entries.insert((number, piece), bytes).map_err(Trouble::of)?;
            }
        }
        let mut about = transaction.open_table(ABOUT).map_err(Trouble::of)?;
        let Totals { next, bytes, records } = after;
        for (key, value) in [(LAYOUT, THIS_LAYOUT), (NEXT, next), (BYTES, bytes), (RECORDS, records)] {
            about.insert(key, value).map_err(Trouble::of)?;
        }
    }
    transaction.commit().map_err(Trouble::of)
}

fn read_entries(
    transaction: &ReadTransaction,
    numbers: Range<u64>,
    portion: Portion,
) -> Result<Chunk, Trouble> {
    let entries = transaction.open_table(ENTRIES).map_err(Trouble::of)?;
    let (until, most) = match portion {
        Portion::Bytes(most) => (numbers.end, most),
        Portion::Count(count) => (numbers.end.min(numbers.start.saturating_add(count)), usize::MAX),
    };
    let (mut chunk, mut at, mut size) = (Chunk::default(), numbers.start, 0_usize);
    while at < until {
        let (number, item) = match read_entry(&entries, at..until) {
            Ok(Some((number, bytes))) => (number, Item::decode(&bytes)),
            Ok(None) => (until, None),
            // What came before is sound, and is not lost to what follows.
            Err(_) if at > numbers.start => break,
            Err(trouble) => return Err(trouble),
        };
        size = size.saturating_add(item.as_ref().map_or(0, |(item, _)| item.body.len()));
        if size > most && !chunk.items.is_empty() {
            break;
        }
        at = number.saturating_add(1).min(until);
        item.into_iter().for_each(|(item, taken)| chunk.add(item, taken));
    }
    chunk.count = at - numbers.start;
    Ok(chunk)
}

/// The first entry there is in a range of numbers, put together.
fn read_entry(
    entries: &ReadOnlyTable<(u64, u16), &'static [u8]>,
    numbers: Range<u64>,
) -> Result<Option<(u64, Bytes)>, Trouble> {
    let mut pieces = entries.range((numbers.start, 0)..(numbers.end, 0)).map_err(Trouble::of)?;
    let Some(first) = pieces.next() else { return Ok(None) };
    let (key, piece) = first.map_err(Trouble::of)?;
    let ((number, _), mut bytes) = (key.value(), piece.value().to_vec());
    for piece in pieces {
        let (key, piece) = piece.map_err(Trouble::of)?;
        if key.value().0 != number {
            break;
        }
        bytes.extend_from_slice(piece.value());
    }
    Ok(Some((number, bytes.into())))
}
