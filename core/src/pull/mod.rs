//! A pull: every page of every partition into every sink. The outermost of the three loops.
//!
//! A *partition* is what one listing has: a window, the results of a job, or the whole stream. It has sinks, progress
//! and a way back, and everything happens to a partition as a whole. Read from the top:
//!
//! 1. [`run`] opens the sinks where the last checkpoint left them, has the workers pull all partitions, and publishes
//!    the result once every page is durable in every sink.
//! 2. A worker pulls one partition after another from the queue, which hands them out in order. There are several
//!    workers only if no sink and no check depends on that order.
//! 3. A partition is pulled page by page: the listing fetches a page, the sinks write it, and when it is time everything
//!    is committed. A commit makes the pages durable first and saves the checkpoint second, so a crash repeats pages
//!    rather than losing them; the sinks drop what the checkpoint does not know.
//!
//! When a page cannot be fetched, one of these things happens to the partition:
//!
//! * A rule says that there are too many results: the partition is rolled back and split in two.
//! * A rule says that its cursor has expired, or its job is gone: it is rolled back and restarted.
//! * A rule says to leave it out: it is rolled back and counted as skipped.
//! * Another worker has failed: its progress is saved, and the worker stops.
//! * Anything else: its progress is saved, and the pull fails. The next run resumes there.
//!
//! Without checkpointing, a pull that fails is rolled back as a whole.

mod commit;
mod definition;
mod error;
pub mod job;
mod listings;
mod partition;
mod queue;
mod rollback;
mod shared_checkpoint;
mod sinks;
mod source;
mod undo;
mod unique;
pub mod window;
mod worker;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, ScopedJoinHandle},
};

pub use self::{
    definition::{Pull, has_file_for_each_window},
    error::PullError,
    source::Source,
    undo::undo,
};
use self::{
    partition::OpenPartition,
    queue::{Partition, Queue},
    worker::{End, Run, Worker},
};
pub use crate::state::Summary;
use crate::{
    client::{Client, answer::Then},
    event::Event,
    listing::{PageError, page::Page},
};

/// How often a partition is restarted in one run.
const MAX_RESTARTS: u32 = 3;

/// Pulls every page into every sink, from the last checkpoint on if there is one, and publishes the result.
///
/// # Errors
/// Why the pull is not complete. With checkpointing, what was pulled so far is saved if possible; without it, the sinks
/// are rolled back.
pub fn run(pull: &Pull<'_>, client: &Arc<Client>) -> Result<Summary, PullError> {
    let run = Run::new(pull, client)?;
    let workers = run.pull(run.workers()?)?;
    let summary = run.all_durable()?;
    workers.into_iter().try_for_each(Worker::publish)?;
    Ok(summary)
}

impl<'a> Run<'a> {
    /// Has the workers pull all partitions, and returns them with their sinks still open. The first error ends the pull.
    fn pull(&'a self, workers: Vec<Worker<'a>>) -> Result<Vec<Worker<'a>>, PullError> {
        let ended: Vec<_> = thread::scope(|scope| {
            let queue = Arc::new(Mutex::new(Queue::new(scope, self)));
            let start = |worker: Worker<'a>| {
                let queue = Arc::clone(&queue);
                scope.spawn(move || worker.pull_all(&queue))
            };
            let threads: Vec<_> = workers.into_iter().map(start).collect();
            let ended = threads.into_iter().map(ScopedJoinHandle::join).collect();
            self.cancelled.set();
            ended
        });
        ended.into_iter().map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    }
}

impl<'a> Worker<'a> {
    /// Pulls one partition after another, until none is left, and makes their records durable.
    fn pull_all(mut self, queue: &Mutex<Queue<'_, 'a>>) -> Result<Self, PullError> {
        match self.pull_each(queue).and_then(|()| self.commit(None)) {
            Ok(()) => Ok(self),
            Err(error) => {
                self.run.cancelled.set();
                self.roll_back_after_failure();
                Err(error)
            }
        }
    }

    fn pull_each(&mut self, queue: &Mutex<Queue<'_, 'a>>) -> Result<(), PullError> {
        loop {
            let Some(mut partition) = locked(queue).take() else { return Ok(()) };
            match self.pull(&mut partition, queue)? {
                End::Complete | End::Skipped => {}
                End::Split(halves) => locked(queue).put_halves(halves),
                End::Restart => locked(queue).put_back(&partition),
                End::Cancelled => return Ok(()),
            }
        }
    }

    /// Pulls one partition, from where its progress says to its end.
    fn pull(
        &mut self,
        partition: &mut Partition<'_, 'a>,
        queue: &Mutex<Queue<'_, 'a>>,
    ) -> Result<End, PullError> {
        if let Err(error) = partition.wait_for_job() {
            return self.stop(None, error.into());
        }
        let mut open = self.open(partition)?;
        if partition.has_no_data {
            open.pages.end_without_data();
        }
        match self.pull_pages(&mut open, partition, queue) {
            Ok(End::Complete) => self.complete(open),
            Err(error) if !self.run.is_resumable() => {
                open.roll_back_after_failure();
                Err(error)
            }
            end => end,
        }
    }

    fn pull_pages(
        &mut self,
        open: &mut OpenPartition<'a>,
        partition: &Partition<'_, 'a>,
        queue: &Mutex<Queue<'_, 'a>>,
    ) -> Result<End, PullError> {
        loop {
            match open.pages.fetch_new() {
                Ok(Some((page, fingerprint))) => {
                    if open.pages.idle() > 0 {
                        locked(queue).prefetch(open.pages.idle());
                    }
                    self.write(open, page, fingerprint)?;
                }
                Ok(None) => return Ok(End::Complete),
                // The pull has failed already, and that failure is the one to report.
                Err(_) if self.run.cancelled.is_set() => {}
                Err(error) => return self.handle_failure(open, partition, error),
            }
            if self.run.cancelled.is_set() {
                self.save_progress(Some(open));
                return Ok(End::Cancelled);
            }
            self.commit_when_due(open)?;
        }
    }

    /// Writes a page to all sinks, without the records that were written before.
    fn write(
        &mut self,
        open: &mut OpenPartition<'a>,
        mut page: Page,
        fingerprint: Option<u128>,
    ) -> Result<(), PullError> {
        if let Some(unique) = &mut self.unique {
            let sorted = unique.drop_duplicates(&mut page);
            open.progress.repeated += sorted.repeated;
            open.progress.without_key += sorted.without_key;
        }
        let batch = page.batch();
        self.sinks.write(&batch)?;
        open.sinks.write(&batch)?;
        open.progress.written += batch.len() as u64;
        open.progress.listing = open.pages.progress().clone();
        self.uncommitted.pages.extend(fingerprint.filter(|_| self.run.is_resumable()));
        let written = Event::PageWritten { records: batch.len(), bytes: batch.bytes().len() };
        self.run.client.observer().on(&written);
        open.pages.recycle(page);
        Ok(())
    }

    /// Decides what happens to a partition whose next page could not be fetched.
    fn handle_failure(
        &mut self,
        open: &mut OpenPartition<'a>,
        partition: &Partition<'_, 'a>,
        error: PageError,
    ) -> Result<End, PullError> {
        match (error.ruled(), partition.window) {
            (Some(Then::Split), _) if open.pages.is_complete() => {
                // All records have arrived. Only the empty page after the last one is too deep.
                open.pages.end_too_deep();
                return Ok(End::Complete);
            }
            (Some(Then::Split), Some(window)) => {
                return match window.halves(self.run.pull.shortest()) {
                    Some(halves) => self.split(open, window, halves),
                    None => self.stop(Some(open), PullError::TooDeep { window }),
                };
            }
            (Some(Then::Restart), _) if partition.restarts < MAX_RESTARTS => return self.restart(open),
            (Some(Then::Skip), _) => return self.skip(open),
            _ if partition.restarts == 0 && self.is_job_gone(partition, &error) => return self.restart(open),
            _ => {}
        }
        self.stop(Some(open), error.into())
    }
}

fn locked<'p, 's, 'a>(queue: &'p Mutex<Queue<'s, 'a>>) -> MutexGuard<'p, Queue<'s, 'a>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
