//! Requests, and the transport that sends them.

pub mod origins;
pub mod place;
#[cfg(feature = "ureq")]
pub mod private_key;
pub(crate) mod query;
#[cfg(feature = "ureq")]
pub mod recording;
pub mod request;
pub mod secret;
pub mod template;
pub mod transport;
