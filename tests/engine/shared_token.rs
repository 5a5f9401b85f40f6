//! Threads that share a token.

use std::{
    collections::HashSet,
    sync::{
        Arc, Barrier, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, ThreadId},
    time::{Duration, SystemTime},
};

use longhaul_core::{
    Clock,
    client::{
        auth::AuthError,
        retry::{RetryPolicy, StopReason},
    },
    clock::Wake,
};
use longhaul_tests::{Lifetime, ManualClock, Reply, ScriptedTransport, Setup, Tokens};
use serde_json::json;

const THREADS: usize = 8;

/// Runs `act` on eight threads at once.
fn on_every_thread<T: Send>(act: impl Fn() -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(&act)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread that does not panic")).collect()
    })
}

/// An API that accepts the first token once, and rejects it after every thread has sent it. It replies with `then` to any
/// other token.
fn rejected_token(then: Reply) -> (Setup, Arc<ScriptedTransport>) {
    let (tokens, all_refused) = (Tokens::new(Lifetime::Unlimited), Barrier::new(THREADS));
    let taken = AtomicUsize::new(0);
    Setup::scripted(&ManualClock::new(), move |request| {
        if request.is_for_token() {
            return Ok(tokens.issue(request.at));
        }
        if request.bearer() != Some("token-1") {
            return Ok(then.clone());
        }
        if taken.fetch_add(1, Ordering::SeqCst) == 0 {
            return Ok(Reply::json("[]"));
        }
        // No thread is refused before every thread has sent the token.
        all_refused.wait();
        Ok(Reply::status(401))
    })
}

#[test]
fn threads_with_the_same_rejected_token_cause_one_renewal() {
    let (setup, transport) = rejected_token(Reply::json("[]"));
    let client = setup.client();
    client.send(&setup.request, Vec::new(), |_| Ok(())).unwrap();
    let outcomes = on_every_thread(|| client.send(&setup.request, Vec::new(), |answer| Ok(answer.url)));
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(transport.token_requests().len(), 2, "the first token and one renewal");
    assert_eq!(transport.api_requests().len(), 1 + 2 * THREADS);
}

#[test]
fn threads_whose_new_token_is_rejected_do_not_renew_it() {
    let (setup, transport) = rejected_token(Reply::status(401));
    let client = setup.client();
    client.send(&setup.request, Vec::new(), |_| Ok(())).unwrap();
    let outcomes = on_every_thread(|| client.send(&setup.request, Vec::new(), |answer| Ok(answer.url)));
    let refused = |outcome: &Result<_, longhaul_core::client::RequestError>| {
        outcome.as_ref().is_err_and(|error| error.reason() == StopReason::Unauthorized)
    };
    assert!(outcomes.iter().all(refused), "{outcomes:?}");
    assert_eq!((transport.token_requests().len(), transport.api_requests().len()), (2, 1 + 2 * THREADS));
}

/// A clock that knows which threads have read it.
#[derive(Debug)]
struct WatchedClock {
    clock: Arc<ManualClock>,
    read_by: Mutex<HashSet<ThreadId>>,
    was_read: Condvar,
}

impl WatchedClock {
    fn wait_for_threads(&self, count: usize) {
        let read_by = self.read_by.lock().expect("an unpoisoned lock");
        let limit = Duration::from_secs(60);
        let waited = self.was_read.wait_timeout_while(read_by, limit, |read_by| read_by.len() < count);
        let (read_by, timeout) = waited.expect("an unpoisoned lock");
        drop(read_by);
        assert!(!timeout.timed_out(), "not every thread asked for a token");
    }
}

impl Clock for WatchedClock {
    fn now(&self) -> SystemTime {
        self.clock.now()
    }

    fn elapsed(&self) -> Duration {
        self.read_by.lock().expect("an unpoisoned lock").insert(thread::current().id());
        self.was_read.notify_all();
        self.clock.elapsed()
    }

    fn sleep(&self, wait: Duration) -> Wake {
        self.clock.sleep(wait)
    }

    fn is_interrupted(&self) -> bool {
        self.clock.is_interrupted()
    }
}

/// A thread that needs a token reads the clock while it holds the lock on the token, and then waits for the pending token
/// request. So once every thread has read the clock, all of them wait for this request.
#[test]
fn threads_share_the_failure_of_a_token_request() {
    let clock = Arc::new(WatchedClock {
        clock: ManualClock::new(),
        read_by: Mutex::default(),
        was_read: Condvar::new(),
    });
    let (watched, requests) = (Arc::clone(&clock), AtomicUsize::new(0));
    let tokens = Tokens::new(Lifetime::Unlimited).reporting(json!(1));
    let transport = ScriptedTransport::new(&clock.clock, move |request| {
        if requests.fetch_add(1, Ordering::SeqCst) == 0 {
            return Ok(tokens.issue(request.at));
        }
        // The thread of the test got the first token.
        watched.wait_for_threads(1 + THREADS);
        Ok(Reply::status(503))
    });
    let base = "https://api.example".parse().unwrap();
    let mut setup = Setup::new(&base, Arc::clone(&transport) as _, Arc::clone(&clock) as _);
    setup.policy = RetryPolicy { max_attempts: 3, ..RetryPolicy::default() };
    let auth = setup.oauth2();
    auth.token().unwrap();
    clock.clock.advance(Duration::from_secs(2));

    let outcomes = on_every_thread(|| auth.token());

    let unavailable = |outcome: &Result<_, _>| matches!(outcome, Err(AuthError::Unavailable { .. }));
    assert!(outcomes.iter().all(unavailable), "{outcomes:?}");
    assert_eq!(transport.received().len(), 1 + 3, "the first token, and the attempts of one request");
}
