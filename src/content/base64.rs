//! base64 in a text: data URLs, Kubernetes secrets, credentials, the parts of a token, what somebody piped
//! through `base64`. Both alphabets of RFC 4648 (sections 4 and 5), with padding or without, on one line or
//! wrapped; inside it text in UTF-8 or UTF-16 (PowerShell's `-EncodedCommand`), or gzip or zlib of text.
//!
//! A run whose first characters say text is opened as it is. Of any other, an image or a message of
//! protobuf, the stretches of printable characters are opened that are long enough to hold anything; the
//! bytes of an image, a key or a digest have none. Hex is looked for in the same runs: see `hex`. A group of four
//! characters is the least that can be blacked out, and what is inside gzip is blacked out with the whole run.
//!
//! Considered and not done: base32 and base85 (no client sends them).

use super::hex;
use super::map::{Map, Source};
use crate::limits::{INFLATED_RATIO, INFLATED_TEXT_BYTES};
use flate2::read::{GzDecoder, ZlibDecoder};
use std::io::Read;
use std::ops::Range;

/// Characters of the shortest run that is opened: twelve bytes, less than any secret is worth.
pub(super) const SHORTEST: usize = 15;

/// Decoded bytes that have to be text for a run to be opened, and the most that are looked at.
const LOOKED_AT: (usize, usize) = (9, 48);

/// Groups of four characters of the shortest stretch of text in a run of something else.
const STRETCH: usize = 4;

/// Lines behind its own that such a stretch goes over at most.
const STRETCHED_LINES: usize = 64;

/// Places behind a `/`, `-`, `_` or `+` at which the run may begin instead: `prefix/YWJj...`.
const OTHER_STARTS: usize = 4;

/// Characters of a line from which on the next line may go on with the same run (RFC 2045 wraps at 76,
/// RFC 7468 at 64).
const WRAPPED: usize = 40;

/// Characters of a run that are looked at first. Many texts may stand in one run, and each is searched for from the
/// end of the last: none of these searches may walk to the end of the run, or the time for all grows with its
/// square. What was not found in that many, or does not end there, is looked for in [`FURTHER`] times as many more.
const NEAR: usize = 1 << 11;

/// See [`NEAR`].
const FURTHER: usize = 7;

/// Characters that tell whether a text begins or ends before them, in base64 or hex: those of [`LOOKED_AT`] are most.
const AHEAD: usize = 64;

/// Characters of a run of which something comes when they are inflated, or nothing does: more than the name of a
/// file and the tables take before it.
const INFLATED: usize = NEAR / 4 * 3;

/// What a run holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inside {
    /// Text: decode it with [`decode`].
    Text,
    /// Text in hex, whose digits are letters of both alphabets: decode it with [`hex::decode`].
    Hex,
    /// Every second byte of text is zero.
    Utf16,
    /// This text, compressed.
    Compressed(Vec<u8>),
    /// Something compressed, of which there is more than may be looked at.
    TooMuch,
}

/// The next run of base64 or hex in `range` of a text that holds text: where it stands, and what is in it.
/// Looks no farther than the run goes on, nor much farther than what is found: see [`NEAR`].
pub(super) fn next(text: &[u8], range: &Range<usize>) -> Option<(Range<usize>, Inside)> {
    find(text, range, &mut 0)
}

/// See [`next`]. Counts the characters of runs that were looked at, each as often as it was.
fn find(text: &[u8], range: &Range<usize>, looked_at: &mut usize) -> Option<(Range<usize>, Inside)> {
    let mut from = range.start;
    while let Some(mut run) = run(text, &(from..range.end)) {
        loop {
            *looked_at += run.len();
            let rest = text.get(run.end..range.end).unwrap_or_default();
            let is_whole = rest.first().is_none_or(|byte| !is_digit(*byte));
            match first(text, &run, is_whole) {
                Some((found, inside, known)) if is_whole || known + AHEAD <= run.end => {
                    return Some((found, inside));
                }
                _ if is_whole => break,
                _ => run.end += digits(rest, run.len() * FURTHER),
            }
        }
        from = run.end;
    }
    None
}

/// What comes first in a run, or in the beginning of one; and up to where that is known from.
fn first(text: &[u8], run: &Range<usize>, is_whole: bool) -> Option<(Range<usize>, Inside, usize)> {
    match (open(text, run, is_whole), hex::next(text, run)) {
        // Base64 goes up to the hex in it.
        (Some((found, Inside::Text)), Some(hex)) if found.start < hex.start && hex.start < found.end => {
            Some((found.start..hex.start, Inside::Text, hex.end))
        }
        (Some((found, inside)), hex) if hex.as_ref().is_none_or(|hex| found.start < hex.start) => {
            let end = found.end;
            Some((found, inside, end))
        }
        (_, hex) => hex.map(|hex| (hex.clone(), Inside::Hex, hex.end)),
    }
}

/// The next unbroken run of characters of either alphabet that is long enough, but not much more of it than
/// [`NEAR`]. Looks at eight bytes at a time, each behind the last: a run of [`SHORTEST`] holds all of some eight.
fn run(text: &[u8], range: &Range<usize>) -> Option<Range<usize>> {
    let text = text.get(..range.end)?;
    let mut at = range.start;
    loop {
        let (words, _) = text.get(at..)?.as_chunks::<8>();
        let word = at + words.iter().position(|word| may_all_be(*word))? * 8;
        at = word + 8;
        if !goes_on(text, word) {
            continue;
        }
        let before = text.get(range.start..word)?;
        let start = range.start + before.iter().rposition(|byte| !is_digit(*byte)).map_or(0, |at| at + 1);
        let end = word + digits(text.get(word..)?, NEAR);
        if end - start >= SHORTEST {
            return Some(start..end);
        }
        at = at.max(end);
    }
}

/// Whether eight bytes may all be of an alphabet: none of them is white space, a quote, a bracket or the like.
fn may_all_be(word: [u8; 8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const LOW: u64 = HIGH >> 7;
    let bytes = u64::from_le_bytes(word);
    // The high bit of each byte that is not below the lowest character of an alphabet. No byte carries over.
    let may_be = ((bytes & !HIGH) + LOW * (0x80 - b'+' as u64)) | bytes;
    may_be & HIGH == HIGH
}

/// Whether a run may go on on one side of eight bytes of it: of the others in [`SHORTEST`] four stand before them,
/// or behind them.
fn goes_on(text: &[u8], word: usize) -> bool {
    let before = word.checked_sub(4).and_then(|start| text.get(start..word));
    let after = text.get(word + 8..word + 12);
    [after, before].into_iter().flatten().any(|four| four.iter().all(|byte| is_digit(*byte)))
}

/// Characters of either alphabet that a text begins with, up to so many.
fn digits(text: &[u8], most: usize) -> usize {
    let near = text.get(..most).unwrap_or(text);
    near.iter().position(|byte| !is_digit(*byte)).unwrap_or(near.len())
}

/// What is in a run, and where in it that begins. Of the beginning of a run it is known only up to [`AHEAD`]
/// before its end.
fn open(text: &[u8], run: &Range<usize>, is_whole: bool) -> Option<(Range<usize>, Inside)> {
    let near = text.get(run.start..run.end.saturating_sub(SHORTEST)).unwrap_or_default();
    let others = near
        .iter()
        .enumerate()
        .filter(|(_, byte)| matches!(byte, b'/' | b'-' | b'_' | b'+'))
        .map(|(at, _)| at + 1)
        .take(OTHER_STARTS);
    let at = |start: usize| kind(text, &(start..run.end)).map(|kind| (start, kind));
    let begins = at(run.start).or_else(|| others.filter_map(|other| at(run.start + other)).next());
    let stretched = || stretch(text, run, is_whole).map(|range| (range, Inside::Text));
    let Some((start, kind)) = begins else { return stretched() };
    // Text may stand before it.
    if start > run.start
        && let Some(before) = stretched().filter(|(range, _)| range.start < start)
    {
        return Some(before);
    }
    let range = start..wrapped_end(text, &(start..run.end), is_digit);
    let inside = match kind {
        Kind::Text => Inside::Text,
        Kind::Utf16 => Inside::Utf16,
        Kind::Gzip | Kind::Zlib => {
            let head = start..range.end.min(start + INFLATED);
            let is_known = is_whole || head.len() == INFLATED;
            if is_known && inflate(&bytes(text, &head), kind).is_none() {
                return stretched();
            }
            match is_whole.then(|| inflate(&bytes(text, &range), kind)) {
                // All of the run is needed.
                None => Inside::Compressed(Vec::new()),
                Some(Some(inside)) => inside,
                Some(None) => return stretched(),
            }
        }
    };
    Some((range, inside))
}

/// The first stretch of a run that is printable ASCII but for single groups, with the group before it and the
/// one behind it, in which text may begin and end. One that goes on to the end of its line may go on on the next.
fn stretch(text: &[u8], run: &Range<usize>, is_whole: bool) -> Option<Range<usize>> {
    let mut stretch = Stretch { start: run.start, groups: 0, end: None };
    let within = Groups::new(text, run.clone()).find_map(|group| stretch.take(&group));
    if within.is_some() || stretch.groups == 0 || stretch.end.is_some() || !is_whole {
        return within.or_else(|| stretch.up_to(run.end));
    }
    let most = run.end + STRETCHED_LINES * (run.len() + 2);
    let end = wrapped_end(text.get(..most).unwrap_or(text), run, is_digit);
    let mut lines = Stretch { groups: 0, ..stretch };
    let over_lines = Groups::new(text, stretch.start..end).find_map(|group| lines.take(&group));
    over_lines.or_else(|| lines.up_to(end))
}

/// A stretch that is looked for.
#[derive(Clone, Copy)]
struct Stretch {
    start: usize,
    /// Printable ones.
    groups: usize,
    /// Behind a group that is not, which may be single.
    end: Option<usize>,
}

impl Stretch {
    /// Takes the next group; gives back the stretch that ends before it.
    fn take(&mut self, group: &Group) -> Option<Range<usize>> {
        let is_text = group.decoded().iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e));
        match self.end {
            _ if is_text => {
                self.groups += 1;
                self.end = None;
            }
            Some(end) if self.groups >= STRETCH => return Some(self.start..end),
            None if self.groups > 0 => self.end = Some(group.range.end),
            _ => *self = Self { start: group.range.start, groups: 0, end: None },
        }
        None
    }

    /// The stretch, if the groups end here.
    fn up_to(self, end: usize) -> Option<Range<usize>> {
        (self.groups >= STRETCH).then(|| self.start..self.end.unwrap_or(end))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Utf16,
    Gzip,
    Zlib,
}

fn kind(text: &[u8], range: &Range<usize>) -> Option<Kind> {
    // Nearly everything is turned down by its first bytes.
    if !may_begin(Groups::new(text, range.clone()).next()?.decoded()) {
        return None;
    }
    let (least, most) = LOOKED_AT;
    let mut head = Vec::with_capacity(most);
    for group in Groups::new(text, range.clone()).take(most / 3) {
        head.extend_from_slice(group.decoded());
    }
    match head.as_slice() {
        head if head.len() < least => None,
        [0x1f, 0x8b, 8, ..] => Some(Kind::Gzip),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] if !is_text(&head) => Some(Kind::Zlib),
        head if is_text(head) => Some(Kind::Text),
        head if is_utf16(head) => Some(Kind::Utf16),
        _ => None,
    }
}

fn may_begin(head: &[u8]) -> bool {
    let compressed = matches!(head, [0x1f, 0x8b, ..] | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]);
    let wide = matches!(head, [first, 0, ..] if is_character(*first));
    compressed || wide || is_text(head)
}

const fn is_character(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..=0xff)
}

/// Printable, and UTF-8 as far as it goes.
fn is_text(head: &[u8]) -> bool {
    // No character begins with these.
    if let Some(0x80..=0xc1 | 0xf5..) = head.first() {
        return false;
    }
    let whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    whole && head.iter().all(|byte| is_character(*byte))
}

/// ASCII in UTF-16, little endian.
fn is_utf16(head: &[u8]) -> bool {
    let (pairs, _) = head.as_chunks::<2>();
    pairs.iter().all(|[low, high]| *high == 0 && low.is_ascii() && is_character(*low))
}

/// The end of a run that is wrapped: lines of one length, and a last one that is no longer. Digits of hex that
/// go on as base64 are no line: they would be taken away from a run of that.
pub(super) fn wrapped_end(text: &[u8], run: &Range<usize>, is_digit: impl Fn(u8) -> bool) -> usize {
    let width = run.len();
    let mut end = run.end;
    let mut last = width;
    while width >= WRAPPED && last == width {
        let rest = text.get(end..).unwrap_or_default();
        let space =
            rest.iter().take(64).take_while(|byte| matches!(byte, b'\n' | b'\r' | b' ' | b'\t')).count();
        let line = rest.get(space..).unwrap_or_default().iter().take(width + 1);
        last = line.take_while(|byte| is_digit(**byte)).count();
        let wrapped = rest.get(..space).is_some_and(|space| space.contains(&b'\n'));
        let goes_on = rest.get(space + last).is_some_and(|byte| self::is_digit(*byte));
        if !wrapped || last == 0 || last > width || goes_on {
            break;
        }
        end += space + last;
    }
    end
}

/// Appends what a run says.
pub(super) fn decode(text: &mut Vec<u8>, map: &mut Map, source: &Source<'_>, range: &Range<usize>) {
    for group in Groups::new(source.bytes(), range.clone()) {
        map.unit(text, source, &group.range, group.decoded());
    }
}

/// The same of UTF-16: a group of four characters may hold one and a half units of it.
pub(super) fn decode_utf16(text: &mut Vec<u8>, map: &mut Map, source: &Source<'_>, range: &Range<usize>) {
    let mut odd = false;
    for group in Groups::new(source.bytes(), range.clone()) {
        let mut kept = [0; 3];
        let mut len = 0;
        for byte in group.decoded() {
            if let Some(slot) = kept.get_mut(len).filter(|_| !odd) {
                *slot = *byte;
                len += 1;
            }
            odd = !odd;
        }
        map.unit(text, source, &group.range, kept.get(..len).unwrap_or_default());
    }
}

fn bytes(text: &[u8], range: &Range<usize>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(range.len() / 4 * 3 + 3);
    Groups::new(text, range.clone()).for_each(|group| bytes.extend_from_slice(group.decoded()));
    bytes
}

/// Inflates, within bounds. What is damaged is read as far as it goes.
fn inflate(compressed: &[u8], kind: Kind) -> Option<Inside> {
    let most = compressed.len().saturating_mul(INFLATED_RATIO).min(INFLATED_TEXT_BYTES);
    let mut text = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let _ = match kind {
        Kind::Zlib => ZlibDecoder::new(compressed).take(limit).read_to_end(&mut text),
        _ => GzDecoder::new(compressed).take(limit).read_to_end(&mut text),
    };
    if text.len() > most {
        return Some(Inside::TooMuch);
    }
    (!text.is_empty()).then_some(Inside::Compressed(text))
}

/// One group of two to four characters.
struct Group {
    range: Range<usize>,
    bytes: [u8; 3],
    len: usize,
}

impl Group {
    fn decoded(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The groups of a run; what stands between characters (line breaks, padding) is passed over.
struct Groups<'a> {
    text: &'a [u8],
    range: Range<usize>,
}

impl<'a> Groups<'a> {
    const fn new(text: &'a [u8], range: Range<usize>) -> Self {
        Self { text, range }
    }

    /// The next group, if its four characters stand side by side, as nearly always.
    #[inline]
    fn unbroken(&mut self) -> Option<Group> {
        let Range { start, end } = self.range;
        let [a, b, c, d] = *self.text.get(start..end)?.first_chunk::<4>()?;
        let [a, b, c, d] = [code(a), code(b), code(c), code(d)];
        if (a | b | c | d) & NO_DIGIT != 0 {
            return None;
        }
        self.range.start += 4;
        let bits = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
        let [_, bytes @ ..] = bits.to_be_bytes();
        Some(Group { range: start..start + 4, bytes, len: 3 })
    }
}

impl Iterator for Groups<'_> {
    type Item = Group;

    #[inline]
    fn next(&mut self) -> Option<Group> {
        self.unbroken().or_else(|| self.broken())
    }
}

impl Groups<'_> {
    /// The next group, whatever stands between its characters; the last may have fewer.
    fn broken(&mut self) -> Option<Group> {
        let (mut bits, mut digits) = (0_u32, 0_usize);
        let mut range: Option<Range<usize>> = None;
        while digits < 4 && self.range.start < self.range.end {
            let at = self.range.start;
            self.range.start += 1;
            if let Some(value) = self.text.get(at).and_then(|byte| value(*byte)) {
                bits = bits << 6 | u32::from(value);
                digits += 1;
                range = Some(range.map_or(at, |range| range.start)..at + 1);
            }
        }
        let len = digits.checked_sub(1).filter(|len| *len > 0)?;
        let [_, bytes @ ..] = (bits << (6 * (4 - digits))).to_be_bytes();
        Some(Group { range: range?, bytes, len })
    }
}

const fn is_digit(byte: u8) -> bool {
    value(byte).is_some()
}

const fn value(byte: u8) -> Option<u8> {
    match code(byte) {
        NO_DIGIT => None,
        value => Some(value),
    }
}

/// What a character stands for; [`NO_DIGIT`], if it is of no alphabet.
#[inline]
const fn code(byte: u8) -> u8 {
    #[allow(clippy::indexing_slicing)] // A byte is an index into 256.
    VALUES[byte as usize]
}

/// A bit that no value has.
const NO_DIGIT: u8 = 64;

/// What each character of either alphabet stands for.
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // Seen by the compiler.
const VALUES: [u8; 256] = {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    #[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)]
    // Below 64, and seen by the compiler.
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};

/// Digits of the whole of base64 that a text ends in, which its padding ends (RFC 4648, section 4): letters, numbers and
/// these signs. None if it has no padding.
pub(super) fn padded(text: &[u8], signs: &[u8]) -> usize {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || signs.contains(byte);
    let digits = text.iter().rev().skip(padding).take_while(is_digit).count();
    if (1..=2).contains(&padding) && (digits + padding).is_multiple_of(4) { digits } else { 0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use data_encoding::{BASE64, BASE64URL_NOPAD};
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    fn opened(text: &str) -> Vec<String> {
        let bytes = text.as_bytes();
        let source = Source::content(bytes);
        let mut all = Vec::new();
        let mut range = 0..bytes.len();
        while let Some((run, inside)) = next(bytes, &range) {
            let (mut text, mut map) = (Vec::new(), Map::default());
            match inside {
                Inside::Text => decode(&mut text, &mut map, &source, &run),
                Inside::Hex => hex::decode(&mut text, &mut map, &source, &run),
                Inside::Utf16 => decode_utf16(&mut text, &mut map, &source, &run),
                Inside::Compressed(inflated) => text = inflated,
                Inside::TooMuch => text = b"too much".to_vec(),
            }
            all.push(String::from_utf8_lossy(&text).into_owned());
            range.start = run.end;
        }
        all
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// Every byte looked at.
    fn naive(text: &[u8]) -> Option<Range<usize>> {
        let runs = text.split(|byte| !is_digit(*byte));
        let mut at = 0;
        runs.map(|run| {
            at += run.len() + 1;
            at - 1 - run.len()..at - 1
        })
        .find(|run| run.len() >= SHORTEST)
    }

    proptest! {
        #[test]
        fn no_run_is_missed(text in r"([a-z]{1,17}|[ .:\n]|[+]|[!-0]{1,3}|\x{e9}){0,12}") {
            let text = text.as_bytes();
            prop_assert_eq!(run(text, &(0..text.len())), naive(text));
            let behind = [b"ab".as_slice(), text, b"cd"].concat();
            let shifted = naive(text).map(|run| run.start + 2..run.end + 2);
            prop_assert_eq!(run(&behind, &(2..behind.len() - 2)), shifted);
        }
    }

    /// Pieces of a run, of which each reads as text in one of the two, or for a while, or not at all.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            r"[!-~]{8,20}".prop_map(|text| in_hex(&text)),
            r"[!-~]{9,30}".prop_map(|text| BASE64.encode(text.as_bytes())),
            r"([c-f][23]){6,20}",
            "[0-9a-f]{1,7}",
            "[A-Za-z0-9/]{1,7}",
            prop::sample::select(vec!["/", "_", "=", "\n", "H4sI", "H4sICAAA", "eJwA", "////////", "JABh"])
                .prop_map(str::to_owned),
        ];
        let repeated = (piece, prop_oneof![4 => Just(1_usize), 1 => 1_usize..400])
            .prop_map(|(piece, times)| piece.repeat(times));
        prop::collection::vec(repeated, 1..12).prop_map(|pieces| pieces.concat())
    }

    fn in_hex(text: &str) -> String {
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    proptest! {
        #[test]
        fn what_is_found_from_near_is_what_all_of_the_run_says(text in pieces()) {
            let text = text.as_bytes();
            let mut all = 0..text.len();
            loop {
                let mut rest = all.clone();
                let whole = std::iter::from_fn(|| {
                    let mut run = run(text, &rest)?;
                    run.end += digits(&text[run.end..], usize::MAX);
                    rest.start = run.end;
                    Some(run)
                });
                let expected = whole.filter_map(|run| first(text, &run, true)).next();
                let found = next(text, &all);
                prop_assert_eq!(&found, &expected.map(|(found, inside, _)| (found, inside)));
                let Some((found, _)) = found else { break };
                prop_assert!(found.end > all.start);
                all.start = found.end;
            }
        }
    }

    #[test]
    fn many_texts_in_one_run_are_looked_for_near_by() {
        let text = "mnopqklmnopz";
        let binary = "////////".to_owned() + &BASE64.encode(b"user:hunter2 and i");
        for unit in [
            in_hex(text) + "2100f",
            in_hex(text) + "ff",
            in_hex(text) + "/",
            in_hex(text) + "ZZ",
            format!("{}{binary}", in_hex(text)),
            format!("H4sICAAA{}", in_hex(text)),
            "c2c3d2d3".repeat(3) + "00f",
            binary,
        ] {
            let text = unit.repeat((1 << 16) / unit.len());
            let mut rest = 0..text.len();
            let (mut found, mut looked_at) = (0, 0);
            while let Some((run, _)) = find(text.as_bytes(), &rest, &mut looked_at) {
                found += 1;
                rest.start = run.end;
            }
            assert!(found > 1000, "{unit}: {found}");
            assert!(looked_at / found < 2 * NEAR, "{unit}: {looked_at} for {found}");
        }
    }

    #[test]
    fn a_run_that_says_text_is_opened() {
        let text = "user:hunter2 \u{e9}";
        let long = "DB_PASSWORD=hunter2\n".repeat(12);
        let wide: Vec<u8> = text.as_bytes().iter().take(12).flat_map(|byte| [*byte, 0]).collect();
        let standard = BASE64.encode(text.as_bytes());
        for (line, expected) in [
            (format!("Basic {standard}"), text),
            (format!("data:text/plain;base64,{standard}\""), text),
            (BASE64URL_NOPAD.encode("a>b?c>d?e>f?\u{e9}".as_bytes()), "a>b?c>d?e>f?\u{e9}"),
            (format!("x-{standard}"), text),
            (format!("-enc {}", BASE64.encode(&wide)), "user:hunter2"),
            (BASE64.encode(&gzip(text.as_bytes())), text),
            (BASE64.encode(&zlib(text.as_bytes())), text),
        ] {
            assert_eq!(opened(&line), [expected], "{line}");
        }
        let behind_a_path = opened(&format!("env/{standard} x")).concat();
        assert!(behind_a_path.ends_with("user:hunter2 \u{e9}"), "{behind_a_path}");
        let random: String = (0..9_000_u32).map(|n| format!("{:x} ", n.wrapping_mul(0x9e37_79b9))).collect();
        let mut named =
            flate2::GzBuilder::new().filename("n".repeat(255)).write(Vec::new(), Compression::best());
        named.write_all(random.as_bytes()).unwrap();
        assert_eq!(opened(&BASE64.encode(&named.finish().unwrap())), std::slice::from_ref(&random));
        let encoded = BASE64.encode(long.as_bytes());
        for width in [64, 70, 76] {
            let lines: Vec<&str> =
                encoded.as_bytes().chunks(width).map(|c| std::str::from_utf8(c).unwrap()).collect();
            assert_eq!(
                opened(&format!("$ base64 f\n{}\n$", lines.join("\n"))),
                std::slice::from_ref(&long),
                "{width}"
            );
            assert_eq!(opened(&lines.join("\r\n  ")), std::slice::from_ref(&long), "{width}");
        }
    }

    #[test]
    fn what_says_no_text_is_passed_over() {
        for text in [
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
            "processPayloadMessages usr/share/doc/libfoo/changelog",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "sha512-9Jw7Xn8mQ2p0sVb1cY5tUzKfHaGdLeRiOqWxEv3kC6M",
            "YWJjZGVm",
            "",
        ] {
            assert_eq!(opened(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn two_runs_are_two() {
        let run = BASE64.encode(b"one two three");
        assert_eq!(opened(&format!("{run} {run}")), ["one two three"; 2]);
        assert_eq!(opened(&format!("{run}.{run}")), ["one two three"; 2]);
    }

    #[test]
    fn what_inflates_to_too_much_is_told() {
        let bomb = vec![b'a'; INFLATED_TEXT_BYTES + 1];
        assert_eq!(opened(&BASE64.encode(&gzip(&bomb))), ["too much"]);
    }

    #[test]
    fn text_in_something_else_is_opened_with_what_borders_on_it() {
        let text = b"user:hunter2 and more";
        for (before, after) in [(0_usize, 1_usize), (1, 0), (2, 2), (3, 9), (40, 40)] {
            let bytes = [&vec![0xff; before], &text[..], &vec![1; after]].concat();
            let seen = opened(&BASE64.encode(&bytes)).concat();
            assert!(seen.contains("user:hunter2 and more"), "{before} {after} {seen:?}");
            assert!(seen.chars().count() <= text.len() + 6, "{before} {after} {seen:?}");
        }
        let twice = [&text[..], &[0; 9], text].concat();
        assert_eq!(opened(&BASE64.encode(&twice)).len(), 2);
    }
}
