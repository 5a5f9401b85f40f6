//! Which file a sink writes.

use std::sync::Arc;

use longhaul_core::{
    disk::{Disk, Kind, followed},
    sink::{Keys, SinkError, UnknownPlaceholder, Variables},
};

use super::{Compression, Place};

/// Where a sink's records go: a path with placeholders, what becomes of a file that is there already, and
/// whether files are compressed.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    template: String,
    pub(crate) mode: Mode,
    pub(super) compression: Compression,
    pub(super) disk: Arc<dyn Disk>,
}

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// The complete pull takes its place, atomically.
    Replace,
    /// The pull follows after it.
    Append,
}

impl Target {
    /// The keys that [`new`](Self::new) reads.
    pub(crate) const KEYS: [&str; 4] = {
        let [compression, level] = Compression::KEYS;
        ["path", "mode", compression, level]
    };

    /// The target on `disk` that these keys describe.
    pub(crate) fn new(keys: &Keys<'_>, disk: Arc<dyn Disk>) -> Result<Self, SinkError> {
        let template = keys.required_text("path")?;
        if template.is_empty() {
            return Err(SinkError::config("path", "`path` is empty"));
        }
        let mode = keys.choice("mode", &[("replace", Mode::Replace), ("append", Mode::Append)])?;
        let compression = Compression::new(keys, template)?;
        Ok(Self { template: template.to_owned(), mode, compression, disk })
    }

    /// The file of a pull with these variables. Nothing is made yet, but what cannot become a file is refused.
    pub(crate) fn place(&self, variables: &Variables) -> Result<Place, SinkError> {
        let unknown = |error: UnknownPlaceholder| SinkError::config("path", error.to_string());
        let shown = variables.expand(&self.template).map_err(unknown)?;
        let path = followed(&variables.path(&self.template).map_err(unknown)?);
        let refused = |why: &str| Err(SinkError::config("path", format!("cannot write to `{shown}`: {why}")));
        match self.disk.kind(&path) {
            Ok(Some(Kind::Folder)) => refused("it is a folder"),
            Ok(Some(Kind::Other)) => {
                refused("it is not a regular file (the sink `stdout` writes to pipes and devices)")
            }
            _ if path.is_symlink() => refused("it is a symbolic link to nothing"),
            _ if shown.ends_with('/') => refused("it names a folder"),
            _ => Ok(Place { path, shown }),
        }
    }
}
