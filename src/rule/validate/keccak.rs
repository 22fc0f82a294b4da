//! Keccak-256 as it was before it became SHA-3: the digest that Ethereum and Monero check their addresses with.
//!
//! Not done: speed. It is asked of a match that looks like an address in everything else, and of no more.

/// Bytes that are taken in at once.
const RATE: usize = 136;
const ROUNDS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];
/// Where the lane goes that the walk comes to, and how far it is turned.
const WALK: [(usize, u32); 24] = [
    (10, 1),
    (7, 3),
    (11, 6),
    (17, 10),
    (18, 15),
    (3, 21),
    (5, 28),
    (16, 36),
    (8, 45),
    (21, 55),
    (24, 2),
    (4, 14),
    (15, 27),
    (23, 41),
    (19, 56),
    (13, 8),
    (12, 25),
    (2, 43),
    (20, 62),
    (14, 18),
    (22, 39),
    (9, 61),
    (6, 20),
    (1, 44),
];

type State = [u64; 25];

/// The digest of some bytes.
pub(super) fn digest(message: &[u8]) -> [u8; 32] {
    let mut state: State = [0; 25];
    let (blocks, rest) = message.as_chunks::<RATE>();
    blocks.iter().for_each(|block| take_in(&mut state, block));
    let mut last = [0u8; RATE];
    for (place, byte) in last.iter_mut().zip(rest.iter().chain(&[1])) {
        *place = *byte;
    }
    if let Some(end) = last.last_mut() {
        *end |= 0x80;
    }
    take_in(&mut state, &last);
    let mut out = [0u8; 32];
    for (place, byte) in out.iter_mut().zip(state.iter().flat_map(|lane| lane.to_le_bytes())) {
        *place = byte;
    }
    out
}

fn take_in(state: &mut State, block: &[u8; RATE]) {
    for (lane, bytes) in state.iter_mut().zip(block.as_chunks::<8>().0) {
        *lane ^= u64::from_le_bytes(*bytes);
    }
    ROUNDS.iter().for_each(|constant| round(state, *constant));
}

fn round(state: &mut State, constant: u64) {
    mix_columns(state);
    let mut held = at(state, 1);
    for (to, turn) in WALK {
        if let Some(lane) = state.get_mut(to) {
            held = std::mem::replace(lane, held.rotate_left(turn));
        }
    }
    for row in state.as_chunks_mut::<5>().0 {
        let [a, b, c, d, e] = *row;
        *row = [a ^ (!b & c), b ^ (!c & d), c ^ (!d & e), d ^ (!e & a), e ^ (!a & b)];
    }
    if let Some(first) = state.first_mut() {
        *first ^= constant;
    }
}

/// Adds to every lane the columns beside its own.
fn mix_columns(state: &mut State) {
    let column = |x: usize| (0..5).fold(0, |sum, y| sum ^ at(state, x + 5 * y));
    let sums = [column(0), column(1), column(2), column(3), column(4)];
    let sum = |x: usize| sums.get(x % 5).copied().unwrap_or_default();
    for (place, lane) in state.iter_mut().enumerate() {
        *lane ^= sum(place % 5 + 4) ^ sum(place % 5 + 1).rotate_left(1);
    }
}

fn at(state: &State, place: usize) -> u64 {
    state.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests of nothing and of `abc` that the Keccak team publishes, and one that fills a block.
    #[test]
    fn published_digests_are_the_same() {
        let hex = |message: &[u8]| digest(message).map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(hex(b""), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
        assert_eq!(hex(b"abc"), "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
        assert_ne!(hex(&[0; RATE]), hex(&[0; RATE - 1]));
    }
}
