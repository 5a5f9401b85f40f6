//! What to do if something cannot be stored.

use std::{error::Error, io};

use longhaul_core::object_store::{StoreError, StoreErrorKind};

use crate::exit::Exit;

/// The exit code for an error of the saved state.
pub(crate) fn exit(error: &io::Error) -> Exit {
    match store_error(error).map(StoreError::kind) {
        Some(StoreErrorKind::Unavailable) => Exit::TryLater,
        _ => Exit::State,
    }
}

/// The error of the object store with the saved state, if it is in one.
pub(crate) fn store_error(error: &io::Error) -> Option<&StoreError> {
    error.get_ref()?.downcast_ref()
}

/// What to do about an error of the place with the saved state.
pub(crate) fn state_folder(error: &(dyn Error + 'static)) -> &'static str {
    match io_error(error).and_then(store_error).map(StoreError::kind) {
        Some(StoreErrorKind::Unavailable) => "check `stores.s3.endpoint`, or wait until the store answers",
        Some(StoreErrorKind::Conflict) => "wait for the other run to end",
        Some(_) => "fix the problem",
        None => full_state_folder(error).unwrap_or("check `state_dir` and its permissions"),
    }
}

/// What to do about an error of the disk with the saved state, if there is no room.
pub(crate) fn full_state_folder(error: &(dyn Error + 'static)) -> Option<&'static str> {
    no_room(error, "make room in `state_dir`")
}

/// What to do about an error of a sink, if the disk is the cause and it is clear what to do.
pub(crate) fn full_disk(error: &(dyn Error + 'static)) -> Option<&'static str> {
    no_room(error, "make room on the disk")
}

fn no_room(error: &(dyn Error + 'static), make_room: &'static str) -> Option<&'static str> {
    match io_error(error)?.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(make_room),
        io::ErrorKind::FileTooLarge => Some(LIMIT),
        _ => None,
    }
}

/// The first error of the system among `error` and its causes.
fn io_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e io::Error> {
    let mut causes =
        std::iter::successors(Some(error), |cause: &&'e (dyn Error + 'static)| (*cause).source());
    causes.find_map(|cause| cause.downcast_ref::<io::Error>())
}

const LIMIT: &str = "raise the limit on the size of files (`ulimit -f`)";

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use longhaul_core::sink::SinkError;

    use super::*;

    #[test]
    fn a_sink_that_cannot_write_needs_room_or_a_higher_limit() {
        let hint = |kind: ErrorKind| full_disk(&SinkError::io("cannot write", kind.into()));
        assert_eq!(hint(ErrorKind::StorageFull), Some("make room on the disk"));
        assert_eq!(hint(ErrorKind::FileTooLarge), Some(LIMIT));
        assert_eq!(hint(ErrorKind::PermissionDenied), None);
        let hint = |kind: ErrorKind| state_folder(&SinkError::io("cannot write", kind.into()));
        assert_eq!(hint(ErrorKind::QuotaExceeded), "make room in `state_dir`");
        assert_eq!(hint(ErrorKind::NotFound), "check `state_dir` and its permissions");
    }
}
