//! The partitions of a pull, in order: one for each window, its job done where it has one.

use std::{
    collections::VecDeque,
    thread::{Scope, ScopedJoinHandle},
};

use crate::{
    cancel::CancelSignal,
    listing::Pages,
    pull::{
        definition::Pull,
        job::{Job, JobError, Submission},
        listings::Listings,
        shared_checkpoint::SharedCheckpoint,
    },
    sink::Variables,
    window::Window,
};

/// A partition that is ready to be pulled.
#[derive(Debug)]
pub(crate) struct Partition<'a> {
    /// The slice of time; none where the pull has no windows.
    pub(crate) window: Option<Window>,
    /// What the placeholders in its requests stand for.
    pub(crate) variables: Variables,
    pub(crate) attempt: Attempt,
    /// Its pages, where the first was asked for while an earlier partition was read.
    pub(crate) begun: Option<Pages<'a>>,
}

/// Whether a partition is pulled for the first time in this run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Attempt {
    First,
    /// Its job was over before its results were read.
    Second,
}

/// Hands out the partitions. Jobs of later ones are submitted and polled, and their first pages fetched, while earlier ones
/// are read.
pub(crate) struct Queue<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    pull: &'env Pull<'env>,
    listings: Listings<'env>,
    saved: &'env SharedCheckpoint<'env>,
    cancelled: &'env CancelSignal,
    workers: usize,
    /// How many jobs of partitions that were not taken may be under way.
    jobs: usize,
    /// What is still to be pulled, in order.
    waiting: VecDeque<Queued<'scope, 'env>>,
}

/// A partition that was not taken yet.
pub(crate) struct Queued<'scope, 'env> {
    window: Option<Window>,
    variables: Variables,
    attempt: Attempt,
    standing: Standing,
    job: Option<ScopedJoinHandle<'scope, Result<Variables, JobError>>>,
    begun: Option<Pages<'env>>,
}

/// Whether the saved knows of a partition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    Known,
    New,
}

impl<'scope, 'env> Queue<'scope, 'env> {
    pub(crate) fn new(
        scope: &'scope Scope<'scope, 'env>,
        pull: &'env Pull<'env>,
        listings: Listings<'env>,
        saved: &'env SharedCheckpoint<'env>,
        cancelled: &'env CancelSignal,
        workers: usize,
    ) -> Self {
        // Each of several workers waits for the job of its own partition.
        let jobs = if workers > 1 { 1 } else { pull.source.concurrency.max(1) };
        let waiting = VecDeque::new();
        let mut queue = Self { scope, pull, listings, saved, cancelled, workers, jobs, waiting };
        let checkpoint = saved.checkpoint();
        let windows = pull.windows.as_ref().map_or(vec![None], |all| all.iter().copied().map(Some).collect());
        let begun = checkpoint.parts.iter().map(|partition| (partition.window, Standing::Known));
        let new = windows.into_iter().skip(checkpoint.taken).map(|window| (window, Standing::New));
        queue.waiting = begun.chain(new).map(|(window, standing)| queue.queued(window, standing)).collect();
        queue
    }

    /// Takes the next partition; `None` after the last, and once the pull is cancelled.
    pub(crate) fn take(&mut self) -> Option<Queued<'scope, 'env>> {
        if self.cancelled.is_set() {
            return None;
        }
        if let Some(job) = &self.pull.source.job {
            self.start(job);
        }
        let queued = self.waiting.pop_front()?;
        if queued.standing == Standing::New {
            self.saved.take(queued.window);
        }
        Some(queued)
    }

    /// Has the first pages of the next partitions fetched, for a worker that could have `idle` more under way. Where there are
    /// several workers, they are about to come to their ends together. What a job has is not known yet.
    pub(crate) fn begin(&mut self, idle: usize) {
        if self.pull.source.job.is_some() {
            return;
        }
        for queued in self.waiting.iter_mut().take(idle * self.workers) {
            if queued.begun.is_none() {
                let partition = self.saved.partition(queued.window);
                // Should this be an error, whoever takes the partition meets it again.
                queued.begun = self.listings.pages(&queued.variables, &partition).ok();
                queued.begun.iter_mut().for_each(Pages::prefetch_first);
            }
        }
    }

    /// Puts the halves of a window in front of all others.
    pub(crate) fn put_halves(&mut self, windows: [Window; 2]) {
        for window in windows.into_iter().rev() {
            let queued = self.queued(Some(window), Standing::Known);
            self.waiting.push_front(queued);
        }
    }

    /// Puts a partition in front of all others, to be pulled once more.
    pub(crate) fn put_again(&mut self, window: Option<Window>) {
        let queued = self.queued(window, Standing::Known);
        self.waiting.push_front(Queued { attempt: Attempt::Second, ..queued });
    }

    /// Starts as many jobs as may be under way. The first in the queue is always among them: the partition that was taken
    /// last has left its place free.
    fn start(&mut self, job: &'env Job) {
        let under_way = self.waiting.iter().filter(|queued| queued.job.is_some()).count();
        let more = self.jobs.saturating_sub(under_way);
        let (client, saved, cancelled) = (self.listings.client, self.saved, self.cancelled);
        for queued in self.waiting.iter_mut().filter(|queued| queued.job.is_none()).take(more) {
            let (window, variables) = (queued.window, queued.variables.clone());
            queued.job = Some(self.scope.spawn(move || {
                let note = |id: Option<&str>| saved.save_job(window, id);
                job.complete(&Submission { client, variables, note: &note, cancelled }, saved.job(window))
            }));
        }
    }

    fn queued(&self, window: Option<Window>, standing: Standing) -> Queued<'scope, 'env> {
        let variables = match (&self.pull.source.windows, window) {
            (Some(windows), Some(window)) => windows.in_requests(&self.pull.variables, &window),
            _ => self.pull.variables.clone(),
        };
        Queued { window, variables, attempt: Attempt::First, standing, job: None, begun: None }
    }
}

impl<'env> Queued<'_, 'env> {
    /// Waits until the partition's job is done.
    pub(crate) fn ready(self) -> Result<Partition<'env>, JobError> {
        let Self { window, variables, attempt, job, begun, .. } = self;
        let variables = match job {
            None => variables,
            Some(job) => job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
        };
        Ok(Partition { window, variables, attempt, begun })
    }
}
