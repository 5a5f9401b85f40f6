//! Attempts that end at the worst moments.

use std::fs;

use longhaul_demo::Settings;

use super::{planned, settings, single_run};
use crate::{command_output::CommandOutput, folder::Folder};

const FIRST: &str = "20260101T000000Z-20260101T030000Z";

/// What a worker that pulls the first partition prints.
fn pull_first(folder: &Folder, arguments: &str) -> CommandOutput {
    folder.run(&format!("run --plan plan.ndjson --partition {FIRST} {arguments}"))
}

fn plan_folder(folder: &Folder) -> String {
    folder.names_in(".longhaul").into_iter().find(|name| name.starts_with("plan-")).unwrap()
}

/// A worker that dies after its receipt is there has not given its files their names yet.
#[test]
fn files_whose_receipt_is_there_are_published_by_whoever_comes_next() {
    let (api, folder) = planned(&settings(40));
    let run = || pull_first(&folder, "");
    run().assert_complete();
    let plan = plan_folder(&folder);
    let receipt: serde_json::Value =
        serde_json::from_str(&folder.read(&format!(".longhaul/{plan}/{FIRST}.json"))).unwrap();
    let attempt = receipt["attempt"].as_str().unwrap();
    let published = folder.read("out/20260101T000000Z.ndjson");
    let requests = api.stats().pages;
    let unpublish = || {
        let of_attempt = format!("out/.{attempt}.20260101T000000Z.ndjson");
        fs::rename(folder.path("out/20260101T000000Z.ndjson"), folder.path(&of_attempt)).unwrap();
        // The other attempt at the same partition did not come as far.
        let attempts = folder.path(&format!(".longhaul/{plan}/{FIRST}.attempts"));
        fs::create_dir(&attempts).unwrap();
        let other = format!("{}00000000", &attempt[..8]);
        fs::write(attempts.join(&other), "").unwrap();
        fs::write(folder.path(&format!("out/.{other}.20260101T000000Z.ndjson.part")), "{").unwrap();
    };
    unpublish();
    run().assert_complete();
    assert_eq!(folder.read("out/20260101T000000Z.ndjson"), published);
    assert_eq!(folder.names_in("out"), ["20260101T000000Z.csv", "20260101T000000Z.ndjson"]);
    assert_eq!(folder.names_in(&format!(".longhaul/{plan}")), [format!("{FIRST}.json")]);
    unpublish();
    assert_eq!(folder.run("verify plan.ndjson").stdout.lines().count(), 15, "verification publishes, too");
    assert_eq!(folder.names_in("out"), ["20260101T000000Z.csv", "20260101T000000Z.ndjson"]);
    assert_eq!(api.stats().pages, requests);
}

/// A worker that is stopped leaves its attempt to the next one, which continues it without a copy. `--fresh` does not.
#[test]
fn an_attempt_that_was_stopped_is_continued() {
    let settings = Settings { days: 1, ..settings(80) };
    let [lines, _] = single_run(&settings);
    let (api, folder) = planned(&settings);
    let run = |arguments: &str| pull_first(&folder, arguments);
    let ended = run("--max-requests 3");
    assert_eq!(ended.code, Some(75));
    let (said, stopped) =
        (ended.stable_stderr(), format!("calls: partition {FIRST} stopped: --max-requests reached; "));
    // A page that was being fetched ahead may or may not have arrived.
    assert!(
        said.starts_with(&format!("{stopped}2 records")) || said.starts_with(&format!("{stopped}4 records")),
        "{said}"
    );
    let error = format!(
        " saved\nerror: the stream `calls` is not complete\n  \
         caused by: interrupted during `POST http://127.0.0.1:PORT/api/v2/analytics/conversations/details/query`\n\
         hint: resume with: longhaul run --plan plan.ndjson --partition {FIRST}\n"
    );
    assert!(said.ends_with(&error), "{said}");
    let attempts = folder.names_in(&format!(".longhaul/{}/{FIRST}.attempts", plan_folder(&folder)));
    assert!(attempts.iter().any(|name| name.contains(".ended")), "{attempts:?}");
    let ended = run("");
    let said = ended.assert_complete().stable_stderr();
    assert!(said.starts_with(&format!("calls: resuming partition {FIRST} (")), "{said}");
    let records = folder.read("out/20260101T000000Z.ndjson");
    assert!(lines.starts_with(&records) && records.lines().count() == 10, "{records}");
    let pages = api.stats().pages;
    assert!(
        (6..=7).contains(&pages),
        "{pages}: five pages of two records, the one after them, and one fetched ahead"
    );
}

/// The file and the checkpoint of an attempt that may still be running are copied.
#[test]
fn an_attempt_that_may_be_running_is_copied_and_not_disturbed() {
    let settings = Settings { days: 1, ..settings(80) };
    let (api, folder) = planned(&settings);
    let run = |arguments: &str| pull_first(&folder, arguments);
    run("--max-requests 3");
    let attempts = format!(".longhaul/{}/{FIRST}.attempts", plan_folder(&folder));
    let ended = folder.names_in(&attempts).into_iter().find(|name| name.contains(".ended")).unwrap();
    let running = ended.trim_end_matches(".ended");
    fs::rename(folder.path(&attempts).join(&ended), folder.path(&attempts).join(running)).unwrap();
    let part = format!("out/.{running}.20260101T000000Z.ndjson.part");
    let before = folder.read(&part);
    // Whatever was not committed must not be copied.
    fs::write(folder.path(&part), format!("{before}{{\"torn\":")).unwrap();
    assert_eq!(run("--max-requests 1").code, Some(75));
    assert_eq!(folder.read(&part), format!("{before}{{\"torn\":"));
    run("").assert_complete();
    assert_eq!(folder.read("out/20260101T000000Z.ndjson").lines().count(), 10);
    let pages = api.stats().pages;
    assert!(
        (6..=8).contains(&pages),
        "{pages}: at most a page that each stopped run had fetched ahead came twice"
    );
    assert_eq!(folder.names_in("out"), ["20260101T000000Z.csv", "20260101T000000Z.ndjson"]);
}
