//! The partitions of a pull, handed out in order.

use std::{
    collections::VecDeque,
    thread::{Scope, ScopedJoinHandle},
};

use crate::{
    listing::Pages,
    pull::{
        job::{Job, JobEnd, JobError, Submission},
        worker::Run,
    },
    sink::Variables,
    window::Window,
};

/// Hands out the partitions in order. While earlier ones are pulled, the jobs of later ones are submitted and polled, and
/// their first pages are prefetched.
pub(super) struct Queue<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    run: &'env Run<'env>,
    waiting: VecDeque<Partition<'scope, 'env>>,
}

/// What one listing has: a window, the results of a job, or the whole stream.
pub(super) struct Partition<'scope, 'env> {
    /// The slice of time, if the pull has windows.
    pub(super) window: Option<Window>,
    /// The values of the placeholders in its requests.
    pub(super) variables: Variables,
    /// How often it was restarted in this run.
    pub(super) restarts: u32,
    /// Its pages, if the first ones were prefetched.
    pub(super) prefetched: Option<Pages<'env>>,
    /// Whether its job ended without data.
    pub(super) has_no_data: bool,
    job: Option<ScopedJoinHandle<'scope, Result<JobEnd, JobError>>>,
}

impl<'scope, 'env> Queue<'scope, 'env> {
    /// The partitions that the checkpoint says are not complete, then those that it does not know yet.
    pub(super) fn new(scope: &'scope Scope<'scope, 'env>, run: &'env Run<'env>) -> Self {
        let checkpoint = run.checkpoint.snapshot();
        let windows = run.pull.windows.as_ref();
        let all = windows.map_or(vec![None], |windows| windows.iter().copied().map(Some).collect());
        let unfinished = checkpoint.partitions.iter().map(|progress| progress.window);
        let windows = unfinished.chain(all.into_iter().skip(checkpoint.taken));
        let waiting = windows.map(|window| partition(run, window)).collect();
        Self { scope, run, waiting }
    }

    /// Takes the next partition. `None` after the last one, and once the pull is cancelled.
    pub(super) fn take(&mut self) -> Option<Partition<'scope, 'env>> {
        if self.run.cancelled.is_set() {
            return None;
        }
        if let Some(job) = &self.run.pull.source.job {
            self.start_jobs(job);
        }
        let partition = self.waiting.pop_front()?;
        self.run.checkpoint.take(partition.window);
        Some(partition)
    }

    /// Prefetches the first pages of the next partitions, for a worker that could prefetch `idle` more pages. All workers
    /// are about to reach the ends of their partitions. Where pages come from a job, their requests are not known yet.
    pub(super) fn prefetch(&mut self, idle: usize) {
        if self.run.pull.source.job.is_some() {
            return;
        }
        for partition in self.waiting.iter_mut().take(idle * self.run.workers) {
            if partition.prefetched.is_none() {
                let progress = self.run.checkpoint.partition(partition.window);
                // If this is an error, the worker that takes the partition reports it.
                partition.prefetched = self.run.listings.pages(&partition.variables, &progress).ok();
                partition.prefetched.iter_mut().for_each(Pages::prefetch_first);
            }
        }
    }

    /// Puts the halves of a window before all other partitions.
    pub(super) fn put_halves(&mut self, halves: [Window; 2]) {
        for window in halves.into_iter().rev() {
            self.waiting.push_front(partition(self.run, Some(window)));
        }
    }

    /// Puts a partition back, before all others, so that it is pulled again.
    pub(super) fn put_back(&mut self, taken: &Partition<'_, '_>) {
        let restarts = taken.restarts + 1;
        self.waiting.push_front(Partition { restarts, ..partition(self.run, taken.window) });
    }

    /// Submits as many jobs as may run at once. The first partition always gets one, because the partition that was taken
    /// last has left its place free.
    fn start_jobs(&mut self, job: &'env Job) {
        // Each of several workers waits for the job of its own partition.
        let source = self.run.pull.source;
        let max_jobs = if self.run.workers > 1 { 1 } else { source.concurrency.max(1) };
        let running = self.waiting.iter().filter(|partition| partition.job.is_some()).count();
        let (scope, run) = (self.scope, self.run);
        let without_job = self.waiting.iter_mut().filter(|partition| partition.job.is_none());
        for partition in without_job.take(max_jobs.saturating_sub(running)) {
            let (window, variables) = (partition.window, partition.variables.clone());
            partition.job = Some(scope.spawn(move || {
                let save = |id: Option<&str>| run.checkpoint.save_job(window, id);
                let (client, cancelled) = (run.client, &*run.cancelled);
                let submission = Submission { client, variables, save: &save, cancelled };
                job.complete(&submission, run.checkpoint.job(window))
            }));
        }
    }
}

impl Partition<'_, '_> {
    /// Waits until the results of the partition's job are ready, if it has a job.
    pub(super) fn wait_for_job(&mut self) -> Result<(), JobError> {
        if let Some(job) = self.job.take() {
            match job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))? {
                JobEnd::Ready(variables) => self.variables = variables,
                JobEnd::NoData => self.has_no_data = true,
            }
        }
        Ok(())
    }
}

fn partition<'scope, 'env>(run: &'env Run<'env>, window: Option<Window>) -> Partition<'scope, 'env> {
    let variables = match (&run.pull.source.windows, window) {
        (Some(windows), Some(window)) => windows.in_requests(&run.pull.variables, &window),
        _ => run.pull.variables.clone(),
    };
    Partition { window, variables, restarts: 0, prefetched: None, has_no_data: false, job: None }
}
