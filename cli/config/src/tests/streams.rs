//! The keys of streams: paging styles, windows and jobs.

use std::{num::NonZeroU64, time::Duration};

use jiff::Span;
use longhaul_core::{http::place::Places, listing::paginate::Parameter, pull::job::JobState};

use super::Case;
use crate::{Body, Ends, LinkOrigin, Loaded, OffsetStep, Pages, Reset, State, Style};

/// The minimal configuration with a stream. Its path is on line 6, and `more` begins on line 7.
fn stream(more: &str) -> Case {
    Case::small(&format!("[streams.calls]\npath = \"/calls\"\n{more}"))
}

#[track_caller]
fn assert_refused(more: &str, message: &str, line: usize) {
    assert_eq!(stream(more).refusal(), (message.to_owned(), format!("longhaul.toml:{line}")));
}

fn pages(table: &str) -> Pages {
    stream(&format!("pages = {{ {table} }}")).load().config.streams["calls"].pages.clone()
}

#[test]
fn each_paging_style_has_its_keys_and_defaults() {
    let query = |name: &str| Parameter::Query(name.to_owned());
    let place = |text: &str| text.parse::<Places>().unwrap();
    let numbered = pages(
        "type = \"page_number\", param = \"/paging/page\", size_param = \"n\", size = 50, page_count = \"/c\"",
    );
    assert_eq!(
        numbered.style,
        Style::PageNumber {
            page_count: Some(place("/c")),
            param: Parameter::Body("/paging/page".parse().unwrap()),
            size: Some((query("n"), 50)),
            start: 1,
        }
    );
    assert_eq!((numbered.ends.size, numbered.ends.total), (Some(50), None));
    let offset = pages("type = \"offset\", param = \"from\", total = \"/t\"");
    assert_eq!(
        offset.style,
        Style::Offset { param: query("from"), size: None, start: 0, step: OffsetStep::Received }
    );
    assert_eq!(offset.ends.total, Some(place("/t")));
    let cursor = pages(
        "type = \"cursor\", param = \"after\", cursor = \"/next\", more = \"/more\", repeats = true, size = 9",
    );
    assert_eq!(cursor.style, Style::Cursor { cursor: place("/next"), param: query("after"), repeats: true });
    assert_eq!((cursor.ends.more, cursor.ends.size), (Some(place("/more")), Some(9)));
    let cursor = pages("type = \"cursor\", param = \"after\", cursor = [\"last:/id\", \"header:X-Next\"]");
    let Style::Cursor { cursor, repeats: false, .. } = cursor.style else { panic!("{cursor:?}") };
    assert_eq!(cursor.to_string(), "`last:/id` or `header:x-next`");
    assert_eq!(
        pages("type = \"link_header\"").style,
        Style::LinkHeader { origin: LinkOrigin::Link, rel: "next".to_owned() }
    );
    let Ends { end, ends_at_total, identical_pages, max_empty, more, size, ties, total } =
        pages("type = \"link_header\"").ends;
    assert_eq!((identical_pages, ties), (Some(false), None));
    assert!(end.is_empty() && !ends_at_total && more.is_none() && size.is_none() && total.is_none());
    assert_eq!(max_empty.map(NonZeroU64::get), Some(100));
}

#[test]
fn missing_keys_of_a_paging_style_are_named() {
    for (table, missing) in [
        ("type = \"page_number\"", "param"),
        ("type = \"offset\"", "param"),
        ("type = \"cursor\", param = \"c\"", "cursor"),
        ("type = \"cursor\", cursor = \"/c\"", "param"),
    ] {
        assert_refused(
            &format!("pages = {{ {table} }}"),
            &format!("`streams.calls.pages.{missing}` is missing"),
            7,
        );
    }
    assert_refused(
        "pages = { type = \"offset\", param = \"o\", size = 5 }",
        "`streams.calls.pages`: `size` requires `size_param`, the place where it goes",
        7,
    );
    assert_refused(
        "pages = { type = \"offset\", param = \"o\", size_param = \"n\" }",
        "`streams.calls.pages`: `size_param` requires `size`, the value that goes there",
        7,
    );
    assert_refused(
        "pages = { type = \"offset\", param = \"o\", size_param = \"n\", size = 0 }",
        "`streams.calls.pages.size`: expected a whole number from 1, found `0`",
        7,
    );
    assert_refused(
        "pages = { type = \"offset\", param = \"\" }",
        "`streams.calls.pages.param`: must be the name of a query parameter or a pointer into the body",
        7,
    );
    assert_refused(
        "pages = { type = \"offset\", param = \"o\", cursor = \"/c\" }",
        "`streams.calls.pages.cursor` is not a key of type `offset`",
        7,
    );
    assert_refused(
        "pages = { type = \"offset\", param = \"o\", size_param = \"n\", size = 5, step = \"size\" }",
        "`streams.calls.pages`: `step = \"size\"` requires `total`, `more` or `end`, because a page from which all records are \
         left out is not the last one",
        7,
    );
    let error = stream("pages = { type = \"cursor\", param = \"c\", cursor = \"/c\", start = 1 }").error();
    assert_eq!(
        error.hint(),
        Some(
            "the keys of type `cursor` are `cursor`, `end`, `ends_at_total`, `identical_pages`, `max_empty`, `more`, `param`, `repeats`, `size`, `ties`, `total`"
        )
    );
}

#[test]
fn a_window_has_its_keys_and_defaults() {
    let load = |window: &str| stream(&format!("[streams.calls.window]\n{window}")).load();
    let window = |loaded: &Loaded| loaded.config.streams["calls"].window.clone().unwrap();
    let small = window(&load("from = 2026-01-01"));
    assert_eq!((small.from.unwrap().to_string(), small.to.to_string()), ("2026-01-01".into(), "now".into()));
    assert!(small.slice.is_none() && small.min_slice.is_none() && !small.incremental);
    assert!(small.lookback.is_zero() && small.available.is_none());
    assert_eq!((small.timezone.iana_name(), &*small.format), (Some("UTC"), "%Y-%m-%dT%H:%M:%S.%3fZ"));
    let full = window(&load(
        "from = \"now-1d/d\"\nto = 2026-02-01T00:00:00Z\nslice = \"1d\"\nmin_slice = \"1h\"\n\
         incremental = true\nlookback = \"2d\"\n\
         available = { path = \"/a\", at = \"/date\" }\ntimezone = \"Europe/Berlin\"\nformat = \"%F\"",
    ));
    assert_eq!(full.to.to_string(), "2026-02-01T00:00:00Z");
    assert_eq!(full.slice.unwrap().fieldwise(), Span::new().days(1).fieldwise());
    assert_eq!(full.lookback.fieldwise(), Span::new().days(2).fieldwise());
    assert_eq!(full.timezone.iana_name(), Some("Europe/Berlin"));
    assert_eq!(full.available.unwrap().at.to_string(), "`/date`");
}

#[test]
fn errors_in_a_window_are_named() {
    let refused = |line: &str, message: &str| {
        assert_refused(&format!("[streams.calls.window]\nfrom = \"now-1d\"\n{line}"), message, 9);
    };
    refused(
        "to = \"someday\"",
        "`streams.calls.window.to`: `someday` is not a time such as `2026-01-01`, `2026-01-01T06:00:00Z`, \
         `now-24h`, `now/d` or `yesterday`",
    );
    refused(
        "slice = \"day\"",
        "`streams.calls.window.slice`: `day` is not a time span such as `1d`, `6h` or `1w`",
    );
    refused("slice = \"0s\"", "`streams.calls.window.slice`: the time span must be above zero");
    refused("lookback = \"-1d\"", "`streams.calls.window.lookback`: `-1d` is negative");
    refused(
        "timezone = \"Berlin\"",
        "`streams.calls.window.timezone`: unknown time zone `Berlin`; use a name such as `UTC` or `Europe/Berlin`",
    );
    refused(
        "format = \"%\"",
        "`streams.calls.window.format`: `%` is not a time format such as `%Y-%m-%dT%H:%M:%SZ`",
    );
    refused(
        "available = { path = \"a\", at = \"/d\" }",
        "`streams.calls.window.available.path`: `a` does not start with `/`",
    );
    refused("form = \"now\"", "unknown key `streams.calls.window.form` (did you mean `format`?)");
    assert_refused("window = {}", "`streams.calls.window.from` is missing", 5);
}

#[test]
fn a_job_has_its_keys_and_defaults() {
    let text = "[streams.calls.job]\nsubmit = { path = \"/jobs\", body = { a = 1 }, query = { b = 2 } }\n\
                id = \"/id\"\npoll = \"/jobs/{job.id}\"\nstate = \"/state\"\ndone = \"DONE\"\n\
                cancel = { path = \"/jobs/{job.id}\" }";
    let job = stream(text).load().config.streams["calls"].job.clone().unwrap();
    assert_eq!((job.submit.method.as_str(), job.submit.path.as_str()), ("POST", "/jobs"));
    assert_eq!(job.submit.body, Some(Body::Json(serde_json::json!({ "a": 1 }).into())));
    assert_eq!(job.submit.query["b"].as_slice(), ["2"]);
    assert!(matches!(&job.done[..], [State(JobState::Named(name))] if name == "DONE"));
    assert!(job.failed.is_empty() && job.skipped.is_empty());
    assert_eq!((job.every, job.timeout), (Duration::from_secs(3), Duration::from_secs(7200)));
    assert_eq!(job.cancel.unwrap().method, "DELETE");
    assert!(job.message.is_none());
}

#[test]
fn errors_in_a_job_are_named() {
    let job = "[streams.calls.job]\nsubmit = { path = \"/jobs\" }\nid = \"/id\"\npoll = \"/jobs/{job.id}\"\n\
               state = \"/state\"\ndone = [\"DONE\"]\n";
    let refused =
        |old: &str, new: &str, message: &str, line| assert_refused(&job.replace(old, new), message, line);
    refused("submit = { path = \"/jobs\" }", "", "`streams.calls.job.submit` is missing", 7);
    refused("id = \"/id\"", "", "`streams.calls.job.id` is missing", 7);
    refused("\"/jobs/", "\"jobs/", "`streams.calls.job.poll`: `jobs/{job.id}` does not start with `/`", 10);
    refused("\"/jobs\"", "\"jobs\"", "`streams.calls.job.submit.path`: `jobs` does not start with `/`", 8);
    refused("[\"DONE\"]", "[]", "`streams.calls.job.done` must have at least one state", 12);
    refused(
        "[\"DONE\"]",
        "[\"D\"]\nevery = \"0s\"",
        "`streams.calls.job.every`: the duration must be above zero",
        13,
    );
    refused("state = ", "stat = ", "unknown key `streams.calls.job.stat` (did you mean `state`?)", 11);
}

#[test]
fn the_other_keys_of_a_stream() {
    let loaded =
        stream("unique = \"/id\"\nconcurrency = 8\ndescription = \"calls\"\npermissions = \"a:b:c, d\"")
            .load();
    let calls = &loaded.config.streams["calls"];
    assert_eq!(calls.unique.as_ref().unwrap().to_string(), "/id");
    assert_eq!((calls.concurrency.get(), calls.description.as_deref()), (8, Some("calls")));
    assert_eq!(calls.permissions, ["a:b:c", "d"]);
    assert_refused(
        "concurrency = 0",
        "`streams.calls.concurrency`: expected a whole number from 1, found `0`",
        7,
    );
    assert_refused("concurrency = 257", "`streams.calls.concurrency`: `257` is above the maximum of 256", 7);
    assert_refused("description = \"a\\nb\"", "`streams.calls.description`: must be a single line", 7);
}

#[test]
fn standard_output_needs_no_table() {
    assert_eq!(stream("sinks = [\"stdout\"]").load().config.streams["calls"].sinks, ["stdout"]);
}

#[test]
fn a_limit_has_one_number_and_one_time() {
    let read = |text: &str| Case::small(&format!("[rate.headers]\n{text}"));
    let points = read("remaining = '/left'\ncost = '/cost'\nrestore = 'X-Restore'\nlimit = '/most'");
    let headers = points.load().config.rate.unwrap().headers.unwrap();
    assert_eq!(headers.restore.unwrap().to_string(), "`header:x-restore`");
    let every = read("remaining = 'X-Left'\nreset = '10s'").load().config.rate.unwrap().headers.unwrap();
    assert_eq!(every.reset, Some(Reset::Within(Duration::from_secs(10))));
    for (text, clause, hint) in [
        (
            "limit = 'X'\nreset = '10s'",
            "`rate.headers.remaining` is missing",
            "set `remaining`, or `limit` and `used`",
        ),
        (
            "remaining = 'X'",
            "`rate.headers.reset` is missing",
            "set `reset`, or `restore` if a part of the limit comes back each second",
        ),
    ] {
        let error = read(text).error();
        assert_eq!((error.to_string().as_str(), error.hint()), (clause, Some(hint)), "{text}");
    }
    let refusal = |text: &str| read(text).refusal().0;
    assert_eq!(
        refusal("remaining = 'X'\nreset = '10'"),
        "`rate.headers.reset`: `10` has no unit; write `10s` for seconds"
    );
    assert_eq!(
        refusal("remaining = 'X'\nreset = '0s'"),
        "`rate.headers.reset`: the duration must be above zero"
    );
}

#[test]
fn error_formats_and_rate_headers() {
    let text = "[errors]\ncode = [\"/a\", \"/b\"]\nmessage = \"/m\"\ncorrelation = \"X-Id\"\n\
                [rate.headers]\nlimit = \"X-Limit\"\nused = \"X-Used\"\nreset = \"/quota/reset\"";
    let config = Case::small(text).load().config;
    let format = config.errors.format();
    assert_eq!(format.code, ["/a", "/b"].iter().map(|text| text.parse().unwrap()).collect());
    assert_eq!(format.message, ["/m"].iter().map(|text| text.parse().unwrap()).collect());
    assert_eq!(format.correlation, ["x-id"]);
    let rate = config.rate.unwrap().headers.unwrap();
    assert_eq!(rate.used.unwrap().to_string(), "`header:x-used`");
    assert_eq!(rate.reset, Some(Reset::At("/quota/reset".parse().unwrap())));
    let refusal = |text: &str| Case::small(text).refusal().0;
    assert_eq!(
        refusal("[errors]\ncorrelation = [\"X Y\"]"),
        "`errors.correlation`: this is not a valid header name"
    );
}

#[test]
fn the_end_of_a_closed_range_is_its_last_unit_or_duplicates_are_dropped() {
    let stream = |end: &str, more: &str| {
        format!(
            "[streams.calls]\npath = \"/c\"\nquery = {{ to = \"{end}\" }}\n{more}\
             window = {{ from = \"2026-01-01\", slice = \"1d\", bounds = \"closed\" }}\n"
        )
    };
    Case::small(&stream("{window.last}", "")).load();
    Case::small(&stream("{window.end}", "unique = \"/id\"\n")).load();
    let error = Case::small(&stream("{window.end}", "")).error();
    assert_eq!(
        error.to_string(),
        "`streams.calls.query.to`: records at `{window.end}` arrive twice, because `bounds` is `closed`"
    );
    assert_eq!(error.hint(), Some("use `{window.last}`, or set `streams.calls.unique`"));
}
