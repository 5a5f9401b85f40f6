//! A record that has arrived, in 16 bytes.

use std::hash::{Hash, Hasher};

use crate::fingerprint::fingerprint;

/// A record that has arrived, in 16 bytes: 80 bits for its key, 47 for its content, and whether it was written.
///
/// Two arrivals are equal if they have the same key, so that a set of them has the latest of each key. Among a billion
/// keys, two have the same 80 bits with a probability of one in two million.
#[derive(Clone, Copy, Debug, Eq)]
pub(crate) struct Arrival(u128);

const CONTENT: u128 = (1 << 48) - 2;
const WRITTEN: u128 = 1;

impl Arrival {
    /// A record with this key, written. Without `content`, all records with the key have the same.
    pub(crate) fn new(key: &str, content: Option<&[u8]>) -> Self {
        let content = content.map_or(0, fingerprint);
        Self(fingerprint(key.as_bytes()) & !(CONTENT | WRITTEN) | content & CONTENT | WRITTEN)
    }

    /// An entry of a journal.
    pub(crate) fn from_entry(entry: u128) -> Self {
        Self(entry)
    }

    /// The entry of a journal.
    pub(crate) fn entry(self) -> u128 {
        self.0
    }

    /// The same record, dropped because it is unchanged.
    pub(crate) fn unwritten(self) -> Self {
        Self(self.0 & !WRITTEN)
    }

    /// Whether it was written.
    pub(crate) fn is_written(self) -> bool {
        self.0 & WRITTEN != 0
    }

    /// Whether both have the same content.
    pub(crate) fn has_content_of(self, other: Self) -> bool {
        (self.0 ^ other.0) & CONTENT == 0
    }

    /// The key, to sort by.
    pub(crate) fn key(self) -> u128 {
        self.0 >> 48
    }
}

impl PartialEq for Arrival {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Hash for Arrival {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::Arrival;

    #[test]
    fn arrivals_are_equal_by_key_and_compared_by_content() {
        let [old, new] =
            [br#"{"id":1,"n":1}"#, br#"{"id":1,"n":2}"#].map(|record| Arrival::new("1", Some(record)));
        assert_eq!(old, new);
        assert!(!old.has_content_of(new) && old.has_content_of(old.unwritten()));
        assert!(old.is_written() && !old.unwritten().is_written());
        assert_ne!(old, Arrival::new("2", Some(br#"{"id":1,"n":1}"#)));
        assert!(Arrival::new("1", None).has_content_of(Arrival::new("1", None)));
        assert!(old.has_content_of(Arrival::from_entry(old.entry())));
        assert_eq!(size_of::<Arrival>(), 16);
    }
}
