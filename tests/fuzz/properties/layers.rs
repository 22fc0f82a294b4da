//! Layers a text can be wrapped in, and the plainest way back out of each.
//!
//! Wrapping is what a program does that writes such text. Unwrapping is on purpose not how the opener
//! does it: it undoes a layer wherever anything in a text looks like it, and never mind the rest.

use super::choice::Choice;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, Encoding};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use std::io::{Read as _, Write as _};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    JsonString,
    Percent,
    Entities,
    Base64,
    Base64Url,
    Gzip,
    Ansi,
    Python,
    RustDebug,
    Chunks,
    Hex,
    Doubled,
}

use Layer::{
    Ansi, Base64, Base64Url, Chunks, Doubled, Entities, Gzip, Hex, JsonString, Percent, Python, RustDebug,
};

impl Layer {
    /// Those that a case of `layers` chooses from: one more would change what the kept cases mean.
    pub(crate) const ALL: [Self; 10] =
        [JsonString, Percent, Entities, Base64, Base64Url, Gzip, Ansi, Python, RustDebug, Chunks];

    /// The text in this layer.
    pub(crate) fn wrap(self, text: &str, choice: &mut Choice<'_>) -> String {
        let every = choice.below(8);
        match self {
            JsonString => {
                let key = choice.of_these(&["text", "content", "input", "a\\nb", ""]);
                format!("{{\"{key}\":\"{}\"}}", json_escaped(text, every))
            }
            Percent => {
                let lead = choice.of_these(&["https://blackbar.example/?q=", "q=", "", "/a/b?x=1&y="]);
                format!("{lead}{}", percent(text, every))
            }
            Entities => format!("<p title=\"a\">{}</p>", entities(text, every)),
            Base64 => {
                let lead = choice.of_these(&["data:text/plain;base64,", "Authorization: Basic ", "", "a: "]);
                format!("{lead}{}", BASE64.encode(text.as_bytes()))
            }
            Base64Url => {
                let lead = choice.of_these(&["reply: ", "", "https://blackbar.example/?state="]);
                format!("{lead}{}", BASE64URL_NOPAD.encode(text.as_bytes()))
            }
            Gzip => BASE64.encode(&gzip(text)),
            Ansi => ansi(text, every),
            Python => format!("{{'text': '{}', 'ok': True}}", python(text)),
            RustDebug => format!("Some(Reply {{ text: {text:?}, code: 0 }})"),
            Chunks => chunks(text, 1 + every * 3),
            Hex => {
                let lead = choice.of_these(&["", "0x", "data: ", "\\x"]);
                let digits: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
                format!(
                    "{lead}{}",
                    if every.is_multiple_of(2) { digits } else { digits.to_ascii_uppercase() }
                )
            }
            Doubled if every.is_multiple_of(2) => format!("17,\"{}\",a", text.replace('"', "\"\"")),
            Doubled => format!("INSERT INTO log VALUES (17, '{}')", text.replace('\'', "''")),
        }
    }

    /// What stands in this layer of a text; more than one reading may follow one another.
    pub(crate) fn unwrap(self, text: &str) -> String {
        match self {
            JsonString | Python | RustDebug => unescaped(text),
            Percent => unpercent(text),
            Entities => unentities(text),
            Base64 | Base64Url => decoded_runs(text, aligned),
            Gzip => decoded_runs(text, inflated),
            Ansi => uncoloured(text),
            Chunks => text.replace("\", \"", "").replace("\",\"", ""),
            Hex => hex_runs(text),
            Doubled => text.replace("\"\"", "\"").replace("''", "'"),
        }
    }
}

/// Whether the character at this place is dressed up though it need not be.
const fn is_dressed(at: usize, every: usize) -> bool {
    every > 0 && at.is_multiple_of(every)
}

fn json_escaped(text: &str, every: usize) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if is_dressed(at, every) {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else if c == '/' {
            out.push_str("\\/");
        } else {
            let quoted = serde_json::Value::from(c.to_string()).to_string();
            out.push_str(&quoted[1..quoted.len() - 1]);
        }
    }
    out
}

fn percent(text: &str, every: usize) -> String {
    let mut out = String::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' if !is_dressed(at, every) => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn entities(text: &str, every: usize) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ if is_dressed(at, every) && at % 2 == 0 => out.push_str(&format!("&#{};", u32::from(c))),
            _ if is_dressed(at, every) => out.push_str(&format!("&#x{:x};", u32::from(c))),
            _ => out.push(c),
        }
    }
    out
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn ansi(text: &str, every: usize) -> String {
    let every = if text.contains('\u{1b}') { 0 } else { every * 5 };
    let mut out = String::from("\u{1b}[1;31m");
    for (at, c) in text.chars().enumerate() {
        if is_dressed(at, every) {
            out.push_str(if at % 2 == 0 { "\u{1b}[m" } else { "\u{1b}[0;32m" });
        }
        out.push(c);
    }
    out + "\u{1b}[0m"
}

fn python(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 || u32::from(c) == 0x7f => {
                out.push_str(&format!("\\x{:02x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

fn chunks(text: &str, size: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let pieces: Vec<String> = chars.chunks(size).map(|piece| piece.iter().collect()).collect();
    serde_json::json!(pieces).to_string()
}

/// Backslash escapes of JSON, Python and Rust, undone once.
pub(crate) fn unescaped(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut units: Vec<u16> = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let (len, code) = escape(&chars[at..]).unwrap_or((1, u32::from(chars[at])));
        at += len;
        match char::from_u32(code) {
            Some(c) => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
            None => units.push(u16::try_from(code).unwrap_or(0xfffd)),
        }
    }
    String::from_utf16_lossy(&units)
}

fn escape(chars: &[char]) -> Option<(usize, u32)> {
    let ['\\', kind, ..] = chars else { return None };
    let hex = |from: usize, to: usize| {
        let digits: String = chars.get(from..to)?.iter().collect();
        u32::from_str_radix(&digits, 16).ok().map(|code| (to, code))
    };
    match kind {
        'n' => Some((2, 10)),
        't' => Some((2, 9)),
        'r' => Some((2, 13)),
        'b' => Some((2, 8)),
        'f' => Some((2, 12)),
        'x' => hex(2, 4),
        'u' if chars.get(2) == Some(&'{') => {
            let end = chars.iter().position(|c| *c == '}')?;
            hex(3, end).map(|(_, code)| (end + 1, code))
        }
        'u' => hex(2, 6),
        '"' | '\\' | '/' | '\'' => Some((2, u32::from(*kind))),
        _ => None,
    }
}

fn unpercent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        match digits.filter(|_| bytes[at] == b'%').and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn unentities(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.char_indices().take(12).find(|(_, c)| *c == ';').map(|(at, _)| at);
        let decoded = end.and_then(|end| entity(&rest[1..end]).map(|c| (end, c)));
        match decoded {
            Some((end, c)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

fn uncoloured(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split("\u{1b}[");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| ('\u{40}'..='\u{7e}').contains(&c)).map_or(0, |at| at + 1);
        out.push_str(&part[end..]);
    }
    out
}

/// Every run of base64 letters decoded, line by line.
fn decoded_runs(text: &str, decode: impl Fn(&str) -> String) -> String {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let runs = text.split(|c| !is_letter(c)).filter(|run| run.len() >= 8);
    runs.map(decode).collect::<Vec<_>>().join("\n")
}

/// Every run of hex digits decoded, from its first and from its second on.
fn hex_runs(text: &str) -> String {
    let runs = text.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() >= 8);
    let decoded = |run: &str| {
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = run.as_bytes().chunks_exact(2).map(byte).collect();
        String::from_utf8_lossy(&bytes).into_owned() + "\n"
    };
    runs.map(|run| decoded(run) + &decoded(&run[1..])).collect()
}

/// A run from its first to its fourth letter on: its beginning may be blacked out.
fn aligned(run: &str) -> String {
    (0..4).map(|from| String::from_utf8_lossy(&bits(&run[from..])).into_owned() + "\n").collect()
}

fn bits(run: &str) -> Vec<u8> {
    let standard = run.replace('-', "+").replace('_', "/");
    let whole = &standard[..standard.len() - usize::from(standard.len() % 4 == 1)];
    lenient(&BASE64_NOPAD).decode(whole.as_bytes()).unwrap_or_default()
}

/// The same without a look at the bits that are left over.
fn lenient(encoding: &Encoding) -> Encoding {
    let mut specification = encoding.specification();
    specification.check_trailing_bits = false;
    specification.encoding().unwrap()
}

fn inflated(run: &str) -> String {
    let mut out = Vec::new();
    let _ = GzDecoder::new(bits(run).as_slice()).take(1 << 20).read_to_end(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}
