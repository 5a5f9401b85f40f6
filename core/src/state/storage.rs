//! Where the state of a stream is stored.

use std::{fmt::Debug, io, path::PathBuf};

/// A text that is always replaced as a whole, and journals beside it, which grow.
///
/// # Contract
/// 1. What was written is durable when a method returns `Ok`.
/// 2. The engine extends journals first, and replaces the text second. After a crash in between, the text is the old one,
///    and the journals have at least what they had when it was written.
pub(super) trait Storage: Debug + Send + Sync {
    /// The path or address of the text, or of the journal with this ending, for messages.
    fn path(&self, ending: &str) -> PathBuf;

    /// Reads the text. `None` if there is none.
    fn read(&self) -> io::Result<Option<Vec<u8>>>;

    /// Makes what is there durable. A run that was killed may have replaced the text, or created a journal, and not synced
    /// the folder.
    fn confirm(&self) -> io::Result<()>;

    /// Replaces the text, completely or not at all.
    fn replace(&self, text: &[u8]) -> io::Result<()>;

    /// Reads the first `length` bytes of a journal, or all if there are fewer.
    fn read_journal(&self, ending: &str, length: u64) -> io::Result<Vec<u8>>;

    /// Writes `bytes` to a journal after the first `after`, over whatever is there.
    fn extend_journal(&self, ending: &str, after: u64, bytes: &[u8]) -> io::Result<()>;

    /// Whether a journal has any bytes.
    fn has_journal(&self, ending: &str) -> io::Result<bool>;

    /// Removes a journal. It is no error if there is none.
    fn remove_journal(&self, ending: &str) -> io::Result<()>;

    /// Whether the local files that belong to the state are of the run that has written it last.
    fn has_local_files(&self) -> bool;
}
