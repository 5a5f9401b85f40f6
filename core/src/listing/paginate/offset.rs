//! Pagination by the offset of the first record.

use serde_json::Value;

use super::{Cursor, LoopCheck, PaginationError, Paginator, Place, count, is_likely};
use crate::{http::request::Request, json::pointer::Pointer, listing::page::Page};

/// Pages are requested by the number of records before them.
///
/// The next offset is computed from the records that arrived, not from the page size that was requested, so no records
/// are skipped if the server returns smaller pages. A page without records ends the listing.
#[derive(Clone, Debug)]
pub struct Offset {
    /// Where the offset goes.
    pub param: Place,
    /// Where the page size goes, and the page size in records.
    pub size: Option<(Place, u64)>,
    /// The offset of the first record: usually 0, or 1 if the API counts from one.
    pub start: u64,
    /// Where a page reports the total number of records.
    pub total: Option<Pointer>,
}

impl Offset {
    fn offset(&self, at: Option<&Cursor>) -> Result<u64, PaginationError> {
        match at {
            None => Ok(self.start),
            Some(Cursor::Offset(offset)) => Ok(*offset),
            Some(_) => Err(PaginationError::ForeignCursor),
        }
    }
}

impl Paginator for Offset {
    fn reads(&self) -> Vec<Pointer> {
        self.total.iter().cloned().collect()
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        if let Some((place, size)) = &self.size {
            place.set(request, Value::from(*size))?;
        }
        self.param.set(request, Value::from(self.offset(at)?))
    }

    fn advance(&self, at: Option<&Cursor>, page: &Page) -> Result<Option<Cursor>, PaginationError> {
        let received = page.batch().len() as u64;
        let offset = self.offset(at)?;
        Ok((received > 0).then_some(Cursor::Offset(offset + received)))
    }

    fn ahead(&self, at: &Cursor, page: &Page, pages: u64) -> Option<Cursor> {
        let received = page.batch().len() as u64;
        let next = self.offset(Some(at)).ok()?.saturating_add(received);
        let before = next.saturating_sub(self.start);
        let is_before_end = match self.total(page) {
            Some(total) => before < total,
            None => is_likely(before.checked_div(received)?, pages),
        };
        (received > 0 && is_before_end).then_some(Cursor::Offset(next))
    }

    fn total(&self, page: &Page) -> Option<u64> {
        count(page, self.total.as_ref())
    }

    fn loop_check(&self) -> LoopCheck {
        LoopCheck::Records
    }
}
