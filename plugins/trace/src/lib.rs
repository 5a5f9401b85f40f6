//! Finds the files that a child process wrote but did not sync.
//!
//! The child calls [`begin`], does its work, and calls [`checkpoint`] whenever everything that it has written should survive
//! a crash of the machine. The parent starts it with [`trace`], which follows its system calls and reports, for each
//! checkpoint, the files that would lose data.
//!
//! A file is written by `write` and its relatives, or through a shared mapping. It is synced by `fsync`, `fdatasync`, `sync`,
//! `syncfs`, `msync` with `MS_SYNC`, or by each write if it is open with `O_SYNC` or `O_DSYNC`. `sync_file_range` and `msync`
//! with `MS_ASYNC` are not enough. Files that no longer have a name do not count: nobody finds them after a crash.
//!
//! This works on Linux only. On other systems, [`trace`] is an error and the functions for the child do nothing.

#[cfg(target_os = "linux")]
mod call;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod tracer;

use std::{io, path::PathBuf};

#[cfg(target_os = "linux")]
pub use self::{
    child::{begin, checkpoint},
    tracer::trace,
};

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

/// Not supported here.
#[cfg(not(target_os = "linux"))]
pub fn trace(_: &mut std::process::Command) -> Result<Report, TraceError> {
    Err(TraceError::Unsupported)
}

/// Does nothing here.
#[cfg(not(target_os = "linux"))]
pub fn begin() -> io::Result<()> {
    Ok(())
}

/// Does nothing here.
#[cfg(not(target_os = "linux"))]
pub fn checkpoint() -> io::Result<()> {
    Ok(())
}
