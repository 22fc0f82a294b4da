//! Enough of YAML to read rules: maps, lists and scalars, without what refers to something else.

use saphyr_parser::{Event, Parser};

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Yaml {
    Text(String),
    List(Vec<Yaml>),
    /// In the order they are written in.
    Map(Vec<(String, Yaml)>),
}

/// Lists and maps in one another, at most: rules need four.
const DEPTH: usize = 32;

impl Yaml {
    /// Reads the first document of a text.
    ///
    /// # Errors
    /// With the line.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut open: Vec<Open> = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| error.to_string())?;
            let line = span.start.line();
            let done = match event {
                Event::Scalar(text, ..) => Some(Self::Text(text.into_owned())),
                Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= DEPTH => {
                    return Err(format!("line {line}: deeper than {DEPTH} levels"));
                }
                Event::SequenceStart(..) => {
                    open.push(Open::List(Vec::new()));
                    None
                }
                Event::MappingStart(..) => {
                    open.push(Open::Map(Vec::new(), None));
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => open.pop().map(Open::close),
                Event::Alias(_) => return Err(format!("line {line}: aliases are not read: write it out")),
                _ => None,
            };
            let Some(value) = done else { continue };
            match open.last_mut() {
                Some(outer) => outer.take(value).map_err(|wrong| format!("line {line}: {wrong}"))?,
                None => return Ok(value),
            }
        }
        Err("it is empty".to_owned())
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// All texts of a list; a text alone is a list of one.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::List(list) => list.iter().filter_map(Self::text).map(str::to_owned).collect(),
            Self::Map(_) => Vec::new(),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(members) = self else { return None };
        members.iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }
}

/// A list or a map that is not closed yet.
enum Open {
    List(Vec<Yaml>),
    /// With the key whose value comes next.
    Map(Vec<(String, Yaml)>, Option<String>),
}

impl Open {
    fn take(&mut self, value: Yaml) -> Result<(), &'static str> {
        match self {
            Self::List(list) => list.push(value),
            Self::Map(members, key) => match (key.take(), value) {
                (Some(key), value) => members.push((key, value)),
                (None, Yaml::Text(text)) => *key = Some(text),
                (None, _) => return Err("a key that is not a text"),
            },
        }
        Ok(())
    }

    fn close(self) -> Yaml {
        match self {
            Self::List(list) => Yaml::List(list),
            Self::Map(members, _) => Yaml::Map(members),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn maps_lists_and_scalars_are_read() {
        let read =
            Yaml::read("rules:\n  - name: a\n    pattern: |\n      x # y\n      z\n    tags: [b, 'c']\n")
                .unwrap();
        let Some(Yaml::List(rules)) = read.get("rules") else { unreachable!() };
        let rule = rules.first().unwrap();
        assert_eq!(rule.get("name").and_then(Yaml::text), Some("a"));
        assert_eq!(rule.get("pattern").and_then(Yaml::text), Some("x # y\nz\n"));
        assert_eq!(rule.get("tags").unwrap().texts(), ["b", "c"]);
    }

    #[test]
    fn what_is_not_read_is_told_with_its_line() {
        for (text, wrong) in [
            ("", "empty"),
            ("a: &x b\nc: *x", "line 2: aliases"),
            ("a: [", "line"),
            (&"- ".repeat(DEPTH + 1), "line 1: deeper"),
        ] {
            assert!(Yaml::read(text).unwrap_err().contains(wrong), "{text}: {:?}", Yaml::read(text));
        }
    }
}
