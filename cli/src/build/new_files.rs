//! The sinks of a replay: they only write new files.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use longhaul_core::{
    pull::PullError,
    sink::{Destination, Mark, OpenSink, Opened, Receipt, SinkError, SinkErrorKind, Variables},
};

/// What the sinks of a replay have written to. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewFiles(Arc<Mutex<BTreeSet<PathBuf>>>);

/// Files beside the final one that a sink uses until it is complete.
const WORKING: [&str; 2] = [".part", ".spool"];

impl NewFiles {
    /// Takes `path`, unless something exists there that the replay has not written.
    fn take(&self, path: &Path) -> Result<(), Refused> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !taken.contains(path) {
            let working = WORKING.map(|ending| with_ending(path, ending));
            let existing = [path.to_owned()].into_iter().chain(working).find(|path| path.exists());
            if let Some(path) = existing {
                return Err(Refused::Exists(path));
            }
            taken.insert(path.to_owned());
        }
        Ok(())
    }

    /// Removes what is left of files that were not completed. Nobody can resume a replay.
    pub(crate) fn clean_up(&self) {
        for path in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            for ending in WORKING {
                let path = with_ending(path, ending);
                if path.exists()
                    && let Err(error) = fs::remove_file(&path)
                {
                    log::warn!("cannot remove `{}`: {error}", path.display());
                }
            }
        }
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// Why a replay does not write to a sink.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// The file exists.
    #[error("the replay would overwrite `{}`", .0.display())]
    Exists(PathBuf),
    /// It is not a file, and the user has not named it.
    #[error("the replay would write to {0}, which may have the records of real runs")]
    NotNamed(String),
}

impl Refused {
    /// Why a replay did not write to a sink, if that is what `error` is about.
    pub(crate) fn of(error: &PullError) -> Option<&Self> {
        let PullError::Sink { source, .. } = error else { return None };
        std::error::Error::source(source)?.downcast_ref()
    }

    /// What to do.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Exists(_) => "move the file away, or set another `path` with --set",
            Self::NotNamed(_) => "to write there nevertheless, name the sink with --sink",
        }
    }
}

/// A sink that only writes new files, or to where the user explicitly sends the records.
#[derive(Debug)]
pub(super) struct NewFilesOnly {
    pub(super) inner: Box<dyn OpenSink>,
    pub(super) files: NewFiles,
    /// Whether the user named the sink.
    pub(super) is_named: bool,
}

impl OpenSink for NewFilesOnly {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.inner.destination(variables)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let checked = match self.inner.destination(variables)? {
            Destination::File(path) => self.files.take(&path),
            Destination::Elsewhere(place) | Destination::Object(place) if !self.is_named => {
                Err(Refused::NotNamed(place))
            }
            Destination::Elsewhere(_) | Destination::Object(_) | Destination::Stdout => Ok(()),
        };
        let refused =
            |refused| SinkError::new(SinkErrorKind::Config, "a replay replaces nothing").because(refused);
        checked.map_err(refused)?;
        self.inner.open(variables, from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_others_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let files = NewFiles::default();
        files.take(&path("new")).unwrap();
        fs::write(path("new"), "mine").unwrap();
        fs::write(path("new.part"), "mine, too").unwrap();
        files.take(&path("new")).unwrap();
        for (there, wanted) in [("old", "old"), ("resumable.part", "resumable"), ("rows.spool", "rows")] {
            fs::write(path(there), "theirs").unwrap();
            let refused = files.take(&path(wanted)).unwrap_err();
            let said = format!("the replay would overwrite `{}`", path(there).display());
            assert_eq!(refused.to_string(), said);
        }
        files.clean_up();
        assert!(path("new").exists() && !path("new.part").exists() && path("resumable.part").exists());
    }
}
