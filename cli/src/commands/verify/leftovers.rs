//! Removes what attempts have left in the folders of the files.

use std::{collections::HashSet, path::Path};

use super::verifying::Verifying;
use crate::{
    exit::Exit,
    session::{
        parents::fingerprint_of,
        partitions::{
            files::{names_in, remove_if_there},
            output::prefix,
        },
    },
    terminal::failure::Failure,
};

/// Removes the files of all attempts of the plan, whose partitions must be complete. Workers remove them, too, but one that
/// is killed may create a file after another one has completed its partition.
pub(super) fn remove(verifying: &Verifying<'_>) -> Result<(), Failure> {
    let start = prefix(verifying.folder.prefix());
    let start = start.trim_end_matches('.');
    let mut seen = HashSet::new();
    verifying.each(|_, partition| {
        for output in &partition.outputs {
            let Ok(folder) = output.folder() else { continue };
            if seen.insert(fingerprint_of(&folder)) {
                remove_in(&folder, start).map_err(|error| Failure::new(Exit::Sink, error))?;
            }
        }
        Ok(())
    })
}

fn remove_in(folder: &Path, start: &str) -> std::io::Result<()> {
    let mut names = names_in(folder)?;
    // Some sinks put a dot before the names of their temporary files.
    names.retain(|name| {
        name.starts_with(start) || name.strip_prefix('.').is_some_and(|name| name.starts_with(start))
    });
    names.iter().try_for_each(|name| remove_if_there(&folder.join(name)))
}
