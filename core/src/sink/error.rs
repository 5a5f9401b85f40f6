//! What can go wrong in a sink.

use std::{error::Error, io};

/// A sink's failure: what kind it is, what was being done, and what lay beneath.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SinkError {
    kind: SinkErrorKind,
    message: String,
    key: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What a [`SinkError`] means for the run. None is retried by the engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SinkErrorKind {
    /// The options make no sense. Found before anything is sent.
    Config,
    /// The sink does not take this record, and will not next time.
    Rejected,
    /// The sink cannot take anything now: disk full, database away. The run can be taken up later.
    Unavailable,
    /// The reader at the other end of a pipe went away: the run ends quietly.
    Closed,
    /// The sink broke its own contract.
    Broken,
}

impl SinkError {
    /// An error of `kind`; `message` is one lowercase clause.
    pub fn new(kind: SinkErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), key: None, source: None }
    }

    /// A fault in the options; `key` names the one.
    pub fn config(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..Self::new(SinkErrorKind::Config, message) }
    }

    /// A failure of the operating system while doing `what`.
    pub fn io(what: impl Into<String>, source: io::Error) -> Self {
        let closed = source.kind() == io::ErrorKind::BrokenPipe;
        let kind = if closed { SinkErrorKind::Closed } else { SinkErrorKind::Unavailable };
        Self::new(kind, what).because(source)
    }

    /// The same error with what lay beneath it.
    #[must_use]
    pub fn because(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// What it means for the run.
    pub fn kind(&self) -> SinkErrorKind {
        self.kind
    }

    /// The option at fault, where it is one.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}
