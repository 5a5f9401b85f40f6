//! Writing CSV whose columns are known once the last record is.

use longhaul_core::sink::{Batch, Mark, Receipt, Sink, SinkError, SinkErrorKind, Variables};

use super::{style::Style, union::UnionTable};
use crate::file::{RecordFile, Spool, Target};

/// How many bytes of rows are written at a time.
const CHUNK: usize = 1 << 16;

/// An open `csv` sink without columns: records go to a spool, of which the table is made when the pull is complete.
///
/// A receipt is the spool's, and how long the table of its records is. By that a table which is finished is known.
#[derive(Debug)]
pub(crate) struct SpooledCsv {
    target: Target,
    variables: Variables,
    table: UnionTable,
    /// The last commit.
    mark: Mark,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The records come.
    Spooling(Spool),
    /// The table was finished already when the sink was opened, at this receipt.
    Finished(Receipt),
}

impl SpooledCsv {
    /// The sink of a pull with these variables, from the beginning or as it was at the receipt `from`.
    pub(crate) fn open(
        target: &Target,
        style: Style,
        variables: &Variables,
        from: Option<(&Receipt, Mark)>,
    ) -> Result<Self, SinkError> {
        let mut table = UnionTable::new(style);
        let state = match from {
            // A spool is not kept before anything has come.
            None | Some((_, Mark::START)) => State::Spooling(Spool::begin(target, variables)?),
            Some((from, _)) => {
                let (of_spool, length) = taken_apart(from);
                match Spool::go_on(target, variables, &of_spool, length)? {
                    None => State::Finished(from.clone()),
                    Some(mut spool) => {
                        spool.lines(|record| table.note(record).map_err(|why| why.of("a record")))?;
                        State::Spooling(spool)
                    }
                }
            }
        };
        let mark = from.map_or(Mark::START, |(_, mark)| mark);
        Ok(Self { target: target.clone(), variables: variables.clone(), table, mark, state })
    }

    fn make_table(&mut self, spool: &mut Spool) -> Result<(), SinkError> {
        let mut file = RecordFile::open(&self.target, &self.variables, None)?;
        let mut rows = self.table.header();
        spool.lines(|record| {
            self.table.row(record, &mut rows).map_err(|why| why.of("a record"))?;
            if rows.len() >= CHUNK {
                file.write(&rows)?;
                rows.clear();
            }
            Ok(())
        })?;
        file.write(&rows)?;
        file.commit(self.mark)?;
        file.finish()
    }
}

impl Sink for SpooledCsv {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let State::Spooling(spool) = &mut self.state else {
            let shown = self.target.place(&self.variables)?.shown;
            let message = format!("cannot write to `{shown}`: it is complete already");
            return Err(SinkError::new(SinkErrorKind::Rejected, message));
        };
        self.table.note_all(batch)?;
        spool.write(batch.bytes())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.mark = mark;
        match &mut self.state {
            State::Spooling(spool) => {
                let Receipt(of_spool) = spool.commit(mark)?;
                Ok(Receipt(format!("{of_spool} {}", self.table.length())))
            }
            State::Finished(receipt) => Ok(receipt.clone()),
        }
    }

    /// Makes the table, and takes the spool away last: whoever is killed before does it all again.
    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        let finished = State::Finished(Receipt::default());
        let State::Spooling(mut spool) = std::mem::replace(&mut self.state, finished) else { return Ok(()) };
        self.make_table(&mut spool)?;
        spool.remove()
    }
}

/// The spool's receipt, and the length of the table. One that is neither is for the spool to refuse.
fn taken_apart(Receipt(text): &Receipt) -> (Receipt, u64) {
    let apart = text.rsplit_once(' ').and_then(|(spool, length)| Some((spool, length.parse().ok()?)));
    let (spool, length) = apart.unwrap_or((text, 0));
    (Receipt(spool.to_owned()), length)
}
