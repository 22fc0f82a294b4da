//! Azure Monitor's native OTLP ingestion: HTTP, protobuf, gzip, one URL a signal, a token of Entra.
//!
//! The URLs are taken as they are: their parts have changed under one page of documentation, and what is in
//! them is not what is in the data collection rule
//! (<https://learn.microsoft.com/azure/azure-monitor/containers/opentelemetry-protocol-ingestion>).
//!
//! What an answer means differs from OTLP's table where a mistake can be put right and telemetry that was
//! accepted must not be lost to it:
//!
//! | status | what happens |
//! |---|---|
//! | 2xx | delivered; rejected records of a partial success are counted |
//! | 401 | the token is let go of, and another fetched |
//! | 403 | held and tried slowly: the role is missing, or not half an hour old |
//! | 404, 400 `InvalidStream` | held and tried slowly: there is no such rule or stream |
//! | 408, 429, 5xx, no answer | tried again, not before `Retry-After` |
//! | 413, or larger than [`Config::max_request_bytes`] | made smaller: fewer entries, fewer records, cut contents |
//! | any other | dropped, counted, and logged |

mod answer;

use super::otlp::{self, Post};
use super::runner::{Cause, Export, Request, Sent};
use crate::azure::{Credential, Tokens};
use crate::signal::Signal;
use crate::upstream::NoTrustStore;
use std::time::SystemTime;

/// Where to send, and as whom. Holds secrets: no `Debug`.
pub struct Config {
    /// The URLs, and how requests are made.
    pub otlp: otlp::Config,
    /// Who we are.
    pub credential: Credential,
    /// Bytes of one request before compression; nothing larger is sent.
    pub max_request_bytes: usize,
}

/// Sends to one data collection rule. Clones share connections and tokens.
#[derive(Clone)]
pub(super) struct AzureMonitor {
    post: Post,
    tokens: Tokens,
    max_request_bytes: usize,
}

impl AzureMonitor {
    pub(super) fn new(config: &Config) -> Result<Self, NoTrustStore> {
        let (post, tokens) = (Post::new(&config.otlp)?, Tokens::new(config.credential.clone())?);
        Ok(Self { post, tokens, max_request_bytes: config.max_request_bytes })
    }

    /// Whether the signal has an endpoint.
    pub(super) fn takes(&self, signal: Signal) -> bool {
        self.post.takes(signal)
    }

    /// Why there is no access token.
    pub(super) fn trouble(&self) -> Option<String> {
        self.tokens.trouble()
    }
}

impl Export for AzureMonitor {
    async fn send(&mut self, request: &Request) -> Sent {
        if request.redacted.bytes().len() > self.max_request_bytes {
            return Sent::TooLarge;
        }
        let Ok(bearer) = self.tokens.bearer().await else {
            return Sent::Retry { cause: Cause::NoToken, after: None };
        };
        match self.post.send(request, Some(&bearer.header)).await {
            None => Sent::Done { rejected: 0 },
            Some(Err(cause)) => Sent::Retry { cause, after: None },
            Some(Ok(answer)) => {
                if answer.status == http::StatusCode::UNAUTHORIZED {
                    self.tokens.refused(&bearer);
                }
                answer::classify(&answer, SystemTime::now())
            }
        }
    }
}
