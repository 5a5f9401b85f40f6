//! The columns that a stream suggests, as options of a sink.

use longhaul_core::sink::Options;

use crate::config::{ConfigError, Loaded, Sink, Table};

/// The options that a sink takes from the `table` of the stream. A sink gets them if it asks for them with
/// `columns = "stream"`, or if it writes CSV and has no columns of its own. Without columns, a sink with types finds them
/// itself.
pub(super) fn options_from_table(
    table: Option<&Table>,
    kind: &str,
    known: &[String],
    given: &Options,
    configured: Option<&Sink>,
) -> Options {
    let knows = |option: &str| known.iter().any(|known| known == option);
    let is_csv_of_stdout = knows("format") && given.get("format") == Some(&"csv".into());
    let has_own_columns =
        ["columns", "rows", "rows_optional"].iter().any(|option| given.contains_key(*option));
    // A CSV file in the configuration, but without columns, has all columns.
    let lacks_columns = !has_own_columns && (is_csv_of_stdout || (kind == "csv" && configured.is_none()));
    table.filter(|_| lacks_columns || wants_stream_table(given)).map(Table::options).unwrap_or_default()
}

/// Checks that the stream has the columns that the sink asks for.
pub(super) fn check_table(
    loaded: &Loaded,
    name: &str,
    given: &Options,
    from_table: &Options,
) -> Result<(), ConfigError> {
    if !wants_stream_table(given) || !from_table.is_empty() {
        return Ok(());
    }
    let key = format!("sinks.{name}.columns");
    let error =
        ConfigError::new(format!("`{key}`: the stream has no `table`")).at(&key, loaded.origin_of(&key));
    Err(error.with_hint("list the columns, or add a table `[streams.NAME.table]`"))
}

fn wants_stream_table(given: &Options) -> bool {
    given.get("columns").and_then(|columns| columns.as_str()) == Some("stream")
}
