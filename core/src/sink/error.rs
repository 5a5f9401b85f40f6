//! The errors of sinks.

use std::{error::Error, io};

/// An error of a sink: its kind, what the sink was doing, and the cause.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SinkError {
    kind: SinkErrorKind,
    message: String,
    key: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What a [`SinkError`] means for the run. The engine does not retry any of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SinkErrorKind {
    /// The options are not valid. This is found before anything is sent.
    Config,
    /// The sink refuses this record, and would refuse it again.
    Rejected,
    /// The sink cannot write now, because the disk is full or the database is unreachable. The run can be resumed later.
    Unavailable,
    /// What the sink writes to does not answer, or keeps failing. There is nothing to fix here: the same may succeed later.
    Unreachable,
    /// The reader of a pipe is gone. The run ends without an error message.
    Closed,
    /// The sink violated its contract.
    Broken,
}

impl SinkError {
    /// An error of `kind`. `message` is a clause in lower case, without a full stop.
    pub fn new(kind: SinkErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), key: None, source: None }
    }

    /// An invalid option. `key` names it.
    pub fn config(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..Self::new(SinkErrorKind::Config, message) }
    }

    /// An error of the operating system. `what` says what failed.
    pub fn io(what: impl Into<String>, source: io::Error) -> Self {
        let closed = source.kind() == io::ErrorKind::BrokenPipe;
        let kind = if closed { SinkErrorKind::Closed } else { SinkErrorKind::Unavailable };
        Self::new(kind, what).because(source)
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// What it means for the run.
    pub fn kind(&self) -> SinkErrorKind {
        self.kind
    }

    /// The invalid option, if the error is about one.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}
