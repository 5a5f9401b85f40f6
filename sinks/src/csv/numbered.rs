//! Writes CSV to several files, none of which has more rows than a spreadsheet shows.

use std::sync::Arc;

use longhaul_core::sink::{Batch, Mark, Receipt, Sink, SinkError, SinkErrorKind, Variables};

use super::table::Table;
use crate::file::{Mode, RecordFile, Target};

/// An open `csv` sink that continues in another file when one is full: `calls.csv`, `calls.2.csv` and so on.
///
/// A receipt is the number of the first file, the number of rows in the last, and the receipts of all files.
#[derive(Debug)]
pub(crate) struct NumberedCsv {
    target: Target,
    variables: Variables,
    table: Arc<Table>,
    /// The most rows of a file, with its header.
    max_rows: u64,
    /// The number of the first file of this pull. In append mode, it may follow files of earlier pulls.
    first: u64,
    /// The files of this pull. Rows go to the last one.
    files: Vec<RecordFile>,
    /// The number of rows in the last file, with its header, and with those in `pending`.
    rows: u64,
    /// What to write next.
    pending: Vec<u8>,
}

impl NumberedCsv {
    /// Opens the files of the pull at `variables`, new or rolled back to the receipt `from`.
    pub(crate) fn open(
        target: &Target,
        table: Arc<Table>,
        max_rows: u64,
        variables: &Variables,
        from: Option<(&Receipt, Mark)>,
    ) -> Result<Self, SinkError> {
        let (target, variables) = (target.clone(), variables.clone());
        let mut sink = Self {
            target,
            variables,
            table,
            max_rows,
            first: 1,
            files: Vec::new(),
            rows: 0,
            pending: Vec::new(),
        };
        match from {
            None => sink.start()?,
            Some((receipt, mark)) => sink.resume(receipt, mark)?,
        }
        if sink.rows == 0 {
            sink.pending = sink.table.header();
            sink.rows = 1;
        }
        Ok(sink)
    }

    fn start(&mut self) -> Result<(), SinkError> {
        if self.target.mode == Mode::Append {
            while self.target.numbered(self.first + 1).exists(&self.variables)? {
                self.first += 1;
            }
        }
        let mut file = RecordFile::open(&self.target.numbered(self.first), &self.variables, None)?;
        if !file.is_empty()? {
            self.table.check_header(&mut file)?;
            self.rows = file.rows()?;
        }
        self.files.push(file);
        Ok(())
    }

    fn resume(&mut self, receipt: &Receipt, mark: Mark) -> Result<(), SinkError> {
        let foreign = || {
            let message = format!("the receipt `{}` was not issued by this sink", receipt.0);
            SinkError::new(SinkErrorKind::Broken, message)
        };
        let mut parts = receipt.0.split('|');
        let (first, rows) = parts.next().and_then(|numbers| numbers.split_once(' ')).ok_or_else(foreign)?;
        self.first = first.parse().map_err(|_| foreign())?;
        self.rows = rows.parse().map_err(|_| foreign())?;
        for (number, receipt) in (self.first..).zip(parts) {
            let from = Some((&Receipt(receipt.to_owned()), mark));
            self.files.push(RecordFile::open(&self.of(number), &self.variables, from)?);
        }
        if self.files.is_empty() { Err(foreign()) } else { Ok(()) }
    }

    /// The file with this number. Only the first one is there before the pull.
    fn of(&self, number: u64) -> Target {
        let mut target = self.target.numbered(number);
        if number != self.first {
            target.mode = Mode::Replace;
        }
        target
    }

    fn write_pending(&mut self) -> Result<(), SinkError> {
        if let Some(file) = self.files.last_mut().filter(|_| !self.pending.is_empty()) {
            file.write(&self.pending)?;
            self.pending.clear();
        }
        Ok(())
    }

    /// The number of the file after the last one.
    fn next(&self) -> u64 {
        self.first + self.files.len() as u64
    }
}

impl Sink for NumberedCsv {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let Self { table, max_rows, rows, pending, .. } = self;
        let mut texts = vec![std::mem::take(pending)];
        table.each_row(batch, &mut |cells| {
            if *rows >= *max_rows {
                texts.push(table.header());
                *rows = 1;
            }
            if let Some(text) = texts.last_mut() {
                table.row(cells, text);
            }
            *rows += 1;
        })?;
        for (index, text) in texts.into_iter().enumerate() {
            if index > 0 {
                let next = self.of(self.next());
                self.files.push(RecordFile::open(&next, &self.variables, None)?);
            }
            self.pending = text;
            self.write_pending()?;
        }
        Ok(())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        // In append mode a run that starts over needs the file as it was before.
        let is_header_due = self.target.mode == Mode::Replace || mark > Mark::START;
        if is_header_due {
            self.write_pending()?;
        }
        let rows = if is_header_due || self.pending.is_empty() { self.rows } else { 0 };
        let mut receipt = format!("{} {rows}", self.first);
        for file in &mut self.files {
            let Receipt(of_file) = file.commit(mark)?;
            receipt.push('|');
            receipt.push_str(&of_file);
        }
        Ok(Receipt(receipt))
    }

    /// Publishes the first file last, so that it is only there together with the others. Then removes those that an earlier
    /// pull had in addition.
    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        let (next, mode) = (self.next(), self.target.mode);
        let Self { target, variables, files, .. } = *self;
        files.into_iter().rev().try_for_each(RecordFile::finish)?;
        if mode == Mode::Replace {
            for number in next.. {
                if !target.numbered(number).remove(&variables)? {
                    break;
                }
            }
        }
        Ok(())
    }
}
