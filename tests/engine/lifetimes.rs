//! Tokens that end, and what servers say about it.

use std::{
    sync::{Arc, Condvar, Mutex, mpsc},
    time::Duration,
};

use longhaul_core::Clock;
use longhaul_tests::{FakeApi, Lifetime, Links, ManualClock, ScriptedTransport, Setup, Tokens, records};
use serde_json::json;

const SECOND: Duration = Duration::from_secs(1);

/// A pull of `pages` pages from an API whose requests take this long, after the token endpoint's have taken that.
fn pull(
    tokens: Tokens,
    pages: usize,
    request_takes: Duration,
    token_takes: Duration,
) -> (Arc<FakeApi>, Arc<ScriptedTransport>) {
    let (clock, expected) = (ManualClock::new(), records(3 * pages));
    let api = Arc::new(FakeApi::new(tokens, &expected, 3, Links::Relative));
    let (of_script, time) = (Arc::clone(&api), Arc::clone(&clock));
    let (setup, transport) = Setup::scripted(&clock, move |request| {
        if request.is_for_token() {
            time.advance(token_takes);
            return Ok(of_script.tokens.issue(request.at + token_takes));
        }
        let reply = of_script.answer(request);
        time.advance(request_takes);
        Ok(reply)
    });
    assert_eq!(setup.run().records(), expected);
    (api, transport)
}

/// The renewal has a thread of its own, but only the pull lets time go on, and it waits for the renewal when the token
/// ends. So the bounds hold however the two are scheduled: a token serves between 0.9 and 1.0 of 5.97 seconds.
#[test]
fn tokens_of_one_second_are_renewed_before_they_end() {
    let tokens = Tokens::new(Lifetime::Time(SECOND)).reporting(json!(1));
    let (api, _) = pull(tokens, 200, Duration::from_millis(30), Duration::ZERO);
    assert_eq!(api.tokens.refused(), 0, "no token is used after its end");
    assert!((6..=7).contains(&api.tokens.issued()), "{} tokens", api.tokens.issued());
}

#[test]
fn the_old_token_serves_while_the_new_one_is_fetched() {
    let (clock, expected) = (ManualClock::new(), records(6));
    let tokens = Tokens::new(Lifetime::Time(SECOND)).reporting(json!(1));
    let api = FakeApi::new(tokens, &expected, 1, Links::Relative);
    let (asked, asked_again) = mpsc::channel();
    let (asked_again, time) = (Mutex::new(asked_again), Arc::clone(&clock));
    let (setup, transport) = Setup::scripted(&clock, move |request| {
        let reply = api.answer(request);
        let renewing = request.at == SECOND * 9 / 10;
        if request.is_for_token() {
            asked.send(renewing).unwrap();
            return Ok(reply);
        }
        if renewing {
            // Not answered before the token request beside it has arrived.
            let asked_again = asked_again.lock().unwrap();
            assert!(!asked_again.recv_timeout(60 * SECOND).unwrap());
            assert!(asked_again.recv_timeout(60 * SECOND).unwrap());
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
fn a_lifetime_that_is_not_told_or_absurd_does_no_harm() {
    const PAGES: usize = 20;
    for told in
        [json!(null), json!(0), json!(-3600), json!(1_000_000_000_000_u64), json!("3600"), json!("soon")]
    {
        for (life, most) in [(Lifetime::Unlimited, 1), (Lifetime::Requests(1), PAGES)] {
            let (api, transport) = pull(Tokens::new(life).reporting(told.clone()), PAGES, SECOND, SECOND);
            assert_eq!(api.tokens.issued(), most, "{told} {life:?}");
            assert_eq!(transport.api_requests().len(), PAGES + most - 1, "{told} {life:?}");
        }
    }
    let (api, _) = pull(Tokens::new(Lifetime::Requests(1)), PAGES, SECOND, SECOND);
    assert_eq!(api.tokens.issued(), PAGES, "absent");
}

#[test]
fn a_token_that_took_longer_to_come_than_it_lives_serves_one_page() {
    let tokens = Tokens::new(Lifetime::Time(SECOND)).reporting(json!(1));
    let (api, transport) = pull(tokens, 20, Duration::from_millis(30), 2 * SECOND);
    assert_eq!((api.tokens.issued(), api.tokens.refused()), (20, 0));
    assert_eq!(transport.api_requests().len(), 20);
}

#[test]
fn a_withdrawn_token_is_replaced_in_the_middle_of_a_pull() {
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

/// A token endpoint that takes half a second, beside a pull that alone lets time go on.
#[derive(Debug, Default)]
struct SlowEndpoint {
    requests: Mutex<SlowRequests>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct SlowRequests {
    /// When a token was asked for last.
    asked_at: Duration,
    /// When that is answered, unless it has been.
    due: Option<Duration>,
}

impl SlowEndpoint {
    /// Returns once the pull has come so far.
    fn answer(&self, asked_at: Duration, clock: &ManualClock) {
        let due = asked_at + SECOND / 2;
        *self.requests.lock().unwrap() = SlowRequests { asked_at, due: Some(due) };
        self.changed.notify_all();
        let requests = self.requests.lock().unwrap();
        let mut requests = self.changed.wait_while(requests, |_| clock.elapsed() < due).unwrap();
        requests.due = None;
        self.changed.notify_all();
    }

    /// Returns at once, unless the renewal's thread lags behind what it has to have done by `now`.
    fn keep_pace(&self, now: Duration) {
        let requests = self.requests.lock().unwrap();
        self.changed.notify_all();
        let lags = |requests: &mut SlowRequests| {
            now >= requests.asked_at + SECOND || requests.due.is_some_and(|due| now >= due)
        };
        drop(self.changed.wait_while(requests, lags).unwrap());
    }
}

#[test]
fn a_slow_token_endpoint_costs_a_pull_no_time_and_no_refusal() {
    const PAGES: u32 = 500;
    const A_PAGE: Duration = Duration::from_millis(10);
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
        slow.keep_pace(request.at);
        let reply = of_script.answer(request);
        time.advance(A_PAGE);
        Ok(reply)
    });

    assert_eq!(setup.run().records(), expected);

    assert_eq!(clock.elapsed(), SECOND / 2 + PAGES * A_PAGE, "only the first token is waited for");
    assert_eq!(api.tokens.refused(), 0);
    // One a second; the last is asked for half a second before the end.
    assert!((5..=6).contains(&api.tokens.issued()), "{} tokens", api.tokens.issued());
}
