//! A folder for a database, and the sink that writes to it.

use std::path::PathBuf;

use longhaul_core::sink::{Mark, OpenSink, Opened, Options, Receipt, Sink, SinkError, SinkType, Variables};
use longhaul_plugin_host::Plugins;
use longhaul_tests::{install_plugin, write_page};
use rusqlite::{Connection, types::Value as Sql};
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

    /// The database `data.db`.
    pub(crate) fn database(&self) -> Connection {
        Connection::open(self.path("data.db")).unwrap()
    }

    /// The rows that a statement returns from `data.db`.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Vec<Sql>> {
        let database = self.database();
        let mut statement = database.prepare(sql).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect());
        rows.unwrap().map(|row| row.unwrap()).collect()
    }

    /// The texts of the first column.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        let text = |row: Vec<Sql>| match row.into_iter().next() {
            Some(Sql::Text(text)) => text,
            other => panic!("{other:?} is not text"),
        };
        self.rows(sql).into_iter().map(text).collect()
    }

    /// Opens the sink here for a new pull.
    pub(crate) fn open(&self, options: Value) -> Result<Box<dyn Sink>, SinkError> {
        let Opened { sink, at } = configured(options)?.open(&self.variables(), None)?;
        assert_eq!(at, Mark::START);
        Ok(sink)
    }

    /// Opens the sink here as it was at a commit.
    pub(crate) fn resume(
        &self,
        options: Value,
        receipt: &Receipt,
        mark: u64,
    ) -> Result<Box<dyn Sink>, SinkError> {
        let Opened { sink, at } =
            configured(options)?.open(&self.variables(), Some((receipt, Mark(mark))))?;
        assert_eq!(at, Mark(mark));
        Ok(sink)
    }

    /// Runs a whole pull of one page.
    pub(crate) fn pull(&self, options: Value, records: &[&str]) -> Result<(), SinkError> {
        let mut sink = self.open(options)?;
        write_page(&mut sink, records)?;
        sink.commit(Mark(1))?;
        sink.finish()
    }
}

/// The sink with these options, loaded from its shared library.
pub(crate) fn configured(options: Value) -> Result<Box<dyn OpenSink>, SinkError> {
    let folder = tempfile::tempdir().unwrap();
    install_plugin("sqlite", folder.path());
    let sink = Plugins::new([folder.path().to_owned()]).unwrap().find("sqlite").unwrap().unwrap();
    let options: Options = serde_json::from_value(options).unwrap();
    sink.configure(&options)
}

/// An error as it is shown: its kind, its key if there is one, and its message.
pub(crate) fn describe(error: &SinkError) -> String {
    let key = error.key().map(|key| format!("{key}: ")).unwrap_or_default();
    format!("{:?}: {key}{error}", error.kind())
}
