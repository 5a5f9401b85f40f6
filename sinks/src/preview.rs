//! Shows the records of one page before anything is written.

use std::collections::HashMap;

use longhaul_core::{
    Pointer,
    json::{Flattener, Naming, NotJson, Scan, text},
    sink::{Batch, Keys, Options, SinkError},
};

use crate::csv::{Style, Table, each_record};

/// How many levels of objects and arrays are listed.
const MAX_DEPTH: usize = 64;

/// Records as a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tabulated {
    /// The names of the columns.
    pub names: Vec<String>,
    /// The JSON text of each cell of each row; `None` is a missing value.
    rows: Vec<Vec<Option<String>>>,
}

/// The pointers that start at one level: at the record, or at an element of an array in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Level {
    /// The path of that level, for `rows`; empty for the record.
    pub rows: String,
    /// How often the level occurs.
    pub places: u64,
    /// The pointers, in order of appearance.
    pub pointers: Vec<Seen>,
}

/// A pointer that matches a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seen {
    /// The pointer.
    pub at: Pointer,
    /// The kinds of the values, in words, each once.
    pub kinds: Vec<&'static str>,
    /// How often it matches.
    pub count: u64,
}

/// The records of `batch` as a table with the columns of `options`, which are those of the sink `csv`. If the options
/// list no columns, the table has all columns of the records.
pub fn tabulate(batch: &Batch<'_>, options: &Options) -> Result<Tabulated, SinkError> {
    let keys = Keys::new(options, &Table::KEYS)?;
    let mut rows = Vec::new();
    let mut row = |cells: &[Option<&str>]| {
        rows.push(cells.iter().map(|cell| cell.map(str::to_owned)).collect::<Vec<_>>());
    };
    let names: Vec<_> = if Table::is_listed(&keys) {
        let table = Table::new(&keys)?;
        table.each_row(batch, &mut row)?;
        table.names().map(str::to_owned).collect()
    } else {
        let mut flattener = Flattener::new(Style::PLAIN.arrays, Naming::Free);
        let mut cells = Vec::new();
        each_record(batch, |record| {
            flattener.cells(record, &mut cells)?;
            row(&cells);
            Ok(())
        })?;
        flattener.columns().iter().map(|column| column.name.clone()).collect()
    };
    for row in &mut rows {
        row.resize(names.len(), None);
    }
    Ok(Tabulated { names, rows })
}

impl Tabulated {
    /// The text of each cell of each row; empty if the value is missing.
    pub fn texts(&self) -> impl Iterator<Item = Vec<String>> {
        let text_of = |cell: &Option<String>| match cell.as_deref() {
            None | Some("null") => String::new(),
            Some(json) => text(json).into_owned(),
        };
        self.rows.iter().map(move |row| row.iter().map(text_of).collect())
    }

    /// The table as CSV.
    pub fn csv(&self) -> Vec<u8> {
        // The sink writes the same for a table without records.
        if self.names.is_empty() {
            return Vec::new();
        }
        let mut csv = Style::PLAIN.header(self.names.iter().map(String::as_str));
        for row in &self.rows {
            let cells: Vec<_> = row.iter().map(Option::as_deref).collect();
            Style::PLAIN.row(&cells, &mut csv);
        }
        csv
    }
}

/// Every pointer that matches a value in the records of `batch`. The record's own pointers come first.
pub fn pointers(batch: &Batch<'_>) -> Result<Vec<Level>, SinkError> {
    let mut survey = Survey::default();
    let record = survey.level(Vec::new());
    each_record(batch, |json| {
        survey.levels[record].1.places += 1;
        survey.walk(record, &mut Vec::new(), &mut Scan::new(json))?;
        Ok(())
    })?;
    Ok(survey.levels.into_iter().map(|(_, level)| level).collect())
}

/// The pointers found so far.
#[derive(Default)]
struct Survey {
    /// Each level with its path.
    levels: Vec<(Vec<String>, Level)>,
    /// The index of each pointer in its level.
    indexes: HashMap<(usize, Vec<String>), usize>,
}

impl Survey {
    /// The index of the level at `path`, which is added if it is new.
    fn level(&mut self, path: Vec<String>) -> usize {
        let known = self.levels.iter().position(|(known, _)| *known == path);
        known.unwrap_or_else(|| {
            let rows = Pointer::from_tokens(path.clone()).to_string();
            self.levels.push((path, Level { rows, places: 0, pointers: Vec::new() }));
            self.levels.len() - 1
        })
    }

    fn walk(&mut self, level: usize, tokens: &mut Vec<String>, scan: &mut Scan<'_>) -> Result<(), NotJson> {
        let kind = scan.peek().map_or("nothing", Scan::kind);
        // A record or an element that is an object is the usual case, so it is not listed.
        if !(tokens.is_empty() && kind == "an object") {
            self.note(level, tokens, kind);
        }
        match kind {
            "an object" if tokens.len() < MAX_DEPTH => scan.members(|name, scan| {
                tokens.push(name.text().into_owned());
                self.walk(level, tokens, scan)?;
                tokens.pop();
                Ok(())
            }),
            "an array" if self.levels[level].0.len() < MAX_DEPTH => {
                let path = [&*self.levels[level].0, tokens, &["*".to_owned()]].concat();
                let below = self.level(path);
                scan.elements(|scan| {
                    self.levels[below].1.places += 1;
                    self.walk(below, &mut Vec::new(), scan)
                })
            }
            _ => scan.skip(),
        }
    }

    fn note(&mut self, level: usize, tokens: &[String], kind: &'static str) {
        let pointers = &mut self.levels[level].1.pointers;
        let index = *self.indexes.entry((level, tokens.to_vec())).or_insert_with(|| {
            let at = Pointer::from_tokens(tokens.iter().map(String::as_str));
            pointers.push(Seen { at, kinds: Vec::new(), count: 0 });
            pointers.len() - 1
        });
        let seen = &mut pointers[index];
        seen.count += 1;
        if !seen.kinds.contains(&kind) {
            seen.kinds.push(kind);
        }
    }
}
