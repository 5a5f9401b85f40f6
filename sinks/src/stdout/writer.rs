//! Standard output, or a writer in its place.

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use longhaul_core::sink::{SinkError, SinkErrorKind};

/// The writer of the sink `stdout`, shared by all pulls that write to it.
#[derive(Clone)]
pub struct Stdout {
    writer: Arc<Mutex<dyn Write + Send>>,
    /// Whether nobody can receive what is written.
    is_closed: bool,
}

impl Stdout {
    /// The standard output of the process.
    pub fn of_process() -> Self {
        Self { is_closed: is_closed(io::stdout()), ..Self::to(io::stdout()) }
    }

    /// Writes to `writer` in place of standard output.
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self { writer: Arc::new(Mutex::new(writer)), is_closed: false }
    }

    /// Returns an error if nobody can receive what is written.
    pub(super) fn check(&self) -> Result<(), SinkError> {
        if !self.is_closed {
            return Ok(());
        }
        let message = "standard output is closed (redirect it to a file or a pipe; to discard the records, use `> \
                       /dev/null`)";
        Err(SinkError::new(SinkErrorKind::Unavailable, message))
    }

    /// Writes `bytes` at once and flushes, so that the reader of a pipe receives whole pages without delay.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write_all(bytes)?;
        writer.flush()
    }
}

impl fmt::Debug for Stdout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stdout")
    }
}

/// Whether `stdout` was closed when the program started. Then the standard library has opened `/dev/null` in its place, for
/// reading and writing, while `> /dev/null` in a shell opens it for writing only. Programs that discard the output of their
/// children, such as Python with `DEVNULL`, cannot be told from that.
#[cfg(unix)]
fn is_closed(stdout: impl std::os::fd::AsFd) -> bool {
    use std::{fs, os::unix::fs::MetadataExt};

    use rustix::fs::{OFlags, fcntl_getfl, fstat};

    let is_null = || Some(fstat(&stdout).ok()?.st_rdev == fs::metadata("/dev/null").ok()?.rdev());
    fcntl_getfl(&stdout).is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::RDWR)
        && is_null().unwrap_or_default()
}

#[cfg(not(unix))]
fn is_closed(_: io::Stdout) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::File;

    use super::is_closed;

    #[test]
    fn standard_output_that_was_closed_is_known() {
        let opened = |path, reads| File::options().read(reads).write(true).open(path).unwrap();
        assert!(is_closed(opened("/dev/null", true)));
        assert!(!is_closed(opened("/dev/null", false)));
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(!is_closed(file.as_file()));
    }
}
