//! How a file is compressed.

use std::{
    fmt,
    io::{self, Read},
};

use flate2::read::MultiGzDecoder;
use longhaul_core::sink::SinkError;

use crate::keys::Keys;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Compression {
    /// Not at all.
    None,
    /// RFC 1952, at a level from 1 to 9.
    Gzip(u8),
    /// RFC 8878, at a level from 1 to 19. Beyond that, readers would need more memory than they grant.
    #[cfg(feature = "zstd")]
    Zstd(u8),
}

/// What a file is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Plain,
    Gzip,
    Zstd,
}

impl Compression {
    /// The keys that [`new`](Self::new) reads.
    pub(super) const KEYS: [&str; 2] = ["compression", "compression_level"];

    /// What these keys ask for. Where they do not say, the ending of `path` does.
    pub(super) fn new(keys: &Keys<'_>, path: &str) -> Result<Self, SinkError> {
        let [compression, level] = Self::KEYS;
        let formats = [("none", Format::Plain), ("gzip", Format::Gzip), ("zstd", Format::Zstd)];
        let (key, format) = match keys.value(compression) {
            Some(_) => (compression, keys.choice(compression, &formats)?),
            None => ("path", Format::of_ending(path)),
        };
        match format {
            Format::Plain if keys.value(level).is_some() => {
                let message =
                    format!("`{level}` needs `{compression}`, or a path that ends in `.gz` or `.zst`");
                Err(SinkError::config(level, message))
            }
            Format::Plain => Ok(Self::None),
            Format::Gzip => Ok(Self::Gzip(keys.whole_number(level, 1..=9)?.unwrap_or(6))),
            Format::Zstd => Self::zstd(key, || Ok(keys.whole_number(level, 1..=19)?.unwrap_or(3))),
        }
    }

    #[cfg(feature = "zstd")]
    fn zstd(_: &str, level: impl FnOnce() -> Result<u8, SinkError>) -> Result<Self, SinkError> {
        level().map(Self::Zstd)
    }

    #[cfg(not(feature = "zstd"))]
    fn zstd(key: &str, _: impl FnOnce() -> Result<u8, SinkError>) -> Result<Self, SinkError> {
        let message = "this longhaul was built without zstd (build it with the feature `zstd`, or use gzip)";
        Err(SinkError::config(key, message))
    }

    /// What a file becomes by it.
    pub(super) fn format(self) -> Format {
        match self {
            Self::None => Format::Plain,
            Self::Gzip(_) => Format::Gzip,
            #[cfg(feature = "zstd")]
            Self::Zstd(_) => Format::Zstd,
        }
    }

    /// What was compressed, of a whole file that has something in it.
    pub(super) fn decoded<'f>(self, file: impl Read + 'f) -> io::Result<Box<dyn Read + 'f>> {
        Ok(match self {
            Self::None => Box::new(file),
            Self::Gzip(_) => Box::new(MultiGzDecoder::new(file)),
            #[cfg(feature = "zstd")]
            Self::Zstd(_) => Box::new(zstd::Decoder::new(file)?),
        })
    }
}

impl Format {
    fn of_ending(path: &str) -> Self {
        let path = path.to_ascii_lowercase();
        let endings = [(".gz", Self::Gzip), (".zst", Self::Zstd)];
        let found = endings.into_iter().find(|(ending, _)| path.ends_with(ending));
        found.map_or(Self::Plain, |(_, format)| format)
    }

    /// What `file` is, by its first bytes. No record and no header begins like a compressed file.
    pub(super) fn read(file: impl Read) -> io::Result<Self> {
        let mut start = Vec::new();
        file.take(4).read_to_end(&mut start)?;
        Ok(match start[..] {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Self::Zstd,
            _ => Self::Plain,
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "not compressed",
            Self::Gzip => "compressed with gzip",
            Self::Zstd => "compressed with zstd",
        })
    }
}
