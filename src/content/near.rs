//! Searching for what is most times a few bytes away: a quote, the next escape. Eight bytes at a time, and by
//! vectors from where that pays.

/// Words of eight bytes that are looked at before vectors are.
const WORDS: usize = 4;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Where the first of either byte stands.
#[inline]
pub(super) fn find2(one: u8, other: u8, text: &[u8]) -> Option<usize> {
    let found = |word: u64| zeros(word ^ (u64::from(one) * LOW)) | zeros(word ^ (u64::from(other) * LOW));
    let is_one = |byte: &u8| *byte == one || *byte == other;
    match near(text, found, is_one) {
        Near::Found(at) => at,
        Near::From(seen) => memchr::memchr2(one, other, text.get(seen..)?).map(|at| seen + at),
    }
}

/// Where the first of a byte stands.
#[inline]
pub(super) fn find(byte: u8, text: &[u8]) -> Option<usize> {
    let found = |word: u64| zeros(word ^ (u64::from(byte) * LOW));
    match near(text, found, |other| *other == byte) {
        Near::Found(at) => at,
        Near::From(seen) => memchr::memchr(byte, text.get(seen..)?).map(|at| seen + at),
    }
}

enum Near {
    /// The place, if there is one at all.
    Found(Option<usize>),
    /// It may stand from here on.
    From(usize),
}

/// Looks at the first words of a text; at all of it, if there is no more than a word besides: for that no vector pays.
#[inline]
fn near(text: &[u8], found: impl Fn(u64) -> u64, is_one: impl Fn(&u8) -> bool) -> Near {
    let (words, rest) = text.as_chunks::<8>();
    for (word, at) in words.iter().take(WORDS).zip((0..).step_by(8)) {
        let found = found(u64::from_le_bytes(*word));
        if found != 0 {
            return Near::Found(Some(at + first(found)));
        }
    }
    if words.len() > WORDS {
        return Near::From(WORDS * 8);
    }
    match text.last_chunk::<8>() {
        _ if rest.is_empty() => Near::Found(None),
        // In what it has of the word before is none.
        Some(last) => {
            let found = found(u64::from_le_bytes(*last));
            Near::Found((found != 0).then(|| text.len() - 8 + first(found)))
        }
        None => Near::Found(rest.iter().position(is_one)),
    }
}

/// The high bit of each byte that is zero. Above the first of them others may have it, too.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word & HIGH
}

/// The first byte with its high bit set.
const fn first(bits: u64) -> usize {
    (bits.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_found_wherever_it_stands() {
        for len in 0..80 {
            let plain = vec![b'a'; len];
            assert_eq!((find(b'"', &plain), find2(b'"', b'\\', &plain)), (None, None), "{len}");
            for at in 0..len {
                let mut text = vec![b'#'; len];
                text.iter_mut().skip(at).step_by(3).for_each(|byte| *byte = b'"');
                assert_eq!(find(b'"', &text), Some(at), "{len}");
                text.iter_mut().skip(at + 1).for_each(|byte| *byte = b'\\');
                assert_eq!(find2(b'\\', b'"', &text), Some(at), "{len}");
            }
        }
    }
}
