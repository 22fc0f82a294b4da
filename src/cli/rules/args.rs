//! What can be said behind `blackbar rules`.

use clap::Args;
use std::path::PathBuf;

/// `blackbar rules lint`.
#[derive(Debug, Clone, Default, Args)]
pub struct LintArgs {
    /// A file of rules, or a directory of them; without one, the embedded pack.
    #[arg(value_name = "PATH", conflicts_with = "config")]
    pub path: Option<PathBuf>,
    /// The configuration whose rules to look at.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Prints what each rule costs, and not the ten dearest only.
    #[arg(long)]
    pub cost: bool,
}

/// `blackbar rules test`.
#[derive(Debug, Clone, Default, Args)]
pub struct TestArgs {
    /// Files of rules, tables of cases, or directories of both.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// The configuration whose rules to put the cases to; without one, the rules among the paths, or else the
    /// embedded pack.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// `blackbar rules show`.
#[derive(Debug, Clone, Default, Args)]
pub struct ShowArgs {
    /// The id of a rule.
    #[arg(value_name = "ID")]
    pub id: String,
    /// The file or directory the rule is in.
    #[arg(long, value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// The configuration whose rules and policy to use; without one, the embedded default.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// `blackbar rules explain`.
#[derive(Debug, Clone, Default, Args)]
pub struct ExplainArgs {
    /// Tells of this rule only, and what was missing where it matches nowhere.
    #[arg(long, value_name = "ID")]
    pub rule: Option<String>,
    /// The key of the attribute that the text stands in.
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Prints the secrets, too.
    #[arg(long)]
    pub show: bool,
    /// The configuration whose rules and policy to use; without one, the embedded default.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The text; without one, or with `-`, standard input.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// `blackbar rules new`.
#[derive(Debug, Clone, Default, Args)]
pub struct NewArgs {
    /// The id of the new rule, such as `acme.api_key`.
    #[arg(value_name = "ID")]
    pub id: String,
}

/// `blackbar rules diff`.
#[derive(Debug, Clone, Default, Args)]
pub struct DiffArgs {
    /// A pack: a directory or a file, or `embedded`.
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// Another.
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// The texts: files, and directories with everything below them.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// `blackbar rules cost`.
#[derive(Debug, Clone, Args)]
pub struct CostArgs {
    /// The file or directory the rules are in; without one, the embedded pack.
    #[arg(long, value_name = "PATH", conflicts_with = "config")]
    pub path: Option<PathBuf>,
    /// The configuration whose rules to use.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How many rules to show, the dearest first.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// The texts: files, and directories with everything below them.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// `blackbar rules import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The file of rules.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Whose format it is in: betterleaks has that of gitleaks.
    #[arg(long, value_name = "SCANNER", value_parser = ["gitleaks", "kingfisher", "noseyparker"])]
    pub from: String,
    /// The directory to write to, a file of the same name; without one, standard output.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
