//! Plugins in real shared libraries: how they are found, checked, loaded and called.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod calling;
mod conforming;
mod finding;
#[cfg(unix)]
mod in_c;
mod panicking;
mod rejecting;
mod support;
