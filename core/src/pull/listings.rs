//! Opens the pages of a partition.

use std::{collections::HashSet, sync::Arc};

use crate::{
    client::Client,
    listing::{Fetchers, Pages, history::History, seen::Seen},
    pull::{error::PullError, source::Source},
    sink::Variables,
    state::{Start, checkpoint::PartitionProgress},
};

/// Opens the listings of a pull.
#[derive(Clone, Debug)]
pub(crate) struct Listings<'a> {
    pub(crate) source: &'a Source,
    pub(crate) client: &'a Client,
    pub(crate) fetchers: Fetchers,
    /// The fingerprints of the pages that earlier runs of this pull fetched.
    pub(crate) seen: Arc<HashSet<u128>>,
    /// Which values the pages of the stream have had so far.
    pub(crate) history: History,
    /// Where the pull starts, if not at the beginning.
    pub(crate) start: Option<Start>,
}

impl<'a> Listings<'a> {
    /// The pages of the partition with these variables, from where its progress says.
    pub(crate) fn pages(
        &self,
        variables: &Variables,
        partition: &PartitionProgress,
    ) -> Result<Pages<'a>, PullError> {
        let listing = self.source.listing(variables, self.start.as_ref())?;
        let seen = Seen::new(partition.id, partition.restarts, Arc::clone(&self.seen));
        Ok(Pages::from(
            self.client,
            listing,
            partition.listing.clone(),
            seen,
            self.history.clone(),
            Some(self.fetchers.clone()),
        ))
    }
}
