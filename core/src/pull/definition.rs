//! The definition of a pull: what it fetches, and where it writes.

use crate::{
    pull::{columns::Column, sinks::Named, source::Source, spool::SpoolFolder},
    sink::{OpenSink, Variables},
    state::{Parents, checkpoint::Checkpointing},
    window::Window,
};

/// A pull of one stream into sinks.
#[derive(Debug)]
pub struct Pull<'a> {
    /// What to pull.
    pub source: &'a Source,
    /// The slices of time, in order. `None` if the source has no windows.
    pub windows: Option<Vec<Window>>,
    /// The parents. Each makes a partition. `None` if the source has no parents.
    pub parents: Option<&'a Parents>,
    /// The sinks, with the names that errors use.
    pub sinks: Vec<(&'a str, &'a dyn OpenSink)>,
    /// The columns that the sinks read in every record. Those in which no record has a value are a finding.
    pub columns: Vec<Column>,
    /// The values of the placeholders in requests and in the paths of sinks.
    pub variables: Variables,
    /// Where the pages of partitions ahead of their turn wait. With `None`, sinks that take the records of all partitions are
    /// written by one partition at a time.
    pub spool: Option<SpoolFolder>,
    /// Whether [`Finding`](crate::state::Finding)s are an error. Then nothing is published.
    pub strict: bool,
    /// How many records are pulled at most. The pull then ends there as if nothing followed, without findings, so its
    /// result is a sample. A sample should not be checkpointed: a later run would take it for the whole.
    pub limit: Option<u64>,
    /// How progress is saved, so that a later run can resume. With `None`, the pull cannot be resumed.
    pub checkpointing: Option<Checkpointing<'a>>,
}

impl<'a> Pull<'a> {
    /// The sinks with a file for each partition, and those that take the records of all partitions.
    pub(super) fn own_and_shared(&self) -> (Vec<Named<'a>>, Vec<Named<'a>>) {
        let placeholders = self.source.partition_placeholders();
        self.sinks.iter().partition(|(_, opener)| differs_by(&placeholders, *opener, &self.variables))
    }

    /// Whether the partitions may be written in any order: no sink takes the records of all of them, and no duplicates are
    /// dropped.
    pub(super) fn is_order_free(&self) -> bool {
        let (_, shared) = self.own_and_shared();
        shared.is_empty() && self.source.unique.is_none()
    }

    /// How many of `partitions` are pulled at once. If their records have an order, those ahead of their turn wait in a
    /// spool. Those with files of their own do not use one, because they would be written to two places.
    pub(super) fn workers(&self, partitions: u64) -> usize {
        let (own, _) = self.own_and_shared();
        let may_wait = self.spool.is_some() && own.is_empty();
        let partitions = usize::try_from(partitions).unwrap_or(usize::MAX);
        if self.limit.is_some() {
            // What several workers pull at once is not counted in order.
            return 1;
        }
        if self.is_order_free() || may_wait { self.source.concurrency.min(partitions).max(1) } else { 1 }
    }

    /// Whether a partition may have to be rolled back after some of its records were written.
    pub(super) fn may_roll_back(&self) -> bool {
        self.source.rules.may_roll_back()
            || self.source.job.is_some()
            || self.source.paginator.is_kept_by_server()
    }

    /// The halves of `window`, if it may be halved and requests can tell where they begin and end.
    pub(super) fn halves(&self, window: &Window) -> Option<[Window; 2]> {
        let windows = self.source.windows.as_ref()?;
        window.halves(windows.min_slice).filter(|halves| halves.iter().all(|half| windows.tell_apart(half)))
    }
}

/// Whether the sink writes to another place if the values of these placeholders are others.
pub fn differs_by(placeholders: &[String], opener: &dyn OpenSink, variables: &Variables) -> bool {
    let at = |value: &str| {
        let with = |variables: Variables, name: &String| variables.with(name, value);
        opener.destination(&placeholders.iter().fold(variables.clone(), with)).ok()
    };
    at("0") != at("1")
}
