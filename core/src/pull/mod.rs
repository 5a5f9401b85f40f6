//! A pull: every page of every partition into every sink. The outermost of the three loops.
//!
//! A *partition* is what one listing has: a window, the children of a parent, the results of a job, or the whole stream. It
//! has progress and a way back, and everything happens to a partition as a whole. Read from the top:
//!
//! 1. [`run`](fn@run) opens the sinks where the last checkpoint left them, has the workers pull all partitions, and publishes
//!    the result once every page is durable in every sink.
//! 2. A worker pulls one partition after another from the queue, which hands them out in order. Several workers pull
//!    several partitions at once.
//! 3. A partition is pulled page by page. The first partition in the order has the writer, which writes its pages to the
//!    sinks. The pages of those ahead of their turn wait on disk. If every sink has a file for each partition, each worker
//!    has a writer of its own, and no partition waits.
//! 4. When it is time, everything is committed. A commit makes the pages durable first and saves the checkpoint second, so a
//!    crash repeats pages rather than losing them; the sinks drop what the checkpoint does not know.
//!
//! When a page cannot be fetched, one of these things happens to the partition:
//!
//! * A rule says that there are too many results: the partition is rolled back and split in two.
//! * A rule says that its cursor has expired, or its job is gone: it is rolled back and restarted.
//! * A rule says to leave it out: it is rolled back and counted as skipped.
//! * Another worker has failed: its progress is saved, and the worker stops.
//! * Anything else: its progress is saved, and the pull fails once all partitions before it are written. The next run
//!   resumes there.
//!
//! Without checkpointing, a pull that fails is rolled back as a whole.

mod arrival;
mod columns;
mod commit;
mod definition;
mod each;
mod error;
mod filter;
mod incremental;
pub mod job;
mod last_commit;
mod limit;
mod listings;
pub mod lookup;
mod order;
mod partition;
mod partitions;
mod queue;
mod rollback;
mod run;
mod shared_checkpoint;
mod sinks;
mod source;
mod spool;
mod undo;
mod unique;
mod waiting;
pub mod window;
mod worker;
mod writer;

use std::{
    sync::Arc,
    thread::{self, ScopedJoinHandle},
};

pub use self::{
    columns::Column,
    definition::{Pull, differs_by},
    each::{Each, ParentError, ParentsSink},
    error::PullError,
    filter::Filter,
    incremental::{Accepts, BookmarkError, Incremental, Order as BookmarkOrder},
    source::Source,
    spool::SpoolFolder,
    undo::{reopen_finished, undo},
};
use self::{
    incremental::OnPage,
    order::{Ended, Order},
    partition::OpenPartition,
    queue::{Partition, Queue},
    run::Run,
    worker::{End, SharedQueue, Worker},
    writer::Writer,
};
pub use crate::state::Summary;
use crate::{
    client::{Client, answer::Then},
    listing::{PageError, page::Page, repeats::first_page},
    sink::Lines,
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
    let writers = run.pull(Writer::all(&run)?)?;
    let summary = run.all_durable()?;
    writers.into_iter().try_for_each(Writer::publish)?;
    Ok(run.without_findings_of_rest(summary))
}

impl<'a> Run<'a> {
    /// Has the workers pull all partitions, and returns the writers with their sinks still open. The first error ends the
    /// pull.
    fn pull(&'a self, writers: Vec<Writer<'a>>) -> Result<Vec<Writer<'a>>, PullError> {
        let (mut writers, mut waiting, pulled) = thread::scope(|scope| {
            let order = Order::new(writers, self.most_handed_out());
            let queue = Arc::new(SharedQueue::new(Queue::new(scope, self, order)?));
            // All of them exist before any of them starts: one that has failed gives its writer back, with pages that were
            // not committed, and no other may take it.
            let workers: Vec<_> = (0..self.workers).map(|_| Worker::new(self, &queue)).collect();
            let started = workers.into_iter().map(|worker| scope.spawn(move || worker.pull_all()));
            let threads: Vec<_> = started.collect();
            let ended: Vec<_> = threads.into_iter().map(ScopedJoinHandle::join).collect();
            self.cancelled.set();
            let ended =
                ended.into_iter().map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            let pulled: Result<(), PullError> = ended.collect();
            let (writers, waiting) = queue.lock().order.take_all();
            Ok::<_, PullError>((writers, waiting, pulled))
        })?;
        // A writer that a worker kept has committed already.
        let last = writers.first_mut().filter(|_| self.is_ordered());
        match pulled.and_then(|()| last.map_or(Ok(()), |writer| writer.commit(None))) {
            Ok(()) => Ok(writers),
            Err(error) => {
                for open in &mut waiting {
                    self.save_waiting(open);
                }
                writers.into_iter().for_each(Writer::roll_back_after_failure);
                Err(error)
            }
        }
    }
}

impl<'scope, 'a> Worker<'scope, 'a> {
    /// Pulls one partition after another, until none is left.
    fn pull_all(mut self) -> Result<(), PullError> {
        let pulled =
            self.pull_each().and_then(|()| self.writer.as_mut().map_or(Ok(()), |writer| writer.commit(None)));
        if pulled.is_err() {
            self.run.cancelled.set();
        }
        self.give_writer_back();
        pulled
    }

    fn pull_each(&mut self) -> Result<(), PullError> {
        while let Some(mut partition) = self.queue.take()? {
            match self.pull(&mut partition) {
                Ok(()) => {}
                // The pull ends with this error after all earlier partitions are written.
                Err(error) if self.writer.is_none() => {
                    self.queue.change(|queue| queue.order.keep(partition.id, Ended::Failed(error)));
                }
                Err(error) => return Err(error),
            }
            self.end_turn()?;
            if self.run.is_full(None) {
                // The other partitions are not needed, and neither are their jobs.
                self.run.cancelled.set();
            }
        }
        Ok(())
    }

    /// Pulls one partition, from where its progress says to its end. It is written if it is its turn; otherwise it waits.
    fn pull(&mut self, partition: &mut Partition<'scope, 'a>) -> Result<(), PullError> {
        if let Err(error) = partition.wait_for_job() {
            if error.is_interrupted() && self.run.cancelled.is_set() {
                // The pull has failed already, and that failure is the one to report.
                return Ok(());
            }
            self.take_turn(partition.id);
            return self.stop(None, error.into());
        }
        let mut open = self.open(partition)?;
        if partition.has_no_data {
            open.pages.end_without_data();
        }
        let end = match self.pull_pages(&mut open, partition) {
            Err(error) if !self.run.is_resumable() => {
                open.roll_back_after_failure();
                return Err(error);
            }
            end => end?,
        };
        let id = partition.id;
        if let End::Complete = end {
            let Some(writer) = &mut self.writer else {
                let ended = Ended::Complete(Box::new(open));
                self.queue.change(|queue| queue.order.keep(id, ended));
                return Ok(());
            };
            writer.write_rest(open)?;
        } else {
            // Its files must be closed before another worker opens them again.
            drop(open);
        }
        self.queue.change(|queue| match end {
            End::Complete | End::Skipped => {
                queue.order.remove(id);
                Ok(())
            }
            End::Split(halves) => queue.put_halves(id, halves),
            End::Restart => queue.put_back(partition),
            End::Cancelled => Ok(()),
        })?;
        Ok(())
    }

    fn pull_pages(
        &mut self,
        open: &mut OpenPartition<'a>,
        partition: &Partition<'scope, 'a>,
    ) -> Result<End, PullError> {
        loop {
            match open.pages.fetch_new() {
                Ok(Some((page, fingerprint))) => {
                    if open.pages.idle() > 0 {
                        self.queue.lock().prefetch(open.pages.idle());
                    }
                    self.write(open, page, fingerprint)?;
                    if self.run.is_full(Some(open)) {
                        return Ok(End::Complete);
                    }
                }
                Ok(None) => return Ok(End::Complete),
                // The pull has failed already, and that failure is the one to report.
                Err(_) if self.run.cancelled.is_set() => {}
                Err(error) => return self.handle_failure(open, partition, error),
            }
            if self.run.cancelled.is_set() {
                match &mut self.writer {
                    Some(writer) => writer.save_progress(Some(open)),
                    None => self.run.save_waiting(open),
                }
                return Ok(End::Cancelled);
            }
            match &mut self.writer {
                Some(writer) => writer.commit_when_due(Some(open))?,
                None => self.run.commit_waiting_when_due(open)?,
            }
        }
    }

    /// Writes a page to all sinks if it is the partition's turn, and otherwise to its spool. A long page is
    /// several batches.
    fn write(
        &mut self,
        open: &mut OpenPartition<'a>,
        mut page: Page,
        fingerprint: Option<u128>,
    ) -> Result<(), PullError> {
        let mut before = open.pages.progress().records - page.len();
        if before == 0 && !page.is_empty() {
            open.progress.first_page = first_page(&page);
        }
        let mut on = OnPage { page: open.pages.progress().pages, before: 0 };
        loop {
            let received = page.batch().len() as u64;
            if let Some(reader) = &self.run.bookmarks {
                let filter = self.run.pull.source.filter.as_ref();
                reader.read(&page.batch(), on, filter, &mut open.progress.reached)?;
                on.before += received;
            }
            self.write_batch(open, &mut page, before)?;
            before += received;
            if !page.next_batch().map_err(PageError::from)? {
                break;
            }
        }
        match &mut self.writer {
            Some(writer) => writer.add_fingerprints(fingerprint),
            None => open.fingerprints.extend(fingerprint.filter(|_| self.run.is_resumable())),
        }
        open.progress.listing = open.pages.progress().clone();
        open.pages.recycle(page);
        Ok(())
    }

    /// Writes the records of a page that are at hand. `before` is the number of records of the listing before them.
    fn write_batch(
        &mut self,
        open: &mut OpenPartition<'a>,
        page: &mut Page,
        before: u64,
    ) -> Result<(), PullError> {
        if let Some(filter) = &self.run.pull.source.filter {
            open.progress.filtered += page.retain(|record| filter.keeps(record));
        }
        let with_fields = open.fields.as_ref().map(|fields| fields.add_to(&page.batch(), before));
        let mut with_fields = with_fields.transpose()?;
        // Only here, because a partition that has the writer must not have pages that wait.
        self.take_turn(open.progress.id);
        match (&mut self.writer, &self.run.pull.spool) {
            (Some(writer), _) => {
                writer.begin(open)?;
                match &mut with_fields {
                    Some(lines) => writer.write_lines(open, lines),
                    None => writer.write_page(open, page),
                }
            }
            (None, Some(folder)) => {
                let batch = with_fields.as_ref().map_or_else(|| page.batch(), Lines::batch);
                Ok(open.spool.push(&batch, folder, open.progress.id)?)
            }
            // There is only one worker, so it is always the turn of its partition.
            (None, None) => Ok(()),
        }
    }

    /// Decides what happens to a partition whose next page could not be fetched.
    fn handle_failure(
        &mut self,
        open: &mut OpenPartition<'a>,
        partition: &Partition<'scope, 'a>,
        error: PageError,
    ) -> Result<End, PullError> {
        match (error.ruled(), partition.id.window) {
            (Some(Then::Split), _) if open.pages.is_complete() => {
                // All records have arrived. Only the empty page after the last one is too deep.
                open.pages.end_too_deep();
                return Ok(End::Complete);
            }
            (Some(Then::Split), Some(window)) => {
                return match self.run.pull.halves(&window) {
                    Some(halves) => self.split(open, partition.id, halves),
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
