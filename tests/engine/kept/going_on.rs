//! Going on where a run stopped.

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
        paginate::{Base, Cursor, Follow, NextUrl},
        position::Next,
    },
    pull::PullError,
    state::checkpoint::Stage,
};
use longhaul_tests::{
    FakeApi, Lifetime, Links, ManualClock, Received, Reply, ScriptedTransport, Setup, Tokens, chain, records,
};

use super::{World, pulls};

/// Twelve records in six pages, of which an API gives so many to a run before it stays down.
struct Failing {
    pages: Arc<AtomicUsize>,
    transport: Arc<std::sync::Mutex<Option<Arc<ScriptedTransport>>>>,
}

impl Failing {
    fn world(pages: usize, every: Duration) -> (Self, World) {
        let failing = Self { pages: Arc::new(AtomicUsize::new(pages)), transport: Arc::default() };
        let (left, transport) = (Arc::clone(&failing.pages), Arc::clone(&failing.transport));
        let pull = move || {
            let api = FakeApi::new(Tokens::new(Lifetime::Unlimited), &records(12), 2, Links::Relative);
            let left = Arc::clone(&left);
            let (setup, scripted) = Setup::scripted(&ManualClock::new(), move |request| {
                let spent = !request.is_for_token()
                    && left
                        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                        .is_err();
                Ok(if spent { Reply::status(404) } else { api.answer(request) })
            });
            *transport.lock().unwrap() = Some(scripted);
            let source = setup.source();
            (setup, source)
        };
        (failing, World { pull: Box::new(pull), every, ..pulls::one_listing() })
    }

    fn asked(&self) -> Vec<Received> {
        self.transport.lock().unwrap().as_ref().unwrap().api_requests()
    }
}

#[test]
fn a_run_that_stops_keeps_every_page_and_the_next_asks_for_none_of_them_again() {
    for every in [Duration::ZERO, Duration::from_secs(3600)] {
        let (failing, world) = Failing::world(4, every);
        let disk = world.disk();
        let error = world.run(&disk).unwrap_err();
        assert!(matches!(error, PullError::Page(_)), "{}", chain(&error));

        let checkpoint = World::checkpoint(&disk);
        assert_eq!((checkpoint.so_far().records, checkpoint.so_far().pages), (8, 4));
        assert_eq!(checkpoint.stage, Stage::Pulling);
        assert!(matches!(&checkpoint.partitions[0].listing.next, Next::At(Cursor::Url(_))));

        failing.pages.store(100, Ordering::SeqCst);
        let summary = world.run(&disk).unwrap();
        assert_eq!((summary.records, summary.pages), (12, 6), "both runs count");
        let asked: Vec<_> = failing.asked().iter().map(|request| request.query("page")).collect();
        assert_eq!(asked, [Some("5".to_owned()), Some("6".to_owned())]);
        assert_eq!(World::files(&disk)["/out/calls.ndjson"], records(12).join("\n") + "\n");
        assert_eq!(World::state(&disk).unfinished, None);
    }
}

#[test]
fn windows_that_are_pulled_at_once_are_all_counted() {
    let one_by_one = pulls::window_files(1);
    let summary = one_by_one.run(&one_by_one.disk()).unwrap();
    assert!(summary.windows > 3 && summary.records > 90, "{summary:?}");
    for concurrency in [2, 3] {
        let world = pulls::window_files(concurrency);
        let disk = world.disk();
        assert_eq!(world.run(&disk).unwrap(), summary);
        assert_eq!(World::state(&disk).complete.unwrap().summary, summary);
    }
}

#[test]
fn a_page_that_an_earlier_run_has_seen_is_seen_again() {
    let pages = Arc::new(AtomicUsize::new(0));
    let world = World {
        pull: Box::new(move || {
            let pages = Arc::clone(&pages);
            let (setup, _) =
                Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), move |request| {
                    // Three pages and a stop, then three more, of which the last leads back to the second.
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
        ..pulls::one_listing()
    };
    let disk = world.disk();
    world.run(&disk).unwrap_err();
    assert_eq!(World::checkpoint(&disk).pages.entries, 3);
    let error = world.run(&disk).unwrap_err();
    assert_eq!(error.to_string(), "after 6 pages the API points to a page that was already fetched");
}

#[test]
fn a_next_link_with_a_secret_is_never_saved() {
    let fails = Arc::new(AtomicUsize::new(1));
    let asked = Arc::new(AtomicUsize::new(0));
    let (of_api, count) = (Arc::clone(&fails), Arc::clone(&asked));
    let world = World {
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
            let next = NextUrl { next: "/next".parse().unwrap(), base: Base::Response, follow: Follow::Get };
            let source = Source { paginator: Arc::new(next), ..setup.source() };
            (setup, source)
        }),
        ..pulls::one_listing()
    };
    let disk = world.disk();
    world.run(&disk).unwrap_err();
    let state = String::from_utf8(disk.contents("/state/calls.json").unwrap()).unwrap();
    assert!(!state.contains("s3cret") && !state.contains("access_token"), "{state}");

    // So it begins at the first page again.
    fails.store(0, Ordering::SeqCst);
    asked.store(0, Ordering::SeqCst);
    world.run(&disk).unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    assert_eq!(World::files(&disk)["/out/calls.ndjson"], "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n");
}
