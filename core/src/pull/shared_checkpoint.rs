//! The checkpoint of a running pull.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    listing::history::History,
    partition::PartitionId,
    pull::partitions::Partitions,
    state::{
        StateError,
        checkpoint::{Checkpoint, Checkpointing, Earlier, Extent, Journal, PartitionProgress, SubmittedJob},
    },
};

/// The checkpoint of a running pull, shared by its workers. It says only what is durable in every sink.
#[derive(Debug)]
pub(crate) struct SharedCheckpoint<'a> {
    checkpointing: Option<&'a Checkpointing<'a>>,
    partitions: Partitions<'a>,
    checkpoint: Mutex<Checkpoint>,
    /// The numbers of the parents that were left out since the last checkpoint.
    left_out: Mutex<Vec<u128>>,
}

/// What a checkpoint adds to the journals.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entries<'e> {
    pub(crate) pages: &'e [u128],
    pub(crate) keys: &'e [u128],
    pub(crate) ended: &'e [u128],
}

impl<'a> SharedCheckpoint<'a> {
    pub(super) fn new(checkpointing: Option<&'a Checkpointing<'a>>, partitions: Partitions<'a>) -> Self {
        let first = || {
            let reached = checkpointing.and_then(|checkpointing| checkpointing.earlier.reached.clone());
            Checkpoint { reached, ..Checkpoint::default() }
        };
        let checkpoint =
            checkpointing.and_then(|checkpointing| checkpointing.from.clone()).unwrap_or_else(first);
        Self { checkpointing, partitions, checkpoint: Mutex::new(checkpoint), left_out: Mutex::default() }
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

    /// What the pages of the stream have had so far.
    pub(crate) fn history(&self) -> History {
        History::new(self.lock().had.clone(), self.earlier().had)
    }

    /// What earlier pulls of the stream left.
    pub(crate) fn earlier(&self) -> Earlier {
        self.checkpointing.map(|checkpointing| checkpointing.earlier.clone()).unwrap_or_default()
    }

    /// The fingerprints of the pages that earlier runs of this pull fetched.
    pub(crate) fn pages_seen(&self) -> Result<Arc<HashSet<u128>>, StateError> {
        Ok(Arc::new(self.read(Journal::Pages, &self.lock().pages)?.into_iter().collect()))
    }

    /// The records with keys that arrived in earlier runs of this pull.
    pub(crate) fn keys_written(&self) -> Result<Vec<u128>, StateError> {
        self.read(Journal::Keys, &self.keys())
    }

    /// The records with keys that arrived in the last complete pull.
    pub(crate) fn earlier_keys(&self, extent: &Extent) -> Result<Vec<u128>, StateError> {
        self.read(Journal::EarlierKeys, extent)
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
        let left_out = std::mem::take(&mut *self.left_out.lock().unwrap_or_else(PoisonError::into_inner));
        self.extend(Journal::LeftOut, &mut changed.left_out, &left_out)?;
        if let Some(checkpointing) = self.checkpointing {
            checkpointing.store.save(&self.without_untouched(&changed))?;
        }
        *checkpoint = changed;
        Ok(())
    }

    /// Notes that the children of this parent were left out. It is saved with the next checkpoint.
    pub(crate) fn leave_out(&self, parent: u64) {
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner).push(parent.into());
    }

    /// Notes that a worker has taken a partition, unless it is known already.
    pub(crate) fn take(&self, id: PartitionId) {
        self.note(|checkpoint| {
            if checkpoint.partitions.iter().all(|progress| progress.id != id) {
                checkpoint.taken += 1;
                checkpoint.partitions.push(PartitionProgress::of(id));
            }
        });
    }

    /// The progress of a partition.
    pub(crate) fn partition(&self, id: PartitionId) -> PartitionProgress {
        let found = self.lock().partitions.iter().find(|partition| partition.id == id).cloned();
        found.unwrap_or_else(|| PartitionProgress::of(id))
    }

    /// The job that an earlier run submitted for this partition.
    pub(crate) fn job(&self, partition: PartitionId) -> Option<String> {
        self.lock().jobs.iter().find(|job| job.partition == partition).map(|job| job.id.clone())
    }

    /// Saves the id of the job of this partition, or `None` if the job no longer exists.
    pub(crate) fn save_job(&self, partition: PartitionId, id: Option<&str>) -> Result<(), StateError> {
        self.save(Entries::default(), |checkpoint| {
            checkpoint.forget_job(partition);
            checkpoint.jobs.extend(id.map(|id| SubmittedJob { partition, id: id.to_owned() }));
        })
    }

    /// The checkpoint without the last partitions, if nothing of them was written. A later run takes them again. So a
    /// checkpoint has about the same size, however many partitions were ahead of their turn.
    fn without_untouched(&self, checkpoint: &Checkpoint) -> Checkpoint {
        let mut checkpoint = checkpoint.clone();
        while let (Some(last), Some(number)) = (checkpoint.partitions.last(), checkpoint.taken.checked_sub(1))
        {
            if *last != PartitionProgress::of(self.partitions.id(number)) {
                break;
            }
            checkpoint.partitions.pop();
            checkpoint.taken = number;
        }
        checkpoint
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
