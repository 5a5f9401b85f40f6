//! `longhaul status`.

use std::{sync::mpsc, time::Duration};

use longhaul_tests::Reaction;

use crate::{api, folder::Folder, repairable_api::stopped};

#[test]
fn status_shows_whether_a_stream_was_never_run_stopped_or_is_complete() {
    let never = Folder::configured(&api::tutorial(&api::unused_url()));
    assert_eq!(never.run("status").assert_complete().stable_stdout(), "conversations: never run\n");
    assert_eq!(never.names_in("."), ["longhaul.toml"]);
    let (listing, folder) = stopped(|configuration| configuration);
    let asked = listing.requested_pages().len();
    assert_eq!(
        folder.run("status").assert_complete().stable_stdout(),
        "conversations: stopped at MOMENT, 4 records (2 pages) saved\n  started at MOMENT\n  \
         next: the page at http://127.0.0.1:PORT/api/v2/tutorial/conversations\n  resume with: longhaul run conversations\n"
    );
    assert_eq!(listing.requested_pages().len(), asked, "nothing is sent");
    folder.run("run").assert_complete();
    assert_eq!(
        folder.run("status conversations").assert_complete().stable_stdout(),
        "conversations: complete since MOMENT, 8 records in 4 pages\n"
    );
}

#[test]
fn status_needs_no_range_of_a_stream_of_a_preset() {
    let ended = Folder::empty().run("--system genesys --set region=us-west-2 status conversations");
    assert_eq!(ended.assert_complete().stdout, "conversations: never run\n");
}

#[test]
fn status_names_the_process_that_pulls() {
    let (reached, reaches) = mpsc::channel();
    let server = api::server(move |_| {
        reached.send(()).unwrap();
        Reaction::Stall
    });
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    let running = folder.longhaul("run").start();
    reaches.recv_timeout(Duration::from_secs(60)).unwrap();
    let status = folder.run("status");
    assert_eq!(
        status.assert_complete().stable_stdout(),
        "conversations: running: process PID on HOST, started at MOMENT\n"
    );
    let process = format!("conversations: running: process {} on ", running.id());
    assert!(status.stdout.starts_with(&process), "{} is not {process}", status.stdout);
    running.kill();
    let stopped = "conversations: stopped at MOMENT, 0 records (0 pages) saved\n  started at MOMENT\n  \
                   resume with: longhaul run conversations\n";
    assert_eq!(folder.run("status").assert_complete().stable_stdout(), stopped);
}

#[test]
fn status_shows_windows_and_the_watermark() {
    let server = api::server(|request| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if body.contains("2026-01-03T00:00:00.000Z/") {
            return longhaul_tests::Reply::status(410).into();
        }
        longhaul_tests::Reply::json(r#"{"results":[{"id":1}]}"#).into()
    });
    let stream = r#"
[streams.calls]
method = "POST"
path = "/calls"
body = { interval = "{window.start}/{window.end}" }
records = "/results"
sinks = ["lines"]
pages = { type = "single" }
concurrency = 1

[streams.calls.window]
from = "2026-01-01"
to = "2026-01-03"
slice = "1d"
incremental = true
"#;
    let lines = "[sinks.lines]\ntype = \"ndjson\"\npath = \"out/{stream}.ndjson\"\nmode = \"append\"\n";
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, lines].concat());
    folder.run("run").assert_complete();
    let complete = "calls: complete since MOMENT, 2 records in 2 pages\n  \
                    from MOMENT to MOMENT (exclusive)\n  \
                    everything before MOMENT has been pulled\n";
    assert_eq!(folder.run("status").stable_stdout(), complete);
    let configuration = folder.read("longhaul.toml");
    let longer = configuration.replace("2026-01-03\"", "2026-01-05\"\nlookback = \"1d\"");
    let folder = folder.with("longhaul.toml", longer);
    assert_eq!(folder.run("run").code, Some(4));
    assert_eq!(
        folder.run("status").stable_stdout(),
        "calls: stopped at MOMENT, 1 record (1 page) saved\n  started at MOMENT\n  \
         from MOMENT to MOMENT (exclusive)\n  1 of 3 windows complete\n  resume with: longhaul run calls\n  \
         the last complete pull ended at MOMENT\n  \
         everything before MOMENT has been pulled\n"
    );
}

#[test]
fn a_damaged_state_is_an_error() {
    let folder =
        Folder::configured(&api::tutorial(&api::unused_url())).with(".longhaul/conversations.json", "{}");
    folder.run("status").assert_failed(
        6,
        "error: `FOLDER/.longhaul/conversations.json` is damaged\n  \
         caused by: missing field `version` at line 1 column 2\n\
         hint: restore the file, or discard it and start again: longhaul run conversations \
         --fresh\n",
    );
}

#[test]
fn status_is_also_json() {
    let json = |folder: &Folder| -> serde_json::Value {
        serde_json::from_str(&folder.run("status --format json").assert_complete().stdout).unwrap()
    };
    let (_listing, folder) = stopped(|configuration| configuration);
    let stopped = json(&folder);
    let pull = &stopped[0];
    assert_eq!((&pull["stream"], &pull["status"]), (&"conversations".into(), &"stopped".into()));
    assert_eq!((&pull["unfinished"]["records"], &pull["complete"]), (&4.into(), &serde_json::Value::Null));
    folder.run("run").assert_complete();
    let complete = json(&folder);
    assert_eq!(complete.as_array().unwrap().len(), 1);
    let pull = &complete[0];
    assert_eq!((&pull["status"], &pull["complete"]["records"]), (&"complete".into(), &8.into()));
    assert!(pull["complete"]["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
}

#[test]
fn a_stream_that_is_too_old_fails_the_status() {
    let (_listing, folder) = stopped(|configuration| configuration);
    let ended = folder.run("status --max-age 26h");
    assert_eq!(ended.code, Some(75));
    assert!(ended.stdout.starts_with("conversations: stopped at "), "{}", ended.stdout);
    let never = "error: not complete within 26 h 0 min: `conversations` was never complete\n\
                 hint: pull it with: longhaul run conversations\n";
    assert_eq!(ended.stable_stderr(), never);
    folder.run("run").assert_complete();
    folder.run("status --max-age 26h").assert_complete();
    let old = "error: not complete within 1 ms: `conversations` was last complete at MOMENT\n\
               hint: pull it with: longhaul run conversations\n";
    assert_eq!(folder.run("status --max-age 1ms").stable_stderr(), old);
}
