//! Requests pages: the one that is needed now, and those that are prefetched.

use super::{PageError, Pages, prefetch::Requested};
use crate::{
    http::request::{Replay, Request},
    listing::{
        page::Page,
        paginate::{Cursor, Latest, LoopCheck, PaginationError},
        position::Next,
    },
};

impl Pages<'_> {
    /// Requests the page that is next, so that it arrives while the pages of an earlier listing are written.
    pub(crate) fn prefetch_first(&mut self) {
        let at = match &self.progress.next {
            Next::First => None,
            Next::At(cursor) => Some(cursor.clone()),
            Next::End => return,
        };
        let requested = self.request(at);
        self.prefetched.push_back(requested);
    }

    /// How many more pages could be prefetched than this listing has left.
    pub(crate) fn idle(&self) -> usize {
        self.most_prefetched().saturating_sub(self.prefetched.len())
    }

    /// The prefetched page at `at`. Any other page at the head of the queue was a wrong guess and is dropped.
    pub(super) fn take_prefetched(&mut self, at: Option<&Cursor>) -> Option<Requested> {
        self.prefetched.pop_front().filter(|requested| requested.at.as_ref() == at)
    }

    /// Requests the pages after `page`: the one at `next`, and those whose place is known without its response.
    pub(super) fn prefetch(&mut self, next: Option<Cursor>, page: &Page) {
        let mut wanted = next;
        for index in 0..self.most_prefetched() {
            let Some(cursor) = wanted.take() else { return self.prefetched.truncate(index) };
            let latest = Latest { page, pages: self.progress.pages, total: self.progress.total };
            wanted = self.listing.paginator.ahead(&cursor, &latest);
            let is_requested = |requested: &Requested| requested.at.as_ref() == Some(&cursor);
            if !self.prefetched.get(index).is_some_and(is_requested) {
                self.prefetched.truncate(index);
                let requested = self.request(Some(cursor));
                self.prefetched.push_back(requested);
            }
        }
    }

    /// Requests the page at `at`. Without fetchers, this also waits for it.
    pub(super) fn request(&mut self, at: Option<Cursor>) -> Requested {
        let (request, fingerprint) = match self.request_at(at.as_ref()) {
            Ok(request) => request,
            Err(error) => return Requested::ready(at, None, Err(error)),
        };
        let buffer = self.buffers.pop().unwrap_or_default();
        if let Some(fetchers) = &self.fetchers {
            return Requested {
                at,
                fingerprint,
                page: fetchers.fetch(request, &self.listing.rules, &self.layout, buffer),
            };
        }
        let read = |answer| Page::read(answer, &self.layout);
        let page = self.client.send_while(|| true, &self.listing.rules, &request, buffer, read);
        Requested::ready(at, fingerprint, page.map_err(PageError::from))
    }

    /// Checks that the next page can be requested, and that it is none of those that arrived. Nothing is sent.
    ///
    /// # Errors
    /// Why the listing cannot continue.
    pub fn check_next(&mut self) -> Result<(), PageError> {
        match self.progress.next.clone() {
            Next::At(cursor) => self.request_at(Some(&cursor)).map(drop),
            Next::First | Next::End => Ok(()),
        }
    }

    /// The request for the page at `at`, with its fingerprint. It must stay with the API, and it must be a new one if
    /// that is how the paginator proves that the listing ends.
    fn request_at(&mut self, at: Option<&Cursor>) -> Result<(Request, Option<u128>), PageError> {
        let mut request = self.listing.request.clone();
        self.listing.paginator.prepare(&mut request, at).map_err(|error| match at {
            // Of several files, there is now only one.
            Some(Cursor::File { .. }) => PaginationError::FilesChanged,
            _ => error,
        })?;
        if request.replay == Replay::Harmless && self.listing.paginator.is_kept_by_server() {
            request.replay = Replay::FromStart;
        }
        request.url = self.client.origins().admit(request.url)?;
        if self.listing.paginator.loop_check() == LoopCheck::Records {
            return Ok((request, None));
        }
        match self.seen.new_request(&request) {
            Some(fingerprint) => Ok((request, Some(fingerprint))),
            None => Err(PageError::Repeated { pages: self.progress.pages }),
        }
    }

    fn most_prefetched(&self) -> usize {
        self.fetchers.as_ref().map_or(0, |fetchers| fetchers.per_listing)
    }
}
