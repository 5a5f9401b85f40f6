//! Runs that stop at a limit or on a full disk, and are resumed.
#![cfg(unix)]

use longhaul_tests::{Reaction, Received, Reply};

use crate::{
    api::{self, without_faults},
    folder::Folder,
    repairable_api::{ALL, RepairableApi},
};

const FILE: &str = "out/conversations.ndjson";

#[test]
fn a_run_stops_at_max_requests() {
    let listing = RepairableApi::new(Reply::status(410));
    listing.repair();
    let folder = listing.folder();
    // One request is for the token.
    folder.run("run --max-requests 3").assert_failed(
        75,
        "conversations: stopped: --max-requests reached; 4 records (2 pages) saved\n\
         error: the stream `conversations` is not complete\n  \
         caused by: interrupted during `GET http://127.0.0.1:PORT/api/v2/tutorial/conversations`\n\
         hint: resume with: longhaul run\n",
    );
    assert_eq!(listing.server.received().len(), 3);
    folder.run("run --max-requests 3").assert_complete();
    assert_eq!(folder.read(FILE), ALL);
    assert_eq!(listing.requested_pages(), [1, 2, 3, 4]);
}

/// The number of the page that is requested.
fn page_of(request: &Received) -> usize {
    request.query("page").unwrap().parse().unwrap()
}

#[test]
fn a_run_stopped_at_max_requests_saves_the_pages_in_flight() {
    let server = api::server(|request| {
        let number = page_of(request);
        let page = Reply::json(format!(r#"{{"results":[{{"id":{number}}}],"pageCount":6}}"#));
        // These are still in flight when the fifth page is requested.
        if [3, 4].contains(&number) { Reaction::Drip(page) } else { page.into() }
    });
    let stream = "[streams.things]\npath = \"/things\"\nrecords = \"/results\"\nconcurrency = 3\n\
                  pages = { type = \"page_number\", param = \"page\", page_count = \"/pageCount\" }\n\
                  sinks = [\"lines\"]\n";
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, api::LINES].concat());
    // One request is for the token.
    let stopped = folder.run("run --max-requests 5");
    assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
    // The threads decide which four pages are requested. All up to the first one that is not are saved.
    let requested: Vec<_> = server.api_requests().iter().map(page_of).collect();
    assert_eq!(requested.len(), 4);
    let saved = (1..=6).take_while(|page| requested.contains(page)).count();
    let s = if saved == 1 { "" } else { "s" };
    let kept =
        format!("things: stopped: --max-requests reached; {saved} record{s} ({saved} page{s}) saved\n");
    assert!(stopped.stable_stderr().contains(&kept), "{}", stopped.stderr);
    folder.run("run").assert_complete();
    assert_eq!(
        folder.read("out/things.ndjson"),
        "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n{\"id\":5}\n{\"id\":6}\n"
    );
    assert_eq!(server.api_requests().len(), 4 + 6 - saved);
}

#[test]
fn the_hint_of_a_stopped_run_repeats_its_options() {
    let listing = RepairableApi::new(Reply::status(410));
    listing.repair();
    let folder = Folder::empty().with("my own.toml", listing.configuration());
    let command = |command: &str| folder.longhaul(command).argument("-c").argument("my own.toml").run();
    let ended = command("run --set api.timeout=1m --max-requests 3");
    let again = "longhaul -c 'my own.toml' --set api.timeout=1m run\n";
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    assert!(ended.last_error().ends_with(&format!("hint: resume with: {again}")), "{}", ended.stderr);
    let again = "  resume with: longhaul -c 'my own.toml' run conversations\n";
    assert!(command("status").stdout.ends_with(again));
}

#[test]
fn a_run_stops_at_max_runtime() {
    let listing = RepairableApi::new(Reply::status(429).header("retry-after", "60"));
    let folder = listing.folder();
    let ended = folder.run("run --max-runtime 2s");
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    let stopped = "conversations: stopped: --max-runtime reached; 4 records (2 pages) saved\n";
    assert!(ended.stable_stderr().contains(stopped), "{}", ended.stderr);
    listing.repair();
    folder.run("run --max-runtime 1h").assert_complete();
    assert_eq!(folder.read(FILE), ALL);
    assert_eq!(listing.requested_pages(), [1, 2, 3, 3, 4]);
}

#[test]
fn a_run_resumes_once_there_is_space() {
    let settings = without_faults(40);
    let api = api::start(&settings);
    let folder = Folder::configured(
        &["commit_every = \"0s\"\n", &api::tutorial(api.base_url()).replace("pageSize = 50", "pageSize = 1")]
            .concat(),
    );
    // No file may be longer than 32 KiB. A longer write is an error, not a signal.
    let ended = folder.longhaul("run").after("trap '' XFSZ; ulimit -f 64").run();
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert_eq!(
        ended.last_error(),
        "error: the stream `conversations` is not complete\n  \
         caused by: the sink `lines` failed\n  \
         caused by: cannot write to `out/conversations.ndjson.part`\n  \
         caused by: File too large (os error N)\n\
         hint: raise the limit on the size of files (`ulimit -f`), then resume with: longhaul run\n"
    );
    assert!(ended.stable_stderr().starts_with("conversations: stopped; "), "{}", ended.stderr);
    let pages = api.stats().pages;
    folder.run("run").assert_complete();
    assert!(folder.read(FILE) == api::lines(&settings), "the records differ");
    assert!(api.stats().pages > pages && api.stats().pages <= 40 + pages, "{pages}, {:?}", api.stats());
}

#[test]
fn what_one_sink_committed_is_rolled_back_if_the_first_commit_fails_in_another() {
    let settings = without_faults(100);
    let api = api::start(&settings);
    let sinks = "\n[sinks.ids]\ntype = \"csv\"\npath = \"out/ids.csv\"\nmode = \"append\"\ncolumns = [\"/conversationId\"]\n\
                 [sinks.packed]\ntype = \"ndjson\"\npath = \"out/all.ndjson.gz\"\nmode = \"append\"\n";
    let configuration = api::tutorial(api.base_url()).replace("[\"lines\"]", "[\"ids\", \"packed\"]");
    let folder = Folder::configured(&["commit_every = \"0s\"\n", &configuration, sinks].concat());
    let folder = folder.with("out/ids.csv", "conversationId\r\nyesterday\r\n");
    // The compressed records are written by the commit, and no file may be longer than 16 KiB.
    let ended = folder.longhaul("run").after("trap '' XFSZ; ulimit -f 32").run();
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(ended.stderr.contains("cannot write to `out/all.ndjson.gz`"), "{}", ended.stderr);
    assert_eq!(folder.read("out/ids.csv"), "conversationId\r\nyesterday\r\n");
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/ids.csv").lines().count(), 2 + 100);
}
