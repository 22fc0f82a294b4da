//! Making one record smaller that is too large for where it goes, after redaction.
//!
//! The longest contents are cut first, each at its end, with a mark that says how long it was; keys, and
//! contents of less than [`limits::TRIM_LEAST`] bytes, never. A placeholder is not cut in two: the cut moves
//! before it. What is cut is gone for this upstream: it is counted, and other exporters have it whole.

use super::Redacted;
use crate::limits;
use crate::otlp::{Content, Edit, Payload, View, Visitor};
use crate::path::Path;
use crate::tree::{Token, Tree};
use std::borrow::Cow;

impl Redacted<Payload> {
    /// The first half of the records and the rest.
    ///
    /// # Errors
    /// The same payload, if there is only one record in it.
    pub fn split(self) -> Result<(Self, Self), Self> {
        match self.0.split() {
            Ok((first, second)) => Ok((Self(first), Self(second))),
            Err(one) => Err(Self(one)),
        }
    }

    /// Cuts the longest contents until the request has at most so many bytes of protobuf, or there is
    /// nothing more to cut. How many were cut.
    pub fn trim(&mut self, bytes: usize) -> usize {
        let mut cut = 0;
        while self.0.protobuf_len() > bytes {
            let mut measure = Trim { most: usize::MAX, longest: 0, cut: 0 };
            self.0.rewrite(&mut measure);
            if measure.longest <= limits::TRIM_LEAST {
                break;
            }
            let most = (measure.longest / 2).max(limits::TRIM_LEAST);
            let mut trim = Trim { most, longest: 0, cut: 0 };
            self.0.rewrite(&mut trim);
            cut += trim.cut;
        }
        cut
    }
}

/// Cuts what is longer than `most`, and notes the longest.
struct Trim {
    most: usize,
    longest: usize,
    cut: usize,
}

impl Trim {
    fn leaf<'t>(&mut self, leaf: &'t [u8]) -> Cow<'t, [u8]> {
        self.longest = self.longest.max(leaf.len());
        if leaf.len() <= self.most {
            return Cow::Borrowed(leaf);
        }
        self.cut += 1;
        Cow::Owned(cut(leaf, self.most))
    }
}

impl Visitor for Trim {
    fn enter(&mut self, _: View<'_>) {}

    fn content(&mut self, _: &Path<'_>, content: Content<'_>) -> Edit {
        let bytes = match content {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
            Content::Int(_) | Content::Double(_) => return Edit::Keep,
        };
        match self.leaf(bytes) {
            Cow::Borrowed(_) => Edit::Keep,
            Cow::Owned(cut) => Edit::Replace(cut),
        }
    }

    fn tree(&mut self, _: &Path<'_>, tree: &Tree) -> Edit<Tree> {
        let texts: Vec<_> = tree.tokens().iter().filter_map(text).collect();
        let before = self.cut;
        let edited = tree.edited(|range, leaf| match texts.binary_search(&range.start).is_ok() {
            true => self.leaf(leaf),
            false => Cow::Borrowed(leaf),
        });
        if self.cut > before { Edit::Replace(edited) } else { Edit::Keep }
    }
}

/// Where a leaf stands that may be cut.
fn text(token: &Token) -> Option<usize> {
    match token {
        Token::Text(range) => Some(range.start),
        _ => None,
    }
}

/// The beginning of a content, and how long it was. Never longer than `most` and the mark.
fn cut(content: &[u8], most: usize) -> Vec<u8> {
    let mark = mark(content);
    let mut end = most.saturating_sub(mark.len());
    // Not within a character.
    while content.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) && end > 0 {
        end -= 1;
    }
    [whole(content.get(..end).unwrap_or_default()), mark.as_bytes()].concat()
}

/// The same for a text that may have so many UTF-16 code units, as services written in .NET count; where that is
/// less than [`limits::TRIM_LEAST`], three dots are the mark. `None`: it has no more.
pub(crate) fn cut_to_units(text: &str, most: usize) -> Option<String> {
    if text.len() <= most || text.encode_utf16().count() <= most {
        return None;
    }
    let mark = if most < limits::TRIM_LEAST { "...".to_owned() } else { mark(text.as_bytes()) };
    let mut room = most.saturating_sub(mark.len());
    let fits = |c: &char| room.checked_sub(c.len_utf16()).inspect(|left| room = *left).is_some();
    let end: usize = text.chars().take_while(fits).map(char::len_utf8).sum();
    let head = whole(text.as_bytes().get(..end).unwrap_or_default());
    Some(text.get(..head.len()).unwrap_or_default().to_owned() + &mark)
}

fn mark(content: &[u8]) -> String {
    format!("...[blackbar: cut, was {} bytes]", content.len())
}

/// Without the placeholder that is not there to its end.
fn whole(head: &[u8]) -> &[u8] {
    let open = memchr::memmem::rfind(head, b"[REDACTED:");
    let end = open.filter(|&at| !head.get(at..).unwrap_or_default().contains(&b']')).unwrap_or(head.len());
    head.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::redact::pretend;
    use crate::signal::Signal;
    use serde_json::json;

    #[test]
    fn a_cut_is_marked_and_splits_neither_a_character_nor_a_placeholder() {
        let mark = |was: usize| format!("...[blackbar: cut, was {was} bytes]");
        let long = "x".repeat(200);
        for (content, most, kept) in [
            (long.clone(), 100, "x".repeat(100 - mark(200).len())),
            ("\u{20ac}".repeat(100), 100, "\u{20ac}".repeat((100 - mark(300).len()) / 3)),
            (format!("{}[REDACTED:aws.access_key_id] {long}", "x".repeat(50)), 100, "x".repeat(50)),
            (
                format!("[REDACTED:a.b] {long}"),
                100,
                format!("[REDACTED:a.b] {}", "x".repeat(100 - 15 - mark(215).len())),
            ),
        ] {
            let cut = String::from_utf8(cut(content.as_bytes(), most)).unwrap();
            assert_eq!(cut, format!("{kept}{}", mark(content.len())));
            assert!(cut.len() <= most);
        }
    }

    #[test]
    fn a_text_is_cut_by_the_units_of_utf16() {
        let units = |text: &str| text.encode_utf16().count();
        for text in ["x".repeat(1000), "\u{20ac}".repeat(1000), "\u{1f600}x".repeat(500)] {
            let whole = units(&text);
            assert_eq!(cut_to_units(&text, whole), None);
            let most = whole - 1;
            let cut = cut_to_units(&text, most).unwrap();
            assert!(units(&cut) <= most && units(&cut) + 2 > most, "{} of {most}", units(&cut));
            assert!(cut.ends_with(&mark(text.as_bytes())));
            let short = cut_to_units(&text, 10).unwrap();
            assert!(units(&short) <= 10 && short.ends_with("..."), "{short}");
        }
        let open = format!("{}[REDACTED:aws.access_key_id]{}", "x".repeat(200), "y".repeat(200));
        assert_eq!(
            cut_to_units(&open, 260).unwrap(),
            format!("{}{}", "x".repeat(200), mark(open.as_bytes()))
        );
    }

    fn record(parts: &[(&str, usize)]) -> Redacted<Payload> {
        let attribute = |(key, length): &(&str, usize)| json!({"key": key, "value": {"stringValue": "x".repeat(*length)}});
        let attributes: Vec<_> = parts.iter().map(attribute).collect();
        let list =
            json!({"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "y".repeat(900)}]}}});
        let attributes = [attributes, vec![list]].concat();
        let record = json!({ "attributes": attributes });
        let request = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]});
        pretend(Payload::from_json(Signal::Logs, request.to_string().as_bytes()).unwrap())
    }

    fn told(payload: &Redacted<Payload>) -> String {
        let mut json = Vec::new();
        payload.write_json(&mut json);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn the_longest_is_cut_first_and_what_is_small_never() {
        let mut one = record(&[("long", 100_000), ("middle", 5000), ("small", 200)]);
        let cut = one.trim(20_000);
        assert!(one.inner().protobuf_len() <= 20_000 && cut > 0);
        let told = told(&one);
        assert!(
            told.contains("cut, was") && told.contains(&"x".repeat(5000)) && told.contains(&"x".repeat(200))
        );
        assert!(told.contains(&"y".repeat(900)), "what is not the longest stays");
        assert_eq!(one.trim(20_000), 0, "it is small enough");
    }

    #[test]
    fn what_cannot_be_made_small_enough_ends() {
        let mut one = record(&[("a", 100_000), ("b", 100_000)]);
        assert!(one.trim(10) > 2);
        assert!(one.inner().protobuf_len() < 2000, "{}", one.inner().protobuf_len());
        assert_eq!(one.trim(10), 0);
    }
}
