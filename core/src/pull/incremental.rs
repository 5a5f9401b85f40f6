//! Where the next pull starts: a value of the records, or a link or cursor of the last page.

use std::cmp::Ordering;

use http::{Method, header::CONTENT_TYPE};
use jiff::Timestamp;

use crate::{
    bookmark::{Bookmark, BookmarkKind},
    http::{
        place::Places,
        request::{Body, Request},
    },
    json::{ExactValue, PointerTree, pointer::Pointer},
    listing::{
        NextStart,
        paginate::{Cursor, PaginationError, Parameter},
    },
    pull::filter::Filter,
    sink::Batch,
    state::{
        Start,
        checkpoint::{Checkpoint, PartitionProgress},
    },
};

/// How a pull starts where the last complete one ended.
#[derive(Clone, Debug)]
pub enum Incremental {
    /// At a value that its records reached.
    Value {
        /// Where a record has the value.
        at: Pointer,
        /// Where it goes in a request.
        param: Parameter,
        /// Which value was reached.
        order: Order,
        /// Which kinds of values a record may have.
        accepts: Accepts,
    },
    /// At a link or cursor of the last page.
    Next {
        /// Where the last page has it.
        next: Places,
        /// Where a cursor goes in a request. Without it, there is a link.
        param: Option<Parameter>,
    },
}

/// Which value a pull has reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// The greatest, because records come in any order. Times after the start of the pull do not count: the pull may have
    /// missed other records that changed meanwhile.
    Greatest,
    /// That of the last record, because the API sends them in order.
    AsSent,
}

/// Which kinds of values a record may have.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Accepts {
    /// Times and numbers; with [`Order::AsSent`] any text.
    #[default]
    Any,
    /// Only times, because the next pull starts earlier by a span of time.
    Times,
}

/// Why a record has no value from which the next pull could start.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BookmarkError {
    /// It has none.
    #[error("record {record} of page {page} has no value at `{at}`, from which the next run could start")]
    Missing {
        /// Its number on the page, from 1.
        record: u64,
        /// The number of the page, from 1.
        page: u64,
        /// Where the value should be.
        at: Pointer,
    },
    /// It has another kind of value.
    #[error("record {record} of page {page} has `{found}` at `{at}`, which is neither a time nor a number")]
    NotComparable {
        /// Its number on the page, from 1.
        record: u64,
        /// The number of the page, from 1.
        page: u64,
        /// Where the value is.
        at: Pointer,
        /// The value.
        found: String,
    },
    /// Its value is no time.
    #[error(
        "record {record} of page {page} has `{found}` at `{at}`, which is not a time, so the next run cannot start earlier by `lookback`"
    )]
    NoTime {
        /// Its number on the page, from 1.
        record: u64,
        /// The number of the page, from 1.
        page: u64,
        /// Where the value is.
        at: Pointer,
        /// The value.
        found: String,
    },
    /// Its value cannot be compared with that of another record.
    #[error(
        "record {record} of page {page} has `{found}` at `{at}`, which cannot be compared with `{other}`"
    )]
    Mixed {
        /// Its number on the page, from 1.
        record: u64,
        /// The number of the page, from 1.
        page: u64,
        /// Where the value is.
        at: Pointer,
        /// The value.
        found: Bookmark,
        /// The other one.
        other: Bookmark,
    },
    /// Values of several partitions, or of this pull and the last one, cannot be compared.
    #[error("the values `{one}` and `{other}` at `{at}` cannot be compared")]
    MixedPartitions {
        /// Where they are.
        at: Pointer,
        /// One of them.
        one: Bookmark,
        /// Another one.
        other: Bookmark,
    },
}

/// Advances the checkpoint to what a complete partition has reached.
pub(super) fn advance(
    checkpoint: &mut Checkpoint,
    partition: PartitionProgress,
    incremental: Option<&Incremental>,
) {
    match incremental {
        None => {}
        Some(Incremental::Next { .. }) => {
            checkpoint.reached = partition.listing.start.map(Start::At).or(checkpoint.reached.take());
        }
        Some(Incremental::Value { order, .. }) => {
            let Some(value) = partition.reached else { return };
            let is_greater = match &checkpoint.reached {
                Some(Start::Value(before)) if *order == Order::Greatest => {
                    value.compare(before).map(Ordering::is_gt)
                }
                _ => Some(true),
            };
            match is_greater {
                Some(true) => checkpoint.reached = Some(Start::Value(value)),
                Some(false) => {}
                None => checkpoint.incomparable = Some(value),
            }
        }
    }
}

/// Fails if partitions have reached values that cannot be compared.
pub(super) fn refuse_incomparable(
    checkpoint: &Checkpoint,
    incremental: Option<&Incremental>,
) -> Result<(), BookmarkError> {
    match (incremental, &checkpoint.reached, &checkpoint.incomparable) {
        (Some(Incremental::Value { at, .. }), Some(Start::Value(one)), Some(other)) => {
            let (at, one, other) = (at.clone(), one.clone(), other.clone());
            Err(BookmarkError::MixedPartitions { at, one, other })
        }
        _ => Ok(()),
    }
}

/// Reads the values of records.
#[derive(Debug)]
pub(super) struct BookmarkReader<'a> {
    at: &'a Pointer,
    tree: PointerTree,
    order: Order,
    accepts: Accepts,
    /// Later times do not count.
    until: Option<Timestamp>,
    /// Whether numbers are Unix times, by the name of their field.
    has_unix_times: bool,
}

/// Where records are, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnPage {
    /// The number of the page, from 1.
    pub(super) page: u64,
    /// How many records of the page are before them.
    pub(super) before: u64,
}

impl Incremental {
    /// Changes the first request so that the pull starts there.
    pub(super) fn start(&self, request: &mut Request, start: &Start) -> Result<(), PaginationError> {
        match (self, start) {
            (Self::Value { param, .. }, Start::Value(value)) => param.set(request, in_request(value)),
            (Self::Next { param: Some(param), .. }, Start::At(Cursor::Token(cursor))) => {
                param.set(request, cursor.clone())
            }
            (Self::Next { param: None, .. }, Start::At(Cursor::Url(url))) => {
                request.url = url.clone();
                request.method = Method::GET;
                request.body = Body::Empty;
                request.headers.remove(CONTENT_TYPE);
                Ok(())
            }
            _ => Err(PaginationError::ForeignCursor),
        }
    }

    /// What the last page has for the next pull.
    pub(super) fn next_start(&self) -> Option<NextStart> {
        match self {
            Self::Value { .. } => None,
            Self::Next { next, param } => Some(NextStart { at: next.clone(), is_link: param.is_none() }),
        }
    }
}

impl<'a> BookmarkReader<'a> {
    /// Reads the values of `incremental`, if it has any, for a pull that started at `until`.
    pub(super) fn new(incremental: Option<&'a Incremental>, until: Option<Timestamp>) -> Option<Self> {
        let Some(Incremental::Value { at, order, accepts, .. }) = incremental else { return None };
        let has_unix_times = at.tokens().last().is_some_and(|name| sounds_like_time(name));
        Some(Self {
            at,
            tree: PointerTree::of([at]),
            order: *order,
            accepts: *accepts,
            until,
            has_unix_times,
        })
    }

    /// Advances `reached` to what these records reach. Each must have a value, unless `filter` leaves it out.
    pub(super) fn read(
        &self,
        batch: &Batch<'_>,
        on: OnPage,
        filter: Option<&Filter>,
        reached: &mut Option<Bookmark>,
    ) -> Result<(), BookmarkError> {
        for (record, number) in batch.records().zip(on.before + 1..) {
            match self.value(record, number, on.page) {
                Ok(value) => self.advance(reached, value, number, on.page)?,
                Err(_) if filter.is_some_and(|filter| !filter.keeps(record)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn value(&self, record: &[u8], number: u64, page: u64) -> Result<Bookmark, BookmarkError> {
        let (at, mut found) = (self.at.clone(), [None]);
        // Records are valid JSON.
        let _ = self.tree.find(str::from_utf8(record).unwrap_or_default(), &mut found);
        let json = match found[0] {
            None | Some("null" | "\"\"") => return Err(BookmarkError::Missing { record: number, page, at }),
            Some(json) => json,
        };
        let value = Bookmark::of_json(json);
        let fits = |value: &Bookmark| self.order == Order::AsSent || value.kind() != BookmarkKind::Text;
        let found = || json.chars().take(80).collect();
        match value.filter(fits) {
            None => Err(BookmarkError::NotComparable { record: number, page, at, found: found() }),
            Some(value) if self.accepts == Accepts::Times && value.kind() != BookmarkKind::Time => {
                Err(BookmarkError::NoTime { record: number, page, at, found: found() })
            }
            Some(value) => Ok(value),
        }
    }

    fn advance(
        &self,
        reached: &mut Option<Bookmark>,
        value: Bookmark,
        number: u64,
        page: u64,
    ) -> Result<(), BookmarkError> {
        if self.order == Order::Greatest {
            if let Some(other) = reached {
                let is_greater = value.compare(other).ok_or_else(|| BookmarkError::Mixed {
                    record: number,
                    page,
                    at: self.at.clone(),
                    found: value.clone(),
                    other: other.clone(),
                })?;
                if is_greater.is_le() {
                    return Ok(());
                }
            }
            let is_since = |start: Timestamp| {
                // The fraction may be missing.
                let unix_time = || Some(value.unix_time()?.as_second() >= start.as_second());
                value.is_since(start).or_else(|| unix_time().filter(|_| self.has_unix_times))
            };
            if self.until.and_then(is_since) == Some(true) {
                return Ok(());
            }
        }
        *reached = Some(value);
        Ok(())
    }
}

/// A value in a request: of the JSON kind that it had, with every digit.
fn in_request(value: &Bookmark) -> ExactValue {
    match value {
        Bookmark::Number(digits) => ExactValue::number(digits),
        Bookmark::Text(text) => text.clone().into(),
    }
}

/// Whether the name of a field suggests that its value is a time.
fn sounds_like_time(name: &str) -> bool {
    const WORDS: [&str; 7] = ["time", "date", "stamp", "updated", "modified", "changed", "created"];
    let name = name.to_lowercase();
    ["at", "ts"].contains(&name.as_str())
        || name.ends_with("_at")
        || WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::{Bookmark, in_request};

    #[test]
    fn a_request_gets_the_kind_that_the_record_had() {
        for json in
            ["17", "1.10", "18446744073709551630", "1764460800.12345678901", r#""17""#, r#""2026-01-01""#]
        {
            assert_eq!(in_request(&Bookmark::of_json(json).unwrap()).to_string(), json);
        }
    }
}
