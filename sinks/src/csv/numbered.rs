//! Writes CSV to several files, each with at most as many rows as a spreadsheet shows.

use std::{
    hash::Hasher,
    ops::{Range, RangeInclusive},
    sync::Arc,
};

use longhaul_core::sink::{Batch, Mark, Receipt, Sink, SinkError, SinkErrorKind, Variables};
use siphasher::sip::SipHasher13;

use super::table::Table;
use crate::file::{Mode, RecordFile, Target};

/// An open `csv` sink that continues in another file when one is full: `calls.csv`, `calls.2.csv` and so on.
///
/// Between commits, all files that changed are open. A commit closes those between the first and the last one. The first
/// stays open, because its lock and, in append mode, the note beside it are for all files.
#[derive(Debug)]
pub(crate) struct NumberedCsv {
    target: Target,
    variables: Variables,
    table: Arc<Table>,
    /// The most rows of a file, with its header.
    max_rows: u64,
    /// The number of the first file of this pull. In append mode, it may follow files of earlier pulls.
    first: u64,
    /// The files after the first one that are full and closed.
    closed: Closed,
    /// The open files: the first one and those after the closed ones. Rows go to the last one.
    files: Vec<RecordFile>,
    /// The number of rows in the last file, with its header, and with those in `pending`.
    rows: u64,
    /// What to write next.
    pending: Vec<u8>,
}

/// How many files are closed, and a checksum of their positions, which detects that one was changed or removed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Closed {
    count: u64,
    checksum: u64,
}

impl Closed {
    fn add(&mut self, position: &str) {
        let mut hasher = SipHasher13::new();
        hasher.write_u64(self.checksum);
        hasher.write(position.as_bytes());
        *self = Self { count: self.count + 1, checksum: hasher.finish() };
    }
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
            closed: Closed::default(),
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
            // A run that was killed may have created a file and written nothing to it.
            let end = self.end(2)?;
            while self.has_content(self.first + 1..end)? {
                self.numbered(self.first).check_finished(&self.variables)?;
                self.first += 1;
            }
        }
        let mut file = self.open_first(None)?;
        if !file.is_empty()? {
            self.table.check_header(&mut file)?;
            self.rows = file.rows()?;
        }
        if self.rows >= self.max_rows {
            // The first file of a pull gets rows before there is another one. So its note says that the pull has begun.
            (self.first, self.rows) = (self.first + 1, 0);
            // Dropping it would ignore that its own note cannot be removed, and the next pull would not begin.
            file.finish()?;
            file = self.open_first(None)?;
        }
        self.files.push(file);
        if self.target.mode == Mode::Append {
            self.remove_files(self.first + 1)?;
        }
        Ok(())
    }

    fn resume(&mut self, receipt: &Receipt, mark: Mark) -> Result<(), SinkError> {
        let (first, last) = self.read(receipt).ok_or_else(|| {
            let message = format!("the receipt `{}` was not issued by this sink", receipt.0);
            SinkError::new(SinkErrorKind::Broken, message)
        })?;
        // The files that follow are removed while the first one still says whose they are.
        let next = self.first + 1 + self.closed.count + u64::from(last.is_some());
        self.roll_back(next, &first)?;
        let mut file = self.open_first(Some((&first, mark)))?;
        if file.is_empty()? {
            // It was removed because no page had arrived, and is created again, without its header.
            self.rows = 0;
        }
        self.files.push(file);
        self.check_closed()?;
        if let Some(last) = last {
            let target = self.numbered(next - 1);
            self.files.push(RecordFile::open_following(&target, &self.variables, Some(&last))?);
        }
        Ok(())
    }

    /// Reads a receipt, and returns those of the first file and, if it is another one, of the last.
    fn read(&mut self, receipt: &Receipt) -> Option<(Receipt, Option<Receipt>)> {
        let mut parts = receipt.0.split('|');
        let mut numbers = parts.next()?.split(' ');
        self.first = numbers.next()?.parse().ok()?;
        self.rows = numbers.next()?.parse().ok()?;
        let count = numbers.next()?.parse().ok()?;
        self.closed = Closed { count, checksum: u64::from_str_radix(numbers.next()?, 16).ok()? };
        let mut files = parts.map(|part| Receipt(part.to_owned()));
        Some((files.next()?, files.next()))
    }

    /// Removes the files from number `next` on that this pull wrote after the commit.
    fn roll_back(&self, next: u64, first: &Receipt) -> Result<(), SinkError> {
        if self.target.mode == Mode::Replace {
            return self.remove_parts(next);
        }
        let is_noted = self.numbered(self.first).is_noted(&self.variables, first)?;
        if !is_noted && self.has_content(next..self.end(next)?)? {
            let shown = self.numbered(next).shown(&self.variables)?;
            let message = format!(
                "cannot resume `{}`: `{shown}` is not from this pull (restore the newest state, or start over in another \
                 file)",
                self.shown()?
            );
            return Err(SinkError::new(SinkErrorKind::Rejected, message));
        }
        self.remove_files(next)
    }

    /// The first number from `next` on without a file.
    fn end(&self, mut next: u64) -> Result<u64, SinkError> {
        while self.numbered(next).exists(&self.variables)? {
            next += 1;
        }
        Ok(next)
    }

    fn has_content(&self, mut numbers: Range<u64>) -> Result<bool, SinkError> {
        let found = numbers.find_map(|number| match self.numbered(number).has_content(&self.variables) {
            Ok(false) => None,
            found => Some(found),
        });
        found.unwrap_or(Ok(false))
    }

    /// Removes the published files from number `next` on.
    fn remove_files(&self, next: u64) -> Result<(), SinkError> {
        let end = self.end(next)?;
        // From the last one, and each durably: a crash leaves no gap that hides a file.
        (next..end).rev().try_for_each(|number| self.numbered(number).remove(&self.variables))
    }

    /// Removes what is left from number `next` on of files that were never published.
    fn remove_parts(&self, next: u64) -> Result<(), SinkError> {
        let mut end = next;
        while self.numbered(end).exists(&self.variables)? || self.numbered(end).has_part(&self.variables)? {
            end += 1;
        }
        (next..end).rev().try_for_each(|number| self.numbered(number).remove_part(&self.variables))
    }

    /// Returns an error if a closed file is not as it was committed.
    fn check_closed(&self) -> Result<(), SinkError> {
        let mut found = Closed::default();
        for number in self.closed_numbers() {
            let Some(end) = self.numbered(number).end(&self.variables)? else { break };
            found.add(&end.to_string());
        }
        if found == self.closed {
            return Ok(());
        }
        let [first, last] = [self.first + 1, self.first + self.closed.count]
            .map(|number| self.numbered(number).shown(&self.variables));
        let message = format!(
            "cannot complete `{}`: of the files from `{}` to `{}`, one is gone or has changed (restore it, or start the \
             pull over)",
            self.shown()?,
            first?,
            last?
        );
        Err(SinkError::new(SinkErrorKind::Rejected, message))
    }

    fn closed_numbers(&self) -> RangeInclusive<u64> {
        self.first + 1..=self.first + self.closed.count
    }

    fn numbered(&self, number: u64) -> Target {
        self.target.numbered(number)
    }

    fn open_first(&self, from: Option<(&Receipt, Mark)>) -> Result<RecordFile, SinkError> {
        RecordFile::open(&self.numbered(self.first), &self.variables, from)
    }

    /// The path of the first file, for messages.
    fn shown(&self) -> Result<String, SinkError> {
        self.numbered(self.first).shown(&self.variables)
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
        self.first + self.closed.count + self.files.len() as u64
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
                let next = self.numbered(self.next());
                self.files.push(RecordFile::open_following(&next, &self.variables, None)?);
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
        let mut receipts = Vec::new();
        for file in &mut self.files {
            receipts.push(file.commit(mark)?.0);
        }
        let last = (receipts.len() > 1).then(|| receipts.pop()).flatten();
        for position in receipts.drain(1..) {
            self.closed.add(&position);
            drop(self.files.remove(1));
        }
        let Closed { count, checksum } = self.closed;
        let mut receipt = format!("{} {rows} {count} {checksum:016x}", self.first);
        for of_file in receipts.into_iter().chain(last) {
            receipt.push('|');
            receipt.push_str(&of_file);
        }
        Ok(Receipt(receipt))
    }

    /// First removes the files that an earlier pull had in addition. Then publishes the files of this one in order, but the
    /// first one last, so that it is only there together with the others.
    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        self.check_closed()?;
        if self.target.mode == Mode::Replace {
            let next = self.next();
            self.remove_parts(next)?;
            self.remove_files(next)?;
            let mut closed = self.closed_numbers();
            closed.try_for_each(|number| self.numbered(number).publish(&self.variables))?;
        }
        while self.files.len() > 1 {
            self.files.remove(1).finish()?;
        }
        self.files.drain(..).try_for_each(RecordFile::finish)
    }
}

impl Drop for NumberedCsv {
    /// Drops the first file last, because the note beside it says whose the others are.
    fn drop(&mut self) {
        while self.files.pop().is_some() {}
    }
}
