//! Access tokens of Microsoft Entra, for everything that is sent to Azure.
//!
//! **Promise.** [`Tokens::bearer`] gives a token that is good now. It is fetched by one caller at a time,
//! anew some five minutes before it expires while the old one is still used, and again when the service
//! says it is not accepted. While there is none, whoever asks is told why in words, and nothing is lost: an
//! exporter tries again.
//!
//! **Bias.** A token, a secret or an assertion is never printed, and nothing of what Entra answers but its
//! error number: descriptions quote what was sent. Our own copies are wiped when they are let go of; buffers of
//! the HTTP client are not.
//!
//! The requests are written by hand, four of them, each a page of Microsoft's documentation (the sources are
//! at each). Considered and not done: the `azure_identity` crate (a hundred crates with a second HTTP client
//! and a second crypto library, and every sender waits while it refreshes).

mod answer;
mod credential;
mod tokens;

pub use credential::{AppService, ClientSecret, Credential, Imds, RESOURCE, WorkloadIdentity};
pub(crate) use tokens::{Bearer, Tokens};

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// The token service did not answer.
    #[error("no access token: the token service does not answer; {hint}")]
    Silent {
        /// What to look at.
        hint: &'static str,
    },
    /// It said no.
    #[error("no access token: {reason}")]
    Refused {
        /// Why, in our words.
        reason: String,
    },
    /// It said something else.
    #[error("no access token: the token service answered something that is not a token")]
    Garbled,
    /// The file of the federated token cannot be read.
    #[error("no access token: cannot read the federated token file ({0})")]
    File(std::io::ErrorKind),
}
