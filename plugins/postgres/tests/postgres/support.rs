//! A schema for tables, and the sink that writes to it.

use std::{
    env, iter,
    sync::atomic::{AtomicU32, Ordering},
};

use longhaul_core::sink::{Mark, OpenSink, Opened, Options, Receipt, Sink, SinkError, SinkType, Variables};
use longhaul_plugin_host::Plugins;
use longhaul_tests::{install_plugin, write_page};
use serde_json::Value;

use crate::server::Server;

/// A schema of its own for each test.
pub(crate) struct Schema {
    pub(crate) server: &'static Server,
    pub(crate) name: String,
}

impl Schema {
    /// `None` if there is no server.
    pub(crate) fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);

        let server = Server::get()?;
        let name = format!("schema_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let schema = Self { server, name };
        schema.run(&format!("CREATE SCHEMA {}", schema.name));
        Some(schema)
    }

    /// Options for this schema. Its connections have its name.
    pub(crate) fn options(&self, options: Value) -> Value {
        let Value::Object(mut options) = options else { panic!("{options} is not a table") };
        let url = format!("{}?application_name={}", self.server.url(), self.name);
        options.extend([("url".to_owned(), url.into()), ("schema".to_owned(), self.name.as_str().into())]);
        Value::Object(options)
    }

    /// Runs statements, which find the tables of this schema.
    pub(crate) fn run(&self, sql: &str) {
        self.server.client().batch_execute(&format!("SET search_path = {}; {sql}", self.name)).unwrap();
    }

    /// The rows of a query, with the values of each as text, separated by `|`.
    pub(crate) fn rows(&self, sql: &str) -> Vec<String> {
        let mut client = self.server.client();
        client.batch_execute(&format!("SET search_path = {}; SET timezone = 'UTC'", self.name)).unwrap();
        let rows = client.simple_query(sql).unwrap();
        let shown = |row: &postgres::SimpleQueryRow| {
            (0..row.len()).map(|column| row.get(column).unwrap_or("NULL")).collect::<Vec<_>>().join("|")
        };
        let rows = rows.iter().filter_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => Some(shown(row)),
            _ => None,
        });
        rows.collect()
    }

    pub(crate) fn exists(&self, table: &str) -> bool {
        self.rows(&format!("SELECT to_regclass('{}.{table}') IS NOT NULL", self.name)) == ["t"]
    }

    /// Opens the sink here for a new pull.
    pub(crate) fn open(&self, options: Value) -> Result<Box<dyn Sink>, SinkError> {
        let Opened { sink, at } = configured(self.options(options))?.open(&variables(), None)?;
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
        let from = Some((receipt, Mark(mark)));
        let Opened { sink, at } = configured(self.options(options))?.open(&variables(), from)?;
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

    /// The table, as messages name it.
    pub(crate) fn shown(&self) -> String {
        format!("table `{}.users` in `127.0.0.1:{}/postgres`", self.name, self.server.port)
    }
}

pub(crate) fn variables() -> Variables {
    Variables::new("users", env::temp_dir())
}

/// The sink with these options, loaded from its shared library.
pub(crate) fn configured(options: Value) -> Result<Box<dyn OpenSink>, SinkError> {
    let folder = tempfile::tempdir().unwrap();
    install_plugin("postgres", folder.path());
    let sink = Plugins::new([folder.path().to_owned()]).unwrap().find("postgres").unwrap().unwrap();
    let options: Options = serde_json::from_value(options).unwrap();
    sink.configure(&options)
}

/// An error as it is shown: its kind, its key if there is one, its message and its causes.
pub(crate) fn describe(error: &SinkError) -> String {
    let key = error.key().map(|key| format!("{key}: ")).unwrap_or_default();
    let causes = iter::successors(std::error::Error::source(error), |error| error.source());
    let causes = causes.map(|cause| format!("\n{cause}")).collect::<Vec<_>>().concat();
    format!("{:?}: {key}{error}{causes}", error.kind())
}
