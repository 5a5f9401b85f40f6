//! The link or cursor that the last page has for the next pull.

use super::{PageError, Pages};
use crate::{
    http::place::Places,
    listing::{
        page::{Page, kind_of},
        paginate::{Cursor, is_empty},
    },
};

/// What the last page has for the next pull.
#[derive(Clone, Debug)]
pub struct NextStart {
    /// Where it is.
    pub at: Places,
    /// Whether it is a link.
    pub is_link: bool,
}

impl Pages<'_> {
    /// Notes what `page` has for the next pull.
    pub(super) fn note_start(&mut self, page: &Page) -> Result<(), PageError> {
        let Some(NextStart { at, is_link }) = &self.listing.start else { return Ok(()) };
        self.progress.start = match page.find(at)?.filter(|(value, _)| !is_empty(value.value())) {
            None => None,
            Some((found, place)) if *is_link => {
                let invalid =
                    || PageError::StartIsNoLink { at: place.to_string(), found: kind_of(found.value()) };
                let url = found.value().as_str().and_then(|link| page.url().join(link).ok());
                let url = self.client.origins().admit(url.ok_or_else(invalid)?)?;
                Some(Cursor::Url(self.client.without_credential(url)))
            }
            Some((cursor, _)) => Some(Cursor::Token(cursor)),
        };
        Ok(())
    }

    /// Checks that the last page had something for the next pull, if it must have. A checkpoint must not contain secrets.
    pub(super) fn check_start(&self) -> Result<(), PageError> {
        let Some(NextStart { at, .. }) = &self.listing.start else { return Ok(()) };
        let (page, at) = (self.progress.pages, at.to_string());
        match &self.progress.start {
            None => Err(PageError::NoStart { page, at }),
            Some(start) if start.contains_secret(&self.client.secrets(&self.listing.request)) => {
                Err(PageError::SecretStart { at })
            }
            Some(_) => Ok(()),
        }
    }
}
