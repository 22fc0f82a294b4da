//! Sealing: a value for the eyes of the security team alone.
//!
//! What is sealed can be opened by whoever holds the identity file, and by nobody else: the proxy has the public
//! half, and forgets the value. HPKE (RFC 9180) in base mode, one encapsulation a value: X25519, HKDF-SHA256,
//! ChaCha20-Poly1305.
//!
//! The plaintext is the length of the rule's id, the id, the length of the secret, the secret, and zeros up to
//! the next multiple of [`BLOCK`]: how long a secret is does not show but roughly. Who sealed it is not proved:
//! anyone can seal to a public key. The alert it stands in says who sent it.
//!
//! Considered and not done: the age format. Its crate brings 75 others (a translation framework among them),
//! this one fourteen. Several recipients: an identity file can be shared, or alerts sealed again.

use data_encoding::BASE64URL_NOPAD;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Longest secret that is sealed, in bytes: a private key in its armour has 3,300.
pub const LONGEST: usize = 8 << 10;

/// What a sealed value begins with.
pub const MARK: &str = "blackbar-sealed-1:";

/// What a public key begins with.
const RECIPIENT: &str = "blackbar-seal-to-1:";

/// What an identity begins with.
const IDENTITY: &str = "blackbar-identity-1:";

/// Ties what is sealed to this use of the key.
const INFO: &[u8] = b"blackbar/seal/v1";

/// Bytes of a public key, a private key and an encapsulated one (RFC 9180, table 2).
const KEY_BYTES: usize = 32;

/// Plaintexts are a multiple of this, in bytes.
const BLOCK: usize = 256;

type Scheme = X25519HkdfSha256;

/// The public half: seals.
#[derive(Clone)]
pub struct Recipient(Arc<<Scheme as Kem>::PublicKey>);

/// The private half: opens.
pub struct Identity(<Scheme as Kem>::PrivateKey);

/// What was sealed.
pub struct Opened {
    /// The id of the rule that found it.
    pub rule: String,
    /// The secret.
    pub secret: Zeroizing<Vec<u8>>,
}

/// Text that is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Of a public key.
    #[error("is not a public key to seal to: it begins with {RECIPIENT} and comes from `blackbar seal-key`")]
    Recipient,
    /// Of an identity.
    #[error("holds no identity: it begins with {IDENTITY} and comes from `blackbar seal-key`")]
    Identity,
    /// Of a sealed value.
    #[error("is not a whole sealed value: it begins with {MARK}")]
    Sealed,
    /// It is one, for somebody else or changed on the way.
    #[error("cannot be opened with this identity: it was sealed to another, or changed on the way")]
    Closed,
}

impl Recipient {
    /// Seals what a rule found: a line of ASCII. `None`: it is longer than [`LONGEST`].
    ///
    /// # Panics
    /// If the system has no randomness.
    #[must_use]
    pub fn seal(&self, rule: &str, secret: &[u8]) -> Option<String> {
        let plaintext = padded(rule, secret)?;
        let sealed = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Scheme>(
            &OpModeS::Base,
            &self.0,
            INFO,
            &plaintext,
            &[],
        );
        let (encapsulated, mut text) = sealed.ok()?;
        let mut bytes = encapsulated.to_bytes().to_vec();
        bytes.append(&mut text);
        Some(format!("{MARK}{}", BASE64URL_NOPAD.encode(&bytes)))
    }
}

impl Identity {
    /// A new one.
    ///
    /// # Panics
    /// If the system has no randomness.
    #[must_use]
    pub fn new() -> Self {
        Self(Scheme::gen_keypair().0)
    }

    /// Whom to seal to.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(Arc::new(Scheme::sk_to_pk(&self.0)))
    }

    /// The line to keep.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(self.0.to_bytes().to_vec());
        Zeroizing::new(format!("{IDENTITY}{}", BASE64URL_NOPAD.encode(&bytes)))
    }

    /// Opens what was sealed.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, sealed: &str) -> Result<Opened, SealError> {
        let bytes = decoded(sealed, MARK).ok_or(SealError::Sealed)?;
        let (encapsulated, text) = bytes.split_at_checked(KEY_BYTES).ok_or(SealError::Sealed)?;
        let encapsulated = <Scheme as Kem>::EncappedKey::from_bytes(encapsulated);
        let plaintext = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Scheme>(
            &OpModeR::Base,
            &self.0,
            &encapsulated.map_err(|_| SealError::Sealed)?,
            INFO,
            text,
            &[],
        );
        let plaintext = Zeroizing::new(plaintext.map_err(|_| SealError::Closed)?);
        unpadded(&plaintext).ok_or(SealError::Closed)
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self::new()
    }
}

fn padded(rule: &str, secret: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST + BLOCK));
    for part in [rule.as_bytes(), secret] {
        let length = u16::try_from(part.len()).ok().filter(|_| part.len() <= LONGEST)?;
        text.extend_from_slice(&length.to_be_bytes());
        text.extend_from_slice(part);
    }
    let whole = text.len().next_multiple_of(BLOCK);
    text.resize(whole, 0);
    Some(text)
}

fn unpadded(text: &[u8]) -> Option<Opened> {
    let (rule, rest) = part(text)?;
    let (secret, _) = part(rest)?;
    let rule = String::from_utf8(rule.to_vec()).ok()?;
    Some(Opened { rule, secret: Zeroizing::new(secret.to_vec()) })
}

fn part(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = text.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// The bytes behind a mark.
fn decoded(text: &str, mark: &str) -> Option<Zeroizing<Vec<u8>>> {
    let encoded = text.trim().strip_prefix(mark)?;
    BASE64URL_NOPAD.decode(encoded.as_bytes()).ok().map(Zeroizing::new)
}

impl FromStr for Recipient {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, SealError> {
        let bytes = decoded(text, RECIPIENT).ok_or(SealError::Recipient)?;
        let key = <Scheme as Kem>::PublicKey::from_bytes(&bytes).map_err(|_| SealError::Recipient)?;
        Ok(Self(Arc::new(key)))
    }
}

impl FromStr for Identity {
    type Err = SealError;

    /// The first line that is one: others may say what it is for.
    fn from_str(text: &str) -> Result<Self, SealError> {
        let bytes = text.lines().find_map(|line| decoded(line, IDENTITY)).ok_or(SealError::Identity)?;
        <Scheme as Kem>::PrivateKey::from_bytes(&bytes).map(Self).map_err(|_| SealError::Identity)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{RECIPIENT}{}", BASE64URL_NOPAD.encode(&self.0.to_bytes()))
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl PartialEq for Recipient {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bytes() == other.0.to_bytes()
    }
}

impl Eq for Recipient {}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn open(identity: &Identity, sealed: &str) -> Result<(String, Vec<u8>), SealError> {
        identity.open(sealed).map(|opened| (opened.rule, opened.secret.to_vec()))
    }

    #[test]
    fn what_is_sealed_is_opened_by_its_identity_alone() {
        let (identity, other) = (Identity::new(), Identity::new());
        let recipient: Recipient = identity.recipient().to_string().parse().unwrap();
        for secret in [&b""[..], b"hunter2", &[0; 300], &[b'x'; LONGEST]] {
            let sealed = recipient.seal("fake.rule", secret).unwrap();
            assert_eq!(open(&identity, &sealed), Ok(("fake.rule".to_owned(), secret.to_vec())));
            assert_eq!(open(&other, &sealed), Err(SealError::Closed));
            assert_ne!(sealed, recipient.seal("fake.rule", secret).unwrap(), "each is another");
        }
        assert!(recipient.seal("fake.rule", &[b'x'; LONGEST + 1]).is_none());
    }

    #[test]
    fn an_identity_is_read_back_from_its_file() {
        let identity = Identity::new();
        let file = format!("# for the SOC\n{}\n", *identity.text());
        let read: Identity = file.parse().unwrap();
        let sealed = identity.recipient().seal("fake.rule", b"hunter2").unwrap();
        assert!(open(&read, &sealed).is_ok());
        assert_eq!("# nothing\n".parse::<Identity>().unwrap_err(), SealError::Identity);
    }

    #[test]
    fn how_long_a_secret_is_does_not_show() {
        let recipient = Identity::new().recipient();
        let length = |secret: &[u8]| recipient.seal("fake.rule", secret).unwrap().len();
        assert_eq!(length(b"x"), length(&[b'x'; 200]));
    }

    #[test]
    fn what_was_changed_or_cut_is_not_opened() {
        let identity = Identity::new();
        let sealed = identity.recipient().seal("fake.rule", b"hunter2").unwrap();
        for (text, error) in [
            ("", SealError::Sealed),
            ("hunter2", SealError::Sealed),
            (MARK, SealError::Sealed),
            (sealed.get(..MARK.len() + 120).unwrap(), SealError::Closed),
            (&sealed.replace(MARK, ""), SealError::Sealed),
            (&format!("{sealed}AAAA"), SealError::Closed),
        ] {
            assert_eq!(open(&identity, text), Err(error), "{text}");
        }
        for wrong in ["", RECIPIENT, "blackbar-seal-to-1:AAAA", &*identity.text()] {
            assert_eq!(wrong.parse::<Recipient>(), Err(SealError::Recipient), "{wrong}");
        }
    }
}
