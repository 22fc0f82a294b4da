//! Microsoft Sentinel: rows into `ASimAlertEventLogs` through the Logs Ingestion API, for an analytics rule to
//! lift (<https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview>).
//!
//! The service does not take a row twice as one: `EventUid` is the same when a row is sent again.

use super::http::{Post, settle};
use super::{Cause, Record, Sink, SinkError, asim};
use crate::azure::{Credential, Tokens};
use crate::limits;
use crate::upstream::{Endpoint, NoTrustStore, gzipped};
use http::header::{AUTHORIZATION, CONTENT_ENCODING};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::io;
use std::time::SystemTime;

/// Where rows go, and as whom. Holds secrets: no `Debug`.
#[derive(Clone)]
pub struct SentinelConfig {
    /// `{endpoint}/dataCollectionRules/{rule}/streams/{stream}?api-version=2023-01-01`
    pub url: Endpoint,
    /// Who we are.
    pub credential: Credential,
}

pub(in crate::alert) struct Sentinel {
    post: Post,
    tokens: Tokens,
}

impl Sentinel {
    pub(super) fn new(config: &SentinelConfig) -> Result<Self, NoTrustStore> {
        Ok(Self {
            post: Post::new(&config.url, "application/json")?,
            tokens: Tokens::new(config.credential.clone())?,
        })
    }
}

impl Sentinel {
    /// Why there is no access token.
    pub(super) fn trouble(&self) -> Option<String> {
        self.tokens.trouble()
    }
}

impl Sink for Sentinel {
    async fn write(&mut self, records: &[Record], now: SystemTime) -> Result<(), SinkError> {
        let rows: Vec<_> = records.iter().map(|record| asim::row(record, now)).collect();
        let body = serde_json::to_vec(&rows).unwrap_or_default();
        if body.len() > limits::INGESTION_BYTES {
            return Err(SinkError::TooLarge);
        }
        let Ok(bearer) = self.tokens.bearer().await else {
            return Err(SinkError::Retry { cause: Cause::NoToken, after: None });
        };
        let retry = |error: io::Error| SinkError::Retry { cause: Cause::Write(error.kind()), after: None };
        let body = gzipped(&body, 1).map_err(retry)?;
        let coding = (CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        let headers = HeaderMap::from_iter([coding, (AUTHORIZATION, bearer.header.clone())]);
        let answer = self.post.send(body, headers).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            self.tokens.refused(&bearer);
        }
        settle(&answer, now)
    }
}
