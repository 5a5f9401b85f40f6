//! Whether partitions begin with the same records.

use serde::{Deserialize, Serialize};

/// Whether partitions begin with the same records. If all of them do, the API may ignore what makes them different, because a
/// parameter is misspelt for example.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FirstPages {
    /// None of them has records.
    #[default]
    Empty,
    /// All that have records begin with the same ones.
    Same {
        /// The fingerprint of these records.
        records: u64,
        /// How many partitions begin with them.
        partitions: u64,
    },
    /// They begin with different records, or with records that prove nothing.
    Different,
}

impl FirstPages {
    /// The first page of one partition that has records. Without a fingerprint, it proves nothing.
    pub(crate) fn of(fingerprint: Option<u64>) -> Self {
        fingerprint.map_or(Self::Different, |records| Self::Same { records, partitions: 1 })
    }

    /// The same for the partitions of both.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Empty, only) | (only, Self::Empty) => only,
            (Self::Same { records, partitions }, Self::Same { records: others, partitions: more })
                if records == others =>
            {
                Self::Same { records, partitions: partitions + more }
            }
            _ => Self::Different,
        }
    }

    /// Whether there is nothing to save.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::Empty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_pages_are_the_same_until_one_differs() {
        let [one, same, other] = [1, 1, 2].map(|page| FirstPages::of(Some(page)));
        let two = FirstPages::Same { records: 1, partitions: 2 };
        assert_eq!(FirstPages::Empty.and(one).and(FirstPages::Empty).and(same), two);
        assert_eq!(two.and(two), FirstPages::Same { records: 1, partitions: 4 });
        for different in [other, FirstPages::of(None)] {
            assert_eq!(two.and(different), FirstPages::Different);
            assert_eq!(two.and(different).and(one), FirstPages::Different);
        }
    }
}
