//! The search for literals: one pass over a text for all of them.
//!
//! **Promise.** Every place where one of the literals stands, in any ASCII case, is told, in order.
//!
//! Four bytes at every place are hashed into a table of flags; where the flag is up, the literals that
//! start so are compared. Letters are folded by setting one bit, which folds some other characters too
//! and so costs a comparison now and then, never a literal. No place waits for the one before it, as
//! the states of an automaton do, so the processor works on several at once; and there is no copy of the
//! text, no block edge, and no order of preference between literals that overlap.
//!
//! Considered and not done: the vector searcher of the `aho-corasick` crate (Teddy) over lower-cased
//! blocks, with the ninety-odd literals of a pack in lanes of 64. End to end it came to 130 MB/s where
//! this comes to 390 (same rules, same text): its buckets are nearly always hit by something. That
//! crate's automaton (DFA) was measured apart at 530 to 590 MB/s for the search alone, which here is
//! about half of the time of a scan.

/// Bytes that are hashed.
const GRAM: usize = 4;
/// Places that are looked at together.
const STRIDE: usize = 8;
/// Bytes that are looked at for that.
const WINDOW: usize = STRIDE + GRAM;
/// Bits of a hash. A bit of flag for each is 32 KiB: the more, the fewer places are looked at for
/// nothing; the less, the more of it stays in the first cache.
const HASH_BITS: u32 = 18;
/// Sets the bit in which capitals and small letters differ, in each byte.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// Something that is looked for, by its number.
pub(super) type Target = usize;

/// See the module.
#[derive(Debug)]
pub(super) struct Prefilter {
    /// By hash: whether a literal starts so.
    flags: Box<[u8; 1 << (HASH_BITS - 3)]>,
    /// By hash: where its starts begin. They end where those of the next hash begin.
    bounds: Vec<u32>,
    starts: Vec<Start>,
    literals: Vec<(Vec<u8>, Target)>,
}

/// The first four bytes of a literal, or three.
#[derive(Debug, Clone, Copy)]
struct Start {
    slot: usize,
    gram: u32,
    mask: u32,
    /// Number of the literal.
    literal: usize,
}

impl Prefilter {
    /// A search for these literals, of three bytes or more.
    pub(super) fn new(literals: Vec<(Vec<u8>, Target)>) -> Self {
        let mut starts: Vec<Start> =
            literals.iter().enumerate().flat_map(|(number, (literal, _))| starts(number, literal)).collect();
        starts.sort_by_key(|start| start.slot);
        let mut flags = Box::new([0; 1 << (HASH_BITS - 3)]);
        for start in &starts {
            if let Some(flags) = flags.get_mut(start.slot / 8) {
                *flags |= 1 << (start.slot % 8);
            }
        }
        let bounds = bounds(&starts);
        Self { flags, bounds, starts, literals }
    }

    /// Every literal, and what it is looked for.
    pub(super) fn literals(&self) -> impl Iterator<Item = (&[u8], Target)> {
        self.literals.iter().map(|(literal, target)| (literal.as_slice(), *target))
    }

    /// Tells every place in the text where a literal stands.
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
        let slot = slot(bytes);
        self.flags.get(slot / 8).map_or(1, |flags| flags >> (slot % 8) & 1)
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

    /// Tells the literals that stand at one place and start with these bytes.
    #[inline]
    fn check(&self, text: &[u8], at: usize, bytes: u64, hit: &mut impl FnMut(Target, usize)) {
        let (slot, gram) = (slot(bytes), (bytes & 0xffff_ffff) as u32);
        let (Some(&first), Some(&end)) = (self.bounds.get(slot), self.bounds.get(slot + 1)) else { return };
        for start in self.starts.get(first as usize..end as usize).unwrap_or_default() {
            if gram & start.mask != start.gram {
                continue;
            }
            let Some((literal, target)) = self.literals.get(start.literal) else { continue };
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
        if let Some(count) = bounds.get_mut(start.slot + 1) {
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

/// Where the flag of the first four of these bytes is. They are folded.
#[inline]
const fn slot(bytes: u64) -> usize {
    let gram = (bytes & 0xffff_ffff) as u32;
    (gram.wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASH_BITS)) as usize
}

/// Four bytes, folded.
#[inline]
fn gram(bytes: [u8; GRAM]) -> u32 {
    u32::from_le_bytes(bytes) | (FOLD & 0xffff_ffff) as u32
}

/// The starts of a literal: one, or for three bytes one for each byte that may follow.
fn starts(literal: usize, bytes: &[u8]) -> Vec<Start> {
    let start = |bytes, mask| {
        let gram = gram(bytes);
        Start { slot: slot(u64::from(gram)), gram: gram & mask, mask, literal }
    };
    let mut starts = match *bytes {
        [a, b, c] => (0..=u8::MAX).map(|next| start([a, b, c, next], 0x00ff_ffff)).collect(),
        [a, b, c, d, ..] => vec![start([a, b, c, d], u32::MAX)],
        _ => Vec::new(),
    };
    starts.sort_by_key(|start| start.slot);
    starts.dedup_by_key(|start| start.slot);
    starts
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
