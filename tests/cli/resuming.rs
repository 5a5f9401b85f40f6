//! Resuming a run, and starting again.

use std::{
    fs,
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
};

use longhaul_core::{
    disk::SystemDisk,
    state::{StateFile, checkpoint::Stage},
};
use longhaul_tests::Reply;

use crate::{
    api::{self, LINES},
    folder::Folder,
    repairable_api::{ALL, HALF, RepairableApi, stopped},
};

const STATE: &str = ".longhaul/conversations.json";
const FILE: &str = "out/conversations.ndjson";

const COMPLETE: &str =
    "conversations: complete, 8 records in 4 pages, TIME -> FOLDER/out/conversations.ndjson\n";

fn unchanged(configuration: String) -> String {
    configuration
}

fn appending(configuration: String) -> String {
    configuration + "mode = \"append\"\n"
}

#[test]
fn the_same_command_resumes_where_the_run_stopped() {
    let (listing, folder) = stopped(unchanged);
    assert_eq!(folder.read("out/conversations.ndjson.part"), HALF);
    let resuming = "conversations: resuming the run started at MOMENT (4 records already saved)\n";
    assert_eq!(folder.run("run").assert_complete().stable_stderr(), [resuming, COMPLETE].concat());
    assert_eq!(folder.read(FILE), ALL);
    assert_eq!(listing.requested_pages(), [1, 2, 3, 3, 4]);
    assert_eq!(folder.names_in("out"), ["conversations.ndjson"]);
    // A complete stream is pulled again.
    assert_eq!(folder.run("run").assert_complete().stable_stderr(), COMPLETE);
    assert_eq!(listing.requested_pages()[5..], [1, 2, 3, 4]);
}

#[test]
fn a_run_out_of_retries_saves_the_pages_before() {
    let listing = RepairableApi::new(Reply::status(503));
    let folder = listing.folder();
    let ended = folder.run("-q run --set retry.max_attempts=2");
    ended.assert_failed(
        75,
        "error: the stream `conversations` is not complete\n  \
         caused by: `GET http://127.0.0.1:PORT/api/v2/tutorial/conversations` failed 2 times\n  \
         caused by: the server answered 503 Service Unavailable\n\
         hint: resume with: longhaul --set retry.max_attempts=2 run\n",
    );
    listing.repair();
    folder.run("run").assert_complete();
    assert_eq!(folder.read(FILE), ALL);
    assert_eq!(listing.requested_pages(), [1, 2, 3, 3, 3, 4]);
}

#[test]
fn a_fresh_run_starts_at_the_first_page() {
    let (listing, folder) = stopped(unchanged);
    assert_eq!(folder.run("run --fresh").assert_complete().stable_stderr(), COMPLETE);
    assert_eq!(folder.read(FILE), ALL);
    assert_eq!(listing.requested_pages(), [1, 2, 3, 1, 2, 3, 4]);
}

#[test]
fn a_fresh_run_rolls_back_what_the_unfinished_run_appended() {
    let listing = RepairableApi::new(Reply::status(410));
    let folder = Folder::configured(&appending(listing.configuration())).with(FILE, "yesterday\n");
    assert_eq!(folder.run("run").code, Some(4));
    assert_eq!(folder.read(FILE), ["yesterday\n", HALF].concat());
    listing.repair();
    folder.run("run --fresh").assert_complete();
    assert_eq!(folder.read(FILE), ["yesterday\n", ALL].concat());
}

/// The run with `--fresh` was killed while it rolled the sinks back.
#[test]
fn a_pull_that_is_being_discarded_is_not_resumed() {
    let listing = RepairableApi::new(Reply::status(410));
    let folder = Folder::configured(&appending(listing.configuration())).with(FILE, "yesterday\n");
    assert_eq!(folder.run("run").code, Some(4));
    let file = StateFile::new(Arc::new(SystemDisk), folder.path(".longhaul"), "conversations");
    let mut state = file.load().unwrap();
    state.unfinished.as_mut().unwrap().checkpoint.stage = Stage::Discarding;
    file.save(&state).unwrap();
    let status = folder.run("status").stdout;
    assert!(status.contains("\n  it is being discarded; the next run starts again\n"), "{status}");
    listing.repair();
    folder.run("run").assert_complete();
    assert_eq!(folder.read(FILE), ["yesterday\n", ALL].concat());
    assert_eq!(listing.requested_pages(), [1, 2, 3, 1, 2, 3, 4]);
}

#[test]
fn a_fresh_run_rolls_back_a_file_with_a_different_format() {
    let listing = RepairableApi::new(Reply::status(410));
    let table = "type = \"csv\"\nmode = \"append\"\ncolumns = [\"/id\"]";
    let folder = Folder::configured(&listing.configuration().replace("type = \"ndjson\"", table));
    assert_eq!(folder.run("run").code, Some(4));
    assert_eq!(folder.read(FILE), "id\r\n1\r\n2\r\n3\r\n4\r\n");
    listing.repair();
    let columns = "sinks.lines.columns=[{name=\"n\",at=\"/id\"},{name=\"x\",at=\"/x\"}]";
    folder.longhaul("run --fresh --set").argument(columns).run().assert_complete();
    let rows = (1..=8).map(|id| format!("{id},\r\n")).collect::<Vec<_>>().concat();
    assert_eq!(folder.read(FILE), ["n,x\r\n", &rows].concat());
}

#[test]
fn a_fresh_run_that_writes_elsewhere_warns_about_the_old_file() {
    let listing = RepairableApi::new(Reply::status(410));
    let folder = Folder::configured(&appending(listing.configuration()));
    assert_eq!(folder.run("run").code, Some(4));
    listing.repair();
    let configuration = folder.read("longhaul.toml").replace("out/{stream}.ndjson", "out/other.ndjson");
    let folder = folder.with("longhaul.toml", configuration);
    let ended = folder.run("run --fresh");
    let warning =
        "warn  `sinks.lines.path` has changed since the unfinished run; the old file is left in place\n";
    assert!(ended.assert_complete().stable_stderr().starts_with(warning), "{}", ended.stable_stderr());
    assert_eq!((folder.read(FILE).as_str(), folder.read("out/other.ndjson").as_str()), (HALF, ALL));
}

#[test]
fn a_resumed_run_appends_to_what_was_appended() {
    let listing = RepairableApi::new(Reply::status(410));
    let folder = Folder::configured(&appending(listing.configuration())).with(FILE, "yesterday\n");
    assert_eq!(folder.run("run").code, Some(4));
    listing.repair();
    folder.run("run").assert_complete();
    assert_eq!(folder.read(FILE), ["yesterday\n", ALL].concat());
}

#[test]
fn an_older_state_does_not_cut_off_what_was_appended_since() {
    let listing = RepairableApi::new(Reply::status(410));
    let folder = Folder::configured(&appending(listing.configuration())).with(FILE, "yesterday\n");
    assert_eq!(folder.run("run").code, Some(4));
    let saved = |name: &String| (name.clone(), fs::read(folder.path(".longhaul").join(name)).unwrap());
    let older = folder.names_in(".longhaul").iter().map(saved).collect::<Vec<_>>();
    listing.repair();
    folder.run("run").assert_complete();
    for (name, bytes) in older {
        fs::write(folder.path(".longhaul").join(name), bytes).unwrap();
    }
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(5));
    assert!(
        ended.stable_stderr().contains(
            "cannot resume `out/conversations.ndjson`: the 36 bytes after the 46 that were committed are not from \
             this pull (restore the newest state, or start over in another file)\n"
        ),
        "{}",
        ended.stable_stderr()
    );
    assert_eq!(folder.read(FILE), ["yesterday\n", ALL].concat());
}

#[test]
fn a_changed_request_is_not_resumed_and_the_setting_is_named() {
    let (listing, folder) = stopped(unchanged);
    let asked = listing.requested_pages().len();
    folder.run("run --set streams.conversations.path=/elsewhere").assert_failed(
        6,
        "error: cannot resume the run of `conversations` started at MOMENT: this setting has changed since: \
         `streams.conversations.path`\n\
         hint: restore the configuration to resume, or discard the 4 records already pulled and start again: \
         longhaul --set streams.conversations.path=/elsewhere run conversations --fresh\n",
    );
    let configuration = folder.read("longhaul.toml").replace("out/{stream}.ndjson", "other");
    let folder = folder.with("longhaul.toml", configuration);
    folder.run("run --set streams.conversations.body={pageSize=9}").assert_failed(
        6,
        "error: cannot resume the run of `conversations` started at MOMENT: these settings have changed since: \
         `sinks.lines.path`, `streams.conversations.body`\n\
         hint: restore the configuration to resume, or discard the 4 records already pulled and start again: \
         longhaul --set 'streams.conversations.body={pageSize=9}' run conversations --fresh\n",
    );
    assert_eq!(listing.requested_pages().len(), asked, "nothing was sent");
    let configuration = folder.read("longhaul.toml").replace("\"other\"", "\"out/{stream}.ndjson\"");
    let folder = folder.with("longhaul.toml", configuration);
    // Settings of the connection may change, and the errors before have changed nothing.
    folder.run("run --set api.timeout=1m --set retry.max_attempts=9").assert_complete();
    assert_eq!(folder.read(FILE), ALL);
}

#[test]
fn a_pull_without_any_page_may_be_changed() {
    let server = api::server(|request| match request.url.path() {
        "/right" => Reply::json(r#"{"results":[{"id":1}]}"#).into(),
        _ => Reply::status(410).into(),
    });
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    assert_eq!(folder.run("run").code, Some(4));
    folder.run("run --set streams.conversations.path=/right").assert_complete();
    assert_eq!(folder.read(FILE), "{\"id\":1}\n");
}

#[test]
fn a_state_of_another_version_is_an_error_and_is_left_alone() {
    let (_listing, folder) = stopped(unchanged);
    let folder = folder.with(STATE, "{\"version\":2,\"whatever\":[]}\n");
    folder.run("run").assert_failed(
        6,
        "error: `FOLDER/.longhaul/conversations.json` was written by another version of longhaul\n\
         hint: restore the file, or discard it and start again: longhaul run conversations \
         --fresh\n",
    );
    assert_eq!(folder.read(STATE), "{\"version\":2,\"whatever\":[]}\n");
    let warning = "warn  `FOLDER/.longhaul/conversations.json` was written by another version of longhaul: discarding it, including the range that complete pulls covered\n";
    assert_eq!(folder.run("run --fresh").assert_complete().stable_stderr(), [warning, COMPLETE].concat());
    assert_eq!(folder.read(FILE), ALL);
}

#[test]
fn a_state_that_was_changed_by_hand_is_damaged() {
    let (_listing, folder) = stopped(unchanged);
    let changed = folder.read(STATE).replace("\"written\": 4", "\"written\": 3");
    let folder = folder.with(STATE, &changed);
    folder.run("run").assert_failed(
        6,
        "error: `FOLDER/.longhaul/conversations.json` is damaged\n  \
         caused by: its content does not match its check value\n\
         hint: restore the file, or discard it and start again: longhaul run conversations \
         --fresh\n",
    );
    let warning = "warn  `FOLDER/.longhaul/conversations.json` is damaged: discarding it, including the range that complete pulls covered\n";
    assert_eq!(folder.run("run --fresh").assert_complete().stable_stderr(), [warning, COMPLETE].concat());
}

#[test]
fn a_missing_journal_is_damage() {
    let (_listing, folder) = stopped(unchanged);
    fs::remove_file(folder.path(".longhaul/conversations.pages")).unwrap();
    folder.run("run").assert_failed(
        6,
        "conversations: resuming the run started at MOMENT (4 records already saved)\n\
         conversations: stopped; 4 records (2 pages) saved\n\
         error: the stream `conversations` is not complete\n  \
         caused by: `FOLDER/.longhaul/conversations.pages` is damaged\n  \
         caused by: it has 0 entries, but 2 were written\n\
         hint: restore the file, or discard it and start again: longhaul run conversations \
         --fresh\n",
    );
    folder.run("run --fresh").assert_complete();
    assert_eq!(folder.read(FILE), ALL);
}

#[test]
fn a_missing_part_file_is_an_error_of_the_sink() {
    let (_listing, folder) = stopped(unchanged);
    fs::remove_file(folder.path("out/conversations.ndjson.part")).unwrap();
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(5));
    assert_eq!(
        ended.last_error(),
        "error: the stream `conversations` is not complete\n  \
         caused by: the sink `lines` failed\n  \
         caused by: cannot resume `out/conversations.ndjson.part`: it is gone (restore it, or start the pull over)\n\
         hint: discard what was pulled so far and start again: longhaul run conversations --fresh\n"
    );
    folder.run("run --fresh").assert_complete();
    assert_eq!(folder.read(FILE), ALL);
}

#[test]
fn a_run_with_another_sink_leaves_the_unfinished_run_alone() {
    let (_listing, folder) = stopped(unchanged);
    let state = folder.read(STATE);
    assert_eq!(folder.run("run --sink stdout").assert_complete().stdout, ALL);
    assert_eq!(folder.read(STATE), state);
    assert_eq!(folder.read("out/conversations.ndjson.part"), HALF);
    folder.run("run").assert_complete();
    assert_eq!(folder.read(FILE), ALL);
}

#[test]
fn a_resumed_run_with_relative_windows_continues_to_the_current_time() {
    let repaired = Arc::new(AtomicBool::new(false));
    let is_repaired = Arc::clone(&repaired);
    let server = api::server(move |request| match request.query("page") {
        None => Reply::json(r#"{"results":[{"id":1}],"nextPageUri":"?page=2"}"#).into(),
        Some(_) if !is_repaired.load(Ordering::SeqCst) => Reply::status(410).into(),
        Some(_) => Reply::json(r#"{"results":[{"id":2}]}"#).into(),
    });
    let stream = r#"
[streams.calls]
method = "POST"
path = "/calls"
body = { interval = "{window.start}/{window.end}" }
records = "/results"
pages = { type = "next_url", next = "/nextPageUri" }
window = { from = "now-1d", to = "now" }
sinks = ["lines"]
"#;
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, LINES].concat());
    assert_eq!(folder.run("run").code, Some(4));
    repaired.store(true, Ordering::SeqCst);
    let complete = "calls: complete, 2 records in 2 pages of 1 window, TIME -> FOLDER/out/calls.ndjson\n";
    let resuming = "calls: resuming the run started at MOMENT (1 record already saved)\n";
    assert_eq!(folder.run("run").assert_complete().stable_stderr(), [resuming, complete, complete].concat());
    let requests = server.api_requests();
    let intervals: Vec<_> =
        requests.iter().map(|request| request.body.clone()).filter(|body| !body.is_empty()).collect();
    assert_eq!(
        intervals.len(),
        2,
        "the interrupted pull asked for its interval once, and the other for its own"
    );
    assert_ne!(intervals[0], intervals[1]);
}

#[test]
fn a_fresh_run_that_cannot_roll_back_is_an_error() {
    let listing = RepairableApi::new(Reply::status(410));
    let folder = Folder::configured(&appending(listing.configuration())).with(FILE, "yesterday\n");
    assert_eq!(folder.run("run").code, Some(4));
    let folder = folder.with(FILE, "another file\n");
    folder.run("run --fresh").assert_failed(
        5,
        "error: cannot roll back what the unfinished run of `conversations` wrote: the sink `lines` failed: cannot \
         resume `out/conversations.ndjson`: its committed content has changed (restore it, or start the \
         pull over)\n\
         hint: fix the problem; or, to leave what it wrote in place, delete `FOLDER/.longhaul/conversations.json`\n",
    );
    assert_eq!(folder.read(FILE), "another file\n");
}

/// A pull that ends before its first page leaves nothing that could be in the way of the next.
#[test]
fn an_appending_pull_that_stops_before_its_first_page_starts_again() {
    let is_down = Arc::new(AtomicBool::new(false));
    let down = Arc::clone(&is_down);
    let server = api::server(move |_| {
        let is_down = down.load(Ordering::Relaxed);
        if is_down { Reply::status(400).into() } else { Reply::json("[1]").into() }
    });
    let stream = "[streams.events]\npath = \"/events\"\nsinks = [\"lines\"]\npages = { type = \"single\" }\n\
                  [sinks.lines]\ntype = \"ndjson\"\npath = \"events.ndjson\"\nmode = \"append\"\n";
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream].concat());
    folder.run("run").assert_complete();
    for _ in 0..2 {
        is_down.store(true, Ordering::Relaxed);
        assert_eq!(folder.run("run").code, Some(4));
        is_down.store(false, Ordering::Relaxed);
        folder.run("run").assert_complete();
    }
    assert_eq!(folder.read("events.ndjson"), "1\n1\n1\n");
}
