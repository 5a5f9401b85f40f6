//! Signals, and two runs at the same time.
#![cfg(unix)]

use std::time::Duration;

use longhaul_tests::{Reaction, Reply};

use crate::{
    api,
    folder::Folder,
    repairable_api::{ALL, RepairableApi},
    running_command::RunningCommand,
};

/// A pull that waits for a minute before its third page.
fn waiting() -> (Folder, RepairableApi, RunningCommand) {
    let listing = RepairableApi::new(Reply::status(429).header("retry-after", "60"));
    let folder = listing.folder();
    let mut running = folder.longhaul("run").start();
    running.wait_for_stderr("the server answered 429 Too Many Requests; retrying in 1 min 0 s");
    (folder, listing, running)
}

/// Whether the tests were started with `nohup` or similar. Then a run ignores the signal as well.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 1 != 0)
}

#[test]
fn a_signal_ends_a_long_wait_and_the_same_command_resumes() {
    for (signal, code, why) in [
        ("HUP", 129, "terminal closed"),
        ("INT", 130, "interrupted"),
        ("QUIT", 131, "quit"),
        ("TERM", 143, "terminated"),
    ] {
        if signal == "HUP" && ignores_hangup() {
            continue;
        }
        let (folder, listing, running) = waiting();
        let clock = api::clock();
        running.signal(signal);
        let ended = running.end();
        // Without the signal, it would wait for a minute.
        assert!(clock.elapsed() < Duration::from_secs(20), "{:?}", clock.elapsed());
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        let stopped = format!("conversations: stopped: {why}; 4 records (2 pages) saved\nerror: ");
        assert!(ended.stable_stderr().contains(&stopped), "{}", ended.stderr);
        assert_eq!(
            ended.last_error(),
            "error: the stream `conversations` is not complete\n  \
             caused by: interrupted during `GET http://127.0.0.1:PORT/api/v2/tutorial/conversations`\n  \
             caused by: the server answered 429 Too Many Requests\n\
             hint: resume with: longhaul run\n"
        );
        assert_eq!(folder.names_in("out"), ["conversations.ndjson.part"]);
        listing.repair();
        folder.run("run").assert_complete();
        assert_eq!(folder.read("out/conversations.ndjson"), ALL);
        assert_eq!(listing.requested_pages(), [1, 2, 3, 3, 4]);
    }
}

#[test]
fn a_signal_ends_a_request_that_hangs() {
    let server = api::server(|_| Reaction::Stall);
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    let mut running = folder.longhaul("run -v").start();
    running.wait_for_stderr("got a token");
    running.signal("INT");
    assert_eq!(running.end().code, Some(130));
}

/// A run that waits for the command of its secret.
fn waiting_for_a_secret() -> (Folder, RunningCommand) {
    let configuration = api::tutorial(&api::unused_url());
    let (before, after) = configuration.split_once("client_secret").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    let command = r#"client_secret = { command = ["sh", "-c", "echo asked > pipe; exec sleep 60"] }"#;
    let folder = Folder::configured(&format!("{before}{command}\n{after}"));
    let made = std::process::Command::new("mkfifo").arg(folder.path("pipe")).status().unwrap();
    assert!(made.success());
    let running = folder.longhaul("run").start();
    // This ends when the command writes to the pipe. By then the run listens for signals.
    assert_eq!(std::fs::read(folder.path("pipe")).unwrap(), b"asked\n");
    (folder, running)
}

#[test]
fn a_signal_ends_an_operation_that_cannot_be_interrupted() {
    let (_folder, running) = waiting_for_a_secret();
    running.signal("TERM");
    let ended = running.end();
    assert_eq!(ended.code, Some(143), "{}", ended.stderr);
    assert_eq!(
        ended.last_error(),
        "error: the run was stopped during an operation that cannot be interrupted\n\
         hint: run the same command again\n"
    );
}

/// During an operation that cannot be interrupted.
#[test]
fn a_second_signal_ends_it_at_once() {
    let (_folder, mut running) = waiting_for_a_secret();
    running.signal("TERM");
    // If the second signal arrives before the first was handled, they count as one.
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
        "error: another run is pulling `conversations`: process PID on HOST, started at MOMENT\n\
         hint: wait for the other run to end, or use a different `state_dir`\n",
    );
    assert_eq!(listing.server.received().len(), requests);
    let status = folder.run("status").assert_complete().stable_stdout();
    assert_eq!(status.lines().next(), Some("conversations: running: process PID on HOST, started at MOMENT"));
    running.signal("TERM");
    assert_eq!(running.end().code, Some(143));
}

#[test]
fn another_stream_can_be_pulled_at_the_same_time() {
    let listing = RepairableApi::new(Reply::status(429).header("retry-after", "60"));
    let other = "[streams.other]\npath = \"/other?page=4\"\nrecords = \"/results\"\nsinks = [\"lines\"]\n";
    let folder = Folder::configured(&[&listing.configuration(), other].concat());
    let mut running = folder.longhaul("run conversations").start();
    running.wait_for_stderr("the server answered 429 Too Many Requests; retrying in 1 min 0 s");
    folder.run("run other").assert_complete();
    assert_eq!(folder.read("out/other.ndjson"), "{\"id\":7}\n{\"id\":8}\n");
    running.signal("TERM");
    assert_eq!(running.end().code, Some(143));
    listing.repair();
    folder.run("run conversations").assert_complete();
    assert_eq!(folder.read("out/conversations.ndjson"), ALL);
}

#[test]
fn a_state_folder_that_cannot_be_created_is_an_error() {
    let folder = Folder::configured(&api::tutorial(&api::unused_url())).with(".longhaul", "a file");
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(6));
    assert!(
        ended
            .stable_stderr()
            .starts_with("error: cannot use the state folder `FOLDER/.longhaul`\n  caused by: "),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stable_stderr().ends_with("\nhint: check `state_dir` and its permissions\n"),
        "{}",
        ended.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_was_started_to_outlive_its_terminal_does() {
    let listing = RepairableApi::new(Reply::status(429).header("retry-after", "60"));
    let folder = listing.folder();
    let mut running = folder.longhaul("run").after("trap '' HUP").start();
    running.wait_for_stderr("retrying in ");
    running.signal("HUP");
    running.signal("TERM");
    assert_eq!(running.end().code, Some(143), "the first signal was ignored");
}
