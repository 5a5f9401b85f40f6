//! The pages of a listing, one after another: the middle of the three loops.

mod error;
pub mod page;
pub mod paginate;
pub mod position;
mod prefetch;
pub(crate) mod seen;

use std::{mem, sync::Arc};

pub use self::error::PageError;
pub(crate) use self::prefetch::Fetchers;
use self::prefetch::{Ahead, Coming, UnderWay};
use crate::{
    client::Client,
    http::request::Request,
    json::pointer::Pointer,
    listing::{
        page::{Layout, Page, Records},
        paginate::{Cursor, Paginator, Proof},
        position::{Next, Progress},
        seen::Seen,
    },
};

/// A listing: its first request, and how to read and leave a page.
#[derive(Debug)]
pub struct Listing {
    /// The request for the first page.
    pub request: Request,
    /// Where a page holds its records.
    pub records: Pointer,
    /// How it goes on.
    pub paginator: Arc<dyn Paginator>,
}

/// The pages of a listing, from the first to the end or to an error.
#[derive(Debug)]
pub struct Pages<'a> {
    client: &'a Client,
    listing: Listing,
    layout: Arc<Layout>,
    seen: Seen,
    progress: Progress,
    /// Who fetches; none where nobody but this thread does.
    fetchers: Option<Fetchers>,
    under_way: UnderWay,
    /// Memory for pages to come.
    buffers: Vec<Vec<u8>>,
}

impl<'a> Pages<'a> {
    /// The pages of `listing` from the first on.
    pub fn new(client: &'a Client, listing: Listing) -> Self {
        Self::from(client, listing, Progress::default(), Seen::default(), None)
    }

    /// The pages of `listing` from where it has come to.
    pub(crate) fn from(
        client: &'a Client,
        listing: Listing,
        progress: Progress,
        seen: Seen,
        fetchers: Option<Fetchers>,
    ) -> Self {
        let layout = Arc::new(Layout::new(&listing.records, &listing.paginator.reads()));
        let (under_way, buffers) = (UnderWay::new(), Vec::new());
        Self { client, listing, layout, seen, progress, fetchers, under_way, buffers }
    }

    /// The next page; `None` after the last. After an error there is no next page either.
    pub fn fetch(&mut self) -> Result<Option<Page>, PageError> {
        Ok(self.fetch_new()?.map(|(page, _)| page))
    }

    /// The same with what tells this page from others, should it come again.
    pub(crate) fn fetch_new(&mut self) -> Result<Option<(Page, Option<u128>)>, PageError> {
        let at = match mem::replace(&mut self.progress.next, Next::End) {
            Next::First => None,
            Next::At(cursor) => Some(cursor),
            Next::End => return Ok(None),
        };
        let coming = self.under_way.pop_front().filter(|ahead| ahead.at == at);
        let Ahead { seen: is_new, page, .. } = coming.unwrap_or_else(|| self.ask(at.clone()));
        let page = page.wait()?;
        self.progress.pages += 1;
        self.progress.records += page.batch().len() as u64;
        let next = self.listing.paginator.advance(at.as_ref(), &page)?;
        self.progress.total = self.listing.paginator.total(&page).or(self.progress.total);
        self.check_records(&page, next.as_ref())?;
        let seen = self.check_content(&page)?.or(is_new);
        self.look_ahead(next.clone(), &page);
        self.progress.next = next.map_or(Next::End, Next::At);
        Ok(Some((page, seen)))
    }

    /// Has the first of the pages to come fetched, while those of an earlier listing are written.
    pub(crate) fn begin(&mut self) {
        let at = match &self.progress.next {
            Next::First => None,
            Next::At(cursor) => Some(cursor.clone()),
            Next::End => return,
        };
        let asked = self.ask(at);
        self.under_way.push_back(asked);
    }

    /// How many more pages could be under way than this listing has.
    pub(crate) fn idle(&self) -> usize {
        self.ahead().saturating_sub(self.under_way.len())
    }

    fn ahead(&self) -> usize {
        self.fetchers.as_ref().map_or(0, |fetchers| fetchers.ahead)
    }

    /// Has the next pages fetched while this one is written: the one that it names, and those that need no answer first.
    fn look_ahead(&mut self, next: Option<Cursor>, page: &Page) {
        let mut wanted = next;
        for index in 0..self.ahead() {
            let Some(cursor) = wanted.take() else { return self.under_way.truncate(index) };
            wanted = self.listing.paginator.ahead(&cursor, page, self.progress.pages);
            if self.under_way.get(index).is_none_or(|ahead| ahead.at.as_ref() != Some(&cursor)) {
                self.under_way.truncate(index);
                let asked = self.ask(Some(cursor));
                self.under_way.push_back(asked);
            }
        }
    }

    /// Asks for the page at `at`.
    fn ask(&mut self, at: Option<Cursor>) -> Ahead {
        let (request, seen) = match self.request_at(at.as_ref()) {
            Ok(request) => request,
            Err(error) => return Ahead { at, seen: None, page: Coming::Here(Err(error)) },
        };
        let buffer = self.buffers.pop().unwrap_or_default();
        if let Some(fetchers) = &self.fetchers {
            return Ahead { at, seen, page: fetchers.fetch(request, &self.layout, buffer) };
        }
        let page = self.client.send(&request, buffer, |answer| Page::read(answer, &self.layout));
        Ahead { at, seen, page: Coming::Here(page.map(Box::new).map_err(PageError::from)) }
    }

    /// How far the listing has come.
    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Whether a later run can go on from `progress`. Not where the next page is asked for with a secret: no checkpoint
    /// may hold one.
    pub(crate) fn can_go_on_from(&self, progress: &Progress) -> bool {
        match &progress.next {
            Next::At(cursor) => !cursor.gives_away(&self.client.secrets(&self.listing.request)),
            Next::First | Next::End => true,
        }
    }

    /// How many records fewer came than the API said there are, by the last page that said so.
    pub fn missing(&self) -> u64 {
        self.progress.total.map_or(0, |total| total.saturating_sub(self.progress.records))
    }

    /// Whether as many records came as the API said there are.
    pub(crate) fn has_all(&self) -> bool {
        self.progress.total.is_some_and(|total| self.progress.records >= total)
    }

    /// Takes a page back that is no longer needed, for its buffer.
    pub fn recycle(&mut self, page: Page) {
        self.buffers.push(page.into_buffer());
    }

    /// The request for the page at `at`, which must be new in this run and stay with the API.
    fn request_at(&mut self, at: Option<&Cursor>) -> Result<(Request, Option<u128>), PageError> {
        let mut request = self.listing.request.clone();
        self.listing.paginator.prepare(&mut request, at)?;
        request.url = self.client.origins().admit(request.url)?;
        if self.listing.paginator.proof() == Proof::ByContent {
            return Ok((request, None));
        }
        match self.seen.new_request(&request) {
            Some(seen) => Ok((request, Some(seen))),
            None => Err(PageError::Repeated { pages: self.progress.pages }),
        }
    }

    /// A server that does not look at the page number gives the same page for ever.
    fn check_content(&mut self, page: &Page) -> Result<Option<u128>, PageError> {
        let batch = page.batch();
        if self.listing.paginator.proof() != Proof::ByContent || batch.is_empty() {
            return Ok(None);
        }
        let seen = self.seen.new_records(batch.bytes());
        seen.map(Some).ok_or(PageError::SameRecords { page: self.progress.pages })
    }

    /// Absent records are how many APIs say "no more", but not where more is announced, and not where the records of
    /// the first page visibly stand elsewhere.
    fn check_records(&self, page: &Page, next: Option<&Cursor>) -> Result<(), PageError> {
        let (at, page_number) = (self.listing.records.clone(), self.progress.pages);
        match page.records() {
            Records::Misplaced { found } => Err(PageError::NoArray { at, found, page: page_number }),
            Records::Absent { .. } if next.is_some() => Err(PageError::Absent { at, page: page_number }),
            // Where the API says that there are none, other arrays are about something else.
            Records::Absent { arrays }
                if page_number == 1 && !arrays.is_empty() && self.progress.total != Some(0) =>
            {
                Err(PageError::Elsewhere { at, arrays: arrays.clone() })
            }
            Records::Found | Records::Absent { .. } => Ok(()),
        }
    }
}
