//! Records that come more than once.

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::HashSet, fmt};

use crate::{page::Page, pointer::Pointer, seen::fingerprint};

/// The keys of the records that were written, at 16 bytes each and what a hash set adds.
#[derive(Debug)]
pub(crate) struct Unique {
    key: Pointer,
    seen: HashSet<u128>,
    /// Those that came since the last [`remember`](Self::remember), where they may have to be forgotten.
    since: Option<Vec<u128>>,
}

impl Unique {
    /// Keys that are never forgotten.
    pub(crate) fn new(key: Pointer) -> Self {
        Self { key, seen: HashSet::new(), since: None }
    }

    /// Keys of records that may be taken back.
    pub(crate) fn forgettable(key: Pointer) -> Self {
        Self { since: Some(Vec::new()), ..Self::new(key) }
    }

    /// Takes out of `page` the records whose key was seen before, and says how many. A record without a key stays:
    /// nothing tells that it is the same as another.
    pub(crate) fn drop_repeated(&mut self, page: &mut Page) -> u64 {
        page.retain(|record| {
            let Some(key) = key_of(record, &self.key).map(|key| fingerprint(key.as_bytes())) else {
                return true;
            };
            let is_new = self.seen.insert(key);
            if let Some(since) = self.since.as_mut().filter(|_| is_new) {
                since.push(key);
            }
            is_new
        })
    }

    /// The records up to here stay.
    pub(crate) fn remember(&mut self) {
        self.since.iter_mut().for_each(Vec::clear);
    }

    /// The records since then were taken back, and are new when they come again.
    pub(crate) fn forget(&mut self) {
        for key in self.since.iter_mut().flat_map(|since| since.drain(..)) {
            self.seen.remove(&key);
        }
    }
}

/// The text of the value at `pointer`. A string is unescaped, for it may be written in several ways, and keeps the
/// quote in front, for a number of the same digits is another key; a number keeps its digits, which may be more than
/// any type holds.
fn key_of<'r>(record: &'r [u8], pointer: &Pointer) -> Option<Cow<'r, str>> {
    let mut value: &RawValue = serde_json::from_slice(record).ok()?;
    for token in pointer.tokens() {
        value = serde_json::Deserializer::from_str(value.get()).deserialize_any(Member { token }).ok()??;
    }
    match value.get() {
        "null" => None,
        text if text.starts_with('"') => {
            let unescaped: String = serde_json::from_str(text).ok()?;
            Some(Cow::Owned(format!("\"{unescaped}")))
        }
        text => Some(Cow::Borrowed(text)),
    }
}

/// One member of an object or element of an array.
struct Member<'t> {
    token: &'t str,
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            if name == self.token {
                found = Some(members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let mut index = 0;
        while let Some(element) = elements.next_element()? {
            if Pointer::index(self.token) == Some(index) {
                found = Some(element);
            }
            index += 1;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::key_of;

    #[test]
    fn keys_are_told_apart_to_the_digit_and_not_by_their_spelling() {
        let key = |record: &str, pointer: &str| {
            key_of(record.as_bytes(), &pointer.parse().unwrap()).map(std::borrow::Cow::into_owned)
        };
        assert_eq!(key(r#"{"id":"a\u0062"}"#, "/id").as_deref(), Some("\"ab"));
        assert_eq!(
            key(r#"{"id":12345678901234567890123}"#, "/id").as_deref(),
            Some("12345678901234567890123")
        );
        assert_eq!(key(r#"{"a":[{"b/c":1.10}]}"#, "/a/0/b~1c").as_deref(), Some("1.10"));
        assert_eq!(key(r#""x""#, "").as_deref(), Some("\"x"));
        for (record, pointer) in
            [(r#"{"id":null}"#, "/id"), ("{}", "/id"), ("7", "/id"), (r#"{"a":[]}"#, "/a/0")]
        {
            assert_eq!(key(record, pointer), None, "{record}");
        }
    }
}
