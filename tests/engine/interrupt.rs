//! Runs that are asked to stop.

use std::{sync::Arc, time::Duration};

use longhaul_core::{
    Clock, Replay,
    client::retry::StopReason,
    clock::{Interrupt, SystemClock},
    http::transport::{Proxy, Settings, Transport, TransportErrorKind, UreqTransport},
};
use longhaul_tests::{
    FakeApi, FaultServer, Lifetime, Links, ManualClock, Reaction, Reply, Setup, Tokens, chain, records,
};

const INTERRUPTED: &str = "interrupted during `POST https://api.example/api/v2/details/query`";

#[test]
fn a_wait_of_a_minute_ends_when_the_run_is_asked_to_stop() {
    let (clock, tokens) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited));
    let (setup, transport) = Setup::scripted(&clock, move |request| {
        let api = || Reply::status(429).header("retry-after", "60");
        Ok(if request.is_for_token() { tokens.issue(request.at) } else { api() })
    });
    clock.interrupt_at(Duration::from_secs(1));

    let pulled = setup.run();

    assert_eq!(pulled.request_error().reason(), StopReason::Interrupted);
    assert_eq!(chain(pulled.error()), format!("{INTERRUPTED}\nthe server answered 429 Too Many Requests"));
    assert_eq!(clock.elapsed(), Duration::from_secs(1));
    assert_eq!(transport.api_requests().len(), 1);
    assert!(!pulled.calls.any_finished());
}

#[test]
fn a_wait_for_the_token_endpoint_ends_when_the_run_is_asked_to_stop() {
    let clock = ManualClock::new();
    let (setup, transport) = Setup::scripted(&clock, |_| Ok(Reply::status(503).header("retry-after", "60")));
    clock.interrupt_at(Duration::from_secs(1));

    let pulled = setup.run();

    assert_eq!(pulled.request_error().reason(), StopReason::Interrupted);
    assert_eq!(chain(pulled.error()), format!("{INTERRUPTED}\nthe run was asked to stop"));
    assert_eq!(transport.received().len(), 1);
}

#[test]
fn a_run_that_is_asked_to_stop_sends_nothing_more() {
    let (clock, expected) = (ManualClock::new(), records(4));
    let api = FakeApi::new(Tokens::new(Lifetime::Unlimited), &expected, 1, Links::Relative);
    let of_script = Arc::clone(&clock);
    let (setup, transport) = Setup::scripted(&clock, move |request| {
        if request.query("page").as_deref() == Some("3") {
            of_script.interrupt_at(Duration::ZERO);
        }
        Ok(api.answer(request))
    });

    let pulled = setup.run();

    assert_eq!(chain(pulled.error()), "interrupted during `GET https://api.example/api/v2/details/query`");
    assert_eq!(pulled.request_error().reason(), StopReason::Interrupted);
    assert_eq!(pulled.calls.records("out"), expected[..3], "the page in flight is still written");
    assert_eq!(transport.api_requests().len(), 3);
}

#[test]
fn a_request_that_fails_because_of_the_stop_is_interrupted() {
    let (clock, tokens) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited));
    let of_script = Arc::clone(&clock);
    let (mut setup, _) = Setup::scripted(&clock, move |request| {
        if request.is_for_token() {
            return Ok(tokens.issue(request.at));
        }
        of_script.interrupt_at(Duration::ZERO);
        Err(TransportErrorKind::BrokenOff)
    });
    setup.request.replay = Replay::OnlyUnseen;
    assert_eq!(setup.run().request_error().reason(), StopReason::Interrupted);
}

#[test]
fn a_request_in_flight_is_interrupted() {
    let interrupt = Interrupt::default();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(interrupt.clone()));
    let settings = Settings { proxy: Proxy::Direct, ..Settings::default() };
    let transport = Arc::new(UreqTransport::new(&settings).unwrap());
    let of_server = Arc::clone(&transport);
    // The same order as on a signal: the clock first, so that the interrupted request is not retried.
    let server = FaultServer::start(Arc::clone(&clock), move |_| {
        interrupt.raise();
        of_server.interrupt();
        Reaction::Stall
    });
    let setup = Setup::new(&server.url(), transport, clock);
    assert_eq!(setup.run().request_error().reason(), StopReason::Interrupted);
    assert_eq!(server.received().len(), 1);
}
