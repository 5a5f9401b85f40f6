//! Servers that refuse requests, or break their own protocol: exit codes 3 and 4.

use longhaul_tests::{FaultServer, Reply};
use serde_json::json;

use crate::{
    api::{self, CLIENT_SECRET, without_faults},
    folder::Folder,
};

/// A pull from a server that issues tokens, and answers every other request with `reply`.
fn pull_from(reply: Reply) -> (Folder, FaultServer) {
    let server = api::server(move |_| reply.clone().into());
    (Folder::configured(&api::tutorial(&api::root(&server))), server)
}

fn page(next: &str) -> Reply {
    Reply::json(json!({ "results": [{ "id": 1 }], "nextPageUri": next }).to_string())
}

#[test]
fn a_wrong_secret_is_refused_and_never_shown() {
    let settings = longhaul_demo::Settings { client_secret: "another".to_owned(), ..without_faults(5) };
    for way in ["basic", "post"] {
        let api = api::start(&settings);
        let folder = Folder::configured(&api::tutorial(api.base_url()));
        // RFC 6749 §5.2: 401 for a client that used the Authorization header.
        let (outcome, answer) =
            if way == "basic" { ("was refused", "401 Unauthorized") } else { ("failed", "400 Bad Request") };
        for command in ["run", "check", "token"] {
            let run = |line: &str| folder.longhaul(line).variable("LONGHAUL_AUTH__CLIENT_AUTH", way).run();
            let ended = run(command);
            let stream = "error: the stream `conversations` is not complete\n  \
                          caused by: could not send `POST http://127.0.0.1:PORT/api/v2/tutorial/conversations`: \
                          no access token\n  caused by: ";
            let words = format!(
                "{}the token endpoint refused to issue a token\n  \
                 caused by: `POST http://127.0.0.1:PORT/oauth/token` {outcome}\n  \
                 caused by: the server answered {answer}: `invalid_client`: client not found or bad secret \
                 (correlation id ID)\n\
                 hint: check the credentials in `auth`, and `auth.token_url`; `longhaul config` shows where they come \
                 from\n",
                if command == "run" { stream } else { "error: " },
            );
            ended.assert_failed(3, &words);
            let talkative = run(&format!("-vv {command}"));
            assert_eq!(talkative.code, Some(3));
            talkative.assert_hides(CLIENT_SECRET);
        }
        assert_eq!(folder.names_in("out"), [""; 0]);
        assert_eq!(api.stats().total_requests(), 6);
    }
}

#[test]
fn a_server_that_accepts_no_token_gets_two_requests_and_two_token_requests() {
    let (folder, server) = pull_from(Reply::refusal(401, &json!({ "message": "Nobody gets in." })));
    folder.run("-q run").assert_failed(
        3,
        "error: the stream `conversations` is not complete\n  \
         caused by: `POST http://127.0.0.1:PORT/api/v2/tutorial/conversations` was refused, although the token is new\n  \
         caused by: the server answered 401 Unauthorized: Nobody gets in.\n\
         hint: the API does not accept this token: check `auth`, and that `api.base_url` belongs to the same system\n",
    );
    let asked: Vec<_> = server.received().iter().map(|request| request.url.path().to_owned()).collect();
    let (token, listing) = ("/oauth/token", "/api/v2/tutorial/conversations");
    assert_eq!(asked, [token, listing, token, listing]);
    assert_eq!(folder.names_in("out"), [""; 0]);
}

#[test]
fn a_missing_permission_is_an_error_with_the_message_of_the_api_and_renews_nothing() {
    let refusal =
        json!({ "code": "missing.permissions", "message": "Missing analytics:conversationDetail:view." });
    let (folder, server) = pull_from(Reply::refusal(403, &refusal));
    folder.run("run").assert_failed(
        4,
        "error: the stream `conversations` is not complete\n  \
         caused by: `POST http://127.0.0.1:PORT/api/v2/tutorial/conversations` failed\n  \
         caused by: the server answered 403 Forbidden: `missing.permissions`: Missing \
         analytics:conversationDetail:view.\n\
         hint: the credentials are valid but lack a permission or scope for this request\n",
    );
    assert_eq!(server.received().len(), 2);
}

#[test]
fn an_unknown_path_is_an_error_with_the_key_to_check() {
    let api = api::start(&without_faults(5));
    let folder = Folder::configured(&api::tutorial(api.base_url()).replace("/tutorial/", "/tutorail/"));
    folder.run("run").assert_failed(
        4,
        "error: the stream `conversations` is not complete\n  \
         caused by: `POST http://127.0.0.1:PORT/api/v2/tutorail/conversations` failed\n  \
         caused by: the server answered 404 Not Found: `not.found`: The requested resource was not found. \
         (correlation id ID)\n\
         hint: check `api.base_url` and `streams.conversations.path`\n",
    );
}

#[test]
fn a_next_link_to_another_origin_is_not_followed() {
    let other = FaultServer::start(api::clock(), |_| Reply::json("{}").into());
    let (folder, server) = pull_from(page(&format!("{}more", other.url())));
    folder.run("run").assert_failed(
        4,
        "conversations: stopped; 1 record (1 page) saved\n\
         error: the stream `conversations` is not complete\n  \
         caused by: the server points to `http://127.0.0.1:PORT`, but credentials are sent only to `http://127.0.0.1:PORT`\n\
         hint: if the API is behind a proxy that changes its scheme or port, set `streams.conversations.pages.origin = \"keep\"`\n",
    );
    assert_eq!(other.connections(), 0);
    assert_eq!(server.received().len(), 2);
    assert_eq!(folder.names_in("out"), ["conversations.ndjson.part"]);
}

#[test]
fn a_redirect_to_another_origin_is_not_followed() {
    let other = FaultServer::start(api::clock(), |_| Reply::json("{}").into());
    let (folder, _server) = pull_from(Reply::status(307).header("location", other.url().as_str()));
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4));
    assert!(
        ended.stable_stderr().contains("hint: check `api.base_url` and `streams.conversations.path`"),
        "{}",
        ended.stderr
    );
    assert_eq!(other.connections(), 0);
}

#[test]
fn a_loop_of_next_links_is_an_error() {
    let (folder, server) = pull_from(page("/api/v2/tutorial/conversations?page=2"));
    folder.run("run").assert_failed(
        4,
        "conversations: stopped; 2 records (2 pages) saved\n\
         error: the stream `conversations` is not complete\n  \
         caused by: after 2 pages the API points to a page that was already fetched\n\
         hint: the next links of the API form a loop; check `streams.conversations.pages`, or report the loop to the API's operator\n",
    );
    assert_eq!(server.received().len(), 3);
    assert_eq!(folder.names_in("out"), ["conversations.ndjson.part"]);
}

#[test]
fn records_elsewhere_in_the_page_are_named_in_the_error() {
    let api = api::start(&without_faults(5));
    let folder = Folder::configured(&api::tutorial(api.base_url()).replace("\"/results\"", "\"/entities\""));
    folder.run("run").assert_failed(
        4,
        "error: the stream `conversations` is not complete\n  \
         caused by: the first page has nothing at `/entities`, but an array at `/results`\n\
         hint: set `streams.conversations.records` to the JSON pointer of the records in a page\n",
    );
}

#[test]
fn a_url_that_is_not_a_token_endpoint_is_an_error_of_authentication() {
    let server = FaultServer::start(api::clock(), |_| Reply::json(r#"{"status":"up"}"#).into());
    let ended = Folder::configured(&api::tutorial(&api::root(&server))).run("run");
    assert_eq!(ended.code, Some(3));
    assert!(
        ended.stable_stderr().ends_with("the token endpoint, and `auth.response` the places of its answer\n"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_complete_body_that_is_not_json_is_final() {
    let csv = Reply { body: b"id,name\n1,a\n".to_vec(), ..Reply::status(200) };
    let (folder, server) = pull_from(csv.header("content-type", "text/csv"));
    folder.run("run").assert_failed(
        4,
        "error: the stream `conversations` is not complete\n  \
         caused by: `POST http://127.0.0.1:PORT/api/v2/tutorial/conversations` failed\n  \
         caused by: the answer is not JSON: it is `text/csv` and starts with `id,name.1,a.`\n  \
         caused by: expected value at line 1 column 1\n\
         hint: only JSON can be read: check `streams.conversations.path`, or request JSON with a query parameter or \
         header\n",
    );
    assert_eq!(server.received().len(), 2, "it is not requested again");
}
