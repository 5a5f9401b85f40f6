//! The pages of one listing, from the first to the last: the middle of the three loops.
//!
//! [`Pages::fetch`] is one turn of the loop. It waits for the page that is next, which may have been prefetched; finds
//! out where the listing goes on; checks that the page is what the listing promised; and requests the pages after it,
//! so that they arrive while the caller writes this one.
//!
//! Every failure ends the listing with a [`PageError`]:
//!
//! * The request was given up. The client has retried it as often as allowed.
//! * The page neither has a next page nor proves that it is the last, or it points away from the API.
//! * The page was fetched before, or has the records of the one before it: the listing would never end.
//! * The records are not where they should be: the configuration is wrong, or the API changed.
//!
//! `request.rs` requests pages, `prefetch.rs` has the threads that fetch them, `checks.rs`, `ties.rs` and `probe.rs` check what
//! arrives, `next.rs` decides where the listing continues or that it is complete, and [`paginate`] knows the styles of pagination.

mod checks;
pub mod end;
mod error;
mod gap;
pub(crate) mod history;
mod next;
pub mod page;
pub mod paginate;
pub mod position;
mod prefetch;
mod probe;
pub(crate) mod repeats;
mod request;
pub(crate) mod seen;
mod start;
mod ties;

use std::{collections::HashSet, mem, sync::Arc};

pub(crate) use self::error::continuations;
pub(crate) use self::prefetch::Fetchers;
pub use self::{error::PageError, start::NextStart};
use self::{gap::Gap, prefetch::Prefetched};
use crate::{
    client::{
        Client,
        answer::{Rules, Then},
    },
    http::{
        place::{Place, Places},
        request::Request,
    },
    json::pointer::Pointer,
    listing::{
        end::{Ends, RecordsMissing},
        history::History,
        page::{Continuation, EmptyBody, Format, Layout, Page},
        paginate::Paginator,
        position::{Next, Progress},
        repeats::Repeats,
        seen::Seen,
    },
};

/// A listing: its first request, where a page has its records, and how to find the next page.
#[derive(Debug)]
pub struct Listing {
    /// The request for the first page.
    pub request: Request,
    /// Where a page has its records.
    pub records: Pointer,
    /// The style of pagination.
    pub paginator: Arc<dyn Paginator>,
    /// How the listing ends, whatever its style.
    pub ends: Ends,
    /// What responses mean.
    pub rules: Arc<Rules>,
    /// The format of a page.
    pub format: Format,
    /// What the last page has for the next pull.
    pub start: Option<NextStart>,
}

/// The pages of a listing, in order.
#[derive(Debug)]
pub struct Pages<'a> {
    client: &'a Client,
    listing: Listing,
    layout: Arc<Layout>,
    seen: Seen,
    repeats: Repeats,
    history: History,
    progress: Progress,
    /// The threads that fetch pages. Without them, each page is fetched by the thread that needs it.
    fetchers: Option<Fetchers>,
    prefetched: Prefetched,
    /// The records of the page before, if the listing continues from the last one.
    before: HashSet<u128>,
    /// What the first page had that leads to another page, if it was fetched by this process.
    on_first: Option<Vec<Continuation>>,
    /// What seems to be missing from the page before.
    gap: Option<Gap>,
    /// The memory of earlier pages, for later ones.
    buffers: Vec<Vec<u8>>,
}

impl Listing {
    /// What to look for in a page.
    fn layout(&self) -> Layout {
        let Ends { more, total, last, .. } = &self.ends;
        let conditions = last.iter().filter_map(|last| last.at.as_ref()).map(|(places, _)| places);
        let places = self.paginator.reads().into_iter().chain(more).chain(total).chain(conditions);
        let places = places.chain(self.start.iter().map(|start| &start.at));
        let pointers = places.flat_map(Places::iter).filter_map(|place| match place {
            Place::Body(pointer) => Some(pointer.clone()),
            _ => None,
        });
        let empty = match self.ends.records_missing {
            RecordsMissing::Empty => EmptyBody::Page,
            RecordsMissing::Suspicious => EmptyBody::Fault,
        };
        let layout = Layout::new(&self.records, &pointers.collect::<Vec<_>>());
        layout.with_format(self.format.clone(), empty)
    }
}

impl<'a> Pages<'a> {
    /// Returns the next page, or `None` after the last.
    ///
    /// # Errors
    /// Why the listing cannot continue. Later calls return `None`.
    pub fn fetch(&mut self) -> Result<Option<Page>, PageError> {
        Ok(self.fetch_new()?.map(|(page, _)| page))
    }

    /// Does what [`fetch`](Self::fetch) does, and returns the fingerprint by which the page is recognized if it comes
    /// again.
    pub(crate) fn fetch_new(&mut self) -> Result<Option<(Page, Option<u128>)>, PageError> {
        let at = match mem::replace(&mut self.progress.next, Next::End) {
            Next::First => None,
            Next::At(cursor) => Some(cursor),
            Next::End => return Ok(None),
        };
        let requested = self.take_prefetched(at.as_ref()).unwrap_or_else(|| self.request(at.clone()));
        let page = match requested.page.wait() {
            Err(error) if error.ruled() == Some(Then::End) => {
                self.check_start()?;
                self.check_gap_before()?;
                return Ok(self.end_by_rule());
            }
            page => page?,
        };
        self.progress.pages += 1;
        let received = page.len();
        self.progress.records += received;
        if let Ends { hides_records: true, size: Some(size), .. } = self.listing.ends {
            self.progress.hidden += size.saturating_sub(received);
        }
        self.note_totals(&page)?;
        self.check_records(&page)?;
        self.check_header(&page)?;
        let next = self.next_after(at.as_ref(), &page)?;
        self.note_start(&page)?;
        if next.is_none() {
            self.check_start()?;
        }
        self.check_absent(&page, next.as_ref())?;
        self.count_short(&page);
        let fingerprint = self.check_content(at.as_ref(), &page)?.or(requested.fingerprint);
        self.check_ties(at.as_ref(), &page)?;
        self.check_gap(at.as_ref(), &page, next.is_none())?;
        self.note_size(&page);
        self.prefetch(next.clone(), &page);
        self.progress.next = next.map_or(Next::End, Next::At);
        Ok(Some((page, fingerprint)))
    }

    /// The pages of `listing`, starting with the first.
    pub fn new(client: &'a Client, listing: Listing) -> Self {
        Self::from(client, listing, Progress::default(), Seen::default(), History::default(), None)
    }

    /// The pages of `listing`, starting with the one that is next in `progress`.
    pub(crate) fn from(
        client: &'a Client,
        listing: Listing,
        progress: Progress,
        seen: Seen,
        history: History,
        fetchers: Option<Fetchers>,
    ) -> Self {
        let layout = Arc::new(listing.layout());
        Self {
            client,
            listing,
            layout,
            seen,
            repeats: Repeats::default(),
            history,
            progress,
            fetchers,
            prefetched: Prefetched::new(),
            before: HashSet::new(),
            on_first: None,
            gap: None,
            buffers: Vec::new(),
        }
    }

    /// How far the listing is.
    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Whether a later run can resume from `progress`. It cannot if the cursor contains a secret, because a checkpoint
    /// must not contain any.
    pub(crate) fn can_resume_from(&self, progress: &Progress) -> bool {
        match &progress.next {
            Next::At(cursor) => !cursor.contains_secret(&self.client.secrets(&self.listing.request)),
            Next::First | Next::End => true,
        }
    }

    /// How many records are missing, compared with the total that the API reported last.
    pub fn missing(&self) -> u64 {
        self.progress.missing()
    }

    /// Whether at least as many records arrived as the API reported. False if it did not report a total.
    pub(crate) fn is_complete(&self) -> bool {
        self.progress.total.is_some() && self.progress.missing() == 0
    }

    /// Takes back a page that is no longer needed, to reuse its memory.
    pub fn recycle(&mut self, page: Page) {
        self.buffers.push(page.into_buffer());
    }
}
