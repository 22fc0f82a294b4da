//! From text to findings. Knows nothing of OTLP, and its answer depends on bytes and ruleset alone.
//!
//! ```text
//! text -> generator -> candidates -> confirm -> findings -> less what misses its companion, or is a placeholder
//!      -> the ends of its segments -> cut ----^
//! ```
//!
//! **A generator proposes, the confirm decides.** The [`generator`] only names
//! regions in which every match must lie ([`candidates`]); the pattern itself is run by [`confirm`]
//! alone. So whoever proposes cannot disagree with another on where a secret ends.
//!
//! **Promises.** Findings are what a plain search with every pattern would find: the prefilter never
//! has a false negative, and a property test compares the two. Nothing is allocated while nothing is
//! found. Time is linear in the text, also where a sender wants it not to be.
//!
//! **Two engines, one answer.** The literals are looked for by [`prefilter`], or by Hyperscan in a program that was built
//! with it ([`hyperscan`]); everything else is the same for both, and a differential test over the whole pack holds them to
//! the same findings. With few rules Hyperscan is the faster one, with the whole pack the slower one. A whole scan, in
//! ns a byte over 12 MB of sources in messages of 4 KiB, three runs in turn, least and most:
//!
//! | rules | portable | Hyperscan 5.4 |
//! |---|---|---|
//! | 26, of five issuers | 0.9 to 1.3 | 0.36 to 0.41 |
//! | 269, of issuers | 3.1 to 4.1 | 3.6 to 4.8 |
//! | 170, of names and sentences | 3.5 to 4.8 | 4.2 to 6.0 |
//! | the whole pack, 1321 | 12 to 21 | 22 to 27 |
//!
//! Considered and not done: giving Hyperscan more than literals. Over 30 MB of sources, where [`prefilter`] takes 4.3 to 4.5 ns a
//! byte for 18095 literals and what may stand around them, it takes 6.2 to 6.5 for the literals, 6.9 with the byte before
//! them and 8.9 with those before and behind, and compiles for 0.6, 3.5 and 18.6 s. Given the heads of the patterns it had
//! taken 0.9 of the time of a whole scan, which has become two thirds since, over sources, 2.2 times that over made-up text
//! full of keywords, and 14 s to compile.
//!
//! Text comes in segments with [`SEPARATOR`] between them. No match crosses one, and patterns see the
//! edges of a segment as edges of the text.

mod around;
mod candidates;
mod companions;
mod confirm;
mod cut;
mod dictionary;
mod digits;
mod engine;
mod explain;
mod field;
mod flags;
mod generator;
mod grams;
mod guard;
#[cfg(feature = "hyperscan")]
mod hyperscan;
#[cfg(not(feature = "hyperscan"))]
#[path = "hyperscan/absent.rs"]
mod hyperscan;
mod late;
mod literals;
mod mask;
mod numbers;
mod pattern;
mod placeholder;
mod prefilter;
mod profile;
mod segment;
mod tail;
#[cfg(test)]
mod tests;

pub use crate::rule::SEPARATOR;
use crate::rule::{Anchor, Category, Confidence, Rule, RuleIndex, Ruleset};
use crate::side_by_side;
use candidates::{Candidates, Region};
use companions::Companions;
pub use confirm::Refusal;
use confirm::{Confirm, Judge, Run, Watch};
use cut::{Cuts, Sought};
pub use engine::Engine;
pub use explain::{Account, Explained, Furthest, Outcome, Told};
use generator::{Generator, Source};
use late::Late;
use placeholder::Placeholders;
pub use profile::{Clock, Effort, Profile};
use regex_syntax::hir::Hir;
use segment::Segments;
use std::ops::Range;
use std::sync::Arc;

/// A match that survived its validators. Holds ranges, never text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose it is.
    pub rule: RuleIndex,
    /// What is blacked out: bytes of the text that was scanned.
    pub range: Range<usize>,
    /// What the secret itself is, inside `range`: its token and fingerprint are made of these bytes.
    pub secret: Range<usize>,
    /// How sure, after the validators.
    pub confidence: Confidence,
}

/// Finds what a ruleset describes. Built once, shared by all threads.
#[derive(Debug)]
pub struct Scanner {
    ruleset: Ruleset,
    generator: Generator,
    /// Why Hyperscan does not look for the literals, although it was asked to.
    refusal: Option<String>,
    /// By rule.
    confirms: Vec<Confirm>,
    cuts: Cuts,
    companions: Companions,
    placeholders: Placeholders,
    /// Tells the scratch of this scanner from that of another.
    mark: Arc<()>,
}

/// What one thread needs to scan: caches, kept between calls. One for each thread, never for each call.
#[derive(Debug)]
pub struct Scratch {
    generator: generator::Room,
    candidates: Candidates,
    /// By rule.
    confirms: Vec<Option<Box<confirm::Room>>>,
    cuts: cut::Room,
    placeholders: Vec<Range<usize>>,
    mark: Arc<()>,
}

/// A ruleset that cannot be scanned for.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The pattern of one rule.
    #[error("rule {rule}: {reason}")]
    Rule {
        /// Its id.
        rule: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

impl Scanner {
    /// Compiles a ruleset.
    ///
    /// # Errors
    /// [`CompileError`] with the first rule that cannot be.
    pub fn new(ruleset: Ruleset) -> Result<Self, CompileError> {
        Self::with_engine(ruleset, Engine::default())
    }

    /// Compiles a ruleset for an engine. If that cannot be had, [`Self::refusal`] says why, and the portable one does its
    /// work.
    ///
    /// # Errors
    /// [`CompileError`] with the first rule that cannot be compiled.
    pub fn with_engine(ruleset: Ruleset, engine: Engine) -> Result<Self, CompileError> {
        let rules: Vec<_> = ruleset.rules().collect();
        let compiled = side_by_side::map(&rules, |(index, rule)| {
            compile(*index, rule).map_err(|reason| blame(rule, reason))
        });
        let (mut heads, mut confirms, mut cuts) = (Vec::new(), Vec::new(), Vec::new());
        for one in compiled {
            let Compiled { head, confirm, cut } = one?;
            heads.push(head);
            confirms.push(confirm);
            cuts.extend(cut);
        }
        let sources: Vec<Source<'_>> = ruleset
            .rules()
            .zip(heads.iter().zip(&confirms))
            .map(|((index, rule), (hir, confirm))| Source {
                rule: index,
                hir,
                anchor: rule.anchor,
                // What is extended may end anywhere: nothing near it says where it began.
                keywords: rule.keywords.as_deref().filter(|_| rule.extend.is_none()),
                more: confirm.more(),
            })
            .collect();
        let of = |(index, reason)| CompileError::Rule {
            rule: ruleset.rule(index).map(|rule| rule.id.clone()).unwrap_or_default(),
            reason,
        };
        let mut generator = Generator::new(&sources).map_err(of)?;
        let refusal = match engine {
            Engine::Portable => None,
            Engine::Hyperscan => generator.use_hyperscan().err(),
        };
        let cuts = Cuts::new(cuts);
        let (companions, placeholders) = (Companions::new(&ruleset), Placeholders::new(&ruleset));
        Ok(Self { ruleset, generator, refusal, confirms, cuts, companions, placeholders, mark: Arc::new(()) })
    }

    /// What it looks for.
    #[must_use]
    pub fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// Who looks for the literals of its rules.
    #[must_use]
    pub fn engine(&self) -> Engine {
        if self.generator.uses_hyperscan() { Engine::Hyperscan } else { Engine::Portable }
    }

    /// Why the engine that was asked for is not the one in use; nothing about any text.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// The literals a rule is found by, in lower case: one of them, in any case, stands in every match (or near it:
    /// see [`Self::is_announced`]). None for a rule with an anchor.
    pub fn literals(&self, rule: RuleIndex) -> impl Iterator<Item = &[u8]> {
        self.generator.literals(rule)
    }

    /// Whether a rule is found by keywords near its matches, for want of a literal in them.
    #[must_use]
    pub fn is_announced(&self, rule: RuleIndex) -> bool {
        self.generator.is_announced(rule)
    }

    /// Caches for one thread.
    #[must_use]
    pub fn scratch(&self) -> Scratch {
        Scratch {
            generator: self.generator.room(),
            candidates: Candidates::new(self.confirms.len()),
            confirms: self.confirms.iter().map(|_| None).collect(),
            cuts: cut::Room::default(),
            placeholders: Vec::new(),
            mark: Arc::clone(&self.mark),
        }
    }

    /// Appends every finding in `text`, by start, to `findings`. Overlapping findings are all there:
    /// uniting them is the policy's work. Linear in the length of the text.
    ///
    /// A scratch of another scanner (of a ruleset that was reloaded, say) is made anew.
    pub fn scan(&self, text: &[u8], scratch: &mut Scratch, findings: &mut Vec<Finding>) {
        let first = findings.len();
        self.find(text, scratch, findings, &confirm::validators, &mut ());
        self.go_on(text, first, findings);
        self.cuts.find(text, &self.ruleset, &self.placeholders, first, &mut scratch.cuts, findings);
        self.settle(text, scratch, first, findings);
    }

    /// The same without secrets that were cut off at the end of a segment: what the patterns themselves
    /// find. For whoever asks what a rule says of a text.
    pub fn scan_whole(&self, text: &[u8], scratch: &mut Scratch, findings: &mut Vec<Finding>) {
        let first = findings.len();
        self.find(text, scratch, findings, &confirm::validators, &mut ());
        self.go_on(text, first, findings);
        self.settle(text, scratch, first, findings);
    }

    /// What the patterns match, and the judge lets pass.
    fn find(
        &self,
        text: &[u8],
        scratch: &mut Scratch,
        findings: &mut Vec<Finding>,
        judge: &Judge,
        watch: &mut impl Watch,
    ) {
        if !Arc::ptr_eq(&self.mark, &scratch.mark) {
            *scratch = self.scratch();
        }
        self.generator.propose(text, &mut scratch.generator, &mut scratch.candidates);
        self.confirm(text, scratch, judge, |run, regions, room| run.over(regions, room, findings, watch));
    }

    /// Has every rule that has candidates run over its regions.
    fn confirm<'t>(
        &'t self,
        text: &'t [u8],
        scratch: &mut Scratch,
        judge: &'t Judge,
        mut each: impl FnMut(Run<'t>, &[Region], &mut confirm::Room),
    ) {
        let Scratch { candidates, confirms, .. } = scratch;
        candidates.drain(|index, regions| {
            let number = usize::from(index.0);
            let (Some(rule), Some(confirm), Some(room)) =
                (self.ruleset.rule(index), self.confirms.get(number), confirms.get_mut(number))
            else {
                return;
            };
            let room = room.get_or_insert_with(|| Box::new(confirm.room()));
            each(Run { text, rule, index, confirm, placeholders: &self.placeholders, judge }, regions, room);
        });
    }

    /// Lets secrets end where they do, and not where their pattern has its longest match. Those of a rule come
    /// one behind the other, so none of the text is walked twice for one.
    fn go_on(&self, text: &[u8], first: usize, findings: &mut Vec<Finding>) {
        let mut segments = Segments::default();
        let mut last: Option<(RuleIndex, usize)> = None;
        let mut kept = first;
        for at in first..findings.len() {
            let Some(mut finding) = findings.get(at).cloned() else { break };
            if last.is_some_and(|(rule, end)| rule == finding.rule && finding.range.start < end) {
                continue;
            }
            if last.is_none_or(|(rule, _)| rule != finding.rule) {
                segments = Segments::default();
            }
            self.lengthen(text, &segments.of(text, finding.range.start), &mut finding);
            last = Some((finding.rule, finding.range.end));
            if let Some(place) = findings.get_mut(kept) {
                *place = finding;
                kept += 1;
            }
        }
        findings.truncate(kept);
    }

    /// Lets a secret go on to its end, and leaves it without what closes something around it.
    fn lengthen(&self, text: &[u8], segment: &Range<usize>, finding: &mut Finding) {
        let rule = self.ruleset.rule(finding.rule);
        let is_secret = rule.is_some_and(|rule| rule.category == Category::Secret && rule.extend.is_none());
        let confirm = self.confirms.get(usize::from(finding.rule.0)).filter(|_| is_secret);
        let Some(confirm) = confirm.filter(|_| finding.secret.end == finding.range.end) else { return };
        let inside = text.get(segment.clone()).unwrap_or_default();
        let secret = finding.secret.start - segment.start..finding.secret.end - segment.start;
        let end = secret.start..confirm.goes_on_to(inside, &secret);
        // The validators have seen it: to some it tells where a line or a string ends.
        let end = segment.start + field::inside(inside, &end);
        (finding.secret.end, finding.range.end) = (end, end);
    }

    /// Takes out of the new findings what misses its companion and what is a placeholder already, and sorts them.
    fn settle(&self, text: &[u8], scratch: &mut Scratch, first: usize, findings: &mut Vec<Finding>) {
        self.companions.part(text, first, findings);
        if findings.len() > first {
            self.placeholders.spare(text, first, &mut scratch.placeholders, findings);
            if let Some(new) = findings.get_mut(first..) {
                new.sort_unstable_by_key(|finding| (finding.range.start, finding.rule, finding.range.end));
            }
        }
    }
}

/// What is made of one rule.
struct Compiled {
    /// Its pattern without the tail.
    head: Hir,
    confirm: Confirm,
    cut: Option<Sought>,
}

fn compile(index: RuleIndex, rule: &Rule) -> Result<Compiled, String> {
    let written = pattern::read(&rule.pattern)?;
    let hir = long(&written, rule.category);
    if hir.properties().minimum_len().is_none_or(|least| least == 0) {
        return Err(
            "the pattern matches nothing, or the empty text: it has to match at least a byte".to_owned()
        );
    }
    // Digits are counted in the whole match, and what is extended goes past any tail.
    let whole = rule.anchor == Some(Anchor::Digits) || rule.extend.is_some();
    let split = move |hir| if whole { (hir, None) } else { tail::split(&hir) };
    let (head, tail) = split(hir);
    let (pattern, category) = (rule.pattern.clone(), rule.category);
    let again = move || Some(split(long(&pattern::read(&pattern).ok()?, category)).0);
    let confirm = Confirm::new(Late::new(&head, again)?, tail, rule);
    let cut = Sought::of(index, rule, &written, &confirm)?;
    Ok(Compiled { head, confirm, cut })
}

fn long(written: &Hir, category: Category) -> Hir {
    if category == Category::Secret { pattern::long_secrets(written) } else { written.clone() }
}

fn blame(rule: &Rule, reason: String) -> CompileError {
    CompileError::Rule { rule: rule.id.clone(), reason }
}
