//! `[alerts]`: how people are told.

use super::exporters::{allow_plain_http, endpoint, read_headers};
use super::table::{Table, Text};
use super::{azure, parts, unique_name};
use crate::alert::{SyslogConfig, SyslogTransport, is_syslog_name};
use crate::azure::Credential;
use crate::limits;
use crate::secret::Secret;
use crate::upstream::Endpoint;
use http::HeaderName;
use std::net::IpAddr;
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
            AlertSinkKind::Otlp { url, .. } => url.to_string(),
            AlertSinkKind::Syslog(SyslogConfig { host, port, transport, .. }) => match transport {
                SyslogTransport::Tcp => format!("syslog, {host}:{port} over TCP"),
                SyslogTransport::Tls { .. } => format!("syslog, {host}:{port} over TLS"),
            },
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
    /// Log records to a backend that takes OTLP/HTTP.
    Otlp {
        /// The whole URL.
        url: Endpoint,
        /// Sent along.
        headers: Vec<(HeaderName, Secret)>,
    },
    /// CEF in syslog messages.
    Syslog(SyslogConfig),
}

/// The name of the file among the sinks.
pub(super) const FILE: &str = "file";

#[derive(Clone, Copy)]
enum Kind {
    Sentinel,
    Webhook,
    Otlp,
    Syslog,
}

const KINDS: [(&str, Kind); 4] = [
    ("sentinel", Kind::Sentinel),
    ("webhook", Kind::Webhook),
    ("otlp", Kind::Otlp),
    ("syslog", Kind::Syslog),
];

/// The facilities of RFC 5424, section 6.2.1, that a program like this one may use.
const FACILITIES: [(&str, u8); 14] = [
    ("user", 1),
    ("daemon", 3),
    ("auth", 4),
    ("authpriv", 10),
    ("audit", 13),
    ("alert", 14),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

/// By default: what else writes to it is for an operator to say, so a receiver can tell alerts by it.
const LOCAL4: u8 = 20;

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
    let kind = match table.required_text("type").and_then(|text| text.choice(&KINDS)) {
        Some(Kind::Sentinel) => read_sentinel(table),
        Some(Kind::Webhook) => read_webhook(table),
        Some(Kind::Otlp) => read_otlp(table),
        Some(Kind::Syslog) => read_syslog(table).map(AlertSinkKind::Syslog),
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
    let secret = table.text("secret").map(|text| {
        if text.value.trim().len() < 16 {
            text.complain("is shorter than 16 bytes; make one with `openssl rand -base64 32`");
        }
        Secret::new(text.value.trim())
    });
    let (url, headers) = read_url(table);
    Some(AlertSinkKind::Webhook { url: url?, secret, headers })
}

fn read_otlp(table: &mut Table<'_>) -> Option<AlertSinkKind> {
    let (url, headers) = read_url(table);
    Some(AlertSinkKind::Otlp { url: url?, headers })
}

/// A URL that alerts are posted to, and what is sent along.
fn read_url(table: &mut Table<'_>) -> (Option<Endpoint>, Vec<(HeaderName, Secret)>) {
    let url = table.required_text("url").and_then(|text| text.parse(endpoint));
    let headers = read_headers(table);
    let allow = allow_plain_http(table);
    if url.as_ref().is_some_and(Endpoint::is_plain_to_others) && !allow {
        table.report(
            "url",
            "alerts would go over the network for all to read; use https, or set allow_plain_http = true",
        );
    }
    (url, headers)
}

fn read_syslog(table: &mut Table<'_>) -> Option<SyslogConfig> {
    let tls = table.choice("transport", &[("tls", true), ("tcp", false)], true);
    let address = table.required_text("address").and_then(|text| text.parse(|text| host_and_port(text, tls)));
    let allow = table.boolean("allow_plain_tcp", false);
    if !tls && !allow && address.as_ref().is_some_and(|(host, _)| !is_loopback(host)) {
        let message =
            "alerts would go over the network for all to read; use \"tls\", or set allow_plain_tcp = true";
        table.report("transport", message);
    }
    let ca_file = table.has("ca_file").then(|| parts::path(table, "ca_file", PathBuf::new));
    if ca_file.is_some() && !tls {
        table.report("ca_file", "has no meaning with transport = \"tcp\"");
    }
    let facility = table.choice("facility", &FACILITIES, LOCAL4);
    let hostname = table.text("hostname").and_then(read_hostname);
    let transport = if tls { SyslogTransport::Tls { ca_file } } else { SyslogTransport::Tcp };
    let (host, port) = address?;
    Some(SyslogConfig { host, port, transport, facility, hostname })
}

fn read_hostname(text: Text<'_>) -> Option<String> {
    let sound = is_syslog_name(&text.value);
    if !sound {
        text.refuse("is not a name of a machine: write letters, digits, dots and dashes, 255 at most");
    }
    sound.then(|| text.value.to_string())
}

/// `host:port`, `host` or `[v6]:port`. The ports are those of RFC 5425, and of syslog over TCP as everybody has it.
fn host_and_port(text: &str, tls: bool) -> Result<(String, u16), String> {
    let wrong = || "is not an address; write it like \"siem.example.com:6514\"".to_owned();
    let authority: http::uri::Authority = text.trim().parse().map_err(|_| wrong())?;
    let host = authority.host().trim_matches(['[', ']']);
    let rest = authority.as_str().strip_prefix(authority.host()).ok_or_else(wrong)?;
    let usual = if tls { 6514 } else { 514 };
    let port = match rest.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?,
        None if rest.is_empty() => usual,
        None => return Err(wrong()),
    };
    if host.is_empty() { Err(wrong()) } else { Ok((host.to_owned(), port)) }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
