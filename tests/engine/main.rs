//! The engine, from credentials to sinks.

#![expect(clippy::unwrap_used, reason = "what fails in here fails the test, and that is its purpose")]

mod credentials;
mod documented;
mod faults;
mod interrupt;
mod lifetimes;
mod links;
mod messages;
mod pull;
mod redirects;
mod refresh;
mod refusals;
mod sharing;
mod sinks;
mod tls;
mod transport;
mod waiting;
