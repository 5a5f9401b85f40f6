//! What a sink writes to: a file or an object.

use longhaul_core::sink::{Mark, Receipt, SinkError, Variables};

use crate::{
    file::{RecordFile, Target},
    object::ObjectFile,
};

/// An open file or object.
#[derive(Debug)]
pub(crate) enum Output {
    File(Box<RecordFile>),
    Object(Box<ObjectFile>),
}

impl Output {
    /// Opens the file or object of the pull at `variables`, new or rolled back to the receipt `from`.
    pub(crate) fn open(
        target: &Target,
        variables: &Variables,
        from: Option<(&Receipt, Mark)>,
    ) -> Result<Self, SinkError> {
        let Some(place) = &target.place else {
            return RecordFile::open(target, variables, from).map(Box::new).map(Self::File);
        };
        let opened = ObjectFile::open(place, place.object(variables)?, target.compression, from);
        opened.map(Box::new).map(Self::Object)
    }

    /// Opens a new file, or a new object with this tag.
    pub(crate) fn create(target: &Target, variables: &Variables, tag: &str) -> Result<Self, SinkError> {
        let Some(place) = &target.place else { return Self::open(target, variables, None) };
        let created = ObjectFile::create(place, place.object(variables)?, target.compression, tag.to_owned());
        created.map(Box::new).map(Self::Object)
    }

    /// Whether it has no content, not even from earlier pulls.
    pub(crate) fn is_empty(&mut self) -> Result<bool, SinkError> {
        match self {
            Self::File(file) => file.is_empty(),
            Self::Object(object) => Ok(object.is_empty()),
        }
    }

    /// Appends `bytes`.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Object(object) => object.write(bytes),
        }
    }

    /// Makes everything written so far survive a crash.
    pub(crate) fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        match self {
            Self::File(file) => file.commit(mark),
            Self::Object(object) => object.commit(mark),
        }
    }

    /// Publishes it.
    pub(crate) fn finish(self) -> Result<(), SinkError> {
        match self {
            Self::File(file) => file.finish(),
            Self::Object(object) => object.finish(),
        }
    }
}
