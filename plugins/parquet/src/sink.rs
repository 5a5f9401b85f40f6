//! Writes records to the spool, and then to a Parquet file.

use std::path::PathBuf;

use longhaul_plugin::{Batch, Mark, Receipt, Sink, SinkError};

use crate::{
    error::rejected,
    file::{self, is_from, temporary},
    group::check,
    layout::Layout,
    spool::Spool,
};

/// An open `parquet` sink.
#[derive(Debug)]
struct ParquetSink {
    path: PathBuf,
    layout: Layout,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Records are being written to the spool.
    Spooling(Spool),
    /// The file of the pull with this receipt is complete.
    Complete(Receipt),
}

/// Opens the sink for a pull into the file at `path`, new or rolled back to the receipt.
pub(crate) fn open(
    path: PathBuf,
    layout: Layout,
    from: Option<&Receipt>,
) -> Result<Box<dyn Sink>, SinkError> {
    let spool = temporary(&path, "spool");
    let state = match from {
        None => State::Spooling(Spool::create(spool)?),
        Some(receipt) => {
            let cannot_resume =
                |reason: &str| rejected(format!("cannot resume `{}`: {reason}", path.display()));
            let not_a_length = |_| cannot_resume(&format!("the receipt `{}` is not a length", receipt.0));
            let length = receipt.0.parse().map_err(not_a_length)?;
            if spool.exists() {
                State::Spooling(Spool::resume(spool, length)?)
            } else if is_from(&path, receipt) {
                State::Complete(receipt.clone())
            } else {
                return Err(cannot_resume("its spool is gone"));
            }
        }
    };
    Ok(Box::new(ParquetSink { path, layout, state }))
}

impl Sink for ParquetSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let State::Spooling(spool) = &mut self.state else {
            let message = format!("cannot write to `{}`: it is already complete", self.path.display());
            return Err(rejected(message));
        };
        // Check the values now rather than at the end of the pull.
        let columns = &self.layout.columns;
        columns.read(batch, |number, row| check(columns, number, row))?;
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
        file::write(&self.path, &self.layout, &mut spool, &receipt)?;
        // Removed last, so that the file can be written again if the run is killed before.
        spool.remove()
    }
}
