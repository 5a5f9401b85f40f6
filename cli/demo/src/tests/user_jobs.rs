//! User status details by job.

use serde_json::Value;

use super::{
    client::Client,
    jobs::{encoded, submit},
    start,
};
use crate::{IntervalMatching, Settings};

const PATH: &str = "/api/v2/analytics/users/details/jobs";
const ALL: &str = r#"{"interval":"2026-01-01T00:00:00Z/2026-01-08T00:00:00Z"}"#;

/// Everything that a job finds, page by page.
fn pull(client: &Client, body: &str) -> Vec<Value> {
    let results = format!("{}/results?pageSize=50", submit(client, PATH, body));
    let (mut records, mut target) = (Vec::new(), results.clone());
    loop {
        let page = client.get(&target).json();
        records.extend(page["userDetails"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page.get("cursor") else { return records };
        target = format!("{results}&cursor={}", encoded(cursor));
    }
}

fn settings() -> Settings {
    Settings { job_polls: 0, ..Settings::default() }
}

/// All periods of a kind in some records.
fn stretches<'r>(records: &'r [Value], kind: &'r str) -> impl Iterator<Item = &'r Value> {
    records.iter().filter_map(move |record| record.get(kind)).flat_map(|list| list.as_array().unwrap())
}

#[test]
fn a_job_gives_every_user_once_with_the_platform_s_fields() {
    let (api, client, _) = start(settings());
    let records = pull(&client, ALL);
    let users = client.get("/api/v2/users?pageSize=200").json();
    let ids = |list: &[Value], name: &str| list.iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&records, "userId"), ids(users["entities"].as_array().unwrap(), "id"));
    assert_eq!(api.stats().pages, 4);

    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(fields(&records[0]), "primaryPresence routingStatus userId");
    let presence = &records[0]["primaryPresence"][0];
    assert_eq!(fields(presence), "endTime organizationPresenceId startTime systemPresence");
    assert_eq!(fields(&records[0]["routingStatus"][0]), "endTime routingStatus startTime");
    for (kind, name, known) in [
        ("primaryPresence", "systemPresence", "AVAILABLE AWAY MEAL MEETING OFFLINE ON_QUEUE TRAINING"),
        ("routingStatus", "routingStatus", "IDLE INTERACTING OFF_QUEUE"),
    ] {
        let mut values: Vec<_> = stretches(&records, kind).map(|one| one[name].as_str().unwrap()).collect();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.join(" "), known);
    }
}

#[test]
fn presences_are_those_that_are_defined() {
    let (_api, client, _) = start(settings());
    let defined = client.get("/api/v2/presence/definitions").json();
    let name = |id: &Value| {
        let entities = defined["entities"].as_array().unwrap();
        let one = entities.iter().find(|one| one["id"] == *id).unwrap();
        one["name"].as_str().unwrap().to_uppercase().replace(' ', "_")
    };
    for presence in stretches(&pull(&client, ALL), "primaryPresence") {
        assert_eq!(presence["systemPresence"], name(&presence["organizationPresenceId"]));
    }
}

#[test]
fn an_interval_means_what_overlaps_it_or_what_begins_in_it() {
    let (from, to) = ("2026-01-03T12:00:00.000Z", "2026-01-04T12:00:00.000Z");
    let body = format!("{{\"interval\":\"{from}/{to}\"}}");
    let found = |matching| {
        let (_api, client, _) = start(Settings { matching, ..settings() });
        let records = pull(&client, &body);
        let all: Vec<_> = stretches(&records, "primaryPresence").cloned().collect();
        let starts = |one: &Value| one["startTime"].as_str().unwrap().to_owned();
        assert!(all.iter().all(|one| starts(one).as_str() < to));
        assert!(all.iter().all(|one| one.get("endTime").is_none_or(|end| end.as_str().unwrap() > from)));
        (all.len(), all.iter().filter(|one| starts(one).as_str() < from).count())
    };
    let ((overlapping, before), (exact, none)) =
        (found(IntervalMatching::UtcDays), found(IntervalMatching::Exact));
    assert_eq!((overlapping - before, none), (exact, 0));
    assert!(before > 100, "{before}");
}

#[test]
fn days_that_tile_give_every_stretch_once_where_beginnings_count() {
    let exact = Settings { matching: IntervalMatching::Exact, ..settings() };
    let (_api, client, _) = start(exact);
    let whole = stretches(&pull(&client, ALL), "routingStatus").count();
    let day = |day: u8| {
        let body = format!("{{\"interval\":\"2026-01-0{day}/2026-01-0{}\"}}", day + 1);
        stretches(&pull(&client, &body), "routingStatus").count()
    };
    assert_eq!((1..=7).map(day).sum::<usize>(), whole);
}

#[test]
fn a_job_of_one_kind_is_unknown_to_the_other() {
    let (_api, client, _) = start(settings());
    let job = submit(&client, PATH, ALL);
    assert_eq!(client.get(&job).json()["state"], "FULFILLED");
    let other = job.replace("users", "conversations");
    assert_eq!(client.get(&other).refusal(), (404, "not.found".into()));
    assert_eq!(client.send("DELETE", &job, "").unwrap().status, 204);
    assert_eq!(client.get(&job).json()["state"], "CANCELLED");
}

#[test]
fn a_job_keeps_to_its_limit_and_order() {
    let (_api, client, _) = start(Settings { users: 9, ..settings() });
    let ids = |body: &str| pull(&client, body).iter().map(|one| one["userId"].clone()).collect::<Vec<_>>();
    let (all, limited) = (ids(ALL), ids(&ALL.replace('}', ",\"limit\":2,\"order\":\"desc\"}")));
    assert_eq!(limited, [all[8].clone(), all[7].clone()]);
}
