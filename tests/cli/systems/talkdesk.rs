//! Talkdesk.

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::system::{Pull, RECORDS, SIZE, end, number, page, parameter, records, root, too_many_requests};

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

#[test]
fn errors() {
    let error = json!({ "code": "0240005", "message": "Forbidden access", "description": "Missing scope" });
    let ended = pull("users", numbered).answered_with(Reply::refusal(403, &error));
    assert_eq!(ended.code, Some(4));
    let words = ended.last_error();
    assert!(words.contains("0240005") && words.contains("Forbidden access"), "{words}");
}
