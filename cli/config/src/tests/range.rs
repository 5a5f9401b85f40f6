//! Ranges of time on the command line.

use super::Case;
use crate::{Loaded, Range, RangeFlags};

const STREAMS: &str = "\
[streams.users]
path = \"/u\"
[streams.calls]
path = \"/c\"
window = { from = \"2026-01-01\", to = \"2026-02-01\", timezone = \"Europe/Berlin\", incremental = true }
[streams.notes]
path = \"/n/{each.id}\"
each = { stream = \"calls\", values = { id = \"/id\" } }
";

fn case(streams: &[&str], range: Range) -> Case {
    let mut case = Case::small(STREAMS);
    let streams = streams.iter().map(|&name| name.to_owned()).collect();
    // In Berlin, it is 1 December.
    case.sources.range = Some(RangeFlags { range, streams, now: "2026-11-30T23:30:00Z".parse().unwrap() });
    case
}

fn between(from: &str, to: &str) -> Range {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Range::Between { from: given(from), to: given(to) }
}

/// The start and end of the window of `calls`, and where they come from.
fn window(loaded: &Loaded) -> [String; 4] {
    let window = loaded.stream("calls").unwrap().window.clone().unwrap();
    assert!(!window.incremental, "it is all that is pulled");
    let origin = |key: &str| loaded.origin_of(&format!("streams.calls.window.{key}")).to_string();
    [window.from.unwrap().to_string(), window.to.to_string(), origin("from"), origin("to")]
}

#[test]
fn a_range_replaces_that_of_the_configuration() {
    let of = |range| window(&case(&["calls"], range).load());
    let last = ["now-7d", "now", "--last 7d", "--last 7d"];
    assert_eq!(of(Range::last("7d").unwrap()), last);
    let month = ["2026-10-01", "2026-11-01", "--month 2026-10", "--month 2026-10"];
    assert_eq!(of(Range::month("2026-10").unwrap()), month);
    let both = ["yesterday", "today", "--from yesterday", "--to today"];
    assert_eq!(of(between("yesterday", "today")), both);
    assert_eq!(of(between("now-1M/M", ""))[..2], ["now-1M/M", "2026-02-01"]);
    assert_eq!(of(between("", "2026-01-08"))[..2], ["2026-01-01", "2026-01-08"]);
}

#[test]
fn the_current_month_ends_now_and_a_later_one_is_refused() {
    let month = |month: &str| case(&["calls"], Range::month(month).unwrap());
    assert_eq!(window(&month("2026-12").load())[..2], ["2026-12-01", "now"]);
    assert_eq!(window(&month("2026-11").load())[..2], ["2026-11-01", "2026-12-01"]);
    let error = month("2027-01").error();
    assert_eq!(error.to_string(), "`--month 2027-01` is in the future");
    assert_eq!(error.hint(), Some("name a month that has begun: --month 2026-12 is the current one"));
}

#[test]
fn a_stream_without_a_window_has_no_range() {
    for streams in [&["calls", "users"][..], &[]] {
        let error = case(streams, Range::last("7d").unwrap()).error();
        assert_eq!(error.to_string(), "the stream `users` has no window, so `--last` does not apply to it");
        assert_eq!(error.hint(), Some("run it without `--last`, or add a table `[streams.users.window]`"));
    }
    let error = case(&["users"], between("", "today")).error();
    assert_eq!(error.to_string(), "the stream `users` has no window, so `--to` does not apply to it");
}

#[test]
fn a_range_of_children_is_that_of_their_parents() {
    let loaded = case(&["notes"], Range::last("7d").unwrap()).load();
    assert_eq!(window(&loaded)[..2], ["now-7d", "now"]);
    let mut of_preset = Case::small("[streams.notes]\n").file("crm.toml", STREAMS);
    of_preset.sources.system = Some("./crm.toml".to_owned());
    of_preset.sources.range = case(&["notes"], Range::last("7d").unwrap()).sources.range;
    let loaded = of_preset.load();
    assert_eq!(window(&loaded)[..2], ["now-7d", "now"]);
    let names: Vec<_> = loaded.streams().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["notes"], "its parents do not become a stream that the user configured");
}

#[test]
fn spans_and_months_are_checked() {
    let units = "the units are `s`, `m` (minutes), `h`, `d`, `w`, `M` (months) and `y`";
    assert_eq!(Range::last("7x").unwrap_err(), format!("unknown unit `x`; {units}"));
    assert_eq!(Range::last("7").unwrap_err(), "`7` has no unit; write `7d` for days");
    let negative = "`-7d` is negative; for the time from 7d ago to now, write `7d`";
    assert_eq!(Range::last("-7d").unwrap_err(), negative);
    for text in ["", "0d", "--7d", "now-7d", "7d/d", "7d-1h", "1h ago"] {
        let error = Range::last(text).unwrap_err();
        assert_eq!(error, "expected a time such as 7d, 12h or 1M (a month)", "{text}");
    }
    for text in ["", "2026", "2026-13", "2026-1", "2026-10-01", "October"] {
        assert_eq!(Range::month(text).unwrap_err(), "expected a month such as 2026-10", "{text}");
    }
}

#[test]
fn a_flag_for_a_preset_or_a_file_is_named_in_errors() {
    let mut unknown = Case::new();
    unknown.sources.system = Some("genesis".to_owned());
    let (error, origin) = unknown.refusal();
    assert_eq!(error, "`system`: unknown preset `genesis` (did you mean `genesys`?)");
    assert_eq!(origin, "--system genesis");
    let mut out = Case::small(STREAMS);
    out.sources.out = Some(("csv".to_owned(), "a.csv".to_owned()));
    let loaded = out.load();
    assert_eq!(loaded.config.sinks["csv"].options["path"], "a.csv");
    assert_eq!(loaded.origin_of("sinks.csv.path").to_string(), "--out a.csv");
}
