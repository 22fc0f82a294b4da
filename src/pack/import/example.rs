//! Examples, made from a pattern: for rules that come without.
//!
//! They show that a rule can be hit, not that its format is right. The same pattern gives the same examples.

use crate::rule::parse_pattern;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Rounds that a made example has more than the least, at most.
const MORE: u32 = 3;

/// A small generator: the same every time.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides.max(1)
    }
}

/// A text that matches a pattern, if what stands round it does not matter.
pub(super) fn matching(pattern: &str, dice: &mut Dice) -> Option<String> {
    let hir = parse_pattern(pattern).ok()?;
    let mut text = Vec::new();
    write(&hir, dice, &mut text);
    String::from_utf8(text).ok()
}

fn write(hir: &Hir, dice: &mut Dice, out: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(class) => out.extend(member(class, dice).to_string().into_bytes()),
        HirKind::Capture(group) => write(&group.sub, dice, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, dice, out)),
        HirKind::Alternation(parts) => {
            if let Some(part) = parts.get(dice.roll(parts.len())) {
                write(part, dice, out);
            }
        }
        HirKind::Repetition(repeat) => {
            let more = repeat.max.map_or(MORE, |most| most.saturating_sub(repeat.min)).min(MORE);
            let more = u32::try_from(dice.roll(more as usize + 1)).unwrap_or(0);
            (0..repeat.min + more).for_each(|_| write(&repeat.sub, dice, out));
        }
    }
}

/// A character of a class: a letter or a digit where there is one, else one that can be printed.
fn member(class: &Class, dice: &mut Dice) -> char {
    let is_in = |c: &char| match class {
        Class::Bytes(class) => {
            let byte = u8::try_from(*c).unwrap_or(0);
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&byte))
        }
        Class::Unicode(class) => class.ranges().iter().any(|range| (range.start()..=range.end()).contains(c)),
    };
    let all: Vec<char> = (' '..='~').filter(is_in).collect();
    let words: Vec<char> = all.iter().copied().filter(char::is_ascii_alphanumeric).collect();
    // Both cases of one letter are a word in any case: it is written small.
    let small: Vec<char> = words.iter().copied().filter(char::is_ascii_lowercase).collect();
    let from = match (words.len(), small.len()) {
        (0, _) => &all,
        (2, 1) => &small,
        _ => &words,
    };
    from.get(dice.roll(from.len())).copied().unwrap_or('\n')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use regex_automata::meta::Regex;

    #[test]
    fn what_is_made_matches() {
        for pattern in [
            r"acme_(?P<secret>[0-9a-z]{8,64})",
            r"(?i)(?:pass|pwd)[ \t]{0,3}=[^\s]{4,9}",
            r"[^a-z]{3}\r\n[+/]{2}",
        ] {
            let regex = Regex::new(&format!("^(?:{pattern})$")).unwrap();
            for seed in 0..20 {
                let text = matching(pattern, &mut Dice::new(seed)).unwrap();
                assert!(regex.is_match(&text), "{pattern} {text:?}");
            }
        }
        assert!(matching("(?i)acme", &mut Dice::new(1)).unwrap() == "acme");
    }
}
