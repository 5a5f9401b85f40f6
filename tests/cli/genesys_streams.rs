//! Complete pulls of every stream of the Genesys Cloud preset.

use std::collections::BTreeSet;

use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::Reply;
use serde_json::{Value, json};

use crate::{
    api::{self, reach, without_faults},
    folder::Folder,
};

const PRESET: &str = "system = \"genesys\"\nregion = \"mypurecloud.de\"\n";

/// The whole week of the data.
const WEEK: &str = "2026-01-01..2026-01-08";

/// The data of the API: several pages of each kind, the last one not full.
fn holdings() -> Settings {
    Settings {
        users: 1203,
        queues: 301,
        skills: 250,
        wrapup_codes: 101,
        groups: 199,
        divisions: 130,
        audits: 2600,
        job_polls: 0,
        ..without_faults(900)
    }
}

/// The records of `stream`, on stdout.
fn pulled(api: &FakeApi, stream: &str, more: &str) -> Vec<Value> {
    let folder = Folder::configured(&[PRESET, more].concat());
    let ended = reach(api, folder.longhaul("run").argument(stream)).run();
    ended.assert_complete();
    ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn distinct<'r>(records: &'r [Value], key: &str) -> BTreeSet<&'r str> {
    records.iter().map(|record| record[key].as_str().unwrap()).collect()
}

/// `stream` with a window over all the data, and jobs that are polled every millisecond.
fn week(stream: &str) -> String {
    let (from, to) = WEEK.split_once("..").unwrap();
    let has_job = stream == "audits" || stream.ends_with("_jobs");
    let job = if has_job { format!("[streams.{stream}.job]\nevery = \"1ms\"\n") } else { String::new() };
    format!("{job}[streams.{stream}.window]\nfrom = \"{from}\"\nto = \"{to}\"\n")
}

#[test]
fn listings_are_complete() {
    let settings = holdings();
    let api = api::start(&settings);
    for (stream, count, pages) in [
        ("users", settings.users, 3),
        ("queues", settings.queues, 4),
        ("wrapup_codes", settings.wrapup_codes, 2),
        ("skills", settings.skills, 3),
        ("groups", settings.groups, 2),
        ("divisions", settings.divisions, 2),
        // Only an empty page ends it.
        ("scim_users", settings.users, 49 + 1),
    ] {
        let before = api.stats().pages;
        let records = pulled(&api, stream, "");
        assert_eq!((records.len(), distinct(&records, "id").len()), (count, count), "{stream}");
        assert_eq!(api.stats().pages - before, pages, "{stream}");
    }
    let presences = pulled(&api, "presence_definitions", "");
    // Those of the platform and of the organization.
    let systems = distinct(&presences, "systemPresence");
    assert!(systems.contains("Available") && systems.contains("Offline"), "{systems:?}");
    assert_eq!(distinct(&presences, "id").len(), presences.len());
    assert!(presences.len() > systems.len());
}

#[test]
fn pages_that_the_server_shrinks_lose_nothing() {
    let settings = Settings { max_page: 20, ..holdings() };
    let api = api::start(&settings);
    for (stream, count) in
        [("users", settings.users), ("queues", settings.queues), ("scim_users", settings.users)]
    {
        assert_eq!(distinct(&pulled(&api, stream, ""), "id").len(), count, "{stream}");
    }
}

#[test]
fn empty_listings_are_complete_too() {
    let api = api::start(&Settings { queues: 0, skills: 0, groups: 0, ..without_faults(0) });
    for stream in ["queues", "skills", "groups"] {
        assert_eq!(pulled(&api, stream, ""), [Value::Null; 0], "{stream}");
    }
    for stream in ["conversations", "conversation_jobs"] {
        assert_eq!(pulled(&api, stream, &week(stream)), [Value::Null; 0], "{stream}");
    }
}

#[test]
fn conversations_are_complete_by_query_and_by_job() {
    let settings = holdings();
    let api = api::start(&settings);
    for stream in ["conversations", "conversation_jobs"] {
        let records = pulled(&api, stream, &week(stream));
        let count = distinct(&records, "conversationId").len();
        assert_eq!((records.len(), count), (settings.records, settings.records), "{stream}");
    }
}

#[test]
fn the_statuses_of_every_user_arrive_window_by_window() {
    let settings = holdings();
    let api = api::start(&settings);
    let records = pulled(&api, "user_status_jobs", &week("user_status_jobs"));
    assert_eq!(distinct(&records, "userId").len(), settings.users);
    assert!(records.len() > settings.users, "{}", records.len());
    let whole = week("user_status_jobs") + "slice = \"7d\"\n";
    assert_eq!(pulled(&api, "user_status_jobs", &whole).len(), settings.users);
    assert_eq!(api.stats().jobs_submitted, 7 + 1);
}

#[test]
fn audits_are_complete_service_by_service() {
    let settings = holdings();
    let api = api::start(&settings);
    let mut audits = 0;
    for service in ["AnalyticsReporting", "Groups", "PeoplePermissions", "Routing"] {
        // The platform answers for one service at a time, which the user must name.
        let body = format!("[streams.audits.job.submit.body]\nserviceName = \"{service}\"\n");
        let records = pulled(&api, "audits", &(week("audits") + &body));
        assert_eq!(distinct(&records, "serviceName"), BTreeSet::from([service]));
        assert_eq!(distinct(&records, "id").len(), records.len());
        audits += records.len();
    }
    assert_eq!(audits, settings.audits);
}

#[test]
fn audits_without_a_service_are_an_error_with_the_message_of_the_api() {
    let api = api::start(&holdings());
    let folder = Folder::configured(&[PRESET, &week("audits")].concat());
    let ended = reach(&api, folder.longhaul("run audits")).run();
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    let words = ended.last_error();
    assert!(words.contains("serviceName"), "{words}");
}

/// The platform's answers about the things inside others.
fn children(path: &str, page: &str) -> Reply {
    let segments: Vec<_> = path.trim_start_matches("/api/v2/").split('/').collect();
    let body = match segments[..] {
        ["routing", "queues"] => {
            json!({"entities": [{"id": "q1", "name": "Sales"}, {"id": "q2", "name": "Gone"}], "pageCount": 1, "total": 2})
        }
        ["routing", "queues", "q1", "members"] if page == "1" => {
            json!({"entities": [{"id": "u1"}, {"id": "u2"}]})
        }
        ["routing", "queues", "q1", "members"] => json!({"entities": []}),
        ["users"] => {
            json!({"entities": [{"id": "u1", "name": "Ann"}, {"id": "u2", "name": "Bob"}], "pageCount": 1, "total": 2})
        }
        ["users", user @ ("u1" | "u2"), "routingskills"] => {
            json!({"entities": [{"id": format!("{user}-s"), "proficiency": 5.0}], "pageCount": 1, "total": 1})
        }
        ["analytics", "conversations", "details", "query"] if page == "1" => {
            json!({"conversations": [{"conversationId": "c1"}, {"conversationId": "c2"}], "totalHits": 2})
        }
        ["analytics", ..] => json!({"totalHits": 2}),
        ["conversations", conversation @ "c1", "recordings"] => {
            json!([{"id": "r1", "conversationId": conversation}, {"id": "r2", "conversationId": conversation}])
        }
        ["conversations", "c2", "recordings"] => json!([]),
        _ => return Reply::refusal(404, &json!({"code": "not.found"})),
    };
    Reply::json(body.to_string())
}

#[test]
fn members_of_queues_skills_of_users_and_recordings_are_complete() {
    let server = api::server(|request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let in_body = body["paging"]["pageNumber"].as_u64().map(|page| page.to_string());
        let page = in_body.or_else(|| request.query("pageNumber")).unwrap_or_default();
        children(request.url.path(), &page).into()
    });
    let window = "[streams.conversations.window]\nfrom = \"2026-01-01\"\nto = \"2026-01-02\"\n";
    let folder = Folder::configured(&[PRESET, window].concat());
    for (stream, expected) in [
        (
            "queue_members",
            "{\"id\":\"u1\",\"queueId\":\"q1\",\"queueName\":\"Sales\"}\n\
             {\"id\":\"u2\",\"queueId\":\"q1\",\"queueName\":\"Sales\"}\n",
        ),
        (
            "user_skills",
            "{\"id\":\"u1-s\",\"proficiency\":5.0,\"userId\":\"u1\",\"userName\":\"Ann\"}\n\
             {\"id\":\"u2-s\",\"proficiency\":5.0,\"userId\":\"u2\",\"userName\":\"Bob\"}\n",
        ),
        (
            "recordings",
            "{\"conversationId\":\"c1\",\"id\":\"r1\"}\n{\"conversationId\":\"c1\",\"id\":\"r2\"}\n",
        ),
    ] {
        let command = folder.longhaul("run").argument(stream);
        let ended = command
            .variable("GENESYS_CLIENT_ID", api::CLIENT_ID)
            .variable("GENESYS_CLIENT_SECRET", api::CLIENT_SECRET)
            .variable("LONGHAUL_API__BASE_URL", api::root(&server))
            .variable("LONGHAUL_AUTH__TOKEN_URL", format!("{}/oauth/token", api::root(&server)))
            .run();
        assert_eq!(ended.assert_complete().stdout, expected, "{stream}: {}", ended.stderr);
    }
}
