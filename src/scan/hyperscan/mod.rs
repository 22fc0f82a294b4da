//! A second search for literals, by Hyperscan (block mode, literals alone): see <https://www.hyperscan.io/>, 5.2 and later.
//!
//! It is the search of [`Prefilter`](super::prefilter) done by somebody else: it only says where a literal may stand, and the
//! same [`Dictionary`] decides whether it does. So the two cannot find different things unless one of them misses a
//! literal, which is what the differential tests look for.
//!
//! **Failing.** Whatever goes wrong here means "let the other search do it", never "nothing was found": a dictionary it
//! cannot compile, a thread without scratch, a text of 4 GiB or more (the bindings would cut its length), an error in the
//! middle of a text. What was told until then is told once more.
//!
//! A panic must not cross the C library: it is caught on this side of it and goes on behind it.
//!
//! Of the bindings only what is sound is used: databases in block mode and a scratch for each thread. Not their streams,
//! which may outlive their database, nor serialized databases, which are trusted as they come.

use super::dictionary::{Dictionary, Literal, Target};
use hyperscan::{BlockDatabase, Builder, LiteralFlags, Literals, Matching, Scratch};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// See the module.
pub(super) struct Hyperscan {
    /// None where there is nothing to look for, of which it makes no database.
    database: Option<BlockDatabase>,
    /// By literal.
    seen: Vec<Seen>,
}

/// What is asked first where a literal was seen, most of which come to nothing: few bytes each, to stay at hand.
struct Seen {
    /// Bytes of the literal up to the end of what is looked for.
    end: u8,
    /// Bytes of all of it.
    len: u8,
    /// What may stand right before it and right behind it, whatever it is looked for: numbers of kinds.
    around: [u16; 2],
}

/// What one thread needs; without it nothing is told.
#[derive(Default)]
pub(super) struct Room(Option<Scratch>);

impl Hyperscan {
    /// A search for the literals of a dictionary, or why there cannot be one.
    pub(super) fn new(dictionary: &Dictionary) -> Result<Self, String> {
        let sought: Vec<_> = dictionary.literals().iter().map(sought).collect();
        if sought.iter().any(|(text, _)| text.is_empty()) {
            return Err("a literal has no whole character".to_owned());
        }
        let seen =
            dictionary.literals().iter().zip(&sought).map(|(literal, (_, end))| Seen::new(literal, *end));
        let seen = seen.collect();
        let literal = |(text, _)| hyperscan::Literal::with_flags(text, LiteralFlags::CASELESS);
        let literals: Result<Vec<_>, _> = sought.into_iter().map(literal).collect();
        let literals = literals.map_err(|error| error.to_string())?;
        let build = |literals| Literals::from(literals).build().map_err(|error| error.to_string());
        let database = Some(literals).filter(|literals| !literals.is_empty()).map(build).transpose()?;
        Ok(Self { database, seen })
    }

    /// Room for one thread.
    pub(super) fn room(&self) -> Room {
        Room(self.database.as_ref().and_then(|database| database.alloc_scratch().ok()))
    }

    /// Tells every place in the text where a literal of the dictionary stands, by its start and end. Returns whether all of
    /// them were told.
    #[must_use]
    pub(super) fn each(
        &self,
        dictionary: &Dictionary,
        text: &[u8],
        room: &Room,
        hit: &mut impl FnMut(Target, usize, usize),
    ) -> bool {
        let Some(database) = &self.database else { return true };
        let Some(scratch) = room.0.as_ref().filter(|_| u32::try_from(text.len()).is_ok()) else {
            return false;
        };
        let mut panic = None;
        let mut found = |number: u32, _, end: u64, _| {
            let number = number as usize;
            let Some(at) = self.seen.get(number).and_then(|seen| seen.start(dictionary, text, end as usize))
            else {
                return Matching::Continue;
            };
            match catch_unwind(AssertUnwindSafe(|| dictionary.stands(number, text, at, hit))) {
                Ok(()) => Matching::Continue,
                Err(payload) => {
                    panic = Some(payload);
                    Matching::Terminate
                }
            }
        };
        let scanned = database.scan(text, scratch, &mut found);
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
        scanned.is_ok()
    }
}

impl Seen {
    fn new(literal: &Literal, end: usize) -> Self {
        Self { end: end as u8, len: literal.bytes().len() as u8, around: literal.around() }
    }

    /// Where the literal starts, if it may stand there by the bytes before and behind it.
    #[inline]
    fn start(&self, dictionary: &Dictionary, text: &[u8], end: usize) -> Option<usize> {
        let at = end.checked_sub(usize::from(self.end))?;
        dictionary.fits(self.around, text, at, self.len).then_some(at)
    }
}

impl fmt::Debug for Hyperscan {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Hyperscan").field("literals", &self.seen.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_tuple("Room").field(&self.0.is_some()).finish()
    }
}

/// What is looked for of a literal, and how many bytes of it there are up to the end of that. The bindings take text, and a
/// literal may have been cut within a character.
fn sought(literal: &Literal) -> (String, usize) {
    let mut best = (String::new(), 0);
    let mut end = 0;
    for chunk in literal.bytes().utf8_chunks() {
        end += chunk.valid().len();
        if chunk.valid().len() > best.0.len() {
            best = (chunk.valid().to_owned(), end);
        }
        end += chunk.invalid().len();
    }
    best
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::super::around::Around;
    use super::super::dictionary::Wanted;
    use super::super::prefilter::Prefilter;
    use super::*;
    use proptest::prelude::*;

    fn dictionary(literals: &[&[u8]]) -> Dictionary {
        let wanted = |(target, literal): (Target, &&[u8])| Wanted {
            literal: literal.to_vec(),
            around: Around::ALL,
            target,
        };
        Dictionary::new(literals.iter().enumerate().map(wanted).collect())
    }

    fn sorted(mut hits: Vec<(Target, usize, usize)>) -> Vec<(Target, usize, usize)> {
        hits.sort_unstable();
        hits
    }

    /// What both searches tell of a text.
    fn hits(literals: &[&[u8]], text: &[u8]) -> [Vec<(Target, usize, usize)>; 2] {
        let (dictionary, mut ours, mut theirs) = (dictionary(literals), Vec::new(), Vec::new());
        let hyperscan = Hyperscan::new(&dictionary).unwrap();
        let told = hyperscan.each(&dictionary, text, &hyperscan.room(), &mut |target, at, end| {
            theirs.push((target, at, end))
        });
        assert!(told);
        Prefilter::new(dictionary).each(text, |target, at, end| ours.push((target, at, end)));
        [sorted(ours), sorted(theirs)]
    }

    const LITERALS: [&[u8]; 9] =
        [b"aba", b"abab", b"bab", b"aaa", b"sk-ant-", b"ant-", b"://", b"\xc3\xa9t\xc3\xa9", b"key\xc3"];

    proptest! {
        #[test]
        fn every_literal_is_told(text in "([abAB]|sk-ANT-|://|-|\u{e9}|t|key){0,120}") {
            let [ours, theirs] = hits(&LITERALS, text.as_bytes());
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn a_literal_that_was_cut_within_a_character_is_found_by_the_rest() {
        for literals in [&[&b"ab\xc3"[..]], &[b"\xa9ab"], &[b"\xa9ab\xc3"], &[b"a\xffbcd\xffe"]] {
            let text = [b"-", literals[0], b"- abcd"].concat();
            let [ours, theirs] = hits(literals, &text);
            assert_eq!((ours.len(), ours), (1, theirs), "{literals:?}");
        }
    }

    #[test]
    fn what_cannot_be_looked_for_is_refused() {
        assert!(Hyperscan::new(&dictionary(&[b"abc", b"\xa9\xff\xfe"])).is_err());
    }

    #[test]
    fn nothing_to_look_for_is_found_nowhere() {
        assert_eq!(hits(&[], b"aba"), [vec![], vec![]]);
    }

    #[test]
    fn a_thread_without_scratch_is_told_of_nothing() {
        let dictionary = dictionary(&LITERALS);
        let hyperscan = Hyperscan::new(&dictionary).unwrap();
        assert!(!hyperscan.each(&dictionary, b"aba", &Room::default(), &mut |_, _, _| panic!("told")));
    }

    #[test]
    fn a_panic_goes_on_behind_the_library() {
        let dictionary = dictionary(&LITERALS);
        let hyperscan = Hyperscan::new(&dictionary).unwrap();
        let room = hyperscan.room();
        let scan = || hyperscan.each(&dictionary, b"-- aba aba", &room, &mut |_, at, _| panic!("at {at}"));
        let payload = catch_unwind(AssertUnwindSafe(scan)).unwrap_err();
        assert_eq!(payload.downcast_ref::<String>().unwrap(), "at 3");
        let mut count = 0;
        assert!(hyperscan.each(&dictionary, b"-- aba aba", &room, &mut |_, _, _| count += 1) && count == 2);
    }
}
