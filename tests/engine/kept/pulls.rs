//! Pulls of every kind.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Span};
use longhaul_core::Source;
use longhaul_tests::{
    FakeApi, JobApi, Lifetime, Links, ManualClock, Setup, Timeline, Tokens, records, window,
};
use serde_json::{Value, json};

use super::World;
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

/// Twelve records in six pages that lead to one another, from an API whose tokens die.
fn listing() -> (Setup, Source) {
    let api = FakeApi::new(Tokens::new(Lifetime::Requests(3)), &records(12), 2, Links::Relative);
    let (setup, _) = Setup::scripted(&ManualClock::new(), move |request| Ok(api.answer(request)));
    let source = setup.source();
    (setup, source)
}

pub(crate) fn one_listing() -> World {
    World {
        pull: Box::new(listing),
        windows: None,
        sinks: side_by_side("replace"),
        every: Duration::ZERO,
        before: vec![("/out/calls.csv", "yesterday\n")],
    }
}

pub(crate) fn one_listing_appended() -> World {
    World {
        sinks: side_by_side("append"),
        before: vec![("/out/calls.ndjson", "{\"yesterday\":1}\n")],
        ..one_listing()
    }
}

/// Compressed files, and tables of all columns, which wait in a spool.
pub(crate) fn one_listing_packed() -> World {
    let path = |ending: &str| format!("/out/{{stream}}.{ending}");
    World {
        sinks: vec![
            ("gzip", "ndjson", json!({"path": path("ndjson.gz")})),
            ("appended", "csv", json!({"path": path("csv.zst"), "mode": "append", "columns": columns()})),
            ("all", "csv", json!({"path": path("all.csv")})),
            ("packed", "csv", json!({"path": path("all.csv.zst")})),
        ],
        before: Vec::new(),
        ..one_listing()
    }
}

/// Sixteen hours in windows of eight, of which each is too deep and is pulled in halves.
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

pub(crate) fn halved_windows(unique: Option<&'static str>) -> World {
    let range = window("2026-01-01T00:00:00Z/2026-01-01T16:00:00Z");
    let slice = Span::new().hours(8);
    let tiled =
        longhaul_core::pull::window::tile(range.start, range.end, Some(&slice), &jiff::tz::TimeZone::UTC);
    World { pull: too_deep(unique, 1), windows: Some(tiled.unwrap()), before: Vec::new(), ..one_listing() }
}

/// The same into files for each window, one of which is appended to; so many windows at once.
pub(crate) fn window_files(concurrency: usize) -> World {
    let path = |ending: &str| format!("/out/{{window.start}}-{{window.end}}.{ending}");
    World {
        sinks: vec![
            ("lines", "ndjson", json!({"path": path("ndjson")})),
            ("table", "csv", json!({"path": path("csv"), "mode": "append", "columns": columns()})),
        ],
        pull: too_deep(None, concurrency),
        ..halved_windows(None)
    }
}

/// Files for each window and one for all, all of them appended to; one is there before.
pub(crate) fn everything_appended(concurrency: usize) -> World {
    let path = "/out/{window.start}.ndjson";
    World {
        sinks: vec![
            ("each", "ndjson", json!({"path": path, "mode": "append"})),
            ("packed", "ndjson", json!({"path": format!("{path}.gz"), "mode": "append"})),
        ],
        before: vec![("/out/20260101T000000Z.ndjson", "{\"yesterday\":1}\n")],
        ..window_files(concurrency)
    }
}

/// A file for each window beside one for all, from which repeated records are dropped.
pub(crate) fn window_files_beside_one() -> World {
    let path = "/out/{window.start}-{window.end}.ndjson";
    let all = json!({ "path": "/out/{stream}.ndjson" });
    let sinks = vec![("all", "ndjson", all), ("each", "ndjson", json!({ "path": path }))];
    World { sinks, ..halved_windows(Some("/id")) }
}

/// Jobs, one for each window. Those of earlier runs are still there.
pub(crate) fn exports() -> World {
    let exports = Arc::new(JobApi::new(small_timeline(), usize::MAX));
    World {
        pull: Box::new(move || {
            let exports = Arc::clone(&exports);
            let (setup, _) = Setup::scripted_api(&jobs::unlimited(), move |request| exports.answer(request));
            let source = jobs::source(&setup);
            (setup, source)
        }),
        ..halved_windows(None)
    }
}
