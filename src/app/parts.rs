//! From what the configuration says to what each part wants.

use crate::alert;
use crate::config::{self, AlertSinkKind, Compression, Config, OtlpExporter, Upstream};
use crate::export::{self, application_insights, azure_monitor, otlp};
use crate::policy::{Policy, Settings};
use crate::queue;
use crate::receive;
use crate::rule::{LoadError, Ruleset};
use crate::scan::{CompileError, Scanner};
use crate::signal::Signal;
use crate::token::{Keys, TokenKey};
use std::collections::HashMap;

/// Why a part cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// A rule file.
    #[error("{0}")]
    Rules(#[from] LoadError),
    /// A rule that is named and not there.
    #[error("{0}")]
    Selection(config::Errors),
    /// Nothing to look for: most likely a file that is still being written.
    #[error("rules: none is left that is switched on: nothing would be looked for")]
    NoRules,
    /// A pattern.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A token that cannot be one.
    #[error("receive.tokens: {name} is not UTF-8: use letters and digits")]
    Token {
        /// Its name.
        name: String,
    },
    /// A header that cannot be sent.
    #[error("exporter {exporter}: {reason}")]
    Header {
        /// Its name.
        exporter: String,
        /// Why not.
        reason: otlp::HeaderError,
    },
}

/// The rules a configuration asks for: its own pack or the embedded one, less and more what it says.
///
/// # Errors
/// [`PartError`], with everything that is wrong.
pub fn ruleset(config: &Config) -> Result<Ruleset, PartError> {
    let all = match &config.rules.pack {
        Some(files) => {
            let own = Ruleset::from_files(files.iter().map(|file| (file.name.clone(), file.text.clone())))?;
            if config.rules.embedded { Ruleset::embedded()?.with(own)? } else { own }
        }
        None => Ruleset::embedded()?,
    };
    config.check_rules(&all).map_err(PartError::Selection)?;
    let chosen = all.switched(|rule| config.rules.enabled(rule));
    if chosen.rules().next().is_none() { Err(PartError::NoRules) } else { Ok(chosen) }
}

/// The scanner of those rules, with the engine that the configuration names or, if that fails, the portable one.
///
/// # Errors
/// As [`ruleset`], and for a pattern that cannot be scanned for.
pub fn scanner(config: &Config) -> Result<Scanner, PartError> {
    let scanner = Scanner::with_engine(ruleset(config)?, config.rules.engine)?;
    if let Some(reason) = scanner.refusal() {
        tracing::warn!(reason, "the engine of rules.engine cannot be used: the portable one finds the same");
    }
    Ok(scanner)
}

/// The policy for those rules.
#[must_use]
pub fn policy(config: &Config, ruleset: &Ruleset, keys: Keys) -> Policy {
    let from = &config.policy;
    let settings = Settings {
        default_action: from.default_action,
        actions: by_rule(ruleset, |id| from.action_for(id)),
        drop: from.drop,
        tokens: by_rule(ruleset, |id| from.token_for(id)),
        user_fallback: config.alerts.user_fallback.clone(),
        suppressed: by_rule(ruleset, |id| Some(from.suppressed_for(id)).filter(|all| !all.is_empty())),
        harmless: from.harmless.clone(),
        identity: from.identity.iter().cloned().collect(),
        seal_to: from.seal_to.clone(),
    };
    Policy::new(ruleset, &settings, keys)
}

fn by_rule<T>(ruleset: &Ruleset, chosen: impl Fn(&str) -> Option<T>) -> HashMap<String, T> {
    ruleset.rules().filter_map(|(_, rule)| Some((rule.id.clone(), chosen(&rule.id)?))).collect()
}

pub(super) fn receivers(config: &Config) -> Result<receive::Config, PartError> {
    let from = &config.receive;
    let token = |token: &config::Token| {
        let secret = std::str::from_utf8(token.token.expose());
        let secret = secret.map_err(|_| PartError::Token { name: token.name.clone() })?;
        Ok(receive::Token::new(&*token.name, secret))
    };
    Ok(receive::Config {
        listen: from.listen.clone(),
        base_paths: from.base_paths.clone(),
        tokens: from.tokens.iter().map(token).collect::<Result<_, PartError>>()?,
        cors_origins: from.cors_origins.clone(),
        limits: receive::Limits {
            wire_bytes: from.max_wire_bytes,
            inflated_bytes: from.max_inflated_bytes,
            inflate_ratio: from.max_inflate_ratio,
            in_flight_bytes: from.max_in_flight_bytes,
            drain: config.drain.deadline,
            ..receive::Limits::default()
        },
    })
}

pub(super) fn queue(config: &Config) -> queue::Config {
    let config::Queue { durability, max_bytes, max_age } = config.queue;
    queue::Config { directory: config.queue_dir(), durability, max_bytes, max_age }
}

pub(super) fn alerts(config: &Config, key: TokenKey) -> Result<alert::Config, PartError> {
    let (sinks, window, durability) = (sinks(config)?, config.alerts.window, config.queue.durability);
    Ok(alert::Config { sinks, window, directory: config.alerts_dir(), durability, key })
}

pub(super) fn sinks(config: &Config) -> Result<Vec<alert::SinkConfig>, PartError> {
    let file = config.alerts.file.iter().map(|path| {
        let kind = alert::SinkKind::File { path: path.clone() };
        Ok(alert::SinkConfig { name: "file".to_owned(), kind })
    });
    file.chain(config.alerts.sinks.iter().map(sink)).collect()
}

fn sink(from: &config::AlertSink) -> Result<alert::SinkConfig, PartError> {
    let kind = match &from.kind {
        AlertSinkKind::Sentinel { url, credential } => {
            let (url, credential) = (url.clone(), credential.clone());
            alert::SinkKind::Sentinel(Box::new(alert::SentinelConfig { url, credential }))
        }
        AlertSinkKind::Webhook { url, secret, headers } => {
            let (url, secret) = (url.clone(), secret.clone());
            let headers = secret_headers(&from.name, headers)?.into();
            alert::SinkKind::Webhook(Box::new(alert::WebhookConfig { url, secret, headers }))
        }
        AlertSinkKind::Otlp { url, headers } => {
            let (url, headers) = (url.clone(), secret_headers(&from.name, headers)?.into());
            alert::SinkKind::Otlp(Box::new(alert::OtlpConfig { url, headers }))
        }
        AlertSinkKind::Syslog(syslog) => alert::SinkKind::Syslog(Box::new(syslog.clone())),
    };
    Ok(alert::SinkConfig { name: from.name.clone(), kind })
}

fn secret_headers(
    name: &str,
    from: &[(http::HeaderName, config::Secret)],
) -> Result<Vec<otlp::SecretHeader>, PartError> {
    let headers = from.iter().map(|(header, value)| {
        let value = String::from_utf8_lossy(value.expose());
        otlp::SecretHeader::new(header.as_str(), &value)
            .map_err(|reason| PartError::Header { exporter: name.to_owned(), reason })
    });
    headers.collect()
}

pub(super) fn exporters(config: &Config) -> Result<Vec<export::Config>, PartError> {
    config.exporters.iter().map(exporter).collect()
}

fn exporter(from: &config::Exporter) -> Result<export::Config, PartError> {
    let kind = match &from.upstream {
        Upstream::ApplicationInsights(insights) => {
            export::Kind::ApplicationInsights(Box::new(insights_exporter(insights)))
        }
        Upstream::File(file) => export::Kind::File { dir: file.directory.clone() },
        Upstream::Otlp(otlp) => export::Kind::Otlp(Box::new(otlp_exporter(&from.name, otlp)?)),
        Upstream::AzureMonitor(azure) => export::Kind::AzureMonitor(Box::new(azure_monitor::Config {
            otlp: otlp_exporter(&from.name, &azure.otlp)?,
            credential: azure.credential.clone(),
            max_request_bytes: azure.otlp.max_batch_bytes,
        })),
    };
    let mut exporter = export::Config::new(&*from.name, kind);
    exporter.form = from.form;
    match &from.upstream {
        Upstream::File(_) => {}
        Upstream::Otlp(otlp) => exporter.batching.max_bytes = otlp.max_batch_bytes,
        Upstream::AzureMonitor(azure) => exporter.batching.max_bytes = azure.otlp.max_batch_bytes,
        Upstream::ApplicationInsights(to) => exporter.batching.max_bytes = to.max_request_bytes,
    }
    Ok(exporter)
}

fn otlp_exporter(name: &str, from: &OtlpExporter) -> Result<otlp::Config, PartError> {
    Ok(otlp::Config {
        endpoints: from.endpoints.clone(),
        headers: secret_headers(name, &from.headers)?,
        gzip: gzip(from.compression),
        timeout: from.timeout,
    })
}

fn insights_exporter(from: &config::ApplicationInsightsExporter) -> application_insights::Config {
    application_insights::Config {
        endpoint: from.endpoint.clone(),
        instrumentation_key: from.instrumentation_key.clone(),
        credential: from.credential.clone(),
        audience: from.audience.clone(),
        gzip: gzip(from.compression),
        timeout: from.timeout,
        max_request_bytes: from.max_request_bytes,
    }
}

const fn gzip(compression: Compression) -> Option<u32> {
    match compression {
        Compression::None => None,
        Compression::Gzip(level) => Some(level),
    }
}

/// Where an exporter sends, for people: what is secret in a URL is left out.
pub(super) fn endpoints(otlp: &OtlpExporter) -> String {
    let each = Signal::ALL.into_iter().filter_map(|signal| Some(otlp.endpoint(signal)?.to_string()));
    each.collect::<Vec<_>>().join(", ")
}
