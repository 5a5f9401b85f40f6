//! Who is asking.

mod fixed;
mod grant;
mod oauth2;
mod token;
mod tokens;

use std::fmt::Debug;

pub use self::{
    fixed::{Anonymous, FixedToken},
    grant::{ClientAuth, GrantType},
    oauth2::{OAuth2, TokenEndpoint},
};
pub use crate::client::error::AuthError;
use crate::http::request::Request;

/// Puts a credential on requests, and gets a new one when the old one is refused.
///
/// # Contract
/// `authorize` is called on a fresh copy of the request for each attempt. After a 401 the caller names the [`Grant`]
/// that was refused: if that is no longer the current one, somebody has renewed it already and `renew` does nothing.
/// Shared by all threads of a run; one credential is fetched at a time, and those who wait for it share the outcome.
pub trait Auth: Debug + Send + Sync {
    /// Attaches the current credential, getting one first where there is none. Header values are marked sensitive.
    fn authorize(&self, request: &mut Request) -> Result<Grant, AuthError>;

    /// Sees to it that the next `authorize` attaches another credential than `refused`.
    fn renew(&self, refused: Grant) -> Result<Renewal, AuthError>;
}

/// Names *which* credential was attached.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Grant(pub u64);

impl Grant {
    /// The first credential of a run; every other comes from a renewal.
    pub const FIRST: Self = Self(1);
}

/// What [`Auth::renew`] achieved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Renewal {
    /// There is another credential now.
    Renewed,
    /// There is no other credential to be had.
    Unsupported,
}
