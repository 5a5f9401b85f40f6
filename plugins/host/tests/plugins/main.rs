//! Plugins in real shared libraries, found, refused, loaded and called.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod calling;
mod conforming;
mod finding;
#[cfg(unix)]
mod in_c;
mod panicking;
mod refusing;
mod support;
