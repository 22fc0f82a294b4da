//! Fragments: parts of patterns that the rules of one file share, written once.
//!
//! ```toml
//! [fragments]
//! key_words = 'secret|token|api[ _.-]?key'
//!
//! [[rule]]
//! pattern = '(?i:{{key_words}})="(?P<secret>[^"]{8,64})"'    # (?i:(?:secret|token|api[ _.-]?key))=...
//! ```
//!
//! `{{name}}` stands for the fragment in a group of its own, so that what it offers a choice of stays together. A
//! fragment may be made of others. They belong to their file: who reads a rule finds all of it in one place.
//!
//! `{{` and a name cannot mean anything else in a pattern: a repeat has a number, and nothing before it to repeat.

use std::collections::{BTreeMap, BTreeSet};

/// Fragments in fragments, at most: then they refer to each other in a circle.
const DEPTH: usize = 8;

/// The fragments of a file, and which of them were used.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    texts: BTreeMap<String, String>,
    used: BTreeSet<String>,
}

impl Fragments {
    pub(super) fn add(&mut self, name: &str, text: &str) -> Result<(), String> {
        if !is_name(name) {
            return Err(format!(
                "bad name of a fragment `{name}`: write a lower-case word, such as `key_words`"
            ));
        }
        self.texts.insert(name.to_owned(), text.to_owned());
        Ok(())
    }

    /// A pattern with every fragment put in.
    ///
    /// # Errors
    /// For one that is not there, and for those that never end.
    pub(super) fn put_in(&mut self, pattern: &str) -> Result<String, String> {
        self.within(pattern, DEPTH)
    }

    fn within(&mut self, pattern: &str, depth: usize) -> Result<String, String> {
        let (mut whole, mut rest) = (String::with_capacity(pattern.len()), pattern);
        while let Some((before, name, after)) = next(rest) {
            let Some(text) = self.texts.get(name).cloned() else {
                let known: Vec<&str> = self.texts.keys().map(String::as_str).collect();
                let known =
                    if known.is_empty() { "[fragments] has none".to_owned() } else { known.join(", ") };
                return Err(format!("no fragment `{name}` in this file: {known}"));
            };
            let depth = depth.checked_sub(1).ok_or("fragments are made of each other in a circle")?;
            self.used.insert(name.to_owned());
            whole.push_str(before);
            whole.push_str("(?:");
            whole.push_str(&self.within(&text, depth)?);
            whole.push(')');
            rest = after;
        }
        whole.push_str(rest);
        Ok(whole)
    }

    /// Those that no pattern was made of.
    pub(super) fn unused(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str).filter(|name| !self.used.contains(*name))
    }
}

/// What stands before the first reference, its name, and what stands behind it.
fn next(pattern: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(at) = pattern.get(from..).and_then(|rest| rest.find("{{")).map(|at| from + at) {
        let inside = pattern.get(at + 2..)?;
        if let Some((name, after)) = inside.split_once("}}").filter(|(name, _)| is_name(name)) {
            return Some((pattern.get(..at)?, name, after));
        }
        from = at + 1;
    }
    None
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, expected: Result<&str, &str>) {
        let mut fragments = Fragments::default();
        for (name, text) in
            [("a", "x|y"), ("b2", "{{a}}{2}|z"), ("round", "{{round_too}}"), ("round_too", "{{round}}")]
        {
            assert_eq!(fragments.add(name, text), Ok(()));
        }
        let found = fragments.put_in(pattern);
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{pattern}");
    }

    #[test]
    fn a_fragment_stands_in_a_group_of_its_own() {
        check("plain{2,3}", Ok("plain{2,3}"));
        check("k={{a}}9", Ok("k=(?:x|y)9"));
        check("{{a}}{{a}}", Ok("(?:x|y)(?:x|y)"));
        check("{{b2}}", Ok("(?:(?:x|y){2}|z)"));
        check("[{]{{a}}", Ok("[{](?:x|y)"));
    }

    #[test]
    fn what_is_no_name_is_left_as_it_is() {
        for pattern in [r"\{{2}}", "{{A}}", "{{a", r"[{]{2}[}]{2}", "{{}}"] {
            check(pattern, Ok(pattern));
        }
    }

    #[test]
    fn what_is_missing_or_never_ends_is_told() {
        check("{{c}}", Err("no fragment `c` in this file: a, b2, round, round_too"));
        check("{{round}}", Err("fragments are made of each other in a circle"));
        assert!(Fragments::default().add("A", "x").is_err());
        assert_eq!(
            Fragments::default().put_in("{{a}}"),
            Err("no fragment `a` in this file: [fragments] has none".to_owned())
        );
    }

    #[test]
    fn what_nobody_uses_is_known() {
        let mut fragments = Fragments::default();
        assert_eq!(fragments.add("a", "x"), Ok(()));
        assert_eq!(fragments.add("b", "y"), Ok(()));
        assert_eq!(fragments.put_in("{{a}}"), Ok("(?:x)".to_owned()));
        assert_eq!(fragments.unused().collect::<Vec<_>>(), ["b"]);
    }
}
