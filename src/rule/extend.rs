//! Extensions: how far a match goes on beyond its pattern, where only code can say so cheaply.
//!
//! A PEM block is a header, kilobytes, and the end that belongs to it. As one pattern that is a repeat
//! of twelve thousand bytes, and every engine chokes on it. So the pattern matches the header, and the
//! rest is walked here: linear, bounded, and never past a [`SEPARATOR`]. The same for what is left of a block
//! without its header.

use super::{SEPARATOR, key_lines};
use crate::limits::{PEM_BYTES, PEM_CUT_BYTES};
use memchr::memmem;
use std::ops::Range;

/// One way to extend a match. Its name in a pack is `pem`, `pem_tail`, `pem_lines`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extend {
    /// Up to the END line of a private key, or, where it is missing, as far as a body may go.
    Pem,
    /// Back from the END line of a private key over its lines, where they have no BEGIN.
    PemTail,
    /// To the lines of a private key that stand near behind what tells of one, and to nothing else.
    PemLines,
}

impl Extend {
    /// The word in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pem => "pem",
            Self::PemTail => "pem_tail",
            Self::PemLines => "pem_lines",
        }
    }

    /// What becomes of what the pattern matched. Where there is nothing to extend it to it stays as it is, and
    /// it is for a validator to reject that.
    #[must_use]
    pub fn range(self, text: &[u8], matched: Range<usize>) -> Range<usize> {
        match self {
            Self::Pem => matched.start..pem(text, matched.end),
            Self::PemTail => key_lines::before_end(text, matched),
            Self::PemLines => key_lines::behind_cue(text, matched),
        }
    }
}

fn pem(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let reach = rest.get(..PEM_BYTES).unwrap_or(rest);
    let segment = reach.split(|byte| *byte == SEPARATOR).next().unwrap_or_default();
    let end = memmem::find_iter(segment, b"END ").find_map(|at| end_line(segment, at));
    from + end.unwrap_or_else(|| body(segment))
}

/// The end of the END line whose word `END ` stands here.
fn end_line(block: &[u8], at: usize) -> Option<usize> {
    let before = block.get(..at)?;
    before.strip_suffix(b" ").unwrap_or(before).ends_with(b"----").then_some(())?;
    let words = block.get(at..)?;
    let label = words.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b' ')).count();
    let (label, after) = words.split_at(label);
    let label_of_key = label.trim_ascii_end();
    let key = label_of_key.strip_suffix(b" BLOCK").unwrap_or(label_of_key).ends_with(b"PRIVATE KEY");
    let dashes = after.iter().take(5).take_while(|byte| **byte == b'-').count();
    (key && dashes >= 4).then_some(at + label.len() + dashes)
}

/// How far the body of a block without an end may go: base64, line breaks (also escaped ones), line
/// numbers, and the marks of diffs and quotes.
fn body(block: &[u8]) -> usize {
    let inside = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || b"+/=\\:|>,\"-'#*".contains(byte)
            || matches!(byte, b'\t'..=b'\r' | b' ')
            // An arrow or a bar behind the number of a line.
            || "\u{2192}\u{2502}".as_bytes().contains(byte)
    };
    block.iter().take(PEM_CUT_BYTES).take_while(|byte| inside(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, end: usize) {
        assert_eq!(Extend::Pem.range(text.as_bytes(), 0..1), 0..end, "{text}");
    }

    #[test]
    fn a_block_goes_to_the_end_that_belongs_to_it() {
        check("-\nabc\n-----END PRIVATE KEY----- x", 31);
        check("-{}\n---- END RSA PRIVATE KEY ---- x", 33);
        check("-\n-----END CERTIFICATE-----\n-----END PGP PRIVATE KEY BLOCK----- x", 63);
        check("-ab\n\\n cd|>, {-----END PUBLIC KEY-----", 13);
        check("-ab\x1ecd-----END PRIVATE KEY-----", 3);
        check("-", 1);
    }

    #[test]
    fn a_block_has_a_longest() {
        let end = "-----END PRIVATE KEY-----";
        let text = |body: usize| format!("-{}{end}", ".".repeat(body));
        check(&text(PEM_BYTES - end.len()), PEM_BYTES + 1);
        check(&text(PEM_BYTES - end.len() + 2), 1);
        check(&format!("-{}", "a".repeat(PEM_CUT_BYTES + 1)), PEM_CUT_BYTES + 1);
    }
}
