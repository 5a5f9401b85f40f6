//! An open file that records are written to.

use std::{
    io::{Read, Seek, SeekFrom, Write},
    sync::Arc,
};

use longhaul_core::{
    disk::{Change, Disk, DiskFile},
    sink::{Mark, Receipt, SinkError},
};

use super::{
    appending::Appending,
    encoder::Encoder,
    error::{failed, rejected},
    folders::sync_folders_of,
    path::FilePath,
    position::Position,
};

/// The open file of one pull. In append mode it has its final name; in replace mode it is `<path>.part` until
/// [`finish`](Self::finish) renames it.
///
/// Dropping it removes everything that was not committed.
#[derive(Debug)]
pub(crate) struct RecordFile {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) file: Box<dyn DiskFile>,
    /// The path of the open file.
    pub(super) path: FilePath,
    pub(super) publish: Publish,
    pub(super) encoder: Encoder,
    /// The length of the file in bytes.
    pub(super) length: u64,
    /// The position of the last commit of the pull.
    pub(super) committed: Option<Position>,
    /// The position of the commit at [`Mark::START`], if this pull created the file and no page has arrived since.
    pub(super) start: Option<Position>,
    /// The length before the pull; `None` if there was no file.
    pub(super) length_before: Option<u64>,
    /// Whether another program has changed the file. Then it is left as it is.
    pub(super) is_foreign: bool,
}

/// How [`RecordFile::finish`] publishes the file.
#[derive(Debug)]
pub(super) enum Publish {
    /// Rename the file to this path.
    Rename(FilePath),
    /// Nothing to do: the file already has its final name.
    InPlace,
    /// End the pull: the file has its final name, and this pull is noted beside it.
    Append(Appending),
    /// The file was renamed by an earlier run, but the new name may not be durable yet.
    Renamed,
}

impl RecordFile {
    /// Whether the file has no content, not even from earlier pulls.
    pub(crate) fn is_empty(&mut self) -> Result<bool, SinkError> {
        Ok(self.head(1)?.is_empty())
    }

    /// The first bytes of the file's uncompressed content, at most `limit`.
    pub(crate) fn head(&mut self, limit: u64) -> Result<Vec<u8>, SinkError> {
        if self.length == 0 {
            return Ok(Vec::new());
        }
        let mut head = Vec::new();
        let read = self
            .file
            .rewind()
            .and_then(|()| self.encoder.compression.decoded(&mut self.file))
            .and_then(|content| content.take(limit).read_to_end(&mut head))
            .and_then(|_| self.file.seek(SeekFrom::Start(self.length)));
        read.map_err(|error| failed("read", &self.path, error))?;
        Ok(head)
    }

    /// The number of lines of the file's content, where a line end between quotes does not count.
    pub(crate) fn rows(&mut self) -> Result<u64, SinkError> {
        let (mut rows, mut is_quoted) = (0, false);
        let read = self.file.rewind().and_then(|()| {
            let mut content = self.encoder.compression.decoded(&mut self.file)?;
            let mut buffer = vec![0; 1 << 16];
            loop {
                let read = content.read(&mut buffer)?;
                for byte in &buffer[..read] {
                    is_quoted ^= *byte == b'"';
                    rows += u64::from(*byte == b'\n' && !is_quoted);
                }
                if read == 0 {
                    return Ok(());
                }
            }
        });
        let read = read.and_then(|()| self.file.seek(SeekFrom::Start(self.length)));
        read.map_err(|error| failed("read", &self.path, error))?;
        Ok(rows)
    }

    /// The path of the open file, for messages.
    pub(crate) fn shown(&self) -> &str {
        &self.path.shown
    }

    /// Appends `bytes`. A compressed file may not contain them until the next commit.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        if matches!(self.publish, Publish::Renamed) {
            return Err(rejected(format!("cannot write to `{}`: it is already complete", self.shown())));
        }
        let encoded = self.encoder.encode(bytes).map_err(|error| failed("compress", &self.path, error))?;
        self.put(&encoded)
    }

    /// Makes everything written so far survive a crash. The receipt contains the position of the file.
    pub(crate) fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        let rest = self.encoder.end().map_err(|error| failed("compress", &self.path, error))?;
        self.put(&rest)?;
        if mark > Mark::START {
            self.write_empty()?;
        }
        let receipt = self.make_durable(mark)?;
        if mark > Mark::START {
            // A page has arrived, even if it had no records.
            self.start = None;
        }
        Ok(receipt)
    }

    /// Writes a compressed file without content if the file has no bytes yet, because an empty file is not a valid
    /// compressed file.
    fn write_empty(&mut self) -> Result<(), SinkError> {
        if self.length > 0 {
            return Ok(());
        }
        let empty = self.encoder.empty_file().map_err(|error| failed("compress", &self.path, error))?;
        self.put(&empty)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        if bytes.is_empty() {
            return Ok(());
        }
        // A write behind the end of a truncated file would fill the gap with zeros, and the length would be right again.
        let own = self.file.identity().map_err(|error| failed("read", &self.path, error))?;
        self.refuse(Change::of_length(self.length, own.length))?;
        // Added before the write, so that dropping the file also removes what a failed write left behind.
        self.length += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| failed("write to", &self.path, error))
    }

    /// Checks that no other program has replaced, truncated or written to the file.
    pub(super) fn check_own(&mut self) -> Result<(), SinkError> {
        let change = Change::of(&*self.disk, &self.path.absolute, &*self.file, self.length);
        self.refuse(change.map_err(|error| failed("read", &self.path, error))?)
    }

    /// Returns an error if there is a change. Then the file is left as it is from now on.
    fn refuse(&mut self, change: Option<Change>) -> Result<(), SinkError> {
        self.is_foreign |= change.is_some();
        change.map_or(Ok(()), |change| Err(rejected(change.message(self.shown()))))
    }

    fn make_durable(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.check_own()?;
        let position = match self.committed {
            Some(position) if position.length == self.length => position,
            committed => {
                self.file.sync().map_err(|error| failed("flush", &self.path, error))?;
                if committed.is_none() {
                    // A new file is durable only if its name in the folder is.
                    sync_folders_of(&*self.disk, &self.path)?;
                }
                let read = Position::read(&mut *self.file, self.length);
                let position = read.map_err(|error| failed("read", &self.path, error))?;
                if mark == Mark::START && self.length_before.is_none() {
                    self.start = Some(position);
                }
                *self.committed.insert(position)
            }
        };
        Ok(Receipt(match self.publish {
            Publish::Append(Appending { pull, .. }) => format!("{position} {pull:016x}"),
            _ => position.to_string(),
        }))
    }

    pub(super) fn rename(disk: &dyn Disk, from: &FilePath, to: &FilePath) -> Result<(), SinkError> {
        disk.rename(&from.absolute, &to.absolute).map_err(|error| {
            SinkError::io(format!("cannot rename `{}` to `{}`", from.shown, to.shown), error)
        })
    }

    /// Publishes the file under its final name.
    pub(crate) fn finish(mut self) -> Result<(), SinkError> {
        // A pull without pages was only committed at its start.
        self.write_empty()?;
        self.make_durable(Mark::START)?;
        self.start = None;
        let path = match &self.publish {
            Publish::InPlace => return Ok(()),
            Publish::Append(_) => {
                Appending::remove(&*self.disk, &self.path)?;
                &self.path
            }
            Publish::Renamed => &self.path,
            Publish::Rename(to) => {
                Self::rename(&*self.disk, &self.path, to)?;
                to
            }
        };
        // A run that was killed may have renamed or removed a file, but not durably.
        self.disk.sync_folder(path.folder()).map_err(|error| failed("flush the folder of", path, error))
    }
}

impl Drop for RecordFile {
    fn drop(&mut self) {
        if self.is_foreign {
            return;
        }
        // If no page has arrived since the file was created, remove it: resuming from there creates it again.
        let committed = self.committed.filter(|position| self.start != Some(*position));
        // Errors are ignored, because opening the file from the receipt does the same again.
        let length = committed.map(|position| position.length).or(self.length_before);
        let is_rolled_back = match length {
            Some(length) if length == self.length => true,
            Some(length) => self.file.set_length(length).and_then(|()| self.file.sync()).is_ok(),
            None => {
                let removed = self.disk.remove(&self.path.absolute);
                removed.and_then(|()| self.disk.sync_folder(self.path.folder())).is_ok()
            }
        };
        if let Publish::Append(Appending { start, .. }) = self.publish
            && is_rolled_back
            && length.unwrap_or_default() == start
            && Appending::remove(&*self.disk, &self.path).is_ok()
        {
            // Otherwise a power cut could bring the note back after the pull is forgotten.
            drop(self.disk.sync_folder(self.path.folder()));
        }
    }
}
