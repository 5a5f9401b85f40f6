//! The receipt of a complete partition.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use longhaul_core::{
    disk::{Disk, Open, SystemDisk},
    sink::SinkError,
    state::Summary,
};
use serde::{Deserialize, Serialize};

use crate::session::partitions::{
    files::{remove_if_there, sha256},
    output::Output,
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

    /// Reads the receipt of `partition` at `path`; `None` if there is none.
    pub(crate) fn read(path: &Path, partition: &str) -> Result<Option<Self>, ReceiptError> {
        let text = match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| ReceiptError::Unusable { path: path.to_owned(), source })?,
        };
        let receipt = serde_json::from_slice::<Self>(&text).ok().and_then(|mut receipt| {
            let checksum = std::mem::take(&mut receipt.checksum);
            let is_intact = receipt.version == VERSION && receipt.sum() == checksum;
            (is_intact && receipt.partition == partition).then_some(Self { checksum, ..receipt })
        });
        receipt.map(Some).ok_or_else(|| ReceiptError::Damaged { path: path.to_owned() })
    }

    /// Creates the receipt at `path`, unless there is one. It is written to `new` first, so that nobody sees a part of it.
    pub(crate) fn create(&self, new: &Path, path: &Path) -> Result<Created, ReceiptError> {
        let unusable = |source| ReceiptError::Unusable { path: path.to_owned(), source };
        match self.link(new, path) {
            // A server that answered twice may report its own link. Who reads the receipt knows better.
            Ok(()) => Ok(Created::New),
            Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => {
                // Without the folder, the attempt that counts has removed it, and there is a receipt.
                match Self::read(path, &self.partition)? {
                    Some(other) if other.attempt == self.attempt => Ok(Created::New),
                    Some(other) => Ok(Created::Other(Box::new(other))),
                    None => Err(unusable(error)),
                }
            }
            Err(error) => Err(unusable(error)),
        }
    }

    fn link(&self, new: &Path, path: &Path) -> io::Result<()> {
        remove_if_there(new)?;
        let mut file = SystemDisk.open(new, Open::NewPrivate)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        io::Write::write_all(&mut file, b"\n")?;
        file.sync()?;
        fs::hard_link(new, path)?;
        SystemDisk.sync_folder(path.parent().unwrap_or(path))
    }

    /// Gives the files of the attempt that counts their final names, unless they have them already.
    pub(crate) fn publish(&self, outputs: &[Output<'_>], receipt: &Path) -> Result<(), ReceiptError> {
        for output in outputs {
            let (path, of_attempt) = (output.path()?, output.path_of(&self.attempt)?);
            let unpublished = |source| ReceiptError::Unpublished { path: path.clone(), source };
            match fs::rename(&of_attempt, &path) {
                Ok(()) => {
                    SystemDisk.sync_folder(path.parent().unwrap_or(&path)).map_err(unpublished)?;
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(unpublished(error)),
            }
            let Some(file) = self.files.iter().find(|file| file.sink == output.sink_name) else { continue };
            let found = match fs::metadata(&path) {
                Ok(found) if found.len() == file.bytes => continue,
                Ok(found) => format!("{} bytes long", found.len()),
                Err(error) if error.kind() == ErrorKind::NotFound => "missing".to_owned(),
                Err(error) => return Err(unpublished(error)),
            };
            return Err(ReceiptError::Lost { path, found, bytes: file.bytes, receipt: receipt.to_owned() });
        }
        Ok(())
    }
}

/// What came of [`Receipt::create`].
#[derive(Debug)]
pub(crate) enum Created {
    /// The receipt is this one.
    New,
    /// Another attempt was complete before.
    Other(Box<Receipt>),
}
