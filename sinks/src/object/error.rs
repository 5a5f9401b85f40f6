//! The errors of objects.

use std::io;

use longhaul_core::{
    object_store::StoreError,
    sink::{SinkError, SinkErrorKind},
};

/// The store did not do what `doing` says to the object that is `shown`.
pub(super) fn of_store(doing: &str, shown: &str, error: StoreError) -> SinkError {
    SinkError::new(SinkErrorKind::Unavailable, format!("cannot {doing} `{shown}`")).because(error)
}

/// The local files cannot be used.
pub(super) fn of_disk(doing: &str, shown: &str, error: io::Error) -> SinkError {
    SinkError::io(format!("cannot {doing} the local parts of `{shown}`"), error)
}

pub(super) fn rejected(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}
