//! The errors of objects.

use std::io;

use longhaul_core::{
    object_store::{StoreError, StoreErrorKind},
    sink::{SinkError, SinkErrorKind},
};

/// The store did not do what `doing` says to the object that is `shown`.
pub(super) fn of_store(doing: &str, shown: &str, error: StoreError) -> SinkError {
    let kind = match error.kind() {
        StoreErrorKind::Unavailable => SinkErrorKind::Unreachable,
        _ => SinkErrorKind::Unavailable,
    };
    SinkError::new(kind, format!("cannot {doing} `{shown}`")).because(error)
}

/// The local files cannot be used.
pub(super) fn of_disk(doing: &str, shown: &str, error: io::Error) -> SinkError {
    SinkError::io(format!("cannot {doing} the local parts of `{shown}`"), error)
}

pub(super) fn rejected(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}
