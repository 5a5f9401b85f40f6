//! Users in SCIM's format.

use std::collections::HashSet;

use serde_json::json;

use super::start;
use crate::Settings;

const PATH: &str = "/api/v2/scim/v2/users";

#[test]
fn a_page_begins_at_its_index_and_says_how_many_there_are() {
    let (api, client, _) = start(Settings { users: 60, ..Settings::default() });
    let reply = client.get(&format!("{PATH}?startIndex=51&count=25"));
    assert_eq!(reply.header("content-type"), Some("application/scim+json"));
    let page = reply.json();
    assert_eq!(page["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
    for (name, value) in [("totalResults", 60), ("startIndex", 51), ("itemsPerPage", 10)] {
        assert_eq!(page[name], value, "{name}");
    }
    assert_eq!(page["Resources"].as_array().map(Vec::len), Some(10));
    assert_eq!(client.get("/api/v2/scim/users?startIndex=51&count=25").body, reply.body);
    assert_eq!(api.stats().pages, 2);
}

#[test]
fn the_pages_are_all_users_once_and_the_same_as_elsewhere() {
    let (_api, client, _) = start(Settings { users: 60, ..Settings::default() });
    let mut ids = HashSet::new();
    for start in [1, 26, 51, 76] {
        let page = client.get(&format!("{PATH}?startIndex={start}")).json();
        ids.extend(page["Resources"].as_array().unwrap().iter().map(|user| user["id"].to_string()));
    }
    let users = client.get("/api/v2/users?pageSize=100").json();
    let listed: HashSet<_> =
        users["entities"].as_array().unwrap().iter().map(|user| user["id"].to_string()).collect();
    assert_eq!((ids.len(), ids), (60, listed));
}

#[test]
fn a_user_has_the_fields_of_scim() {
    let (api, client, _) = start(Settings::default());
    let user = client.get(PATH).json()["Resources"][0].clone();
    let fields: Vec<_> = user.as_object().unwrap().keys().map(String::as_str).collect();
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let known = ["active", "displayName", "emails", "id", "meta", "schemas", "title", enterprise, "userName"];
    assert_eq!(fields, known);
    assert_eq!(user["schemas"][1], enterprise);
    let location = format!("{}{PATH}/{}", api.base_url(), user["id"].as_str().unwrap());
    assert_eq!(user["meta"]["location"], location);
}

#[test]
fn a_count_is_at_most_25_and_0_asks_for_the_total() {
    let (api, client, _) = start(Settings { users: 60, ..Settings::default() });
    let refused = client.get(&format!("{PATH}?count=26"));
    assert_eq!(refused.refusal(), (429, "too.many.requests.retry.after".into()));
    assert_eq!((refused.header("retry-after"), api.stats().too_many_requests), (Some("1"), 1));
    for count in ["0", "-3"] {
        let page = client.get(&format!("{PATH}?startIndex=-7&count={count}")).json();
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&60.into(), &1.into()));
        assert_eq!(page["Resources"], json!([]));
    }
    assert_eq!(client.get(&format!("{PATH}?count=all")).refusal(), (400, "invalid.value".into()));
}
