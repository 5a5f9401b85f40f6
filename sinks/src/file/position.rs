//! The position of a file at a commit.

use std::{
    fmt,
    io::{self, Read, SeekFrom},
    str::FromStr,
};

use longhaul_core::{
    disk::DiskFile,
    sink::{Receipt, SinkError},
};
use siphasher::sip::SipHasher13;

use super::{error::rejected, path::FilePath};

/// How many bytes at the end of a file the checksum covers.
const TAIL: u64 = 4096;

/// The length of a file and a checksum of its end. As text, `27 3f1c0a92d4e87b65`: the length in bytes, then a
/// checksum of the last 4 KiB, which detects that the file was changed since the commit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Position {
    pub(crate) length: u64,
    checksum: u64,
}

impl Position {
    /// The start of a file.
    pub(crate) const EMPTY: Self = Self { length: 0, checksum: 0 };

    /// Reads the position at `length` and moves the file there. The file must have at least this length.
    pub(crate) fn read(file: &mut dyn DiskFile, length: u64) -> io::Result<Self> {
        let tail = length.min(TAIL);
        file.seek(SeekFrom::Start(length - tail))?;
        let mut bytes = Vec::new();
        if file.take(tail).read_to_end(&mut bytes)? as u64 != tail {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Self { length, checksum: SipHasher13::new().hash(&bytes) })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:016x}", self.length, self.checksum)
    }
}

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let (length, checksum) = text.split_once(' ').ok_or(NotAPosition)?;
        let length = length.parse().map_err(|_| NotAPosition)?;
        let checksum = u64::from_str_radix(checksum, 16).map_err(|_| NotAPosition)?;
        Ok(Self { length, checksum })
    }
}

/// The text is not a length and a checksum.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NotAPosition;

/// The position in `receipt` and the pull that appends to the file, if one does. `path` is for the error message.
pub(super) fn position(receipt: &Receipt, path: &FilePath) -> Result<(Position, Option<u64>), SinkError> {
    let Receipt(text) = receipt;
    let (position, pull) = match text.rsplit_once(' ') {
        Some((position, pull)) if position.contains(' ') => (position, Some(pull)),
        _ => (text.as_str(), None),
    };
    let pull = pull.map(|pull| u64::from_str_radix(pull, 16)).transpose();
    position.parse().ok().zip(pull.ok()).ok_or_else(|| {
        let shown = &path.shown;
        rejected(format!("cannot resume `{shown}`: the receipt `{text}` is not a length and a checksum"))
    })
}

#[cfg(test)]
mod tests {
    use super::{NotAPosition, Position};

    #[test]
    fn a_position_is_read_from_its_own_text() {
        let position = Position { length: 27, checksum: 0xab };
        assert_eq!(position.to_string(), "27 00000000000000ab");
        assert_eq!("27 00000000000000ab".parse(), Ok(position));
        for text in ["", "27", "27 ", "27 x", "-1 ab", "27 ab cd"] {
            assert_eq!(text.parse::<Position>(), Err(NotAPosition), "{text}");
        }
    }
}
