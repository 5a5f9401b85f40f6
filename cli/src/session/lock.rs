//! The lock on the state folder: one run at a time.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// The lock on a state folder. It is released when it is dropped, and when the process ends in any way.
#[derive(Debug)]
pub(crate) struct StateLock {
    _file: File,
}

/// Why a state folder cannot be locked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// Another run holds the lock.
    #[error("another run is using the state folder `{}`", folder.display())]
    Held {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be created or locked.
    #[error("cannot use the state folder `{}`", folder.display())]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

impl StateLock {
    /// Creates the folder if it is missing, readable by its owner only, and locks it.
    pub(crate) fn acquire(folder: &Path) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable { folder: folder.to_owned(), source };
        create_private(folder).map_err(unusable)?;
        let path = folder.join("lock");
        let file = open_private(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held { folder: folder.to_owned() }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}

#[cfg(unix)]
fn create_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(unix)]
fn open_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn open_private(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(path)
}

#[cfg(not(unix))]
fn create_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("a/b");
        let first = StateLock::acquire(&state).unwrap();
        let refused = StateLock::acquire(&state).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("another run is using the state folder `{}`", state.display())
        );
        drop(first);
        StateLock::acquire(&state).unwrap();
    }
}
