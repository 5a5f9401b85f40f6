//! Pages are prefetched.

use std::{
    sync::{Arc, Barrier, Mutex, mpsc},
    thread,
    time::Duration,
};

use jiff::{SignedDuration, Span, tz::TimeZone};
use longhaul_core::{
    Source,
    listing::paginate::{Offset, OffsetStep, PageNumber, Paginator, Single},
    pull::{
        Pull, PullError, run,
        window::{Windows, tile},
    },
    sink::Variables,
};
use longhaul_tests::{
    CallLog, Lifetime, Received, Reply, ScriptedTransport, Setup, SinkStep, Tokens, chain, window,
};

/// A listing that is pulled with a concurrency of eight.
fn eight_at_once(
    paginator: impl Paginator + 'static,
    answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
) -> (Setup, Arc<ScriptedTransport>, Source) {
    let (setup, transport) = Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), answer);
    let mut source = setup.source_at("/things", "/results", paginator);
    source.concurrency = 8;
    (setup, transport, source)
}

/// Numbered pages, without a page count.
fn numbered() -> PageNumber {
    PageNumber { param: "page".parse().unwrap(), size: None, start: 1, page_count: None }
}

fn number(request: &Received, name: &str) -> u64 {
    request.query(name).unwrap().parse().unwrap()
}

/// A page with a record for each number.
fn page(numbers: impl Iterator<Item = u64>) -> Reply {
    let records: Vec<_> = numbers.map(|number| format!(r#"{{"n":{number}}}"#)).collect();
    Reply::json(format!(r#"{{"results":[{}]}}"#, records.join(",")))
}

fn records(numbers: impl Iterator<Item = u64>) -> Vec<String> {
    numbers.map(|number| format!(r#"{{"n":{number}}}"#)).collect()
}

#[test]
fn numbered_pages_are_prefetched_without_a_page_count() {
    // After eight pages, each of the next eight waits until all of them are requested.
    let barrier = Barrier::new(8);
    let (setup, transport, source) = eight_at_once(numbered(), move |request| {
        let number = number(request, "page");
        if (9..17).contains(&number) {
            barrier.wait();
        }
        page((number <= 40).then_some(number).into_iter())
    });
    assert_eq!(setup.pull(&source, None).records(), records(1..=40), "in order");
    assert!(
        transport.api_requests().len() <= 40 + 8,
        "an empty page at the end, and at most seven prefetched past it"
    );
}

#[test]
fn pages_by_offset_are_prefetched_without_a_total() {
    let barrier = Barrier::new(8);
    let paginator =
        Offset { param: "offset".parse().unwrap(), size: None, start: 0, step: OffsetStep::Received };
    let (setup, transport, source) = eight_at_once(paginator, move |request| {
        let offset = number(request, "offset");
        if (80..160).contains(&offset) {
            barrier.wait();
        }
        page(offset..402.min(offset + 10).max(offset))
    });
    assert_eq!(setup.pull(&source, None).records(), records(0..402));
    assert!(transport.api_requests().len() <= 41 + 8);
}

#[test]
fn few_pages_are_prefetched_past_the_end_of_a_short_listing() {
    for (pages, max_requests) in [(0, 1), (1, 2), (2, 4), (3, 6)] {
        let (setup, transport, source) = eight_at_once(numbered(), move |request| {
            page(Some(number(request, "page")).filter(|n| *n <= pages).into_iter())
        });
        assert_eq!(setup.pull(&source, None).records(), records(1..=pages));
        assert!(transport.api_requests().len() <= max_requests, "{pages} pages");
    }
}

#[test]
fn windows_of_one_page_are_prefetched_and_written_in_order() {
    // After the first window, each request waits until eight windows are requested.
    let barrier = Barrier::new(8);
    let (setup, _, mut source) = eight_at_once(Single::Assumed, move |request| {
        let day = request.query("from").unwrap()[8..10].parse().unwrap();
        if day > 1 {
            barrier.wait();
        }
        page([day].into_iter())
    });
    source.first.query = vec![("from".to_owned(), "{window.start}".to_owned())];
    let range = window("2026-01-01T00:00:00Z/2026-01-18T00:00:00Z");
    let day = Span::new().days(1);
    source.windows = Some(Windows {
        slice: Some(day),
        min_slice: SignedDuration::from_hours(1),
        timezone: TimeZone::UTC,
        format: "%Y-%m-%d".to_owned(),
    });
    let days = tile(range.start, range.end, Some(&day), &TimeZone::UTC).unwrap();
    assert_eq!(setup.pull(&source, Some(days)).records(), records(1..=17));
}

#[test]
fn a_failed_run_neither_waits_for_pages_nor_requests_more() {
    let (answers, pending) = mpsc::channel();
    let (pending, both_requested) = (Mutex::new(pending), Barrier::new(2));
    let paginator = PageNumber { page_count: Some("/count".parse().unwrap()), ..numbered() };
    let (setup, transport, source) = eight_at_once(paginator, move |request| {
        let number = number(request, "page");
        if [2, 3].contains(&number) {
            both_requested.wait();
        }
        if number == 3 {
            // Answered only after the run has ended, with a status that would otherwise be retried.
            return pending.lock().unwrap().recv().unwrap();
        }
        Reply::json(format!(r#"{{"results":[{number}],"count":40}}"#))
    });
    let client = Arc::new(setup.client());
    let calls = CallLog::default();
    let sink = calls.sink("out").failing_at(SinkStep::Write);
    let (sinks, variables) = (vec![("out", &sink as _)], Variables::new("things", "/"));
    let pull = Pull {
        source: &source,
        windows: None,
        parents: None,
        sinks,
        variables,
        spool: None,
        columns: Vec::new(),
        strict: false,
        limit: None,
        checkpointing: None,
    };

    let error = run(&pull, &client).unwrap_err();

    assert!(matches!(error, PullError::Sink { .. }), "{}", chain(&error));
    answers.send(Reply::status(503)).unwrap();
    while Arc::strong_count(&client) > 1 {
        thread::yield_now();
    }
    let requests = transport.api_requests();
    assert_eq!(requests.iter().filter(|request| number(request, "page") == 3).count(), 1);
    assert_eq!(setup.clock.elapsed(), Duration::ZERO, "nothing waits for a retry");
}
