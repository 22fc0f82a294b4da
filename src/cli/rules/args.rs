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
