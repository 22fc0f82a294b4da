//! Remembering what was decided on a content, because telemetry repeats itself.
//!
//! Every chat span carries the whole conversation so far, a parent span the same as its child, a log
//! record the same as its span, and tool definitions come again each round. Opening, scanning and deciding
//! depend on the bytes of a content and its name alone (and, where a rule has a scope, on where it stands), so the
//! answer for bytes seen before is the answer now.
//!
//! Contents are told apart by a keyed 128-bit digest (SipHash-1-3-128 under a key drawn at start). Keyed,
//! because a sender who could make a secret collide with a harmless text would slip it through; a text
//! itself is never kept. What is kept holds ranges, placeholders and clean keys.
//!
//! Bounded by two generations: when the young one is full it becomes the old one, and what is not asked
//! for in the meantime goes with the next change. Each redactor has a memory of its own, so there is no
//! lock; the price is that each core learns for itself.

use super::Name;
use super::subject::Subject;
use super::verdict::Verdict;
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash as _, Hasher};
use std::sync::Arc;

/// Contents of one generation. An entry takes 24 bytes, and what was found.
const ENTRIES: usize = 1 << 17;

/// Bytes of verdicts of one generation.
const VERDICT_BYTES: usize = 8 << 20;

type Generation = HashMap<u128, Option<Arc<Verdict>>, BuildHasherDefault<AlreadyHashed>>;

/// What was decided on contents seen before.
pub(super) struct Memory {
    keyed: SipHasher13,
    young: Generation,
    old: Generation,
    verdict_bytes: usize,
}

impl Memory {
    /// An empty memory under a fresh key. Without randomness there is none: nothing is remembered.
    pub(super) fn new() -> Option<Self> {
        let mut key = [0; 16];
        getrandom::fill(&mut key).ok()?;
        let keyed = SipHasher13::new_with_key(&key);
        Some(Self { keyed, young: Generation::default(), old: Generation::default(), verdict_bytes: 0 })
    }

    /// What a content of this name is known by.
    pub(super) fn digest(&self, name: Name<'_>, content: &(impl Subject + ?Sized)) -> u128 {
        let mut hasher = self.keyed;
        hasher.write(name.key.unwrap_or_default().as_bytes());
        if let Some(site) = name.site {
            site.hash(&mut hasher);
        }
        // No text has these bytes in it: a key and its content cannot run into one another.
        hasher.write_u8(if name.identifies { 0xfe } else { 0xff });
        content.hash(&mut hasher);
        hasher.finish128().as_u128()
    }

    /// What was decided, if it was seen: `None` inside for a content with nothing in it.
    pub(super) fn recall(&mut self, digest: u128) -> Option<Option<Arc<Verdict>>> {
        if let Some(known) = self.young.get(&digest) {
            return Some(known.clone());
        }
        let known = self.old.remove(&digest)?;
        self.remember(digest, known.clone());
        Some(known)
    }

    /// Keeps what was decided.
    pub(super) fn remember(&mut self, digest: u128, verdict: Option<Arc<Verdict>>) {
        let bytes = verdict.as_ref().map_or(0, |verdict| verdict.cost());
        if self.young.len() >= ENTRIES || self.verdict_bytes + bytes > VERDICT_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.verdict_bytes = 0;
        }
        if bytes <= VERDICT_BYTES {
            self.verdict_bytes += bytes;
            self.young.insert(digest, verdict);
        }
    }
}

/// A digest is as good a hash as any.
#[derive(Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte));
    }

    fn write_u128(&mut self, digest: u128) {
        self.0 = (digest >> 64) as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rule::Site;
    use crate::signal::Signal;

    #[test]
    fn a_content_is_known_by_its_key_and_its_bytes() {
        let memory = Memory::new().unwrap();
        let name = |key| Name { key, identifies: false, site: None };
        let digest = memory.digest(name(Some("ab")), &b"c"[..]);
        assert_eq!(digest, memory.digest(name(Some("ab")), &b"c"[..]));
        for (key, content) in [(Some("a"), "bc"), (None, "abc"), (Some("ab"), "d"), (Some("abc"), "")] {
            assert_ne!(digest, memory.digest(name(key), content.as_bytes()), "{key:?} {content}");
        }
        assert_ne!(digest, memory.digest(Name { identifies: true, ..name(Some("ab")) }, &b"c"[..]));
        let site = Site { signal: Some(Signal::Logs), agent: None, path: "log.body" };
        let there = |site| memory.digest(Name { site: Some(site), ..name(Some("ab")) }, &b"c"[..]);
        for other in [
            Site { signal: Some(Signal::Traces), ..site },
            Site { agent: Some("codex"), ..site },
            Site { path: "log.bod", ..site },
        ] {
            assert_ne!(there(site), there(other), "{other:?}");
        }
        let other = Memory::new().unwrap().digest(name(Some("ab")), &b"c"[..]);
        assert_ne!(digest, other, "each has its own key");
    }

    #[test]
    fn what_is_not_asked_for_is_forgotten() {
        let mut memory = Memory::new().unwrap();
        let digest = |number: usize| (number as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        memory.remember(digest(0), None);
        (1..=ENTRIES).for_each(|number| memory.remember(digest(number), None));
        assert_eq!(memory.recall(digest(0)), Some(None), "from the old generation, and young again");
        (ENTRIES..=3 * ENTRIES).for_each(|number| memory.remember(digest(number), None));
        assert_eq!(memory.recall(digest(0)), None);
        assert!(memory.young.len() + memory.old.len() <= 2 * ENTRIES);
    }
}
