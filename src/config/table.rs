//! Taking keys out of a table: each by its type, each error noted and stepped over, and what nobody
//! asked for is an unknown key.
//!
//! No message quotes what was put in by `${...}`, and none quotes anything of a key that holds a
//! secret: [`Text::shown`] is the one way a value gets into a message.

use super::error::Place;
use super::nearest::nearest;
use super::raw::RawConfig;
use super::substitute::substitute;
use super::units;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

/// One table of the document, and which of its keys were asked for. A table that was not written is an
/// empty one.
pub(super) struct Table<'c> {
    raw: &'c RawConfig<'c>,
    path: String,
    offset: usize,
    entries: Option<&'c DeTable<'c>>,
    asked: BTreeSet<&'static str>,
}

impl<'c> Table<'c> {
    pub(super) fn new(
        raw: &'c RawConfig<'c>,
        path: String,
        offset: usize,
        entries: Option<&'c DeTable<'c>>,
    ) -> Self {
        Self { raw, path, offset, entries, asked: BTreeSet::new() }
    }

    /// Reads a table in it with `read`, which takes every key it knows; what is left is unknown.
    pub(super) fn section<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Table<'c>) -> T) -> T {
        let mut table = match self.value(key) {
            Some(value) => value.table(),
            None => Table::new(self.raw, join(&self.path, key), self.offset, None),
        };
        let read = read(&mut table);
        table.unknown_keys();
        read
    }

    /// Reads each of an array of tables.
    pub(super) fn sections<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Table<'c>) -> T,
    ) -> Vec<T> {
        let mut all = Vec::new();
        for value in self.values(key).unwrap_or_default() {
            let mut table = value.table();
            all.push(read(&mut table));
            table.unknown_keys();
        }
        all
    }

    /// Every key of a table whose keys are the operator's own, with its text.
    pub(super) fn map(&mut self, key: &'static str) -> Vec<(&'c str, Text<'c>)> {
        let Some(table) = self.value(key).map(|value| value.table()) else { return Vec::new() };
        table
            .entries
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| {
                let path = join(&table.path, name.get_ref());
                let text = Value { raw: table.raw, path, offset: name.span().start, value }.text()?;
                Some((name.get_ref().as_ref(), text))
            })
            .collect()
    }

    /// A string.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Text<'c>> {
        self.value(key)?.text()
    }

    /// A string there must be.
    pub(super) fn required_text(&mut self, key: &'static str) -> Option<Text<'c>> {
        if !self.has(key) {
            self.missing(key);
        }
        self.text(key)
    }

    /// An array of strings.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<Text<'c>>> {
        Some(self.values(key)?.into_iter().filter_map(|value| value.text()).collect())
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.value(key) else { return default };
        match value.value.get_ref() {
            DeValue::Boolean(boolean) => *boolean,
            _ => value.mistyped("true or false").unwrap_or(default),
        }
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)], default: T) -> T {
        self.text(key).and_then(|text| text.choice(words)).unwrap_or(default)
    }

    /// A whole number in a range.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<usize>,
        default: usize,
    ) -> usize {
        let parse = |text: &str| text.trim().parse().ok();
        self.bounded(key, &range, "a whole number", parse, |number| number.to_string()).unwrap_or(default)
    }

    /// A number of bytes in a range.
    pub(super) fn size(&mut self, key: &'static str, range: RangeInclusive<usize>, default: usize) -> usize {
        let what = "a size, such as \"64MiB\", \"1MB\" or a number of bytes";
        self.bounded(key, &range, what, units::size, |size| units::show_size(*size)).unwrap_or(default)
    }

    /// A time in a range.
    pub(super) fn duration(
        &mut self,
        key: &'static str,
        range: RangeInclusive<Duration>,
        default: Duration,
    ) -> Duration {
        let what = "a duration, such as \"500ms\", \"10s\" or \"2m\"";
        self.bounded(key, &range, what, units::duration, |time| units::show_duration(*time))
            .unwrap_or(default)
    }

    /// A variable of the environment that is text and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let value = (self.raw.variables)(name)?.into_string().ok()?;
        Some(value).filter(|value| !value.is_empty())
    }

    /// Notes that a key is wrong: where it stands, or where its table begins.
    pub(super) fn report(&self, key: &str, message: impl Into<String>) {
        let offset = self.entry(key).map_or(self.offset, |(offset, _)| offset);
        self.raw.report(offset, join(&self.path, key), message.into());
    }

    /// Notes that an option of the command line is wrong, which stands in place of a key.
    pub(super) fn report_option(&self, option: &str, message: String) {
        self.raw.report_option(option, message);
    }

    /// Notes that a key there must be is not there.
    pub(super) fn missing(&self, key: &str) {
        self.report(key, "is missing");
    }

    /// Whether the key was written.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    fn bounded<T: PartialOrd>(
        &mut self,
        key: &'static str,
        range: &RangeInclusive<T>,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
        show: impl Fn(&T) -> String,
    ) -> Option<T> {
        let text = self.value(key)?.text_or_number()?;
        let value = parse(&text.value);
        match &value {
            None => text.refuse(&format!("is not {what}")),
            Some(value) if !range.contains(value) => {
                text.refuse(&format!("is not from {} to {}", show(range.start()), show(range.end())));
            }
            Some(_) => return value,
        }
        None
    }

    fn value(&mut self, key: &'static str) -> Option<Value<'c>> {
        self.asked.insert(key);
        let (offset, value) = self.entry(key)?;
        Some(Value { raw: self.raw, path: join(&self.path, key), offset, value })
    }

    fn values(&mut self, key: &'static str) -> Option<Vec<Value<'c>>> {
        let whole = self.value(key)?;
        let DeValue::Array(array) = whole.value.get_ref() else { return whole.mistyped("an array") };
        let element = |(at, value): (usize, &'c Spanned<DeValue<'c>>)| Value {
            raw: whole.raw,
            path: format!("{}[{at}]", whole.path),
            offset: value.span().start,
            value,
        };
        Some(array.iter().enumerate().map(element).collect())
    }

    fn entry(&self, key: &str) -> Option<(usize, &'c Spanned<DeValue<'c>>)> {
        let (name, value) = self.entries?.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((name.span().start, value))
    }

    /// Lets every key pass: what they mean hangs on another one that is wrong.
    pub(super) fn any_key(&mut self) {
        self.entries = None;
    }

    /// Notes every key that nobody asked for.
    pub(super) fn unknown_keys(&self) {
        for name in self.entries.into_iter().flat_map(DeTable::keys) {
            if self.asked.contains(name.get_ref().as_ref()) {
                continue;
            }
            let hint = match nearest(name.get_ref(), self.asked.iter().copied()) {
                Some(known) => format!("did you mean {known}?"),
                None => {
                    format!("known here: {}", self.asked.iter().copied().collect::<Vec<_>>().join(", "))
                }
            };
            self.raw.report(
                name.span().start,
                join(&self.path, name.get_ref()),
                format!("unknown key; {hint}"),
            );
        }
    }
}

/// One value, and where it stands.
struct Value<'c> {
    raw: &'c RawConfig<'c>,
    path: String,
    offset: usize,
    value: &'c Spanned<DeValue<'c>>,
}

impl<'c> Value<'c> {
    fn text(self) -> Option<Text<'c>> {
        match self.value.get_ref() {
            DeValue::String(written) => self.substituted(written),
            _ => self.mistyped("a string"),
        }
    }

    fn text_or_number(self) -> Option<Text<'c>> {
        match self.value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => self.substituted(number.as_str()),
            DeValue::String(written) => self.substituted(written),
            _ => self.mistyped("a number or a string"),
        }
    }

    fn substituted(&self, written: &'c str) -> Option<Text<'c>> {
        match substitute(written, self.raw.variables) {
            Ok(done) => Some(Text {
                value: done.value,
                written,
                substituted: done.changed,
                raw: self.raw,
                path: self.path.clone(),
                offset: self.offset,
            }),
            Err(message) => {
                self.raw.report(self.offset, self.path.clone(), message);
                None
            }
        }
    }

    fn table(self) -> Table<'c> {
        let entries = match self.value.get_ref() {
            DeValue::Table(entries) => Some(entries),
            _ => self.mistyped("a table"),
        };
        Table::new(self.raw, self.path, self.offset, entries)
    }

    fn mistyped<T>(&self, expected: &str) -> Option<T> {
        let found = self.value.get_ref().type_str();
        let message = format!("expected {expected}, found {} {found}", article(found));
        self.raw.report(self.offset, self.path.clone(), message);
        None
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// A string with everything put in, and where it stands. `value` may be a secret.
pub(super) struct Text<'c> {
    pub(super) value: Zeroizing<String>,
    written: &'c str,
    substituted: bool,
    raw: &'c RawConfig<'c>,
    path: String,
    offset: usize,
}

impl Text<'_> {
    /// Notes that the value is wrong, quoting it as it was written.
    pub(super) fn refuse(&self, message: &str) {
        self.complain(&format!("{} {message}", self.shown()));
    }

    /// Notes that the value is wrong, quoting nothing: for secrets and what may hold one.
    pub(super) fn complain(&self, message: &str) {
        self.raw.report(self.offset, self.path.clone(), message.to_owned());
    }

    /// What `parse` makes of the value; its error is noted, quoting nothing.
    pub(super) fn parse<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        parse(&self.value).map_err(|message| self.complain(&message)).ok()
    }

    /// The meaning of one of a few words.
    pub(super) fn choice<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == self.value.as_str());
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.refuse(&format!("is not one of {}", known.join(", ")));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// Where it stands, for errors that are found later.
    pub(super) fn place(&self) -> Place {
        self.raw.place(self.offset, self.path.clone())
    }

    /// The value as it stands in the file, where the file is what gave it; otherwise the reference. Long
    /// values are not words someone mistyped, and stay out.
    pub(super) fn shown(&self) -> String {
        if self.substituted {
            format!("the value of {}", cut(self.written))
        } else {
            format!("{:?}", cut(self.written))
        }
    }
}

fn cut(text: &str) -> &str {
    if text.len() <= 64 { text } else { "..." }
}

/// The path of a key. One that is not a plain word is quoted, and one that is long is cut.
fn join(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let key = match (plain, cut(key)) {
        (true, key) => key.to_owned(),
        (false, key) => format!("{key:?}"),
    };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}
