//! The sink `postgres`, used from the outside. The tests read the results with their own SQL.
//!
//! They need PostgreSQL on this machine, and start a server of their own: `tests/server.sh`. Without it they print `skipped`
//! and pass.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod command;
mod conforming;
mod errors;
mod failover;
mod full_disk;
#[cfg(unix)]
mod killed;
mod options;
mod pulls;
mod restarted;
mod rows;
mod run;
mod server;
mod support;
mod values;
