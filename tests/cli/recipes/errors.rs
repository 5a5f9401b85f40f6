//! Errors.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::recipe::{RECORDS, SIZE, assert_pulls, number, page, records, run, serve};
use crate::folder::Folder;

const IN_A_200: &str = "Errors with status 200";

fn slack(request: &Received) -> Reaction {
    let start = number(request, "cursor", 0);
    let next = if start + SIZE < RECORDS { (start + SIZE).to_string() } else { String::new() };
    let metadata = format!(r#"{{"next_cursor":"{next}"}}"#);
    Reply::json(format!(r#"{{"ok":true,"members":{},"response_metadata":{metadata}}}"#, page(start))).into()
}

#[test]
fn errors_with_status_200() {
    let requests = Arc::new(AtomicUsize::new(0));
    assert_pulls("Errors with status 200", &records(), move |request| {
        if requests.fetch_add(1, Ordering::Relaxed) % 3 == 1 {
            return Reply::json(r#"{"ok":false,"error":"ratelimited"}"#).into();
        }
        slack(request)
    });
    let server = serve(|request| match request.query("cursor") {
        None => slack(request),
        Some(_) => Reply::json(r#"{"ok":false,"error":"missing_scope"}"#).into(),
    });
    let ended = run(&Folder::empty(), &server, IN_A_200, "run");
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("missing_scope"), "{}", ended.stderr);
}

#[test]
fn an_expired_cursor() {
    let has_expired = Arc::new(AtomicBool::new(false));
    assert_pulls("A cursor that expires", &records(), move |request| {
        let start = number(request, "continue", 0);
        if start > SIZE && !has_expired.swap(true, Ordering::Relaxed) {
            return Reply::refusal(410, &json!({"kind": "Status", "reason": "Expired"})).into();
        }
        let next = if start + SIZE < RECORDS { (start + SIZE).to_string() } else { String::new() };
        Reply::json(format!(r#"{{"metadata":{{"continue":"{next}"}},"items":{}}}"#, page(start))).into()
    });
}
