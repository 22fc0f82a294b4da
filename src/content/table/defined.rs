//! Rows in SQL under the names that their table was made with, as `mysqldump` and SQLite's `.dump` write them:
//!
//! ```text
//! CREATE TABLE users (id int, passport varchar(20), PRIMARY KEY (id));
//! INSERT INTO users VALUES (1,'X5059189'),(2,'X5059190');
//! ```
//!
//! A table has to be made in the same text as its rows, before them or behind.

use super::{IsIn, Visitor, sql};
use memchr::memmem;
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

/// Columns of the widest table.
const WIDEST: usize = 256;

/// Bytes of a name, with that of its schema and their quotes.
const LONGEST_NAME: usize = 160;

/// Bytes of the longest beginning of a statement that is read: `CREATE GLOBAL TEMPORARY `.
const LONGEST_VERB: usize = 32;

/// What an index begins with, and a column that is called so.
const INDEXES: [&[u8]; 2] = [b"key", b"index"];

/// What other items in the brackets of a table begin with that are no columns.
const NO_COLUMNS: [&[u8]; 9] = [
    b"primary",
    b"unique",
    b"constraint",
    b"foreign",
    b"check",
    b"fulltext",
    b"spatial",
    b"exclude",
    b"like",
];

/// Types of columns.
const TYPES: [&[u8]; 22] = [
    b"text",
    b"int",
    b"integer",
    b"bigint",
    b"smallint",
    b"tinyint",
    b"varchar",
    b"nvarchar",
    b"char",
    b"character",
    b"blob",
    b"json",
    b"jsonb",
    b"uuid",
    b"bool",
    b"boolean",
    b"date",
    b"datetime",
    b"timestamp",
    b"decimal",
    b"numeric",
    b"bytea",
];

/// Reads the rows in a range of a text whose names stand where their table is made.
pub(super) fn read(text: &[u8], range: &Range<usize>, visitor: &mut impl Visitor) -> ControlFlow<()> {
    let text = text.get(..range.end).unwrap_or_default();
    let tables = Tables::of(text, range.start);
    if tables.all.is_empty() {
        return ControlFlow::Continue(());
    }
    // In turns, each would be given its header again and again.
    let mut inserts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut to = range.start;
    for at in behind_each(text, range.start, [b"INTO", b"into", b"Into"], &[b"insert", b"replace"]) {
        // What stands in a row is none.
        if at < to {
            continue;
        }
        let Some((name, end)) = name(text, at) else { continue };
        let Some(rows) = sql::behind(text, end, b"VALUES") else { continue };
        let Some(name) = tables.known(&name) else { continue };
        let Some((cells, _)) = sql::row(text, rows) else { continue };
        let Some((number, columns)) = tables.find(name, cells.len()) else { continue };
        inserts.entry(number).or_default().push(rows);
        to = sql::inserted(text, columns.len(), rows, &mut IsIn);
    }
    for (number, inserts) in inserts {
        let Some(columns) = tables.all.get(number) else { continue };
        visitor.header(columns)?;
        for rows in inserts {
            sql::inserted(text, columns.len(), rows, visitor);
        }
    }
    ControlFlow::Continue(())
}

/// The tables that are made in a text: the columns of each, and which is the last that is called so, of those with so
/// many columns and of all.
#[derive(Default)]
struct Tables {
    all: Vec<Vec<Range<usize>>>,
    by_name: BTreeMap<(Vec<u8>, Option<usize>), usize>,
}

impl Tables {
    /// Those from a place on.
    fn of(text: &[u8], from: usize) -> Self {
        let (mut tables, mut to) = (Self::default(), from);
        for at in behind_each(text, from, [b"TABLE", b"table", b"Table"], &[b"create"]) {
            // What stands in the brackets of one is none: one without an end goes to that of the text.
            if at < to {
                continue;
            }
            if let Some(made) = made(text, sql::behind(text, at, b"IF NOT EXISTS").unwrap_or(at)) {
                to = made.end;
                tables.add(made);
            }
        }
        tables
    }

    fn add(&mut self, made: Made) {
        for name in [made.name.whole(), made.name.last()] {
            for columns in [None, Some(made.columns.len())] {
                self.by_name.insert((name.to_vec(), columns), self.all.len());
            }
        }
        self.all.push(made.columns);
    }

    /// As what a table is known: with the name of its schema, or else without.
    fn known<'n>(&self, name: &'n Name) -> Option<&'n [u8]> {
        [name.whole(), name.last()].into_iter().find(|name| self.by_name.contains_key(&(name.to_vec(), None)))
    }

    /// The table of this name that a row of so many cells is of, and its number: one with as many columns, if there is.
    fn find(&self, name: &[u8], cells: usize) -> Option<(usize, &[Range<usize>])> {
        let find = |columns| self.by_name.get(&(name.to_vec(), columns));
        let number = *find(Some(cells)).or_else(|| find(None))?;
        Some((number, self.all.get(number)?))
    }
}

/// A table that is made in a text.
#[derive(Default)]
struct Made {
    name: Name,
    columns: Vec<Range<usize>>,
    end: usize,
}

/// The name of a table, in small letters and without quotes, and where that of its schema ends in it.
#[derive(Default)]
struct Name {
    whole: Vec<u8>,
    schema: usize,
}

impl Name {
    fn whole(&self) -> &[u8] {
        &self.whole
    }

    fn last(&self) -> &[u8] {
        self.whole.get(self.schema..).unwrap_or_default()
    }
}

/// The places behind a word, in any of its spellings, of a statement that begins with one of these verbs:
/// `INSERT IGNORE INTO`, `CREATE TEMPORARY TABLE`.
fn behind_each<const N: usize>(
    text: &[u8],
    from: usize,
    spellings: [&[u8; N]; 3],
    verbs: &[&[u8]],
) -> Vec<usize> {
    let inside = text.get(from..).unwrap_or_default();
    let places = spellings.iter().flat_map(|word| memmem::find_iter(inside, *word));
    let is_behind = |at: &usize| inside.get(..*at).is_some_and(|before| ends_in_one_of(before, verbs));
    let mut places: Vec<_> = places.filter(is_behind).map(|at| from + at + N).collect();
    places.sort_unstable();
    places
}

/// Whether one of some verbs is among the last words of a text, which has nothing else behind it.
fn ends_in_one_of(text: &[u8], verbs: &[&[u8]]) -> bool {
    let near = text.get(text.len().saturating_sub(LONGEST_VERB)..).unwrap_or_default();
    let is_of_words = |byte: &u8| byte.is_ascii_alphabetic() || byte.is_ascii_whitespace() || *byte == b'_';
    let words = near.rsplit(|byte| !is_of_words(byte)).next().unwrap_or_default();
    words.split(u8::is_ascii_whitespace).any(|word| verbs.iter().any(|verb| verb.eq_ignore_ascii_case(word)))
}

/// The table that is made at a place.
fn made(text: &[u8], at: usize) -> Option<Made> {
    let (name, end) = name(text, at)?;
    let open = end + blanks(text, end);
    (text.get(open) == Some(&b'(')).then_some(())?;
    let (mut columns, mut at, mut depth, mut is_first) = (Vec::new(), open + 1, 0_usize, true);
    while let Some(byte) = text.get(at) {
        if let Some(len) = text.get(at..).and_then(comment) {
            at += len;
            continue;
        }
        if is_first && columns.len() < WIDEST && !byte.is_ascii_whitespace() {
            is_first = false;
            columns.extend(column(text, at));
        }
        match byte {
            b'\'' | b'"' | b'`' => at = sql::quoted_end(text, at, *byte),
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b')' | b';' => break,
            b',' => is_first = depth == 0,
            _ => {}
        }
        at += 1;
    }
    Some(Made { name, columns, end: at })
}

/// Bytes of the comment that a text begins with, if it does.
fn comment(text: &[u8]) -> Option<usize> {
    let up_to = |end: &[u8]| memmem::find(text, end).map_or(text.len(), |found| found + end.len());
    match text {
        [b'-', b'-', ..] | [b'#', ..] => Some(up_to(b"\n")),
        [b'/', b'*', ..] => Some(up_to(b"*/")),
        _ => None,
    }
}

/// Where the name of a column stands that an item begins with. A column may be called like what is none: behind `key`
/// brackets follow if it is an index, and otherwise its type does, or nothing.
fn column(text: &[u8], at: usize) -> Option<Range<usize>> {
    let first = word(text, at)?;
    let is_one_of = |word: &Range<usize>, words: &[&[u8]]| {
        text.get(word.clone()).is_some_and(|word| words.iter().any(|other| other.eq_ignore_ascii_case(word)))
    };
    let next = first.end + blanks(text, first.end);
    let is_column = if first.start > at {
        true
    } else if is_one_of(&first, &INDEXES) {
        !is_index(text, next)
    } else {
        !is_one_of(&first, &NO_COLUMNS) || word(text, next).is_some_and(|next| is_one_of(&next, &TYPES))
    };
    is_column.then_some(first)
}

/// Whether columns in brackets stand at a place, behind a name or none: no number or string, as behind a type.
fn is_index(text: &[u8], at: usize) -> bool {
    let near = text.get(at..).unwrap_or_default();
    let near = near.get(..LONGEST_NAME).unwrap_or(near);
    let behind = part_len(near).unwrap_or_default();
    let behind = behind + blanks(near, behind);
    let columns = near.get(behind..).unwrap_or_default();
    match columns.strip_prefix(b"(") {
        Some(columns) => !matches!(columns.trim_ascii_start().first(), Some(b'0'..=b'9' | b'\'')),
        None => columns.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"USING")),
    }
}

/// The name of a table at a place, and where it ends.
fn name(text: &[u8], at: usize) -> Option<(Name, usize)> {
    let start = at + blanks(text, at);
    let near = text.get(start..)?;
    let near = near.get(..LONGEST_NAME).unwrap_or(near);
    let (mut name, mut len) = (Name::default(), 0);
    loop {
        let part = part_len(near.get(len..)?)?;
        let plain = near.get(len..len + part)?.iter().filter(|byte| !b"`\"[]".contains(byte));
        name.whole.extend(plain.map(u8::to_ascii_lowercase));
        len += part;
        if near.get(len) != Some(&b'.') {
            return Some((name, start + len));
        }
        len += 1;
        name.whole.push(b'.');
        name.schema = name.whole.len();
    }
}

/// Bytes of the part of a name that a text begins with, and of its quotes.
fn part_len(text: &[u8]) -> Option<usize> {
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_$-".contains(byte);
    let plain = || Some(text.iter().take_while(is_of_name).count()).filter(|len| *len > 0);
    let close = match text.first()? {
        b'[' => b']',
        quote @ (b'`' | b'"') => *quote,
        _ => return plain(),
    };
    Some(memchr::memchr(close, text.get(1..)?)? + 2)
}

/// Bytes of white space at a place.
fn blanks(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The word at a place, without its quotes.
fn word(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at + usize::from(matches!(text.get(at), Some(b'`' | b'"' | b'[')));
    let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_$".contains(byte);
    let len = text.get(start..)?.iter().take(super::LONGEST_NAME).take_while(|byte| is_of_word(byte)).count();
    (len > 0).then_some(start..start + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_made_of_its_columns() {
        for (text, name, columns) in [
            ("users (id int, mail text)", "users", "id mail"),
            (
                " `shop`.`Users` (\n `id` int(11) NOT NULL DEFAULT '0,x',\n `mail` enum('a','b'),\n PRIMARY KEY (`id`),\n KEY `m` (`mail`)\n) x (y",
                "users",
                "id mail",
            ),
            (
                "cfg (key TEXT PRIMARY KEY, -- the user's; id)\n city text, /* , */ pin int)",
                "cfg",
                "key city pin",
            ),
            (
                "t (key, index STRING(9), key longtext, key enum('x'), KEY m (a), key `m o` (`a`), index(a), KEY m USING BTREE (a), b)",
                "t",
                "key index key key b",
            ),
            ("dbo.[Old users] (id int)", "old users", "id"),
            ("\"t\"(\"key\" text, check (a > 1), unique(b), \"z\" text);", "t", "key z"),
        ] {
            let made = made(text.as_bytes(), 0).unwrap_or_default();
            assert_eq!(String::from_utf8_lossy(made.name.last()), name);
            let all: Vec<_> = made.columns.iter().filter_map(|column| text.get(column.clone())).collect();
            assert_eq!(all.join(" "), columns);
        }
        for text in ["users AS SELECT 1", "", "x y (z int)", "`x (z int)", "x.(z int)"] {
            assert!(made(text.as_bytes(), 0).is_none(), "{text}");
        }
    }
}
