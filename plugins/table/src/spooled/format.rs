//! A format of files.

use std::{fmt::Debug, path::Path};

use longhaul_plugin::{Receipt, SinkError};

use super::spool::Spool;
use crate::{cell::Cell, columns::Columns};

/// A format of files, for a [`SpooledFile`](crate::SpooledFile).
pub trait FileFormat: Debug + Send {
    /// The columns of the file.
    fn columns(&self) -> &Columns;

    /// Checks that the file can store the row. `number` is the number of the record on its page.
    ///
    /// # Errors
    /// [`Rejected`](longhaul_plugin::SinkErrorKind::Rejected), with the value that does not fit.
    fn check(&self, number: usize, row: &[Cell<'_>]) -> Result<(), SinkError>;

    /// Writes the whole file to `part`, with all records of the spool, and syncs it. The file must contain the receipt.
    ///
    /// # Errors
    /// The file cannot be written.
    fn write(&self, part: &Path, spool: &mut Spool, receipt: &Receipt) -> Result<(), SinkError>;

    /// Whether the file at `path` was written by the pull with this receipt.
    fn is_from(&self, path: &Path, receipt: &Receipt) -> bool;
}
