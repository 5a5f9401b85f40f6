//! A file that a run writes at its end.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{exit::Exit, session::Session, terminal::failure::Failure};

/// A file that a run writes at its end, completely or not at all.
#[derive(Clone, Debug)]
pub(in crate::commands) struct WrittenFile {
    path: PathBuf,
    /// What it is, and the flag that names it.
    noun: &'static str,
    flag: &'static str,
}

impl WrittenFile {
    /// Checks that the file can be written, before anything is sent.
    pub(in crate::commands) fn check(
        session: &Session,
        path: &Path,
        noun: &'static str,
        flag: &'static str,
    ) -> Result<Self, Failure> {
        let file = Self { path: session.folder.join(path), noun, flag };
        let checked = if file.path.is_dir() {
            Err(io::ErrorKind::IsADirectory.into())
        } else {
            tempfile::NamedTempFile::new_in(file.folder()).map(drop)
        };
        checked.map_err(|error| file.failure(Exit::Usage, &error))?;
        Ok(file)
    }

    /// Writes the file.
    pub(in crate::commands) fn write(&self, content: &[u8]) -> Result<(), Failure> {
        let written = tempfile::NamedTempFile::new_in(self.folder()).and_then(|mut new| {
            new.write_all(content)?;
            new.persist(&self.path)?;
            Ok(())
        });
        written.map_err(|error| self.failure(Exit::Sink, &error))
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    fn failure(&self, exit: Exit, error: &io::Error) -> Failure {
        let clause = format!("cannot write the {} `{}`: {error}", self.noun, self.path.display());
        Failure::new(exit, clause).hint(format!("choose another file for {}", self.flag))
    }
}
