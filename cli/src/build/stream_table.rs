//! The columns that a stream suggests, as options of a sink.

use longhaul_core::sink::Options;

use crate::config::{ConfigError, Loaded, Sink, Table};

/// The options that a sink takes from the `table` of the stream. A sink gets them if it asks for them with
/// `columns = "stream"`, or if it writes tables and has no columns of its own.
pub(super) fn options_from_table(
    table: Option<&Table>,
    known: &[String],
    given: &Options,
    configured: Option<&Sink>,
) -> Options {
    let knows = |option: &str| known.iter().any(|known| known == option);
    let is_csv_of_stdout = knows("format") && given.get("format") == Some(&"csv".into());
    let has_own_columns =
        ["columns", "rows", "rows_optional"].iter().any(|option| given.contains_key(*option));
    // A file with a table in the configuration, but without columns, has all columns.
    let lacks_columns = !has_own_columns
        && (is_csv_of_stdout
            || (knows("columns") && knows("rows") && !knows("format") && configured.is_none()));
    table.filter(|_| lacks_columns || wants_stream_table(given)).map(Table::options).unwrap_or_default()
}

/// Checks that the stream has the columns that the sink asks for, and that the sink can have its rows.
pub(super) fn check_table(
    loaded: &Loaded,
    name: &str,
    kind: &str,
    known: &[String],
    given: &Options,
    from_table: &Options,
) -> Result<(), ConfigError> {
    if !wants_stream_table(given) {
        return Ok(());
    }
    let key = format!("sinks.{name}.columns");
    let wrong = |clause: String| ConfigError::new(clause).at(&key, loaded.origin_of(&key));
    if from_table.is_empty() {
        let error = wrong(format!("`{key}`: the stream has no `table`"));
        return Err(error.with_hint("list the columns, or add a table `[streams.NAME.table]`"));
    }
    match from_table.keys().find(|option| !known.contains(option)) {
        None => Ok(()),
        Some(option) => {
            let clause = format!(
                "`{key}`: the `table` of the stream has `{option}`, which a sink of type `{kind}` does not have"
            );
            Err(wrong(clause).with_hint("list the columns in the sink, or use a sink of type `csv`"))
        }
    }
}

fn wants_stream_table(given: &Options) -> bool {
    given.get("columns").and_then(|columns| columns.as_str()) == Some("stream")
}
