//! A certificate for a receiver on the loopback, made anew for each test: P-256, signed by itself. X.509 is written
//! by hand here (RFC 5280), because a crate that does it brings twenty-three others.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING as P256, EcdsaKeyPair, KeyPair as _};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// A certificate and what belongs to it.
pub(crate) struct Certificate {
    der: Vec<u8>,
    key: Vec<u8>,
}

const ECDSA_SHA256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const EC_PUBLIC_KEY: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const PRIME256V1: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const COMMON_NAME: &[u8] = &[6, 3, 0x55, 4, 3];
const SUBJECT_ALT_NAME: &[u8] = &[6, 3, 0x55, 0x1d, 0x11];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 2;
const BIT_STRING: u8 = 3;
const OCTET_STRING: u8 = 4;
const UTF8: u8 = 12;
const UTC_TIME: u8 = 23;

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut out = vec![tag];
    match body.len() {
        short @ 0..=127 => out.push(u8::try_from(short).unwrap()),
        long @ 128..=255 => out.extend([0x81, u8::try_from(long).unwrap()]),
        long => out.extend([0x82, u8::try_from(long >> 8).unwrap(), u8::try_from(long & 0xff).unwrap()]),
    }
    [out, body].concat()
}

impl Certificate {
    /// For a host of that name, from 2020 to 2049.
    pub(crate) fn of(host: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&P256, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&P256, pkcs8.as_ref(), &random).unwrap();
        let algorithm = der(SEQUENCE, &[ECDSA_SHA256]);
        let common_name = der(SEQUENCE, &[COMMON_NAME, &der(UTF8, &[b"blackbar test"])]);
        let name = der(SEQUENCE, &[&der(SET, &[&common_name])]);
        let times = [der(UTC_TIME, &[b"200101000000Z"]), der(UTC_TIME, &[b"491231000000Z"])];
        let validity = der(SEQUENCE, &[&times[0], &times[1]]);
        let point = der(BIT_STRING, &[&[0], pair.public_key().as_ref()]);
        let key = der(SEQUENCE, &[&der(SEQUENCE, &[EC_PUBLIC_KEY, PRIME256V1]), &point]);
        let names = der(OCTET_STRING, &[&der(SEQUENCE, &[&der(0x82, &[host.as_bytes()])])]);
        let extensions = der(SEQUENCE, &[&der(SEQUENCE, &[SUBJECT_ALT_NAME, &names])]);
        let (version, serial) = (der(0xa0, &[&der(INTEGER, &[&[2]])]), der(INTEGER, &[&[1]]));
        let extensions = der(0xa3, &[&extensions]);
        let signed =
            der(SEQUENCE, &[&version, &serial, &algorithm, &name, &validity, &name, &key, &extensions]);
        let signature = pair.sign(&random, &signed).unwrap();
        let signature = der(BIT_STRING, &[&[0], signature.as_ref()]);
        let der = der(SEQUENCE, &[&signed, &algorithm, &signature]);
        Self { der, key: pkcs8.as_ref().to_vec() }
    }

    pub(crate) fn pem(&self) -> String {
        let text = data_encoding::BASE64.encode(&self.der);
        let lines: Vec<_> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// What accepts connections with it.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(self.der.clone())], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}
