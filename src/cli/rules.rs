//! `blackbar rules list`: a table of what is looked for.

use super::Status;
use super::args::RulesListArgs;
use crate::app;
use crate::config::{Config, Overrides};
use crate::rule::{Category, Rule};
use std::io::{self, Write};

pub(super) fn list(args: &RulesListArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Status> {
    let ruleset = Config::load(args.config.as_deref(), &Overrides::default())
        .map_err(|errors| errors.to_string())
        .and_then(|config| app::ruleset(&config).map_err(|error| error.to_string()));
    match ruleset {
        Ok(ruleset) => table(ruleset.rules().map(|(_, rule)| rule), out).map(|()| Status::Ok),
        Err(errors) => writeln!(err, "{errors}").map(|()| Status::Found),
    }
}

fn table<'r>(rules: impl Iterator<Item = &'r Rule>, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = vec![["ID", "SEVERITY", "CATEGORY", "NAME"].map(str::to_owned)];
    rows.extend(rules.map(|rule| {
        [
            rule.id.clone(),
            rule.severity.name().to_owned(),
            category(rule.category).to_owned(),
            rule.name.clone(),
        ]
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

const fn category(category: Category) -> &'static str {
    match category {
        Category::Secret => "secret",
        Category::Pii => "pii",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::rule::Severity;

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
