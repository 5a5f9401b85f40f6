//! A file about a run, beside its records.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use longhaul_core::disk::followed;
use tempfile::{Builder, NamedTempFile};

use crate::{
    exit::Exit,
    session::{Session, output_files},
    terminal::failure::Failure,
};

/// What a file about a run is.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct OutputFile {
    /// What it contains, for messages.
    what: &'static str,
    /// The flag that names it.
    flag: &'static str,
    /// Whether other users can read it.
    is_shared: bool,
}

/// The outcome as JSON.
pub(in crate::commands) const SUMMARY: OutputFile =
    OutputFile { what: "summary", flag: "--summary", is_shared: false };

/// The report as a web page.
pub(super) const REPORT: OutputFile = OutputFile { what: "report", flag: "--report", is_shared: false };

/// The metrics. Programs that collect them run as other users.
pub(super) const METRICS: OutputFile = OutputFile { what: "metrics", flag: "--metrics", is_shared: true };

impl OutputFile {
    /// Checks that the file can be written, before anything is sent.
    pub(in crate::commands) fn check(self, session: &Session, path: &Path) -> Result<(), Failure> {
        output_files::check(session, self.flag, path)?;
        let path = followed(&session.folder.join(path));
        let checked = match fs::metadata(&path) {
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            // It would be replaced by a file.
            Ok(found) if !found.is_file() => Err(io::Error::other("it is not a regular file")),
            _ => self.create(&path).map(drop),
        };
        checked.map_err(|error| self.failed(Exit::Usage, &path, &error))
    }

    /// Writes the file, completely or not at all.
    pub(in crate::commands) fn write(
        self,
        session: &Session,
        path: &Path,
        content: &[u8],
    ) -> Result<(), Failure> {
        let path = followed(&session.folder.join(path));
        let replace = || -> io::Result<()> {
            let mut new = self.create(&path)?;
            new.write_all(content)?;
            new.persist(&path)?;
            Ok(())
        };
        replace().map_err(|error| self.failed(Exit::Sink, &path, &error))
    }

    fn create(self, path: &Path) -> io::Result<NamedTempFile> {
        let mut builder = Builder::new();
        #[cfg(unix)]
        if self.is_shared {
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        }
        builder.tempfile_in(path.parent().unwrap_or(path))
    }

    fn failed(self, exit: Exit, path: &Path, error: &io::Error) -> Failure {
        let Self { what, flag, .. } = self;
        let error = error.to_string();
        // The error of a temporary file also has its name.
        let cause = error.split_once(" at path ").map_or(&*error, |(cause, _)| cause);
        let clause = format!("cannot write the {what} `{}`: {cause}", path.display());
        Failure::new(exit, clause).hint(format!("choose another file for {flag}"))
    }
}
