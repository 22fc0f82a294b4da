//! A pattern of another scanner, changed into one of ours: groups renamed, repeats bounded.
//!
//! The tree of the pattern says where something is to be changed, and the text of the pattern is changed there, so
//! that what a person wrote (spaces and comments of `(?x)`, too) stays what it is.

use super::Group;
use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::visit;
use regex_syntax::ast::{self, Ast, GroupKind, RepetitionKind, RepetitionRange, Visitor};
use std::ops::Range;

/// Rounds a repeat without an end is bounded to. Secrets that are longer are found to their end all the same.
const ROUNDS: u32 = 256;

/// A pattern, and what was changed in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) pattern: String,
    pub(super) changed: Vec<String>,
}

/// Changes a pattern into one of ours.
///
/// # Errors
/// If it cannot be one, with the reason.
pub(super) fn carry(pattern: &str, group: &Group) -> Result<Carried, String> {
    let tree = Parser::new().parse(pattern).map_err(|error| reason(&error))?;
    let seen = visit(&tree, Seen::default()).map_err(|()| "it cannot be read".to_owned())?;
    let mut changed = Vec::new();
    let secret = seen.secret(group, &mut changed);
    let mut edits = seen.bounds;
    if !edits.is_empty() {
        changed.push(format!("repeats without an end are bounded to {ROUNDS} rounds"));
    }
    edits.extend(seen.groups.iter().enumerate().map(|(at, (opening, _))| {
        let is_secret = Some(at) == secret;
        (opening.clone(), if is_secret { "(?P<secret>" } else { "(?:" }.to_owned())
    }));
    edits.sort_by_key(|(range, _)| range.start);
    let mut carried = pattern.to_owned();
    for (range, text) in edits.into_iter().rev() {
        carried.replace_range(range, &text);
    }
    if seen.unicode {
        carried.insert_str(0, "(?u)");
        changed.push("it asks for classes of Unicode, and is over characters".to_owned());
    }
    Ok(Carried { pattern: carried, changed })
}

fn reason(error: &ast::Error) -> String {
    match error.kind() {
        ast::ErrorKind::UnsupportedLookAround => {
            "it looks around, which patterns here cannot: match the context too, and name the group `secret`"
                .to_owned()
        }
        ast::ErrorKind::UnsupportedBackreference => {
            "it refers back to a group, which patterns here cannot".to_owned()
        }
        kind => format!("its pattern cannot be read: {kind}"),
    }
}

/// What is to be changed in a pattern.
#[derive(Default)]
struct Seen {
    /// The openings of its capturing groups, with their names.
    groups: Vec<(Range<usize>, Option<String>)>,
    /// Repeats without an end, and what they become.
    bounds: Vec<(Range<usize>, String)>,
    unicode: bool,
}

impl Seen {
    /// The place of the group that is the secret, among all.
    fn secret(&self, group: &Group, changed: &mut Vec<String>) -> Option<usize> {
        let first = (!self.groups.is_empty()).then_some(0);
        let found = match group {
            Group::Only if self.groups.len() > 1 => {
                changed.push("it has several groups: all of the match is the secret".to_owned());
                return None;
            }
            Group::Only | Group::First => first,
            Group::Number(number) => usize::try_from(*number).ok()?.checked_sub(1),
            Group::Named(name) => {
                let named = self.groups.iter().position(|(_, other)| other.as_deref() == Some(*name));
                named.or(first)
            }
        };
        found.filter(|at| *at < self.groups.len())
    }
}

impl Visitor for Seen {
    type Output = Self;
    type Err = ();

    fn finish(self) -> Result<Self, ()> {
        Ok(self)
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), ()> {
        match tree {
            Ast::Group(group) => {
                let start = group.span.start.offset;
                match &group.kind {
                    GroupKind::CaptureIndex(_) => self.groups.push((start..start + 1, None)),
                    GroupKind::CaptureName { name, .. } => {
                        let end = name.span.end.offset + 1;
                        self.groups.push((start..end, Some(name.name.clone())));
                    }
                    GroupKind::NonCapturing(_) => {}
                }
            }
            Ast::Repetition(repeat) => self.bound(repeat),
            Ast::ClassUnicode(_) => self.unicode = true,
            _ => {}
        }
        Ok(())
    }
}

impl Seen {
    fn bound(&mut self, repeat: &ast::Repetition) {
        let least = match &repeat.op.kind {
            RepetitionKind::ZeroOrMore => 0,
            RepetitionKind::OneOrMore => 1,
            RepetitionKind::Range(RepetitionRange::AtLeast(least)) => *least,
            RepetitionKind::ZeroOrOne | RepetitionKind::Range(_) => return,
        };
        let most = least.saturating_add(ROUNDS);
        let lazy = if repeat.greedy { "" } else { "?" };
        let span = repeat.op.span.start.offset..repeat.op.span.end.offset;
        self.bounds.push((span, format!("{{{least},{most}}}{lazy}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, group: Group, expected: &str) {
        let carried = carry(pattern, &group).map(|carried| carried.pattern);
        assert_eq!(carried.as_deref(), Ok(expected), "{pattern}");
    }

    #[test]
    fn groups_are_named_and_repeats_bounded() {
        check("acme_[a-z]{8}", Group::Only, "acme_[a-z]{8}");
        check("acme=([a-z]{8})", Group::Only, "acme=(?P<secret>[a-z]{8})");
        check("a(b)c(d)", Group::Only, "a(?:b)c(?:d)");
        check("a(b)c(d)", Group::First, "a(?P<secret>b)c(?:d)");
        check("a(b)c(d)", Group::Number(2), "a(?:b)c(?P<secret>d)");
        check("a(b)", Group::Number(3), "a(?:b)");
        check("a(b)(?P<TOKEN>d)", Group::Named("TOKEN"), "a(?:b)(?P<secret>d)");
        check("a(?<X>d)", Group::Named("TOKEN"), "a(?P<secret>d)");
        check(
            "(?x) a+ # ( a note )\n b*? c{3,}",
            Group::Only,
            "(?x) a{1,257} # ( a note )\n b{0,256}? c{3,259}",
        );
        check(r"acme\p{L}{8}", Group::Only, r"(?u)acme\p{L}{8}");
        check(r"acme\.\(\w{8}", Group::Only, r"acme\.\(\w{8}");
    }

    #[test]
    fn what_cannot_be_carried_is_told() {
        for (pattern, why) in [
            ("acme(?=x)", "it looks around"),
            (r"(a)\1", "it refers back"),
            ("acme[", "cannot be read: unclosed character class"),
        ] {
            let error = carry(pattern, &Group::Only).map(|_| ()).err().unwrap_or_default();
            assert!(error.contains(why), "{error}");
        }
    }
}
