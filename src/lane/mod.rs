//! A durable sequence of entries that each of its readers gets in order, at least once.
//!
//! **Promise.** When [`Lane::push`] has returned, the entry is where the lane's [`Durability`] says, and
//! every reader will get it, before or after a restart, until it has acknowledged it. Entries that come
//! at the same time share one commit and one `fsync`: while one group is on its way to the disk, the next
//! collects. Nothing waits for company on purpose.
//!
//! **What can be lost, and is told.** A file that the disk gives back wrong is put aside for people to
//! look at (its name ends in `.damaged0`); readers go on behind it, and what they passed is counted. A
//! write that fails is refused to whoever asked for it, and tried anew with the next.
//!
//! **At least once.** How far a reader has come is written down within [`limits::STORE_KEEP`] and at
//! [`Lane::settle`]; what it acknowledged since is delivered again after a crash.
//!
//! Why redb ([`store`]): it has no dependencies, its format is documented and versioned, it is fuzzed with
//! injected faults, and what it cannot read it calls `Corrupted`. `fjall` was measured beside it
//! (`benches/record/`): up to twice as fast while a backlog grows, both twenty times and more beyond what
//! agents send; it brings forty crates. `SQLite` brings a C compiler's minute. A lane knows nothing of
//! telemetry: entries are bytes with a head and a count.

mod item;
mod segment;
mod shelf;
mod state;
mod store;
mod trouble;
mod writer;

pub(crate) use item::Item;
pub(crate) use trouble::Trouble;

use crate::limits;
use segment::Portion;
use shelf::{Directory, Memory, Shelf};
use state::{Look, State};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use store::{Found, Read, Store};
use tokio::sync::Notify;
use tokio::time::Instant;
use writer::{Job, WriterThread};

/// What survives what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// An entry is on the disk: it survives the end of the machine.
    Fsync,
    /// An entry is with the operating system: it survives the end of the process, however that comes.
    PageCache,
    /// An entry is in memory.
    Memory,
}

/// What waits for one reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Bytes, as they count against a bound.
    pub bytes: usize,
    /// Spans, log records, data points or alerts.
    pub records: usize,
}

/// How a lane is kept.
#[derive(Clone, Copy)]
pub(crate) struct Settings<'a> {
    /// Its directory, for a durability that needs one.
    pub(crate) directory: &'a Path,
    pub(crate) durability: Durability,
    /// Bytes of entries in one file.
    pub(crate) segment_bytes: u64,
}

/// Why a lane cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The directory.
    #[error("{0}")]
    Directory(#[from] std::io::Error),
    /// A file in it.
    #[error("{0}")]
    File(#[from] Trouble),
}

/// What was noticed while opening.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Noticed {
    /// Files that cannot be read, and were put aside.
    pub(crate) aside: Vec<String>,
    /// Readers that are not asked for any more; what they had to come is let go.
    pub(crate) strangers: Vec<String>,
}

/// The side where entries go in. Cheap to clone; all clones are one lane.
#[derive(Clone)]
pub(crate) struct Lane {
    core: Arc<Core>,
    writer: WriterThread,
}

/// What the lane, its readers and its writer share.
struct Core {
    name: &'static str,
    store: Arc<Store>,
    state: Mutex<State>,
    /// An entry arrived, or the lane was closed.
    arrived: Notify,
    /// A reader moved on, or the lane was closed.
    moved: Notify,
}

impl Core {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    /// Opens a lane with what it held, and starts its writer. Blocks.
    pub(crate) fn open(
        name: &'static str,
        settings: Settings<'_>,
        readers: Vec<String>,
    ) -> Result<(Self, Noticed), OpenError> {
        let shelf: Box<dyn Shelf> = match settings.durability {
            Durability::Memory => Box::new(Memory::default()),
            durability => Box::new(Directory::take(settings.directory, durability == Durability::Fsync)?),
        };
        let (store, writer, found) = Store::open(shelf, readers, settings.segment_bytes)?;
        let state = Mutex::new(State::new(&found, Instant::now()));
        let core = Arc::new(Core { name, store, state, arrived: Notify::new(), moved: Notify::new() });
        let writer = writer::start(Arc::clone(&core), writer)?;
        let Found { aside, strangers, .. } = found;
        Ok((Self { core, writer }, Noticed { aside, strangers }))
    }

    /// Takes an entry for every reader, or none of it: it counts from now on, and is kept when the future is
    /// ready. Dropping the future does not take it back.
    ///
    /// # Errors
    /// If it could not be written.
    pub(crate) fn push(&self, item: Item) -> impl Future<Output = Result<(), Trouble>> + Send + use<> {
        self.core.state().pending += item.cost();
        let (done, pushed) = tokio::sync::oneshot::channel();
        self.writer.send(Job::Push(item, done));
        async { pushed.await.unwrap_or(Err(Trouble::Unavailable(std::io::ErrorKind::BrokenPipe))) }
    }

    /// A reader, by its place among the names the lane was opened with. `None` if there is none, or
    /// somebody reads in its name already.
    pub(crate) fn reader(&self, at: usize) -> Option<Reader> {
        let attached = self.core.state().attach(at);
        attached.then(|| Reader { core: Arc::clone(&self.core), writer: self.writer.clone(), at })
    }

    /// Readers get what is held, without lingering, and then nothing more. Whoever closes a lane does not
    /// push any more.
    pub(crate) fn close(&self) {
        self.core.state().closed = true;
        self.core.arrived.notify_waiters();
        self.core.moved.notify_waiters();
    }

    /// What waits for a reader.
    pub(crate) fn backlog(&self, reader: usize) -> Backlog {
        self.core.state().backlog(reader)
    }

    /// When the oldest entry that waits for a reader was taken.
    pub(crate) fn oldest(&self, reader: usize) -> Option<SystemTime> {
        self.core.state().oldest(reader)
    }

    /// Bytes that wait to be written.
    pub(crate) fn pending(&self) -> usize {
        self.core.state().pending
    }

    /// Bytes held: the longest backlog, and what is being written.
    pub(crate) fn held(&self) -> usize {
        self.core.state().held()
    }

    /// Writes down how far readers have come.
    pub(crate) async fn settle(&self) {
        let (done, settled) = tokio::sync::oneshot::channel();
        self.writer.send(Job::Settle(done));
        let _ = settled.await;
    }
}

/// Consecutive entries, to be acknowledged together.
#[derive(Debug)]
pub(crate) struct Batch {
    first: u64,
    count: u64,
    /// Entries among them that could not be read.
    pub(crate) damaged: u64,
    /// The sound entries, oldest first.
    pub(crate) items: Vec<Item>,
}

/// The side where one reader takes entries out. Dropping it loses nothing.
pub(crate) struct Reader {
    core: Arc<Core>,
    writer: WriterThread,
    at: usize,
}

impl Reader {
    /// The batch that was given and not acknowledged, if there is one. Otherwise waits for entries and
    /// gives as many as `max_bytes` of bodies hold, at least one; it waits at most `linger` from the
    /// arrival of the oldest for more to come. Only damaged entries make a batch without any. A file that
    /// cannot be read now is tried again until it can. `None` when the lane is closed and empty.
    pub(crate) async fn next(&mut self, max_bytes: usize, linger: Duration) -> Option<Batch> {
        let mut failing = false;
        loop {
            let (from, portion) = self.ready(max_bytes, linger).await?;
            match self.read(from, portion).await {
                Ok(batch) => return Some(batch),
                Err(trouble) => {
                    if !std::mem::replace(&mut failing, true) {
                        let (lane, reader) = (self.core.name, self.core.store.reader(self.at));
                        tracing::error!(lane, reader, %trouble, "cannot read what is kept: trying again");
                    }
                    tokio::time::sleep(limits::QUEUE_READ_AGAIN).await;
                }
            }
        }
    }

    /// Waits until there is something to read, or there will be nothing more.
    async fn ready(&self, max_bytes: usize, linger: Duration) -> Option<(u64, Portion)> {
        loop {
            // Registered before looking: what arrives in between is not missed.
            let arrived = self.core.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            let look = self.core.state().look(self.at, max_bytes, linger, Instant::now());
            match look {
                Look::Ready { from, given } => {
                    return Some((from, given.map_or(Portion::Bytes(max_bytes), Portion::Count)));
                }
                Look::Ended => return None,
                Look::Wait { until: None } => arrived.await,
                Look::Wait { until: Some(until) } => {
                    let _ = tokio::time::timeout_at(until, arrived).await;
                }
            }
        }
    }

    /// Whether [`next`](Self::next) would have something without waiting.
    #[cfg(test)]
    pub(crate) fn has_something(&self) -> bool {
        let look = self.core.state().look(self.at, 0, Duration::ZERO, Instant::now());
        matches!(look, Look::Ready { .. })
    }

    async fn read(&self, from: u64, portion: Portion) -> Result<Batch, Trouble> {
        let store = Arc::clone(&self.core.store);
        let read = tokio::task::spawn_blocking(move || store.read(from, portion)).await;
        match read.unwrap_or(Err(Trouble::Unavailable(std::io::ErrorKind::Other)))? {
            Read::Chunk(chunk) => {
                self.core.state().give(self.at, from, &chunk);
                let damaged = chunk.damaged();
                Ok(Batch { first: from, count: chunk.count, damaged, items: chunk.items })
            }
            Read::Skip { to } => {
                let damaged = self.core.state().skip(self.at, to, Instant::now());
                self.moved();
                // Passed already: acknowledging it is ignored.
                Ok(Batch { first: from, count: damaged, damaged, items: Vec::new() })
            }
        }
    }

    /// These entries are delivered. A batch that was acknowledged before is ignored.
    pub(crate) fn ack(&self, batch: &Batch) {
        if self.core.state().ack(self.at, batch.first, batch.count, Instant::now()) {
            self.moved();
        }
    }

    fn moved(&self) {
        self.writer.send(Job::Keep);
        self.core.moved.notify_waiters();
    }

    /// Waits until the lane is closed.
    pub(crate) async fn closed(&self) {
        loop {
            let moved = self.core.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            if self.core.state().closed {
                return;
            }
            moved.await;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.core.state().detach(self.at);
    }
}

#[cfg(test)]
mod tests;
