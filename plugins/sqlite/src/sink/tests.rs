use std::{error::Error as _, sync::Arc};

use longhaul_plugin::SinkErrorKind;
use longhaul_table::{ColumnChoice, Mode};

use super::*;

fn open_in(file: &Path, pages: u32, from: Option<(&Receipt, Mark)>) -> SqliteSink {
    let table =
        || Table::new("users".into(), ColumnChoice::Listed(Arc::default()), vec![], &[], Mode::Append);
    let database = connect(file, Duration::ZERO, &table()).unwrap();
    database.execute_batch(&format!("PRAGMA max_page_count = {pages}")).unwrap();
    start_or_resume(database, "table `users`".into(), table(), "users", from).unwrap()
}

fn page(sink: &mut SqliteSink, records: usize) {
    let record = format!("\"{}\"\n", "x".repeat(97));
    let ends = (1..=records).map(|number| number * record.len()).collect::<Vec<_>>();
    sink.write(&Batch::new(record.repeat(records).as_bytes(), &ends)).unwrap();
}

/// A database with a maximum size, in place of a full file system.
#[test]
fn a_full_disk_is_an_error_and_the_pull_resumes_when_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.db");
    let assert_full = |error: &SinkError, message: &str| {
        assert_eq!((error.kind(), error.to_string().as_str()), (SinkErrorKind::Unavailable, message));
        assert_eq!(error.source().unwrap().to_string(), "database or disk is full");
    };

    let mut sink = open_in(&file, 10, None);
    page(&mut sink, 10);
    let first = sink.commit(Mark(1)).unwrap();
    page(&mut sink, 1000);
    assert_full(&sink.commit(Mark(2)).unwrap_err(), "cannot commit to table `users`");
    drop(sink);

    let mut sink = open_in(&file, 45, Some((&first, Mark(1))));
    page(&mut sink, 1000);
    let second = sink.commit(Mark(2)).unwrap();
    assert_full(&Box::new(sink).finish().unwrap_err(), "cannot finish table `users`");

    Box::new(open_in(&file, 1000, Some((&second, Mark(2))))).finish().unwrap();
    let rows = Connection::open(file).unwrap().query_row("SELECT count(*) FROM users", [], |row| row.get(0));
    assert_eq!(rows, Ok(1010));
}
