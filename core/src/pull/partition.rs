//! A partition that is being pulled.

use crate::{
    listing::Pages,
    pull::{each::Fields, error::PullError, last_commit::LastCommit, sinks::Sinks, spool::Spool},
    state::checkpoint::PartitionProgress,
};

/// A partition that is being pulled.
pub(super) struct OpenPartition<'a> {
    /// The pages that are left.
    pub(super) pages: Pages<'a>,
    /// The sinks with a file for each partition.
    pub(super) sinks: Sinks<'a>,
    /// What was written, and which pages were read.
    pub(super) progress: PartitionProgress,
    /// The fields of its parent that its records get.
    pub(super) fields: Option<Fields>,
    /// The pages that wait for the partition's turn.
    pub(super) spool: Spool,
    /// The fingerprints of these pages.
    pub(super) fingerprints: Vec<u128>,
    /// The last commit of the spool.
    pub(super) last_commit: LastCommit,
    /// Whether any of its pages were written, in this run or an earlier one.
    pub(super) has_begun: bool,
}

impl OpenPartition<'_> {
    /// Makes everything durable in the partition's own sinks.
    pub(super) fn commit(&mut self) -> Result<&PartitionProgress, PullError> {
        self.progress.sinks = self.sinks.commit_any()?;
        Ok(&self.progress)
    }

    /// Rolls back the partition's own sinks as far as possible, after the pull has failed.
    pub(super) fn roll_back_after_failure(mut self) {
        if let Some(before) = &self.progress.sinks_before {
            // The failure of the pull is the one to report.
            let _ = self.sinks.roll_back_to(before);
        }
    }
}
