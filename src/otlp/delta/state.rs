//! What is remembered of streams, within bounds.

use super::point::Value;
use crate::limits;
use std::collections::HashMap;

/// The last point of a sequence.
pub(super) struct Sequence {
    /// In nanoseconds since 1970, by the sender's clock; zero, if it does not say.
    pub(super) start: u64,
    /// The same.
    pub(super) time: u64,
    pub(super) value: Value,
    /// When we saw a point of it last, by our clock.
    pub(super) seen: u64,
}

impl Sequence {
    const fn bytes(&self) -> usize {
        size_of::<Self>() + self.value.bytes()
    }
}

struct Stream {
    /// The latest time of any point there ever was.
    newest: u64,
    /// What began after this was never forgotten.
    since: u64,
    /// By start. Those without one stand as they came, each less than those before.
    sequences: Vec<Sequence>,
}

impl Stream {
    /// Most streams have one sequence.
    fn new(since: u64) -> Self {
        Self { newest: 0, since, sequences: Vec::with_capacity(1) }
    }

    fn begun_at(&mut self, start: u64) -> &mut [Sequence] {
        let before = self.sequences.partition_point(|other| other.start < start);
        let rest = self.sequences.get_mut(before..).unwrap_or_default();
        let many = rest.partition_point(|other| other.start == start);
        rest.get_mut(..many).unwrap_or_default()
    }

    fn insert(&mut self, sequence: Sequence) {
        self.newest = self.newest.max(sequence.time);
        let at = self.sequences.partition_point(|other| other.start <= sequence.start);
        self.sequences.insert(at, sequence);
    }

    /// Takes out the sequence that was not seen for longest, where there are too many.
    fn too_many(&mut self) -> Option<Sequence> {
        if self.sequences.len() <= limits::DELTA_SEQUENCES {
            return None;
        }
        let oldest = self.sequences.iter().enumerate().min_by_key(|(_, sequence)| sequence.seen);
        oldest.map(|(at, _)| at).map(|at| self.sequences.remove(at))
    }
}

/// Bytes of a stream besides its sequences, with its share of the table.
const STREAM_BYTES: usize = 2 * (size_of::<u128>() + size_of::<Stream>());

/// Streams by their identity.
pub(super) struct Streams {
    streams: HashMap<u128, Stream>,
    tally: Tally,
    /// What began after this was never told of before we looked.
    since: u64,
    /// When it was last looked for what is old.
    looked: u64,
}

#[derive(Default)]
struct Tally {
    bytes: usize,
    /// Of streams of which nothing is remembered: what began after this was never forgotten.
    since: u64,
    forgotten: u64,
}

impl Tally {
    fn forget(&mut self, sequence: &Sequence, since: &mut u64, now: u64) {
        self.bytes = self.bytes.saturating_sub(sequence.bytes());
        self.forgotten += 1;
        // A start in the future would keep all others from being told whole.
        *since = sequence.start.min(now).max(*since);
    }
}

impl Streams {
    pub(super) fn new(since: u64) -> Self {
        Self { streams: HashMap::new(), tally: Tally::default(), since, looked: 0 }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.tally.bytes
    }

    /// How many sequences were forgotten since this was asked.
    pub(super) const fn forgotten(&mut self) -> u64 {
        std::mem::replace(&mut self.tally.forgotten, 0)
    }

    /// The sequences of a stream with a start: one at most, if the start is known.
    pub(super) fn sequences(&mut self, stream: u128, start: u64) -> &mut [Sequence] {
        self.streams.get_mut(&stream).map_or(&mut [], |stream| stream.begun_at(start))
    }

    /// Whether all that a sequence counts came while we looked. What began at the last point of its stream, or
    /// after it, is a reset; what began before is another process.
    pub(super) fn began_here(&self, stream: u128, start: u64) -> bool {
        match self.streams.get(&stream) {
            Some(known) => start > known.since && (start > self.since || start >= known.newest),
            None => start > self.since.max(self.tally.since),
        }
    }

    pub(super) fn insert(&mut self, stream: u128, sequence: Sequence, now: u64) {
        let tally = &mut self.tally;
        let there = self.streams.entry(stream).or_insert_with(|| {
            tally.bytes += STREAM_BYTES;
            Stream::new(tally.since)
        });
        tally.bytes += sequence.bytes();
        there.insert(sequence);
        if let Some(gone) = there.too_many() {
            tally.forget(&gone, &mut there.since, now);
        }
        if tally.bytes > limits::DELTA_BYTES {
            self.make_room(now);
        }
    }

    /// Puts a point in the place of the last of its sequence, which is at this place among those with its start.
    pub(super) fn replace(&mut self, stream: u128, at: usize, point: Sequence) {
        let Some(there) = self.streams.get_mut(&stream) else { return };
        there.newest = there.newest.max(point.time);
        if let Some(last) = there.begun_at(point.start).get_mut(at) {
            let bytes = self.tally.bytes + point.bytes();
            self.tally.bytes = bytes.saturating_sub(std::mem::replace(last, point).bytes());
        }
    }

    /// Forgets what nothing came of for [`limits::DELTA_AGE`]. How many sequences that were.
    pub(super) fn expire(&mut self, now: u64) -> u64 {
        let age = u64::try_from(limits::DELTA_AGE.as_nanos()).unwrap_or(u64::MAX);
        if now.saturating_sub(self.looked) < age / 64 {
            return 0;
        }
        self.looked = now;
        let before = now.saturating_sub(age);
        self.forget(now, |sequence| sequence.seen < before);
        self.forgotten()
    }

    /// Forgets the half that was not seen for longest.
    fn make_room(&mut self, now: u64) {
        let mut seen: Vec<_> =
            self.streams.values().flat_map(|stream| &stream.sequences).map(|one| one.seen).collect();
        let middle = seen.len() / 2;
        let (_, median, _) = seen.select_nth_unstable(middle);
        let median = *median;
        self.forget(now, |sequence| sequence.seen <= median);
    }

    fn forget(&mut self, now: u64, which: impl Fn(&Sequence) -> bool) {
        let tally = &mut self.tally;
        self.streams.retain(|_, Stream { since, sequences, .. }| {
            let gone = sequences.extract_if(.., |sequence| which(sequence));
            gone.for_each(|gone| tally.forget(&gone, since, now));
            if sequences.is_empty() {
                tally.bytes = tally.bytes.saturating_sub(STREAM_BYTES);
                tally.since = tally.since.max(*since);
            }
            !sequences.is_empty()
        });
    }
}
