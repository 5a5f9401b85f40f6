//! The errors of the sinks that write files.

use std::io;

use longhaul_core::sink::{SinkError, SinkErrorKind};

use super::path::FilePath;

pub(super) fn rejected(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}

/// The error of the operating system for the action `doing` on the file at `path`.
pub(super) fn failed(doing: &str, path: &FilePath, error: io::Error) -> SinkError {
    SinkError::io(format!("cannot {doing} `{}`", path.shown), error)
}
