//! Opens the pages of a partition.

use std::{collections::HashSet, sync::Arc};

use crate::{
    client::Client,
    http::template::TemplateError,
    listing::{Fetchers, Pages, history::History, seen::Seen},
    pull::source::Source,
    sink::Variables,
    state::checkpoint::PartitionProgress,
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
}

impl<'a> Listings<'a> {
    /// The pages of the partition with these variables, from where its progress says.
    pub(crate) fn pages(
        &self,
        variables: &Variables,
        partition: &PartitionProgress,
    ) -> Result<Pages<'a>, TemplateError> {
        let listing = self.source.listing(variables)?;
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
