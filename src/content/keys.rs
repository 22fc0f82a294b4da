//! What a key says of its value, remembered from one object to the next: agents write the same few keys over and over.

use super::base64;
use super::call::InCall;
use super::join;
use super::look::Look;
use super::role::Role;
use crate::numbered;

/// Bytes of the longest key that is remembered.
const LONGEST: usize = 23;

/// Bits of the number of places to remember a key in.
const PLACE_BITS: u32 = 6;

/// What a key says.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The same number for keys that are the same but for digits: what stands under `chunk0` and `chunk1` may be pieces
    /// of one. Two keys with one number are taken for siblings, which costs time alone.
    pub(super) kind: u64,
    pub(super) role: Role,
    /// Whether there may be more in it than it says as it stands. Most are a word.
    pub(super) is_spelled: bool,
    /// Whether its values are one of a few words.
    pub(super) is_of_words: bool,
    /// What it says in a call of a tool.
    pub(super) in_call: InCall,
}

impl Meaning {
    fn of(key: &[u8]) -> Self {
        let is_spelled = Look::at(key).spelled || base64::next(key, &(0..key.len())).is_some();
        Self {
            kind: kind(key),
            role: Role::of(key),
            is_spelled,
            is_of_words: join::is_of_words(key),
            in_call: InCall::of(key),
        }
    }
}

/// The keys that came last.
#[derive(Default)]
pub(super) struct Keys {
    /// By the first bits of their hash; empty before the first comes.
    places: Vec<Place>,
}

#[derive(Default, Clone, Copy)]
struct Place {
    key: [u8; LONGEST],
    len: u8,
    meaning: Meaning,
}

impl Keys {
    pub(super) fn meaning(&mut self, key: &[u8]) -> Meaning {
        if self.places.is_empty() {
            self.places.resize(1 << PLACE_BITS, Place::default());
        }
        let place = self.places.get_mut((hash(key) >> (u64::BITS - PLACE_BITS)) as usize);
        let Some(place) = place.filter(|_| (1..=LONGEST).contains(&key.len())) else {
            return Meaning::of(key);
        };
        if place.key() != key {
            *place = Place::new(key, Meaning::of(key));
        }
        place.meaning
    }

    /// Bytes it holds on to, about.
    pub(super) fn capacity(&self) -> usize {
        self.places.capacity() * size_of::<Place>()
    }
}

impl Place {
    /// For a key of at most [`LONGEST`] bytes.
    fn new(key: &[u8], meaning: Meaning) -> Self {
        let mut place = Self { key: [0; LONGEST], len: key.len() as u8, meaning };
        place.key.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        place
    }

    fn key(&self) -> &[u8] {
        self.key.get(..usize::from(self.len)).unwrap_or_default()
    }
}

fn kind(key: &[u8]) -> u64 {
    if key.iter().any(u8::is_ascii_digit) { hash(&numbered::split(key).0) } else { hash(key) }
}

fn hash(key: &[u8]) -> u64 {
    let fold = |kind: u64, word: u64| (kind ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    let (words, rest) = key.as_chunks::<8>();
    let kind = words.iter().fold(key.len() as u64, |kind, word| fold(kind, u64::from_le_bytes(*word)));
    fold(kind, rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_a_key_says() {
        let mut keys = Keys::default();
        let long = "a_rather_long_variable_name";
        let some = ["", "role", "name", "na\\u006de", "cGFzc3dvcmQ9aHVudGVyMg", long, "value", "k"];
        let many = (0..500).map(|number| format!("key_{number}"));
        let all: Vec<String> = some.iter().map(ToString::to_string).chain(many).collect();
        for key in all.iter().chain(&all) {
            let key = key.as_bytes();
            assert_eq!(keys.meaning(key), Meaning::of(key));
        }
        let told = |key: &str| Meaning::of(key.as_bytes());
        assert!(told("role").is_of_words && !told("name2").is_of_words);
        assert!(told("na\\u006de").is_spelled && told("cGFzc3dvcmQ9aHVudGVyMg").is_spelled);
        assert!(!told("name").is_spelled);
        assert_eq!(told("chunk9").kind, told("chunk10").kind);
        assert!(told("chunk9").kind != told("chunk").kind && told("a").kind != told("b").kind);
    }
}
