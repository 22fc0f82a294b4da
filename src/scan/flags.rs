//! A flag for every four bytes: up where a literal is looked for by them.
//!
//! A hash of the first three bytes is the row, the fourth is the column. A literal is looked for by those four of its
//! bytes that are the rarest ([`grams`]), wherever in it they stand; one of three bytes by those and what may follow.
//! Letters are folded by setting one bit, which folds some other characters too.

use super::around::Bytes;
use super::{SEPARATOR, grams};
use crate::side_by_side;
use regex_syntax::hir::literal::rank;

/// Bytes that have a flag.
pub(super) const GRAM: usize = 4;
/// Bits of the hash of the first three bytes. A word of flags for each is 128 KiB: the more, the fewer places are looked
/// at for nothing; the less, the more of it stays in the first cache. With 18095 literals, 13, 14, 15 and 20 bits have
/// 173, 132, 114 and 91 places in a kilobyte of sources looked at, and the search takes 1, 0.88, 0.84 (15) and 0.84 (16)
/// of the time: a flag that comes from the second cache is waited for by nothing.
const HASH_BITS: u32 = 15;
/// Flags for one hash: which of them it is, the fourth byte says. No two letters share one.
const COLUMNS: u32 = u32::BITS;
/// Sets the bit in which capitals and small letters differ, in each byte.
pub(super) const FOLD: u64 = 0x2020_2020_2020_2020;

/// See the module.
#[derive(Debug)]
pub(super) struct Flags {
    hash: Hash,
    rows: Box<Rows>,
    /// By row: how many flags are up in those before it.
    before: Vec<u32>,
}

/// By hash of three bytes, a bit for each of what a fourth may be.
type Rows = [u32; 1 << HASH_BITS];

impl Flags {
    /// Flags for these literals, and by which of them each is looked for.
    pub(super) fn new(literals: &[Sought<'_>]) -> (Self, Vec<Start>) {
        let Try { hash, rows, starts, .. } = Try::best(literals);
        let before = before(rows.iter().map(|flags| flags.count_ones()));
        (Self { hash, rows, before }, starts)
    }

    /// How many of them are up.
    pub(super) fn up(&self) -> usize {
        self.before.last().map_or(0, |all| *all as usize)
    }

    /// Whether the flag of the first four of these bytes is up: 1 or 0. They are folded.
    #[inline]
    pub(super) fn is_up(&self, bytes: u64) -> u32 {
        self.rows.get(self.hash.row(bytes)).map_or(1, |flags| flags >> column(bytes) & 1)
    }

    /// The number of their flag among those that are up. It is up itself.
    #[inline]
    pub(super) fn number(&self, bytes: u64) -> Option<usize> {
        self.number_at(self.hash.row(bytes), column(bytes))
    }

    /// The numbers of the flags by which a literal is looked for.
    pub(super) fn numbers(&self, start: &Start) -> impl Iterator<Item = usize> {
        let Start { row, flags, .. } = *start;
        let columns = (0..COLUMNS).filter(move |column| flags >> column & 1 == 1);
        columns.filter_map(move |column| self.number_at(row, column))
    }

    #[inline]
    fn number_at(&self, row: usize, column: u32) -> Option<usize> {
        let left = self.rows.get(row)? & ((1 << column) - 1);
        Some((self.before.get(row)? + left.count_ones()) as usize)
    }
}

/// The four bytes that a literal is looked for by: three and what may follow.
pub(super) struct Start {
    row: usize,
    /// Those of its row that are up for it.
    flags: u32,
    /// Bytes of the literal before these.
    pub(super) before: u8,
}

/// A literal, and what may follow it.
pub(super) struct Sought<'a> {
    bytes: &'a [u8],
    /// By column.
    followers: u32,
}

impl<'a> Sought<'a> {
    pub(super) fn new(bytes: &'a [u8], behind: Bytes) -> Self {
        // Behind the end of a text are zeros.
        let followers = (0..=u8::MAX).filter(|byte| behind.has(*byte)).chain([0, SEPARATOR]);
        let up = |byte: u8| 1 << (u32::from(byte | FOLD as u8) % COLUMNS);
        Self { bytes, followers: followers.fold(0, |all, byte| all | up(byte)) }
    }
}

/// How the flag of four bytes is found. Of some such hashes the one is taken by which the least of common text is looked
/// at for nothing.
#[derive(Debug, Clone, Copy)]
struct Hash(u32);

impl Hash {
    /// How many there are.
    const COUNT: usize = 12;

    fn of(number: u32) -> Self {
        Self(0x9e37_79b1_u32.wrapping_add(number.wrapping_mul(0x7f4a_7c16)) | 1)
    }

    /// In which row the flag of the first of these bytes is. They are folded.
    #[inline]
    const fn row(self, bytes: u64) -> usize {
        let three = (bytes << 8 & 0xffff_ff00) as u32;
        (three.wrapping_mul(self.0) >> (u32::BITS - HASH_BITS)) as usize
    }
}

/// And in which column.
#[inline]
const fn column(bytes: u64) -> u32 {
    (bytes >> 24) as u32 % COLUMNS
}

/// What comes of one hash.
struct Try {
    hash: Hash,
    rows: Box<Rows>,
    /// Of each literal.
    starts: Vec<Start>,
    /// How often common text is looked at.
    noise: u64,
}

impl Try {
    /// The one with the least noise.
    fn best(literals: &[Sought<'_>]) -> Self {
        let hashes: [Hash; Hash::COUNT] = std::array::from_fn(|number| Hash::of(number as u32));
        let tries = side_by_side::map(&hashes, |hash| Self::new(*hash, literals)).into_iter();
        let best = tries.reduce(|one, other| if other.noise < one.noise { other } else { one });
        best.unwrap_or_else(|| Self::new(Hash::of(0), literals))
    }

    fn new(hash: Hash, literals: &[Sought<'_>]) -> Self {
        let noise = Noise::new(hash);
        let starts: Vec<Start> = literals.iter().map(|literal| noise.start(literal)).collect();
        let rows = rows(starts.iter().map(|start| (start.row, start.flags)));
        Self { hash, noise: noise.over(&rows), rows, starts }
    }
}

/// How often each flag is asked for in a mebibyte of common text, of those for which that is often.
struct Noise {
    hash: Hash,
    /// Which those are.
    rows: Box<Rows>,
    /// Ordered by row and column.
    often: Vec<(usize, u32, u32)>,
}

impl Noise {
    fn new(hash: Hash) -> Self {
        let flag = |(bytes, often): ([u8; GRAM], u32)| {
            let bytes = folded(bytes);
            (hash.row(bytes), column(bytes), often)
        };
        let mut often: Vec<_> = grams::common().map(flag).collect();
        often.sort_unstable();
        Self { hash, rows: rows(often.iter().map(|(row, column, _)| (*row, 1 << column))), often }
    }

    /// How often the flags that are up are asked for.
    fn over(&self, rows: &Rows) -> u64 {
        let up = self.often.iter().filter(|(row, column, _)| has(rows, *row, *column));
        up.map(|(_, _, often)| u64::from(*often)).sum()
    }

    fn of(&self, row: usize, column: u32) -> u32 {
        if !has(&self.rows, row, column) {
            return 0;
        }
        let first = self.often.partition_point(|(other, at, _)| (*other, *at) < (row, column));
        let same = self.often.iter().skip(first).take_while(|(other, at, _)| (*other, *at) == (row, column));
        same.map(|(_, _, often)| often).sum()
    }

    /// The four bytes by which a literal is found: those that stand for nothing else most often. Of three bytes it is those
    /// and what may follow.
    fn start(&self, literal: &Sought<'_>) -> Start {
        let start = |(bytes, before): (&[u8; GRAM], u8)| {
            let (row, column) = (self.hash.row(folded(*bytes)), column(folded(*bytes)));
            let rank: u32 = bytes.iter().map(|byte| u32::from(rank(*byte))).sum();
            (self.of(row, column), rank, Start { row, flags: 1 << column, before })
        };
        let places = literal.bytes.array_windows().zip(0..).map(start);
        let best = places.min_by_key(|(often, rank, _)| (*often, *rank));
        let short =
            || Start { row: self.hash.row(eight(literal.bytes, 0)), flags: literal.followers, before: 0 };
        best.map_or_else(short, |(_, _, start)| start)
    }
}

/// The rows in which these flags are up.
fn rows(flags: impl Iterator<Item = (usize, u32)>) -> Box<Rows> {
    let mut rows: Box<Rows> = Box::new([0; 1 << HASH_BITS]);
    flags.for_each(|(row, flags)| rows.get_mut(row).into_iter().for_each(|row| *row |= flags));
    rows
}

fn has(rows: &Rows, row: usize, column: u32) -> bool {
    rows.get(row).is_some_and(|flags| flags >> column & 1 == 1)
}

fn folded(bytes: [u8; GRAM]) -> u64 {
    u64::from(u32::from_le_bytes(bytes)) | FOLD
}

/// The eight bytes at a place, folded. Behind the end of the text are zeros.
#[inline]
pub(super) fn eight(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    let bytes = rest.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [0; 8];
        padded.get_mut(..rest.len()).into_iter().for_each(|padded| padded.copy_from_slice(rest));
        padded
    });
    u64::from_le_bytes(bytes) | FOLD
}

/// The sums of the counts before each, and of all of them.
fn before(counts: impl Iterator<Item = u32>) -> Vec<u32> {
    let sum = |sum: &mut u32, count| {
        *sum += count;
        Some(*sum)
    };
    std::iter::once(0).chain(counts.scan(0, sum)).collect()
}
