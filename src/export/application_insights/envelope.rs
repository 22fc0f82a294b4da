//! The envelopes of Application Insights, as its ingestion reads them.
//!
//! One item a line of JSON: what it is (`data.baseType`), when it was, whose it is (`iKey`), what it is part of
//! (`tags`), and what it tells. Fields and their lengths are those of the specification of the service
//! (<https://github.com/Azure/azure-rest-api-specs>, `Monitor.Exporters` v2.1): what is longer is cut there without
//! a word, or refused, so it is cut here, with a mark, and counted.

use crate::limits;
use crate::redact::cut_to_units;
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};
use std::collections::HashMap;
use std::sync::Arc;

/// One item.
#[derive(Serialize)]
pub(super) struct Envelope {
    pub(super) ver: u8,
    pub(super) name: &'static str,
    /// ISO 8601 in UTC, to 100 ns.
    #[serde(serialize_with = "time")]
    pub(super) time: Timestamp,
    /// When it was, until that is told beside a time of sending.
    #[serde(skip)]
    own: Option<Timestamp>,
    #[serde(rename = "iKey")]
    pub(super) key: Arc<str>,
    pub(super) tags: Tags,
    pub(super) data: Data,
}

/// What an item is part of: an operation, a role, a user, a session.
#[derive(Default)]
pub(super) struct Tags(Vec<(&'static str, String)>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Data {
    base_type: &'static str,
    base_data: Base,
}

/// What an item tells.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Base {
    Request(Request),
    Dependency(Dependency),
    Message(Message),
    Exception(Exception),
    Event(Event),
    Metric(Metric),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    pub(super) ver: u8,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) duration: String,
    pub(super) response_code: String,
    pub(super) success: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) source: String,
    pub(super) properties: Properties,
    #[serde(skip_serializing_if = "Measurements::is_empty")]
    pub(super) measurements: Measurements,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dependency {
    pub(super) ver: u8,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) duration: String,
    pub(super) result_code: String,
    pub(super) success: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) data: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) target: String,
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub(super) kind: String,
    pub(super) properties: Properties,
    #[serde(skip_serializing_if = "Measurements::is_empty")]
    pub(super) measurements: Measurements,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    pub(super) ver: u8,
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) severity_level: Option<&'static str>,
    pub(super) properties: Properties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Exception {
    pub(super) ver: u8,
    pub(super) exceptions: [Thrown; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) severity_level: Option<&'static str>,
    pub(super) properties: Properties,
    #[serde(skip_serializing_if = "Measurements::is_empty")]
    pub(super) measurements: Measurements,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Thrown {
    pub(super) type_name: String,
    pub(super) message: String,
    pub(super) has_full_stack: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) stack: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub(super) ver: u8,
    pub(super) name: String,
    pub(super) properties: Properties,
    #[serde(skip_serializing_if = "Measurements::is_empty")]
    pub(super) measurements: Measurements,
}

#[derive(Serialize)]
pub(super) struct Metric {
    pub(super) ver: u8,
    /// The service keeps the first alone.
    pub(super) metrics: [Measure; 1],
    pub(super) properties: Properties,
}

#[derive(Serialize)]
pub(super) struct Measure {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max: Option<f64>,
}

/// Texts by name. Two of one name are both kept, under two names.
#[derive(Default)]
pub(super) struct Properties {
    pairs: Vec<(String, String)>,
    /// Where each name stands.
    names: HashMap<String, usize>,
    /// Texts cut so far, and properties left out.
    cut: usize,
    left_out: usize,
}

/// Numbers by name.
#[derive(Default)]
pub(super) struct Measurements(Vec<(String, f64)>);

impl Base {
    /// The name of its envelope, and its type.
    const fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::Request(_) => ("Microsoft.ApplicationInsights.Request", "RequestData"),
            Self::Dependency(_) => ("Microsoft.ApplicationInsights.RemoteDependency", "RemoteDependencyData"),
            Self::Message(_) => ("Microsoft.ApplicationInsights.Message", "MessageData"),
            Self::Exception(_) => ("Microsoft.ApplicationInsights.Exception", "ExceptionData"),
            Self::Event(_) => ("Microsoft.ApplicationInsights.Event", "EventData"),
            Self::Metric(_) => ("Microsoft.ApplicationInsights.Metric", "MetricData"),
        }
    }

    pub(super) const fn properties(&mut self) -> &mut Properties {
        match self {
            Self::Request(of) => &mut of.properties,
            Self::Dependency(of) => &mut of.properties,
            Self::Message(of) => &mut of.properties,
            Self::Exception(of) => &mut of.properties,
            Self::Event(of) => &mut of.properties,
            Self::Metric(of) => &mut of.properties,
        }
    }

    /// The longest of its fields that may be long, if it has such.
    fn long_field(&mut self) -> Option<&mut String> {
        match self {
            Self::Request(of) => Some(&mut of.url),
            Self::Dependency(of) => Some(&mut of.data),
            Self::Message(of) => Some(&mut of.message),
            Self::Exception(of) => {
                let [thrown] = &mut of.exceptions;
                let longer = units(&thrown.stack) >= units(&thrown.message);
                Some(if longer { &mut thrown.stack } else { &mut thrown.message })
            }
            Self::Event(_) | Self::Metric(_) => None,
        }
    }
}

impl Envelope {
    /// An item of its own time; of now, if that is not known.
    pub(super) fn new(
        key: &Arc<str>,
        own: Option<Timestamp>,
        now: Timestamp,
        tags: Tags,
        base_data: Base,
    ) -> Self {
        let (name, base_type) = base_data.names();
        let data = Data { base_type, base_data };
        let time = own.unwrap_or(now);
        let mut envelope = Self { ver: 1, name, time, own, key: Arc::clone(key), tags, data };
        envelope.retime(now);
        envelope
    }

    /// The service takes nothing that is older than two days: what waited longer has the time it is sent at, and
    /// tells its own. `false`: it did not wait so long.
    pub(super) fn retime(&mut self, now: Timestamp) -> bool {
        let age = SignedDuration::try_from(limits::TRACK_AGE).unwrap_or_default();
        if now.saturating_sub(age).is_ok_and(|oldest| self.time >= oldest) {
            return false;
        }
        if let Some(own) = self.own.take() {
            self.data.base_data.properties().tell("otel.time", &own.to_string());
        }
        self.time = now;
        true
    }

    /// Its line, without the newline.
    pub(super) fn line(&self) -> Vec<u8> {
        // Texts, finite numbers and maps with text keys: nothing of it can fail to be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Texts of it that were cut so far, and properties left out.
    pub(super) const fn cuts(&mut self) -> usize {
        self.data.base_data.properties().cuts()
    }

    /// Cuts the longest of its texts until its line has at most so many bytes; where there is none left that is
    /// long, leaves out the last properties. `false`: it is as small as it gets.
    ///
    /// It ends: every round takes units or properties away, or is the last; and there are no more than [`ROUNDS`].
    pub(super) fn fit(&mut self, most: usize) -> bool {
        for _ in 0..ROUNDS {
            let length = self.line().len();
            if length <= most {
                return true;
            }
            if !self.cut_longest() && !self.data.base_data.properties().leave_out(length - most) {
                return false;
            }
        }
        self.line().len() <= most
    }

    /// Cuts its longest text to half, and with it whatever is longer than that. `false`: none was cut.
    fn cut_longest(&mut self) -> bool {
        let base = &mut self.data.base_data;
        let field = base.long_field().map_or(0, |field| units(field));
        let longest = base.properties().longest().max(field);
        if longest <= limits::TRIM_LEAST {
            return false;
        }
        let most = (longest / 2).max(limits::TRIM_LEAST);
        let field = base.long_field().map_or(0, |field| cut_in_place(field, most));
        let properties = base.properties();
        let cut = field + properties.cut_to(most);
        properties.cut += cut;
        cut > 0
    }
}

fn time<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.7}"))
}

/// Halvings from the longest text there may be, in UTF-16 units, to one that is never cut; then properties are left
/// out, once for their bytes and once to see that there are none. Twice that is never needed.
const ROUNDS: usize = 2 * (limits::TRACK_MESSAGE.div_ceil(limits::TRIM_LEAST).ilog2() as usize + 3);

/// What the service measures texts in: UTF-16 units.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Cuts a text that has more units. How many were cut: one, or none.
fn cut_in_place(text: &mut String, most: usize) -> usize {
    let Some(cut) = cut_to_units(text, most) else { return 0 };
    *text = cut;
    1
}

impl Tags {
    /// A tag, unless there is nothing to say. Ids that are too long are cut: the attribute they are of is told whole.
    pub(super) fn put(&mut self, name: &'static str, value: &str, most: usize) {
        if !value.is_empty() {
            let value = cut_to_units(value, most).unwrap_or_else(|| value.to_owned());
            self.0.push((name, value));
        }
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Properties {
    /// A property of our own naming, unless there is nothing to say.
    pub(super) fn tell(&mut self, name: &'static str, value: &str) {
        if !value.is_empty() {
            self.put("", name, value);
        }
    }

    /// A property. Where there is one of that name that says something else, it is called `{level}.{name}`, or what
    /// it takes to have a name of its own.
    pub(super) fn put(&mut self, level: &str, name: &str, value: &str) {
        if self.pairs.len() >= limits::TRACK_PROPERTIES {
            self.left_out += 1;
            return;
        }
        let value = self.fitting(value, limits::TRACK_VALUE);
        let plain = if name.is_empty() { "(empty)" } else { name };
        let qualified = if level.is_empty() { plain.to_owned() } else { format!("{level}.{plain}") };
        // Past the ninth of a flood of one name, a number nobody had yet.
        let numbered = (2..10)
            .chain(self.pairs.len().max(10)..)
            .map(|number| (qualified.as_str(), format!("#{number}")));
        let unnumbered = [plain, qualified.as_str()].map(|name| (name, String::new()));
        for (name, number) in unnumbered.into_iter().chain(numbered) {
            let name = named(name, &number);
            match self.names.get(&name).and_then(|at| self.pairs.get(*at)) {
                Some((_, there)) if *there == value => return,
                Some(_) => {}
                None => {
                    self.names.insert(name.clone(), self.pairs.len());
                    return self.pairs.push((name, value));
                }
            }
        }
    }

    /// A text cut to so many UTF-16 units, if it is longer. Counts it then.
    pub(super) fn fitting(&mut self, text: &str, most: usize) -> String {
        cut_to_units(text, most).inspect(|_| self.cut += 1).unwrap_or_else(|| text.to_owned())
    }

    /// What did not fit: texts that were cut, and properties left out.
    const fn cuts(&self) -> usize {
        self.cut + self.left_out
    }

    /// Units of the longest text.
    fn longest(&self) -> usize {
        self.pairs.iter().map(|(_, value)| units(value)).max().unwrap_or(0)
    }

    /// Cuts every text that has more units. How many were cut.
    fn cut_to(&mut self, most: usize) -> usize {
        self.pairs.iter_mut().map(|(_, value)| cut_in_place(value, most)).sum()
    }

    /// Takes out the last properties that take so many bytes. `false`: there are none.
    fn leave_out(&mut self, bytes: usize) -> bool {
        let (mut taken, before) = (0, self.left_out);
        // What says how many there were takes its place, too.
        while taken < bytes + 2 * LEFT_OUT.len() {
            let Some((name, value)) = self.pairs.pop() else { break };
            taken += name.len() + value.len();
            self.left_out += 1;
        }
        self.left_out > before
    }
}

/// How many properties did not fit.
const LEFT_OUT: &str = "blackbar.properties_left_out";

/// A name with what tells it from others: that is never cut.
fn named(name: &str, number: &str) -> String {
    let cut = cut_to_units(name, limits::TRACK_KEY - number.len());
    format!("{}{number}", cut.as_deref().unwrap_or(name))
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let left_out = (self.left_out > 0).then(|| (LEFT_OUT, self.left_out.to_string()));
        let pairs = self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        serializer.collect_map(pairs.chain(left_out.as_ref().map(|(name, count)| (*name, count.as_str()))))
    }
}

impl Measurements {
    /// A number, unless JSON has none like it. What there is too much of is told as a property alone.
    pub(super) fn put(&mut self, name: &str, value: f64) {
        let name = named(name, "");
        let room = self.0.len() < limits::TRACK_MEASUREMENTS;
        if room && value.is_finite() && !name.is_empty() && !self.0.iter().any(|(there, _)| *there == name) {
            self.0.push((name, value));
        }
    }

    const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Measurements {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[cfg(test)]
#[path = "envelope/tests.rs"]
mod tests;
