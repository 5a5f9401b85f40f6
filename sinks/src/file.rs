//! A file that the records of one pull go to.

mod compression;
mod encoder;
mod open;
mod place;
mod position;
mod spool;
mod target;

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    sync::Arc,
};

use longhaul_core::{
    disk::{Disk, DiskFile},
    sink::{Mark, Receipt, SinkError, SinkErrorKind},
};

use self::{compression::Compression, encoder::Encoder, place::sync_folders_of, position::Position};
pub(crate) use self::{
    place::Place,
    spool::Spool,
    target::{Mode, Target},
};

/// An open file of one pull: under its final name, or as `<path>.part` beside it where it is to replace that.
///
/// What was not committed is taken back when this is dropped.
#[derive(Debug)]
pub(crate) struct RecordFile {
    disk: Arc<dyn Disk>,
    file: Box<dyn DiskFile>,
    /// The file that is written.
    place: Place,
    ending: Ending,
    encoder: Encoder,
    /// Bytes in the file.
    length: u64,
    /// Where the last commit of the pull was.
    committed: Option<Position>,
    /// Where the commit at [`Mark::START`] was, of a file that this made.
    begun: Option<Position>,
    /// The length before the pull; none where there was no file.
    before: Option<u64>,
}

/// What [`RecordFile::finish`] has to do.
#[derive(Debug)]
enum Ending {
    /// Give the file this name.
    Rename(Place),
    /// Nothing: the file is under its final name and grows there.
    Stay,
    /// Nothing but make it last: the file had its final name already when it was opened.
    Renamed,
}

impl RecordFile {
    /// Whether nothing is in the file, also not from earlier pulls.
    pub(crate) fn is_empty(&mut self) -> Result<bool, SinkError> {
        Ok(self.head(1)?.is_empty())
    }

    /// The first bytes that the file holds, at most `limit`.
    pub(crate) fn head(&mut self, limit: u64) -> Result<Vec<u8>, SinkError> {
        if self.length == 0 {
            return Ok(Vec::new());
        }
        let mut head = Vec::new();
        let read = self
            .file
            .rewind()
            .and_then(|()| self.encoder.compression.decoded(&mut self.file))
            .and_then(|held| held.take(limit).read_to_end(&mut head))
            .and_then(|_| self.file.seek(SeekFrom::Start(self.length)));
        read.map_err(|error| failed("read", &self.place, error))?;
        Ok(head)
    }

    /// The name of the file that is written, for messages.
    pub(crate) fn shown(&self) -> &str {
        &self.place.shown
    }

    /// Puts `bytes` at the end. Of a compressed file they may come there no earlier than with the next commit.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        if matches!(self.ending, Ending::Renamed) {
            return Err(rejected(format!("cannot write to `{}`: it is complete already", self.shown())));
        }
        let encoded = self.encoder.encode(bytes).map_err(|error| failed("compress", &self.place, error))?;
        self.put(&encoded)
    }

    /// Makes what was written survive a crash; the receipt tells where the file stands.
    pub(crate) fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        let rest = self.encoder.end().map_err(|error| failed("compress", &self.place, error))?;
        self.put(&rest)?;
        if mark > Mark::START {
            self.hold_nothing()?;
        }
        let receipt = self.make_durable(mark)?;
        if mark > Mark::START {
            // Also a page without records has come.
            self.begun = None;
        }
        Ok(receipt)
    }

    /// Puts into an empty file what tells that nothing was compressed. The others are whole as they are.
    fn hold_nothing(&mut self) -> Result<(), SinkError> {
        if self.length > 0 {
            return Ok(());
        }
        let nothing = self.encoder.nothing().map_err(|error| failed("compress", &self.place, error))?;
        self.put(&nothing)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        // Counted first, so that what a failed write leaves behind is taken back, too.
        self.length += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| failed("write to", &self.place, error))
    }

    fn make_durable(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        let position = match self.committed {
            Some(position) if position.length == self.length => position,
            committed => {
                self.file.sync().map_err(|error| failed("flush", &self.place, error))?;
                if committed.is_none() {
                    // A new file survives only together with its name.
                    sync_folders_of(&*self.disk, &self.place)?;
                }
                let read = Position::read(&mut *self.file, self.length);
                let position = read.map_err(|error| failed("read", &self.place, error))?;
                if mark == Mark::START && self.before.is_none() {
                    self.begun = Some(position);
                }
                *self.committed.insert(position)
            }
        };
        Ok(Receipt(position.to_string()))
    }

    /// Publishes the file under its final name.
    pub(crate) fn finish(mut self) -> Result<(), SinkError> {
        // A pull without any page was committed at its start alone.
        self.hold_nothing()?;
        self.make_durable(Mark::START)?;
        self.begun = None;
        let place = match &self.ending {
            Ending::Stay => return Ok(()),
            Ending::Renamed => &self.place,
            Ending::Rename(to) => {
                let renamed = self.disk.rename(&self.place.path, &to.path);
                renamed.map_err(|error| {
                    SinkError::io(format!("cannot rename `{}` to `{}`", self.place.shown, to.shown), error)
                })?;
                to
            }
        };
        // Whoever renamed it may have been killed before it was to last.
        self.disk.sync_folder(place.folder()).map_err(|error| failed("flush the folder of", place, error))
    }
}

impl Drop for RecordFile {
    fn drop(&mut self) {
        // Nothing has come since the file was made: whoever goes on from there makes it again.
        let committed = self.committed.filter(|position| self.begun != Some(*position));
        // All as far as possible: opening from the receipt does it again.
        match committed.map(|position| position.length).or(self.before) {
            Some(length) if length == self.length => {}
            Some(length) => drop(self.file.set_length(length)),
            None => drop(self.disk.remove(&self.place.path)),
        }
    }
}

fn rejected(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}

fn failed(doing: &str, place: &Place, error: io::Error) -> SinkError {
    SinkError::io(format!("cannot {doing} `{}`", place.shown), error)
}
