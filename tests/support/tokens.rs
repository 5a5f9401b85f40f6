//! Tokens that expire.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

use crate::exchange::{Received, Reply};

/// How long a token is valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lifetime {
    /// Forever.
    Unlimited,
    /// For this many requests. The next one gets a 401.
    Requests(u32),
    /// For this time after it was issued.
    Time(Duration),
    /// Not at all: every token is refused.
    Zero,
}

/// Issues tokens and checks them.
#[derive(Debug)]
pub struct Tokens {
    lifetime: Lifetime,
    expires_in: Option<Value>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    valid: HashMap<String, Issued>,
    issued: usize,
    refused: usize,
}

#[derive(Debug)]
struct Issued {
    at: Duration,
    uses: u32,
}

impl Tokens {
    /// Tokens that are valid for `lifetime`, which is not reported.
    pub fn new(lifetime: Lifetime) -> Self {
        Self { lifetime, expires_in: None, state: Mutex::default() }
    }

    /// Reports `expires_in`, whether it is true or not.
    #[must_use]
    pub fn reporting(self, expires_in: Value) -> Self {
        Self { expires_in: Some(expires_in), ..self }
    }

    /// Issues a token at `at`, as in RFC 6749 §5.1.
    pub fn issue(&self, at: Duration) -> Reply {
        let mut state = self.lock();
        state.issued += 1;
        let token = format!("token-{}", state.issued);
        state.valid.insert(token.clone(), Issued { at, uses: 0 });
        let mut answer = json!({"access_token": token, "token_type": "bearer"});
        if let Some(expires_in) = &self.expires_in {
            answer["expires_in"] = expires_in.clone();
        }
        Reply::json(answer.to_string())
    }

    /// A 401 unless the request has a token that is valid at `at`. Counts the use.
    pub fn check(&self, request: &Received, at: Duration) -> Result<(), Reply> {
        let mut state = self.lock();
        let is_valid = request.bearer().and_then(|token| state.valid.get_mut(token)).is_some_and(|token| {
            token.uses += 1;
            match self.lifetime {
                Lifetime::Unlimited => true,
                Lifetime::Requests(max) => token.uses <= max,
                Lifetime::Time(time) => at < token.at + time,
                Lifetime::Zero => false,
            }
        });
        if is_valid {
            return Ok(());
        }
        state.refused += 1;
        Err(Reply::refusal(401, &json!({"code": "bad.credentials", "message": "Invalid login credentials."})))
    }

    /// Revokes every token.
    pub fn revoke(&self) {
        self.lock().valid.clear();
    }

    /// How many tokens were issued.
    pub fn issued(&self) -> usize {
        self.lock().issued
    }

    /// How many requests were refused because of their token.
    pub fn refused(&self) -> usize {
        self.lock().refused
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
