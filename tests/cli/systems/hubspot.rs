//! HubSpot.

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::system::{Pull, RECORDS, end, number, page, parameter, records};

fn limited(policy: &str) -> Reply {
    let message = format!("You have reached your {policy} limit.");
    Reply::refusal(
        429,
        &json!({ "status": "error", "message": message, "errorType": "RATE_LIMIT", "policyName": policy }),
    )
}

fn pull<S>(stream: &'static str, script: S) -> Pull<'static, S> {
    Pull {
        system: "hubspot",
        stream,
        settings: "",
        variables: &[("HUBSPOT_ACCESS_TOKEN", "pat-na1-s3cret")],
        accepts: |request| request.bearer() == Some("pat-na1-s3cret"),
        refusal: Reply::refusal(
            401,
            &json!({ "message": "Authentication credentials not found.", "category": "INVALID_AUTHENTICATION" }),
        ),
        throttled: limited("TEN_SECONDLY_ROLLING"),
        script,
    }
}

/// A listing, whose last page has no `paging`.
fn listing(request: &Received) -> Reaction {
    assert_eq!(parameter(request, "limit"), "100");
    let start = number(request, "after", 0);
    let after = end(start);
    let paging = if after < RECORDS {
        format!(
            r#","paging":{{"next":{{"after":"{after}","link":"https://api.hubapi.com/?after={after}"}}}}"#
        )
    } else {
        String::new()
    };
    Reply::json(format!(r#"{{"results":{}{paging}}}"#, page(start))).into()
}

#[test]
fn listings() {
    for stream in ["contacts", "companies", "deals", "tickets", "owners"] {
        pull(stream, listing).assert_pulls(&records(), (3, "Authentication credentials not found."));
    }
}

#[test]
fn the_daily_limit_ends_a_run_that_can_be_resumed() {
    let ended = pull("contacts", listing).answered_with(limited("DAILY"));
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    assert!(ended.last_error().contains("You have reached your DAILY limit."), "{}", ended.stderr);
}

#[test]
fn a_missing_scope() {
    let error = json!({ "status": "error", "message": "This app hasn't been granted all required scopes.", "category": "MISSING_SCOPES" });
    let ended = pull("deals", listing).answered_with(Reply::refusal(403, &error));
    assert_eq!(ended.code, Some(4));
    let words = ended.last_error();
    assert!(words.contains("MISSING_SCOPES") && words.contains("all required scopes"), "{words}");
}
