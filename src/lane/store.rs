//! The entries of one lane in files, and how far each reader has come. Blocking; no lock is held while
//! the disk is waited for that a reader and the writer would share.
//!
//! **Numbers.** Entries are numbered as they come, without gaps, over all segments. A reader is a number:
//! that of the first entry it has not acknowledged.
//!
//! **Recovery** is what [`Store::open`] does always: look at every segment, put aside what is damaged,
//! hold the readers' numbers against what is there, and begin a new segment with the next entry. A
//! segment that was not closed is put right by redb; no other is gone through.
//!
//! Readers' numbers are written when it is convenient: an older one means that entries are delivered
//! again, which at least once allows.
//!
//! Considered and not done: one database for everything (its file keeps the size of the longest outage,
//! is gone through whole after a crash, and one damaged page can take all of it); removing entries one
//! by one as they are delivered (each would be one more commit).

use super::item::Item;
use super::segment::{self, Chunk, Portion, Segment};
use super::shelf::Shelf;
use super::trouble::{Trouble, reading};
use crate::limits;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableError};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

const READERS: TableDefinition<'_, &str, u64> = TableDefinition::new("readers");
const READERS_FILE: &str = "readers.redb";

/// The files of a lane.
pub(super) struct Store {
    shelf: Box<dyn Shelf>,
    segment_bytes: u64,
    segments: Mutex<VecDeque<Arc<Segment>>>,
    /// Whom it is kept for.
    readers: Vec<String>,
}

/// The side that writes. There is one, on a thread of its own.
pub(super) struct Writer {
    store: Arc<Store>,
    /// The last segment, if it is written to.
    active: Option<(Arc<Segment>, Arc<Database>)>,
    numbers: Option<Database>,
    next: u64,
}

/// What was there when a store was opened.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The number the next entry gets.
    pub(super) next: u64,
    /// What is owed to each reader, in their order.
    pub(super) readers: Vec<Owed>,
    /// Files that were put aside because they cannot be read.
    pub(super) aside: Vec<String>,
    /// Readers that had come so far and are not asked for any more.
    pub(super) strangers: Vec<String>,
}

/// What a reader has to come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Owed {
    /// Its number.
    pub(super) at: u64,
    /// What the entries count for.
    pub(super) bytes: u64,
    /// Records in them.
    pub(super) records: u64,
    /// When the oldest was taken.
    pub(super) oldest: Option<SystemTime>,
}

/// What came of reading.
#[derive(Debug)]
pub(super) enum Read {
    /// Entries; at least one number was passed.
    Chunk(Chunk),
    /// There is nothing to be had before this number: entries were damaged.
    Skip { to: u64 },
}

impl Store {
    /// Opens the files of a shelf.
    pub(super) fn open(
        shelf: Box<dyn Shelf>,
        readers: Vec<String>,
        segment_bytes: u64,
    ) -> Result<(Arc<Self>, Writer, Found), Trouble> {
        let mut found = Found::default();
        let segments = find_segments(&*shelf, &mut found)?;
        let (numbers, written) = find_readers(&*shelf, &mut found)?;
        let end = segments.back().map_or(0, |segment| segment.totals().next);
        let next = readers.iter().filter_map(|name| written.get(name)).fold(end, |next, &at| next.max(at));
        let first = segments.front().map_or(next, |segment| segment.first());
        found.next = next;
        found.strangers = written.keys().filter(|name| !readers.contains(name)).cloned().collect();
        for name in &readers {
            // One that is before all there is has entries to come that were put aside: it will pass them, and
            // they are counted.
            let at = written.get(name).map_or(first, |&at| at.min(next));
            found.readers.push(owed(&*shelf, &segments, at)?);
        }
        let store = Self { shelf, segment_bytes, segments: Mutex::new(segments), readers };
        let store = Arc::new(store);
        let writer = Writer { store: Arc::clone(&store), active: None, numbers: Some(numbers), next };
        Ok((store, writer, found))
    }

    /// What a reader is called.
    pub(super) fn reader(&self, at: usize) -> &str {
        self.readers.get(at).map_or("", String::as_str)
    }

    fn segments(&self) -> MutexGuard<'_, VecDeque<Arc<Segment>>> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Entries from a number on, which is below that of the next entry. Never of two segments.
    pub(super) fn read(&self, from: u64, portion: Portion) -> Result<Read, Trouble> {
        let segments = self.segments();
        let at = segments.partition_point(|segment| segment.totals().next <= from);
        let Some(segment) = segments.get(at).cloned() else { return Ok(Read::Skip { to: u64::MAX }) };
        drop(segments);
        if segment.first() > from {
            return Ok(Read::Skip { to: segment.first() });
        }
        match segment.read(&*self.shelf, from, portion) {
            Ok(chunk) => Ok(Read::Chunk(chunk)),
            Err(Trouble::Damaged) => {
                self.set_aside(&segment)?;
                Ok(Read::Skip { to: segment.totals().next })
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// As when a reader finds the segment of an entry damaged.
    #[cfg(test)]
    pub(super) fn give_up(&self, number: u64) {
        let segment = self.segments().iter().find(|segment| segment.totals().next > number).cloned();
        segment.into_iter().for_each(|segment| assert_eq!(self.set_aside(&segment), Ok(())));
    }

    fn has(&self, segment: &Arc<Segment>) -> bool {
        self.segments().iter().rev().any(|other| Arc::ptr_eq(other, segment))
    }

    fn set_aside(&self, segment: &Arc<Segment>) -> Result<(), Trouble> {
        // First, so that the writer does not go on in it.
        self.segments().retain(|other| !Arc::ptr_eq(other, segment));
        segment.close();
        Ok(self.shelf.set_aside(&segment.name())?)
    }
}

impl Writer {
    /// Adds entries, all or none. When this returns they are where the shelf keeps things.
    pub(super) fn append(&mut self, items: &[Item], now: SystemTime) -> Result<(), Trouble> {
        let encoded: Vec<_> = items.iter().map(|item| item.encode(now)).collect();
        let (segment, database) = self.active()?;
        let mut totals = segment.totals();
        totals.next = totals.next.saturating_add(items.len() as u64);
        totals.bytes += items.iter().map(|item| item.cost() as u64).sum::<u64>();
        totals.records += items.iter().map(|item| item.records).sum::<u64>();
        let appended = reading(|| segment::append(&database, totals, &encoded));
        drop(database);
        // A reader may have found it damaged meanwhile, and put it aside: what was just written is not there.
        let appended = appended.and_then(|()| match self.store.has(&segment) {
            true => Ok(()),
            false => Err(Trouble::Unavailable(std::io::ErrorKind::Other)),
        });
        match appended {
            Ok(()) => {
                segment.set_totals(totals);
                self.next = totals.next;
            }
            // A store that failed once does not go on. What it has is read again, and a new one begun.
            Err(_) => self.close(),
        }
        appended
    }

    /// The segment to write to: the last, unless it is full.
    fn active(&mut self) -> Result<(Arc<Segment>, Arc<Database>), Trouble> {
        let usable = |segment: &Arc<Segment>| {
            segment.totals().bytes < self.store.segment_bytes && self.store.has(segment)
        };
        if !self.active.as_ref().is_some_and(|(last, _)| usable(last)) {
            self.close();
        }
        if self.active.is_none() {
            // One that was begun and never got an entry has the same name.
            self.store.segments().retain(|segment| segment.first() != self.next);
            let begun = Segment::create(&*self.store.shelf, self.next)?;
            self.store.segments().push_back(Arc::clone(&begun.0));
            self.active = Some(begun);
        }
        self.active.clone().ok_or(Trouble::Unavailable(std::io::ErrorKind::Other))
    }

    fn close(&mut self) {
        if let Some((segment, database)) = self.active.take() {
            drop(database);
            segment.close();
        }
    }

    /// Writes how far readers have come, and removes what all of them have passed.
    pub(super) fn keep(&mut self, at: &[u64]) -> Result<(), Trouble> {
        reading(|| self.write_numbers(at))?;
        let slowest = at.iter().copied().min().unwrap_or(self.next);
        let worn = |segment: &Segment| segment.totals().bytes >= limits::STORE_WORN_BYTES;
        if slowest >= self.next && self.active.as_ref().is_some_and(|(segment, _)| worn(segment)) {
            self.close();
        }
        let active = self.active.as_ref().map(|(segment, _)| segment.first());
        let passed = |segment: &Segment| segment.totals().next <= slowest && Some(segment.first()) != active;
        loop {
            let mut segments = self.store.segments();
            let Some(segment) = segments.pop_front_if(|segment| passed(segment)) else { return Ok(()) };
            drop(segments);
            segment.close();
            self.store.shelf.remove(&segment.name())?;
        }
    }

    fn write_numbers(&mut self, at: &[u64]) -> Result<(), Trouble> {
        let shelf = &*self.store.shelf;
        let numbers = match self.numbers.take() {
            Some(numbers) => numbers,
            // What is in it is known here: one that cannot be read is made anew.
            None => match segment::open(shelf, READERS_FILE) {
                Err(Trouble::Damaged) => segment::create(shelf, READERS_FILE)?,
                opened => opened?,
            },
        };
        write_readers(&numbers, &self.store.readers, at)?;
        self.numbers = Some(numbers);
        Ok(())
    }
}

fn write_readers(numbers: &Database, readers: &[String], at: &[u64]) -> Result<(), Trouble> {
    let transaction = numbers.begin_write().map_err(Trouble::of)?;
    {
        let mut table = transaction.open_table(READERS).map_err(Trouble::of)?;
        table.retain(|name, _| readers.iter().any(|reader| reader == name)).map_err(Trouble::of)?;
        for (name, at) in readers.iter().zip(at) {
            table.insert(name.as_str(), at).map_err(Trouble::of)?;
        }
    }
    transaction.commit().map_err(Trouble::of)
}

/// Every segment, in order; damaged and empty ones are put away.
fn find_segments(shelf: &dyn Shelf, found: &mut Found) -> Result<VecDeque<Arc<Segment>>, Trouble> {
    let names = shelf.names()?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| segment::first_of(name)).collect();
    numbers.sort_unstable();
    let mut segments: VecDeque<Arc<Segment>> = VecDeque::new();
    for (at, &first) in numbers.iter().enumerate() {
        let segment = match Segment::find(shelf, first) {
            Err(Trouble::Damaged) => {
                shelf.set_aside(&segment::name_of(first))?;
                found.aside.push(segment::name_of(first));
                continue;
            }
            segment => segment?,
        };
        let mut totals = segment.totals();
        // A commit that was refused may have reached the disk: the numbers were given again.
        totals.next = numbers.get(at + 1).map_or(totals.next, |&following| totals.next.min(following));
        segment.set_totals(totals);
        match totals.next > first {
            true => segments.push_back(Arc::new(segment)),
            false => shelf.remove(&segment.name())?,
        }
    }
    Ok(segments)
}

/// The readers' file and what is in it. Without it every reader begins with the oldest entry.
fn find_readers(shelf: &dyn Shelf, found: &mut Found) -> Result<(Database, BTreeMap<String, u64>), Trouble> {
    if shelf.names()?.iter().any(|name| name == READERS_FILE) {
        let numbers = segment::open(shelf, READERS_FILE);
        match numbers.and_then(|numbers| Ok((read_readers(&numbers)?, numbers))) {
            Ok((written, numbers)) => return Ok((numbers, written)),
            Err(Trouble::Damaged) => shelf.set_aside(READERS_FILE)?,
            Err(trouble) => return Err(trouble),
        }
        found.aside.push(READERS_FILE.to_owned());
    }
    Ok((segment::create(shelf, READERS_FILE)?, BTreeMap::new()))
}

fn read_readers(numbers: &Database) -> Result<BTreeMap<String, u64>, Trouble> {
    let transaction = numbers.begin_read().map_err(Trouble::of)?;
    let table = match transaction.open_table(READERS) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(BTreeMap::new()),
        table => table.map_err(Trouble::of)?,
    };
    let reader = |entry: Result<_, _>| {
        let (name, at): (redb::AccessGuard<'_, &str>, redb::AccessGuard<'_, u64>) =
            entry.map_err(Trouble::of)?;
        Ok((name.value().to_owned(), at.value()))
    };
    table.iter().map_err(Trouble::of)?.map(reader).collect()
}

/// What a reader at a number has to come. Only the segment it stands in is read.
fn owed(shelf: &dyn Shelf, segments: &VecDeque<Arc<Segment>>, at: u64) -> Result<Owed, Trouble> {
    let mut owed = Owed { at, ..Owed::default() };
    let mut ahead = segments.iter().filter(|segment| segment.totals().next > at);
    if let Some(first) = ahead.next() {
        match first.owed(shelf, at) {
            Ok((totals, oldest)) => {
                (owed.bytes, owed.records, owed.oldest) = (totals.bytes, totals.records, oldest);
            }
            // Found when it is read, and put aside then.
            Err(Trouble::Damaged) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    for totals in ahead.map(|segment| segment.totals()) {
        owed.bytes += totals.bytes;
        owed.records += totals.records;
    }
    Ok(owed)
}
