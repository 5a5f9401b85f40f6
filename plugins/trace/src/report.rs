//! The result of a trace.

use std::{io, path::PathBuf};

/// What a traced child did.
#[derive(Debug)]
pub struct Report {
    /// For each checkpoint, the files that would lose data if the machine crashed then, in order of their names.
    pub unsynced: Vec<Vec<PathBuf>>,
    /// Whether the child wrote to any file. Without it, the report says nothing about how the data was stored.
    pub wrote: bool,
    /// The exit code of the child; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What the child wrote to its standard output.
    pub output: Vec<u8>,
}

/// Why a child could not be traced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// Only Linux is supported.
    #[error("this works on Linux only")]
    Unsupported,
    /// The child could not be started.
    #[error("cannot start the process to trace")]
    Start(#[source] io::Error),
    /// The system does not let one process trace another. Some containers forbid it.
    #[error("the system does not allow to trace a process")]
    Forbidden,
    /// A system call failed.
    #[error("cannot trace the process")]
    Failed(#[source] io::Error),
    /// The child writes with a method that system calls do not show.
    #[error("writes through `{0}` cannot be followed")]
    Hidden(&'static str),
}
