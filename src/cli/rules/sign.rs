//! `blackbar rules keygen` and `blackbar rules sign`: packs that a proxy takes from nobody else.
//!
//! Keys and signatures are minisign's. `sign --manifest-only` leaves the signing to it: for keys with a password,
//! or on a machine that has no blackbar.

use crate::cli::Status;
use crate::cli::args::{RulesKeygenArgs, RulesSignArgs};
use crate::config::{RuleFile, pack_files};
use crate::limits;
use crate::rule::Ruleset;
use crate::rule::pack::{MANIFEST, Manifest, NEW_KEY_BYTES, SIGNATURE, SecretKey, is_name};
use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::path::Path;
use zeroize::Zeroizing;

pub(in crate::cli) fn keygen(
    args: &RulesKeygenArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Status> {
    match new_key(&args.key) {
        Ok(public) => {
            writeln!(
                out,
                "secret key  {}: whoever has it can sign packs; it has no password",
                args.key.display()
            )?;
            writeln!(out, "public key  {}", args.key.with_extension("pub").display())?;
            writeln!(out, "\n[rules]\nrequire_signed = true\ntrusted_keys = [\"{public}\"]")?;
            Ok(Status::Ok)
        }
        Err(why) => writeln!(err, "{why}").map(|()| Status::Found),
    }
}

fn new_key(path: &Path) -> Result<String, String> {
    let mut random = Zeroizing::new([0; NEW_KEY_BYTES]);
    getrandom::fill(&mut *random).map_err(|error| format!("no randomness: {error}"))?;
    let key = SecretKey::new(&random).map_err(|error| error.to_string())?;
    let public = key.public().map_err(|error| error.to_string())?;
    write_new(path, 0o600, key.to_file().as_bytes())?;
    write_new(&path.with_extension("pub"), 0o644, public.to_file().as_bytes())?;
    Ok(public.to_string())
}

fn write_new(path: &Path, mode: u32, text: &[u8]) -> Result<(), String> {
    crate::cli::write_new(path, mode, text)
        .map_err(|error| format!("{} cannot be made: {}", path.display(), error.kind()))
}

pub(in crate::cli) fn sign(
    args: &RulesSignArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Status> {
    match signed(args) {
        Ok(manifest) => {
            let Manifest { name, version, .. } = &manifest;
            let what = if args.key.is_some() { "signed" } else { "manifest, not signed:" };
            writeln!(out, "{what} {name} version {version}: {} files", manifest.len())?;
            if args.key.is_none() {
                let path = args.directory.join(MANIFEST);
                writeln!(out, "now sign it: minisign -S -s FILE.key -m {}", path.display())?;
            }
            Ok(Status::Ok)
        }
        Err(why) => writeln!(err, "{why}").map(|()| Status::Found),
    }
}

fn signed(args: &RulesSignArgs) -> Result<Manifest, String> {
    let key = args.key.as_deref().map(secret_key).transpose()?;
    let directory = &args.directory;
    let mut files = pack_files(directory).map_err(|why| format!("{} {why}", directory.display()))?;
    let before = take(&mut files, MANIFEST).and_then(|text| Manifest::parse(&text).ok());
    take(&mut files, SIGNATURE);
    sound(&files)?;
    let version = args.pack_version.unwrap_or_else(|| before.as_ref().map_or(1, |before| before.version + 1));
    let name = name(args, before.as_ref())?;
    let texts = files.iter().map(|file| (&*file.name, file.text.as_bytes()));
    let manifest = Manifest::new(&name, version, texts)?;
    let text = manifest.to_text();
    replace(directory, MANIFEST, &text)?;
    match key {
        Some(key) => {
            let comment = format!("{name} version {version}");
            replace(directory, SIGNATURE, &key.sign(text.as_bytes(), &comment))?;
        }
        None => drop(fs::remove_file(directory.join(SIGNATURE))),
    }
    Ok(manifest)
}

fn secret_key(path: &Path) -> Result<SecretKey, String> {
    let mut text = Zeroizing::new(String::with_capacity(1024));
    File::open(path)
        .and_then(|file| file.take(limits::SUBSTITUTED_BYTES as u64).read_to_string(&mut text))
        .map_err(|error| format!("{} cannot be read: {}", path.display(), error.kind()))?;
    SecretKey::parse(&text).map_err(|why| format!("{} {why}", path.display()))
}

fn take(files: &mut Vec<RuleFile>, name: &str) -> Option<String> {
    let at = files.iter().position(|file| file.name == name)?;
    Some(files.remove(at).text)
}

/// Nobody signs what no proxy could load.
fn sound(files: &[RuleFile]) -> Result<(), String> {
    let rules = files.iter().filter(|file| file.name.ends_with(".toml"));
    let pack: Vec<_> = rules.map(|file| (file.name.clone(), file.text.clone())).collect();
    if pack.is_empty() {
        return Err("there is no .toml file in it: nothing would be looked for".to_owned());
    }
    Ruleset::from_files(pack).map(drop).map_err(|errors| errors.to_string())
}

/// What is said, or what it was called, or what its directory is called.
fn name(args: &RulesSignArgs, before: Option<&Manifest>) -> Result<String, String> {
    let directory = || {
        let path = args.directory.canonicalize().ok()?;
        Some(path.file_name()?.to_string_lossy().into_owned())
    };
    let before = before.map(|before| before.name.clone());
    let name = args.name.clone().or(before).or_else(directory).unwrap_or_default();
    if is_name(&name) {
        return Ok(name);
    }
    Err(format!(
        "{name:?} is not the name of a pack: say --name, with letters, digits, dots, dashes or underscores"
    ))
}

/// Under a name that is nobody's first: a proxy may be watching.
fn replace(directory: &Path, name: &str, text: &str) -> Result<(), String> {
    let draft = directory.join(format!(".{name}.new"));
    let path = directory.join(name);
    fs::write(&draft, text)
        .and_then(|()| fs::rename(&draft, &path))
        .map_err(|error| format!("{} cannot be written: {}", path.display(), error.kind()))
}
