//! The tutorial's listing: first POST, then GET of `nextPageUri`.

use super::{client::Client, start};
use crate::{IntervalMatching, Settings, UriForm};

const PATH: &str = "/api/v2/tutorial/conversations";

/// All records, byte for byte, and the links.
fn follow(client: &Client, body: &str) -> (Vec<String>, Vec<String>) {
    let mut reply = client.post(PATH, body);
    let (mut records, mut links) = (Vec::new(), Vec::new());
    loop {
        records.extend(reply.elements("results"));
        let page = reply.json();
        let Some(link) = page.get("nextPageUri") else { return (records, links) };
        let link = link.as_str().unwrap().to_owned();
        let target =
            link.strip_prefix("http://").map_or(link.as_str(), |rest| &rest[rest.find('/').unwrap()..]);
        reply = client.get(target);
        links.push(link);
    }
}

#[test]
fn the_pages_are_all_records_once_and_to_the_byte() {
    let settings = Settings { records: 2100, rate_allowed: 1000, ..Settings::default() };
    let (api, client, _) = start(settings.clone());
    let (records, links) = follow(&client, "");
    assert_eq!(links, [2, 3].map(|number| format!("{PATH}?pageSize=1000&pageNumber={number}")));
    assert_eq!(records, (0..2100).map(|at| settings.conversation(at)).collect::<Vec<_>>());
    assert_eq!(api.stats().pages, 3);
    assert_eq!(api.stats().requests["POST /api/v2/tutorial/conversations"], 1);
    assert_eq!(api.stats().requests["GET /api/v2/tutorial/conversations"], 2);
}

#[test]
fn the_last_page_has_no_link_also_when_it_is_full() {
    let (_api, client, _) = start(Settings { records: 20, ..Settings::default() });
    let (records, links) = follow(&client, r#"{"pageSize":10}"#);
    assert_eq!((records.len(), links.len()), (20, 1));
    let (_api, client, _) = start(Settings { records: 0, ..Settings::default() });
    assert_eq!(client.post(PATH, "{}").body, r#"{"results":[]}"#);
}

#[test]
fn links_are_absolute_where_they_are_to_be() {
    let settings =
        Settings { records: 2, max_page: 1, next_page_uri: UriForm::Absolute, ..Settings::default() };
    let (api, client, _) = start(settings);
    let (records, links) = follow(&client, "");
    assert_eq!(records.len(), 2);
    assert_eq!(links, [format!("{}{PATH}?pageSize=1&pageNumber=2", api.base_url())]);
}

#[test]
fn an_interval_is_carried_on_by_the_links() {
    let settings = Settings { records: 700, matching: IntervalMatching::Exact, ..Settings::default() };
    let (_api, client, _) = start(settings.clone());
    let body = r#"{"interval":"2026-01-02T00:00:00+00:00/2026-01-03T12:00:00Z","pageSize":60}"#;
    let (records, links) = follow(&client, body);
    assert_eq!(records, (100..250).map(|at| settings.conversation(at)).collect::<Vec<_>>());
    assert_eq!(
        links[0],
        format!(
            "{PATH}?interval=2026-01-02T00%3A00%3A00%2B00%3A00%2F2026-01-03T12%3A00%3A00Z&pageSize=60&pageNumber=2"
        )
    );
}

#[test]
fn a_body_that_makes_no_sense_is_refused() {
    let (_api, client, _) = start(Settings::default());
    let refusal = |body| client.post(PATH, body).refusal();
    assert_eq!(refusal("{"), (400, "bad.request".into()));
    assert_eq!(refusal(r#"{"pageSize":"many"}"#), (400, "bad.request".into()));
    assert_eq!(refusal(r#"{"pageSize":0}"#), (400, "invalid.value".into()));
    assert_eq!(refusal(r#"{"interval":"today"}"#), (400, "invalid.date".into()));
}
