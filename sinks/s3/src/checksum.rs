//! Checksums of what is sent.

use std::{
    fmt::Write as _,
    io::{self, Read},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use longhaul_core::object_store::Content;
use md5::{Digest, Md5};
use ring::digest::{Context, SHA256};

/// How much of a content is read at once.
const PIECE: usize = 1 << 17;

/// Which checksums of a content are sent. At least one is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kinds {
    /// MD5, which every S3-compatible store verifies (`Content-MD5`, RFC 1864).
    Md5,
    /// SHA-256, for which processors have instructions. Some stores do not verify it.
    Sha256,
    Both,
}

/// The checksums of a content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checksums {
    md5: Option<[u8; 16]>,
    sha256: Option<ring::digest::Digest>,
}

impl Checksums {
    /// Reads `content` once.
    pub(crate) fn of(content: &dyn Content, kinds: Kinds) -> io::Result<Self> {
        let mut md5 = (kinds != Kinds::Sha256).then(Md5::new);
        let mut sha256 = (kinds != Kinds::Md5).then(|| Context::new(&SHA256));
        let (mut read, mut buffer, mut length) = (content.open()?, vec![0; PIECE], 0);
        loop {
            let piece = match read.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => &buffer[..count],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if let Some(md5) = &mut md5 {
                md5.update(piece);
            }
            if let Some(sha256) = &mut sha256 {
                sha256.update(piece);
            }
            length += piece.len() as u64;
        }
        if length != content.length() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Self { md5: md5.map(|md5| md5.finalize().into()), sha256: sha256.map(Context::finish) })
    }

    /// The MD5 as the header `Content-MD5` has it.
    pub(crate) fn md5(&self) -> Option<String> {
        self.md5.map(|md5| BASE64_STANDARD.encode(md5))
    }

    /// The SHA-256 as the header `x-amz-checksum-sha256` has it.
    pub(crate) fn sha256(&self) -> Option<String> {
        self.sha256.map(|sha256| BASE64_STANDARD.encode(sha256))
    }

    /// Whether `etag` is that of other bytes. Only an `ETag` that looks like an MD5 says so: a store that encrypts may
    /// use any other text.
    pub(crate) fn contradicts(&self, etag: &str) -> bool {
        let etag = etag.trim_matches('"');
        let is_md5 = etag.len() == 32 && etag.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_md5 && self.md5.is_some_and(|md5| !etag.eq_ignore_ascii_case(&hex(&md5)))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
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
    fn only_the_kinds_that_are_sent_are_computed() {
        let of = |kinds| Checksums::of(&Text("hello", 5), kinds).unwrap();
        let sent = |kinds| (of(kinds).md5(), of(kinds).sha256());
        let md5 = Some("XUFAKrxLKna5cZ2REBfFkg==".to_owned());
        let sha256 = Some("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=".to_owned());
        assert_eq!(sent(Kinds::Md5), (md5.clone(), None));
        assert_eq!(sent(Kinds::Sha256), (None, sha256.clone()));
        assert_eq!(sent(Kinds::Both), (md5, sha256));
    }

    #[test]
    fn an_etag_is_compared_if_it_is_an_md5() {
        let contradicts = |kinds, etag| Checksums::of(&Text("hello", 5), kinds).unwrap().contradicts(etag);
        assert!(!contradicts(Kinds::Md5, "\"5d41402abc4b2a76b9719d911017c592\""));
        assert!(contradicts(Kinds::Md5, "\"5d41402abc4b2a76b9719d911017c593\""));
        assert!(!contradicts(Kinds::Md5, "\"not-an-md5\""));
        assert!(!contradicts(Kinds::Sha256, "\"5d41402abc4b2a76b9719d911017c593\""));
    }

    #[test]
    fn content_of_another_length_is_an_error() {
        for kinds in [Kinds::Md5, Kinds::Sha256] {
            let error = Checksums::of(&Text("hell", 5), kinds).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
    }
}
