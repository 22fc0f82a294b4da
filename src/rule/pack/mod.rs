//! Packs that somebody signed: a manifest of every file, and a signature over it.
//!
//! **Promise.** Bytes in, an answer out: nothing here reads a file, so what is verified is what is loaded.
//! A signature says who made a pack, and the manifest that nothing was added, taken away or changed. That it
//! is not an older one is for whoever remembers the last: see `app`.

mod manifest;
mod minisign;
#[cfg(test)]
mod tests;

pub use manifest::{Manifest, is_name};
pub use minisign::{KeyError, NEW_KEY_BYTES, PublicKey, SecretKey, SignatureError, verify};

/// The name of the manifest in its directory.
pub const MANIFEST: &str = "pack.manifest";

/// The name of the signature over it.
pub const SIGNATURE: &str = "pack.manifest.minisig";
