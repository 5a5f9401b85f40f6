//! A format of files.

use std::{fmt::Debug, path::Path};

use jiff::Timestamp;
use longhaul_plugin::{Receipt, SinkError};

use super::{part_file::PartFile, rows::SpooledRows};
use crate::{cell::Cell, columns::Column};

/// A format of files, for a [`SpooledFile`](crate::SpooledFile).
pub trait FileFormat: Debug + Send {
    /// Whether a column of times can have this one, without a change.
    fn holds_time(&self, at: Timestamp) -> bool;

    /// Checks that the file can store the row. `number` is the number of the record on its page.
    ///
    /// # Errors
    /// [`Rejected`](longhaul_plugin::SinkErrorKind::Rejected), with the value that does not fit.
    fn check(&self, columns: &[Column], number: usize, row: &[Cell<'_>]) -> Result<(), SinkError>;

    /// Writes the whole file to `part`, with all rows. The file must contain the receipt.
    ///
    /// # Errors
    /// The file cannot be written.
    fn write(&self, part: &mut PartFile, rows: SpooledRows<'_>, receipt: &Receipt) -> Result<(), SinkError>;

    /// Whether the file at `path` is complete, and was written by the pull with this receipt.
    fn is_from(&self, path: &Path, receipt: &Receipt) -> bool;
}
