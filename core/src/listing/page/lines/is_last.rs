//! Whether more text follows.

/// Whether a text is the end of a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum IsLast {
    Yes,
    No,
}

impl From<bool> for IsLast {
    fn from(is_last: bool) -> Self {
        if is_last { Self::Yes } else { Self::No }
    }
}
