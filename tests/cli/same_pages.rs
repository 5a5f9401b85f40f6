//! Windows and parents whose first pages all have the same records, because the API ignores a parameter.

use longhaul_tests::{FaultServer, Reply};

use crate::{
    api::{self, LINES},
    folder::Folder,
};

const WINDOWS: &str = r#"
[streams.calls]
path = "/calls"
query = { intervall = "{window.start}/{window.end}" }
records = "/results"
pages = { type = "single" }
concurrency = 1
sinks = ["lines"]
window = { from = "2026-01-01", to = "2026-01-05", slice = "1d" }
"#;

const OF_WINDOWS: &str = "calls: all 4 windows with records have the same records on their first page, as if the API ignored \
                          the parameters with `{window.…}`: check their names\n";

/// An API that has these records, whatever the parameters are.
fn ignoring(records: &str) -> FaultServer {
    let page = format!(r#"{{"results":[{records}]}}"#);
    api::server(move |_| Reply::json(page.as_str()).into())
}

fn folder(server: &FaultServer, stream: &str) -> Folder {
    Folder::configured(&[&api::connection(&api::root(server)), stream, LINES].concat())
}

#[track_caller]
fn assert_warns(folder: &Folder, warning: &str) {
    let stderr = folder.run("run").assert_complete().stable_stderr();
    assert_eq!(stderr.split_once("\nwarn  ").map(|(_, warnings)| warnings), Some(warning), "{stderr}");
}

#[test]
fn windows_with_the_same_first_page_are_reported_and_a_strict_run_publishes_nothing() {
    let server = ignoring(r#"{"id":1},{"id":2}"#);
    let folder = folder(&server, WINDOWS);
    let strict = folder.run("-q run --strict");
    let hint = "hint: the run is not complete: to accept these records, run it again without --strict; to pull them again, \
                add --fresh\n";
    strict.assert_failed(4, &["error: ", OF_WINDOWS, hint].concat());
    assert_eq!(folder.names_in("out"), ["calls.ndjson.part"]);
    assert_warns(&folder, OF_WINDOWS);
    assert_eq!(folder.read("out/calls.ndjson"), "{\"id\":1}\n{\"id\":2}\n".repeat(4));
}

#[test]
fn the_windows_of_earlier_runs_count() {
    let server = ignoring(r#"{"id":1},{"id":2}"#);
    let folder = folder(&server, WINDOWS);
    assert_eq!(folder.run("run --max-requests 3").code, Some(75));
    assert_warns(&folder, OF_WINDOWS);
}

#[test]
fn parents_with_the_same_first_page_are_reported() {
    let server = ignoring(r#"{"id":1},{"id":2}"#);
    let stream =
        WINDOWS.replace("intervall = \"{window.start}/{window.end}\"", "regoin = \"{each.region}\"").replace(
            "window = { from = \"2026-01-01\", to = \"2026-01-05\", slice = \"1d\" }",
            "each = { list = [1, 2, 3], as = \"region\" }",
        );
    assert_warns(
        &folder(&server, &stream),
        "calls: all 3 partitions with records have the same records on their first page, as if the API ignored \
         the parameters with `{each.…}`: check their names\n",
    );
}

/// Such pages may be right: a day without calls is like any other.
#[test]
fn equal_records_prove_nothing() {
    for records in [r#"{"calls":0}"#, r#"{"calls":0},{"calls":0}"#, ""] {
        let server = ignoring(records);
        let ended = folder(&server, WINDOWS).run("run --strict");
        assert!(!ended.assert_complete().stderr.contains("warn "), "{}", ended.stderr);
    }
}
