//! Records that come more than once.

use std::{borrow::Cow, collections::HashSet};

use crate::{
    fingerprint::fingerprint,
    json::{PointerTree, pointer::Pointer},
    listing::page::Page,
};

/// The keys of the records that were written, at 16 bytes each and what a hash set adds.
#[derive(Debug)]
pub(crate) struct Unique {
    key: PointerTree,
    seen: HashSet<u128>,
    /// How many keys there were before those in `latest`.
    settled: u64,
    /// The latest keys: those that may be taken back, or are not in the journal yet.
    latest: Vec<u128>,
}

/// What was found on a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sorted {
    /// How many records were dropped.
    pub(crate) repeated: u64,
    /// How many have no key.
    pub(crate) without_key: u64,
}

impl Unique {
    /// Keys at `key` in each record. Those that were written in earlier runs of the same pull are `earlier`; all but the
    /// first `settled` may be taken back.
    pub(crate) fn new(key: &Pointer, mut earlier: Vec<u128>, settled: u64) -> Self {
        let seen = earlier.iter().copied().collect();
        let latest = earlier.split_off(usize::try_from(settled).unwrap_or(usize::MAX).min(earlier.len()));
        Self { key: PointerTree::of([key]), seen, settled, latest }
    }

    /// Takes out of `page` the records whose key was seen before. A record without a key stays: nothing tells that it is
    /// the same as another.
    pub(crate) fn drop_repeated(&mut self, page: &mut Page) -> Sorted {
        let mut without_key = 0;
        let repeated = page.retain(|record| {
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

    /// The keys behind the first `count`, of those that are not settled.
    pub(crate) fn since(&self, count: u64) -> &[u128] {
        &self.latest[self.index(count)..]
    }

    /// The first `count` keys are in the journal and will not be taken back.
    pub(crate) fn settle(&mut self, count: u64) {
        let settled = self.index(count);
        self.latest.drain(..settled);
        self.settled = self.settled.max(count);
    }

    /// The records behind the first `count` keys were taken back, and are new when they come again.
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

/// The text of the value that `key` points at. A string is unescaped, for it may be written in several ways, and keeps
/// the quote in front, for a number of the same digits is another key; a number keeps its digits, which may be more
/// than any type holds.
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
    fn keys_are_told_apart_to_the_digit_and_not_by_their_spelling() {
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
