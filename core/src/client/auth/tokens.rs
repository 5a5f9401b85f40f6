//! The current token of a run: fetched by one thread at a time, used by all.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::{
    AuthError, Carrier, Grant, TokenPlaces,
    credentials::Credentials,
    issued::Issued,
    refresh_token::{RefreshToken, TokenFile},
    token::{Held, Validity},
    token_request::TokenRequest,
};
use crate::{
    client::{BodyFault, Client, Document, RequestError, retry::StopReason},
    event::Event,
    http::{request::Request, secret::Secret, transport::Response},
};

/// The current token, and how to fetch the next one.
#[derive(Debug)]
pub(super) struct Tokens {
    credentials: Arc<Credentials>,
    places: TokenPlaces,
    carrier: Carrier,
    refresh_ahead: Duration,
    /// The file of the refresh token.
    file: Option<TokenFile>,
    client: Client,
    state: Mutex<State>,
    /// Notified when a fetch ends.
    fetched: Condvar,
}

#[derive(Debug)]
struct State {
    held: Option<Held>,
    refresh_token: Option<Secret>,
    /// Whether the user provides a refresh token that is not in a file, and was not told yet that it was replaced.
    warns: bool,
    /// The refresh token that is in the file.
    saved: Option<Secret>,
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
        places: TokenPlaces,
        carrier: Carrier,
        refresh_token: Option<RefreshToken>,
        refresh_ahead: Duration,
        client: Client,
    ) -> Self {
        let secrets = client.run_secrets();
        credentials.register(secrets);
        let (refresh_token, file) =
            refresh_token.map_or((None, None), |RefreshToken { token, file }| (Some(token), file));
        if let Some(token) = &refresh_token {
            secrets.add(token);
        }
        let warns = refresh_token.is_some() && file.is_none();
        let state = State {
            held: None,
            saved: file.as_ref().and(refresh_token.clone()),
            refresh_token,
            warns,
            last_grant: Grant(0),
            begun: 0,
            ended: 0,
            failure: None,
        };
        let (credentials, state) = (Arc::new(credentials), Mutex::new(state));
        Self { credentials, places, carrier, refresh_ahead, file, client, state, fetched: Condvar::new() }
    }

    /// Where requests carry the token.
    pub(super) fn carrier(&self) -> &Carrier {
        &self.carrier
    }

    /// Adds a token to `request`, and sends it to the address that the token endpoint names.
    pub(super) fn attach(&self, held: &Held, request: &mut Request) -> Result<(), AuthError> {
        let address = self.places.base_url.as_ref().zip(held.base_url.as_ref());
        if let Some(url) = address.and_then(|(base_url, named)| base_url.moved(&request.url, named)) {
            request.url = url;
        }
        self.carrier.attach(&held.access_token, request)
    }

    /// The token to use now. One that is about to expire is renewed in the background; but not if that may replace a refresh
    /// token in a file, because the end of the program would cut the answer off.
    pub(super) fn current(self: &Arc<Self>) -> Result<Held, AuthError> {
        let mut state = self.lock();
        match &state.held {
            Some(held) => match held.validity(self.client.clock().elapsed()) {
                Validity::Good => Ok(held.clone()),
                Validity::Expiring => {
                    let held = held.clone();
                    if self.file.is_some() && state.begun == state.ended {
                        return Ok(self.fetch_or_wait(state).unwrap_or(held));
                    }
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
        let outcome = match issued.and_then(|issued| self.with_address(issued, state.held.as_ref())) {
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

    /// `issued`, with the address of the API. A server may leave it out when it renews a token.
    fn with_address(&self, issued: Issued, held: Option<&Held>) -> Result<Issued, AuthError> {
        let Some(base_url) = &self.places.base_url else { return Ok(issued) };
        let known = issued.base_url.or_else(|| held?.base_url.clone());
        let missing =
            || AuthError::Malformed { problem: format!("has no address of the API at {}", base_url.at) };
        Ok(Issued { base_url: Some(known.ok_or_else(missing)?), ..issued })
    }

    /// Requests a token with the refresh token, if there is one (RFC 6749 §6). If there is none or the server refuses it,
    /// the request uses the grant.
    fn request_token(&self, refresh_token: Option<Secret>) -> Result<Issued, AuthError> {
        // Another program must not use the refresh token between the request and the new one.
        let turn = self.file.as_ref().map(|file| file.lock(self.client.clock())).transpose()?;
        let refresh_token = refresh_token.map(|held| self.newest(held)).transpose()?;
        let issued = self.exchange(refresh_token);
        drop(turn);
        issued
    }

    /// The refresh token in the file, if another program has replaced it; otherwise `held`.
    fn newest(&self, held: Secret) -> Result<Secret, AuthError> {
        let Some(file) = &self.file else { return Ok(held) };
        let found = file.load()?;
        let mut state = self.lock();
        if state.saved.as_ref() == Some(&found) {
            // The file may be older than `held`, if that could not be saved.
            return Ok(held);
        }
        (state.saved, state.refresh_token) = (Some(found.clone()), Some(found.clone()));
        Ok(found)
    }

    fn exchange(&self, refresh_token: Option<Secret>) -> Result<Issued, AuthError> {
        let Some(refresh_token) = refresh_token.filter(|_| self.credentials.can_refresh()) else {
            return self.request(None);
        };
        self.client.run_secrets().add(&refresh_token);
        match self.request(Some(refresh_token.clone())) {
            Err(AuthError::Refused { .. } | AuthError::Denied { .. }) if self.credentials.has_grant() => {
                self.request(None)
            }
            issued => issued.map(|issued| Issued {
                refresh_token: issued.refresh_token.or(Some(refresh_token)),
                ..issued
            }),
        }
    }

    /// Saves a refresh token that the server issued. If that fails, the run continues with it, because the one before may be
    /// invalid by now.
    fn keep(&self, issued: &Secret) {
        let observer = self.client.observer();
        let mut state = self.lock();
        let is_new = state.refresh_token.replace(issued.clone()).as_ref() != Some(issued);
        match &self.file {
            Some(file) if state.saved.as_ref() != Some(issued) => match file.save(issued) {
                Ok(()) => state.saved = Some(issued.clone()),
                Err(cause) => observer.on(&Event::RefreshTokenNotSaved { file: Some((file.path(), &cause)) }),
            },
            None if is_new && std::mem::take(&mut state.warns) => {
                observer.on(&Event::RefreshTokenNotSaved { file: None });
            }
            _ => {}
        }
    }

    /// Sends a token request. A new refresh token is saved before anything else is done with the answer.
    fn request(&self, refresh_token: Option<Secret>) -> Result<Issued, AuthError> {
        let secrets = self.client.run_secrets();
        let token_request = TokenRequest {
            credentials: Arc::clone(&self.credentials),
            refresh_token,
            clock: self.client.shared_clock(),
            secrets: secrets.clone(),
        };
        let client = self.client.acting_as(Arc::new(token_request));
        let request = Request::new(self.credentials.form.method.clone(), self.credentials.url.clone());
        let answer = client.send(&request, Vec::new(), |answer| self.read(answer.response));
        let answer = answer.map_err(failure)?;
        if let Some(refresh_token) = answer.text(&self.places.refresh_token).ok().flatten().map(Secret::new) {
            secrets.add(&refresh_token);
            self.keep(&refresh_token);
        }
        let is_bearer = self.carrier == Carrier::default();
        let issued = self.places.read(&answer, self.client.refusals(), is_bearer, self.client.clock().now());
        let issued = issued.map_err(|error| error.redacted(|text| self.client.redact(text)))?;
        secrets.add(&issued.access_token);
        self.client.observer().on(&Event::TokenIssued { lifetime: issued.lifetime });
        Ok(issued)
    }

    /// Reads an answer. If the token is in a header, the body need not be JSON.
    fn read(&self, response: Response) -> Result<Document, BodyFault> {
        if self.places.need_body() {
            return Document::read(response);
        }
        let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default().into();
        Ok(Document { status: response.status, headers: response.headers, body })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failure(error: RequestError) -> AuthError {
    let source = Arc::new(error);
    match source.reason() {
        StopReason::NoCredential => AuthError::Unsigned,
        StopReason::Interrupted => AuthError::Interrupted,
        StopReason::Exhausted | StopReason::WaitTooLong(_) => AuthError::Unavailable { source },
        _ => AuthError::Refused { source },
    }
}
