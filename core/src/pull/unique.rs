//! Drops duplicate records.

use std::{borrow::Cow, collections::HashSet};

use crate::{
    fingerprint::fingerprint,
    json::{PointerTree, pointer::Pointer},
};

/// The keys of the records that were written: 16 bytes each, plus the overhead of a hash set.
#[derive(Debug)]
pub(crate) struct Unique {
    key: PointerTree,
    seen: HashSet<u128>,
    /// How many keys there are before those in `latest`.
    settled: u64,
    /// The latest keys, which may be rolled back or are not in the journal yet.
    latest: Vec<u128>,
}

/// What was found on a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sorted {
    /// How many records were dropped.
    pub(crate) repeated: u64,
    /// How many records have no key.
    pub(crate) without_key: u64,
}

impl Unique {
    /// The keys are at `key` in each record. Earlier runs of the same pull wrote those in `earlier`; all but the first
    /// `settled` may be rolled back.
    pub(crate) fn new(key: &Pointer, mut earlier: Vec<u128>, settled: u64) -> Self {
        let seen = earlier.iter().copied().collect();
        let latest = earlier.split_off(usize::try_from(settled).unwrap_or(usize::MAX).min(earlier.len()));
        Self { key: PointerTree::of([key]), seen, settled, latest }
    }

    /// Has `retain` remove the records whose key was written before, and return how many there were. A record without a key
    /// stays, because nothing shows that it is a duplicate.
    pub(crate) fn sort(&mut self, retain: impl FnOnce(&mut dyn FnMut(&[u8]) -> bool) -> u64) -> Sorted {
        let mut without_key = 0;
        let repeated = retain(&mut |record| {
            let Some(key) = key_of(record, &self.key).map(|key| fingerprint(key.as_bytes())) else {
                without_key += 1;
                return true;
            };
            let is_new = self.seen.insert(key);
            if is_new {
                self.latest.push(key);
            }
            is_new
        });
        Sorted { repeated, without_key }
    }

    /// The keys after the first `count`, of those that are not settled.
    pub(crate) fn since(&self, count: u64) -> &[u128] {
        &self.latest[self.index(count)..]
    }

    /// Settles the first `count` keys: they are in the journal and will not be rolled back.
    pub(crate) fn settle(&mut self, count: u64) {
        let settled = self.index(count);
        self.latest.drain(..settled);
        self.settled = self.settled.max(count);
    }

    /// Forgets the keys after the first `count`, whose records were rolled back and are new when they come again.
    pub(crate) fn forget_since(&mut self, count: u64) {
        let from = self.index(count);
        for key in self.latest.drain(from..) {
            self.seen.remove(&key);
        }
    }

    fn index(&self, count: u64) -> usize {
        let index = usize::try_from(count.saturating_sub(self.settled)).unwrap_or(usize::MAX);
        index.min(self.latest.len())
    }
}

/// The text of the value at `key`. A string is unescaped, because there are several ways to write it, and keeps its
/// leading quote, because a number with the same digits is another key. A number keeps all its digits, which may be more
/// than any type can hold.
fn key_of<'r>(record: &'r [u8], key: &PointerTree) -> Option<Cow<'r, str>> {
    let mut found = [None];
    key.find(str::from_utf8(record).ok()?, &mut found).ok()?;
    match found[0]? {
        "null" => None,
        text if text.starts_with('"') => {
            let unescaped: String = serde_json::from_str(text).ok()?;
            Some(Cow::Owned(format!("\"{unescaped}")))
        }
        text => Some(Cow::Borrowed(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::{PointerTree, key_of};

    #[test]
    fn keys_differ_by_every_digit_but_not_by_their_spelling() {
        let key = |record: &str, pointer: &str| {
            let key = PointerTree::of([&pointer.parse().unwrap()]);
            key_of(record.as_bytes(), &key).map(std::borrow::Cow::into_owned)
        };
        assert_eq!(key(r#"{"id":"a\u0062"}"#, "/id").as_deref(), Some("\"ab"));
        assert_eq!(
            key(r#"{"id":12345678901234567890123}"#, "/id").as_deref(),
            Some("12345678901234567890123")
        );
        assert_eq!(key(r#"{"a":[{"b/c":1.10}]}"#, "/a/0/b~1c").as_deref(), Some("1.10"));
        assert_eq!(key(r#""x""#, "").as_deref(), Some("\"x"));
        assert_eq!(key(r#"{"\ud800":0,"id":7}"#, "/id").as_deref(), Some("7"));
        for (record, pointer) in
            [(r#"{"id":null}"#, "/id"), ("{}", "/id"), ("7", "/id"), (r#"{"a":[]}"#, "/a/0")]
        {
            assert_eq!(key(record, pointer), None, "{record}");
        }
    }
}
