//! Searching for what is most times a few bytes away: a quote, the next escape. Eight bytes at a time, and by
//! vectors from where that pays.

/// Words of eight bytes that are looked at before vectors are.
const WORDS: usize = 4;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Where the first of either byte stands.
#[inline]
pub(super) fn find2(one: u8, other: u8, text: &[u8]) -> Option<usize> {
    let (words, _) = text.as_chunks::<8>();
    for (word, at) in words.iter().take(WORDS).zip((0..).step_by(8)) {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ (u64::from(one) * LOW)) | zeros(word ^ (u64::from(other) * LOW));
        if found != 0 {
            return Some(at + first(found));
        }
    }
    let seen = words.len().min(WORDS) * 8;
    memchr::memchr2(one, other, text.get(seen..)?).map(|at| seen + at)
}

/// Where the first of a byte stands.
#[inline]
pub(super) fn find(byte: u8, text: &[u8]) -> Option<usize> {
    let (words, _) = text.as_chunks::<8>();
    for (word, at) in words.iter().take(WORDS).zip((0..).step_by(8)) {
        let found = zeros(u64::from_le_bytes(*word) ^ (u64::from(byte) * LOW));
        if found != 0 {
            return Some(at + first(found));
        }
    }
    let seen = words.len().min(WORDS) * 8;
    memchr::memchr(byte, text.get(seen..)?).map(|at| seen + at)
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
