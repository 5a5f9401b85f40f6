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
mod report;
#[cfg(target_os = "linux")]
mod tracer;

pub use self::report::{Report, TraceError};
#[cfg(target_os = "linux")]
pub use self::{
    child::{begin, checkpoint},
    tracer::trace,
};

/// Not supported here.
#[cfg(not(target_os = "linux"))]
pub fn trace(_: &mut std::process::Command) -> Result<Report, TraceError> {
    Err(TraceError::Unsupported)
}

/// Does nothing here.
#[cfg(not(target_os = "linux"))]
pub fn begin() -> std::io::Result<()> {
    Ok(())
}

/// Does nothing here.
#[cfg(not(target_os = "linux"))]
pub fn checkpoint() -> std::io::Result<()> {
    Ok(())
}
