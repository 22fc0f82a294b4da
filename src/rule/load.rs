//! From pack files to rules. Goes on after an error, so that one run tells all of them.

use super::fragment::Fragments;
use super::requires::{Lists, Requires, RequiresSyntax, stands_for};
use super::syntax::{ExampleSyntax, RuleSyntax};
use super::validate::Validator;
use super::{Example, Origin, Rule, Status, lint};
use crate::side_by_side;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// How many examples of either sort a rule proves itself with.
const EXAMPLES: usize = 2;

/// Why a pack cannot be loaded: every error in it, with file and line.
#[derive(Debug)]
pub struct LoadError(pub Vec<String>);

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for LoadError {}

/// Whether the patterns of a pack were linted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Linted {
    /// When blackbar was built. To read all patterns once more takes a twelfth of compiling.
    Before,
    /// They are now.
    Now,
}

/// The rules of a pack, by file name, then by position.
pub(super) fn load(mut files: Vec<(String, String)>, linted: Linted) -> Result<Vec<Rule>, LoadError> {
    files.sort();
    let (mut rules, mut errors) = (Vec::new(), Vec::new());
    for (its_rules, its_errors) in side_by_side::map(&files, |(name, text)| File::load(name, text, linted)) {
        rules.extend(its_rules);
        errors.extend(its_errors);
    }
    duplicates(&rules, &mut errors);
    companions(&rules, &mut errors);
    errors.extend(check_count(rules.len()).err());
    if errors.is_empty() { Ok(rules) } else { Err(LoadError(errors)) }
}

/// Whether so many rules can have a number each.
pub(super) fn check_count(rules: usize) -> Result<(), String> {
    let most = usize::from(u16::MAX);
    if rules <= most {
        Ok(())
    } else {
        Err(format!("{rules} rules are too many: at most {most} are looked for"))
    }
}

fn duplicates(rules: &[Rule], errors: &mut Vec<String>) {
    let mut seen: BTreeMap<&str, &Origin> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| !rule.id.is_empty()) {
        if let Some(first) = seen.get(rule.id.as_str()) {
            let Origin { file, line } = &rule.origin;
            errors.push(format!(
                "{file}:{line}: id `{}` is taken by {}:{}: choose another, ids are never shared",
                rule.id, first.file, first.line
            ));
        } else {
            seen.insert(&rule.id, &rule.origin);
        }
    }
}

/// Whoever asks for a companion has one in the same pack, which asks for none itself.
fn companions(rules: &[Rule], errors: &mut Vec<String>) {
    let asks = rules.iter().filter_map(|rule| Some((rule, rule.requires.as_ref()?)));
    for (rule, companion) in asks.flat_map(|(rule, asks)| asks.companions.iter().map(move |one| (rule, one)))
    {
        let asked: Vec<&Rule> = rules.iter().filter(|other| stands_for(companion, &other.id)).collect();
        let wrong = if asked.is_empty() {
            "there is no such rule in this pack"
        } else if asked.iter().any(|other| other.requires.is_some()) {
            "it asks for a companion too: ask for one that does not"
        } else {
            continue;
        };
        let Origin { file, line } = &rule.origin;
        errors.push(format!("{file}:{line}: `requires` asks for `{companion}`: {wrong}"));
    }
}

/// One file of a pack.
struct File<'a> {
    name: &'a str,
    text: &'a str,
    fragments: Fragments,
    lists: Lists,
    /// Where its lines end.
    ends: Vec<usize>,
    errors: Vec<String>,
    linted: Linted,
}

impl<'a> File<'a> {
    /// Its rules, and what is wrong with it.
    fn load(name: &'a str, text: &'a str, linted: Linted) -> (Vec<Rule>, Vec<String>) {
        let (fragments, lists) = (Fragments::default(), Lists::default());
        let ends = text.match_indices('\n').map(|(end, _)| end).collect();
        let mut file = Self { name, text, fragments, lists, ends, errors: Vec::new(), linted };
        let mut rules = Vec::new();
        file.read(&mut rules);
        file.unused();
        (rules, file.errors)
    }

    fn read(&mut self, rules: &mut Vec<Rule>) {
        let table = match DeTable::parse(self.text) {
            Ok(table) => table.into_inner(),
            Err(error) => return self.error(error.span(), error.message()),
        };
        for (key, value) in &table {
            match key.get_ref().as_ref() {
                "fragments" => self.fragments(value),
                "companions" => self.companions(value),
                _ => {}
            }
        }
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "fragments" | "companions" => {}
                "rule" => self.tables(value, rules),
                other => {
                    let known = "a file holds `[[rule]]` tables, `[fragments]` of their patterns, and lists of \
                                 their `[companions]`";
                    self.error(Some(key.span()), &format!("unknown key `{other}`: {known}"));
                }
            }
        }
    }

    fn fragments(&mut self, value: &Spanned<DeValue<'_>>) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.error(Some(value.span()), "`fragments` is not a table: write `[fragments]`");
        };
        for (name, value) in table {
            let added = match value.get_ref() {
                DeValue::String(text) => self.fragments.add(name.get_ref(), text),
                _ => Err(format!("fragment `{}` is not a text", name.get_ref())),
            };
            if let Err(message) = added {
                self.error(Some(name.span()), &message);
            }
        }
    }

    fn companions(&mut self, value: &Spanned<DeValue<'_>>) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.error(Some(value.span()), "`companions` is not a table: write `[companions]`");
        };
        for (name, value) in table {
            match Vec::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(list) => self.lists.add(name.get_ref(), list),
                Err(_) => {
                    let message = format!("`{}` is not a list of the ids of rules", name.get_ref());
                    self.error(Some(name.span()), &message);
                }
            }
        }
    }

    /// Tells of what nothing asks for, unless something was wrong with what may have asked.
    fn unused(&mut self) {
        if !self.errors.is_empty() {
            return;
        }
        let fragments = self.fragments.unused().map(|name| (name, "fragment", "in no pattern"));
        let lists = self.lists.unused().map(|name| (name, "list", "in no `one_of`"));
        let unused: Vec<_> = fragments
            .chain(lists)
            .map(|(name, what, of)| {
                let is_key = |at: &usize| {
                    let (before, after) = (self.text.get(..*at), self.text.get(at + name.len()..));
                    before.is_some_and(|before| before.is_empty() || before.ends_with('\n'))
                        && after.is_some_and(|after| after.trim_start().starts_with('='))
                };
                let at = self.text.match_indices(name).map(|(at, _)| at).find(is_key);
                (at, format!("{what} `{name}` is {of} of this file: take it out"))
            })
            .collect();
        for (at, message) in unused {
            self.error(at.map(|at| at..at), &message);
        }
    }

    fn tables(&mut self, value: Spanned<DeValue<'_>>, rules: &mut Vec<Rule>) {
        let span = value.span();
        let DeValue::Array(tables) = value.into_inner() else {
            return self.error(Some(span), "`rule` is not a list: write `[[rule]]` with two brackets");
        };
        for table in tables {
            let span = table.span();
            match RuleSyntax::deserialize(ValueDeserializer::from(table)) {
                Ok(syntax) => rules.push(self.rule(syntax, &span)),
                Err(error) => self.error(error.span().or(Some(span)), error.message()),
            }
        }
    }

    /// Checks a rule; what is wrong with it goes to the errors.
    fn rule(&mut self, mut syntax: RuleSyntax, span: &Range<usize>) -> Rule {
        match self.fragments.put_in(syntax.pattern.get_ref()) {
            Ok(whole) => *syntax.pattern.get_mut() = whole,
            Err(message) => self.error(Some(syntax.pattern.span()), &message),
        }
        if let Err(message) = lint::id(syntax.id.get_ref()) {
            self.error(Some(syntax.id.span()), &message);
        }
        let keywords = syntax.keywords.as_ref().map(Spanned::get_ref);
        let is_announced = syntax.anchor.is_some()
            || (syntax.extend.is_none() && keywords.is_some_and(|words| !words.literals().is_empty()));
        if self.linted == Linted::Now {
            for message in lint::pattern(syntax.pattern.get_ref(), is_announced) {
                self.error(Some(syntax.pattern.span()), &message);
            }
        }
        if let Some(keywords) = &syntax.keywords
            && let Err(message) = keywords.get_ref().check()
        {
            self.error(Some(keywords.span()), &message);
        }
        if let Some(label) = &syntax.placeholder
            && let Err(message) = lint::label(label.get_ref())
        {
            self.error(Some(label.span()), &message);
        }
        let named = |pattern: &str| pattern.contains("(?P<") || pattern.contains("(?<");
        if syntax.extend.is_some() && named(syntax.pattern.get_ref()) {
            let message = "`extend` and groups do not go together: what is extended is the whole match";
            self.error(Some(syntax.pattern.span()), message);
        }
        for (what, list) in [("examples", &syntax.examples), ("negative_examples", &syntax.negative_examples)]
        {
            if list.len() < EXAMPLES {
                let message = format!("`{what}` has {} of at least {EXAMPLES}: add some", list.len());
                self.error(Some(span.clone()), &message);
            }
        }
        self.secrets(&syntax);
        let validators = syntax.validators.iter().filter_map(|name| self.validator(name)).collect();
        let requires = syntax.requires.take().and_then(|requires| self.requires(requires));
        let origin = Origin { file: self.name.to_owned(), line: self.line(span.start) };
        let examples = [&syntax.examples, &syntax.negative_examples].map(|list| self.examples(list));
        assemble(syntax, validators, requires, examples, origin)
    }

    /// Holds what examples say of their secrets against their texts.
    fn secrets(&mut self, syntax: &RuleSyntax) {
        for example in &syntax.examples {
            let ExampleSyntax { text, secret } = example.get_ref();
            if secret.as_ref().is_some_and(|secret| secret.is_empty() || !text.contains(secret)) {
                self.error(Some(example.span()), "the `secret` of an example is a part of its `text`");
            }
        }
        for example in syntax.negative_examples.iter().filter(|example| example.get_ref().secret.is_some()) {
            self.error(Some(example.span()), "nothing is found in a negative example: take out its `secret`");
        }
    }

    fn examples(&self, list: &[Spanned<ExampleSyntax>]) -> Vec<Example> {
        let one = |example: &Spanned<ExampleSyntax>| {
            let ExampleSyntax { text, secret } = example.get_ref();
            Example { text: text.clone(), secret: secret.clone(), line: self.line(example.span().start) }
        };
        list.iter().map(one).collect()
    }

    fn validator(&mut self, name: &Spanned<String>) -> Option<Validator> {
        let validator = Validator::named(name.get_ref());
        if validator.is_none() {
            let known: Vec<&str> = Validator::all().map(Validator::name).collect();
            let message = format!("no validator `{}`: there are {}", name.get_ref(), known.join(", "));
            self.error(Some(name.span()), &message);
        }
        validator
    }

    fn requires(&mut self, syntax: Spanned<RequiresSyntax>) -> Option<Requires> {
        let span = syntax.span();
        match self.lists.put_in(syntax.into_inner()) {
            Ok(requires) => Some(requires),
            Err(message) => {
                self.error(Some(span), &message);
                None
            }
        }
    }

    fn error(&mut self, span: Option<Range<usize>>, message: &str) {
        let line = self.line(span.map_or(0, |span| span.start));
        self.errors.push(format!("{}:{line}: {message}", self.name));
    }

    /// The line of a byte, from 1.
    fn line(&self, at: usize) -> usize {
        self.ends.partition_point(|end| *end < at) + 1
    }
}

fn assemble(
    syntax: RuleSyntax,
    validators: Vec<Validator>,
    requires: Option<Requires>,
    [examples, negative_examples]: [Vec<Example>; 2],
    origin: Origin,
) -> Rule {
    Rule {
        id: syntax.id.into_inner(),
        name: syntax.name,
        description: syntax.description,
        provider: syntax.provider,
        category: syntax.category,
        severity: syntax.severity,
        confidence: syntax.confidence,
        version: syntax.version,
        status: syntax.status,
        enabled: syntax.enabled && syntax.status != Status::Experimental,
        action: syntax.action,
        placeholder: syntax.placeholder.map(Spanned::into_inner),
        precedence: syntax.precedence,
        token: syntax.token,
        pattern: syntax.pattern.into_inner(),
        anchor: syntax.anchor,
        extend: syntax.extend,
        cut: syntax.cut,
        keywords: syntax.keywords.map(|keywords| Box::new(keywords.into_inner())),
        characters: syntax.characters,
        requires,
        scope: syntax.scope,
        validators,
        references: syntax.references,
        tags: syntax.tags,
        examples,
        negative_examples,
        origin,
    }
}
