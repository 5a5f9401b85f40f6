//! The receipt of a complete partition.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use longhaul_core::{
    disk::{Disk, SystemDisk},
    sink::SinkError,
    state::Summary,
};
use serde::{Deserialize, Serialize};

use crate::{
    build::{Published, StagedObject},
    session::{
        partitions::{
            files::{checksum, sha256},
            output::{Output, Place},
        },
        state_place::StatePlace,
    },
};

/// The version of the format that this program writes, and the only one that it reads.
const VERSION: u32 = 1;

/// The receipt of a complete partition: what was pulled, and the files that have it. There is at most one.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Receipt {
    version: u32,
    /// The id of the partition.
    pub(crate) partition: String,
    /// The attempt that counts.
    pub(crate) attempt: String,
    /// When it was complete.
    pub(crate) at: Timestamp,
    /// What was pulled, with the proof of the end and the totals.
    pub(crate) summary: Summary,
    /// Its files.
    pub(crate) files: Vec<FileReceipt>,
    /// The SHA-256 of the rest, so that a changed number is noticed.
    checksum: String,
}

/// A file of a complete partition.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileReceipt {
    /// The name of the sink.
    pub(crate) sink: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// The SHA-256 of its content.
    pub(crate) sha256: String,
    /// The upload that becomes the object, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) upload: Option<String>,
}

/// The file of a receipt, or the object.
#[derive(Debug)]
pub(crate) struct ReceiptFile {
    place: StatePlace,
    name: String,
}

/// Why the receipt or the files of a partition cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiptError {
    /// The receipt cannot be read or written.
    #[error("cannot use the receipt `{}`", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file cannot get its final name.
    #[error("cannot publish `{}`", path.display())]
    Unpublished {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The receipt is not what a worker writes.
    #[error("the receipt `{}` is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A file of a complete partition is missing, or has another length.
    #[error("`{}` is {found}, but its receipt says that it has {bytes} bytes", path.display())]
    Lost {
        /// The file.
        path: PathBuf,
        /// What was found.
        found: String,
        /// Its length when it was complete.
        bytes: u64,
        /// The file of the receipt.
        receipt: PathBuf,
    },
    /// An object is not the one that was complete.
    #[error("`{object}` has changed since it was complete")]
    Changed {
        /// Its address.
        object: String,
        /// The file of the receipt.
        receipt: PathBuf,
    },
    /// The store did not do what it was asked to.
    #[error(transparent)]
    Store(SinkError),
    /// The path of a file is not known.
    #[error("the path of the files of a partition is not known")]
    Path(#[from] SinkError),
}

impl Receipt {
    /// The receipt of a partition that `attempt` has completed.
    pub(crate) fn new(
        partition: &str,
        attempt: &str,
        at: Timestamp,
        summary: Summary,
        files: Vec<FileReceipt>,
    ) -> Self {
        let (partition, attempt) = (partition.to_owned(), attempt.to_owned());
        let receipt =
            Self { version: VERSION, partition, attempt, at, summary, files, checksum: String::new() };
        Self { checksum: receipt.sum(), ..receipt }
    }

    /// The same with a checksum that is right.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn sealed(self) -> Self {
        let unsealed = Self { checksum: String::new(), ..self };
        Self { checksum: unsealed.sum(), ..unsealed }
    }

    /// The SHA-256 of a receipt that has no checksum yet.
    fn sum(&self) -> String {
        // Numbers and texts can always be serialized.
        sha256(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Publishes what the attempt that counts has written, unless that is done. `receipt` is for messages.
    pub(crate) fn publish(&self, outputs: &[Output<'_>], receipt: &Path) -> Result<(), ReceiptError> {
        for output in outputs {
            let file = self.files.iter().find(|file| file.sink == output.sink_name);
            match output.place()? {
                Place::File(path) => self.rename(output, path, file, receipt)?,
                Place::Object(object) => {
                    if let Some(file) = file {
                        self.complete(&object, file, receipt)?;
                    }
                    object.abort_all().map_err(ReceiptError::Store)?;
                }
            }
        }
        Ok(())
    }

    /// Gives a file its final name, unless it has it already.
    fn rename(
        &self,
        output: &Output<'_>,
        path: PathBuf,
        file: Option<&FileReceipt>,
        receipt: &Path,
    ) -> Result<(), ReceiptError> {
        let of_attempt = output.path_of(&self.attempt)?;
        let unpublished = |source| ReceiptError::Unpublished { path: path.clone(), source };
        match fs::rename(&of_attempt, &path) {
            Ok(()) => SystemDisk.sync_folder(path.parent().unwrap_or(&path)).map_err(unpublished)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unpublished(error)),
        }
        let Some(file) = file else { return Ok(()) };
        let found = match fs::metadata(&path) {
            Ok(found) if found.len() == file.bytes => return Ok(()),
            Ok(found) => Some(found.len()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(unpublished(error)),
        };
        Err(lost(path, found, file, receipt))
    }

    /// Makes the upload of the attempt the object, unless it is already.
    fn complete(
        &self,
        object: &StagedObject,
        file: &FileReceipt,
        receipt: &Path,
    ) -> Result<(), ReceiptError> {
        let upload = file.upload.as_deref().unwrap_or_default();
        let published = object.publish(upload, file.bytes, &self.attempt).map_err(ReceiptError::Store)?;
        match published {
            Published::Complete => Ok(()),
            // It may be a copy of the object.
            Published::Lost(Some(length)) if length == file.bytes => {
                let unreadable = |error| SinkError::io(format!("cannot read `{}`", object.shown()), error);
                let found = object.open().and_then(checksum);
                let (_, sha256) = found.map_err(unreadable).map_err(ReceiptError::Store)?;
                let (object, receipt) = (object.shown().to_owned(), receipt.to_owned());
                if sha256 == file.sha256 { Ok(()) } else { Err(ReceiptError::Changed { object, receipt }) }
            }
            Published::Lost(found) => Err(lost(object.shown().into(), found, file, receipt)),
        }
    }
}

/// The error for a file with another length than in its receipt.
fn lost(path: PathBuf, found: Option<u64>, file: &FileReceipt, receipt: &Path) -> ReceiptError {
    let found = found.map_or_else(|| "missing".to_owned(), |found| format!("{found} bytes long"));
    ReceiptError::Lost { path, found, bytes: file.bytes, receipt: receipt.to_owned() }
}

impl ReceiptFile {
    /// The file with this name.
    pub(crate) fn new(place: StatePlace, name: String) -> Self {
        Self { place, name }
    }

    /// Its path or address, for messages.
    pub(crate) fn path(&self) -> PathBuf {
        self.place.path(&self.name)
    }

    /// Reads the receipt of `partition`; `None` if there is none.
    pub(crate) fn read(&self, partition: &str) -> Result<Option<Receipt>, ReceiptError> {
        let path = self.path();
        let text = match self.place.read(&self.name) {
            Ok(None) => return Ok(None),
            Ok(Some(text)) => text,
            Err(source) => return Err(ReceiptError::Unusable { path, source }),
        };
        let receipt = serde_json::from_slice::<Receipt>(&text).ok().and_then(|mut receipt| {
            let checksum = std::mem::take(&mut receipt.checksum);
            let is_intact = receipt.version == VERSION && receipt.sum() == checksum;
            (is_intact && receipt.partition == partition).then_some(Receipt { checksum, ..receipt })
        });
        receipt.map(Some).ok_or(ReceiptError::Damaged { path })
    }

    /// Creates it, unless there is one. In a folder, it is written to `new` first, so that nobody sees a part of it.
    pub(crate) fn create(&self, receipt: &Receipt, new: &Path) -> Result<Created, ReceiptError> {
        let unusable = |source| ReceiptError::Unusable { path: self.path(), source };
        let mut text = serde_json::to_vec_pretty(receipt).map_err(|error| unusable(error.into()))?;
        text.push(b'\n');
        match self.place.create(&self.name, text, new) {
            // A server that answered twice may report its own link. Who reads the receipt knows better.
            Ok(()) => Ok(Created::New),
            Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => {
                // Without the folder, the attempt that counts has removed it, and there is a receipt.
                match self.read(&receipt.partition)? {
                    Some(other) if other.attempt == receipt.attempt => Ok(Created::New),
                    Some(other) => Ok(Created::Other(Box::new(other))),
                    None => Err(unusable(error)),
                }
            }
            Err(error) => Err(unusable(error)),
        }
    }
}

/// What came of [`ReceiptFile::create`].
#[derive(Debug)]
pub(crate) enum Created {
    /// The receipt is this one.
    New,
    /// Another attempt was complete before.
    Other(Box<Receipt>),
}
