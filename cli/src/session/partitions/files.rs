//! Checksums, copies and removal of files.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use ring::digest::{Context, Digest, SHA256, digest};

/// The SHA-256 of some bytes, in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes))
}

/// How many bytes a reader has, and their SHA-256.
pub(crate) fn checksum(mut from: impl Read) -> io::Result<(u64, String)> {
    let (mut context, mut length) = (Context::new(&SHA256), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok((length, hex(context.finish()))),
            Ok(read) => {
                context.update(&buffer[..read]);
                length += read as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Sums up what is written to another writer.
pub(crate) struct Summed<W> {
    context: Context,
    to: W,
}

impl<W> Summed<W> {
    /// Writes to `to`.
    pub(crate) fn new(to: W) -> Self {
        Self { context: Context::new(&SHA256), to }
    }

    /// The writer, and the SHA-256 of what was written.
    pub(crate) fn finish(self) -> (W, String) {
        (self.to, hex(self.context.finish()))
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.context.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn hex(digest: Digest) -> String {
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The names that a sink may give to a file until it is complete, and its final name.
pub(crate) fn all_names(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let patterns = [
        name.to_string(),
        format!("{name}.part"),
        format!("{name}.spool"),
        format!(".{name}.part"),
        format!(".{name}.spool"),
    ];
    patterns.into_iter().map(|name| path.with_file_name(name)).collect()
}

/// Copies a file, if there is one. The copy is durable when this returns, except for its name.
pub(crate) fn copy_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::copy(from, to) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        copied => copied.and_then(|_| File::options().write(true).open(to)?.sync_all()),
    }
}

/// Removes a file, if there is one.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The names in a folder; none if there is no folder.
pub(crate) fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_the_one_of_fips_180() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), abc);
        assert_eq!(checksum(&b"abc"[..]).unwrap(), (3, abc.to_owned()));
    }
}
