//! A record as an `ArcSight` CEF event, version 0: a header of seven fields, then `key=value` pairs
//! (<https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/pdfdoc/cef-implementation-standard/cef-implementation-standard.pdf>).
//!
//! The keys are those that Microsoft's `CommonSecurityLog` has columns for
//! (<https://learn.microsoft.com/azure/sentinel/cef-name-mapping>); what is not one of them has a labelled custom
//! string or number. Times are milliseconds since 1970, the one form of CEF's that has no time zone and no
//! language.
//!
//! **Bounded.** A value takes [`limits::CEF_VALUE_BYTES`] with its escapes and no more: what is cut ends in `...`,
//! never in half an escape. Sent again, an event is the same to the byte: nothing in it is of the time of
//! sending.
//!
//! Not in it: a sealed value, which is longer than a value may be here, and the keys of fingerprints.
//!
//! Characters that would move a cursor or turn the direction of text have no escape in CEF: each is a
//! `U+FFFD` here.

use super::asim;
use crate::alert::groups::{Dropped, Group, Notice, Record};
use crate::alert::json::is_odd;
use crate::limits;
use crate::rule::{Category, Severity};
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a value ends in that was cut.
const CUT: &str = "...";

/// The event of a record, on one line. `host` is the machine this runs on, if it is known.
pub(super) fn event(record: &Record, host: Option<&str>) -> String {
    let mut event = match record {
        Record::Group(group) => of_group(group),
        Record::Dropped(dropped) => of_dropped(dropped),
        Record::Notice(notice) => of_notice(notice),
    };
    event.add("dvchost", host.unwrap_or_default());
    event.text
}

struct Event {
    text: String,
    /// Whether there is a pair.
    begun: bool,
}

fn of_group(group: &Group) -> Event {
    let alert = &group.alert;
    let text = |text: &Option<std::sync::Arc<str>>| text.clone().unwrap_or_default();
    let mut event = Event::new(&alert.rule, &alert.rule_name, alert.severity);
    event.times(group.first_seen, group.last_seen);
    event.number("cnt", group.count);
    event.add("externalId", &group.uid);
    event.add("cat", alert.category.map_or("", Category::name));
    event.add("act", alert.action.name());
    event.add("suser", &text(&alert.origin.user));
    event.add("shost", &text(&alert.origin.device));
    event.add("sproc", alert.origin.agent.as_deref().unwrap_or_default());
    event.add("sourceServiceName", &text(&alert.origin.service));
    event.custom("cs1", "fingerprint", &text(&alert.fingerprint));
    event.custom("cs2", "principal", alert.principal.name().unwrap_or_default());
    event.custom("cs3", "session", &text(&alert.origin.session));
    event.custom("cs4", "paths", &group.paths.join(" "));
    event.custom("cs5", "trace", &text(&alert.origin.trace_id));
    event.custom("cs6", "span", &text(&alert.origin.span_id));
    event.custom("cn1", "records", &group.records.to_string());
    event.custom("cn2", "users seen with it", &group.spread.users.to_string());
    event.custom("cn3", "sessions seen with it", &group.spread.sessions.to_string());
    event.add("msg", &asim::message(group));
    event
}

fn of_dropped(dropped: &Dropped) -> Event {
    let why = &dropped.why;
    let mut event = Event::new(why.rule(), why.name(), why.severity());
    event.times(dropped.first_seen, dropped.last_seen);
    event.number("cnt", dropped.count);
    event.add("externalId", &asim::dropped_uid(dropped));
    event.custom("cs2", "principal", why.principal().unwrap_or_default());
    event.add("msg", &asim::dropped_message(dropped));
    event
}

fn of_notice(notice: &Notice) -> Event {
    let what = notice.what;
    let mut event = Event::new(what.rule(), what.name(), what.severity());
    event.times(notice.first_seen, notice.last_seen);
    event.number("cnt", notice.count);
    event.add("externalId", &asim::notice_uid(notice));
    event.add("msg", what.name());
    event
}

impl Event {
    fn new(rule: &str, name: &str, severity: Severity) -> Self {
        let mut text = format!("CEF:0|blackbar|blackbar|{}|", env!("CARGO_PKG_VERSION"));
        for field in [rule, name] {
            push(&mut text, field, in_header);
            text.push('|');
        }
        let _ = write!(text, "{}|", level(severity));
        Self { text, begun: false }
    }

    fn times(&mut self, first: SystemTime, last: SystemTime) {
        for (key, time) in [("rt", last), ("start", first), ("end", last)] {
            self.number(key, millis(time));
        }
    }

    fn number(&mut self, key: &str, number: u64) {
        self.add(key, &number.to_string());
    }

    /// One of the fields whose meaning is told by a label.
    fn custom(&mut self, key: &str, label: &str, value: &str) {
        if !value.is_empty() {
            self.add(&format!("{key}Label"), label);
            self.add(key, value);
        }
    }

    /// A pair, unless there is nothing to tell.
    fn add(&mut self, key: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        if std::mem::replace(&mut self.begun, true) {
            self.text.push(' ');
        }
        self.text.push_str(key);
        self.text.push('=');
        push(&mut self.text, value, in_extension);
    }
}

/// Appends a value with its escapes.
fn push(out: &mut String, value: &str, escape: fn(char) -> Option<&'static str>) {
    let start = out.len();
    let mut keep = start;
    for char in value.chars() {
        if out.len() - start <= limits::CEF_VALUE_BYTES - CUT.len() {
            keep = out.len();
        }
        match escape(char) {
            Some(escaped) => out.push_str(escaped),
            None => out.push(if is_odd(char) { char::REPLACEMENT_CHARACTER } else { char }),
        }
        if out.len() - start > limits::CEF_VALUE_BYTES {
            out.truncate(keep);
            out.push_str(CUT);
            return;
        }
    }
}

/// A header has no way to write a new line.
const fn in_header(char: char) -> Option<&'static str> {
    match char {
        '\\' => Some("\\\\"),
        '|' => Some("\\|"),
        '\n' | '\r' | '\t' => Some(" "),
        _ => None,
    }
}

const fn in_extension(char: char) -> Option<&'static str> {
    match char {
        '\\' => Some("\\\\"),
        '=' => Some("\\="),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        '\t' => Some(" "),
        _ => None,
    }
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// CEF's own names: 0 to 3 is low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high.
const fn level(severity: Severity) -> u8 {
    match severity {
        Severity::Low => 3,
        Severity::Medium => 6,
        Severity::High => 8,
        Severity::Critical => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, header: &str, extension: &str) {
        for (escape, expected) in
            [(in_header as fn(char) -> Option<&'static str>, header), (in_extension, extension)]
        {
            let mut out = String::new();
            push(&mut out, value, escape);
            assert_eq!(out, expected, "{value:?}");
        }
    }

    #[test]
    fn what_ends_a_field_is_escaped_where_it_would_end_one() {
        for (value, header, extension) in [
            ("", "", ""),
            ("plain text", "plain text", "plain text"),
            (r"a\b", r"a\\b", r"a\\b"),
            ("a|b", r"a\|b", "a|b"),
            ("a=b", "a=b", r"a\=b"),
            (r"\|=", r"\\\|=", r"\\|\="),
            ("a\nb\r\nc", "a b  c", r"a\nb\r\nc"),
            ("a\tb", "a b", "a b"),
            (" act=none suser=root", " act=none suser=root", r" act\=none suser\=root"),
            ("x|0|CEF:0|y", r"x\|0\|CEF:0\|y", "x|0|CEF:0|y"),
            ("\0\u{1b}[2J\u{85}", "\u{fffd}\u{fffd}[2J\u{fffd}", "\u{fffd}\u{fffd}[2J\u{fffd}"),
            ("\u{202e}a\u{2028}\u{feff}", "\u{fffd}a\u{fffd}\u{fffd}", "\u{fffd}a\u{fffd}\u{fffd}"),
            ("gr\u{fc}n \u{1f600}", "gr\u{fc}n \u{1f600}", "gr\u{fc}n \u{1f600}"),
        ] {
            check(value, header, extension);
        }
    }

    #[test]
    fn a_value_is_cut_at_its_bound_and_never_inside_an_escape_or_a_character() {
        let most = limits::CEF_VALUE_BYTES;
        for (unit, escaped) in [("a", "a"), ("\\", "\\\\"), ("\u{fc}", "\u{fc}"), ("\u{1f600}", "\u{1f600}")]
        {
            let fits = most / escaped.len();
            let whole = escaped.repeat(fits);
            check(&unit.repeat(fits), &whole, &whole);
            let cut = format!("{}...", escaped.repeat((most - CUT.len()) / escaped.len()));
            check(&unit.repeat(fits + 1), &cut, &cut);
            assert!(cut.len() <= most);
        }
    }
}
