//! A record as one line of JSON.
//!
//! The line stays one line wherever it is shown: besides what JSON escapes, so are the other control
//! characters, the Unicode line separators, and the characters that turn the direction of text. To a
//! reader of JSON nothing changes by that.

use super::groups::{Group, Record, Spread, What, Why};
use crate::attribution::Origin;
use crate::rule::{Action, Category, Confidence, Severity};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};
use std::time::SystemTime;

/// The rule of the record that tells of dropped alerts.
pub(super) const DROPPED: &str = "blackbar.alerts_dropped";

/// The rule of the record that tells of alerts of one principal that are not told one by one.
pub(super) const LIMITED: &str = "blackbar.alerts_limited";

#[derive(Default, Serialize)]
struct Line<'a> {
    time: String,
    rule: &'a str,
    rule_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Category>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<Confidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Action>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    #[serde(flatten)]
    origin: Option<&'a Origin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_fingerprint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_fingerprint_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<&'a str>,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<u64>,
    first_seen: String,
    last_seen: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    paths: &'a [std::sync::Arc<str>],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more_paths: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    spread: Option<Spread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
}

impl Record {
    /// Appends the record as one line of JSON, with its newline. `now` is the time of writing.
    pub fn write_json(&self, now: SystemTime, out: &mut Vec<u8>) {
        let before = out.len();
        let line = Line { time: rfc3339(now), ..self.line() };
        if line.serialize(&mut Serializer::with_formatter(&mut *out, OneLine)).is_err() {
            // Neither strings nor numbers can fail, nor can a vector.
            out.truncate(before);
            return;
        }
        out.push(b'\n');
    }

    fn line(&self) -> Line<'_> {
        match self {
            Self::Group(group) => group.line(),
            Self::Dropped(dropped) => Line {
                rule: dropped.why.rule(),
                rule_name: dropped.why.name(),
                principal: dropped.why.principal(),
                severity: Some(dropped.why.severity()),
                count: dropped.count,
                first_seen: rfc3339(dropped.first_seen),
                last_seen: rfc3339(dropped.last_seen),
                ..Line::default()
            },
            Self::Notice(notice) => Line {
                rule: notice.what.rule(),
                rule_name: notice.what.name(),
                severity: Some(notice.what.severity()),
                count: notice.count,
                first_seen: rfc3339(notice.first_seen),
                last_seen: rfc3339(notice.last_seen),
                ..Line::default()
            },
        }
    }
}

impl What {
    /// The id in the record.
    pub(super) const fn rule(self) -> &'static str {
        match self {
            Self::ReloadFailed => "blackbar.reload_failed",
        }
    }

    /// The words in the record.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ReloadFailed => {
                "The rules that are there now cannot be used: the old ones go on. The log says why"
            }
        }
    }

    /// How bad it is: people believe in rules that are not looked for.
    pub(super) const fn severity(self) -> Severity {
        match self {
            Self::ReloadFailed => Severity::High,
        }
    }
}

impl Why {
    /// The id in the record.
    pub(super) const fn rule(&self) -> &'static str {
        match self {
            Self::Full => DROPPED,
            Self::Limited(..) => LIMITED,
        }
    }

    /// The words in the record.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Full => "Alerts were dropped: there were too many at once",
            Self::Limited(..) => "Alerts of one principal are counted: there are too many to be read",
        }
    }

    /// How bad it is: as bad as what is not told.
    pub(super) const fn severity(&self) -> Severity {
        match self {
            Self::Full => Severity::High,
            Self::Limited(_, severity) => *severity,
        }
    }

    /// Whose alerts they are, if they are of one.
    pub(super) fn principal(&self) -> Option<&str> {
        match self {
            Self::Full => None,
            Self::Limited(principal, _) => principal.name(),
        }
    }
}

impl Group {
    fn line(&self) -> Line<'_> {
        let alert = &self.alert;
        Line {
            time: String::new(),
            rule: &alert.rule,
            rule_name: &alert.rule_name,
            category: alert.category,
            severity: Some(alert.severity),
            confidence: Some(alert.confidence),
            action: Some(alert.action),
            signal: Some(alert.signal.name()),
            path: Some(&alert.path),
            principal: alert.principal.name(),
            origin: Some(&alert.origin),
            fingerprint: alert.fingerprint.as_deref(),
            fingerprint_key: alert.fingerprint_key.as_deref(),
            previous_fingerprint: alert.previous_fingerprint.as_deref(),
            previous_fingerprint_key: alert.previous_fingerprint_key.as_deref(),
            sealed: alert.sealed.as_deref(),
            count: self.count,
            records: Some(self.records),
            first_seen: rfc3339(self.first_seen),
            last_seen: rfc3339(self.last_seen),
            paths: if self.paths.len() > 1 { &self.paths } else { &[] },
            more_paths: self.more_paths,
            spread: Some(self.spread).filter(|spread| *spread != Spread::default()),
            uid: Some(&self.uid),
        }
    }
}

/// In UTC, with milliseconds: lines sort by it as text.
pub(super) fn rfc3339(time: SystemTime) -> String {
    format!("{:.3}", Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH))
}

struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some((at, odd)) = rest.char_indices().find(|&(_, char)| is_odd(char)) {
            let (plain, from_odd) = rest.split_at(at);
            write!(out, "{plain}\\u{:04x}", u32::from(odd))?;
            rest = from_odd.get(odd.len_utf8()..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }
}

/// All of them are in the basic plane: four hex digits are enough.
pub(super) const fn is_odd(char: char) -> bool {
    matches!(char, '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
