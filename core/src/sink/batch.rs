//! Records of a page.

/// The records of a page, or of a part of a long one, as consecutive lines: each is a JSON value on one line, followed by `\n`.
///
/// The bytes can be written to a file as they are. [`records`](Self::records) splits them.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Batch<'a> {
    /// A batch of `bytes`, where `ends` has the index after the `\n` of each record.
    ///
    /// # Panics
    /// If the last end is not the end of `bytes`.
    pub fn new(bytes: &'a [u8], ends: &'a [usize]) -> Self {
        assert_eq!(
            ends.last().copied().unwrap_or(0),
            bytes.len(),
            "the last record must end at the end of the batch"
        );
        Self { bytes, ends }
    }

    /// All records, each followed by `\n`.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The index after the `\n` of each record.
    pub fn ends(&self) -> &'a [usize] {
        self.ends
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The JSON text of each record, without the `\n`.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let (bytes, ends) = (self.bytes, self.ends);
        (0..ends.len()).map(move |index| {
            let start = if index == 0 { 0 } else { ends[index - 1] };
            &bytes[start..ends[index] - 1]
        })
    }
}

/// Lines that are being collected for a [`Batch`].
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ends: Vec<usize>,
}

impl Lines {
    /// Adds a line, given in pieces.
    pub(crate) fn push(&mut self, pieces: &[&str]) {
        for piece in pieces {
            self.bytes.extend(piece.as_bytes());
        }
        self.bytes.push(b'\n');
        self.ends.push(self.bytes.len());
    }

    /// The lines as a batch.
    pub(crate) fn batch(&self) -> Batch<'_> {
        Batch::new(&self.bytes, &self.ends)
    }

    /// Keeps only the records for which `keep` is true, and returns how many were removed.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&[u8]) -> bool) -> u64 {
        let before = self.ends.len();
        let (mut from, mut to, mut kept) = (0, 0, Vec::with_capacity(before));
        for end in &self.ends {
            if keep(&self.bytes[from..end - 1]) {
                self.bytes.copy_within(from..*end, to);
                to += end - from;
                kept.push(to);
            }
            from = *end;
        }
        self.bytes.truncate(to);
        self.ends = kept;
        (before - self.ends.len()) as u64
    }

    /// Removes all lines.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Batch, Lines};

    #[test]
    fn lines_can_be_removed() {
        let mut lines = Lines::default();
        for line in ["a", "bb", "c", "ddd"] {
            lines.push(&[line]);
        }
        assert_eq!(lines.retain(|line| line != b"a" && line != b"c"), 2);
        assert_eq!(lines.batch().records().collect::<Vec<_>>(), [b"bb".as_slice(), b"ddd"]);
        assert_eq!((lines.retain(|_| true), lines.batch().len()), (0, 2));
    }

    #[test]
    fn records_are_split_at_their_ends() {
        let batch = Batch::new(b"{}\n[1]\n", &[3, 7]);
        assert_eq!(batch.records().collect::<Vec<_>>(), [b"{}".as_slice(), b"[1]"]);
        assert!(Batch::new(b"", &[]).is_empty());
    }
}
