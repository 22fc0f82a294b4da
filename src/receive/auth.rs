//! Who sends a request, decided from its head alone, before a byte of the body is read.
//!
//! [`Authenticate`] is the one seam: further ways in (client certificates, signed tokens) are further
//! implementations of it. The way there is: named static bearer tokens.
//!
//! Promise: a token is kept as a SHA-256 digest only; the digest of what was presented is compared
//! with every known one in constant time, so the time taken tells neither which matched nor how much
//! of it did. No answer, error or metric contains any part of what was presented.

use crate::principal::Principal;
use http::header::{AUTHORIZATION, HeaderMap};
use http::request::Parts;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// Tells who a request is from.
pub trait Authenticate: Send + Sync + 'static {
    /// Looks at the head of a request. Must be fast: it runs on the connection's own task.
    ///
    /// # Errors
    /// [`Denied`], if the request proves nothing.
    fn authenticate(&self, head: &Parts) -> Result<Principal, Denied>;
}

/// Why nobody was recognised. The texts go to the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is no authorization header.
    #[error("a token is needed: send the header authorization: Bearer <token>")]
    Missing,
    /// There is one (or several), and it is not one bearer token.
    #[error("the authorization header is not one bearer token: send authorization: Bearer <token>")]
    NotBearer,
    /// A bearer token nobody has.
    #[error("this token is not known: ask for a new one")]
    Unknown,
}

impl Denied {
    /// The label in our metrics.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::NotBearer => "token_malformed",
            Self::Unknown => "token_unknown",
        }
    }
}

/// A secret an operator gave to a sender, and the name it goes by.
#[derive(Clone)]
pub struct Token {
    /// The name that becomes the [`Principal`].
    pub name: String,
    /// What the sender presents.
    pub secret: Zeroizing<String>,
}

impl Token {
    /// A named token.
    #[must_use]
    pub fn new(name: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { name: name.into(), secret: Zeroizing::new(secret.into()) }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.name)
    }
}

/// Tokens that must not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// An empty secret, or one with space around it, which no header can carry.
    #[error("the token {name} is empty or has spaces around it: give it a secret")]
    Blank {
        /// The name of the token.
        name: String,
    },
    /// Two names for one secret: nobody could say who sent a request.
    #[error("the tokens {first} and {second} have the same secret: give each its own")]
    Shared {
        /// One of the names.
        first: String,
        /// The other.
        second: String,
    },
}

/// Lets everyone in, as nobody in particular: for loopback.
pub(super) struct Anyone;

impl Authenticate for Anyone {
    fn authenticate(&self, _: &Parts) -> Result<Principal, Denied> {
        Ok(Principal::anonymous())
    }
}

/// The named static bearer tokens.
pub(super) struct BearerTokens(Vec<(Principal, [u8; 32])>);

impl BearerTokens {
    pub(super) fn new(tokens: &[Token]) -> Result<Self, TokenError> {
        let mut known: Vec<(Principal, [u8; 32])> = Vec::with_capacity(tokens.len());
        for Token { name, secret } in tokens {
            if secret.is_empty() || secret.trim() != secret.as_str() {
                return Err(TokenError::Blank { name: name.clone() });
            }
            let digest = digest(secret.as_bytes());
            if let Some((first, _)) = known.iter().find(|(_, other)| *other == digest) {
                let first = first.name().unwrap_or_default().to_owned();
                return Err(TokenError::Shared { first, second: name.clone() });
            }
            known.push((Principal::named(name), digest));
        }
        Ok(Self(known))
    }

    /// Looks at every token whatever the first ones gave.
    fn find(&self, presented: &[u8]) -> Option<&Principal> {
        let presented = digest(presented);
        let mut found = u64::MAX;
        for (index, (_, known)) in (0_u64..).zip(&self.0) {
            let same: Choice = known.ct_eq(&presented);
            found.conditional_assign(&index, same);
        }
        self.0.get(usize::try_from(found).ok()?).map(|(principal, _)| principal)
    }
}

impl Authenticate for BearerTokens {
    fn authenticate(&self, head: &Parts) -> Result<Principal, Denied> {
        let token = bearer(&head.headers)?;
        self.find(&token).cloned().ok_or(Denied::Unknown)
    }
}

fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// The bearer token in the headers: the scheme in any case, then spaces, then the token.
fn bearer(headers: &HeaderMap) -> Result<Zeroizing<Vec<u8>>, Denied> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Denied::Missing)?.as_bytes();
    let (scheme, rest) = value.split_at_checked(b"bearer".len()).ok_or(Denied::NotBearer)?;
    if values.next().is_some() || !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(Denied::NotBearer);
    }
    let rest = if rest.starts_with(b"%20") { percent_decoded(rest) } else { rest.to_vec().into() };
    let token = rest.trim_ascii();
    if token.is_empty() || token.len() == rest.len() {
        return Err(Denied::NotBearer);
    }
    Ok(Zeroizing::new(token.to_vec()))
}

/// Undoes percent-encoding. `OTEL_EXPORTER_OTLP_HEADERS` wants values encoded, and some exporters send
/// them on as they are written there.
fn percent_decoded(mut bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(bytes.len()));
    while let [first, rest @ ..] = bytes {
        let escape = match (first, rest) {
            (b'%', [high, low, rest @ ..]) => hex(*high).zip(hex(*low)).map(|(h, l)| (h << 4 | l, rest)),
            _ => None,
        };
        let (byte, rest) = escape.unwrap_or((*first, rest));
        decoded.push(byte);
        bytes = rest;
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ask(tokens: &BearerTokens, values: &[&str]) -> Result<Option<String>, Denied> {
        let mut request = http::Request::builder();
        for value in values {
            request = request.header(AUTHORIZATION, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        tokens.authenticate(&head).map(|principal| principal.name().map(str::to_owned))
    }

    #[test]
    fn reads_the_header_as_senders_write_it() {
        let tokens = BearerTokens::new(&[Token::new("laptops", "one"), Token::new("ci", "t w%o")]).unwrap();
        let laptops = || Ok(Some("laptops".to_owned()));
        for (values, expected) in [
            (&["Bearer one"][..], laptops()),
            (&["bearer one"], laptops()),
            (&["BEARER   one  "], laptops()),
            (&["Bearer%20one"], laptops()),
            (&["bearer%20%6Fne"], laptops()),
            (&["Bearer t w%o"], Ok(Some("ci".to_owned()))),
            (&["Bearer%20t%20w%o"], Ok(Some("ci".to_owned()))),
            (&[], Err(Denied::Missing)),
            (&[""], Err(Denied::NotBearer)),
            (&["Bearer"], Err(Denied::NotBearer)),
            (&["Bearer "], Err(Denied::NotBearer)),
            (&["Bearerone"], Err(Denied::NotBearer)),
            (&["Basic one"], Err(Denied::NotBearer)),
            (&["one"], Err(Denied::NotBearer)),
            (&["Bearer one", "Bearer one"], Err(Denied::NotBearer)),
            (&["Bearer on"], Err(Denied::Unknown)),
            (&["Bearer one1"], Err(Denied::Unknown)),
            (&["Bearer ONE"], Err(Denied::Unknown)),
        ] {
            assert_eq!(ask(&tokens, values), expected, "{values:?}");
        }
    }

    #[test]
    fn every_token_is_looked_at_and_has_its_name() {
        let tokens: Vec<Token> = (0..50).map(|n| Token::new(format!("n{n}"), format!("s{n}"))).collect();
        let tokens = BearerTokens::new(&tokens).unwrap();
        for n in 0..50 {
            assert_eq!(ask(&tokens, &[&format!("Bearer s{n}")]), Ok(Some(format!("n{n}"))));
        }
    }

    #[test]
    fn blank_and_shared_secrets_are_refused() {
        for secret in ["", " ", " x", "x\n"] {
            let blank = BearerTokens::new(&[Token::new("a", secret)]);
            assert_eq!(blank.err(), Some(TokenError::Blank { name: "a".into() }), "{secret:?}");
        }
        let shared = BearerTokens::new(&[Token::new("a", "x"), Token::new("b", "x")]);
        assert_eq!(shared.err(), Some(TokenError::Shared { first: "a".into(), second: "b".into() }));
    }

    #[test]
    fn debug_does_not_tell_the_secret() {
        assert_eq!(format!("{:?}", Token::new("ci", "hunter2")), "Token(ci)");
    }
}
