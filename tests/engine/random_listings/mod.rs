//! Listings of random shapes with random faults. Each delivers every record exactly once, or does not end as success.

mod listing;
mod server;

use std::{sync::Arc, thread};

use longhaul_core::{Source, http::place::Places, listing::paginate::NextUrl};
use longhaul_tests::{Lifetime, Pulled, Random, Setup, Tokens, chain};

use self::{
    listing::{Fault, Listing, Total},
    server::Server,
};

/// The number of listings.
const CASES: u64 = 10_000;

/// How many listings are pulled at once.
const THREADS: u8 = 4;

/// How many of them ended in which way.
#[derive(Clone, Copy, Debug, Default)]
struct Ended {
    /// Everything was delivered.
    complete: u64,
    /// Records are missing, and the summary says so.
    reported: u64,
    /// Records are missing, and no client could notice.
    hidden: u64,
    /// The pull failed.
    failed: u64,
}

#[test]
fn a_listing_delivers_everything_or_fails() {
    let ended = thread::scope(|scope| {
        let cases =
            |thread: u8| move || (u64::from(thread)..CASES).step_by(THREADS.into()).map(pull).collect();
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(cases(thread))).collect();
        let ended = threads.into_iter().flat_map(|thread| -> Vec<Ended> { thread.join().unwrap() });
        ended.fold(Ended::default(), |sum, one| Ended {
            complete: sum.complete + one.complete,
            reported: sum.reported + one.reported,
            hidden: sum.hidden + one.hidden,
            failed: sum.failed + one.failed,
        })
    });
    // The tests below mean nothing if too few listings get there.
    assert!(ended.complete > 4500 && ended.failed > 2000 && ended.reported > 200, "{ended:?}");
    assert!(ended.hidden < 800, "{ended:?}");
}

/// Pulls the listing of a case, and says how that ended.
fn pull(case: u64) -> Ended {
    let listing = Listing::new(&mut Random::from_seed(0x10A6_4A01 + case));
    let server = Server::new(listing.clone());
    let (setup, _) = Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), move |request| {
        server.answer(request)
    });
    let source = setup.source_at("/x", "/data", NextUrl::at("/next".parse::<Places>().unwrap()));
    let source = Source {
        ends: listing.ends(),
        paginator: listing.paginator(),
        rules: Arc::new(listing.rules()),
        concurrency: listing.concurrency,
        ..source
    };
    let pulled = setup.pull(&source, None);
    judge(&listing, &pulled, &format!("case {case}: {listing:?}"))
}

fn judge(listing: &Listing, pulled: &Pulled, what: &str) -> Ended {
    let summary = match &pulled.outcome {
        Ok(summary) => summary,
        Err(error) => {
            assert!(!listing.is_harmless(), "{what}: {}", chain(error));
            return Ended { failed: 1, ..Ended::default() };
        }
    };
    let delivered: Vec<u64> =
        pulled.calls.records("out").iter().map(|record| listing::id_of(record)).collect();
    assert_eq!(summary.records, delivered.len() as u64, "{what}");
    assert!(summary.end.is_some() || summary.skipped > 0, "{what}: nothing proves the end");
    if delivered.iter().copied().eq(0..listing.records) {
        let is_reported = listing.fault == Fault::TotalTooHigh && listing.total != Total::None;
        assert_eq!(summary.missing > 0, is_reported, "{what}");
        return Ended { complete: 1, ..Ended::default() };
    }
    if summary.skipped > 0 {
        assert!(listing.fault == Fault::Gone && delivered.is_empty(), "{what}: {delivered:?}");
        return Ended { reported: 1, ..Ended::default() };
    }
    assert!(listing.hides_others_than(&delivered), "{what}: {delivered:?}, {:?}", summary.end);
    if summary.findings().is_empty() {
        assert!(listing.total == Total::None || listing.hides_repetitions(), "{what}: {delivered:?}");
        return Ended { hidden: 1, ..Ended::default() };
    }
    Ended { reported: 1, ..Ended::default() }
}
