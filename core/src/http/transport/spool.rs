//! Bodies that do not fit in memory.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read, Seek},
};

/// A body on disk. It consists of several files, so that most of its space is free again before the last of it is read.
#[derive(Debug, Default)]
pub struct Spool {
    pub(super) files: Vec<File>,
    pub(super) length: u64,
    /// Which file is read.
    at: usize,
}

impl Spool {
    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Starts reading at the first byte again.
    ///
    /// # Errors
    /// The error of the disk.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.at = 0;
        self.files.iter_mut().try_for_each(Seek::rewind)
    }

    /// Reads the body for the last time. What was read is removed.
    pub(crate) fn into_last_reader(mut self) -> io::Result<LastReader> {
        self.rewind()?;
        Ok(LastReader(self.files.into()))
    }
}

/// A body in one file.
impl TryFrom<File> for Spool {
    type Error = io::Error;

    fn try_from(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { files: vec![file], length, at: 0 })
    }
}

impl Read for Spool {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(file) = self.files.get_mut(self.at) {
            match file.read(into)? {
                0 if !into.is_empty() => self.at += 1,
                read => return Ok(read),
            }
        }
        Ok(0)
    }
}

/// Reads a body once.
#[derive(Debug)]
pub(crate) struct LastReader(VecDeque<File>);

impl Read for LastReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(file) = self.0.front_mut() {
            match file.read(into)? {
                0 if !into.is_empty() => drop(self.0.pop_front()),
                read => return Ok(read),
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_body_in_several_files_is_read_twice() {
        let files = [[b'a'; 10], [b'b'; 10], [b'c'; 10]].map(|bytes| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            file
        });
        let mut spool = Spool { files: files.into(), length: 30, ..Spool::default() };
        let whole = format!("{}{}{}", "a".repeat(10), "b".repeat(10), "c".repeat(10));
        for _ in 0..2 {
            let mut read = String::new();
            spool.rewind().unwrap();
            spool.read_to_string(&mut read).unwrap();
            assert_eq!(read, whole);
        }
        let (mut last, mut read) = (spool.into_last_reader().unwrap(), [0; 15]);
        last.read_exact(&mut read).unwrap();
        assert_eq!((&read[..], last.0.len()), (&whole.as_bytes()[..15], 2));
        last.read_exact(&mut read).unwrap();
        assert_eq!((&read[..], last.read(&mut [0]).unwrap(), last.0.len()), (&whole.as_bytes()[15..], 0, 0));
    }
}
