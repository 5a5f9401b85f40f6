//! The engine, from credentials to sinks.

#![expect(clippy::unwrap_used, reason = "what fails in here fails the test, and that is its purpose")]

mod ahead;
mod cancelling;
mod counts;
mod credentials;
mod cursors;
mod documented;
mod ends;
mod faults;
mod interrupt;
mod jobs;
mod kept;
mod lifetimes;
mod link_fields;
mod links;
mod listings;
mod messages;
mod pacing;
mod pull;
mod redirects;
mod refresh;
mod refusals;
mod sharing;
mod sinks;
mod styles;
mod tls;
mod transport;
mod unique;
mod waiting;
mod window_files;
mod windows;
