//! The errors of the `parquet` sink.

use std::{io, path::Path};

use longhaul_plugin::{SinkError, SinkErrorKind};
use parquet::errors::ParquetError;

/// The error of the operating system for the action `doing` on the file at `path`.
pub(crate) fn failed(doing: &str, path: &Path, error: io::Error) -> SinkError {
    SinkError::io(format!("cannot {doing} `{}`", path.display()), error)
}

/// The error of the Parquet writer for the file at `path`.
pub(crate) fn unwritten(path: &Path, error: ParquetError) -> SinkError {
    SinkError::new(SinkErrorKind::Unavailable, format!("cannot write `{}`", path.display())).because(error)
}

pub(crate) fn rejected(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}
