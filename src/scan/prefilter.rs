//! The search for literals: one pass over a text for all of them.
//!
//! **Promise.** Every place where one of the literals stands, in any ASCII case, is told; in order but for those that
//! overlap or nearly do, which are in one segment of the text.
//!
//! Four bytes at every place are looked up in a table of flags: a hash of the first three is the row, the fourth is the
//! column, so that a literal of three bytes takes a row and no more. A literal is looked for by those four
//! of its bytes that are the rarest ([`grams`]), wherever in it they stand, and compared where their flag is up.
//! Letters are folded by setting one bit, which folds some other characters too and so costs a comparison now and then,
//! never a literal. No place waits for the one before it, as
//! the states of an automaton do, so the processor works on several at once; and there is no copy of the
//! text, no block edge, and no order of preference between literals that overlap.
//!
//! A literal that is not there is turned down by its first eight bytes. Over sources, with the 5000 literals of the
//! built-in pack, this takes half the time that a byte of flags and one list of starts took
//! (`benches/record`).
//!
//! Considered and not done: the vector searcher of the `aho-corasick` crate (Teddy) over lower-cased
//! blocks, with the ninety-odd literals of a pack in lanes of 64. End to end it came to 130 MB/s where
//! this comes to 390 (same rules, same text): its buckets are nearly always hit by something. That
//! crate's automaton (DFA) was measured apart at 530 to 590 MB/s for the search alone, which here is
//! about half of the time of a scan.

use super::grams;
use regex_syntax::hir::literal::rank;
use std::collections::BTreeMap;

/// Bytes that are hashed.
const GRAM: usize = 4;
/// Places whose flags are asked for together.
const STRIDE: usize = 8;
/// Places that are looked at together: as many as a word has bits.
const BLOCK: usize = u64::BITS as usize;
/// Bytes that are looked at for that.
const WINDOW: usize = BLOCK + GRAM;
/// Bits of the hash of the first three bytes. A word of flags for each is 32 KiB: the more, the fewer places are looked
/// at for nothing; the less, the more of it stays in the first cache.
const HASH_BITS: u32 = 13;
/// Flags for one hash: which of them it is, the fourth byte says. No two letters share one.
const COLUMNS: u32 = u32::BITS;
/// Sets the bit in which capitals and small letters differ, in each byte.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// Something that is looked for, by its number.
pub(super) type Target = usize;

/// See the module.
#[derive(Debug)]
pub(super) struct Prefilter {
    hash: Hash,
    /// By hash: whether a literal is found so.
    flags: Box<Flags>,
    /// By hash: how many flags are up for those before it.
    ups: Vec<u32>,
    /// By number of a flag that is up: where its heads begin. They end where those of the next one begin.
    bounds: Vec<u32>,
    heads: Vec<Head>,
    literals: Vec<Literal>,
}

/// By hash of three bytes, a bit for each of what a fourth may be.
type Flags = [u32; 1 << HASH_BITS];

/// What is looked at first of a literal: most of them are not there.
#[derive(Debug)]
struct Head {
    /// Its first eight bytes, folded, or as many as there are.
    eight: u64,
    /// Those of them that are there.
    mask: u64,
    /// Bytes before those that it is looked for by.
    before: u32,
    /// Number of the literal.
    literal: u32,
}

#[derive(Debug)]
struct Literal {
    bytes: Box<[u8]>,
    /// What is looked for by it.
    targets: Box<[Target]>,
}

/// The four bytes that a literal is looked for by, or three.
struct Start {
    row: usize,
    /// Those of its row that are up for it.
    flags: u32,
    /// Bytes of the literal before these.
    before: u32,
}

impl Prefilter {
    /// A search for these literals, of three bytes or more.
    pub(super) fn new(wanted: Vec<(Vec<u8>, Target)>) -> Self {
        let mut literals: BTreeMap<Vec<u8>, Vec<Target>> = BTreeMap::new();
        wanted.into_iter().for_each(|(bytes, target)| literals.entry(bytes).or_default().push(target));
        let literals: Vec<Literal> = literals
            .into_iter()
            .filter(|(bytes, _)| bytes.len() >= GRAM - 1)
            .map(|(bytes, targets)| Literal { bytes: bytes.into(), targets: targets.into() })
            .collect();
        let Try { hash, flags, starts, .. } = Try::best(&literals);
        let mut heads: Vec<((usize, u32), Head)> = Vec::new();
        for ((start, literal), number) in starts.iter().zip(&literals).zip(0..) {
            let columns = (0..COLUMNS).filter(|column| start.flags >> column & 1 == 1);
            let head = |column| ((start.row, column), Head::new(&literal.bytes, start.before, number));
            heads.extend(columns.map(head));
        }
        heads.sort_by_key(|(flag, _)| *flag);
        let ups = before(flags.iter().map(|flags| flags.count_ones()));
        let bounds = before(heads.chunk_by(|one, next| one.0 == next.0).map(|heads| heads.len() as u32));
        Self { hash, flags, ups, bounds, heads: heads.into_iter().map(|(_, head)| head).collect(), literals }
    }

    /// Every literal, and what it is looked for.
    pub(super) fn literals(&self) -> impl Iterator<Item = (&[u8], Target)> {
        self.literals
            .iter()
            .flat_map(|Literal { bytes, targets }| targets.iter().map(|target| (&**bytes, *target)))
    }

    /// Tells every place in the text where a literal stands. A literal holds no separator, so the segments of the places
    /// are in order even where the places are not.
    #[inline]
    pub(super) fn each(&self, text: &[u8], mut hit: impl FnMut(Target, usize)) {
        if self.literals.is_empty() {
            return;
        }
        let mut at = 0;
        for window in text.windows(WINDOW).step_by(BLOCK) {
            self.places(text, at, self.flagged(window), &mut hit);
            at += BLOCK;
        }
        let mut padded = [0; WINDOW + BLOCK];
        let rest = text.get(at..).unwrap_or_default();
        padded.get_mut(..rest.len()).into_iter().for_each(|padded| padded.copy_from_slice(rest));
        for window in padded.windows(WINDOW).step_by(BLOCK).take(rest.len().div_ceil(BLOCK)) {
            self.places(text, at, self.flagged(window), &mut hit);
            at += BLOCK;
        }
    }

    /// Which of the first places of a window have their flags up, a bit each.
    #[inline]
    fn flagged(&self, window: &[u8]) -> u64 {
        let mut flagged = 0;
        for (number, bytes) in window.windows(STRIDE + GRAM).step_by(STRIDE).enumerate() {
            let (Some(low), Some(high)) = (bytes.first_chunk(), bytes.last_chunk()) else { continue };
            let (low, high) = (u64::from_le_bytes(*low) | FOLD, u64::from_le_bytes(*high) | FOLD);
            let four = |bytes: u64| {
                self.flag(bytes)
                    | self.flag(bytes >> 8) << 1
                    | self.flag(bytes >> 16) << 2
                    | self.flag(bytes >> 24) << 3
            };
            flagged |= u64::from(four(low) | four(high) << 4) << (STRIDE * number);
        }
        flagged
    }

    #[inline]
    fn flag(&self, bytes: u64) -> u32 {
        self.flags.get(self.hash.row(bytes)).map_or(1, |flags| flags >> column(bytes) & 1)
    }

    /// Looks at the flagged ones of the places from `at` on.
    #[inline]
    fn places(&self, text: &[u8], at: usize, mut flagged: u64, hit: &mut impl FnMut(Target, usize)) {
        while flagged != 0 {
            self.check(text, at + flagged.trailing_zeros() as usize, hit);
            flagged &= flagged - 1;
        }
    }

    /// Tells the literals that are found by the bytes at one place.
    #[inline]
    fn check(&self, text: &[u8], at: usize, hit: &mut impl FnMut(Target, usize)) {
        let bytes = eight(text, at);
        for head in self.heads(self.hash.row(bytes), column(bytes)).unwrap_or_default() {
            let Some(at) = at.checked_sub(head.before as usize) else { continue };
            if eight(text, at) & head.mask == head.eight {
                let literal = self.literals.get(head.literal as usize);
                literal.into_iter().for_each(|literal| literal.check(text, at, hit));
            }
        }
    }

    /// What is looked at where this flag is up.
    #[inline]
    fn heads(&self, row: usize, column: u32) -> Option<&[Head]> {
        let left = self.flags.get(row)? & ((1 << column) - 1);
        let up = (self.ups.get(row)? + left.count_ones()) as usize;
        let (first, end) = (*self.bounds.get(up)?, *self.bounds.get(up + 1)?);
        self.heads.get(first as usize..end as usize)
    }
}

impl Head {
    fn new(bytes: &[u8], before: u32, literal: u32) -> Self {
        let mask = (0..bytes.len().min(8)).fold(0, |mask, byte| mask | 0xff << (8 * byte));
        Self { eight: eight(bytes, 0) & mask, mask, before, literal }
    }
}

impl Literal {
    #[inline]
    fn check(&self, text: &[u8], at: usize, hit: &mut impl FnMut(Target, usize)) {
        let found = text.get(at..at + self.bytes.len());
        if found.is_some_and(|found| found.eq_ignore_ascii_case(&self.bytes)) {
            self.targets.iter().for_each(|target| hit(*target, at));
        }
    }
}

/// The eight bytes at a place, folded. Behind the end of the text are zeros.
#[inline]
fn eight(text: &[u8], at: usize) -> u64 {
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

/// How the flag of four bytes is found. Of some such hashes the one is taken by which the least of common text is looked
/// at for nothing.
#[derive(Debug, Clone, Copy)]
struct Hash(u32);

impl Hash {
    /// How many there are.
    const COUNT: u32 = 12;

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
    flags: Box<Flags>,
    /// Of each literal.
    starts: Vec<Start>,
    /// How often common text is looked at.
    noise: u64,
}

impl Try {
    /// The one with the least noise.
    fn best(literals: &[Literal]) -> Self {
        let better = |one: Self, other: Self| if other.noise < one.noise { other } else { one };
        let first = Self::new(Hash::of(0), literals);
        (1..Hash::COUNT).map(|number| Self::new(Hash::of(number), literals)).fold(first, better)
    }

    fn new(hash: Hash, literals: &[Literal]) -> Self {
        let noise = Noise::new(hash);
        let starts: Vec<Start> = literals.iter().map(|literal| noise.start(&literal.bytes)).collect();
        let mut flags = Box::new([0; 1 << HASH_BITS]);
        for start in &starts {
            if let Some(flags) = flags.get_mut(start.row) {
                *flags |= start.flags;
            }
        }
        Self { hash, noise: noise.over(&flags), flags, starts }
    }
}

/// How often each flag is asked for in a mebibyte of common text, of those for which that is often. Ordered by row and
/// column.
struct Noise {
    hash: Hash,
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
        Self { hash, often }
    }

    /// How often the flags that are up are asked for.
    fn over(&self, flags: &Flags) -> u64 {
        let is_up = |row: usize, column: u32| flags.get(row).is_some_and(|flags| flags >> column & 1 == 1);
        let up = self.often.iter().filter(|(row, column, _)| is_up(*row, *column));
        up.map(|(_, _, often)| u64::from(*often)).sum()
    }

    fn of(&self, row: usize, column: u32) -> u32 {
        let first = self.often.partition_point(|(other, at, _)| (*other, *at) < (row, column));
        let same = self.often.iter().skip(first).take_while(|(other, at, _)| (*other, *at) == (row, column));
        same.map(|(_, _, often)| often).sum()
    }

    /// The four bytes by which a literal is found: those that stand for nothing else most often. Three bytes have all
    /// the flags of their row: any byte may follow.
    fn start(&self, bytes: &[u8]) -> Start {
        let start = |(bytes, before): ([u8; GRAM], u32)| {
            let (row, column) = (self.hash.row(folded(bytes)), column(folded(bytes)));
            let rank: u32 = bytes.iter().map(|byte| u32::from(rank(*byte))).sum();
            (self.of(row, column), rank, Start { row, flags: 1 << column, before })
        };
        let places = bytes.windows(GRAM).filter_map(|bytes| bytes.first_chunk().copied()).zip(0..);
        let best = places.map(start).min_by_key(|(often, rank, _)| (*often, *rank));
        best.map_or_else(|| self.row(bytes), |(_, _, start)| start)
    }

    fn row(&self, three: &[u8]) -> Start {
        Start { row: self.hash.row(eight(three, 0)), flags: u32::MAX, before: 0 }
    }
}

fn folded(bytes: [u8; GRAM]) -> u64 {
    u64::from(u32::from_le_bytes(bytes)) | FOLD
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(literals: &[&str]) -> Vec<(Vec<u8>, Target)> {
        literals.iter().enumerate().map(|(target, literal)| (literal.as_bytes().to_vec(), target)).collect()
    }

    fn hits(prefilter: &Prefilter, text: &[u8]) -> Vec<(Target, usize)> {
        let mut out = Vec::new();
        prefilter.each(text, |target, at| out.push((target, at)));
        out.sort_unstable();
        out
    }

    fn naive(literals: &[&str], text: &[u8]) -> Vec<(Target, usize)> {
        let lowered = text.to_ascii_lowercase();
        let mut out = Vec::new();
        for (target, literal) in literals.iter().enumerate() {
            for at in 0..lowered.len() {
                if lowered[at..].starts_with(literal.as_bytes()) {
                    out.push((target, at));
                }
            }
        }
        out
    }

    const LITERALS: [&str; 8] = ["aba", "abab", "bab", "aaa", "sk-ant-", "ant-", "://", "aba"];

    proptest! {
        #[test]
        fn every_literal_is_told(text in "([abAB]|sk-ANT-|://|-){0,120}") {
            let prefilter = Prefilter::new(numbered(&LITERALS));
            prop_assert_eq!(hits(&prefilter, text.as_bytes()), naive(&LITERALS, text.as_bytes()));
        }
    }

    #[test]
    fn every_place_is_looked_at() {
        let prefilter = Prefilter::new(numbered(&LITERALS));
        for len in 0..200 {
            for at in 0..len {
                let mut text = vec![b'.'; len];
                text.iter_mut().skip(at).zip(b"SK-ant-").for_each(|(to, from)| *to = *from);
                assert_eq!(hits(&prefilter, &text), naive(&LITERALS, &text), "{at} of {len}");
            }
        }
    }

    #[test]
    fn any_number_of_literals_will_do() {
        for count in [0_usize, 1, 64, 65, 193, 1200] {
            let many: Vec<String> = (0..count).map(|i| format!("k{i:05}")).collect();
            let many: Vec<&str> = many.iter().map(String::as_str).collect();
            let prefilter = Prefilter::new(numbered(&many));
            let text = many.join(" ");
            assert_eq!(hits(&prefilter, text.as_bytes()).len(), count);
        }
    }
}
