//! `${env:NAME}` and `${file:PATH}` in a value, so that a configuration can be shown and kept where
//! its secrets cannot.
//!
//! One pass: what was put in is not looked at again, so that a value holding `${` means itself. Not
//! done: defaults (`${env:NAME:-x}`). A missing secret should stop the start, not weaken it.

use crate::limits::SUBSTITUTED_BYTES;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use zeroize::Zeroizing;

/// How environment variables are looked up: tests bring their own.
pub(super) type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A value with everything put in, and whether anything was.
pub(super) struct Substituted {
    pub(super) value: Zeroizing<String>,
    pub(super) changed: bool,
}

/// Puts variables and files into a value. The error names what is missing, never what was found.
pub(super) fn substitute(written: &str, variables: Variables<'_>) -> Result<Substituted, String> {
    let mut value = Zeroizing::new(String::with_capacity(written.len()));
    let mut changed = false;
    let mut rest = written;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            value.push_str(before);
            value.push_str("${");
            rest = after;
            continue;
        }
        value.push_str(before);
        let (reference, behind) =
            after.split_once('}').ok_or("a `${` without its `}`; write $${ for the characters themselves")?;
        value.push_str(&resolve(reference, variables)?);
        changed = true;
        rest = behind;
    }
    value.push_str(rest);
    Ok(Substituted { value, changed })
}

fn resolve(reference: &str, variables: Variables<'_>) -> Result<Zeroizing<String>, String> {
    match reference.split_once(':') {
        Some(("env", name)) if !name.is_empty() => variable(name, variables),
        Some(("file", path)) if !path.is_empty() => file(path),
        _ => Err("only ${env:NAME} and ${file:PATH} can be put in; write $${ for the characters themselves"
            .to_owned()),
    }
}

fn variable(name: &str, variables: Variables<'_>) -> Result<Zeroizing<String>, String> {
    let value = variables(name).ok_or_else(|| format!("the environment variable {name} is not set"))?;
    value
        .into_string()
        .map(Zeroizing::new)
        .map_err(|_| format!("the environment variable {name} is not UTF-8"))
}

fn file(path: &str) -> Result<Zeroizing<String>, String> {
    let mut text = read_bounded(path.as_ref(), SUBSTITUTED_BYTES).map_err(|why| format!("{path} {why}"))?;
    while text.ends_with(['\n', '\r']) {
        text.pop();
    }
    Ok(text)
}

/// The text of a file of at most so many bytes. The error completes a sentence that begins with its name.
pub(super) fn read_bounded(path: &Path, limit: usize) -> Result<Zeroizing<String>, String> {
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    // Room for all of it at once: growing would leave copies behind that are not wiped.
    let size = file.metadata().map_err(|error| unreadable(&error))?.len();
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or(limit).min(limit) + 1));
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() > limit {
        return Err(format!("is larger than {}", super::units::show_size(limit)));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| "is not UTF-8".to_owned())?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Why something could not be read. Completes a sentence that begins with its name.
pub(super) fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "cannot be read: no such file or directory".to_owned(),
        kind => format!("cannot be read: {kind}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(written: &str, expected: Result<&str, &str>) {
        let variables = |name: &str| (name == "WORD").then(|| OsString::from("${env:WORD}"));
        let got = substitute(written, &variables);
        assert_eq!(got.as_ref().map(|s| s.value.as_str()).map_err(String::as_str), expected, "{written}");
    }

    #[test]
    fn what_is_put_in_is_not_looked_at_again() {
        check("plain $ and $$ and {}", Ok("plain $ and $$ and {}"));
        check("a ${env:WORD} b ${env:WORD}", Ok("a ${env:WORD} b ${env:WORD}"));
        check("$${env:WORD}", Ok("${env:WORD}"));
        check("$$${env:WORD}", Ok("$${env:WORD}"));
    }

    #[test]
    fn what_is_missing_is_named() {
        check("${env:NONE}", Err("the environment variable NONE is not set"));
        check("${file:/no/such}", Err("/no/such cannot be read: no such file or directory"));
        check("x${env:WORD", Err("a `${` without its `}`; write $${ for the characters themselves"));
        for bad in ["${WORD}", "${env:}", "${file:}", "${}", "${exec:ls}"] {
            check(
                bad,
                Err(
                    "only ${env:NAME} and ${file:PATH} can be put in; write $${ for the characters themselves",
                ),
            );
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_limit_and_without_its_last_newline() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        let written = format!("${{file:{}}}", path.display());
        std::fs::write(&path, "hunter2\r\n").unwrap();
        check(&written, Ok("hunter2"));
        std::fs::write(&path, "x".repeat(SUBSTITUTED_BYTES)).unwrap();
        check(&written, Ok(&"x".repeat(SUBSTITUTED_BYTES)));
        std::fs::write(&path, "x".repeat(SUBSTITUTED_BYTES + 1)).unwrap();
        check(&written, Err(&format!("{} is larger than 64KiB", path.display())));
        std::fs::write(&path, [0xff]).unwrap();
        check(&written, Err(&format!("{} is not UTF-8", path.display())));
    }
}
