//! Files that end with an index, and so cannot grow over several runs.

mod sink;
mod spool;

use std::{fmt::Debug, io, path::Path};

use longhaul_plugin::{Receipt, SinkError, SinkErrorKind};

pub use self::{
    sink::SpooledFile,
    spool::{Spool, SpooledRecords},
};
use crate::{Cell, Columns};

/// A format of files, for a [`SpooledFile`].
pub trait FileFormat: Debug + Send {
    /// The columns of the file.
    fn columns(&self) -> &Columns;

    /// Checks that the file can store the row. `number` is the number of the record on its page.
    ///
    /// # Errors
    /// [`SinkErrorKind::Rejected`], with the value that does not fit.
    fn check(&self, number: usize, row: &[Cell<'_>]) -> Result<(), SinkError>;

    /// Writes the whole file to `part`, with all records of the spool, and syncs it. The file must contain the receipt.
    ///
    /// # Errors
    /// The file cannot be written.
    fn write(&self, part: &Path, spool: &mut Spool, receipt: &Receipt) -> Result<(), SinkError>;

    /// Whether the file at `path` was written by the pull with this receipt.
    fn is_from(&self, path: &Path, receipt: &Receipt) -> bool;
}

/// The error of the operating system for the action `doing` on the file at `path`.
pub fn file_error(doing: &str, path: &Path, error: io::Error) -> SinkError {
    SinkError::io(format!("cannot {doing} `{}`", path.display()), error)
}

fn refused(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}
