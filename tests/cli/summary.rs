//! The outcome of a run as JSON.

use longhaul_tests::Reply;
use serde_json::{Value, json};

use crate::{folder::Folder, repairable_api::RepairableApi};

/// The summary, without what differs between runs.
fn summary(folder: &Folder) -> Value {
    let mut summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    let object = summary.as_object_mut().unwrap();
    for key in ["begun", "seconds_waited", "seconds_committing", "commits"] {
        assert!(object.remove(key).is_some(), "{key}");
    }
    for pull in object["pulls"].as_array_mut().unwrap() {
        assert!(pull.as_object_mut().unwrap().remove("seconds").unwrap().is_number());
        let files = pull["files"].to_string().replace(folder.as_ref().to_str().unwrap(), "FOLDER");
        pull["files"] = serde_json::from_str(&files).unwrap();
    }
    summary
}

fn pull(records: u64, pages: u64, exit_code: u8, error: Option<&str>) -> Value {
    json!({
        "stream": "conversations",
        "complete": error.is_none(),
        "records": records,
        "pages": pages,
        "windows": 0,
        "partitions": 0,
        "repeated_dropped": 0,
        "sample": false,
        "unchanged_dropped": 0,
        "filtered": 0,
        "missing": 0,
        "totals_changed": 0,
        "short_pages": 0,
        "unmatched_columns": {},
        "skipped": 0,
        "end": error.is_none().then(|| json!({ "proof": "next_missing", "at": "/nextPageUri", "page": 4 })),
        "files": ["FOLDER/out/conversations.ndjson"],
        "exit_code": exit_code,
        "error": error,
        "resumable": error.is_some(),
    })
}

#[test]
fn the_summary_is_written_whether_a_run_fails_stops_or_completes() {
    let listing = RepairableApi::new(Reply::status(410));
    let folder = listing.folder();
    assert_eq!(folder.run("run --summary summary.json").code, Some(4));
    let error = "the stream `conversations` is not complete: \
                 `GET http://127.0.0.1:PORT/api/v2/tutorial/conversations` failed: the server answered 410 Gone";
    let mut failed = summary(&folder);
    let port = listing.server.url().port().unwrap().to_string();
    let stderr = failed["pulls"][0]["error"].as_str().unwrap().replace(&port, "PORT");
    failed["pulls"][0]["error"] = stderr.into();
    assert_eq!(
        failed,
        json!({
            "version": 1, "exit_code": 4, "requests": 4, "retries": 0, "tokens": 1, "tokens_died": 0,
            "resumable": true, "pulls": [pull(4, 2, 4, Some(error))],
        })
    );
    listing.repair();
    assert_eq!(folder.run("run --max-requests 2 --summary summary.json").code, Some(75));
    let stopped = summary(&folder);
    assert_eq!((&stopped["exit_code"], &stopped["resumable"]), (&json!(75), &json!(true)));
    assert_eq!((&stopped["pulls"][0]["records"], &stopped["pulls"][0]["pages"]), (&json!(6), &json!(3)));
    folder.run("run --summary summary.json").assert_complete();
    assert_eq!(
        summary(&folder),
        json!({
            "version": 1, "exit_code": 0, "requests": 2, "retries": 0, "tokens": 1, "tokens_died": 0,
            "resumable": false, "pulls": [pull(8, 4, 0, None)],
        })
    );
}

#[test]
fn a_run_that_fails_before_a_pull_writes_a_summary_too() {
    let folder = RepairableApi::new(Reply::status(410)).folder();
    assert_eq!(folder.run("run nothing --summary summary.json").code, Some(2));
    let summary = summary(&folder);
    assert_eq!((&summary["exit_code"], &summary["pulls"]), (&json!(2), &json!([])));
}

#[test]
fn a_summary_that_cannot_be_written_is_an_error_before_anything_is_sent() {
    let listing = RepairableApi::new(Reply::status(410));
    listing.repair();
    let folder = listing.folder().with("taken", "a file");
    let ended = folder.run("run --summary taken/summary.json");
    assert_eq!(ended.code, Some(2));
    let words = ended.last_error();
    assert!(words.starts_with("error: cannot write the summary `FOLDER/taken/summary.json`: "), "{words}");
    assert!(words.ends_with("\nhint: choose another file for --summary\n"), "{words}");
    assert!(listing.server.received().is_empty());
    std::fs::create_dir(folder.path("folder")).unwrap();
    assert_eq!(folder.run("run --summary folder").code, Some(2));
}

#[test]
fn a_file_about_the_run_never_replaces_records_configuration_or_state() {
    let listing = RepairableApi::new(Reply::status(410));
    listing.repair();
    let folder = listing.folder().with("out/conversations.ndjson", "yesterday\n");
    let refused = |flags: &str, clause: &str| {
        let ended = folder.run(&format!("run {flags}"));
        assert_eq!(ended.code, Some(2), "{flags}: {}", ended.stderr);
        let error = ended.last_error();
        assert!(error.starts_with(&format!("error: {clause}\n")), "{flags}: {error}");
    };
    let records = "FOLDER/out/conversations.ndjson";
    for flag in ["--summary", "--report", "--metrics"] {
        let sink =
            format!("stream `conversations` through sink `lines` and {flag} both write to `{records}`");
        refused(&format!("{flag} out/conversations.ndjson"), &sink);
        let clause = format!("{flag} would overwrite the configuration file `FOLDER/longhaul.toml`");
        refused(&format!("{flag} longhaul.toml"), &clause);
        let clause = format!("{flag} would write to `FOLDER/.longhaul/x.json`, in the state folder");
        refused(&format!("{flag} .longhaul/x.json"), &clause);
    }
    refused("--summary a --report a", "--summary and --report both write to `FOLDER/a`");
    let device = "cannot write the summary `/dev/null`: it is not a regular file";
    refused("--summary /dev/null", device);
    assert_eq!(folder.read("out/conversations.ndjson"), "yesterday\n");
    assert!(listing.server.received().is_empty());
}
