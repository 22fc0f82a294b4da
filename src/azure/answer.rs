//! What the token service said: a token and for how long, or why not.

use super::Trouble;
use http::StatusCode;
use serde::Deserialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// A token as it came.
pub(super) struct Fresh {
    pub(super) token: Zeroizing<String>,
    /// For how long from now.
    pub(super) lasts: Duration,
}

/// Both forms: managed identities write when a token expires as text, Entra in how many seconds.
#[derive(Deserialize)]
struct Good {
    access_token: String,
    expires_on: Option<Number>,
    expires_in: Option<Number>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

impl Number {
    fn seconds(self) -> Option<Duration> {
        let seconds = match self {
            Self::Number(number) => number,
            Self::Text(text) => text.trim().parse().ok()?,
        };
        Some(Duration::from_secs(seconds))
    }
}

/// The error of Entra, without its description.
#[derive(Deserialize)]
struct Bad {
    #[serde(default)]
    error_codes: Vec<u64>,
    #[serde(default)]
    error: Option<serde::de::IgnoredAny>,
}

/// Reads an answer. `now` is for expiry times that are dates.
pub(super) fn read(status: StatusCode, body: &[u8], now: SystemTime) -> Result<Fresh, Trouble> {
    if !status.is_success() {
        return Err(Trouble::Refused { reason: reason(status, body) });
    }
    let good: Good = serde_json::from_slice(body).map_err(|_| Trouble::Garbled)?;
    let token = Zeroizing::new(good.access_token);
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let until = |at: Duration| at.saturating_sub(now);
    let lasts = match (good.expires_on.and_then(Number::seconds), good.expires_in.and_then(Number::seconds)) {
        (Some(at), _) => until(at),
        (None, Some(lasts)) => lasts,
        (None, None) => return Err(Trouble::Garbled),
    };
    if token.is_empty() {
        return Err(Trouble::Garbled);
    }
    Ok(Fresh { token, lasts })
}

/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
fn reason(status: StatusCode, body: &[u8]) -> String {
    let bad = serde_json::from_slice::<Bad>(body).ok();
    let code = bad.as_ref().and_then(|bad| bad.error_codes.first().copied());
    let words = match code {
        Some(7_000_215) => "the client secret is wrong: give its value, not its id",
        Some(7_000_222) => "the client secret has expired: make a new one",
        Some(700_016) => "there is no app of this client_id in the tenant",
        Some(90_002) => "there is no such tenant",
        Some(70_021 | 700_211 | 700_212 | 700_213) => {
            "no federated credential of the app matches the token: look at issuer, subject and audience"
        }
        Some(700_024) => "the federated token has expired: is the file still rotated?",
        Some(_) => "Entra refused",
        None if status == StatusCode::BAD_REQUEST && bad.is_some_and(|bad| bad.error.is_some()) => {
            "there is no such identity here: is it assigned, and the client_id right?"
        }
        None => "the token service refused",
    };
    match code {
        Some(code) => format!("{words} (AADSTS{code}, status {})", status.as_u16()),
        None => format!("{words} (status {})", status.as_u16()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn both_forms_of_expiry_are_read() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        for (body, lasts) in [
            (
                r#"{"access_token":"t","expires_on":"1003600","resource":"r","token_type":"Bearer"}"#,
                Some(3600),
            ),
            (r#"{"access_token":"t","expires_on":1003600}"#, Some(3600)),
            (r#"{"access_token":"t","expires_on":"999"}"#, Some(0)),
            (r#"{"access_token":"t","expires_in":3599,"ext_expires_in":3599}"#, Some(3599)),
            (r#"{"access_token":"t","expires_in":"3599"}"#, Some(3599)),
            (r#"{"access_token":"t"}"#, None),
            (r#"{"access_token":"","expires_in":1}"#, None),
            (r#"{"expires_in":1}"#, None),
            ("<html>", None),
        ] {
            let read = read(StatusCode::OK, body.as_bytes(), now);
            match lasts {
                Some(lasts) => assert_eq!(read.ok().unwrap().lasts, Duration::from_secs(lasts), "{body}"),
                None => assert_eq!(read.err(), Some(Trouble::Garbled), "{body}"),
            }
        }
    }

    #[test]
    fn a_refusal_says_why_and_repeats_nothing() {
        for (status, body, words) in [
            (
                401,
                r#"{"error":"invalid_client","error_description":"secret","error_codes":[7000215]}"#,
                "the client secret is wrong",
            ),
            (
                401,
                r#"{"error":"invalid_client","error_description":"secret","error_codes":[7000222]}"#,
                "has expired",
            ),
            (400, r#"{"error":"x","error_description":"secret","error_codes":[12345]}"#, "AADSTS12345"),
            (
                400,
                r#"{"error":"invalid_request","error_description":"Identity not found secret"}"#,
                "no such identity",
            ),
            (503, "secret", "status 503"),
        ] {
            let error =
                read(StatusCode::from_u16(status).unwrap(), body.as_bytes(), UNIX_EPOCH).err().unwrap();
            let told = error.to_string();
            assert!(told.contains(words) && !told.replace("client secret", "").contains("secret"), "{told}");
        }
    }
}
