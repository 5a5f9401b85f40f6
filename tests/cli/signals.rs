//! Stopping a run from outside, and two runs at once.
#![cfg(unix)]

use std::time::Duration;

use longhaul_tests::{Act, FaultServer, Reply};

use crate::{api, folder::Folder, running::Running};

/// A pull whose first page has come, and whose second has to wait for a minute.
fn waiting() -> (Folder, FaultServer, Running) {
    let server = api::server(|request| {
        if request.url.query().is_none() {
            return Reply::json(r#"{"results":[{"id":1}],"nextPageUri":"?page=2"}"#).into();
        }
        Reply::status(429).header("retry-after", "60").into()
    });
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    let mut running = folder.longhaul("run").start();
    running.wait_until_it_says("the server answered 429 Too Many Requests; trying again in 1 min 0 s");
    (folder, server, running)
}

#[test]
fn a_signal_ends_a_long_wait_and_leaves_nothing_half_done() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (folder, _server, running) = waiting();
        let clock = api::clock();
        running.signal(signal);
        let ended = running.end();
        // It would have waited for a minute.
        assert!(clock.elapsed() < Duration::from_secs(20), "{:?}", clock.elapsed());
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert_eq!(
            ended.closing_words(),
            "error: the stream `conversations` is not complete\n  \
             caused by: `GET http://127.0.0.1:PORT/api/v2/tutorial/conversations` was broken off\n  \
             caused by: the server answered 429 Too Many Requests\n\
             hint: run it again: longhaul run conversations\n"
        );
        assert_eq!(folder.names_in("out"), [""; 0]);
    }
}

#[test]
fn a_signal_ends_a_request_that_hangs() {
    let server = api::server(|_| Act::Stall);
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    let mut running = folder.longhaul("run -v").start();
    running.wait_until_it_says("got a token");
    running.signal("INT");
    assert_eq!(running.end().code, Some(130));
}

#[test]
fn a_signal_ends_what_cannot_be_broken_off() {
    let server = api::server(|_| Act::Stall);
    let configuration = api::tutorial(&api::root(&server));
    let (before, after) = configuration.split_once("client_secret").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    let command = r#"client_secret = { command = ["sh", "-c", "echo asked > pipe; exec sleep 60"] }"#;
    let folder = Folder::configured(&format!("{before}{command}\n{after}"));
    let made = std::process::Command::new("mkfifo").arg(folder.path("pipe")).status().unwrap();
    assert!(made.success());
    let running = folder.longhaul("run").start();
    // Ends when the command has written to it, which is after the signals are listened for.
    assert_eq!(std::fs::read(folder.path("pipe")).unwrap(), b"asked\n");
    running.signal("TERM");
    let ended = running.end();
    assert_eq!(ended.code, Some(143), "{}", ended.stderr);
    assert_eq!(
        ended.closing_words(),
        "error: the run was stopped in the middle of something that cannot be broken off\n\
         hint: run the same command again\n"
    );
}

#[test]
fn a_second_run_on_the_same_state_is_refused() {
    let (folder, server, running) = waiting();
    let requests = server.received().len();
    folder.run("run --set retry.max_attempts=1").assert_failed(
        6,
        "error: another run is using the state folder `FOLDER/.longhaul`\n\
         hint: wait for the other run to end, or give this one a `state_dir` of its own\n",
    );
    assert_eq!(server.received().len(), requests);
    running.signal("TERM");
    assert_eq!(running.end().code, Some(143));
}

#[test]
fn a_state_folder_that_cannot_be_made_is_told() {
    let folder = Folder::configured(&api::tutorial(&api::nowhere())).with(".longhaul", "a file");
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(6));
    assert!(
        ended.said().starts_with("error: cannot use the state folder `FOLDER/.longhaul`\n  caused by: "),
        "{}",
        ended.stderr
    );
    assert!(
        ended.said().ends_with("\nhint: check `state_dir` and who may write there\n"),
        "{}",
        ended.stderr
    );
}
