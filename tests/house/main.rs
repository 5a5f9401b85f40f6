//! The walls of the project: what its files must be like, and which crate may know which.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without makes it fail")]

mod crates;
mod files;
mod imports;
mod layers;
mod words;
