//! A case is a row of bytes, and everything about it is chosen by them, one after the other.

/// What is left of a case. Where nothing is left, the first choice is taken.
pub(crate) struct Choice<'a>(&'a [u8]);

impl<'a> Choice<'a> {
    pub(crate) const fn of(case: &'a [u8]) -> Self {
        Self(case)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count.max(1)
    }

    pub(crate) fn of_these<T: Copy>(&mut self, these: &[T]) -> T {
        these[self.below(these.len())]
    }

    pub(crate) const fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is left, as it is.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// All that is left, as text.
    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.rest()).into_owned()
    }
}
