//! The text of a page in a file.

use std::io::{self, Read};

use super::reader::Reader;
use crate::client::BodyFault;

/// The text of a page in a file, as far as it was read and not used yet.
#[derive(Debug)]
pub(super) struct Text<R> {
    body: R,
    pub(super) bytes: Vec<u8>,
    pub(super) is_at_end: bool,
}

/// How much of a file is read at a time.
pub(super) const BATCH: usize = 1 << 20;

/// The maximum length of a line.
pub(super) const LONGEST: usize = 16 << 20;

impl<R: Read> Text<R> {
    /// The text of `body`, without its byte order mark. `memory` is memory to use.
    pub(super) fn of(mut body: R, mut memory: Vec<u8>) -> io::Result<Self> {
        memory.clear();
        (&mut body).take(3).read_to_end(&mut memory)?;
        if memory == b"\xef\xbb\xbf" {
            memory.clear();
        }
        Ok(Self { body, bytes: memory, is_at_end: false })
    }

    /// Reads until there is a batch of it, or more if a line is longer. `reader` has read the lines before.
    pub(super) fn fill(&mut self, reader: &Reader) -> Result<(), BodyFault> {
        let before = self.bytes.len();
        if before > LONGEST {
            return Err(BodyFault::LongLine { number: reader.number() + 1, longest: LONGEST >> 20 });
        }
        let wanted = BATCH.max(2 * before).min(LONGEST + 1) - before;
        let read = (&mut self.body).take(wanted as u64).read_to_end(&mut self.bytes);
        self.is_at_end = read.map_err(BodyFault::Disk)? < wanted;
        Ok(())
    }

    /// Its memory, for another text.
    pub(super) fn into_memory(self) -> Vec<u8> {
        self.bytes
    }
}
