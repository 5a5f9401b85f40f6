//! The side of the child.

use std::io;

use nix::sys::{
    ptrace,
    signal::{Signal, raise},
};

/// The signal of a checkpoint. The tracer never delivers it.
pub(crate) const CHECKPOINT: Signal = Signal::SIGUSR2;

/// Lets the parent trace this thread, and every thread and process that it starts later.
///
/// # Errors
/// The system forbids it.
pub fn begin() -> io::Result<()> {
    ptrace::traceme()?;
    Ok(raise(Signal::SIGSTOP)?)
}

/// Tells the parent that everything written so far should survive a crash. Only the thread that called [`begin`] may call it.
///
/// # Errors
/// The signal cannot be sent.
pub fn checkpoint() -> io::Result<()> {
    Ok(raise(CHECKPOINT)?)
}
