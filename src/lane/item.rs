//! One entry as it lies in a file.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the version, [`VERSION`] |
//! | 8 | `SipHash` of all that follows: against rot, not against people |
//! | 8 | records |
//! | 8 | when it was taken, in milliseconds since 1970 |
//! | 4 | length of the head |
//! | | head, and then body |
//!
//! Numbers are little-endian. A version is never read in another way than it was written; a new layout
//! is a new number, and the readers of the old ones stay until no release writes them any more.

use crate::limits;
use bytes::Bytes;
use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const VERSION: u8 = 1;

/// What a lane takes, and gives back as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// What its owner knows of it besides the body. Small.
    pub(crate) head: Bytes,
    /// What it is about.
    pub(crate) body: Bytes,
    /// Spans, log records, data points or alerts in it.
    pub(crate) records: u64,
}

impl Item {
    /// Bytes it counts for.
    pub(crate) fn cost(&self) -> usize {
        self.body.len().saturating_add(limits::QUEUE_ENTRY_BYTES)
    }

    /// As it lies in a file.
    pub(super) fn encode(&self, taken: SystemTime) -> Vec<u8> {
        let millis = taken.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let head = u32::try_from(self.head.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(29 + self.head.len() + self.body.len());
        bytes.push(VERSION);
        bytes.extend([0; 8]);
        bytes.extend(self.records.to_le_bytes());
        bytes.extend(u64::try_from(millis).unwrap_or(u64::MAX).to_le_bytes());
        bytes.extend(head.to_le_bytes());
        bytes.extend_from_slice(&self.head);
        bytes.extend_from_slice(&self.body);
        if let Some((sum, rest)) = bytes.get_mut(1..).and_then(|bytes| bytes.split_at_mut_checked(8)) {
            sum.copy_from_slice(&checksum(rest).to_le_bytes());
        }
        bytes
    }

    /// What was encoded and when it was taken; `None`, if these bytes are not what was written.
    pub(super) fn decode(bytes: &Bytes) -> Option<(Self, SystemTime)> {
        let (version, rest) = bytes.split_first()?;
        let (sum, rest) = rest.split_first_chunk()?;
        if *version != VERSION || u64::from_le_bytes(*sum) != checksum(rest) {
            return None;
        }
        let (records, rest) = rest.split_first_chunk()?;
        let (millis, rest) = rest.split_first_chunk()?;
        let (head, rest) = rest.split_first_chunk()?;
        let head = usize::try_from(u32::from_le_bytes(*head)).ok()?;
        let (head, body) = rest.split_at_checked(head)?;
        let taken = UNIX_EPOCH + Duration::from_millis(u64::from_le_bytes(*millis));
        let records = u64::from_le_bytes(*records);
        Some((Self { head: bytes.slice_ref(head), body: bytes.slice_ref(body), records }, taken))
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn item(head: &'static [u8], body: &'static [u8]) -> Item {
        Item { head: Bytes::from_static(head), body: Bytes::from_static(body), records: 3 }
    }

    #[test]
    fn what_was_written_comes_back() {
        let taken = UNIX_EPOCH + Duration::from_millis(1_764_313_200_123);
        for item in [item(b"", b""), item(b"ci", b""), item(b"", b"body"), item(b"ci", b"body")] {
            let bytes = Bytes::from(item.encode(taken));
            assert_eq!(Item::decode(&bytes).unwrap(), (item, taken));
        }
    }

    #[test]
    fn no_single_wrong_bit_and_no_cut_is_taken_for_what_was_written() {
        let bytes = item(b"ci", b"body").encode(UNIX_EPOCH);
        for at in 0..bytes.len() * 8 {
            let mut wrong = bytes.clone();
            wrong[at / 8] ^= 1 << (at % 8);
            assert_eq!(Item::decode(&Bytes::from(wrong)), None, "bit {at}");
        }
        for end in 0..bytes.len() {
            assert_eq!(Item::decode(&Bytes::copy_from_slice(&bytes[..end])), None, "{end} bytes");
        }
    }

    /// Entries of the last release are read by this one. This text changes only with a new version, and
    /// then there are two of them.
    #[test]
    fn version_1_is_read_for_ever() {
        let written = b"01665c34f81e20ef9a0300000000000000ea03000000000000020000006369626f6479";
        let bytes = data_encoding::HEXLOWER.decode(written).unwrap();
        let (read, taken) = Item::decode(&Bytes::from(bytes)).unwrap();
        assert_eq!(read, item(b"ci", b"body"));
        assert_eq!(taken, UNIX_EPOCH + Duration::from_millis(1002));
    }
}
