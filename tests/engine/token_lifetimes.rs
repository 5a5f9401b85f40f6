//! Tokens that expire, and the lifetimes that servers report.

use std::{
    sync::{Arc, Condvar, Mutex, mpsc},
    time::Duration,
};

use longhaul_core::Clock;
use longhaul_tests::{FakeApi, Lifetime, Links, ManualClock, ScriptedTransport, Setup, Tokens, records};
use serde_json::json;

const SECOND: Duration = Duration::from_secs(1);

/// Pulls `pages` pages. A request to the API takes `page_time`, and a request to the token endpoint `token_time`.
fn pull(
    tokens: Tokens,
    pages: usize,
    page_time: Duration,
    token_time: Duration,
) -> (Arc<FakeApi>, Arc<ScriptedTransport>) {
    let (clock, expected) = (ManualClock::new(), records(3 * pages));
    let api = Arc::new(FakeApi::new(tokens, &expected, 3, Links::Relative));
    let (of_script, time) = (Arc::clone(&api), Arc::clone(&clock));
    let (setup, transport) = Setup::scripted(&clock, move |request| {
        if request.is_for_token() {
            time.advance(token_time);
            return Ok(of_script.tokens.issue(request.at + token_time));
        }
        let reply = of_script.answer(request);
        time.advance(page_time);
        Ok(reply)
    });
    assert_eq!(setup.run().records(), expected);
    (api, transport)
}

/// A token is renewed on another thread, but only the pull advances the clock, and it waits for the renewal once the token
/// has expired. So the bounds hold however the threads are scheduled: each token is used for 0.9 to 1.0 of 5.97 seconds.
#[test]
fn tokens_of_one_second_are_renewed_before_they_expire() {
    let tokens = Tokens::new(Lifetime::Time(SECOND)).reporting(json!(1));
    let (api, _) = pull(tokens, 200, Duration::from_millis(30), Duration::ZERO);
    assert_eq!(api.tokens.refused(), 0, "no expired token is used");
    assert!((6..=7).contains(&api.tokens.issued()), "{} tokens", api.tokens.issued());
}

#[test]
fn the_old_token_is_used_while_a_new_one_is_fetched() {
    let (clock, expected) = (ManualClock::new(), records(6));
    let tokens = Tokens::new(Lifetime::Time(SECOND)).reporting(json!(1));
    let api = FakeApi::new(tokens, &expected, 1, Links::Relative);
    let (requested, token_requests) = mpsc::channel();
    let (token_requests, time) = (Mutex::new(token_requests), Arc::clone(&clock));
    let (setup, transport) = Setup::scripted(&clock, move |request| {
        let reply = api.answer(request);
        let renewing = request.at == SECOND * 9 / 10;
        if request.is_for_token() {
            requested.send(renewing).unwrap();
            return Ok(reply);
        }
        if renewing {
            // Answered only after the token request of the other thread has arrived.
            let token_requests = token_requests.lock().unwrap();
            assert!(!token_requests.recv_timeout(60 * SECOND).unwrap());
            assert!(token_requests.recv_timeout(60 * SECOND).unwrap());
        }
        time.advance(SECOND * 3 / 10);
        Ok(reply)
    });

    assert_eq!(setup.run().records(), expected);

    assert_eq!(transport.token_requests()[1].at, SECOND * 9 / 10);
    let bearers = transport.api_requests();
    let bearers: Vec<_> = bearers.iter().filter_map(|request| request.bearer()).collect();
    assert_eq!(bearers, ["token-1", "token-1", "token-1", "token-1", "token-2", "token-2"]);
}

#[test]
fn a_missing_or_absurd_lifetime_does_no_harm() {
    const PAGES: usize = 20;
    for expires_in in
        [json!(null), json!(0), json!(-3600), json!(1_000_000_000_000_u64), json!("3600"), json!("soon")]
    {
        for (lifetime, issued) in [(Lifetime::Unlimited, 1), (Lifetime::Requests(1), PAGES)] {
            let (api, transport) =
                pull(Tokens::new(lifetime).reporting(expires_in.clone()), PAGES, SECOND, SECOND);
            assert_eq!(api.tokens.issued(), issued, "{expires_in} {lifetime:?}");
            assert_eq!(transport.api_requests().len(), PAGES + issued - 1, "{expires_in} {lifetime:?}");
        }
    }
    let (api, _) = pull(Tokens::new(Lifetime::Requests(1)), PAGES, SECOND, SECOND);
    assert_eq!(api.tokens.issued(), PAGES, "absent");
}

#[test]
fn a_token_that_takes_longer_to_fetch_than_its_lifetime_serves_one_page() {
    let tokens = Tokens::new(Lifetime::Time(SECOND)).reporting(json!(1));
    let (api, transport) = pull(tokens, 20, Duration::from_millis(30), 2 * SECOND);
    assert_eq!((api.tokens.issued(), api.tokens.refused()), (20, 0));
    assert_eq!(transport.api_requests().len(), 20);
}

#[test]
fn a_revoked_token_is_replaced_during_a_pull() {
    let (clock, expected) = (ManualClock::new(), records(30));
    let tokens = Tokens::new(Lifetime::Unlimited).reporting(json!(86_400));
    let api = Arc::new(FakeApi::new(tokens, &expected, 3, Links::Absolute));
    let of_script = Arc::clone(&api);
    let (setup, transport) = Setup::scripted(&clock, move |request| {
        if request.query("page").as_deref() == Some("6") && of_script.tokens.refused() == 0 {
            of_script.tokens.revoke();
        }
        Ok(of_script.answer(request))
    });
    assert_eq!(setup.run().records(), expected);
    assert_eq!((transport.api_requests().len(), transport.token_requests().len()), (11, 2));
}

/// A token endpoint that takes half a second, while only the pull advances the clock.
#[derive(Debug, Default)]
struct SlowEndpoint {
    requests: Mutex<SlowRequests>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct SlowRequests {
    /// When the last token was requested.
    requested_at: Duration,
    /// When the pending request is answered.
    due: Option<Duration>,
}

impl SlowEndpoint {
    /// Returns once the pull has advanced the clock by half a second.
    fn answer(&self, requested_at: Duration, clock: &ManualClock) {
        let due = requested_at + SECOND / 2;
        *self.requests.lock().unwrap() = SlowRequests { requested_at, due: Some(due) };
        self.changed.notify_all();
        let requests = self.requests.lock().unwrap();
        let mut requests = self.changed.wait_while(requests, |_| clock.elapsed() < due).unwrap();
        requests.due = None;
        self.changed.notify_all();
    }

    /// Waits until the thread that renews tokens has done everything that is due by `now`.
    fn wait_for_renewal(&self, now: Duration) {
        let requests = self.requests.lock().unwrap();
        self.changed.notify_all();
        let lags = |requests: &mut SlowRequests| {
            now >= requests.requested_at + SECOND || requests.due.is_some_and(|due| now >= due)
        };
        drop(self.changed.wait_while(requests, lags).unwrap());
    }
}

#[test]
fn a_slow_token_endpoint_neither_delays_a_pull_nor_causes_refusals() {
    const PAGES: u32 = 500;
    const PAGE_TIME: Duration = Duration::from_millis(10);
    let (clock, expected) = (ManualClock::new(), records(PAGES as usize));
    let tokens = Tokens::new(Lifetime::Time(2 * SECOND)).reporting(json!(2));
    let api = Arc::new(FakeApi::new(tokens, &expected, 1, Links::Relative));
    let (of_script, time, slow) = (Arc::clone(&api), Arc::clone(&clock), SlowEndpoint::default());
    let (setup, _) = Setup::scripted(&clock, move |request| {
        if request.is_for_token() {
            if of_script.tokens.issued() == 0 {
                time.advance(SECOND / 2);
            } else {
                slow.answer(request.at, &time);
            }
            return Ok(of_script.tokens.issue(request.at));
        }
        slow.wait_for_renewal(request.at);
        let reply = of_script.answer(request);
        time.advance(PAGE_TIME);
        Ok(reply)
    });

    assert_eq!(setup.run().records(), expected);

    assert_eq!(clock.elapsed(), SECOND / 2 + PAGES * PAGE_TIME, "the pull waits only for the first token");
    assert_eq!(api.tokens.refused(), 0);
    // One token per second. The last one is requested half a second before the end.
    assert!((5..=6).contains(&api.tokens.issued()), "{} tokens", api.tokens.issued());
}
