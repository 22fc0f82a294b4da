//! `blackbar rules lint`: what is wrong with a pack, and what its rules cost.

use super::args::LintArgs;
use super::{Failure, chosen, every};
use crate::cli::Status;
use crate::pack::{self, Cost};
use std::io::Write;

/// Rules whose cost is told unasked.
const DEAREST: usize = 10;

/// Problems one a line, as a compiler prints them, then the costs.
pub(super) fn run(args: &LintArgs, out: &mut dyn Write) -> Result<Status, Failure> {
    let ruleset = chosen(args.path.as_deref(), args.config.as_deref())?;
    let problems = pack::lint(&ruleset);
    for problem in &problems {
        writeln!(out, "{problem}")?;
    }
    let rules = every(&ruleset);
    let count = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    if !problems.is_empty() {
        let (rules, problems) = (count(rules.len(), "rule"), count(problems.len(), "problem"));
        return Err(Failure::Told(format!("{rules}, {problems}")));
    }
    writeln!(out, "ok: {}", count(rules.len(), "rule"))?;
    let costs = pack::costs(&rules).map_err(|error| error.to_string())?;
    let idle = pack::idle().map_err(|error| error.to_string())?;
    let shown = if args.cost { costs.len() } else { DEAREST };
    table(&costs, shown, idle, out)?;
    Ok(Status::Ok)
}

fn table(costs: &[Cost], shown: usize, idle: f64, out: &mut dyn Write) -> std::io::Result<()> {
    let width = costs.iter().take(shown).map(|cost| cost.rule.len()).max().unwrap_or(0).max(2);
    writeln!(out, "\nns/KiB of a built-in text, each rule alone (looking for nothing: {idle:.0})")?;
    writeln!(out, "{:width$}  {:>8}  {:>8}", "ID", "QUIET", "STIRRED")?;
    for Cost { rule, quiet, stirred, findings } in costs.iter().take(shown) {
        let wrong = if *findings > 0 { format!("  {findings} false findings") } else { String::new() };
        writeln!(out, "{rule:width$}  {quiet:8.0}  {stirred:8.0}{wrong}")?;
    }
    if shown < costs.len() {
        writeln!(out, "and {} cheaper ones: --cost shows them", costs.len() - shown)?;
    }
    Ok(())
}
