//! The error of a record that cannot become a row.

use longhaul_plugin::{SinkError, SinkErrorKind};

/// The error for the record with this number on the page, starting at 1. `what` follows the words "record N of the
/// page".
pub fn rejected(number: usize, what: &str) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, format!("record {number} of the page {what}"))
}
