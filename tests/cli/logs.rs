//! What is said while a run goes on.

use longhaul_demo::{FakeApi, Settings};
use serde_json::Value;

use crate::{
    api::{self, CLIENT_SECRET, calm},
    folder::Folder,
};

/// A pull of three pages; each token serves two requests.
fn pull() -> (FakeApi, Folder) {
    let api = api::start(&Settings { token_requests: Some(2), ..calm(150) });
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    (api, folder)
}

const COMPLETE: &str =
    "conversations: complete, 150 records in 3 pages, TIME -> FOLDER/out/conversations.ndjson\n";
const DIED: &str = "info  the token died and was renewed: the server answered 401 Unauthorized: \
                    `bad.credentials`: Invalid login credentials. (correlation id ID)\n";

#[test]
fn without_a_terminal_there_are_plain_lines() {
    let (_api, folder) = pull();
    assert_eq!(folder.run("run").assert_complete().said(), [DIED, COMPLETE].concat());
}

#[test]
fn quiet_is_silent_until_something_is_wrong() {
    let (_api, folder) = pull();
    let ended = folder.run("run -q");
    assert_eq!((ended.code, ended.stderr.as_str(), ended.stdout.as_str()), (Some(0), "", ""));
    let ended = folder.run("run -q nothing");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.starts_with("error: unknown stream `nothing`\n"), "{}", ended.stderr);
}

#[test]
fn verbose_tells_of_pages_and_tokens() {
    let (_api, folder) = pull();
    let said = folder.run("run -v").assert_complete().said();
    for line in ["debug got a token for 1 h 0 min\n", DIED, COMPLETE] {
        assert!(said.contains(line), "{line} is not in {said}");
    }
    assert_eq!(said.matches("debug page ").count(), 3, "{said}");
}

#[test]
fn the_filter_of_the_environment_goes_beyond_the_options() {
    let (_api, folder) = pull();
    let said = |line, filter| folder.longhaul(line).variable("LONGHAUL_LOG", filter).run().said();
    assert_eq!(said("run", "off"), COMPLETE);
    assert!(said("run -q", "longhaul=debug").contains("debug page 3: 50 records"));
}

#[test]
fn no_filter_makes_a_log_of_what_goes_over_the_wire() {
    let (_api, folder) = pull();
    for way in ["basic", "post"] {
        for line in ["run", "run --log-format json"] {
            let typed = folder.longhaul(line).variable("LONGHAUL_LOG", "trace");
            let ended = typed.variable("LONGHAUL_AUTH__CLIENT_AUTH", way).run();
            ended.assert_complete().assert_silent_about(CLIENT_SECRET);
            // A dump of bytes breaks the words apart.
            for words in ["Bearer", "Basic", "grant_type"] {
                ended.assert_silent_about(words);
            }
            // What is traced is which requests are made, and nothing of what they carry.
            for line in ended.stderr.lines().filter(|line| line.contains("trace")) {
                let is_request = ["POST http://", "GET http://"].iter().any(|start| line.contains(start));
                assert!(is_request && !line.contains('?'), "{line}");
            }
            ended.assert_silent_about("TcpStream");
            assert!(ended.stderr.contains("trace"), "{}", ended.stderr);
        }
    }
}

#[test]
fn log_lines_can_be_json() {
    let (_api, folder) = pull();
    let ended = folder.run("run -v --log-format json");
    let lines: Vec<Value> = ended
        .assert_complete()
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect();
    for line in &lines {
        let keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["level", "message", "time"]);
    }
    let last = lines.last().unwrap();
    assert_eq!(last["level"], "info");
    assert!(last["message"].as_str().unwrap().starts_with("conversations: complete, 150 records in 3 pages"));
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let (_api, folder) = pull();
    assert!(!folder.run("run").stderr.contains('\u{1b}'));
    assert!(folder.run("run --color always").stderr.contains('\u{1b}'));
}
