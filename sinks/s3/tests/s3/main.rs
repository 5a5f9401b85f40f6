//! The client of Amazon S3, against a stand-in on the loopback interface.

mod credentials;
mod operations;
mod refusals;
mod support;
