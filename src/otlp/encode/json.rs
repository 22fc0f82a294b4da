//! A writer of JSON objects, member by member. Leaves out what is empty, zero or false.

use data_encoding::{BASE64, HEXLOWER};
use std::io::Write as _;

/// What a signal has of its own.
pub(in crate::otlp) trait ToJson {
    /// Writes the members of a record.
    fn to_json(&self, out: &mut Object<'_>);
}

/// An object that is being written.
pub(in crate::otlp) struct Object<'w> {
    out: &'w mut Vec<u8>,
    empty: bool,
}

impl<'w> Object<'w> {
    pub(super) fn open(out: &'w mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    pub(super) fn close(self) {
        self.out.push(b'}');
    }

    /// A string, unless it is empty.
    pub(super) fn text(&mut self, name: &'static str, text: &str) {
        if !text.is_empty() {
            self.any_text(name, text);
        }
    }

    /// A string, also an empty one.
    pub(super) fn any_text(&mut self, name: &'static str, value: &str) {
        text(self.member(name), value);
    }

    /// An id in hex, unless it is empty.
    pub(super) fn id(&mut self, name: &'static str, id: &[u8]) {
        if !id.is_empty() {
            let out = self.member(name);
            out.push(b'"');
            let _ = HEXLOWER.encode_write(id, &mut Bytes(out));
            out.push(b'"');
        }
    }

    /// Bytes in base64, also none.
    pub(super) fn any_base64(&mut self, name: &'static str, bytes: &[u8]) {
        let out = self.member(name);
        out.push(b'"');
        let _ = BASE64.encode_write(bytes, &mut Bytes(out));
        out.push(b'"');
    }

    /// A 64-bit integer as a string, unless it is zero.
    pub(super) fn long(&mut self, name: &'static str, int: u64) {
        if int != 0 {
            long(self.member(name), int);
        }
    }

    /// A signed 64-bit integer as a string, also zero.
    pub(super) fn any_long(&mut self, name: &'static str, int: i64) {
        long(self.member(name), int);
    }

    /// A 32-bit integer or enum, unless it is zero.
    pub(super) fn int(&mut self, name: &'static str, int: impl Into<i64>) {
        let int = int.into();
        if int != 0 {
            let _ = write!(self.member(name), "{int}");
        }
    }

    /// A boolean, unless it is false.
    pub(super) fn bool(&mut self, name: &'static str, bool: bool) {
        if bool {
            self.any_bool(name, true);
        }
    }

    /// A boolean, also false.
    pub(super) fn any_bool(&mut self, name: &'static str, bool: bool) {
        let _ = write!(self.member(name), "{bool}");
    }

    /// A double, unless it is zero. Minus zero is not.
    pub(super) fn double(&mut self, name: &'static str, double: f64) {
        if double.to_bits() != 0 {
            self.any_double(name, double);
        }
    }

    /// A double, also zero.
    pub(super) fn any_double(&mut self, name: &'static str, value: f64) {
        double(self.member(name), value);
    }

    /// A double that may be absent.
    pub(super) fn some_double(&mut self, name: &'static str, value: Option<f64>) {
        if let Some(value) = value {
            self.any_double(name, value);
        }
    }

    /// 64-bit integers, unless there are none.
    pub(super) fn longs(&mut self, name: &'static str, ints: &[u64]) {
        self.array(name, ints, |out, int| long(out, *int));
    }

    /// Doubles, unless there are none.
    pub(super) fn doubles(&mut self, name: &'static str, doubles: &[f64]) {
        self.array(name, doubles, |out, value| double(out, *value));
    }

    /// Strings, unless there are none.
    pub(super) fn texts(&mut self, name: &'static str, texts: &[String]) {
        self.array(name, texts, |out, value| text(out, value));
    }

    /// A message, if there is one, also an empty one.
    pub(super) fn message<T>(
        &mut self,
        name: &'static str,
        message: Option<&T>,
        write: impl FnOnce(&mut Object<'_>, &T),
    ) {
        if let Some(message) = message {
            object(self.member(name), message, write);
        }
    }

    /// Messages, unless there are none.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        list: &[T],
        mut write: impl FnMut(&mut Object<'_>, &T),
    ) {
        self.array(name, list, |out, item| object(out, item, &mut write));
    }

    fn array<T>(&mut self, name: &'static str, list: &[T], write: impl FnMut(&mut Vec<u8>, &T)) {
        if !list.is_empty() {
            array(self.member(name), list, write);
        }
    }

    fn member(&mut self, name: &'static str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }
}

/// A list that is not empty.
pub(super) fn array<T>(out: &mut Vec<u8>, list: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    let mut before = b'[';
    for item in list {
        out.push(before);
        write(out, item);
        before = b',';
    }
    out.push(b']');
}

pub(super) fn object<T>(out: &mut Vec<u8>, message: &T, write: impl FnOnce(&mut Object<'_>, &T)) {
    let mut object = Object::open(out);
    write(&mut object, message);
    object.close();
}

fn long(out: &mut Vec<u8>, int: impl std::fmt::Display) {
    let _ = write!(out, "\"{int}\"");
}

/// The shortest digits that read back as the same double.
pub(super) fn double(out: &mut Vec<u8>, double: f64) {
    let _ = if double.is_nan() {
        out.write_all(b"\"NaN\"")
    } else if double.is_infinite() {
        out.write_all(if double > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" })
    } else {
        write!(out, "{double:?}")
    };
}

/// A string between quotes. Only quotes, backslashes and control characters need an escape.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, 0..=0x1F | b'"' | b'\\')) {
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else { break };
        escape(out, *byte);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0C => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            let _ = write!(out, "\\u{byte:04x}");
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

/// `data_encoding` writes text; what it writes is ASCII.
struct Bytes<'w>(&'w mut Vec<u8>);

impl std::fmt::Write for Bytes<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
