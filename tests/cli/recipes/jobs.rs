//! Jobs.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use longhaul_tests::Reply;

use super::recipe::{RECORDS, SIZE, array, assert_pulls, page, records, run, serve};
use crate::folder::Folder;

#[test]
fn an_address_of_its_own_and_several_files() {
    let polls = Arc::new(AtomicUsize::new(0));
    assert_pulls("A job with an address of its own and several files", &records(), move |request| {
        let path = request.url.path();
        if path == "/fhir/$export" {
            let job = request.url.join("/jobs/7").unwrap().to_string();
            return Reply::status(202).header("content-location", job).into();
        }
        if path == "/jobs/7" {
            if polls.fetch_add(1, Ordering::Relaxed) % 3 < 2 {
                return Reply::status(202).header("retry-after", "0").into();
            }
            let files = (0..RECORDS).step_by(SIZE).map(|start| {
                let url = request.url.join(&format!("/files/{start}")).unwrap();
                format!(r#"{{"type":"Patient","url":"{url}"}}"#)
            });
            return Reply::json(format!(r#"{{"output":{}}}"#, array(&files.collect::<Vec<_>>()))).into();
        }
        let start = path.trim_start_matches("/files/").parse().unwrap();
        Reply::json(page(start)).into()
    });
}

#[test]
fn results_at_a_redirect() {
    let polls = Arc::new(AtomicUsize::new(0));
    assert_pulls("A job whose results are at a redirect", &records(), move |request| {
        match request.url.path() {
            "/data/reports/calls/jobs" => Reply::json(r#"{"job":{"id":"j1"}}"#).into(),
            "/data/reports/calls/jobs/j1" if polls.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => {
                Reply::json(r#"{"job":{"id":"j1","status":"processing"}}"#).into()
            }
            "/data/reports/calls/jobs/j1" => {
                Reply::status(303).header("location", "/data/reports/calls/files/j1.json").into()
            }
            _ => Reply::json(format!(r#"{{"entries":{}}}"#, array(&records()))).into(),
        }
    });
}

#[test]
fn no_data() {
    const HEADING: &str = "A job without data";
    let server = |status: &'static str| {
        serve(move |request| match request.url.path() {
            "/reports" => Reply::json(r#"{"reportId":"r1"}"#).into(),
            "/reports/r1" => {
                Reply::json(format!(r#"{{"processingStatus":"{status}","url":"/files/r1"}}"#)).into()
            }
            _ => Reply::json(format!(r#"{{"rows":{}}}"#, page(0))).into(),
        })
    };
    let (folder, cancelled) = (Folder::empty(), server("CANCELLED"));
    run(&folder, &cancelled, HEADING, "run").assert_complete();
    assert_eq!(folder.read("out/report.ndjson"), "");
    assert_eq!(cancelled.received().len(), 2, "no file is requested");
    let (folder, done) = (Folder::empty(), server("DONE"));
    run(&folder, &done, HEADING, "run").assert_complete();
    assert_eq!(folder.read("out/report.ndjson").lines().count(), SIZE);
    let failed = run(&Folder::empty(), &server("FATAL"), HEADING, "run");
    assert_eq!(failed.code, Some(4));
    assert!(failed.stderr.contains("the job failed twice with the state `FATAL`"), "{}", failed.stderr);
}
