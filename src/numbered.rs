//! Numbers in keys. Keys that are the same but for those, as `chunk.0` and `chunk.1`: what stands under them may be pieces
//! of one text.

/// Whether there is a number in a key.
pub(crate) fn is_numbered(key: &str) -> bool {
    key.bytes().any(|byte| byte.is_ascii_digit())
}

/// A key with a zero for each number in it, and the numbers.
pub(crate) fn split(key: &[u8]) -> (Vec<u8>, Vec<u64>) {
    let is_number = |one: &u8, next: &u8| one.is_ascii_digit() && next.is_ascii_digit();
    let mut numbers = Vec::new();
    let part = |part: &[u8]| {
        let first = *part.first()?;
        if first.is_ascii_digit() {
            let add =
                |number: u64, digit: &u8| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            numbers.push(part.iter().fold(0, add));
            return Some(b'0');
        }
        Some(first)
    };
    let name = key.chunk_by(is_number).filter_map(part).collect();
    (name, numbers)
}

/// Whether numbers are those of the next piece: of `p50` and `p90` none stands between, and they are two things.
pub(crate) fn follow(numbers: &[u64], before: &[u64]) -> bool {
    let differ = numbers.iter().zip(before).find(|(number, before)| number != before);
    numbers.len() == before.len()
        && differ.is_some_and(|(number, before)| Some(*number) == before.checked_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_same_but_for_numbers() {
        for (key, name, numbers) in [
            ("chunk.0", "chunk.0", vec![0]),
            ("chunk.17", "chunk.0", vec![17]),
            ("llm.3.part12", "llm.0.part0", vec![3, 12]),
            ("4", "0", vec![4]),
            ("text", "text", vec![]),
            ("n99999999999999999999999", "n0", vec![u64::MAX]),
        ] {
            assert_eq!(split(key.as_bytes()), (name.into(), numbers));
        }
    }

    #[test]
    fn one_follows_another() {
        assert!(follow(&[1], &[0]) && follow(&[3, 13], &[3, 12]) && follow(&[4, 0], &[3, 12]));
        assert!(!follow(&[90], &[50]) && !follow(&[3], &[3]) && !follow(&[], &[]) && !follow(&[1, 0], &[0]));
    }
}
