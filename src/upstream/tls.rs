//! Whom we believe over TLS: the machine's trust store, or a file of certificates in its place.

use super::NoTrustStore;
use hyper_rustls::ConfigBuilderExt as _;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// TLS 1.2 and 1.3, without a certificate of our own. Reads files.
///
/// # Errors
/// [`NoTrustStore`], if there is not one certificate to trust.
pub(crate) fn client(ca_file: Option<&Path>) -> Result<ClientConfig, NoTrustStore> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| NoTrustStore::Machine(io::Error::other(error)))?;
    let trusting = match ca_file {
        None => builder.with_native_roots().map_err(NoTrustStore::Machine)?,
        Some(file) => builder.with_root_certificates(roots(file)?),
    };
    Ok(trusting.with_no_client_auth())
}

/// What the certificate has to be for.
///
/// # Errors
/// [`NoTrustStore::Name`], if there can be no certificate for it.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, NoTrustStore> {
    ServerName::try_from(host.to_owned()).map_err(|_| NoTrustStore::Name)
}

fn roots(file: &Path) -> Result<RootCertStore, NoTrustStore> {
    let wrong = |reason: String| NoTrustStore::File { file: file.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(words(&error)))? {
        let certificate = certificate.map_err(|error| wrong(words(&error)))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("there is no certificate in it".to_owned()));
    }
    Ok(roots)
}

/// Nothing of the file: somebody may have named the one with the key.
fn words(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        _ => "it is not PEM".to_owned(),
    }
}
