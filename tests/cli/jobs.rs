//! Asynchronous jobs: one for each window, whose results are pages.

mod files;
#[cfg(unix)]
mod stopped;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use longhaul_demo::{FakeApi, IntervalMatching, Settings};

use longhaul_tests::{FaultServer, Reaction, Reply};

use crate::{
    api::{self, reach, without_faults},
    folder::Folder,
};

const JOBS: &str = r#"
system = "genesys"
region = "eu-central-1"

[streams.conversation_jobs]
sinks = ["files"]
concurrency = 3
query = { pageSize = 30 }
window = { from = "2026-01-01", to = "2026-01-03", slice = "6h" }
job = { every = "1ms" }

[sinks.files]
type = "ndjson"
path = "out/{window.start}.ndjson"
"#;

/// Two days of 800 conversations.
fn two_days() -> Settings {
    Settings { days: 2, matching: IntervalMatching::Exact, ..without_faults(800) }
}

fn start(settings: &Settings) -> (FakeApi, Folder) {
    (api::start(settings), Folder::configured(JOBS))
}

fn with_attributes(settings: &Settings) -> String {
    (0..settings.records).map(|index| settings.conversation_with_attributes(index) + "\n").collect()
}

/// All files in `out`, in the order of their names.
fn read_all(folder: &Folder) -> String {
    folder.names_in("out").iter().map(|name| folder.read(&format!("out/{name}"))).collect()
}

#[test]
fn eight_windows_are_eight_jobs_each_with_its_own_file() {
    let settings = Settings { job_polls: 3, ..two_days() };
    let (api, folder) = start(&settings);
    let ended = reach(&api, folder.longhaul("run")).run();
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "conversation_jobs: complete, 800 records in 32 pages of 8 windows, TIME -> out/{window.start}.ndjson\n"
    );
    assert_eq!(
        folder.names_in("out"),
        [
            "20260101T000000Z.ndjson",
            "20260101T060000Z.ndjson",
            "20260101T120000Z.ndjson",
            "20260101T180000Z.ndjson",
            "20260102T000000Z.ndjson",
            "20260102T060000Z.ndjson",
            "20260102T120000Z.ndjson",
            "20260102T180000Z.ndjson",
        ]
    );
    assert!(read_all(&folder) == with_attributes(&settings), "the records differ");
    let stats = api.stats();
    assert_eq!((stats.jobs_submitted, stats.jobs_cancelled, stats.pages), (8, 0, 32));
    // The first three polls of a job are too early.
    assert_eq!(stats.requests[POLL], 8 * 4);
}

const POLL: &str = "GET /api/v2/analytics/conversations/details/jobs/{jobId}";

#[test]
fn a_job_that_fails_or_expires_once_is_submitted_again() {
    for settings in
        [Settings { job_failures: 1, ..two_days() }, Settings { job_expirations: 1, ..two_days() }]
    {
        let (api, folder) = start(&settings);
        reach(&api, folder.longhaul("run")).run().assert_complete();
        assert!(read_all(&folder) == with_attributes(&settings), "the records differ");
        assert_eq!(api.stats().jobs_submitted, 9);
    }
}

#[test]
fn a_job_that_fails_twice_is_an_error_with_the_message_of_the_api() {
    let (api, folder) = start(&Settings { job_failures: 2, ..two_days() });
    let command = "run --set streams.conversation_jobs.concurrency=1";
    reach(&api, folder.longhaul(command)).run().assert_failed(
        4,
        "error: the stream `conversation_jobs` is not complete\n  \
         caused by: the job failed twice with the state `FAILED`: The job failed: the data could not be read.\n\
         hint: check the request in `streams.conversation_jobs.job.submit`\n",
    );
    assert_eq!(folder.names_in("out"), [""; 0]);
    assert_eq!(api.stats().jobs_submitted, 2);
}

#[test]
fn a_job_that_takes_too_long_can_be_resumed_later() {
    let (api, folder) = start(&Settings { job_polls: u32::MAX, ..two_days() });
    let command = "run --set streams.conversation_jobs.job.timeout=1ms";
    let ended = reach(&api, folder.longhaul(command)).run();
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    assert!(
        ended.stable_stderr().ends_with(
            "hint: raise `streams.conversation_jobs.job.timeout`, or resume later with: longhaul \
             --set streams.conversation_jobs.job.timeout=1ms run\n"
        ),
        "{}",
        ended.stderr
    );
}

/// The API may or may not have the job, and its id is not known.
#[test]
fn a_submission_that_breaks_off_is_repeated_by_the_next_run_which_says_so() {
    let submissions = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&submissions);
    let server = api::server(move |request| match request.url.path() {
        "/jobs" if count.fetch_add(1, Ordering::Relaxed) == 0 => Reaction::Close,
        "/jobs" => Reply::json(r#"{"id":"j2"}"#).into(),
        "/jobs/j2" => Reply::json(r#"{"state":"DONE"}"#).into(),
        _ => Reply::json(r#"{"rows":[{"id":1}]}"#).into(),
    });
    let stream = r#"
[streams.report]
path = "/jobs/{job.id}/rows"
records = "/rows"
sinks = ["lines"]
job = { submit = { path = "/jobs" }, id = "/id", poll = "/jobs/{job.id}", state = "/state", done = ["DONE"], every = "1ms" }
"#;
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, api::LINES].concat());
    let first = folder.run("run");
    first.assert_failed(
        75,
        "error: the stream `report` is not complete\n  \
         caused by: it is not known whether the API has submitted the job\n  \
         caused by: `POST http://127.0.0.1:PORT/jobs` failed\n  \
         caused by: the connection closed before the answer was complete\n  \
         caused by: io: Peer disconnected\n\
         hint: submit the job again and resume with: longhaul run\n",
    );
    let second = folder.run("run");
    let again = "warn  submitting the job again; an earlier submission may have reached the API, too\n";
    assert!(second.assert_complete().stable_stderr().contains(again), "{}", second.stderr);
    assert_eq!(folder.read("out/report.ndjson"), "{\"id\":1}\n");
    assert_eq!(submissions.load(Ordering::Relaxed), 2);
}

/// The file exists, but no checkpoint knows a page of it.
#[test]
fn a_run_that_is_killed_before_its_first_commit_is_resumed_with_the_same_job() {
    for path in ["out/{stream}.ndjson", "out/{window.start}.ndjson"] {
        let (reached, reaches) = mpsc::channel();
        let (submissions, killed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, was_killed) = (Arc::clone(&submissions), Arc::clone(&killed));
        let server =
            api::server(move |request| match (request.url.path(), request.query("page").as_deref()) {
                ("/jobs", _) => {
                    let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                    Reply::json(format!(r#"{{"id":"j{number}"}}"#)).into()
                }
                ("/jobs/j1", _) => Reply::json(r#"{"state":"DONE"}"#).into(),
                ("/jobs/j1/rows", Some("1")) => {
                    Reply::json(r#"{"rows":[{"id":1},{"id":2}],"pages":2}"#).into()
                }
                ("/jobs/j1/rows", _) if was_killed.load(Ordering::SeqCst) => {
                    Reply::json(r#"{"rows":[{"id":3}],"pages":2}"#).into()
                }
                _ => {
                    reached.send(()).unwrap();
                    Reaction::Stall
                }
            });
        let stream = r#"
[streams.report]
path = "/jobs/{job.id}/rows"
records = "/rows"
pages = { type = "page_number", param = "page", page_count = "/pages" }
concurrency = 1
sinks = ["lines"]
window = { from = "2026-01-01", to = "2026-01-02" }
job = { submit = { path = "/jobs", body = { from = "{window.start}" } }, id = "/id", poll = "/jobs/{job.id}", state = "/state", done = ["DONE"], every = "1ms" }
"#;
        let lines = api::LINES.replace("out/{stream}.ndjson", path);
        let connection = api::connection(&api::root(&server));
        let folder = Folder::configured(&["commit_every = \"1h\"\n", &connection, stream, &lines].concat());
        let running = folder.longhaul("run").start();
        reaches.recv_timeout(Duration::from_secs(60)).unwrap();
        killed.store(true, Ordering::SeqCst);
        assert_eq!(running.kill().code, None);
        let [part] = &folder.names_in("out")[..] else { panic!("{:?}", folder.names_in("out")) };
        let name = part.strip_suffix(".part").unwrap();
        folder.run("run").assert_complete();
        assert_eq!(folder.names_in("out"), [name]);
        assert_eq!(folder.read(&format!("out/{name}")), "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
        assert_eq!(submissions.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn a_preview_submits_its_own_job_and_cancels_it_after_the_first_page() {
    let settings = Settings { job_polls: 3, job_failures: 1, ..two_days() };
    let (api, folder) = start(&settings);
    let ended = reach(&api, folder.longhaul("preview conversation_jobs --format ndjson")).run();
    let first = with_attributes(&settings).split_inclusive('\n').take(30).collect::<String>();
    assert!(ended.assert_complete().stdout == first, "{}", ended.stdout);
    assert_eq!(
        ended.stable_stderr(),
        "conversation_jobs: waiting for a job, which is cancelled afterwards\n\
         conversation_jobs: 30 records on the first page\n"
    );
    let stats = api.stats();
    // The job that failed needs no cancellation.
    assert_eq!((stats.jobs_submitted, stats.jobs_cancelled, stats.pages), (2, 1, 1));
    assert_eq!(folder.names_in("."), ["longhaul.toml"]);
    let columns = reach(&api, folder.longhaul("preview conversation_jobs -q --columns")).run();
    assert!(columns.assert_complete().stdout.contains("\n#   \"/attributes/"), "{}", columns.stdout);
}

#[test]
fn a_preview_of_a_job_that_cannot_be_cancelled_does_not_promise_to() {
    let api = api::start(&without_faults(10));
    let audits = "system = \"genesys\"\nregion = \"eu-central-1\"\n[streams.audits]\njob.every = \"1ms\"\n\
                  window.from = \"2026-01-01\"\njob.submit.body.serviceName = \"Routing\"\n";
    let ended = reach(&api, Folder::configured(audits).longhaul("preview audits")).run();
    assert!(
        ended.assert_complete().stable_stderr().starts_with("audits: waiting for a job\naudits: "),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_preview_that_fails_cancels_its_job() {
    let preview = |settings: Settings, command: &str| {
        let (api, folder) = start(&settings);
        let ended = reach(&api, folder.longhaul(&format!("preview conversation_jobs -q {command}"))).run();
        assert_eq!(folder.names_in("."), ["longhaul.toml"]);
        // It depends on timing whether a job is queued or running after a millisecond.
        let stderr = ended.stderr.replace("PENDING", "QUEUED");
        (ended.code, stderr, api.stats().jobs_submitted, api.stats().jobs_cancelled)
    };
    let first = "error: could not fetch the first page of `conversation_jobs`\n  caused by: ";
    assert_eq!(
        preview(Settings { job_failures: 2, ..two_days() }, ""),
        (
            Some(4),
            format!(
                "{first}the job failed twice with the state `FAILED`: The job failed: the data could not be read.\n\
                 hint: check the request in `streams.conversation_jobs.job.submit`\n"
            ),
            2,
            0
        )
    );
    assert_eq!(
        preview(
            Settings { job_polls: u32::MAX, ..two_days() },
            "--set streams.conversation_jobs.job.timeout=1ms"
        ),
        (
            Some(75),
            format!(
                "{first}the job is still `QUEUED` after 0 s\n\
                 hint: raise `streams.conversation_jobs.job.timeout`, or run the same command again later\n"
            ),
            1,
            1
        )
    );
    // The records are not where they are configured.
    let (code, stderr, submitted, cancelled) = preview(
        two_days(),
        "--set streams.conversation_jobs.records=/elsewhere \
                             --set streams.conversation_jobs.records_missing=error",
    );
    assert_eq!((code, submitted, cancelled), (Some(4), 1, 1), "{stderr}");
}

/// A signed file lies on another origin, which never receives a credential.
#[test]
fn a_signed_file_is_requested_without_credentials() {
    let files = FaultServer::start(api::clock(), |_| Reply::json(r#"{"rows":[{"id":1}]}"#).into());
    let signed = format!("{}file?X-Amz-Signature=abc", files.url());
    let server = api::server(move |request| match request.url.path() {
        "/jobs" => Reply::json(r#"{"id":"j1"}"#).into(),
        _ => Reply::json(format!(r#"{{"state":"DONE","file":"{signed}"}}"#)).into(),
    });
    let stream = r#"
[streams.report]
path = "{job.url}"
records = "/rows"
sinks = ["lines"]
headers = { X-Key = "k3y" }
job = { submit = { path = "/jobs" }, id = "/id", poll = "/jobs/{job.id}", state = "/state", done = ["DONE"], url = "/file" }
"#;
    let configuration = [&api::connection(&api::root(&server)), stream, api::LINES].concat();
    let folder = Folder::configured(&configuration);
    let refused = folder.run("run");
    assert_eq!(refused.code, Some(4));
    assert!(
        refused.stable_stderr().ends_with(
            "hint: the link is signed, so it needs no credentials: add `http://127.0.0.1:PORT` to `api.public_origins`, \
             to which none are sent\n"
        ) || refused.stable_stderr().ends_with("set `streams.report.pages.origin = \"keep\"`\n"),
        "{}",
        refused.stderr
    );
    assert_eq!(files.connections(), 0);
    let origin = files.url().as_str().trim_end_matches('/').to_owned();
    let folder = folder.with(
        "longhaul.toml",
        configuration.replace("\n[auth]", &format!("public_origins = [\"{origin}\"]\n\n[auth]")),
    );
    folder.run("run").assert_complete();
    let [received] = &files.received()[..] else { panic!("{:?}", files.received()) };
    assert_eq!((received.bearer(), received.header("x-key")), (None, None));
    assert_eq!(folder.read("out/report.ndjson"), "{\"id\":1}\n");
}
