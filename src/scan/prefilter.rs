//! The search for literals: one pass over a text for all of them.
//!
//! **Promise.** Every place where one of the literals stands, in any ASCII case, is told, in order of
//! place for each lane.
//!
//! The text is lower-cased, a block at a time that stays in the first cache, and the vector searcher
//! of the `aho-corasick` crate (Teddy) goes over the block: two passes, both at vector speed, instead
//! of one table look-up for each byte. Teddy takes 64 literals, so there are lanes of so many; past
//! [`MAX_LANES`] of them, and on machines it does not know, the whole automaton takes over.
//!
//! Both report one literal for each place, so literals that start with another one hang under it (its
//! *head*) and are compared after it was found; after every hit the search goes on one byte later, so
//! that overlapping literals are all seen.

use super::literals;
use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, Input, MatchKind, StartKind, packed};

/// Bytes lower-cased at once: half of a first-level cache.
const BLOCK_BYTES: usize = 16 << 10;
/// The least bytes handed to Teddy, which is slow below two vectors. The rest is zeroes.
const LEAST_BYTES: usize = 64;
/// Literals in one lane.
const LANE_LITERALS: usize = 64;
/// Lanes past which one automaton is faster.
const MAX_LANES: usize = 3;

/// Something that is looked for, by its number.
pub(super) type Target = usize;

/// See the module.
#[derive(Debug)]
pub(super) struct Prefilter {
    lanes: Vec<Lane>,
    heads: Vec<Head>,
}

/// A literal none of the others starts, and those that start with it.
#[derive(Debug)]
struct Head {
    literal: Vec<u8>,
    tails: Vec<(Vec<u8>, Target)>,
}

#[derive(Debug)]
struct Lane {
    search: Search,
    /// Number of the first head in it.
    first: usize,
}

#[derive(Debug)]
enum Search {
    Teddy(packed::Searcher),
    Automaton(Box<AhoCorasick>),
}

/// A literal that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) target: Target,
    pub(super) at: usize,
    pub(super) lane: usize,
}

impl Prefilter {
    /// A search for these literals, which are in lower case.
    ///
    /// # Errors
    /// If they make too large an automaton.
    pub(super) fn new(literals: Vec<(Vec<u8>, Target)>) -> Result<Self, String> {
        let heads = heads(literals);
        let lanes = lanes(&heads)?;
        Ok(Self { lanes, heads })
    }

    /// How many lanes there are.
    pub(super) const fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Tells every hit in the text. `folded` is room to work in.
    pub(super) fn each(&self, text: &[u8], folded: &mut Vec<u8>, mut hit: impl FnMut(Hit)) {
        if self.lanes.is_empty() {
            return;
        }
        let mut offset = 0;
        while offset < text.len() {
            let rest = text.get(offset..).unwrap_or_default();
            fold(rest, folded);
            for (lane, search) in self.lanes.iter().enumerate() {
                self.run(search, folded, |target, at| hit(Hit { target, at: offset + at, lane }));
            }
            offset += BLOCK_BYTES;
        }
    }

    /// Hits of one lane that start in this block.
    fn run(&self, lane: &Lane, folded: &[u8], mut hit: impl FnMut(Target, usize)) {
        let mut from = 0;
        while let Some((head, at)) = lane.search.find(folded, from) {
            if at >= BLOCK_BYTES {
                return;
            }
            let rest = folded.get(at..).unwrap_or_default();
            for (literal, target) in self.heads.get(lane.first + head).map_or(&[][..], |head| &head.tails) {
                if rest.starts_with(literal) {
                    hit(*target, at);
                }
            }
            from = at + 1;
        }
    }
}

impl Search {
    #[inline]
    fn find(&self, folded: &[u8], from: usize) -> Option<(usize, usize)> {
        let found = match self {
            Self::Teddy(searcher) => searcher.find_in(folded, (from..folded.len()).into()),
            Self::Automaton(automaton) => {
                automaton.try_find(Input::new(folded).range(from..).anchored(Anchored::No)).ok().flatten()
            }
        };
        found.map(|found| (found.pattern().as_usize(), found.start()))
    }
}

/// Lower-cases a block, and as much after it as a literal that starts in it may need.
fn fold(text: &[u8], folded: &mut Vec<u8>) {
    let block = text.get(..BLOCK_BYTES + literals::MAX_BYTES).unwrap_or(text);
    folded.clear();
    folded.extend(block.iter().map(u8::to_ascii_lowercase));
    if folded.len() < LEAST_BYTES {
        folded.resize(LEAST_BYTES, 0);
    }
}

/// Hangs literals under the ones they start with: a head sorts right before all it starts.
fn heads(mut literals: Vec<(Vec<u8>, Target)>) -> Vec<Head> {
    literals.sort();
    literals.dedup();
    let mut heads: Vec<Head> = Vec::new();
    for (literal, target) in literals {
        match heads.last_mut() {
            Some(head) if literal.starts_with(&head.literal) => head.tails.push((literal, target)),
            _ => heads.push(Head { literal: literal.clone(), tails: vec![(literal, target)] }),
        }
    }
    heads
}

fn lanes(heads: &[Head]) -> Result<Vec<Lane>, String> {
    let mut lanes = Vec::new();
    let mut first = 0;
    for part in heads.chunks(LANE_LITERALS) {
        let Some(searcher) = teddy(part) else { return automaton(heads) };
        lanes.push(Lane { search: Search::Teddy(searcher), first });
        first += part.len();
    }
    if lanes.len() > MAX_LANES { automaton(heads) } else { Ok(lanes) }
}

fn teddy(heads: &[Head]) -> Option<packed::Searcher> {
    let mut builder = packed::Config::new().match_kind(packed::MatchKind::LeftmostFirst).builder();
    builder.extend(heads.iter().map(|head| &head.literal));
    builder.build()
}

fn automaton(heads: &[Head]) -> Result<Vec<Lane>, String> {
    let automaton = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::LeftmostFirst)
        .start_kind(StartKind::Unanchored)
        .prefilter(false)
        .build(heads.iter().map(|head| &head.literal))
        .map_err(|error| error.to_string())?;
    Ok(vec![Lane { search: Search::Automaton(Box::new(automaton)), first: 0 }])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(literals: &[&str]) -> Vec<(Vec<u8>, Target)> {
        literals.iter().enumerate().map(|(target, literal)| (literal.as_bytes().to_vec(), target)).collect()
    }

    fn hits(prefilter: &Prefilter, text: &[u8]) -> Vec<(Target, usize)> {
        let mut out = Vec::new();
        prefilter.each(text, &mut Vec::new(), |hit| out.push((hit.target, hit.at)));
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
            let prefilter = Prefilter::new(numbered(&LITERALS)).unwrap();
            prop_assert_eq!(hits(&prefilter, text.as_bytes()), naive(&LITERALS, text.as_bytes()));
        }

        #[test]
        fn both_searches_tell_the_same(text in "([ab]|sk-ant-|://|-){0,120}") {
            let teddy = Prefilter::new(numbered(&LITERALS)).unwrap();
            let lanes = automaton(&teddy.heads).unwrap();
            let whole = Prefilter { lanes, heads: heads(numbered(&LITERALS)) };
            prop_assert_eq!(hits(&teddy, text.as_bytes()), hits(&whole, text.as_bytes()));
        }
    }

    #[test]
    fn literals_across_blocks_are_told_once() {
        for shift in 0..=8 {
            let mut text = vec![b'.'; 2 * BLOCK_BYTES + 40];
            text[BLOCK_BYTES - shift..][..7].copy_from_slice(b"SK-ant-");
            text[2 * BLOCK_BYTES - shift..][..7].copy_from_slice(b"sk-ant-");
            let prefilter = Prefilter::new(numbered(&LITERALS)).unwrap();
            assert_eq!(hits(&prefilter, &text), naive(&LITERALS, &text), "{shift}");
        }
    }

    #[test]
    fn any_number_of_literals_will_do() {
        for count in [0_usize, 1, 64, 65, 193, 1200] {
            let many: Vec<String> = (0..count).map(|i| format!("k{i:05}")).collect();
            let many: Vec<&str> = many.iter().map(String::as_str).collect();
            let prefilter = Prefilter::new(numbered(&many)).unwrap();
            let text = many.join(" ");
            assert_eq!(hits(&prefilter, text.as_bytes()).len(), count);
        }
    }
}
