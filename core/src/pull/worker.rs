//! The workers of a pull, and what they share.

use std::{sync::Arc, time::Duration};

use crate::{
    cancel::CancelSignal,
    client::Client,
    listing::{Fetchers, history::History},
    pull::{
        definition::Pull,
        error::PullError,
        listings::Listings,
        shared_checkpoint::SharedCheckpoint,
        sinks::{Named, Sinks},
        unique::Unique,
    },
    state::checkpoint::PartitionProgress,
    window::Window,
};

/// A running pull: what its workers share.
pub(super) struct Run<'a> {
    pub(super) pull: &'a Pull<'a>,
    pub(super) client: &'a Client,
    pub(super) checkpoint: SharedCheckpoint<'a>,
    /// Set once a worker has failed, or all have ended.
    pub(super) cancelled: Arc<CancelSignal>,
    pub(super) listings: Listings<'a>,
    /// How many partitions are pulled at once. Asking the sinks again would cost work for every page.
    pub(super) workers: usize,
    /// The sinks that take the records of all partitions, in order.
    shared: Vec<Named<'a>>,
    /// The sinks with a file for each partition.
    pub(super) own: Vec<Named<'a>>,
}

/// Pulls partitions, one after another.
pub(super) struct Worker<'a> {
    pub(super) run: &'a Run<'a>,
    /// The sinks that take the records of all partitions. If there are any, this is the only worker.
    pub(super) sinks: Sinks<'a>,
    /// Drops duplicates. It also needs the partitions in order.
    pub(super) unique: Option<Unique>,
    pub(super) uncommitted: Uncommitted,
}

/// What a worker has done since its last commit.
#[derive(Default)]
pub(super) struct Uncommitted {
    /// When the last commit was, on the run's clock.
    pub(super) since: Duration,
    /// The fingerprints of the pages.
    pub(super) pages: Vec<u128>,
    /// The partitions that were completed.
    pub(super) complete: Vec<PartitionProgress>,
}

/// What happened to a partition.
pub(super) enum End {
    /// Every page was written.
    Complete,
    /// It was rolled back, because the API does not page through that many results. These windows replace it.
    Split([Window; 2]),
    /// It was rolled back, because its cursor has expired or its job is gone.
    Restart,
    /// It was rolled back and left out.
    Skipped,
    /// It was stopped, because another worker has failed.
    Cancelled,
}

impl<'a> Run<'a> {
    pub(super) fn new(pull: &'a Pull<'a>, client: &'a Arc<Client>) -> Result<Self, PullError> {
        let checkpoint = SharedCheckpoint::new(pull.checkpointing.as_ref());
        let cancelled = Arc::new(CancelSignal::default());
        let (requests, workers) = (pull.source.concurrency.max(1), pull.workers());
        let fetchers = Fetchers::start(client, requests, requests / workers, &cancelled);
        let (seen, history) = (checkpoint.pages_seen()?, History::new(checkpoint.snapshot().had));
        let listings = Listings { source: pull.source, client, fetchers, seen, history };
        let (own, shared) = pull.own_and_shared();
        Ok(Self { pull, client, checkpoint, cancelled, listings, workers, shared, own })
    }

    /// The workers, with the sinks that take all partitions open where the checkpoint left them.
    pub(super) fn workers(&'a self) -> Result<Vec<Worker<'a>>, PullError> {
        (0..self.workers).map(|_| Worker::new(self)).collect()
    }

    /// Whether a later run can continue where this one stops.
    pub(super) fn is_resumable(&self) -> bool {
        self.checkpoint.every().is_some()
    }
}

impl<'a> Worker<'a> {
    fn new(run: &'a Run<'a>) -> Result<Self, PullError> {
        let checkpoint = run.checkpoint.snapshot();
        let mut sinks = Sinks::none();
        if !run.shared.is_empty() {
            sinks = Sinks::open(run.shared.clone(), run.pull.variables.clone(), checkpoint.sinks.as_ref())?;
        }
        let unique = run.pull.source.unique.as_ref().map(|key| {
            Ok::<_, PullError>(Unique::new(key, run.checkpoint.keys_written()?, checkpoint.settled_keys()))
        });
        let uncommitted = Uncommitted { since: run.client.clock().elapsed(), ..Uncommitted::default() };
        let mut worker = Self { run, sinks, unique: unique.transpose()?, uncommitted };
        if checkpoint.sinks.is_none() && !worker.sinks.is_none() {
            worker.save_start()?;
        }
        Ok(worker)
    }
}
