//! The conventions of the project: what its files contain, and which crates and modules may depend on each other.

#![expect(clippy::unwrap_used, reason = "a panic fails the test, as intended")]

mod crates;
mod dependencies;
mod files;
mod forbidden_text;
mod imports;
mod layers;
