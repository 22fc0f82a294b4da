//! Keyed tokens: how the same secret is recognised without being kept.
//!
//! A plain hash of a phone number or a short password can be looked up in a table. A token is an
//! HMAC under a key only this deployment holds, cut to 80 bits: enough that two secrets never meet
//! by chance, and short enough to read out. It is made of the *decoded* secret, so that it is the same
//! however deep in escapes the secret stood, and of the family of the rule that found it ([`crate::rule::Rule::family`]):
//! that a password is somebody's date of birth, too, shows to nobody, and a password is the same secret whichever
//! of the rules for passwords found it. Considered and not done: of the rule itself. The same password in a
//! settings file and in a command line would be two secrets.
//!
//! A key has an id, which says nothing of it: tokens of one key can be compared. When a key is changed, the
//! tokens of the one before are made as well, for as long as an operator wants it: see [`Keys`].

use crate::limits::TOKEN_KEY_BYTES;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Separates these tokens from anything else the key is used for.
const DOMAIN: &[u8] = b"blackbar/token/v2\0";

/// The same for names.
const NAME_DOMAIN: &[u8] = b"blackbar/name/v1\0";

/// The same for ids of keys.
const ID_DOMAIN: &[u8] = b"blackbar/key-id/v1\0";

/// Characters of the id of a key: 40 bits.
const ID_CHARACTERS: usize = 8;

/// The key of a deployment, ready for use. Not printable.
#[derive(Clone)]
pub struct TokenKey {
    tokens: Hmac<Sha256>,
    names: Hmac<Sha256>,
    id: Arc<str>,
}

/// The keys that tokens are made with.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The key of today.
    pub now: TokenKey,
    /// The one before, for as long as people compare with what they have of it.
    pub before: Option<TokenKey>,
    /// One that nobody keeps: what is made with it means nothing after this run. `None` without randomness.
    fleeting: Option<TokenKey>,
}

/// The key is shorter than [`TOKEN_KEY_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token key has {0} bytes: it needs at least {TOKEN_KEY_BYTES}")]
pub struct ShortKey(pub usize);

/// Sixteen lower-case base32 characters that stand for a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token([u8; Token::CHARACTERS]);

impl TokenKey {
    /// Takes a key.
    ///
    /// # Errors
    /// [`ShortKey`].
    pub fn new(key: &[u8]) -> Result<Self, ShortKey> {
        if key.len() < TOKEN_KEY_BYTES {
            return Err(ShortKey(key.len()));
        }
        let of = |domain: &[u8]| -> Result<Hmac<Sha256>, ShortKey> {
            let mac: Hmac<Sha256> = Hmac::new_from_slice(key).map_err(|_| ShortKey(key.len()))?;
            Ok(mac.chain_update(domain))
        };
        let id = base32(of(ID_DOMAIN)?.finalize().into_bytes().into());
        let id = String::from_utf8_lossy(id.get(..ID_CHARACTERS).unwrap_or_default()).into();
        Ok(Self { tokens: of(DOMAIN)?, names: of(NAME_DOMAIN)?, id })
    }

    /// What the key is known by: eight characters that say nothing of it.
    #[must_use]
    pub const fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The token of a decoded secret that a rule of this family found.
    #[must_use]
    pub fn token(&self, family: &str, secret: &[u8]) -> Token {
        // No id has this byte in it: a family and a secret cannot run into one another.
        let mac = self.tokens.clone().chain_update(family).chain_update([0]).chain_update(secret);
        Token(base32(mac.finalize().into_bytes().into()))
    }

    /// A name for something that is described by these parts: 32 hex characters, the same for the same
    /// parts. Nobody without the key can make one up.
    #[must_use]
    pub fn name(&self, parts: &[&[u8]]) -> String {
        let mut mac = self.names.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        let digest = mac.finalize().into_bytes();
        data_encoding::HEXLOWER.encode(digest.get(..16).unwrap_or_default())
    }
}

impl Keys {
    /// These keys, and a fleeting one.
    #[must_use]
    pub fn new(now: TokenKey, before: Option<TokenKey>) -> Self {
        let mut drawn = Zeroizing::new([0; TOKEN_KEY_BYTES]);
        let fleeting = getrandom::fill(&mut *drawn).ok().and_then(|()| TokenKey::new(&*drawn).ok());
        Self { now, before, fleeting }
    }

    /// The key that nobody keeps.
    #[must_use]
    pub const fn fleeting(&self) -> Option<&TokenKey> {
        self.fleeting.as_ref()
    }
}

impl From<TokenKey> for Keys {
    fn from(now: TokenKey) -> Self {
        Self::new(now, None)
    }
}

impl Token {
    /// The token of what is not told apart.
    pub const NONE: Self = Self(*b"aaaaaaaaaaaaaaaa");

    /// Characters of a token.
    pub const CHARACTERS: usize = 16;

    /// Whether a text could be a token.
    #[must_use]
    pub fn is_one(text: &[u8]) -> bool {
        text.len() == Self::CHARACTERS && text.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
    }

    /// A token as it was written.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::is_one(text.as_bytes()).then_some(())?;
        text.as_bytes().try_into().ok().map(Self)
    }

    /// The sixteen characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The first eighty bits in the alphabet of RFC 4648, section 6, in lower case: five bits a character.
fn base32(digest: [u8; 32]) -> [u8; Token::CHARACTERS] {
    let bits = digest.iter().take(10).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut characters = [0; Token::CHARACTERS];
    for (place, character) in characters.iter_mut().rev().enumerate() {
        let five = (bits >> (5 * place) & 31) as u8;
        *character = if five < 26 { b'a' + five } else { b'2' + five - 26 };
    }
    characters
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn a_token_depends_on_key_rule_and_secret() {
        let key = TokenKey::new(&[7; 32]).unwrap();
        let other = TokenKey::new(&[8; 32]).unwrap();
        let token = key.token("fake.rule", b"hunter2");
        assert_eq!(token, key.token("fake.rule", b"hunter2"));
        assert_ne!(token, key.token("fake.rule", b"hunter3"));
        assert_ne!(token, key.token("fake.rul", b"ehunter2"));
        assert_ne!(token, key.token("fake.other", b"hunter2"));
        assert_ne!(token, other.token("fake.rule", b"hunter2"));
        assert_eq!(token.as_str().len(), 16);
        assert!(token.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        assert_eq!(key.id().len(), ID_CHARACTERS);
        assert_ne!(key.id(), other.id());
    }

    #[test]
    fn a_fleeting_key_is_another_in_each_run() {
        let key = TokenKey::new(&[7; 32]).unwrap();
        let of = |keys: Keys| keys.fleeting().unwrap().token("fake.rule", b"1234");
        assert_ne!(of(Keys::from(key.clone())), of(Keys::from(key)));
    }

    #[test]
    fn a_name_depends_on_key_and_parts_and_where_one_ends() {
        let key = TokenKey::new(&[7; 32]).unwrap();
        let other = TokenKey::new(&[8; 32]).unwrap();
        assert_eq!(key.name(&[b"a", b"bc"]), key.name(&[b"a", b"bc"]));
        assert_ne!(key.name(&[b"a", b"bc"]), key.name(&[b"ab", b"c"]));
        assert_ne!(key.name(&[b"a"]), other.name(&[b"a"]));
        assert_eq!(key.name(&[]).len(), 32);
    }

    #[test]
    fn a_token_is_the_base32_of_a_digest() {
        let mut digest = [0; 32];
        digest[..10].copy_from_slice(&[0, 1, 2, 3, 250, 251, 252, 253, 254, 255]);
        let expected = data_encoding::BASE32_NOPAD.encode(&digest[..10]).to_ascii_lowercase();
        assert_eq!(Token(base32(digest)).as_str(), expected);
    }

    #[test]
    fn a_short_key_is_refused() {
        assert_eq!(TokenKey::new(&[7; 31]).unwrap_err(), ShortKey(31));
        assert!(TokenKey::new(&[7; 32]).is_ok());
    }
}
