//! What to do if something cannot be stored.

use std::{error::Error, io};

/// What to do about an error of the disk with the saved state.
pub(crate) fn state_folder(error: &(dyn Error + 'static)) -> &'static str {
    full_state_folder(error).unwrap_or("check `state_dir` and its permissions")
}

/// The same, if there is no room.
pub(crate) fn full_state_folder(error: &(dyn Error + 'static)) -> Option<&'static str> {
    no_room(error, "make room in `state_dir`")
}

/// What to do about an error of a sink, if the disk is the cause and it is clear what to do.
pub(crate) fn full_disk(error: &(dyn Error + 'static)) -> Option<&'static str> {
    no_room(error, "make room on the disk")
}

fn no_room<'e>(error: &'e (dyn Error + 'static), make_room: &'static str) -> Option<&'static str> {
    let mut causes =
        std::iter::successors(Some(error), |cause: &&'e (dyn Error + 'static)| (*cause).source());
    let error = causes.find_map(|cause| cause.downcast_ref::<io::Error>())?;
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(make_room),
        io::ErrorKind::FileTooLarge => Some(LIMIT),
        _ => None,
    }
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
