//! Runs that stop by themselves or for want of room, and go on later.
#![cfg(unix)]

use longhaul_tests::{Act, Reply};

use crate::{
    api::{self, calm},
    folder::Folder,
    mendable::{ALL, Mendable},
};

const FILE: &str = "out/conversations.ndjson";

#[test]
fn a_run_stops_once_its_requests_are_used_up() {
    let listing = Mendable::new(Reply::status(410));
    listing.mend();
    let folder = listing.folder();
    // One of them is for the token.
    folder.run("run --max-requests 3").assert_failed(
        75,
        "conversations: stopped: --max-requests reached; 4 records (2 pages) saved\n\
         error: the stream `conversations` is not complete\n  \
         caused by: interrupted during `GET http://127.0.0.1:PORT/api/v2/tutorial/conversations`\n\
         hint: resume with: longhaul run conversations\n",
    );
    assert_eq!(listing.server.received().len(), 3);
    folder.run("run --max-requests 3").assert_complete();
    assert_eq!(folder.read(FILE), ALL);
    assert_eq!(listing.asked_for(), [1, 2, 3, 4]);
}

#[test]
fn a_run_whose_requests_are_used_up_keeps_the_pages_that_are_still_to_come() {
    let server = api::server(|request| {
        let number: usize = request.query("page").unwrap().parse().unwrap();
        let page = Reply::json(format!(r#"{{"results":[{{"id":{number}}}],"pageCount":6}}"#));
        // Long on their way when the fifth page is asked for.
        if [3, 4].contains(&number) { Act::Drip(page) } else { page.into() }
    });
    let stream = "[streams.things]\npath = \"/things\"\nrecords = \"/results\"\nconcurrency = 3\n\
                  pages = { type = \"page_number\", param = \"page\", page_count = \"/pageCount\" }\n\
                  sinks = [\"lines\"]\n";
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, api::LINES].concat());
    // One of them is for the token.
    let stopped = folder.run("run --max-requests 5");
    assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
    let kept = "things: stopped: --max-requests reached; 4 records (4 pages) saved\n";
    assert!(stopped.said().contains(kept), "{}", stopped.stderr);
    folder.run("run --max-requests 5").assert_complete();
    assert_eq!(
        folder.read("out/things.ndjson"),
        "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n{\"id\":5}\n{\"id\":6}\n"
    );
    assert_eq!(server.api_requests().len(), 6);
}

#[test]
fn a_stopped_run_says_how_it_goes_on_with_the_options_that_it_was_given() {
    let listing = Mendable::new(Reply::status(410));
    listing.mend();
    let folder = Folder::empty().with("my own.toml", listing.configuration());
    let typed = |command: &str| folder.longhaul(command).argument("-c").argument("my own.toml").run();
    let ended = typed("run --set api.timeout=1m --max-requests 3");
    let again = "longhaul -c 'my own.toml' --set api.timeout=1m run conversations\n";
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    assert!(ended.closing_words().ends_with(&format!("hint: resume with: {again}")), "{}", ended.stderr);
    let again = "  resume with: longhaul -c 'my own.toml' run conversations\n";
    assert!(typed("status").stdout.ends_with(again));
}

#[test]
fn a_run_stops_once_its_time_is_over() {
    let listing = Mendable::new(Reply::status(429).header("retry-after", "60"));
    let folder = listing.folder();
    let ended = folder.run("run --max-runtime 2s");
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    let stopped = "conversations: stopped: --max-runtime reached; 4 records (2 pages) saved\n";
    assert!(ended.said().contains(stopped), "{}", ended.stderr);
    listing.mend();
    folder.run("run --max-runtime 1h").assert_complete();
    assert_eq!(folder.read(FILE), ALL);
    assert_eq!(listing.asked_for(), [1, 2, 3, 3, 4]);
}

#[test]
fn a_run_goes_on_once_there_is_room() {
    let settings = calm(40);
    let api = api::start(&settings);
    let folder = Folder::configured(
        &["commit_every = \"0s\"\n", &api::tutorial(api.base_url()).replace("50", "1")].concat(),
    );
    // No file may be longer than 32 KiB, and a write beyond that is an error and not a signal.
    let ended = folder.longhaul("run").after("trap '' XFSZ; ulimit -f 64").run();
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert_eq!(
        ended.closing_words(),
        "error: the stream `conversations` is not complete\n  \
         caused by: the sink `lines` failed\n  \
         caused by: cannot write to `out/conversations.ndjson.part`\n  \
         caused by: File too large (os error N)\n\
         hint: fix the problem, then resume with: longhaul run conversations\n"
    );
    assert!(ended.said().starts_with("conversations: stopped; "), "{}", ended.stderr);
    let pages = api.stats().pages;
    folder.run("run").assert_complete();
    assert!(folder.read(FILE) == api::lines(&settings), "the records differ");
    assert!(api.stats().pages > pages && api.stats().pages <= 40 + pages, "{pages}, {:?}", api.stats());
}
