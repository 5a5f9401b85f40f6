//! APIs that do not say how to find the next page.

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::stand_in::init;
use crate::systems::system::{SIZE, end, number, page};

const EIGHT: &str = r#"[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5},{"id":6},{"id":7},{"id":8}]"#;

fn answer(body: &'static str) -> impl Fn(&Received) -> Reaction {
    move |_| Reply::json(body).into()
}

#[test]
fn an_array_that_is_not_full_is_a_single_page() {
    let done = init("ROOT/v1/calls", answer(EIGHT));
    done.assert_wrote(
        "calls: 8 records on the first page, the elements of the page\n  \
         next page: none, because nothing on the page leads to another one\n\
         wrote longhaul.toml\n\nnext:\n  longhaul check\n  longhaul preview calls --columns\n  longhaul run\n",
        r#"# Written by `longhaul init` for ROOT/v1/calls, from one look at a page.

[api]
base_url = "ROOT"

[auth]
# The API answered without credentials.
type = "none"

[streams.calls]
path = "/v1/calls"
# The page is an array, and each element is a record. Here it has 8 records.
records = ""
sinks = ["lines"]

# Nothing on the page leads to another one, so it is the only one. If the API has more records,
# add a table [streams.calls.pages].

# One record per line, as the server wrote it.
[sinks.lines]
type = "ndjson"
path = "out/{stream}.ndjson"
"#,
    );
    done.assert_pulls("calls", &(1..=8).map(|id| format!(r#"{{"id":{id}}}"#)).collect::<Vec<_>>());
}

#[test]
fn a_full_page_that_comes_again_is_a_single_page() {
    let done = init("ROOT/v1/calls", |_| Reply::json(page(0)).into());
    done.assert_says("  next page: none, because nothing on the page leads to another one\n");
    done.run("run").assert_complete();
    assert_eq!(done.folder.read("out/calls.ndjson").lines().count(), SIZE);
}

#[test]
fn an_object_is_one_record() {
    let done = init("ROOT/v1/me", answer(r#"{"id":7,"name":"x","nextReview":"2027-01-01","roles":["a"]}"#));
    done.assert_says("me: 1 record on the first page, the page itself\n  next page: none, because the page is one object\n")
        .assert_has("type = \"single\"\n\n")
        .assert_pulls("me", &[r#"{"id":7,"name":"x","nextReview":"2027-01-01","roles":["a"]}"#.to_owned()]);
}

#[test]
fn an_empty_list_has_no_records_yet() {
    let done = init("ROOT/v1/calls?limit=10", answer(r#"{"data":[],"has_more":false}"#));
    done.assert_says("calls: 0 records on the first page, at `/data`\n")
        .assert_has("cursor = \"last:/id\"\nparam = \"starting_after\"\nmore = \"/has_more\"\n\n")
        .assert_pulls("calls", &[]);
    let done = init("ROOT/v1/calls", answer("[]"));
    let why = "the page has no records, so nothing on it shows how it leads to the next one";
    done.assert_says(&format!(
        "calls: 0 records on the first page, the elements of the page\n  next page: not settled: {why}\n"
    ))
    .assert_has("[streams.calls.pages]\ntype = \"unknown\"\n");
    assert!(done.configuration().contains(&format!("# {why}\n")), "{}", done.configuration());
}

/// The API takes the cursor in a parameter that nobody can guess.
fn unguessable(request: &Received) -> Reaction {
    let start = number(request, "weiter", 0);
    let rest = json!({ "next_cursor": end(start).to_string() }).to_string();
    Reply::json(format!(r#"{{"calls":{},{}"#, page(start), &rest[1..])).into()
}

#[test]
fn a_style_that_does_not_work_is_a_comment_and_a_run_is_refused() {
    let done = init("ROOT/v1/calls", unguessable);
    let why = "pages 1 and 2 have the same records";
    done.assert_says(&format!("  next page: not settled: {why}\n"))
        .assert_says("next:\n  set [streams.calls.pages] in longhaul.toml\n  longhaul check\n");
    let configuration = done.configuration();
    let comment = format!(
        "sinks = [\"lines\"]\n\n\
         # How to find the next page is not settled, so longhaul refuses to run until this says it:\n\
         # {why}\n[streams.calls.pages]\ntype = \"unknown\"\n\
         # # Each page has a cursor for the next one.\n# type = \"cursor\"\n\
         # cursor = \"/next_cursor\"\n# # The usual parameter for a cursor of this name.\n# param = \"cursor\"\n\n"
    );
    assert!(configuration.contains(&comment), "{configuration}");
    done.run("run").assert_failed(
        2,
        "error: `streams.calls.pages.type`: `unknown` is not one of `cursor`, `link_header`, `next_url`, `offset`, \
         `page_number`, `single`\n  in: longhaul.toml:19\n",
    );
}

#[test]
fn a_link_to_another_host_is_not_followed() {
    let done = init("ROOT/v1/calls --token-env API_TOKEN", |_| {
        Reply::json(r#"{"calls":[{"id":1}],"next":"https://other.example.com/v1/calls?page=2"}"#).into()
    });
    done.assert_says("  next page: not settled: ");
    assert!(done.configuration().contains("https://other.example.com"), "{}", done.configuration());
    assert_eq!(done.run("run").code, Some(2));
}

#[test]
fn more_records_than_the_page_has_must_be_somewhere() {
    for body in [
        r#"{"data":[{"id":1}],"links":{"self":"https://api.example.com/v1/calls"},"meta":{"total":25}}"#,
        r#"{"data":[{"id":1}],"next":null,"previous":null,"count":25}"#,
        r#"{"data":[{"id":1}],"pages":1,"page":1,"total":25}"#,
        r#"{"data":[{"id":1}],"total":25}"#,
    ] {
        let done = init("ROOT/v1/calls", answer(body));
        done.assert_says("  next page: not settled: ").assert_has("type = \"unknown\"\n");
    }
}

#[test]
fn braces_and_repeated_parameters_are_sent_as_they_are() {
    let done = init("ROOT/v1/calls?filter=%7Bstate%7D&id=1&id=2&tag=a%20b", |request| {
        assert_eq!(request.query("filter").as_deref(), Some("{state}"));
        let ids: Vec<_> = request
            .url
            .query_pairs()
            .filter(|(name, _)| name == "id")
            .map(|(_, id)| id.into_owned())
            .collect();
        assert_eq!(ids, ["1", "2"]);
        Reply::json(EIGHT).into()
    });
    done.assert_has("query = { filter = \"{{state}\", id = [\"1\", \"2\"], tag = \"a b\" }\n");
    done.run("run").assert_complete();
}

#[test]
fn names_on_a_page_cannot_add_lines_to_the_configuration() {
    let done = init("ROOT/v1/calls", |request| {
        let start = number(request, "cursor", 0);
        let name = r"x\n[auth]\ntype = 1\u001b[2J";
        let cursor = if start == 0 { r#""10""# } else { "null" };
        let rest = format!(r#""{name}":{{"next_cursor":{cursor},"has_more":{}}}"#, start == 0);
        Reply::json(format!(r#"{{"data":{},{rest}}}"#, page(start))).into()
    });
    done.ended.assert_complete();
    assert!(!done.ended.stdout.contains('\u{1b}'), "{}", done.ended.stdout);
    let at = r#"cursor = "/x\u000A[auth]\u000Atype = 1\u001B[2J/next_cursor""#;
    assert!(done.configuration().contains(at), "{}", done.configuration());
    assert_eq!(done.configuration().matches("\n[auth]\n").count(), 1);
    done.run("run").assert_complete();
    assert_eq!(done.folder.read("out/calls.ndjson").lines().count(), 2 * SIZE);
}
