//! Pages that are fetched before their turn comes.

use std::{
    sync::{Arc, Barrier, Mutex, mpsc},
    thread,
    time::Duration,
};

use jiff::{SignedDuration, Span, tz::TimeZone};
use longhaul_core::{
    Source,
    listing::paginate::{Offset, PageNumber, Paginator, Single},
    pull::{
        Pull, PullError, run,
        window::{Windows, tile},
    },
    sink::Variables,
};
use longhaul_tests::{
    CallLog, Lifetime, Received, Reply, ScriptedTransport, Setup, SinkStep, Tokens, chain, window,
};

/// A listing that is asked for eight pages at once.
fn at_once(
    paginator: impl Paginator + 'static,
    answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
) -> (Setup, Arc<ScriptedTransport>, Source) {
    let (setup, transport) = Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), answer);
    let mut source = setup.source_at("/things", "/results", paginator);
    source.concurrency = 8;
    (setup, transport, source)
}

/// Pages that are numbered, of which nobody tells how many there are.
fn numbered() -> PageNumber {
    PageNumber { param: "page".parse().unwrap(), size: None, start: 1, page_count: None }
}

fn number(request: &Received, name: &str) -> u64 {
    request.query(name).unwrap().parse().unwrap()
}

/// A record for each of the numbers.
fn page(numbers: impl Iterator<Item = u64>) -> Reply {
    let records: Vec<_> = numbers.map(|number| format!(r#"{{"n":{number}}}"#)).collect();
    Reply::json(format!(r#"{{"results":[{}]}}"#, records.join(",")))
}

fn records(numbers: impl Iterator<Item = u64>) -> Vec<String> {
    numbers.map(|number| format!(r#"{{"n":{number}}}"#)).collect()
}

#[test]
fn numbered_pages_are_fetched_at_once_though_nobody_tells_how_many_there_are() {
    // Once eight have come, the next eight wait for one another.
    let meeting = Barrier::new(8);
    let (setup, transport, source) = at_once(numbered(), move |request| {
        let number = number(request, "page");
        if (9..17).contains(&number) {
            meeting.wait();
        }
        page((number <= 40).then_some(number).into_iter())
    });
    assert_eq!(setup.pull(&source, None).records(), records(1..=40), "in order");
    assert!(transport.api_requests().len() <= 40 + 8, "at most seven in vain, and the one that is the end");
}

#[test]
fn pages_from_an_offset_are_fetched_at_once_though_nobody_tells_how_many_there_are() {
    let meeting = Barrier::new(8);
    let paginator = Offset { param: "offset".parse().unwrap(), size: None, start: 0 };
    let (setup, transport, source) = at_once(paginator, move |request| {
        let offset = number(request, "offset");
        if (80..160).contains(&offset) {
            meeting.wait();
        }
        page(offset..402.min(offset + 10).max(offset))
    });
    assert_eq!(setup.pull(&source, None).records(), records(0..402));
    assert!(transport.api_requests().len() <= 41 + 8);
}

#[test]
fn a_short_listing_is_not_asked_for_many_pages_that_it_does_not_have() {
    for (pages, most) in [(0, 1), (1, 2), (2, 4), (3, 6)] {
        let (setup, transport, source) = at_once(numbered(), move |request| {
            page(Some(number(request, "page")).filter(|n| *n <= pages).into_iter())
        });
        assert_eq!(setup.pull(&source, None).records(), records(1..=pages));
        assert!(transport.api_requests().len() <= most, "{pages} pages");
    }
}

#[test]
fn windows_of_one_page_are_fetched_at_once_and_written_in_order() {
    // Behind the first, eight windows at a time wait for one another.
    let meeting = Barrier::new(8);
    let (setup, _, mut source) = at_once(Single::Assumed, move |request| {
        let day = request.query("from").unwrap()[8..10].parse().unwrap();
        if day > 1 {
            meeting.wait();
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
fn a_run_that_fails_waits_for_no_page_and_asks_for_none_any_more() {
    let (answers, held) = mpsc::channel();
    let (held, both_asked) = (Mutex::new(held), Barrier::new(2));
    let paginator = PageNumber { page_count: Some("/count".parse().unwrap()), ..numbered() };
    let (setup, transport, source) = at_once(paginator, move |request| {
        let number = number(request, "page");
        if [2, 3].contains(&number) {
            both_asked.wait();
        }
        if number == 3 {
            // Nobody answers this before the run is over, and then it would be time to ask again.
            return held.lock().unwrap().recv().unwrap();
        }
        Reply::json(format!(r#"{{"results":[{number}],"count":40}}"#))
    });
    let client = Arc::new(setup.client());
    let calls = CallLog::default();
    let sink = calls.sink("out").failing_at(SinkStep::Write);
    let (sinks, variables) = (vec![("out", &sink as _)], Variables::new("things", "/"));
    let pull = Pull { source: &source, windows: None, sinks, variables, checkpointing: None };

    let error = run(&pull, &client).unwrap_err();

    assert!(matches!(error, PullError::Sink { .. }), "{}", chain(&error));
    answers.send(Reply::status(503)).unwrap();
    while Arc::strong_count(&client) > 1 {
        thread::yield_now();
    }
    let asked = transport.api_requests();
    assert_eq!(asked.iter().filter(|request| number(request, "page") == 3).count(), 1);
    assert_eq!(setup.clock.elapsed(), Duration::ZERO, "nobody waits to ask again");
}
