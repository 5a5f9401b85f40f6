//! A temporary file for the records of an incomplete pull.

use std::{
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    sync::Arc,
};

use longhaul_core::{
    disk::{Disk, Kind, Open, remove_if_there},
    sink::{Batch, Mark, Receipt, SinkError, Variables},
};

use super::{
    compression::{Compression, Format},
    error::failed,
    path::FilePath,
    position::position,
    record_file::{Publish, RecordFile},
    target::Target,
};

/// How many bytes [`Spool::batches`] reads at once.
const BATCH: usize = 1 << 16;

/// The records of one pull, one per line, in `<path>.spool` next to the final file.
///
/// Dropping it removes everything that was not committed.
#[derive(Debug)]
pub(crate) struct Spool(RecordFile);

impl Spool {
    /// Creates the spool of a new pull, and removes one that an earlier pull left behind.
    pub(crate) fn create(target: &Target, variables: &Variables) -> Result<Self, SinkError> {
        RecordFile::create(
            Arc::clone(&target.disk),
            target.spool(variables)?,
            Publish::InPlace,
            Compression::None,
        )
        .map(Self)
    }

    /// Opens the spool, rolled back to the receipt `from`. Returns `None` if there is no spool because it already became
    /// the final file, which then contains `length` bytes, or the final object, which then has `tag`.
    pub(crate) fn resume(
        target: &Target,
        variables: &Variables,
        from: &Receipt,
        tag: &str,
        length: u64,
    ) -> Result<Option<Self>, SinkError> {
        let (spool, disk) = (target.spool(variables)?, Arc::clone(&target.disk));
        let is_gone = disk.kind(&spool.absolute).map_err(|error| failed("read", &spool, error))?.is_none();
        if is_gone && is_final(target, variables, tag, length)? {
            return Ok(None);
        }
        let (from, _) = position(from, &spool)?;
        let spool = RecordFile::resume(disk, spool, from, Publish::InPlace, Compression::None)?;
        Ok(Some(Self(spool)))
    }

    /// Creates the spool of a new pull at `path`, where nothing else is.
    pub(crate) fn create_at(disk: Arc<dyn Disk>, path: FilePath) -> Result<Self, SinkError> {
        RecordFile::create(disk, path, Publish::InPlace, Compression::None).map(Self)
    }

    /// Opens the spool at `path`, rolled back to the receipt `from`. Returns `None` if there is none.
    pub(crate) fn resume_at(
        disk: Arc<dyn Disk>,
        path: FilePath,
        from: &Receipt,
    ) -> Result<Option<Self>, SinkError> {
        if disk.kind(&path.absolute).map_err(|error| failed("read", &path, error))?.is_none() {
            return Ok(None);
        }
        let (from, _) = position(from, &path)?;
        RecordFile::resume(disk, path, from, Publish::InPlace, Compression::None).map(Self).map(Some)
    }

    /// Its length in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.0.length
    }

    /// Appends whole lines.
    pub(crate) fn write(&mut self, lines: &[u8]) -> Result<(), SinkError> {
        self.0.write(lines)
    }

    /// Makes everything written so far survive a crash.
    pub(crate) fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.0.commit(mark)
    }

    /// Calls `each` with every line, without its line end.
    pub(crate) fn lines(
        &mut self,
        mut each: impl FnMut(&str) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        self.0.check_own()?;
        let RecordFile { file, path, length, .. } = &mut self.0;
        let unreadable = |error: io::Error| failed("read", path, error);
        file.rewind().map_err(unreadable)?;
        let mut lines = BufReader::with_capacity(1 << 16, (&mut *file).take(*length));
        let mut line = String::new();
        while lines.read_line(&mut line).map_err(unreadable)? > 0 {
            each(line.trim_end_matches('\n'))?;
            line.clear();
        }
        file.seek(SeekFrom::Start(*length)).map_err(unreadable)?;
        self.0.check_own()
    }

    /// Calls `each` with all lines from the byte `start` on, in batches.
    pub(crate) fn batches(
        &mut self,
        start: u64,
        mut each: impl FnMut(&Batch<'_>) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        self.0.check_own()?;
        let RecordFile { file, path, length, .. } = &mut self.0;
        let unreadable = |error: io::Error| failed("read", path, error);
        file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
        let mut lines = BufReader::with_capacity(BATCH, (&mut *file).take(length.saturating_sub(start)));
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        loop {
            let read = lines.read_until(b'\n', &mut bytes).map_err(unreadable)?;
            if read > 0 {
                ends.push(bytes.len());
            }
            if bytes.len() >= BATCH || (read == 0 && !ends.is_empty()) {
                each(&Batch::new(&bytes, &ends))?;
                bytes.clear();
                ends.clear();
            }
            if read == 0 {
                break;
            }
        }
        file.seek(SeekFrom::Start(*length)).map_err(unreadable)?;
        self.0.check_own()
    }

    /// Removes the spool after the final file was written.
    pub(crate) fn remove(self) -> Result<(), SinkError> {
        let RecordFile { disk, path, .. } = &self.0;
        remove_if_there(&**disk, &path.absolute).map_err(|error| failed("remove", path, error))?;
        disk.sync_folder(path.folder()).map_err(|error| failed("flush the folder of", path, error))
    }
}

/// Whether the file or object is the result of the pull.
fn is_final(target: &Target, variables: &Variables, tag: &str, length: u64) -> Result<bool, SinkError> {
    if let Some(place) = &target.place {
        return place.object(variables)?.is_published(tag, None);
    }
    let path = target.file(variables)?;
    let found = contains(&*target.disk, &path, target.compression, length);
    found.map_err(|error| failed("read", &path, error))
}

/// Whether the file exists and contains `length` bytes of uncompressed content.
fn contains(disk: &dyn Disk, path: &FilePath, compression: Compression, length: u64) -> io::Result<bool> {
    let Some(Kind::File(found)) = disk.kind(&path.absolute)? else { return Ok(false) };
    if compression == Compression::None {
        return Ok(found == length);
    }
    let mut file = disk.open(&path.absolute, Open::Existing)?;
    if Format::read(&mut *file)? != compression.format() {
        return Ok(false);
    }
    file.rewind()?;
    Ok(io::copy(&mut compression.decoded(file)?, &mut io::sink())? == length)
}
