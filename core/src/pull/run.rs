//! What the workers of a pull share.

use std::sync::Arc;

use crate::{
    cancel::CancelSignal,
    client::Client,
    listing::{Fetchers, history::History},
    pull::{
        columns::UnmatchedColumns, definition::Pull, error::PullError, listings::Listings,
        partitions::Partitions, shared_checkpoint::SharedCheckpoint, sinks::Named,
    },
};

/// How many partitions may wait for their turn, besides those that are being pulled.
const WAITING: usize = 32;

/// A running pull: what its workers share.
pub(super) struct Run<'a> {
    pub(super) pull: &'a Pull<'a>,
    pub(super) client: &'a Client,
    pub(super) partitions: Partitions<'a>,
    pub(super) checkpoint: SharedCheckpoint<'a>,
    /// Set once a worker has failed, or all have ended.
    pub(super) cancelled: Arc<CancelSignal>,
    pub(super) listings: Listings<'a>,
    /// The columns in which no record has had a value yet.
    pub(super) columns: UnmatchedColumns,
    /// How many partitions are pulled at once. Asking the sinks again would cost work for every page.
    pub(super) workers: usize,
    /// The sinks that take the records of all partitions, in order.
    pub(super) shared: Vec<Named<'a>>,
    /// The sinks with a file for each partition.
    pub(super) own: Vec<Named<'a>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(pull: &'a Pull<'a>, client: &'a Arc<Client>) -> Result<Self, PullError> {
        let partitions = Partitions::of(pull);
        let checkpoint = SharedCheckpoint::new(pull.checkpointing.as_ref(), partitions.clone());
        let cancelled = Arc::new(CancelSignal::default());
        let (requests, workers) = (pull.source.concurrency.max(1), pull.workers(partitions.len()));
        let fetchers = Fetchers::start(client, requests, requests / workers, &cancelled);
        let (seen, history) = (checkpoint.pages_seen()?, History::new(checkpoint.snapshot().had));
        let listings = Listings { source: pull.source, client, fetchers, seen, history };
        let (own, shared) = pull.own_and_shared();
        let from = pull.checkpointing.as_ref().and_then(|checkpointing| checkpointing.from.as_ref());
        let columns = UnmatchedColumns::new(&pull.columns, from);
        checkpoint.note(|checkpoint| checkpoint.complete.unmatched_columns = columns.places());
        Ok(Self { pull, client, partitions, checkpoint, cancelled, listings, columns, workers, shared, own })
    }

    /// Whether partitions are written one after another, in order.
    pub(super) fn is_ordered(&self) -> bool {
        !self.pull.is_order_free()
    }

    /// How many partitions may be handed out at once.
    pub(super) fn most_handed_out(&self) -> usize {
        if self.is_ordered() && self.workers > 1 { self.workers + WAITING } else { usize::MAX }
    }

    /// Whether a later run can continue where this one stops.
    pub(super) fn is_resumable(&self) -> bool {
        self.checkpoint.every().is_some()
    }
}
