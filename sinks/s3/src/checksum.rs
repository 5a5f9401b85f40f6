//! Checksums of what is sent.

use std::{
    fmt::Write as _,
    io::{self, Read},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use longhaul_core::object_store::Content;
use md5::{Digest, Md5};

/// The MD5 of a content: the one checksum that every S3-compatible store verifies (`Content-MD5`, RFC 1864).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Checksum([u8; 16]);

impl Checksum {
    /// Reads `content` once.
    pub(crate) fn of(content: &dyn Content) -> io::Result<Self> {
        let (mut md5, mut read) = (Md5::new(), content.open()?);
        let mut buffer = vec![0; 1 << 17];
        let mut length = 0;
        loop {
            match read.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    md5.update(&buffer[..count]);
                    length += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if length != content.length() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Self(md5.finalize().into()))
    }

    /// As the header `Content-MD5` has it.
    pub(crate) fn in_base64(self) -> String {
        BASE64_STANDARD.encode(self.0)
    }

    /// Whether `etag` is that of other bytes. Only an `ETag` that looks like an MD5 says so: a store that encrypts may
    /// use any other text.
    pub(crate) fn contradicts(self, etag: &str) -> bool {
        let etag = etag.trim_matches('"');
        let is_md5 = etag.len() == 32 && etag.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_md5 && !etag.eq_ignore_ascii_case(&self.in_hex())
    }

    fn in_hex(self) -> String {
        self.0.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Text(&'static str, u64);

    impl Content for Text {
        fn length(&self) -> u64 {
            self.1
        }

        fn open(&self) -> io::Result<Box<dyn Read>> {
            Ok(Box::new(self.0.as_bytes()))
        }
    }

    #[test]
    fn an_etag_is_compared_if_it_is_an_md5() {
        let checksum = Checksum::of(&Text("hello", 5)).unwrap();
        assert_eq!(checksum.in_base64(), "XUFAKrxLKna5cZ2REBfFkg==");
        assert!(!checksum.contradicts("\"5d41402abc4b2a76b9719d911017c592\""));
        assert!(checksum.contradicts("\"5d41402abc4b2a76b9719d911017c593\""));
        assert!(!checksum.contradicts("\"not-an-md5\""));
    }

    #[test]
    fn content_of_another_length_is_an_error() {
        assert_eq!(Checksum::of(&Text("hell", 5)).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
