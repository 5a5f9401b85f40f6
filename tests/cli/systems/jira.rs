//! Jira Cloud.

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::system::{Pull, RECORDS, SIZE, end, number, page, parameter, records, too_many_requests};

fn pull<S>(stream: &'static str, script: S) -> Pull<'static, S> {
    Pull {
        system: "jira",
        stream,
        settings: "",
        variables: &[("JIRA_USERNAME", "me@example.com"), ("JIRA_API_TOKEN", "s3cret")],
        accepts: |request| request.basic() == Some(("me@example.com".into(), "s3cret".into())),
        // What a stranger sees: nothing.
        refusal: Reply::json(r#"{"issues":[],"values":[],"records":[],"isLast":true,"total":0}"#)
            .header("x-seraph-loginreason", "AUTHENTICATED_FAILED"),
        throttled: too_many_requests(),
        script,
    }
}

fn issues(request: &Received) -> Reaction {
    assert_eq!(parameter(request, "jql"), "created >= \"2000-01-01\" ORDER BY created ASC");
    assert_eq!(parameter(request, "fields"), "*all");
    let start = number(request, "nextPageToken", 0);
    let rest = if end(start) < RECORDS {
        format!(r#""nextPageToken":"{}","isLast":false"#, end(start))
    } else {
        r#""isLast":true"#.to_owned()
    };
    Reply::json(format!(r#"{{"issues":{},{rest}}}"#, page(start))).into()
}

/// A page of at most ten, whatever `maxResults` is.
fn lowered(request: &Received) -> Reaction {
    let start = number(request, "startAt", 0);
    assert!(number(request, "maxResults", 0) > SIZE);
    let is_last = end(start) == RECORDS;
    let rest = format!(r#""startAt":{start},"maxResults":{SIZE},"total":{RECORDS},"isLast":{is_last}"#);
    Reply::json(format!(r#"{{"values":{},{rest}}}"#, page(start))).into()
}

#[test]
fn all_issues() {
    pull("issues", issues).assert_pulls(&records(), (3, "AUTHENTICATED_FAILED"));
}

#[test]
fn offsets_of_what_arrived() {
    for stream in ["projects", "boards"] {
        pull(stream, lowered).assert_pulls(&records(), (3, "AUTHENTICATED_FAILED"));
    }
}

#[test]
fn users_end_with_an_empty_page() {
    let named = |text: &str| text.replace(r#""id""#, r#""accountId""#);
    let users: Vec<_> = records().iter().map(|record| named(record)).collect();
    let script = move |request: &Received| {
        assert_eq!(parameter(request, "maxResults"), "200");
        Reaction::from(Reply::json(named(&page(number(request, "startAt", 0)))))
    };
    pull("users", script).assert_pulls(&users, (3, "AUTHENTICATED_FAILED"));
}

#[test]
fn audit_records() {
    let script = |request: &Received| {
        assert_eq!(parameter(request, "limit"), "1000");
        let start = number(request, "offset", 0);
        Reaction::from(Reply::json(format!(
            r#"{{"offset":{start},"total":{SIZE},"records":{}}}"#,
            page(start)
        )))
    };
    pull("audit_records", script).assert_pulls(&records(), (3, "AUTHENTICATED_FAILED"));
}

#[test]
fn fields_come_at_once() {
    pull("fields", issues).answered_with(Reply::json(page(0))).assert_complete();
}

#[test]
fn errors() {
    let error =
        json!({ "errorMessages": ["The value 'X' does not exist for the field 'project'."], "errors": {} });
    let ended = pull("issues", issues).answered_with(Reply::refusal(400, &error));
    assert_eq!(ended.code, Some(4));
    assert!(ended.last_error().contains("The value 'X' does not exist"), "{}", ended.stderr);
}
