//! Several streams in one run.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};

use longhaul_demo::FakeApi;

use crate::{
    api::{self, without_faults},
    folder::Folder,
};

const OTHERS: &str = r#"
[streams.lost]
path = "/api/v2/lost"
records = "/entities"
sinks = ["lines"]

[streams.users]
path = "/api/v2/users"
query = { pageSize = 50 }
records = "/entities"
pages = { type = "next_url", next = "/nextUri" }
sinks = ["lines"]

[streams.gone]
path = "/api/v2/gone"
sinks = ["lines"]
"#;

/// Four streams. The second and the fourth fail.
fn four_streams() -> (FakeApi, Folder) {
    let api = api::start(&without_faults(60));
    let folder = Folder::configured(&(api::tutorial(api.base_url()) + OTHERS));
    (api, folder)
}

#[test]
fn a_failed_stream_does_not_stop_the_others_and_the_first_failure_decides() {
    let (_api, folder) = four_streams();
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4));
    let failure = |stream: &str| {
        format!(
            "error: the stream `{stream}` is not complete\n  \
             caused by: `GET http://127.0.0.1:PORT/api/v2/{stream}` failed\n  \
             caused by: the server answered 404 Not Found: `not.found`: The requested resource was not found. \
             (correlation id ID)\n\
             hint: check `api.base_url` and `streams.{stream}.path`\n"
        )
    };
    assert_eq!(
        ended.stable_stderr(),
        [
            "conversations: complete, 60 records in 2 pages, TIME -> FOLDER/out/conversations.ndjson\n",
            "users: complete, 120 records in 3 pages, TIME -> FOLDER/out/users.ndjson\n",
            &failure("gone"),
            &failure("lost"),
        ]
        .concat()
    );
    assert_eq!(folder.names_in("out"), ["conversations.ndjson", "users.ndjson"]);
}

#[test]
fn a_failed_stream_stops_the_others_with_fail_fast() {
    let (api, folder) = four_streams();
    let ended = folder.run("run --fail-fast");
    assert_eq!(ended.code, Some(4));
    assert!(ended.last_error().starts_with("error: the stream `lost` is not complete\n"));
    assert_eq!(folder.names_in("out"), ["conversations.ndjson"]);
    assert_eq!(api.stats().requests.get("GET /api/v2/users"), None);
}

#[test]
fn named_streams_are_pulled_in_that_order() {
    let (_api, folder) = four_streams();
    let ended = folder.run("run users conversations");
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "users: complete, 120 records in 3 pages, TIME -> FOLDER/out/users.ndjson\n\
         conversations: complete, 60 records in 2 pages, TIME -> FOLDER/out/conversations.ndjson\n"
    );
}

#[test]
fn records_go_to_another_sink_on_request() {
    let (_api, folder) = four_streams();
    let ended = folder.run("run users --sink stdout --sink lines");
    assert_eq!(ended.assert_complete().stdout.lines().count(), 120);
    assert_eq!(folder.read("out/users.ndjson"), ended.stdout);
    let ended = folder.run("run users --sink lnies");
    ended.assert_failed(
        2,
        "error: unknown sink `lnies` (did you mean `lines`?)\nhint: add a table `[sinks.lnies]`\n",
    );
    folder.run("run users --sink ndjosn").assert_failed(
        2,
        "error: unknown sink `ndjosn` (did you mean `ndjson`?)\nhint: add a table `[sinks.ndjosn]`\n",
    );
    folder.run("run users --sink ndjosn --out a.txt").assert_failed(
        2,
        "error: unknown sink `ndjosn` (did you mean `ndjson`?)\nhint: add a table `[sinks.ndjosn]`\n",
    );
}

#[test]
fn a_sink_that_is_not_in_the_build_says_how_to_get_it() {
    let (_api, folder) = four_streams();
    let hint = format!(
        "error: the sink `xlsx` is not in this build, and has no plugin\n\
         hint: put the plugin `{DLL_PREFIX}longhaul_sink_xlsx{DLL_SUFFIX}` into a folder of `plugin_path`, or build \
         longhaul with --features xlsx\n"
    );
    folder.run("run users --out users.xlsx").assert_failed(2, &hint);
}

#[test]
fn a_stream_of_one_object_is_one_record() {
    let api = api::start(&without_faults(1));
    let stream = "[streams.me]\npath = \"/api/v2/tokens/me\"\nrecords = \"\"\n";
    let folder = Folder::configured(&[&api::connection(api.base_url()), stream].concat());
    assert_eq!(folder.run("run").assert_complete().stdout.lines().count(), 1);
}
