//! What SQLite says, as a failure of the sink.

use std::{fs::OpenOptions, path::Path};

use longhaul_plugin::{SinkError, SinkErrorKind};
use rusqlite::{Error, ErrorCode};

/// An error of the database while doing `what`.
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
            ": another program has kept it locked for longer than `busy_timeout`"
        }
        Some(ErrorCode::ConstraintViolation) => {
            ": a constraint of the table keeps a row out (with a `key`, later rows take the place of earlier ones)"
        }
        _ => "",
    };
    // As text: what lies beneath the error says the same once more.
    let told = match error {
        Error::SqliteFailure(_, Some(told)) => told,
        other => other.to_string(),
    };
    SinkError::new(kind, what + more).because(told)
}

/// The same for opening a file: where SQLite only says that it cannot, the operating system is asked why.
pub(crate) fn unopened(what: String, file: &Path, error: Error) -> SinkError {
    if error.sqlite_error_code() == Some(ErrorCode::CannotOpen)
        && let Err(why) = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(file)
    {
        return SinkError::io(what, why);
    }
    failed(what, error)
}

/// What the database cannot take, now or later.
pub(crate) fn rejected(what: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, what)
}
