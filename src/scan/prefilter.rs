//! The search for literals: one pass over a text for all of them.
//!
//! **Promise.** Every place where one of the literals stands, in any ASCII case, is told; in order but for those that
//! overlap or nearly do, which are in one segment of the text.
//!
//! Four bytes at every place are hashed into a table of flags, the first three into its row and the fourth into one of
//! its eight columns, so that a literal of three bytes takes a row and no more. A literal is looked for by those four
//! of its bytes that are the rarest ([`grams`]), wherever in it they stand, and compared where their flag is up.
//! Letters are folded by setting one bit, which folds some other characters too and so costs a comparison now and then,
//! never a literal. No place waits for the one before it, as
//! the states of an automaton do, so the processor works on several at once; and there is no copy of the
//! text, no block edge, and no order of preference between literals that overlap.
//!
//! Considered and not done: the vector searcher of the `aho-corasick` crate (Teddy) over lower-cased
//! blocks, with the ninety-odd literals of a pack in lanes of 64. End to end it came to 130 MB/s where
//! this comes to 390 (same rules, same text): its buckets are nearly always hit by something. That
//! crate's automaton (DFA) was measured apart at 530 to 590 MB/s for the search alone, which here is
//! about half of the time of a scan.

use super::grams;
use regex_syntax::hir::literal::rank;

/// Bytes that are hashed.
const GRAM: usize = 4;
/// Places that are looked at together.
const STRIDE: usize = 8;
/// Bytes that are looked at for that.
const WINDOW: usize = STRIDE + GRAM;
/// Bits of the hash of the first three bytes. Eight flags for each are 32 KiB: the more, the fewer places are looked at
/// for nothing; the less, the more of it stays in the first cache.
const HASH_BITS: u32 = 15;
/// Flags for one hash: which of them it is, the fourth byte says.
const FLAGS: usize = 8;
/// Sets the bit in which capitals and small letters differ, in each byte.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// Something that is looked for, by its number.
pub(super) type Target = usize;

/// See the module.
#[derive(Debug)]
pub(super) struct Prefilter {
    /// By hash: whether a literal is found so.
    flags: Box<[u8; 1 << HASH_BITS]>,
    /// By hash: where its starts begin. They end where those of the next hash begin.
    bounds: Vec<u32>,
    starts: Vec<Start>,
    literals: Vec<(Vec<u8>, Target)>,
}

/// The four bytes that a literal is looked for by, or three.
#[derive(Debug, Clone, Copy)]
struct Start {
    row: usize,
    /// Those of its row that are up for it.
    flags: u8,
    gram: u32,
    mask: u32,
    /// Number of the literal.
    literal: usize,
    /// Bytes of the literal before these.
    before: usize,
}

impl Prefilter {
    /// A search for these literals, of three bytes or more.
    pub(super) fn new(literals: Vec<(Vec<u8>, Target)>) -> Self {
        let noise = Noise::new();
        let start = |(number, (literal, _)): (usize, &(Vec<u8>, Target))| noise.start(number, literal);
        let mut starts: Vec<Start> = literals.iter().enumerate().filter_map(start).collect();
        starts.sort_by_key(|start| start.row);
        let mut flags = Box::new([0; 1 << HASH_BITS]);
        for start in &starts {
            if let Some(flags) = flags.get_mut(start.row) {
                *flags |= start.flags;
            }
        }
        let bounds = bounds(&starts);
        Self { flags, bounds, starts, literals }
    }

    /// Every literal, and what it is looked for.
    pub(super) fn literals(&self) -> impl Iterator<Item = (&[u8], Target)> {
        self.literals.iter().map(|(literal, target)| (literal.as_slice(), *target))
    }

    /// Tells every place in the text where a literal stands. A literal holds no separator, so the segments of the places
    /// are in order even where the places are not.
    #[inline]
    pub(super) fn each(&self, text: &[u8], mut hit: impl FnMut(Target, usize)) {
        if self.literals.is_empty() {
            return;
        }
        let mut at = 0;
        for window in text.windows(WINDOW).step_by(STRIDE) {
            self.window(text, at, window, &mut hit);
            at += STRIDE;
        }
        let mut padded = [0; WINDOW + STRIDE];
        padded.iter_mut().zip(text.iter().skip(at)).for_each(|(to, from)| *to = *from);
        for window in padded.windows(WINDOW).step_by(STRIDE) {
            self.window(text, at, window, &mut hit);
            at += STRIDE;
        }
    }

    /// Looks at the first eight places of a window.
    #[inline(always)]
    #[allow(clippy::inline_always)] // Else it is a call for every eight bytes.
    fn window(&self, text: &[u8], at: usize, window: &[u8], hit: &mut impl FnMut(Target, usize)) {
        let (Some(low), Some(high)) = (window.first_chunk(), window.last_chunk()) else { return };
        let (low, high) = (u64::from_le_bytes(*low) | FOLD, u64::from_le_bytes(*high) | FOLD);
        let four = |bytes: u64| {
            self.flag(bytes) | self.flag(bytes >> 8) | self.flag(bytes >> 16) | self.flag(bytes >> 24)
        };
        if four(low) | four(high) != 0 {
            self.places(text, at, [low, high], hit);
        }
    }

    #[inline]
    fn flag(&self, bytes: u64) -> u8 {
        self.flags.get(row(bytes)).map_or(1, |flags| flags >> column(bytes) & 1)
    }

    /// One of the eight places has its flag up.
    #[inline(never)]
    fn places(&self, text: &[u8], at: usize, halves: [u64; 2], hit: &mut impl FnMut(Target, usize)) {
        for (half, from) in halves.into_iter().zip([at, at + STRIDE / 2]) {
            for place in 0..STRIDE / 2 {
                let bytes = half >> (8 * place);
                if self.flag(bytes) != 0 {
                    self.check(text, from + place, bytes, hit);
                }
            }
        }
    }

    /// Tells the literals that are found by the bytes at one place.
    #[inline]
    fn check(&self, text: &[u8], at: usize, bytes: u64, hit: &mut impl FnMut(Target, usize)) {
        let (row, gram) = (row(bytes), (bytes & 0xffff_ffff) as u32);
        let (Some(&first), Some(&end)) = (self.bounds.get(row), self.bounds.get(row + 1)) else { return };
        for start in self.starts.get(first as usize..end as usize).unwrap_or_default() {
            if gram & start.mask != start.gram {
                continue;
            }
            let Some((literal, target)) = self.literals.get(start.literal) else { continue };
            let Some(at) = at.checked_sub(start.before) else { continue };
            let found = text.get(at..at + literal.len());
            if found.is_some_and(|found| found.eq_ignore_ascii_case(literal)) {
                hit(*target, at);
            }
        }
    }
}

/// Where the starts of every hash begin, and where those of the last one end.
fn bounds(starts: &[Start]) -> Vec<u32> {
    let mut bounds = vec![0_u32; (1 << HASH_BITS) + 1];
    for start in starts {
        if let Some(count) = bounds.get_mut(start.row + 1) {
            *count += 1;
        }
    }
    let mut before = 0;
    for bound in &mut bounds {
        before += *bound;
        *bound = before;
    }
    bounds
}

/// In which row the flag of the first of these bytes is. They are folded.
#[inline]
const fn row(bytes: u64) -> usize {
    let three = (bytes << 8 & 0xffff_ff00) as u32;
    (three.wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASH_BITS)) as usize
}

/// And in which column.
#[inline]
const fn column(bytes: u64) -> usize {
    ((bytes >> 24 ^ bytes >> 27) as usize) % FLAGS
}

/// Four bytes, folded.
#[inline]
fn gram(bytes: [u8; GRAM]) -> u32 {
    u32::from_le_bytes(bytes) | (FOLD & 0xffff_ffff) as u32
}

/// How often each flag would be asked for in vain.
struct Noise(Vec<u32>);

impl Noise {
    fn new() -> Self {
        let mut noise = vec![0; FLAGS << HASH_BITS];
        for (place, bytes) in grams::common().enumerate() {
            let often = 100_000 / (u32::try_from(place).unwrap_or(u32::MAX - 9) + 8);
            if let Some(noise) = noise.get_mut(flag_number(gram(bytes))) {
                *noise += often;
            }
        }
        Self(noise)
    }

    fn of(&self, bytes: [u8; GRAM]) -> u32 {
        let rank: u32 = bytes.iter().map(|byte| u32::from(rank(*byte))).sum();
        self.0.get(flag_number(gram(bytes))).copied().unwrap_or_default() + rank / 64
    }

    /// The four bytes by which a literal is found: those that stand for nothing else most often. Three bytes have all
    /// the flags of their row: any byte may follow.
    fn start(&self, literal: usize, bytes: &[u8]) -> Option<Start> {
        if let [a, b, c] = *bytes {
            let gram = gram([a, b, c, 0]);
            let row = row(u64::from(gram));
            return Some(Start {
                row,
                flags: u8::MAX,
                gram: gram & 0x00ff_ffff,
                mask: 0x00ff_ffff,
                literal,
                before: 0,
            });
        }
        let places = bytes.windows(GRAM).filter_map(|bytes| bytes.first_chunk().copied());
        let (before, four) = places.enumerate().min_by_key(|(_, bytes)| self.of(*bytes))?;
        let gram = gram(four);
        let flags = 1 << column(u64::from(gram));
        Some(Start { row: row(u64::from(gram)), flags, gram, mask: u32::MAX, literal, before })
    }
}

fn flag_number(gram: u32) -> usize {
    row(u64::from(gram)) * FLAGS + column(u64::from(gram))
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
        for len in 0..40 {
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
