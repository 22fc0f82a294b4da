//! `blackbar rules show`: everything about a rule, as the loader sees it and the scanner uses it.

use super::args::ShowArgs;
use super::{Failure, ROW, Shop, row};
use crate::cli::Status;
use crate::rule::validate::{Keyword, Keywords};
use crate::rule::{Anchor, Example, Rule, RuleIndex, Scope};
use crate::scan::Finding;
use std::io::{self, Write};

pub(super) fn run(args: &ShowArgs, out: &mut dyn Write) -> Result<Status, Failure> {
    let shop = Shop::open(args.path.as_deref(), args.config.as_deref(), Some(&args.id))?;
    let (index, on) = shop.rule(&args.id)?;
    let Some(rule) = shop.scanner.ruleset().rule(index) else { return Ok(Status::Found) };
    writeln!(out, "{}: {}", rule.id, rule.name)?;
    what(rule, on, &shop, index, out)?;
    how(rule, &shop, index, out)?;
    proof(rule, &shop, index, out)?;
    Ok(Status::Ok)
}

/// What it is for, and what is done.
fn what(rule: &Rule, on: bool, shop: &Shop, index: RuleIndex, out: &mut dyn Write) -> io::Result<()> {
    row(out, "file", &format!("{}:{}", rule.origin.file, rule.origin.line))?;
    let switch = format!("off: [rules] enable = [\"{}\"] switches it on", rule.id);
    row(out, "state", if on { "on" } else { &switch })?;
    row(out, "version", &format!("{}, {}", rule.version, rule.status.name()))?;
    row(out, "description", &rule.description)?;
    row(out, "provider", &rule.provider)?;
    row(out, "category", rule.category.name())?;
    row(out, "severity", rule.severity.name())?;
    row(out, "confidence", &format!("{}, before validators", rule.confidence.name()))?;
    let (action, whose) = shop.action(rule, index);
    row(out, "action", &format!("{} ({whose})", action.name()))?;
    row(out, "placeholder", rule.placeholder.as_deref().unwrap_or_default())?;
    if rule.precedence != 0 {
        row(out, "precedence", &rule.precedence.to_string())?;
    }
    row(out, "tags", &rule.tags.join(", "))?;
    rule.references.iter().try_for_each(|reference| row(out, "reference", reference))
}

/// How it is found.
fn how(rule: &Rule, shop: &Shop, index: RuleIndex, out: &mut dyn Write) -> io::Result<()> {
    row(out, "pattern", &rule.pattern)?;
    let found_by = match rule.anchor {
        Some(Anchor::At) => "an @ in every match".to_owned(),
        Some(Anchor::Digits) => "seven digits within 32 bytes in every match".to_owned(),
        None => {
            let shown = |literal: &[u8]| format!("\"{}\"", literal.escape_ascii());
            let literals: Vec<String> = shop.scanner.literals(index).map(shown).collect();
            let place = if shop.scanner.is_announced(index) { "near" } else { "in" };
            format!("one of {} {place} every match, in any case", literals.join(" "))
        }
    };
    row(out, "found by", &found_by)?;
    if !rule.cut {
        row(out, "cut off", "not found: only what stands behind it tells it")?;
    }
    if let Some(extend) = rule.extend {
        row(out, "goes on", &format!("as `{}` does, beyond the pattern", extend.name()))?;
    }
    if let Some(keywords) = &rule.keywords {
        words(keywords, out)?;
    }
    if let Some(characters) = &rule.characters {
        row(out, "characters", &characters.told())?;
    }
    if let Some(requires) = &rule.requires {
        let within = requires
            .within
            .map_or_else(|| "in the same content".to_owned(), |within| format!("within {within} bytes"));
        row(out, "requires", &format!("{}, {within}", requires.companions.join(" or ")))?;
    }
    let scope = rule.scope.as_ref().map(Scope::told).unwrap_or_default();
    scope.iter().try_for_each(|scope| row(out, "only in", scope))?;
    rule.validators.iter().try_for_each(|validator| {
        row(out, "validator", &format!("{}: is it {}?", validator.name(), validator.asks()))
    })
}

/// The words that have to stand near it, and those that must not.
fn words(keywords: &Keywords, out: &mut dyn Write) -> io::Result<()> {
    let within = keywords.within.0;
    for (list, what) in [
        (&keywords.before, format!("within {within} bytes before")),
        (&keywords.after, format!("within {within} bytes behind")),
        (&keywords.in_key, "in what it is called".to_owned()),
        (&keywords.without, format!("none within {within} bytes on either side")),
    ] {
        let list: Vec<&str> = list.iter().map(Keyword::as_str).collect();
        if !list.is_empty() {
            row(out, "keywords", &format!("{what}: {}", list.join(", ")))?;
        }
    }
    Ok(())
}

/// Its examples, and what it finds in each.
fn proof(rule: &Rule, shop: &Shop, index: RuleIndex, out: &mut dyn Write) -> io::Result<()> {
    let mut scratch = shop.scanner.scratch();
    let mut told = |what: &str, example: &Example, out: &mut dyn Write| {
        let mut findings: Vec<Finding> = Vec::new();
        shop.scanner.scan_whole(example.text.as_bytes(), &mut scratch, &mut findings);
        row(out, what, &example.text)?;
        for finding in findings.iter().filter(|finding| finding.rule == index) {
            let secret = example.text.as_bytes().get(finding.secret.clone()).unwrap_or_default();
            writeln!(out, "  {:ROW$}-> {}", "", String::from_utf8_lossy(secret))?;
        }
        Ok(())
    };
    rule.examples.iter().try_for_each(|example| told("example", example, out))?;
    rule.negative_examples.iter().try_for_each(|example| told("nothing in", example, out))
}
