//! Writing Parquet.

use std::{path::PathBuf, sync::Arc};

use longhaul_plugin::{Batch, Mark, Receipt, Sink, SinkError, SinkErrorKind};
use longhaul_table::Columns;

use crate::{
    config::Compression,
    file::{beside, is_of, make},
    group::check,
    spool::Spool,
};

/// How a file is laid out.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) columns: Arc<Columns>,
    pub(crate) compression: Compression,
    pub(crate) row_group_size: usize,
}

/// An open `parquet` sink.
#[derive(Debug)]
struct ParquetSink {
    path: PathBuf,
    layout: Layout,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The records gather.
    UnderWay(Spool),
    /// The file of the pull with this receipt is whole.
    Complete(Receipt),
}

/// Opens the sink for a pull into the file at `path`, from the beginning or as it was at the receipt.
pub(crate) fn open(
    path: PathBuf,
    layout: Layout,
    from: Option<&Receipt>,
) -> Result<Box<dyn Sink>, SinkError> {
    let spool = beside(&path, "spool");
    let state = match from {
        None => State::UnderWay(Spool::begin(spool)?),
        Some(receipt) => {
            let refused = |why: &str| rejected(format!("cannot go on with `{}`: {why}", path.display()));
            let not_a_length = |_| refused(&format!("the receipt `{}` is not a length", receipt.0));
            let length = receipt.0.parse().map_err(not_a_length)?;
            if spool.exists() {
                State::UnderWay(Spool::go_on(spool, length)?)
            } else if is_of(&path, receipt) {
                State::Complete(receipt.clone())
            } else {
                return Err(refused("what it was to be made of is gone"));
            }
        }
    };
    Ok(Box::new(ParquetSink { path, layout, state }))
}

impl Sink for ParquetSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let State::UnderWay(spool) = &mut self.state else {
            let message = format!("cannot write to `{}`: it is complete already", self.path.display());
            return Err(rejected(message));
        };
        // What does not fit is to be known now, and not when all has been pulled.
        let columns = &self.layout.columns;
        columns.read(batch, |number, row| check(columns, number, row))?;
        spool.write(batch)
    }

    fn commit(&mut self, _: Mark) -> Result<Receipt, SinkError> {
        match &mut self.state {
            State::UnderWay(spool) => spool.commit(),
            State::Complete(receipt) => Ok(receipt.clone()),
        }
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        let State::UnderWay(mut spool) = self.state else { return Ok(()) };
        let receipt = spool.commit()?;
        make(&self.path, &self.layout, &mut spool, &receipt)?;
        // Last, so that whatever comes between, the file can be made again.
        spool.remove()
    }
}

fn rejected(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}
