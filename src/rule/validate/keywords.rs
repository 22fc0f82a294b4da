//! Keywords: words that have to stand near a match, and words that must not.
//!
//! ```toml
//! pattern = '\b[0-9]{6}\b'
//! [rule.keywords]
//! before = ["badge no", "badge number"]   # one of these before the secret,
//! after = ["is my badge"]                 # or one of these behind it,
//! in_key = ["badge"]                      # or one of these in the name of the value:
//! without = ["ticket"]                    # and none of these on either side
//! within = 40                             # bytes
//! ```
//!
//! One word of any of the first three lists is enough. A word is compared without regard to ASCII case, and stands on
//! its own: no letter or digit touches it, but for a capital that begins a word (`badgeNo`, `myBadge`). A blank in a
//! word stands for one of ` `, `_`, `-`, `.`, or for nothing: `badge no` is in `BADGE_NO`, `badge-no` and `badgeNo`.
//! All of it lies in the segment of the match: what stands in another leaf says nothing, and neither does what stands in
//! a placeholder of ours. A key is what [`context`] takes for one: ASCII letters, digits, `_`, `-` and `.`, so that of a
//! key with blanks it is the last word. What stands in such a key stands before the secret, too.
//!
//! A pattern whose rule has such words needs no literal of its own: the words are looked for in its place. The bias is
//! that of all context: words make a rule narrower, so a rule for a format of its own has none.

use super::{Match, context};
use crate::limits::{KEYWORD_WITHIN, KEYWORDS};
use crate::rule::SEPARATOR;
use serde::Deserialize;
use std::ops::Range;

/// Bytes on each side of a secret in which words count, where a rule says nothing else.
const WITHIN: usize = 40;

/// The shortest word, and the shortest part of one that is looked for.
const LEAST: usize = 3;

/// Bytes of a part that is found everywhere: `into` of `log into`.
const COMMON: usize = 4;

/// What a blank in a word may stand for.
const BLANKS: [&str; 5] = ["", " ", "_", "-", "."];

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keywords {
    /// One of these before the secret.
    #[serde(default)]
    pub before: Vec<Keyword>,
    /// One of these behind it.
    #[serde(default)]
    pub after: Vec<Keyword>,
    /// One of these in what the value is called.
    #[serde(default)]
    pub in_key: Vec<Keyword>,
    /// None of these on either side.
    #[serde(default)]
    pub without: Vec<Keyword>,
    /// Bytes on each side in which a word counts, from end to end.
    #[serde(default)]
    pub within: Within,
}

/// A word, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Keyword(Box<str>);

/// Bytes, at most [`KEYWORD_WITHIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "usize")]
pub struct Within(pub usize);

impl Default for Within {
    fn default() -> Self {
        Self(WITHIN)
    }
}

impl TryFrom<usize> for Within {
    type Error = String;

    fn try_from(bytes: usize) -> Result<Self, String> {
        let fits = (1..=KEYWORD_WITHIN).contains(&bytes);
        if fits { Ok(Self(bytes)) } else { Err(format!("`within` is from 1 to {KEYWORD_WITHIN} bytes")) }
    }
}

impl TryFrom<String> for Keyword {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        let word = word.to_ascii_lowercase();
        let beside = |pair: &[u8]| pair.contains(&b' ') && pair.iter().all(|byte| b" _-.".contains(byte));
        if word.len() < LEAST || word.trim() != word || word.as_bytes().windows(2).any(beside) {
            return Err(format!(
                "bad keyword `{word}`: write {LEAST} bytes or more, with single blanks between words and no `_`, \
                 `-` or `.` beside them"
            ));
        }
        Ok(Self(word.into()))
    }
}

/// What words say against a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// None of the words that have to stand near it does.
    Unannounced,
    /// A word that must not stand near it does.
    Excluded,
}

/// Says whether a byte of the text is one of a placeholder of ours.
pub type Ours<'a> = dyn Fn(usize) -> bool + 'a;

impl Keywords {
    /// Whether they can be looked for.
    ///
    /// # Errors
    /// If they are too many, or if one can be in no key.
    pub fn check(&self) -> Result<(), String> {
        let lists = [&self.before, &self.after, &self.in_key, &self.without];
        if lists.iter().any(|list| list.len() > KEYWORDS) {
            return Err(format!(
                "more than {KEYWORDS} keywords in one list: every match is held against each"
            ));
        }
        let in_key = |byte: u8| byte.is_ascii_alphanumeric() || b"_-. ".contains(&byte);
        let stranger = self.in_key.iter().find(|word| !word.0.bytes().all(in_key));
        stranger.map_or(Ok(()), |word| {
            Err(format!("keyword `{}` can be in no key: write letters, digits, `_`, `-` and `.`", word.0))
        })
    }

    /// What speaks against a match, if anything does.
    #[must_use]
    pub fn objection(&self, matched: Match<'_>, ours: &Ours<'_>) -> Option<Objection> {
        let (before, after) = self.around(&matched);
        let has = |words: &[Keyword], range: &Range<usize>| {
            words.iter().any(|word| word.stands_in(matched.text, range, ours))
        };
        if has(&self.without, &before) || has(&self.without, &after) {
            return Some(Objection::Excluded);
        }
        let announced = !self.announce()
            || has(&self.before, &before)
            || has(&self.after, &after)
            || has(&self.in_key, &context::key_range(&matched));
        (!announced).then_some(Objection::Unannounced)
    }

    /// The same of what may be the beginning of a secret that was cut off: what would stand behind it is not there.
    #[must_use]
    pub fn objection_to_beginning(&self, matched: Match<'_>, ours: &Ours<'_>) -> Option<Objection> {
        let objection = self.objection(matched, ours);
        objection.filter(|objection| *objection == Objection::Excluded || self.after.is_empty())
    }

    /// Whether some word has to stand near a match.
    #[must_use]
    pub fn announce(&self) -> bool {
        !(self.before.is_empty() && self.after.is_empty() && self.in_key.is_empty())
    }

    /// What can be looked for in place of a literal of the pattern, in lower case, each with the most bytes between
    /// its start and a secret it speaks for. One of them stands near every match; none if a word has no part that is
    /// long enough, or there are no words.
    #[must_use]
    pub fn literals(&self) -> Vec<(String, usize)> {
        let near = self.before.iter().chain(&self.after).map(|word| (word, self.within.0));
        let in_key = self.in_key.iter().map(|word| (word, context::BEFORE));
        let mut all: Vec<(String, usize)> = Vec::new();
        for (word, reach) in near.chain(in_key) {
            let Some(literals) = word.literals() else { return Vec::new() };
            all.extend(literals.into_iter().map(|literal| (literal, reach + word.most())));
        }
        all.sort_by_key(|(literal, _)| literal.len());
        let mut least: Vec<(String, usize)> = Vec::new();
        for (literal, reach) in all {
            match least.iter_mut().find(|(part, _)| literal.contains(part.as_str())) {
                Some((_, most)) => *most = reach.max(*most),
                None => least.push((literal, reach)),
            }
        }
        least
    }

    /// The bytes before a secret and behind it in which words count.
    fn around(&self, matched: &Match<'_>) -> (Range<usize>, Range<usize>) {
        let Within(within) = self.within;
        let start = matched.start.saturating_sub(within);
        let before = matched.text.get(start..matched.start).unwrap_or_default();
        let start = memchr::memrchr(SEPARATOR, before).map_or(start, |at| start + at + 1);
        let end = matched.text.len().min(matched.end.saturating_add(within));
        let after = matched.text.get(matched.end..end).unwrap_or_default();
        let end = memchr::memchr(SEPARATOR, after).map_or(end, |at| matched.end + at);
        (start..matched.start, matched.end..end)
    }
}

impl Keyword {
    /// As it is compared: in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands somewhere in this part of a text, on its own.
    fn stands_in(&self, text: &[u8], range: &Range<usize>, ours: &Ours<'_>) -> bool {
        let first = self.0.bytes().next().unwrap_or_default();
        let part = text.get(range.clone()).unwrap_or_default();
        memchr::memchr2_iter(first, first.to_ascii_uppercase(), part).any(|at| {
            let start = range.start + at;
            self.ends_at(text, start, range.end)
                .is_some_and(|end| !joined(text, start) && !joined(text, end) && !ours(start))
        })
    }

    /// Where it ends if it starts here.
    fn ends_at(&self, text: &[u8], start: usize, last: usize) -> Option<usize> {
        let mut at = start;
        for byte in self.0.bytes() {
            let found = text.get(at).filter(|_| at < last)?;
            match byte {
                b' ' if matches!(found, b' ' | b'_' | b'-' | b'.') => at += 1,
                b' ' => {}
                _ if found.to_ascii_lowercase() == byte => at += 1,
                _ => return None,
            }
        }
        Some(at)
    }

    /// What is looked for to find it: its longest part without a blank, or where that is a common one, and the other is
    /// its neighbour, both with all that a blank may stand for. `None` if it is too short.
    fn literals(&self) -> Option<Vec<String>> {
        let part = self.0.split(' ').max_by_key(|part| part.len()).filter(|part| part.len() >= LEAST)?;
        let both = self.0.split_once(' ').filter(|(_, second)| !second.contains(' ') && part.len() <= COMMON);
        Some(match both {
            Some((first, second)) => BLANKS.iter().map(|blank| [first, *blank, second].concat()).collect(),
            None => vec![part.to_owned()],
        })
    }

    /// The most bytes it takes.
    const fn most(&self) -> usize {
        self.0.len()
    }
}

/// Whether the bytes on both sides of this place belong to one word.
fn joined(text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    let (Some(before), Some(after)) = (before, text.get(at)) else { return false };
    let begins_word = after.is_ascii_uppercase() && before.is_ascii_lowercase();
    before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric() && !begins_word
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::testing::marked;
    use super::*;

    fn check(keywords: &str, text: &str, expected: Option<Objection>) {
        let keywords: Keywords = toml::from_str(keywords).unwrap();
        let (bare, range) = marked(text);
        let ours = |at: usize| bare.get(..at).is_some_and(|before| before.contains("[OURS:"));
        assert_eq!(keywords.objection(Match::new(bare.as_bytes(), &range), &ours), expected, "{text}");
    }

    #[test]
    fn one_word_before_or_behind_or_in_the_key_announces_a_match() {
        let words = "before = ['badge no']\nafter = ['is my badge']\nin_key = ['badge']\nwithin = 16";
        for text in [
            "Badge No. \u{ab}123456\u{bb}",
            "badge-no: \u{ab}123456\u{bb}",
            "the badgeNo \u{ab}123456\u{bb}",
            "\u{ab}123456\u{bb} is my badge",
            "{\"my_badge\": \"\u{ab}123456\u{bb}\"}",
            "myBadgeHere = \u{ab}123456\u{bb}",
            "x\u{1e}badge: \u{ab}123456\u{bb}",
            "badge \u{ab}123456\u{bb}",
        ] {
            check(words, text, None);
        }
        for text in [
            "\u{ab}123456\u{bb}",
            "abadge no \u{ab}123456\u{bb}",
            "badge nothing \u{ab}123456\u{bb}",
            "badge no is a bit far off \u{ab}123456\u{bb}",
            "badge no\u{1e}\u{ab}123456\u{bb}",
            "\u{ab}123456\u{bb}\u{1e}is my badge",
            "badges: \u{ab}123456\u{bb}",
            "[OURS:badge] \u{ab}123456\u{bb}",
            "[OURS:badge no] \u{ab}123456\u{bb}",
        ] {
            check(words, text, Some(Objection::Unannounced));
        }
    }

    #[test]
    fn an_excluded_word_stands_on_neither_side() {
        let words = "without = ['ticket']\nwithin = 12";
        check(words, "see \u{ab}123456\u{bb} there", None);
        check(words, "tickets \u{ab}123456\u{bb}", None);
        check(words, "a ticket in the far past \u{ab}123456\u{bb}", None);
        check(words, "Ticket \u{ab}123456\u{bb}", Some(Objection::Excluded));
        check(words, "\u{ab}123456\u{bb} (ticket)", Some(Objection::Excluded));
    }

    #[test]
    fn the_longest_part_of_a_word_is_looked_for_or_all_of_it() {
        let literals = |text: &str| -> Vec<(String, usize)> {
            let keywords: Keywords = toml::from_str(text).unwrap();
            keywords.literals()
        };
        assert_eq!(literals("before = ['Badge no']\nwithin = 10"), [("badge".to_owned(), 18)]);
        assert_eq!(
            literals("before = ['card', 'the card']\nafter = ['id card']\nwithin = 10"),
            [("card".to_owned(), 18)]
        );
        let both = ["logto", "log to", "log_to", "log-to", "log.to"].map(|literal| (literal.to_owned(), 16));
        assert_eq!(literals("before = ['log to']\nwithin = 10"), both);
        assert_eq!(literals("in_key = ['pin']"), [("pin".to_owned(), 515)]);
        assert_eq!(literals("before = ['badge', 'no 1']"), [], "one of them cannot be looked for");
        assert_eq!(literals("without = ['badge']"), []);
    }

    #[test]
    fn words_and_bounds_that_mean_nothing_are_refused() {
        for (text, part) in [
            ("before = ['ab']", "bad keyword `ab`"),
            ("before = [' abc']", "bad keyword ` abc`"),
            ("in_key = ['ab  cd']", "single blanks"),
            ("before = ['foo -x']", "beside them"),
            ("before = ['foo. x']", "beside them"),
            ("within = 0", "from 1 to 256"),
            ("within = 257", "from 1 to 256"),
            ("near = ['abc']", "unknown field `near`"),
        ] {
            let error = toml::from_str::<Keywords>(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn words_that_can_be_in_no_key_and_too_many_are_refused() {
        let check = |text: &str| toml::from_str::<Keywords>(text).unwrap().check();
        assert_eq!(check("in_key = ['seat row', 'a.b-c_d']\nbefore = ['stra\u{df}e']"), Ok(()));
        assert!(check("in_key = ['schl\u{fc}ssel']").unwrap_err().contains("can be in no key"));
        let words = |count: usize| format!("without = {:?}", vec!["abc"; count]);
        assert_eq!(check(&words(KEYWORDS)), Ok(()));
        assert!(check(&words(KEYWORDS + 1)).unwrap_err().contains("more than 64 keywords"));
    }

    #[test]
    fn what_would_stand_behind_is_not_asked_of_what_was_cut_off() {
        let keywords: Keywords = toml::from_str("after = ['is mine']\nwithout = ['ticket']").unwrap();
        for (text, expected) in [("x 12345", None), ("ticket 12345", Some(Objection::Excluded))] {
            let matched = Match::new(text.as_bytes(), &(text.len() - 5..text.len()));
            assert_eq!(keywords.objection_to_beginning(matched, &|_| false), expected, "{text}");
        }
    }
}
