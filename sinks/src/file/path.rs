//! The path of a file.

use std::path::{Path, PathBuf};

/// The path of the file of one pull.
#[derive(Debug)]
pub(crate) struct FilePath {
    /// The absolute path, with symbolic links resolved.
    pub(crate) absolute: PathBuf,
    /// The path as written in the configuration, for messages.
    pub(crate) shown: String,
}

impl FilePath {
    /// The path of the temporary file that replaces this one: `<path>.part`.
    pub(super) fn part(&self) -> Self {
        self.with_ending(".part")
    }

    /// The path with `ending` appended.
    pub(super) fn with_ending(&self, ending: &str) -> Self {
        let mut absolute = self.absolute.clone().into_os_string();
        absolute.push(ending);
        Self { absolute: absolute.into(), shown: format!("{}{ending}", self.shown) }
    }

    /// The file `name` in this folder.
    pub(crate) fn below(&self, name: &str) -> Self {
        Self { absolute: self.absolute.join(name), shown: format!("{}/{name}", self.shown) }
    }

    pub(super) fn folder(&self) -> &Path {
        folder_of(&self.absolute)
    }
}

/// The folder that contains `path`.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}
