//! The search for literals: one pass over a text for all of them.
//!
//! **Promise.** Every place where one of the literals stands, in any ASCII case, with what may stand around it, is told;
//! in order but for those that overlap or nearly do, which are in one segment of the text.
//!
//! Four bytes at every place are looked up in a table of flags: a hash of the first three is the row, the fourth is the
//! column. A literal is looked for by those four of its bytes that are the rarest ([`grams`]), wherever in it they stand;
//! one of three bytes by those and what may follow. Where their flag is up it is compared.
//! Letters are folded by setting one bit, which folds some other characters too and so costs a comparison now and then,
//! never a literal. No place waits for the one before it, as
//! the states of an automaton do, so the processor works on several at once; and there is no copy of the
//! text, no block edge, and no order of preference between literals that overlap.
//!
//! A literal that is not there is turned down by its first eight bytes, and one that is there by the byte before it and
//! the two behind it, of those who look for it ([`around`](super::around)): two thirds of the places where a literal
//! stands in sources, and half of those in made-up text full of keywords. What is asked for that is numbers of a few
//! dozen kinds of bytes, which stay at hand. All of a scan takes 0.65 to 0.7 of the time that it took without, with
//! the 8500 literals of the built-in pack (`benches/record`).
//!
//! Considered and not done: what may stand on both sides of the four bytes, asked before anything is compared: it turns
//! 33 of 82 places in a kilobyte down, and takes as long as it saves. And the vector searcher of the `aho-corasick` crate (Teddy) over lower-cased
//! blocks, with the ninety-odd literals of a pack in lanes of 64. End to end it came to 130 MB/s where
//! this comes to 390 (same rules, same text): its buckets are nearly always hit by something. That
//! crate's automaton (DFA) was measured apart at 530 to 590 MB/s for the search alone, which here is
//! about half of the time of a scan.

use super::around::{Around, Bytes};
use super::{SEPARATOR, grams};
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
/// Bytes of a literal that are looked for.
const LONGEST: usize = super::literals::MAX_BYTES;
/// Sets the bit in which capitals and small letters differ, in each byte.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// Something that is looked for, by its number.
pub(super) type Target = usize;

/// What is looked for.
#[derive(Debug)]
pub(super) struct Wanted {
    /// In lower case.
    pub(super) literal: Vec<u8>,
    pub(super) around: Around,
    pub(super) target: Target,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Prefilter {
    hash: Hash,
    /// By hash: whether a literal is found so.
    flags: Box<Flags>,
    /// By hash: how many flags are up for those before it.
    ups: Vec<u32>,
    /// By number of a flag that is up: what is looked at there. Behind those, what is looked at next.
    heads: Vec<Head>,
    literals: Vec<Literal>,
    /// What is looked for, by literal.
    aims: Vec<Aim>,
    /// What may stand before or behind a literal: of those that there are, each once.
    kinds: Vec<Bytes>,
}

/// By hash of three bytes, a bit for each of what a fourth may be.
type Flags = [u32; 1 << HASH_BITS];

/// What is looked at first of a literal: most of them are not there.
#[derive(Debug, Clone, Copy)]
struct Head {
    /// Its first eight bytes, folded, or as many as there are.
    eight: u64,
    /// Number of the literal.
    literal: u32,
    /// Number of the head that is looked at next, of another literal that is found so; none if it is 0, which is never
    /// the next one.
    next: u32,
    /// Bytes before those that it is looked for by.
    before: u8,
    /// How many of the eight bytes are there.
    len: u8,
}

#[derive(Debug)]
struct Literal {
    bytes: [u8; LONGEST],
    len: u8,
    /// Where that begins in the aims of all which is looked for by it; it ends where that of the next one begins.
    aims: u32,
}

/// Something that is looked for by a literal, where this may stand around it.
#[derive(Debug)]
struct Aim {
    target: u32,
    /// A number in `kinds`.
    before: u16,
    /// The same.
    behind: [u16; 2],
}

/// The four bytes that a literal is looked for by: three and what may follow.
struct Start {
    row: usize,
    /// Those of its row that are up for it.
    flags: u32,
    /// Bytes of the literal before these.
    before: u8,
}

impl Prefilter {
    /// A search for these literals, of three bytes or more. Of one longer than [`LONGEST`] the beginning is looked for.
    pub(super) fn new(wanted: Vec<Wanted>) -> Self {
        let mut by_literal: BTreeMap<Vec<u8>, Vec<(Around, Target)>> = BTreeMap::new();
        for Wanted { mut literal, mut around, target } in wanted {
            if literal.len() > LONGEST {
                literal.truncate(LONGEST);
                around.behind = Around::ALL.behind;
            }
            if literal.len() >= GRAM - 1 {
                by_literal.entry(literal).or_default().push((around, target));
            }
        }
        let (mut kinds, mut aims, mut literals) = (Kinds::default(), Vec::new(), Vec::new());
        for (bytes, wanted) in &by_literal {
            literals.push(Literal::new(bytes, aims.len() as u32));
            aims.extend(wanted.iter().map(|(around, target)| Aim {
                target: *target as u32,
                before: kinds.number(around.before),
                behind: around.behind.map(|behind| kinds.number(behind)),
            }));
        }
        let sought: Vec<Sought<'_>> =
            by_literal.iter().map(|(bytes, wanted)| Sought::new(bytes, wanted)).collect();
        let Try { hash, flags, starts, .. } = Try::best(&sought);
        let ups = before(flags.iter().map(|flags| flags.count_ones()));
        let heads = heads(&flags, &ups, starts.iter().zip(&literals));
        Self { hash, flags, ups, heads, literals, aims, kinds: kinds.all }
    }

    /// Every literal, and what it is looked for.
    pub(super) fn literals(&self) -> impl Iterator<Item = (&[u8], Target)> {
        let aims = |number| self.aims_of(number).iter().map(|aim| aim.target as usize);
        self.literals
            .iter()
            .enumerate()
            .flat_map(move |(number, literal)| aims(number).map(|target| (literal.bytes(), target)))
    }

    /// What is looked for by the literal of this number.
    #[inline]
    fn aims_of(&self, number: usize) -> &[Aim] {
        let first = self.literals.get(number).map_or(0, |literal| literal.aims as usize);
        let end = self.literals.get(number + 1).map_or(self.aims.len(), |next| next.aims as usize);
        self.aims.get(first..end).unwrap_or_default()
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
        let mut next = flag_number(&self.flags, &self.ups, self.hash.row(bytes), column(bytes));
        while let Some(head) = next.and_then(|number| self.heads.get(number)) {
            if let Some(at) = at.checked_sub(usize::from(head.before))
                && head.may_stand(text, at)
            {
                self.stands(head.literal as usize, text, at, hit);
            }
            next = Some(head.next as usize).filter(|next| *next != 0);
        }
    }

    /// Tells what is looked for by a literal, if it stands at a place, with what may stand around it.
    #[inline]
    fn stands(&self, number: usize, text: &[u8], at: usize, hit: &mut impl FnMut(Target, usize)) {
        let Some(literal) = self.literals.get(number).map(Literal::bytes) else { return };
        let end = at + literal.len();
        if !text.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(literal)) {
            return;
        }
        let before = at.checked_sub(1).and_then(|before| text.get(before)).copied();
        let first = text.get(end).copied();
        let second = text.get(end + 1).copied().filter(|_| first != Some(SEPARATOR));
        for aim in self.aims_of(number) {
            let [behind, then] = aim.behind;
            if self.may_be(behind, first) && self.may_be(then, second) && self.may_be(aim.before, before) {
                hit(aim.target as usize, at);
            }
        }
    }

    /// Whether a byte is one of a kind, or an edge of the text or of a segment.
    #[inline]
    fn may_be(&self, kind: u16, byte: Option<u8>) -> bool {
        let kind = self.kinds.get(usize::from(kind));
        byte.is_none_or(|byte| byte == SEPARATOR || kind.is_none_or(|kind| kind.has(byte)))
    }
}

impl Head {
    fn new(literal: &Literal, before: u8, number: u32) -> Self {
        let head = Self { eight: 0, literal: number, next: 0, before, len: literal.len.min(8) };
        Self { eight: eight(literal.bytes(), 0) & head.mask(), ..head }
    }

    /// Those of eight bytes that are its own.
    #[inline]
    fn mask(&self) -> u64 {
        u64::MAX >> (u64::BITS - 8 * u32::from(self.len))
    }

    #[inline]
    fn may_stand(&self, text: &[u8], at: usize) -> bool {
        eight(text, at) & self.mask() == self.eight
    }
}

impl Literal {
    /// One of at most [`LONGEST`] bytes.
    fn new(literal: &[u8], aims: u32) -> Self {
        let mut bytes = [0; LONGEST];
        bytes.iter_mut().zip(literal).for_each(|(to, byte)| *to = *byte);
        Self { bytes, len: literal.len() as u8, aims }
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// The heads of literals: the first of each flag that is up in the order of the flags, and behind them the others.
fn heads<'a>(
    flags: &Flags,
    ups: &[u32],
    starts: impl Iterator<Item = (&'a Start, &'a Literal)>,
) -> Vec<Head> {
    let mut by_flag: BTreeMap<usize, Vec<Head>> = BTreeMap::new();
    for ((start, literal), number) in starts.zip(0..) {
        for column in (0..COLUMNS).filter(|column| start.flags >> column & 1 == 1) {
            let Some(flag) = flag_number(flags, ups, start.row, column) else { continue };
            by_flag.entry(flag).or_default().push(Head::new(literal, start.before, number));
        }
    }
    let (mut first, mut others) = (Vec::new(), Vec::new());
    for heads in by_flag.into_values() {
        let mut next = 0;
        let mut chain = heads.into_iter().rev().peekable();
        while let Some(head) = chain.next() {
            if chain.peek().is_some() {
                others.push(Head { next, ..head });
                next = (flags_up(ups) + others.len() - 1) as u32;
            } else {
                first.push(Head { next, ..head });
            }
        }
    }
    first.extend(others);
    first
}

/// The number of a flag among those that are up, if it is.
#[inline]
fn flag_number(flags: &Flags, ups: &[u32], row: usize, column: u32) -> Option<usize> {
    let left = flags.get(row)? & ((1 << column) - 1);
    Some((ups.get(row)? + left.count_ones()) as usize)
}

/// How many flags are up.
fn flags_up(ups: &[u32]) -> usize {
    ups.last().map_or(0, |all| *all as usize)
}

/// Kinds of bytes, numbered.
#[derive(Default)]
struct Kinds {
    all: Vec<Bytes>,
    numbers: BTreeMap<Bytes, u16>,
}

impl Kinds {
    /// Of more kinds than there are numbers for, the rest are of any byte.
    fn number(&mut self, kind: Bytes) -> u16 {
        let next = u16::try_from(self.all.len()).unwrap_or(u16::MAX);
        if next == u16::MAX {
            return self.numbers.get(&kind).copied().unwrap_or(next);
        }
        *self.numbers.entry(kind).or_insert_with(|| {
            self.all.push(kind);
            next
        })
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

/// A literal, and what may follow it.
struct Sought<'a> {
    bytes: &'a [u8],
    /// By column.
    followers: u32,
}

impl<'a> Sought<'a> {
    fn new(bytes: &'a [u8], wanted: &[(Around, Target)]) -> Self {
        let may_follow = |byte: &u8| {
            wanted.iter().any(|(around, _)| around.behind.first().is_none_or(|first| first.has(*byte)))
        };
        // Behind the end of a text are zeros.
        let followers = (0..=u8::MAX).filter(may_follow).chain([0, SEPARATOR]);
        let up = |byte: u8| 1 << (u32::from(byte | FOLD as u8) % COLUMNS);
        Self { bytes, followers: followers.fold(0, |all, byte| all | up(byte)) }
    }
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
    fn best(literals: &[Sought<'_>]) -> Self {
        let better = |one: Self, other: Self| if other.noise < one.noise { other } else { one };
        let first = Self::new(Hash::of(0), literals);
        (1..Hash::COUNT).map(|number| Self::new(Hash::of(number), literals)).fold(first, better)
    }

    fn new(hash: Hash, literals: &[Sought<'_>]) -> Self {
        let noise = Noise::new(hash);
        let starts: Vec<Start> = literals.iter().map(|literal| noise.start(literal)).collect();
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

fn folded(bytes: [u8; GRAM]) -> u64 {
    u64::from(u32::from_le_bytes(bytes)) | FOLD
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(literals: &[&str]) -> Vec<Wanted> {
        let wanted = |(target, literal): (Target, &&str)| Wanted {
            literal: literal.as_bytes().to_vec(),
            around: Around::ALL,
            target,
        };
        literals.iter().enumerate().map(wanted).collect()
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
