//! Where a request carries its credential.

use http::{HeaderName, HeaderValue, header::AUTHORIZATION};

use super::AuthError;
use crate::http::{request::Request, secret::Secret};

/// Where a request carries its credential.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Carrier {
    /// In a header.
    Header {
        /// The name of the header.
        name: HeaderName,
        /// The word before the credential, such as `Bearer`. Without one, the credential stands alone.
        scheme: String,
    },
    /// In this parameter of the query.
    Query(String),
}

/// As a bearer token (RFC 6750 §2.1).
impl Default for Carrier {
    fn default() -> Self {
        Self::Header { name: AUTHORIZATION, scheme: "Bearer".to_owned() }
    }
}

impl Carrier {
    /// Whether it can carry `credential`. A header cannot carry everything.
    pub fn can_carry(&self, credential: &Secret) -> bool {
        match self {
            Self::Header { scheme, .. } => header(scheme, credential).is_some(),
            Self::Query(_) => true,
        }
    }

    /// Whether it is the header `name`.
    pub fn uses(&self, name: &HeaderName) -> bool {
        matches!(self, Self::Header { name: used, .. } if used == name)
    }

    /// Adds `credential` to `request`.
    pub(super) fn attach(&self, credential: &Secret, request: &mut Request) -> Result<(), AuthError> {
        match self {
            Self::Header { name, scheme } => {
                let value = header(scheme, credential).ok_or_else(|| AuthError::Malformed {
                    problem: "has a token that a header field cannot contain".to_owned(),
                })?;
                request.headers.insert(name, value);
            }
            Self::Query(name) => {
                request.secret_query.retain(|(other, _)| other != name);
                request.secret_query.push((name.clone(), credential.clone()));
            }
        }
        Ok(())
    }

    /// The name of the parameter.
    pub(super) fn query(&self) -> Option<&str> {
        match self {
            Self::Header { .. } => None,
            Self::Query(name) => Some(name),
        }
    }
}

fn header(scheme: &str, credential: &Secret) -> Option<HeaderValue> {
    let credential = Some(credential.expose()).filter(|credential| credential.is_ascii())?;
    let separator = if scheme.is_empty() { "" } else { " " };
    let mut value = HeaderValue::try_from(format!("{scheme}{separator}{credential}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
