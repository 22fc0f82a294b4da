//! Engines: who looks for the literals of the rules.

/// Who looks for the literals of the rules. What is found does not depend on it, how fast does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Engine {
    /// The search that is part of this program: everywhere, and the faster one with a whole pack.
    #[default]
    Portable,
    /// Hyperscan, in a program that was built with the feature `hyperscan`.
    Hyperscan,
}

impl Engine {
    /// All there are, under the names that people write.
    pub const ALL: [(&'static str, Self); 2] = [("portable", Self::Portable), ("hyperscan", Self::Hyperscan)];

    /// Whether this program has it.
    #[must_use]
    pub const fn is_built_in(self) -> bool {
        match self {
            Self::Portable => true,
            Self::Hyperscan => cfg!(feature = "hyperscan"),
        }
    }

    /// Those that this program has.
    pub fn built_in() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().map(|(_, engine)| engine).filter(|engine| engine.is_built_in())
    }
}
