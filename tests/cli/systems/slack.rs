//! Slack.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::system::{Pull, RECORDS, SIZE, end, number, page, parameter, records};

const CHANNEL: &str = "streams.messages.query.channel = \"C1\"";

fn error(name: &str) -> Reply {
    Reply::json(json!({ "ok": false, "error": name }).to_string())
}

fn pull<S>(stream: &'static str, settings: &'static str, script: S) -> Pull<'static, S> {
    Pull {
        system: "slack",
        stream,
        settings,
        variables: &[("SLACK_BOT_TOKEN", "xoxb-s3cret")],
        accepts: |request| request.bearer() == Some("xoxb-s3cret"),
        refusal: error("invalid_auth"),
        throttled: Reply { status: 429, ..error("ratelimited") }.header("retry-after", "0"),
        script,
    }
}

/// A listing, whose last page has an empty cursor, or none for channels. The second page is empty.
fn listing(request: &Received) -> Reaction {
    assert_eq!(parameter(request, "limit"), "200");
    let name = match request.url.path() {
        "/users.list" => "members",
        "/conversations.list" => "channels",
        "/conversations.history" => "messages",
        other => panic!("{other}"),
    };
    let cursor = parameter(request, "cursor");
    let (start, records, next) = match cursor.strip_prefix("empty") {
        Some(start) => (start.parse().unwrap(), "[]".to_owned(), start.to_owned()),
        None if cursor.is_empty() => (0, page(0), format!("empty{SIZE}")),
        None => {
            let start = cursor.parse().unwrap();
            (start, page(start), end(start).to_string())
        }
    };
    let has_more = records == "[]" || end(start) < RECORDS;
    let metadata = match (has_more, name) {
        (true, _) => format!(r#","response_metadata":{{"next_cursor":"{next}"}}"#),
        (false, "members") => r#","response_metadata":{"next_cursor":""}"#.to_owned(),
        (false, _) => String::new(),
    };
    Reply::json(format!(r#"{{"ok":true,"{name}":{records},"has_more":{has_more}{metadata}}}"#)).into()
}

#[test]
fn listings() {
    for stream in ["users", "channels"] {
        pull(stream, "", listing).assert_pulls(&records(), (3, "invalid_auth"));
    }
}

#[test]
fn messages_of_a_channel() {
    let script = |request: &Received| {
        assert_eq!(parameter(request, "channel"), "C1");
        listing(request)
    };
    pull("messages", CHANNEL, script).assert_pulls(&records(), (3, "invalid_auth"));
}

#[test]
fn files() {
    let script = |request: &Received| {
        assert_eq!(parameter(request, "count"), "100");
        let start = (number(request, "page", 1) - 1) * SIZE;
        let paging = format!(r#"{{"total":{RECORDS},"pages":{}}}"#, RECORDS.div_ceil(SIZE));
        Reaction::from(Reply::json(format!(r#"{{"ok":true,"files":{},"paging":{paging}}}"#, page(start))))
    };
    pull("files", "", script).assert_pulls(&records(), (3, "invalid_auth"));
}

#[test]
fn user_groups_come_at_once() {
    let reply = Reply::json(format!(r#"{{"ok":true,"usergroups":{}}}"#, page(0)));
    pull("usergroups", "", listing).answered_with(reply).assert_complete();
}

#[test]
fn errors() {
    let ended = pull("users", "", listing).answered_with(error("missing_scope"));
    assert_eq!(ended.code, Some(4));
    let words = ended.last_error();
    assert!(words.contains("missing_scope"), "{words}");
    assert!(words.contains("hint: longhaul streams lists the scopes of each stream"), "{words}");
    let ended = pull("messages", CHANNEL, listing).answered_with(error("channel_not_found"));
    assert_eq!(ended.code, Some(4));
    assert!(ended.last_error().contains("channel_not_found"), "{}", ended.stderr);
}

#[test]
fn an_invalid_cursor_starts_the_listing_again() {
    let has_failed = Arc::new(AtomicBool::new(false));
    let script = move |request: &Received| {
        if parameter(request, "cursor") == (2 * SIZE).to_string() && !has_failed.swap(true, Ordering::Relaxed)
        {
            return error("invalid_cursor").into();
        }
        listing(request)
    };
    pull("users", "", script).assert_pulls(&records(), (3, "invalid_auth"));
}
