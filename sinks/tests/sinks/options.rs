//! The options of each sink, and the errors of invalid ones.

use serde_json::{Value, json};

use super::support::{Pipe, configured, describe, registry};

#[test]
fn each_type_has_a_summary_and_options() {
    let registry = registry(&Pipe::default());
    let types = registry.iter().map(|(name, it)| (name, it.summary().to_owned(), it.options().join(" ")));
    let expected = [
        (
            "csv",
            "a CSV file or object with one row per record, or per part of a record",
            "path mode compression compression_level columns rows rows_optional arrays formulas delimiter bom line_end max_rows",
        ),
        (
            "ndjson",
            "a file or object with one JSON record per line, as the server wrote it",
            "path mode compression compression_level",
        ),
        (
            "singer",
            "any Singer target: at least once, or exactly once if it updates records by `key`",
            "command timeout spool resume key columns",
        ),
        (
            "stdout",
            "standard output, as NDJSON, CSV or messages of Singer",
            "format columns rows rows_optional arrays formulas delimiter bom line_end key",
        ),
    ];
    assert!(types.eq(expected.map(|(name, summary, options)| (
        name,
        summary.to_owned(),
        options.to_owned()
    ))));
}

#[test]
fn invalid_options_are_rejected_with_their_key() {
    let cases: &[(&str, Value, &str)] = &[
        ("ndjson", json!({}), "path: the key `path` is missing"),
        ("ndjson", json!({"path": ""}), "path: `path` is empty"),
        ("ndjson", json!({"pth": "x"}), "pth: unknown key `pth` (did you mean `path`?)"),
        (
            "ndjson",
            json!({"path": "x.gz", "compression": "gz"}),
            "compression: `compression` must be `none` or `gzip` or `zstd`, not `gz` (did you mean `gzip`?)",
        ),
        (
            "csv",
            json!({"path": "x", "compression_level": 3}),
            "compression_level: `compression_level` needs `compression`, or a path that ends in `.gz` or `.zst`",
        ),
        (
            "ndjson",
            json!({"path": "x.GZ", "compression_level": 10}),
            "compression_level: `compression_level` must be a whole number from 1 to 9, not `10`",
        ),
        (
            "ndjson",
            json!({"path": "x.zst", "compression_level": "high"}),
            "compression_level: `compression_level` must be a whole number from 1 to 19, not `high`",
        ),
        (
            "csv",
            json!({"path": "x.csv.zst", "compression_level": [3]}),
            "compression_level: `compression_level` must be a whole number from 1 to 19, not a list",
        ),
        (
            "ndjson",
            json!({"path": "x", "mode": "overwrite"}),
            "mode: `mode` must be `replace` or `append`, not `overwrite`",
        ),
        ("csv", json!({"path": "x", "rows": "/a/*"}), "columns: the key `columns` is missing"),
        (
            "csv",
            json!({"path": "x", "mode": "append"}),
            "mode: `mode = \"append\"` needs `columns`: without them the header is only known at the end",
        ),
        (
            "csv",
            json!({"path": "x", "columns": ["a"]}),
            "columns: column 1: `a` is not a JSON pointer: it must be empty or start with `/`",
        ),
        (
            "csv",
            json!({"path": "x", "columns": ["/a"], "delimiter": "\""}),
            "delimiter: `delimiter` must be one ASCII character other than a quote or a line end",
        ),
        (
            "csv",
            json!({"path": "x", "columns": ["/a"], "delimiter": "||"}),
            "delimiter: `delimiter` must be one ASCII character other than a quote or a line end",
        ),
        (
            "csv",
            json!({"path": "x", "columns": ["/a"], "line_end": "cr"}),
            "line_end: `line_end` must be `crlf` or `lf`, not `cr` (did you mean `crlf`?)",
        ),
        (
            "csv",
            json!({"path": "x", "columns": ["/a"], "rows": "/b"}),
            "rows: `/b` has no `*`, which matches every element of an array",
        ),
        (
            "csv",
            json!({"path": "x", "columns": ["/a"], "rows_optional": true}),
            "rows_optional: `rows_optional` needs `rows`",
        ),
        ("stdout", json!({"path": "x"}), "path: unknown key `path`"),
        (
            "stdout",
            json!({"format": "xml"}),
            "format: `format` must be `ndjson` or `csv` or `singer`, not `xml`",
        ),
        (
            "stdout",
            json!({"columns": ["/a"]}),
            "columns: `columns` needs `format = \"csv\"` or `format = \"singer\"`",
        ),
        ("stdout", json!({"key": "/a"}), "key: `key` needs `format = \"singer\"`"),
        ("stdout", json!({"format": "csv"}), "columns: the key `columns` is missing"),
    ];
    for (name, options, message) in cases {
        let error = configured(name, options.clone()).unwrap_err();
        assert_eq!(describe(&error), format!("Config: {message}"));
    }
}
