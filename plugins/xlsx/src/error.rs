//! The errors of the `xlsx` sink.

use std::{any::Any, path::Path};

use longhaul_plugin::{SinkError, SinkErrorKind};
use rust_xlsxwriter::XlsxError;

/// The error of the writer of workbooks, for the file at `path`.
pub(crate) fn unwritten(path: &Path, error: XlsxError) -> SinkError {
    SinkError::new(SinkErrorKind::Unavailable, what(path)).because(error)
}

/// The writer of workbooks panics when it cannot write its temporary files. They are in the folder of `path`.
pub(crate) fn panicked(path: &Path, payload: &(dyn Any + Send)) -> SinkError {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without a message");
    SinkError::new(SinkErrorKind::Unavailable, what(path)).because(format!("its writer panicked: {text}"))
}

fn what(path: &Path) -> String {
    format!("cannot write `{}`", path.display())
}
