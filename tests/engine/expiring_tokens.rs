//! A listing that takes longer than any token is valid, which is what longhaul is for.

use std::sync::Arc;

use longhaul_tests::{FakeApi, FaultServer, Lifetime, Links, ManualClock, Setup, Tokens, records};

const RECORDS_PER_PAGE: usize = 1000;

/// Pulls a hundred pages over real sockets, with tokens that are valid for seven requests each.
fn pull_a_hundred_pages(links: Links) {
    let (clock, expected) = (ManualClock::new(), records(100 * RECORDS_PER_PAGE));
    let api = Arc::new(FakeApi::new(Tokens::new(Lifetime::Requests(7)), &expected, RECORDS_PER_PAGE, links));
    let of_server = Arc::clone(&api);
    let server = FaultServer::start(Arc::clone(&clock) as _, move |request| of_server.answer(request).into());
    let setup = Setup::over_sockets(&server.url(), &clock);

    let pulled = setup.run();

    assert!(pulled.records() == expected, "every record once, in order and byte for byte");
    let summary = pulled.outcome.unwrap();
    assert_eq!((summary.records, summary.pages), (100_000, 100));
    let expired = api.tokens.refused();
    assert_eq!(expired, 14, "100 pages at 7 per token");
    assert_eq!(setup.events.rejected_tokens(), expired);
    assert_eq!(api.tokens.issued(), expired + 1);
    assert_eq!(server.received().len(), 100 + expired + api.tokens.issued());
    assert_eq!(clock.sleeps(), [], "an expired token causes no wait");
}

#[test]
fn absolute_links_are_followed_while_tokens_expire() {
    pull_a_hundred_pages(Links::Absolute);
}

#[test]
fn relative_links_are_followed_while_tokens_expire() {
    pull_a_hundred_pages(Links::Relative);
}
