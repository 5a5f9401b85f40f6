//! The current token of a run: fetched by one thread at a time, used by all.

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

/// The current token, and how to fetch the next one.
#[derive(Debug)]
pub(super) struct Tokens {
    credentials: Credentials,
    refresh_ahead: Duration,
    client: Client,
    state: Mutex<State>,
    /// Notified when a fetch ends.
    fetched: Condvar,
}

#[derive(Debug)]
struct State {
    held: Option<Held>,
    refresh_token: Option<Secret>,
    last_grant: Grant,
    /// How many fetches began and ended. The numbers differ while one is running.
    begun: u64,
    ended: u64,
    /// The error of the last fetch, for the threads that waited for it.
    failure: Option<AuthError>,
}

impl Tokens {
    pub(super) fn new(
        credentials: Credentials,
        refresh_token: Option<Secret>,
        refresh_ahead: Duration,
        client: Client,
    ) -> Self {
        let secrets = client.run_secrets();
        credentials.secrets().into_iter().chain(&refresh_token).for_each(|secret| secrets.add(secret));
        let state =
            State { held: None, refresh_token, last_grant: Grant(0), begun: 0, ended: 0, failure: None };
        Self { credentials, refresh_ahead, client, state: Mutex::new(state), fetched: Condvar::new() }
    }

    /// The token to use now. One that is about to expire is renewed in the background.
    pub(super) fn current(self: &Arc<Self>) -> Result<Held, AuthError> {
        let mut state = self.lock();
        match &state.held {
            Some(held) => match held.validity(self.client.clock().elapsed()) {
                Validity::Good => Ok(held.clone()),
                Validity::Expiring => {
                    let held = held.clone();
                    self.renew_in_background(&mut state);
                    Ok(held)
                }
                Validity::Expired => self.fetch_or_wait(state),
            },
            None => self.fetch_or_wait(state),
        }
    }

    /// Fetches a token, unless `refused` was replaced already.
    pub(super) fn renew(&self, refused: Grant) -> Result<(), AuthError> {
        let mut state = self.lock();
        if let Some(held) = state.held.take_if(|held| held.grant == refused) {
            state.held = Some(held.dead());
            self.fetch_or_wait(state)?;
        }
        Ok(())
    }

    /// Starts a fetch on another thread, unless one is running. If no thread can be started, the token is fetched once it
    /// has expired.
    fn renew_in_background(self: &Arc<Self>, state: &mut State) {
        if state.begun > state.ended {
            return;
        }
        let (tokens, refresh_token) = (Arc::clone(self), state.refresh_token.clone());
        let renewal = thread::Builder::new().name("token renewal".to_owned());
        if renewal.spawn(move || tokens.fetch(refresh_token)).is_ok() {
            state.begun += 1;
        }
    }

    /// Fetches a token, or waits for the fetch that is running and shares its outcome.
    ///
    /// The token is used at least once, even if it expired on its way here, because the next one would expire as well.
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

    /// Requests a token and stores it. The caller has counted the fetch as begun.
    fn fetch(&self, refresh_token: Option<Secret>) -> Result<Held, AuthError> {
        let asked_at = self.client.clock().elapsed();
        let issued = self.request_token(refresh_token);
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

    /// Requests a token with the refresh token, if there is one (RFC 6749 §6). If there is none or the server refuses it,
    /// the request uses the grant.
    fn request_token(&self, refresh_token: Option<Secret>) -> Result<Issued, AuthError> {
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
        let issued = Issued::read(&answer.body).map_err(|error| self.redacted(error))?;
        let secrets = self.client.run_secrets();
        [Some(&issued.access_token), issued.refresh_token.as_ref()]
            .into_iter()
            .flatten()
            .for_each(|secret| secrets.add(secret));
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

    /// `text` from the server, with the secrets that it quotes replaced by `***`.
    fn redact(&self, text: &str) -> String {
        let refresh_token = self.lock().refresh_token.clone().unwrap_or_default();
        refresh_token.redact(&self.credentials.redact(text))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
