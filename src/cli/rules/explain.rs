//! `blackbar rules explain`: why a text was hit, or was not.
//!
//! The text is opened as telemetry is, and scanned as it is; what is told are places, lengths, rules and reasons.
//! A secret is not printed unless `--show` asks for it: what is explained is often pasted into a ticket.

use super::args::ExplainArgs;
use super::place::{Place, stretch};
use super::{Failure, Shop, row};
use crate::cli::Status;
use crate::content::Opened;
use crate::policy::Decision;
use crate::rule::validate::Objection;
use crate::rule::{Rule, RuleIndex, Scope};
use crate::scan::{Account, Explained, Outcome, Refusal, Told};
use std::io::{self, Read as _, Write};
use std::ops::Range;
use std::path::Path;

/// Places of a rule's literals that are told one by one.
const SIGNS: usize = 5;

pub(super) fn run(args: &ExplainArgs, out: &mut dyn Write) -> Result<Status, Failure> {
    let shop = Shop::open(None, args.config.as_deref(), args.rule.as_deref())?;
    let asked = args.rule.as_deref().map(|id| shop.rule(id)).transpose()?;
    let text = read(args.file.as_deref())?;
    let mut opened = Opened::default();
    opened.open(args.key.as_deref(), &text);
    if let Some(limit) = opened.limit() {
        let (whole, limit) = (crate::policy::UNSCANNED, limit.name());
        writeln!(out, "not scanned, and replaced whole by {whole}: {limit}")?;
        return Ok(Status::Found);
    }
    let explained = shop.scanner.explain(opened.text(), &mut shop.scanner.scratch());
    let page = Page { shop: &shop, text: &text, opened: &opened, explained: &explained, show: args.show };
    match asked {
        Some((index, _)) => page.asked(index, out)?,
        None => page.all(out)?,
    }
    page.decision(out)?;
    Ok(Status::Ok)
}

fn read(file: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    match file.filter(|file| *file != Path::new("-")) {
        Some(file) => {
            text = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        None => {
            io::stdin().lock().read_to_end(&mut text).map_err(|error| format!("standard input: {error}"))?;
        }
    }
    Ok(text)
}

/// What is told of one text.
struct Page<'a> {
    shop: &'a Shop,
    text: &'a [u8],
    opened: &'a Opened,
    explained: &'a Explained,
    show: bool,
}

impl Page<'_> {
    /// Every rule that matched somewhere.
    fn all(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let matched = self.explained.accounts.iter().filter(|account| !account.told.is_empty());
        let looked = self.explained.accounts.iter().filter(|account| account.told.is_empty()).count();
        for account in matched {
            if let Some(rule) = self.rule(account.rule) {
                self.account(rule, account, out)?;
            }
        }
        if looked > 0 {
            writeln!(out, "{looked} more rules looked and matched nowhere; --rule ID tells of one")?;
        }
        Ok(())
    }

    /// One rule, whether it matched or not.
    fn asked(&self, index: RuleIndex, out: &mut dyn Write) -> Result<(), Failure> {
        let Some(rule) = self.rule(index) else { return Ok(()) };
        if !self.shop.is_on(&rule.id) {
            writeln!(
                out,
                "{} is off: it finds nothing until [rules] enable switches it on; if it were on:",
                rule.id
            )?;
        }
        let account = self.explained.accounts.iter().find(|account| account.rule == index);
        match account.filter(|account| !account.told.is_empty()) {
            Some(account) => self.account(rule, account, out)?,
            None => self.nothing(rule, index, out)?,
        }
        Ok(())
    }

    fn account(&self, rule: &Rule, account: &Account, out: &mut dyn Write) -> io::Result<()> {
        for told in &account.told {
            writeln!(out, "{}: {}: {}", self.place(&told.secret), rule.id, outcome(told.outcome))?;
            row(out, "match", &self.stretch(&told.whole))?;
            row(out, "secret", &self.stretch(&told.secret))?;
            if self.show {
                row(out, "text", &self.bytes(&told.secret))?;
            }
            if is_finding(told.outcome) {
                self.beside(rule, told, account.rule, out)?;
            }
        }
        Ok(())
    }

    /// What is done with a finding, and which others it lies over.
    fn beside(&self, rule: &Rule, told: &Told, index: RuleIndex, out: &mut dyn Write) -> io::Result<()> {
        let (action, whose) = self.shop.action(rule, index);
        row(out, "action", &format!("{} ({whose})", action.name()))?;
        let scope = rule.scope.as_ref().map(Scope::told).unwrap_or_default();
        scope.iter().try_for_each(|scope| row(out, "only in", scope))?;
        let touches = |range: &Range<usize>| range.start < told.secret.end && told.secret.start < range.end;
        let others =
            self.explained.findings.iter().filter(|other| other.rule != index && touches(&other.range));
        let ids: Vec<&str> = others.filter_map(|other| Some(self.rule(other.rule)?.id.as_str())).collect();
        row(out, "united with", &ids.join(", "))
    }

    /// Why a rule matched nowhere.
    fn nothing(&self, rule: &Rule, index: RuleIndex, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}: matches nowhere", rule.id)?;
        let signs = self.shop.scanner.signs(self.opened.text(), index);
        let shown: Vec<String> = signs.iter().take(SIGNS).map(|sign| self.place(sign)).collect();
        let more = signs.len().saturating_sub(SIGNS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        match signs.is_empty() {
            true => row(out, "found by", &format!("nothing: `blackbar rules show {}` says what", rule.id))?,
            false => row(out, "found by", &format!("what stands at {}{more}", shown.join(", ")))?,
        }
        match self.shop.scanner.furthest(self.opened.text(), index) {
            Some(far) => {
                let (parts, of) = far.parts;
                row(out, "pattern", &format!("{parts} of {of} parts match at {}", self.stretch(&far.range)))?;
                row(out, "but not", &far.next)
            }
            None => row(out, "pattern", "not even its first part matches"),
        }
    }

    /// What stands there instead.
    fn decision(&self, out: &mut dyn Write) -> io::Result<()> {
        let ruleset = self.shop.scanner.ruleset();
        let on = |finding: &&crate::scan::Finding| {
            ruleset.rule(finding.rule).is_some_and(|rule| self.shop.is_on(&rule.id))
        };
        let findings: Vec<_> = self.explained.findings.iter().filter(on).cloned().collect();
        if findings.is_empty() {
            return writeln!(out, "nothing is found in it");
        }
        match self.shop.policy.decide(ruleset, self.opened.text(), &findings) {
            Decision::DropAttribute => writeln!(out, "the attribute is taken out"),
            Decision::DropRecord => writeln!(out, "the record is taken out"),
            Decision::Rewrite(replacements) => replacements.iter().try_for_each(|replacement| {
                let range = self.stretch(&replacement.range);
                writeln!(out, "{range}: {} stands there instead", replacement.placeholder)
            }),
        }
    }

    fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.shop.scanner.ruleset().rule(index)
    }

    /// Where a range of the scan text stands in the text as it was given.
    fn raw(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let mut places = Vec::new();
        self.opened.places(range, &mut places);
        let start = places.iter().map(|place| place.range.start).min()?;
        Some(start..places.iter().map(|place| place.range.end).max()?)
    }

    fn place(&self, range: &Range<usize>) -> String {
        self.raw(range).map_or_else(|| "a key".to_owned(), |raw| Place::of(self.text, raw.start).to_string())
    }

    fn stretch(&self, range: &Range<usize>) -> String {
        self.raw(range).map_or_else(|| "in the key".to_owned(), |raw| stretch(self.text, &raw))
    }

    fn bytes(&self, range: &Range<usize>) -> String {
        let bytes = self.opened.text().get(range.clone()).unwrap_or_default();
        bytes.escape_ascii().to_string()
    }
}

const fn is_finding(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Refused(_) | Outcome::Spared | Outcome::Alone)
}

fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Found(confidence) => format!("found, confidence {}", confidence.name()),
        Outcome::CutOff(confidence) => {
            format!("found, although the text ends in the middle of it, confidence {}", confidence.name())
        }
        Outcome::Unjudged(refusal) => {
            format!(
                "found: so much was refused before that nothing may be any more, not even because {}",
                why(refusal)
            )
        }
        Outcome::Refused(refusal) => format!("refused, because {}", why(refusal)),
        Outcome::Alone => "no finding, because what its rule requires does not stand near".to_owned(),
        Outcome::Spared => "no finding, because it is a placeholder of ours".to_owned(),
    }
}

fn why(refusal: Refusal) -> String {
    match refusal {
        Refusal::Sparse => "no seven digits stand within 32 bytes".to_owned(),
        Refusal::Mask => "it is what somebody else put in place of a secret".to_owned(),
        Refusal::Placeholder => "what tells of it is a word in a placeholder of ours".to_owned(),
        Refusal::Keywords(Objection::Unannounced) => "none of its keywords stands near".to_owned(),
        Refusal::Keywords(Objection::Excluded) => "a word stands near that its keywords exclude".to_owned(),
        Refusal::Characters => "it has not the characters that its rule asks for".to_owned(),
        Refusal::Validator(validator) => {
            format!("{} says: it is not {}", validator.name(), validator.asks())
        }
    }
}
