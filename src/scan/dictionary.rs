//! What a search for literals looks for, and what it tells when it has found one.
//!
//! A search says that a literal may stand at a place. Whether it does, and who of those that look for it can use it there,
//! by what stands around it, is decided here, whoever searches.

use super::SEPARATOR;
use super::around::{Around, Bytes};
use std::collections::BTreeMap;

/// Bytes of a literal that are looked for.
const LONGEST: usize = super::literals::MAX_BYTES;
/// Bytes of the shortest that is.
const SHORTEST: usize = 3;

/// Something that is looked for, by its number.
pub(super) type Target = usize;

/// What is looked for.
#[derive(Debug)]
pub(super) struct Wanted {
    /// In lower case.
    pub(super) literal: Vec<u8>,
    pub(super) around: Around,
    pub(super) target: Target,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Dictionary {
    /// By their bytes.
    literals: Vec<Literal>,
    /// What is looked for, by literal.
    aims: Vec<Aim>,
    /// What may stand before or behind a literal: of those that there are, each once.
    kinds: Vec<Bytes>,
}

/// A literal that is looked for.
#[derive(Debug)]
pub(super) struct Literal {
    bytes: [u8; LONGEST],
    len: u8,
    /// Where that begins in the aims of all which is looked for by it; it ends where that of the next one begins.
    aims: u32,
    /// What may stand right before it and right behind it, whatever it is looked for: numbers in `kinds`.
    around: [u16; 2],
}

/// Something that is looked for by a literal, where this may stand around it.
#[derive(Debug)]
struct Aim {
    target: u32,
    /// A number in `kinds`.
    before: u16,
    /// The same.
    behind: [u16; 2],
}

impl Dictionary {
    /// Of these literals, of three bytes or more. Of one longer than [`LONGEST`] the beginning is looked for.
    pub(super) fn new(wanted: Vec<Wanted>) -> Self {
        let mut by_literal: BTreeMap<Vec<u8>, Vec<(Around, Target)>> = BTreeMap::new();
        for Wanted { mut literal, mut around, target } in wanted {
            if literal.len() > LONGEST {
                literal.truncate(LONGEST);
                around.behind = Around::ALL.behind;
            }
            if literal.len() >= SHORTEST {
                by_literal.entry(literal).or_default().push((around, target));
            }
        }
        let (mut kinds, mut aims, mut literals) = (Kinds::default(), Vec::new(), Vec::new());
        for (bytes, wanted) in &by_literal {
            let around = either(wanted).map(|kind| kinds.number(kind));
            literals.push(Literal::new(bytes, aims.len() as u32, around));
            aims.extend(wanted.iter().map(|(around, target)| Aim {
                target: *target as u32,
                before: kinds.number(around.before),
                behind: around.behind.map(|behind| kinds.number(behind)),
            }));
        }
        Self { literals, aims, kinds: kinds.all }
    }

    /// Those that are looked for, by their numbers.
    pub(super) fn literals(&self) -> &[Literal] {
        &self.literals
    }

    /// The bytes of the kind of a number.
    pub(super) fn kind(&self, number: u16) -> Bytes {
        self.kinds.get(usize::from(number)).copied().unwrap_or(Bytes::ALL)
    }

    /// Every literal, and what it is looked for.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (&[u8], Target)> {
        let aims = |number| self.aims_of(number).iter().map(|aim| aim.target as usize);
        self.literals
            .iter()
            .enumerate()
            .flat_map(move |(number, literal)| aims(number).map(|target| (literal.bytes(), target)))
    }

    /// What is looked for by the literal of this number.
    #[inline]
    fn aims_of(&self, number: usize) -> &[Aim] {
        let first = self.literals.get(number).map_or(0, |literal| literal.aims as usize);
        let end = self.literals.get(number + 1).map_or(self.aims.len(), |next| next.aims as usize);
        self.aims.get(first..end).unwrap_or_default()
    }

    /// Tells what is looked for by a literal, if it stands at a place, with what may stand around it.
    #[inline]
    pub(super) fn stands(
        &self,
        number: usize,
        text: &[u8],
        at: usize,
        hit: &mut impl FnMut(Target, usize, usize),
    ) {
        let Some(literal) = self.literals.get(number).map(Literal::bytes) else { return };
        let end = at + literal.len();
        if !text.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(literal)) {
            return;
        }
        let before = byte_before(text, at);
        let first = text.get(end).copied();
        let second = text.get(end + 1).copied().filter(|_| first != Some(SEPARATOR));
        for aim in self.aims_of(number) {
            let [behind, then] = aim.behind;
            if self.may_be(behind, first) && self.may_be(then, second) && self.may_be(aim.before, before) {
                hit(aim.target as usize, at, end);
            }
        }
    }

    /// Whether a literal of so many bytes may stand at a place by the bytes before and behind it.
    #[inline]
    pub(super) fn fits(&self, around: [u16; 2], text: &[u8], at: usize, len: u8) -> bool {
        let [before, behind] = around;
        self.may_be(before, byte_before(text, at))
            && self.may_be(behind, text.get(at + usize::from(len)).copied())
    }

    /// Whether a byte is one of a kind, or an edge of the text or of a segment.
    #[inline]
    fn may_be(&self, kind: u16, byte: Option<u8>) -> bool {
        let kind = self.kinds.get(usize::from(kind));
        byte.is_none_or(|byte| byte == SEPARATOR || kind.is_none_or(|kind| kind.has(byte)))
    }
}

impl Literal {
    /// One of at most [`LONGEST`] bytes.
    fn new(literal: &[u8], aims: u32, around: [u16; 2]) -> Self {
        let mut bytes = [0; LONGEST];
        bytes.iter_mut().zip(literal).for_each(|(to, byte)| *to = *byte);
        Self { bytes, len: literal.len() as u8, aims, around }
    }

    /// In lower case.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The kinds of what may stand right before it and right behind it.
    pub(super) fn around(&self) -> [u16; 2] {
        self.around
    }
}

#[inline]
fn byte_before(text: &[u8], at: usize) -> Option<u8> {
    at.checked_sub(1).and_then(|before| text.get(before)).copied()
}

/// What may stand right before a literal and right behind it for one of these.
fn either(wanted: &[(Around, Target)]) -> [Bytes; 2] {
    let all = wanted.iter().map(|(Around { before, behind: [behind, _] }, _)| [*before, *behind]);
    all.reduce(|[before, behind], [first, then]| [before.or(first), behind.or(then)])
        .unwrap_or([Bytes::ALL; 2])
}

/// Kinds of bytes, numbered.
#[derive(Default)]
struct Kinds {
    all: Vec<Bytes>,
    numbers: BTreeMap<Bytes, u16>,
}

impl Kinds {
    /// Of more kinds than there are numbers for, the rest are of any byte.
    fn number(&mut self, kind: Bytes) -> u16 {
        let next = u16::try_from(self.all.len()).unwrap_or(u16::MAX);
        if next == u16::MAX {
            return self.numbers.get(&kind).copied().unwrap_or(next);
        }
        *self.numbers.entry(kind).or_insert_with(|| {
            self.all.push(kind);
            next
        })
    }
}
