//! The limit of a sample: how many records are pulled at most.

use std::collections::BTreeMap;

use crate::{
    pull::{partition::OpenPartition, run::Run},
    state::Summary,
};

impl Run<'_> {
    /// How many records may still be written; `None` if there is no limit. What was rolled back does not count.
    pub(super) fn left(&self, open: &OpenPartition<'_>) -> Option<u64> {
        self.left_after(open.progress.written)
    }

    /// Whether as many records are written as the limit allows, including those of the open partition.
    pub(super) fn is_full(&self, open: Option<&OpenPartition<'_>>) -> bool {
        self.left_after(open.map_or(0, |open| open.progress.written)) == Some(0)
    }

    fn left_after(&self, written: u64) -> Option<u64> {
        let limit = self.pull.limit?;
        // Without a checkpoint that outlives the run, each partition is added to this one as it is completed.
        Some(limit.saturating_sub(self.checkpoint.snapshot().complete.records + written))
    }

    /// `summary` without what suggests that records are missing, if the limit has left some out.
    pub(super) fn without_findings_of_rest(&self, summary: Summary) -> Summary {
        if self.pull.limit.is_none_or(|limit| summary.records < limit) {
            return summary;
        }
        Summary {
            missing: 0,
            totals_changed: 0,
            short_pages: 0,
            without_key: 0,
            unmatched_columns: BTreeMap::new(),
            end: None,
            ..summary
        }
    }
}

/// Takes one of those that are left.
pub(super) fn take_one(left: &mut u64) -> bool {
    left.checked_sub(1).map(|rest| *left = rest).is_some()
}
