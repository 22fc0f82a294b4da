//! JSON to a URL of the operator's, signed.
//!
//! The body is `{"alerts": [...]}`, each as it is in the file. With a secret the header `Blackbar-Signature` is
//! `t=SECONDS,v1=HEX`: HMAC-SHA-256 under the secret of the seconds, a dot and the body. Who receives it
//! computes the same, and takes nothing whose time is long past.

use super::http::{Post, settle};
use super::{Record, Sink, SinkError};
use crate::secret::Secret;
use crate::upstream::{Endpoint, NoTrustStore, SecretHeader};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

const SIGNATURE: HeaderName = HeaderName::from_static("blackbar-signature");

/// Where alerts go. Holds secrets: no `Debug`.
#[derive(Clone)]
pub struct WebhookConfig {
    /// The URL.
    pub url: Endpoint,
    /// Signs bodies.
    pub secret: Option<Secret>,
    /// Sent with every request.
    pub headers: Arc<[SecretHeader]>,
}

pub(in crate::alert) struct Webhook {
    post: Post,
    secret: Option<Secret>,
    headers: HeaderMap,
}

impl Webhook {
    pub(super) fn new(config: &WebhookConfig) -> Result<Self, NoTrustStore> {
        let headers = config.headers.iter().map(SecretHeader::pair).collect();
        Ok(Self { post: Post::new(&config.url, "application/json")?, secret: config.secret.clone(), headers })
    }
}

impl Sink for Webhook {
    async fn write(&mut self, records: &[Record], now: SystemTime) -> Result<(), SinkError> {
        let body = body(records, now);
        let mut headers = self.headers.clone();
        let signed = self.secret.as_ref().and_then(|secret| signature(secret, now, &body));
        headers.extend(signed.map(|signature| (SIGNATURE, signature)));
        settle(&self.post.send(body.into(), headers).await?, now)
    }
}

fn body(records: &[Record], now: SystemTime) -> Vec<u8> {
    let mut body = br#"{"alerts":["#.to_vec();
    for (at, record) in records.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        record.write_json(now, &mut body);
        body.pop_if(|byte| *byte == b'\n');
    }
    body.extend_from_slice(b"]}");
    body
}

fn signature(secret: &Secret, now: SystemTime, body: &[u8]) -> Option<HeaderValue> {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mac: Hmac<Sha256> = Hmac::new_from_slice(secret.expose()).ok()?;
    let digest = mac.chain_update(format!("{seconds}.")).chain_update(body).finalize().into_bytes();
    HeaderValue::from_str(&format!("t={seconds},v1={}", data_encoding::HEXLOWER.encode(&digest))).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::time::Duration;

    /// The same as `printf '1764313200.{"alerts":[]}' | openssl dgst -sha256 -hmac blackbar`.
    #[test]
    fn a_signature_can_be_checked_with_other_tools() {
        let now = UNIX_EPOCH + Duration::from_secs(1_764_313_200);
        let signature = signature(&Secret::new("blackbar"), now, &body(&[], now)).unwrap();
        assert_eq!(
            signature,
            "t=1764313200,v1=3169ed905073477e6fc2c0e2994011e98d52e43470533cc135102e10a3d82a98"
        );
    }
}
