//! The locks on pulls: one run at a time for each.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    process,
};

use jiff::Timestamp;

/// The lock on a pull. It is released when it is dropped, and when the process ends in any way.
#[derive(Debug)]
pub(crate) struct PullLock {
    _file: File,
}

/// Why a pull cannot be locked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// Another run holds the lock.
    #[error("another run is pulling `{pull}`{}", holder.as_ref().map(|holder| format!(": {holder}")).unwrap_or_default())]
    Held {
        /// The pull.
        pull: String,
        /// The other run, if it says who it is.
        holder: Option<String>,
    },
    /// The lock cannot be created or used.
    #[error("cannot use the state folder `{}`", folder.display())]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

impl PullLock {
    /// Locks the pull `id`. The folder is created if it is missing, and only its owner can enter it.
    pub(crate) fn acquire(folder: &Path, id: &str, now: Timestamp) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable { folder: folder.to_owned(), source };
        create_private(folder).map_err(unusable)?;
        let mut file = open_private(&path(folder, id)).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held { pull: id.to_owned(), holder: read(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let holder = format!(
            "process {}{}, started at {}",
            process::id(),
            on_host(),
            now.strftime("%Y-%m-%d %H:%M:%S UTC")
        );
        file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(unusable)?;
        Ok(Self { _file: file })
    }

    /// The run that is pulling `id`, if there is one.
    pub(crate) fn holder(folder: &Path, id: &str) -> Option<String> {
        let mut file = File::options().read(true).open(path(folder, id)).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(read(&mut file).unwrap_or_default()),
            _ => None,
        }
    }
}

fn path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.lock"))
}

/// The name of this machine, because several can share a state folder.
#[cfg(unix)]
fn on_host() -> String {
    format!(" on {}", rustix::system::uname().nodename().to_string_lossy())
}

#[cfg(not(unix))]
fn on_host() -> String {
    std::env::var("COMPUTERNAME").map(|name| format!(" on {name}")).unwrap_or_default()
}

fn read(file: &mut File) -> Option<String> {
    let mut holder = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut holder)).ok()?;
    (!holder.is_empty()).then_some(holder)
}

/// Creates a folder of the state, if it is missing. Only its owner can enter it.
#[cfg(unix)]
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut permissions = fs::metadata(folder)?.permissions();
    if permissions.mode() & 0o077 != 0 {
        // The state shows which records were pulled, and cursors may give access to them.
        permissions.set_mode(permissions.mode() & !0o077);
        fs::set_permissions(folder, permissions)?;
        log::warn!("others could enter the state folder `{}`; now only its owner can", folder.display());
    }
    Ok(())
}

#[cfg(unix)]
fn open_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().create(true).truncate(false).read(true).write(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn open_private(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).read(true).write(true).open(path)
}

/// Creates a folder of the state, if it is missing.
#[cfg(not(unix))]
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("a/b");
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        let acquire = |id| PullLock::acquire(&state, id, now);
        let first = acquire("users").unwrap();
        let holder = format!("process {}{}, started at 2026-01-02 03:04:05 UTC", process::id(), on_host());
        let refused = acquire("users").unwrap_err();
        assert_eq!(refused.to_string(), format!("another run is pulling `users`: {holder}"));
        assert_eq!(PullLock::holder(&state, "users"), Some(holder));
        acquire("calls").unwrap();
        drop(first);
        assert_eq!(PullLock::holder(&state, "users"), None);
        acquire("users").unwrap();
    }
}
