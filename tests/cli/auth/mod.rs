//! Every way to authenticate, against servers that accept nothing else.

mod credentials;
mod invalid;
mod jwt;
mod logins;
mod mutual_tls;
mod rotation;
mod signed_requests;
mod strict_api;
mod token_requests;
