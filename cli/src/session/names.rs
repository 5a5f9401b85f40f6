//! The names of ids that a stream looks up, which are kept next to its state until it is complete.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use longhaul_core::{
    disk::SystemDisk,
    pull::lookup::{Names, NamesError, NamesSink, SharedNames, Unknown},
    state::fingerprint,
};
use tempfile::TempDir;

use crate::{
    build::{self, NameSource},
    exit::Exit,
    terminal::{failure::Failure, numbers::counted},
};

/// The names of one stream that another one looks up. They are pulled once per run, so that a resumed run has the same ones.
#[derive(Debug)]
pub(crate) struct StreamNames {
    source: NameSource,
    /// Where its sinks find them.
    shared: Vec<SharedNames>,
    path: PathBuf,
    /// The folder of the file, if the pull saves no state.
    _temporary: Option<TempDir>,
}

impl StreamNames {
    /// The names of `source` for the pull with this id, in `folder`; without one, in a folder that is removed at the end.
    pub(crate) fn new(
        source: &NameSource,
        shared: Vec<SharedNames>,
        id: &str,
        folder: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let created = || tempfile::tempdir().map_err(|error| Failure::new(Exit::State, error));
        let temporary = if folder.is_some() { None } else { Some(created()?) };
        let folder = folder.or_else(|| temporary.as_ref().map(|folder| folder.path().to_owned()));
        let path = folder.unwrap_or_default().join(format!("{id}.{}", ending(source)));
        Ok(Self { source: source.clone(), shared, path, _temporary: temporary })
    }

    /// The stream that has the names.
    pub(crate) fn stream(&self) -> &str {
        &self.source.stream
    }

    /// The file that has the names once they are known.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A sink that keeps the names of its records.
    pub(crate) fn sink(&self) -> Result<NamesSink, Failure> {
        build::names_sink(&self.source, &self.path).map_err(Failure::usage)
    }

    /// Whether the names are known.
    pub(crate) fn are_known(&self) -> bool {
        self.path.exists()
    }

    /// Forgets the names, so that the next run has new ones.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let clause = format!("cannot remove `{}`: {error}", self.path.display());
                Err(Failure::new(Exit::State, clause).hint("check `state_dir` and its permissions"))
            }
            _ => Ok(()),
        }
    }

    /// Gives the names to the sinks.
    pub(crate) fn load(&self, unknown: Unknown) -> Result<Arc<Names>, Failure> {
        let names = Names::read(&SystemDisk, &self.path, self.stream(), unknown).map_err(|error| {
            let (exit, hint) = match &error {
                NamesError::Unreadable(_) => (Exit::State, "check `state_dir` and its permissions"),
                _ => (Exit::Api, "look up another field with `by`, or leave out the `lookup`"),
            };
            Failure::new(exit, error).hint(hint)
        })?;
        let names = Arc::new(names);
        self.shared.iter().for_each(|shared| shared.set(Arc::clone(&names)));
        Ok(names)
    }
}

/// What tells the names of a source from others.
pub(crate) fn ending(NameSource { stream, by, to }: &NameSource) -> String {
    format!("names-{stream}-{}", fingerprint(&format!("{by}\n{to}")))
}

/// What is wrong with the names, as a clause.
pub(crate) fn finding(names: &Names) -> Option<String> {
    let unnamed = names.unnamed();
    (unnamed > 0).then(|| {
        let have = if unnamed == 1 { "has" } else { "have" };
        format!(
            "{} {have} no name in `{}`, so their columns are empty",
            counted(unnamed, "id"),
            names.stream()
        )
    })
}
