//! The main job: a listing longer than any token lives.

use std::sync::Arc;

use longhaul_tests::{FakeApi, FaultServer, Lifetime, Links, ManualClock, Setup, Tokens, records};

const RECORDS_A_PAGE: usize = 1000;

/// Pulls `pages` pages over real sockets with tokens that serve seven requests each.
fn survives_dying_tokens(links: Links) {
    let (clock, expected) = (ManualClock::new(), records(100 * RECORDS_A_PAGE));
    let api = Arc::new(FakeApi::new(Tokens::new(Lifetime::Requests(7)), &expected, RECORDS_A_PAGE, links));
    let of_server = Arc::clone(&api);
    let server = FaultServer::start(Arc::clone(&clock) as _, move |request| of_server.answer(request).into());
    let setup = Setup::over_sockets(&server.url(), &clock);

    let pulled = setup.run();

    assert!(pulled.records() == expected, "every record once, in order and byte for byte");
    let summary = pulled.outcome.unwrap();
    assert_eq!((summary.records, summary.pages), (100_000, 100));
    let deaths = api.tokens.refused();
    assert_eq!(deaths, 14, "100 pages at 7 a token");
    assert_eq!(setup.events.rejected_tokens(), deaths);
    assert_eq!(api.tokens.issued(), deaths + 1);
    assert_eq!(server.received().len(), 100 + deaths + api.tokens.issued());
    assert_eq!(clock.sleeps(), [], "a token that died is no reason to wait");
}

#[test]
fn a_hundred_pages_by_absolute_links_outlive_their_tokens() {
    survives_dying_tokens(Links::Absolute);
}

#[test]
fn a_hundred_pages_by_relative_links_outlive_their_tokens() {
    survives_dying_tokens(Links::Relative);
}
