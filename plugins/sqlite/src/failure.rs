//! What SQLite says, as a failure of the sink.

use longhaul_plugin::{SinkError, SinkErrorKind};
use rusqlite::{Error, ErrorCode};

/// An error of the database while doing `what`.
pub(crate) fn failed(what: String, error: Error) -> SinkError {
    let kind = match error.sqlite_error_code() {
        Some(
            ErrorCode::ConstraintViolation
            | ErrorCode::TypeMismatch
            | ErrorCode::TooBig
            | ErrorCode::NotADatabase
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::Unknown,
        ) => SinkErrorKind::Rejected,
        _ => SinkErrorKind::Unavailable,
    };
    SinkError::new(kind, what).because(error)
}

/// What the database cannot take, now or later.
pub(crate) fn rejected(what: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, what)
}
