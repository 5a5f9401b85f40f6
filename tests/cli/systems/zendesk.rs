//! Zendesk.

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::system::{Pull, RECORDS, end, number, page, parameter, records, root, too_many_requests};

fn pull<S>(stream: &'static str, script: S) -> Pull<'static, S> {
    Pull {
        system: "zendesk",
        stream,
        settings: "",
        variables: &[("ZENDESK_USERNAME", "me@example.com/token"), ("ZENDESK_API_TOKEN", "s3cret")],
        accepts: |request| request.basic() == Some(("me@example.com/token".into(), "s3cret".into())),
        refusal: Reply::refusal(401, &json!({ "error": "Couldn't authenticate you" })),
        throttled: too_many_requests(),
        script,
    }
}

/// An export, whose link to the next page never goes away.
fn export(request: &Received) -> Reaction {
    if request.query("cursor").is_none() {
        assert_eq!(
            (parameter(request, "start_time"), parameter(request, "per_page")),
            ("0".into(), "1000".into())
        );
    }
    let (path, start) = (request.url.path(), number(request, "cursor", 0));
    let name = path.split('/').nth(4).unwrap();
    let after = format!(r#""after_url":"{}{path}?cursor={}""#, root(request), end(start));
    let is_last = end(start) == RECORDS;
    Reply::json(format!(r#"{{"{name}":{},{after},"end_of_stream":{is_last}}}"#, page(start))).into()
}

/// A listing, which pages by cursor only if it is asked for a size.
fn listing(request: &Received) -> Reaction {
    assert_eq!(parameter(request, "page[size]"), "100");
    let (path, start) = (request.url.path(), number(request, "page[after]", 0));
    let name = path.rsplit('/').next().unwrap();
    let next = format!("{}{path}?page[size]=100&page[after]={}", root(request), end(start));
    let has_more = end(start) < RECORDS;
    let rest = format!(r#""meta":{{"has_more":{has_more}}},"links":{{"next":"{next}"}}"#);
    Reply::json(format!(r#"{{"{name}":{},{rest}}}"#, page(start))).into()
}

#[test]
fn exports() {
    for stream in ["tickets", "users"] {
        pull(stream, export).assert_pulls(&records(), (3, "Couldn't authenticate you"));
    }
}

#[test]
fn listings() {
    for stream in ["organizations", "groups", "ticket_metrics", "satisfaction_ratings"] {
        pull(stream, listing).assert_pulls(&records(), (3, "Couldn't authenticate you"));
    }
}

#[test]
fn errors() {
    let error =
        json!({ "error": { "title": "Forbidden", "message": "You do not have access to this page." } });
    let ended = pull("groups", listing).answered_with(Reply::refusal(403, &error));
    assert_eq!(ended.code, Some(4));
    let words = ended.last_error();
    assert!(words.contains("Forbidden") && words.contains("You do not have access to this page."), "{words}");
}
