//! The errors of the `parquet` sink.

use std::path::Path;

use longhaul_plugin::{SinkError, SinkErrorKind};
use parquet::errors::ParquetError;

/// The error of the Parquet writer for the file at `path`.
pub(crate) fn unwritten(path: &Path, error: ParquetError) -> SinkError {
    SinkError::new(SinkErrorKind::Unavailable, format!("cannot write `{}`", path.display())).because(error)
}
