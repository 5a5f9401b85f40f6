//! Tokens that do not change.

use http::{HeaderValue, header::AUTHORIZATION};

use super::{Auth, AuthError, Grant, Renewal};
use crate::http::{request::Request, secret::Secret};

/// Sends requests without a token.
#[derive(Clone, Copy, Debug)]
pub struct Anonymous;

impl Auth for Anonymous {
    fn authorize(&self, _: &mut Request) -> Result<Grant, AuthError> {
        Ok(Grant::FIRST)
    }

    fn renew(&self, _: Grant) -> Result<Renewal, AuthError> {
        Ok(Renewal::Unsupported)
    }
}

/// A bearer token (RFC 6750 §2.1) that the user provides.
#[derive(Clone, Debug)]
pub struct FixedToken(Secret);

impl FixedToken {
    /// Sends `token` with every request.
    pub fn new(token: Secret) -> Self {
        Self(token)
    }
}

impl Auth for FixedToken {
    fn authorize(&self, request: &mut Request) -> Result<Grant, AuthError> {
        bear(&self.0, request)?;
        Ok(Grant::FIRST)
    }

    fn renew(&self, _: Grant) -> Result<Renewal, AuthError> {
        Ok(Renewal::Unsupported)
    }
}

/// Adds a bearer token to `request` (RFC 6750 §2.1).
pub(super) fn bear(token: &Secret, request: &mut Request) -> Result<(), AuthError> {
    let value = Some(token.expose()).filter(|token| token.is_ascii());
    let value = value.and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok());
    let mut value = value.ok_or_else(|| AuthError::Malformed {
        problem: "has a token that a header field cannot contain".to_owned(),
    })?;
    value.set_sensitive(true);
    request.headers.insert(AUTHORIZATION, value);
    Ok(())
}
