//! Jobs.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use longhaul_tests::{FaultServer, Reply, compress};
use serde_json::json;

use super::recipe::{RECORDS, Recipe, SIZE, array, assert_pulls, page, records, run, serve};
use crate::{api, folder::Folder};

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

/// The records as rows with this delimiter, below a header line.
fn rows(range: std::ops::Range<usize>, delimiter: char) -> String {
    let row = |index: usize| format!("r{index:02}{delimiter}{index}.50\n");
    let header = format!("id{delimiter}n\n");
    std::iter::once(header).chain(range.map(row)).collect()
}

/// The records of these rows.
fn of_rows() -> Vec<String> {
    (0..RECORDS).map(|index| format!(r#"{{"id":"r{index:02}","n":"{index}.50"}}"#)).collect()
}

#[test]
fn a_document_on_another_server() {
    let files = FaultServer::start(api::clock(), |request| {
        assert_eq!(request.header("authorization"), None, "the address is signed");
        assert_eq!(request.query("X-Amz-Signature").as_deref(), Some("s1gned"));
        let body = compress("gzip", &rows(0..RECORDS, '\t'));
        Reply { body, ..Reply::status(200) }.header("content-type", "text/plain").into()
    });
    let signed = format!("{}/d1.gz?X-Amz-Signature=s1gned", api::root(&files));
    let others = [("https://*.s3.amazonaws.com", api::root(&files))];
    let heading = "A report whose document is on another server";
    let polls = Arc::new(AtomicUsize::new(0));
    Recipe { heading, others: &others, stream: "" }.assert_pulls(&of_rows(), move |request| {
        let reply = match request.url.path() {
            "/reports/2021-06-30/reports" => {
                let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                let expected = json!({ "reportType": "GET_FLAT_FILE_ORDERS", "marketplaceIds": ["A1"] });
                assert_eq!((request.method.as_str(), body), ("POST", expected));
                json!({ "reportId": "r1" })
            }
            "/reports/2021-06-30/reports/r1" if polls.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => {
                json!({ "reportId": "r1", "processingStatus": "IN_PROGRESS" })
            }
            "/reports/2021-06-30/reports/r1" => {
                json!({ "reportId": "r1", "processingStatus": "DONE", "reportDocumentId": "amzn1/d 1" })
            }
            "/reports/2021-06-30/documents/amzn1%2Fd%201" => {
                json!({ "reportDocumentId": "amzn1/d 1", "url": signed, "compressionAlgorithm": "GZIP" })
            }
            path => panic!("no {path}"),
        };
        Reply::json(reply.to_string()).into()
    });
}

#[test]
fn csv_with_a_cursor_in_a_header() {
    let polls = Arc::new(AtomicUsize::new(0));
    let heading = "A query whose results are CSV with a cursor in a header";
    assert_pulls(heading, &of_rows(), move |request| {
        let jobs = "/services/data/v62.0/jobs/query";
        let path = request.url.path().strip_prefix(jobs).unwrap();
        if path.is_empty() {
            let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(body, json!({ "operation": "query", "query": "SELECT Id, N FROM Account" }));
            return Reply::json(r#"{"id":"750R","state":"UploadComplete"}"#).into();
        }
        if path == "/750R" {
            let is_early = polls.fetch_add(1, Ordering::Relaxed).is_multiple_of(3);
            let state = if is_early { "InProgress" } else { "JobComplete" };
            return Reply::json(json!({ "id": "750R", "state": state }).to_string()).into();
        }
        assert_eq!((path, request.query("maxRecords").as_deref()), ("/750R/results", Some("10")));
        let start = request.query("locator").map_or(0, |locator| locator.parse().unwrap());
        let end = (start + SIZE).min(RECORDS);
        let locator = if end < RECORDS { end.to_string() } else { "null".to_owned() };
        let body = rows(start..end, ',').into_bytes();
        let reply = Reply { body, ..Reply::status(200) }.header("content-type", "text/csv; charset=UTF-8");
        reply.header("sforce-locator", locator).into()
    });
}
