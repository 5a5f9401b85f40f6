//! Writes bodies that do not fit in memory.

use std::{
    fs::File,
    io::{self, Write},
};

use super::spool::Spool;

/// A body on disk that is still arriving.
#[derive(Debug, Default)]
pub(super) struct Spooling {
    spool: Spool,
    /// How much is in the last file.
    in_last: u64,
}

/// The length of the first files.
const FIRST: u64 = 64 << 20;

/// How many files have the same length. The next ones are twice as long, because a process cannot have many files open.
const SAME: usize = 8;

impl Spooling {
    /// Appends bytes. Each file is one that `create` returns.
    pub(super) fn append(
        &mut self,
        bytes: &[u8],
        create: impl FnOnce() -> io::Result<File>,
    ) -> io::Result<()> {
        let Spool { files, length, .. } = &mut self.spool;
        if files.is_empty() || self.in_last >= longest(files.len() - 1) {
            files.push(create()?);
            self.in_last = 0;
        }
        if let Some(last) = files.last_mut() {
            last.write_all(bytes)?;
        }
        *length += bytes.len() as u64;
        self.in_last += bytes.len() as u64;
        Ok(())
    }

    /// The whole body.
    pub(super) fn finish(self) -> Spool {
        self.spool
    }
}

/// The length of the file that follows this many others.
fn longest(before: usize) -> u64 {
    FIRST << (before / SAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_body_needs_few_files() {
        let files = |length: u64| {
            let after = |(count, left): &(usize, u64)| Some((count + 1, left.checked_sub(longest(*count))?));
            std::iter::successors(Some((0, length)), after).count()
        };
        assert_eq!([1 << 20, 200 << 20, 1 << 30, 10 << 30, 1 << 40].map(files), [1, 4, 13, 35, 89]);
    }
}
