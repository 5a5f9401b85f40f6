//! The file or object that a sink is configured to write.

use std::sync::Arc;

use longhaul_core::{
    disk::{Disk, Kind, followed},
    sink::{Destination, Keys, SinkError, UnknownPlaceholder, Variables},
};

use super::{compression::Compression, path::FilePath};
use crate::object::{Objects, Place};

/// A path with placeholders, what to do with an existing file, and the compression.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(super) template: String,
    pub(crate) mode: Mode,
    pub(crate) compression: Compression,
    pub(super) disk: Arc<dyn Disk>,
    /// The place of an object, if it is not a file.
    pub(crate) place: Option<Place>,
}

/// What to do with an existing file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    /// The complete pull replaces it atomically.
    Replace,
    /// The pull is appended to it.
    Append,
}

impl Target {
    /// The keys that [`new`](Self::new) reads.
    pub(crate) const KEYS: [&str; 4] = {
        let [compression, level] = Compression::KEYS;
        ["path", "mode", compression, level]
    };

    /// Reads the target from these keys.
    pub(crate) fn new(
        keys: &Keys<'_>,
        disk: Arc<dyn Disk>,
        objects: Option<&Objects>,
    ) -> Result<Self, SinkError> {
        let template = keys.required_text("path")?;
        if template.is_empty() {
            return Err(SinkError::config("path", "`path` is empty"));
        }
        let mode = keys.choice("mode", &[("replace", Mode::Replace), ("append", Mode::Append)])?;
        let compression = Compression::new(keys, template)?;
        let place = Place::of(template, objects)?;
        if place.is_some() && mode == Mode::Append {
            let message = "`mode = \"append\"` needs a file: an object in a store can only be replaced as a whole \
                           (put `{date}` or `{window.start}` in the path to keep earlier ones)";
            return Err(SinkError::config("mode", message));
        }
        Ok(Self { template: template.to_owned(), mode, compression, disk, place })
    }

    /// The path or the address, for messages.
    pub(crate) fn shown(&self, variables: &Variables) -> Result<String, SinkError> {
        match &self.place {
            Some(place) => Ok(place.object(variables)?.shown),
            None => Ok(self.file(variables)?.shown),
        }
    }

    /// Where the records of the pull at `variables` will be.
    pub(crate) fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        match &self.place {
            Some(place) => Ok(Destination::Object(place.object(variables)?.shown)),
            None => Ok(Destination::File(self.file(variables)?.absolute)),
        }
    }

    /// The path of the file for records that are not in their final form: beside the file, or with the local parts of the
    /// object.
    pub(super) fn spool(&self, variables: &Variables) -> Result<FilePath, SinkError> {
        let Some(place) = &self.place else { return Ok(self.file(variables)?.with_ending(".spool")) };
        let object = place.object(variables)?;
        Ok(FilePath { absolute: object.beside(".spool"), shown: format!("{}.spool", object.shown) })
    }

    /// Whether each partition has a file of its own, which is finished before the pull is.
    pub(crate) fn is_of_partition(&self) -> bool {
        ["{window.", "{each.", "{partition}"].iter().any(|placeholder| self.template.contains(placeholder))
    }

    /// The path of the file of the pull at `variables`. Creates nothing, but returns an error if the path cannot be a
    /// file.
    pub(crate) fn file(&self, variables: &Variables) -> Result<FilePath, SinkError> {
        let unknown = |error: UnknownPlaceholder| SinkError::config("path", error.to_string());
        let shown = variables.expand(&self.template).map_err(unknown)?;
        let path = followed(&variables.path(&self.template).map_err(unknown)?);
        let rejected =
            |why: &str| Err(SinkError::config("path", format!("cannot write to `{shown}`: {why}")));
        match self.disk.kind(&path) {
            Ok(Some(Kind::Folder)) => rejected("it is a folder"),
            Ok(Some(Kind::Other)) => {
                rejected("it is not a regular file (the sink `stdout` writes to pipes and devices)")
            }
            _ if path.is_symlink() => rejected("it is a broken symbolic link"),
            _ if shown.ends_with('/') => rejected("it names a folder"),
            _ => Ok(FilePath { absolute: path, shown }),
        }
    }
}
