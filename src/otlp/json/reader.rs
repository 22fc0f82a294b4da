//! What lies between JSON and messages: objects by member, lists, and scalars in every spelling.

use super::Read;
use super::lexer::{Kind, Lexer};
use crate::otlp::{DecodeError, any_value::deeper};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::FromStr;

pub(in crate::otlp) struct Reader<'a> {
    lexer: Lexer<'a>,
    /// The way here, for errors: left standing where one happens.
    trail: Vec<Step>,
    /// Arrays and kvlists around this place.
    depth: usize,
    /// A member was passed over.
    strange: bool,
    /// Bytes of messages that may still be made.
    budget: usize,
}

enum Step {
    Field(&'static str),
    Index(usize),
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let budget = crate::otlp::budget(bytes.len());
        Self { lexer: Lexer::new(bytes), trail: Vec::with_capacity(32), depth: 0, strange: false, budget }
    }

    /// Whether a member was passed over because nothing is called that.
    pub(super) const fn met_strangers(&self) -> bool {
        self.strange
    }

    pub(super) fn end(&mut self) -> Read<()> {
        self.lexer.end()
    }

    /// Reads an object: gives each member's name, in lowerCamelCase, to `member`, which reads its value.
    /// A member that is `null` is as good as absent.
    pub(super) fn object(&mut self, mut member: impl FnMut(&mut Self, &str) -> Read<()>) -> Read<()> {
        if self.lexer.kind()? != Kind::Object {
            return self.expected("an object");
        }
        self.lexer.open()?;
        let mut first = true;
        while self.lexer.next(first, b'}')? {
            first = false;
            let name = self.lexer.name()?;
            if !self.null()? {
                let mut buffer = [0; NAME];
                member(self, camel(&name, &mut buffer))?;
            }
        }
        Ok(())
    }

    /// A member nothing is called like: passed over, and remembered.
    pub(super) fn stranger(&mut self) -> Read<()> {
        self.strange = true;
        self.lexer.skip()
    }

    /// A field: of two members of its name the last one wins.
    pub(super) fn field<T>(
        &mut self,
        name: &'static str,
        slot: &mut T,
        read: impl FnOnce(&mut Self) -> Read<T>,
    ) -> Read<()> {
        self.trail.push(Step::Field(name));
        *slot = read(self)?;
        self.trail.pop();
        Ok(())
    }

    /// A field that may be absent.
    pub(super) fn some<T>(
        &mut self,
        name: &'static str,
        slot: &mut Option<T>,
        read: impl FnOnce(&mut Self) -> Read<T>,
    ) -> Read<()> {
        self.field(name, slot, |reader| read(reader).map(Some))
    }

    /// A repeated field: a second member of its name is appended, as protobuf does it.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        slot: &mut Vec<T>,
        mut read: impl FnMut(&mut Self) -> Read<T>,
    ) -> Read<()> {
        self.trail.push(Step::Field(name));
        self.array(|reader| {
            if !reader.null()? {
                reader.spend(size_of::<T>())?;
                slot.push(read(reader)?);
            }
            Ok(())
        })?;
        self.trail.pop();
        Ok(())
    }

    /// An array, element by element.
    pub(super) fn array(&mut self, mut element: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        if self.lexer.kind()? != Kind::Array {
            return self.expected("an array");
        }
        self.lexer.open()?;
        let mut index = 0;
        while self.lexer.next(index == 0, b']')? {
            self.trail.push(Step::Index(index));
            element(self)?;
            self.trail.pop();
            index += 1;
        }
        Ok(())
    }

    /// One array or kvlist further down.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        let outside = self.depth;
        self.depth = deeper(outside)?;
        let inside = read(self)?;
        self.depth = outside;
        Ok(inside)
    }

    pub(super) fn kind(&mut self) -> Read<Kind> {
        self.lexer.kind()
    }

    /// Whether `null` stands here; moves past it.
    pub(super) fn null(&mut self) -> Read<bool> {
        let null = self.lexer.kind()? == Kind::Null;
        if null {
            self.lexer.word("null")?;
        }
        Ok(null)
    }

    /// A string; a number or boolean is taken as it is written.
    pub(super) fn text(&mut self) -> Read<String> {
        self.scalar("a string").map(Cow::into_owned)
    }

    /// A string, number or boolean, as it is written.
    pub(super) fn scalar(&mut self, what: &'static str) -> Read<Cow<'a, str>> {
        match self.lexer.kind()? {
            Kind::String => self.lexer.string(),
            Kind::Number => self.lexer.number().map(Cow::Borrowed),
            Kind::Bool(true) => self.lexer.word("true").map(|()| Cow::Borrowed("true")),
            Kind::Bool(false) => self.lexer.word("false").map(|()| Cow::Borrowed("false")),
            Kind::Object | Kind::Array | Kind::Null => self.expected(what),
        }
    }

    pub(super) fn bool(&mut self) -> Read<bool> {
        match &*self.scalar("a boolean")? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => self.expected("a boolean"),
        }
    }

    /// An integer, as a number or a string, also as `1e3` or `1.0`.
    pub(super) fn int<T: FromStr + TryFrom<i128>>(&mut self) -> Read<T> {
        let text = self.scalar("an integer")?;
        match whole(&text) {
            Some(int) => Ok(int),
            None => self.expected("an integer of this size"),
        }
    }

    /// A double, as a number or a string, also `NaN`, `Infinity` and `-Infinity`.
    pub(super) fn double(&mut self) -> Read<f64> {
        match self.scalar("a number")?.parse() {
            Ok(double) => Ok(double),
            Err(_) => self.expected("a number"),
        }
    }

    /// An enum, as a number or by name. A name we do not know is 0, which all enums call unspecified.
    pub(super) fn enumeration(&mut self, by_name: impl FnOnce(&str) -> Option<i32>) -> Read<i32> {
        let text = self.scalar("a number or name of the enum")?;
        Ok(whole(&text).or_else(|| by_name(&text)).unwrap_or_default())
    }

    /// The error that something else stands here.
    pub(super) fn expected<T>(&self, expected: &'static str) -> Read<T> {
        Err(DecodeError::Shape { path: self.path(), expected })
    }

    /// Small elements make large messages: what a body may grow to is bounded.
    fn spend(&mut self, bytes: usize) -> Read<()> {
        match self.budget.checked_sub(bytes) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => self.expected(crate::otlp::OVER_BUDGET),
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.trail {
            let dot = if path.is_empty() { "" } else { "." };
            let _ = match step {
                Step::Field(name) => write!(path, "{dot}{name}"),
                Step::Index(index) => write!(path, "[{index}]"),
            };
        }
        if path.is_empty() { "body".to_owned() } else { path }
    }
}

/// An integer in any spelling.
pub(super) fn whole<T: FromStr + TryFrom<i128>>(text: &str) -> Option<T> {
    text.parse().ok().or_else(|| {
        let double: f64 = text.parse().ok()?;
        let int = (double.fract() == 0.0).then_some(double as i128)?;
        T::try_from(int).ok()
    })
}

/// Longer than the longest name of a member.
const NAME: usize = 32;

/// `trace_id` as `traceId`, in `buffer`. Any other name as it is.
fn camel<'n>(name: &'n str, buffer: &'n mut [u8; NAME]) -> &'n str {
    if !name.contains('_') {
        return name;
    }
    let mut upper = false;
    let mut slots = buffer.iter_mut();
    let mut len = 0;
    for byte in name.bytes() {
        if byte == b'_' {
            upper = true;
            continue;
        }
        let Some(slot) = slots.next() else { return name };
        *slot = if upper { byte.to_ascii_uppercase() } else { byte };
        upper = false;
        len += 1;
    }
    buffer.get(..len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or(name)
}

/// Reads an object into the fields of a message: `"name" => how(slot, read)`, where `how` is
/// [`Reader::field`], [`Reader::some`] or [`Reader::list`].
macro_rules! members {
    ($reader:ident: $($name:literal => $how:ident($slot:expr, $read:expr)),* $(,)?) => {
        $reader.object(|reader, name| match name {
            $($name => reader.$how($name, &mut $slot, $read),)*
            _ => reader.stranger(),
        })
    };
}
pub(super) use members;
