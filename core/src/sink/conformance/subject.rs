//! A sink to test.

use std::fmt;

use crate::sink::{OpenSink, Variables};

/// A configured sink that nothing was written to yet, and a way to read what it publishes.
pub struct Subject {
    /// The sink.
    pub opener: Box<dyn OpenSink>,
    /// The variables of the pull that it is opened for. All cases use the same ones.
    pub variables: Variables,
    /// Returns the records that a reader finds now, in order, or `None` if there is no result. The closure may own what the
    /// sink needs, such as a temporary folder.
    pub published: Box<dyn Fn() -> Option<Vec<String>>>,
}

/// When readers can see a record, and whether it can be removed again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Publishes {
    /// At the end. A new pull replaces what an unfinished one wrote. Example: a file that is renamed when it is complete.
    AtFinish,
    /// At each commit. Records that were not committed are gone once the sink is dropped. Examples: a file that is appended
    /// to, a database.
    AtCommit,
    /// Immediately. Records are never removed. Example: a pipe.
    AtWrite,
    /// Unknown. The records cannot be read back, so only the results of the calls are tested.
    Unseen,
}

/// What a kind of sink does, where the contract leaves a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promises {
    pub(super) publishes: Publishes,
    /// Whether it keeps one of several identical records.
    pub(super) merges_identical: bool,
    /// Whether it rejects long records.
    pub(super) rejects_long: bool,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("opener", &self.opener)
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}
