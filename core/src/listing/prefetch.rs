//! Fetching on threads of their own, so that pages come while others are written.

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
    cancel::Abandoned,
    client::{Client, RequestError},
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
    /// How many pages one listing may have under way.
    pub(super) ahead: usize,
    abandoned: Arc<Abandoned>,
}

#[derive(Debug)]
struct Task {
    request: Request,
    layout: Arc<Layout>,
    buffer: Vec<u8>,
    fetched: Sender<Result<Page, RequestError>>,
    wanted: Weak<Wanted>,
}

/// Lives for as long as somebody waits for a page.
#[derive(Debug)]
pub(super) struct Wanted;

/// The pages of a listing that are under way, in order.
pub(super) type UnderWay = VecDeque<Ahead>;

/// A page that was asked for.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) at: Option<Cursor>,
    /// What tells the request from others, where that is what has to be new.
    pub(super) seen: Option<u128>,
    pub(super) page: Coming,
}

/// Whether a page has come.
#[derive(Debug)]
pub(super) enum Coming {
    /// It is fetched by another thread.
    UnderWay(Receiver<Result<Page, RequestError>>, Arc<Wanted>, Arc<Abandoned>),
    /// It has come, or will not.
    Here(Result<Box<Page>, PageError>),
}

/// How long a page is waited for at a time, so that whoever waits sees when the pull is abandoned.
const GLANCE: Duration = Duration::from_millis(100);

impl Fetchers {
    /// Starts so many threads. They end once nobody can ask them any more, and nobody waits for that: a page which is
    /// no longer wanted may take its time to fail.
    pub(crate) fn start(
        client: &Arc<Client>,
        threads: usize,
        ahead: usize,
        abandoned: &Arc<Abandoned>,
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
        Self { tasks, ahead, abandoned: Arc::clone(abandoned) }
    }

    /// Has a page fetched.
    pub(super) fn fetch(&self, request: Request, layout: &Arc<Layout>, buffer: Vec<u8>) -> Coming {
        let ((fetched, page), wanted) = (mpsc::channel(), Arc::new(Wanted));
        let layout = Arc::clone(layout);
        let task = Task { request, layout, buffer, fetched, wanted: Arc::downgrade(&wanted) };
        // The threads are there for as long as anybody can ask them; were they not, the page would not come.
        let _ = self.tasks.send(task);
        Coming::UnderWay(page, wanted, Arc::clone(&self.abandoned))
    }
}

impl Task {
    fn fetch(self, client: &Client) {
        let Self { request, layout, buffer, fetched, wanted } = self;
        let is_wanted = || wanted.strong_count() > 0;
        let page = client.send_while(is_wanted, &request, buffer, |answer| Page::read(answer, &layout));
        // Whoever asked for it may have learnt that the listing has ended before it.
        let _ = fetched.send(page);
    }
}

impl Coming {
    /// Waits for the page, unless the pull is abandoned meanwhile.
    pub(super) fn wait(self) -> Result<Page, PageError> {
        let (page, _wanted, abandoned) = match self {
            Self::Here(page) => return page.map(|page| *page),
            Self::UnderWay(page, wanted, abandoned) => (page, wanted, abandoned),
        };
        loop {
            match page.recv_timeout(GLANCE) {
                Ok(page) => return Ok(page?),
                Err(RecvTimeoutError::Timeout) if abandoned.is_set() => return Err(PageError::Abandoned),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    std::panic::resume_unwind(Box::new("a thread that fetches pages has panicked"))
                }
            }
        }
    }
}
