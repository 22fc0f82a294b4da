//! E-mail addresses. Any alphabetic top-level domain passes, reserved ones such as `test` or `local`
//! too: inside a company they are real. What is dropped are the things that look alike in developer
//! text: `icon@2x.png`, `module@v1.2.3`, `git@host:path`, a method on `this@Class`, and a password before the host of a
//! URL, which is another rule's: the host stays.
//!
//! Considered and not done: IANA's list of top-level domains (it changes weekly, and lacks the ones
//! inside a company).

use super::{Match, Verdict};
use crate::rule::user_info;

/// Endings of files, none of which is a top-level domain.
const FILES: [&str; 36] = [
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "scss", "js", "ts", "tsx", "jsx", "mjs", "cjs",
    "json", "html", "htm", "yaml", "yml", "toml", "txt", "xml", "lock", "log", "java", "cpp", "hpp", "kt",
    "exe", "dll", "tgz", "gz", "tar", "whl", "service",
];
/// What stands before the `@` of an address of a repository, of an annotated `this`, or of a host whose user
/// a client has blacked out.
const NO_PEOPLE: [&str; 6] = ["git", "hg", "svn", "this", "super", "REDACTED"];

pub(super) fn judge(matched: Match<'_>) -> Verdict {
    let Some((local, domain)) = parts(&matched) else { return Verdict::Reject };
    let call = matches!(matched.after(), [b'(', ..]);
    let nobody = NO_PEOPLE.contains(&whole_local(&matched, local).as_str());
    let is_mail = !call && !nobody && plausible_local(local) && plausible_domain(domain);
    Verdict::keep_if(is_mail && !is_password(&matched))
}

/// Bytes before an address in which the scheme of a URL is looked for.
const URL: usize = 256;

/// Schemes of which the rule for passwords in URLs knows. Of any other the address may be all that is found.
const SCHEMES: [&[u8]; 10] =
    [b"http", b"https", b"ws", b"wss", b"ftp", b"ftps", b"sftp", b"ssh", b"git", b"git+https"];

/// Bytes of a user before a password that the rule takes, and characters that it does not.
const USER: usize = 128;
const NO_USER: &[u8] = b";()[]\\^*|";

/// Whether what stands before the `@` is the password of a URL, or the end of it, that the rule for those finds:
/// `https://user:password@host`.
fn is_password(matched: &Match<'_>) -> bool {
    let Some((scheme, user)) = user_info::before(matched.just_before(URL)) else { return false };
    let Some(name) = memchr::memchr(b':', user).and_then(|colon| user.get(..colon)) else { return false };
    SCHEMES.iter().any(|known| ends_in_word(scheme, known))
        && name.len() <= USER
        && !name.iter().any(|byte| NO_USER.contains(byte))
}

/// Whether a text ends in this word, in any case.
fn ends_in_word(text: &[u8], word: &[u8]) -> bool {
    let Some((before, last)) = text.len().checked_sub(word.len()).map(|at| text.split_at(at)) else {
        return false;
    };
    last.eq_ignore_ascii_case(word)
        && !before.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'+')
}

/// `name @host`, as a client writes that takes `@` for its own: by itself that is a mention of somebody or
/// something, so the name or the host has to look like that of an address.
pub(super) fn broken(matched: Match<'_>) -> Verdict {
    let Some((local, domain)) = parts(&matched) else { return Verdict::Reject };
    let local = local.trim_end();
    let telling = is_personal(local) || domain.matches('.').count() > 1;
    // Before a decorator stands the number of its line.
    let is_number = local.bytes().all(|byte| byte.is_ascii_digit());
    Verdict::keep_if(telling && !is_number && plausible_local(local) && plausible_domain(domain))
}

/// The beginning of an address, from the name to somewhere in the host. A whole one is another rule's.
pub(super) fn cut(matched: Match<'_>) -> Verdict {
    let Some((local, domain)) = parts(&matched) else { return Verdict::Reject };
    let dots = domain.len() - domain.trim_end_matches('.').len();
    let sentence = Match { end: matched.end - dots, ..matched };
    let is_version =
        ["latest", "next", "beta", "alpha", "canary", "main", "master", "HEAD"].contains(&domain);
    let is_file = domain.rsplit_once('.').is_some_and(|(_, last)| FILES.contains(&last));
    // Bytes in a row, read as text: `3456789@ABCDEF`.
    let is_row = local.bytes().all(|byte| byte.is_ascii_digit())
        && domain.contains(|char: char| char.is_ascii_uppercase());
    let is_other =
        is_version || is_file || is_row || domain.split('.').any(camel) || judge(sentence) != Verdict::Reject;
    Verdict::keep_if(!is_other && is_personal(local) && domain.len() < 64)
}

fn parts<'a>(matched: &Match<'a>) -> Option<(&'a str, &'a str)> {
    std::str::from_utf8(matched.secret()).ok()?.rsplit_once('@')
}

/// `nadia.petrova`, `j.o-brien+billing`, `ops7`: more than a word.
fn is_personal(local: &str) -> bool {
    local.len() >= 4 && local.contains(|c: char| c.is_ascii_digit() || ".+_-".contains(c))
}

/// The local part with what stands before it: a matcher that goes on inside what was rejected offers
/// `it@host` after `git@host`.
fn whole_local(matched: &Match<'_>, local: &str) -> String {
    let in_local = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._%+'-".contains(byte);
    let before: Vec<u8> = matched.before().iter().rev().take(8).take_while(in_local).copied().collect();
    before.into_iter().rev().map(char::from).chain(local.chars()).collect()
}

fn plausible_local(local: &str) -> bool {
    local.len() <= 64 && local.chars().any(char::is_alphanumeric)
}

fn plausible_domain(domain: &str) -> bool {
    let mut labels = domain.split('.');
    let (first, last) = (labels.next().unwrap_or_default(), domain.rsplit('.').next().unwrap_or_default());
    let top = domain.contains('.')
        && (2..=24).contains(&last.len())
        && (last.chars().all(char::is_alphabetic) || last.starts_with("xn--"));
    top && !FILES.contains(&last.to_ascii_lowercase().as_str())
        && !camel(last)
        && !version(first, labels.next())
}

/// `fooBar`: an identifier, not a domain.
fn camel(label: &str) -> bool {
    let inner = label.get(1..).unwrap_or_default();
    inner.contains(|c: char| c.is_ascii_uppercase()) && inner.contains(|c: char| c.is_ascii_lowercase())
}

/// `2x.`, `v1.2`, `1.2`: the start of a scale or of a version.
fn version(first: &str, second: Option<&str>) -> bool {
    let number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let scale = first.strip_suffix(['x', 'X']).is_some_and(number);
    let major = number(first) || first.strip_prefix('v').is_some_and(number);
    let minor = second.is_some_and(|second| second.starts_with(|c: char| c.is_ascii_digit()));
    scale || (major && minor)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn addresses_are_kept_whatever_their_top_level_domain() {
        for address in [
            "nadia.petrova@acme-internal.example",
            "j.o-brien+billing@mail.acme-corp.example",
            "root@db1.local",
            "a@b.co",
            "dev@163.com",
            "x@1and1.de",
            "USER@EXAMPLE.COM",
            "ada@crates.rs",
            "j\u{fc}rgen@b\u{fc}cher.example",
            "\u{438}\u{432}\u{430}\u{43d}@\u{43f}\u{43e}\u{447}\u{442}\u{430}.\u{440}\u{444}",
            "ada@xn--bcher-kva.xn--p1ai",
        ] {
            check(judge, address, Verdict::Keep);
        }
    }

    #[test]
    fn a_broken_address_is_plainly_one() {
        for (text, expected) in [
            ("nadia.petrova @acme-internal.example", Verdict::Keep),
            ("root @db1.acme.example", Verdict::Keep),
            ("see @acme.example", Verdict::Reject),
            ("open @notes.md", Verdict::Reject),
            ("file2 @notes.json", Verdict::Reject),
            ("1150\t@typing.overload", Verdict::Reject),
        ] {
            check(broken, text, expected);
        }
    }

    #[test]
    fn a_cut_address_has_more_than_a_word_before_its_host() {
        for (text, expected) in [
            ("j.o-brien+billing@m", Verdict::Keep),
            ("nadia.petrova@acme-in", Verdict::Keep),
            ("nadia.petrova@acme.example", Verdict::Reject),
            ("nadia.petrova@acme.example.", Verdict::Reject),
            ("lodash.debounce@latest", Verdict::Reject),
            ("root@db1", Verdict::Reject),
            ("blackbar7@ssQx9", Verdict::Reject),
            ("3456789@qq", Verdict::Keep),
            ("3456789@ABCDEF", Verdict::Reject),
        ] {
            check(cut, text, expected);
        }
    }

    #[test]
    fn files_versions_repositories_and_methods_are_not() {
        for other in [
            "icon@2x.png",
            "icon@2x.example",
            "mod@v1.2.3-pre.alpha",
            "react@18.2.0-beta.next",
            "\u{ab}git@github.com\u{bb}:acme/x.git",
            "this@Buffer.write",
            "g\u{ab}it@github.com\u{bb}:acme/x.git",
            "\u{ab}foo@bar.baz\u{bb}()",
            "getty@tty1.service",
            "a@b.fooBar",
            "user@host",
            "http://\u{ab}REDACTED@x.example\u{bb}/",
            "git clone https://token:\u{ab}abc123@git.example\u{bb}/x.git",
            "git clone https://token:a\u{ab}bc123@git.example\u{bb}/x.git",
        ] {
            check(judge, other, Verdict::Reject);
        }
        for address in [
            "ftp://\u{ab}ada@git.example\u{bb}/x",
            "https://x.example/a:\u{ab}ada@b.example\u{bb}",
            "https://a|b:\u{ab}b1ack7@x.example\u{bb}",
            "acme://a:\u{ab}b1ack7@x.example\u{bb}",
        ] {
            check(judge, address, Verdict::Keep);
        }
    }
}
