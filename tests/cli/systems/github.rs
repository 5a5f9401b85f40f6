//! GitHub.

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::system::{Pull, RECORDS, end, number, page, parameter, records, root};
use crate::folder::Folder;

fn pull<S>(stream: &'static str, settings: &'static str, script: S) -> Pull<'static, S> {
    let secondary = json!({ "message": "You have exceeded a secondary rate limit." });
    Pull {
        system: "github",
        stream,
        settings,
        variables: &[("GITHUB_TOKEN", "ghp_s3cret")],
        accepts: |request| {
            request.bearer() == Some("ghp_s3cret")
                && request.header("x-github-api-version") == Some("2022-11-28")
                && request.header("accept") == Some("application/vnd.github+json")
        },
        refusal: Reply::refusal(401, &json!({ "message": "Bad credentials" })),
        throttled: Reply::refusal(403, &secondary).header("retry-after", "0"),
        script,
    }
}

/// Numbered pages of a hundred, each with a link to the next one.
fn answer(request: &Received, body: impl Fn(&str) -> String) -> Reaction {
    assert_eq!(parameter(request, "per_page"), "100");
    let number = number(request, "page", 1);
    let start = (number - 1) * super::system::SIZE;
    let reply = Reply::json(body(&page(start)));
    if end(start) == RECORDS {
        return reply.into();
    }
    let mut next = request.url.clone();
    let kept: Vec<_> = next
        .query_pairs()
        .filter(|(name, _)| name != "page")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    next.query_pairs_mut().clear().extend_pairs(kept).append_pair("page", &(number + 1).to_string());
    reply.header("link", format!(r#"<{next}>; rel="next", <{}/last>; rel="last""#, root(request))).into()
}

fn listing(request: &Received) -> Reaction {
    answer(request, str::to_owned)
}

#[test]
fn repositories() {
    pull("repositories", "", listing).assert_pulls(&records(), (3, "Bad credentials"));
}

#[test]
fn issues_and_pull_requests_of_a_repository() {
    let script = |request: &Received| {
        assert_eq!(
            (parameter(request, "state"), parameter(request, "direction")),
            ("all".into(), "asc".into())
        );
        assert!(request.url.path().starts_with("/repos/acme/app/"));
        listing(request)
    };
    let path = "streams.issues.path = \"/repos/acme/app/issues\"";
    pull("issues", path, script).assert_pulls(&records(), (3, "Bad credentials"));
    let path = "streams.pull_requests.path = \"/repos/acme/app/pulls\"";
    pull("pull_requests", path, script).assert_pulls(&records(), (3, "Bad credentials"));
}

#[test]
fn commits_of_a_repository() {
    let sha = |text: &str| text.replace(r#""id""#, r#""sha""#);
    let commits: Vec<_> = records().iter().map(|record| sha(record)).collect();
    let path = "streams.commits.path = \"/repos/acme/app/commits\"";
    let pull = pull("commits", path, move |request: &Received| answer(request, sha));
    pull.assert_pulls(&commits, (3, "Bad credentials"));
    let empty = Reply::refusal(409, &json!({ "message": "Git Repository is empty." }));
    pull.answered_with(empty).assert_complete();
}

#[test]
fn workflow_runs_of_a_repository() {
    let path = "streams.workflow_runs.path = \"/repos/acme/app/actions/runs\"";
    let script = |request: &Received| {
        answer(request, |page| format!(r#"{{"total_count":{RECORDS},"workflow_runs":{page}}}"#))
    };
    pull("workflow_runs", path, script).assert_pulls(&records(), (3, "Bad credentials"));
}

#[test]
fn a_secondary_limit_without_a_wait_is_at_least_a_minute() {
    let secondary = Reply::refusal(403, &json!({ "message": "You have exceeded a secondary rate limit." }));
    let ended = pull("repositories", "retry.max_wait = \"10s\"", listing).answered_with(secondary);
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    let forbidden = Reply::refusal(403, &json!({ "message": "Resource not accessible" }));
    assert_eq!(pull("repositories", "", listing).answered_with(forbidden).code, Some(4));
}

#[test]
fn the_repository_must_be_set() {
    let folder = Folder::configured("system = \"github\"\n");
    folder.longhaul("run issues").variable("GITHUB_TOKEN", "ghp_s3cret").run().assert_failed(
        2,
        "error: `streams.issues.path` is missing\n\
         hint: add it to a configuration file, or set the environment variable `LONGHAUL_STREAMS__ISSUES__PATH`; \
         for example `/repos/acme/app/issues`\n",
    );
}
