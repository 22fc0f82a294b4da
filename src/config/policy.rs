//! `[policy]`: what is done with what was found.

use super::rules::{NOT_A_SELECTOR, Selector};
use super::table::Table;
use crate::limits;
use crate::policy::DropScope;
use crate::rule::{Action, TokenKind};
use crate::secret::Secret;

/// What is done with what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// When neither `actions` nor the rule itself says otherwise.
    pub default_action: Action,
    /// What the operator says, over what the rule says.
    pub actions: Vec<(Selector, Action)>,
    /// What `drop` takes out.
    pub drop: DropScope,
    /// The key of tokens and fingerprints, at least [`limits::TOKEN_KEY_BYTES`] long. `None`: one is made on
    /// first start, and kept in the data directory.
    pub hmac_key: Option<Secret>,
    /// The key before: its fingerprints are told too while it is here.
    pub previous_hmac_key: Option<Secret>,
    /// How long the tokens of some rules mean the same, over what the rule says.
    pub tokens: Vec<(Selector, TokenKind)>,
}

const ACTIONS: [(&str, Action); 5] = [
    ("mask", Action::Mask),
    ("hash", Action::Hash),
    ("partial", Action::Partial),
    ("drop", Action::Drop),
    ("report", Action::Report),
];

const TOKENS: [(&str, TokenKind); 2] = [("lasting", TokenKind::Lasting), ("fleeting", TokenKind::Fleeting)];

const DROPS: [(&str, DropScope); 2] = [("attribute", DropScope::Attribute), ("record", DropScope::Record)];

impl Policy {
    /// What the operator says is done with findings of a rule: the most exact selector decides.
    #[must_use]
    pub fn action_for(&self, id: &str) -> Option<Action> {
        most_exact(&self.actions, id)
    }

    /// How long the operator says the tokens of a rule mean the same, by the same measure.
    #[must_use]
    pub fn token_for(&self, id: &str) -> Option<TokenKind> {
        most_exact(&self.tokens, id)
    }

    pub(super) fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.actions
            .iter()
            .map(|(selector, _)| selector)
            .chain(self.tokens.iter().map(|(selector, _)| selector))
    }
}

fn most_exact<T: Copy>(chosen: &[(Selector, T)], id: &str) -> Option<T> {
    let selected = chosen.iter().filter_map(|(selector, value)| Some((selector.selects(id)?, *value)));
    selected.max_by_key(|(exactness, _)| *exactness).map(|(_, value)| value)
}

pub(super) fn read(table: &mut Table<'_>) -> Policy {
    Policy {
        default_action: table.choice("default_action", &ACTIONS, Action::Mask),
        actions: read_choices(table, "actions", &ACTIONS),
        drop: table.choice("drop", &DROPS, DropScope::default()),
        hmac_key: table.text("hmac_key").and_then(|text| text.parse(key)),
        previous_hmac_key: table.text("previous_hmac_key").and_then(|text| text.parse(key)),
        tokens: read_choices(table, "tokens", &TOKENS),
    }
}

/// Values by rule.
fn read_choices<T: Copy>(
    table: &mut Table<'_>,
    name: &'static str,
    choices: &[(&str, T)],
) -> Vec<(Selector, T)> {
    let entries = table.map(name).into_iter();
    let parsed = entries.filter_map(|(id, text)| {
        let selector = Selector::new(id, text.place());
        if selector.is_none() {
            text.complain(&format!("the key {NOT_A_SELECTOR}"));
        }
        let chosen = text.choice(choices);
        Some((selector?, chosen?))
    });
    parsed.collect()
}

/// The first of hex, base64 and the characters themselves that gives enough bytes. Which of them it is
/// does not matter to anyone but us, as long as it is always the same.
fn key(value: &str) -> Result<Secret, String> {
    let value = value.trim();
    let hex = data_encoding::HEXLOWER_PERMISSIVE.decode(value.as_bytes());
    let base64 = data_encoding::BASE64.decode(value.as_bytes());
    let decoded = [hex.ok(), base64.ok(), Some(value.as_bytes().to_vec())].into_iter().flatten();
    // Kept wrapped, so that what was tried is wiped too.
    let mut tried = decoded.map(Secret::new);
    tried.find(|key| key.expose().len() >= limits::TOKEN_KEY_BYTES).ok_or_else(|| {
        format!("is shorter than {} bytes; make one with `openssl rand -base64 32`", limits::TOKEN_KEY_BYTES)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_hex_or_base64_or_itself_and_long_enough() {
        let cases = [
            ("ab".repeat(32), Some(vec![0xab; 32])),
            ("AB".repeat(32), Some(vec![0xab; 32])),
            ("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=".to_owned(), Some(vec![0xaa; 32])),
            ("correct horse battery staple, he said".to_owned(), None),
            ("x".repeat(32), Some(vec![b'x'; 32])),
            (format!("{}\n", "x".repeat(33)), Some(vec![b'x'; 33])),
        ];
        for (text, bytes) in cases {
            let expected = bytes.unwrap_or_else(|| text.clone().into_bytes());
            assert_eq!(key(&text).unwrap().expose(), expected, "{text}");
        }
        for short in ["", "x", &"x".repeat(31), &"\u{e9}".repeat(15)] {
            assert!(key(short).is_err(), "{short}");
        }
    }
}
