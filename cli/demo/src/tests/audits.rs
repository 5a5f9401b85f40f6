//! The audit log, by query.

use serde_json::{Value, json};

use super::{client::Client, jobs::encoded, start};
use crate::Settings;

const PATH: &str = "/api/v2/audits/query";
const ALL: &str = "2026-01-01T00:00:00Z/2026-01-08T00:00:00Z";

fn submit(client: &Client, body: &Value) -> String {
    let reply = client.post(PATH, &body.to_string());
    assert_eq!(reply.status, 202);
    format!("{PATH}/{}", reply.json()["id"].as_str().unwrap())
}

/// All entries that a query finds, and the number of pages of the default size.
fn pull(client: &Client, body: &Value) -> (Vec<Value>, usize) {
    let results = format!("{}/results", submit(client, body));
    let (mut records, mut pages, mut target) = (Vec::new(), 0, results.clone());
    loop {
        let page = client.get(&target).json();
        assert_eq!(page["pageSize"], 25);
        records.extend(page["entities"].as_array().unwrap().iter().cloned());
        pages += 1;
        let Some(cursor) = page.get("cursor") else { return (records, pages) };
        target = format!("{results}?cursor={}", encoded(cursor));
    }
}

fn at_once() -> Settings {
    Settings { job_polls: 0, ..Settings::default() }
}

#[test]
fn a_query_is_queued_then_running_then_succeeded() {
    let (api, client, _) = start(Settings { job_polls: 2, ..Settings::default() });
    let body = json!({ "interval": ALL, "serviceName": "Routing" });
    let reply = client.post(PATH, &body.to_string());
    let query_status = reply.json();
    let fields: Vec<_> = query_status.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((reply.status, fields), (202, vec!["id", "interval", "serviceName", "startDate", "state"]));
    assert_eq!(
        (&query_status["state"], &query_status["startDate"]),
        (&"Queued".into(), &"2026-02-01T00:00:00.000Z".into())
    );
    let query = format!("{PATH}/{}", query_status["id"].as_str().unwrap());
    assert_eq!(client.get(&format!("{query}/results")).refusal(), (400, "bad.request".into()));
    for state in ["Queued", "Running", "Succeeded"] {
        let status = client.get(&query).json();
        assert_eq!((&status["state"], &status["id"]), (&state.into(), &query_status["id"]));
    }
    assert_eq!(client.get(&format!("{query}/results")).json()["id"], query_status["id"]);
    assert_eq!((api.stats().jobs_submitted, api.stats().pages), (1, 1));
}

#[test]
fn the_pages_are_every_entry_of_the_service_once_in_the_order_asked_for() {
    let (_api, client, _) = start(at_once());
    let mut total = 0;
    for service in ["AnalyticsReporting", "Groups", "PeoplePermissions", "Routing"] {
        let (mut entries, pages) = pull(&client, &json!({ "interval": ALL, "serviceName": service }));
        assert_eq!(pages, entries.len().div_ceil(25));
        assert!(entries.iter().all(|entry| entry["serviceName"] == service));
        let dates: Vec<_> = entries.iter().map(|entry| entry["eventDate"].as_str().unwrap()).collect();
        assert!(dates.is_sorted());
        total += entries.len();

        let sort = json!([{ "name": "Timestamp", "sortOrder": "descending" }]);
        let descending = json!({ "interval": ALL, "serviceName": service, "sort": sort });
        entries.reverse();
        assert_eq!(pull(&client, &descending).0, entries);
    }
    assert_eq!(total, 600);
}

#[test]
fn an_entry_has_the_platform_s_fields() {
    let (_api, client, _) = start(at_once());
    let (entries, _) = pull(&client, &json!({ "interval": ALL, "serviceName": "Routing" }));
    let fields: Vec<_> = entries[0].as_object().unwrap().keys().map(String::as_str).collect();
    let known = "action application client context entity entityType eventDate id level propertyChanges remoteIp serviceName status transactionInitiator user userHomeOrgId";
    assert_eq!(fields.join(" "), known);
    let queues = client.get("/api/v2/routing/queues").json();
    let queues: Vec<_> =
        queues["entities"].as_array().unwrap().iter().map(|queue| &queue["id"]).cloned().collect();
    assert!(entries.iter().all(|entry| queues.contains(&entry["entity"]["id"])));
    assert!(entries.iter().any(|entry| entry["propertyChanges"][0]["property"].is_string()));
}

#[test]
fn a_query_keeps_to_its_interval_and_filters() {
    let (_api, client, _) = start(at_once());
    let found = |interval: &str, filters: Value| {
        let body = json!({ "interval": interval, "serviceName": "Groups", "filters": filters });
        pull(&client, &body).0
    };
    let all = found(ALL, json!([]));
    let halves = ["2026-01-01/2026-01-03T12:00", "2026-01-03T12:00/2026-01-08"];
    assert_eq!(halves.map(|half| found(half, json!([]))).concat(), all);
    let added = found(ALL, json!([{ "property": "Action", "value": "MemberAdd" }]));
    assert!(!added.is_empty() && added.len() < all.len());
    assert!(added.iter().all(|entry| entry["action"] == "MemberAdd"));
    assert_eq!(found(ALL, json!([{ "property": "EntityType", "value": "Queue" }])), [json!(null); 0]);
}

#[test]
fn a_query_needs_an_interval_and_a_service() {
    let (_api, client, _) = start(at_once());
    let refusal = |body: Value| client.post(PATH, &body.to_string()).refusal();
    assert_eq!(refusal(json!({ "interval": ALL })), (400, "bad.request".into()));
    assert_eq!(refusal(json!({ "serviceName": "Routing" })), (400, "bad.request".into()));
    let today = json!({ "interval": "today", "serviceName": "Routing" });
    assert_eq!(refusal(today), (400, "invalid.date".into()));
    assert_eq!(client.get(&format!("{PATH}/7")).refusal(), (404, "not.found".into()));
    assert_eq!(client.send("DELETE", &format!("{PATH}/7"), "").unwrap().status, 405);
}

#[test]
fn the_first_queries_fail_where_jobs_are_to_fail_or_expire() {
    let failing = Settings { job_failures: 1, job_expirations: 1, ..at_once() };
    let (_api, client, _) = start(failing);
    let states = [0; 3].map(|_| {
        let query = submit(&client, &json!({ "interval": ALL, "serviceName": "Routing" }));
        client.get(&query).json()["state"].clone()
    });
    assert_eq!(states, ["Failed", "Failed", "Succeeded"]);
}
