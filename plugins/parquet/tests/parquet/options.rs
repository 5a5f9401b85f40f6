//! The options of the sink, and the errors of invalid ones.

use longhaul_core::sink::Destination;
use parquet::{
    basic::Compression,
    file::{metadata::RowGroupMetaData, reader::FileReader},
};
use serde_json::{Value, json};

use crate::support::{Folder, configured, describe};

#[test]
fn invalid_options_are_rejected_with_the_reason() {
    let error = |options: Value| describe(&configured(options).unwrap_err());
    let cases = [
        (json!({}), "Config: path: `path` is missing"),
        (json!({"path": ""}), "Config: path: `path` is empty"),
        (
            json!({"path": "a", "compresion": "zstd"}),
            "Config: compresion: `compresion` is not an option of this sink (did you mean `compression`?)",
        ),
        (
            json!({"path": "a", "compression": "gzip"}),
            "Config: compression: `compression`: unknown variant `gzip`, expected one of `zstd`, `snappy`, `none`",
        ),
        (
            json!({"path": "a", "row_group_size": 0}),
            "Config: row_group_size: `row_group_size`: invalid value: integer `0`, expected a whole number of at least 1",
        ),
        (
            json!({"path": "a", "row_group_size": "many"}),
            "Config: row_group_size: `row_group_size`: invalid value: string \"many\", expected a whole number of at \
             least 1",
        ),
        (json!({"path": "a", "columns": []}), "Config: columns: `columns` is empty"),
    ];
    for (options, message) in cases {
        assert_eq!(error(options), message);
    }
}

#[test]
fn each_window_has_its_own_folder() {
    let folder = Folder::new();
    let variables = folder.variables().with("window.start", "20260101T000000Z");
    let sink = configured(json!({"path": "{stream}/start={window.start}/part.parquet"})).unwrap();
    let path = folder.path("users/start=20260101T000000Z/part.parquet");
    assert_eq!(sink.destination(&variables).unwrap(), Destination::File(path.clone()));
    assert_eq!(folder.names(), [""; 0]);
    let mut sink = sink.open(&variables, None).unwrap().sink;
    sink.commit(longhaul_core::sink::Mark::START).unwrap();
    sink.finish().unwrap();
    assert!(path.exists());
}

#[test]
fn groups_and_compression_are_as_configured() {
    let folder = Folder::new();
    let groups_of = |options: Value| {
        folder.pull(options, &["1", "2", "3", "4", "5"]).unwrap();
        let reader = folder.reader("a.parquet");
        let groups = reader.metadata().row_groups().iter();
        groups.map(|group| (group.num_rows(), group.column(0).compression())).collect::<Vec<_>>()
    };
    let groups = groups_of(json!({"path": "a.parquet", "row_group_size": 2, "compression": "snappy"}));
    assert_eq!(groups, [2, 2, 1].map(|rows| (rows, Compression::SNAPPY)));
    // From an environment variable.
    let groups = groups_of(json!({"path": "a.parquet", "row_group_size": "3", "compression": "none"}));
    assert_eq!(groups, [3, 2].map(|rows| (rows, Compression::UNCOMPRESSED)));
    let groups = groups_of(json!({"path": "a.parquet", "compression": "none"}));
    assert_eq!(groups, [(5, Compression::UNCOMPRESSED)]);
    let groups = groups_of(json!({"path": "a.parquet"}));
    assert!(matches!(groups[..], [(5, Compression::ZSTD(_))]), "{groups:?}");
}

/// A group is held in memory, so its size is limited.
#[test]
fn a_group_of_large_rows_ends_early() {
    let folder = Folder::new();
    let large = format!("\"{}\"", "x".repeat(30 << 20));
    folder.pull(json!({"path": "a.parquet"}), &[large.as_str(); 4]).unwrap();
    let rows: Vec<_> =
        folder.reader("a.parquet").metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect();
    assert_eq!(rows, [3, 1]);
}
