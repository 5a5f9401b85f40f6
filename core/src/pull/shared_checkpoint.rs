//! The checkpoint of a running pull.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    state::{
        StateError,
        checkpoint::{Checkpoint, Checkpointing, Extent, Journal, PartitionProgress, SubmittedJob},
    },
    window::Window,
};

/// The checkpoint of a running pull, shared by its workers. It says only what is durable in every sink.
#[derive(Debug)]
pub(crate) struct SharedCheckpoint<'a> {
    checkpointing: Option<&'a Checkpointing<'a>>,
    checkpoint: Mutex<Checkpoint>,
}

/// What a checkpoint adds to the journals.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entries<'e> {
    pub(crate) pages: &'e [u128],
    pub(crate) keys: &'e [u128],
    pub(crate) ended: &'e [u128],
}

impl<'a> SharedCheckpoint<'a> {
    pub(crate) fn new(checkpointing: Option<&'a Checkpointing<'a>>) -> Self {
        let checkpoint =
            checkpointing.and_then(|checkpointing| checkpointing.from.clone()).unwrap_or_default();
        Self { checkpointing, checkpoint: Mutex::new(checkpoint) }
    }

    /// The time between checkpoints. `None` if none are saved.
    pub(crate) fn every(&self) -> Option<Duration> {
        self.checkpointing.map(|checkpointing| checkpointing.every)
    }

    /// A copy of the checkpoint.
    pub(crate) fn snapshot(&self) -> Checkpoint {
        self.lock().clone()
    }

    /// How many keys the journal has.
    pub(crate) fn keys(&self) -> Extent {
        self.lock().keys
    }

    /// The fingerprints of the pages that earlier runs of this pull fetched.
    pub(crate) fn pages_seen(&self) -> Result<Arc<HashSet<u128>>, StateError> {
        Ok(Arc::new(self.read(Journal::Pages, &self.lock().pages)?.into_iter().collect()))
    }

    /// The keys that earlier runs of this pull wrote.
    pub(crate) fn keys_written(&self) -> Result<Vec<u128>, StateError> {
        self.read(Journal::Keys, &self.keys())
    }

    /// Changes the checkpoint without saving it, because the change can be derived from what is saved.
    pub(crate) fn note(&self, change: impl FnOnce(&mut Checkpoint)) {
        change(&mut self.lock());
    }

    /// Changes the checkpoint and saves it.
    pub(crate) fn save(
        &self,
        entries: Entries<'_>,
        change: impl FnOnce(&mut Checkpoint),
    ) -> Result<(), StateError> {
        let mut checkpoint = self.lock();
        let mut changed = checkpoint.clone();
        change(&mut changed);
        self.extend(Journal::Pages, &mut changed.pages, entries.pages)?;
        self.extend(Journal::Keys, &mut changed.keys, entries.keys)?;
        self.extend(Journal::Ended, &mut changed.ended, entries.ended)?;
        if let Some(checkpointing) = self.checkpointing {
            checkpointing.store.save(&changed)?;
        }
        *checkpoint = changed;
        Ok(())
    }

    /// Notes that a worker has taken a partition, unless it is known already.
    pub(crate) fn take(&self, window: Option<Window>) {
        self.note(|checkpoint| {
            if checkpoint.partitions.iter().all(|progress| progress.window != window) {
                checkpoint.taken += 1;
                checkpoint.partitions.push(PartitionProgress::of(window));
            }
        });
    }

    /// The progress of the partition of this window.
    pub(crate) fn partition(&self, window: Option<Window>) -> PartitionProgress {
        let found = self.lock().partitions.iter().find(|partition| partition.window == window).cloned();
        found.unwrap_or_else(|| PartitionProgress::of(window))
    }

    /// The job that an earlier run submitted for this window.
    pub(crate) fn job(&self, window: Option<Window>) -> Option<String> {
        self.lock().jobs.iter().find(|job| job.window == window).map(|job| job.id.clone())
    }

    /// Saves the id of the job of this window, or `None` if the job no longer exists.
    pub(crate) fn save_job(&self, window: Option<Window>, id: Option<&str>) -> Result<(), StateError> {
        self.save(Entries::default(), |checkpoint| {
            checkpoint.forget_job(window);
            checkpoint.jobs.extend(id.map(|id| SubmittedJob { window, id: id.to_owned() }));
        })
    }

    fn read(&self, journal: Journal, extent: &Extent) -> Result<Vec<u128>, StateError> {
        self.checkpointing.map_or(Ok(Vec::new()), |checkpointing| checkpointing.store.read(journal, extent))
    }

    fn extend(&self, journal: Journal, extent: &mut Extent, entries: &[u128]) -> Result<(), StateError> {
        if let Some(checkpointing) = self.checkpointing.filter(|_| !entries.is_empty()) {
            checkpointing.store.extend(journal, extent, entries)?;
        }
        *extent = extent.and(entries);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Checkpoint> {
        self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
