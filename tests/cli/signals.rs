//! Stopping a run from outside, and two runs at once.
#![cfg(unix)]

use std::time::Duration;

use longhaul_tests::{Act, Reply};

use crate::{
    api,
    folder::Folder,
    mendable::{ALL, Mendable},
    running::Running,
};

/// A pull whose first two pages have come, and whose third has to wait for a minute.
fn waiting() -> (Folder, Mendable, Running) {
    let listing = Mendable::new(Reply::status(429).header("retry-after", "60"));
    let folder = listing.folder();
    let mut running = folder.longhaul("run").start();
    running.wait_until_it_says("the server answered 429 Too Many Requests; retrying in 1 min 0 s");
    (folder, listing, running)
}

#[test]
fn a_signal_ends_a_long_wait_and_the_same_command_goes_on() {
    for (signal, code, why) in [("INT", 130, "interrupted"), ("TERM", 143, "terminated")] {
        let (folder, listing, running) = waiting();
        let clock = api::clock();
        running.signal(signal);
        let ended = running.end();
        // It would have waited for a minute.
        assert!(clock.elapsed() < Duration::from_secs(20), "{:?}", clock.elapsed());
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        let stopped = format!("conversations: stopped: {why}; 4 records (2 pages) saved\nerror: ");
        assert!(ended.said().contains(&stopped), "{}", ended.stderr);
        assert_eq!(
            ended.closing_words(),
            "error: the stream `conversations` is not complete\n  \
             caused by: interrupted during `GET http://127.0.0.1:PORT/api/v2/tutorial/conversations`\n  \
             caused by: the server answered 429 Too Many Requests\n\
             hint: resume with: longhaul run conversations\n"
        );
        assert_eq!(folder.names_in("out"), ["conversations.ndjson.part"]);
        listing.mend();
        folder.run("run").assert_complete();
        assert_eq!(folder.read("out/conversations.ndjson"), ALL);
        assert_eq!(listing.asked_for(), [1, 2, 3, 3, 4]);
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

/// A run that waits for the command that gives its secret.
fn asking_for_a_secret() -> (Folder, Running) {
    let configuration = api::tutorial(&api::nowhere());
    let (before, after) = configuration.split_once("client_secret").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    let command = r#"client_secret = { command = ["sh", "-c", "echo asked > pipe; exec sleep 60"] }"#;
    let folder = Folder::configured(&format!("{before}{command}\n{after}"));
    let made = std::process::Command::new("mkfifo").arg(folder.path("pipe")).status().unwrap();
    assert!(made.success());
    let running = folder.longhaul("run").start();
    // Ends when the command has written to it, which is after the signals are listened for.
    assert_eq!(std::fs::read(folder.path("pipe")).unwrap(), b"asked\n");
    (folder, running)
}

#[test]
fn a_signal_ends_what_cannot_be_broken_off() {
    let (_folder, running) = asking_for_a_secret();
    running.signal("TERM");
    let ended = running.end();
    assert_eq!(ended.code, Some(143), "{}", ended.stderr);
    assert_eq!(
        ended.closing_words(),
        "error: the run was stopped during an operation that cannot be interrupted\n\
         hint: run the same command again\n"
    );
}

/// In the middle of something that cannot be broken off.
#[test]
fn a_second_signal_ends_it_at_once() {
    let (_folder, mut running) = asking_for_a_secret();
    running.signal("TERM");
    // The second may reach it before it has looked for the first, and then it takes them for one.
    while !running.has_ended() {
        running.signal("INT");
        api::clock().sleep(Duration::from_millis(20));
    }
    let ended = running.end();
    assert!([Some(130), Some(143)].contains(&ended.code), "{:?}", ended.code);
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_second_run_on_the_same_state_is_refused() {
    let (folder, listing, running) = waiting();
    let requests = listing.server.received().len();
    folder.run("run --set retry.max_attempts=1").assert_failed(
        6,
        "error: another run is using the state folder `FOLDER/.longhaul`\n\
         hint: wait for the other run to end, or use a different `state_dir`\n",
    );
    assert_eq!(listing.server.received().len(), requests);
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
    assert!(ended.said().ends_with("\nhint: check `state_dir` and its permissions\n"), "{}", ended.stderr);
}
