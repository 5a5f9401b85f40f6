//! The log of a run.

use longhaul_demo::{FakeApi, Settings};
use serde_json::Value;

use crate::{
    api::{self, CLIENT_SECRET, without_faults},
    folder::Folder,
};

/// A pull of three pages. Each token is rejected after two requests.
fn pull() -> (FakeApi, Folder) {
    let api = api::start(&Settings { token_requests: Some(2), ..without_faults(150) });
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    (api, folder)
}

const COMPLETE: &str =
    "conversations: complete, 150 records in 3 pages, TIME -> FOLDER/out/conversations.ndjson\n";
const REJECTED: &str = "info  the token was rejected and renewed: the server answered 401 Unauthorized: \
                    `bad.credentials`: Invalid login credentials. (correlation id ID)\n";

#[test]
fn without_a_terminal_the_log_has_plain_lines() {
    let (_api, folder) = pull();
    assert_eq!(folder.run("run").assert_complete().stable_stderr(), [REJECTED, COMPLETE].concat());
}

#[test]
fn quiet_prints_nothing_but_errors() {
    let (_api, folder) = pull();
    let ended = folder.run("run -q");
    assert_eq!((ended.code, ended.stderr.as_str(), ended.stdout.as_str()), (Some(0), "", ""));
    let ended = folder.run("run -q nothing");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.starts_with("error: unknown stream `nothing`\n"), "{}", ended.stderr);
}

#[test]
fn verbose_logs_pages_and_tokens() {
    let (_api, folder) = pull();
    let stderr = folder.run("run -v").assert_complete().stable_stderr();
    for line in ["debug got a token, valid for 1 h 0 min\n", REJECTED, COMPLETE] {
        assert!(stderr.contains(line), "{line} is not in {stderr}");
    }
    assert_eq!(stderr.matches("debug page ").count(), 3, "{stderr}");
    assert!(!stderr.contains("http://"), "{stderr}");
}

#[test]
fn very_verbose_logs_requests() {
    let (_api, folder) = pull();
    let stderr = folder.run("run -vv").assert_complete().stable_stderr();
    assert_eq!(stderr.matches("/oauth/token").count(), 2, "{stderr}");
    assert!(stderr.matches("debug GET http://").count() >= 3, "{stderr}");
}

#[test]
fn the_filter_of_the_environment_overrides_the_options() {
    let (_api, folder) = pull();
    let stderr = |line, filter| folder.longhaul(line).variable("LONGHAUL_LOG", filter).run().stable_stderr();
    assert_eq!(stderr("run", "off"), COMPLETE);
    assert!(stderr("run -q", "longhaul=debug").contains("debug page 3: 50 records"));
}

#[test]
fn no_filter_logs_the_bytes_of_requests() {
    let (_api, folder) = pull();
    for way in ["basic", "post"] {
        for line in ["run", "run --log-format json"] {
            let command = folder.longhaul(line).variable("LONGHAUL_LOG", "trace");
            let ended = command.variable("LONGHAUL_AUTH__CLIENT_AUTH", way).run();
            ended.assert_complete().assert_hides(CLIENT_SECRET);
            // In a dump of bytes, the words would be split.
            for words in ["Bearer", "Basic", "grant_type"] {
                ended.assert_hides(words);
            }
            // Requests are shown without their contents.
            let requests: Vec<_> = ended.stderr.lines().filter(|line| line.contains("http://")).collect();
            assert!(requests.len() >= 4 && requests.iter().all(|line| !line.contains('?')), "{requests:?}");
            ended.assert_hides("TcpStream");
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
fn a_failure_is_json_like_the_log_lines() {
    let (_api, folder) = pull();
    let ended = folder.run("-q run --log-format json --set streams.conversations.path=/none");
    let line: Value = serde_json::from_str(&ended.stable_stderr()).unwrap();
    assert_eq!(line["level"], "error");
    assert_eq!(line["message"], "the stream `conversations` is not complete");
    assert_eq!(line["causes"][0], "`POST http://127.0.0.1:PORT/none` failed");
    assert_eq!(line["hint"], "check `api.base_url` and `streams.conversations.path`");
    assert_eq!((line["exit_code"].as_i64(), line["in"].is_null()), (ended.code.map(i64::from), true));
}

#[test]
fn colour_is_used_on_terminals_and_on_request() {
    let (_api, folder) = pull();
    assert!(!folder.run("run").stderr.contains('\u{1b}'));
    assert!(folder.run("run --color always").stderr.contains('\u{1b}'));
}
