//! `[[exporters]]`: where clean telemetry goes.
//!
//! What leaves is redacted, but an upstream's own key in a header is not ours to spread: a header over
//! plain HTTP to another machine is refused unless `allow_plain_http = true`.

use super::table::{Table, Text};
use super::{application_insights, azure};
use super::{parts, unique_name};
use crate::azure::Credential;
use crate::export::{Form, Histograms, Temporality};
use crate::limits;
use crate::secret::Secret;
use crate::signal::{PerSignal, Signal};
use crate::upstream::{Endpoint, EndpointError};
use http::{HeaderName, HeaderValue, Uri};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One place clean telemetry goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exporter {
    /// For metrics and logs; unique.
    pub name: String,
    /// How it gets there.
    pub upstream: Upstream,
    /// In which form metrics go there.
    pub form: Form,
}

/// How telemetry gets somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upstream {
    /// Files on this machine.
    File(FileExporter),
    /// OTLP/HTTP, protobuf.
    Otlp(Box<OtlpExporter>),
    /// Azure Monitor's OTLP ingestion.
    AzureMonitor(Box<AzureMonitorExporter>),
    /// Application Insights, by its own ingestion.
    ApplicationInsights(Box<ApplicationInsightsExporter>),
}

impl Upstream {
    /// Where it sends OTLP, if it does.
    #[must_use]
    pub fn otlp(&self) -> Option<&OtlpExporter> {
        match self {
            Self::File(_) | Self::ApplicationInsights(_) => None,
            Self::Otlp(otlp) => Some(otlp),
            Self::AzureMonitor(azure) => Some(&azure.otlp),
        }
    }
}

/// A data collection rule of Azure Monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureMonitorExporter {
    /// Its URLs, and how requests are made: `max_batch_bytes` is the most it takes at once.
    pub otlp: OtlpExporter,
    /// Who we are.
    pub credential: Credential,
}

/// A resource of Application Insights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationInsightsExporter {
    /// Where it takes telemetry.
    pub endpoint: Endpoint,
    /// Which it is.
    pub instrumentation_key: Secret,
    /// Who we are, if it matters there.
    pub credential: Option<Credential>,
    /// What a token is for.
    pub audience: String,
    /// How bodies are made smaller.
    pub compression: Compression,
    /// Time for one request to be answered.
    pub timeout: Duration,
    /// Bytes of one request before compression.
    pub max_request_bytes: usize,
}

impl ApplicationInsightsExporter {
    /// As whom it sends, for people.
    #[must_use]
    pub fn whom(&self) -> &'static str {
        self.credential.as_ref().map_or("instrumentation key", Credential::name)
    }
}

/// Files on this machine: `traces.jsonl`, `logs.jsonl`, `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileExporter {
    /// Where they are; no two exporters share one.
    pub directory: PathBuf,
}

/// A backend that takes OTLP/HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpExporter {
    /// Where each signal goes; `None`: it is not sent to this upstream.
    pub endpoints: PerSignal<Option<Endpoint>>,
    /// What is sent along with every request.
    pub headers: Vec<(HeaderName, Secret)>,
    /// How bodies are made smaller.
    pub compression: Compression,
    /// Time for one request to be answered.
    pub timeout: Duration,
    /// Bytes of one request before compression, up to which small ones are joined.
    pub max_batch_bytes: usize,
}

impl OtlpExporter {
    /// Where a signal goes; `None`: it is not sent to this upstream.
    #[must_use]
    pub fn endpoint(&self, signal: Signal) -> Option<&Endpoint> {
        self.endpoints.of(signal).as_ref()
    }
}

/// How bodies are made smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, of a level from 1 to 9.
    Gzip(u32),
}

#[derive(Clone, Copy)]
enum Kind {
    File,
    Otlp,
    AzureMonitor,
    ApplicationInsights,
}

pub(super) fn read(root: &mut Table<'_>, data_dir: &Path) -> Vec<Exporter> {
    let clean = data_dir.join("clean");
    let mut exporters: Vec<Exporter> = Vec::new();
    root.sections("exporters", |table| {
        if let Some(exporter) = read_one(table, &exporters, &clean) {
            exporters.push(exporter);
        }
    });
    if exporters.is_empty() {
        let upstream = Upstream::File(FileExporter { directory: clean });
        exporters.push(Exporter { name: "file".to_owned(), upstream, form: Form::default() });
    }
    exporters
}

fn read_one(table: &mut Table<'_>, others: &[Exporter], clean: &Path) -> Option<Exporter> {
    let name = table.required_text("name");
    let name = name.and_then(|text| unique_name(&text, others.iter().map(|other| other.name.as_str())));
    let kind = table.required_text("type").and_then(|text| text.choice(&KINDS));
    let upstream = match kind {
        Some(Kind::File) => Upstream::File(read_file(table, others, clean)),
        Some(Kind::Otlp) => Upstream::Otlp(Box::new(read_otlp(table))),
        Some(Kind::AzureMonitor) => Upstream::AzureMonitor(Box::new(read_azure_monitor(table)?)),
        Some(Kind::ApplicationInsights) => {
            Upstream::ApplicationInsights(Box::new(application_insights::read(table)?))
        }
        None => {
            table.any_key();
            return None;
        }
    };
    let form = read_form(table, usual_temporality(&upstream));
    Some(Exporter { name: name?, upstream, form })
}

/// Charts of Application Insights add up what they are sent: a cumulative sum or histogram would be counted again
/// with every export.
const fn usual_temporality(upstream: &Upstream) -> Temporality {
    match upstream {
        Upstream::ApplicationInsights(_) => Temporality::Delta,
        Upstream::File(_) | Upstream::Otlp(_) | Upstream::AzureMonitor(_) => Temporality::AsReceived,
    }
}

fn read_form(table: &mut Table<'_>, usual: Temporality) -> Form {
    let temporalities = [("as_received", Temporality::AsReceived), ("delta", Temporality::Delta)];
    let histograms = [("as_received", Histograms::AsReceived), ("exponential", Histograms::Exponential)];
    Form {
        temporality: table.choice("metrics_temporality", &temporalities, usual),
        histograms: table.choice("histograms", &histograms, Histograms::default()),
    }
}

fn read_file(table: &mut Table<'_>, others: &[Exporter], clean: &Path) -> FileExporter {
    let directory = parts::path(table, "directory", || clean.to_owned());
    let shares =
        |other: &Exporter| matches!(&other.upstream, Upstream::File(file) if file.directory == directory);
    if let Some(other) = others.iter().find(|other| shares(other)) {
        table.report("directory", format!("exporter {} writes there already", other.name));
    }
    FileExporter { directory }
}

fn read_otlp(table: &mut Table<'_>) -> OtlpExporter {
    let endpoints = read_endpoints(table);
    let headers = read_headers(table);
    let plain = any_is_plain(&endpoints);
    let allow_plain_http = allow_plain_http(table);
    if plain && !headers.is_empty() && !allow_plain_http {
        let message = "would go over the network for all to read; use an https endpoint, or set allow_plain_http = true";
        table.report("headers", message);
    }
    OtlpExporter {
        endpoints,
        headers,
        compression: read_compression(table),
        timeout: read_timeout(table),
        max_batch_bytes: table.size(
            "max_batch_bytes",
            1024..=limits::INFLATED_BYTES,
            limits::EXPORT_BATCH_BYTES,
        ),
    }
}

const KINDS: [(&str, Kind); 4] = [
    ("file", Kind::File),
    ("otlp", Kind::Otlp),
    ("azure_monitor", Kind::AzureMonitor),
    ("application_insights", Kind::ApplicationInsights),
];

/// Full URLs only: they are not built, and a token is sent along.
fn read_azure_monitor(table: &mut Table<'_>) -> Option<AzureMonitorExporter> {
    let [traces, metrics, logs] =
        SIGNAL_KEYS.map(|key| table.text(key).and_then(|text| text.parse(endpoint)));
    let endpoints = PerSignal { traces, metrics, logs };
    if !SIGNAL_KEYS.iter().any(|key| table.has(key)) {
        table.report(
            "logs_endpoint",
            "is missing, and so are traces_endpoint and metrics_endpoint: name one at least",
        );
    }
    if any_is_plain(&endpoints) {
        table.report("auth", "a token would go over the network for all to read: use https endpoints");
    }
    let (compression, timeout) = (read_compression(table), read_timeout(table));
    let max_batch_bytes =
        table.size("max_request_bytes", 16 << 10..=limits::INFLATED_BYTES, limits::AZURE_REQUEST_BYTES);
    let credential = azure::read(table);
    if credential.is_none() {
        table.any_key();
    }
    let otlp = OtlpExporter { endpoints, headers: Vec::new(), compression, timeout, max_batch_bytes };
    Some(AzureMonitorExporter { otlp, credential: credential? })
}

const SIGNAL_KEYS: [&str; 3] = ["traces_endpoint", "metrics_endpoint", "logs_endpoint"];

/// Whether the operator says that a network may read along.
pub(super) fn allow_plain_http(table: &mut Table<'_>) -> bool {
    table.boolean("allow_plain_http", false)
}

pub(super) fn read_timeout(table: &mut Table<'_>) -> Duration {
    let millis = Duration::from_millis;
    table.duration("timeout", millis(100)..=millis(300_000), limits::EXPORT_TIMEOUT)
}

fn any_is_plain(endpoints: &PerSignal<Option<Endpoint>>) -> bool {
    let mut each = Signal::ALL.into_iter().filter_map(|signal| endpoints.of(signal).as_ref());
    each.any(Endpoint::is_plain_to_others)
}

fn read_endpoints(table: &mut Table<'_>) -> PerSignal<Option<Endpoint>> {
    if !table.has("endpoint") && !SIGNAL_KEYS.iter().any(|key| table.has(key)) {
        table.missing("endpoint");
    }
    let base = table.text("endpoint");
    let sound = base.as_ref().and_then(|text| text.parse(base_endpoint));
    let mut of = |key: &'static str, signal: Signal| match table.text(key) {
        Some(text) => text.parse(endpoint),
        None => sound.as_deref().and_then(|sound| endpoint(&format!("{sound}/v1/{}", signal.name())).ok()),
    };
    let [traces, metrics, logs] = SIGNAL_KEYS;
    PerSignal {
        traces: of(traces, Signal::Traces),
        metrics: of(metrics, Signal::Metrics),
        logs: of(logs, Signal::Logs),
    }
}

/// What `/v1/traces` is put behind.
fn base_endpoint(value: &str) -> Result<String, String> {
    let endpoint = endpoint(value)?;
    if endpoint.uri().query().is_some() {
        return Err("has a query, and a path is put behind it; give each signal its own endpoint".to_owned());
    }
    if Signal::ALL.iter().any(|signal| endpoint.uri().path().ends_with(&format!("/v1/{}", signal.name()))) {
        return Err(
            "is for one signal, and /v1/... is put behind it; leave that out, or name it for its signal"
                .to_owned(),
        );
    }
    Ok(endpoint.to_string().trim_end_matches('/').to_owned())
}

/// The messages quote nothing: a URL may hold a password or a key.
pub(super) fn endpoint(value: &str) -> Result<Endpoint, String> {
    let wrong = "is not a URL; write one such as \"https://collector.example.com:4318\"";
    let uri: Uri = value.trim().parse().map_err(|_| wrong.to_owned())?;
    uri.authority().ok_or(wrong)?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("is neither http:// nor https://".to_owned());
    }
    let userinfo = "holds a user or password; put it into headers, from ${env:...} or ${file:...}";
    Endpoint::full(value).map_err(|error| match error {
        EndpointError::Userinfo => userinfo.to_owned(),
        _ => wrong.to_owned(),
    })
}

pub(super) fn read_compression(table: &mut Table<'_>) -> Compression {
    let gzip = table.choice("compression", &[("gzip", true), ("none", false)], true);
    // Level 1 costs a third of level 6, and telemetry shrinks nearly as well.
    let level = table.number("compression_level", 1..=9, 1);
    if !gzip && table.has("compression_level") {
        table.report("compression_level", "has no meaning with compression = \"none\"");
    }
    if gzip { Compression::Gzip(u32::try_from(level).unwrap_or(1)) } else { Compression::None }
}

pub(super) fn read_headers(table: &mut Table<'_>) -> Vec<(HeaderName, Secret)> {
    let mut headers: Vec<(HeaderName, Secret)> = Vec::new();
    for (name, text) in table.map("headers") {
        let Some(header) = read_header(name, &text) else { continue };
        if headers.iter().any(|(other, _)| *other == header.0) {
            text.complain("is there twice: upper and lower case are the same in headers");
        }
        headers.push(header);
    }
    headers
}

fn read_header(name: &str, text: &Text<'_>) -> Option<(HeaderName, Secret)> {
    const OURS: [&str; 8] = [
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
    ];
    let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
        text.complain("is not the name of a header");
        return None;
    };
    if OURS.contains(&header.as_str()) {
        text.complain("is set by blackbar itself");
        return None;
    }
    let value = text.value.trim();
    if value.is_empty() || HeaderValue::from_str(value).is_err() {
        text.complain("is empty, or holds what cannot stand in a header");
        return None;
    }
    Some((header, Secret::new(value)))
}
