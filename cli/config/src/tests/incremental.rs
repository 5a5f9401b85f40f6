//! The table `incremental` of a stream.

use super::Case;
use crate::{FirstValue, Order};

/// The minimal configuration with a stream. `more` begins on line 7.
fn stream(more: &str) -> Case {
    Case::small(&format!("[streams.calls]\npath = \"/calls\"\n{more}"))
}

#[track_caller]
fn assert_refused(more: &str, message: &str, hint: Option<&str>) {
    let error = stream(more).error();
    assert_eq!((error.to_string().as_str(), error.hint()), (message, hint), "{more}");
}

#[test]
fn it_has_its_keys_and_defaults() {
    let load = |table: &str| {
        let loaded = stream(&format!("incremental = {{ {table} }}")).load();
        loaded.config.streams["calls"].incremental.clone().unwrap()
    };
    let small = load("at = \"/id\", param = \"since_id\"");
    assert!(small.lookback.is_zero() && small.from.is_none() && small.next.is_none());
    assert_eq!(small.order, Order::Greatest);
    let now = "2026-03-26T12:34:56.789Z".parse().unwrap();
    for (from, value) in [
        ("\"2026-01-01\"", "2026-01-01"),
        ("1000", "1000"),
        ("\"x y\"", "x y"),
        ("\"now-1d/d\"", "2026-03-25T00:00:00Z"),
    ] {
        // A number cannot be looked back from.
        let lookback = if from == "1000" { "0s" } else { "1h" };
        let full = load(&format!(
            "at = \"/at\", param = \"/since\", from = {from}, lookback = \"{lookback}\", order = \"as_sent\""
        ));
        assert_eq!(full.from.unwrap().resolve(now).unwrap().to_string(), value);
        assert_eq!(full.order, Order::AsSent);
    }
    let next = load("next = [\"/a\", \"header:X-Delta\"], param = \"cursor\"");
    assert_eq!(next.next.unwrap().to_string(), "`/a` or `header:x-delta`");
    let far = FirstValue::Relative("now-19000y".parse().unwrap());
    assert_eq!(far.resolve(now).unwrap_err().to_string(), "`now-19000y` is outside the years -9999 to 9999");
}

#[test]
fn keys_that_do_not_belong_together_are_named() {
    let table = |keys: &str| format!("incremental = {{ {keys} }}");
    let key = "`streams.calls.incremental";
    assert_refused(
        &table("at = \"/a\", next = \"/b\", param = \"c\""),
        &format!("{key}.next`: a run starts either at a value or at a link"),
        Some("remove `at` or `next`"),
    );
    assert_refused(
        &table("param = \"c\""),
        &format!("{key}`: it says nothing about where a run starts"),
        Some("set `at` to a value in the records, or `next` to a link or cursor on the last page"),
    );
    let error = stream(&table("at = \"/a\"")).error();
    assert_eq!(error.to_string(), format!("{key}.param` is missing"));
    for (keys, name) in
        [("from = \"x\"", "from"), ("lookback = \"1h\"", "lookback"), ("order = \"as_sent\"", "order")]
    {
        assert_refused(
            &table(&format!("next = \"/a\", {keys}")),
            &format!("{key}.{name}`: it has no meaning with `next`"),
            Some("remove it"),
        );
    }
    for (from, message) in [
        ("\"\"", "must not be empty"),
        ("1.5", "must be text or a whole number"),
        ("true", "must be text or a whole number"),
        (
            "\"now-1\"",
            "`now-1` is not a time such as `2026-01-01`, `2026-01-01T06:00:00Z`, `now-24h`, `now/d` or `yesterday`",
        ),
    ] {
        let error = stream(&table(&format!("at = \"/a\", param = \"b\", from = {from}"))).error();
        let expected = format!("{key}.from`: {message}");
        assert!(error.to_string() == expected || from == "true", "{error}");
    }
}

#[test]
fn a_stream_with_several_listings_has_one_value_and_no_link() {
    let value = "incremental = { at = \"/a\", param = \"b\" }\n";
    let as_sent = "incremental = { at = \"/a\", param = \"b\", order = \"as_sent\" }\n";
    let next = "incremental = { next = \"/a\" }\n";
    let each = "each = { list = [\"x\"], as = \"y\" }\nquery = { y = \"{each.y}\" }\n";
    let window = "query = { t = \"{window.start}\" }\nwindow = { from = \"2026-01-01\", slice = \"1d\" }\n";
    for (several, name) in [(each, "parents"), (window, "windows")] {
        stream(&[value, several].concat()).load();
        assert_refused(
            &[next, several].concat(),
            &format!(
                "`streams.calls.incremental.next`: a stream with {name} has several last pages, not one"
            ),
            Some("use `at`"),
        );
        assert_refused(
            &[as_sent, several].concat(),
            &format!(
                "`streams.calls.incremental.order`: a stream with {name} has several listings, which have no common order"
            ),
            Some("remove it, so that the greatest value counts"),
        );
    }
    assert_refused(
        &[value, &window.replace("slice = \"1d\"", "incremental = true")].concat(),
        "`streams.calls.window.incremental` cannot be combined with `streams.calls.incremental`",
        Some("a run starts either at a time or at a value: remove one of them"),
    );
    let job = "[streams.calls.job]\nsubmit = { path = \"/s\" }\nid = \"/id\"\npoll = \"/p/{job.id}\"\nstate = \"/s\"\n\
               done = [\"D\"]\n";
    assert_refused(
        &[value, job].concat(),
        "`streams.calls.incremental`: a stream with a job cannot start at a value or link",
        Some("use a window with `incremental = true`"),
    );
}

#[test]
fn a_lookback_needs_times() {
    for from in ["1000", "\"1000\""] {
        let stream = format!(
            "[streams.a]\npath = \"/a\"\nincremental = {{ at = \"/id\", param = \"since\", from = {from}, lookback = \"1h\" }}\n"
        );
        let error = Case::small(&stream).error();
        assert_eq!(
            (error.to_string().as_str(), error.hint()),
            (
                "`streams.a.incremental.lookback`: it is a span of time, but `from` is the number `1000`",
                Some("remove it")
            )
        );
    }
    let times = "[streams.a]\npath = \"/a\"\nincremental = { at = \"/id\", param = \"since\", from = \"2026-01-01\", lookback = \"1h\" }\n";
    Case::small(times).load();
}

#[test]
fn a_slice_has_whole_seconds() {
    let stream = |least: &str| {
        Case::small(&format!(
            "[streams.a]\npath = \"/{{window.start}}\"\nwindow = {{ from = \"2026-01-01\", min_slice = \"{least}\" }}\n"
        ))
    };
    let error = stream("999ms").error();
    assert_eq!(
        (error.to_string().as_str(), error.hint()),
        ("`streams.a.window.min_slice`: windows are halved at whole seconds", Some("set it to `1s` or more"))
    );
    stream("1s").load();
    stream("1mo").load();
}
