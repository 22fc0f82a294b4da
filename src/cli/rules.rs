//! `blackbar rules`: what is looked for, whether it does what it says, and why.

pub(super) mod args;
mod cost;
mod diff;
mod explain;
mod import;
mod lint;
mod place;
mod shop;
mod show;
mod sign;
mod test;
mod texts;

use super::Status;
use super::args::{RulesCommand, RulesListArgs};
use crate::app;
use crate::config::{self, Config, Overrides};
use crate::pack;
use crate::rule::{self, Rule, Ruleset};
use args::NewArgs;
use shop::Shop;
use std::io::{self, Write};
use std::path::Path;

pub(super) fn run(command: &RulesCommand, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Status> {
    let done = match command {
        RulesCommand::List(args) => list(args, out),
        RulesCommand::Keygen(args) => return sign::keygen(args, out, err),
        RulesCommand::Sign(args) => return sign::sign(args, out, err),
        RulesCommand::Lint(args) => lint::run(args, out),
        RulesCommand::Test(args) => test::run(args, out),
        RulesCommand::Show(args) => show::run(args, out),
        RulesCommand::Explain(args) => explain::run(args, out),
        RulesCommand::New(args) => new(args, out),
        RulesCommand::Diff(args) => diff::run(args, out),
        RulesCommand::Cost(args) => cost::run(args, out),
        RulesCommand::Import(args) => import::run(args, out, err),
        RulesCommand::Schema => schema(out),
    };
    match done {
        Ok(status) => Ok(status),
        Err(Failure::Told(message)) => writeln!(err, "{message}").map(|()| Status::Found),
        Err(Failure::Output(error)) => Err(error),
    }
}

/// Why a command came to nothing.
enum Failure {
    /// What was wrong with what it was given, for people.
    Told(String),
    /// Its output could not be written.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Told(message)
    }
}

/// The rules of a configuration, or of the embedded default.
fn configured(config: Option<&Path>) -> Result<Ruleset, String> {
    let config = Config::load(config, &Overrides::default()).map_err(|errors| errors.to_string())?;
    app::ruleset(&config).map_err(|error| error.to_string())
}

/// The rules of a file or a directory.
fn written(path: &Path) -> Result<Ruleset, String> {
    let files = config::pack_at(path)?.into_iter().map(|file| (file.name, file.text));
    Ruleset::from_files(files).map_err(|error| error.to_string())
}

/// The rules of a file or a directory where one is named, and of a configuration otherwise.
fn chosen(path: Option<&Path>, config: Option<&Path>) -> Result<Ruleset, String> {
    path.map_or_else(|| configured(config), written)
}

/// Every rule, on or off, in the order of the pack.
fn every(ruleset: &Ruleset) -> Vec<Rule> {
    let all = ruleset.clone().switched(|_| true);
    all.rules().map(|(_, rule)| rule.clone()).collect()
}

/// Characters of what a row is called.
const ROW: usize = 13;

/// Prints a row of a page, if there is something in it.
fn row(out: &mut dyn Write, what: &str, text: &str) -> io::Result<()> {
    if text.is_empty() { Ok(()) } else { writeln!(out, "  {what:ROW$}{text}") }
}

fn list(args: &RulesListArgs, out: &mut dyn Write) -> Result<Status, Failure> {
    let ruleset = configured(args.config.as_deref())?;
    table(ruleset.rules().map(|(_, rule)| rule), out)?;
    Ok(Status::Ok)
}

fn new(args: &NewArgs, out: &mut dyn Write) -> Result<Status, Failure> {
    out.write_all(pack::template(&args.id)?.as_bytes())?;
    Ok(Status::Ok)
}

fn schema(out: &mut dyn Write) -> Result<Status, Failure> {
    out.write_all(pack::schema().as_bytes())?;
    Ok(Status::Ok)
}

fn table<'r>(rules: impl Iterator<Item = &'r Rule>, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = vec![["ID", "SEVERITY", "CATEGORY", "NAME"].map(str::to_owned)];
    rows.extend(rules.map(|rule| {
        let name = match rule.status {
            rule::Status::Stable => rule.name.clone(),
            status => format!("{} ({})", rule.name, status.name()),
        };
        [rule.id.clone(), rule.severity.name().to_owned(), rule.category.name().to_owned(), name]
    }));
    let width =
        |column: fn(&[String; 4]) -> &String| rows.iter().map(|row| column(row).len()).max().unwrap_or(0);
    let widths =
        [width(|[id, ..]| id), width(|[_, severity, ..]| severity), width(|[_, _, category, _]| category)];
    let [ids, severities, categories] = widths;
    for [id, severity, category, name] in &rows {
        writeln!(out, "{id:ids$}  {severity:severities$}  {category:categories$}  {name}")?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::rule::{Category, Severity};

    fn rule(id: &str, severity: Severity, category: Category, name: &str) -> Rule {
        Rule { id: id.to_owned(), name: name.to_owned(), category, severity, ..Rule::default() }
    }

    #[test]
    fn columns_line_up() {
        let rules = [
            rule("aws.access_key_id", Severity::Critical, Category::Secret, "AWS access key"),
            rule("pii.email", Severity::Low, Category::Pii, "E-mail address"),
        ];
        let mut out = Vec::new();
        table(rules.iter(), &mut out).unwrap();
        let expected = "\
ID                 SEVERITY  CATEGORY  NAME
aws.access_key_id  critical  secret    AWS access key
pii.email          low       pii       E-mail address
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
