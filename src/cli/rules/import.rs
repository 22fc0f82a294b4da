//! `blackbar rules import`: rules of another scanner, in ours.

use super::Failure;
use super::args::ImportArgs;
use crate::cli::Status;
use crate::config;
use crate::pack::{self, Format, Imported};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// Writes the file, and tells on `err` what was changed and lost. Whatever is left out is told, and no failure.
pub(super) fn run(args: &ImportArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Status, Failure> {
    let format = match args.from.as_str() {
        "gitleaks" => Format::Gitleaks,
        "kingfisher" => Format::Kingfisher,
        _ => Format::NoseyParker,
    };
    let file = args.file.display();
    let text = config::text_at(&args.file)?;
    let imported = pack::import(&text, format).map_err(|why| format!("{file}: {why}"))?;
    match &args.out {
        Some(directory) => save(directory, &args.file, &imported)?,
        None => out.write_all(imported.text.as_bytes())?,
    }
    for line in &imported.report {
        writeln!(err, "{line}")?;
    }
    let Imported { carried, left_out, .. } = imported;
    writeln!(err, "{file}: {carried} rules carried over, {left_out} left out")?;
    Ok(Status::Ok)
}

/// Never over a file that is there: somebody may have edited it.
fn save(directory: &Path, from: &Path, imported: &Imported) -> Result<(), String> {
    let name = from.with_extension("toml");
    let path = directory.join(name.file_name().unwrap_or_default());
    let write = || -> io::Result<()> {
        std::fs::create_dir_all(directory)?;
        OpenOptions::new().write(true).create_new(true).open(&path)?.write_all(imported.text.as_bytes())
    };
    write().map_err(|error| format!("{}: {error}", path.display()))
}
