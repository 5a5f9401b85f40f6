//! A file that the records of one pull go to.

mod target;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use longhaul_core::sink::{Receipt, SinkError, SinkErrorKind, Site};

pub(crate) use self::target::{Mode, Place, Target};

/// An open file of one pull: under its final name, or as `<path>.part` beside it where it is to replace that.
///
/// What was not committed is taken back when this is dropped.
#[derive(Debug)]
pub(crate) struct RecordFile {
    file: File,
    /// The file that is written.
    place: Place,
    ending: Ending,
    /// Bytes in the file.
    length: u64,
    /// The length at the last commit of the pull.
    committed: Option<u64>,
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
    /// Nothing: it was done when the file was opened.
    Done,
}

impl RecordFile {
    /// The file of the pull at `site`, from the beginning or as it was at the receipt `from`.
    pub(crate) fn open(target: &Target, site: &Site, from: Option<&Receipt>) -> Result<Self, SinkError> {
        let place = target.place(site)?;
        let from = from.map(|receipt| committed_length(receipt, &place)).transpose()?;
        match (target.mode, from) {
            (Mode::Replace, None) => Self::begin_part(place),
            (Mode::Replace, Some(length)) => Self::go_on_with_part(place, length),
            (Mode::Append, None) => Self::begin_after(place),
            (Mode::Append, Some(length)) => Self::go_on(place, length, Ending::Stay),
        }
    }

    /// Whether nothing is in the file, also not from earlier pulls.
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The first bytes of the file, at most `limit`.
    pub(crate) fn head(&mut self, limit: u64) -> Result<Vec<u8>, SinkError> {
        let mut head = Vec::new();
        let read = (&self.file)
            .rewind()
            .and_then(|()| (&self.file).take(limit).read_to_end(&mut head))
            .and_then(|_| (&self.file).seek(SeekFrom::Start(self.length)));
        read.map_err(|error| failed("read", &self.place, error))?;
        Ok(head)
    }

    /// The name of the file that is written, for messages.
    pub(crate) fn shown(&self) -> &str {
        &self.place.shown
    }

    /// Puts `bytes` at the end.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        if matches!(self.ending, Ending::Done) {
            return Err(rejected(format!("cannot write to `{}`: it is complete already", self.shown())));
        }
        // Counted first, so that what a failed write leaves behind is taken back, too.
        self.length += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| failed("write to", &self.place, error))
    }

    /// Makes what was written survive a crash; the receipt is the length.
    pub(crate) fn commit(&mut self) -> Result<Receipt, SinkError> {
        if self.committed != Some(self.length) {
            self.file.sync_data().map_err(|error| failed("flush", &self.place, error))?;
            if self.committed.is_none() {
                // A new file survives only together with its name.
                sync_folder_of(&self.place.path)
                    .map_err(|error| failed("flush the folder of", &self.place, error))?;
            }
            self.committed = Some(self.length);
        }
        Ok(Receipt(self.length.to_string()))
    }

    /// Publishes the file under its final name.
    pub(crate) fn finish(self) -> Result<(), SinkError> {
        let Ending::Rename(to) = &self.ending else {
            return Ok(());
        };
        let what = || format!("cannot rename `{}` to `{}`", self.place.shown, to.shown);
        let renamed = fs::rename(&self.place.path, &to.path).and_then(|()| sync_folder_of(&to.path));
        renamed.map_err(|error| SinkError::io(what(), error))
    }

    fn begin_part(place: Place) -> Result<Self, SinkError> {
        let part = part(&place);
        make_folder(&part)?;
        // Made anew rather than emptied: what stands there may be a link, or have another user's permissions.
        match fs::remove_file(&part.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &part, error)),
            _ => {
                let file = OpenOptions::new().read(true).write(true).create_new(true).open(&part.path);
                let file = file.map_err(|error| failed("create", &part, error))?;
                let ending = Ending::Rename(place);
                Ok(Self { file, place: part, ending, length: 0, committed: None, before: None })
            }
        }
    }

    fn go_on_with_part(place: Place, length: u64) -> Result<Self, SinkError> {
        let part = part(&place);
        let renamed = !part.path.exists() && fs::metadata(&place.path).is_ok_and(|file| file.len() == length);
        if renamed {
            Self::go_on(place, length, Ending::Done)
        } else {
            Self::go_on(part, length, Ending::Rename(place))
        }
    }

    fn begin_after(place: Place) -> Result<Self, SinkError> {
        make_folder(&place)?;
        let before = fs::metadata(&place.path).ok().map(|file| file.len());
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&place.path);
        let mut file = file.map_err(|error| failed("open", &place, error))?;
        let length = last_line_end(&mut file).map_err(|error| failed("read", &place, error))?;
        let Some(length) = length else {
            return Err(rejected(format!(
                "cannot append to `{}`: its last line is not complete",
                place.shown
            )));
        };
        Ok(Self { file, place, ending: Ending::Stay, length, committed: None, before })
    }

    fn go_on(place: Place, length: u64, ending: Ending) -> Result<Self, SinkError> {
        let gone_wrong = |why: String| rejected(format!("cannot go on with `{}`: {why}", place.shown));
        let file = match OpenOptions::new().read(true).write(true).open(&place.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(gone_wrong("it is gone".into()));
            }
            Err(error) => return Err(failed("open", &place, error)),
        };
        let found = file.metadata().map_err(|error| failed("read", &place, error))?.len();
        if found < length {
            return Err(gone_wrong(format!("it has {found} bytes, and {length} were committed")));
        }
        if found > length {
            // Durable at once: the next commit may find nothing new to flush.
            let cut = file.set_len(length).and_then(|()| file.sync_data());
            cut.map_err(|error| failed("truncate", &place, error))?;
        }
        (&file).seek(SeekFrom::End(0)).map_err(|error| failed("read", &place, error))?;
        Ok(Self { file, place, ending, length, committed: Some(length), before: Some(length) })
    }
}

impl Drop for RecordFile {
    fn drop(&mut self) {
        // All as far as possible: opening from the receipt does it again.
        match self.committed.or(self.before) {
            Some(length) if length == self.length => {}
            Some(length) => drop(self.file.set_len(length)),
            None => drop(fs::remove_file(&self.place.path)),
        }
    }
}

fn committed_length(receipt: &Receipt, place: &Place) -> Result<u64, SinkError> {
    let message =
        || format!("cannot go on with `{}`: the receipt `{}` is not a length", place.shown, receipt.0);
    receipt.0.parse().map_err(|_| rejected(message()))
}

fn part(place: &Place) -> Place {
    let mut path = place.path.clone().into_os_string();
    path.push(".part");
    Place { path: path.into(), shown: format!("{}.part", place.shown) }
}

fn make_folder(place: &Place) -> Result<(), SinkError> {
    let folder = folder_of(&place.path);
    let missing = folder.ancestors().take_while(|folder| !folder.exists()).collect::<Vec<_>>();
    let made =
        fs::create_dir_all(folder).and_then(|()| missing.iter().try_for_each(|made| sync_folder_of(made)));
    let shown = folder_of(Path::new(&place.shown)).display();
    made.map_err(|error| SinkError::io(format!("cannot create the folder `{shown}`"), error))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// The file's length, with the file positioned there; none where the last line lacks its end.
fn last_line_end(file: &mut File) -> io::Result<Option<u64>> {
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 {
        return Ok(Some(0));
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok((last == *b"\n").then_some(length))
}

/// Makes the name that something has in its folder survive a crash.
#[cfg(unix)]
fn sync_folder_of(path: &Path) -> io::Result<()> {
    match File::open(folder_of(path)).and_then(|folder| folder.sync_all()) {
        // Some network file systems cannot, and then there is nothing to wait for.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}

/// Elsewhere a folder cannot be opened as a file, and the file system keeps its entries by itself.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn sync_folder_of(_: &Path) -> io::Result<()> {
    Ok(())
}

fn rejected(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}

fn failed(doing: &str, place: &Place, error: io::Error) -> SinkError {
    SinkError::io(format!("cannot {doing} `{}`", place.shown), error)
}
