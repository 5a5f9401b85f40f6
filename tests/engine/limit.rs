//! Samples: pulls that end after a number of records.

use jiff::{SignedDuration, Span};
use longhaul_core::state::Summary;
use longhaul_tests::Pulled;

use crate::windows::{details_query, timeline, windows};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A sample of 1440 records in windows of six hours, with 25 records a page. Returns it with the number of requests.
fn sample(limit: u64, unique: Option<&str>) -> (Pulled, usize) {
    let (setup, transport, mut source) = details_query(timeline(), HOUR);
    source.unique = unique.map(|place| place.parse().unwrap());
    source.concurrency = 8;
    let pulled = setup.sample(&source, Some(windows(Some(Span::new().hours(6)))), limit);
    let requests = transport.api_requests().len() - setup.events.rejected_tokens();
    (pulled, requests)
}

#[test]
fn a_sample_has_the_first_records_and_no_findings() {
    for limit in [1, 25, 30, 180, 200, 1439] {
        let (pulled, requests) = sample(limit, None);
        let expected = timeline().records()[..usize::try_from(limit).unwrap()].to_vec();
        assert!(pulled.records() == expected, "the records differ at {limit}");
        let Summary { records, missing, end, .. } = pulled.summary();
        assert_eq!((records, missing, end), (limit, 0, None));
        // Half of all pages: how many are prefetched before the last one is written is up to the threads.
        assert!(limit > 200 || requests <= 36, "{requests} requests for {limit} records");
    }
}

#[test]
fn a_limit_above_what_there_is_changes_nothing() {
    let (pulled, _) = sample(2000, Some("/id"));
    assert!(pulled.records() == timeline().records(), "the records differ");
    assert!(pulled.summary().end.is_some(), "its end is proved");
}

/// One window of two days is too deep, so it is halved after 250 records.
#[test]
fn records_that_were_rolled_back_do_not_count() {
    for unique in [None, Some("/id")] {
        let (setup, _, mut source) = details_query(timeline(), HOUR);
        source.unique = unique.map(|place: &str| place.parse().unwrap());
        let pulled = setup.sample(&source, Some(windows(None)), 260);
        assert!(pulled.records() == timeline().records()[..260], "the records differ");
    }
}
