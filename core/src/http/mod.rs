//! Requests, and the transport that sends them.

pub mod origins;
pub mod place;
pub mod request;
pub mod secret;
pub mod template;
pub mod transport;
