//! The workers of a pull, and the queue that they share.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    listing::position::Next,
    partition::PartitionId,
    pull::{
        error::PullError,
        last_commit::LastCommit,
        partition::OpenPartition,
        queue::{Partition, Queue, Taken},
        run::Run,
        sinks::Sinks,
        spool::Spool,
        writer::Writer,
    },
    state::checkpoint::PartitionProgress,
};

/// Pulls partitions, one after another.
pub(super) struct Worker<'scope, 'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) queue: Arc<SharedQueue<'scope, 'a>>,
    /// Writes the partition, if it is its turn.
    pub(super) writer: Option<Writer<'a>>,
}

/// What happened to a partition.
pub(super) enum End {
    /// All its pages have arrived.
    Complete,
    /// It was rolled back, because the API does not page through that many results. These partitions replace it.
    Split([PartitionId; 2]),
    /// It was rolled back, because its cursor has expired or its job is gone.
    Restart,
    /// It was rolled back and left out.
    Skipped,
    /// It was stopped, because another worker has failed.
    Cancelled,
}

/// The queue, which the workers share.
pub(super) struct SharedQueue<'scope, 'a> {
    queue: Mutex<Queue<'scope, 'a>>,
    changed: Condvar,
}

/// How often a worker that waits for others checks whether the pull was cancelled.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl<'scope, 'a> SharedQueue<'scope, 'a> {
    pub(super) fn new(queue: Queue<'scope, 'a>) -> Self {
        Self { queue: Mutex::new(queue), changed: Condvar::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Queue<'scope, 'a>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the queue, and wakes the workers that wait for a change.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Queue<'scope, 'a>) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }

    /// The next partition, once there is room for it. `None` if none is left.
    pub(super) fn take(&self) -> Result<Option<Box<Partition<'scope, 'a>>>, PullError> {
        let mut queue = self.lock();
        loop {
            match queue.take()? {
                Taken::Partition(partition) => return Ok(Some(partition)),
                Taken::None => return Ok(None),
                Taken::Wait => {
                    let waited = self.changed.wait_timeout(queue, POLL_INTERVAL);
                    queue = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }
}

impl<'scope, 'a> Worker<'scope, 'a> {
    /// A worker. If partitions have no order, it keeps a writer of its own.
    pub(super) fn new(run: &'a Run<'a>, queue: &Arc<SharedQueue<'scope, 'a>>) -> Self {
        let writer = if run.is_ordered() { None } else { queue.lock().order.writer() };
        Self { run, queue: Arc::clone(queue), writer }
    }

    /// Opens a partition where its progress says. If its job is not the one whose results were read, or only the server knew
    /// where it stands, it is rolled back first.
    pub(super) fn open(&mut self, partition: &mut Partition<'_, 'a>) -> Result<OpenPartition<'a>, PullError> {
        let mut progress = self.run.checkpoint.partition(partition.id);
        let mut sinks = Sinks::none();
        if !self.run.own.is_empty() {
            let variables = self.run.partitions.in_file_names(partition.id)?;
            sinks = Sinks::open(self.run.own.clone(), variables, progress.sinks.as_ref())?;
        }
        let job = partition.variables.get("job.id").map(str::to_owned);
        // If all pages have arrived, it does not matter where they are from.
        let is_lost = progress.listing.next != Next::End
            && (progress.job != job || self.run.pull.source.paginator.is_kept_by_server());
        if progress.spool.is_some() && is_lost {
            // What waits is from another job or listing. No checkpoint needs to say that it is given up, because the next run
            // gives it up, too.
            let restarts = progress.restarts + 1;
            progress = PartitionProgress { restarts, ..PartitionProgress::of(partition.id) };
            self.run.checkpoint.note(|checkpoint| checkpoint.put(&progress));
        }
        let has_begun = progress.listing.next != Next::First && progress.spool.is_none();
        if has_begun || !sinks.is_none() {
            // The first partition may have pages in the sinks already, and own files are only written by one that has a turn.
            self.take_turn(partition.id);
        }
        if has_begun
            && is_lost
            && let Some(writer) = &mut self.writer
        {
            progress = writer.start_over(&progress, &mut sinks)?;
        }
        progress.job = job;
        let pages = match partition.prefetched.take() {
            Some(pages) => pages,
            None => self.run.listings.pages(&partition.variables, &progress)?,
        };
        let spool = match (progress.spool, &self.run.pull.spool) {
            (Some(length), Some(folder)) => Spool::resume(folder, partition.id, length)?,
            _ => Spool::default(),
        };
        let has_begun = progress.listing.next != Next::First && progress.spool.is_none();
        let (fields, fingerprints) = (partition.fields.take(), Vec::new());
        let last_commit = LastCommit::none(self.run.client.clock().elapsed());
        let mut open =
            OpenPartition { pages, sinks, progress, fields, spool, fingerprints, last_commit, has_begun };
        if !open.has_begun
            && !open.sinks.is_none()
            && let Some(writer) = &mut self.writer
        {
            writer.save_before(&mut open)?;
            open.has_begun = true;
        }
        Ok(open)
    }

    /// Takes the writer, if it is the turn of this partition.
    pub(super) fn take_turn(&mut self, id: PartitionId) {
        if self.writer.is_none() {
            self.writer = self.queue.lock().order.turn(id);
        }
    }

    /// Gives the writer to the next partition, and writes those that have ended already.
    pub(super) fn end_turn(&mut self) -> Result<(), PullError> {
        if !self.run.is_ordered() {
            return Ok(());
        }
        self.give_writer_back();
        while let Some((writer, id, ended)) = self.queue.change(|queue| queue.order.next_ended()) {
            let writer = self.writer.insert(writer);
            writer.write_ended(ended)?;
            self.queue.change(|queue| queue.order.remove(id));
            self.give_writer_back();
        }
        Ok(())
    }

    pub(super) fn give_writer_back(&mut self) {
        if let Some(writer) = self.writer.take() {
            self.queue.change(|queue| queue.order.give_back(writer));
        }
    }

    /// Saves the progress and returns the error.
    pub(super) fn stop<T>(
        &mut self,
        open: Option<&mut OpenPartition<'a>>,
        error: PullError,
    ) -> Result<T, PullError> {
        match (&mut self.writer, open) {
            (Some(writer), open) => writer.save_progress(open),
            (None, Some(open)) => self.run.save_waiting(open),
            (None, None) => {}
        }
        Err(error)
    }
}
