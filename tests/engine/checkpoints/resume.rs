//! Runs that resume where an earlier one stopped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use longhaul_core::{
    Source,
    listing::{
        paginate::{Cursor, NextUrl},
        position::Next,
    },
    pull::PullError,
    state::checkpoint::Stage,
};
use longhaul_tests::{
    Done, FakeApi, Fault, Lifetime, Links, ManualClock, Received, Reply, ScriptedTransport, Setup, Tokens,
    chain, records,
};

use super::{Scenario, scenarios};

/// An API with twelve records on six pages, which fails after some pages.
struct Failing {
    /// How many pages are left until it fails.
    pages: Arc<AtomicUsize>,
    transport: Arc<std::sync::Mutex<Option<Arc<ScriptedTransport>>>>,
}

impl Failing {
    fn scenario(pages: usize, every: Duration) -> (Self, Scenario) {
        let failing = Self { pages: Arc::new(AtomicUsize::new(pages)), transport: Arc::default() };
        let (left, transport) = (Arc::clone(&failing.pages), Arc::clone(&failing.transport));
        let pull = move || {
            let api = FakeApi::new(Tokens::new(Lifetime::Unlimited), &records(12), 2, Links::Relative);
            let left = Arc::clone(&left);
            let (setup, scripted) = Setup::scripted(&ManualClock::new(), move |request| {
                let fails = !request.is_for_token()
                    && left
                        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                        .is_err();
                Ok(if fails { Reply::status(404) } else { api.answer(request) })
            });
            *transport.lock().unwrap() = Some(scripted);
            let source = setup.source();
            (setup, source)
        };
        (failing, Scenario { pull: Box::new(pull), every, ..scenarios::one_listing() })
    }

    fn requests(&self) -> Vec<Received> {
        self.transport.lock().unwrap().as_ref().unwrap().api_requests()
    }
}

#[test]
fn a_resumed_run_requests_no_page_again() {
    for every in [Duration::ZERO, Duration::from_secs(3600)] {
        let (failing, scenario) = Failing::scenario(4, every);
        let disk = scenario.disk();
        let error = scenario.run(&disk).unwrap_err();
        assert!(matches!(error, PullError::Page(_)), "{}", chain(&error));

        let checkpoint = Scenario::checkpoint(&disk);
        assert_eq!((checkpoint.so_far().records, checkpoint.so_far().pages), (8, 4));
        assert_eq!(checkpoint.stage, Stage::Pulling);
        assert!(matches!(&checkpoint.partitions[0].listing.next, Next::At(Cursor::Url(_))));

        failing.pages.store(100, Ordering::SeqCst);
        let summary = scenario.run(&disk).unwrap();
        assert_eq!((summary.records, summary.pages), (12, 6), "the pages of both runs");
        let requested: Vec<_> = failing.requests().iter().map(|request| request.query("page")).collect();
        assert_eq!(requested, [Some("5".to_owned()), Some("6".to_owned())]);
        assert_eq!(Scenario::files(&disk)["/out/calls.ndjson"], records(12).join("\n") + "\n");
        assert_eq!(Scenario::state(&disk).unfinished, None);
    }
}

/// A run that fails before its first page removes the files that it has created. The next one creates them again, for the
/// same pull.
#[test]
fn a_run_that_is_killed_after_one_without_a_page_is_resumed() {
    let (failing, scenario) = Failing::scenario(0, Duration::ZERO);
    let sinks = scenarios::one_listing_appended().sinks;
    let scenario = Scenario { sinks, existing_files: Vec::new(), ..scenario };
    let stopped = scenario.disk();
    scenario.run(&stopped).unwrap_err();
    assert_eq!(Scenario::files(&stopped).len(), 0);
    failing.pages.store(usize::MAX, Ordering::SeqCst);
    let undisturbed = stopped.after_kill();
    scenario.run(&undisturbed).unwrap();
    let expected = Scenario::files(&undisturbed);
    assert_eq!(expected["/out/calls.ndjson"], records(12).join("\n") + "\n");
    for operation in 0..undisturbed.operations() {
        let disk = stopped.after_kill();
        disk.fail_at(operation, Fault::Stop(Done::All));
        let _ = scenario.run(&disk);
        let disk = disk.after_kill();
        if Scenario::state(&disk).complete.is_none() {
            scenario.run(&disk).unwrap_or_else(|error| panic!("{operation}: {}", chain(&error)));
        }
        assert!(Scenario::files(&disk) == expected, "killed at operation {operation}");
    }
}

#[test]
fn windows_pulled_at_once_are_all_counted() {
    let one_by_one = scenarios::window_files(1);
    let summary = one_by_one.run(&one_by_one.disk()).unwrap();
    assert!(summary.windows > 3 && summary.records > 90, "{summary:?}");
    for concurrency in [2, 3] {
        let scenario = scenarios::window_files(concurrency);
        let disk = scenario.disk();
        assert_eq!(scenario.run(&disk).unwrap(), summary);
        assert_eq!(Scenario::state(&disk).complete.unwrap().summary, summary);
    }
}

#[test]
fn a_page_of_an_earlier_run_is_recognized() {
    let pages = Arc::new(AtomicUsize::new(0));
    let scenario = Scenario {
        pull: Box::new(move || {
            let pages = Arc::clone(&pages);
            let (setup, _) =
                Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), move |request| {
                    // Three pages and a failure, then three more pages. The last one links back to the second.
                    let next = match pages.fetch_add(1, Ordering::SeqCst) {
                        3 => return Reply::status(404),
                        count @ 0..6 => count + 1,
                        _ => 1,
                    };
                    let _ = request;
                    Reply::json(format!(r#"{{"results":[{{"n":{next}}}],"nextPageUri":"?page={next}"}}"#))
                });
            let source = setup.source();
            (setup, source)
        }),
        ..scenarios::one_listing()
    };
    let disk = scenario.disk();
    scenario.run(&disk).unwrap_err();
    assert_eq!(Scenario::checkpoint(&disk).pages.entries, 3);
    let error = scenario.run(&disk).unwrap_err();
    assert_eq!(error.to_string(), "after 6 pages the API points to a page that was already fetched");
}

#[test]
fn a_next_link_with_a_secret_is_never_saved() {
    let fails = Arc::new(AtomicUsize::new(1));
    let asked = Arc::new(AtomicUsize::new(0));
    let (of_api, count) = (Arc::clone(&fails), Arc::clone(&asked));
    let scenario = Scenario {
        pull: Box::new(move || {
            let (fails, asked) = (Arc::clone(&of_api), Arc::clone(&count));
            let (setup, _) =
                Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), move |request| {
                    asked.fetch_add(1, Ordering::SeqCst);
                    let page: usize = request.query("page").map_or(1, |page| page.parse().unwrap());
                    if page == 3 && fails.load(Ordering::SeqCst) > 0 {
                        return Reply::status(404);
                    }
                    let next = if page < 4 {
                        format!(r#","next":"?page={}&access_token=s3cret""#, page + 1)
                    } else {
                        String::new()
                    };
                    Reply::json(format!(r#"{{"results":[{{"n":{page}}}]{next}}}"#))
                });
            let next = NextUrl::at("/next".parse().unwrap());
            let source = Source { paginator: Arc::new(next), ..setup.source() };
            (setup, source)
        }),
        ..scenarios::one_listing()
    };
    let disk = scenario.disk();
    scenario.run(&disk).unwrap_err();
    let state = String::from_utf8(disk.contents("/state/calls.json").unwrap()).unwrap();
    assert!(!state.contains("s3cret") && !state.contains("access_token"), "{state}");

    // So the next run starts at the first page again.
    fails.store(0, Ordering::SeqCst);
    asked.store(0, Ordering::SeqCst);
    scenario.run(&disk).unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    assert_eq!(Scenario::files(&disk)["/out/calls.ndjson"], "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n");
}
