//! What partitions add to the totals of a pull.

use crate::state::{FirstPages, Summary, checkpoint::PartitionProgress};

impl PartitionProgress {
    /// Adds a complete partition to the totals.
    pub(crate) fn add_complete_to(&self, totals: &mut Summary) {
        self.add_records_to(totals);
        totals.missing += self.missing();
        totals.filtered += self.filtered;
        totals.totals_changed += u64::from(self.listing.total_changed);
        totals.short_pages += self.listing.short;
        totals.partitions += u64::from(self.id.parent.is_some());
        totals.windows += u64::from(self.id.parent.is_none() && self.id.window.is_some());
        if self.listing.records > 0 {
            totals.first_pages = totals.first_pages.and(FirstPages::of(self.first_page));
        }
        totals.end.clone_from(&self.listing.end);
    }

    /// How many records are missing, compared with the total that the API reported last. Duplicates of a whole stream do not
    /// stand for records that never arrived. Those of a window may have come with the one before.
    fn missing(&self) -> u64 {
        let missing = self.listing.missing();
        if self.repeated == 0 || self.id.window.is_some() || self.id.parent.is_some() {
            return missing;
        }
        let arrived = self.written + self.unchanged + self.filtered + self.listing.hidden;
        missing.max(self.listing.total.unwrap_or_default().saturating_sub(arrived))
    }

    /// Adds the records of a partition to the totals.
    pub(super) fn add_records_to(&self, totals: &mut Summary) {
        totals.pages += self.listing.pages;
        self.add_written_to(totals);
    }

    pub(super) fn add_written_to(&self, totals: &mut Summary) {
        totals.records += self.written;
        totals.repeated += self.repeated;
        totals.unchanged += self.unchanged;
        totals.without_key += self.without_key;
    }
}
