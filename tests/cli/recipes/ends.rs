//! How to end.

use longhaul_tests::Reply;
use serde_json::json;

use super::recipe::{RECORDS, SIZE, assert_pulls, number, page, records};

#[test]
fn a_flag() {
    assert_pulls("A flag on the last page", &records(), |request| {
        let start = number(request, "start", 0);
        let mut next = request.url.clone();
        next.set_query(Some(&format!("start={}", (start + SIZE).min(RECORDS))));
        let is_last = start + SIZE >= RECORDS;
        Reply::json(format!(
            r#"{{"tickets":{},"after_url":"{next}","end_of_stream":{is_last}}}"#,
            page(start)
        ))
        .into()
    });
}

#[test]
fn a_total_although_pages_repeat() {
    assert_pulls("The total, although later pages repeat the last one", &records(), |request| {
        let number = number(request, "searchCriteria[currentPage]", 1);
        let start = (number.min(3) - 1) * SIZE;
        Reply::json(format!(r#"{{"items":{},"total_count":{RECORDS}}}"#, page(start))).into()
    });
}

#[test]
fn not_found_after_the_last_page() {
    assert_pulls("404 after the last page", &records(), |request| {
        let start = (number(request, "page", 1) - 1) * SIZE;
        if start >= RECORDS {
            return Reply::refusal(404, &json!({"detail": "Invalid page."})).into();
        }
        Reply::json(format!(r#"{{"results":{}}}"#, page(start))).into()
    });
}
