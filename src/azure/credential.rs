//! Who we are to Entra, and the request that asks for a token as that.

use super::Trouble;
use crate::secret::Secret;
use crate::upstream::Endpoint;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What a token is for: the same for every endpoint of Azure Monitor, but in sovereign clouds.
/// <https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview>
pub const RESOURCE: &str = "https://monitor.azure.com";

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// Who we are to Entra. Holds secrets.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// The identity of an App Service or Container App.
    AppService(AppService),
    /// The identity of a virtual machine or node.
    Imds(Imds),
    /// A token of another issuer, Kubernetes mostly, that Entra trusts.
    WorkloadIdentity(WorkloadIdentity),
    /// A secret of an app registration.
    ClientSecret(ClientSecret),
    /// A token that is given, and never changes.
    Bearer(Secret),
}

/// <https://learn.microsoft.com/azure/container-apps/managed-identity>, "REST endpoint reference".
#[derive(Clone, PartialEq, Eq)]
pub struct AppService {
    /// `IDENTITY_ENDPOINT`.
    pub endpoint: Endpoint,
    /// `IDENTITY_HEADER`.
    pub header: Secret,
    /// Of a user-assigned identity.
    pub client_id: Option<String>,
}

/// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>
#[derive(Clone, PartialEq, Eq)]
pub struct Imds {
    /// `http://169.254.169.254/metadata/identity/oauth2/token`, but in tests.
    pub endpoint: Endpoint,
    /// Of a user-assigned identity.
    pub client_id: Option<String>,
}

/// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>, third case.
#[derive(Clone, PartialEq, Eq)]
pub struct WorkloadIdentity {
    /// `{authority}/{tenant}/oauth2/v2.0/token`.
    pub endpoint: Endpoint,
    /// Of the app registration or identity.
    pub client_id: String,
    /// Read for every request: the file is rotated.
    pub token_file: PathBuf,
}

/// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>, first case.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret {
    /// `{authority}/{tenant}/oauth2/v2.0/token`.
    pub endpoint: Endpoint,
    /// Of the app registration.
    pub client_id: String,
    /// Its secret.
    pub secret: Secret,
}

/// Tells the kind alone.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A request for a token.
pub(super) struct TokenRequest {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Credential {
    /// The endpoint that is asked, if one is.
    pub(super) const fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::AppService(from) => Some(&from.endpoint),
            Self::Imds(from) => Some(&from.endpoint),
            Self::WorkloadIdentity(from) => Some(&from.endpoint),
            Self::ClientSecret(from) => Some(&from.endpoint),
            Self::Bearer(_) => None,
        }
    }

    /// What it is called, for people.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AppService(_) => "managed identity of the app",
            Self::Imds(_) => "managed identity of the machine",
            Self::WorkloadIdentity(_) => "workload identity",
            Self::ClientSecret(_) => "client secret",
            Self::Bearer(_) => "bearer token",
        }
    }

    /// What to look at when nobody answers.
    pub(super) const fn hint(&self) -> &'static str {
        match self {
            Self::AppService(_) => "is a managed identity assigned to this app?",
            Self::Imds(_) => "is this a machine in Azure, and may it reach 169.254.169.254?",
            Self::WorkloadIdentity(_) | Self::ClientSecret(_) => "may this machine reach the authority host?",
            Self::Bearer(_) => "a bearer token is never asked for",
        }
    }

    /// The request for a token for a resource; `None` for a token that is given. Blocks: reads the file of a
    /// federated token.
    pub(super) fn request(&self, resource: &str) -> Result<Option<TokenRequest>, Trouble> {
        match self {
            Self::AppService(from) => {
                let header = (HeaderName::from_static("x-identity-header"), sensitive(from.header.expose())?);
                Ok(Some(get(&from.endpoint, resource, from.client_id.as_deref(), header)?))
            }
            Self::Imds(from) => {
                let header = (HeaderName::from_static("metadata"), HeaderValue::from_static("true"));
                Ok(Some(get(&from.endpoint, resource, from.client_id.as_deref(), header)?))
            }
            Self::WorkloadIdentity(from) => {
                let read = std::fs::read_to_string(&from.token_file);
                let assertion = Zeroizing::new(read.map_err(|error| Trouble::File(error.kind()))?);
                let fields = [
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", assertion.trim()),
                ];
                Ok(Some(post(&from.endpoint, resource, &from.client_id, &fields)))
            }
            Self::ClientSecret(from) => {
                let secret = std::str::from_utf8(from.secret.expose())
                    .map_err(|_| refused("the client secret is not text"))?;
                Ok(Some(post(&from.endpoint, resource, &from.client_id, &[("client_secret", secret)])))
            }
            Self::Bearer(_) => Ok(None),
        }
    }
}

fn refused(reason: &str) -> Trouble {
    Trouble::Refused { reason: reason.to_owned() }
}

fn sensitive(value: &[u8]) -> Result<HeaderValue, Trouble> {
    let mut value =
        HeaderValue::from_bytes(value).map_err(|_| refused("IDENTITY_HEADER is not a header value"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn get(
    endpoint: &Endpoint,
    resource: &str,
    client_id: Option<&str>,
    header: (HeaderName, HeaderValue),
) -> Result<TokenRequest, Trouble> {
    let mut fields = vec![("api-version", "2019-08-01"), ("resource", resource)];
    fields.extend(client_id.map(|id| ("client_id", id)));
    let uri = endpoint
        .with_query(&encoded(&fields))
        .ok_or_else(|| refused("the identity endpoint is not a URL"))?;
    Ok(TokenRequest { method: Method::GET, uri, headers: HeaderMap::from_iter([header]), body: Bytes::new() })
}

fn post(endpoint: &Endpoint, resource: &str, client_id: &str, proof: &[(&str, &str)]) -> TokenRequest {
    let scope = format!("{resource}/.default");
    let mut fields =
        vec![("client_id", client_id), ("scope", scope.as_str()), ("grant_type", "client_credentials")];
    fields.extend_from_slice(proof);
    TokenRequest {
        method: Method::POST,
        uri: endpoint.uri().clone(),
        headers: HeaderMap::from_iter([(CONTENT_TYPE, FORM)]),
        body: encoded(&fields).into(),
    }
}

/// `application/x-www-form-urlencoded`: all but the unreserved characters of RFC 3986 as `%XX`.
fn encoded(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (at, (name, value)) in fields.iter().enumerate() {
        if at > 0 {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    text.push(char::from(byte))
                }
                _ => {
                    text.push('%');
                    text.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::full(url).unwrap()
    }

    fn request(credential: &Credential) -> (Method, String, String) {
        let Some(request) = credential.request(RESOURCE).ok().flatten() else { unreachable!() };
        (request.method, request.uri.to_string(), String::from_utf8(request.body.to_vec()).unwrap())
    }

    #[test]
    fn each_identity_is_asked_for_as_it_is_documented() {
        let resource = "resource=https%3A%2F%2Fmonitor.azure.com";
        let app = |client_id: Option<&str>| {
            let (endpoint, client_id) =
                (endpoint("http://127.0.0.1:42356/msi/token"), client_id.map(str::to_owned));
            Credential::AppService(AppService { endpoint, header: Secret::new("secret"), client_id })
        };
        let base = "http://127.0.0.1:42356/msi/token?api-version=2019-08-01&";
        assert_eq!(request(&app(None)), (Method::GET, format!("{base}{resource}"), String::new()));
        let user = format!("{base}{resource}&client_id=c1");
        assert_eq!(request(&app(Some("c1"))), (Method::GET, user, String::new()));
        let header = &app(None).request(RESOURCE).unwrap().unwrap().headers["x-identity-header"].clone();
        assert!(header == "secret" && header.is_sensitive());

        let (endpoint_of, client_id) =
            (endpoint("http://169.254.169.254/metadata/identity/oauth2/token"), None);
        let imds = Credential::Imds(Imds { endpoint: endpoint_of, client_id });
        let uri = format!(
            "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2019-08-01&{resource}"
        );
        assert_eq!(request(&imds), (Method::GET, uri, String::new()));
        assert_eq!(imds.request(RESOURCE).unwrap().unwrap().headers["metadata"], "true");

        let url = "https://login.microsoftonline.com/t1/oauth2/v2.0/token";
        let (client_id, secret) = ("c1".to_owned(), Secret::new("se&cr=et+1~"));
        let secret = Credential::ClientSecret(ClientSecret { endpoint: endpoint(url), client_id, secret });
        let form =
            "client_id=c1&scope=https%3A%2F%2Fmonitor.azure.com%2F.default&grant_type=client_credentials";
        let with_secret = format!("{form}&client_secret=se%26cr%3Det%2B1~");
        assert_eq!(request(&secret), (Method::POST, url.to_owned(), with_secret));

        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "a.b.c\n").unwrap();
        let (client_id, token_file) = ("c1".to_owned(), file.path().to_owned());
        let workload = WorkloadIdentity { endpoint: endpoint(url), client_id, token_file };
        let assertion = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c";
        let workload = Credential::WorkloadIdentity(workload);
        assert_eq!(request(&workload), (Method::POST, url.to_owned(), format!("{form}&{assertion}")));
        drop(file);
        assert!(matches!(workload.request(RESOURCE), Err(Trouble::File(std::io::ErrorKind::NotFound))));
        assert!(Credential::Bearer(Secret::new("x")).request(RESOURCE).unwrap().is_none());
    }
}
