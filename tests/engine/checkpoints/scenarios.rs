//! The pulls that the tests stop and resume.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Span};
use longhaul_core::{
    Source,
    client::answer::{Rules, Then},
    listing::paginate::PageNumber,
};
use longhaul_tests::{
    FakeApi, JobApi, Lifetime, Links, ManualClock, Reply, Setup, Timeline, Tokens, by_status, records, window,
};
use serde_json::{Value, json};

use super::Scenario;
use crate::{jobs, windows};

fn columns() -> Value {
    json!(["/id", { "name": "n", "at": "/n" }])
}

/// NDJSON and CSV, side by side.
fn side_by_side(mode: &str) -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("lines", "ndjson", json!({"path": "/out/{stream}.ndjson", "mode": mode})),
        ("table", "csv", json!({"path": "/out/{stream}.csv", "mode": mode, "columns": columns()})),
    ]
}

/// Twelve records on six pages, each with a link to the next one, from an API whose tokens expire.
fn listing() -> (Setup, Source) {
    let api = FakeApi::new(Tokens::new(Lifetime::Requests(3)), &records(12), 2, Links::Relative);
    let (setup, _) = Setup::scripted(&ManualClock::new(), move |request| Ok(api.answer(request)));
    let source = setup.source();
    (setup, source)
}

pub(crate) fn one_listing() -> Scenario {
    Scenario {
        name: "calls",
        pull: Box::new(listing),
        windows: None,
        parents: None,
        compares: false,
        has_spool: false,
        sinks: side_by_side("replace"),
        every: Duration::ZERO,
        existing_files: vec![("/out/calls.csv", "yesterday\n")],
    }
}

pub(crate) fn one_listing_appended() -> Scenario {
    Scenario {
        sinks: side_by_side("append"),
        existing_files: vec![("/out/calls.ndjson", "{\"yesterday\":1}\n")],
        ..one_listing()
    }
}

/// Compressed files, and tables of all columns, which use a spool.
pub(crate) fn one_listing_compressed() -> Scenario {
    let path = |ending: &str| format!("/out/{{stream}}.{ending}");
    Scenario {
        sinks: vec![
            ("gzip", "ndjson", json!({"path": path("ndjson.gz")})),
            ("appended", "csv", json!({"path": path("csv.zst"), "mode": "append", "columns": columns()})),
            ("all", "csv", json!({"path": path("all.csv")})),
            ("all-compressed", "csv", json!({"path": path("all.csv.zst")})),
        ],
        existing_files: Vec::new(),
        ..one_listing()
    }
}

/// Tables that continue in other files when one is full.
pub(crate) fn one_listing_in_several_files() -> Scenario {
    let table = |name: &str, mode: &str, max_rows: u32| {
        let path = format!("/out/{name}.csv");
        json!({"path": path, "mode": mode, "columns": columns(), "max_rows": max_rows})
    };
    Scenario {
        sinks: vec![
            ("replaced", "csv", table("replaced", "replace", 4)),
            ("appended", "csv", table("appended", "append", 6)),
        ],
        existing_files: vec![
            ("/out/replaced.csv", "yesterday\n"),
            ("/out/replaced.2.csv", "yesterday\n"),
            ("/out/appended.csv", "id,n\r\nyesterday,0\r\n"),
        ],
        ..one_listing()
    }
}

/// Sixteen hours of records. A window of eight hours is too deep, and is pulled in halves.
fn small_timeline() -> Timeline {
    let range = window("2026-01-01T00:00:00Z/2026-01-01T16:00:00Z");
    Timeline::new(range.start, SignedDuration::from_mins(10), 96, 30)
}

fn too_deep(unique: Option<&'static str>, concurrency: usize) -> Box<dyn Fn() -> (Setup, Source)> {
    Box::new(move || {
        let (setup, _, mut source) = windows::details_query(small_timeline(), SignedDuration::from_hours(1));
        source.unique = unique.map(|key| key.parse().unwrap());
        source.concurrency = concurrency;
        (setup, source)
    })
}

pub(crate) fn halved_windows(unique: Option<&'static str>) -> Scenario {
    let range = window("2026-01-01T00:00:00Z/2026-01-01T16:00:00Z");
    let slice = Span::new().hours(8);
    let tiled =
        longhaul_core::pull::window::tile(range.start, range.end, Some(&slice), &jiff::tz::TimeZone::UTC);
    Scenario {
        pull: too_deep(unique, 1),
        windows: Some(tiled.unwrap()),
        existing_files: Vec::new(),
        ..one_listing()
    }
}

/// The same windows, `concurrency` at once, into two files for all windows.
pub(crate) fn halved_windows_at_once(unique: Option<&'static str>, concurrency: usize) -> Scenario {
    Scenario { pull: too_deep(unique, concurrency), has_spool: true, ..halved_windows(None) }
}

/// Seven children with up to three pages each. One is gone, and the cursor of another expires once in each run.
pub(crate) fn children(concurrency: usize) -> Scenario {
    Scenario {
        pull: Box::new(move || {
            let expires = AtomicBool::new(true);
            let (setup, _) = Setup::scripted_api(&jobs::unlimited(), move |request| {
                let child: usize = request.url.path()[1..].parse().unwrap();
                let page: usize = request.query("page").unwrap().parse().unwrap();
                match (child, page) {
                    (3, _) => Reply::status(404),
                    (5, 2) if expires.swap(false, Ordering::SeqCst) => Reply::status(410),
                    _ if page > 1 + child % 3 => Reply::json(r#"{"items":[]}"#),
                    // The last page does not fit into memory.
                    _ => {
                        let text = "x".repeat(if child == 4 { 70_000 } else { 1 });
                        Reply::json(format!(r#"{{"items":[{{"id":"{child}-{page}","n":"{text}"}}]}}"#))
                    }
                }
            });
            let paginator =
                PageNumber { param: "page".parse().unwrap(), size: None, start: 1, page_count: None };
            let mut source = setup.source_at("/{each.id}", "/items", paginator);
            let rules = vec![by_status(404, Then::Skip), by_status(410, Then::Restart)];
            source.rules = Arc::new(Rules::of_pages(rules));
            (source.concurrency, source.each) = (concurrency, vec!["each.id".to_owned()]);
            (setup, source)
        }),
        parents: Some((0..7).map(|child| child.to_string()).collect()),
        has_spool: true,
        existing_files: Vec::new(),
        ..one_listing()
    }
}

/// The same children, each with a file of its own.
pub(crate) fn children_with_files(concurrency: usize) -> Scenario {
    let sink = ("lines", "ndjson", json!({ "path": "/out/{each.id}.ndjson" }));
    Scenario { sinks: vec![sink], ..children(concurrency) }
}

/// The same windows, `concurrency` at once, into two files for each window. One of them is appended to.
pub(crate) fn window_files(concurrency: usize) -> Scenario {
    let path = |ending: &str| format!("/out/{{window.start}}-{{window.end}}.{ending}");
    Scenario {
        sinks: vec![
            ("lines", "ndjson", json!({"path": path("ndjson")})),
            ("table", "csv", json!({"path": path("csv"), "mode": "append", "columns": columns()})),
        ],
        pull: too_deep(None, concurrency),
        ..halved_windows(None)
    }
}

/// A plain and a compressed file for each window, in append mode. One of them exists before.
pub(crate) fn everything_appended(concurrency: usize) -> Scenario {
    let path = "/out/{window.start}.ndjson";
    Scenario {
        sinks: vec![
            ("each", "ndjson", json!({"path": path, "mode": "append"})),
            ("compressed", "ndjson", json!({"path": format!("{path}.gz"), "mode": "append"})),
        ],
        existing_files: vec![("/out/20260101T000000Z.ndjson", "{\"yesterday\":1}\n")],
        ..window_files(concurrency)
    }
}

/// A file for each window, and one for all windows. Duplicates are dropped.
pub(crate) fn window_files_and_one_for_all() -> Scenario {
    let path = "/out/{window.start}-{window.end}.ndjson";
    let all = json!({ "path": "/out/{stream}.ndjson" });
    let sinks = vec![("all", "ndjson", all), ("each", "ndjson", json!({ "path": path }))];
    Scenario { sinks, ..halved_windows(Some("/id")) }
}

/// One job for each window. The jobs of earlier runs still exist.
pub(crate) fn window_jobs() -> Scenario {
    Scenario { pull: jobs_of_windows(1, |_| {}), ..halved_windows(None) }
}

/// Four windows, whose jobs are read three at once, into two files for all windows. Each run begins with `before`.
pub(crate) fn window_jobs_at_once(before: fn(&JobApi)) -> Scenario {
    let range = window("2026-01-01T00:00:00Z/2026-01-01T16:00:00Z");
    let slice = Span::new().hours(5);
    let tiled =
        longhaul_core::pull::window::tile(range.start, range.end, Some(&slice), &jiff::tz::TimeZone::UTC);
    Scenario {
        pull: jobs_of_windows(3, before),
        windows: Some(tiled.unwrap()),
        has_spool: true,
        ..halved_windows(None)
    }
}

/// The same jobs, whose results are appended to existing files.
pub(crate) fn window_jobs_appended() -> Scenario {
    Scenario {
        sinks: side_by_side("append"),
        existing_files: vec![("/out/calls.ndjson", "{\"yesterday\":1}\n")],
        ..window_jobs()
    }
}

/// The same jobs, whose results have files of their own.
pub(crate) fn window_jobs_with_files() -> Scenario {
    let Scenario { sinks, .. } = window_files(1);
    Scenario { sinks, ..window_jobs() }
}

/// The same jobs with a single commit at the end of each partition.
pub(crate) fn window_jobs_with_single_commits() -> Scenario {
    Scenario { every: Duration::from_secs(3600), ..window_jobs() }
}

fn jobs_of_windows(concurrency: usize, before: fn(&JobApi)) -> Box<dyn Fn() -> (Setup, Source)> {
    let api = Arc::new(JobApi::new(small_timeline(), usize::MAX));
    Box::new(move || {
        let api = Arc::clone(&api);
        before(&api);
        let (setup, _) = Setup::scripted_api(&jobs::unlimited(), move |request| api.answer(request));
        let source = Source { concurrency, ..jobs::source(&setup) };
        (setup, source)
    })
}
