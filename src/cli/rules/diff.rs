//! `blackbar rules diff`: what a change of a pack finds more, and less, in texts that somebody chose.

use super::args::DiffArgs;
use super::place::Place;
use super::texts::files;
use super::{Failure, written};
use crate::cli::Status;
use crate::pack::{Difference, Finder, Spot};
use crate::rule::Ruleset;
use std::io::{self, Write};
use std::path::Path;

/// How a pack is called that is built in.
const EMBEDDED: &str = "embedded";

pub(super) fn run(args: &DiffArgs, out: &mut dyn Write) -> Result<Status, Failure> {
    let (mut old, mut new) = (finder(&args.old)?, finder(&args.new)?);
    let (mut lost, mut gained, mut read) = (0, 0, 0);
    for path in files(&args.files)? {
        let text = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        read += 1;
        let (old, new) = match (old.spots(&text), new.spots(&text)) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(limit), _) | (_, Err(limit)) => {
                writeln!(out, "! {}: not scanned: {limit}", path.display())?;
                continue;
            }
        };
        let difference = Difference::between(&old, &new);
        lost += difference.lost.len();
        gained += difference.gained.len();
        told(&difference, &path, &text, out)?;
    }
    writeln!(out, "{read} files: {lost} findings lost, {gained} gained")?;
    Ok(if lost + gained == 0 { Status::Ok } else { Status::Found })
}

fn finder(pack: &Path) -> Result<Finder, String> {
    let ruleset = match pack == Path::new(EMBEDDED) {
        true => Ruleset::embedded().map_err(|error| error.to_string())?,
        false => written(pack)?,
    };
    Finder::new(ruleset).map_err(|error| format!("{}: {error}", pack.display()))
}

/// Lines in the order of the text, as `diff` marks them.
fn told(difference: &Difference, path: &Path, text: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let lost = difference.lost.iter().map(|spot| (spot, '-'));
    let mut lines: Vec<(&Spot, char)> =
        lost.chain(difference.gained.iter().map(|spot| (spot, '+'))).collect();
    lines.sort();
    lines.into_iter().try_for_each(|(Spot { start, length, rule }, mark)| {
        writeln!(out, "{mark} {}:{}: {rule}, {length} bytes", path.display(), Place::of(text, *start))
    })
}
