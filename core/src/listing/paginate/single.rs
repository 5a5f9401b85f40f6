//! No pagination.

use super::{Cursor, LoopCheck, PaginationError, Paginator};
use crate::{http::request::Request, json::pointer::Pointer, listing::page::Page};

/// The listing has only one page.
#[derive(Clone, Copy, Debug)]
pub struct Single;

impl Paginator for Single {
    fn reads(&self) -> Vec<Pointer> {
        Vec::new()
    }

    fn prepare(&self, _: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        at.map_or(Ok(()), |_| Err(PaginationError::ForeignCursor))
    }

    fn advance(&self, _: Option<&Cursor>, _: &Page) -> Result<Option<Cursor>, PaginationError> {
        Ok(None)
    }

    fn ahead(&self, _: &Cursor, _: &Page, _: u64) -> Option<Cursor> {
        None
    }

    fn total(&self, _: &Page) -> Option<u64> {
        None
    }

    fn loop_check(&self) -> LoopCheck {
        LoopCheck::Requests
    }
}
