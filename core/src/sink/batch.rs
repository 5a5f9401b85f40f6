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

#[cfg(test)]
mod tests {
    use super::Batch;

    #[test]
    fn records_are_split_at_their_ends() {
        let batch = Batch::new(b"{}\n[1]\n", &[3, 7]);
        assert_eq!(batch.records().collect::<Vec<_>>(), [b"{}".as_slice(), b"[1]"]);
        assert!(Batch::new(b"", &[]).is_empty());
    }
}
