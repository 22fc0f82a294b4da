//! `[receive]` and `[admin]`: what we listen on, and whom we believe.
//!
//! An address other machines reach is refused when nobody would have to prove who they are, unless
//! the operator says `allow_open = true`. Names are not resolved: an address is what the program binds.

use super::table::{Table, Text};
use super::units::show_size;
use super::{Overrides, unique_name};
use crate::limits;
use crate::secret::Secret;
use std::net::SocketAddr;

/// Where requests come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receive {
    /// Addresses to listen on; never empty.
    pub listen: Vec<SocketAddr>,
    /// What may stand before `/v1/traces` in a URL: `""` or `/some/path`.
    pub base_paths: Vec<String>,
    /// Web origins whose pages may send, as browsers name them: `https://example.com`.
    pub cors_origins: Vec<String>,
    /// Bytes of one request on the wire.
    pub max_wire_bytes: usize,
    /// Bytes of one request, inflated.
    pub max_inflated_bytes: usize,
    /// Inflated bytes for one wire byte.
    pub max_inflate_ratio: usize,
    /// Bytes of all requests being worked on; at least [`max_inflated_bytes`](Self::max_inflated_bytes).
    pub max_in_flight_bytes: usize,
    /// Who may send. Empty: whoever reaches an address may.
    pub tokens: Vec<Token>,
}

/// A bearer token and the name of who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The principal; unique.
    pub name: String,
    /// The token: visible ASCII, unique, at least [`limits::TOKEN_BYTES`] long.
    pub token: Secret,
}

/// Health and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// The address, unless it is off.
    pub listen: Option<SocketAddr>,
}

impl Admin {
    /// Whether the address is nobody's choice, so that another will do when it is taken.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.listen == ADMIN_LISTEN.parse().ok()
    }
}

const LISTEN: [&str; 2] = ["127.0.0.1:4318", "127.0.0.1:4317"];
// Beside OTLP's own 4317 and 4318; 4320 is what OpAMP servers take.
const ADMIN_LISTEN: &str = "127.0.0.1:4319";

pub(super) fn read(table: &mut Table<'_>, overrides: &Overrides) -> Receive {
    let max_inflated_bytes = table.size("max_inflated_bytes", 1024..=1 << 30, limits::INFLATED_BYTES);
    let (tokens, tokens_written) = read_tokens(table);
    let may_be_open = table.boolean("allow_open", false) || tokens_written > 0;
    Receive {
        listen: read_listen(table, overrides, may_be_open),
        base_paths: read_base_paths(table),
        cors_origins: read_origins(table),
        max_wire_bytes: table.size("max_wire_bytes", 1024..=1 << 30, limits::WIRE_BYTES),
        max_inflated_bytes,
        max_inflate_ratio: table.number("max_inflate_ratio", 1..=10_000, limits::INFLATE_RATIO),
        max_in_flight_bytes: read_in_flight(table, max_inflated_bytes),
        tokens,
    }
}

pub(super) fn read_admin(table: &mut Table<'_>, receive: &Receive) -> Admin {
    let allow_open = table.boolean("allow_open", false);
    let Some(text) = table.text("listen") else { return Admin { listen: ADMIN_LISTEN.parse().ok() } };
    if text.value.as_str() == "off" {
        return Admin { listen: None };
    }
    let listen = text.parse(|value| address(value, &text.shown()));
    if let Some(listen) = listen {
        if receive.listen.contains(&listen) && listen.port() != 0 {
            text.refuse("is an address of receive.listen too; choose another port, or \"off\"");
        } else if !listen.ip().is_loopback() && !allow_open {
            text.refuse(
                "can be reached from other machines, and asks nobody who they are; \
                 listen on 127.0.0.1, or set admin.allow_open = true",
            );
        }
    }
    Admin { listen }
}

fn read_listen(table: &mut Table<'_>, overrides: &Overrides, may_be_open: bool) -> Vec<SocketAddr> {
    let written = table.texts("listen");
    if overrides.listen.is_empty() {
        let Some(written) = written else { return LISTEN.iter().filter_map(|a| a.parse().ok()).collect() };
        if written.is_empty() {
            table.report("listen", "is empty: name an address, such as \"127.0.0.1:4318\"");
        }
        return distinct(&written, |text| {
            text.parse(|value| listen_address(value, &text.shown(), may_be_open))
        });
    }
    let parse = |value: &String| {
        let parsed = listen_address(value, &format!("{value:?}"), may_be_open);
        parsed.map_err(|message| table.report_option("--listen", message)).ok()
    };
    overrides.listen.iter().filter_map(parse).collect()
}

fn listen_address(value: &str, shown: &str, may_be_open: bool) -> Result<SocketAddr, String> {
    let listen = address(value, shown)?;
    if listen.ip().is_loopback() || may_be_open {
        return Ok(listen);
    }
    Err(format!(
        "{shown} can be reached from other machines, and nobody would have to say who they are; \
         add a [[receive.tokens]], listen on 127.0.0.1, or set receive.allow_open = true"
    ))
}

fn address(value: &str, shown: &str) -> Result<SocketAddr, String> {
    let value =
        value.strip_prefix("localhost:").map_or_else(|| value.to_owned(), |port| format!("127.0.0.1:{port}"));
    value.parse().map_err(|_| format!("{shown} is not an address; write IP:PORT, such as \"127.0.0.1:4318\""))
}

fn read_tokens(table: &mut Table<'_>) -> (Vec<Token>, usize) {
    let mut tokens: Vec<Token> = Vec::new();
    let written = table.sections("tokens", |table| {
        let name = table.required_text("name");
        let name = name.and_then(|text| unique_name(&text, tokens.iter().map(|other| other.name.as_str())));
        let token = table.required_text("token").and_then(|text| unique_token(&text, &tokens));
        if let (Some(name), Some(token)) = (name, token) {
            tokens.push(Token { name, token });
        }
    });
    (tokens, written.len())
}

fn unique_token(text: &Text<'_>, tokens: &[Token]) -> Option<Secret> {
    let token = text.parse(bearer)?;
    if let Some(other) = tokens.iter().find(|other| other.token == token) {
        text.complain(&format!("is the token of {} too: nobody could tell them apart", other.name));
        return None;
    }
    Some(token)
}

fn bearer(value: &str) -> Result<Secret, String> {
    let token = value.trim();
    if token.is_empty() {
        return Err("is empty: everyone would have it".to_owned());
    }
    if token.len() < limits::TOKEN_BYTES {
        return Err(format!("is shorter than {}: it could be guessed", show_size(limits::TOKEN_BYTES)));
    }
    if !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("holds a space or something that is not ASCII: it could not stand in a header".to_owned());
    }
    Ok(Secret::new(token))
}

fn read_base_paths(table: &mut Table<'_>) -> Vec<String> {
    let Some(written) = table.texts("base_paths") else { return vec![String::new()] };
    if written.is_empty() {
        table.report("base_paths", "is empty: nothing could be sent; \"\" is the plain path");
    }
    distinct(&written, |text| {
        let sound = is_base_path(&text.value);
        if !sound {
            text.refuse("is not a base path; write \"\" or a path such as \"/api/public/otel\", without a / at its end");
        }
        sound.then(|| text.value.to_string())
    })
}

fn is_base_path(path: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
    let segment = |s: &str| !s.is_empty() && s != "." && s != ".." && s.bytes().all(allowed);
    path.is_empty() || path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(segment))
}

fn read_origins(table: &mut Table<'_>) -> Vec<String> {
    distinct(&table.texts("cors_origins").unwrap_or_default(), |text| {
        let value = text.value.as_str();
        let sound = value.split_once("://").is_some_and(|(scheme, host)| {
            !scheme.is_empty()
                && !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_graphic() && !b"/*?#@".contains(&b))
        });
        if value == "*" {
            text.refuse("would let every web page send to this proxy; name each origin");
        } else if !sound {
            text.refuse("is not an origin; write it as browsers do, such as \"https://example.com\"");
        }
        sound.then(|| value.to_owned())
    })
}

fn read_in_flight(table: &mut Table<'_>, max_inflated_bytes: usize) -> usize {
    let bytes = table.size("max_in_flight_bytes", 1024..=1 << 40, limits::IN_FLIGHT_BYTES);
    if bytes < max_inflated_bytes {
        let message = format!(
            "{} is less than receive.max_inflated_bytes ({}): such a request could never be taken",
            show_size(bytes),
            show_size(max_inflated_bytes)
        );
        table.report("max_in_flight_bytes", message);
    }
    bytes
}

/// What `parse` makes of each, and an error for one that is there already.
fn distinct<T: PartialEq>(written: &[Text<'_>], parse: impl Fn(&Text<'_>) -> Option<T>) -> Vec<T> {
    let mut all = Vec::new();
    for text in written {
        match parse(text) {
            Some(value) if all.contains(&value) => text.refuse("is listed twice"),
            Some(value) => all.push(value),
            None => {}
        }
    }
    all
}
