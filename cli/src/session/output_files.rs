//! The files of a command besides the records: where they must not be.

use std::path::Path;

use super::{Session, path_conflicts::PathConflicts};
use crate::{args::RunArguments, exit::Exit, terminal::failure::Failure};

/// A file besides the records would replace something else. Nothing may be written to it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Misplaced(String);

/// Checks that the file that `flag` names is neither a configuration file nor among the saved state.
pub(crate) fn check(session: &Session, flag: &str, path: &Path) -> Result<(), Failure> {
    let configuration = session.loaded.files().map(|path| session.folder.join(path));
    add(
        &mut PathConflicts::new(configuration, &session.local_folder(), &session.loaded.config.state_dir),
        session,
        flag,
        path,
    )
}

/// Checks that the files about a run are none of those in `paths`, to which its sinks write, and that they differ.
pub(super) fn check_all(
    paths: &mut PathConflicts,
    session: &Session,
    arguments: &RunArguments,
) -> Result<(), Failure> {
    arguments.files().try_for_each(|(flag, path)| add(paths, session, flag, path))
}

fn add(paths: &mut PathConflicts, session: &Session, flag: &str, path: &Path) -> Result<(), Failure> {
    let added = paths.add(&session.folder.join(path), flag);
    added.map_err(|clause| {
        Failure::new(Exit::Usage, Misplaced(clause)).hint(format!("choose another file for {flag}"))
    })
}
