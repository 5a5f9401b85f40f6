//! Compresses the bytes of a file.

use std::{
    borrow::Cow,
    fmt,
    io::{self, Write},
    mem,
};

use flate2::write::GzEncoder;

use super::compression::Compression;

/// Compresses bytes in members (gzip) or frames (zstd) that can be read independently, so that a file that ends after
/// one of them is valid.
#[derive(Debug)]
pub(crate) struct Encoder {
    pub(super) compression: Compression,
    /// The unfinished member, if there is one.
    member: Option<Box<Member>>,
}

/// A member or frame.
enum Member {
    Gzip(GzEncoder<Vec<u8>>),
    #[cfg(feature = "zstd")]
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    /// An encoder without an unfinished member.
    pub(crate) fn new(compression: Compression) -> Self {
        Self { compression, member: None }
    }

    /// Takes `bytes` and returns what to write now. The rest follows with a later call, at the latest with
    /// [`end`](Self::end).
    pub(crate) fn encode<'b>(&mut self, bytes: &'b [u8]) -> io::Result<Cow<'b, [u8]>> {
        if self.member.is_none() && !bytes.is_empty() {
            self.member = Member::new(self.compression)?.map(Box::new);
        }
        match &mut self.member {
            None => Ok(Cow::Borrowed(bytes)),
            Some(member) => member.encode(bytes).map(Cow::Owned),
        }
    }

    /// Ends the member and returns its remaining bytes.
    pub(crate) fn end(&mut self) -> io::Result<Vec<u8>> {
        self.member.take().map_or_else(|| Ok(Vec::new()), |member| member.end())
    }

    /// The bytes of a file without content.
    pub(crate) fn empty_file(&self) -> io::Result<Vec<u8>> {
        Member::new(self.compression)?.map_or_else(|| Ok(Vec::new()), Member::end)
    }
}

impl Member {
    #[cfg_attr(not(feature = "zstd"), expect(clippy::unnecessary_wraps, reason = "zstd may fail to start"))]
    fn new(compression: Compression) -> io::Result<Option<Self>> {
        Ok(match compression {
            Compression::None => None,
            Compression::Gzip(level) => {
                let level = flate2::Compression::new(level.into());
                Some(Self::Gzip(GzEncoder::new(Vec::new(), level)))
            }
            #[cfg(feature = "zstd")]
            Compression::Zstd(level) => {
                let mut frame = zstd::Encoder::new(Vec::new(), level.into())?;
                // The command `zstd` adds a checksum by default, and gzip always has one.
                frame.include_checksum(true)?;
                Some(Self::Zstd(frame))
            }
        })
    }

    fn encode(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(member) => member.write_all(bytes).map(|()| mem::take(member.get_mut())),
            #[cfg(feature = "zstd")]
            Self::Zstd(frame) => frame.write_all(bytes).map(|()| mem::take(frame.get_mut())),
        }
    }

    fn end(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(member) => member.finish(),
            #[cfg(feature = "zstd")]
            Self::Zstd(frame) => frame.finish(),
        }
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Member")
    }
}
