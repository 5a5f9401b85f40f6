//! Plugins in real shared libraries, found, refused, loaded and called.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod calling;
mod conforming;
mod finding;
mod panicking;
mod support;
