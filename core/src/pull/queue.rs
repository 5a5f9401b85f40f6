//! The parts of a pull, in order: one for each window, its job done where it has one.

use std::{
    collections::VecDeque,
    thread::{Scope, ScopedJoinHandle},
};

use crate::{
    cancel::Abandoned,
    listing::Pages,
    pull::{
        Pull,
        job::{Errand, Job, JobError},
        listings::Listings,
        progress::Ledger,
    },
    sink::Site,
    window::Window,
};

/// A part that is ready to be pulled.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    /// The slice of time; none where the pull has no windows.
    pub(crate) window: Option<Window>,
    /// What the placeholders in its requests stand for.
    pub(crate) site: Site,
    pub(crate) trial: Trial,
    /// Its pages, where the first was asked for while an earlier part was read.
    pub(crate) begun: Option<Pages<'a>>,
}

/// Whether a part is pulled for the first time in this run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trial {
    First,
    /// Its job was over before its results were read.
    Second,
}

/// Hands out the parts. Jobs of later parts are submitted and polled, and their first pages fetched, while earlier ones
/// are read.
pub(crate) struct Parts<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    pull: &'env Pull<'env>,
    listings: Listings<'env>,
    ledger: &'env Ledger<'env>,
    abandoned: &'env Abandoned,
    readers: usize,
    /// How many jobs of parts that were not taken may be under way.
    jobs: usize,
    /// What is still to be pulled, in order.
    queue: VecDeque<Queued<'scope, 'env>>,
}

/// A part that was not taken yet.
pub(crate) struct Queued<'scope, 'env> {
    window: Option<Window>,
    site: Site,
    trial: Trial,
    standing: Standing,
    job: Option<ScopedJoinHandle<'scope, Result<Site, JobError>>>,
    begun: Option<Pages<'env>>,
}

/// Whether the ledger knows of a part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    Known,
    New,
}

impl<'scope, 'env> Parts<'scope, 'env> {
    pub(crate) fn new(
        scope: &'scope Scope<'scope, 'env>,
        pull: &'env Pull<'env>,
        listings: Listings<'env>,
        ledger: &'env Ledger<'env>,
        abandoned: &'env Abandoned,
        readers: usize,
    ) -> Self {
        // Each of several readers waits for the job of its own part.
        let jobs = if readers > 1 { 1 } else { pull.source.concurrency.max(1) };
        let queue = VecDeque::new();
        let mut parts = Self { scope, pull, listings, ledger, abandoned, readers, jobs, queue };
        let checkpoint = ledger.checkpoint();
        let windows = pull.windows.as_ref().map_or(vec![None], |all| all.iter().copied().map(Some).collect());
        let begun = checkpoint.parts.iter().map(|part| (part.window, Standing::Known));
        let new = windows.into_iter().skip(checkpoint.taken).map(|window| (window, Standing::New));
        parts.queue = begun.chain(new).map(|(window, standing)| parts.queued(window, standing)).collect();
        parts
    }

    /// Takes the next part; `None` after the last, and once the pull is abandoned.
    pub(crate) fn take(&mut self) -> Option<Queued<'scope, 'env>> {
        if self.abandoned.is_set() {
            return None;
        }
        if let Some(job) = &self.pull.source.job {
            self.start(job);
        }
        let queued = self.queue.pop_front()?;
        if queued.standing == Standing::New {
            self.ledger.take(queued.window);
        }
        Some(queued)
    }

    /// Has the first pages of the next parts fetched, for a reader that could have `idle` more under way. Where there are
    /// several readers, they are about to come to their ends together. What a job has is not known yet.
    pub(crate) fn begin(&mut self, idle: usize) {
        if self.pull.source.job.is_some() {
            return;
        }
        for queued in self.queue.iter_mut().take(idle * self.readers) {
            if queued.begun.is_none() {
                let part = self.ledger.part(queued.window);
                // Should this be an error, whoever takes the part meets it again.
                queued.begun = self.listings.pages(&queued.site, &part).ok();
                queued.begun.iter_mut().for_each(Pages::begin);
            }
        }
    }

    /// Puts the halves of a window in front of all others.
    pub(crate) fn put_halves(&mut self, windows: [Window; 2]) {
        for window in windows.into_iter().rev() {
            let queued = self.queued(Some(window), Standing::Known);
            self.queue.push_front(queued);
        }
    }

    /// Puts a part in front of all others, to be pulled once more.
    pub(crate) fn put_again(&mut self, window: Option<Window>) {
        let queued = self.queued(window, Standing::Known);
        self.queue.push_front(Queued { trial: Trial::Second, ..queued });
    }

    /// Starts as many jobs as may be under way. The first in the queue is always among them: the part that was taken
    /// last has left its place free.
    fn start(&mut self, job: &'env Job) {
        let under_way = self.queue.iter().filter(|queued| queued.job.is_some()).count();
        let more = self.jobs.saturating_sub(under_way);
        let (client, ledger, abandoned) = (self.listings.client, self.ledger, self.abandoned);
        for queued in self.queue.iter_mut().filter(|queued| queued.job.is_none()).take(more) {
            let (window, site) = (queued.window, queued.site.clone());
            queued.job = Some(self.scope.spawn(move || {
                let note = |id: Option<&str>| ledger.save_job(window, id);
                job.complete(&Errand { client, site, note: &note, abandoned }, ledger.job(window))
            }));
        }
    }

    fn queued(&self, window: Option<Window>, standing: Standing) -> Queued<'scope, 'env> {
        let site = match (&self.pull.source.windows, window) {
            (Some(windows), Some(window)) => windows.in_requests(&self.pull.site, &window),
            _ => self.pull.site.clone(),
        };
        Queued { window, site, trial: Trial::First, standing, job: None, begun: None }
    }
}

impl<'env> Queued<'_, 'env> {
    /// Waits until the part's job is done.
    pub(crate) fn ready(self) -> Result<Part<'env>, JobError> {
        let Self { window, site, trial, job, begun, .. } = self;
        let site = match job {
            None => site,
            Some(job) => job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
        };
        Ok(Part { window, site, trial, begun })
    }
}
