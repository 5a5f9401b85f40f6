//! The outcome of a run as JSON.

use longhaul_tests::Reply;
use serde_json::{Value, json};

use crate::{folder::Folder, mendable::Mendable};

/// The summary, without what differs from run to run.
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
        "repeated_dropped": 0,
        "missing": 0,
        "end": error.is_none().then(|| json!({ "proof": "next_missing", "at": "/nextPageUri", "page": 4 })),
        "files": ["FOLDER/out/conversations.ndjson"],
        "exit_code": exit_code,
        "error": error,
        "resumable": error.is_some(),
    })
}

#[test]
fn what_a_run_came_to_is_written_however_it_ended() {
    let listing = Mendable::new(Reply::status(410));
    let folder = listing.folder();
    assert_eq!(folder.run("run --summary summary.json").code, Some(4));
    let error = "the stream `conversations` is not complete: \
                 `GET http://127.0.0.1:PORT/api/v2/tutorial/conversations` failed: the server answered 410 Gone";
    let mut failed = summary(&folder);
    let port = listing.server.url().port().unwrap().to_string();
    let said = failed["pulls"][0]["error"].as_str().unwrap().replace(&port, "PORT");
    failed["pulls"][0]["error"] = said.into();
    assert_eq!(
        failed,
        json!({
            "version": 1, "exit_code": 4, "requests": 4, "retries": 0, "tokens": 1, "tokens_died": 0,
            "resumable": true, "pulls": [pull(4, 2, 4, Some(error))],
        })
    );
    listing.mend();
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
fn a_run_that_does_not_get_as_far_as_a_pull_has_a_summary_too() {
    let folder = Mendable::new(Reply::status(410)).folder();
    assert_eq!(folder.run("run nothing --summary summary.json").code, Some(2));
    let summary = summary(&folder);
    assert_eq!((&summary["exit_code"], &summary["pulls"]), (&json!(2), &json!([])));
}

#[test]
fn a_summary_that_cannot_be_written_is_told() {
    let listing = Mendable::new(Reply::status(410));
    listing.mend();
    let folder = listing.folder().with("taken", "a file");
    let ended = folder.run("run --summary taken/summary.json");
    assert_eq!(ended.code, Some(1));
    let words = ended.closing_words();
    assert!(words.starts_with("error: cannot write the summary `FOLDER/taken/summary.json`: "), "{words}");
    assert!(words.ends_with("\nhint: choose another file for --summary\n"), "{words}");
}
