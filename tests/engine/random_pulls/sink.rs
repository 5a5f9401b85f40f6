//! The sinks of a random pull.

use longhaul_tests::{Random, decompress};
use serde_json::{Value, json};

use super::shape::{Divided, Record};

/// The format of a sink.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Lines,
    /// A table of two columns.
    Table,
    /// A table that continues in other files when one is full.
    Tables,
    /// A table of all columns.
    AllColumns,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Sink {
    pub(super) format: Format,
    /// The compression, as the end of a file name.
    pub(super) compression: &'static str,
    /// Whether records are appended to existing files, instead of replacing them.
    pub(super) is_appended: bool,
    /// Whether each partition has a file of its own.
    pub(super) is_own: bool,
    /// Whether the file exists before the first pull.
    pub(super) exists: bool,
    /// The placeholders that make the names of files. Streams write to the same folders.
    name: &'static str,
}

impl Sink {
    pub(super) fn new(random: &mut Random, divided: Divided) -> Self {
        use Format::{AllColumns, Lines, Table, Tables};
        let format = random.one_of(&[Lines, Lines, Lines, Table, Tables, AllColumns]);
        let is_own = divided != Divided::Not && format != Tables && random.one_in(2);
        let compression = random.one_of(&["", "", ".gz", ".zst"]);
        let name = match divided {
            _ if !is_own => "{stream}",
            Divided::Windows => {
                random.one_of(&["{stream}-{window.start}-{window.end}", "{stream}-{partition}"])
            }
            Divided::Children => random.one_of(&["{stream}-{each.id}", "{stream}-{partition}"]),
            Divided::Not => "{stream}",
        };
        Self {
            format,
            compression: if format == Tables { "" } else { compression },
            is_appended: !matches!(format, AllColumns | Tables) && random.one_in(2),
            is_own,
            exists: !is_own && random.one_in(2),
            name,
        }
    }

    /// The type of the sink, and its options. `number` tells it from the other sinks of its stream.
    pub(super) fn options(&self, number: usize) -> (&'static str, Value) {
        let (kind, ending) = if self.format == Format::Lines { ("ndjson", "ndjson") } else { ("csv", "csv") };
        let path = format!("/out/{number}/{}.{ending}{}", self.name, self.compression);
        let mode = if self.is_appended { "append" } else { "replace" };
        let mut options = json!({ "path": path, "mode": mode });
        if matches!(self.format, Format::Table | Format::Tables) {
            options["columns"] = json!(["/id", "/n"]);
        }
        if self.format == Format::Tables {
            options["max_rows"] = json!(8);
        }
        (kind, options)
    }

    /// The path of the file that exists before the first pull. `number` tells the sink from the others of its stream.
    pub(super) fn existing_path(&self, number: usize, stream: &str) -> String {
        let (_, options) = self.options(number);
        options["path"].as_str().unwrap_or_default().replace("{stream}", stream)
    }

    /// The text of this file. `None` if there is none.
    pub(super) fn existing_text(&self) -> Option<&'static str> {
        let text = match (self.format, self.is_appended) {
            (_, false) => "yesterday\n",
            (Format::Lines, true) => "{\"id\":\"0-yesterday\"}\n",
            (_, true) => "id,n\r\n0-yesterday,0\r\n",
        };
        (self.exists && self.compression.is_empty()).then_some(text)
    }

    /// The line of a record.
    pub(super) fn line(&self, record: &Record) -> String {
        let Record { id, text, parent, .. } = record;
        let fields: Value = serde_json::from_str(text).unwrap();
        let text_of = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
        match (self.format, parent) {
            (Format::Lines, None) => text.clone(),
            (Format::Lines, Some(parent)) => format!("{},\"parent\":\"{parent}\"}}", &text[..text.len() - 1]),
            (Format::Table | Format::Tables, _) => format!("{id},{}", text_of("n")),
            (Format::AllColumns, None) => format!("{id},{},{}", text_of("key"), text_of("n")),
            (Format::AllColumns, Some(parent)) => {
                format!("{id},{},{},{parent}", text_of("key"), text_of("n"))
            }
        }
    }

    /// The text of a file.
    pub(super) fn text(&self, bytes: &[u8]) -> String {
        let text = match (self.compression, bytes) {
            ("", _) | (_, []) => bytes.to_vec(),
            (ending, _) => decompress(&ending[1..], bytes),
        };
        String::from_utf8(text).unwrap()
    }

    /// The lines of all files of the sink, which are sorted by name, without the headers.
    pub(super) fn lines<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Vec<String> {
        let headers = usize::from(self.format != Format::Lines);
        let mut lines: Vec<_> =
            texts.flat_map(|text| text.lines().skip(headers).map(str::to_owned)).collect();
        if self.is_own {
            // Each file has the records of all pulls.
            lines.sort_by_key(|line| pull_of(line));
        }
        lines
    }

    /// The lines that the sink has after these pulls.
    pub(super) fn expected<'r>(
        &self,
        mut pulls: impl DoubleEndedIterator<Item = &'r [Record]>,
    ) -> Vec<String> {
        let lines = |records: &[Record]| records.iter().map(|record| self.line(record)).collect::<Vec<_>>();
        if !self.is_appended {
            return pulls.next_back().map(lines).unwrap_or_default();
        }
        let existing = self.existing_text().map(|text| self.lines([text].into_iter()));
        existing.into_iter().chain(pulls.map(lines)).flatten().collect()
    }
}

/// The number of the pull that wrote a line.
fn pull_of(line: &str) -> u64 {
    let id = line.strip_prefix(r#"{"id":""#).unwrap_or(line);
    id.split('-').next().and_then(|pull| pull.parse().ok()).unwrap_or_default()
}
