//! Opening the file of a new or resumed pull.

use std::{
    io::{self, Read, SeekFrom},
    sync::Arc,
};

use longhaul_core::{
    disk::{Disk, DiskFile, Kind, Open, remove_if_there},
    sink::{Mark, Receipt, SinkError, SinkErrorKind, Variables},
};

use super::{
    appending::Appending,
    compression::{Compression, Format},
    encoder::Encoder,
    error::{failed, rejected},
    folders::make_folders,
    path::FilePath,
    position::{Position, position},
    record_file::{Publish, RecordFile},
    target::{Mode, Target},
};

impl RecordFile {
    /// Opens the file of the pull at `variables`, new or rolled back to the receipt `from`.
    pub(crate) fn open(
        target: &Target,
        variables: &Variables,
        from: Option<(&Receipt, Mark)>,
    ) -> Result<Self, SinkError> {
        let path = target.file(variables)?;
        let (disk, compression) = (Arc::clone(&target.disk), target.compression);
        let is_start = from.is_some_and(|(_, mark)| mark == Mark::START);
        let from = from.map(|(receipt, _)| position(receipt, &path)).transpose()?;
        // It is created again for the same pull, which the last checkpoint names.
        let (from, pull) = match from {
            Some((from, pull)) if is_start && Self::is_created_again(&*disk, target.mode, &path, from)? => {
                (None, pull)
            }
            from => (from, None),
        };
        match (target.mode, from) {
            (Mode::Replace, None) => Self::create_part(disk, path, compression),
            (Mode::Replace, Some((from, _))) => Self::resume_part(disk, path, from, compression),
            (Mode::Append, None) if target.is_of_partition() => {
                Self::append(disk, path, compression, |_, _| Ok(Publish::InPlace))
            }
            (Mode::Append, None) => Self::append(disk, path, compression, |path, length| {
                Ok(Publish::Append(Appending::begin(&*target.disk, path, length, pull)?))
            }),
            // A later rollback of the pull cuts off the file of a complete partition, too.
            (Mode::Append, Some((from, _))) if target.is_of_partition() => {
                Self::resume(disk, path, from, Publish::InPlace, compression)
            }
            (Mode::Append, Some((from, pull))) => {
                let resumed = Appending::resumed(pull, is_start.then_some(from.length));
                Self::resume_append(disk, path, from, resumed, compression)
            }
        }
        .map(|mut file| {
            if is_start {
                file.note_start();
            }
            file
        })
    }

    /// Notes that no page has arrived since the file was created, unless the file existed before the pull. Then it counts as a
    /// new one: a run that was killed may have created it, but not durably.
    fn note_start(&mut self) {
        let existed = matches!(self.publish, Publish::InPlace | Publish::Append(_))
            && self.committed.is_some_and(|start| start.length > 0);
        if !existed {
            (self.committed, self.length_before) = (None, None);
        }
    }

    /// Whether the file of a pull without a page is created again. A run that stopped has removed it, and one that was killed
    /// may have created only a part of it.
    fn is_created_again(
        disk: &dyn Disk,
        mode: Mode,
        path: &FilePath,
        start: Position,
    ) -> Result<bool, SinkError> {
        match mode {
            Mode::Replace => Ok(true),
            // The file existed before the pull, so another program must have removed it.
            Mode::Append if start.length > 0 => Ok(false),
            Mode::Append => {
                Ok(disk.kind(&path.absolute).map_err(|error| failed("read", path, error))?.is_none())
            }
        }
    }

    fn create_part(disk: Arc<dyn Disk>, path: FilePath, compression: Compression) -> Result<Self, SinkError> {
        Self::create(disk, path.part(), Publish::Rename(path), compression)
    }

    /// Creates a file at `path`, and removes an existing one.
    pub(super) fn create(
        disk: Arc<dyn Disk>,
        path: FilePath,
        publish: Publish,
        compression: Compression,
    ) -> Result<Self, SinkError> {
        make_folders(&*disk, &path)?;
        if let Ok(existing) = disk.open(&path.absolute, Open::Existing) {
            lock(&*existing, &path)?;
        }
        // Created rather than truncated, because the existing file may be a link or have another user's permissions.
        remove_if_there(&*disk, &path.absolute).map_err(|error| failed("remove", &path, error))?;
        let file = disk.open(&path.absolute, Open::New);
        let file = file.map_err(|error| {
            // The operation may have failed after it created the file.
            if error.kind() != io::ErrorKind::AlreadyExists {
                drop(remove_if_there(&*disk, &path.absolute));
            }
            failed("create", &path, error)
        })?;
        lock(&*file, &path)?;
        Ok(Self::new(disk, file, path, publish, compression))
    }

    /// An open file that was empty before the pull.
    fn new(
        disk: Arc<dyn Disk>,
        file: Box<dyn DiskFile>,
        path: FilePath,
        publish: Publish,
        compression: Compression,
    ) -> Self {
        Self {
            disk,
            file,
            path,
            publish,
            encoder: Encoder::new(compression),
            length: 0,
            committed: None,
            start: None,
            length_before: None,
            is_foreign: false,
        }
    }

    pub(super) fn resume_part(
        disk: Arc<dyn Disk>,
        path: FilePath,
        from: Position,
        compression: Compression,
    ) -> Result<Self, SinkError> {
        let part = path.part();
        let unreadable = |error| failed("read", &path, error);
        // The `.part` file is checked first, because the file of an earlier pull may look like the committed one.
        let is_renamed = disk.kind(&part.absolute).map_err(|error| failed("read", &part, error))?.is_none()
            && ends_at(&*disk, &path, from).map_err(unreadable)?;
        if is_renamed {
            Self::resume(disk, path, from, Publish::Renamed, compression)
        } else {
            Self::resume(disk, part, from, Publish::Rename(path), compression)
        }
    }

    fn append(
        disk: Arc<dyn Disk>,
        path: FilePath,
        compression: Compression,
        publish: impl FnOnce(&FilePath, u64) -> Result<Publish, SinkError>,
    ) -> Result<Self, SinkError> {
        make_folders(&*disk, &path)?;
        let length_before = match disk.kind(&path.absolute).map_err(|error| failed("read", &path, error))? {
            Some(Kind::File(length)) => Some(length),
            _ => None,
        };
        let mut file =
            disk.open(&path.absolute, Open::ExistingOrNew).map_err(|error| failed("open", &path, error))?;
        lock(&*file, &path)?;
        let length = end_of(&mut *file, &path, compression)?;
        let publish = publish(&path, length)?;
        let mut opened = Self::new(disk, file, path, publish, compression);
        (opened.length, opened.length_before) = (length, length_before);
        Ok(opened)
    }

    fn resume_append(
        disk: Arc<dyn Disk>,
        path: FilePath,
        from: Position,
        resumed: Appending,
        compression: Compression,
    ) -> Result<Self, SinkError> {
        let (mut file, found) = open_committed(&*disk, &path, from)?;
        let noted = Appending::read(&*disk, &path)?.filter(|noted| noted.pull == resumed.pull);
        let appending = match noted {
            // If the note was lost before, it does not say the start, but the first receipt does.
            Some(own) => Appending { start: own.start.max(resumed.start), ..own },
            None if found == from.length
                || (from.length == 0 && is_without_content(&mut *file, &path, compression)?) =>
            {
                resumed.write(&*disk, &path)?;
                resumed
            }
            None => {
                let (committed, rest) = (from.length, found - from.length);
                return Err(rejected(format!(
                    "cannot resume `{}`: the {rest} bytes after the {committed} that were committed are not from this \
                     pull (restore the newest state, or start over in another file)",
                    path.shown
                )));
            }
        };
        Self::cut(disk, path, file, found, from, Publish::Append(appending), compression)
    }

    /// Opens the file at `path`, rolled back to `from`.
    pub(super) fn resume(
        disk: Arc<dyn Disk>,
        path: FilePath,
        from: Position,
        publish: Publish,
        compression: Compression,
    ) -> Result<Self, SinkError> {
        let (file, found) = open_committed(&*disk, &path, from)?;
        Self::cut(disk, path, file, found, from, publish, compression)
    }

    /// Rolls the open `file` of `found` bytes back to `from`.
    fn cut(
        disk: Arc<dyn Disk>,
        path: FilePath,
        file: Box<dyn DiskFile>,
        found: u64,
        from: Position,
        publish: Publish,
        compression: Compression,
    ) -> Result<Self, SinkError> {
        let length = from.length;
        if found > length {
            file.set_length(length).map_err(|error| failed("truncate", &path, error))?;
        }
        // Synced even if nothing was cut: a run that cut the file may have been killed before it was durable, and the
        // next commit may find nothing to flush.
        file.sync().map_err(|error| failed("flush", &path, error))?;
        let mut opened = Self::new(disk, file, path, publish, compression);
        (opened.length, opened.length_before, opened.committed) = (length, Some(length), Some(from));
        Ok(opened)
    }
}

/// Opens and locks the file that was committed at `from`, and returns its length.
fn open_committed(
    disk: &dyn Disk,
    path: &FilePath,
    from: Position,
) -> Result<(Box<dyn DiskFile>, u64), SinkError> {
    let cannot_resume = |why: &str| {
        let fix = "restore it, or start the pull over";
        rejected(format!("cannot resume `{}`: {why} ({fix})", path.shown))
    };
    let unreadable = |error| failed("read", path, error);
    let mut file = match disk.open(&path.absolute, Open::Existing) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(cannot_resume("it is gone")),
        Err(error) => return Err(failed("open", path, error)),
    };
    lock(&*file, path)?;
    let length = from.length;
    let found = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    if found < length {
        return Err(cannot_resume(&format!("it has {found} bytes, but {length} were committed")));
    }
    if Position::read(&mut *file, length).map_err(unreadable)? != from {
        return Err(cannot_resume("its committed content has changed"));
    }
    Ok((file, found))
}

/// Locks the file, so that a run with another state folder does not write to it at the same time.
fn lock(file: &dyn DiskFile, path: &FilePath) -> Result<(), SinkError> {
    if file.try_lock().map_err(|error| failed("lock", path, error))? {
        return Ok(());
    }
    let message = format!("another run is writing to `{}`", path.shown);
    Err(SinkError::new(SinkErrorKind::Unavailable, message))
}

/// Whether the file exists and is exactly the one that was committed.
fn ends_at(disk: &dyn Disk, path: &FilePath, at: Position) -> io::Result<bool> {
    if disk.kind(&path.absolute)? != Some(Kind::File(at.length)) {
        return Ok(false);
    }
    let mut file = disk.open(&path.absolute, Open::Existing)?;
    Ok(Position::read(&mut *file, at.length)? == at)
}

/// Returns the file's length and moves to its end. Checks first that what follows can be read together with what is
/// there.
fn end_of(file: &mut dyn DiskFile, path: &FilePath, compression: Compression) -> Result<u64, SinkError> {
    let unreadable = |error| failed("read", path, error);
    let rejected_append = |why: &str| rejected(format!("cannot append to `{}`: {why}", path.shown));
    let length = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    if length == 0 {
        return Ok(0);
    }
    file.rewind().map_err(unreadable)?;
    let found = Format::read(&mut *file).map_err(unreadable)?;
    if found != compression.format() {
        let fix = "choose another path, or set `compression` to match the file";
        let ours = compression.format();
        return Err(rejected_append(&format!("it is {found}, but new records are {ours} ({fix})")));
    }
    let from = if found == Format::Plain { length - 1 } else { 0 };
    file.seek(SeekFrom::Start(from)).map_err(unreadable)?;
    let last = compression.decoded(&mut *file).and_then(last_byte);
    let damaged = |error: io::Error| match found {
        Format::Plain => unreadable(error),
        _ => rejected_append("it cannot be read to its end").because(error),
    };
    if last.map_err(damaged)?.is_some_and(|last| last != b'\n') {
        return Err(rejected_append("its last line is not complete"));
    }
    file.seek(SeekFrom::Start(length)).map_err(unreadable)
}

/// Whether the file has no content, like the compressed file of a pull without pages. Moves to its start.
fn is_without_content(
    file: &mut dyn DiskFile,
    path: &FilePath,
    compression: Compression,
) -> Result<bool, SinkError> {
    let first = file
        .rewind()
        .and_then(|()| compression.decoded(&mut *file))
        .and_then(|mut content| content.read(&mut [0]));
    let is_empty = first.map_err(|error| failed("read", path, error))? == 0;
    file.rewind().map_err(|error| failed("read", path, error))?;
    Ok(is_empty)
}

fn last_byte(mut of: impl Read) -> io::Result<Option<u8>> {
    let (mut last, mut buffer) = (None, vec![0; 1 << 16]);
    loop {
        match of.read(&mut buffer)? {
            0 => return Ok(last),
            read => last = buffer[..read].last().copied(),
        }
    }
}
