//! Ed25519 signatures as minisign writes them (<https://jedisct1.github.io/minisign/#signature-format>), so
//! that its own tool can make and check ours.
//!
//! A signature is over the BLAKE2b-512 of a text; a second one is over the first and the trusted comment.
//! The older form over the text itself is refused: its makers have long written the new one.
//!
//! Secret keys are read and written without a password, as `minisign -G -W` makes them. One with a password stays
//! with minisign, which then signs.
//!
//! Considered and not done: the crate `minisign`, which brings ten crates in versions of their own;
//! `minisign-verify`, which brings a second Ed25519. The one here is of ring, which TLS stands on.

use blake2::digest::consts::U32;
use blake2::{Blake2b, Blake2b512, Digest as _};
use data_encoding::BASE64;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use std::fmt;
use zeroize::Zeroizing;

/// Ed25519 over the text.
const PLAIN: &[u8] = b"Ed";
/// Ed25519 over the text's BLAKE2b-512.
const HASHED: &[u8] = b"ED";
/// The checksum of a secret key.
const BLAKE2B: &[u8] = b"B2";
/// How a secret key without a password is encrypted.
const NO_PASSWORD: &[u8] = &[0, 0];
/// Salt and costs of the encryption of a secret key.
const KDF_BYTES: usize = 48;

const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";

/// Random bytes a new key is made of: its number and its seed.
pub const NEW_KEY_BYTES: usize = 40;

type Number = [u8; 8];

/// Checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    number: Number,
    key: [u8; 32],
}

/// Makes signatures. Not printable.
pub struct SecretKey {
    number: Number,
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
}

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is something else.
    #[error("is not a key of minisign")]
    Malformed,
    /// It has a password.
    #[error("has a password: sign the manifest with minisign itself, or make a key without one")]
    Password,
}

/// Why a signature is not taken. Completes a sentence that begins with the name of its file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is something else.
    #[error("is not a signature of minisign")]
    Malformed,
    /// It is of the older form.
    #[error("is of the older form that is not hashed: sign again without `-l`")]
    Older,
    /// It is of a key that is not trusted.
    #[error("is made with the key {0}, which is not in rules.trusted_keys")]
    Stranger(String),
    /// It is of another text, or its comment is.
    #[error("does not fit: what it signs was changed since, or is something else")]
    Wrong,
}

impl PublicKey {
    /// Takes the text of a `.pub` file, or its second line alone.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let line = text.trim().lines().last().unwrap_or_default();
        let bytes = BASE64.decode(line.trim().as_bytes()).map_err(|_| KeyError::Malformed)?;
        let mut rest = Bytes(&bytes);
        let (algorithm, number, key) = (rest.take::<2>(), rest.take(), rest.take());
        match (algorithm, number, key, rest.0) {
            (Some(algorithm), Some(number), Some(key), []) if algorithm == PLAIN => Ok(Self { number, key }),
            _ => Err(KeyError::Malformed),
        }
    }

    /// The text of its `.pub` file.
    #[must_use]
    pub fn to_file(&self) -> String {
        format!("{UNTRUSTED}minisign public key {}\n{self}\n", number(&self.number))
    }
}

impl fmt::Display for PublicKey {
    /// As it stands in a configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&[PLAIN, &self.number, &self.key].concat()))
    }
}

impl SecretKey {
    /// A key of random bytes.
    ///
    /// # Errors
    /// Never: every seed is a key.
    pub fn new(random: &[u8; NEW_KEY_BYTES]) -> Result<Self, KeyError> {
        let mut rest = Bytes(random);
        match (rest.take(), rest.take()) {
            (Some(number), Some(seed)) => Self::of(number, Zeroizing::new(seed)),
            _ => Err(KeyError::Malformed),
        }
    }

    fn of(number: Number, seed: Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| KeyError::Malformed)?;
        Ok(Self { number, seed, pair })
    }

    /// Takes the text of a key file without a password.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let line = text.trim().lines().last().unwrap_or_default();
        let bytes = BASE64.decode(line.trim().as_bytes()).map_err(|_| KeyError::Malformed)?;
        let bytes = Zeroizing::new(bytes);
        let mut rest = Bytes(&bytes);
        let kinds = (rest.take::<2>(), rest.take::<2>(), rest.take::<2>());
        let (Some(algorithm), Some(encryption), Some(checksum)) = kinds else {
            return Err(KeyError::Malformed);
        };
        if algorithm != PLAIN || checksum != BLAKE2B {
            return Err(KeyError::Malformed);
        }
        if encryption != NO_PASSWORD {
            return Err(KeyError::Password);
        }
        rest.take::<KDF_BYTES>().ok_or(KeyError::Malformed)?;
        let (number, seed) = (rest.take(), rest.take().map(Zeroizing::new));
        let (Some(number), Some(seed)) = (number, seed) else { return Err(KeyError::Malformed) };
        let key = Self::of(number, seed)?;
        // The public half is what it has to be, or the file is damaged. The checksum is there to see a wrong
        // password: minisign leaves it out where there is none.
        let ours = key.to_bytes();
        match (ours.split_last_chunk::<32>(), bytes.split_last_chunk::<32>()) {
            (Some((ours, sum)), Some((theirs, theirs_sum)))
                if ours == theirs && (theirs_sum == sum || *theirs_sum == [0; 32]) =>
            {
                Ok(key)
            }
            _ => Err(KeyError::Malformed),
        }
    }

    /// The text of its key file.
    #[must_use]
    pub fn to_file(&self) -> Zeroizing<String> {
        let key = Zeroizing::new(BASE64.encode(&self.to_bytes()));
        Zeroizing::new(format!("{UNTRUSTED}minisign secret key, without a password\n{}\n", *key))
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let public = self.pair.public_key().as_ref();
        let key = Zeroizing::new([&self.number, &self.seed[..], public].concat());
        let sum = Blake2b::<U32>::new().chain_update(PLAIN).chain_update(&*key).finalize();
        Zeroizing::new([PLAIN, NO_PASSWORD, BLAKE2B, &[0; KDF_BYTES], &key, &sum[..]].concat())
    }

    /// What its signatures are checked with.
    ///
    /// # Errors
    /// Never: the public half has its length.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        let key = self.pair.public_key().as_ref().try_into().map_err(|_| KeyError::Malformed)?;
        Ok(PublicKey { number: self.number, key })
    }

    /// The text of the `.minisig` file of a text. The comment is one line, and is signed as well.
    #[must_use]
    pub fn sign(&self, text: &[u8], comment: &str) -> String {
        let signature = self.pair.sign(&Blake2b512::digest(text));
        let signature = signature.as_ref();
        let whole = self.pair.sign(&[signature, comment.as_bytes()].concat());
        format!(
            "{UNTRUSTED}signature of blackbar\n{}\n{TRUSTED}{comment}\n{}\n",
            BASE64.encode(&[HASHED, &self.number, signature].concat()),
            BASE64.encode(whole.as_ref())
        )
    }
}

/// Whether a `.minisig` file says that one of these keys signed a text.
///
/// # Errors
/// [`SignatureError`].
pub fn verify(text: &[u8], file: &str, keys: &[PublicKey]) -> Result<(), SignatureError> {
    let Parts { algorithm, number: by, signature, comment, whole } = Parts::of(file)?;
    match &algorithm[..] {
        HASHED => {}
        PLAIN => return Err(SignatureError::Older),
        _ => return Err(SignatureError::Malformed),
    }
    let mut known = keys.iter().filter(|key| key.number == by).peekable();
    if known.peek().is_none() {
        return Err(SignatureError::Stranger(number(&by)));
    }
    let hash = Blake2b512::digest(text);
    let all = [&signature, comment.as_bytes()].concat();
    let signed = |key: &PublicKey| {
        let key = UnparsedPublicKey::new(&ED25519, &key.key);
        key.verify(&hash, &signature).is_ok() && key.verify(&all, &whole).is_ok()
    };
    if known.any(signed) { Ok(()) } else { Err(SignatureError::Wrong) }
}

/// What stands in a `.minisig` file.
struct Parts<'f> {
    algorithm: [u8; 2],
    number: Number,
    signature: [u8; 64],
    comment: &'f str,
    whole: [u8; 64],
}

impl<'f> Parts<'f> {
    fn of(file: &'f str) -> Result<Self, SignatureError> {
        Self::read(file).ok_or(SignatureError::Malformed)
    }

    fn read(file: &'f str) -> Option<Self> {
        let mut lines = file.lines();
        lines.next()?.strip_prefix(UNTRUSTED)?;
        let first = BASE64.decode(lines.next()?.as_bytes()).ok()?;
        let comment = lines.next()?.strip_prefix(TRUSTED)?;
        let whole = BASE64.decode(lines.next()?.as_bytes()).ok()?.try_into().ok()?;
        let mut rest = Bytes(&first);
        let (algorithm, number, signature) = (rest.take()?, rest.take()?, rest.take()?);
        let all = rest.0.is_empty() && lines.next().is_none();
        all.then_some(Self { algorithm, number, signature, comment, whole })
    }
}

/// Bytes that are taken from the front.
struct Bytes<'b>(&'b [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }
}

/// As minisign shows the number of a key.
fn number(number: &Number) -> String {
    format!("{:X}", u64::from_le_bytes(*number))
}
