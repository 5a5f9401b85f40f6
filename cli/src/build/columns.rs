//! The columns that a sink reads in every record, by the options that sinks have for them.

use longhaul_core::{Pointer, pull::Column, sink::Options};
use serde_json::Value;

/// The columns of the sink `name`: the places in its `columns`, and what becomes its `rows`. A plugin with such options
/// means the same by them. Anything else is left to the sink, which has checked it.
pub(super) fn columns(name: &str, options: &Options) -> Vec<Column> {
    let rows = options.get("rows").and_then(Value::as_str).unwrap_or_default();
    let listed = options.get("columns").and_then(Value::as_array).into_iter().flatten();
    let listed = listed.filter_map(|column| column.as_str().or_else(|| column.get("at")?.as_str()));
    let mut columns = Vec::new();
    for place in listed.map(|at| from_record(at, rows)).chain([rows.to_owned()]) {
        let Ok(at) = place.parse::<Pointer>() else { continue };
        let column = Column { sink: name.to_owned(), at };
        // The record itself is always there.
        if !column.at.tokens().is_empty() && !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns
}

/// The place `at` as it is from the record on. Without a `^` it starts at a match of `rows`; with one it starts at the
/// record, and each further `^` moves its start to what the next `*` of `rows` matches.
pub(super) fn from_record(at: &str, rows: &str) -> String {
    let below = at.trim_start_matches('^');
    let start = match at.len() - below.len() {
        0 => rows,
        carets => {
            rows.match_indices("/*").nth(carets.wrapping_sub(2)).map_or("", |(star, _)| &rows[..star + 2])
        }
    };
    format!("{start}{below}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn places(options: &Value) -> Vec<String> {
        let found = columns("out", options.as_object().unwrap());
        found.into_iter().map(|column| column.at.to_string()).collect()
    }

    #[test]
    fn columns_are_places_in_a_record() {
        let options =
            json!({"columns": ["/a", {"name": "b", "at": "/b/0"}, {"name": "all", "at": ""}, "/a"]});
        assert_eq!(places(&options), ["/a", "/b/0"]);
        let columns = json!(["/x", "^/id", "^^/p", "^^^/s", {"name": "match", "at": ""}]);
        assert_eq!(
            places(&json!({"columns": columns, "rows": "/ps/*/ss/*/m"})),
            ["/ps/*/ss/*/m/x", "/id", "/ps/*/p", "/ps/*/ss/*/s", "/ps/*/ss/*/m"]
        );
        for options in [json!({}), json!({"columns": "all"}), json!({"columns": [7, "x"]})] {
            assert_eq!(places(&options), [""; 0]);
        }
    }
}
