//! Complete pulls.

use std::time::Duration;

use longhaul_demo::{Faults, ReportedLifetime, Settings, UriForm};

use crate::{
    api::{self, LINES, TUTORIAL, without_faults},
    folder::Folder,
};

const TABLE: &str = r#"
[sinks.table]
type = "csv"
path = "out/{stream}.csv"
columns = ["/conversationId", { name = "direction", at = "/originatingDirection" }]
"#;

#[test]
fn a_pull_renews_tokens_that_are_rejected_every_seven_requests() {
    for next_page_uri in [UriForm::Absolute, UriForm::Relative] {
        let settings = Settings { token_requests: Some(7), next_page_uri, ..without_faults(5000) };
        let api = api::start(&settings);
        let stream = TUTORIAL.replace("\"lines\"", "\"lines\", \"table\"");
        let configuration = [&api::connection(api.base_url()), stream.as_str(), LINES, TABLE].concat();
        let folder = Folder::configured(&configuration);
        let ended = folder.run("run");
        ended.assert_complete();
        assert!(ended.stable_stderr().ends_with(
            "conversations: complete, 5,000 records in 100 pages, TIME -> \
             FOLDER/out/conversations.ndjson, FOLDER/out/conversations.csv\n"
        ));
        assert_eq!(ended.stdout, "");
        assert!(folder.read("out/conversations.ndjson") == api::lines(&settings), "the records differ");
        assert_eq!(folder.read("out/conversations.csv").lines().count(), 1 + 5000);
        assert_eq!(folder.names_in("out"), ["conversations.csv", "conversations.ndjson"]);
        let stats = api.stats();
        assert_eq!((stats.pages, stats.tokens_invalidated()), (100, 14));
        assert!(stats.tokens_issued <= stats.tokens_invalidated() + 1, "{stats:?}");
        assert_eq!(stats.unauthorized, stats.tokens_invalidated());
    }
}

#[test]
fn a_pull_recovers_from_every_kind_of_fault_at_once() {
    let faults = Faults { rate: 0.4, retry_after: 0, ..Faults::default() };
    let settings = Settings { faults, token_requests: Some(7), ..without_faults(2000) };
    let api = api::start(&settings);
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    folder.run("run").assert_complete();
    assert!(folder.read("out/conversations.ndjson") == api::lines(&settings), "the records differ");
    let stats = api.stats();
    assert!(stats.tokens_issued <= stats.tokens_invalidated() + 1, "{stats:?}");
    let met = [
        stats.too_many_requests,
        stats.unavailable,
        stats.cut_before_answer,
        stats.cut_inside_body,
        stats.resets,
        stats.tokens_revoked,
    ];
    assert!(met.iter().all(|times| *times > 0), "{stats:?}");
}

#[test]
fn every_grant_with_both_ways_of_authentication_gets_a_token() {
    let settings = Settings {
        token_requests: Some(2),
        reported_lifetime: ReportedLifetime::Absent,
        ..without_faults(500)
    };
    let user = "type = \"password\"\nusername = \"supervisor@example.com\"\npassword = \"not-a-password\"";
    for grant in ["type = \"client_credentials\"", user] {
        for way in ["basic", "post"] {
            let api = api::start(&settings);
            let grant = format!("{grant}\nclient_auth = \"{way}\"");
            let configuration = api::tutorial(api.base_url());
            let folder = Folder::configured(&configuration.replace("type = \"client_credentials\"", &grant));
            folder.run("run").assert_complete();
            assert!(folder.read("out/conversations.ndjson") == api::lines(&settings), "the records differ");
        }
    }
}

#[test]
fn tokens_of_one_second_are_renewed_before_they_expire() {
    let settings = Settings {
        token_lifetime: Duration::from_secs(1),
        latency: Duration::from_millis(40),
        ..without_faults(2500)
    };
    let api = api::start(&settings);
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    folder.run("run").assert_complete();
    assert!(folder.read("out/conversations.ndjson") == api::lines(&settings), "the records differ");
    let stats = api.stats();
    assert!(stats.tokens_issued > 1 && stats.unauthorized <= 2, "{stats:?}");
}

#[test]
fn yaml_and_json_are_the_same_as_toml() {
    let settings = without_faults(120);
    let api = api::start(&settings);
    let base_url = api.base_url();
    let configuration = serde_json::json!({
        "api": { "base_url": base_url },
        "auth": {
            "type": "client_credentials",
            "token_url": api.token_url(),
            "client_id": api::CLIENT_ID,
            "client_secret": api::CLIENT_SECRET,
        },
        "streams": { "conversations": {
            "method": "POST",
            "path": "/api/v2/tutorial/conversations",
            "body": { "pageSize": 50 },
            "records": "/results",
            "pages": { "type": "next_url", "next": "/nextPageUri" },
        } },
    });
    // All JSON is YAML.
    for name in ["longhaul.json", "longhaul.yaml", "longhaul.yml"] {
        let folder = Folder::empty().with(name, configuration.to_string());
        assert!(folder.run("run").assert_complete().stdout == api::lines(&settings), "the records differ");
    }
}
