//! Plans, workers and verification: `plan`, `run --plan` and `verify`.

mod children;
mod errors;
mod killed;
mod repairs;

use longhaul_demo::{FakeApi, IntervalMatching, Settings};
use longhaul_tests::Reply;

use crate::{
    api::{self, connection, unused_url, without_faults},
    folder::Folder,
    readme::configuration_of,
};

/// A stream of windows, which goes to two files for each of them.
const CALLS: &str = r#"
[streams.calls]
method = "POST"
path = "/api/v2/analytics/conversations/details/query"
body = { interval = "{window.start}/{window.end}" }
records = "/conversations"
records_missing = "empty"
sinks = ["lines", "table"]

[streams.calls.pages]
type = "page_number"
param = "/paging/pageNumber"
size_param = "/paging/pageSize"
size = 2
total = "/totalHits"

[streams.calls.window]
from = "2026-01-01"
to = "2026-01-03"
slice = "3h"
"#;

/// The sinks of a worker, or of a single run.
fn sinks(name: &str) -> String {
    format!(
        "[sinks.lines]\ntype = \"ndjson\"\npath = \"out/{name}.ndjson\"\n\n[sinks.table]\ntype = \"csv\"\n\
         path = \"out/{name}.csv\"\ncolumns = [\"/conversationId\", \"/conversationStart\"]\n"
    )
}

fn configuration(base_url: &str, sinks: &str) -> String {
    [&connection(base_url), CALLS, sinks].concat()
}

/// A folder whose configuration has a file for each partition.
fn folder(base_url: &str) -> Folder {
    Folder::configured(
        &["commit_every = \"5ms\"\n", &configuration(base_url, &sinks("{window.start}"))].concat(),
    )
}

/// An API, and a folder with a plan for it.
fn planned(settings: &Settings) -> (FakeApi, Folder) {
    let api = api::start(settings);
    let folder = folder(api.base_url());
    folder.run(PLAN).assert_complete();
    (api, folder)
}

fn settings(records: usize) -> Settings {
    Settings { days: 2, matching: IntervalMatching::Exact, ..without_faults(records) }
}

/// The files of a single run: `lines` and `table`.
fn single_run(settings: &Settings) -> [String; 2] {
    let api = api::start(settings);
    let folder = Folder::configured(&configuration(api.base_url(), &sinks("all")));
    folder.run("run").assert_complete();
    ["out/all.ndjson", "out/all.csv"].map(|name| folder.read(name))
}

const PLAN: &str = "plan calls --out plan.ndjson --now 2026-02-01T00:00:00Z";

#[test]
fn a_plan_has_a_line_for_each_partition() {
    let folder = folder(&unused_url());
    let planned = folder.run(PLAN);
    assert_eq!(
        planned.assert_complete().stable_stderr(),
        "calls: MOMENT to MOMENT (exclusive)\nplan: 16 partitions -> `plan.ndjson`\n"
    );
    let plan = folder.read("plan.ndjson");
    let lines: Vec<serde_json::Value> =
        plan.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 17);
    let header = &lines[0];
    assert_eq!(header["now"], "2026-02-01T00:00:00Z");
    assert_eq!(header["streams"][0]["name"], "calls");
    assert_eq!(header["streams"][0]["range"], "2026-01-01T00:00:00Z/2026-01-03T00:00:00Z");
    assert_eq!(header["streams"][0]["partitions"], 16);
    assert_eq!(
        lines[1],
        serde_json::json!({
            "id": "20260101T000000Z-20260101T030000Z",
            "stream": "calls",
            "window": "2026-01-01T00:00:00Z/2026-01-01T03:00:00Z",
        })
    );
    assert!(!plan.contains(api::CLIENT_ID) && !plan.contains(api::CLIENT_SECRET), "{plan}");
    let again = folder.run(&PLAN.replace("--out plan.ndjson", ""));
    assert_eq!(again.stdout, plan, "the same configuration and time give the same plan");
    assert_eq!(
        again.stable_stderr(),
        "calls: MOMENT to MOMENT (exclusive)\nplan: 16 partitions -> standard output\n"
    );
    assert!(folder.names_in(".longhaul").is_empty(), "nothing was pulled");
}

#[test]
fn the_shares_of_a_plan_are_what_a_single_run_pulls() {
    let settings = settings(100);
    let [lines, table] = single_run(&settings);
    let (api, folder) = planned(&settings);
    let run = |arguments: &str| folder.run(&format!("run --plan plan.ndjson {arguments}"));
    for index in 0..3 {
        run(&format!("--part {index}/3 --workers 1")).assert_complete();
    }
    let names = folder.names_in("out");
    assert_eq!(names.len(), 32, "{names:?}");
    let cat = |arguments: &str| folder.run(&format!("verify plan.ndjson --cat {arguments}"));
    assert_eq!(cat("--sink lines").assert_complete().stdout, lines);
    assert_eq!(cat("--sink table").assert_complete().stdout, table);

    let verified = folder.run("verify plan.ndjson --summary summary.json");
    assert_eq!(verified.assert_complete().stderr, "calls: verified, 100 records\n");
    assert_eq!(verified.stdout, "");
    let summary: serde_json::Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    let pull = &summary["pulls"][0];
    assert_eq!(
        (&pull["records"], &pull["windows"], &pull["complete"]),
        (&100.into(), &16.into(), &true.into())
    );
    assert_eq!(summary["exit_code"], 0);

    let requests = api.stats().pages;
    let again = run("--summary again.json");
    assert_eq!(again.assert_complete().stderr, "");
    assert_eq!(api.stats().pages, requests, "a complete partition is not pulled again");
    let summary: serde_json::Value = serde_json::from_str(&folder.read("again.json")).unwrap();
    assert_eq!(summary["pulls"][0]["records"], 100);
}

#[test]
fn missing_partitions_are_named_and_pulled() {
    let (_api, folder) = planned(&settings(40));
    folder.run("run --plan plan.ndjson --part 0/2 --workers 1").assert_complete();
    let verified = folder.run("verify plan.ndjson --summary summary.json");
    assert_eq!(
        (verified.code, verified.stable_stderr().as_str()),
        (
            Some(75),
            "error: 8 of 16 partitions are missing\nhint: pull them with: longhaul run --plan plan.ndjson --partition ID\n"
        )
    );
    let missing: Vec<_> = verified.stdout.lines().collect();
    assert_eq!(missing.len(), 8);
    assert_eq!(missing[0], "20260101T030000Z-20260101T060000Z");
    let summary: serde_json::Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!((&summary["exit_code"], &summary["resumable"]), (&75.into(), &true.into()));
    let without_records = folder.run("verify plan.ndjson --cat --sink lines");
    assert_eq!((without_records.code, without_records.stdout.as_str()), (Some(75), ""), "no records but all");

    let ids: Vec<_> = missing.iter().map(|id| format!("--partition {id}")).collect();
    let pulled = folder.run(&format!("run --plan plan.ndjson {}", ids.join(" ")));
    let first = pulled.assert_complete().stable_stderr();
    assert!(
        first.starts_with("calls: partition 20260101T030000Z-20260101T060000Z complete, 2 records, "),
        "{first}"
    );
    folder.run("verify plan.ndjson").assert_complete();
}

/// The commands of `cli/docs/machines.md`.
pub(crate) const MACHINES: [&str; 3] = [
    "longhaul plan visits --out plan.ndjson",
    "longhaul run --plan plan.ndjson --part 3/64",
    "longhaul verify plan.ndjson",
];

#[test]
fn the_configuration_for_many_machines_is_pulled_in_shares() {
    let server = api::server(|request| {
        let visit = |time: String| format!(r#"{{"items":[{{"id":1,"start":"{time}"}}],"pages":1}}"#);
        Reply::json(visit(request.query("from").unwrap())).into()
    });
    let folder =
        Folder::configured(&[&connection(&api::root(&server)), &*configuration_of("visits")].concat());
    let [plan, share, verify] = MACHINES.map(|command| command.strip_prefix("longhaul ").unwrap());
    folder.run(plan).assert_complete();
    folder.run(&format!("{share} --workers 1")).assert_complete();
    assert_eq!(folder.names_in("visits"), ["20260101T030000Z-20260101T040000Z.csv"]);
    assert_eq!(folder.run(verify).code, Some(75));
    folder.run("run --plan plan.ndjson").assert_complete();
    folder.run(verify).assert_complete();
    let table = folder.run(&format!("{verify} --cat"));
    assert_eq!(table.assert_complete().stdout.lines().count(), 49);
}
