//! Pages of CSV. What is accepted is the same when it is written by another library and read again, and what another
//! library wrote is always accepted.
//!
//! Input: the delimiter, and the body.

use csv::{ReaderBuilder, WriterBuilder};
use longhaul_core::{
    Pointer,
    listing::page::{Csv, EmptyBody, Format, Layout, Page},
};

use super::{input::line, ndjson::check_on_disk, oracle::page};

/// A row, with the name of each value.
type Row = Vec<(String, String)>;

pub(super) fn run(input: &[u8]) {
    let (first, body) = line(input);
    let delimiter = first.first().copied().filter(|byte| matches!(byte, b';' | b'\t' | b'|')).unwrap_or(b',');
    let csv = Csv { delimiter, ..Csv::default() };
    let layout = Layout::new(&Pointer::default(), &[]).with_format(Format::Csv(csv), EmptyBody::Page);
    let found = page(body, &layout);
    if let Ok(found) = &found
        && let rows = rows(found)
        && let Some(first) = rows.first()
        // At the start, it would be a mark.
        && !first[0].0.starts_with('\u{feff}')
        && !names_delimiter(&first[0].0)
    {
        let names = first.iter().map(|(name, _)| name.clone()).collect();
        let values = |row: &Row| row.iter().map(|(_, value)| value.clone()).collect();
        let table: Vec<Vec<String>> = [names].into_iter().chain(rows.iter().map(values)).collect();
        assert_eq!(reread(&table, delimiter, &layout), rows, "when it is written and read again");
    }
    check_on_disk(body, &layout, found.ok());
    check_lenient(body, delimiter, &layout);
}

/// Whether a line with this first value may name the delimiter instead of columns.
fn names_delimiter(first: &str) -> bool {
    first.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep="))
}

/// The rows of a page, whose records are objects of text.
fn rows(page: &Page) -> Vec<Row> {
    let row = |record: &[u8]| {
        // The order of the members is that of the columns, which a map would lose.
        let text = str::from_utf8(record).unwrap();
        let mut scan = longhaul_core::json::Scan::new(text);
        let mut row = Row::new();
        scan.members(|name, scan| {
            let value: String = serde_json::from_str(scan.value()?).unwrap();
            row.push((name.text().into_owned(), value));
            Ok::<_, longhaul_core::json::NotJson>(())
        })
        .unwrap();
        row
    };
    page.batch().records().map(row).collect()
}

/// What is read from a table that another library wrote.
fn reread(table: &[Vec<String>], delimiter: u8, layout: &Layout) -> Vec<Row> {
    let mut writer = WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    for row in table {
        writer.write_record(row).unwrap();
    }
    let text = writer.into_inner().unwrap();
    let page = page(&text, layout);
    rows(&page.unwrap_or_else(|error| panic!("{error}: {}", text.escape_ascii())))
}

/// Another library repairs some bodies. The table that it sees in one is accepted once it is written without faults.
fn check_lenient(body: &[u8], delimiter: u8, layout: &Layout) {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(body);
    let Ok(records) = reader.records().collect::<Result<Vec<_>, _>>() else { return };
    let table: Vec<Vec<String>> =
        records.iter().map(|record| record.iter().map(str::to_owned).collect()).collect();
    let Some((names, values)) = table.split_first() else { return };
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    // A header twice is a fault, and so is a name twice. A byte order mark, HTML, JSON or the name of the delimiter means
    // something else, and white space nothing.
    let is_odd = sorted.len() < names.len() || values.first() == Some(names) || names_delimiter(&names[0]);
    let is_blank = table.iter().flatten().all(|value| value.trim_ascii().is_empty());
    if is_odd || is_blank || names[0].trim_start().starts_with(['\u{feff}', '<', '{', '[']) {
        return;
    }
    let pairs = |row: &Vec<String>| names.iter().cloned().zip(row.iter().cloned()).collect();
    let expected: Vec<Row> = values.iter().map(pairs).collect();
    assert_eq!(reread(&table, delimiter, layout), expected, "as the other library read it");
}
