//! What the workers of a pull share.

use std::sync::Arc;

use crate::{
    cancel::CancelSignal,
    client::Client,
    listing::Fetchers,
    pull::{
        columns::UnmatchedColumns, definition::Pull, error::PullError, incremental::BookmarkReader,
        listings::Listings, partitions::Partitions, shared_checkpoint::SharedCheckpoint, sinks::Named,
        unique::Unique,
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
    /// Reads from records where the next pull starts, if they say so.
    pub(super) bookmarks: Option<BookmarkReader<'a>>,
    /// The sinks that take the records of all partitions, in order.
    pub(super) shared: Vec<Named<'a>>,
    /// The sinks with a file for each partition.
    pub(super) own: Vec<Named<'a>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(pull: &'a Pull<'a>, client: &'a Arc<Client>) -> Result<Self, PullError> {
        if let Some(checkpointing) = &pull.checkpointing {
            checkpointing.store.confirm()?;
        }
        let partitions = Partitions::of(pull);
        let checkpoint = SharedCheckpoint::new(pull.checkpointing.as_ref(), partitions.clone());
        let cancelled = Arc::new(CancelSignal::default());
        let (requests, workers) = (pull.source.concurrency.max(1), pull.workers(partitions.len()));
        let fetchers = Fetchers::start(client, requests, requests / workers, &cancelled);
        let (seen, history) = (checkpoint.pages_seen()?, checkpoint.history());
        let earlier = checkpoint.earlier();
        let listings = Listings {
            source: pull.source,
            client,
            fetchers,
            seen,
            history,
            start: earlier.start,
            first: earlier.first,
            parents: pull.parents,
        };
        let until = earlier.until;
        let bookmarks = BookmarkReader::new(pull.source.incremental.as_ref(), until);
        let (own, shared) = pull.own_and_shared();
        let from = pull.checkpointing.as_ref().and_then(|checkpointing| checkpointing.from.as_ref());
        let columns = UnmatchedColumns::new(&pull.columns, from);
        checkpoint.note(|checkpoint| checkpoint.complete.unmatched_columns = columns.places());
        Ok(Self {
            pull,
            client,
            partitions,
            checkpoint,
            cancelled,
            listings,
            columns,
            workers,
            bookmarks,
            shared,
            own,
        })
    }

    /// Drops duplicates, if the source has keys. All but the first `settled` keys of earlier runs may be rolled back.
    pub(super) fn unique(&self, settled: u64) -> Result<Option<Unique>, PullError> {
        let Some(key) = &self.pull.source.unique else { return Ok(None) };
        let mut unique = Unique::new(key, self.pull.source.incremental.is_some());
        if let Some(extent) = &self.checkpoint.earlier().keys {
            unique.compare_with(self.checkpoint.earlier_keys(extent)?);
        }
        for entry in self.checkpoint.keys_written()? {
            unique.resume(entry, settled);
        }
        Ok(Some(unique))
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
