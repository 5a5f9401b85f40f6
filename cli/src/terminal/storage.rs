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
    let kind = io_error(error).map(io::Error::kind).or_else(|| causes(error).find_map(kind_in_text));
    match kind? {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(make_room),
        io::ErrorKind::FileTooLarge => Some(LIMIT),
        _ => None,
    }
}

/// The first error of the system among `error` and its causes.
fn io_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e io::Error> {
    causes(error).find_map(|cause| cause.downcast_ref::<io::Error>())
}

/// The kind of an error of the system that a plugin has reported, such as `No space left on device (os error 28)`. Only the
/// text of it arrives here.
fn kind_in_text(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let text = error.to_string();
    let (_, code) = text.strip_suffix(')')?.rsplit_once("(os error ")?;
    Some(io::Error::from_raw_os_error(code.parse().ok()?).kind())
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| (*cause).source())
}

const LIMIT: &str = "raise the limit on the size of files (`ulimit -f`)";

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use longhaul_core::sink::{SinkError, SinkErrorKind::Unavailable};

    use super::*;

    #[test]
    fn a_sink_that_cannot_write_needs_room_or_a_higher_limit() {
        let hint = |kind: ErrorKind| full_disk(&SinkError::io("cannot write", kind.into()));
        assert_eq!(hint(ErrorKind::StorageFull), Some("make room on the disk"));
        assert_eq!(hint(ErrorKind::FileTooLarge), Some(LIMIT));
        assert_eq!(hint(ErrorKind::PermissionDenied), None);
        let of_plugin = |text: &str| full_disk(&SinkError::new(Unavailable, "cannot write").because(text));
        assert_eq!(of_plugin("no such disk"), None);
        if cfg!(target_os = "linux") {
            assert_eq!(of_plugin("No space left on device (os error 28)"), Some("make room on the disk"));
            assert_eq!(of_plugin("File too large (os error 27)"), Some(LIMIT));
            assert_eq!(of_plugin("Permission denied (os error 13)"), None);
        }
        let hint = |kind: ErrorKind| state_folder(&SinkError::io("cannot write", kind.into()));
        assert_eq!(hint(ErrorKind::QuotaExceeded), "make room in `state_dir`");
        assert_eq!(hint(ErrorKind::NotFound), "check `state_dir` and its permissions");
    }
}
