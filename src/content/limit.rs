//! Where opening ends: the bounds of one value.

/// The bound that a value was over. What is over one is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Layers in layers.
    Depth,
    /// Leaves and steps of the way to them.
    Leaves,
    /// Bytes that were decoded.
    Decoded,
    /// Bytes that were to be scanned.
    Length,
}

impl Limit {
    /// The word in metrics and alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Depth => "too_deep",
            Self::Leaves => "too_many_leaves",
            Self::Decoded => "too_much_decoded",
            Self::Length => "too_long",
        }
    }
}
