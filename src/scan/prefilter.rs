//! The search for literals: one pass over a text for all of them.
//!
//! **Promise.** Every place where one of the literals stands, in any ASCII case, with what may stand around it, is told;
//! in order but for those that overlap or nearly do, which are in one segment of the text.
//!
//! A flag is looked up for the four bytes at every place ([`flags`](super::flags)), and where it is up, what is looked
//! for by those bytes is compared: letters are folded so that it costs a comparison now and then, never a literal.
//! No place waits for the one before it, as the states of an automaton do, so the processor works on several at once;
//! and there is no copy of the text, no block edge, and no order of preference between literals that overlap.
//!
//! A literal that is not there is turned down by its first eight bytes, and one that is there by the byte before it and
//! the two behind it, of those who look for it ([`around`](super::around)): three quarters of the places where a
//! literal stands in sources, and of those in made-up text full of keywords. What is asked for that is numbers of a few
//! dozen kinds of bytes, which stay at hand. All of a scan takes 0.65 to 0.7 of the time that it took without, with
//! the 8500 literals of the built-in pack (`benches/record`). What none of them lets stand before or behind is asked
//! first, of what is at hand already: with 18095 literals that takes another tenth off the search.
//!
//! Considered and not done: what may stand on both sides of the four bytes, asked before anything is compared: it turns
//! 33 of 82 places in a kilobyte down, and takes as long as it saves. Taking 400 places together, so that no branch waits
//! for the one before: an eighth less, with the places out of order. And the vector searcher of the `aho-corasick` crate
//! (Teddy) over lower-cased blocks, with the ninety-odd literals of a pack in lanes of 64. End to end it came to 130 MB/s
//! where this came to 390 (same rules, same text): its buckets are nearly always hit by something. That crate's automaton
//! (DFA) was measured apart at 530 to 590 MB/s for the search alone, which here is
//! about half of the time of a scan.

use super::dictionary::{Dictionary, Literal, Target};
use super::flags::{FOLD, Flags, GRAM, Sought, Start, eight};
use std::collections::BTreeMap;

/// Places whose flags are asked for together.
const STRIDE: usize = 8;
/// Places that are looked at together: as many as a word has bits.
const BLOCK: usize = u64::BITS as usize;
/// Bytes that are looked at for that.
const WINDOW: usize = BLOCK + GRAM;

/// See the module.
#[derive(Debug)]
pub(super) struct Prefilter {
    flags: Flags,
    /// By number of a flag that is up: what is looked at there. Behind those, what is looked at next.
    heads: Vec<Head>,
    dictionary: Dictionary,
}

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
    /// Bytes of all of it.
    len: u8,
    /// What may stand right before it and right behind it, whatever it is looked for: numbers of kinds.
    around: [u16; 2],
}

impl Prefilter {
    /// A search for what a dictionary has.
    pub(super) fn new(dictionary: Dictionary) -> Self {
        let literals = dictionary.literals();
        let behind = |literal: &Literal| dictionary.kind(literal.around()[1]);
        let sought: Vec<_> =
            literals.iter().map(|literal| Sought::new(literal.bytes(), behind(literal))).collect();
        let (flags, starts) = Flags::new(&sought);
        let heads = heads(&flags, &starts, literals);
        Self { flags, heads, dictionary }
    }

    /// What is looked for.
    pub(super) fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// Tells every place in the text where a literal stands, by its start and end. A literal holds no separator, so the
    /// segments of the places are in order even where the places are not.
    #[inline]
    pub(super) fn each(&self, text: &[u8], mut hit: impl FnMut(Target, usize, usize)) {
        if self.dictionary.literals().is_empty() {
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
                self.flags.is_up(bytes)
                    | self.flags.is_up(bytes >> 8) << 1
                    | self.flags.is_up(bytes >> 16) << 2
                    | self.flags.is_up(bytes >> 24) << 3
            };
            flagged |= u64::from(four(low) | four(high) << 4) << (STRIDE * number);
        }
        flagged
    }

    /// Looks at the flagged ones of the places from `at` on.
    #[inline]
    fn places(&self, text: &[u8], at: usize, mut flagged: u64, hit: &mut impl FnMut(Target, usize, usize)) {
        while flagged != 0 {
            self.check(text, at + flagged.trailing_zeros() as usize, hit);
            flagged &= flagged - 1;
        }
    }

    /// Tells the literals that are found by the bytes at one place.
    #[inline]
    fn check(&self, text: &[u8], at: usize, hit: &mut impl FnMut(Target, usize, usize)) {
        let mut next = self.flags.number(eight(text, at));
        while let Some(head) = next.and_then(|number| self.heads.get(number)) {
            if let Some(at) = at.checked_sub(usize::from(head.before))
                && head.may_stand(text, at)
                && self.dictionary.fits(head.around, text, at, head.len)
            {
                self.dictionary.stands(head.literal as usize, text, at, hit);
            }
            next = Some(head.next as usize).filter(|next| *next != 0);
        }
    }
}

impl Head {
    fn new(literal: &Literal, before: u8, number: u32) -> Self {
        let (len, around) = (literal.bytes().len() as u8, literal.around());
        let head = Self { eight: 0, literal: number, next: 0, before, len, around };
        Self { eight: eight(literal.bytes(), 0) & head.mask(), ..head }
    }

    /// Those of eight bytes that are its own.
    #[inline]
    fn mask(&self) -> u64 {
        u64::MAX >> (u64::BITS - 8 * u32::from(self.len.min(8)))
    }

    #[inline]
    fn may_stand(&self, text: &[u8], at: usize) -> bool {
        eight(text, at) & self.mask() == self.eight
    }
}

/// The heads of literals: the first of each flag that is up in the order of the flags, and behind them the others.
fn heads(flags: &Flags, starts: &[Start], literals: &[Literal]) -> Vec<Head> {
    let mut by_flag: BTreeMap<usize, Vec<Head>> = BTreeMap::new();
    for ((start, literal), number) in starts.iter().zip(literals).zip(0..) {
        for flag in flags.numbers(start) {
            by_flag.entry(flag).or_default().push(Head::new(literal, start.before, number));
        }
    }
    let (mut first, mut others) = (Vec::new(), Vec::new());
    for heads in by_flag.into_values() {
        let mut next = 0;
        let mut chain = heads.into_iter().rev().peekable();
        while let Some(head) = chain.next() {
            if chain.peek().is_none() {
                first.push(Head { next, ..head });
            } else {
                others.push(Head { next, ..head });
                next = (flags.up() + others.len() - 1) as u32;
            }
        }
    }
    first.extend(others);
    first
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::super::around::Around;
    use super::super::dictionary::Wanted;
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
        prefilter.each(text, |target, at, _| out.push((target, at)));
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
            let prefilter = Prefilter::new(Dictionary::new(numbered(&LITERALS)));
            prop_assert_eq!(hits(&prefilter, text.as_bytes()), naive(&LITERALS, text.as_bytes()));
        }
    }

    #[test]
    fn every_place_is_looked_at() {
        let prefilter = Prefilter::new(Dictionary::new(numbered(&LITERALS)));
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
            let prefilter = Prefilter::new(Dictionary::new(numbered(&many)));
            let text = many.join(" ");
            assert_eq!(hits(&prefilter, text.as_bytes()).len(), count);
        }
    }
}
