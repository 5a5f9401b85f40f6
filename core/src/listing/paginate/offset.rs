//! Pagination by the offset of the first record.

use serde_json::Value;

use super::{Cursor, Latest, LoopCheck, PaginationError, Paginator, Parameter, Step, is_likely};
use crate::{
    http::{place::Places, request::Request},
    listing::page::Page,
};

/// Pages are requested by the number of records before them.
///
/// A page without records ends the listing, unless pages leave out records.
#[derive(Clone, Debug)]
pub struct Offset {
    /// Where the offset goes.
    pub param: Parameter,
    /// Where the page size goes, and the page size in records.
    pub size: Option<(Parameter, u64)>,
    /// The offset of the first record: usually 0, or 1 if the API counts from one.
    pub start: u64,
    /// What the next offset is computed from.
    pub step: OffsetStep,
}

/// What the next offset is computed from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OffsetStep {
    /// The records that arrived. None are skipped if the server returns smaller pages than requested.
    #[default]
    Received,
    /// The page size, because the server leaves out records that may not be seen, but counts them.
    Size(u64),
}

impl Offset {
    fn step(&self, received: u64) -> u64 {
        match self.step {
            OffsetStep::Received => received,
            OffsetStep::Size(size) => size,
        }
    }

    fn offset(&self, at: Option<&Cursor>) -> Result<u64, PaginationError> {
        match at {
            None => Ok(self.start),
            Some(Cursor::Offset(offset)) => Ok(*offset),
            Some(_) => Err(PaginationError::ForeignCursor),
        }
    }
}

impl Paginator for Offset {
    fn reads(&self) -> Vec<&Places> {
        Vec::new()
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        if let Some((place, size)) = &self.size {
            place.set(request, Value::from(*size))?;
        }
        self.param.set(request, Value::from(self.offset(at)?))
    }

    fn advance(&self, at: Option<&Cursor>, page: &Page) -> Result<Step, PaginationError> {
        let received = page.len();
        let next = Cursor::Offset(self.offset(at)?.saturating_add(self.step(received)));
        Ok(match self.step {
            _ if received > 0 => Step::Page(next),
            // The next offset would be this one again.
            OffsetStep::Received => Step::Empty(None),
            OffsetStep::Size(_) => Step::Empty(Some(next)),
        })
    }

    fn page_count(&self, _: &Page) -> Result<Option<u64>, PaginationError> {
        Ok(None)
    }

    fn ahead(&self, at: &Cursor, latest: &Latest<'_>) -> Option<Cursor> {
        let received = latest.page.len();
        let next = self.offset(Some(at)).ok()?.saturating_add(self.step(received));
        let before = next.saturating_sub(self.start);
        let is_before_end = match latest.total {
            Some(total) => before < total,
            None => is_likely(before.checked_div(self.step(received))?, latest.pages),
        };
        (received > 0 && is_before_end).then_some(Cursor::Offset(next))
    }

    fn gap(&self, at: Option<&Cursor>, page: &Page) -> Option<Cursor> {
        let (received, OffsetStep::Size(size)) = (page.len(), self.step) else { return None };
        let missing = Cursor::Offset(self.offset(at).ok()?.saturating_add(received));
        (0 < received && received < size).then_some(missing)
    }

    fn continues_from(&self) -> Option<&Places> {
        None
    }

    fn loop_check(&self) -> LoopCheck {
        LoopCheck::Records
    }
}
