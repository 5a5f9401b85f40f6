//! The options of the `postgres` sink.

use std::{env, fmt, fs, mem, path::PathBuf, sync::Arc, time::Duration};

use longhaul_plugin::{
    Destination, Mark, OpenSink, Opened, PluginSink, Receipt, SinkError, UnknownPlaceholder, Variables,
};
use longhaul_table::{Columns, Flag, Mode, Names, Rows, RowsOption, duration, key_and_indexes};
use serde::Deserialize;

use crate::{
    connect::{Server, Timeouts},
    row::JsonType,
    sink,
    table::{Layout, Table},
};

/// The number of bytes of a table's name. PostgreSQL cuts longer names, and this sink adds to them.
const NAME: usize = 49;

/// A configured `postgres` sink.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Options")]
pub struct Postgres {
    options: Options,
    columns: Arc<Columns>,
    /// The columns of the key, by index.
    key: Vec<usize>,
    indexes: Vec<Vec<usize>>,
}

/// The options as configured.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    url: Url,
    /// Certificates to trust instead of those of the system.
    ca_file: Option<PathBuf>,
    #[serde(default = "public")]
    schema: String,
    #[serde(default = "stream")]
    table: String,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    columns: Columns,
    #[serde(default)]
    rows: RowsOption,
    #[serde(default)]
    rows_optional: Flag,
    #[serde(default)]
    json_type: JsonType,
    #[serde(default)]
    add_columns: Flag,
    #[serde(default)]
    key: Names,
    #[serde(default)]
    indexes: Vec<Names>,
    #[serde(default = "ten_seconds", deserialize_with = "duration")]
    connect_timeout: Duration,
    #[serde(default = "half_a_minute", deserialize_with = "duration")]
    lock_timeout: Duration,
    #[serde(default = "half_an_hour", deserialize_with = "duration")]
    statement_timeout: Duration,
}

/// Where the URL comes from. It is a secret, because it may contain a password.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected text, `{ env = \"NAME\" }` or `{ file = \"PATH\" }`")]
enum Url {
    Text(String),
    Environment { env: String },
    File { file: PathBuf },
}

impl PluginSink for Postgres {
    const NAME: &str = "postgres";
    const SUMMARY: &str = "a table of a PostgreSQL database";
    const OPTIONS: &str = include_str!("options.json");
}

impl OpenSink for Postgres {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        let (server, table) = (self.server(variables)?, self.table(variables)?);
        Ok(Destination::Elsewhere(format!("{}, table {}.{}", server.place(), table.schema(), table.name())))
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let (server, table) = (self.server(variables)?, self.table(variables)?);
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        let sink = sink::open(&server, table, variables.stream(), from)?;
        Ok(Opened { sink: Box::new(sink), at })
    }
}

impl Postgres {
    fn server(&self, variables: &Variables) -> Result<Server, SinkError> {
        let options = &self.options;
        let url = options.url.read(variables)?;
        let timeouts = Timeouts {
            connect: options.connect_timeout,
            lock: options.lock_timeout,
            statement: options.statement_timeout,
        };
        Server::parse(&url, options.ca_file.as_ref().map(|file| variables.folder().join(file)), timeouts)
    }

    fn table(&self, variables: &Variables) -> Result<Table, SinkError> {
        let invalid = |message: String| SinkError::config("table", message);
        let options = &self.options;
        let name = variables
            .expand(&options.table)
            .map_err(|error: UnknownPlaceholder| invalid(error.to_string()))?;
        if name.is_empty() {
            return Err(invalid("`table` is empty".into()));
        }
        if name.len() > NAME {
            return Err(invalid(format!("the table name `{name}` is longer than {NAME} bytes")));
        }
        if is_reserved(&name) {
            return Err(invalid(format!("the table name `{}` is reserved", name.escape_debug())));
        }
        Ok(Table::new(Layout {
            schema: options.schema.clone(),
            name,
            columns: Arc::clone(&self.columns),
            json_type: options.json_type,
            add_columns: options.add_columns.is_set(),
            key: self.key.clone(),
            indexes: self.indexes.clone(),
            mode: options.mode,
        }))
    }
}

impl TryFrom<Options> for Postgres {
    type Error = String;

    fn try_from(mut options: Options) -> Result<Self, String> {
        let (columns, rows) = (mem::take(&mut options.columns), mem::take(&mut options.rows));
        let columns = columns.of_rows(&Rows::new(rows, options.rows_optional)?)?;
        if let Some(column) = columns.iter().find(|column| is_reserved(&column.name)) {
            return Err(format!("the column name `{}` is reserved", column.name.escape_debug()));
        }
        if let Some(column) = columns.iter().find(|column| column.name.len() > 63) {
            return Err(format!("the column name `{}` is longer than 63 bytes", column.name));
        }
        let (key, indexes) = key_and_indexes(&options.key, &options.indexes, &columns)?;
        Ok(Self { options, columns: Arc::new(columns), key, indexes })
    }
}

impl Url {
    fn read(&self, variables: &Variables) -> Result<String, SinkError> {
        let invalid = |message: String| SinkError::config("url", message);
        match self {
            Self::Text(url) => Ok(url.clone()),
            Self::Environment { env: name } => {
                env::var(name).map_err(|_| invalid(format!("the environment variable `{name}` is not set")))
            }
            Self::File { file } => {
                let path = variables.folder().join(file);
                let text = fs::read_to_string(&path);
                let text = text
                    .map_err(|error| invalid(format!("cannot read `{}`", path.display())).because(error))?;
                Ok(text.trim_end().to_owned())
            }
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Url(***)")
    }
}

/// Whether the name is reserved by this sink. A name cannot contain NUL.
fn is_reserved(name: &str) -> bool {
    name.starts_with("_longhaul") || name.contains('\0')
}

fn stream() -> String {
    "{stream}".into()
}

fn public() -> String {
    "public".into()
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

fn half_an_hour() -> Duration {
    Duration::from_secs(30 * 60)
}
