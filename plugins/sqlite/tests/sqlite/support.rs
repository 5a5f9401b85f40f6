//! A folder for a database, and the sink in it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use longhaul_core::sink::{Batch, Mark, OpenSink, Opened, Options, Receipt, Sink, SinkError, SinkType, Site};
use longhaul_plugin_host::Plugins;
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

    pub(crate) fn site(&self) -> Site {
        Site::new("users", self.0.path())
    }

    /// The database `data.db`.
    pub(crate) fn database(&self) -> Connection {
        Connection::open(self.path("data.db")).unwrap()
    }

    /// What a statement gives in `data.db`, row by row.
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
            other => panic!("{other:?} is no text"),
        };
        self.rows(sql).into_iter().map(text).collect()
    }

    /// Opens the sink here for a pull that begins.
    pub(crate) fn begin(&self, options: Value) -> Result<Box<dyn Sink>, SinkError> {
        let Opened { sink, at } = configured(options)?.open(&self.site(), None)?;
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
        let Opened { sink, at } = configured(options)?.open(&self.site(), Some((receipt, Mark(mark))))?;
        assert_eq!(at, Mark(mark));
        Ok(sink)
    }

    /// Runs a whole pull of one page.
    pub(crate) fn pull(&self, options: Value, records: &[&str]) -> Result<(), SinkError> {
        let mut sink = self.begin(options)?;
        page(&mut sink, records)?;
        sink.commit(Mark(1))?;
        sink.finish()
    }
}

/// The sink with these options, through the border that plugins are behind.
pub(crate) fn configured(options: Value) -> Result<Box<dyn OpenSink>, SinkError> {
    let folder = tempfile::tempdir().unwrap();
    shelve(folder.path());
    let sink = Plugins::new([folder.path().to_owned()]).unwrap().find("sqlite").unwrap().unwrap();
    let options: Options = serde_json::from_value(options).unwrap();
    sink.configure(&options)
}

/// Puts the library that cargo built, which lies beside the tests, into a folder.
pub(crate) fn shelve(folder: &Path) {
    let name = format!("{}longhaul_sink_sqlite{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let built = env::current_exe().unwrap().with_file_name(&name);
    fs::create_dir_all(folder).unwrap();
    fs::copy(built, folder.join(&name)).unwrap();
    close(&folder.join(name));
}

/// Takes away what a umask may have granted to the group.
#[cfg(unix)]
fn close(file: &Path) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn close(_: &Path) {}

/// Writes a page of these records.
pub(crate) fn page(sink: &mut Box<dyn Sink>, records: &[&str]) -> Result<(), SinkError> {
    let text = records.join("\n") + "\n";
    let ends = text.match_indices('\n').map(|(at, _)| at + 1).collect::<Vec<_>>();
    sink.write(&Batch::new(text.as_bytes(), &ends))
}

/// An error as it is shown: its kind, its key if any, and its message.
pub(crate) fn told(error: &SinkError) -> String {
    let key = error.key().map(|key| format!("{key}: ")).unwrap_or_default();
    format!("{:?}: {key}{error}", error.kind())
}
