//! Credentials that do not change.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::header::AUTHORIZATION;

use super::{Auth, AuthError, Carrier, Grant, Renewal};
use crate::http::{request::Request, secret::Secret};

/// Sends requests without a credential.
#[derive(Clone, Copy, Debug)]
pub struct Anonymous;

impl Auth for Anonymous {
    fn authorize(&self, _: &mut Request) -> Result<Grant, AuthError> {
        Ok(Grant::FIRST)
    }

    fn renew(&self, _: Grant) -> Result<Renewal, AuthError> {
        Ok(Renewal::Unsupported)
    }

    fn query(&self) -> Option<&str> {
        None
    }
}

/// A credential that the user provides: a token, a key, or a name and a password.
#[derive(Clone, Debug)]
pub struct FixedToken {
    token: Secret,
    carrier: Carrier,
}

impl FixedToken {
    /// Sends `token` with every request, as a bearer token (RFC 6750 §2.1).
    pub fn new(token: Secret) -> Self {
        Self { token, carrier: Carrier::default() }
    }

    /// Sends `username` and `password` with every request (RFC 7617), in UTF-8.
    pub fn basic(username: &str, password: &Secret) -> Self {
        let token = Secret::new(STANDARD.encode(format!("{username}:{}", password.expose())));
        Self { token, carrier: Carrier::Header { name: AUTHORIZATION, scheme: "Basic".to_owned() } }
    }

    /// Sends it elsewhere.
    #[must_use]
    pub fn carried_by(self, carrier: Carrier) -> Self {
        Self { carrier, ..self }
    }

    /// What is sent.
    pub fn secret(&self) -> &Secret {
        &self.token
    }
}

impl Auth for FixedToken {
    fn authorize(&self, request: &mut Request) -> Result<Grant, AuthError> {
        self.carrier.attach(&self.token, request)?;
        Ok(Grant::FIRST)
    }

    fn renew(&self, _: Grant) -> Result<Renewal, AuthError> {
        Ok(Renewal::Unsupported)
    }

    fn query(&self) -> Option<&str> {
        self.carrier.query()
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    #[test]
    fn basic_credentials_are_utf_8_in_base64() {
        // RFC 7617 §2.1.
        let mut request = Request::new(Method::GET, "https://api.example".parse().unwrap());
        FixedToken::basic("test", &Secret::new("123£")).authorize(&mut request).unwrap();
        let value = &request.headers[AUTHORIZATION];
        assert_eq!(value, "Basic dGVzdDoxMjPCow==");
        assert!(value.is_sensitive());
    }
}
