//! The client of Amazon S3, against a stand-in on the loopback interface.

#![expect(clippy::unwrap_used, reason = "an unexpected error fails the test")]

mod checksums;
mod credentials;
mod documents;
mod operations;
mod refusals;
mod support;
