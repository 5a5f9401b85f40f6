//! Windows of an API that limits how many results a query can page through.

use std::sync::Arc;

use http::Method;
use jiff::{SignedDuration, Span, tz::TimeZone};
use longhaul_core::{
    Body, Source,
    listing::{
        end::{Ends, RecordsMissing},
        paginate::PageNumber,
    },
    pull::{
        PullError,
        window::{Windows, tile},
    },
    sink::Mark,
    window::Window,
};
use longhaul_tests::{
    Call, CallLog, Lifetime, Pulled, Reply, ScriptedTransport, Setup, Timeline, Tokens, chain, split_on,
    window, with_total,
};
use serde_json::json;

const TWO_DAYS: &str = "2026-01-01T00:00:00Z/2026-01-03T00:00:00Z";

/// 1440 records in two days, which are 180 in six hours. A query can page through 250.
pub(crate) fn timeline() -> Timeline {
    Timeline::new(window(TWO_DAYS).start, SignedDuration::from_mins(2), 1440, 250)
}

/// The windows of two days.
pub(crate) fn windows(slice: Option<Span>) -> Vec<Window> {
    let Window { start, end } = window(TWO_DAYS);
    tile(start, end, slice.as_ref(), &TimeZone::UTC).unwrap()
}

/// A details query of `timeline` in windows that are halved down to `min_slice`.
pub(crate) fn details_query(
    timeline: Timeline,
    min_slice: SignedDuration,
) -> (Setup, Arc<ScriptedTransport>, Source) {
    let tokens = Arc::new(Tokens::new(Lifetime::Requests(9)));
    let (setup, transport) = Setup::scripted_api(&tokens, move |request| timeline.page(request));
    let paginator = PageNumber {
        param: "/paging/pageNumber".parse().unwrap(),
        size: Some(("/paging/pageSize".parse().unwrap(), 25)),
        start: 1,
        page_count: None,
    };
    let mut source = setup.source_at("/api/v2/details/query", "/conversations", paginator);
    source.rules = split_on(400, Some("pagination.limit"));
    source.ends = Ends { records_missing: RecordsMissing::Empty, ..with_total("/totalHits") };
    source.first.method = Method::POST;
    source.first.body = Body::Json(json!({"interval": "{window.start}/{window.end}"}).into());
    source.windows = Some(Windows {
        slice: None,
        min_slice,
        timezone: TimeZone::UTC,
        format: "%Y-%m-%dT%H:%M:%S.%3fZ".to_owned(),
    });
    (setup, transport, source)
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn intervals(transport: &ScriptedTransport) -> Vec<String> {
    let interval = |body: &[u8]| {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        body["interval"].as_str().unwrap().to_owned()
    };
    let mut intervals: Vec<_> =
        transport.api_requests().iter().map(|request| interval(&request.body)).collect();
    intervals.dedup();
    intervals
}

#[test]
fn eight_windows_of_six_hours_are_complete_and_in_order() {
    let (setup, transport, source) = details_query(timeline(), HOUR);
    let cut = windows(Some(Span::new().hours(6)));

    let pulled = setup.pull(&source, Some(cut));

    assert!(pulled.records() == timeline().records(), "every record once, in order and byte for byte");
    let summary = pulled.summary();
    assert_eq!((summary.records, summary.windows, summary.missing, summary.repeated), (1440, 8, 0, 0));
    assert_eq!(summary.pages, 8 * 9, "8 with records and one without in each window");
    assert_eq!(
        intervals(&transport),
        [
            "2026-01-01T00:00:00.000Z/2026-01-01T06:00:00.000Z",
            "2026-01-01T06:00:00.000Z/2026-01-01T12:00:00.000Z",
            "2026-01-01T12:00:00.000Z/2026-01-01T18:00:00.000Z",
            "2026-01-01T18:00:00.000Z/2026-01-02T00:00:00.000Z",
            "2026-01-02T00:00:00.000Z/2026-01-02T06:00:00.000Z",
            "2026-01-02T06:00:00.000Z/2026-01-02T12:00:00.000Z",
            "2026-01-02T12:00:00.000Z/2026-01-02T18:00:00.000Z",
            "2026-01-02T18:00:00.000Z/2026-01-03T00:00:00.000Z",
        ]
    );
    let expired = setup.events.rejected_tokens();
    assert_eq!(expired, 7, "72 pages at 9 per token");
    assert_eq!(transport.api_requests().len(), 72 + expired, "nothing else was refused");
    assert_eq!(setup.events.retried(), []);
}

/// One window of two days, which is halved until eight of six hours are left.
fn pull_one_window(unique: Option<&str>) -> Pulled {
    let (setup, transport, mut source) = details_query(timeline(), HOUR);
    source.unique = unique.map(|place| place.parse().unwrap());
    let pulled = setup.pull(&source, Some(windows(None)));
    assert!(pulled.records() == timeline().records(), "every record once, in order and byte for byte");
    assert_eq!((pulled.summary().records, pulled.summary().windows, pulled.summary().missing), (1440, 8, 0));
    assert_eq!(
        intervals(&transport)[..4],
        [
            "2026-01-01T00:00:00.000Z/2026-01-03T00:00:00.000Z",
            "2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z",
            "2026-01-01T00:00:00.000Z/2026-01-01T12:00:00.000Z",
            "2026-01-01T00:00:00.000Z/2026-01-01T06:00:00.000Z",
        ]
    );
    pulled
}

#[test]
fn one_window_is_halved_until_it_fits() {
    let pulled = pull_one_window(None);
    let summary = pulled.summary();
    assert_eq!((summary.pages, summary.repeated), (8 * 9, 0), "pages that were rolled back do not count");
    let calls = pulled.calls.of("out");
    let rollbacks: Vec<_> = calls.iter().filter(|call| matches!(call, Call::RollBack(_))).collect();
    let marks = [0, 0, 0, 18, 36, 36, 54].map(|mark| Call::RollBack(Mark(mark)));
    assert_eq!(rollbacks, marks.each_ref(), "for 48 h, 24 h, 12 h, 12 h, 24 h, 12 h and 12 h");
}

#[test]
fn one_window_is_halved_without_rollback_if_records_have_keys() {
    let pulled = pull_one_window(Some("/id"));
    let calls = pulled.calls.of("out");
    assert!(!calls.iter().any(|call| matches!(call, Call::RollBack(_))));
    assert_eq!(pulled.summary().repeated, 7 * 250, "the records before each of the seven refusals");
}

#[test]
fn a_window_that_cannot_be_halved_any_further_is_an_error() {
    let (setup, _, source) = details_query(timeline(), SignedDuration::from_hours(12));
    let pulled = setup.pull(&source, Some(windows(None)));
    let deepest = window("2026-01-01T00:00:00Z/2026-01-01T12:00:00Z");
    assert!(matches!(pulled.error(), PullError::TooDeep { window } if *window == deepest));
    assert_eq!(
        chain(pulled.error()),
        "the API has too many results to page through from 2026-01-01T00:00:00Z to 2026-01-01T12:00:00Z, \
         and the window cannot be halved"
    );
    assert!(!pulled.calls.any_finished());
}

#[test]
fn a_sink_that_cannot_roll_back_is_an_error() {
    let (setup, _, source) = details_query(timeline(), HOUR);
    let calls = CallLog::default();
    let sink = calls.sink("lake").without_rollback();
    let outcome = setup.pull_into(&source, Some(windows(None)), vec![("lake", &sink)]);
    let error = outcome.unwrap_err();
    assert!(matches!(&error, PullError::CannotRollBack { name } if name == "lake"));
    assert_eq!(chain(&error), "a partition must be pulled again, but the sink `lake` cannot roll back");
    assert!(!calls.any_finished());
}

#[test]
fn no_sink_is_rolled_back_if_records_have_keys() {
    let (setup, _, mut source) = details_query(timeline(), HOUR);
    source.unique = Some("/id".parse().unwrap());
    let calls = CallLog::default();
    let sink = calls.sink("lake").without_rollback();
    setup.pull_into(&source, Some(windows(None)), vec![("lake", &sink)]).unwrap();
    assert!(calls.records("lake") == timeline().records());
}

/// An API that counts the results first refuses the first page, so nothing was written yet.
#[test]
fn no_sink_is_rolled_back_if_the_first_page_is_refused() {
    let (_, _, source) = details_query(timeline(), HOUR);
    let tokens = Arc::new(Tokens::new(Lifetime::Unlimited));
    let (setup, _) = Setup::scripted_api(&tokens, |request| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let is_too_deep = timeline().within(body["interval"].as_str().unwrap()).len() > 200;
        let refusal = json!({"code": "pagination.limit"});
        if is_too_deep {
            return Reply::refusal(400, &refusal);
        }
        timeline().page(request)
    });
    let calls = CallLog::default();
    let sink = calls.sink("lake").without_rollback();
    setup.pull_into(&source, Some(windows(None)), vec![("lake", &sink)]).unwrap();
    assert!(calls.records("lake") == timeline().records());
}

#[test]
fn other_refusals_do_not_halve_a_window() {
    for rules in [Arc::default(), split_on(400, Some("bad.request")), split_on(413, None)] {
        let (setup, transport, mut source) = details_query(timeline(), HOUR);
        source.rules = rules;
        let pulled = setup.pull(&source, Some(windows(None)));
        let refusal = pulled.request_error().refusal().unwrap();
        assert_eq!(refusal.code.as_deref(), Some("pagination.limit"));
        assert_eq!(intervals(&transport).len(), 1);
    }
}

#[test]
fn a_status_alone_can_mean_that_a_window_is_too_deep() {
    let (setup, _, mut source) = details_query(timeline(), HOUR);
    source.rules = split_on(400, None);
    let pulled = setup.pull(&source, Some(windows(None)));
    assert!(pulled.records() == timeline().records());
}

#[test]
fn times_have_the_configured_zone_and_format() {
    let (setup, transport, mut source) = details_query(timeline(), HOUR);
    let windows = source.windows.as_mut().unwrap();
    windows.timezone = TimeZone::get("Europe/Berlin").unwrap();
    windows.format = "%Y-%m-%dT%H:%M:%S%:z".to_owned();
    let window = window("2026-03-29T00:00:00Z/2026-03-29T02:00:00Z");
    assert_eq!(setup.pull(&source, Some(vec![window])).summary().records, 0);
    assert_eq!(intervals(&transport), ["2026-03-29T01:00:00+01:00/2026-03-29T04:00:00+02:00"]);
}

#[test]
fn missing_records_are_summed_over_the_windows() {
    let tokens = Arc::new(Tokens::new(Lifetime::Unlimited));
    let (setup, _) = Setup::scripted_api(&tokens, |request| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let records = if body["paging"]["pageNumber"] == 1 { json!([body["interval"]]) } else { json!([]) };
        Reply::json(json!({"conversations": records, "totalHits": 3}).to_string())
    });
    let (_, _, source) = details_query(timeline(), HOUR);
    let pulled = setup.pull(&source, Some(windows(Some(Span::new().hours(6)))));
    let summary = pulled.summary();
    assert_eq!((summary.records, summary.missing), (8, 16));
}

#[test]
fn without_windows_nothing_is_requested_and_the_output_is_empty() {
    let (setup, transport, source) = details_query(timeline(), HOUR);
    let pulled = setup.pull(&source, Some(Vec::new()));
    assert_eq!(pulled.summary().windows, 0);
    assert!(pulled.calls.any_finished(), "the pull is complete");
    assert_eq!(transport.received().len(), 0);
}
