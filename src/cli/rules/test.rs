//! `blackbar rules test`: examples of rules, and tables of cases, put to the rules.

use super::args::TestArgs;
use super::{Failure, configured};
use crate::cli::Status;
use crate::config;
use crate::pack::{self, Cases, Problem};
use crate::rule::Ruleset;
use crate::scan::Scanner;
use std::io::Write;

pub(super) fn run(args: &TestArgs, out: &mut dyn Write) -> Result<Status, Failure> {
    let (mut rules, mut tables) = (Vec::new(), Vec::new());
    for path in &args.paths {
        for file in config::pack_at(path)? {
            let name = if path.is_dir() { path.join(&file.name).display().to_string() } else { file.name };
            if Cases::is_table(&file.text) {
                tables.push(Cases::read(&name, &file.text).map_err(|problem| problem.to_string())?);
            } else {
                rules.push((name, file.text));
            }
        }
    }
    let own = if rules.is_empty() { None } else { Some(loaded(rules)?) };
    let mut problems = own.as_ref().map(pack::lint).unwrap_or_default();
    let examples = own.as_ref().map_or(0, examples);
    let ruleset = match (own, &args.config) {
        (Some(own), None) => own,
        (_, config) => configured(config.as_deref())?,
    };
    let cases = tables.iter().map(Cases::count).sum::<usize>();
    if cases > 0 {
        let scanner = Scanner::new(ruleset).map_err(|error| error.to_string())?;
        problems.extend(tables.iter().flat_map(|table| table.run(&scanner)));
    }
    told(&problems, examples, cases, out)
}

fn loaded(rules: Vec<(String, String)>) -> Result<Ruleset, String> {
    Ruleset::from_files(rules).map_err(|error| error.to_string())
}

/// How many texts the rules prove themselves with.
fn examples(ruleset: &Ruleset) -> usize {
    let rules = ruleset.rules().map(|(_, rule)| rule).chain(ruleset.resting());
    rules.map(|rule| rule.examples.len() + rule.negative_examples.len()).sum()
}

fn told(problems: &[Problem], examples: usize, cases: usize, out: &mut dyn Write) -> Result<Status, Failure> {
    for problem in problems {
        writeln!(out, "{problem}")?;
    }
    let asked = format!("{examples} examples, {cases} cases");
    if problems.is_empty() {
        writeln!(out, "ok: {asked}")?;
        return Ok(Status::Ok);
    }
    Err(Failure::Told(format!("{asked}, {} wrong", problems.len())))
}
