//! Tokens that die.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

use crate::exchange::{Received, Reply};

/// How long a token serves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Life {
    /// For ever.
    Unlimited,
    /// For this many requests; the next one draws a 401.
    Requests(u32),
    /// For this long from its issue on.
    Time(Duration),
    /// Not at all: every token is refused.
    StillBorn,
}

/// The issuer of tokens and the judge of them.
#[derive(Debug)]
pub struct Tokens {
    life: Life,
    expires_in: Option<Value>,
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    alive: HashMap<String, Issued>,
    issued: usize,
    refused: usize,
}

#[derive(Debug)]
struct Issued {
    at: Duration,
    uses: u32,
}

impl Tokens {
    /// Tokens that live so long and say nothing about it.
    pub fn new(life: Life) -> Self {
        Self { life, expires_in: None, ledger: Mutex::default() }
    }

    /// The same tokens, with `expires_in` told, be it true or not.
    #[must_use]
    pub fn told(self, expires_in: Value) -> Self {
        Self { expires_in: Some(expires_in), ..self }
    }

    /// Issues a token at `at`, in the shape of RFC 6749 §5.1.
    pub fn issue(&self, at: Duration) -> Reply {
        let mut ledger = self.lock();
        ledger.issued += 1;
        let token = format!("token-{}", ledger.issued);
        ledger.alive.insert(token.clone(), Issued { at, uses: 0 });
        let mut answer = json!({"access_token": token, "token_type": "bearer"});
        if let Some(expires_in) = &self.expires_in {
            answer["expires_in"] = expires_in.clone();
        }
        Reply::json(answer.to_string())
    }

    /// A 401 for whatever does not carry a token that is alive at `at`; counts a use.
    pub fn check(&self, request: &Received, at: Duration) -> Result<(), Reply> {
        let mut ledger = self.lock();
        let alive = request.bearer().and_then(|token| ledger.alive.get_mut(token)).is_some_and(|token| {
            token.uses += 1;
            match self.life {
                Life::Unlimited => true,
                Life::Requests(most) => token.uses <= most,
                Life::Time(lifetime) => at < token.at + lifetime,
                Life::StillBorn => false,
            }
        });
        if alive {
            return Ok(());
        }
        ledger.refused += 1;
        Err(Reply::refusal(401, &json!({"code": "bad.credentials", "message": "Invalid login credentials."})))
    }

    /// Withdraws every token.
    pub fn revoke(&self) {
        self.lock().alive.clear();
    }

    /// How many tokens were issued.
    pub fn issued(&self) -> usize {
        self.lock().issued
    }

    /// How many requests were refused for their token.
    pub fn refused(&self) -> usize {
        self.lock().refused
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
