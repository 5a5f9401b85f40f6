//! What the pages of complete runs had, and what it means if a page of the next run lacks it.

use std::sync::{Arc, Mutex};

use longhaul_tests::{FaultServer, Reply};

use crate::{api, folder::Folder};

/// A server with these pages, numbered from 0 in the parameter `p`. They can be replaced.
fn server(pages: &[&str]) -> (FaultServer, Arc<Mutex<Vec<String>>>) {
    let pages: Vec<_> = pages.iter().map(|page| (*page).to_owned()).collect();
    let pages = Arc::new(Mutex::new(pages));
    let served = Arc::clone(&pages);
    let server = api::server(move |request| {
        let number: usize = request.query("p").map_or(0, |text| text.parse().unwrap());
        Reply::json(served.lock().unwrap()[number].clone()).into()
    });
    (server, pages)
}

fn folder(server: &FaultServer) -> Folder {
    let stream = r#"
[streams.users]
path = "/users"
records = "/data"
pages = { type = "cursor", cursor = "/next", param = "p", size = 2 }
sinks = ["lines"]
"#;
    Folder::configured(&[api::connection(&api::root(server)).as_str(), stream, api::LINES].concat())
}

const FIRST: [&str; 2] = [r#"{"data":[1,2],"next":"1"}"#, r#"{"data":[3],"trace":{"after":"x"}}"#];

#[test]
fn a_full_page_without_a_next_page_is_the_last_if_earlier_runs_had_one() {
    let (server, pages) = server(&[r#"{"data":[1,2]}"#]);
    let never = folder(&server);
    assert_eq!(never.run("run").code, Some(4), "nothing is known about the API");
    *pages.lock().unwrap() = FIRST.map(str::to_owned).to_vec();
    let folder = folder(&server);
    folder.run("run").assert_complete();
    // The last page of the first run had this `after`, too.
    for page in [r#"{"data":[1,2]}"#, r#"{"data":[1,2],"trace":{"after":"y"}}"#] {
        *pages.lock().unwrap() = vec![page.to_owned()];
        // What is known is kept from one run to the next.
        folder.run("run").assert_complete();
        assert_eq!(folder.read("out/users.ndjson"), "1\n2\n");
    }
    let configuration = folder.read("longhaul.toml").replace("path = \"/users\"", "path = \"/people\"");
    let folder = folder.with("longhaul.toml", configuration);
    assert_eq!(folder.run("run").code, Some(4), "nothing is known about these pages");
}

#[test]
fn a_next_page_with_a_new_name_is_an_error() {
    let (server, pages) = server(&FIRST);
    let folder = folder(&server);
    folder.run("run").assert_complete();
    *pages.lock().unwrap() = vec![r#"{"data":[1,2],"next_page":"1"}"#.to_owned()];
    folder.run("run").assert_failed(
        4,
        "error: the stream `users` is not complete\n  \
         caused by: page 1 has no next page at `/next`, but has `/next_page` (a text of 1 character)\n\
         hint: name the place of the next page in `streams.users.pages`; or, if pages without one are complete, add \
         `end = [{ at = \"/next\", exists = false }]` there\n",
    );
    assert_eq!(folder.read("out/users.ndjson"), "1\n2\n3\n");
}

#[test]
fn records_that_are_gone_are_an_error() {
    let (server, pages) = server(&FIRST);
    let folder = folder(&server);
    folder.run("run").assert_complete();
    *pages.lock().unwrap() = vec![r#"{"meta":{}}"#.to_owned()];
    folder.run("run").assert_failed(
        4,
        "error: the stream `users` is not complete\n  \
         caused by: page 1 has no records at `/data`, but earlier pages had\n\
         hint: if this API omits the records when there are none, set `streams.users.records_missing = \"empty\"`\n",
    );
    assert_eq!(folder.read("out/users.ndjson"), "1\n2\n3\n");
}

#[test]
fn a_page_that_does_not_say_whether_there_are_more_is_an_error() {
    let (server, pages) = server(&[r#"{"data":[1],"next":"1","more":true}"#, r#"{"data":[2],"more":false}"#]);
    let folder = folder(&server);
    let configuration = folder.read("longhaul.toml").replace("size = 2", "more = \"/more\"");
    let folder = folder.with("longhaul.toml", configuration);
    folder.run("run").assert_complete();
    *pages.lock().unwrap() = vec![r#"{"data":[1]}"#.to_owned()];
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4));
    let words =
        "page 1 does not say whether there are more pages: `/more` is missing, but earlier pages had it";
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
}
