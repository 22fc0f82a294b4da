//! Validators: what a match of a pattern has to pass to be a finding.
//!
//! One small file each, pure, and linear in the length of the match (or of its line). Checksums raise
//! confidence and never gate a *secret*: half of the tokens that leak are cut, mixed or made up, and
//! all of them look alike to the person whose telemetry it is. Only for numbers, which are everywhere,
//! does a checksum decide (payment cards, IBAN, and the numbers of [`number`]).
//!
//! Considered and not done: word lists of weak passwords, because `changeme` and `hunter2` open doors too.

mod basic_auth;
mod card;
mod characters;
mod code;
mod context;
mod crc32;
mod crypto;
mod cut_digits;
mod cut_port;
mod email;
mod entropy;
mod ethereum;
mod hash;
mod iban;
mod ip;
mod jwt;
mod key_shaped;
mod keywords;
mod luhn;
mod monero;
mod mrz;
mod names;
mod not_name;
mod number;
mod number_list;
mod password_like;
mod pem;
mod personal;
mod phone;
mod placeholder;
mod secret_like;
mod secret_named;
mod ssn;
mod stamp;
mod uuid;

pub use characters::Characters;
use data_encoding::{BASE64, BASE64_NOPAD};
pub use keywords::{Keyword, Keywords, Objection, Ours};
use std::ops::Range;

/// A match of a pattern, and what stands around it.
#[derive(Clone, Copy)]
pub struct Match<'a> {
    /// The whole text that is scanned.
    pub text: &'a [u8],
    /// The start of the secret in it.
    pub start: usize,
    /// The end of the secret in it.
    pub end: usize,
}

impl<'a> Match<'a> {
    /// A match of this range.
    #[must_use]
    pub const fn new(text: &'a [u8], range: &Range<usize>) -> Self {
        Self { text, start: range.start, end: range.end }
    }

    /// The secret.
    #[must_use]
    pub fn secret(&self) -> &'a [u8] {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    /// What stands before it.
    fn before(&self) -> &'a [u8] {
        self.text.get(..self.start).unwrap_or_default()
    }

    /// What stands behind it.
    fn after(&self) -> &'a [u8] {
        self.text.get(self.end..).unwrap_or_default()
    }

    /// The last bytes before it, at most so many.
    fn just_before(&self, most: usize) -> &'a [u8] {
        let before = self.before();
        before.get(before.len().saturating_sub(most)..).unwrap_or_default()
    }

    /// The first bytes behind it, at most so many.
    fn just_after(&self, most: usize) -> &'a [u8] {
        let after = self.after();
        after.get(..most).unwrap_or(after)
    }

    /// Whether it is a piece of a longer number: a digit touches it, or stands behind a dot or a dash.
    fn in_longer_number(&self) -> bool {
        let joined = |near: Option<&u8>, next: Option<&u8>| match near {
            Some(b'.' | b'-') => next.is_some_and(u8::is_ascii_digit),
            Some(byte) => byte.is_ascii_digit(),
            None => false,
        };
        let mut before = self.before().iter().rev();
        // A whole number that was printed as a decimal one is whole: `.0`.
        let mut after = self.after().strip_prefix(b".0").unwrap_or(self.after()).iter();
        joined(before.next(), before.next()) || joined(after.next(), after.next())
    }
}

/// What a validator says of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is not what the rule looks for.
    Reject,
    /// It may be.
    Keep,
    /// It is: a checksum fits. Raises the confidence to high.
    Certain,
}

impl Verdict {
    /// Keeps what is so, and rejects the rest.
    const fn keep_if(is: bool) -> Self {
        if is { Self::Keep } else { Self::Reject }
    }

    /// Is certain of what is so, and keeps the rest.
    const fn certain_if(is: bool) -> Self {
        if is { Self::Certain } else { Self::Keep }
    }
}

/// One check. Its name in a pack is the word in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validator {
    /// A payment card: issuer, length, Luhn, and no piece of a longer number (`payment_card`).
    PaymentCard,
    /// An IBAN of the registry: length by country, mod 97 (`iban`).
    Iban,
    /// The beginning of an IBAN that was cut off (`iban_cut`).
    IbanCut,
    /// A social security number that can have been issued (`us_ssn`).
    UsSsn,
    /// A phone number with a country calling code (`phone`).
    Phone,
    /// A phone number of the North American plan, without its code (`nanp`).
    Nanp,
    /// A phone number as it is written at home, behind what it is called (`phone_local`).
    PhoneLocal,
    /// An e-mail address, not a module version or a file name (`email`).
    Email,
    /// An e-mail address that was broken by a space, and plainly is one (`email_broken`).
    EmailBroken,
    /// The beginning of an e-mail address that was cut off (`email_cut`).
    EmailCut,
    /// An IPv4 address (`ipv4`).
    Ipv4,
    /// An IPv6 address (`ipv6`).
    Ipv6,
    /// A JSON web token, whole or cut (`jwt`).
    Jwt,
    /// A PEM block with something in it (`pem`).
    Pem,
    /// CRC-32 in base 62 at the end; never rejects (`crc32_base62`).
    Crc32Base62,
    /// base64 of `user:password` (`basic_auth`).
    BasicAuth,
    /// Not a word that stands for a secret (`not_placeholder`).
    NotPlaceholder,
    /// Not source code: the value of an assignment without quotes (`not_code`).
    NotCode,
    /// Random enough to be a key, for values only a weak word announces (`secret_like`).
    SecretLike,
    /// Called a secret, and not a place in a list of pages, a request or a type (`secret_named`).
    SecretNamed,
    /// A value of several words that is all of its segment (`whole_value`).
    WholeValue,
    /// What a sentence calls a password (`prose_secret`).
    ProseSecret,
    /// What people make up as a password, unlike a word (`password_like`).
    PasswordLike,
    /// As random as its alphabet and length allow (`entropy`).
    Entropy,
    /// Not a UUID (`not_uuid`).
    NotUuid,
    /// Not a digest: 32, 40, 64, 96 or 128 hexadecimal digits (`not_hash`).
    NotHash,
    /// The lines of a travel document that machines read (`mrz`).
    Mrz,
    /// A base58 address with its checksum (`base58check`).
    Base58Check,
    /// A bech32 address with its checksum (`bech32`).
    Bech32,
    /// An address of Ripple with its checksum (`ripple_address`).
    RippleAddress,
    /// An address of Bitcoin Cash with its checksum (`cash_address`).
    CashAddress,
    /// An address of Ethereum whose capitals, if it has small letters too, are its checksum (`eip55`).
    Eip55,
    /// An address of Monero with its checksum (`monero_address`).
    MoneroAddress,
    /// What may stand under the name of personal data (`personal_value`).
    PersonalValue,
    /// The name of a person (`person_name`).
    PersonName,
    /// The name of a person behind a title (`titled_name`).
    TitledName,
    /// A given name and a family name of the lists (`known_name`).
    KnownName,
    /// A name with a given name of the list in it (`given_name`).
    GivenName,
    /// Where somebody lives, and not whom every licence says to write to (`street_address`).
    StreetAddress,
    /// The name of a user, not of a service (`user_name`).
    UserName,
    /// A day that there is, of somebody's life (`birth_date`).
    BirthDate,
    /// A place on earth, to a hundred metres or better (`coordinates`).
    Coordinates,
    /// A key without a format of its own, where its issuer is named near it (`key_shaped`).
    KeyShaped,
    /// No name of something in code or of an algorithm: no words (`not_name`).
    NotName,
    /// Where it was cut off, holds a digit; keeps all that is whole (`cut_digits`).
    CutDigits,
    /// Where it was cut off, more than the port of a URL; keeps all that is whole (`cut_port`).
    CutPort,
    /// No time, no address of the network and no fraction (`not_stamp`).
    NotStamp,
    /// A number of a kind that has a scheme, under the name of that.
    Number(number::Kind),
}

impl Validator {
    /// All of them, but for the kinds of numbers.
    const SIMPLE: [Self; 47] = [
        Self::PaymentCard,
        Self::Iban,
        Self::IbanCut,
        Self::UsSsn,
        Self::Phone,
        Self::Nanp,
        Self::PhoneLocal,
        Self::Email,
        Self::EmailBroken,
        Self::EmailCut,
        Self::Ipv4,
        Self::Ipv6,
        Self::Jwt,
        Self::Pem,
        Self::Crc32Base62,
        Self::BasicAuth,
        Self::NotPlaceholder,
        Self::NotCode,
        Self::SecretLike,
        Self::SecretNamed,
        Self::WholeValue,
        Self::ProseSecret,
        Self::PasswordLike,
        Self::Entropy,
        Self::NotUuid,
        Self::NotHash,
        Self::Mrz,
        Self::Base58Check,
        Self::Bech32,
        Self::RippleAddress,
        Self::CashAddress,
        Self::Eip55,
        Self::MoneroAddress,
        Self::PersonalValue,
        Self::PersonName,
        Self::TitledName,
        Self::KnownName,
        Self::GivenName,
        Self::StreetAddress,
        Self::UserName,
        Self::BirthDate,
        Self::Coordinates,
        Self::KeyShaped,
        Self::NotName,
        Self::CutDigits,
        Self::CutPort,
        Self::NotStamp,
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::SIMPLE.into_iter().chain(number::Kind::all().map(Self::Number))
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|validator| validator.name() == name)
    }

    /// Its name in a pack.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PaymentCard => "payment_card",
            Self::Iban => "iban",
            Self::IbanCut => "iban_cut",
            Self::UsSsn => "us_ssn",
            Self::Phone => "phone",
            Self::Nanp => "nanp",
            Self::PhoneLocal => "phone_local",
            Self::Email => "email",
            Self::EmailBroken => "email_broken",
            Self::EmailCut => "email_cut",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Jwt => "jwt",
            Self::Pem => "pem",
            Self::Crc32Base62 => "crc32_base62",
            Self::BasicAuth => "basic_auth",
            Self::NotPlaceholder => "not_placeholder",
            Self::NotCode => "not_code",
            Self::SecretLike => "secret_like",
            Self::SecretNamed => "secret_named",
            Self::WholeValue => "whole_value",
            Self::ProseSecret => "prose_secret",
            Self::PasswordLike => "password_like",
            Self::Entropy => "entropy",
            Self::NotUuid => "not_uuid",
            Self::NotHash => "not_hash",
            Self::Mrz => "mrz",
            Self::Base58Check => "base58check",
            Self::Bech32 => "bech32",
            Self::RippleAddress => "ripple_address",
            Self::CashAddress => "cash_address",
            Self::Eip55 => "eip55",
            Self::MoneroAddress => "monero_address",
            Self::PersonalValue => "personal_value",
            Self::PersonName => "person_name",
            Self::TitledName => "titled_name",
            Self::KnownName => "known_name",
            Self::GivenName => "given_name",
            Self::StreetAddress => "street_address",
            Self::UserName => "user_name",
            Self::BirthDate => "birth_date",
            Self::Coordinates => "coordinates",
            Self::Number(kind) => kind.name(),
            Self::KeyShaped => "key_shaped",
            Self::NotName => "not_name",
            Self::CutDigits => "cut_digits",
            Self::CutPort => "cut_port",
            Self::NotStamp => "not_stamp",
        }
    }

    /// What it asks of a match, for people: completes "it is not ...".
    #[must_use]
    pub const fn asks(&self) -> &'static str {
        match self {
            Self::PaymentCard => "a payment card: issuer, length, Luhn, no piece of a longer number",
            Self::Iban => "an IBAN of the registry: length by country, mod 97",
            Self::IbanCut => "the beginning of an IBAN that was cut off",
            Self::UsSsn => "a social security number that can have been issued",
            Self::Phone => "a phone number with a country calling code",
            Self::Nanp => "a phone number of the North American plan",
            Self::PhoneLocal => "a phone number as it is written at home",
            Self::Email => "an e-mail address: it may be a module version or a file name",
            Self::EmailBroken => "plainly an e-mail address that was broken by a space",
            Self::EmailCut => "the beginning of an e-mail address that was cut off",
            Self::Ipv4 => "an IPv4 address",
            Self::Ipv6 => "an IPv6 address",
            Self::Jwt => "a JSON web token, whole or cut",
            Self::Pem => "a PEM block with something in it",
            Self::Crc32Base62 => "with its CRC-32 in base 62 at the end (this one never rejects)",
            Self::BasicAuth => "base64 of user:password",
            Self::NotPlaceholder => "a secret but a word that stands for one",
            Self::NotCode => "a value but source code",
            Self::SecretLike => "random enough to be a key that only a weak word announces",
            Self::SecretNamed => "called a secret, and not a page, a request or a type",
            Self::WholeValue => "a value of several words that is all of its segment",
            Self::ProseSecret => "what a sentence calls a password",
            Self::PasswordLike => "a password that somebody made up: it may be a word",
            Self::Entropy => "as random as its alphabet and length allow",
            Self::NotUuid => "a key but a UUID",
            Self::NotHash => "a key but a digest of 32, 40, 64, 96 or 128 hexadecimal digits",
            Self::Mrz => "the lines of a travel document that machines read",
            Self::Base58Check => "a base58 address with its checksum",
            Self::Bech32 => "a bech32 address with its checksum",
            Self::RippleAddress => "an address of Ripple with its checksum",
            Self::CashAddress => "an address of Bitcoin Cash with its checksum",
            Self::Eip55 => "an address of Ethereum whose capitals fit",
            Self::MoneroAddress => "an address of Monero with its checksum",
            Self::PersonalValue => "what may stand under the name of personal data",
            Self::PersonName => "the name of a person",
            Self::TitledName => "the name of a person behind a title, and of no story",
            Self::KnownName => "a given name and a family name of the lists",
            Self::GivenName => "a name with a given name of the list in it",
            Self::StreetAddress => "where somebody lives",
            Self::UserName => "the name of a user: it may be that of a service",
            Self::BirthDate => "a day of somebody's life",
            Self::Coordinates => "a place on earth, to a hundred metres or better",
            Self::KeyShaped => "shaped like a key without a format of its own",
            Self::NotName => "no name of something in code",
            Self::CutDigits => "the beginning of a secret: where it was cut off it holds no digit",
            Self::CutPort => "the beginning of a password: it is the port of a URL",
            Self::NotStamp => "no time, no address of the network and no fraction",
            Self::Number(_) => "a number of its kind: length, characters, check digits",
        }
    }

    /// Judges what may be the beginning of a secret that was cut off: how it is built as a whole is not asked.
    #[must_use]
    pub fn judge_beginning(&self, matched: Match<'_>) -> Verdict {
        match self {
            Self::BasicAuth | Self::Pem | Self::Entropy => Verdict::Keep,
            Self::Jwt => jwt::beginning(matched),
            Self::CutDigits => cut_digits::beginning(matched),
            Self::CutPort => cut_port::beginning(matched),
            Self::SecretLike | Self::KeyShaped if secret_like::is_beginning(matched) => Verdict::Keep,
            _ => self.judge(matched),
        }
    }

    /// Judges a match.
    #[must_use]
    pub fn judge(&self, matched: Match<'_>) -> Verdict {
        match self {
            Self::PaymentCard => card::judge(matched),
            Self::Iban => iban::judge(matched),
            Self::IbanCut => iban::cut(matched),
            Self::UsSsn => ssn::judge(matched),
            Self::Phone => phone::international(matched),
            Self::Nanp => phone::nanp(matched),
            Self::PhoneLocal => phone::local(matched),
            Self::Email => email::judge(matched),
            Self::EmailBroken => email::broken(matched),
            Self::EmailCut => email::cut(matched),
            Self::Ipv4 => ip::v4(matched),
            Self::Ipv6 => ip::v6(matched),
            Self::Jwt => jwt::judge(matched),
            Self::Pem => pem::judge(matched),
            Self::Crc32Base62 => crc32::base62(matched),
            Self::BasicAuth => basic_auth::judge(matched),
            Self::NotPlaceholder => placeholder::judge(matched),
            Self::NotCode => code::judge(matched),
            Self::SecretLike => secret_like::judge(matched),
            Self::SecretNamed => secret_named::judge(matched),
            Self::WholeValue => context::whole_value(matched),
            Self::ProseSecret => secret_like::prose(matched),
            Self::PasswordLike => password_like::judge(matched),
            Self::Entropy => entropy::judge(matched),
            Self::NotUuid => uuid::judge(matched),
            Self::NotHash => hash::judge(matched),
            Self::Mrz => mrz::judge(matched),
            Self::Base58Check => crypto::base58check(matched),
            Self::Bech32 => crypto::bech32(matched),
            Self::RippleAddress => crypto::ripple(matched),
            Self::CashAddress => crypto::cash(matched),
            Self::Eip55 => ethereum::judge(matched),
            Self::MoneroAddress => monero::judge(matched),
            Self::PersonalValue => personal::value(matched),
            Self::PersonName => personal::name(matched),
            Self::TitledName => personal::titled(matched),
            Self::KnownName => names::known(matched),
            Self::GivenName => names::given(matched),
            Self::StreetAddress => personal::street(matched),
            Self::UserName => personal::user(matched),
            Self::BirthDate => personal::birth_date(matched),
            Self::Coordinates => personal::coordinates(matched),
            Self::Number(kind) => kind.judge(matched),
            Self::KeyShaped => key_shaped::judge(matched),
            Self::NotName => not_name::judge(matched),
            Self::CutDigits | Self::CutPort => Verdict::Keep,
            Self::NotStamp => stamp::judge(matched),
        }
    }
}

/// What base64 says, with its padding or without; nothing, if it is none.
fn of_base64(text: &[u8]) -> Vec<u8> {
    BASE64.decode(text).or_else(|_| BASE64_NOPAD.decode(text)).unwrap_or_default()
}

/// The digits of a text, as numbers.
fn digits(text: &[u8]) -> impl DoubleEndedIterator<Item = u8> {
    text.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0')
}

#[cfg(test)]
mod testing {
    use super::{Match, Verdict};

    /// Where in `before[secret]after` the secret stands, without the marks; or the whole text.
    pub(super) fn marked(text: &str) -> (String, std::ops::Range<usize>) {
        match (text.find('\u{ab}'), text.find('\u{bb}')) {
            (Some(open), Some(close)) => (text.replace(['\u{ab}', '\u{bb}'], ""), open..close - 2),
            _ => (text.to_owned(), 0..text.len()),
        }
    }

    /// Judges `[secret]` in `before[secret]after`, or the whole text.
    pub(super) fn check(judge: fn(Match<'_>) -> Verdict, text: &str, expected: Verdict) {
        let (bare, range) = marked(text);
        assert_eq!(judge(Match::new(bare.as_bytes(), &range)), expected, "{text}");
    }

    #[test]
    fn every_validator_has_a_name_of_its_own() {
        for validator in super::Validator::all() {
            assert_eq!(super::Validator::named(validator.name()), Some(validator));
        }
    }
}
