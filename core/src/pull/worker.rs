//! A thread that pulls partitions, and what all of them share.

use std::time::Duration;

use crate::{
    cancel::CancelSignal,
    client::Client,
    pull::{
        definition::Pull,
        error::PullError,
        listings::Listings,
        shared_checkpoint::SharedCheckpoint,
        sinks::{Named, Sinks},
        unique::Unique,
    },
    state::checkpoint::{Checkpoint, PartitionProgress},
    window::Window,
};

/// A pull under way.
pub(super) struct Run<'a> {
    pub(super) pull: &'a Pull<'a>,
    pub(super) client: &'a Client,
    pub(super) saved: &'a SharedCheckpoint<'a>,
    pub(super) cancelled: &'a CancelSignal,
    pub(super) listings: Listings<'a>,
    /// How many partitions are read at once.
    pub(super) workers: usize,
    /// The sinks that take every partition.
    pub(super) shared: Vec<Named<'a>>,
    /// The sinks that have a file for each window.
    pub(super) own: Vec<Named<'a>>,
}

/// Reads partitions, one after another.
pub(super) struct Worker<'a> {
    pub(super) run: &'a Run<'a>,
    /// The sinks that take every partition; none where there are several workers.
    pub(super) sinks: Sinks<'a>,
    pub(super) unique: Option<Unique>,
    pub(super) since: Since,
}

/// What came since the last checkpoint.
#[derive(Default)]
pub(super) struct Since {
    /// When that was, on the run's clock.
    pub(super) time: Duration,
    /// What tells the pages from others.
    pub(super) pages: Vec<u128>,
    /// The partitions that were read to their end, and how many records are missing from each.
    pub(super) ended: Vec<(PartitionProgress, u64)>,
}

/// How a partition ended.
pub(super) enum End {
    /// Everything was pulled.
    Reached,
    /// The API does not page through so many results: the window is to be pulled in halves.
    Split([Window; 2]),
    /// The API has forgotten the job: the partition is to be pulled anew.
    JobOver,
    /// Another worker failed.
    Cancelled,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        pull: &'a Pull<'a>,
        listings: Listings<'a>,
        saved: &'a SharedCheckpoint<'a>,
        cancelled: &'a CancelSignal,
        workers: usize,
    ) -> Self {
        let (own, shared) = pull.own_and_shared();
        Self { pull, client: listings.client, saved, cancelled, listings, workers, shared, own }
    }
}

impl<'a> Worker<'a> {
    pub(super) fn new(run: &'a Run<'a>, checkpoint: &Checkpoint) -> Result<Self, PullError> {
        let mut sinks = Sinks::none();
        if !run.shared.is_empty() {
            sinks = Sinks::open(run.shared.clone(), run.pull.variables.clone(), checkpoint.sinks.as_ref())?;
        }
        let unique = run.pull.source.unique.as_ref().map(|key| {
            Ok::<_, PullError>(Unique::new(key, run.saved.keys_written()?, checkpoint.settled_keys()))
        });
        let since = Since { time: run.client.clock().elapsed(), ..Since::default() };
        let mut worker = Self { run, sinks, unique: unique.transpose()?, since };
        if checkpoint.sinks.is_none() && !worker.sinks.is_none() {
            worker.begin()?;
        }
        Ok(worker)
    }
}
