//! Authorizes requests.

mod algorithm;
mod assertion;
mod base_url;
mod carrier;
mod credentials;
mod fields;
mod fixed;
mod grant;
mod issued;
mod oauth2;
#[cfg(feature = "ureq")]
mod private_key;
mod refresh_token;
#[cfg(feature = "ureq")]
mod replayed;
mod token;
mod token_request;
mod tokens;

use std::fmt::Debug;

pub use self::{
    algorithm::Algorithm,
    assertion::{Signer, SigningKey},
    base_url::BaseUrl,
    carrier::Carrier,
    credentials::{Format, TokenForm},
    fields::{Fields, PlaceholderError},
    fixed::{Anonymous, FixedToken},
    grant::{ClientAuth, GrantType},
    issued::{Lifetime, TokenPlaces},
    oauth2::{OAuth2, TokenEndpoint},
    refresh_token::{RefreshToken, TokenFile},
};
#[cfg(feature = "ureq")]
pub use self::{private_key::PrivateKey, replayed::Replayed};
pub use crate::client::error::AuthError;
use crate::http::request::Request;

/// Adds a token to requests, and replaces it when the API refuses it.
///
/// # Contract
/// The caller calls `authorize` on a new copy of the request for each attempt. After a 401 it calls `renew` with the
/// [`Grant`] that was refused. If another thread has renewed that one already, `renew` does nothing.
///
/// All threads of a run share one `Auth`. It fetches one token at a time; threads that wait for it share the outcome.
pub trait Auth: Debug + Send + Sync {
    /// Adds the current token to `request`, and fetches one first if there is none. Header values are marked sensitive. If the
    /// token endpoint names the address of the API, the URL of `request` becomes one there.
    ///
    /// # Errors
    /// There is no token.
    fn authorize(&self, request: &mut Request) -> Result<Grant, AuthError>;

    /// Makes the next `authorize` use a token other than `refused`.
    ///
    /// # Errors
    /// There is no new token.
    fn renew(&self, refused: Grant) -> Result<Renewal, AuthError>;

    /// The query parameter that carries the credential, if one does. Servers repeat it in their links.
    fn query(&self) -> Option<&str>;
}

/// The number of a token: says *which* one was sent with a request.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Grant(pub u64);

impl Grant {
    /// The first token of a run. All later ones come from a renewal.
    pub const FIRST: Self = Self(1);
}

/// What [`Auth::renew`] achieved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Renewal {
    /// There is a new token.
    Renewed,
    /// This kind of authorization has only one token.
    Unsupported,
}
