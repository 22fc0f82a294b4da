//! JSON web tokens (RFC 7519; RFC 7516 for encrypted ones). Two JSON parts and an `alg` are certain.
//! A token that was cut, or whose payload is encrypted, is kept; what does not start with a JOSE header
//! is kept only if its second part starts as JSON does too.

use super::{Match, Verdict};
use data_encoding::{BASE64URL_NOPAD, Encoding};
use serde_json::Value;

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let mut parts = matched.secret().split(|byte| *byte == b'.');
    let (header, payload) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match (is_header(header), json(payload)) {
        (true, Some(_)) => Verdict::Certain,
        (true, None) => Verdict::Keep,
        (false, _) => Verdict::keep_if(payload.starts_with(b"eyJ")),
    }
}

/// The beginning of a token: it says what the header of one may. What goes on in a name (`getKeyJwtFile`) does not.
pub(super) fn beginning(matched: Match<'_>) -> Verdict {
    let header = matched.secret().split(|byte| *byte == b'.').next().unwrap_or_default();
    let whole = header.get(..header.len() / 4 * 4).unwrap_or_default();
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    Verdict::keep_if(BASE64URL_NOPAD.decode(whole).is_ok_and(|decoded| decoded.iter().all(is_text)))
}

fn is_header(part: &[u8]) -> bool {
    json(part).is_some_and(|header| header.get("alg").is_some())
}

fn json(part: &[u8]) -> Option<Value> {
    let encoding: &Encoding = &BASE64URL_NOPAD;
    let bytes = encoding.decode(part).ok()?;
    serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    /// The example of RFC 7519, section 3.1, with its line breaks taken out of the header.
    #[test]
    fn two_json_parts_with_an_algorithm_are_certain() {
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        check(judge, token, Verdict::Certain);
    }

    #[test]
    fn a_cut_token_is_kept_and_other_base64_is_not() {
        check(judge, "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2Ui", Verdict::Keep);
        check(judge, "eyJhbGciOiJIUzI1NiJ9xx.eyJpc3MiOiJqb2Ui", Verdict::Keep);
        check(judge, "eyJmb28iOiJiYXIifQ.Zm9vYmFy", Verdict::Reject);
    }

    #[test]
    fn a_beginning_is_of_json() {
        for token in ["eyJhbGciOiJ", "eyJhbGciOiJIUzI1NiJ9.eyJpc3Mi", "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJ"] {
            check(beginning, token, Verdict::Keep);
        }
        for name in ["eyJwtreadFile2writeFile3listDir", "eyJwtFactory"] {
            check(beginning, name, Verdict::Reject);
        }
    }
}
