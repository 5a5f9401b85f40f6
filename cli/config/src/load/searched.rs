//! Where a configuration is searched for.

use std::path::PathBuf;

use crate::load::{file::ENDINGS, sources::Sources};

impl Sources {
    /// The files that are read if they exist, unless others are named on the command line.
    pub fn searched(&self) -> Vec<PathBuf> {
        let in_folder = ENDINGS.iter().map(|ending| self.cwd.join(format!("longhaul.{ending}")));
        in_folder.chain(self.user_file()).chain(self.machine_file.clone()).collect()
    }
}
