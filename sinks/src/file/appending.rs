//! The note beside a file that an unfinished pull appends to.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    io::{self, Read, Write},
    str::FromStr,
};

use longhaul_core::{
    disk::{Disk, Kind, Open, remove_if_there},
    sink::SinkError,
};

use super::{
    error::{failed, rejected},
    path::FilePath,
};

/// Which pull appends to a file, and from which length on. It is stored in `<path>.appending` from the start of the pull
/// until its end, and the pull is named in every receipt.
///
/// Only the pull that is named there may cut the file back to a commit. So an older state never removes what a later
/// pull has appended, and a new pull never follows half of another one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Appending {
    /// A random number that stands for the pull.
    pub(super) pull: u64,
    /// The length of the file before the pull.
    pub(super) start: u64,
}

impl Appending {
    /// Starts a pull that appends to the file at `path`, which has `length` bytes. It is `pull`, or without that a new one.
    pub(super) fn begin(
        disk: &dyn Disk,
        path: &FilePath,
        length: u64,
        pull: Option<u64>,
    ) -> Result<Self, SinkError> {
        Self::check(disk, path, length)?;
        let pull = pull.unwrap_or_else(|| RandomState::new().hash_one(length));
        let begun = Self { pull, start: length };
        begun.write(disk, path)?;
        Ok(begun)
    }

    /// Returns an error if another pull has appended to the file at `path`, which has `length` bytes, and is not finished.
    pub(super) fn check(disk: &dyn Disk, path: &FilePath, length: u64) -> Result<(), SinkError> {
        // A pull that has not written anything may be followed by another.
        if let Some(unfinished) = Self::read(disk, path)?.filter(|unfinished| unfinished.start < length) {
            let (note, start) = (note(path).shown, unfinished.start);
            return Err(rejected(format!(
                "cannot append to `{}`: what follows its first {start} bytes is of another pull, which is not finished \
                 (finish that pull first; or, if its state is lost, cut the file back to {start} bytes and remove `{note}`)",
                path.shown
            )));
        }
        Ok(())
    }

    /// The pull `pull`, whose note is gone. If its start is not known, nothing else may be appended until it ends.
    pub(super) fn resumed(pull: Option<u64>, start: Option<u64>) -> Self {
        Self { pull: pull.unwrap_or_default(), start: start.unwrap_or_default() }
    }

    /// The pull that appends to the file at `path`, if it is unfinished.
    pub(super) fn read(disk: &dyn Disk, path: &FilePath) -> Result<Option<Self>, SinkError> {
        let note = note(path);
        read(disk, &note).map_err(|error| failed("read", &note, error))
    }

    /// Stores it durably, before anything is appended: afterwards, only the note says whose that is.
    pub(super) fn write(self, disk: &dyn Disk, path: &FilePath) -> Result<(), SinkError> {
        let note = note(path);
        let written = remove_if_there(disk, &note.absolute).and_then(|()| {
            let mut file = disk.open(&note.absolute, Open::New)?;
            writeln!(file, "{self}")?;
            file.sync()?;
            disk.sync_folder(note.folder())
        });
        written.map_err(|error| failed("write to", &note, error))
    }

    /// Removes it.
    pub(super) fn remove(disk: &dyn Disk, path: &FilePath) -> Result<(), SinkError> {
        let note = note(path);
        remove_if_there(disk, &note.absolute).map_err(|error| failed("remove", &note, error))
    }
}

fn note(path: &FilePath) -> FilePath {
    path.with_ending(".appending")
}

fn read(disk: &dyn Disk, note: &FilePath) -> io::Result<Option<Appending>> {
    if !matches!(disk.kind(&note.absolute)?, Some(Kind::File(_))) {
        return Ok(None);
    }
    let mut text = String::new();
    disk.open(&note.absolute, Open::Existing)?.read_to_string(&mut text)?;
    // A note that was cut off by a crash is from a pull that had not written anything.
    Ok(text.strip_suffix('\n').and_then(|text| text.parse().ok()))
}

impl fmt::Display for Appending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x} {}", self.pull, self.start)
    }
}

impl FromStr for Appending {
    type Err = NotANote;

    fn from_str(text: &str) -> Result<Self, NotANote> {
        let (pull, start) = text.split_once(' ').ok_or(NotANote)?;
        let pull = u64::from_str_radix(pull, 16).map_err(|_| NotANote)?;
        Ok(Self { pull, start: start.parse().map_err(|_| NotANote)? })
    }
}

/// The text does not name a pull and a length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct NotANote;

#[cfg(test)]
mod tests {
    use super::{Appending, NotANote};

    #[test]
    fn a_note_is_read_from_its_own_text() {
        let appending = Appending { pull: 0xab, start: 27 };
        assert_eq!(appending.to_string(), "00000000000000ab 27");
        assert_eq!("00000000000000ab 27".parse(), Ok(appending));
        for text in ["", "ab", "ab ", "x 27", "ab -1", "ab 27 1"] {
            assert_eq!(text.parse::<Appending>(), Err(NotANote), "{text}");
        }
    }
}
