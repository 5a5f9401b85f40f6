//! A listing whose pages hold a cursor for the next one.

use serde_json::Value;

use super::{Cursor, PaginationError, Paginator, Place, Proof};
use crate::{
    http::request::Request,
    json::pointer::Pointer,
    listing::page::{Page, kind_of},
};

/// Each page holds a cursor, an opaque value that asks for the next one. A page without records that holds a cursor is
/// not the end.
#[derive(Clone, Debug)]
pub struct Token {
    /// Where the cursor goes.
    pub param: Place,
    /// Where a page holds it.
    pub cursor: Pointer,
    /// Where a page tells whether there are more.
    pub more: Option<Pointer>,
    /// Whether the cursor changes from page to page.
    pub renewal: Renewal,
}

/// Whether a cursor changes from page to page.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Renewal {
    /// Every page has one of its own.
    #[default]
    EachPage,
    /// One cursor serves the whole listing, as in scroll APIs; a page without records is the end.
    Never,
}

impl Token {
    fn says_more(&self, page: &Page) -> Result<Option<bool>, PaginationError> {
        let Some(place) = &self.more else { return Ok(None) };
        match page.pick(place) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(more)) => Ok(Some(*more)),
            Some(other) => Err(PaginationError::MoreIsNoBoolean { at: place.clone(), found: kind_of(other) }),
        }
    }
}

impl Paginator for Token {
    fn reads(&self) -> Vec<Pointer> {
        [&self.cursor].into_iter().chain(&self.more).cloned().collect()
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        match at {
            None => Ok(()),
            Some(Cursor::Token(token)) => self.param.set(request, token.clone()),
            Some(_) => Err(PaginationError::ForeignCursor),
        }
    }

    fn advance(&self, _: Option<&Cursor>, page: &Page) -> Result<Option<Cursor>, PaginationError> {
        let more = self.says_more(page)?;
        let is_over = more == Some(false) || (self.renewal == Renewal::Never && page.batch().is_empty());
        if is_over {
            return Ok(None);
        }
        match page.pick(&self.cursor) {
            Some(token @ Value::String(text)) if !text.is_empty() => Ok(Some(Cursor::Token(token.clone()))),
            Some(token @ Value::Number(_)) => Ok(Some(Cursor::Token(token.clone()))),
            None | Some(Value::Null | Value::String(_) | Value::Bool(false)) if more == Some(true) => {
                Err(PaginationError::MoreWithoutCursor { at: self.cursor.clone() })
            }
            None | Some(Value::Null | Value::String(_) | Value::Bool(false)) => Ok(None),
            Some(other) => {
                Err(PaginationError::CursorIsNoText { at: self.cursor.clone(), found: kind_of(other) })
            }
        }
    }

    fn ahead(&self, _: &Cursor, _: &Page, _: u64) -> Option<Cursor> {
        None
    }

    fn total(&self, _: &Page) -> Option<u64> {
        None
    }

    fn proof(&self) -> Proof {
        match self.renewal {
            Renewal::EachPage => Proof::ByRequest,
            Renewal::Never => Proof::ByContent,
        }
    }
}
