//! A run is the set of streams of one command. The same command finishes it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use longhaul_tests::{FaultServer, Reply};

use crate::{
    api::{self, LINES},
    folder::Folder,
};

/// Four streams of 1,000 records each that are appended to files. The last one fails on its second page until `repaired`.
fn four() -> (Folder, FaultServer, Arc<AtomicBool>) {
    let repaired = Arc::new(AtomicBool::new(false));
    let is_repaired = Arc::clone(&repaired);
    let server = api::server(move |request| {
        let page: usize = request.query("page").map_or(1, |page| page.parse().unwrap());
        if request.url.path() == "/d" && page == 2 && !is_repaired.load(Ordering::Relaxed) {
            return Reply::status(410).into();
        }
        let records =
            if page <= 10 { (0..100).map(|index| (page - 1) * 100 + index).collect() } else { Vec::new() };
        Reply::json(format!("{records:?}")).into()
    });
    let pages = "pages = { type = \"page_number\", param = \"page\" }\nsinks = [\"lines\"]\n";
    let stream = |name: &str| format!("[streams.{name}]\npath = \"/{name}\"\n{pages}");
    let streams: String = ["a", "b", "c", "d"].map(stream).concat();
    let lines = LINES.replace("type = \"ndjson\"", "type = \"ndjson\"\nmode = \"append\"");
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), &streams, &*lines].concat());
    (folder, server, repaired)
}

fn lines(folder: &Folder) -> Vec<usize> {
    ["a", "b", "c", "d"].map(|name| folder.read(&format!("out/{name}.ndjson")).lines().count()).to_vec()
}

/// The streams whose first pages were requested after the first `requests`.
fn first_pages(server: &FaultServer, requests: usize) -> Vec<String> {
    let received = server.received().into_iter().skip(requests);
    let first = received.filter(|request| request.query("page").as_deref() == Some("1"));
    first.map(|request| request.url.path().to_owned()).collect()
}

fn run_records(folder: &Folder) -> Vec<String> {
    folder.names_in(".longhaul").into_iter().filter(|name| name.starts_with("run-")).collect()
}

#[test]
fn streams_that_were_complete_in_a_stopped_run_are_not_pulled_again() {
    let (folder, server, repaired) = four();
    assert_eq!(folder.run("run").code, Some(4));
    assert_eq!(lines(&folder), [1000, 1000, 1000, 100]);
    repaired.store(true, Ordering::Relaxed);
    let requests = server.received().len();
    let ended = folder.run("run");
    let skipped =
        |name: &str| format!("{name}: already complete in the run started at MOMENT; not pulled again\n");
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        ["a", "b", "c"].map(skipped).concat()
            + "d: resuming the run started at MOMENT (100 records already saved)\n\
               d: complete, 1,000 records in 11 pages, TIME -> FOLDER/out/d.ndjson\n"
    );
    assert_eq!(lines(&folder), [1000; 4]);
    assert_eq!(first_pages(&server, requests), [""; 0], "nothing starts again");
    assert!(run_records(&folder).is_empty(), "the run is complete");
    // The next run is a new one.
    folder.run("run").assert_complete();
    assert_eq!(lines(&folder), [2000; 4]);
}

#[test]
fn a_kill_between_the_last_stream_and_the_end_of_the_process_repeats_nothing() {
    let (folder, _server, repaired) = four();
    assert_eq!(folder.run("run").code, Some(4));
    let [record] = run_records(&folder).try_into().unwrap();
    let kept = folder.read(&format!(".longhaul/{record}"));
    repaired.store(true, Ordering::Relaxed);
    folder.run("run").assert_complete();
    // As if the process had been killed before it removed the record.
    let folder = folder.with(&format!(".longhaul/{record}"), kept);
    folder.run("run").assert_complete();
    assert_eq!(lines(&folder), [1000; 4]);
    assert!(run_records(&folder).is_empty());
}

#[test]
fn the_hint_repeats_streams_and_flags() {
    let (folder, _server, repaired) = four();
    let ended = folder.run("run c d --sink lines --strict --max-requests 30");
    let again = "longhaul run c d --sink lines --strict\n";
    assert!(ended.stable_stderr().ends_with(
        "hint: check the request in `streams.d` against the API's documentation; if its cursor has \
             expired, start again: longhaul run d --sink lines --strict --fresh\n"
    ));
    let stopped = folder.run("run c d --sink lines --strict --max-requests 1");
    assert!(
        stopped.stable_stderr().ends_with(&format!("hint: resume with: {again}")),
        "{}",
        stopped.stable_stderr()
    );
    repaired.store(true, Ordering::Relaxed);
    folder.run("run c d --sink lines --strict").assert_complete();
    assert_eq!(folder.read("out/d.ndjson").lines().count(), 1000);
}

#[test]
fn a_run_into_another_sink_resumes_like_any_other() {
    let (folder, server, repaired) = four();
    let pulled = folder.run("run d --sink csv");
    assert_eq!(pulled.code, Some(4));
    assert!(
        pulled.stable_stderr().starts_with("d: stopped; 100 records (1 page) saved\n"),
        "{}",
        pulled.stable_stderr()
    );
    assert!(!folder.path(".longhaul/d.json").exists(), "the usual pull has its own state");
    repaired.store(true, Ordering::Relaxed);
    let requests = server.received().len();
    folder.run("run d --sink csv").assert_complete();
    assert_eq!(first_pages(&server, requests), [""; 0], "nothing starts again");
    assert_eq!(folder.read("d.csv").lines().count(), 1 + 1000);
    let status = folder.run("status d");
    let mut lines = status.stdout.lines();
    assert_eq!(lines.next(), Some("d: never run"));
    assert!(lines.next().unwrap().starts_with("d@"), "{}", status.stdout);
}

#[test]
fn a_stopped_backfill_does_not_block_another_day() {
    let server = api::server(|request| match request.query("from").unwrap().get(..10) {
        Some("2026-01-04") => Reply::status(410).into(),
        _ => Reply::json("[1]").into(),
    });
    let stream = "[streams.days]\npath = \"/days\"\nconcurrency = 1\nquery = { from = \"{window.start}\" }\nsinks = [\"lines\"]\n\
                  [streams.days.window]\nfrom = \"2026-01-01\"\nto = \"2026-01-02\"\nslice = \"1d\"\n\
                  [sinks.lines]\ntype = \"ndjson\"\npath = \"out/{window.start}.ndjson\"\n";
    let server_url = api::root(&server);
    let folder = Folder::configured(&[&api::connection(&server_url), stream].concat());
    let backfill = |day: u8| {
        let (from, to) = (format!("2026-01-{day:02}"), format!("2026-01-{:02}", day + 1));
        folder.run(&format!("run --set streams.days.window.from={from} --set streams.days.window.to={to}"))
    };
    let stopped =
        folder.run("run --set streams.days.window.from=2026-01-03 --set streams.days.window.to=2026-01-05");
    assert_eq!(stopped.code, Some(4));
    backfill(5).assert_complete();
    folder.run("run").assert_complete();
    let status = folder.run("status").stable_stdout();
    assert!(status.starts_with("days: complete since MOMENT, "), "{status}");
    let resume = "  resume with: longhaul --set streams.days.window.from=2026-01-03 --set \
                  streams.days.window.to=2026-01-05 run\n";
    assert!(status.contains(resume), "{status}");
}

#[test]
fn a_damaged_record_of_a_run_is_an_error() {
    let (folder, _server, _) = four();
    assert_eq!(folder.run("run").code, Some(4));
    let [record] = run_records(&folder).try_into().unwrap();
    let folder = folder.with(&format!(".longhaul/{record}"), "{}");
    folder.run("run").assert_failed(
        6,
        &format!(
            "error: the record of an unfinished run, `FOLDER/.longhaul/{record}`, is damaged\n\
             hint: delete it; the run then starts again with all its streams\n"
        ),
    );
    assert_eq!(lines(&folder)[0], 1000);
}
