//! The one token of a run: fetched by one thread at a time, shared by all.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use super::{
    AuthError, Grant,
    grant::Credentials,
    token::{Held, Issued, Validity},
};
use crate::{
    client::{Client, RequestError, retry::StopReason},
    event::Event,
    http::{request::Request, secret::Secret},
};

/// The token in use and the way to the next one.
#[derive(Debug)]
pub(super) struct Tokens {
    credentials: Credentials,
    refresh_ahead: Duration,
    client: Client,
    state: Mutex<State>,
    /// Told when a fetch ends.
    fetched: Condvar,
}

#[derive(Debug)]
struct State {
    held: Option<Held>,
    refresh_token: Option<Secret>,
    last_grant: Grant,
    /// How many fetches began and ended; they differ while one is under way.
    begun: u64,
    ended: u64,
    /// What the last fetch failed with, for those who waited for it.
    failure: Option<AuthError>,
}

impl Tokens {
    pub(super) fn new(
        credentials: Credentials,
        refresh_token: Option<Secret>,
        refresh_ahead: Duration,
        client: Client,
    ) -> Self {
        let state =
            State { held: None, refresh_token, last_grant: Grant(0), begun: 0, ended: 0, failure: None };
        Self { credentials, refresh_ahead, client, state: Mutex::new(state), fetched: Condvar::new() }
    }

    /// The token to use now. One that is ending is renewed beside its use.
    pub(super) fn current(self: &Arc<Self>) -> Result<Held, AuthError> {
        let mut state = self.lock();
        match &state.held {
            Some(held) => match held.validity(self.client.clock().elapsed()) {
                Validity::Good => Ok(held.clone()),
                Validity::Ending => {
                    let held = held.clone();
                    self.renew_beside(&mut state);
                    Ok(held)
                }
                Validity::Over => self.fetch_or_wait(state),
            },
            None => self.fetch_or_wait(state),
        }
    }

    /// Fetches a token unless `refused` has been replaced already.
    pub(super) fn renew(&self, refused: Grant) -> Result<(), AuthError> {
        let mut state = self.lock();
        if let Some(held) = state.held.take_if(|held| held.grant == refused) {
            state.held = Some(held.dead());
            self.fetch_or_wait(state)?;
        }
        Ok(())
    }

    /// Starts a fetch on a thread of its own, unless one is under way. A machine without a thread to spare lets the
    /// token run out.
    fn renew_beside(self: &Arc<Self>, state: &mut State) {
        if state.begun > state.ended {
            return;
        }
        let (tokens, refresh_token) = (Arc::clone(self), state.refresh_token.clone());
        let renewal = thread::Builder::new().name("token renewal".to_owned());
        if renewal.spawn(move || tokens.fetch(refresh_token)).is_ok() {
            state.begun += 1;
        }
    }

    /// Fetches a token, or waits for the fetch that is under way and shares what it comes to.
    ///
    /// The token is good for one use at least, even if it was told to end sooner than it took to arrive: asking again
    /// would bring another of that kind.
    fn fetch_or_wait(&self, mut state: MutexGuard<'_, State>) -> Result<Held, AuthError> {
        if state.begun == state.ended {
            state.begun += 1;
            let refresh_token = state.refresh_token.clone();
            drop(state);
            return self.fetch(refresh_token);
        }
        let awaited = state.begun;
        while state.ended < awaited {
            state = self.fetched.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match (&state.failure, &state.held) {
            (None, Some(held)) => Ok(held.clone()),
            (failure, _) => Err(failure.clone().unwrap_or(AuthError::Interrupted)),
        }
    }

    /// Asks for a token and keeps what comes of it. The caller has counted the fetch as begun.
    fn fetch(&self, refresh_token: Option<Secret>) -> Result<Held, AuthError> {
        let asked_at = self.client.clock().elapsed();
        let issued = self.ask(refresh_token);
        let now = self.client.clock().elapsed();
        let mut state = self.lock();
        state.ended += 1;
        let outcome = match issued {
            Ok(issued) => {
                let grant = Grant(state.last_grant.0 + 1);
                let held = Held::new(&issued, grant, asked_at, now, self.refresh_ahead);
                state.last_grant = grant;
                state.refresh_token = issued.refresh_token;
                state.held = Some(held.clone());
                Ok(held)
            }
            Err(error) => {
                state.held = state.held.take().map(|held| held.postponed(now));
                Err(error)
            }
        };
        state.failure = outcome.as_ref().err().cloned();
        drop(state);
        self.fetched.notify_all();
        outcome
    }

    /// A refresh token is used where there is one (RFC 6749 §6); a server that refuses it gets the grant instead.
    fn ask(&self, refresh_token: Option<Secret>) -> Result<Issued, AuthError> {
        if let Some(refresh_token) = refresh_token {
            match self.request(&self.credentials.refresh_request(&refresh_token)) {
                Err(AuthError::Refused { .. }) => {}
                issued => {
                    return issued.map(|issued| Issued {
                        refresh_token: issued.refresh_token.or(Some(refresh_token)),
                        ..issued
                    });
                }
            }
        }
        self.request(&self.credentials.grant_request())
    }

    fn request(&self, request: &Request) -> Result<Issued, AuthError> {
        let answer = self.client.json(request).map_err(|error| self.failure(error))?;
        let issued = Issued::read(&answer).map_err(|error| self.redacted(error))?;
        self.client.observer().on(&Event::TokenIssued { lifetime: issued.lifetime });
        Ok(issued)
    }

    fn failure(&self, error: RequestError) -> AuthError {
        let source = Arc::new(error.redacted(|text| self.redact(text)));
        match source.reason() {
            StopReason::Interrupted => AuthError::Interrupted,
            StopReason::Exhausted | StopReason::WaitTooLong(_) => AuthError::Unavailable { source },
            _ => AuthError::Refused { source },
        }
    }

    fn redacted(&self, error: AuthError) -> AuthError {
        match error {
            AuthError::Malformed { problem } => AuthError::Malformed { problem: self.redact(&problem) },
            other => other,
        }
    }

    /// What the server said, without the secrets that it quotes.
    fn redact(&self, text: &str) -> String {
        let refresh_token = self.lock().refresh_token.clone().unwrap_or_default();
        refresh_token.redact(&self.credentials.redact(text))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
