//! Reported limits. Whatever the headers say, a request is sent after no more than the longest allowed wait, or is given up.
//!
//! Input: the status, and a header field on each line.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::Method;
use longhaul_core::{
    Client, Clock, Origins, Request,
    client::{
        auth::Anonymous,
        rate::{LeftPlaces, RateLimit, RatePlaces, RenewalPlaces},
        retry::RetryPolicy,
    },
};
use longhaul_tests::{ManualClock, Reply, ScriptedTransport};

use super::input::text_line;

/// How many requests are sent for one, at most. The delays are random, and a delay of nearly nothing uses up no attempt.
const MOST: u64 = 500;

pub(super) fn run(input: &[u8]) {
    let Some((status, fields)) = text_line(input) else { return };
    let Ok(fields) = str::from_utf8(fields) else { return };
    let (status, budget) = status.split_once(' ').unwrap_or((status, ""));
    let Ok(status @ (200 | 429 | 503)) = status.parse() else { return };
    let mut reply = Reply { status, ..Reply::json("{}") };
    for field in fields.lines() {
        let Some((name, value)) = field.split_once(": ") else { continue };
        if http::HeaderName::try_from(name).is_ok() && http::HeaderValue::try_from(value).is_ok() {
            reply = reply.header(name, value);
        }
    }
    let clock = ManualClock::new();
    clock.advance(Duration::from_secs(2));
    let sent = AtomicU64::new(0);
    let transport = ScriptedTransport::new(&clock, move |_| {
        assert!(sent.fetch_add(1, Ordering::Relaxed) < 3 * MOST, "it never ends");
        Ok(reply.clone())
    });
    let url = "https://api.example/".parse().unwrap();
    let origins = Origins::of([&url]);
    let policy = RetryPolicy::default();
    let client = Client::new(transport, Arc::new(Anonymous), origins)
        .with_clock(Arc::clone(&clock) as _)
        .with_policy(policy.clone())
        .with_rate(RateLimit { reported: places(budget), ..RateLimit::default() });
    for _ in 0..3 {
        let before = clock.elapsed();
        // That it may be given up is tested elsewhere.
        let _ = client.json(&Request::new(Method::GET, url.clone()));
        let took = clock.elapsed().saturating_sub(before);
        let most = policy.max_wait * (2 * policy.max_attempts + 2);
        assert!(took <= most, "it took {took:?}");
    }
    assert!(clock.sleeps().iter().all(|wait| *wait <= policy.max_wait), "{:?}", clock.sleeps());
}

/// Where a limit is reported that no known family of headers has.
fn places(budget: &str) -> Option<RatePlaces> {
    let at = |name: &str| format!("header:x-{name}").parse().unwrap();
    let renewal = match budget {
        "restored" => RenewalPlaces::Restore { amount: at("amount"), most: Some(at("most")) },
        "every" => RenewalPlaces::Every(Duration::from_secs(60)),
        "reset" => RenewalPlaces::Reset(at("reset")),
        _ => return None,
    };
    Some(RatePlaces { left: LeftPlaces::Remaining(at("left")), cost: Some(at("cost")), renewal })
}
