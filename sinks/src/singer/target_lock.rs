//! The lock that keeps a process of a target from starting beside an earlier one.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    time::Duration,
};

use longhaul_core::{
    Clock,
    clock::{Interrupt, SystemClock},
    disk::DiskFile,
    sink::{SinkError, SinkErrorKind},
};

use crate::file::FilePath;

/// How often a lock that is held is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// A lock on a target, and a file with the id of its process.
///
/// The process inherits the open file. So if this program is killed, the lock is held until the process and all that it has
/// started have ended. Dropping it releases the lock.
#[derive(Debug)]
pub(super) struct TargetLock {
    file: File,
    path: FilePath,
}

impl TargetLock {
    /// Locks the target `name` with the file at `path`. Waits at most for `timeout` while a process of an earlier run has it.
    pub(super) fn acquire(path: FilePath, name: &str, timeout: Duration) -> Result<Self, SinkError> {
        let cannot = |error| SinkError::io(format!("cannot lock `{}`", path.shown), error);
        let mut file = open(&path).map_err(cannot)?;
        let clock = SystemClock::new(Interrupt::default());
        let mut is_waiting = false;
        while !DiskFile::try_lock(&file).map_err(cannot)? {
            if clock.elapsed() >= timeout {
                return Err(held(&mut file, name, timeout));
            }
            if !is_waiting {
                log::warn!("{}; waiting for it to end", still_running(&mut file, name));
                is_waiting = true;
            }
            clock.sleep(PAUSE);
        }
        file.set_len(0).map_err(cannot)?;
        Ok(Self { file, path })
    }

    /// Calls `start`, which starts a process that inherits the lock.
    pub(super) fn inherited<T>(&self, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        inherited(&self.file, start)
    }

    /// Writes the id of the process to the file, for the message of another run.
    pub(super) fn note(&mut self, process: u32) {
        let noted = self.file.rewind().and_then(|()| write!(self.file, "{process}"));
        // The message then does not name the process.
        if let Err(error) = noted {
            log::debug!("cannot write to `{}`: {error}", self.path.shown);
        }
    }
}

impl Drop for TargetLock {
    fn drop(&mut self) {
        // The target has ended. What it may have left in the background does not write records.
        if let Err(error) = self.file.unlock() {
            log::debug!("cannot unlock `{}`: {error}", self.path.shown);
        }
    }
}

fn held(file: &mut File, name: &str, timeout: Duration) -> SinkError {
    let timeout = jiff::SignedDuration::try_from(timeout).unwrap_or_default();
    let message =
        format!("{} after {timeout:#} (end it, or wait until it has ended)", still_running(file, name));
    SinkError::new(SinkErrorKind::Unavailable, message)
}

fn still_running(file: &mut File, name: &str) -> String {
    let mut process = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut process));
    let known = read.is_ok() && !process.is_empty();
    let process = if known { format!(", process {process},") } else { String::new() };
    format!("the target `{name}` of an earlier run{process} is still running")
}

#[cfg(unix)]
fn open(path: &FilePath) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    let mut options = File::options();
    let file =
        options.create(true).truncate(false).read(true).write(true).mode(0o600).open(&path.absolute)?;
    // A shell script may use the numbers up to 9 for files of its own.
    Ok(rustix::io::fcntl_dupfd_cloexec(&file, 10)?.into())
}

#[cfg(not(unix))]
fn open(path: &FilePath) -> io::Result<File> {
    File::options().create(true).truncate(false).read(true).write(true).open(&path.absolute)
}

/// Calls `start`, which starts a process that inherits the file.
#[cfg(unix)]
fn inherited<T>(file: &File, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    use rustix::io::{FdFlags, fcntl_setfd};

    fcntl_setfd(file, FdFlags::empty())?;
    let started = start();
    fcntl_setfd(file, FdFlags::CLOEXEC)?;
    started
}

#[cfg(not(unix))]
fn inherited<T>(_: &File, start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    start()
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        fs,
        process::{Command, Stdio},
    };

    use super::*;

    #[test]
    fn a_process_holds_the_lock_of_a_program_that_was_killed() {
        let folder = tempfile::tempdir().unwrap();
        let path = || FilePath { absolute: folder.path().join("users.lock"), shown: "users.lock".into() };
        let acquire = |timeout| {
            let acquired = TargetLock::acquire(path(), "target-x", timeout);
            acquired.map(drop).map_err(|error| error.to_string())
        };
        // Closing the file does not unlock it: this program could as well have been killed.
        let file = open(&path()).unwrap();
        file.lock().unwrap();
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut process = inherited(&file, || command.spawn()).unwrap();
        fs::write(path().absolute, process.id().to_string()).unwrap();
        drop(file);
        assert_eq!(
            acquire(Duration::from_millis(1)).unwrap_err(),
            format!(
                "the target `target-x` of an earlier run, process {}, is still running after 1ms (end it, or wait until it \
                 has ended)",
                process.id()
            )
        );
        drop(process.stdin.take());
        acquire(Duration::from_secs(60)).unwrap();
        process.wait().unwrap();
    }
}
