//! Deliberate faults.

use std::{io::ErrorKind, sync::Arc, time::Duration};

use super::{
    client::{Client, Reply},
    clock::ManualClock,
    start,
};
use crate::{FakeApi, Fault, Faults, Settings};

/// A running API, and a client whose token has been used successfully.
fn start_proven(settings: Settings) -> (FakeApi, Client, Arc<ManualClock>) {
    let (api, client, clock) = start(settings);
    assert_eq!(client.get("/api/v2/tokens/me").status, 200);
    (api, client, clock)
}

fn always(kind: Fault) -> Settings {
    Settings { faults: Faults { rate: 1.0, kinds: vec![kind], retry_after: 1 }, ..Settings::default() }
}

#[test]
fn after_its_retry_after_a_request_succeeds_and_not_before() {
    let (api, client, clock) = start_proven(always(Fault::TooManyRequests));
    let refused = client.get("/api/v2/users");
    assert_eq!(refused.refusal(), (429, "too.many.requests.retry.after".into()));
    assert_eq!(refused.header("retry-after"), Some("1"));
    clock.advance(Duration::from_millis(999));
    assert_eq!(client.get("/api/v2/users").header("retry-after"), Some("1"));
    clock.advance(Duration::from_millis(1));
    assert_eq!(client.get("/api/v2/users").status, 200);
    assert_eq!((api.stats().too_many_requests, api.stats().pages), (2, 1));
}

#[test]
fn a_revoked_token_stays_invalid_and_a_new_one_is_accepted_first() {
    let (api, mut client, _) = start(always(Fault::RevokeToken));
    for number in 1..=3 {
        assert_eq!(client.get("/api/v2/users").status, 200);
        let queues = format!("/api/v2/routing/queues?pageNumber={number}");
        assert_eq!(client.get(&queues).refusal(), (401, "bad.credentials".into()));
        assert_eq!(client.get("/api/v2/users").status, 401);
        client.renew();
    }
    assert_eq!((api.stats().tokens_revoked, api.stats().unauthorized), (3, 6));
}

#[test]
fn the_third_try_succeeds_whatever_happens_to_the_first_two() {
    for kind in [Fault::CutBeforeAnswer, Fault::CutInsideBody, Fault::Reset, Fault::Unavailable] {
        let (api, client, _) = start_proven(always(kind));
        let outcomes: Vec<_> =
            (0..3).map(|_| client.send("GET", "/api/v2/users", "").map(|reply| reply.status)).collect();
        let kinds: Vec<_> =
            outcomes.iter().map(|outcome| outcome.as_ref().map_err(std::io::Error::kind)).collect();
        let expected = match kind {
            Fault::Reset => Err(ErrorKind::ConnectionReset),
            Fault::Unavailable => Ok(&503),
            _ => Err(ErrorKind::UnexpectedEof),
        };
        assert_eq!(kinds, [expected, expected, Ok(&200)], "{kind:?}");
        let stats = api.stats();
        assert_eq!(stats.cut_before_answer + stats.cut_inside_body + stats.resets + stats.unavailable, 2);
        assert_eq!(stats.pages, 1);
    }
}

#[test]
fn a_503_has_the_platform_s_code() {
    let (_api, client, _) = start_proven(always(Fault::Unavailable));
    let reply = client.get("/api/v2/users");
    assert_eq!((reply.refusal(), reply.header("retry-after")), ((503, "service.unavailable".into()), None));
}

/// Retries until there is a response, as any good client would; returns the response and the number of attempts.
fn persist(client: &mut Client, wait: impl Fn(Duration), target: &str) -> (Reply, usize) {
    let mut tries = 0;
    loop {
        tries += 1;
        match client.send("GET", target, "") {
            Ok(reply) if reply.status == 401 => client.renew(),
            Ok(Reply { status: 429 | 503, headers, .. }) => {
                let after = headers.iter().find(|(name, _)| name == "retry-after");
                wait(Duration::from_secs(after.map_or(0, |(_, seconds)| seconds.parse().unwrap())));
            }
            Ok(reply) => return (reply, tries),
            Err(_) => {}
        }
    }
}

#[test]
fn a_pull_through_every_fault_gives_every_record() {
    let settings = Settings {
        records: 300,
        max_page: 2,
        token_requests: Some(7),
        token_lifetime: Duration::from_secs(600),
        faults: Faults { rate: 0.5, ..Faults::default() },
        ..Settings::default()
    };
    let (api, mut client, clock) = start(settings.clone());
    let (mut records, mut longest) = (Vec::new(), 0);
    let mut next = Some("/api/v2/tutorial/conversations".to_owned());
    while let Some(target) = next {
        let (reply, tries) = persist(&mut client, |wait| clock.advance(wait), &target);
        records.extend(reply.elements("results"));
        longest = longest.max(tries);
        next = reply.json().get("nextPageUri").map(|uri| uri.as_str().unwrap().to_owned());
    }
    assert_eq!(records, (0..300).map(|at| settings.conversation(at)).collect::<Vec<_>>());
    // Two faults, each after a token that simply expired.
    assert!(longest <= 5, "{longest}");
    let stats = api.stats();
    for (count, name) in [
        (stats.cut_before_answer, "cuts before an answer"),
        (stats.cut_inside_body, "cuts inside a body"),
        (stats.resets, "resets"),
        (stats.too_many_requests, "429"),
        (stats.unavailable, "503"),
        (stats.tokens_revoked, "revoked tokens"),
        (stats.tokens_spent, "spent tokens"),
    ] {
        assert!(count > 0, "no {name}");
    }
    assert_eq!(stats.pages, 150);
}

#[test]
fn the_same_seed_gives_the_same_faults() {
    let run = |seed| {
        let faults =
            Faults { rate: 0.4, kinds: vec![Fault::Unavailable, Fault::CutBeforeAnswer], retry_after: 0 };
        let (_api, client, _) = start(Settings { seed, faults, ..Settings::default() });
        let status = |_| client.send("GET", "/api/v2/users?pageSize=1", "").map_or(0, |reply| reply.status);
        (0..60).map(status).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
