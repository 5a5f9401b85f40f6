use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use longhaul_plugin::{Batch, Mark, Receipt, Sink, SinkError};
use serde_json::json;
use tempfile::TempDir;

use super::{FileFormat, PartFile, SpooledFile, SpooledRows};
use crate::{cell::Cell, choice::ColumnChoice, columns::Column, flag::Flag, parts::RowsOption};

/// What another program does to a file.
type Change = fn(&Path);

const CHANGES: [(Change, &str); 4] = [
    (|path| fs::remove_file(path).unwrap(), "removed"),
    (
        |path| {
            fs::rename(path, path.with_extension("moved")).unwrap();
            fs::write(path, "").unwrap();
        },
        "replaced",
    ),
    (|path| File::options().write(true).open(path).unwrap().set_len(1).unwrap(), "truncated"),
    (|path| File::options().append(true).open(path).unwrap().write_all(b"mine").unwrap(), "written to"),
];

const NAMES: [&str; 2] = [".x.spool", ".x.part"];

/// A line for each row, and one for the receipt.
#[derive(Debug)]
struct Lines {
    /// What another program does before the second line is written, and to which file.
    change: Option<(Change, &'static str)>,
    has_receipt: bool,
}

impl FileFormat for Lines {
    fn holds_time(&self, _: Timestamp) -> bool {
        true
    }

    fn check(&self, _: &[Column], _: usize, _: &[Cell<'_>]) -> Result<(), SinkError> {
        Ok(())
    }

    fn write(
        &self,
        part: &mut PartFile,
        mut rows: SpooledRows<'_>,
        receipt: &Receipt,
    ) -> Result<(), SinkError> {
        let mut written = 0;
        rows.each(|row| {
            written += 1;
            if let Some((change, name)) = self.change.filter(|_| written == 2) {
                change(&part.path().with_file_name(name));
            }
            writeln!(part, "{row:?}").map_err(|error| SinkError::io("cannot write", error))
        })?;
        if self.has_receipt {
            write!(part, "{}", receipt.0).unwrap();
        }
        Ok(())
    }

    fn is_from(&self, path: &Path, receipt: &Receipt) -> bool {
        fs::read_to_string(path).is_ok_and(|text| text.ends_with(&receipt.0))
    }
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A pull of a page of two records, which was committed.
    fn pull(&self, format: Lines) -> Box<dyn Sink> {
        let option = |name: &str| serde_json::from_value(json!(name)).unwrap();
        let columns = ColumnChoice::new(option("record"), RowsOption::default(), Flag::default()).unwrap();
        let mut sink = Box::new(SpooledFile::open(self.path("x"), format, &columns, None).unwrap());
        sink.write(&Batch::new(b"1\n2\n", &[2, 4])).unwrap();
        assert_eq!(sink.commit(Mark(1)).unwrap().0, "4");
        sink
    }

    fn said(&self, what: &str, name: &str) -> String {
        format!("Rejected: another program has {what} `{}` during the run", self.path(name).display())
    }
}

fn describe(error: &SinkError) -> String {
    format!("{:?}: {error}", error.kind())
}

#[test]
fn a_file_is_published_with_all_rows_and_the_receipt() {
    let folder = Folder::new();
    folder.pull(Lines { change: None, has_receipt: true }).finish().unwrap();
    assert_eq!(fs::read_to_string(folder.path("x")).unwrap().lines().count(), 3);
    assert_eq!(folder.names(), ["x"]);
}

#[test]
fn a_spool_that_another_program_changes_is_neither_committed_nor_published_and_left_alone() {
    for (change, what) in CHANGES {
        let folder = Folder::new();
        let mut sink = folder.pull(Lines { change: None, has_receipt: true });
        let spool = folder.path(".x.spool");
        change(&spool);
        let changed = fs::read(&spool).ok();
        let said = folder.said(what, ".x.spool");
        // A file with another name is only seen by the commit.
        let written = sink.write(&Batch::new(b"", &[])).and_then(|()| sink.commit(Mark(2)).map(drop));
        assert_eq!(describe(&written.unwrap_err()), said);
        assert_eq!(describe(&sink.finish().unwrap_err()), said);
        assert_eq!(fs::read(&spool).ok(), changed, "{what}");
        assert!(!folder.path("x").exists(), "{what}");
    }
}

/// A later write would fill the gap with zeros, so that the length is right again.
#[test]
fn a_spool_that_was_truncated_is_not_written_on() {
    let folder = Folder::new();
    let mut sink = folder.pull(Lines { change: None, has_receipt: true });
    fs::write(folder.path(".x.spool"), "").unwrap();
    let error = sink.write(&Batch::new(b"3\n", &[2])).unwrap_err();
    assert_eq!(describe(&error), folder.said("truncated", ".x.spool"));
}

#[test]
fn what_another_program_changes_while_the_file_is_written_is_not_published() {
    for ((change, what), name) in CHANGES.into_iter().flat_map(|change| NAMES.map(|name| (change, name))) {
        let folder = Folder::new();
        let sink = folder.pull(Lines { change: Some((change, name)), has_receipt: true });
        assert_eq!(describe(&sink.finish().unwrap_err()), folder.said(what, name));
        assert!(!folder.path("x").exists(), "{what}");
        let is_left = |name| folder.path(name).exists();
        assert_eq!(is_left(".x.part"), name == ".x.part" && what != "removed", "{what} {name}");
        assert_eq!(is_left(".x.spool"), name == ".x.part" || what != "removed", "{what} {name}");
    }
}

#[test]
fn a_file_that_is_not_what_was_written_is_not_published() {
    let folder = Folder::new();
    let error = folder.pull(Lines { change: None, has_receipt: false }).finish().unwrap_err();
    let part = folder.path(".x.part");
    let said = format!("Rejected: cannot publish `{}`: it is not what was written", part.display());
    assert_eq!(describe(&error), said);
    assert_eq!(folder.names(), [".x.spool"]);
}
