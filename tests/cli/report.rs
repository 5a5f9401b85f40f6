//! The report of a run as a web page.

use std::sync::atomic::{AtomicU32, Ordering};

use longhaul_tests::Reply;

use crate::{api, folder::Folder, repairable_api::RepairableApi};

/// Whatever would make a browser load something, or run something.
const LOADS: [&str; 9] =
    ["src=", "href=", "url(", "@import", "<script", "<link", "<img", "<iframe", "<object"];

#[test]
fn a_report_shows_the_end_the_faults_and_the_configuration_and_loads_nothing() {
    let pages = AtomicU32::new(0);
    let server = api::server(move |_| match pages.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::json(r#"{"results":[{"id":1},{"id":2}],"nextPageUri":"?page=2"}"#).into(),
        1 => Reply::status(503).into(),
        2 => Reply::status(401).into(),
        _ => Reply::json(r#"{"results":[{"id":3}]}"#).into(),
    });
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    folder.run("run --report report.html --set retry.base_delay=1ms").assert_complete();
    let page = folder.read("report.html");
    for part in [
        "<p class=\"good\">complete</p>",
        "<td>conversations</td><td>complete</td><td class=\"n\">3</td><td class=\"n\">2</td>",
        "<td>page 2 has no `/nextPageUri`, unlike earlier pages</td>",
        "<b>2</b><span>faults survived</span>",
        "<td>status 503</td><td class=\"n\">1</td><td>the server answered 503 Service Unavailable</td>",
        "<td>rejected token</td><td class=\"n\">1</td><td>the server answered 401 Unauthorized</td>",
        "<h2>Records over time</h2>",
        "<h2>Response times</h2>",
        "auth.client_secret = &quot;***&quot;",
        "content=\"default-src 'none'; style-src 'unsafe-inline'\"",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    for part in LOADS {
        assert!(!page.contains(part), "{part} in {page}");
    }
    assert!(page.len() < 300 * 1024);
}

#[test]
fn a_report_of_a_run_that_fails_says_why() {
    let listing = RepairableApi::new(Reply::status(410));
    let folder = listing.folder();
    assert_eq!(folder.run("run --report report.html").code, Some(4));
    let page = folder.read("report.html");
    assert!(
        page.contains("<p class=\"bad\">exit code 4: the stream `conversations` is not complete: "),
        "{page}"
    );
    assert!(page.contains("failed: the server answered 410 Gone"), "{page}");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_before_anything_is_sent() {
    let listing = RepairableApi::new(Reply::status(410));
    let folder = listing.folder().with("taken", "a file");
    let ended = folder.run("run --report taken/report.html");
    assert_eq!(ended.code, Some(2));
    let words = ended.last_error();
    assert!(words.starts_with("error: cannot write the report `FOLDER/taken/report.html`: "), "{words}");
    assert!(words.ends_with("\nhint: choose another file for --report\n"), "{words}");
    assert!(listing.server.received().is_empty());
}
