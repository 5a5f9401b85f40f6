//! A folder for workbooks, and the sink that writes to it.

use std::{fs, path::PathBuf};

use calamine::{Data, Reader, Xlsx, open_workbook};
use longhaul_core::sink::{Mark, OpenSink, Opened, Options, Receipt, Sink, SinkError, SinkType, Variables};
use longhaul_plugin_host::Plugins;
use longhaul_tests::{install_plugin, write_page};
use serde_json::Value;
use tempfile::TempDir;

/// A temporary folder.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn variables(&self) -> Variables {
        Variables::new("users", self.0.path())
    }

    /// The names of all files, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The names of the sheets of a workbook, each with its rows.
    pub(crate) fn sheets(&self, name: &str) -> Vec<(String, Vec<Vec<Data>>)> {
        let mut workbook: Xlsx<_> = open_workbook(self.path(name)).unwrap();
        let names = workbook.sheet_names();
        let sheet = |name: String| {
            let range = workbook.worksheet_range(&name).unwrap();
            let rows = range.rows().map(<[Data]>::to_vec).collect();
            (name, rows)
        };
        names.into_iter().map(sheet).collect()
    }

    /// The rows below the header of the first sheet.
    pub(crate) fn rows(&self, name: &str) -> Vec<Vec<Data>> {
        self.sheets(name).remove(0).1.split_off(1)
    }

    /// The texts of the first column, without the header.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let text = |row: Vec<Data>| match row.into_iter().next() {
            Some(Data::String(text)) => text,
            other => panic!("{other:?} is not text"),
        };
        self.rows(name).into_iter().map(text).collect()
    }

    /// Opens the sink here for a new pull.
    pub(crate) fn open(&self, options: Value) -> Result<Box<dyn Sink>, SinkError> {
        let Opened { sink, at } = configured(options)?.open(&self.variables(), None)?;
        assert_eq!(at, Mark::START);
        Ok(sink)
    }

    /// Opens the sink here as it was at a commit of the first page.
    pub(crate) fn resume(&self, options: Value, receipt: &str) -> Result<Box<dyn Sink>, SinkError> {
        let from = Some((&Receipt(receipt.into()), Mark(1)));
        let Opened { sink, at } = configured(options)?.open(&self.variables(), from)?;
        assert_eq!(at, Mark(1));
        Ok(sink)
    }

    /// Runs a whole pull of one page.
    pub(crate) fn pull(&self, options: Value, records: &[&str]) -> Result<Receipt, SinkError> {
        let mut sink = self.open(options)?;
        write_page(&mut sink, records)?;
        let receipt = sink.commit(Mark(1))?;
        sink.finish()?;
        Ok(receipt)
    }
}

/// The sink with these options, loaded from its shared library.
pub(crate) fn configured(options: Value) -> Result<Box<dyn OpenSink>, SinkError> {
    let folder = tempfile::tempdir().unwrap();
    install_plugin("xlsx", folder.path());
    let sink = Plugins::new([folder.path().to_owned()]).unwrap().find("xlsx").unwrap().unwrap();
    let options: Options = serde_json::from_value(options).unwrap();
    sink.configure(&options)
}

/// An error as it is shown: its kind, its key if there is one, and its message.
pub(crate) fn describe(error: &SinkError) -> String {
    let key = error.key().map(|key| format!("{key}: ")).unwrap_or_default();
    format!("{:?}: {key}{error}", error.kind())
}
