//! The records of one page, as a person looks at them before there is a file.

use std::collections::HashMap;

use longhaul_core::{
    Pointer,
    json::{NotJson, Scan, text},
    sink::{Batch, Keys, Options, SinkError},
};

use crate::csv::{Dictionary, Style, Table, each_record};

/// How deep objects are looked into.
const DEEPEST: usize = 64;

/// Records as a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tabulated {
    /// The names of the columns.
    pub names: Vec<String>,
    /// The JSON text in each cell of each row; `None` where there is nothing.
    rows: Vec<Vec<Option<String>>>,
}

/// The pointers that count from one place: from a record, or from an element of an array in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Level {
    /// The path to that place, for `rows`; empty for the record.
    pub rows: String,
    /// How often there is such a place.
    pub places: u64,
    /// What is there, in order of appearance.
    pub pointers: Vec<Seen>,
}

/// A pointer that leads to something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Seen {
    /// The pointer.
    pub at: Pointer,
    /// What it leads to, in words, each once.
    pub kinds: Vec<&'static str>,
    /// How often it does.
    pub count: u64,
}

/// The records of `batch` under the columns of `options`, which are those of a sink `csv`; all columns that there are
/// where the options name none.
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
        let mut dictionary = Dictionary::new(Style::PLAIN.arrays);
        let mut cells = Vec::new();
        each_record(batch, |record| {
            dictionary.cells(record, &mut cells)?;
            row(&cells);
            Ok(())
        })?;
        dictionary.names().map(str::to_owned).collect()
    };
    for row in &mut rows {
        row.resize(names.len(), None);
    }
    Ok(Tabulated { names, rows })
}

impl Tabulated {
    /// What each cell of each row says; nothing where there is none.
    pub fn texts(&self) -> impl Iterator<Item = Vec<String>> {
        let said = |cell: &Option<String>| match cell.as_deref() {
            None | Some("null") => String::new(),
            Some(json) => text(json).into_owned(),
        };
        self.rows.iter().map(move |row| row.iter().map(said).collect())
    }

    /// The table as CSV.
    pub fn csv(&self) -> Vec<u8> {
        // As the sink writes a table of no records.
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

/// Every pointer that leads to something in the records of `batch`, the record's own first.
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

/// What has been seen.
#[derive(Default)]
struct Survey {
    /// Each level under its path.
    levels: Vec<(Vec<String>, Level)>,
    /// Where a pointer stands in its level.
    places: HashMap<(usize, Vec<String>), usize>,
}

impl Survey {
    /// The level whose places are at `path`.
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
        // That a record or an element is an object goes without saying.
        if !(tokens.is_empty() && kind == "an object") {
            self.note(level, tokens, kind);
        }
        match kind {
            "an object" if tokens.len() < DEEPEST => scan.members(|name, scan| {
                tokens.push(name.text().into_owned());
                self.walk(level, tokens, scan)?;
                tokens.pop();
                Ok(())
            }),
            "an array" if self.levels[level].0.len() < DEEPEST => {
                let path = [&*self.levels[level].0, tokens, &["*".to_owned()]].concat();
                let below = self.level(path);
                scan.elements(|scan| {
                    self.levels[below].1.places += 1;
                    self.walk(below, &mut Vec::new(), scan)
                })
            }
            _ => scan.value().map(drop),
        }
    }

    fn note(&mut self, level: usize, tokens: &[String], kind: &'static str) {
        let pointers = &mut self.levels[level].1.pointers;
        let place = *self.places.entry((level, tokens.to_vec())).or_insert_with(|| {
            let at = Pointer::from_tokens(tokens.iter().map(String::as_str));
            pointers.push(Seen { at, kinds: Vec::new(), count: 0 });
            pointers.len() - 1
        });
        let seen = &mut pointers[place];
        seen.count += 1;
        if !seen.kinds.contains(&kind) {
            seen.kinds.push(kind);
        }
    }
}
