//! Where the own files of a partition stood before it, as entries of a journal.

use serde::{Deserialize, Serialize};

use super::{PartitionProgress, Position};
use crate::partition::PartitionId;

/// Where the own files of a partition stood before its first page. A pull that is not resumed rolls them back to there. In the
/// journal, this is JSON, padded with spaces.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnFiles {
    pub(crate) partition: PartitionId,
    pub(crate) sinks_before: Position,
}

impl OwnFiles {
    /// The files of a partition, if it has any.
    pub(crate) fn of(part: &PartitionProgress) -> Option<Self> {
        Some(Self { partition: part.id, sinks_before: part.sinks_before.clone()? })
    }

    pub(crate) fn entries(&self) -> Vec<u128> {
        // Times and strings can always be serialized.
        let mut text = serde_json::to_vec(self).unwrap_or_default();
        text.resize(text.len().next_multiple_of(size_of::<u128>()), b' ');
        let (entries, _) = text.as_chunks();
        entries.iter().map(|entry| u128::from_le_bytes(*entry)).collect()
    }

    /// Reads entries whose sum was checked.
    pub(crate) fn read(entries: &[u128]) -> Vec<Self> {
        let text: Vec<_> = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        serde_json::Deserializer::from_slice(&text).into_iter().map_while(Result::ok).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{OwnFiles, PartitionProgress, Position};
    use crate::{sink::Receipt, window::Window};

    #[test]
    fn entries_are_read_as_they_were_written() {
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
