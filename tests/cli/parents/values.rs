//! Children whose runs start at the value that the records of the last one reached.

use std::sync::{Arc, Mutex};

use longhaul_tests::{FaultServer, Reply};
use serde_json::{Value, json};

use crate::{api, folder::Folder};

const STREAM: &str = r#"
commit_every = "0s"

[streams.issues]
path = "/projects/{each.project}/issues"
records = "/data"
unique = "/id"
each = { list = ["a", "b", "c", "d"], as = "project", add = { project = "" } }
pages = { type = "offset", param = "offset" }
concurrency = 3
sinks = ["lines"]
incremental = { at = "/at", param = "since" }

[[streams.issues.answers]]
when = { status = 404 }
then = "skip"

[[streams.issues.answers]]
when = { status = 410 }
then = "restart"

[sinks.lines]
type = "ndjson"
path = "out/{stream}.ndjson"
mode = "append"
"#;

/// A record of a project, or the status that the page has instead.
type Issue = (&'static str, Result<Value, u16>);

/// An API with these records, one per page. A status is answered once.
#[derive(Default)]
struct Projects {
    issues: Mutex<Vec<Issue>>,
    /// The projects that were asked for, and since when.
    since: Mutex<Vec<(String, Option<String>)>>,
}

impl Projects {
    fn serve(self: &Arc<Self>) -> FaultServer {
        let projects = Arc::clone(self);
        api::server(move |request| {
            let since = request.query("since");
            let project = request.url.path().split('/').nth(2).unwrap();
            projects.since.lock().unwrap().push((project.to_owned(), since.clone()));
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let is_new = |value: &Value| since.as_ref().is_none_or(|since| text(value) >= *since);
            let mut issues = projects.issues.lock().unwrap();
            let mut of_project = issues
                .iter()
                .enumerate()
                .filter(|(_, (of, value))| *of == project && value.as_ref().map_or(true, is_new));
            let offset = request.query("offset").unwrap().parse().unwrap();
            let Some((index, (_, value))) = of_project.nth(offset) else {
                return Reply::json(r#"{"data":[]}"#).into();
            };
            match value {
                Ok(value) => Reply::json(
                    json!({ "data": [{ "id": format!("{project}{value}"), "at": value }] }).to_string(),
                )
                .into(),
                Err(status) => {
                    let status = *status;
                    drop(issues.remove(index));
                    Reply::status(status).into()
                }
            }
        })
    }

    fn set(&self, issues: &[Issue]) {
        *self.issues.lock().unwrap() = issues.to_vec();
    }

    /// The values that were sent since the last call.
    fn since(&self) -> Vec<Option<String>> {
        let sent = std::mem::take(&mut *self.since.lock().unwrap());
        let mut sent: Vec<_> = sent.into_iter().map(|(_, since)| since).collect();
        sent.dedup();
        sent
    }

    /// The projects that were asked for since the last call, and since when.
    fn since_by_project(&self) -> Vec<(String, Option<String>)> {
        let mut sent = std::mem::take(&mut *self.since.lock().unwrap());
        sent.sort();
        sent.dedup();
        sent
    }
}

fn values(folder: &Folder) -> Vec<String> {
    let text = folder.read("out/issues.ndjson");
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

fn started() -> (Arc<Projects>, FaultServer, Folder) {
    let projects = Arc::new(Projects::default());
    let server = projects.serve();
    let folder = Folder::configured(&[STREAM, &api::connection(&api::root(&server))].concat());
    (projects, server, folder)
}

fn since(projects: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    projects.iter().map(|(project, since)| ((*project).to_owned(), since.map(str::to_owned))).collect()
}

/// The value of a partition that was left out does not count, and that of one that was restarted counts once it is complete.
#[test]
fn all_parents_start_at_the_greatest_value_of_complete_partitions() {
    let (projects, _server, folder) = started();
    projects.set(&[
        ("a", Ok(json!("2026-01-02"))),
        ("a", Ok(json!("2026-01-04"))),
        ("b", Ok(json!("2026-01-09"))),
        ("b", Err(404)),
        ("c", Ok(json!("2026-01-05"))),
        ("c", Err(410)),
        ("c", Ok(json!("2026-01-06"))),
        ("d", Ok(json!("2026-01-01"))),
    ]);
    folder.run("run").assert_complete();
    assert_eq!(projects.since(), [None]);
    let first =
        ["a\"2026-01-02\"", "a\"2026-01-04\"", "c\"2026-01-05\"", "c\"2026-01-06\"", "d\"2026-01-01\""];
    assert_eq!(values(&folder), first);
    projects.set(&[
        ("b", Ok(json!("2026-01-09"))),
        ("c", Ok(json!("2026-01-06"))),
        ("d", Ok(json!("2026-01-07"))),
    ]);
    folder.run("run").assert_complete();
    let known = Some("2026-01-06");
    assert_eq!(
        projects.since_by_project(),
        since(&[("a", known), ("b", None), ("c", known), ("d", known)]),
        "what was left out may have older records"
    );
    assert_eq!(values(&folder)[5..], ["b\"2026-01-09\"", "d\"2026-01-07\""]);
    folder.run("run").assert_complete();
    assert_eq!(projects.since(), [Some("2026-01-09".to_owned())]);
}

/// The common value says nothing about the children of a parent that the last run did not have.
#[test]
fn a_new_parent_starts_at_the_beginning_also_after_a_kill() {
    let projects = Arc::new(Projects::default());
    let server = projects.serve();
    let stream = STREAM
        .replace(
            "list = [\"a\", \"b\", \"c\", \"d\"], as = \"project\"",
            "file = \"projects.ndjson\", values = { project = \"\" }",
        )
        .replace("param = \"since\"", "param = \"since\", from = \"2026-01-02\"");
    let configuration = [&*stream, &api::connection(&api::root(&server))].concat();
    let folder = Folder::configured(&configuration).with("projects.ndjson", "\"a\"\n\"c\"\n");
    let at = |project: &'static str, day: u32| (project, Ok(json!(format!("2026-01-{day:02}"))));
    projects.set(&[at("a", 4), at("b", 1), at("b", 3), at("c", 6), at("d", 2)]);
    folder.run("run").assert_complete();
    let first = Some("2026-01-02");
    assert_eq!(projects.since_by_project(), since(&[("a", first), ("c", first)]));
    assert_eq!(values(&folder), ["a\"2026-01-04\"", "c\"2026-01-06\""]);

    // Two parents are new, one is gone, and the run is stopped after each request.
    let folder = folder.with("projects.ndjson", "\"d\"\n\"c\"\n\"b\"\n");
    let stopped = (0..20).take_while(|_| {
        let ended = folder.run("run --max-requests 2 --set streams.issues.concurrency=1");
        ended.code == Some(75)
    });
    assert!(stopped.count() > 3);
    let known = Some("2026-01-06");
    assert_eq!(projects.since_by_project(), since(&[("b", first), ("c", known), ("d", first)]));
    let all = ["a\"2026-01-04\"", "c\"2026-01-06\"", "d\"2026-01-02\"", "b\"2026-01-03\""];
    assert_eq!(values(&folder), all);

    // Now both are known, and the one that was gone is not: its records arrive again rather than being lost.
    let folder = folder.with("projects.ndjson", "\"a\"\n\"b\"\n\"d\"\n");
    projects.set(&[at("a", 4), at("a", 5), at("b", 3), at("d", 7)]);
    folder.run("run").assert_complete();
    assert_eq!(projects.since_by_project(), since(&[("a", first), ("b", known), ("d", known)]));
    assert_eq!(values(&folder)[4..], ["a\"2026-01-04\"", "a\"2026-01-05\"", "d\"2026-01-07\""]);
}

/// While the children of one parent are pulled, others may get more, with smaller numbers than those pulled last.
#[test]
fn numbers_lag_behind_by_one_run() {
    let (projects, _server, folder) = started();
    projects.set(&[("a", Ok(json!(11))), ("d", Ok(json!(15)))]);
    folder.run("run").assert_complete();
    let status = folder.run("status").stable_stdout();
    assert!(status.ends_with("\n  the next run starts at the beginning\n"), "{status}");
    // Record 13 was added to the first one after its turn.
    projects.set(&[("a", Ok(json!(11))), ("a", Ok(json!(13))), ("d", Ok(json!(15)))]);
    folder.run("run").assert_complete();
    folder.run("run").assert_complete();
    assert_eq!(projects.since(), [None, Some("15".to_owned())]);
    assert_eq!(values(&folder), ["a11", "d15", "a13"]);
}
