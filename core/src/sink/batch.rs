//! The records of one page.

/// The records of one page: JSON values of one line each, every one ended by `\n`, in one run of bytes.
///
/// The bytes can go to a file as they are; [`records`](Self::records) takes them apart.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
}

impl<'a> Batch<'a> {
    /// `ends` holds, for each record, the index just past its `\n`.
    ///
    /// # Panics
    /// If the last end is not the end of `bytes`.
    pub fn new(bytes: &'a [u8], ends: &'a [usize]) -> Self {
        assert_eq!(ends.last().copied().unwrap_or(0), bytes.len(), "a batch ends where its last record does");
        Self { bytes, ends }
    }

    /// All records, each ended by `\n`.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// For each record, the index just past its `\n`.
    pub fn ends(&self) -> &'a [usize] {
        self.ends
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each record's JSON text, without the `\n`.
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
    fn records_come_apart_at_their_ends() {
        let batch = Batch::new(b"{}\n[1]\n", &[3, 7]);
        assert_eq!(batch.records().collect::<Vec<_>>(), [b"{}".as_slice(), b"[1]"]);
        assert!(Batch::new(b"", &[]).is_empty());
    }
}
