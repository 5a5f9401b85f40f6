//! Users and queues: pages requested by number, in the query.

use std::collections::HashSet;

use serde_json::Value;

use super::{client::Client, start};
use crate::Settings;

/// All entities found by following `nextUri`, and the number of pages.
fn follow(client: &Client, first: &str) -> (Vec<Value>, usize) {
    let (mut entities, mut pages, mut next) = (Vec::new(), 0, Some(first.to_owned()));
    while let Some(uri) = next {
        let page = client.get(&uri).json();
        entities.extend(page["entities"].as_array().unwrap().iter().cloned());
        pages += 1;
        next = page.get("nextUri").map(|uri| uri.as_str().unwrap().to_owned());
    }
    (entities, pages)
}

#[test]
fn a_page_says_where_it_is_and_where_the_others_are() {
    let (_api, client, _) = start(Settings { users: 60, ..Settings::default() });
    let page = client.get("/api/v2/users?pageNumber=2&state=active&pageSize=25").json();
    let uri = |number| format!("/api/v2/users?state=active&pageSize=25&pageNumber={number}");
    assert_eq!(page["entities"].as_array().map(Vec::len), Some(25));
    for (name, value) in [("pageSize", 25), ("pageNumber", 2), ("total", 60), ("pageCount", 3)] {
        assert_eq!(page[name], value, "{name}");
    }
    for (name, number) in
        [("firstUri", 1), ("previousUri", 1), ("selfUri", 2), ("nextUri", 3), ("lastUri", 3)]
    {
        assert_eq!(page[name], uri(number), "{name}");
    }
    let last = client.get(&uri(3)).json();
    assert_eq!((last["entities"].as_array().map(Vec::len), last.get("nextUri")), (Some(10), None));
    assert_eq!(client.get("/api/v2/users").json().get("previousUri"), None);
    assert_eq!(client.get("/api/v2/users?pageNumber=4").json()["entities"], serde_json::json!([]));
}

#[test]
fn following_the_links_gives_everyone_once() {
    let (api, client, _) = start(Settings { users: 61, queues: 26, ..Settings::default() });
    let (users, pages) = follow(&client, "/api/v2/users?pageSize=20");
    let ids: HashSet<_> = users.iter().map(|user| user["id"].as_str().unwrap()).collect();
    assert_eq!((users.len(), ids.len(), pages), (61, 61, 4));
    let (queues, pages) = follow(&client, "/api/v2/routing/queues");
    let names: HashSet<_> = queues.iter().map(|queue| queue["name"].as_str().unwrap()).collect();
    assert_eq!((queues.len(), names.len(), pages), (26, 26, 2));
    assert_eq!(api.stats().pages, 6);
}

#[test]
fn a_page_that_is_too_large_is_silently_shrunk() {
    let (_api, client, _) = start(Settings { users: 900, ..Settings::default() });
    assert_eq!(client.get("/api/v2/users?pageSize=1000").json()["pageSize"], 500);
    let (_api, client, _) = start(Settings { max_page: 10, ..Settings::default() });
    assert_eq!(client.get("/api/v2/users").json()["pageCount"], 12);
}

#[test]
fn an_empty_listing_is_one_empty_page() {
    let (_api, client, _) = start(Settings { users: 0, ..Settings::default() });
    let page = client.get("/api/v2/users").json();
    assert_eq!((&page["entities"], &page["pageCount"]), (&serde_json::json!([]), &0.into()));
    assert_eq!(page["lastUri"], "/api/v2/users?pageSize=25&pageNumber=1");
    assert_eq!(page.get("nextUri"), None);
}

#[test]
fn users_have_the_fields_of_users() {
    let (_api, client, _) = start(Settings::default());
    let user = &client.get("/api/v2/users").json()["entities"][0];
    let fields: Vec<_> = user.as_object().unwrap().keys().map(String::as_str).collect();
    let known = "acdAutoAnswer addresses chat department division email id name primaryContactInfo selfUri state title username version";
    assert_eq!(fields, known.split(' ').collect::<Vec<_>>());
    assert_eq!(user["selfUri"], format!("/api/v2/users/{}", user["id"].as_str().unwrap()));
    assert_eq!((&user["state"], &user["division"]["name"]), (&"active".into(), &"Home".into()));
}

#[test]
fn those_who_handle_conversations_are_those_who_are_listed() {
    let settings = Settings { users: 30, queues: 5, records: 100, ..Settings::default() };
    let (_api, client, _) = start(settings.clone());
    let ids = |target: &str| -> HashSet<String> {
        follow(&client, target).0.iter().map(|entity| entity["id"].as_str().unwrap().to_owned()).collect()
    };
    let (users, queues) = (ids("/api/v2/users"), ids("/api/v2/routing/queues"));
    for at in 0..100 {
        let conversation: Value = serde_json::from_str(&settings.conversation(at)).unwrap();
        for participant in conversation["participants"].as_array().unwrap() {
            assert!(participant.get("userId").is_none_or(|id| users.contains(id.as_str().unwrap())));
            for segment in participant["sessions"][0]["segments"].as_array().unwrap() {
                assert!(segment.get("queueId").is_none_or(|id| queues.contains(id.as_str().unwrap())));
            }
        }
    }
}
