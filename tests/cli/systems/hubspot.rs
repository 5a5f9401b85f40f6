//! HubSpot.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

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

/// The API allows two requests in its period, and says how many are left. Its period begins with a request, and that of
/// longhaul with the answer, so it is over first.
#[test]
fn the_limit_of_ten_seconds_is_kept() {
    let period = Arc::new(Mutex::new((Duration::ZERO, 2_u64)));
    let in_budget = move |request: &Received| {
        let mut period = period.lock().unwrap();
        if request.at >= period.0 + Duration::from_millis(200) {
            *period = (request.at, 2);
        }
        let Some(left) = period.1.checked_sub(1) else { return limited("TEN_SECONDLY_ROLLING").into() };
        period.1 = left;
        let Reaction::Reply(reply) = listing(request) else { unreachable!("a listing replies") };
        reply.header("x-hubspot-ratelimit-remaining", left.to_string()).into()
    };
    let settings = "rate.headers.reset = \"200ms\"";
    let requests = Pull { settings, ..pull("contacts", in_budget) }.assert_pulls_in_one_run(&records());
    assert_eq!(requests, 3, "none was refused");
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
