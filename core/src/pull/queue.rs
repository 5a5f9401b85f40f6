//! The partitions of a pull, handed out in order.

use std::{
    collections::VecDeque,
    thread::{Scope, ScopedJoinHandle},
};

use crate::{
    listing::Pages,
    partition::PartitionId,
    pull::{
        each::Fields,
        job::{Job, JobEnd, JobError, Submission},
        order::Order,
        partitions::Child,
        run::Run,
    },
    sink::Variables,
    state::StateError,
};

/// Hands out the partitions in order. While earlier ones are pulled, the jobs of later ones are submitted and polled, and
/// their first pages are prefetched. Only those that are about to be pulled are in memory.
pub(super) struct Queue<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    run: &'env Run<'env>,
    waiting: VecDeque<Partition<'scope, 'env>>,
    /// The number of the first partition that is not in `waiting` and was never there.
    next: u64,
    /// The order in which the partitions that were handed out are written.
    pub(super) order: Order<'env>,
}

/// What one listing has: a window, a parent's children, the results of a job, or the whole stream.
pub(super) struct Partition<'scope, 'env> {
    pub(super) id: PartitionId,
    /// The values of the placeholders in its requests.
    pub(super) variables: Variables,
    /// The fields of its parent that its records get.
    pub(super) fields: Option<Fields>,
    /// How often it was restarted in this run.
    pub(super) restarts: u32,
    /// Its pages, if the first ones were prefetched.
    pub(super) prefetched: Option<Pages<'env>>,
    /// Whether its job ended without data.
    pub(super) has_no_data: bool,
    job: Option<ScopedJoinHandle<'scope, Result<JobEnd, JobError>>>,
}

/// What a worker does next.
pub(super) enum Taken<'scope, 'env> {
    /// It pulls this partition.
    Partition(Box<Partition<'scope, 'env>>),
    /// It waits until other partitions are written, because too many wait for their turn.
    Wait,
    /// It ends.
    None,
}

impl<'scope, 'env> Queue<'scope, 'env> {
    /// The partitions that the checkpoint says are not complete, then those that it does not know yet.
    pub(super) fn new(
        scope: &'scope Scope<'scope, 'env>,
        run: &'env Run<'env>,
        order: Order<'env>,
    ) -> Result<Self, StateError> {
        let checkpoint = run.checkpoint.snapshot();
        let mut queue = Self { scope, run, waiting: VecDeque::new(), next: checkpoint.taken, order };
        for progress in &checkpoint.partitions {
            queue.order.add(progress.id);
            queue.waiting.push_back(partition(run, progress.id)?);
        }
        Ok(queue)
    }

    /// Takes the next partition. None is left after the last one, and once the pull is cancelled.
    pub(super) fn take(&mut self) -> Result<Taken<'scope, 'env>, StateError> {
        if self.run.cancelled.is_set() {
            return Ok(Taken::None);
        }
        self.look_ahead(1)?;
        let Some(next) = self.waiting.front().map(|partition| partition.id) else { return Ok(Taken::None) };
        // Those that are in the order already were put back. Others may depend on them.
        if !self.order.contains(next) {
            if self.order.is_closed() {
                return Ok(Taken::None);
            }
            if self.order.is_full() {
                return Ok(Taken::Wait);
            }
            self.order.add(next);
        }
        if let Some(job) = &self.run.pull.source.job {
            self.start_jobs(job)?;
        }
        let Some(partition) = self.waiting.pop_front() else { return Ok(Taken::None) };
        self.run.checkpoint.take(partition.id);
        Ok(Taken::Partition(Box::new(partition)))
    }

    /// Prefetches the first pages of the next partitions, for a worker that could prefetch `idle` more pages. All workers
    /// are about to reach the ends of their partitions. Where pages come from a job, their requests are not known yet.
    pub(super) fn prefetch(&mut self, idle: usize) {
        let count = idle * self.run.workers;
        // If this is an error, the worker that takes the partition reports it.
        if self.run.pull.source.job.is_some() || self.order.is_closed() || self.look_ahead(count).is_err() {
            return;
        }
        for partition in self.waiting.iter_mut().take(count) {
            if partition.prefetched.is_none() {
                let progress = self.run.checkpoint.partition(partition.id);
                // If this is an error, the worker that takes the partition reports it.
                partition.prefetched = self.run.listings.pages(&partition.variables, &progress).ok();
                partition.prefetched.iter_mut().for_each(Pages::prefetch_first);
            }
        }
    }

    /// Replaces a partition by the halves of its window, which are the next ones to be pulled.
    pub(super) fn put_halves(&mut self, id: PartitionId, halves: [PartitionId; 2]) -> Result<(), StateError> {
        self.order.split(id, halves);
        for half in halves {
            let partition = partition(self.run, half)?;
            self.insert(partition);
        }
        Ok(())
    }

    /// Puts a partition back, so that it is pulled again.
    pub(super) fn put_back(&mut self, taken: &Partition<'_, '_>) -> Result<(), StateError> {
        let restarts = taken.restarts + 1;
        self.insert(Partition { restarts, ..partition(self.run, taken.id)? });
        Ok(())
    }

    /// Puts a partition before all those that are written after it.
    fn insert(&mut self, partition: Partition<'scope, 'env>) {
        let place = self.order.place(partition.id);
        let earlier = self.waiting.iter().take_while(|other| self.order.place(other.id) < place).count();
        self.waiting.insert(earlier, partition);
    }

    /// Makes sure that at least `count` partitions are waiting, if there are so many.
    fn look_ahead(&mut self, count: usize) -> Result<(), StateError> {
        while self.waiting.len() < count && self.next < self.run.partitions.len() {
            let id = self.run.partitions.id(self.next);
            self.waiting.push_back(partition(self.run, id)?);
            self.next += 1;
        }
        Ok(())
    }

    /// Submits as many jobs as may run at once. The first partition always gets one, because the partition that was taken
    /// last has left its place free.
    fn start_jobs(&mut self, job: &'env Job) -> Result<(), StateError> {
        // Each of several workers waits for the job of its own partition.
        let source = self.run.pull.source;
        let max_jobs = if self.run.workers > 1 { 1 } else { source.concurrency.max(1) };
        self.look_ahead(max_jobs)?;
        let running = self.waiting.iter().filter(|partition| partition.job.is_some()).count();
        let (scope, run) = (self.scope, self.run);
        let without_job = self.waiting.iter_mut().filter(|partition| partition.job.is_none());
        for partition in without_job.take(max_jobs.saturating_sub(running)) {
            let (id, variables) = (partition.id, partition.variables.clone());
            partition.job = Some(scope.spawn(move || {
                let save = |job: Option<&str>| run.checkpoint.save_job(id, job);
                let (client, cancelled) = (run.client, &*run.cancelled);
                let submission = Submission { client, variables, save: &save, cancelled };
                job.complete(&submission, run.checkpoint.job(id))
            }));
        }
        Ok(())
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

fn partition<'scope, 'env>(
    run: &'env Run<'env>,
    id: PartitionId,
) -> Result<Partition<'scope, 'env>, StateError> {
    let Child { variables, fields } = run.partitions.child(id)?;
    Ok(Partition { id, variables, fields, restarts: 0, prefetched: None, has_no_data: false, job: None })
}
