//! The errors of the `postgres` sink.

use std::{error::Error as _, io};

use longhaul_plugin::{SinkError, SinkErrorKind};
use postgres::{Error, error::SqlState};

/// What to do about a server that does not accept writes.
const READ_ONLY: &str =
    ": it is read-only (wait until it has taken over from the primary, or add the primary to `url`)";

/// An error of the database. `what` is what could not be done.
pub(crate) fn failed(what: String, error: &Error) -> SinkError {
    let Some(found) = error.as_db_error() else {
        let what = what + if is_read_only(error) { READ_ONLY } else { "" };
        let cause = match error.source() {
            Some(source) if is_end_of_connection(source) => "the server closed the connection".into(),
            Some(source) => source.to_string(),
            None if error.is_closed() => "the server closed the connection".into(),
            None => error.to_string(),
        };
        return SinkError::new(SinkErrorKind::Unavailable, what).because(cause);
    };
    let code = found.code();
    // By class: connection, serialization, resources, object in use, intervention, system, internal error.
    let passes = ["08", "25", "40", "53", "55", "57", "58", "XX"];
    let may_pass = passes.iter().any(|class| code.code().starts_with(class));
    let kind = if may_pass { SinkErrorKind::Unavailable } else { SinkErrorKind::Rejected };
    let more = match code {
        code if *code == SqlState::LOCK_NOT_AVAILABLE => {
            ": another program has locked it for longer than `lock_timeout`"
        }
        code if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            ": the user needs the privileges USAGE and CREATE on the schema, and those of the owner on existing tables"
        }
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => READ_ONLY,
        code if *code == SqlState::QUERY_CANCELED => ": it took longer than `statement_timeout`",
        code if *code == SqlState::DEPENDENT_OBJECTS_STILL_EXIST => {
            ": other objects, such as views, depend on the table that would be replaced (use `mode = \"append\"` with a \
             `key`)"
        }
        code if code.code().starts_with("23") => {
            ": a row violates a constraint of the table (set `key` to let later rows replace earlier ones)"
        }
        _ => "",
    };
    let cause = match found.detail() {
        Some(detail) => format!("{}: {detail}", found.message()),
        None => found.message().to_owned(),
    };
    SinkError::new(kind, what + more).because(cause)
}

/// An error while rows are sent. It contains that of the database.
pub(crate) fn unsent(what: String, error: io::Error) -> SinkError {
    let text = error.to_string();
    match error.into_inner().map(<dyn std::error::Error + Send + Sync>::downcast::<Error>) {
        Some(Ok(inner)) => failed(what, &inner),
        _ => SinkError::new(SinkErrorKind::Unavailable, what).because(text),
    }
}

/// Whether the server does not accept writes, as the driver says it.
fn is_read_only(error: &Error) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    // An error of the system has a code.
    source.is_some_and(|error| {
        error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none()
    })
}

/// Whether the server has closed the connection, as it does when it crashes. TLS has words of its own for that.
fn is_end_of_connection(error: &(dyn std::error::Error + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};

    let ends = [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof];
    error.downcast_ref::<io::Error>().is_some_and(|error| ends.contains(&error.kind()))
}

/// An error that a retry would not resolve.
pub(crate) fn rejected(what: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, what)
}
