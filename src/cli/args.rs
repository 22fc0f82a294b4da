//! What can be said on the command line. Typed here, resolved by [`crate::config`], and not looked at
//! again.

use super::rules::args::{
    CostArgs, DiffArgs, ExplainArgs, ImportArgs, LintArgs, NewArgs, ShowArgs, TestArgs,
};
use crate::config::{Overrides, Source};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Blacks out secrets and personal data in the telemetry of coding agents.
#[derive(Debug, Parser)]
#[command(name = "blackbar", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

impl Cli {
    /// What to do; without a word for it, serve.
    #[must_use]
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Receives telemetry, cleans it and sends it on. What blackbar does when told nothing else.
    Serve(ServeArgs),
    /// Reads a configuration and tells everything that is wrong with it.
    Check(CheckArgs),
    /// Shows, proves and measures rules.
    Rules(RulesArgs),
    /// Finds secrets and personal data in files.
    ///
    /// Prints rule, path, line and column of each finding, never its value. The exit status is 1 when
    /// there are any.
    Scan(ScanArgs),
    /// Makes an identity that opens what the action `seal` sealed, and prints the key to seal to.
    SealKey(SealKeyArgs),
    /// Opens sealed values: prints the rule and the secret of each, a JSON object a line.
    ///
    /// They may stand in any text: alerts as they were written, a table exported from Sentinel.
    Unseal(UnsealArgs),
}

/// `blackbar seal-key`.
#[derive(Debug, Clone, Args)]
pub struct SealKeyArgs {
    /// The identity to make; a file that is there is left alone.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `blackbar unseal`.
#[derive(Debug, Clone, Args)]
pub struct UnsealArgs {
    /// The identity they were sealed to.
    #[arg(long, value_name = "FILE")]
    pub identity: PathBuf,
    /// Where they stand; without one, on standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// `blackbar serve`.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// The configuration; without one, the embedded default.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// An address to listen on, in place of the configured ones. May be given several times.
    #[arg(long, value_name = "ADDR")]
    pub listen: Vec<String>,
    /// Where telemetry, alerts and the key are kept, in place of the configured directory.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

impl ServeArgs {
    /// What of it stands over the file.
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        Overrides { listen: self.listen.clone(), data_dir: self.data_dir.clone() }
    }

    /// Where the configuration comes from.
    #[must_use]
    pub fn source(&self) -> Source {
        Source { file: self.config.clone(), overrides: self.overrides() }
    }
}

/// `blackbar check`: the same as `serve`, so that what is checked is what would run.
#[derive(Debug, Clone, Default, Args)]
pub struct CheckArgs {
    /// What would be served.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// Also fetches tokens and sends an empty request to every upstream and sink, and says what is wrong.
    #[arg(long)]
    pub live: bool,
}

/// `blackbar rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Prints a table of them.
    List(RulesListArgs),
    /// Makes a key that packs are signed with, in the format of minisign.
    Keygen(RulesKeygenArgs),
    /// Signs a directory of rules: writes pack.manifest and pack.manifest.minisig into it.
    Sign(RulesSignArgs),
    /// Tells everything that is wrong with a pack, and what its rules cost.
    ///
    /// Every rule has to find its examples, and exactly the secret they name, and nothing in its negative
    /// examples, alone and among all others. The exit status is 1 if anything is wrong.
    Lint(LintArgs),
    /// Puts examples of rules, and tables of cases, to the rules.
    Test(TestArgs),
    /// Tells everything about one rule.
    Show(ShowArgs),
    /// Tells why a text was hit, or was not: places, rules and reasons, and no secret unless `--show` asks.
    Explain(ExplainArgs),
    /// Prints a file with a new rule in it, to be changed.
    New(NewArgs),
    /// Tells which findings in some files are gained and lost from one pack to another.
    ///
    /// Prints rule, path, line and column, never a value. The exit status is 1 if there are any.
    Diff(DiffArgs),
    /// Tells what each rule costs over some files: how often it takes a look, and for how long.
    Cost(CostArgs),
    /// Carries rules of another scanner over.
    ///
    /// What cannot be carried is told on standard error, and stands as a comment in the file.
    Import(ImportArgs),
    /// Prints the JSON Schema of files of rules: editors complete keys and words by it.
    Schema,
}

/// `blackbar rules keygen`.
#[derive(Debug, Clone, Args)]
pub struct RulesKeygenArgs {
    /// Where the secret key goes; the public key goes beside it, with the ending .pub.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
}

/// `blackbar rules sign`.
#[derive(Debug, Clone, Args)]
pub struct RulesSignArgs {
    /// The secret key, without a password.
    #[arg(long, value_name = "FILE", required_unless_present = "manifest_only")]
    pub key: Option<PathBuf>,
    /// Writes the manifest alone, for minisign to sign.
    #[arg(long, conflicts_with = "key")]
    pub manifest_only: bool,
    /// What the pack is called; what it was called before, or its directory is, when nothing is said.
    #[arg(long)]
    pub name: Option<String>,
    /// The version of the pack; one more than before when nothing is said.
    #[arg(long, value_name = "NUMBER")]
    pub pack_version: Option<u64>,
    /// The pack.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}

/// `blackbar rules list`.
#[derive(Debug, Clone, Default, Args)]
pub struct RulesListArgs {
    /// The configuration whose rules to show; without one, the embedded pack.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// `blackbar scan`.
#[derive(Debug, Clone, Default, Args)]
pub struct ScanArgs {
    /// The configuration whose rules and policy to use; without one, the embedded default.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Reads lines of JSON, {"id": ..., "text": ...}, from standard input, and writes a line for each.
    #[arg(long, conflicts_with_all = ["otlp", "files"])]
    pub jsonl: bool,
    /// Cleans recorded OTLP (.pb, .json, .jsonl) to standard output.
    #[arg(long)]
    pub otlp: bool,
    /// The files.
    #[arg(value_name = "FILE", required_unless_present = "jsonl")]
    pub files: Vec<PathBuf>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn parse(line: &str) -> Result<Command, clap::error::ErrorKind> {
        let words = std::iter::once("blackbar").chain(line.split_whitespace());
        Cli::try_parse_from(words).map(Cli::into_command).map_err(|error| error.kind())
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_said_is_serve() {
        for line in
            ["", "serve", "--listen 127.0.0.1:1", "serve --config x --data-dir y --listen a --listen b"]
        {
            assert!(matches!(parse(line), Ok(Command::Serve(_))), "{line}");
        }
        let Ok(Command::Serve(args)) = parse("--listen a --listen b --data-dir d") else { unreachable!() };
        assert_eq!(args.listen, ["a", "b"]);
        assert_eq!(args.overrides().data_dir, Some(PathBuf::from("d")));
    }

    #[test]
    fn scan_takes_files_or_lines() {
        for line in
            ["scan a b", "scan --jsonl", "scan --otlp a", "scan --config c a", "scan --config c --jsonl"]
        {
            assert!(matches!(parse(line), Ok(Command::Scan(_))), "{line}");
        }
        for line in ["scan", "scan --otlp", "scan --jsonl a", "scan --jsonl --otlp a"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn the_rest_is_what_it_says() {
        assert!(matches!(parse("check --config x"), Ok(Command::Check(_))));
        assert!(matches!(parse("seal-key f"), Ok(Command::SealKey(_))));
        assert!(matches!(parse("unseal --identity f a b"), Ok(Command::Unseal(_))));
        for line in [
            "rules list",
            "rules lint",
            "rules lint my-rules --cost",
            "rules lint --config c",
            "rules test a b --config c",
            "rules show acme.key",
            "rules explain",
            "rules explain --rule acme.key --show -",
            "rules new acme.key",
            "rules diff embedded new a b",
            "rules import a --from kingfisher",
            "rules import a --from gitleaks --out d",
            "rules schema",
        ] {
            assert!(matches!(parse(line), Ok(Command::Rules(_))), "{line}");
        }
        for line in ["rules lint my-rules --config c", "rules test", "rules diff a b", "rules import a"] {
            assert!(parse(line).is_err(), "{line}");
        }
        for line in ["rules", "seal-key", "unseal a", "sevre", "--listne x", "--listen x serve"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
