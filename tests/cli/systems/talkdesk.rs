//! Talkdesk.

use longhaul_tests::{FaultServer, Reaction, Received, Reply};
use serde_json::json;

use super::system::{
    Pull, RECORDS, SIZE, body, end, number, page, parameter, records, root, too_many_requests,
};
use crate::api;

const TOKEN: &str = "/oauth/token";

fn accepts(request: &Received) -> bool {
    if request.url.path() != TOKEN {
        return request.bearer() == Some("eyJ-t0ken");
    }
    request.basic() == Some(("the-client".into(), "s3cret".into()))
        && request.field("grant_type").as_deref() == Some("client_credentials")
}

fn pull<S>(stream: &'static str, script: S) -> Pull<'static, S> {
    Pull {
        system: "talkdesk",
        stream,
        settings: "auth.token_url = \"ROOT/oauth/token\"",
        variables: &[("TALKDESK_CLIENT_ID", "the-client"), ("TALKDESK_CLIENT_SECRET", "s3cret")],
        accepts,
        refusal: Reply::refusal(
            401,
            &json!({ "error": "invalid_client", "error_description": "Client authentication failed" }),
        ),
        throttled: too_many_requests(),
        script,
    }
}

fn token() -> Reaction {
    Reply::json(r#"{"access_token":"eyJ-t0ken","token_type":"Bearer","expires_in":600}"#).into()
}

/// Numbered pages that say how many there are.
fn numbered(request: &Received) -> Reaction {
    if request.url.path() == TOKEN {
        return token();
    }
    assert_eq!(parameter(request, "per_page"), "50");
    let number = number(request, "page", 1);
    let start = (number - 1) * SIZE;
    let name = request.url.path().trim_start_matches('/').replace('-', "_");
    let counts = format!(
        r#""total":{RECORDS},"page":{number},"per_page":{SIZE},"total_pages":{}"#,
        RECORDS.div_ceil(SIZE)
    );
    Reply::json(format!(r#"{{{counts},"_embedded":{{"{name}":{}}},"_links":{{}}}}"#, page(start))).into()
}

/// Pages with a link to the next one.
fn linked(request: &Received) -> Reaction {
    if request.url.path() == TOKEN {
        return token();
    }
    assert_eq!(parameter(request, "per_page"), "50");
    let number = number(request, "page", 1);
    let start = (number - 1) * SIZE;
    let link = |page| format!(r#"{{"href":"{}/contacts?page={page}&per_page=50"}}"#, root(request));
    let next = if end(start) < RECORDS { format!(r#","next":{}"#, link(number + 1)) } else { String::new() };
    let links = format!(r#"{{"self":{}{next}}}"#, link(number));
    Reply::json(format!(
        r#"{{"total":{RECORDS},"_embedded":{{"contacts":{}}},"_links":{links}}}"#,
        page(start)
    ))
    .into()
}

#[test]
fn numbered_listings() {
    for stream in ["users", "do_not_call_lists"] {
        pull(stream, numbered).assert_pulls(&records(), (3, "Client authentication failed"));
    }
}

#[test]
fn contacts() {
    pull("contacts", linked).assert_pulls(&records(), (3, "Client authentication failed"));
}

/// The report of a day, which leads to its file on another server. The second day has the last call of the first one again.
fn report(request: &Received, files: &str) -> Reaction {
    let path = request.url.path();
    if path == TOKEN {
        return token();
    }
    if path == "/data/reports/calls/jobs" {
        let body = body(request);
        let expected =
            json!({ "name": "longhaul", "timezone": "UTC", "format": "json", "timespan": body["timespan"] });
        assert_eq!((request.method.as_str(), &body), ("POST", &expected));
        let days = (body["timespan"]["from"].as_str().unwrap(), body["timespan"]["to"].as_str().unwrap());
        let id = match days {
            ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z") => "d1",
            ("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z") => "d2",
            other => panic!("{other:?}"),
        };
        return Reply::refusal(202, &json!({ "job": { "id": id, "status": "created" } })).into();
    }
    match path.trim_start_matches("/data/reports/calls/") {
        "jobs/d1" => Reply::json(r#"{"job":{"id":"d1","status":"done"}}"#).into(),
        "jobs/d2" => Reply::status(303).header("location", "/data/reports/calls/files/d2").into(),
        file => {
            let day = file.trim_start_matches("files/");
            Reply::status(303).header("location", format!("{files}/{day}.json?X-Amz-Signature=s1gned")).into()
        }
    }
}

#[test]
fn calls() {
    let calls: Vec<_> = records().iter().map(|record| record.replace(r#""id""#, r#""call_id""#)).collect();
    let (all, last) = (calls.clone(), calls.last().unwrap().clone());
    let files = FaultServer::start(api::clock(), move |request| {
        assert_eq!(request.header("authorization"), None);
        let entries = if request.url.path() == "/d1.json" { all.join(",") } else { last.clone() };
        let total = if request.url.path() == "/d1.json" { RECORDS } else { 1 };
        Reply::json(format!(r#"{{"type":"calls","entries":[{entries}],"total":{total}}}"#)).into()
    });
    let root = api::root(&files);
    let settings = format!(
        "auth.token_url = \"ROOT/oauth/token\"\napi.public_origins = [\"{root}\"]\n\
         streams.calls.window = {{ from = \"2026-01-01\", to = \"2026-01-03\" }}\n\
         streams.calls.job.every = \"1ms\""
    );
    let pull =
        Pull { settings: &settings, ..pull("calls", move |request: &Received| report(request, &root)) };
    let requests = pull.assert_pulls_in_one_run(&calls);
    assert_eq!(requests, 1 + 2 * 3, "a token; for each day a submission, a poll and a file");
    let ended = pull.answered_with(Reply::json(r#"{"job":{"id":"d1","status":"failed"}}"#));
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("the job failed twice with the state"), "{}", ended.stderr);
}

#[test]
fn errors() {
    let error = json!({ "code": "0240005", "message": "Forbidden access", "description": "Missing scope" });
    let ended = pull("users", numbered).answered_with(Reply::refusal(403, &error));
    assert_eq!(ended.code, Some(4));
    let words = ended.last_error();
    assert!(words.contains("0240005") && words.contains("Forbidden access"), "{words}");
}
