//! `blackbar rules cost`: which rules make a scan dear, over texts that somebody chose.

use super::args::CostArgs;
use super::texts::files;
use super::{Failure, chosen};
use crate::cli::Status;
use crate::rule::Ruleset;
use crate::scan::{Effort, Profile, Scanner};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Bytes of a text that are scanned at once, as of a message.
const MESSAGE: usize = 4 << 10;

/// Literals of a rule that are shown.
const LITERALS: usize = 4;

pub(super) fn run(args: &CostArgs, out: &mut dyn Write) -> Result<Status, Failure> {
    let ruleset = chosen(args.path.as_deref(), args.config.as_deref())?;
    let scanner = Scanner::new(ruleset).map_err(|error| error.to_string())?;
    let (mut scratch, mut profile) = (scanner.scratch(), Profile::default());
    let (paths, mut findings) = (files(&args.files)?, Vec::new());
    each(&paths, |message| {
        findings.clear();
        scanner.scan(message, &mut scratch, &mut findings);
    })?;
    each(&paths, |message| scanner.profile(message, &mut scratch, Instant::now, &mut profile))?;
    table(&profile, scanner.ruleset(), args.top, out)?;
    Ok(Status::Ok)
}

/// Reads files, one at a time, and shows each message of them.
fn each(paths: &[PathBuf], mut show: impl FnMut(&[u8])) -> Result<(), Failure> {
    for path in paths {
        let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        text.chunks(MESSAGE).for_each(&mut show);
    }
    Ok(())
}

fn table(profile: &Profile, ruleset: &Ruleset, top: usize, out: &mut dyn Write) -> std::io::Result<()> {
    let kib = u32::try_from(profile.bytes).map_or(f64::INFINITY, f64::from).max(1.0) / 1024.0;
    let ns = |time: Duration| time.as_secs_f64() * 1e9 / kib;
    let per = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from) / kib;
    let mut rules: Vec<(&str, &Effort)> = ruleset
        .rules()
        .zip(&profile.rules)
        .map(|((_, rule), effort)| (rule.id.as_str(), effort))
        .filter(|(_, effort)| effort.time > Duration::ZERO)
        .collect();
    rules.sort_by_key(|(_, effort)| std::cmp::Reverse(effort.time));
    let all: Duration = rules.iter().map(|(_, effort)| effort.time).sum();
    writeln!(out, "{:.0} KiB, in messages of {} KiB; ns/KiB:", kib, MESSAGE >> 10)?;
    for (what, time) in [
        ("the search for literals", profile.search),
        ("runs of digits", profile.digits),
        ("rules", all),
        ("cut ends", profile.ends),
    ] {
        writeln!(out, "{:8.0}  {what}", ns(time))?;
    }
    let width = rules.iter().take(top).map(|(id, _)| id.len()).max().unwrap_or(0).max(2);
    writeln!(
        out,
        "\n{:width$}  {:>8}  {:>8}  {:>8}  FINDINGS  HITS/KiB OF",
        "ID", "HITS/KiB", "RUNS/KiB", "NS/KiB"
    )?;
    for (id, Effort { hits, literals, regions, time, findings }) in rules.iter().take(top) {
        let (hits, regions, time) = (per(*hits), per(*regions), ns(*time));
        let mut literals: Vec<_> = literals.iter().collect();
        literals.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let most = |(literal, count): &(&Vec<u8>, &usize)| {
            format!("{:?} {:.2}", String::from_utf8_lossy(literal), per(**count))
        };
        let most: Vec<String> = literals.iter().take(LITERALS).map(most).collect();
        writeln!(
            out,
            "{id:width$}  {hits:8.3}  {regions:8.3}  {time:8.1}  {findings:8}  {}",
            most.join(", ")
        )?;
    }
    if top < rules.len() {
        writeln!(out, "and {} cheaper ones: --top shows more", rules.len() - top)?;
    }
    Ok(())
}
