//! The definition of a pull: what it fetches, and where it writes.

use jiff::{SignedDuration, Timestamp};

use crate::{
    pull::{sinks::Named, source::Source, window::Windows},
    sink::{OpenSink, Variables},
    state::checkpoint::Checkpointing,
    window::Window,
};

/// A pull of one stream into sinks.
#[derive(Debug)]
pub struct Pull<'a> {
    /// What to pull.
    pub source: &'a Source,
    /// The slices of time, in order. `None` if the source has no windows.
    pub windows: Option<Vec<Window>>,
    /// The sinks, with the names that errors use.
    pub sinks: Vec<(&'a str, &'a dyn OpenSink)>,
    /// The values of the placeholders in requests and in the paths of sinks.
    pub variables: Variables,
    /// Whether [`Finding`](crate::state::Finding)s are an error. Then nothing is published.
    pub strict: bool,
    /// How progress is saved, so that a later run can resume. With `None`, the pull cannot be resumed.
    pub checkpointing: Option<Checkpointing<'a>>,
}

impl<'a> Pull<'a> {
    /// The sinks with a file for each window, and those that take the records of all windows.
    pub(super) fn own_and_shared(&self) -> (Vec<Named<'a>>, Vec<Named<'a>>) {
        self.sinks.iter().partition(|(_, opener)| has_file_for_each_window(*opener, &self.variables))
    }

    /// How many partitions are pulled at once. This is the one place that decides it: sinks that take the records of all
    /// windows need them in order, and so does dropping duplicates. Then it is one.
    pub(super) fn workers(&self) -> usize {
        let (_, shared) = self.own_and_shared();
        let is_order_free = shared.is_empty() && self.source.unique.is_none();
        let windows = self.windows.as_ref().map_or(1, Vec::len);
        if is_order_free { self.source.concurrency.min(windows).max(1) } else { 1 }
    }

    /// Whether a partition may have to be rolled back after some of its records were written.
    pub(super) fn may_roll_back(&self) -> bool {
        self.source.rules.may_roll_back() || self.source.job.is_some()
    }

    /// The shortest length that a window may be halved to.
    pub(super) fn shortest(&self) -> SignedDuration {
        self.source.windows.as_ref().map_or(SignedDuration::MAX, |windows| windows.min_slice)
    }
}

/// Whether the sink writes each window to another place.
pub fn has_file_for_each_window(opener: &dyn OpenSink, variables: &Variables) -> bool {
    let at = |start| {
        let window = Window { start, end: start };
        opener.destination(&Windows::in_file_names(variables, &window)).ok()
    };
    at(Timestamp::UNIX_EPOCH) != at(Timestamp::MAX)
}
