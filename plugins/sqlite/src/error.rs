//! The errors of the `sqlite` sink.

use std::{fs::OpenOptions, path::Path};

use longhaul_plugin::{SinkError, SinkErrorKind};
use rusqlite::{Error, ErrorCode};

/// An error of the database. `what` is what could not be done.
pub(crate) fn failed(what: String, error: Error) -> SinkError {
    let code = error.sqlite_error_code();
    let kind = match code {
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
    let more = match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            ": another program has locked it for longer than `busy_timeout`"
        }
        Some(ErrorCode::ConstraintViolation) => {
            ": a row violates a constraint of the table (set `key` to let later rows replace earlier ones)"
        }
        _ => "",
    };
    // As text, because the sources of the error repeat its message.
    let cause = match error {
        Error::SqliteFailure(_, Some(message)) => message,
        other => other.to_string(),
    };
    SinkError::new(kind, what + more).because(cause)
}

/// An error when opening a file. If SQLite only reports that it cannot open the file, this asks the operating system
/// for the reason.
pub(crate) fn unopened(what: String, file: &Path, error: Error) -> SinkError {
    if error.sqlite_error_code() == Some(ErrorCode::CannotOpen)
        && let Err(error) = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(file)
    {
        return SinkError::io(what, error);
    }
    failed(what, error)
}

/// An error that a retry would not resolve.
pub(crate) fn rejected(what: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, what)
}
