//! CSV without configured columns.

use longhaul_core::sink::{Mark, OpenSink, Receipt};
use longhaul_tests::write_page;
use serde_json::{Value, json};

use super::support::{Folder, configured, describe, pull};

fn sink(mut options: Value) -> Box<dyn OpenSink> {
    options["path"] = json!("x.csv");
    configured("csv", options).unwrap()
}

#[test]
fn a_column_of_the_last_record_is_a_column_of_all() {
    let folder = Folder::new();
    folder.write("x.csv", "old");
    let mut open = folder.open(&*sink(json!({"line_end": "lf", "columns": "all"})));
    write_page(&mut open, &[r#"{"id":1.10,"a":{"b":"x"}}"#, r#"{"id":12345678901234567890123}"#]).unwrap();
    open.commit(Mark(1)).unwrap();
    write_page(&mut open, &[r#"{"id":"","tags":[1,{"x":"y"}],"a":{"late":"é,"}}"#]).unwrap();
    open.commit(Mark(2)).unwrap();
    assert_eq!(folder.names(), ["x.csv", "x.csv.spool"]);
    assert_eq!(folder.text("x.csv").unwrap(), "old");
    open.finish().unwrap();
    assert_eq!(folder.names(), ["x.csv"]);
    assert_eq!(
        folder.text("x.csv").unwrap(),
        "id,a.b,tags,a.late\n1.10,x,,\n12345678901234567890123,,,\n\"\",,\"[1,{\"\"x\"\":\"\"y\"\"}]\",\"é,\"\n"
    );
}

#[test]
fn names_from_records_are_escaped_like_any_text() {
    let folder = Folder::new();
    pull(folder.open(&*sink(json!({"formulas": "escape"}))), &[r#"{"=cmd()":"@x","n":-1}"#]);
    assert_eq!(folder.text("x.csv").unwrap(), "'=cmd(),n\r\n'@x,-1\r\n");
}

#[test]
fn an_empty_pull_has_no_columns() {
    let folder = Folder::new();
    let mut open = folder.open(&*sink(json!({})));
    open.commit(Mark(1)).unwrap();
    open.finish().unwrap();
    assert_eq!(folder.text("x.csv").unwrap(), "");
}

#[test]
fn more_than_ten_thousand_columns_are_rejected() {
    let folder = Folder::new();
    let record = |from: u32| {
        let members = (from..from + 5001).map(|number| format!("\"c{number}\":1")).collect::<Vec<_>>();
        format!("{{{}}}", members.join(","))
    };
    let mut open = folder.open(&*sink(json!({})));
    write_page(&mut open, &[&record(0)]).unwrap();
    assert_eq!(
        describe(&write_page(&mut open, &["{}", &record(5001)]).unwrap_err()),
        "Rejected: record 2 of the page has new columns, and the table would have more than 10,000; list the columns to \
         keep in `columns`"
    );
    drop(open);
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn invalid_json_is_rejected_with_its_number_in_the_page() {
    let mut open = Folder::new().open(&*sink(json!({})));
    assert_eq!(
        describe(&write_page(&mut open, &["{}", "{\"a\""]).unwrap_err()),
        "Rejected: record 2 of the page is not JSON (cause)"
    );
}

#[test]
fn a_finished_table_is_recognized_by_its_length_and_rejects_writes() {
    let folder = Folder::new();
    let sink = sink(json!({}));
    let mut open = folder.open(&*sink);
    write_page(&mut open, &[r#"{"a":1}"#]).unwrap();
    let receipt = open.commit(Mark(1)).unwrap();
    open.finish().unwrap();
    let mut open = folder.resume(&*sink, &receipt).unwrap();
    assert_eq!(open.commit(Mark(1)).unwrap(), receipt);
    let message = "Rejected: cannot write to `x.csv`: it is already complete";
    assert_eq!(describe(&write_page(&mut open, &["{}"]).unwrap_err()), message);
    drop(open);
    assert_eq!(folder.text("x.csv").unwrap(), "a\r\n1\r\n");
    // If the spool is gone, a file of another length is not the table.
    folder.write("x.csv", "of an earlier pull");
    let error = |receipt: &Receipt| describe(&folder.resume(&*sink, receipt).map(drop).unwrap_err());
    assert_eq!(
        error(&receipt),
        "Rejected: cannot resume `x.csv.spool`: it is gone (restore it, or start the pull over)"
    );
    assert_eq!(
        error(&Receipt("7".into())),
        "Rejected: cannot resume `x.csv.spool`: the receipt `7` is not a length and a checksum"
    );
}

/// Ten thousand pages. Only the last one has the column `late`.
#[test]
fn a_long_pull_is_complete() {
    let folder = Folder::new();
    let mut open = folder.open(&*sink(json!({"line_end": "lf"})));
    for number in 1..=10_000 {
        let late = if number == 10_000 { r#","late":true"# } else { "" };
        let record = format!(r#"{{"n":{number},"nested":{{"tags":[{number},[{number}]]}}{late}}}"#);
        write_page(&mut open, &[&record]).unwrap();
    }
    open.commit(Mark(10_000)).unwrap();
    open.finish().unwrap();
    let text = folder.text("x.csv").unwrap();
    let mut rows = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    assert_eq!(rows.headers().unwrap(), vec!["n", "nested.tags", "late"]);
    let rows: Vec<_> = rows.records().map(|row| row.unwrap()).collect();
    for (number, row) in (1..).zip(&rows) {
        let late = if number == 10_000 { "true" } else { "" };
        assert_eq!(row, &vec![number.to_string(), format!("[{number},[{number}]]"), late.to_owned()]);
    }
    assert_eq!(rows.len(), 10_000);
}
