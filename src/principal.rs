//! Who sent a request, as far as we checked it ourselves.

use std::fmt;
use std::sync::Arc;

/// The name of an authenticated sender: the name an operator gave to a token, never anything a sender
/// wrote. It is known before a body is read, travels with the payload, and cannot be spoofed by it.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Principal(Option<Arc<str>>);

impl Principal {
    /// A sender the configuration has a name for.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(Some(Arc::from(name)))
    }

    /// A sender on a listener that asks for no authentication.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self(None)
    }

    /// The name, if one was proven.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("anonymous"))
    }
}
