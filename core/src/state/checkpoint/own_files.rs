//! How the files of a window of its own were before it, as entries of a journal.

use serde::{Deserialize, Serialize};

use super::{PartitionProgress, Position};
use crate::window::Window;

/// How the files that a window has of its own were before its first page: where a pull that is dropped takes them back
/// to. In the journal it is JSON, filled up with blanks.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnFiles {
    pub(crate) window: Window,
    pub(crate) sinks_before: Position,
}

impl OwnFiles {
    /// Those of a part, if it has any.
    pub(crate) fn of(part: &PartitionProgress) -> Option<Self> {
        Some(Self { window: part.window?, sinks_before: part.sinks_before.clone()? })
    }

    pub(crate) fn entries(&self) -> Vec<u128> {
        // Times and texts can always be written.
        let mut text = serde_json::to_vec(self).unwrap_or_default();
        text.resize(text.len().next_multiple_of(size_of::<u128>()), b' ');
        let (entries, _) = text.as_chunks();
        entries.iter().map(|entry| u128::from_le_bytes(*entry)).collect()
    }

    /// What was written as these entries, whose sum was found to be right.
    pub(crate) fn read(entries: &[u128]) -> Vec<Self> {
        let text: Vec<_> = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        serde_json::Deserializer::from_slice(&text).into_iter().map_while(Result::ok).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{OwnFiles, PartitionProgress, Position, Window};
    use crate::sink::Receipt;

    #[test]
    fn what_was_written_is_read() {
        let window = Window { start: Timestamp::UNIX_EPOCH, end: Timestamp::MAX };
        let part = |receipt: &str| {
            let receipts = [("lines".to_owned(), Receipt(receipt.to_owned()))].into();
            let before = Position { receipts, ..Position::default() };
            PartitionProgress { sinks_before: Some(before), ..PartitionProgress::of(window) }
        };
        assert_eq!(OwnFiles::of(&PartitionProgress::of(window)), None);
        for length in 0..40 {
            let all: Vec<_> =
                ["", "é", "\"}"].map(|text| OwnFiles::of(&part(&text.repeat(length))).unwrap()).into();
            let entries: Vec<_> = all.iter().flat_map(OwnFiles::entries).collect();
            assert_eq!(OwnFiles::read(&entries), all);
        }
    }
}
