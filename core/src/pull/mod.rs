//! The main loop: every page of every partition of a pull into every sink, and now and then a checkpoint. The product reads
//! in this file, `listing/mod.rs` and `client/mod.rs`, each of which calls only the one below it.

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
mod unique;
pub mod window;
mod worker;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

pub use self::{
    definition::{Pull, has_file_for_each_window},
    error::PullError,
    rollback::undo,
    source::Source,
};
use self::{
    listings::Listings,
    partition::OpenPartition,
    queue::{Partition, Queue},
    shared_checkpoint::SharedCheckpoint,
    worker::{End, Run, Worker},
};
pub use crate::state::Summary;
use crate::{
    cancel::CancelSignal,
    client::Client,
    event::Event,
    listing::{Fetchers, page::Page, position::Next},
    state::checkpoint::Checkpoint,
};

/// Pulls every page into every sink, from the last checkpoint on where there is one, and publishes what was pulled once
/// all of it is durable everywhere.
pub fn run(pull: &Pull<'_>, client: &Arc<Client>) -> Result<Summary, PullError> {
    let (saved, cancelled) =
        (SharedCheckpoint::new(pull.checkpointing.as_ref()), Arc::new(CancelSignal::default()));
    let (workers, at_once) = (pull.workers(), pull.source.concurrency.max(1));
    let fetchers = Fetchers::start(client, at_once, at_once / workers, &cancelled);
    let listings = Listings { source: pull.source, client, fetchers, seen: saved.pages_seen()? };
    let run = Run::new(pull, listings, &saved, &cancelled, workers);
    thread::scope(|scope| {
        let queue = Queue::new(scope, pull, run.listings.clone(), &saved, &cancelled, workers);
        let pulled = run.pull(&Mutex::new(queue));
        cancelled.set();
        pulled
    })
}

impl<'a> Run<'a> {
    fn pull(&'a self, queue: &Mutex<Queue<'_, 'a>>) -> Result<Summary, PullError> {
        let checkpoint = self.saved.checkpoint();
        let mut worker = Worker::new(self, &checkpoint)?;
        let read = if self.workers == 1 {
            worker.read_all(queue)
        } else {
            self.read_in_any_order(queue, &checkpoint)
        };
        let made_durable = read.and_then(|()| worker.make_durable());
        if made_durable.is_err() && self.saved.every().is_none() {
            worker.undo();
        }
        let summary = made_durable?;
        worker.sinks.finish()?;
        Ok(summary)
    }

    fn read_in_any_order(
        &'a self,
        queue: &Mutex<Queue<'_, 'a>>,
        checkpoint: &Checkpoint,
    ) -> Result<(), PullError> {
        let read = || {
            let mut worker = Worker::new(self, checkpoint)?;
            // Nobody else knows which partitions it has read, and no shared sink has to make them durable.
            let read = worker.read_all(queue).and_then(|()| worker.save(None, u64::MAX, |_| {}));
            if read.is_err() {
                self.cancelled.set();
            }
            read
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..self.workers).map(|_| scope.spawn(read)).collect();
            let ends: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
            ends.into_iter().try_for_each(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    }
}

impl<'a> Worker<'a> {
    fn read_all(&mut self, queue: &Mutex<Queue<'_, 'a>>) -> Result<(), PullError> {
        loop {
            let Some(queued) = locked(queue).take() else { return Ok(()) };
            let mut partition = queued.ready().or_else(|error| self.stop(None, error.into()))?;
            match self.read(&mut partition, queue)? {
                End::Reached => {}
                End::Split(halves) => locked(queue).put_halves(halves),
                End::JobOver => locked(queue).put_again(partition.window),
                End::Cancelled => return Ok(()),
            }
        }
    }

    /// Reads a partition to its end, into all sinks. Files of its own are finished with it.
    fn read(
        &mut self,
        partition: &mut Partition<'a>,
        queue: &Mutex<Queue<'_, 'a>>,
    ) -> Result<End, PullError> {
        let mut open = self.open(partition)?;
        match self.read_pages(&mut open, partition, queue) {
            Ok(End::Reached) => self.end(open),
            Err(error) if self.run.saved.every().is_none() => {
                open.undo();
                Err(error)
            }
            end => end,
        }
    }

    fn read_pages(
        &mut self,
        open: &mut OpenPartition<'a>,
        partition: &Partition<'a>,
        queue: &Mutex<Queue<'_, 'a>>,
    ) -> Result<End, PullError> {
        loop {
            match open.pages.fetch_new() {
                Ok(Some((page, seen))) => {
                    if open.pages.idle() > 0 {
                        locked(queue).begin(open.pages.idle());
                    }
                    self.write(open, page, seen)?;
                }
                Ok(None) => return Ok(End::Reached),
                // Whatever came of the page, what the other worker failed with is why the pull has.
                Err(_) if self.run.cancelled.is_set() => {}
                // Only the empty page behind the last one was too deep.
                Err(error) if self.run.pull.is_too_deep(&error) && open.pages.is_complete() => {
                    return Ok(End::Reached);
                }
                Err(error) => return self.give_up(open, partition, error),
            }
            if self.run.cancelled.is_set() {
                self.keep(Some(open));
                return Ok(End::Cancelled);
            }
            self.commit_when_due(open)?;
        }
    }

    fn write(
        &mut self,
        open: &mut OpenPartition<'a>,
        mut page: Page,
        seen: Option<u128>,
    ) -> Result<(), PullError> {
        if let Some(unique) = &mut self.unique {
            let sorted = unique.drop_repeated(&mut page);
            open.progress.repeated += sorted.repeated;
            open.progress.without_key += sorted.without_key;
        }
        let batch = page.batch();
        self.sinks.write(&batch)?;
        open.sinks.write(&batch)?;
        open.progress.written += batch.len() as u64;
        open.progress.listing = open.pages.progress().clone();
        self.since.pages.extend(seen.filter(|_| self.run.saved.every().is_some()));
        let written = Event::PageWritten { records: batch.len(), bytes: batch.bytes().len() };
        self.run.client.observer().on(&written);
        open.pages.recycle(page);
        Ok(())
    }

    fn commit_when_due(&mut self, open: &mut OpenPartition<'a>) -> Result<(), PullError> {
        let Some(every) = self.run.saved.every() else { return Ok(()) };
        let since = self.run.client.clock().elapsed().saturating_sub(self.since.time);
        if since >= every && self.can_be_taken_up(open) { self.commit(Some(open)) } else { Ok(()) }
    }

    /// Ends a partition whose last page was written.
    fn end(&mut self, mut open: OpenPartition<'a>) -> Result<End, PullError> {
        open.progress.listing.next = Next::End;
        if !open.sinks.is_none() {
            self.commit(Some(&mut open))?;
        }
        let OpenPartition { progress, pages, sinks, .. } = open;
        sinks.finish()?;
        self.since.ended.push((progress, pages.missing()));
        if self.run.saved.every().is_none() {
            self.save(None, u64::MAX, |_| {})?;
        }
        Ok(End::Reached)
    }
}

fn locked<'p, 's, 'a>(queue: &'p Mutex<Queue<'s, 'a>>) -> MutexGuard<'p, Queue<'s, 'a>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
