//! What of a document is shown once more: under a name that stands beside it or above it, or as it stands, where it is a
//! secret as a whole or one of its members tells what another is.
//!
//! Each way pays for what it shows, so that all of them cost little more than the text.

use super::super::map::Source;
use super::super::{At, Form, NodeId, Opened, holder};
use super::{Container, LONGEST_PAIRED, Reader, is_name};
use std::ops::Range;

/// Elements of an array that may be a secret each.
const FEW: u32 = 8;

/// Words of a phrase (BIP-39), and bytes of an Ed25519 key with its public half.
const PHRASES: [u32; 5] = [12, 15, 18, 21, 24];
const BYTES: u32 = 64;

/// Bytes of the longest object around a value that is shown as it stands.
const LONGEST_TOLD: usize = 512;

/// Bytes of the longest key in JSON: one of RSA with 16384 bits has as many.
const LONGEST_JWK: usize = 16 << 10;

impl Reader<'_, '_> {
    /// Shows the second of two strings under the name that the first may be: `["X-Api-Key", "..."]` in a list of
    /// such pairs.
    pub(super) fn pair(&mut self, array: &Container) {
        let is_listed = self.containers.last().is_some_and(|_| self.opened.is_index(array.node));
        let (true, Some([name, value])) = (is_listed && array.elements == 2, self.words.get(array.words..))
        else {
            return;
        };
        let (name, value) = (name.clone(), value.clone());
        let is_value =
            value.len() <= LONGEST_PAIRED && self.opened.text.get(value.clone()).is_some_and(is_no_word);
        if is_value && self.opened.text.get(name.clone()).is_some_and(is_name) {
            self.opened.call(array.node, &name);
            self.opened.show_again(self.top, array.node, &value);
        }
    }

    /// Where a container stands that ends here.
    const fn whole(&self, container: &Container) -> Range<usize> {
        container.start..self.at + 1
    }

    /// Shows a key as it stands (RFC 7517): `d` says nothing, and beside `kty` it is all of a private key.
    pub(super) fn jwk(&mut self, object: &Container) {
        let whole = self.whole(object);
        let is_key = object.is_jwk && self.is_text && whole.len() <= LONGEST_JWK;
        // No key holds another: nothing is shown twice.
        if is_key && whole.start >= self.jwk_end && self.opened.spend(whole.len()) {
            self.jwk_end = whole.end;
            let at = At { node: object.node, ..*self.top };
            self.opened.part(&at, Form::Text, |text, map| map.copy(text, at.source, &whole));
        }
    }

    /// Shows an object as it stands in which one member tells what the value of another is. Not one with a number, which
    /// would be blacked out without quotes.
    pub(super) fn told(&mut self, object: &mut Container) {
        let whole = self.whole(object);
        let is_told = self.is_text && object.is_told && !object.has_number && whole.len() <= LONGEST_TOLD;
        // What was shown of it already is half of it at most: so all of them cost little more than the text.
        if is_told && 2 * object.shown <= whole.len() && self.opened.spend(whole.len()) {
            object.shown += whole.len();
            let source = self.top.source;
            self.opened.part_called(object.node, b"", |text, map| map.copy(text, source, &whole));
        }
    }

    /// Shows an array that may be one secret under its name: the bytes of a key, the words of a phrase. As a value: one
    /// placeholder stands for all of it.
    pub(super) fn list(&mut self, array: &Container) {
        let whole = self.whole(array);
        if !self.is_text || whole.len() > LONGEST_TOLD {
            return;
        }
        let inside = self.top.source.slice(&whole);
        let is_list = match array.elements {
            BYTES => {
                let mut runs = inside.split(|byte| !byte.is_ascii_digit());
                runs.all(|run| run.len() <= 3)
                    && inside.iter().all(|byte| byte.is_ascii_digit() || b"[], \t\r\n".contains(byte))
            }
            words => {
                PHRASES.contains(&words)
                    && inside.iter().all(|byte| byte.is_ascii_lowercase() || b"[]\"', \t\r\n".contains(byte))
            }
        };
        if is_list && self.opened.spend(whole.len()) {
            let at = At { node: array.node, ..*self.top };
            let quotes = Some(u8::try_from(self.depth).unwrap_or(u8::MAX));
            self.opened.part(&at, Form::Bare { quotes }, |text, map| map.copy(text, at.source, &whole));
        }
    }

    /// Whether a leaf is an element of an array that is one itself, or that has many: words, as the tokens of a text.
    fn is_one_of_many(&self, node: NodeId) -> bool {
        let array = self.containers.last().filter(|_| self.opened.is_index(node));
        array.is_some_and(|array| array.elements > FEW || self.opened.is_index(array.node))
    }

    /// Shows a leaf once more under the names that it stands below.
    pub(super) fn below(&mut self, node: NodeId, inside: &Range<usize>) {
        let Some(Container { holder, .. }) = self.containers.last().filter(|above| !above.holder.is_empty())
        else {
            return;
        };
        let name = holder::below(holder, self.opened.own_name(node, b""));
        if !name.contains(&b'.') || inside.len() > LONGEST_PAIRED || self.is_one_of_many(node) {
            return;
        }
        if !self.opened.spend(name.len() + inside.len()) {
            return;
        }
        let decode = self.decode(inside);
        self.opened.part_called(node, &name, decode);
    }

    /// Shows a leaf once more, now that it has a name. Many names may stand beside one value, so that is paid for.
    pub(super) fn again(&mut self, node: NodeId, name: &Range<usize>, inside: &Range<usize>) {
        if !self.opened.spend(inside.len()) {
            return;
        }
        self.opened.call(node, name);
        let decode = self.decode(inside);
        self.opened.part(&At { node, ..*self.top }, Form::Text, decode);
    }
}

/// Whether there is more in a text than letters: of `["password", "varchar"]` the second is a type, or a translation.
fn is_no_word(text: &[u8]) -> bool {
    text.iter().any(|byte| byte.is_ascii() && !byte.is_ascii_alphabetic() && !b"_- ".contains(byte))
}

impl Opened {
    /// Shows what stands in the scan text once more, under the name of a node.
    fn show_again(&mut self, top: &At<'_>, node: NodeId, shown: &Range<usize>) {
        let (mut bytes, mut map) = self.spare();
        map.copy(&mut bytes, &Source::decoded(&self.text, &self.map), shown);
        if self.spend(bytes.len()) {
            let source = Source::decoded(&bytes, &map);
            let at = At { source: &source, node, ..*top };
            self.part(&at, Form::Text, |text, map| map.copy(text, &source, &(0..bytes.len())));
        }
        self.spare.push((bytes, map));
    }
}
