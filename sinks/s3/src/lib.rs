//! Amazon S3, and every store that speaks its protocol.
//!
//! Requests are signed with `rusty-s3` and sent by the [`Client`](longhaul_core::Client) of the core, which repeats them,
//! waits and reports as it does for an API: [`Signer`] is an `Auth`, and `rules.rs` says what answers mean.
//!
//! ```text
//! store         the operations on objects
//! multipart     objects that are uploaded in parts
//! documents     small objects, which are replaced under a condition
//! content       sends bytes so that the store verifies them
//! refusal       what a store says about a request that it refuses
//! signer        signs requests, and renews credentials
//! credentials   where they come from
//! address, xml  URLs of objects, and the answers
//! ```

mod address;
mod checksum;
mod content;
mod credentials;
mod documents;
mod multipart;
mod part_sums;
mod parts;
mod refusal;
mod rules;
mod signer;
mod store;
mod xml;

pub use self::{
    address::{Endpoint, EndpointError},
    credentials::{CredentialSource, Credentials, CredentialsError, Environment, Profile},
    signer::Signer,
    store::S3Store,
};
