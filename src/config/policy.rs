//! `[policy]`: what is done with what was found.

use super::error::{Error, Origin, Place};
use super::rules::{NOT_A_SELECTOR, Selector};
use super::suppressions::{self, Suppression};
use super::table::{Table, Text};
use crate::limits;
use crate::policy::{DropScope, IDENTITY_KEYS, Identity};
use crate::rule::{Action, Rule, Ruleset, TokenKind};
use crate::seal::{Recipient, SealError};
use crate::secret::Secret;
use crate::token::Token;
use std::collections::HashSet;
use std::time::SystemTime;

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
    /// Findings somebody answers for, those that have not ended.
    pub suppressions: Vec<Suppression>,
    /// Values that are no secrets here, in lower case.
    pub harmless: HashSet<Box<[u8]>>,
    /// What is done with attributes that say who somebody is, by key.
    pub identity: Vec<(Box<str>, Identity)>,
    /// Whom `seal` seals to.
    pub seal_to: Option<Recipient>,
}

const ACTIONS: [(&str, Action); 6] = [
    ("mask", Action::Mask),
    ("hash", Action::Hash),
    ("seal", Action::Seal),
    ("partial", Action::Partial),
    ("drop", Action::Drop),
    ("report", Action::Report),
];

/// An action is `seal`, and no key is given.
pub(super) const NOBODY: &str =
    "is missing: there is nobody to seal to; make a key with `blackbar seal-key FILE`";

const TOKENS: [(&str, TokenKind); 2] = [("lasting", TokenKind::Lasting), ("fleeting", TokenKind::Fleeting)];

const IDENTITIES: [(&str, Identity); 3] =
    [("keep", Identity::Keep), ("hash", Identity::Hash), ("remove", Identity::Remove)];

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

    /// The error to tell if a rule seals, and nobody is given to seal to.
    pub(super) fn nobody_to_seal_to(&self, ruleset: &Ruleset) -> Option<Error> {
        let seals = |rule: &Rule| self.action_for(&rule.id).or(rule.action) == Some(Action::Seal);
        let rule = ruleset.rules().map(|(_, rule)| rule).find(|rule| seals(rule))?;
        let origin = Origin::Line(rule.origin.file.as_str().into(), rule.origin.line);
        let place = Place { origin, key: rule.id.clone() };
        let message = format!("seals what it finds, and policy.seal_to {NOBODY}");
        self.seal_to.is_none().then_some(Error { place, message })
    }

    /// When the first of the suppressions ends.
    #[must_use]
    pub fn next_expiry(&self) -> Option<SystemTime> {
        self.suppressions.iter().map(|suppression| suppression.expires).min()
    }

    /// The fingerprints that are suppressed for a rule.
    #[must_use]
    pub fn suppressed_for(&self, id: &str) -> HashSet<Token> {
        let of_rule = self.suppressions.iter().filter(|suppression| suppression.rule.selects(id).is_some());
        of_rule.map(|suppression| suppression.fingerprint).collect()
    }

    pub(super) fn selectors(&self) -> impl Iterator<Item = &Selector> {
        let suppressed = self.suppressions.iter().map(|suppression| &suppression.rule);
        let actions = self.actions.iter().map(|(selector, _)| selector);
        actions.chain(self.tokens.iter().map(|(selector, _)| selector)).chain(suppressed)
    }
}

fn most_exact<T: Copy>(chosen: &[(Selector, T)], id: &str) -> Option<T> {
    let selected = chosen.iter().filter_map(|(selector, value)| Some((selector.selects(id)?, *value)));
    selected.max_by_key(|(exactness, _)| *exactness).map(|(_, value)| value)
}

pub(super) fn read(table: &mut Table<'_>) -> Policy {
    let policy = read_all(table);
    let actions = policy.actions.iter().map(|(_, action)| *action);
    let seals = actions.chain([policy.default_action]).any(|action| action == Action::Seal);
    if seals && policy.seal_to.is_none() && !table.has("seal_to") {
        table.report("seal_to", NOBODY);
    }
    policy
}

fn read_all(table: &mut Table<'_>) -> Policy {
    Policy {
        default_action: table.choice("default_action", &ACTIONS, Action::Mask),
        actions: read_choices(table, "actions", &ACTIONS),
        drop: table.choice("drop", &DROPS, DropScope::default()),
        hmac_key: table.text("hmac_key").and_then(|text| text.parse(key)),
        previous_hmac_key: table.text("previous_hmac_key").and_then(|text| text.parse(key)),
        tokens: read_choices(table, "tokens", &TOKENS),
        suppressions: suppressions::read(table, SystemTime::now()),
        harmless: read_harmless(table),
        identity: read_identity(table),
        seal_to: table
            .text("seal_to")
            .and_then(|text| text.parse(|value| value.parse().map_err(|error: SealError| error.to_string()))),
    }
}

/// Short ones are refused: they are in the middle of everything.
fn read_harmless(table: &mut Table<'_>) -> HashSet<Box<[u8]>> {
    let texts = table.texts("harmless").unwrap_or_default();
    let lower = |text: &Text<'_>| {
        let value = text.value.to_ascii_lowercase();
        if value.len() < limits::HARMLESS_BYTES {
            text.complain(&format!("is shorter than {} bytes", limits::HARMLESS_BYTES));
            return None;
        }
        Some(value.into_bytes().into_boxed_slice())
    };
    texts.iter().filter_map(lower).collect()
}

/// `"*"` stands for every attribute that agents write.
fn read_identity(table: &mut Table<'_>) -> Vec<(Box<str>, Identity)> {
    let written = table.map("identity").into_iter();
    let written: Vec<_> = written.filter_map(|(key, text)| Some((key, text.choice(&IDENTITIES)?))).collect();
    let all = written.iter().find(|(key, _)| *key == "*").map_or(Identity::Keep, |(_, all)| *all);
    let agents = IDENTITY_KEYS.iter().map(|key| ((*key).into(), all));
    let others = written.iter().filter(|(key, _)| *key != "*").map(|(key, what)| ((&**key).into(), *what));
    agents.chain(others).collect()
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
