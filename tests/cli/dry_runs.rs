//! `run --dry-run`: what a run would do.

use longhaul_tests::Reply;

use crate::{
    api::{self, LINES},
    folder::Folder,
};

const CALLS: &str = r#"
[streams.calls]
method = "POST"
path = "/calls"
query = { expand = "x", api_key = "k3y" }
headers = { X-Tenant = "7" }
body = { interval = "{window.start}/{window.end}", password = "pa55" }
records = "/data"
pages = { type = "page_number", param = "/page" }
window = { from = "2026-01-01", to = "2026-01-04", slice = "1d" }
concurrency = 1
sinks = ["lines"]
"#;

#[test]
fn a_dry_run_says_what_would_be_requested_and_written() {
    let server = api::server(|request| {
        let is_first = String::from_utf8_lossy(&request.body).contains("\"page\":1");
        Reply::json(if is_first { r#"{"data":[1,2]}"# } else { r#"{"data":[]}"# }).into()
    });
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), CALLS, LINES].concat());
    let show = |arguments: &str| {
        let ended = folder.run(&format!("run {arguments} --dry-run"));
        assert_eq!(ended.assert_complete().stderr, "");
        ended.assert_hides("pa55");
        ended.assert_hides("k3y");
        ended.assert_hides(api::CLIENT_SECRET);
        ended.stable_stdout()
    };
    let request = "  first request: POST http://127.0.0.1:PORT/calls?api_key=***&expand=x\n    \
                   accept: application/json\n    \
                   x-tenant: ***\n    \
                   {\"interval\":\"2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z\",\"page\":1,\"password\":\"***\"}\n    \
                   (and the credentials, which are not shown)\n";
    assert_eq!(
        show(""),
        format!(
            "calls\n  range: MOMENT to MOMENT (exclusive), 3 windows\n{request}  \
             records to: FOLDER/out/calls.ndjson\n  calls: never run\nnothing was sent\n"
        )
    );
    assert_eq!(
        show("--from 2026-01-01 --to 2026-01-02 --limit 5 --sink stdout"),
        format!(
            "calls\n  range: MOMENT to MOMENT (exclusive), 1 window\n{request}  \
             records to: stdout\n  at most 5 records, as a sample\n  \
             nothing is saved, so it cannot be resumed\nnothing was sent\n"
        )
    );
    assert!(server.api_requests().is_empty(), "nothing is sent");
    assert_eq!(folder.names_in("."), ["longhaul.toml"], "and nothing is written");
    assert_eq!(folder.run("run --max-requests 4").code, Some(75));
    let unfinished = "calls\n  records to: FOLDER/out/calls.ndjson\n  \
                      calls: stopped at MOMENT, 4 records (3 pages) saved\n    \
                      started at MOMENT\n    from MOMENT to MOMENT (exclusive)\n    \
                      1 of 3 windows complete\n    next: page 2 of the window 2026-01-02T00:00:00Z/2026-01-03T00:00:00Z\n    resume with: longhaul run calls\nnothing was sent\n";
    assert_eq!(show(""), unfinished);
    let fresh = show("--fresh");
    assert!(
        fresh.contains(request)
            && fresh.ends_with("  this is discarded, and everything is pulled again\nnothing was sent\n"),
        "{fresh}"
    );
    folder.run("run").assert_complete();
    let complete = show("");
    assert!(
        complete.ends_with(
            "  calls: complete since MOMENT, 6 records in 6 pages\n    from MOMENT to MOMENT (exclusive)\nnothing was sent\n"
        ),
        "{complete}"
    );
}

#[test]
fn parents_jobs_and_missing_credentials_are_no_obstacle() {
    let configuration = r#"
system = "genesys"
region = "us-east-1"
[streams.members]
path = "/q/{each.queue}/members"
each = { stream = "queues", values = { queue = "/id" } }
[streams.notes]
path = "/n/{each.id}"
each = { list = ["a", "b"], as = "id" }
[streams.conversation_jobs.window]
from = "2026-01-01"
to = "2026-01-15"
"#;
    let folder = Folder::configured(configuration);
    let ended = folder.run("run --dry-run");
    let shown = ended.assert_complete().stable_stdout();
    let host = "https://api.mypurecloud.com";
    for part in [
        "queues\n  first request: GET https://api.mypurecloud.com/api/v2/routing/queues?pageSize=100&pageNumber=1\n",
        "  records to: parents of `members`\n",
        &format!(
            "members\n  once for each record of `queues`, which is pulled first\n  \
             first request: GET {host}/q/{{each.queue}}/members\n"
        ),
        &format!(
            "notes\n  once for each of 2 parents in `each.list`\n  first request: GET {host}/n/{{each.id}}\n"
        ),
        "conversation_jobs\n  range: MOMENT to MOMENT (exclusive), 2 windows\n  \
         the range ends earlier if the API says that its data does\n",
        &format!("  first request: POST {host}/api/v2/analytics/conversations/details/jobs\n"),
    ] {
        assert!(shown.contains(part), "{part}\nis not in\n{shown}");
    }
}
