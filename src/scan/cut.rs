//! Secrets that were cut off: a text ends in the middle of one.
//!
//! Agents cut what they send, at 128 characters or at 60 KB, and a rule that asks for forty characters of a
//! token lets the thirty that are left go by. So each rule for secrets has a second pattern that is made of
//! the first: what it asks for up to where the secret is told from anything else, and then any beginning of
//! the rest, up to the end of the segment. [`LEAST`] bytes behind that place are enough.
//!
//! ```text
//! ghp_[0-9A-Za-z]{36,255}                 ghp_[0-9A-Za-z]*\z
//! eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]+   eyJ(?:[0-9A-Za-z_-]*|[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]*)\z
//! token=(?P<secret>[0-9a-f]{40})          token=(?P<secret>[0-9a-f]*)\z
//! ```
//!
//! **Bias.** A segment that merely ends in the beginning of a token was not cut, perhaps, and is blacked
//! out all the same. Not so in the middle of a segment, where documentation names prefixes. Of what is cut
//! checksums and structure cannot be asked for; what spares placeholders and code still is.
//!
//! **Cost.** Nearly every segment ends in a word or in punctuation, and is turned down for that. In the last
//! words of the others the literals are looked for that the patterns need. Those patterns alone are run, and only if a
//! [`Guard`] says that they may match there.
//!
//! Left out: rules that say so (`cut = false`), what has neither a literal before it nor one it begins with (nothing tells its beginning), and
//! personal data (a part of a number is none).

use super::confirm::Confirm;
use super::dictionary::{Dictionary, Wanted};
use super::guard::{Entry, Guard, Guarded, Literal};
use super::late::{Late, Running};
use super::placeholder::Placeholders;
use super::prefilter::Prefilter;
use super::{Finding, field, literals, mask, segment};
use crate::rule::validate::{Match, Validator, Verdict};
use crate::rule::{Category, Confidence, Rule, RuleIndex, Ruleset};
use regex_automata::Input;
use regex_syntax::hir::{Capture, Class, Hir, HirKind, Look, Repetition};
use std::ops::Range;

/// Bytes of a secret, behind what tells it, that are enough: fewer are worth nothing to anyone.
const LEAST: usize = 8;

/// The same where all round it is blacked out, too: a user and three characters of a password in a URL.
const LEAST_TOLD: usize = 3;

/// Bytes of a literal that tells a secret.
const LITERAL: usize = 2;

/// Bytes of a word in any case that tells a secret.
const WORD: usize = 4;

/// Letters of the longest word that is no key: `elasticsearch` has thirteen.
const LONGEST_WORD: usize = 16;

/// Bytes of what stands before a secret that tells it.
const CONTEXT: usize = 3;

/// Bytes of an unbroken run at the end of a segment that may be a cut secret.
const REACH: usize = 4 << 10;

/// States of a guard. They are entered at the end of a segment alone, and with more of them take a tenth of compiling.
const STATES: usize = 24;

/// Bytes before such a run that may say what it is.
const BEFORE: usize = 256;

/// The patterns of cut secrets.
#[derive(Debug)]
pub(super) struct Cuts {
    each: Vec<Cut>,
    /// The literals they need, and what each is a sign of: a number in `signs`.
    literals: Prefilter,
    signs: Vec<Sign>,
    /// Of each place of each pattern.
    guards: Vec<Guard>,
}

/// A literal at a place of a pattern.
#[derive(Debug)]
struct Sign {
    /// Whose it is: a number in `each`.
    cut: usize,
    /// That of the place: a number in `guards`.
    guard: usize,
    entry: Entry,
}

#[derive(Debug)]
struct Cut {
    rule: RuleIndex,
    regex: Late,
    /// Bytes of the secret that only tell it.
    told: usize,
    /// Whether the fields behind its value are none of it.
    ends_at_field: bool,
}

/// The pattern of one cut secret, with the places it is looked for by.
pub(super) struct Sought {
    cut: Cut,
    places: Vec<Guarded>,
}

/// Caches for one thread, made when they are first needed.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// By cut.
    each: Vec<Option<Running>>,
    /// Which of them a segment has literals for.
    wanted: Vec<usize>,
    /// What was found for sure, by start.
    known: Vec<Range<usize>>,
}

impl Cuts {
    /// Those of all rules, in the order of these.
    pub(super) fn new(all: Vec<Sought>) -> Self {
        let (mut each, mut wanted, mut signs, mut guards) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for Sought { cut, places } in all {
            for Guarded { literals, guard } in places {
                for Literal { bytes: literal, around, entry } in literals {
                    wanted.push(Wanted { literal, around, target: signs.len() });
                    signs.push(Sign { cut: each.len(), guard: guards.len(), entry });
                }
                guards.push(guard);
            }
            each.push(cut);
        }
        Self { each, literals: Prefilter::new(Dictionary::new(wanted)), signs, guards }
    }

    /// Appends the cut secrets that the segments of a text end in, behind what was found there already.
    pub(super) fn find(
        &self,
        text: &[u8],
        ruleset: &Ruleset,
        placeholders: &Placeholders,
        first: usize,
        room: &mut Room,
        findings: &mut Vec<Finding>,
    ) {
        let sure = findings.iter().skip(first).filter(|finding| !is_conditional(ruleset, finding));
        room.known.clear();
        room.known.extend(sure.map(|finding| finding.range.clone()));
        room.known.sort_unstable_by_key(|range| range.start);
        for found in segment::segments(text) {
            let hay = text.get(found.clone()).unwrap_or_default();
            let Some(run) = last_run(hay) else { continue };
            let known = last_end(&room.known, &found).filter(|end| *end > found.start + run);
            let known = known.unwrap_or(found.start);
            if known + LEAST_TOLD > found.end {
                continue;
            }
            self.want(hay, run, &mut room.wanted);
            if !room.wanted.is_empty() {
                room.each.resize_with(self.each.len(), || None);
            }
            let cuts = room.wanted.iter().filter_map(|at| {
                let (cut, room) = (self.each.get(*at)?, room.each.get_mut(*at)?);
                let rule = ruleset.rule(cut.rule)?;
                let (finding, start) = cut.find(text, &found, run, rule, room)?;
                let is_told = placeholders.tell_of(text, start, &finding.secret)
                    || rule.keywords.as_ref().is_some_and(|keywords| {
                        let matched = Match::new(text, &finding.secret);
                        keywords.objection_to_beginning(matched, &|at| placeholders.hold(text, at)).is_some()
                    });
                (!is_told && finding.secret.start >= known).then_some(finding)
            });
            // One that may come to nothing yet must not stand in the way of another.
            for cut in cuts {
                let is_last = !is_conditional(ruleset, &cut);
                findings.push(cut);
                if is_last {
                    break;
                }
            }
        }
    }

    /// The patterns that may match in the last words of a segment, in their order.
    fn want(&self, hay: &[u8], run: usize, wanted: &mut Vec<usize>) {
        wanted.clear();
        let from = run.saturating_sub(BEFORE);
        let words = hay.get(from..).unwrap_or_default();
        self.literals.each(words, |sign, _, end| {
            let Some(sign) = self.signs.get(sign).filter(|sign| !wanted.contains(&sign.cut)) else { return };
            let guard = self.guards.get(sign.guard);
            if guard.is_none_or(|guard| guard.may_go_on(hay, from + end, sign.entry)) {
                wanted.push(sign.cut);
            }
        });
        wanted.sort_unstable();
    }
}

/// Where the last of these ends that are in a segment. None reaches over the edge of one.
fn last_end(known: &[Range<usize>], segment: &Range<usize>) -> Option<usize> {
    let first = known.partition_point(|range| range.start < segment.start);
    let inside = known.iter().skip(first).take_while(|range| range.start < segment.end);
    inside.map(|range| range.end).max()
}

fn is_conditional(ruleset: &Ruleset, finding: &Finding) -> bool {
    ruleset.rule(finding.rule).is_some_and(Rule::is_conditional)
}

impl Sought {
    /// That of a rule with this pattern, if it has one, or why it cannot be.
    pub(super) fn of(
        index: RuleIndex,
        rule: &Rule,
        written: &Hir,
        confirm: &Confirm,
    ) -> Result<Option<Self>, String> {
        if rule.category != Category::Secret || !rule.cut || rule.anchor.is_some() || rule.extend.is_some() {
            return Ok(None);
        }
        let Some((hir, told)) = pattern(written) else { return Ok(None) };
        let Ok(probes) = literals::probes(&hir, None) else { return Ok(None) };
        let again = rule.pattern.clone();
        let regex = Late::new(&hir, move || Some(pattern(&super::pattern::read(&again).ok()?)?.0))?;
        let cut = Cut { rule: index, told, ends_at_field: confirm.ends_at_field(), regex };
        Ok(Some(Self { cut, places: probes.into_iter().map(|probe| Guarded::new(probe, STATES)).collect() }))
    }
}

impl Cut {
    /// Bytes of the secret that are enough. What is blacked out together with a secret tells it, too.
    const fn least(&self) -> usize {
        if self.regex.redact.is_some() { LEAST_TOLD } else { self.told + LEAST }
    }

    /// What it finds, and where the match starts.
    fn find(
        &self,
        text: &[u8],
        segment: &Range<usize>,
        run: usize,
        rule: &Rule,
        room: &mut Option<Running>,
    ) -> Option<(Finding, usize)> {
        let hay = text.get(segment.clone())?;
        let input = Input::new(hay).range(run.saturating_sub(BEFORE)..);
        if room.is_none() {
            *room = self.regex.run();
        }
        let Some(Running { regex, cache, captures }) = room else {
            let (range, confidence) = (segment.start + run..segment.end, rule.confidence);
            return Some((
                Finding { rule: self.rule, secret: range.clone(), range, confidence },
                segment.start + run,
            ));
        };
        regex.search_captures_with(cache, &input, captures);
        let whole = captures.get_match()?.range();
        let group = |index: Option<usize>| {
            let span = captures.get_group(index?)?;
            Some(segment.start + span.start..segment.start + span.end)
        };
        let whole = segment.start + whole.start..segment.start + whole.end;
        let secret = group(self.regex.secret).unwrap_or_else(|| whole.clone());
        let inside = secret.start - segment.start..secret.end - segment.start;
        if self.ends_at_field && field::end(hay, &inside, inside.start) < inside.end {
            return None;
        }
        let bytes = text.get(secret.clone()).unwrap_or_default();
        if mask::before_mask(bytes) < self.least()
            || is_closed(text, &secret)
            || (self.regex.redact.is_some() && is_spared_user(text, &secret))
        {
            return None;
        }
        // A user and a password may be words; a key never is.
        if self.regex.redact.is_none() && bytes.get(self.told..).is_some_and(is_of_words) {
            return None;
        }
        let start = whole.start;
        let redact = group(self.regex.redact).or_else(|| group(self.regex.secret)).unwrap_or(whole);
        let mut range = redact.start.min(secret.start)..redact.end.max(secret.end);
        let confidence = judge(rule, Match::new(text, &secret))?;
        // A quote that closes what the text stands in is none of it.
        let end = field::inside(text, &secret);
        if range.end == secret.end {
            range.end = end;
        }
        Some((Finding { rule: self.rule, range, secret: secret.start..end, confidence }, start))
    }
}

/// Whether what stands behind a quote ends with the next: that was not cut off. In brackets more strings may follow.
fn is_closed(text: &[u8], secret: &Range<usize>) -> bool {
    let inside = text.get(secret.clone()).unwrap_or_default();
    match text.get(..secret.start) {
        Some([.., b'(', _]) => false,
        Some([.., quote @ (b'"' | b'\'' | b'`')]) => {
            memchr::memchr(*quote, inside).is_some_and(|at| at + 1 == inside.len())
        }
        _ => false,
    }
}

/// `<REDACTED>@host`, `password@host`: what stands for the password before the host of a URL.
fn is_spared_user(text: &[u8], secret: &Range<usize>) -> bool {
    let bytes = text.get(secret.clone()).unwrap_or_default();
    let password = memchr::memchr(b'@', bytes).map(|at| secret.start..secret.start + at);
    password.is_some_and(|password| {
        mask::is_mask(text.get(password.clone()).unwrap_or_default())
            || Validator::NotPlaceholder.judge(Match::new(text, &password)) == Verdict::Reject
    })
}

/// Placeholders are spared by all rules here: what is enough of a secret is no longer than what people write
/// in its place.
fn judge(rule: &Rule, matched: Match<'_>) -> Option<Confidence> {
    let mut asked = rule.validators.iter().chain([&Validator::NotPlaceholder]);
    let spared = asked.any(|validator| validator.judge_beginning(matched) == Verdict::Reject);
    (!spared).then_some(rule.confidence.min(Confidence::Medium))
}

/// `prometheus` behind `http://`, `AuthFlags` behind `auth:`: words, each with a capital at most. Chance makes few keys
/// begin so, and names of things all do.
fn is_of_words(bytes: &[u8]) -> bool {
    let is_apart = |byte: &u8| byte.is_ascii_whitespace() || b"_-./:<>".contains(byte);
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        if is_apart(first) {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let capital = usize::from(first.is_ascii_uppercase());
        let small = rest.iter().skip(capital).take_while(|byte| byte.is_ascii_lowercase()).count();
        if !(2..=LONGEST_WORD).contains(&small) {
            return false;
        }
        rest = rest.get(capital + small..).unwrap_or_default();
    }
    true
}

/// Where the unbroken run begins that a segment ends in, if it is more than a word.
fn last_run(segment: &[u8]) -> Option<usize> {
    let mut is_word = true;
    let mut length = 0;
    for byte in segment.iter().rev().take(REACH) {
        if byte.is_ascii_whitespace() {
            break;
        }
        length += 1;
        // What ends a sentence ends no secret.
        is_word &= byte.is_ascii_lowercase() || length == 1 && b".,:;!?)".contains(byte);
    }
    (length >= LEAST && !is_word).then(|| segment.len() - length)
}

/// The pattern of what a rule finds, cut off at the end of the text, and the bytes of the secret that only tell it.
fn pattern(hir: &Hir) -> Option<(Hir, usize)> {
    let (cut, told) = match at_secret(hir, 0) {
        Found::Cut(cut, told) => (cut, told),
        Found::Unknown => return None,
        Found::Nowhere => told_beginning(hir)?,
    };
    Some((Hir::concat(vec![cut, Hir::look(Look::End)]), told))
}

/// What came of looking for the group `secret`.
enum Found {
    /// It was cut; this many of its bytes only tell it.
    Cut(Hir, usize),
    /// It is there, and nothing tells its beginning.
    Unknown,
    Nowhere,
}

/// Cuts a pattern in its group `secret`; at least `before` bytes stand before it.
fn at_secret(hir: &Hir, before: usize) -> Found {
    match hir.kind() {
        HirKind::Capture(group) if group.name.as_deref() == Some("secret") => {
            let cut = match told_beginning(&group.sub) {
                None if before >= CONTEXT => Some((beginnings(&group.sub), 0)),
                told => told,
            };
            match cut {
                Some((sub, told)) => Found::Cut(capture(group, sub), told),
                None => Found::Unknown,
            }
        }
        HirKind::Capture(group) => match at_secret(&group.sub, before) {
            Found::Cut(sub, told) => Found::Cut(capture(group, sub), told),
            other => other,
        },
        HirKind::Concat(parts) => {
            let mut before = before;
            for (at, part) in parts.iter().enumerate() {
                match at_secret(part, before) {
                    Found::Cut(cut, told) => {
                        let kept = parts.iter().take(at).cloned().chain([cut]);
                        return Found::Cut(Hir::concat(kept.collect()), told);
                    }
                    Found::Unknown => return Found::Unknown,
                    Found::Nowhere => before += part.properties().minimum_len().unwrap_or(0),
                }
            }
            Found::Nowhere
        }
        HirKind::Alternation(parts) => {
            let found: Vec<Found> = parts.iter().map(|part| at_secret(part, before)).collect();
            if found.iter().all(|found| matches!(found, Found::Nowhere)) {
                return Found::Nowhere;
            }
            let cut: Vec<(Hir, usize)> = found
                .into_iter()
                .filter_map(|found| if let Found::Cut(hir, told) = found { Some((hir, told)) } else { None })
                .collect();
            any_of(cut).map_or(Found::Unknown, |(hir, told)| Found::Cut(hir, told))
        }
        _ => Found::Nowhere,
    }
}

fn capture(group: &Capture, sub: Hir) -> Hir {
    Hir::capture(Capture { sub: Box::new(sub), ..group.clone() })
}

fn any_of(cut: Vec<(Hir, usize)>) -> Option<(Hir, usize)> {
    let told = cut.iter().map(|(_, told)| *told).min()?;
    Some((Hir::alternation(cut.into_iter().map(|(hir, _)| hir).collect()), told))
}

/// Everything up to the first literal that tells what an expression matches, and any beginning of the rest;
/// with the bytes that stand up to there.
fn told_beginning(hir: &Hir) -> Option<(Hir, usize)> {
    match hir.kind() {
        HirKind::Capture(group) => told_beginning(&group.sub),
        HirKind::Alternation(branches) => any_of(branches.iter().filter_map(told_beginning).collect()),
        HirKind::Concat(parts) => {
            let (head, rest) = parts.split_at(telling_head(parts)?);
            let told = head.iter().map(|part| part.properties().minimum_len().unwrap_or(0)).sum();
            let rest = beginnings(&Hir::concat(rest.to_vec()));
            Some((Hir::concat(head.iter().cloned().chain([rest]).collect()), told))
        }
        _ => None,
    }
}

/// How many of the parts of a concatenation there are up to the end of the first that tells: a literal, or a
/// word in any case, which is a class for each of its letters.
fn telling_head(parts: &[Hir]) -> Option<usize> {
    let mut word = 0;
    for (at, part) in parts.iter().enumerate() {
        match super::pattern::letters(part) {
            Some(letters) => word += letters,
            None if word >= WORD => return Some(at),
            None => word = 0,
        }
        if is_telling(part) {
            return Some(at + 1);
        }
    }
    (word >= WORD).then_some(parts.len())
}

/// Whether an expression is a literal, or one of several.
fn is_telling(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.len() >= LITERAL,
        HirKind::Capture(group) => is_telling(&group.sub),
        HirKind::Alternation(branches) => branches.iter().all(is_telling),
        HirKind::Concat(parts) => telling_head(parts).is_some(),
        _ => false,
    }
}

/// Matches every beginning of what an expression matches, and no less. Counts are not kept: an automaton
/// would have to know them all.
fn beginnings(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Hir::empty(),
        HirKind::Class(_) => optional(hir.clone()),
        HirKind::Literal(literal) => literal
            .0
            .iter()
            .rev()
            .fold(Hir::empty(), |rest, byte| optional(Hir::concat(vec![Hir::literal([*byte]), rest]))),
        HirKind::Capture(group) => beginnings(&group.sub),
        HirKind::Alternation(branches) => Hir::alternation(branches.iter().map(beginnings).collect()),
        HirKind::Repetition(repetition) => {
            let rounds = endless(repetition, 0);
            if is_single(&repetition.sub) {
                rounds
            } else {
                Hir::concat(vec![rounds, beginnings(&repetition.sub)])
            }
        }
        HirKind::Concat(parts) => parts.iter().rev().fold(Hir::empty(), |rest, part| {
            let whole = match part.kind() {
                HirKind::Repetition(repetition) if is_single(&repetition.sub) => {
                    endless(repetition, repetition.min)
                }
                _ => part.clone(),
            };
            Hir::alternation(vec![Hir::concat(vec![whole, rest]), beginnings(part)])
        }),
    }
}

fn is_single(hir: &Hir) -> bool {
    matches!(hir.kind(), HirKind::Class(Class::Bytes(_)))
}

fn endless(repetition: &Repetition, min: u32) -> Hir {
    Hir::repetition(Repetition { min, max: None, greedy: true, sub: repetition.sub.clone() })
}

fn optional(hir: Hir) -> Hir {
    Hir::repetition(Repetition { min: 0, max: Some(1), greedy: true, sub: Box::new(hir) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::super::Scanner;
    use super::*;

    fn redacted(scanner: &Scanner, text: &str) -> String {
        let mut findings = Vec::new();
        scanner.scan(text.as_bytes(), &mut scanner.scratch(), &mut findings);
        let mut out = text.to_owned();
        for finding in findings.iter().rev() {
            if finding.range.end <= out.len() {
                out.replace_range(finding.range.clone(), "#");
            }
        }
        out
    }

    #[test]
    fn the_beginning_of_every_secret_of_the_pack_is_told() {
        let rules = Ruleset::embedded().unwrap();
        let whole = |rule: &Rule| rule.anchor.is_none() && rule.extend.is_none() && rule.cut;
        let secrets = rules.rules().map(|(_, rule)| rule).filter(|rule| rule.category == Category::Secret);
        let untold: Vec<&str> = secrets
            .filter(|rule| {
                whole(rule) && pattern(&super::super::pattern::read(&rule.pattern).unwrap()).is_none()
            })
            .map(|rule| rule.id.as_str())
            .collect();
        assert_eq!(untold, [""; 0]);
    }

    #[test]
    fn what_was_cut_is_told_by_its_beginning() {
        let scanner = Scanner::new(Ruleset::embedded().unwrap()).unwrap();
        for (text, left) in [
            ("git clone with ghp_blackbarEXAM", "git clone with #"),
            ("glpat-blackbarE", "#"),
            ("token eyJhbGciOiJIUzI1", "token #"),
            ("AKIABLACKBAR", "#"),
            ("AGE-SECRET-KEY-1BLACKBAREX", "#"),
            ("the age-secret-key-1", "the age-secret-key-1"),
            ("AccountKey=blackbarEXAMPLE1", "AccountKey=#"),
            ("sk-ant-api03-blackb4r", "#"),
            ("ghp_black", "ghp_black"),
            ("AKIABLACKBAREXAMPLE2,ghp_blackbarEXAM", "#,#"),
            ("ghp_blackbarEXAM is not the end", "ghp_blackbarEXAM is not the end"),
            ("see the documentation", "see the documentation"),
            ("commit 3f2a9c41", "commit 3f2a9c41"),
            ("in src/scan/README2", "in src/scan/README2"),
            ("ghp_<your-token>", "ghp_<your-token>"),
            ("see http://prometheus", "see http://prometheus"),
            ("pip install hf_transfer", "pip install hf_transfer"),
            ("module.auth:AuthFlags", "module.auth:AuthFlags"),
            ("impl<P> AsyncBufRead", "impl<P> AsyncBufRead"),
        ] {
            assert_eq!(redacted(&scanner, text), left, "{text}");
        }
    }

    #[test]
    fn an_example_of_any_rule_is_found_wherever_it_is_cut() {
        let scanner = Scanner::new(Ruleset::embedded().unwrap()).unwrap();
        let mut scratch = scanner.scratch();
        let mut left = Vec::new();
        for cut in &scanner.cuts.each {
            let rule = scanner.ruleset().rule(cut.rule).unwrap();
            for example in rule.examples.iter().map(|example| example.text.as_str()) {
                let mut found = Vec::new();
                scanner.scan(example.as_bytes(), &mut scratch, &mut found);
                for whole in found.iter().filter(|finding| finding.rule == cut.rule) {
                    for end in whole.secret.start + cut.least()..whole.secret.end {
                        let mut findings = Vec::new();
                        let text = &example.as_bytes()[..end];
                        scanner.scan(text, &mut scratch, &mut findings);
                        let found = findings.iter().any(|found| found.range.end > whole.secret.start);
                        let secret = whole.secret.start..end;
                        let is_spared = judge(rule, Match::new(text, &secret)).is_none()
                            || is_of_words(&text[secret.start + cut.told..]);
                        if !found && !is_spared && last_run(text).is_some() {
                            left.push((&rule.id, &example[..end]));
                        }
                    }
                }
            }
        }
        assert!(left.is_empty(), "{} {left:#?}", left.len());
    }
}
