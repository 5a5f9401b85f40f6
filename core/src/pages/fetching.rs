//! Fetching on threads of their own, so that pages come while others are written.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread::Scope,
};

use super::PageError;
use crate::{
    client::{Client, RequestError},
    page::{Layout, Page},
    paginate::Cursor,
    request::Request,
};

/// Threads that fetch pages.
#[derive(Clone, Debug)]
pub(crate) struct Fetchers {
    tasks: Sender<Task>,
    /// How many pages one listing may have under way.
    pub(super) ahead: usize,
}

#[derive(Debug)]
struct Task {
    request: Request,
    layout: Arc<Layout>,
    buffer: Vec<u8>,
    fetched: Sender<Result<Page, RequestError>>,
}

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
    UnderWay(Receiver<Result<Page, RequestError>>),
    /// It has come, or will not.
    Here(Result<Box<Page>, PageError>),
}

impl Fetchers {
    /// Starts so many threads. They end once nobody can ask them any more.
    pub(crate) fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        client: &'scope Client,
        threads: usize,
        ahead: usize,
    ) -> Self {
        let (tasks, queue) = mpsc::channel::<Task>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let queue = Arc::clone(&queue);
            scope.spawn(move || {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(Task { request, layout, buffer, fetched }) = next else { return };
                    let page = client.send(&request, buffer, |answer| Page::read(answer, &layout));
                    // Whoever asked for it may have learnt that the listing has ended before it.
                    let _ = fetched.send(page);
                }
            });
        }
        Self { tasks, ahead }
    }

    /// Has a page fetched.
    pub(super) fn fetch(&self, request: Request, layout: &Arc<Layout>, buffer: Vec<u8>) -> Coming {
        let (fetched, page) = mpsc::channel();
        let task = Task { request, layout: Arc::clone(layout), buffer, fetched };
        // The threads are there for as long as anybody can ask them; were they not, the page would not come.
        let _ = self.tasks.send(task);
        Coming::UnderWay(page)
    }
}

impl Coming {
    /// Waits for the page.
    pub(super) fn wait(self) -> Result<Page, PageError> {
        match self {
            Self::Here(page) => page.map(|page| *page),
            Self::UnderWay(page) => match page.recv() {
                Ok(page) => Ok(page?),
                Err(_) => std::panic::resume_unwind(Box::new("a thread that fetches pages has panicked")),
            },
        }
    }
}
