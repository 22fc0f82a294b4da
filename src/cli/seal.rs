//! `blackbar seal-key` and `blackbar unseal`: what the security team does with sealed values.
//!
//! Both belong on the machine of whoever may see secrets, and not where the proxy runs.

use super::args::{SealKeyArgs, UnsealArgs};
use super::{Status, write_new};
use crate::seal::{Identity, MARK};
use std::fs;
use std::io::{self, Read as _, Write};
use std::path::Path;
use zeroize::Zeroizing;

pub(super) fn make_key(args: &SealKeyArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Status> {
    let identity = Identity::new();
    let path = args.file.display();
    match keep(&args.file, &identity) {
        Ok(()) => {
            writeln!(out, "seal_to = \"{}\"", identity.recipient())?;
            writeln!(
                err,
                "{path} opens what is sealed: keep it where the proxy is not. The line goes under [policy]."
            )?;
            Ok(Status::Ok)
        }
        Err(error) => {
            writeln!(err, "blackbar: {path}: {error}: name a file that is not there yet")?;
            Ok(Status::Usage)
        }
    }
}

/// Readable for its owner alone.
fn keep(path: &Path, identity: &Identity) -> io::Result<()> {
    let head = format!("# Opens what blackbar sealed to {}\n", identity.recipient());
    let text = Zeroizing::new([head.as_bytes(), identity.text().as_bytes(), b"\n"].concat());
    write_new(path, 0o600, &text)
}

pub(super) fn unseal(args: &UnsealArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Status> {
    let (identity, texts) = match read(args) {
        Ok(read) => read,
        Err(wrong) => return writeln!(err, "blackbar: {wrong}").map(|()| Status::Usage),
    };
    let mut status = Status::Ok;
    let mut any = false;
    for sealed in texts.iter().flat_map(|text| sealed_in(text)) {
        any = true;
        match identity.open(sealed) {
            Ok(opened) => {
                let secret = Zeroizing::new(String::from_utf8_lossy(&opened.secret).into_owned());
                let line = serde_json::json!({"rule": opened.rule, "secret": *secret});
                writeln!(out, "{line}")?;
            }
            Err(error) => {
                status = Status::Found;
                writeln!(err, "blackbar: a sealed value {error}")?;
            }
        }
    }
    if !any {
        writeln!(err, "blackbar: nothing is sealed in there: a sealed value begins with {MARK}")?;
        status = Status::Found;
    }
    Ok(status)
}

fn read(args: &UnsealArgs) -> Result<(Identity, Vec<String>), String> {
    let file = |path: &Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let identity = Zeroizing::new(file(&args.identity)?);
    let identity = identity.parse().map_err(|error| format!("{} {error}", args.identity.display()))?;
    let mut texts = args.files.iter().map(|path| file(path)).collect::<Result<Vec<_>, _>>()?;
    if args.files.is_empty() {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map_err(|error| format!("standard input: {error}"))?;
        texts.push(text);
    }
    Ok((identity, texts))
}

/// Every sealed value of a text.
fn sealed_in(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(MARK).filter_map(|(at, _)| {
        let rest = text.get(at..)?;
        let end = rest
            .char_indices()
            .skip(MARK.len())
            .find(|(_, c)| !matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_'));
        rest.get(..end.map_or(rest.len(), |(end, _)| end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_values_are_found_in_any_text() {
        let text = format!("{{\"sealed\":\"{MARK}ab-_9\"}}, {MARK}Q\n{MARK}");
        let all: Vec<_> = sealed_in(&text).collect();
        assert_eq!(all, [format!("{MARK}ab-_9"), format!("{MARK}Q"), MARK.to_owned()]);
    }
}
