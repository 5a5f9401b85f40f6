//! Paths of objects.

use std::sync::Arc;

use longhaul_core::sink::{Destination, Variables};
use longhaul_tests::{Bucket, MemoryStore, SimulatedDisk};
use serde_json::{Value, json};

use super::support::{configured, configured_in, describe};

fn complaint(options: Value) -> String {
    let store = Arc::new(MemoryStore::new(Bucket::new(1), 1));
    let opener = configured_in(store, SimulatedDisk::new().handle(), "ndjson", options);
    let destination = opener.and_then(|opener| opener.destination(&Variables::new("users", "/simulated")));
    destination.map_or_else(|error| describe(&error), |destination| format!("{destination:?}"))
}

#[test]
fn a_path_that_is_no_object_is_an_error() {
    let path = |path: &str| complaint(json!({"path": path}));
    assert_eq!(
        path("s3://bucket/a b/{stream}.x"),
        format!("{:?}", Destination::Object("s3://bucket/a b/users.x".into()))
    );
    for (key, why) in [
        ("", "it names a bucket, but no object in it"),
        ("a/", "it names a folder"),
        ("a//b", "`.`, `..` and an empty name cannot be parts of its key"),
        ("a/../b", "`.`, `..` and an empty name cannot be parts of its key"),
    ] {
        let expected = format!("Config: path: cannot write to `s3://bucket/{key}`: {why}");
        assert_eq!(path(&format!("s3://bucket/{key}")), expected);
    }
    let long = "k".repeat(1025);
    assert!(path(&format!("s3://bucket/{long}")).ends_with("its key is longer than 1,024 bytes"));
    for scheme in ["S3", "gs", "https"] {
        assert_eq!(
            path(&format!("{scheme}://bucket/x")),
            format!(
                "Config: path: there is no store `{scheme}://`; use a file, or `s3://bucket/key` (with \
                 `stores.s3.endpoint` for a store other than Amazon S3)"
            )
        );
    }
    assert_eq!(path("file:///out/x"), "Config: path: a file has a path without `file://`");
    assert_eq!(path("s3://{stream}/x"), "Config: path: the bucket of a path cannot have placeholders");
    assert_eq!(
        path("s3://bucket/{steam}"),
        "Config: path: `{steam}` is not a known placeholder (did you mean `stream`?)"
    );
    assert_eq!(
        complaint(json!({"path": "s3://bucket/x", "mode": "append"})),
        "Config: mode: `mode = \"append\"` needs a file: an object in a store can only be replaced as a whole (put \
         `{date}` or `{window.start}` in the path to keep earlier ones)"
    );
    assert_eq!(
        configured("ndjson", json!({"path": "s3://bucket/x"}))
            .map_or_else(|error| describe(&error), |_| String::new()),
        "Config: path: this longhaul was built without object stores (build it with the feature `s3`)"
    );
}
