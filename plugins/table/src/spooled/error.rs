//! The errors of spooled files.

use std::{io, path::Path};

use longhaul_plugin::{SinkError, SinkErrorKind};

/// The error of the operating system for the action `doing` on the file at `path`.
pub(super) fn file_error(doing: &str, path: &Path, error: io::Error) -> SinkError {
    SinkError::io(format!("cannot {doing} `{}`", path.display()), error)
}

pub(super) fn refused(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}
