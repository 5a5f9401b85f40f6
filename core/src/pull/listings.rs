//! Opens the pages of a partition.

use std::{collections::HashSet, sync::Arc};

use crate::{
    client::Client,
    listing::{Fetchers, Pages, history::History, seen::Seen},
    pull::{error::PullError, source::Source},
    sink::Variables,
    state::{Parents, Start, checkpoint::PartitionProgress},
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
    /// Where the children of a new parent start, if not at the beginning.
    pub(crate) first: Option<Start>,
    /// The parents, if there are any.
    pub(crate) parents: Option<&'a Parents>,
}

impl<'a> Listings<'a> {
    /// The pages of the partition with these variables, from where its progress says.
    pub(crate) fn pages(
        &self,
        variables: &Variables,
        partition: &PartitionProgress,
    ) -> Result<Pages<'a>, PullError> {
        let is_new = |parent| self.parents.is_some_and(|parents| parents.is_new(parent));
        let start = if partition.id.parent.is_some_and(is_new) { &self.first } else { &self.start };
        let listing = self.source.listing(variables, start.as_ref())?;
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
