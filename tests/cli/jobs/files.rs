//! Jobs whose results are several files.

use super::*;
use crate::command_output::CommandOutput;

const STREAM: &str = r#"
[streams.report]
path = "{job.url}"
records = "/rows"
sinks = ["lines"]

[streams.report.job]
submit = { path = "/jobs" }
id = "/id"
poll = "/jobs/{job.id}"
state = "/state"
done = ["DONE"]
url = "/files/*/url"
every = "1ms"
"#;

/// A job with these files, with one record each.
fn job_with(files: &'static str) -> (FaultServer, Folder) {
    let server = api::server(move |request| match request.url.path() {
        "/jobs" => Reply::json(r#"{"id":"j1"}"#).into(),
        "/jobs/j1" => Reply::json(format!(r#"{{"state":"DONE","files":{files}}}"#)).into(),
        path => Reply::json(format!(r#"{{"rows":[{{"path":"{path}"}}]}}"#)).into(),
    });
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), STREAM, api::LINES].concat());
    (server, folder)
}

fn failed(cause: &str, hint: &str) -> String {
    format!("error: the stream `report` is not complete\n  caused by: {cause}\nhint: {hint}\n")
}

#[test]
fn each_file_is_a_page() {
    let (_server, folder) = job_with(r#"[{"url":"/a"},{"url":"/b"}]"#);
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/report.ndjson"), "{\"path\":\"/a\"}\n{\"path\":\"/b\"}\n");
}

/// What a run ends with that pulls some of these files and is resumed when the answer has others.
fn resumed(before: &'static str, now: &'static str) -> (Folder, CommandOutput) {
    let stopped = Arc::new(AtomicBool::new(false));
    let is_stopped = Arc::clone(&stopped);
    let server = api::server(move |request| match request.url.path() {
        "/jobs" => Reply::json(r#"{"id":"j1"}"#).into(),
        "/jobs/j1" => {
            let files = if is_stopped.load(Ordering::SeqCst) { now } else { before };
            Reply::json(format!(r#"{{"state":"DONE","files":{files}}}"#)).into()
        }
        path => Reply::json(format!(r#"{{"rows":[{{"path":"{path}"}}]}}"#)).into(),
    });
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), STREAM, api::LINES].concat());
    assert_eq!(folder.run("run --max-requests 4").code, Some(75));
    stopped.store(true, Ordering::SeqCst);
    let ended = folder.run("run");
    (folder, ended)
}

const FOUR: &str = r#"[{"url":"/a?s=1"},{"url":"/b?s=1"},{"url":"/c?s=1"},{"url":"/d?s=1"}]"#;

#[test]
fn a_run_is_resumed_among_the_same_files() {
    for (now, last) in [
        (r#"[{"url":"/a?s=2"},{"url":"/b?s=2"},{"url":"/c?s=2"},{"url":"/d?s=2"}]"#, &["d"][..]),
        (
            r#"[{"url":"/a?s=2"},{"url":"/b?s=2"},{"url":"/c?s=2"},{"url":"/d?s=2"},{"url":"/e"}]"#,
            &["d", "e"],
        ),
    ] {
        let (folder, ended) = resumed(FOUR, now);
        ended.assert_complete();
        let all = ["a", "b", "c"].iter().chain(last).map(|name| format!("{{\"path\":\"/{name}\"}}\n"));
        assert_eq!(folder.read("out/report.ndjson"), all.collect::<String>());
    }
}

#[test]
fn a_run_is_not_resumed_among_other_files() {
    for now in [
        r#"[{"url":"/c"},{"url":"/d"},{"url":"/a"},{"url":"/b"}]"#,
        r#"[{"url":"/e"},{"url":"/a"},{"url":"/b"},{"url":"/c"},{"url":"/d"}]"#,
        r#"[{"url":"/c"},{"url":"/d"}]"#,
        r#"[{"url":"/d"}]"#,
    ] {
        let (_, ended) = resumed(FOUR, now);
        assert_eq!(ended.code, Some(4), "{}", ended.stderr);
        assert_eq!(
            ended.last_error(),
            failed(
                "the job no longer has the files that it had when the run stopped, in the same order",
                "discard what was pulled so far and start again: longhaul run report --fresh",
            )
        );
    }
}

#[test]
fn a_file_without_an_address_is_an_error() {
    for part in
        ["{}", r#"{"url":null,"status":"failed"}"#, r#"{"url":""}"#, r#"{"url":5}"#, "null", r#""/b""#]
    {
        let files = format!(r#"[{{"url":"/a"}},{part},{{"url":"/c"}}]"#);
        let (_server, folder) = job_with(files.leak());
        folder.run("run").assert_failed(
            4,
            &failed(
                "the job `j1` is done, but one of its results has no address at `/files/1/url`",
                "check `streams.report.job.url`; if a part of the job failed, submit the job again: longhaul run report \
                 --fresh",
            ),
        );
        assert!(folder.names_in("out").is_empty(), "nothing is written");
    }
}

#[test]
fn a_file_that_is_named_twice_is_an_error() {
    let (_server, folder) = job_with(r#"[{"url":"/a"},{"url":"/b"},{"url":"/a"}]"#);
    folder.run("run").assert_failed(
        4,
        &failed(
            "the job `j1` is done, but its results at `/files/0/url` and `/files/2/url` have the same address",
            "check `streams.report.job.url`, or report this to the API's operator",
        ),
    );
}

#[test]
fn files_on_further_pages_are_an_error() {
    let (_server, folder) = job_with(r#"[{"url":"/a"},{"url":"/b"}],"nextPageToken":"s3cret""#);
    folder.run("run").assert_failed(
        4,
        &failed(
            "the job `j1` is done, but there seem to be more files, because the answer has `/nextPageToken` (a text of 6 \
             characters)",
            "ask for all files in one answer, such as with a larger page in `streams.report.job.poll`",
        ),
    );
    assert!(folder.names_in("out").is_empty(), "nothing is written");
}

#[test]
fn a_job_without_files_is_an_error_unless_it_counts_as_skipped() {
    let (_server, folder) = job_with("[]");
    folder.run("run").assert_failed(
        4,
        &failed(
            "the job is done, but the answer has no address of its results at `/files/*/url`",
            "check `streams.report.job.url`; if the job has no data, set `streams.report.job.skipped` to a condition that \
             only a job without data meets",
        ),
    );
    // As the hint says.
    let skipped = "done = [\"DONE\"]\nskipped = [{ at = \"/files\", is = [[]] }]";
    let skipped = folder.read("longhaul.toml").replace("done = [\"DONE\"]", skipped);
    let folder = folder.with("longhaul.toml", skipped);
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/report.ndjson"), "");
}
