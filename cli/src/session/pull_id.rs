//! The id of a pull: its stream, its sinks and its range of time.
//!
//! State and locks belong to a pull. A pull into other sinks, or of another range of time, neither resumes nor blocks the
//! usual one.

use longhaul_core::state::fingerprint;

use crate::{args::RunArguments, build::SinkFor, config::Loaded};

/// The id of the pull of the stream `name` into these sinks. It is the name of the stream, unless the command line changes where the
/// records go or the range of time.
pub(crate) fn pull_id(
    loaded: &Loaded,
    name: &str,
    sinks: &[SinkFor<'_>],
    arguments: &RunArguments,
) -> String {
    let mut changes: Vec<String> = arguments.sink.iter().map(|sink| format!("--sink {sink}")).collect();
    let streams = with_parents(loaded, name).into_iter();
    let range: Vec<_> =
        streams.flat_map(|name| ["from", "to"].map(|key| format!("streams.{name}.window.{key}"))).collect();
    let decides = |key: &String| {
        range.contains(key)
            || sinks.iter().any(|sink| key.starts_with(&format!("sinks.{}.", sink.name)))
                && changes_place(key)
    };
    let set = loaded.of_flags().into_iter().filter(|(key, _)| decides(key));
    changes.extend(set.map(|(key, value)| format!("{key}={value}")));
    if changes.is_empty() {
        return name.to_owned();
    }
    format!("{name}@{}", fingerprint(&changes.join("\n")))
}

/// The stream, and those of its parents: their range of time is its own, too.
fn with_parents<'l>(loaded: &'l Loaded, name: &'l str) -> Vec<&'l str> {
    let streams = &loaded.config.streams;
    let parent = |name: &&'l str| streams.get(*name)?.each.as_ref()?.stream.as_deref();
    // Streams that are each other's parents are refused when the configuration is checked.
    std::iter::successors(Some(name), parent).take(streams.len()).collect()
}

/// Whether a change of this key may change where the sink writes. Options of the format do not matter: a rollback cuts
/// off the end of a file, whatever its format.
pub(crate) fn changes_place(key: &str) -> bool {
    const FORMAT: [&str; 9] = [
        "arrays",
        "bom",
        "columns",
        "compression_level",
        "delimiter",
        "formulas",
        "line_end",
        "rows",
        "rows_optional",
    ];
    let option = key.strip_prefix("sinks.").and_then(|rest| rest.split('.').nth(1));
    option.is_some_and(|option| !FORMAT.contains(&option))
}
