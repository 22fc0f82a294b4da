//! `type = "application_insights"`: a connection string, as the portal shows it, and perhaps an identity.
//!
//! A connection string is `Key=value` pairs with semicolons between them
//! (<https://learn.microsoft.com/azure/azure-monitor/app/connection-strings>). Of what it may hold three things
//! matter: whose telemetry it is, where it goes, and what a token is for. Keys that are not known are let pass: new
//! ones come without notice. No message quotes any of it.

use super::azure;
use super::exporters::{ApplicationInsightsExporter, endpoint, read_compression, read_timeout};
use super::table::Table;
use crate::azure::RESOURCE;
use crate::limits;
use crate::secret::Secret;
use crate::upstream::Endpoint;
use std::collections::BTreeMap;

const VARIABLE: &str = "APPLICATIONINSIGHTS_CONNECTION_STRING";

/// Where telemetry goes when a connection string does not say.
const DEFAULT_ENDPOINT: &str = "https://dc.services.visualstudio.com";

/// What tokens may be for: the public cloud, and the sovereign ones.
const AUDIENCES: [&str; 3] = [RESOURCE, "https://monitor.azure.us", "https://monitor.azure.cn"];

/// What matters of a connection string.
struct Connection {
    key: Secret,
    endpoint: Endpoint,
    audience: String,
}

pub(super) fn read(table: &mut Table<'_>) -> Option<ApplicationInsightsExporter> {
    let connection = read_connection(table);
    let (compression, timeout) = (read_compression(table), read_timeout(table));
    let max_request_bytes =
        table.size("max_request_bytes", 64 << 10..=limits::INFLATED_BYTES, limits::AZURE_REQUEST_BYTES);
    let has_auth = table.has("auth");
    let credential = if has_auth { azure::read(table) } else { table.text("auth").and(None) };
    if has_auth && credential.is_none() {
        table.any_key();
        return None;
    }
    let Connection { key: instrumentation_key, endpoint, audience } = connection?;
    Some(ApplicationInsightsExporter {
        endpoint,
        instrumentation_key,
        credential,
        audience,
        compression,
        timeout,
        max_request_bytes,
    })
}

fn read_connection(table: &mut Table<'_>) -> Option<Connection> {
    if let Some(text) = table.text("connection_string") {
        return text.parse(parse);
    }
    if table.has("connection_string") {
        return None;
    }
    let Some(from_environment) = table.variable(VARIABLE) else {
        table.report("connection_string", format!("is missing, and so is {VARIABLE} in the environment"));
        return None;
    };
    let parsed = parse(&from_environment);
    if let Err(wrong) = &parsed {
        table.report("connection_string", format!("comes from {VARIABLE} in the environment, and {wrong}"));
    }
    parsed.ok()
}

fn parse(text: &str) -> Result<Connection, String> {
    let pairs = pairs(text)?;
    let of = |key: &str| pairs.get(key).copied().filter(|value| !value.is_empty());
    let key =
        of("instrumentationkey").ok_or("has no InstrumentationKey: copy the whole of it from the portal")?;
    if !is_uuid(key) {
        return Err(
            "has an InstrumentationKey that is not one: it is 32 hex digits in five groups".to_owned()
        );
    }
    if of("authorization").is_some_and(|by| !by.eq_ignore_ascii_case("ikey")) {
        return Err(
            "has an Authorization other than ikey, which is not known; for a token of Entra set auth"
                .to_owned(),
        );
    }
    let audience = of("aadaudience").unwrap_or(RESOURCE).trim_end_matches('/');
    if !AUDIENCES.iter().any(|known| known.eq_ignore_ascii_case(audience)) {
        return Err(format!("has an AADAudience that is none of {}", AUDIENCES.join(", ")));
    }
    let endpoint = ingestion(of("ingestionendpoint"), of("endpointsuffix"), of("location"))?;
    Ok(Connection { key: Secret::new(key), endpoint, audience: audience.to_ascii_lowercase() })
}

/// Keys in lower case: they are the same in any.
fn pairs(text: &str) -> Result<BTreeMap<String, &str>, String> {
    let mut pairs = BTreeMap::new();
    for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or("has a part that is not Key=value")?;
        if pairs.insert(key.trim().to_ascii_lowercase(), value.trim()).is_some() {
            return Err("has a key twice".to_owned());
        }
    }
    Ok(pairs)
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `{IngestionEndpoint}/v2.1/track`; without one, `https://{Location.}dc.{EndpointSuffix}`.
fn ingestion(whole: Option<&str>, suffix: Option<&str>, location: Option<&str>) -> Result<Endpoint, String> {
    let base = match (whole, suffix) {
        (Some(whole), _) => whole.to_owned(),
        (None, Some(suffix)) => {
            let location = location.map(|location| format!("{location}.")).unwrap_or_default();
            format!("https://{location}dc.{suffix}")
        }
        (None, None) => DEFAULT_ENDPOINT.to_owned(),
    };
    let wrong = "has an IngestionEndpoint that is not a URL with a host alone";
    let base = endpoint(&base).map_err(|_| wrong)?;
    if base.uri().query().is_some() || base.uri().path().trim_matches('/').contains("track") {
        return Err(format!("{wrong}: /v2.1/track is put behind it"));
    }
    if base.is_plain_to_others() {
        return Err(
            "has an IngestionEndpoint without https: telemetry would go over the network for all to read"
                .to_owned(),
        );
    }
    endpoint(&format!("{}/v2.1/track", base.to_string().trim_end_matches('/'))).map_err(|_| wrong.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const KEY: &str = "00000000-aaaa-bbbb-cccc-0000000000ff";

    #[test]
    fn a_connection_string_is_read_as_the_portal_writes_it() {
        let public = RESOURCE;
        for (text, url, audience) in [
            ("InstrumentationKey={key}", "https://dc.services.visualstudio.com/v2.1/track", public),
            (
                "InstrumentationKey={key};IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/;\
                 LiveEndpoint=https://westeurope.livediagnostics.monitor.azure.com/;ApplicationId={key}",
                "https://westeurope-5.in.applicationinsights.azure.com/v2.1/track",
                public,
            ),
            (
                " instrumentationkey = {key} ; ingestionendpoint=https://h.example ; Authorization=IKEY;; ",
                "https://h.example/v2.1/track",
                public,
            ),
            (
                "InstrumentationKey={key};EndpointSuffix=applicationinsights.azure.cn;Location=chinaeast2;\
                 AADAudience=https://monitor.azure.cn/",
                "https://chinaeast2.dc.applicationinsights.azure.cn/v2.1/track",
                "https://monitor.azure.cn",
            ),
            (
                "EndpointSuffix=ai.example;InstrumentationKey={key}",
                "https://dc.ai.example/v2.1/track",
                public,
            ),
            (
                "InstrumentationKey={key};IngestionEndpoint=http://127.0.0.1:4319",
                "http://127.0.0.1:4319/v2.1/track",
                public,
            ),
        ] {
            let connection = parse(&text.replace("{key}", KEY)).unwrap();
            assert_eq!(
                (connection.endpoint.to_string(), connection.audience.as_str()),
                (url.to_owned(), audience)
            );
            assert_eq!(connection.key.expose(), KEY.as_bytes());
        }
    }

    #[test]
    fn what_is_wrong_with_a_connection_string_is_told_and_nothing_of_it() {
        for (text, words) in [
            ("", "no InstrumentationKey"),
            (KEY, "not Key=value"),
            ("InstrumentationKey=", "no InstrumentationKey"),
            ("InstrumentationKey=hunter2", "is not one: it is 32 hex digits"),
            ("InstrumentationKey={key};InstrumentationKey={key}", "twice"),
            ("InstrumentationKey={key};IngestionEndpoint=hunter2", "not a URL"),
            (
                "InstrumentationKey={key};IngestionEndpoint=https://h.example/?hunter2",
                "/v2.1/track is put behind",
            ),
            (
                "InstrumentationKey={key};IngestionEndpoint=https://h.example/v2/track",
                "/v2.1/track is put behind",
            ),
            ("InstrumentationKey={key};IngestionEndpoint=https://u:hunter2@h.example", "not a URL"),
            ("InstrumentationKey={key};IngestionEndpoint=http://h.example", "without https"),
            ("InstrumentationKey={key};Authorization=hunter2", "other than ikey"),
            ("InstrumentationKey={key};AADAudience=https://hunter2.example", "AADAudience that is none of"),
        ] {
            let wrong = parse(&text.replace("{key}", KEY)).err().unwrap();
            assert!(wrong.contains(words), "{text}: {wrong}");
            assert!(!wrong.contains("hunter2") && !wrong.contains(KEY), "{wrong}");
        }
    }
}
