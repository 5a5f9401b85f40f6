//! CSV (RFC 4180): each row is a record, named by the header line.

use super::{
    is_last::IsLast,
    json_row::Columns,
    row::{Row, Spelling, Value, row, value},
};
use crate::{
    client::{BodyFault, RowProblem},
    listing::page::format::{Csv, EmptyLines},
};

/// Reads rows, and counts them.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    delimiter: u8,
    empty_lines: EmptyLines,
    columns: Option<Columns>,
    /// Whether the names of the columns are from the text.
    has_header: bool,
    number: u64,
    /// Whether the text before ended with a carriage return, so that a line feed after it ends nothing.
    is_after_return: bool,
    /// Whether the text is known to be UTF-8.
    is_utf8: bool,
}

impl Rows {
    pub(super) fn new(csv: &Csv) -> Self {
        let columns = csv.header.as_ref().map(|names| Columns::new(names));
        Self {
            delimiter: csv.delimiter,
            empty_lines: csv.empty_lines,
            has_header: columns.is_none(),
            columns,
            number: 0,
            is_after_return: false,
            is_utf8: false,
        }
    }

    /// Reads rows of a text that was read before without a fault.
    pub(super) fn of_valid(csv: &Csv) -> Self {
        Self { is_utf8: true, ..Self::new(csv) }
    }

    /// The names in the header line, if there is one.
    pub(super) fn header(&self) -> Vec<String> {
        self.columns.iter().filter(|_| self.has_header).flat_map(Columns::names).cloned().collect()
    }

    /// How many rows were read.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Checks that there was a header line, after the last row.
    pub(super) fn check_header(&self) -> Result<(), BodyFault> {
        if self.columns.is_some() { Ok(()) } else { Err(BodyFault::NoLines) }
    }

    /// Calls `found` with each row of `text`, and returns the length of the whole rows. Empty lines are ignored if there are
    /// several columns.
    pub(super) fn rows(
        &mut self,
        text: &[u8],
        is_last: IsLast,
        mut found: impl FnMut(&Columns, &Row<'_>),
    ) -> Result<usize, BodyFault> {
        // Checking all rows at once is faster than one at a time.
        let valid = if self.is_utf8 {
            text.len()
        } else {
            str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len)
        };
        let mut values = Vec::new();
        let mut from = 0;
        loop {
            while let Some(end @ (b'\n' | b'\r')) = text.get(from) {
                if *end == b'\r' || !self.is_after_return {
                    self.empty_line(text, from, &mut found)?;
                }
                self.is_after_return = *end == b'\r';
                from += 1;
            }
            if from == text.len() {
                return Ok(from);
            }
            let row = row(text, from, self.delimiter, &mut values);
            let (end, ended) = match row {
                Ok(Some(end)) => (end, Ended::ByLineEnd),
                Ok(None) if is_last == IsLast::No => return Ok(from),
                Ok(None) => (text.len(), Ended::ByTextEnd),
                Err(problem) => return Err(self.fault(problem)),
            };
            if values.iter().any(|value| value.range.end > text.len()) {
                // A quote is open at the end of the text.
                return Err(match text.last() {
                    Some(b'\n' | b'\r') => self.fault(RowProblem::UnclosedQuote),
                    _ => BodyFault::CutRow { number: self.number + 1 },
                });
            }
            if end > valid {
                return Err(self.fault(RowProblem::NotUtf8));
            }
            let row = Row { text, range: from..end, values: &values };
            self.row(&row, ended, &mut found)?;
            self.is_after_return = text[end - 1] == b'\r' && ended == Ended::ByLineEnd;
            from = end;
        }
    }

    /// Reads the empty line at `from`.
    fn empty_line(
        &mut self,
        text: &[u8],
        from: usize,
        found: &mut impl FnMut(&Columns, &Row<'_>),
    ) -> Result<(), BodyFault> {
        let has_one_column = self.columns.as_ref().is_some_and(|columns| columns.len() == 1);
        match self.empty_lines {
            EmptyLines::Unclear if has_one_column => Err(self.fault(RowProblem::Empty)),
            EmptyLines::Rows if has_one_column => {
                let values = [Value { range: from..from, spelling: Spelling::Json }];
                let row = Row { text, range: from..from + 1, values: &values };
                self.row(&row, Ended::ByLineEnd, found)
            }
            _ => Ok(()),
        }
    }

    fn row(
        &mut self,
        row: &Row<'_>,
        ended: Ended,
        found: &mut impl FnMut(&Columns, &Row<'_>),
    ) -> Result<(), BodyFault> {
        if self.number == 0
            && let Some(named) = row.names_delimiter()
        {
            return self.check_delimiter(named, ended);
        }
        match &self.columns {
            None => {
                let names: Vec<String> = row.values().map(|(text, spelling)| value(text, spelling)).collect();
                let columns = Columns::new(&names);
                if let Some(name) = columns.repeated() {
                    return Err(self.fault(RowProblem::SameName(name.to_owned())));
                }
                self.columns = Some(columns);
            }
            Some(columns) => {
                let (values, names) = (row.values.len(), columns.len());
                if values < names && ended == Ended::ByTextEnd {
                    return Err(BodyFault::CutRow { number: self.number + 1 });
                }
                if values != names {
                    return Err(self.fault(RowProblem::Length { values, names }));
                }
                if self.number == 0 && columns.are(row.values().map(|(text, spelling)| value(text, spelling)))
                {
                    return Err(self.fault(RowProblem::IsHeader));
                }
                found(columns, row);
            }
        }
        self.number += 1;
        Ok(())
    }

    /// Checks the delimiter that a line names before the first row.
    fn check_delimiter(&self, named: u8, ended: Ended) -> Result<(), BodyFault> {
        if named != self.delimiter {
            let [named, configured] = [named, self.delimiter].map(char::from);
            return Err(self.fault(RowProblem::OtherDelimiter { named, configured }));
        }
        match ended {
            Ended::ByLineEnd => Ok(()),
            Ended::ByTextEnd => Err(BodyFault::CutRow { number: 1 }),
        }
    }

    /// The fault of the next row.
    fn fault(&self, problem: RowProblem) -> BodyFault {
        BodyFault::Row { number: self.number + 1, problem }
    }
}

/// What a row ended with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ended {
    ByLineEnd,
    ByTextEnd,
}
