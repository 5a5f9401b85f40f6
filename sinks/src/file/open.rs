//! Opening the file of a pull that begins or goes on.

use std::{
    io::{self, Read, SeekFrom},
    sync::Arc,
};

use longhaul_core::{
    disk::{Disk, DiskFile, Kind, Open, remove_if_there},
    sink::{Mark, Receipt, SinkError, Variables},
};

use super::{
    Compression, Encoder, Ending, Mode, Place, Position, RecordFile, Target, compression::Format, failed,
    place::make_folders, rejected,
};

impl RecordFile {
    /// The file of a pull with these variables, from the beginning or as it was at the receipt `from`.
    pub(crate) fn open(
        target: &Target,
        variables: &Variables,
        from: Option<(&Receipt, Mark)>,
    ) -> Result<Self, SinkError> {
        let place = target.place(variables)?;
        let (disk, compression) = (Arc::clone(&target.disk), target.compression);
        let from = from.map(|(receipt, mark)| Ok((position(receipt, &place)?, mark))).transpose()?;
        let is_start = from.is_some_and(|(_, mark)| mark == Mark::START);
        let from = match from {
            Some((from, Mark::START)) if Self::was_dropped(&*disk, target.mode, &place, from)? => None,
            from => from.map(|(from, _)| from),
        };
        match (target.mode, from) {
            (Mode::Replace, None) => Self::begin_part(disk, place, compression),
            (Mode::Replace, Some(from)) => Self::go_on_with_part(disk, place, from, compression),
            (Mode::Append, None) => Self::begin_after(disk, place, compression),
            (Mode::Append, Some(from)) => Self::go_on(disk, place, from, Ending::Stay, compression),
        }
        .map(|mut file| {
            if is_start {
                file.is_only_begun();
            }
            file
        })
    }

    /// Nothing has come yet since the file was made, unless it was there before.
    fn is_only_begun(&mut self) {
        let was_there =
            matches!(self.ending, Ending::Stay) && self.committed.is_some_and(|begun| begun.length > 0);
        if !was_there {
            (self.begun, self.before) = (self.committed, None);
        }
    }

    /// Whether the file was made for the pull and dropped before anything had come.
    fn was_dropped(disk: &dyn Disk, mode: Mode, place: &Place, begun: Position) -> Result<bool, SinkError> {
        let place = match mode {
            Mode::Replace => &place.part(),
            // Somebody else must have taken one away that was there before.
            Mode::Append if begun.length > 0 => return Ok(false),
            Mode::Append => place,
        };
        Ok(disk.kind(&place.path).map_err(|error| failed("read", place, error))?.is_none())
    }

    fn begin_part(disk: Arc<dyn Disk>, place: Place, compression: Compression) -> Result<Self, SinkError> {
        Self::begin_new(disk, place.part(), Ending::Rename(place), compression)
    }

    /// A new file of that name, which it takes from any other.
    pub(super) fn begin_new(
        disk: Arc<dyn Disk>,
        place: Place,
        ending: Ending,
        compression: Compression,
    ) -> Result<Self, SinkError> {
        make_folders(&*disk, &place)?;
        // Made anew rather than emptied: what stands there may be a link, or have another user's permissions.
        remove_if_there(&*disk, &place.path).map_err(|error| failed("remove", &place, error))?;
        let file = disk.open(&place.path, Open::New);
        let file = file.map_err(|error| failed("create", &place, error))?;
        let encoder = Encoder::new(compression);
        Ok(Self { disk, file, place, ending, encoder, length: 0, committed: None, begun: None, before: None })
    }

    fn go_on_with_part(
        disk: Arc<dyn Disk>,
        place: Place,
        from: Position,
        compression: Compression,
    ) -> Result<Self, SinkError> {
        let part = place.part();
        let unread = |error| failed("read", &place, error);
        // The part comes first: an earlier pull's file may well look like the one that was committed.
        let is_renamed = disk.kind(&part.path).map_err(|error| failed("read", &part, error))?.is_none()
            && ends_at(&*disk, &place, from).map_err(unread)?;
        if is_renamed {
            Self::go_on(disk, place, from, Ending::Renamed, compression)
        } else {
            Self::go_on(disk, part, from, Ending::Rename(place), compression)
        }
    }

    fn begin_after(disk: Arc<dyn Disk>, place: Place, compression: Compression) -> Result<Self, SinkError> {
        make_folders(&*disk, &place)?;
        let before = match disk.kind(&place.path).map_err(|error| failed("read", &place, error))? {
            Some(Kind::File(length)) => Some(length),
            _ => None,
        };
        let mut file =
            disk.open(&place.path, Open::ExistingOrNew).map_err(|error| failed("open", &place, error))?;
        let length = end_of(&mut *file, &place, compression)?;
        Ok(Self {
            disk,
            file,
            place,
            ending: Ending::Stay,
            encoder: Encoder::new(compression),
            length,
            committed: None,
            begun: None,
            before,
        })
    }

    /// The file of that name as it was at `from`.
    pub(super) fn go_on(
        disk: Arc<dyn Disk>,
        place: Place,
        from: Position,
        ending: Ending,
        compression: Compression,
    ) -> Result<Self, SinkError> {
        let gone_wrong = |why: &str| {
            let cure = "put it back as it was, or begin the pull anew";
            rejected(format!("cannot go on with `{}`: {why} ({cure})", place.shown))
        };
        let unread = |error| failed("read", &place, error);
        let mut file = match disk.open(&place.path, Open::Existing) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(gone_wrong("it is gone")),
            Err(error) => return Err(failed("open", &place, error)),
        };
        let length = from.length;
        let found = file.seek(SeekFrom::End(0)).map_err(unread)?;
        if found < length {
            return Err(gone_wrong(&format!("it has {found} bytes, and {length} were committed")));
        }
        if Position::read(&mut *file, length).map_err(unread)? != from {
            return Err(gone_wrong("what was committed to it has been changed"));
        }
        if found > length {
            file.set_length(length).map_err(|error| failed("truncate", &place, error))?;
        }
        // Also what is as long as it should be: whoever cut it may have been killed before that was to last, and the
        // next commit may find nothing new to flush.
        file.sync().map_err(|error| failed("flush", &place, error))?;
        Ok(Self {
            disk,
            file,
            place,
            ending,
            encoder: Encoder::new(compression),
            length,
            committed: Some(from),
            begun: None,
            before: Some(length),
        })
    }
}

pub(super) fn position(receipt: &Receipt, place: &Place) -> Result<Position, SinkError> {
    let Receipt(text) = receipt;
    let shown = &place.shown;
    let message =
        || format!("cannot go on with `{shown}`: the receipt `{text}` is not a length and a checksum");
    text.parse().map_err(|_| rejected(message()))
}

/// Whether the file is there and is the one that was committed, to the byte.
fn ends_at(disk: &dyn Disk, place: &Place, at: Position) -> io::Result<bool> {
    if disk.kind(&place.path)? != Some(Kind::File(at.length)) {
        return Ok(false);
    }
    let mut file = disk.open(&place.path, Open::Existing)?;
    Ok(Position::read(&mut *file, at.length)? == at)
}

/// The file's length, with the file positioned there. It is read so far that whoever reads it finds what will follow.
fn end_of(file: &mut dyn DiskFile, place: &Place, compression: Compression) -> Result<u64, SinkError> {
    let unread = |error| failed("read", place, error);
    let refused = |why: &str| rejected(format!("cannot append to `{}`: {why}", place.shown));
    let length = file.seek(SeekFrom::End(0)).map_err(unread)?;
    if length == 0 {
        return Ok(0);
    }
    file.rewind().map_err(unread)?;
    let found = Format::read(&mut *file).map_err(unread)?;
    if found != compression.format() {
        let cure = "choose another path, or set `compression` to what the file is";
        let ours = compression.format();
        return Err(refused(&format!("it is {found}, but new records are {ours} ({cure})")));
    }
    let from = if found == Format::Plain { length - 1 } else { 0 };
    file.seek(SeekFrom::Start(from)).map_err(unread)?;
    let last = compression.decoded(&mut *file).and_then(last_byte);
    let damaged = |error: io::Error| match found {
        Format::Plain => unread(error),
        _ => refused("it cannot be read to its end").because(error),
    };
    if last.map_err(damaged)?.is_some_and(|last| last != b'\n') {
        return Err(refused("its last line is not complete"));
    }
    file.seek(SeekFrom::Start(length)).map_err(unread)
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
