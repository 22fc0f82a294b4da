//! Names of people by list: given names and family names of many countries, in `names/`.
//!
//! **Bias.** Words that mean something else, too, are left out: things and works (`Grace`, `Will`, `Baker`),
//! places (`Florence`, `Toledo`), months (`May`) and programs (`Jenkins`, `Jasmine`). So a pair of both lists is
//! nearly always a person, and a person is often no pair: who is called what few are, or is written in another
//! script, is told by what stands before the name alone.
//!
//! The lists are in ASCII: what is compared is lower-case and without its marks. Where a letter has two ways to
//! be written without (`Mueller`, `Muller`), both are there.
//!
//! Considered and not done: registers of births, which hold a hundred thousand names and every word among them;
//! likelihoods, which nobody could tell the reason of.

use super::{Match, Verdict, personal};
use std::collections::HashSet;
use std::sync::LazyLock;

static GIVEN: LazyLock<HashSet<&str>> = LazyLock::new(|| words(include_str!("names/given.txt")));
static FAMILY: LazyLock<HashSet<&str>> = LazyLock::new(|| words(include_str!("names/family.txt")));

/// A given name and a family name, in either order, with or without other words behind the first.
pub(super) fn known(matched: Match<'_>) -> Verdict {
    let name = folded(matched.secret());
    let mut words = name.split([' ', ',', '\t']).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return Verdict::Reject };
    let begins = |one, other| is_in(one, first) && words.clone().any(|word| is_in(other, word));
    Verdict::keep_if(begins(&GIVEN, &FAMILY) || begins(&FAMILY, &GIVEN))
}

/// A given name, first or behind a family name, and nothing that is no name.
pub(super) fn given(matched: Match<'_>) -> Verdict {
    let name = folded(matched.secret());
    let mut words = name.split([' ', ',', '\t']).filter(|word| !word.is_empty());
    let known = words.next().is_some_and(|word| is_in(&GIVEN, word))
        || words.next_back().is_some_and(|word| is_in(&GIVEN, word));
    let shouted = !matched.secret().iter().any(u8::is_ascii_lowercase);
    let other = !shouted && personal::name(matched) == Verdict::Reject;
    Verdict::keep_if(known && !other)
}

fn words(list: &'static str) -> HashSet<&'static str> {
    list.split_ascii_whitespace().collect()
}

/// Whether a list has the word, or what stands before a dash in it, or behind.
fn is_in(list: &HashSet<&str>, word: &str) -> bool {
    list.contains(word) || word.split('-').any(|part| part.len() > 2 && list.contains(part))
}

/// In lower case and without marks.
fn folded(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for character in String::from_utf8_lossy(text).chars().flat_map(char::to_lowercase) {
        match plain(character) {
            "" => out.push(character),
            letters => out.push_str(letters),
        }
    }
    out
}

/// The ASCII letters of a Latin letter with a mark; nothing for any other.
fn plain(character: char) -> &'static str {
    match character {
        '\u{e0}'..='\u{e5}' | '\u{101}' | '\u{103}' | '\u{105}' => "a",
        '\u{e6}' => "ae",
        '\u{e7}' | '\u{107}' | '\u{109}' | '\u{10b}' | '\u{10d}' => "c",
        '\u{f0}' | '\u{10f}' | '\u{111}' => "d",
        '\u{e8}'..='\u{eb}' | '\u{113}' | '\u{115}' | '\u{117}' | '\u{119}' | '\u{11b}' => "e",
        '\u{11d}' | '\u{11f}' | '\u{121}' | '\u{123}' => "g",
        '\u{ec}'..='\u{ef}' | '\u{129}' | '\u{12b}' | '\u{12d}' | '\u{12f}' | '\u{131}' => "i",
        '\u{137}' => "k",
        '\u{13a}' | '\u{13c}' | '\u{13e}' | '\u{142}' => "l",
        '\u{f1}' | '\u{144}' | '\u{146}' | '\u{148}' => "n",
        '\u{f2}'..='\u{f6}' | '\u{f8}' | '\u{14d}' | '\u{14f}' | '\u{151}' => "o",
        '\u{153}' => "oe",
        '\u{155}' | '\u{157}' | '\u{159}' => "r",
        '\u{15b}' | '\u{15d}' | '\u{15f}' | '\u{161}' | '\u{219}' => "s",
        '\u{df}' => "ss",
        '\u{163}' | '\u{165}' | '\u{167}' | '\u{21b}' => "t",
        '\u{f9}'..='\u{fc}' | '\u{169}' | '\u{16b}' | '\u{16d}' | '\u{16f}' | '\u{171}' | '\u{173}' => "u",
        '\u{fd}' | '\u{ff}' | '\u{177}' => "y",
        '\u{17a}' | '\u{17c}' | '\u{17e}' => "z",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn a_pair_of_both_lists_is_a_person() {
        for text in [
            "Jennifer Rodriguez",
            "Peter M\u{fc}ller",
            "M\u{dc}LLER, PETER",
            "Anna Maria van der Berg",
            "S\u{f8}ren Kj\u{e6}r",
            "Anne-Marie Petit-Dubois",
        ] {
            check(known, text, Verdict::Keep);
        }
        for text in
            ["Peter", "Markov Chain", "Jenkins Pipeline", "Peter Pan", "Grace Period", "Will Smith", ""]
        {
            check(known, text, Verdict::Reject);
        }
    }

    #[test]
    fn a_given_name_is_first_or_last() {
        for text in ["Peter", "Peter Quillmore", "Quillmore, Peter", "NOELLE FAIRCHILD"] {
            check(given, text, Verdict::Keep);
        }
        for text in ["Max Connections", "Peter Software", "Read Timeout", "ACME", ""] {
            check(given, text, Verdict::Reject);
        }
    }

    #[test]
    fn the_lists_are_plain_sorted_and_without_what_means_something_else() {
        let others = [
            "will", "mark", "grace", "may", "june", "april", "august", "rose", "paris", "jordan", "chase",
            "art", "bill", "hope", "faith", "joy", "dale", "max", "ruby", "jasmine", "jenkins", "king",
            "young", "long", "florence", "sydney", "london", "dallas", "austin", "page", "field", "cook",
            "smart", "law",
        ];
        for (list, set) in
            [(include_str!("names/given.txt"), &*GIVEN), (include_str!("names/family.txt"), &*FAMILY)]
        {
            let all: Vec<&str> = list.split_ascii_whitespace().collect();
            assert!(all.is_sorted() && all.len() == set.len());
            assert!(
                all.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
            );
            assert!(all.len() > 900 && others.iter().all(|other| !set.contains(other)));
        }
    }
}
