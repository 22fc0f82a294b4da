//! `[alerts]`: how people are told.

use super::exporters::{allow_plain_http, endpoint, read_headers};
use super::table::Table;
use super::{azure, parts, unique_name};
use crate::azure::Credential;
use crate::limits;
use crate::secret::Secret;
use crate::upstream::Endpoint;
use http::HeaderName;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerts {
    /// Where alerts are written, one JSON object a line; `None`: to no file.
    pub file: Option<PathBuf>,
    /// Time over which findings of one secret of one sender are one alert.
    pub window: Duration,
    /// Where else they go; names unique.
    pub sinks: Vec<AlertSink>,
    /// Attributes that name a user where none of those that agents write does, the first first.
    pub user_fallback: Vec<Box<str>>,
}

impl Alerts {
    /// Where alerts go, for people.
    pub fn places(&self) -> impl Iterator<Item = String> {
        let sink = |sink: &AlertSink| match &sink.kind {
            AlertSinkKind::Sentinel { url, credential } => format!("{url} ({})", credential.name()),
            // What follows the host of a webhook is often the key to it.
            AlertSinkKind::Webhook { url, .. } => url.origin(),
        };
        self.file.iter().map(|file| file.display().to_string()).chain(self.sinks.iter().map(sink))
    }
}

/// One more place where alerts go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertSink {
    /// For metrics and logs; unique.
    pub name: String,
    /// What it is.
    pub kind: AlertSinkKind,
}

/// What alerts are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertSinkKind {
    /// The Logs Ingestion API.
    Sentinel {
        /// The whole URL.
        url: Endpoint,
        /// Who we are.
        credential: Credential,
    },
    /// JSON to a URL.
    Webhook {
        /// The URL.
        url: Endpoint,
        /// Signs bodies.
        secret: Option<Secret>,
        /// Sent along.
        headers: Vec<(HeaderName, Secret)>,
    },
}

/// The name of the file among the sinks.
pub(super) const FILE: &str = "file";

#[derive(Clone, Copy)]
enum Kind {
    Sentinel,
    Webhook,
}

pub(super) fn read(table: &mut Table<'_>, data_dir: &Path) -> Alerts {
    let seconds = Duration::from_secs;
    let file = parts::path(table, "file", || data_dir.join("alerts.jsonl"));
    let file = Some(file).filter(|file| file != Path::new("off"));
    let window = table.duration("window", seconds(1)..=seconds(24 * 3600), limits::ALERT_WINDOW);
    let mut sinks: Vec<AlertSink> = Vec::new();
    table.sections("sinks", |table| {
        if let Some(sink) = read_sink(table, &sinks) {
            sinks.push(sink);
        }
    });
    if file.is_none() && !table.has("sinks") {
        table.report("file", "is off, and there are no sinks: nobody would be told");
    }
    let user_fallback = table.texts("user_fallback").unwrap_or_default();
    let user_fallback = user_fallback.iter().map(|key| key.value.as_str().into()).collect();
    Alerts { file, window, sinks, user_fallback }
}

fn read_sink(table: &mut Table<'_>, others: &[AlertSink]) -> Option<AlertSink> {
    let name = table.required_text("name");
    let taken = others.iter().map(|other| other.name.as_str()).chain([FILE]);
    let name = name.and_then(|text| unique_name(&text, taken));
    let kinds = [("sentinel", Kind::Sentinel), ("webhook", Kind::Webhook)];
    let kind = match table.required_text("type").and_then(|text| text.choice(&kinds)) {
        Some(Kind::Sentinel) => read_sentinel(table),
        Some(Kind::Webhook) => read_webhook(table),
        None => None,
    };
    if kind.is_none() {
        table.any_key();
    }
    Some(AlertSink { name: name?, kind: kind? })
}

/// The URL is built: its parts are documented, and stand on different pages of the portal.
fn read_sentinel(table: &mut Table<'_>) -> Option<AlertSinkKind> {
    let base = table.required_text("endpoint");
    let rule = table.required_text("rule");
    let stream = table
        .text("stream")
        .map_or_else(|| "Microsoft-ASimAlertEventLogs".to_owned(), |text| text.value.to_string());
    let credential = azure::read(table);
    let (base, rule) = (base?, rule?);
    let word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !word(&rule.value) || !word(&stream) {
        rule.complain("the rule's immutable id (dcr-...) and the stream's name are letters, digits, - and _");
        return None;
    }
    let host = base.value.trim().trim_end_matches('/');
    let url = format!("{host}/dataCollectionRules/{}/streams/{stream}?api-version=2023-01-01", &*rule.value);
    let url = base.parse(|_| endpoint(&url))?;
    if url.is_plain_to_others() {
        base.complain("a token would go over the network for all to read: use https");
    }
    Some(AlertSinkKind::Sentinel { url, credential: credential? })
}

fn read_webhook(table: &mut Table<'_>) -> Option<AlertSinkKind> {
    let url = table.required_text("url").and_then(|text| text.parse(endpoint));
    let secret = table.text("secret").map(|text| {
        if text.value.trim().len() < 16 {
            text.complain("is shorter than 16 bytes; make one with `openssl rand -base64 32`");
        }
        Secret::new(text.value.trim())
    });
    let headers = read_headers(table);
    let allow = allow_plain_http(table);
    if url.as_ref().is_some_and(Endpoint::is_plain_to_others) && !allow {
        table.report(
            "url",
            "alerts would go over the network for all to read; use https, or set allow_plain_http = true",
        );
    }
    Some(AlertSinkKind::Webhook { url: url?, secret, headers })
}
