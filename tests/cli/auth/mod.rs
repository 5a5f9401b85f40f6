//! Every way to authenticate, against servers that accept nothing else.

mod credentials;
mod invalid;
pub(crate) mod jwt;
mod logins;
pub(crate) mod mutual_tls;
mod rotation;
mod signed_requests;
pub(crate) mod strict_api;
mod token_requests;
