//! Records in several arrays or objects of a page.

use serde_json::json;

use crate::ends::{reply, stream};

#[test]
fn records_in_nested_arrays_and_objects_keep_their_order_and_bytes() {
    for (records, page, lines) in [
        ("/data/*", r#"{"data":[{"b":1.10,"a":1},7]}"#, "{\"b\":1.10,\"a\":1}\n7\n"),
        (
            "/data/*",
            r#"{"data":{"z":{"b": 1.10},"a":{"c":"\u00e9"}}}"#,
            "{\"b\":1.10}\n{\"c\":\"\\u00e9\"}\n",
        ),
        ("/groups/*/items/*", r#"{"groups":[{"items":[2,1]},{"items":[]},{"items":[3]}]}"#, "2\n1\n3\n"),
    ] {
        let (folder, _server) =
            stream(&format!("records = \"{records}\""), move |_| longhaul_tests::Reply::json(page));
        folder.run("run").assert_complete();
        assert_eq!(folder.read("out/events.ndjson"), lines);
    }
}

#[test]
fn a_group_without_records_is_an_error_unless_that_is_expected() {
    let page = json!({ "groups": [{ "items": [1] }, { "name": "b" }, { "items": null }] });
    let keys = "records = \"/groups/*/items/*\"";
    let (folder, _server) = stream(keys, move |_| reply(&page));
    let ended = folder.run("run");
    let stderr = "error: the stream `events` is not complete\n  \
                  caused by: page 1 has nothing at `/groups/1/items`, where there should be records\n\
                  hint: if this API omits the records when there are none, set `streams.events.records_missing = \"empty\"`\n";
    assert_eq!((ended.code, ended.last_error().as_str()), (Some(4), stderr));
    folder.run("run --set streams.events.records_missing=empty --fresh").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "1\n");
}

#[test]
fn a_group_that_is_no_group_is_an_error() {
    let (folder, _server) =
        stream("records = \"/groups/*/items/*\"", |_| reply(&json!({ "groups": { "a": { "items": 7 } } })));
    let ended = folder.run("run");
    let stderr = "error: the stream `events` is not complete\n  \
                  caused by: page 1 has a number at `/groups/a/items`, not an array or object\n\
                  hint: set `streams.events.records` to the JSON pointer of the records in a page\n";
    assert_eq!((ended.code, ended.last_error().as_str()), (Some(4), stderr));
}

#[test]
fn a_key_at_several_places_is_an_error_before_anything_is_sent() {
    let (folder, server) = stream("unique = \"/ids/*\"", |_| reply(&json!([])));
    folder.run("run").assert_failed(
        2,
        "error: `streams.events.unique`: `/ids/*` names several values; name one, such as `/id`\n  \
         in: longhaul.toml:16\n",
    );
    assert!(server.received().is_empty());
}
