//! Conversation details by job.

use std::collections::HashSet;

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::{
    super::{EmbeddedApi, IntervalMatching, Settings},
    client::Client,
    start,
};

const PATH: &str = "/api/v2/analytics/conversations/details/jobs";
const ALL: &str = r#"{"interval":"2026-01-01T00:00:00Z/2026-01-08T00:00:00Z"}"#;

/// Submits a job and gives its path.
fn submit(client: &Client, body: &str) -> String {
    let reply = client.post(PATH, body);
    assert_eq!(reply.status, 202);
    format!("{PATH}/{}", reply.json()["jobId"].as_str().unwrap())
}

fn encoded(cursor: &Value) -> String {
    byte_serialize(cursor.as_str().unwrap().as_bytes()).collect()
}

fn ready(settings: Settings) -> (EmbeddedApi, Client) {
    let (api, client, _) = start(Settings { job_polls: 0, ..settings });
    (api, client)
}

/// Indexes of the conversations that a job finds.
fn found(settings: &Settings, body: &str) -> Vec<usize> {
    let (_api, client) = ready(settings.clone());
    let results = client.get(&format!("{}/results", submit(&client, body))).elements("conversations");
    let all: Vec<_> = (0..settings.records).map(|at| settings.conversation_with_attributes(at)).collect();
    results.iter().map(|record| all.iter().position(|known| known == record).unwrap()).collect()
}

#[test]
fn a_job_is_queued_then_pending_then_fulfilled() {
    let (_api, client, _) = start(Settings { job_polls: 3, ..Settings::default() });
    let job = submit(&client, ALL);
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
    let results = format!("{}/results?pageSize=100", submit(&client, ALL));
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
    let (one, other) = (submit(&client, ALL), submit(&client, ALL));
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
    let job = submit(&client, ALL);
    assert_eq!(client.send("DELETE", &job, "").unwrap().status, 204);
    assert_eq!(client.get(&job).json()["state"], "CANCELLED");
    assert_eq!(client.get(&format!("{job}/results")).refusal(), (400, "bad.request".into()));
    assert_eq!(client.get(&format!("{PATH}/7")).refusal(), (404, "not.found".into()));
    assert_eq!(client.get(&format!("{PATH}/7/results")).refusal(), (404, "not.found".into()));
    assert_eq!(client.send("DELETE", &format!("{PATH}/7"), "").unwrap().refusal(), (404, "not.found".into()));
}

#[test]
fn availability_is_the_end_of_the_data() {
    let (_api, client, _) = start(Settings { days: 3, ..Settings::default() });
    let reply = client.get(&format!("{PATH}/availability"));
    assert_eq!(reply.body, r#"{"dataAvailabilityDate":"2026-01-04T00:00:00.000Z"}"#);
}
