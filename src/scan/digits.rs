//! The search for runs of digits: cards, account and telephone numbers hold no literal.
//!
//! **Promise.** Every stretch of 32 bytes with at least seven ASCII digits in it lies inside a cluster
//! that is told. Digits are counted in blocks of sixteen, which the compiler turns into vector code;
//! such a stretch touches at most three blocks.

use std::ops::Range;

/// Bytes in which the digits are counted together.
const BLOCK: usize = 16;
/// Digits that make a cluster.
pub(super) const DIGITS: usize = 7;
/// Bytes they stand in.
pub(super) const WITHIN: usize = 32;
/// Bytes after which a cluster is told in parts, so that one number in a long table of them does not
/// make a pattern run over the whole table.
const CLUSTER_BYTES: usize = 1 << 10;

/// Tells every cluster of digits in the text, in order. They may overlap by less than a stretch.
pub(super) fn each(text: &[u8], mut cluster: impl FnMut(Range<usize>)) {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let mut open = Open { start: 0, end: 0 };
    let (mut before, mut last) = (0, 0);
    for (index, block) in blocks.iter().enumerate() {
        let here = count(block);
        if before + last + here >= DIGITS {
            open.extend(index, text.len(), &mut cluster);
        }
        (before, last) = (last, here);
    }
    if !rest.is_empty() && before + last + count(rest) >= DIGITS {
        open.extend(blocks.len(), text.len(), &mut cluster);
    }
    open.close(&mut cluster);
}

/// Digits in a few bytes.
#[inline]
fn count(bytes: &[u8]) -> usize {
    usize::from(bytes.iter().map(|byte| u8::from(byte.is_ascii_digit())).sum::<u8>())
}

/// The cluster that is being made.
struct Open {
    start: usize,
    end: usize,
}

impl Open {
    /// This block and the two before it have the digits.
    fn extend(&mut self, block: usize, len: usize, cluster: &mut impl FnMut(Range<usize>)) {
        let start = block.saturating_sub(2) * BLOCK;
        if start > self.end || self.end - self.start > CLUSTER_BYTES {
            self.close(cluster);
            self.start = start;
        }
        self.end = ((block + 1) * BLOCK).min(len);
    }

    fn close(&self, cluster: &mut impl FnMut(Range<usize>)) {
        if self.end > self.start {
            cluster(self.start..self.end);
        }
    }
}

/// Whether seven digits stand within 32 bytes of each other here.
pub(super) fn dense(bytes: &[u8]) -> bool {
    let mut last = [usize::MAX; DIGITS];
    let digits = bytes.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit());
    for (at, _) in digits {
        last.rotate_left(1);
        if let Some(newest) = last.last_mut() {
            *newest = at;
        }
        if last.first().is_some_and(|oldest| *oldest != usize::MAX && at - oldest < WITHIN) {
            return true;
        }
    }
    false
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_dense_stretch_is_told(text in "([0-9]{1,9}|[a-z -]{1,20}){0,60}") {
            let mut told = Vec::new();
            each(text.as_bytes(), |cluster| told.push(cluster));
            for start in 0..text.len() {
                let stretch = start..(start + WITHIN).min(text.len());
                if dense(&text.as_bytes()[stretch.clone()]) {
                    prop_assert!(
                        told.iter().any(|c| c.start <= stretch.start && stretch.end <= c.end),
                        "{:?} not in {:?}", stretch, told
                    );
                }
            }
        }
    }

    #[test]
    fn seven_within_thirty_two() {
        assert!(dense(b"1234567"));
        assert!(!dense(b"123456"));
        let spread = |gap: usize| format!("123456{}7", " ".repeat(gap));
        assert!(dense(spread(25).as_bytes()));
        assert!(!dense(spread(26).as_bytes()));
    }

    #[test]
    fn text_without_digits_has_no_clusters() {
        each(&[b'a'; 4096], |_| unreachable!());
        each(b"2026-1-2", |_| unreachable!());
        each(b"", |_| unreachable!());
    }

    #[test]
    fn a_long_table_is_told_in_parts() {
        let mut clusters = Vec::new();
        each(&[b'7'; 10_000], |cluster| clusters.push(cluster));
        assert!(clusters.len() > 5);
        assert!(clusters.iter().all(|cluster| cluster.len() <= CLUSTER_BYTES + 4 * BLOCK));
    }
}
