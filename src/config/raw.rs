//! The configuration as it was written: a parsed TOML document that remembers its lines, and the list
//! of what is wrong with it.
//!
//! Considered and not done: `serde` with `deny_unknown_fields`. It stops at the first error, and its
//! errors quote values, which may be secrets. Walking the document takes a few lines more for each key.

use super::error::{Error, Errors, Origin, Place};
use super::substitute::Variables;
use super::table::Table;
use std::cell::RefCell;
use std::sync::Arc;
use toml::Spanned;
use toml::de::DeTable;

/// A document, and what is found wrong while it is read.
pub(super) struct RawConfig<'t> {
    file: Arc<str>,
    document: Spanned<DeTable<'t>>,
    line_starts: Vec<usize>,
    pub(super) variables: Variables<'t>,
    errors: RefCell<Vec<(usize, Error)>>,
}

impl<'t> RawConfig<'t> {
    /// Parses a document. When its syntax is wrong, that is all that is said: what follows from it
    /// would be guesses.
    pub(super) fn parse(file: &str, text: &'t str, variables: Variables<'t>) -> Result<Self, Errors> {
        let (document, syntax) = DeTable::parse_recoverable(text);
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let raw = Self { file: file.into(), document, line_starts, variables, errors: RefCell::default() };
        for error in &syntax {
            let offset = error.span().map_or(0, |span| span.start);
            raw.report(offset, String::new(), error.message().to_owned());
        }
        if syntax.is_empty() { Ok(raw) } else { Err(raw.into_errors()) }
    }

    /// The table everything is in.
    pub(super) fn root(&self) -> Table<'_> {
        Table::new(self, String::new(), 0, Some(self.document.get_ref()))
    }

    /// Notes what is wrong at an offset of the text.
    pub(super) fn report(&self, offset: usize, key: String, message: String) {
        let place = self.place(offset, key);
        self.errors.borrow_mut().push((offset, Error { place, message }));
    }

    /// Notes what is wrong with an option of the command line.
    pub(super) fn report_option(&self, option: &str, message: String) {
        let place = Place { origin: Origin::CommandLine, key: option.to_owned() };
        self.errors.borrow_mut().push((usize::MAX, Error { place, message }));
    }

    /// The place of an offset, for errors that are found later.
    pub(super) fn place(&self, offset: usize, key: String) -> Place {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        Place { origin: Origin::Line(Arc::clone(&self.file), line), key }
    }

    /// Whether nothing is wrong so far.
    pub(super) fn finish(self) -> Result<(), Errors> {
        if self.errors.borrow().is_empty() { Ok(()) } else { Err(self.into_errors()) }
    }

    fn into_errors(self) -> Errors {
        let mut errors = self.errors.into_inner();
        errors.sort_by_key(|(offset, _)| *offset);
        Errors(errors.into_iter().map(|(_, error)| error).collect())
    }
}
