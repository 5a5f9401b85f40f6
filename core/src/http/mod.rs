//! A request, and how it travels.

pub mod origins;
pub mod request;
pub mod secret;
pub mod template;
pub mod transport;
