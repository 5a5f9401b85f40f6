//! What the sink of a pull needs to know.

use std::sync::Arc;

use longhaul_core::{
    disk::{Disk, followed},
    sink::{SinkError, UnknownPlaceholder, Variables},
};

use super::{messages::Layout, target::Program};
use crate::file::FilePath;

/// The options, read.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) program: Program,
    pub(super) layout: Arc<Layout>,
    pub(super) disk: Arc<dyn Disk>,
    /// The folder of the spools, with placeholders.
    pub(super) spool: String,
    /// Whether a target that is started again gets all records of the pull, and not only those that were not confirmed.
    pub(super) sends_all_again: bool,
}

impl Settings {
    /// What happens when a target is started again that had confirmed records.
    pub(super) fn again(&self) -> String {
        let target = &self.program.command[0];
        if self.sends_all_again {
            format!(
                "the target `{target}` is started again and receives all records of the pull; if it adds records and does \
                 not update them by key, some are there twice (`resume = \"state\"` avoids this in later pulls)"
            )
        } else {
            format!(
                "the target `{target}` is started again and receives only what it has not confirmed; if it replaces its \
                 table, records are missing: remove `resume` and start the pull over"
            )
        }
    }

    /// The folder of the spools.
    pub(super) fn spool_folder(&self, variables: &Variables) -> Result<FilePath, SinkError> {
        let unknown = |error: UnknownPlaceholder| SinkError::config("spool", error.to_string());
        let shown = variables.expand(&self.spool).map_err(unknown)?;
        Ok(FilePath { absolute: followed(&variables.folder().join(&shown)), shown })
    }
}
