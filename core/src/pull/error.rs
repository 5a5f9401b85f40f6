//! A pull that is not complete.

use crate::{
    listing::PageError,
    pull::job::JobError,
    sink::{Mark, SinkError},
    state::StateError,
    window::Window,
};

/// A pull that is not complete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// A page could not be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A job came to nothing.
    #[error(transparent)]
    Job(#[from] JobError),
    /// What stands for a placeholder makes no URL.
    #[error("the request does not make a URL")]
    Url(#[from] url::ParseError),
    /// A window cannot be halved any further.
    #[error("the API has too many results to page through from {} to {}, and the window cannot be halved", window.start, window.end)]
    TooDeep {
        /// The window.
        window: Window,
    },
    /// A sink does not go back to where a partition began.
    #[error("the window has to be pulled again, but the sink `{name}` cannot take back what it has")]
    CannotGoBack {
        /// Its name.
        name: String,
    },
    /// A checkpoint has nothing on a sink.
    #[error("the checkpoint does not say where the sink `{name}` stood")]
    NoReceipt {
        /// Its name.
        name: String,
    },
    /// A sink does not have what was committed to it.
    #[error("the sink `{name}` has {} of the {} pages that were committed to it", has.0, committed.0)]
    Lost {
        /// Its name.
        name: String,
        /// How many it has.
        has: Mark,
        /// How many were committed.
        committed: Mark,
    },
    /// A sink has more pages of an earlier run than there are now.
    #[error("the sink `{name}` has {} pages of an earlier run, and now there are only {}", has.0, pages.0)]
    Ahead {
        /// Its name.
        name: String,
        /// How many it has.
        has: Mark,
        /// How many there are.
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
        /// What it said.
        source: SinkError,
    },
}

impl PullError {
    pub(crate) fn sink(name: &str, source: SinkError) -> Self {
        Self::Sink { name: name.to_owned(), source }
    }
}
