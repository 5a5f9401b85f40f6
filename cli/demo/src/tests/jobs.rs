//! Details jobs, mainly of conversations.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::{client::Client, start};
use crate::{FakeApi, IntervalMatching, Settings};

const PATH: &str = "/api/v2/analytics/conversations/details/jobs";
const ALL: &str = r#"{"interval":"2026-01-01T00:00:00Z/2026-01-08T00:00:00Z"}"#;

/// Submits a job and returns its path.
pub(super) fn submit(client: &Client, path: &str, body: &str) -> String {
    let reply = client.post(path, body);
    assert_eq!(reply.status, 202);
    format!("{path}/{}", reply.json()["jobId"].as_str().unwrap())
}

pub(super) fn encoded(cursor: &Value) -> String {
    byte_serialize(cursor.as_str().unwrap().as_bytes()).collect()
}

fn ready(settings: Settings) -> (FakeApi, Client) {
    let (api, client, _) = start(Settings { job_polls: 0, ..settings });
    (api, client)
}

/// The indexes of the conversations that a job finds.
fn found(settings: &Settings, body: &str) -> Vec<usize> {
    let (_api, client) = ready(settings.clone());
    let results = client.get(&format!("{}/results", submit(&client, PATH, body))).elements("conversations");
    let all: Vec<_> = (0..settings.records).map(|at| settings.conversation_with_attributes(at)).collect();
    results.iter().map(|record| all.iter().position(|known| known == record).unwrap()).collect()
}

#[test]
fn a_job_is_queued_then_pending_then_fulfilled() {
    let (_api, client, _) = start(Settings { job_polls: 3, ..Settings::default() });
    let job = submit(&client, PATH, ALL);
    assert_eq!(client.get(&format!("{job}/results")).refusal(), (400, "bad.request".into()));
    for state in ["QUEUED", "PENDING", "PENDING"] {
        let status = client.get(&job).json();
        assert_eq!((&status["state"], status.get("completionDate")), (&state.into(), None));
    }
    let status = client.get(&job).json();
    assert_eq!(status["state"], "FULFILLED");
    assert_eq!(status["submissionDate"], "2026-02-01T00:00:00.000Z");
    assert_eq!(status["expirationDate"], "2026-02-02T00:00:00.000Z");
    assert_eq!(client.get(&format!("{job}/results")).status, 200);
}

#[test]
fn the_pages_are_all_records_once_with_their_attributes() {
    let settings = Settings { records: 250, ..Settings::default() };
    let (api, client) = ready(settings.clone());
    let results = format!("{}/results?pageSize=100", submit(&client, PATH, ALL));
    let (mut records, mut target) = (Vec::new(), results.clone());
    loop {
        let reply = client.get(&target);
        records.extend(reply.elements("conversations"));
        let page = reply.json();
        assert_eq!(page["dataAvailabilityDate"], "2026-01-08T00:00:00.000Z");
        let Some(cursor) = page.get("cursor") else { break };
        target = format!("{results}&cursor={}", encoded(cursor));
    }
    assert_eq!(records, (0..250).map(|at| settings.conversation_with_attributes(at)).collect::<Vec<_>>());
    assert!(records.iter().all(|record| record.contains("\"attributes\":{")));
    assert_eq!(api.stats().pages, 3);
}

#[test]
fn a_cursor_that_is_not_encoded_or_of_another_job_is_refused() {
    let (_api, client) = ready(Settings::default());
    let (one, other) = (submit(&client, PATH, ALL), submit(&client, PATH, ALL));
    let page = client.get(&format!("{one}/results")).json();
    let plain = page["cursor"].as_str().unwrap();
    assert!(plain.starts_with("++//") && plain.ends_with('='), "{plain}");
    let refusal = |job: &str, cursor: &str| client.get(&format!("{job}/results?cursor={cursor}")).refusal();
    assert_eq!(refusal(&one, plain), (400, "invalid.value".into()));
    assert_eq!(refusal(&other, &encoded(&page["cursor"])), (400, "invalid.value".into()));
    assert_eq!(client.get(&format!("{one}/results?cursor={}", encoded(&page["cursor"]))).status, 200);
}

#[test]
fn a_job_finds_what_lived_in_the_interval_or_started_on_its_first_day_or_later() {
    let settings = Settings { records: 700, ..Settings::default() };
    let interval = r#""interval":"2026-01-03T12:00:00Z/2026-01-04T00:00:00Z""#;
    let overlap = found(&settings, &format!("{{{interval}}}"));
    let started = found(&settings, &format!("{{{interval},\"startOfDayIntervalMatching\":true}}"));
    let exact = found(
        &Settings { matching: IntervalMatching::Exact, ..settings.clone() },
        &format!("{{{interval}}}"),
    );
    assert_eq!(exact, (250..300).collect::<Vec<_>>());
    let as_set = |list: &[usize]| list.iter().copied().collect::<HashSet<_>>();
    assert!(as_set(&exact).is_subset(&as_set(&started)) && as_set(&started).is_subset(&as_set(&overlap)));
    assert!(started[0] >= 200 && overlap[0] < 200, "{started:?} {overlap:?}");
}

#[test]
fn a_job_keeps_to_its_limit_and_order() {
    let settings = Settings { records: 50, ..Settings::default() };
    let body = ALL.replace('}', ",\"limit\":3,\"order\":\"desc\"}");
    assert_eq!(found(&settings, &body), [49, 48, 47]);
}

#[test]
fn a_cancelled_job_gives_nothing_and_an_unknown_one_is_not_found() {
    let (_api, client) = ready(Settings::default());
    let job = submit(&client, PATH, ALL);
    assert_eq!(client.send("DELETE", &job, "").unwrap().status, 204);
    assert_eq!(client.get(&job).json()["state"], "CANCELLED");
    assert_eq!(client.get(&format!("{job}/results")).refusal(), (400, "bad.request".into()));
    assert_eq!(client.get(&format!("{PATH}/7")).refusal(), (404, "not.found".into()));
    assert_eq!(client.get(&format!("{PATH}/7/results")).refusal(), (404, "not.found".into()));
    assert_eq!(client.send("DELETE", &format!("{PATH}/7"), "").unwrap().refusal(), (404, "not.found".into()));
}

#[test]
fn the_first_jobs_fail_and_the_next_ones_expire() {
    let (api, client) =
        ready(Settings { job_failures: 1, job_expirations: 2, records: 5, ..Settings::default() });
    let jobs: Vec<_> = (0..4).map(|_| submit(&client, PATH, ALL)).collect();
    let states: Vec<_> = jobs.iter().map(|job| client.get(job).json()["state"].clone()).collect();
    assert_eq!(states, ["FAILED", "EXPIRED", "EXPIRED", "FULFILLED"]);
    let messages: Vec<_> =
        jobs.iter().map(|job| client.get(job).json().get("errorMessage").cloned()).collect();
    let message = "The job failed: the data could not be read.";
    assert_eq!(messages, [Some(message.into()), None, None, None]);
    assert_eq!(client.get(&format!("{}/results", jobs[0])).refusal(), (400, "bad.request".into()));
    assert_eq!(client.get(&format!("{}/results", jobs[1])).refusal(), (400, "bad.request".into()));
    assert_eq!(client.get(&format!("{}/results", jobs[3])).status, 200);
    assert_eq!(api.stats().jobs_submitted, 4);
}

#[test]
fn a_job_that_is_to_fail_is_unfinished_at_first() {
    let (_api, client, _) = start(Settings { job_polls: 1, job_failures: 1, ..Settings::default() });
    let job = submit(&client, PATH, ALL);
    let states = [(); 2].map(|()| client.get(&job).json()["state"].clone());
    assert_eq!(states, ["QUEUED", "FAILED"]);
}

#[test]
fn a_job_is_cancelled_once_however_often_that_is_asked() {
    let (api, client) = ready(Settings::default());
    let job = submit(&client, PATH, ALL);
    assert_eq!(client.send("DELETE", &job, "").unwrap().status, 204);
    assert_eq!(client.send("DELETE", &job, "").unwrap().status, 204);
    assert_eq!((api.stats().jobs_submitted, api.stats().jobs_cancelled), (1, 1));
}

#[test]
fn availability_is_the_end_of_the_data() {
    let (_api, client, _) = start(Settings { days: 3, ..Settings::default() });
    for path in [PATH, "/api/v2/analytics/users/details/jobs"] {
        let reply = client.get(&format!("{path}/availability"));
        assert_eq!(reply.body, r#"{"dataAvailabilityDate":"2026-01-04T00:00:00.000Z"}"#);
    }
}

#[test]
fn jobs_find_what_is_available_and_more_of_it_later() {
    let until = |text: &str| text.parse::<Timestamp>().unwrap();
    let settings =
        Settings { records: 700, available: Some(until("2026-01-03T00:00Z")), ..Settings::default() };
    let (api, client) = ready(settings);
    let pulled = || {
        let page = client.get(&format!("{}/results", submit(&client, PATH, ALL)));
        (page.elements("conversations").len(), page.json()["dataAvailabilityDate"].clone())
    };
    assert_eq!(pulled(), (200, "2026-01-03T00:00:00.000Z".into()));
    api.make_available(until("2026-01-05T12:00Z"));
    assert_eq!(pulled(), (450, "2026-01-05T12:00:00.000Z".into()));
    let later = r#"{"interval":"2026-01-06T00:00:00Z/2026-01-08T00:00:00Z","limit":5}"#;
    let page = client.get(&format!("{}/results", submit(&client, PATH, later))).json();
    let open = page["conversations"].as_array().unwrap().iter();
    assert!(open.clone().all(|one| one["conversationStart"].as_str().unwrap() < "2026-01-05T12"));
}
