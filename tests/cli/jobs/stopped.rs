//! Jobs of runs that are stopped.

use super::*;

/// Sends a signal to a run whose jobs are never done, once this many were polled.
fn stop(jobs: u64, windows: &str, signal: &str) -> (FakeApi, Option<i32>, String) {
    stop_command("run", jobs, windows, signal)
}

fn stop_command(command: &str, jobs: u64, windows: &str, signal: &str) -> (FakeApi, Option<i32>, String) {
    let (api, folder) = start(&Settings { job_polls: u32::MAX, ..two_days() });
    let slow = format!("-vv {command} --set streams.conversation_jobs.job.every=1h");
    let command = folder.longhaul(&format!("{slow} --set streams.conversation_jobs.window.slice={windows}"));
    let running = reach(&api, command).start();
    let clock = api::clock();
    // Polls are not logged.
    while api.stats().requests.get(POLL) != Some(&jobs) {
        assert!(clock.elapsed() < Duration::from_secs(60), "{:?}", api.stats());
        clock.sleep(Duration::from_millis(5));
    }
    let clock = api::clock();
    running.signal(signal);
    let ended = running.end();
    // Without the signal, it would wait for an hour.
    assert!(clock.elapsed() < Duration::from_secs(20), "{:?}", clock.elapsed());
    assert_eq!(folder.names_in("out"), [""; 0]);
    (api, ended.code, ended.last_error())
}

#[test]
fn a_signal_cancels_the_job_that_is_polled() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (api, ended, words) = stop(1, "2d", signal);
        assert_eq!(ended, Some(code));
        assert_eq!(
            words,
            "error: the stream `conversation_jobs` is not complete\n  \
             caused by: the run was asked to stop\n\
             hint: resume with: longhaul --set streams.conversation_jobs.job.every=1h \
             --set streams.conversation_jobs.window.slice=2d run\n"
        );
        let stats = api.stats();
        assert_eq!((stats.jobs_submitted, stats.jobs_cancelled), (1, 1));
    }
}

#[test]
fn a_signal_cancels_the_job_of_a_preview() {
    let (api, ended, words) = stop_command("preview conversation_jobs", 1, "2d", "INT");
    assert_eq!(ended, Some(130));
    assert_eq!(
        words,
        "error: could not fetch the first page of `conversation_jobs`\n  \
         caused by: the run was asked to stop\n\
         hint: run the same command again\n"
    );
    let stats = api.stats();
    assert_eq!((stats.jobs_submitted, stats.jobs_cancelled), (1, 1));
}

#[test]
fn a_signal_cancels_every_job_that_was_submitted() {
    let (api, ended, _) = stop(3, "6h", "INT");
    assert_eq!(ended, Some(130));
    let stats = api.stats();
    assert_eq!((stats.jobs_submitted, stats.jobs_cancelled), (3, 3));
}
