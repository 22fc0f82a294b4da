//! What characters a secret has to have, as data: `[rule.characters]`.
//!
//! For formats that promise some of each (`at least one capital and one digit`), and for values that are told from
//! words by nothing else. All of it is of the secret alone.

use serde::Deserialize;

/// The least of each. Zero asks for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Characters {
    /// ASCII digits.
    pub digits: usize,
    /// ASCII capitals.
    pub capitals: usize,
    /// ASCII small letters.
    pub small: usize,
    /// Bytes that are no ASCII letters or digits.
    pub others: usize,
    /// Bytes that differ from each other.
    pub distinct: usize,
}

impl Characters {
    /// Whether a secret has them all.
    #[must_use]
    pub fn are_in(&self, secret: &[u8]) -> bool {
        let count = |is: fn(&u8) -> bool| secret.iter().filter(|byte| is(byte)).count();
        let mut seen = [false; 256];
        secret.iter().for_each(|byte| {
            if let Some(seen) = seen.get_mut(usize::from(*byte)) {
                *seen = true;
            }
        });
        self.digits <= count(u8::is_ascii_digit)
            && self.capitals <= count(u8::is_ascii_uppercase)
            && self.small <= count(u8::is_ascii_lowercase)
            && self.others <= count(|byte| !byte.is_ascii_alphanumeric())
            && self.distinct <= seen.iter().filter(|seen| **seen).count()
    }

    /// What is asked for, for people.
    #[must_use]
    pub fn told(&self) -> String {
        let all = [
            (self.digits, "digits"),
            (self.capitals, "capitals"),
            (self.small, "small letters"),
            (self.others, "others"),
            (self.distinct, "that differ"),
        ];
        let told: Vec<String> = all
            .iter()
            .filter(|(least, _)| *least > 0)
            .map(|(least, what)| format!("{least} {what}"))
            .collect();
        told.join(", ")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_so_many_of_each() {
        for (asked, secret, expected) in [
            ("", "", true),
            ("digits = 2", "ab12", true),
            ("digits = 2", "abc1", false),
            ("capitals = 1\nsmall = 1", "aB", true),
            ("capitals = 1\nsmall = 1", "ab", false),
            ("small = 1", "AB", false),
            ("others = 2", "a-b_", true),
            ("others = 2", "a-b1", false),
            ("distinct = 3", "abcabc", true),
            ("distinct = 4", "abcabc", false),
        ] {
            let characters: Characters = toml::from_str(asked).unwrap();
            assert_eq!(characters.are_in(secret.as_bytes()), expected, "{asked} {secret}");
        }
        assert!(toml::from_str::<Characters>("upper = 1").is_err());
    }
}
