//! Why a pull is not complete.

use crate::{
    http::template::TemplateError,
    listing::{PageError, paginate::PaginationError},
    pull::{incremental::BookmarkError, job::JobError},
    sink::{Mark, SinkError, SinkErrorKind},
    state::{StateError, Summary},
    window::Window,
};

/// Why a pull is not complete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// A page could not be fetched.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The pull is strict, and something suggests that records are missing. Everything is saved, and nothing is published.
    #[error("the pull is complete, but records may be missing")]
    Findings {
        /// The result.
        summary: Box<Summary>,
    },
    /// A record has no value from which the next pull could start.
    #[error(transparent)]
    Bookmark(#[from] BookmarkError),
    /// The value from which the pull starts does not fit into the request.
    #[error(transparent)]
    Start(#[from] PaginationError),
    /// A job has no results.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The value of a placeholder makes the request invalid.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A window cannot be halved any further.
    #[error("the API has too many results to page through from {} to {}, and the window cannot be halved", window.start, window.end)]
    TooDeep {
        /// The window.
        window: Window,
    },
    /// A record is not an object, so it cannot get a field of its parent.
    #[error("record {record} of the partition is not an object, so `each.add` cannot add a field to it")]
    NotAnObject {
        /// Its number in the partition, from 1.
        record: u64,
    },
    /// A record already has a field that it should get from its parent.
    #[error("record {record} of the partition already has the field `{name}`, which `each.add` would add")]
    FieldExists {
        /// Its number in the partition, from 1.
        record: u64,
        /// The field.
        name: String,
    },
    /// A sink cannot roll back to the start of a partition.
    #[error("a partition must be pulled again, but the sink `{name}` cannot roll back")]
    CannotRollBack {
        /// Its name.
        name: String,
    },
    /// The checkpoint does not mention a sink.
    #[error("the checkpoint has no position of the sink `{name}`")]
    NoReceipt {
        /// Its name.
        name: String,
    },
    /// A sink has lost committed pages.
    #[error("the sink `{name}` has {} of the {} pages that were committed to it", has.0, committed.0)]
    Lost {
        /// Its name.
        name: String,
        /// How many it has.
        has: Mark,
        /// How many were committed to it.
        committed: Mark,
    },
    /// A sink has more pages, from an earlier run, than the pull has now.
    #[error("the sink `{name}` has {} pages from an earlier run, but now there are only {}", has.0, pages.0)]
    Ahead {
        /// Its name.
        name: String,
        /// How many it has.
        has: Mark,
        /// How many the pull has.
        pages: Mark,
    },
    /// The checkpoint could not be read or saved.
    #[error(transparent)]
    State(#[from] StateError),
    /// A sink failed.
    #[error("the sink `{name}` failed")]
    Sink {
        /// Its name.
        name: String,
        /// Why.
        source: SinkError,
    },
    /// A sink rejects the position that it is opened at, because what it wrote before is gone or has changed.
    #[error("the sink `{name}` failed")]
    NotContinued {
        /// Its name.
        name: String,
        /// Why.
        source: SinkError,
    },
}

impl PullError {
    pub(crate) fn sink(name: &str, source: SinkError) -> Self {
        Self::Sink { name: name.to_owned(), source }
    }

    /// An error of a sink that is opened where it was before.
    pub(crate) fn reopened_sink(name: &str, source: SinkError) -> Self {
        match source.kind() {
            SinkErrorKind::Rejected => Self::NotContinued { name: name.to_owned(), source },
            _ => Self::sink(name, source),
        }
    }
}
