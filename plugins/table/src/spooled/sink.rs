//! Writes records to the spool, and then to the file.

use std::path::{Path, PathBuf};

use longhaul_plugin::{Batch, Mark, Receipt, Sink, SinkError};

use super::{error::refused, format::FileFormat, part_file::PartFile, rows::SpooledRows, spool::Spool};
use crate::choice::{ColumnChoice, PullColumns};

/// An open sink that writes the file at the end of the pull.
///
/// The records of a pull go to a spool next to the file, `.<name>.spool`; the receipt of a commit is the length of the
/// spool. Finishing writes the file under a temporary name, `.<name>.part`, and then renames it, so readers never see a
/// partial file.
#[derive(Debug)]
pub struct SpooledFile<F> {
    path: PathBuf,
    format: F,
    columns: PullColumns,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Records are being written to the spool.
    Spooling(Spool),
    /// The file of the pull with this receipt is complete.
    Complete(Receipt),
}

impl<F: FileFormat> SpooledFile<F> {
    /// Opens the sink for a pull into the file at `path`, new or rolled back to the receipt.
    pub fn open(
        path: PathBuf,
        format: F,
        columns: &ColumnChoice,
        from: Option<&Receipt>,
    ) -> Result<Self, SinkError> {
        let spool = temporary(&path, "spool");
        let mut columns = PullColumns::of(columns);
        let state = match from {
            None => State::Spooling(Spool::create(spool)?),
            Some(receipt) => {
                let cannot_resume =
                    |reason: &str| refused(format!("cannot resume `{}`: {reason}", path.display()));
                let not_a_length = |_| cannot_resume(&format!("the receipt `{}` is not a length", receipt.0));
                let length = receipt.0.parse().map_err(not_a_length)?;
                if spool.exists() {
                    let mut spool = Spool::resume(spool, length)?;
                    if let PullColumns::Inferred(inferred) = &mut columns {
                        spool.each(|record| {
                            let ends = [record.len()];
                            inferred.add(&Batch::new(record, &ends), |at| format.holds_time(at))
                        })?;
                    }
                    State::Spooling(spool)
                } else if format.is_from(&path, receipt) {
                    State::Complete(receipt.clone())
                } else if length == 0 {
                    // Nothing was committed that could be missing.
                    State::Spooling(Spool::create(spool)?)
                } else {
                    return Err(cannot_resume("its spool is gone"));
                }
            }
        };
        Ok(Self { path, format, columns, state })
    }
}

impl<F: FileFormat> Sink for SpooledFile<F> {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let State::Spooling(spool) = &mut self.state else {
            let message = format!("cannot write to `{}`: it is already complete", self.path.display());
            return Err(refused(message));
        };
        // Check the values now rather than at the end of the pull.
        let (format, columns) = (&self.format, &mut self.columns);
        if let PullColumns::Inferred(inferred) = columns {
            inferred.add(batch, |at| format.holds_time(at))?;
        }
        // A copy, because inferred columns change while they are read.
        let listed = columns.list().to_vec();
        columns.read(batch, |number, row| format.check(&listed, number, row))?;
        spool.write(batch)
    }

    fn commit(&mut self, _: Mark) -> Result<Receipt, SinkError> {
        match &mut self.state {
            State::Spooling(spool) => spool.commit(),
            State::Complete(receipt) => Ok(receipt.clone()),
        }
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        let State::Spooling(mut spool) = self.state else { return Ok(()) };
        let receipt = spool.commit()?;
        let mut part = PartFile::create(temporary(&self.path, "part"))?;
        let mut columns = self.columns.finished();
        let written = self.format.write(&mut part, SpooledRows::new(&mut spool, &mut columns), &receipt);
        // A change by another program may be the reason for an error.
        part.check()?;
        written?;
        if !self.format.is_from(part.path(), &receipt) {
            let what = format!("cannot publish `{}`: it is not what was written", part.path().display());
            return Err(refused(what));
        }
        part.publish(&self.path)?;
        // Removed last, so that the file can be written again if the run is killed before.
        spool.remove()
    }
}

/// The path of a temporary file for the file at `path`. Readers of a whole folder skip names that start with a dot.
fn temporary(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{ending}"))
}
