//! One look at a text before it is read: which layers may be in it at all. Most leaves have none, and are
//! then done with.

/// What stands in a text, as far as one byte tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// What a spelling of `soft` begins with.
    pub(super) spelled: bool,
    /// What a character begins with that takes no place on a screen, and many others do.
    pub(super) unseen: bool,
    /// An end of a line.
    pub(super) lines: bool,
    /// What parts the columns of a table.
    pub(super) delimiters: bool,
    /// What the rule of a table is drawn with, and any byte that characters of boxes begin with.
    pub(super) dashes: bool,
    /// What a row of SQL begins with.
    pub(super) brackets: bool,
    /// The end of a question.
    pub(super) questions: bool,
    /// What an object or array of JSON begins with, or a string at the start of the text.
    pub(super) json: bool,
}

impl Look {
    pub(super) fn at(text: &[u8]) -> Self {
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        let seen = blocks.iter().fold(0, |seen, block| seen | classes(block)) | rest_classes(rest);
        Self {
            spelled: seen & SPELLED != 0,
            unseen: seen & UNSEEN != 0,
            lines: seen & LINES != 0,
            delimiters: seen & DELIMITERS != 0,
            dashes: seen & DASHES != 0,
            brackets: seen & BRACKETS != 0,
            questions: seen & QUESTIONS != 0,
            json: seen & JSON != 0 || text.trim_ascii_start().starts_with(b"\""),
        }
    }

    /// Whether it is of one line, and as it stands.
    pub(super) const fn is_as_it_stands(self) -> bool {
        !(self.spelled || self.unseen || self.lines || self.json)
    }
}

/// The classes of bytes in a block: without branches, so that the compiler makes vectors of it.
fn classes(block: &[u8; BLOCK]) -> u8 {
    block.iter().fold(0, |seen, byte| {
        let class = |others: &[u8], class: u8| {
            others.iter().fold(0, |seen, other| seen | (u8::from(byte == other) * class))
        };
        seen | class(b"\\%&\x1b", SPELLED)
            | class(b"\xe2\xef", UNSEEN)
            | class(b"\n", LINES)
            | class(b",;\t|", DELIMITERS)
            | class(b"-=\xe2", DASHES)
            | class(b"(", BRACKETS)
            | class(b"?", QUESTIONS)
            | class(b"{[", JSON)
    })
}

fn rest_classes(rest: &[u8]) -> u8 {
    #[allow(clippy::indexing_slicing)] // A byte is an index into 256.
    rest.iter().fold(0, |seen, byte| seen | CLASSES[usize::from(*byte)])
}

/// Bytes that are looked at together.
const BLOCK: usize = 16;

const SPELLED: u8 = 1;
const LINES: u8 = 2;
const DELIMITERS: u8 = 4;
const JSON: u8 = 8;
const DASHES: u8 = 16;
const BRACKETS: u8 = 32;
const QUESTIONS: u8 = 64;
const UNSEEN: u8 = 128;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    mark(&mut classes, b"\\%&\x1b", SPELLED);
    mark(&mut classes, b"\xef", UNSEEN);
    mark(&mut classes, b"\n", LINES);
    mark(&mut classes, b",;\t|", DELIMITERS);
    mark(&mut classes, b"-=", DASHES);
    mark(&mut classes, b"\xe2", UNSEEN | DASHES);
    mark(&mut classes, b"(", BRACKETS);
    mark(&mut classes, b"?", QUESTIONS);
    mark(&mut classes, b"{[", JSON);
    classes
};

#[allow(clippy::indexing_slicing)] // Seen by the compiler.
const fn mark(classes: &mut [u8; 256], bytes: &[u8], class: u8) {
    let mut at = 0;
    while at < bytes.len() {
        classes[bytes[at] as usize] = class;
        at += 1;
    }
}
