//! Threads that fetch pages, so that the next ones arrive while this one is written.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use super::PageError;
use crate::{
    cancel::CancelSignal,
    client::{Client, RequestError, answer::Rules},
    http::request::Request,
    listing::{
        page::{Layout, Page},
        paginate::Cursor,
    },
};

/// Threads that fetch pages.
#[derive(Clone, Debug)]
pub(crate) struct Fetchers {
    tasks: Sender<Task>,
    /// How many pages one listing may prefetch.
    pub(super) per_listing: usize,
    cancelled: Arc<CancelSignal>,
}

#[derive(Debug)]
struct Task {
    request: Request,
    rules: Arc<Rules>,
    layout: Arc<Layout>,
    buffer: Vec<u8>,
    fetched: Sender<Result<Page, RequestError>>,
    waiter: Weak<Waiter>,
}

/// Exists as long as somebody waits for a page.
#[derive(Debug)]
pub(super) struct Waiter;

/// The prefetched pages of a listing, in order.
pub(super) type Prefetched = VecDeque<Requested>;

/// A page that was requested.
#[derive(Debug)]
pub(super) struct Requested {
    pub(super) at: Option<Cursor>,
    /// The fingerprint of the request, if the paginator proves by requests that the listing ends.
    pub(super) fingerprint: Option<u128>,
    pub(super) page: PendingPage,
}

/// A page that may not have arrived yet.
#[derive(Debug)]
pub(super) enum PendingPage {
    /// Another thread is fetching it.
    Fetching(Receiver<Result<Page, RequestError>>, Arc<Waiter>, Arc<CancelSignal>),
    /// It has arrived, or has failed.
    Ready(Result<Box<Page>, PageError>),
}

/// How often a thread that waits for a page checks whether the pull was cancelled.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl Fetchers {
    /// Starts the threads. They end once all `Fetchers` are dropped. Nobody joins them, because a request that is no
    /// longer needed may take long to fail.
    pub(crate) fn start(
        client: &Arc<Client>,
        threads: usize,
        per_listing: usize,
        cancelled: &Arc<CancelSignal>,
    ) -> Self {
        let (tasks, queue) = mpsc::channel::<Task>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let (client, queue) = (Arc::clone(client), Arc::clone(&queue));
            thread::spawn(move || {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(task) = next else { return };
                    task.fetch(&client);
                }
            });
        }
        Self { tasks, per_listing, cancelled: Arc::clone(cancelled) }
    }

    /// Fetches a page on one of the threads.
    pub(super) fn fetch(
        &self,
        request: Request,
        rules: &Arc<Rules>,
        layout: &Arc<Layout>,
        buffer: Vec<u8>,
    ) -> PendingPage {
        let ((fetched, page), waiter) = (mpsc::channel(), Arc::new(Waiter));
        let (rules, layout) = (Arc::clone(rules), Arc::clone(layout));
        let task = Task { request, rules, layout, buffer, fetched, waiter: Arc::downgrade(&waiter) };
        // The threads run as long as `self` exists. If they did not, `wait` would notice the closed channel.
        let _ = self.tasks.send(task);
        PendingPage::Fetching(page, waiter, Arc::clone(&self.cancelled))
    }
}

impl Task {
    fn fetch(self, client: &Client) {
        let Self { request, rules, layout, buffer, fetched, waiter } = self;
        let is_wanted = || waiter.strong_count() > 0;
        let read = |answer| Page::read(answer, &layout);
        let page = client.send_while(is_wanted, &rules, &request, buffer, read);
        // The receiver is gone if the listing turned out to end before this page.
        let _ = fetched.send(page);
    }
}

impl Requested {
    /// A page that needs no waiting.
    pub(super) fn ready(
        at: Option<Cursor>,
        fingerprint: Option<u128>,
        page: Result<Page, PageError>,
    ) -> Self {
        Self { at, fingerprint, page: PendingPage::Ready(page.map(Box::new)) }
    }
}

impl PendingPage {
    /// Waits for the page, unless the pull is cancelled meanwhile.
    pub(super) fn wait(self) -> Result<Page, PageError> {
        let (page, _waiter, cancelled) = match self {
            Self::Ready(page) => return page.map(|page| *page),
            Self::Fetching(page, waiter, cancelled) => (page, waiter, cancelled),
        };
        loop {
            match page.recv_timeout(POLL_INTERVAL) {
                Ok(page) => return Ok(page?),
                Err(RecvTimeoutError::Timeout) if cancelled.is_set() => return Err(PageError::Cancelled),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    std::panic::resume_unwind(Box::new("a thread that fetches pages panicked"))
                }
            }
        }
    }
}
