//! Writes CSV whose columns are only known after the last record.

use longhaul_core::sink::{Batch, Mark, Receipt, Sink, SinkError, SinkErrorKind, Variables};

use super::{style::Style, union::UnionTable};
use crate::{
    file::{Spool, Target},
    object::new_tag,
    output::Output,
};

/// The number of bytes after which rows are written to the file.
const CHUNK: usize = 1 << 16;

/// An open `csv` sink without configured columns. Records go to a spool; when the pull is complete, the table is made
/// from it.
///
/// A receipt is the spool's receipt, the length of the table of its records, by which a finished file is recognized, and
/// the tag of the pull, by which a finished object is.
#[derive(Debug)]
pub(crate) struct SpooledCsv {
    target: Target,
    variables: Variables,
    table: UnionTable,
    /// The mark of the last commit.
    mark: Mark,
    /// The tag of the pull.
    tag: String,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Records are being written to the spool.
    Spooling(Spool),
    /// The table was already finished when the sink was opened at this receipt.
    Finished(Receipt),
}

impl SpooledCsv {
    /// Opens the sink of the pull at `variables`, new or rolled back to the receipt `from`.
    pub(crate) fn open(
        target: &Target,
        style: Style,
        variables: &Variables,
        from: Option<(&Receipt, Mark)>,
    ) -> Result<Self, SinkError> {
        let mut table = UnionTable::new(style);
        let mut tag = new_tag();
        let state = match from {
            // A spool without a page is removed when it is dropped.
            None | Some((_, Mark::START)) => State::Spooling(Spool::create(target, variables)?),
            Some((from, _)) => {
                let (of_spool, length, of_pull) = split_receipt(from);
                tag = of_pull;
                match Spool::resume(target, variables, &of_spool, &tag, length)? {
                    None => State::Finished(from.clone()),
                    Some(mut spool) => {
                        spool
                            .lines(|record| table.add(record).map_err(|error| error.in_record("a record")))?;
                        State::Spooling(spool)
                    }
                }
            }
        };
        let mark = from.map_or(Mark::START, |(_, mark)| mark);
        Ok(Self { target: target.clone(), variables: variables.clone(), table, mark, tag, state })
    }

    fn write_table(&mut self, spool: &mut Spool) -> Result<(), SinkError> {
        let mut output = Output::create(&self.target, &self.variables, &self.tag)?;
        let mut rows = self.table.header();
        spool.lines(|record| {
            self.table.row(record, &mut rows).map_err(|error| error.in_record("a record"))?;
            if rows.len() >= CHUNK {
                output.write(&rows)?;
                rows.clear();
            }
            Ok(())
        })?;
        output.write(&rows)?;
        output.commit(self.mark)?;
        output.finish()
    }
}

impl Sink for SpooledCsv {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let State::Spooling(spool) = &mut self.state else {
            let shown = self.target.shown(&self.variables)?;
            let message = format!("cannot write to `{shown}`: it is already complete");
            return Err(SinkError::new(SinkErrorKind::Rejected, message));
        };
        self.table.add_page(batch)?;
        spool.write(batch.bytes())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.mark = mark;
        match &mut self.state {
            State::Spooling(spool) => {
                let Receipt(of_spool) = spool.commit(mark)?;
                Ok(Receipt(format!("{of_spool} {} {}", self.table.length(), self.tag)))
            }
            State::Finished(receipt) => Ok(receipt.clone()),
        }
    }

    /// Writes the table and then removes the spool, so that a run that is killed in between writes the table again.
    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        let finished = State::Finished(Receipt::default());
        let State::Spooling(mut spool) = std::mem::replace(&mut self.state, finished) else { return Ok(()) };
        self.write_table(&mut spool)?;
        spool.remove()
    }
}

/// Splits a receipt into the spool's receipt, the length of the table and the tag. The spool reports an invalid one.
fn split_receipt(Receipt(text): &Receipt) -> (Receipt, u64, String) {
    let apart = text.rsplit_once(' ').and_then(|(rest, tag)| {
        let (spool, length) = rest.rsplit_once(' ')?;
        Some((spool, length.parse().ok()?, tag))
    });
    let (spool, length, tag) = apart.unwrap_or((text, 0, ""));
    (Receipt(spool.to_owned()), length, tag.to_owned())
}
