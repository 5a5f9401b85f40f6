//! What is pulled, and what a pull comes to.

use jiff::{SignedDuration, Timestamp};

use crate::{
    listing::PageError,
    pull::{
        sinks::Named,
        source::Source,
        window::{TooDeep, Windows},
    },
    sink::{OpenSink, Variables},
    state::checkpoint::Checkpointing,
    window::Window,
};

/// One pull of a stream, into sinks.
#[derive(Debug)]
pub struct Pull<'a> {
    /// What is pulled.
    pub source: &'a Source,
    /// The slices of time, in order; none where the source has no windows.
    pub windows: Option<Vec<Window>>,
    /// Where it goes, under the names that errors use.
    pub sinks: Vec<(&'a str, &'a dyn OpenSink)>,
    /// What requests and sinks are told of the pull.
    pub variables: Variables,
    /// How it is kept so that it can be taken up again; not at all where this is none.
    pub checkpointing: Option<Checkpointing<'a>>,
}

impl<'a> Pull<'a> {
    /// The sinks that have a file for each window, and those that take every window.
    pub(super) fn own_and_shared(&self) -> (Vec<Named<'a>>, Vec<Named<'a>>) {
        self.sinks.iter().partition(|(_, opener)| has_file_for_each_window(*opener, &self.variables))
    }

    /// How many partitions are read at once. Whatever depends on the order of partitions is read in order.
    pub(super) fn workers(&self) -> usize {
        let (_, shared) = self.own_and_shared();
        let in_any_order = shared.is_empty() && self.source.unique.is_none();
        let windows = self.windows.as_ref().map_or(1, Vec::len);
        if in_any_order { self.source.concurrency.min(windows).max(1) } else { 1 }
    }

    /// Whether the API says that a window has more results than it pages through.
    pub(super) fn is_too_deep(&self, error: &PageError) -> bool {
        let (PageError::Request(error), Some(too_deep)) = (error, self.too_deep()) else { return false };
        error.refusal().is_some_and(|refusal| too_deep.is_meant_by(refusal))
    }

    /// Whether a partition may have to be taken back when it was written in partition.
    pub(super) fn may_roll_back(&self) -> bool {
        self.too_deep().is_some() || self.source.job.is_some()
    }

    /// The length below which no window is halved.
    pub(super) fn shortest(&self) -> SignedDuration {
        self.source.windows.as_ref().map_or(SignedDuration::MAX, |windows| windows.min_slice)
    }

    fn too_deep(&self) -> Option<&TooDeep> {
        self.source.windows.as_ref()?.too_deep.as_ref()
    }
}

/// Whether the sink writes elsewhere in another window.
pub fn has_file_for_each_window(opener: &dyn OpenSink, variables: &Variables) -> bool {
    let at = |start| {
        let window = Window { start, end: start };
        opener.destination(&Windows::in_file_names(variables, &window)).ok()
    };
    at(Timestamp::UNIX_EPOCH) != at(Timestamp::MAX)
}
