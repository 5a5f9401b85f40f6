//! Checks that a listing that continues from the last record leaves out none.
//!
//! Such a listing asks for the records after a value. If several records have this value, and the page ends between them, the
//! others are left out, unless the next page begins with the value itself. If the API does not sort by the value, those with a
//! smaller one are left out, and those with a greater one arrive again.

use std::mem;

use super::{PageError, Pages};
use crate::{
    fingerprint::fingerprint,
    http::place::{Place, Places},
    json::{ExactValue, PointerTree},
    listing::{page::Page, paginate::Cursor},
};

impl Pages<'_> {
    /// Checks the values of the records at the cursor.
    pub(super) fn check_ties(&mut self, at: Option<&Cursor>, page: &Page) -> Result<(), PageError> {
        let Some(places) = self.listing.paginator.continues_from() else { return Ok(()) };
        let (Some(tree), false) = (tree(places), self.listing.ends.may_tie) else { return Ok(()) };
        let cursor = match at {
            Some(Cursor::Token(cursor)) => Some(cursor),
            _ => None,
        };
        let is_cursor = |value: Option<&str>| {
            cursor.is_some() && value.and_then(|value| ExactValue::parse(value).ok()).as_ref() == cursor
        };
        let earlier = mem::take(&mut self.before);
        let (number, mut latest, mut is_tie) = (self.progress.pages, None, false);
        for (index, record) in page.batch().records().enumerate() {
            let value = value(&tree, record).filter(|value| *value != "null");
            self.progress.skips_cursor |= index == 0 && cursor.is_some() && !is_cursor(value);
            is_tie |= value.is_some() && value == latest;
            latest = value;
            let record = fingerprint(record);
            if earlier.contains(&record) && !is_cursor(value) {
                return Err(PageError::Unsorted { page: number, at: places.to_string() });
            }
            self.before.insert(record);
        }
        self.progress.skips_cursor |= cursor.is_some() && page.is_empty();
        self.progress.tie = self.progress.tie.or(is_tie.then_some(number));
        match self.progress.tie {
            Some(page) if self.progress.skips_cursor => Err(PageError::Ties { page, at: places.to_string() }),
            _ => Ok(()),
        }
    }
}

/// What finds the value of a record.
fn tree(places: &Places) -> Option<PointerTree> {
    match places.iter().next()? {
        Place::Last(pointer) => Some(PointerTree::of([pointer])),
        _ => None,
    }
}

fn value<'r>(tree: &PointerTree, record: &'r [u8]) -> Option<&'r str> {
    let mut cells = [None];
    tree.find(str::from_utf8(record).ok()?, &mut cells).ok()?;
    cells[0]
}
