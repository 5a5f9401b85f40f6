//! Plans whose files are objects, and whose receipts may be in the bucket, too.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use longhaul_tests::{FaultServer, Operation, Received, Reply, S3Server, s3_error};

use super::reach;
use crate::{
    api,
    folder::{CommandLine, Folder},
};

/// The windows of the plan.
const WINDOWS: usize = 4;

/// An API with two pages for each window.
fn windowed_api() -> FaultServer {
    api::server(|request| {
        let (from, page) = (request.query("from").unwrap(), request.query("page").unwrap());
        Reply::json(format!(r#"{{"pages":2,"items":[{{"from":"{from}","page":{page}}}]}}"#)).into()
    })
}

/// Lines and a table for each window. The receipts are in the bucket if `is_in_bucket`.
fn planned(api: &FaultServer, store: &S3Server, is_in_bucket: bool) -> Folder {
    let state = if is_in_bucket { "state_dir = \"s3://data/state\"\n" } else { "" };
    let folder = Folder::configured(&format!(
        "{state}commit_every = \"10ms\"\n{}\n[sinks.lines]\ntype = \"ndjson\"\npath = \
         \"s3://data/out/{{partition}}\"\ncompression = \"gzip\"\n[sinks.table]\ntype = \"csv\"\npath = \
         \"s3://data/out/{{window.start}}.csv\"\ncolumns = [\"/from\", \"/page\"]\n[streams.items]\npath = \"/items\"\nquery \
         = {{ from = \"{{window.start}}\" }}\nrecords = \"/items\"\nsinks = [\"lines\", \"table\"]\npages = {{ type = \
         \"page_number\", param = \"page\", page_count = \"/pages\" }}\nwindow = {{ from = \"2026-01-01\", to = \
         \"2026-01-05\", slice = \"1d\" }}\n",
        api::connection(&api::root(api))
    ));
    reach(store, folder.longhaul("plan items --out plan.ndjson")).run().assert_complete();
    folder
}

/// A worker, or another command.
fn command(store: &S3Server, folder: &Folder, arguments: &str) -> CommandLine {
    reach(store, folder.longhaul(arguments)).variable("LONGHAUL_RETRY__MAX_ATTEMPTS", "2")
}

fn expected_table() -> String {
    let rows = (1..=WINDOWS).flat_map(|day| (1..=2).map(move |page| (day, page)));
    let rows = rows.map(|(day, page)| format!("2026-01-0{day}T00:00:00.000Z,{page}\r\n"));
    format!("from,page\r\n{}", rows.collect::<String>())
}

/// Every object is there once, nothing else is in the bucket, and the records are those of one machine.
#[track_caller]
fn assert_verified(store: &S3Server, folder: &Folder, context: &str) {
    let verified = command(store, folder, "verify plan.ndjson").run();
    assert_eq!(
        (verified.code, verified.stderr.as_str()),
        (Some(0), "items: verified, 8 records\n"),
        "{context}"
    );
    let table = command(store, folder, "verify plan.ndjson --cat --sink table").run();
    assert_eq!(table.stdout, expected_table(), "{context}");
    let keys = store.bucket().keys();
    let objects: Vec<_> = keys.iter().filter(|key| key.starts_with("out/")).collect();
    assert_eq!(objects.len(), 2 * WINDOWS, "{context}: {objects:?}");
    assert_eq!(store.bucket().uploads(), [], "{context}: an upload is left");
    let local = files_below(&folder.path(".longhaul/uploads"));
    assert_eq!(local, [""; 0], "{context}: files are left");
}

fn files_below(folder: &std::path::Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path.display().to_string()] })
        .collect()
}

#[test]
fn each_partition_is_an_object_that_its_receipt_makes_visible() {
    for is_in_bucket in [false, true] {
        let (api, store) = (windowed_api(), S3Server::start());
        let folder = planned(&api, &store, is_in_bucket);
        let first = command(&store, &folder, "run --plan plan.ndjson --part 0/2 --workers 1").run();
        assert!(
            first
                .assert_complete()
                .stderr
                .starts_with("items: partition 20260101T000000Z-20260102T000000Z complete, 2 records, "),
            "{}",
            first.stderr
        );
        let missing = command(&store, &folder, "verify plan.ndjson").run();
        assert_eq!(missing.code, Some(75), "{}", missing.stderr);
        assert_eq!(missing.stdout.lines().count(), 2);
        command(&store, &folder, "run --plan plan.ndjson").run().assert_complete();
        assert_verified(&store, &folder, &format!("in bucket: {is_in_bucket}"));
        let receipts = store.bucket().keys().iter().filter(|key| key.starts_with("state/plan-")).count();
        assert_eq!(receipts, if is_in_bucket { WINDOWS } else { 0 });

        let paths = command(&store, &folder, "verify plan.ndjson --files --sink lines").run().stdout;
        assert_eq!(paths.lines().next(), Some("s3://data/out/20260101T000000Z-20260102T000000Z"), "{paths}");
        let (pages, before) = (api.api_requests().len(), store.bucket().operations().len());
        command(&store, &folder, "run --plan plan.ndjson").run().assert_complete();
        assert_eq!(api.api_requests().len(), pages, "a complete partition is not pulled again");
        assert_eq!(store.bucket().operations().len(), before);
    }
}

/// Both pull everything, and each learns from the receipts which of them counts.
#[test]
fn of_twins_on_two_machines_one_is_published() {
    let (api, store) = (windowed_api(), S3Server::start());
    let here = planned(&api, &store, true);
    let there = Folder::configured(&here.read("longhaul.toml")).with("plan.ndjson", here.read("plan.ndjson"));
    let twins = [&here, &there].map(|folder| command(&store, folder, "run --plan plan.ndjson").start());
    for twin in twins {
        let ended = twin.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    assert_verified(&store, &here, "here");
    assert_verified(&store, &there, "there");
    let completed = |operation: &Operation| matches!(operation, Operation::Complete(_));
    let completed = store.bucket().operations().iter().filter(|operation| completed(operation)).count();
    assert_eq!(completed, 2 * WINDOWS, "nothing is published twice");
}

/// A store that refuses the requests that `is_refused` names, until it is told otherwise.
fn refusing(is_refused: impl Fn(&Received) -> bool + Send + Sync + 'static) -> (S3Server, Arc<AtomicBool>) {
    let refuses = Arc::new(AtomicBool::new(true));
    let of_store = Arc::clone(&refuses);
    let store = S3Server::with_faults(move |received| {
        let is_refused = of_store.load(Ordering::SeqCst) && is_refused(received);
        is_refused.then(|| s3_error(403, "AccessDenied", "It was not accepted").into())
    });
    (store, refuses)
}

/// The worker dies after it has created the receipt, and before the upload is the object.
#[test]
fn a_receipt_without_its_object_is_completed_by_the_next_command() {
    let completes = |received: &Received| received.method == "POST" && received.query("uploadId").is_some();
    let (store, refuses) = refusing(completes);
    let api = windowed_api();
    let folder = planned(&api, &store, true);
    let run = || command(&store, &folder, "run --plan plan.ndjson --fail-fast").run();
    let ended = run();
    assert_eq!(
        (ended.code, ended.last_error().as_str()),
        (
            Some(5),
            "error: cannot publish `s3://data/out/20260101T000000Z-20260102T000000Z`\n  caused by: access to the \
             bucket `data` is denied (the credentials need the permission `s3:PutObject`)\n  caused by: the store answered \
             403: `AccessDenied`: It was not accepted\nhint: fix the problem, then run the same command again\n"
        )
    );
    assert!(store.bucket().keys().iter().all(|key| !key.starts_with("out/")), "nothing is visible");
    let pages = api.api_requests().len();
    refuses.store(false, Ordering::SeqCst);
    let verified = command(&store, &folder, "verify plan.ndjson").run();
    assert_eq!(verified.stdout.lines().count(), WINDOWS - 1, "{}", verified.stderr);
    assert_eq!(store.bucket().keys().iter().filter(|key| key.starts_with("out/")).count(), 2);
    run().assert_complete();
    assert_eq!(api.api_requests().len(), pages + 2 * (WINDOWS - 1));
    assert_verified(&store, &folder, "after the receipt");
}

/// A machine is gone with its files. Its uploads are removed when the partition is complete.
#[test]
fn what_a_lost_machine_has_uploaded_is_removed() {
    let creates_receipt = |received: &Received| {
        received.header("if-none-match").is_some() && received.url.path().contains("/plan-")
    };
    let (store, refuses) = refusing(creates_receipt);
    let api = windowed_api();
    let folder = planned(&api, &store, true);
    let ended = command(&store, &folder, "run --plan plan.ndjson").run();
    let receipt = store
        .received()
        .iter()
        .find(|received| creates_receipt(received))
        .map(|received| received.url.path().trim_start_matches('/').to_owned());
    assert_eq!(
        (ended.code, ended.last_error()),
        (
            Some(6),
            format!(
                "error: cannot use the receipt `s3://{}`\n  caused by: access to the bucket `data` is denied (the credentials \
                 need the permission `s3:PutObject`)\n  caused by: the store answered 403: `AccessDenied`: It was not \
                 accepted\nhint: fix the problem\n",
                receipt.unwrap()
            )
        )
    );
    assert_eq!(store.bucket().uploads().len(), 2);
    refuses.store(false, Ordering::SeqCst);
    fs::remove_dir_all(folder.path(".longhaul")).unwrap();
    command(&store, &folder, "run --plan plan.ndjson").run().assert_complete();
    assert_verified(&store, &folder, "on a new machine");
}

#[test]
fn an_object_that_was_changed_or_removed_is_damage() {
    let (api, store) = (windowed_api(), S3Server::start());
    let folder = planned(&api, &store, true);
    command(&store, &folder, "run --plan plan.ndjson").run().assert_complete();
    let key = "out/20260101T000000Z.csv";
    let content = store.bucket().object(key).unwrap();
    let receipt = store.bucket().keys().into_iter().find(|key| key.contains("20260101T000000Z-")).unwrap();
    let failed = |arguments: &str, clause: &str| {
        let ended = command(&store, &folder, arguments).run();
        let error = format!(
            "error: `s3://data/{key}` {clause}\nhint: restore the file, or delete its receipt to pull the partition again: \
             s3://data/{}\n",
            store.bucket().keys().into_iter().find(|key| key.starts_with("state/plan-")).unwrap()
        );
        assert_eq!((ended.code, ended.last_error()), (Some(5), error));
    };
    assert!(receipt.starts_with("out/"), "{receipt}");
    store.bucket().put_plain(key, &content.to_ascii_uppercase());
    for arguments in ["verify plan.ndjson", "run --plan plan.ndjson"] {
        failed(arguments, "has changed since it was complete");
    }
    store.bucket().put_plain(key, &content[1..]);
    failed(
        "verify plan.ndjson",
        &format!(
            "is {} bytes long, but its receipt says that it has {} bytes",
            content.len() - 1,
            content.len()
        ),
    );
    store.bucket().remove(key);
    failed(
        "run --plan plan.ndjson",
        &format!("is missing, but its receipt says that it has {} bytes", content.len()),
    );
    // A copy from a backup does.
    store.bucket().put_plain(key, &content);
    assert_verified(&store, &folder, "restored");
}

#[test]
fn a_bucket_that_workers_cannot_use_is_named_before_anything_is_pulled() {
    let (api, store) = (windowed_api(), S3Server::start());
    let folder = planned(&api, &store, false);
    let text = folder.read("longhaul.toml").replace("s3://data/", "s3://other/");
    let folder = folder.with("longhaul.toml", text);
    command(&store, &folder, "plan items --out plan.ndjson").run().assert_complete();
    let pages = api.api_requests().len();
    let ended = command(&store, &folder, "run --plan plan.ndjson").run();
    assert_eq!(
        (ended.code, ended.last_error().replace("http://127.0.0.1:PORT", "http://store").as_str()),
        (
            Some(5),
            "error: cannot write to `s3://other/out/20260101T000000Z-20260102T000000Z`\n  caused by: there is no \
             bucket `other` at http://store (create it, or correct its name)\n  caused by: the store answered 404: \
             `NoSuchBucket`: The specified bucket does not exist\nhint: fix the problem, then run the same command again\n"
        )
    );
    assert_eq!(api.api_requests().len(), pages);
}

#[test]
fn a_store_that_is_down_may_be_up_again_later() {
    let is_down = Arc::new(AtomicBool::new(false));
    let of_store = Arc::clone(&is_down);
    let store = S3Server::with_faults(move |received| {
        let is_object = received.url.path().contains("/out/") || received.url.path() == "/data/";
        (of_store.load(Ordering::SeqCst) && is_object).then(|| s3_error(503, "SlowDown", "Later").into())
    });
    let api = windowed_api();
    let folder = planned(&api, &store, true);
    command(&store, &folder, "run --plan plan.ndjson --part 0/2 --workers 1").run().assert_complete();
    is_down.store(true, Ordering::SeqCst);
    for arguments in ["run --plan plan.ndjson", "verify plan.ndjson"] {
        let ended = command(&store, &folder, arguments).run();
        assert_eq!(ended.code, Some(75), "{}", ended.stderr);
        assert!(
            ended.last_error().ends_with("hint: run the same command again when the store answers\n"),
            "{}",
            ended.stderr
        );
    }
    is_down.store(false, Ordering::SeqCst);
    command(&store, &folder, "run --plan plan.ndjson").run().assert_complete();
    assert_verified(&store, &folder, "when it is up again");
}

/// Each share has two workers at once, on two machines, and all of them are killed.
#[cfg(unix)]
#[test]
fn every_object_is_published_once_despite_kills_and_twins() {
    let (api, store) = (windowed_api(), S3Server::start());
    let mut random = longhaul_tests::Random::new();
    let clock = api::clock();
    let here = planned(&api, &store, true);
    let there = Folder::configured(&here.read("longhaul.toml")).with("plan.ndjson", here.read("plan.ndjson"));
    let context = format!("LONGHAUL_TEST_SEED={}", random.seed());
    let mut left = longhaul_tests::min_kills() / 2;
    while left > 0 {
        let twins = [&here, &there].map(|folder| command(&store, folder, "run --plan plan.ndjson").start());
        for twin in twins {
            clock.sleep(Duration::from_millis(random.below(90)));
            let ended = twin.kill();
            if let Some(code) = ended.code {
                assert_eq!(code, 0, "{context}: {}", ended.stderr);
            }
            left = left.saturating_sub(1);
        }
        if random.below(4) == 0 {
            // The machine is replaced.
            drop(fs::remove_dir_all(there.path(".longhaul")));
        }
    }
    for folder in [&here, &there] {
        let ended = command(&store, folder, "run --plan plan.ndjson").run();
        assert_eq!(ended.code, Some(0), "{context}: {}", ended.stderr);
        assert_verified(&store, folder, &context);
    }
}
