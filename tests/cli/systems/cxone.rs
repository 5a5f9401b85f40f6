//! NICE CXone.

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::system::{
    Pull, RECORDS, SIZE, body, end, number, page, parameter, records, root, too_many_requests,
};

const TOKEN: &str = "/authentication/v1/token/access-key";

fn accepts(request: &Received) -> bool {
    if request.url.path() != TOKEN {
        return request.bearer() == Some("eyJ-t0ken");
    }
    body(request) == json!({ "accessKeyId": "KEY====", "accessKeySecret": "s3cret====" })
        && request.header("content-type") == Some("application/json")
        && request.header("authorization").is_none()
}

fn pull<S>(stream: &'static str, settings: &'static str, script: S) -> Pull<'static, S> {
    Pull {
        system: "cxone",
        stream,
        settings,
        variables: &[("CXONE_ACCESS_KEY_ID", "KEY===="), ("CXONE_ACCESS_KEY_SECRET", "s3cret====")],
        accepts,
        refusal: Reply::refusal(401, &json!({ "message": "Invalid access key" })),
        throttled: too_many_requests(),
        script,
    }
}

/// The token, or nothing for the second day, or what `day` says of the first one.
fn first_day(request: &Received, day: impl Fn(&Received) -> Reply) -> Reaction {
    if request.url.path() == TOKEN {
        let token = json!({ "access_token": "eyJ-t0ken", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "unused" });
        return Reply::json(token.to_string()).into();
    }
    match parameter(request, "startDate").as_str() {
        "2026-01-01T00:00:00Z" => {
            assert_eq!(parameter(request, "endDate"), "2026-01-02T00:00:00Z");
            day(request).into()
        }
        _ => Reply::status(204).into(),
    }
}

#[test]
fn contacts() {
    let named = |text: &str| text.replace(r#""id""#, r#""contactId""#);
    let contacts: Vec<_> = records().iter().map(|record| named(record)).collect();
    let settings = "auth.token_url = \"ROOT/authentication/v1/token/access-key\"\nstreams.contacts.pages.size = 10\n\
                    streams.contacts.window = { from = \"2026-01-01\", to = \"2026-01-03\" }";
    let script = move |request: &Received| {
        first_day(request, |request| {
            assert_eq!(number(request, "top", 0), SIZE);
            let start = number(request, "skip", 0);
            if start >= RECORDS {
                return Reply::status(204);
            }
            Reply::json(format!(
                r#"{{"totalRecords":{RECORDS},"completedContacts":{}}}"#,
                named(&page(start))
            ))
        })
    };
    pull("contacts", settings, script).assert_pulls(&contacts, (3, "Invalid access key"));
}

#[test]
fn service_levels_link_to_the_next_page() {
    let settings = "auth.token_url = \"ROOT/authentication/v1/token/access-key\"\n\
                    streams.service_levels.window = { from = \"2026-01-01\", to = \"2026-01-03\" }";
    let script = |request: &Received| {
        first_day(request, |request| {
            let start = number(request, "skip", 0);
            let next = format!(
                "{}{}?startDate=2026-01-01T00:00:00Z&endDate=2026-01-02T00:00:00Z&skip={}",
                root(request),
                request.url.path(),
                end(start)
            );
            let links =
                if end(start) < RECORDS { format!(r#"{{"next":"{next}"}}"#) } else { "{}".to_owned() };
            Reply::json(format!(r#"{{"_links":{links},"serviceLevelSummaries":{}}}"#, page(start)))
        })
    };
    pull("service_levels", settings, script).assert_pulls(&records(), (3, "Invalid access key"));
}

#[test]
fn summaries_of_each_day() {
    for (stream, name, settings) in [
        (
            "skill_summaries",
            "skillSummaries",
            "auth.token_url = \"ROOT/authentication/v1/token/access-key\"\n\
             streams.skill_summaries.window = { from = \"2026-01-01\", to = \"2026-01-04\" }",
        ),
        (
            "team_performance",
            "teamPerformanceTotal",
            "auth.token_url = \"ROOT/authentication/v1/token/access-key\"\n\
             streams.team_performance.window = { from = \"2026-01-01\", to = \"2026-01-04\" }",
        ),
    ] {
        let script = move |request: &Received| {
            first_day(request, |_| Reply::json(format!(r#"{{"{name}":{}}}"#, page(0))))
        };
        pull(stream, settings, script).assert_pulls(&records()[..SIZE], (3, "Invalid access key"));
    }
}

#[test]
fn errors() {
    let settings = "auth.token_url = \"ROOT/authentication/v1/token/access-key\"\n\
                    streams.contacts.window = { from = \"2026-01-01\", to = \"2026-01-03\" }";
    let error = Reply::status(400).header("icStatusDescription", "Invalid date range");
    let ended = pull("contacts", settings, |request: &Received| first_day(request, |_| Reply::status(500)))
        .answered_with(error);
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(ended.last_error().contains("Invalid date range"), "{}", ended.stderr);
}
