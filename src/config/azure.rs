//! `auth`: who an exporter or sink is to Entra.
//!
//! What is not written is taken from the environment that Azure's platforms set (`IDENTITY_ENDPOINT`,
//! `AZURE_CLIENT_ID`, ...), which is read here and nowhere else.

use super::table::Table;
use crate::azure::{AppService, ClientSecret, Credential, Imds, WorkloadIdentity};
use crate::secret::Secret;
use crate::upstream::Endpoint;
use std::path::PathBuf;

const IMDS: &str = "http://169.254.169.254";

const PUBLIC_CLOUD: &str = "https://login.microsoftonline.com";

#[derive(Clone, Copy)]
enum Auth {
    ManagedIdentity,
    WorkloadIdentity,
    ClientSecret,
    Bearer,
}

const AUTHS: [(&str, Auth); 4] = [
    ("managed_identity", Auth::ManagedIdentity),
    ("workload_identity", Auth::WorkloadIdentity),
    ("client_secret", Auth::ClientSecret),
    ("bearer", Auth::Bearer),
];

/// The credential of a table, from its key `auth` and those that belong to it.
pub(super) fn read(table: &mut Table<'_>) -> Option<Credential> {
    match table.required_text("auth")?.choice(&AUTHS)? {
        Auth::ManagedIdentity => managed_identity(table),
        Auth::WorkloadIdentity => workload_identity(table),
        Auth::ClientSecret => client_secret(table),
        Auth::Bearer => {
            let token = table.required_text("token")?;
            if token.value.trim().is_empty() {
                token.complain("is empty");
            }
            Some(Credential::Bearer(Secret::new(token.value.trim())))
        }
    }
}

fn managed_identity(table: &mut Table<'_>) -> Option<Credential> {
    let client_id = text(table, "client_id", None);
    if let (Some(endpoint), Some(header)) =
        (table.variable("IDENTITY_ENDPOINT"), table.variable("IDENTITY_HEADER"))
    {
        let endpoint = from_environment(table, "IDENTITY_ENDPOINT", &endpoint)?;
        return Some(Credential::AppService(AppService { endpoint, header: Secret::new(header), client_id }));
    }
    // The same variable moves it in Microsoft's own clients.
    let host = table.variable("AZURE_POD_IDENTITY_AUTHORITY_HOST").unwrap_or_else(|| IMDS.to_owned());
    let url = format!("{}/metadata/identity/oauth2/token", host.trim_end_matches('/'));
    let endpoint = from_environment(table, "AZURE_POD_IDENTITY_AUTHORITY_HOST", &url)?;
    Some(Credential::Imds(Imds { endpoint, client_id }))
}

fn workload_identity(table: &mut Table<'_>) -> Option<Credential> {
    let endpoint = token_endpoint(table);
    let client_id = required(table, "client_id", "AZURE_CLIENT_ID");
    let token_file = required(table, "token_file", "AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from);
    let workload = WorkloadIdentity { endpoint: endpoint?, client_id: client_id?, token_file: token_file? };
    Some(Credential::WorkloadIdentity(workload))
}

fn client_secret(table: &mut Table<'_>) -> Option<Credential> {
    let endpoint = token_endpoint(table);
    let client_id = required(table, "client_id", "AZURE_CLIENT_ID");
    let secret = required(table, "client_secret", "AZURE_CLIENT_SECRET").map(Secret::new);
    Some(Credential::ClientSecret(ClientSecret {
        endpoint: endpoint?,
        client_id: client_id?,
        secret: secret?,
    }))
}

/// `{authority}/{tenant}/oauth2/v2.0/token`.
fn token_endpoint(table: &mut Table<'_>) -> Option<Endpoint> {
    let tenant = required(table, "tenant_id", "AZURE_TENANT_ID");
    let host = text(table, "authority_host", Some("AZURE_AUTHORITY_HOST"));
    let host = host.unwrap_or_else(|| PUBLIC_CLOUD.to_owned());
    let tenant = tenant?;
    if !tenant.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')) {
        table.report("tenant_id", "is not a tenant: write its id, or a domain of it");
        return None;
    }
    match endpoint(&format!("{}/{tenant}/oauth2/v2.0/token", host.trim_end_matches('/'))) {
        Ok(endpoint) => Some(endpoint),
        Err(wrong) => {
            table.report("authority_host", wrong);
            None
        }
    }
}

fn from_environment(table: &Table<'_>, variable: &str, url: &str) -> Option<Endpoint> {
    // Plain HTTP is how both are offered: the address is on the machine itself.
    let endpoint = Endpoint::full(url);
    if endpoint.is_err() {
        table.report("auth", format!("the environment's {variable} is not a URL"));
    }
    endpoint.ok()
}

/// A URL that secrets are sent to.
fn endpoint(url: &str) -> Result<Endpoint, String> {
    let endpoint = Endpoint::full(url).map_err(|error| error.to_string())?;
    match endpoint.is_plain_to_others() {
        true => Err("must begin with https://: a secret is sent there".to_owned()),
        false => Ok(endpoint),
    }
}

fn text(table: &mut Table<'_>, key: &'static str, variable: Option<&str>) -> Option<String> {
    let written = table.text(key).map(|text| text.value.trim().to_owned());
    written.or_else(|| table.variable(variable?)).filter(|value| !value.is_empty())
}

fn required(table: &mut Table<'_>, key: &'static str, variable: &str) -> Option<String> {
    let value = text(table, key, Some(variable));
    if value.is_none() {
        table.report(key, format!("is missing, and so is {variable} in the environment"));
    }
    value
}
