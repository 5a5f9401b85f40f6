//! Drops duplicate records.

use std::{borrow::Cow, collections::HashSet};

use crate::{
    json::{PointerTree, pointer::Pointer},
    pull::arrival::Arrival,
};

/// The keys of the records that have arrived: 16 bytes each, plus the overhead of a hash set.
///
/// A record is dropped if a record with its key was written in this pull; or, if changes are kept, if the latest one with
/// its key is the same. It is also dropped if it is the same, byte for byte, as the latest one with its key in the last
/// complete pull; a record that has changed since is written.
#[derive(Debug)]
pub(crate) struct Unique {
    key: PointerTree,
    /// Whether a record that has changed since it was written in this pull is written again.
    keeps_changes: bool,
    /// The latest record of each key.
    arrived: HashSet<Arrival>,
    /// The latest record of each key in the last complete pull, sorted by key: another 16 bytes each. `None` if records
    /// are not compared with it.
    earlier: Option<Vec<Arrival>>,
    /// How many arrivals there are before those in `latest`.
    settled: u64,
    /// The latest arrivals, which may be rolled back or are not in the journal yet.
    latest: Vec<u128>,
    /// What those replaced in `arrived`: the number of the arrival, and what was there.
    replaced: Vec<(u64, Arrival)>,
}

/// What was found on a page.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sorted {
    /// How many duplicates were dropped.
    pub(crate) repeated: u64,
    /// How many records were dropped, because they are the same as in the last complete pull.
    pub(crate) unchanged: u64,
    /// How many records have no key.
    pub(crate) without_key: u64,
}

impl Unique {
    /// The keys are at `key` in each record. Nothing has arrived yet.
    pub(crate) fn new(key: &Pointer, keeps_changes: bool) -> Self {
        let (arrived, latest, replaced) = (HashSet::new(), Vec::new(), Vec::new());
        let key = PointerTree::of([key]);
        Self { key, keeps_changes, arrived, earlier: None, settled: 0, latest, replaced }
    }

    /// Also drops records that are the same as in the last complete pull, whose journal is `earlier`.
    pub(crate) fn compare_with(&mut self, earlier: Vec<u128>) {
        let mut earlier: Vec<_> = earlier.into_iter().map(Arrival::from_entry).collect();
        // The sort is stable, so the last one of a key is its latest.
        earlier.sort_by_key(|arrival| arrival.key());
        earlier.reverse();
        earlier.dedup();
        earlier.reverse();
        earlier.shrink_to_fit();
        self.earlier = Some(earlier);
    }

    /// Adds an arrival of an earlier run of the same pull. All but the first `settled` may be rolled back.
    pub(crate) fn resume(&mut self, entry: u128, settled: u64) {
        self.note(Arrival::from_entry(entry));
        if self.settled < settled {
            self.settle(self.settled + 1);
        }
    }

    /// Has `retain` remove the records that are to be dropped. A record without a key stays, because nothing shows that it
    /// is a duplicate.
    pub(crate) fn sort(&mut self, retain: impl FnOnce(&mut dyn FnMut(&[u8]) -> bool) -> u64) -> Sorted {
        let mut sorted = Sorted::default();
        retain(&mut |record| {
            let Some(key) = key_of(record, &self.key) else {
                sorted.without_key += 1;
                return true;
            };
            let needs_content = self.keeps_changes || self.earlier.is_some();
            let arrival = Arrival::new(&key, needs_content.then_some(record));
            let counts_as_written = |latest: &Arrival| latest.is_written() && !self.keeps_changes;
            match self.arrived.get(&arrival) {
                Some(latest) if counts_as_written(latest) || latest.has_content_of(arrival) => {
                    sorted.repeated += 1;
                    return false;
                }
                None if self.is_unchanged(arrival) => {
                    sorted.unchanged += 1;
                    self.note(arrival.unwritten());
                    return false;
                }
                _ => {}
            }
            self.note(arrival);
            true
        });
        sorted
    }

    /// The arrivals after the first `count`, of those that are not settled.
    pub(crate) fn since(&self, count: u64) -> &[u128] {
        &self.latest[self.index(count)..]
    }

    /// Settles the first `count` arrivals: they are in the journal and will not be rolled back.
    pub(crate) fn settle(&mut self, count: u64) {
        let settled = self.index(count);
        self.latest.drain(..settled);
        self.settled = self.settled.max(count);
        let unsettled = self.replaced.partition_point(|(number, _)| *number < self.settled);
        self.replaced.drain(..unsettled);
    }

    /// Forgets the arrivals after the first `count`, whose records were rolled back and are new when they come again.
    pub(crate) fn forget_since(&mut self, count: u64) {
        let from = self.index(count);
        while self.latest.len() > from {
            let Some(entry) = self.latest.pop() else { break };
            let number = self.settled + self.latest.len() as u64;
            match self.replaced.pop_if(|(of, _)| *of == number) {
                Some((_, before)) => drop(self.arrived.replace(before)),
                None => drop(self.arrived.remove(&Arrival::from_entry(entry))),
            }
        }
    }

    fn note(&mut self, arrival: Arrival) {
        if let Some(before) = self.arrived.replace(arrival) {
            self.replaced.push((self.settled + self.latest.len() as u64, before));
        }
        self.latest.push(arrival.entry());
    }

    /// Whether the record is the same as in the last complete pull.
    fn is_unchanged(&self, arrival: Arrival) -> bool {
        let Some(earlier) = &self.earlier else { return false };
        let found = earlier.binary_search_by_key(&arrival.key(), |earlier| earlier.key());
        found.is_ok_and(|index| earlier[index].has_content_of(arrival))
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
