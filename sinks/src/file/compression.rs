//! The compression of a file.

use std::{
    fmt,
    io::{self, Read},
};

use flate2::read::MultiGzDecoder;
use longhaul_core::sink::{Keys, SinkError};

/// The compression of a file, with its level.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Compression {
    /// No compression.
    None,
    /// RFC 1952, at a level from 1 to 9.
    Gzip(u8),
    /// RFC 8878, at a level from 1 to 19. Higher levels need more memory than readers allow by default.
    #[cfg(feature = "zstd")]
    Zstd(u8),
}

/// The format of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Plain,
    Gzip,
    Zstd,
}

impl Compression {
    /// The keys that [`new`](Self::new) reads.
    pub(super) const KEYS: [&str; 2] = ["compression", "compression_level"];

    /// Reads the compression from these keys. Without the key `compression`, the ending of `path` decides.
    pub(crate) fn new(keys: &Keys<'_>, path: &str) -> Result<Self, SinkError> {
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

    /// The format of a file with this compression.
    pub(super) fn format(self) -> Format {
        match self {
            Self::None => Format::Plain,
            Self::Gzip(_) => Format::Gzip,
            #[cfg(feature = "zstd")]
            Self::Zstd(_) => Format::Zstd,
        }
    }

    /// Reads the uncompressed content of `file`, which must not be empty.
    #[cfg_attr(not(feature = "zstd"), expect(clippy::unnecessary_wraps, reason = "zstd may fail to start"))]
    pub(crate) fn decoded<'f>(self, file: impl Read + 'f) -> io::Result<Box<dyn Read + 'f>> {
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

    /// Detects the format of `file` from its first bytes. A record or a header never starts like a compressed file.
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

#[cfg(test)]
mod tests {
    use super::{Compression, Format, Keys};

    /// The compression that the options and this path select, or the error message.
    fn read(options: serde_json::Value, path: &str) -> Result<Compression, String> {
        let options = serde_json::from_value(options).unwrap();
        let keys = Keys::new(&options, &Compression::KEYS).unwrap();
        Compression::new(&keys, path).map_err(|error| format!("{}: {error}", error.key().unwrap_or_default()))
    }

    #[test]
    fn the_ending_decides_without_the_key() {
        let with_key =
            |compression: &str, path: &str| read(serde_json::json!({"compression": compression}), path);
        let by_ending = |path: &str| read(serde_json::json!({}), path);
        assert_eq!(by_ending("x.ndjson"), Ok(Compression::None));
        assert_eq!(by_ending("x.gz.ndjson"), Ok(Compression::None));
        assert_eq!(by_ending("x.ndjson.GZ"), Ok(Compression::Gzip(6)));
        assert_eq!(with_key("none", "x.gz"), Ok(Compression::None));
        assert_eq!(with_key("gzip", "x"), Ok(Compression::Gzip(6)));
        let level = serde_json::json!({"compression_level": "9"});
        assert_eq!(read(level, "x.gz"), Ok(Compression::Gzip(9)));
    }

    #[cfg(feature = "zstd")]
    #[test]
    fn zstd_has_its_own_levels() {
        assert_eq!(read(serde_json::json!({}), "x.zst"), Ok(Compression::Zstd(3)));
        let options = serde_json::json!({"compression": "zstd", "compression_level": 19});
        assert_eq!(read(options, "x.gz"), Ok(Compression::Zstd(19)));
    }

    #[cfg(not(feature = "zstd"))]
    #[test]
    fn the_error_without_zstd_says_how_to_build_it() {
        let message = "this longhaul was built without zstd (build it with the feature `zstd`, or use gzip)";
        assert_eq!(read(serde_json::json!({}), "x.zst"), Err(format!("path: {message}")));
        let options = serde_json::json!({"compression": "zstd"});
        assert_eq!(read(options, "x.gz"), Err(format!("compression: {message}")));
    }

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        for (file, format) in [
            (&b"\x1f\x8b\x08\x00"[..], Format::Gzip),
            (b"\x28\xb5\x2f\xfd\x04", Format::Zstd),
            (b"\x28\xb5", Format::Plain),
            (b"{}", Format::Plain),
            (b"", Format::Plain),
        ] {
            assert_eq!(Format::read(file).unwrap(), format, "{file:?}");
        }
    }
}
