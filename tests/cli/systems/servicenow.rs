//! ServiceNow.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::system::{Pull, RECORDS, SIZE, number, parameter, records, too_many_requests};

/// The rows that the user may not see: a whole page, and one of another.
const HIDDEN: [usize; 11] = [3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19];

fn pull<S>(stream: &'static str, settings: &'static str, script: S) -> Pull<'static, S> {
    let error = json!({ "error": { "message": "User Not Authenticated", "detail": "Required to provide Auth information" }, "status": "failure" });
    Pull {
        system: "servicenow",
        stream,
        settings,
        variables: &[("SN_USERNAME", "reports"), ("SN_PASSWORD", "s3cret")],
        accepts: |request| request.basic() == Some(("reports".into(), "s3cret".into())),
        refusal: Reply::refusal(401, &error),
        throttled: too_many_requests(),
        script,
    }
}

fn row(record: &str) -> String {
    record.replace(r#""id""#, r#""sys_id""#)
}

fn visible(rows: std::ops::Range<usize>) -> Vec<String> {
    rows.filter(|index| !HIDDEN.contains(index)).map(|index| row(&records()[index])).collect()
}

/// A page without the rows that may not be seen. They count.
fn table(request: &Received) -> Reaction {
    assert_eq!(parameter(request, "sysparm_query"), "ORDERBYsys_created_on^ORDERBYsys_id");
    assert_eq!(number(request, "sysparm_limit", 0), SIZE);
    let start = number(request, "sysparm_offset", 0).min(RECORDS);
    let rows = visible(start..(start + SIZE).min(RECORDS)).join(",");
    Reply::json(format!(r#"{{"result":[{rows}]}}"#)).header("x-total-count", RECORDS.to_string()).into()
}

#[test]
fn tables() {
    for (stream, settings) in [
        ("incidents", "streams.incidents.pages.size = 10"),
        ("problems", "streams.problems.pages.size = 10"),
        ("changes", "streams.changes.pages.size = 10"),
        ("requested_items", "streams.requested_items.pages.size = 10"),
        ("users", "streams.users.pages.size = 10"),
        ("configuration_items", "streams.configuration_items.pages.size = 10"),
    ] {
        pull(stream, settings, table).assert_pulls(&visible(0..RECORDS), (3, "User Not Authenticated"));
    }
}

#[test]
fn rows_that_come_with_an_error_are_not_used() {
    let settings = "streams.incidents.pages.size = 10";
    let cancelled = json!({ "message": "Transaction cancelled: maximum execution time exceeded" });
    let partial = json!({ "result": [{ "sys_id": "r00" }], "error": cancelled });
    let requests = Arc::new(AtomicUsize::new(0));
    let answer = partial.clone();
    let script = move |request: &Received| match requests.fetch_add(1, Ordering::Relaxed) % 4 {
        1 => Reply::json(answer.to_string()).into(),
        _ => table(request),
    };
    pull("incidents", settings, script).assert_pulls(&visible(0..RECORDS), (3, "User Not Authenticated"));
    let ended = pull("incidents", settings, table).answered_with(Reply::json(partial.to_string()));
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    assert!(ended.last_error().contains("maximum execution time exceeded"), "{}", ended.stderr);
}
