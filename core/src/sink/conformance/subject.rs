//! A sink that is held against the contract.

use std::fmt;

use crate::sink::{OpenSink, Site};

/// A configured sink to which nothing was written yet, and how to read what it publishes.
pub struct Subject {
    /// The sink.
    pub opener: Box<dyn OpenSink>,
    /// The pull it is opened for, whatever the case does.
    pub site: Site,
    /// The records that a reader finds now, in order; `None` where there is no result. It may keep alive what the
    /// sink needs, such as a temporary folder.
    pub published: Box<dyn Fn() -> Option<Vec<String>>>,
}

/// When readers can see a record, and whether it can be taken back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Publishes {
    /// Nothing can be seen before the end; a new pull replaces what an abandoned one wrote. A file that is renamed
    /// when it is complete.
    AtFinish,
    /// What was committed can be seen from then on; what was not is gone once the sink is dropped. A file that is
    /// appended to, a database.
    AtCommit,
    /// What was written can be seen at once and is never taken back. A pipe.
    AtWrite,
    /// Nobody knows: what arrives cannot be read back here, and only how the calls go is held against the contract.
    Unseen,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("opener", &self.opener)
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}
